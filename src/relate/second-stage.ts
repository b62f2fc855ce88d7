/**
 * The last layer over the first stage and a cross-encoder: a linear correction of the first stage's log probabilities, fitted on
 * labelled pairs. Small enough to be fitted on the user's machine for any model, so that its scores may mean what they like.
 */
import { z } from 'zod';
import { averageOrders, calibrate, classCount, mirrored, softmax } from './model.js';

const numbers = z.array(z.number());
const thresholds = z.object({ merge: z.number(), uncovered: z.number(), conflict: z.number(), change: z.number(), distinct: z.number() });
const level = z.object({ pairs: thresholds, stores: thresholds });

/** A fitted layer as it is kept. `weights` by class, then feature. */
export const secondLayer = z.object({
  format: z.literal(1),
  /** Outputs of the cross-encoder for one direction. */
  width: z.int().min(1).max(3),
  weights: z.array(numbers).length(classCount),
  temperature: z.number().positive(),
  bias: numbers.length(classCount),
  thresholds: z.object({ careful: level, normal: level, bold: level }),
});
export type SecondLayer = Readonly<z.output<typeof secondLayer>>;

/** What the layer sees of a pair: raw class probabilities of the first stage, and the cross-encoder's outputs, `a` first then `b` first. */
export interface Opinion {
  readonly raw: Float64Array;
  readonly scores: Float64Array;
}

/** From this probability of `distinct` on the first stage is believed alone: most neighbours of a store are, and asking is slow. */
export const sureDistinct = 0.95;

/** True where the second stage is to be asked; `classes` are calibrated, `equal` texts need no opinion. */
export function isAsked(classes: Float64Array, equal: boolean): boolean {
  return !equal && (classes[classCount - 1] ?? 0) < sureDistinct;
}

export function featureCount(width: number): number {
  return 1 + classCount + 4 * width;
}

function logOf(raw: Float64Array): Float64Array {
  const sum = raw.reduce((total, value) => total + value, 0);
  return raw.map((value) => Math.log(Math.max(value / sum, 1e-4)));
}

/** One, the log probabilities, both directions, and the lower and the higher of both for each output. */
function featuresOf({ raw, scores }: Opinion): Float64Array {
  const width = scores.length / 2;
  const row = new Float64Array(featureCount(width));
  row[0] = 1;
  row.set(logOf(raw), 1);
  row.set(scores, 1 + classCount);
  for (let k = 0; k < width; k++) {
    const [there = 0, back = 0] = [scores[k], scores[width + k]];
    row[1 + classCount + 2 * width + k] = Math.min(there, back);
    row[1 + classCount + 3 * width + k] = Math.max(there, back);
  }
  return row;
}

/** The opinion on the pair with its sides changed round. */
export function turn({ raw, scores }: Opinion): Opinion {
  const width = scores.length / 2;
  return {
    raw: Float64Array.from(mirrored, (from) => raw[from] ?? 0),
    scores: Float64Array.of(...scores.subarray(width), ...scores.subarray(0, width)),
  };
}

function correct(weights: readonly ArrayLike<number>[], features: Float64Array): Float64Array {
  const logits = features.slice(1, 1 + classCount);
  return softmax(
    logits.map((logit, k) => {
      const own = weights[k] ?? [];
      return features.reduce((sum, value, i) => sum + value * (own[i] ?? 0), logit);
    }),
  );
}

/** Class probabilities of the layer before calibration; the same for the pair turned round, but for the mirrored classes. */
export function applyWeights(weights: readonly ArrayLike<number>[], opinion: Opinion): Float64Array {
  return averageOrders(correct(weights, featuresOf(opinion)), correct(weights, featuresOf(turn(opinion))));
}

/** Calibrated class probabilities of a pair. */
export function applyLayer(layer: SecondLayer, opinion: Opinion): Float64Array {
  return calibrate(applyWeights(layer.weights, opinion), layer.temperature, layer.bias);
}

