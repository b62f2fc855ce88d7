/** Calibration, thresholds and figures of the relation model, all on predictions for pairs it had not seen. */
import type { Verdict } from '../src/memory.js';
import type { Assessment, Case } from '../src/relate/judge.js';
import { isReplaced, mergeSupport, safety } from '../src/relate/judge.js';
import { calibrate, classCount, type Thresholds } from '../src/relate/model.js';

export interface Judged {
  /** Class number of `model.ts`. */
  readonly label: number;
  /** Both texts, for lists of errors. */
  readonly text: string;
  readonly extra: boolean;
  /** From a whole store, judged by a model that has not seen that store. */
  readonly store: boolean;
  readonly assessment: Assessment;
  readonly pair: Case;
}

function loss(predictions: readonly Float64Array[], labels: readonly number[], temperature: number, bias: readonly number[]): number {
  return (
    predictions.reduce((sum, p, i) => sum - Math.log(Math.max(1e-9, calibrate(p, temperature, bias)[labels[i] ?? 0] ?? 0)), 0) /
    predictions.length
  );
}

/** Temperature and class shifts of least log loss, found by coordinate search; `refines` is shifted alike on both sides. */
export function fitCalibration(
  predictions: readonly Float64Array[],
  labels: readonly number[],
): { temperature: number; bias: readonly number[] } {
  let temperature = 1;
  let bias = Array.from({ length: classCount }, () => 0);
  let best = loss(predictions, labels, temperature, bias);
  for (let step = 0.2; step > 0.01; step /= 2) {
    for (let moved = true; moved; ) {
      moved = false;
      const tries: { temperature: number; bias: number[] }[] = [-step, step].flatMap((by) => [
        { temperature: Math.max(0.2, temperature + by), bias },
        ...[[0], [1, 2], [3]].map((group) => ({ temperature, bias: bias.map((value, k) => (group.includes(k) ? value + by : value)) })),
      ]);
      for (const next of tries) {
        const found = loss(predictions, labels, next.temperature, next.bias);
        if (found < best - 1e-6) {
          best = found;
          ({ temperature, bias } = next);
          moved = true;
        }
      }
    }
  }
  return { temperature, bias };
}

/** Lower end of the one-sided 90 % Wilson interval of a share. */
export function lowerBound(right: number, total: number): number {
  if (total === 0) return 0;
  const z = 1.2816;
  const p = right / total;
  const centre = p + (z * z) / (2 * total);
  const spread = z * Math.sqrt((p * (1 - p)) / total + (z * z) / (4 * total * total));
  return (centre - spread) / (1 + (z * z) / total);
}

interface Scored {
  readonly score: number;
  readonly right: boolean;
}

/** Least score from which on down the lower bound of precision still reaches `aim`. */
function threshold(items: readonly Scored[], aim: number): number {
  const sorted = [...items].sort((x, y) => y.score - x.score);
  let right = 0;
  let found = 1.01;
  sorted.forEach((item, i) => {
    if (item.right) right++;
    if (lowerBound(right, i + 1) >= aim && item.score !== sorted[i + 1]?.score) found = item.score;
  });
  return Math.ceil(found * 1000) / 1000;
}

function relationOf(classes: Float64Array): 'duplicate' | 'refines' | 'conflict' | 'distinct' {
  const [d = 0, x = 0, y = 0, c = 0, n = 0] = classes;
  const top = Math.max(d, x + y, c, n);
  return top === d ? 'duplicate' : top === x + y ? 'refines' : top === c ? 'conflict' : 'distinct';
}

function isSafe(keep: string, label: number): boolean {
  return label === 0 || (label === 1 && keep === 'a') || (label === 2 && keep === 'b');
}

interface Candidates {
  readonly merges: readonly Scored[];
  readonly uncovered: readonly Scored[];
  readonly conflicts: readonly Scored[];
  /** Conflicts whose later side tells of the change. */
  readonly changes: readonly Scored[];
  readonly apart: readonly Scored[];
}

function candidatesOf(judged: readonly Judged[]): Candidates {
  const merges: Scored[] = [];
  const uncovered: Scored[] = [];
  const conflicts: Scored[] = [];
  const changes: Scored[] = [];
  const apart: Scored[] = [];
  for (const { label, assessment, pair } of judged) {
    const { classes } = assessment;
    const relation = relationOf(classes);
    const support = relation === 'duplicate' || relation === 'refines' ? mergeSupport(pair, relation, classes) : null;
    const right = isSafe((classes[1] ?? 0) > (classes[2] ?? 0) ? 'a' : 'b', label);
    if (support !== null) (support === 'covered' ? merges : uncovered).push({ score: safety(classes), right });
    if (relation === 'conflict') (isReplaced(pair) ? changes : conflicts).push({ score: classes[3] ?? 0, right: label === 3 });
    if (relation === 'distinct') apart.push({ score: classes[4] ?? 0, right: label === 4 });
  }
  return { merges, uncovered, conflicts, changes, apart };
}

/** No merge is acted on that is more likely than this to lose something, however few errors the labelled stores show. */
const leastMerge = 0.8;
/** The same for a conflict whose later side tells of the change: in stores there are too few of them to go lower. */
const leastChange = 0.75;

/**
 * Least probabilities from which on acts are right often enough: on single pairs, and in whole stores, each judged by a model that
 * has not seen it. Stores hold few pairs to act on, so the lower bound asked of them is lower; what is asked of pairs holds there too.
 */
export function chooseThresholds(judged: readonly Judged[]): { readonly pairs: Thresholds; readonly stores: Thresholds } {
  const pairs = candidatesOf(judged.filter((item) => !item.store));
  const stores = candidatesOf(judged.filter((item) => item.store));
  const single = candidatesOf(judged.filter((item) => !item.store && !item.extra));
  const distinct = threshold(single.apart, 0.92);
  return {
    pairs: {
      merge: Math.max(threshold(pairs.merges, 0.985), threshold(stores.merges, 0.92)),
      uncovered: Math.max(threshold(pairs.uncovered, 0.96), threshold(stores.uncovered, 0.87)),
      conflict: threshold(pairs.conflicts, 0.88),
      change: threshold(pairs.changes, 0.88),
      distinct,
    },
    stores: {
      merge: Math.max(leastMerge, threshold(stores.merges, 0.92)),
      uncovered: Math.max(threshold(pairs.uncovered, 0.95), threshold(stores.uncovered, 0.87)),
      conflict: threshold(stores.conflicts, 0.8),
      change: Math.max(leastChange, threshold(stores.changes, 0.75)),
      distinct,
    },
  };
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
