/**
 * Approximate nearest rows from HNSW graphs. The rows are cut into shards by their number alone, so that the result is the same
 * with any number of threads; each graph lives and dies in the thread that built it.
 */
import type { RunContext } from '../context.js';
import { type ShardTask, searchShard } from './hnsw-shard.js';
import { runAll, withPool } from './pool.js';
import { type RowRange, splitRows } from './ranges.js';
import {
  dot,
  gatherRows,
  makeNeighborLists,
  mergeLists,
  type NeighborLists,
  offer,
  type SearchOptions,
  type SharedRows,
} from './vectors.js';

/**
 * Every row is looked up in every graph, so more shards build faster and answer slower: at 50,000 rows of 128 dimensions one shard
 * takes 25 s of processor time, two 28 and four 34. Two are nearly twice as fast on two cores.
 */
const shardRows = 25_000;
const maxShards = 2;

const reportMs = 200;

/** Rows with equal vectors share one place in the graph: a graph of equal points falls apart. */
interface Classes {
  /** Class of each row. */
  readonly of: Int32Array;
  /** First row of each class. */
  readonly first: Int32Array;
  /** The first rows of each class, ascending, no more than a list can hold besides the row itself. */
  readonly members: readonly (readonly number[])[];
}

/** Nearest neighbours of every row, numbered within `rows`; finds about all that a scan finds, in n log n time. */
export async function hnswNeighbors(rows: SharedRows, options: SearchOptions, context: RunContext): Promise<NeighborLists> {
  const classes = classify(rows, options.maxNeighbors + 1);
  const alone = classes.first.length === rows.rows.length;
  const values = alone ? rows.values : gatherRows(rows.values, rows.dimensions, classes.first);
  const lists = await searchShards({ values, dimensions: rows.dimensions, rows: classes.first }, options, context);
  return alone ? lists : spread(lists, classes, rows, options);
}

async function searchShards(rows: SharedRows, options: SearchOptions, context: RunContext): Promise<NeighborLists> {
  const { values, dimensions } = rows;
  const count = rows.rows.length;
  const lists = makeNeighborLists(count, options.maxNeighbors);
  if (count === 0) return lists;
  const progress = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const shards = splitRows(0, count, Math.ceil(count / Math.min(maxShards, Math.ceil(count / shardRows))));
  const makeTask = (range: RowRange, stop: Int32Array): ShardTask => ({
    values,
    dimensions,
    ...options,
    ...range,
    seed: context.seed,
    progress,
    stop,
  });
  const report = (): void => {
    const done = Math.floor(Atomics.load(progress, 0) / (shards.length + 1));
    context.report({ kind: 'stage', stage: 'index', done, total: count, unit: 'statements' });
  };
  const threads = Math.min(context.threads, shards.length);
  const timer = setInterval(report, reportMs);
  try {
    const entry = { file: './hnsw-shard.js', name: searchShard.name };
    await withPool<ShardTask, NeighborLists, void>(entry, threads, context, (run, stop) =>
      runAll(
        shards,
        threads,
        (range) => run(makeTask(range, stop)),
        (_, found) => mergeLists(lists, found, 0),
      ),
    );
  } finally {
    clearInterval(timer);
  }
  report();
  return lists;
}

/** Groups rows whose vectors are equal to the bit, by a hash that is checked. */
function classify({ values, dimensions, rows }: SharedRows, maxMembers: number): Classes {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const buckets = new Map<number, number[]>();
  const of = new Int32Array(rows.length);
  const first: number[] = [];
  const members: number[][] = [];
  for (let row = 0; row < rows.length; row += 1) {
    const hash = hashRow(bits, row * dimensions, dimensions);
    const bucket = buckets.get(hash) ?? [];
    let known = bucket.find((id) => equalRows(bits, (first[id] ?? 0) * dimensions, row * dimensions, dimensions));
    if (known === undefined) {
      known = first.length;
      first.push(row);
      members.push([]);
      bucket.push(known);
      buckets.set(hash, bucket);
    }
    of[row] = known;
    const list = members[known];
    if (list !== undefined && list.length < maxMembers) list.push(row);
  }
  return { of, first: Int32Array.from(first), members };
}

/** FNV-1a over words of 32 bits. */
function hashRow(bits: Uint32Array, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let k = start; k < start + length; k += 1) hash = Math.imul(hash ^ (bits[k] ?? 0), 0x01000193) ^ (hash >>> 15);
  return hash;
}

function equalRows(bits: Uint32Array, a: number, b: number, length: number): boolean {
  for (let k = 0; k < length; k += 1) if (bits[a + k] !== bits[b + k]) return false;
  return true;
}

/** Turns neighbours among classes into neighbours among rows. */
function spread(found: NeighborLists, classes: Classes, rows: SharedRows, options: SearchOptions): NeighborLists {
  const lists = makeNeighborLists(rows.rows.length, options.maxNeighbors);
  for (const [row, id] of classes.of.entries()) {
    const self = dot(rows.values, rows.dimensions, row, row);
    if (self >= options.minSimilarity) for (const other of classes.members[id] ?? []) if (other !== row) offer(lists, row, other, self);
    for (let at = id * found.size; at < id * found.size + (found.lengths[id] ?? 0); at += 1) {
      for (const other of classes.members[found.rows[at] ?? 0] ?? []) offer(lists, row, other, found.similarities[at] ?? 0);
    }
  }
  return lists;
}
