/** Labelled pairs as the relation model learns from them. */
import { readFileSync } from 'node:fs';
import type { Side } from '../src/memory.js';
import { flatten } from '../src/relate/features.js';
import { foldOf } from '../src/relate/fit-second-stage.js';
import { type Case, outOfOrder, type Reader, readCase } from '../src/relate/judge.js';
import { cosine } from '../src/relate/lexemes.js';

export interface LabelledPair {
  readonly id: string;
  readonly domain: string;
  readonly group: string;
  readonly a: string;
  readonly b: string;
  readonly a_time: string;
  readonly b_time: string;
  readonly relation: 'duplicate' | 'refines' | 'conflict' | 'distinct';
  readonly keep: string;
}

export interface Example {
  readonly source: LabelledPair;
  readonly fold: number;
  readonly pair: Case;
  readonly a: Side;
  readonly b: Side;
  /** The sides stand the other way round than in `source`. */
  readonly turned: boolean;
  readonly row: Float64Array;
  readonly swapped: Float64Array;
  /** Class of `model.ts`. */
  readonly label: number;
  /** Neighbours of other groups: distinct by construction, only there to teach what a store is mostly made of. */
  readonly extra: boolean;
  /** From the neighbourhood of a whole store, where most pairs are distinct. */
  readonly store: boolean;
}

export function readPairs(file: string): readonly LabelledPair[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as LabelledPair); // labelled by hand and checked where they are kept
}

function labelOf(pair: LabelledPair, turned: boolean): number {
  if (pair.relation === 'duplicate') return 0;
  if (pair.relation === 'refines') return (pair.keep === 'a') === turned ? 2 : 1;
  return pair.relation === 'conflict' ? 3 : 4;
}

export function toExample(source: LabelledPair, reader: Reader, kind: 'single' | 'extra' | 'store'): Example {
  const given = { text: source.a, time: source.a_time, scope: [] };
  const other = { text: source.b, time: source.b_time, scope: [] };
  const turned = outOfOrder(given, other);
  const [a, b] = turned ? [other, given] : [given, other];
  const pair = readCase(a, b, reader);
  return {
    source,
    fold: foldOf(source.group),
    pair,
    a,
    b,
    turned,
    row: flatten(pair.features, false),
    swapped: flatten(pair.features, true),
    label: labelOf(source, turned),
    extra: kind === 'extra',
    store: kind === 'store',
  };
}

/** For every statement one of its eight nearest statements of the same domain and fold but of another group. */
export function neighbours(pairs: readonly LabelledPair[], { read }: Reader): readonly LabelledPair[] {
  const seen = new Map<string, LabelledPair>();
  for (const pair of pairs) if (!seen.has(pair.a)) seen.set(pair.a, pair);
  const list = [...seen.values()];
  return list.flatMap((pair, i) => {
    const mine = read(pair.a).vector;
    const near = list
      .filter((other) => other.domain === pair.domain && other.group !== pair.group && foldOf(other.group) === foldOf(pair.group))
      .map((other) => ({ other, similarity: cosine(mine, read(other.a).vector) }))
      .sort((x, y) => y.similarity - x.similarity);
    const chosen = near[i % 8]?.other;
    return chosen === undefined
      ? []
      : [{ ...pair, id: `${pair.id}+`, b: chosen.a, b_time: chosen.a_time, relation: 'distinct' as const, keep: 'both' }];
  });
}
