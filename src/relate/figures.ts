/** How right verdicts are on labelled pairs. */
import { type Relation, relations, type Verdict } from '../memory.js';
import { isSafe } from './calibrate.js';

export interface Figures {
  readonly pairs: number;
  readonly macro_f1: number;
  /** Merges that would be acted on. */
  readonly merges: number;
  readonly merge_precision: number;
  readonly merge_recall: number;
  readonly conflicts: number;
  readonly conflict_precision: number;
  readonly conflict_recall: number;
  /** Share of pairs that wait for a person. */
  readonly ambiguous: number;
}

/** A verdict in the order of the texts, and the class number of `model.ts` that is right. */
export interface Answer {
  readonly label: number;
  readonly verdict: Verdict;
}

export function relationOfLabel(label: number): Relation {
  return label === 0 ? 'duplicate' : label < 3 ? 'refines' : label === 3 ? 'conflict' : 'distinct';
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 1000;
}

/** Mean over the relations of the harmonic mean of precision and recall; a relation that never occurs counts as right. */
export function macroF1(answers: readonly { readonly said: Relation; readonly truth: Relation }[]): number {
  const f1 = relations.map((name) => {
    const said = answers.filter((answer) => answer.said === name).length;
    const truth = answers.filter((answer) => answer.truth === name).length;
    const right = answers.filter((answer) => answer.said === name && answer.truth === name).length;
    return said + truth === 0 ? 1 : (2 * right) / (said + truth);
  });
  return share(
    f1.reduce((sum, value) => sum + value, 0),
    f1.length,
  );
}

export function figuresOf(answers: readonly Answer[]): Figures {
  const { merges, safe, conflicts, right } = rightActs(answers);
  return {
    pairs: answers.length,
    macro_f1: macroF1(answers.map(({ label, verdict }) => ({ said: verdict.relation, truth: relationOfLabel(label) }))),
    merges,
    merge_precision: share(safe, merges),
    merge_recall: share(safe, answers.filter(({ label }) => label < 3).length),
    conflicts,
    conflict_precision: share(right, conflicts),
    conflict_recall: share(right, answers.filter(({ label }) => label === 3).length),
    ambiguous: share(answers.filter(({ verdict }) => verdict.ambiguous).length, answers.length),
  };
}

/** What would be acted on: merges and how many of them lose nothing, conflicts and how many of them are some. */
export function rightActs(answers: readonly Answer[]): {
  readonly merges: number;
  readonly safe: number;
  readonly conflicts: number;
  readonly right: number;
} {
  const acted = answers.filter(({ verdict }) => !verdict.ambiguous);
  const merges = acted.filter(({ verdict }) => verdict.relation === 'duplicate' || verdict.relation === 'refines');
  const conflicts = acted.filter(({ verdict }) => verdict.relation === 'conflict');
  return {
    merges: merges.length,
    safe: merges.filter(({ verdict, label }) => isSafe(verdict.keep, label)).length,
    conflicts: conflicts.length,
    right: conflicts.filter(({ label }) => label === 3).length,
  };
}
