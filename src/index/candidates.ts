/**
 * The index stage: which pairs of statements are worth judging. Nearest rows by vector, by an exact scan, in cells or by HNSW, and rows
 * that share rare words. Results depend on the input, the options and the seed alone, never on threads or timing.
 */
import type { IndexMethod } from '../config.js';
import type { RunContext } from '../context.js';
import type { Candidate } from '../memory.js';
import { copyNearRows, nearestRows } from './near.js';
import { dot, makeNeighborLists, type NeighborLists, type SearchOptions, shareRows } from './vectors.js';
import { wordNeighbors } from './words.js';

/**
 * Row `i` of `vectors` (unit length, or zeros where a text means nothing to the model) belongs to `texts[i]`; never written to. Rows of
 * different `owners` are never near by vector.
 */
export interface IndexInput {
  readonly vectors: Float32Array;
  readonly owners?: Uint32Array;
  readonly dimensions: number;
  readonly texts: readonly string[];
}

export interface CandidateOptions {
  readonly method: IndexMethod;
  /** Least cosine of a pair found by vector, -1 to 1. */
  readonly minSimilarity: number;
  /** Most neighbours of a row that become pairs, by vector and again by words; at least 1. */
  readonly maxNeighbors: number;
  /** Whether pairs that share rare words, identifiers or numbers are looked for as well. */
  readonly words: boolean;
}

export interface Candidates {
  /** By `a`, then `b`; each once. At most `maxNeighbors` times the rows, twice that with words. */
  readonly candidates: readonly Candidate[];
  readonly method: 'scan' | 'cells' | 'hnsw';
}

/** Below this a scan takes no longer than anything else, and misses nothing. */
const scanUpTo = 2000;
/**
 * Cells are made for rows that are close; further apart than this they miss too much, and a scan of all products is worth its time up to
 * `wideScanUpTo` rows: at 40,000 rows of 128 dimensions it takes as long as building and asking HNSW graphs.
 */
const cellsFrom = 0.6;
const wideScanUpTo = 40_000;

/** What `auto` means for that many rows, `floor` alike or more. */
export function chooseMethod(method: IndexMethod, count: number, floor: number): 'scan' | 'cells' | 'hnsw' {
  if (method !== 'auto') return method;
  if (floor >= cellsFrom) return count < scanUpTo ? 'scan' : 'cells';
  return count < wideScanUpTo ? 'scan' : 'hnsw';
}

/**
 * For each row its `maxNeighbors` nearest rows with cosine >= `minSimilarity`, equal ones by row number; the union over rows. A row
 * of zeros has no neighbour by vector. Pairs found by words have their real cosine too, whatever it is.
 * @throws RangeError where vectors, dimensions and texts do not fit together; the signal's reason on abort.
 */
export async function findCandidates(input: IndexInput, options: CandidateOptions, context: RunContext): Promise<Candidates> {
  const { vectors, dimensions, texts } = input;
  if (vectors.length !== texts.length * dimensions) throw new RangeError(`${texts.length} texts, but ${vectors.length} numbers of vectors`);
  const method = chooseMethod(options.method, texts.length, options.minSimilarity);
  const near = await findNear(input, method, options, context);
  const alike = options.words ? await wordNeighbors(texts, options.maxNeighbors, context) : makeNeighborLists(0, 1);
  context.signal.throwIfAborted();
  const keys = new Float64Array(countEntries(near.lists) + countEntries(alike));
  writeKeys(keys, near.lists, near.rowOf, texts.length);
  writeKeys(keys.subarray(countEntries(near.lists)), alike, (list) => list, texts.length);
  return { candidates: listCandidates(keys.sort(), input), method };
}

function countEntries({ lengths }: NeighborLists): number {
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** Each entry as `a * count + b`, exact up to 94 million rows; `rowOf` turns list numbers into row numbers. */
function writeKeys(keys: Float64Array, lists: NeighborLists, rowOf: (list: number) => number, count: number): void {
  let next = 0;
  for (const [list, length] of lists.lengths.entries()) {
    const row = rowOf(list);
    for (let at = list * lists.size; at < list * lists.size + length; at += 1) {
      const other = rowOf(lists.rows[at] ?? 0);
      keys[next] = Math.min(row, other) * count + Math.max(row, other);
      next += 1;
    }
  }
}

function listCandidates(keys: Float64Array, { vectors, dimensions, texts }: IndexInput): Candidate[] {
  const candidates: Candidate[] = [];
  let last = -1;
  for (const key of keys) {
    if (key === last) continue;
    last = key;
    const a = Math.floor(key / texts.length);
    const b = key % texts.length;
    candidates.push({ a, b, similarity: dot(vectors, dimensions, a, b) });
  }
  return candidates;
}

interface Near {
  readonly lists: NeighborLists;
  readonly rowOf: (list: number) => number;
}

async function findNear(input: IndexInput, method: 'scan' | 'cells' | 'hnsw', options: SearchOptions, context: RunContext): Promise<Near> {
  const search = { maxNeighbors: options.maxNeighbors, minSimilarity: options.minSimilarity };
  if (method === 'hnsw') {
    const { hnswNeighbors } = await import('./hnsw.js');
    const rows = shareRows(input.vectors, input.dimensions);
    return { lists: await hnswNeighbors(rows, search, context), rowOf: (list) => rows.rows[list] ?? 0 };
  }
  const rows = copyNearRows(input.vectors, input.dimensions);
  return { lists: await nearestRows(rows, input.owners ?? null, { ...search, way: method }, context), rowOf: (list) => list };
}
