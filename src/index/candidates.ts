/**
 * The index stage: which pairs of statements are worth judging. Nearest rows by vector, by an exact scan or by HNSW, and rows that
 * share rare words. Results depend on the input, the options and the seed alone, never on threads or timing.
 */
import type { IndexMethod } from '../config.js';
import type { RunContext } from '../context.js';
import type { Candidate } from '../memory.js';
import { hnswNeighbors } from './hnsw.js';
import { scanNeighbors } from './scan.js';
import { dot, type NeighborLists, type SharedRows, shareRows } from './vectors.js';
import { wordNeighbors } from './words.js';

/** Row `i` of `vectors` (unit length, or zeros where a text means nothing to the model) belongs to `texts[i]`; never written to. */
export interface IndexInput {
  readonly vectors: Float32Array;
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
  readonly method: 'scan' | 'hnsw';
}

/** From this many rows on, HNSW is faster than the scan on two cores (d = 128: see the table in bench). */
const hnswFrom = 30_000;

/** What `auto` means for that many rows. */
export function chooseMethod(method: IndexMethod, count: number): 'scan' | 'hnsw' {
  if (method !== 'auto') return method;
  return count < hnswFrom ? 'scan' : 'hnsw';
}

/**
 * For each row its `maxNeighbors` nearest rows with cosine >= `minSimilarity`, equal ones by row number; the union over rows. A row
 * of zeros has no neighbour by vector. Pairs found by words have their real cosine too, whatever it is.
 * @throws RangeError where vectors, dimensions and texts do not fit together; the signal's reason on abort.
 */
export async function findCandidates(input: IndexInput, options: CandidateOptions, context: RunContext): Promise<Candidates> {
  const { vectors, dimensions, texts } = input;
  if (vectors.length !== texts.length * dimensions) throw new RangeError(`${texts.length} texts, but ${vectors.length} numbers of vectors`);
  const method = chooseMethod(options.method, texts.length);
  const rows = shareRows(vectors, dimensions);
  const search = {
    maxNeighbors: options.maxNeighbors,
    minSimilarity: options.minSimilarity,
  };
  const near = await (method === 'scan' ? scanNeighbors : hnswNeighbors)(rows, search, context);
  const keys = [...listKeys(near, rows, texts.length)];
  if (options.words) {
    const alike = await wordNeighbors(texts, options.maxNeighbors, context);
    for (const key of listKeys(alike, null, texts.length)) keys.push(key);
  }
  context.signal.throwIfAborted();
  return {
    candidates: listCandidates(Float64Array.from(keys).sort(), input),
    method,
  };
}

/** Each entry as `a * count + b`, exact up to 94 million rows; `rows` turns list numbers into row numbers. */
function* listKeys(lists: NeighborLists, rows: SharedRows | null, count: number): Generator<number> {
  const rowOf = (list: number): number => (rows === null ? list : (rows.rows[list] ?? 0));
  for (const [list, length] of lists.lengths.entries()) {
    const row = rowOf(list);
    for (let at = list * lists.size; at < list * lists.size + length; at += 1) {
      const other = rowOf(lists.rows[at] ?? 0);
      yield Math.min(row, other) * count + Math.max(row, other);
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
