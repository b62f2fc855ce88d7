/** `relate`: JSONL of pairs in, one verdict a line out, in order. */
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { JudgeSettings } from '../config.js';
import { systemCode, toError, UserError } from '../errors.js';
import { type Problem, type Relation, type Side, textKey, type Verdict } from '../memory.js';
import type { Judge } from '../relate/judge.js';
import { singlePairs } from '../relate/questions.js';
import { type AskPreview, previewOf } from './asked.js';
import { type Asker, type OpenQuestion, openAsker } from './asking.js';
import { contextOf, type Engine } from './engine.js';
import { openJudge } from './open-models.js';
import { answeredSides } from './questioning.js';
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
 * How often the local best guess is wrong for what it doubts, by relation, measured on held-out labelled pairs: a paraphrase that it
 * recognises is one, but what it takes for an addition or a contradiction is often enough something else.
 */
const errorRate: Readonly<Record<Relation, number>> = { duplicate: 0.5, refines: 2, conflict: 2, distinct: 1 };
/** Doubt below which an answer would rarely change the verdict: such pairs are not asked about. */
const leastDoubt = 0.18;

/**
 * Judges every pair of a file of `{id, a, b, a_time?, b_time?}` lines. A line that is none is a problem with its number; the
 * rest is judged.
 * @throws UserError `claude` where Claude is required and pairs are left without an answer.
 */
export async function relateFile(engine: Engine, file: string, settings: JudgeSettings): Promise<RelateResult> {
  const asker = await openAsker(engine, settings, { dream: null, instructions: null, shape: singlePairs });
  await using opened = await openJudge(engine, settings, 'pairs');
  const { pairs, problems } = await readPairs(file);
  const local = await judgePairs(engine, opened.judge, pairs);
  if (asker !== null) {
    await asker.ask(openPairs(pairs, local), contextOf(engine, 1));
    if (settings.llm === 'require') asker.checkComplete();
  }
  const lines = pairs.map((pair, at) => lineOf(pair.id, answered(pair, local[at], opened.judge, asker)));
  return { lines, problems, asked: asker?.report() ?? null };
}

/** What `relateFile` with the same settings would ask; sends nothing. */
export async function previewRelate(engine: Engine, file: string, settings: JudgeSettings): Promise<AskPreview> {
  const dry = { ...settings, dryRun: true };
  const asker = await openAsker(engine, dry, { dream: null, instructions: null, shape: singlePairs });
  await using opened = await openJudge(engine, dry, 'pairs');
  const { pairs } = await readPairs(file);
  await asker?.ask(openPairs(pairs, await judgePairs(engine, opened.judge, pairs)), contextOf(engine, 1));
  return previewOf(asker, dry);
}

async function readPairs(file: string): Promise<{ readonly pairs: readonly Pair[]; readonly problems: readonly Problem[] }> {
  const pairs: Pair[] = [];
  const problems: Problem[] = [];
  for (const [at, line] of (await readText(file)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const pair = parsePair(line);
    if (typeof pair !== 'string') pairs.push(pair);
    else
      problems.push({
        kind: 'malformed',
        path: file,
        line: at + 1,
        message: `${pair} Expected {"id","a","b","a_time"?,"b_time"?}.`,
      });
  }
  return { pairs, problems };
}

/** In the order of the pairs. */
async function judgePairs(engine: Engine, judge: Judge, pairs: readonly Pair[]): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let start = 0; start < pairs.length; start += linesAtOnce) {
    await setImmediate();
    engine.signal.throwIfAborted();
    engine.report({ kind: 'stage', stage: 'relate', done: start, total: pairs.length, unit: 'pairs' });
    verdicts.push(...(await judgeEach(judge, pairs.slice(start, start + linesAtOnce).map(sidesOf), engine.signal)));
  }
  return verdicts;
}

/** The pairs that nobody is sure about; what an answer is worth is how likely the best guess is wrong. */
function openPairs(pairs: readonly Pair[], verdicts: readonly Verdict[]): readonly OpenQuestion[] {
  return pairs.flatMap((pair, at): OpenQuestion[] => {
    const verdict = verdicts[at];
    if (verdict === undefined || !verdict.ambiguous || textKey(pair.a) === textKey(pair.b)) return [];
    const doubt = (1 - verdict.confidence) * errorRate[verdict.relation];
    if (doubt < leastDoubt) return [];
    const [a, b] = sidesOf(pair);
    const side = ({ text, time }: Side) => ({ text, written: time, source: null });
    return [{ a: side(a), b: side(b), value: doubt, apart: false }];
  });
}

function answered(pair: Pair, local: Verdict | undefined, judge: Judge, asker: Asker | null): Verdict {
  if (local === undefined) throw new RangeError(`no verdict on ${pair.id}`);
  if (!local.ambiguous || asker === null) return local;
  return answeredSides(judge, ...sidesOf(pair), asker) ?? local;
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
