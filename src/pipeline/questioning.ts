/** Open pairs of rows as questions, and answers as verdicts on rows. */
import { compareText, type JudgedPair, type Side, textKey, type Verdict } from '../memory.js';
import { weighAnswer } from '../relate/answers.js';
import { rivalClaims, undecided } from '../relate/attribution.js';
import { type Judge, mirror } from '../relate/judge.js';
import { questionKey } from '../relate/questions.js';
import { compareTimes, isLocked, mergeProbability, type Row } from '../resolve/rows.js';
import type { Asker, OpenQuestion, OpenSide } from './asking.js';
import { sideOf } from './sides.js';

/** Expected changes below which a pair is not worth a question. */
const leastValue = 0.2;
/** What a conflict that no time settles counts for: it is reported to a person and changes nothing. */
const reportedOnly = 0.7;

/** Similarity from which on the claims of two persons may be about one matter, however differently they put it. */
const sameMatter = 0.5;

/** Where a row stands, as Claude is told. */
function sourceOf({ statement, spoken }: Row): string {
  if (statement !== null)
    return [statement.path, ...(statement.scope.title ? [statement.scope.title] : []), ...statement.scope.headings].join(' > ');
  return spoken?.person ? `said by ${spoken.person} in a session` : 'said by a person in a session';
}

function openSide(row: Row): OpenSide {
  return { text: row.text, written: row.time, source: sourceOf(row) };
}

/** How many changes an answer is expected to make: what the pair likely is, as far as it would change the store. */
function worthOf(a: Row, b: Row, pair: JudgedPair): number {
  const order = compareTimes(a.time, b.time);
  const { conflict } = pair.verdict.probabilities;
  const [old, by] = order !== null && order > 0 ? [b, a] : [a, b];
  if (a.spoken !== null || b.spoken !== null) return old.spoken !== null || isLocked(old) || by.spoken === null ? 0 : conflict;
  return mergeProbability(pair) + (order === null || order === 0 ? reportedOnly : 1) * conflict;
}

/** The pairs of living rows that nobody is sure about and that would change something. Announced changes are compared in their own way. */
export function openQuestions(
  rows: readonly Row[],
  alive: readonly boolean[],
  pairs: readonly JudgedPair[],
  { persons }: Pick<Judge, 'persons'>,
): readonly OpenQuestion[] {
  return pairs.flatMap((pair): OpenQuestion[] => {
    const [a, b] = [rows[pair.a], rows[pair.b]];
    if (a === undefined || b === undefined || a.key === b.key || !alive[pair.a] || !alive[pair.b]) return [];
    if (pair.verdict.decidedBy === 'claude' || pair.verdict.decidedBy === 'person') return [];
    const rivals = rivalClaims(a.text, b.text, persons) !== null && pair.similarity >= sameMatter;
    if (!pair.verdict.ambiguous && !rivals) return [];
    const value = Math.max(worthOf(a, b, pair), rivals ? leastValue : 0);
    return value < leastValue ? [] : [{ a: openSide(a), b: openSide(b), value, apart: areApart(sideOf(a), sideOf(b)) }];
  });
}

/** Whether two sides stand under different names or headings; what was said in a session stands under none. */
function areApart(a: Side, b: Side): boolean {
  return a.scope.length > 0 && b.scope.length > 0 && JSON.stringify(a.scope) !== JSON.stringify(b.scope);
}

/** The name of the question about two sides. */
export function keyOfSides(a: Side, b: Side): string {
  return questionKey(textKey(a.text), textKey(b.text), areApart(a, b));
}

/** The verdict on two rows whose texts Claude was asked about; null where it has not answered. */
export function answeredVerdict(judge: Judge, a: Row, b: Row, asker: Pick<Asker, 'answerOf'>): Verdict | null {
  return byAnswer(judge, { side: sideOf(a), key: a.key }, { side: sideOf(b), key: b.key }, asker);
}

/** The same of two sides. */
export function answeredSides(judge: Judge, a: Side, b: Side, asker: Pick<Asker, 'answerOf'>): Verdict | null {
  return byAnswer(judge, { side: a, key: textKey(a.text) }, { side: b, key: textKey(b.text) }, asker);
}

interface KeyedSide {
  readonly side: Side;
  readonly key: string;
}

function byAnswer(judge: Judge, a: KeyedSide, b: KeyedSide, asker: Pick<Asker, 'answerOf'>): Verdict | null {
  if (a.key === b.key) return null;
  const given = asker.answerOf(questionKey(a.key, b.key, areApart(a.side, b.side)));
  if (given === null) return null;
  const { answer } = given;
  const inOrder = compareText(a.key, b.key) < 0 ? answer : { ...answer, keep: mirror[answer.keep] };
  const verdict = weighAnswer(judge, a.side, b.side, inOrder);
  const rivals = verdict.relation === 'conflict' ? rivalClaims(a.side.text, b.side.text, judge.persons) : null;
  return rivals === null ? verdict : undecided(rivals, verdict);
}