export interface LabelledOpinion extends Opinion {
  /** Class number of `model.ts`. */
  readonly label: number;
}

/** Steps of accelerated gradient descent; the loss is convex, and twice as many change its fifth digit. */
const steps = 200;
/** Weight of the squared correction against the mean log loss. */
const decay = 0.003;

/** Examples of the fit, row by row in one array each. */
interface Design {
  readonly rows: number;
  readonly width: number;
  /** Scaled. */
  readonly features: Float64Array;
  /** Log probabilities of the first stage, by class. */
  readonly offsets: Float64Array;
  readonly labels: Uint8Array;
  /** What each feature was divided by. */
  readonly scale: Float64Array;
}

/**
 * Fits the correction: multinomial logistic regression with the first stage as its starting point, so that without evidence nothing
 * is corrected. Every pair counts in both orders. Full batch, a fixed number of steps, no chance: the same opinions in the same order
 * give the same weights.
 */
export function fitWeights(opinions: readonly LabelledOpinion[]): readonly (readonly number[])[] {
  const design = designOf(opinions);
  const { rows, width, features, scale } = design;
  const norm = features.reduce((sum, value) => sum + value * value, 0) / Math.max(1, rows);
  const rate = 1 / (norm / 2 + decay);
  let weights = new Float64Array(classCount * width);
  let ahead = weights;
  for (let step = 0; step < steps; step++) {
    const slope = gradient(ahead, design);
    const next = ahead.map((value, i) => value - rate * (slope[i] ?? 0));
    const momentum = step / (step + 3);
    ahead = next.map((value, i) => value + momentum * (value - (weights[i] ?? 0)));
    weights = next;
  }
  return Array.from({ length: classCount }, (_, k) => Array.from(scale, (by, i) => (weights[k * width + i] ?? 0) / by));
}

function designOf(opinions: readonly LabelledOpinion[]): Design {
  const both = opinions.flatMap((opinion) => [
    { row: featuresOf(opinion), label: opinion.label },
    { row: featuresOf(turn(opinion)), label: mirrored[opinion.label] ?? 0 },
  ]);
  const width = both[0]?.row.length ?? 0;
  // Root of the mean square, so that the constant keeps its size.
  const scale = Float64Array.from({ length: width }, (_, i) =>
    Math.max(1e-6, Math.sqrt(both.reduce((sum, { row }) => sum + (row[i] ?? 0) ** 2, 0) / both.length)),
  );
  const features = new Float64Array(both.length * width);
  const offsets = new Float64Array(both.length * classCount);
  for (const [at, { row }] of both.entries()) {
    for (let i = 0; i < width; i++) features[at * width + i] = (row[i] ?? 0) / (scale[i] ?? 1);
    offsets.set(row.subarray(1, 1 + classCount), at * classCount);
  }
  return { rows: both.length, width, features, offsets, labels: Uint8Array.from(both, ({ label }) => label), scale };
}

function gradient(weights: Float64Array, { rows, width, features, offsets, labels }: Design): Float64Array {
  const out = weights.map((value) => value * decay);
  const classes = new Float64Array(classCount);
  for (let at = 0; at < rows; at++) {
    const start = at * width;
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classCount; k++) {
      let logit = offsets[at * classCount + k] ?? 0;
      for (let i = 0; i < width; i++) logit += (weights[k * width + i] ?? 0) * (features[start + i] ?? 0);
      classes[k] = logit;
      top = Math.max(top, logit);
    }
    let total = 0;
    for (let k = 0; k < classCount; k++) {
      const part = Math.exp((classes[k] ?? 0) - top);
      classes[k] = part;
      total += part;
    }
    for (let k = 0; k < classCount; k++) {
      const error = ((classes[k] ?? 0) / total - (k === labels[at] ? 1 : 0)) / rows;
      for (let i = 0; i < width; i++) out[k * width + i] = (out[k * width + i] ?? 0) + error * (features[start + i] ?? 0);
    }
  }
  return out;
}
