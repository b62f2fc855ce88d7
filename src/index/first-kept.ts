/** Deduplication by cosine alone: a row is dropped for the first kept row before it that is similar enough. */
import type { IndexMethod } from '../config.js';
import type { RunContext } from '../context.js';
import { chooseMethod } from './candidates.js';
import { keepFirst, type NearRows, type Owners, settlePairs } from './near.js';
import { gatherRows, type NeighborLists } from './vectors.js';

export interface FirstKept {
  /** For each row the row it is dropped for, or -1 where it is kept. */
  readonly to: Int32Array;
  /** Cosine with that row; 0 where the row is kept. */
  readonly similarity: Float64Array;
  readonly method: 'scan' | 'cells' | 'hnsw';
}

/** Nearest rows that HNSW is asked for. */
const neighbors = 16;

/**
 * Goes through the rows in order. A row is dropped for the first (lowest) kept row before it of the same owner with cosine >= `threshold`,
 * else kept; a row of zeros is always kept. Exact with `scan`; with `cells` and `hnsw` now and then one is missed, and the row named is the
 * first of those found. Rounding makes the cosine of equal unit vectors up to 1e-6 less than 1.
 * @throws the signal's reason on abort.
 */
export async function firstKept(
  rows: NearRows,
  owners: Owners,
  options: { readonly threshold: number; readonly method: IndexMethod },
  context: RunContext,
): Promise<FirstKept> {
  const { threshold } = options;
  const method = chooseMethod(options.method, rows.count, threshold);
  if (method !== 'hnsw') return { ...(await keepFirst(rows, owners, { threshold, way: method }, context)), method };
  const { lists, rowOf } = await searchGraphs(rows, threshold, context);
  const to = new Int32Array(rows.count).fill(-1);
  const similarity = new Float64Array(rows.count);
  settlePairs(pairsOf(lists, rowOf, owners), rows, to, similarity);
  return { to, similarity, method };
}

/** Rows of zeros have no direction, and are left out of the graphs. */
async function searchGraphs(
  { count, dimensions, stride, vectors }: NearRows,
  threshold: number,
  context: RunContext,
): Promise<{ readonly lists: NeighborLists; readonly rowOf: Int32Array }> {
  const rowOf = Int32Array.from({ length: count }, (_, row) => row).filter((row) =>
    vectors.subarray(row * stride, (row + 1) * stride).some((value) => value !== 0),
  );
  const { hnswNeighbors } = await import('./hnsw.js');
  const values = stride === dimensions && rowOf.length === count ? vectors : gatherRows(vectors, dimensions, rowOf, stride);
  return {
    lists: await hnswNeighbors({ values, dimensions, rows: rowOf }, { maxNeighbors: neighbors, minSimilarity: threshold }, context),
    rowOf,
  };
}

function pairsOf({ lengths, rows, size }: NeighborLists, rowOf: Int32Array, owners: Owners): Uint32Array {
  const pairs = new Uint32Array(2 * lengths.reduce((sum, length) => sum + length, 0));
  let next = 0;
  for (const [list, length] of lengths.entries()) {
    for (let at = list * size; at < list * size + length; at += 1) {
      const [a, b] = [rowOf[list] ?? 0, rowOf[rows[at] ?? 0] ?? 0];
      if (owners !== null && owners[a] !== owners[b]) continue;
      pairs[next] = a;
      pairs[next + 1] = b;
      next += 2;
    }
  }
  return pairs.subarray(0, next);
}
