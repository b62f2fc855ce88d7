/** What the cosine of an embedding model means, measured on labelled pairs. Pure. */
import { z } from 'zod';
import { relations } from '../memory.js';
import { lowerBound } from '../relate/calibrate.js';

/** A labelled pair and how similar the model finds its sides. */
export interface MeasuredPair {
  readonly relation: (typeof relations)[number];
  readonly similarity: number;
}

const quantiles = z.object({ q05: z.number(), q25: z.number(), q50: z.number(), q75: z.number(), q95: z.number() });

export const similarityFigures = z.object({
  pairs: z.number(),
  dimensions: z.number(),
  /** Chance that a pair of one claim (duplicate, refines) is found more similar than another. */
  roc_area: z.number(),
  quantiles: z.record(z.enum(relations), quantiles),
  /** Least similarity of 99 of 100 pairs that are related: the floor of candidate search. */
  min_similarity: z.number(),
  /** From which similarity on two records are one claim, and how often that is right. */
  threshold: z.object({
    value: z.number(),
    precision: z.number(),
    recall: z.number(),
    /** `precision` where its lower bound reaches 0.95, else `f1`: the best compromise, right less often. */
    chosen_by: z.enum(['precision', 'f1']),
  }),
});
export type SimilarityFigures = Readonly<z.output<typeof similarityFigures>>;

const leastPrecision = 0.95;
const missed = 0.01;

/** @throws RangeError where there is no pair of one claim, or none of another. */
export function measureSimilarity(pairs: readonly MeasuredPair[], dimensions: number): SimilarityFigures {
  const ascending = pairs.map(({ similarity }) => similarity).sort((x, y) => x - y);
  const related = similaritiesOf(pairs, ({ relation }) => relation !== 'distinct');
  const same = similaritiesOf(pairs, isSame);
  const other = similaritiesOf(pairs, (pair) => !isSame(pair));
  if (same.length === 0 || other.length === 0) throw new RangeError(`${same.length} pairs of one claim, ${other.length} others`);
  return {
    pairs: ascending.length,
    dimensions,
    roc_area: round(rocArea(same, other)),
    quantiles: Object.fromEntries(
      relations.map((name) => [name, quantilesOf(similaritiesOf(pairs, ({ relation }) => relation === name))]),
    ) as SimilarityFigures['quantiles'], // one entry for each of `relations`
    min_similarity: Math.floor(quantile(related, missed) * 100) / 100,
    threshold: chooseThreshold(pairs, same.length),
  };
}

function isSame({ relation }: MeasuredPair): boolean {
  return relation === 'duplicate' || relation === 'refines';
}

/** Ascending. */
function similaritiesOf(pairs: readonly MeasuredPair[], wanted: (pair: MeasuredPair) => boolean): readonly number[] {
  return pairs
    .filter(wanted)
    .map(({ similarity }) => similarity)
    .sort((x, y) => x - y);
}

function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
}

function quantilesOf(ascending: readonly number[]): z.output<typeof quantiles> {
  const at = (share: number) => round(quantile(ascending, share));
  return { q05: at(0.05), q25: at(0.25), q50: at(0.5), q75: at(0.75), q95: at(0.95) };
}

/** Both ascending; ties count half. */
function rocArea(same: readonly number[], other: readonly number[]): number {
  let below = 0;
  let upTo = 0;
  let sum = 0;
  for (const value of same) {
    while ((other[below] ?? Number.POSITIVE_INFINITY) < value) below++;
    while ((other[upTo] ?? Number.POSITIVE_INFINITY) <= value) upTo++;
    sum += (below + upTo) / 2;
  }
  return sum / (same.length * other.length);
}

function chooseThreshold(pairs: readonly MeasuredPair[], total: number): SimilarityFigures['threshold'] {
  const falling = [...pairs].sort((x, y) => y.similarity - x.similarity);
  let right = 0;
  let sure: SimilarityFigures['threshold'] | null = null;
  let best: SimilarityFigures['threshold'] | null = null;
  let bestF1 = -1;
  for (const [i, pair] of falling.entries()) {
    if (isSame(pair)) right++;
    if (pair.similarity === falling[i + 1]?.similarity) continue;
    const found = { value: Math.ceil(pair.similarity * 1000) / 1000, precision: round(right / (i + 1)), recall: round(right / total) };
    if (lowerBound(right, i + 1) >= leastPrecision) sure = { ...found, chosen_by: 'precision' };
    const f1 = (2 * right) / (i + 1 + total);
    if (f1 > bestF1) {
      bestF1 = f1;
      best = { ...found, chosen_by: 'f1' };
    }
  }
  return sure ?? best ?? { value: 1, precision: 0, recall: 0, chosen_by: 'f1' };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
