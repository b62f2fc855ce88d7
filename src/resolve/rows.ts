/** What the judge compares: statements of the store, and statements that persons made in sessions, as rows of one list. */
import type { JudgedPair, SpokenStatement, Statement, StatementTime } from '../memory.js';
import { textKey } from '../memory.js';
import type { Announcement } from '../signals.js';

/** One row: exactly one of `statement` and `spoken` is set. */
export interface Row {
  readonly text: string;
  /** `textKey` of the text. */
  readonly key: string;
  /** Null where unknown, or known from the file's time only, which never settles anything. */
  readonly time: string | null;
  readonly statement: Statement | null;
  readonly spoken: SpokenStatement | null;
  /** Where a person says that something has changed: `spoken` is that then, and the row is compared in its own way. */
  readonly announced?: Announcement;
}

/** The time that may settle a conflict, or null: the time of a file is too weak (a checkout resets it). */
export function strongTime(time: StatementTime): string | null {
  return time.source === 'file' || time.source === 'none' ? null : time.at;
}

/**
 * `movedTime` knows the time of text that a person said or wrote, where an earlier dream put it into a file or a session repeats
 * it (design section 4, "Time"); it counts where it is later than what the store says. A date in the text itself always holds.
 */
export function statementRow(statement: Statement, movedTime: (key: string) => string | null): Row {
  const key = textKey(statement.text);
  const own = strongTime(statement.time);
  const moved = statement.time.source === 'text' ? null : movedTime(key);
  const time = moved !== null && (compareTimes(moved, own) ?? 1) > 0 ? moved : own;
  const dated: Statement = time === own ? statement : { ...statement, time: { at: time, source: 'moved' } };
  return { text: statement.text, key, time, statement: dated, spoken: null };
}

export function spokenRow(spoken: SpokenStatement): Row {
  return {
    text: spoken.text,
    key: textKey(spoken.text),
    time: spoken.at,
    statement: null,
    spoken,
  };
}

/** The words of an announcement as a row: the short stretch, or the longer one. */
export function announcedRow(announced: Announcement, text: string): Row {
  const { sessionId, at, person, path, line } = announced;
  return { ...spokenRow({ text, sessionId, at, person, path, line }), announced };
}

export function isLocked(row: Row): boolean {
  return row.statement === null || row.statement.lock !== null;
}

/** Names a pair of texts in the list of what a person refused; the same whichever side comes first. */
export function pairRefusal(a: string, b: string): string {
  return a < b ? `pair:${a}:${b}` : `pair:${b}:${a}`;
}

/**
 * Which of two times is later: positive where `a` is, negative where `b` is, 0 where they are equal, null where one is unknown.
 * A time that names a day only is equal to every time of that day.
 */
export function compareTimes(a: string | null, b: string | null): number | null {
  if (a === null || b === null) return null;
  if ((a.length === 10 || b.length === 10) && a.slice(0, 10) === b.slice(0, 10)) return 0;
  return Date.parse(a) - Date.parse(b);
}

/** Probability that one of the two may go without loss. */
export function mergeProbability(pair: JudgedPair): number {
  return pair.verdict.probabilities.duplicate + pair.verdict.probabilities.refines;
}
