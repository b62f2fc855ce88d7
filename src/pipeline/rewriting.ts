/** Texts that Claude proposes for two statements, as rows: only such as pass the gate, in the place of the later statement. */
import { bulletText, type JudgedPair, type Statement, textKey } from '../memory.js';
import { findInjections } from '../read/screen.js';
import type { Reader } from '../relate/judge.js';
import { questionKey } from '../relate/questions.js';
import { refuseRewrite } from '../relate/rewrites.js';
import { compareTimes, isLocked, type Row } from '../resolve/rows.js';
import type { Asker } from './asking.js';

export interface Rewrite {
  /** `questionKey` of the two texts. */
  readonly key: string;
  readonly survivor: number;
  readonly dropped: number;
  readonly from: readonly [survivor: Statement, dropped: Statement];
  /** The row that stands for both. */
  readonly row: Row;
  /** Its place among the rows, once it has one. */
  readonly at: number;
  readonly confidence: number;
}

/** What is read as one line in every encoding that a statement is written in. */
function isPlain(text: string): boolean {
  return text === bulletText(text) && findInjections(text).length === 0;
}

/** The later of the two, then the one that stands first: its file says when it was written. */
function inOrder(rows: readonly Row[], { a, b }: JudgedPair): readonly [survivor: number, dropped: number] {
  const order = compareTimes(rows[a]?.time ?? null, rows[b]?.time ?? null) ?? 0;
  return order >= 0 ? [a, b] : [b, a];
}

/**
 * Under one heading of one file, or in two records about one subject: what a text leaves to the headings above it would change with the
 * place. The name of a record is a mere key.
 */
function sameScope(a: Statement, b: Statement): boolean {
  const isRecord = a.encoding !== 'markdown' && b.encoding !== 'markdown';
  const scope = ({ scope: { title, headings, subject } }: Statement) => JSON.stringify([isRecord ? null : title, headings, subject]);
  return a.path === b.path && scope(a) === scope(b);
}

function refusalOf(a: Statement, b: Statement, text: string, reader: Reader): string | null {
  if (!sameScope(a, b)) return 'A text for both was not taken: they stand in different places, which may be what tells them apart.';
  return isPlain(text) ? refuseRewrite(reader, a.text, b.text, text) : 'A text for both was not taken: it is no plain line.';
}

/** At most one for each row. */
export function rewritesOf(
  rows: readonly Row[],
  pairs: readonly JudgedPair[],
  asker: Pick<Asker, 'answerOf' | 'refused'>,
  reader: Reader,
): readonly Rewrite[] {
  const used = new Set<number>();
  return pairs.flatMap((pair): Rewrite[] => {
    if (pair.verdict.decidedBy !== 'claude' || pair.verdict.relation === 'conflict') return [];
    const [survivor, dropped] = inOrder(rows, pair);
    const [first, second] = [rows[survivor], rows[dropped]];
    if (!first?.statement || !second?.statement || isLocked(first) || isLocked(second) || used.has(survivor) || used.has(dropped))
      return [];
    const key = questionKey(first.key, second.key);
    const given = asker.answerOf(key);
    const text = given?.answer.rewrite ?? null;
    if (given === null || text === null) return [];
    const refusal = refusalOf(first.statement, second.statement, text, reader);
    if (refusal !== null) {
      asker.refused(given.call, refusal);
      return [];
    }
    used.add(survivor);
    used.add(dropped);
    const row: Row = { ...first, text, key: textKey(text), statement: { ...first.statement, text } };
    return [{ key, survivor, dropped, from: [first.statement, second.statement], row, at: -1, confidence: pair.verdict.confidence }];
  });
}
