/** `relate`: JSONL of pairs in, one verdict a line out, in order. */
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { systemCode, toError, UserError } from '../errors.js';
import type { Problem, Side, Verdict } from '../memory.js';
import type { Engine } from './engine.js';
import { type JudgeChoice, openJudge } from './open-models.js';
import type { RelateLine, RelateResult } from './results.js';
import { judgeEach } from './verdicts.js';

const pairLine = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  a: z.string(),
  b: z.string(),
  a_time: z.string().nullish(),
  b_time: z.string().nullish(),
});
type Pair = z.output<typeof pairLine>;

const linesAtOnce = 256;

/**
 * Judges every pair of a file of `{id, a, b, a_time?, b_time?}` lines. A line that is none is a problem with its number; the
 * rest is judged.
 */
export async function relateFile(engine: Engine, file: string, choice: JudgeChoice): Promise<RelateResult> {
  await using opened = await openJudge(engine, choice, 'pairs');
  const pairs: Pair[] = [];
  const problems: Problem[] = [];
  for (const [at, line] of (await readText(file)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const pair = parsePair(line);
    if (typeof pair === 'string') {
      problems.push({
        kind: 'malformed',
        path: file,
        line: at + 1,
        message: `${pair} Expected {"id","a","b","a_time"?,"b_time"?}.`,
      });
      continue;
    }
    pairs.push(pair);
  }
  const lines: RelateLine[] = [];
  for (let start = 0; start < pairs.length; start += linesAtOnce) {
    await setImmediate();
    engine.signal.throwIfAborted();
    engine.report({ kind: 'stage', stage: 'relate', done: start, total: pairs.length, unit: 'pairs' });
    const batch = pairs.slice(start, start + linesAtOnce);
    const verdicts = await judgeEach(opened.judge, batch.map(sidesOf), engine.signal);
    lines.push(...verdicts.map((verdict, at) => lineOf(batch[at]?.id ?? '', verdict)));
  }
  return { lines, problems };
}

function sidesOf(pair: Pair): readonly [Side, Side] {
  return [
    { text: pair.a, time: validTime(pair.a_time), scope: [] },
    { text: pair.b, time: validTime(pair.b_time), scope: [] },
  ];
}

function lineOf(id: string, verdict: Verdict): RelateLine {
  const { relation, keep, confidence, probabilities, decidedBy, ambiguous, reason } = verdict;
  return { id, relation, keep, confidence, probabilities, decided_by: decidedBy, ambiguous, reason };
}

function parsePair(line: string): Pair | string {
  try {
    const result = pairLine.safeParse(JSON.parse(line));
    return result.success
      ? result.data
      : `${result.error.issues[0]?.path.join('.') ?? 'line'}: ${result.error.issues[0]?.message ?? 'not understood'}.`;
  } catch (thrown) {
    return `No JSON: ${toError(thrown).message}.`;
  }
}

function validTime(time: string | null | undefined): string | null {
  return time === null || time === undefined || Number.isNaN(Date.parse(time)) ? null : time;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    const missing = systemCode(thrown) === 'ENOENT';
    throw new UserError(
      missing ? 'notFound' : 'usage',
      `${file} cannot be read (${toError(thrown).message}). Give a JSONL file of pairs.`,
      { cause: thrown },
    );
  }
}
