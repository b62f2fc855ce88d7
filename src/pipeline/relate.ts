/** `relate`: JSONL of pairs in, one verdict a line out, in order. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { loadWordVectors } from '../embed/words.js';
import { systemCode, toError, UserError } from '../errors.js';
import type { Problem } from '../memory.js';
import { loadJudge } from '../relate/judge.js';
import type { RelateLine, RelateResult } from './results.js';

const pairLine = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  a: z.string(),
  b: z.string(),
  a_time: z.string().nullish(),
  b_time: z.string().nullish(),
});

/**
 * Judges every pair of a file of `{id, a, b, a_time?, b_time?}` lines. A line that is none is a problem with its number; the
 * rest is judged.
 */
export async function relateFile(file: string): Promise<RelateResult> {
  const judge = loadJudge(loadWordVectors());
  const lines: RelateLine[] = [];
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
    const { relation, keep, confidence, probabilities, decidedBy, ambiguous } = judge.judge(
      { text: pair.a, time: validTime(pair.a_time), scope: [] },
      { text: pair.b, time: validTime(pair.b_time), scope: [] },
    );
    lines.push({
      id: pair.id,
      relation,
      keep,
      confidence,
      probabilities,
      decided_by: decidedBy,
      ambiguous,
    });
  }
  return { lines, problems };
}

function parsePair(line: string): z.output<typeof pairLine> | string {
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
