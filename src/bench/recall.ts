/** How many of the near pairs the index finds, against plain products of every row that is asked about with every other row. */
import { setImmediate } from 'node:timers/promises';
import type { IndexMethod } from '../config.js';
import type { RunContext } from '../context.js';
import { openEmbedder } from '../embed/embed.js';
import { findCandidates, type IndexInput } from '../index/candidates.js';
import type { Candidate } from '../memory.js';
import type { BenchRecall } from './results.js';
import { makeRandom } from './words.js';

const threshold = 0.85;
const maxNeighbors = 64;
/** What sums in another order may differ by: a pair this near to the threshold is nobody's miss. */
const rounding = 1e-6;
/** Products of two rows that the exact answer may cost where the user does not say how many rows: about a minute. */
const mostProducts = 400_000_000;
/** Rows multiplied at once, so that each row that is read serves several. */
const blockRows = 4;

/** How many rows are asked about where the user does not say: all of a small store, a sample of a large one. */
export function usualRows(count: number): number {
  return Math.min(count, Math.max(1, Math.floor(mostProducts / count)));
}

/**
 * Recall of each method on the same texts and rows, against one exact answer.
 * @param rows how many rows are asked about, drawn by the seed where that is not all
 */
export async function measureRecall(
  texts: readonly string[],
  { methods, rows }: { readonly methods: readonly IndexMethod[]; readonly rows: number },
  context: RunContext,
): Promise<readonly BenchRecall[]> {
  const input = await embed(texts, context);
  const asked = sampleRows(texts.length, rows, context.seed);
  const exact = await exactNeighbors(input, asked, context);
  const figures: BenchRecall[] = [];
  for (const method of methods) {
    const started = context.clockMs();
    const { candidates } = await findCandidates(input, { method, minSimilarity: threshold, maxNeighbors, words: false }, context);
    const seconds = Math.round(context.clockMs() - started) / 1000;
    const known = neighborsOf(candidates, asked);
    const pairs = exact.reduce((sum, near) => sum + near.length, 0);
    const found = exact.reduce((sum, near, at) => sum + near.filter((other) => known.get(asked[at] ?? 0)?.has(other)).length, 0);
    const recall = pairs === 0 ? null : found / pairs;
    figures.push({ size: texts.length, index: method, threshold, rows: asked.length, pairs, found, recall, seconds });
  }
  return figures;
}

/** By row asked about; the candidates of a large store are too many to be looked up all. */
function neighborsOf(candidates: readonly Candidate[], asked: readonly number[]): ReadonlyMap<number, ReadonlySet<number>> {
  const known = new Map(asked.map((row) => [row, new Set<number>()]));
  for (const { a, b } of candidates) {
    known.get(a)?.add(b);
    known.get(b)?.add(a);
  }
  return known;
}

async function embed(texts: readonly string[], context: RunContext): Promise<IndexInput> {
  await using embedder = await openEmbedder({ model: null, threads: context.threads });
  return { vectors: await embedder.embed(texts, null, context), dimensions: embedder.dimensions, texts };
}

/** Ascending, each once. */
function sampleRows(count: number, rows: number, seed: number): readonly number[] {
  if (rows >= count) return Array.from({ length: count }, (_, row) => row);
  const random = makeRandom(seed);
  const chosen = new Set<number>();
  while (chosen.size < rows) chosen.add(Math.floor(random() * count));
  return [...chosen].sort((a, b) => a - b);
}

/** For each row asked about the nearest others above the threshold, at most as many as the index may give. */
async function exactNeighbors(input: IndexInput, asked: readonly number[], context: RunContext): Promise<readonly (readonly number[])[]> {
  const lists: (readonly number[])[] = [];
  for (let at = 0; at < asked.length; at += blockRows) {
    await setImmediate();
    context.signal.throwIfAborted();
    context.report({ kind: 'stage', stage: 'recall', done: at, total: asked.length, unit: 'rows compared with all' });
    lists.push(...blockNeighbors(input, asked.slice(at, at + blockRows)));
  }
  return lists;
}

interface Near {
  readonly row: number;
  readonly similarity: number;
}

function blockNeighbors({ vectors, dimensions, texts }: IndexInput, block: readonly number[]): readonly (readonly number[])[] {
  const near: Near[][] = block.map(() => []);
  // A short block repeats its first row, and what that gives has no list to go to.
  const [a = 0, b = a, c = a, d = a] = block.map((row) => row * dimensions);
  for (let row = 0; row < texts.length; row += 1) {
    const start = row * dimensions;
    let [ofA, ofB, ofC, ofD] = [0, 0, 0, 0];
    for (let i = 0; i < dimensions; i += 1) {
      const value = vectors[start + i] ?? 0;
      ofA += value * (vectors[a + i] ?? 0);
      ofB += value * (vectors[b + i] ?? 0);
      ofC += value * (vectors[c + i] ?? 0);
      ofD += value * (vectors[d + i] ?? 0);
    }
    if (Math.max(ofA, ofB, ofC, ofD) < threshold + rounding) continue;
    for (const [at, similarity] of [ofA, ofB, ofC, ofD].entries()) {
      if (similarity >= threshold + rounding && block[at] !== row) near[at]?.push({ row, similarity });
    }
  }
  return near.map((list) =>
    list
      .sort((x, y) => y.similarity - x.similarity || x.row - y.row)
      .slice(0, maxNeighbors)
      .map(({ row }) => row),
  );
}
