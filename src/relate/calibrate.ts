/** Calibration and thresholds of the relation model, fitted on predictions for labelled pairs that the model had not seen. */

import type { Caution } from '../config.js';
import type { Assessment, Case } from './judge.js';
import { isOutOfRange, isReplaced, mayActOnConflict, mergeSupport, safety } from './judge.js';
import { calibrate, classCount, type ModelHeader } from './model.js';

export interface Judged {
  /** Class number of `model.ts`. */
  readonly label: number;
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

export interface Scored {
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

export function isSafe(keep: string, label: number): boolean {
  return label === 0 || (label === 1 && keep === 'a') || (label === 2 && keep === 'b');
}

export interface Candidates {
  readonly merges: readonly Scored[];
  readonly uncovered: readonly Scored[];
  readonly conflicts: readonly Scored[];
  /** Conflicts whose later side tells of the change. */
  readonly changes: readonly Scored[];
  readonly apart: readonly Scored[];
}

export function candidatesOf(judged: readonly Judged[]): Candidates {
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
    const conflict = relation === 'conflict' && mayActOnConflict(pair, assessment);
    if (conflict) (isReplaced(pair) ? changes : conflicts).push({ score: classes[3] ?? 0, right: label === 3 });
    if (relation === 'distinct' && !isOutOfRange(pair)) apart.push({ score: classes[4] ?? 0, right: label === 4 });
  }
  return { merges, uncovered, conflicts, changes, apart };
}

interface Aims {
  readonly merge: number;
  readonly uncovered: number;
  readonly conflict: number;
  readonly change: number;
}

/**
 * What the lower bound of precision has to reach before acts of a kind are done without a person: on single pairs, and in whole
 * stores, which hold so few pairs to act on that the bound asked of them has to be lower.
 */
const aims: Readonly<Record<Caution, { readonly pairs: Aims; readonly stores: Aims }>> = {
  careful: {
    pairs: { merge: 0.99, uncovered: 0.985, conflict: 0.95, change: 0.95 },
    stores: { merge: 0.94, uncovered: 0.92, conflict: 0.88, change: 0.85 },
  },
  normal: {
    pairs: { merge: 0.985, uncovered: 0.98, conflict: 0.92, change: 0.92 },
    stores: { merge: 0.9, uncovered: 0.87, conflict: 0.77, change: 0.75 },
  },
  bold: {
    pairs: { merge: 0.97, uncovered: 0.94, conflict: 0.87, change: 0.87 },
    stores: { merge: 0.88, uncovered: 0.8, conflict: 0.7, change: 0.65 },
  },
};
/** No merge is acted on that is more likely than this to lose something, however few errors the labelled stores show. */
const leastMerge: Readonly<Record<Caution, number>> = { careful: 0.9, normal: 0.8, bold: 0.7 };
/** The same for a conflict whose later side tells of the change: in stores there are too few of them to go lower. */
const leastChange: Readonly<Record<Caution, number>> = { careful: 0.9, normal: 0.8, bold: 0.7 };

/**
 * Least probabilities from which on acts are right often enough: on single pairs, and in whole stores, each judged by a model that
 * has not seen it.
 */
function chooseThresholds(judged: readonly Judged[], caution: Caution): ModelHeader['thresholds'][Caution] {
  const pairs = candidatesOf(judged.filter((item) => !item.store));
  const stores = candidatesOf(judged.filter((item) => item.store));
  const single = candidatesOf(judged.filter((item) => !item.store && !item.extra));
  const distinct = threshold(single.apart, 0.92);
  const aim = aims[caution];
  return {
    pairs: {
      merge: Math.max(threshold(pairs.merges, aim.pairs.merge), threshold(stores.merges, aim.stores.merge)),
      uncovered: Math.max(threshold(pairs.uncovered, aim.pairs.uncovered), threshold(stores.uncovered, aim.stores.uncovered)),
      conflict: threshold(pairs.conflicts, aim.pairs.conflict),
      change: threshold(pairs.changes, aim.pairs.change),
      distinct,
    },
    stores: {
      merge: Math.max(leastMerge[caution], threshold(stores.merges, aim.stores.merge)),
      uncovered: Math.max(threshold(pairs.uncovered, aim.pairs.uncovered - 0.02), threshold(stores.uncovered, aim.stores.uncovered)),
      conflict: threshold(stores.conflicts, aim.stores.conflict),
      change: Math.max(leastChange[caution], threshold(stores.changes, aim.stores.change)),
      distinct,
    },
  };
}

/** Thresholds for each caution that a user may ask for. */
export function chooseLevels(judged: readonly Judged[]): ModelHeader['thresholds'] {
  return {
    careful: chooseThresholds(judged, 'careful'),
    normal: chooseThresholds(judged, 'normal'),
    bold: chooseThresholds(judged, 'bold'),
  };
}
