/** Figures of the relation model, on predictions for pairs it had not seen. */
import type { Verdict } from '../src/memory.js';
import { candidatesOf, isSafe, type Judged as JudgedPair, lowerBound, type Scored } from '../src/relate/calibrate.js';

export interface Judged extends JudgedPair {
  /** Both texts, for lists of errors. */
  readonly text: string;
}

/** Precision and count of merges and conflicts of stores at several thresholds, to look at. */
export function curves(judged: readonly Judged[]): string {
  const { merges, uncovered, conflicts, changes } = candidatesOf(judged.filter((item) => item.store));
  const pairs = candidatesOf(judged.filter((item) => !item.store));
  const at = (items: readonly Scored[], score: number) => {
    const acted = items.filter((item) => item.score >= score);
    return `${acted.filter((item) => item.right).length}/${acted.length}`;
  };
  return [0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.92, 0.9, 0.85, 0.8, 0.7]
    .map(
      (score) =>
        `${score}: merges ${at(merges, score)} uncovered ${at(uncovered, score)} conflicts ${at(conflicts, score)} changes ${at(changes, score)}; pairs: merges ${at(pairs.merges, score)} uncovered ${at(pairs.uncovered, score)} conflicts ${at(pairs.conflicts, score)} changes ${at(pairs.changes, score)}`,
    )
    .join('\n');
}

const names = ['duplicate', 'refines', 'conflict', 'distinct'] as const;
const truthOf = (label: number) => (label === 0 ? 'duplicate' : label < 3 ? 'refines' : label === 3 ? 'conflict' : 'distinct');
const round = (x: number) => Math.round(x * 1000) / 1000;

export function report(items: readonly (Judged & { readonly verdict: Verdict })[]): string {
  const f1 = names.map((name) => {
    const said = items.filter((item) => item.verdict.relation === name).length;
    const truth = items.filter((item) => truthOf(item.label) === name).length;
    const right = items.filter((item) => item.verdict.relation === name && truthOf(item.label) === name).length;
    return round((2 * right) / Math.max(1, said + truth));
  });
  const acted = items.filter((item) => !item.verdict.ambiguous);
  const merges = acted.filter(({ verdict }) => verdict.relation === 'duplicate' || verdict.relation === 'refines');
  const safe = merges.filter(({ verdict, label }) => isSafe(verdict.keep, label)).length;
  const conflicts = acted.filter(({ verdict }) => verdict.relation === 'conflict');
  const right = conflicts.filter(({ label }) => label === 3).length;
  const unsure = items.filter(({ verdict }) => verdict.ambiguous);
  const bins = Array.from({ length: 10 }, () => 0);
  for (const { verdict, label } of items) {
    const bin = Math.min(9, Math.floor(verdict.confidence * 10));
    bins[bin] = (bins[bin] ?? 0) + verdict.confidence - (verdict.relation === truthOf(label) ? 1 : 0);
  }
  return JSON.stringify({
    macro_f1: round(f1.reduce((sum, value) => sum + value, 0) / names.length),
    f1,
    merges: merges.length,
    merge_precision: round(safe / Math.max(1, merges.length)),
    merge_lower_bound: round(lowerBound(safe, merges.length)),
    merge_recall: round(safe / items.filter(({ label }) => label < 3).length),
    conflict_precision: round(right / Math.max(1, conflicts.length)),
    conflict_recall: round(right / items.filter(({ label }) => label === 3).length),
    ambiguous: round(unsure.length / items.length),
    ambiguous_accuracy: round(
      unsure.filter(({ verdict, label }) => verdict.relation === truthOf(label)).length / Math.max(1, unsure.length),
    ),
    calibration_error: round(bins.reduce((sum, value) => sum + Math.abs(value), 0) / items.length),
  });
}

/** Acts that would have been wrong, the surest first. */
export function wrongActs(items: readonly (Judged & { readonly verdict: Verdict })[]): readonly string[] {
  return items
    .filter(({ verdict, label }) => {
      if (verdict.ambiguous || verdict.relation === 'distinct') return false;
      return verdict.relation === 'conflict' ? label !== 3 : !isSafe(verdict.keep, label);
    })
    .sort((x, y) => y.verdict.confidence - x.verdict.confidence)
    .map(
      ({ verdict, label, text, extra }) =>
        `${truthOf(label)}${extra ? '+' : ''} -> ${verdict.relation} ${round(verdict.confidence)} | ${text}`,
    );
}
