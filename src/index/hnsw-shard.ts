/** The part of an HNSW search that one thread does: builds the graph of its shard, keeps it, and looks every row up in it. */
import hnswlib from 'hnswlib-node';
import { dot, makeNeighborLists, type NeighborLists, offer, type SearchOptions } from './vectors.js';

/** Graph over rows `[start, end)` of `values`; all rows are looked up in it. */
export interface ShardTask extends SearchOptions {
  readonly values: Float32Array;
  readonly dimensions: number;
  readonly start: number;
  readonly end: number;
  readonly seed: number;
  /** One shared counter; each row that was added or looked up adds one. */
  readonly progress: Int32Array;
  /** Turns to 1 when the result is wanted no more. */
  readonly stop: Int32Array;
}

/** Graph settings of Malkov and Yashunin (arXiv 1603.09320): links a node, and candidates looked at while building. */
const links = 16;
const buildCandidates = 100;

/** Candidates looked at in a query: at least 64, and four times what is asked for. */
const minQueryCandidates = 64;

/** An empty graph for up to `count` unit vectors; the same seed and order of insertion give the same graph. */
export function makeGraph(dimensions: number, count: number, seed: number, neighbors: number): hnswlib.HierarchicalNSW {
  const graph = new hnswlib.HierarchicalNSW('ip', dimensions);
  graph.initIndex({ maxElements: Math.max(1, count), m: links, efConstruction: buildCandidates, randomSeed: seed });
  graph.setEf(Math.max(minQueryCandidates, 4 * neighbors));
  return graph;
}

/** Copies a row into `point`: the library takes JavaScript arrays only. */
export function copyRow(values: Float32Array, row: number, point: number[]): void {
  const start = row * point.length;
  for (let k = 0; k < point.length; k += 1) point[k] = values[start + k] ?? 0;
}

/** Neighbours of every row among the rows of the shard. Similarities are recomputed, so that they are those of the exact scan. */
export function searchShard(task: ShardTask): NeighborLists {
  const { values, dimensions, start, end, progress, stop } = task;
  const count = values.length / dimensions;
  const graph = makeGraph(dimensions, end - start, task.seed, task.maxNeighbors);
  const point = new Array<number>(dimensions).fill(0);
  for (let row = start; row < end && Atomics.load(stop, 0) === 0; row += 1) {
    copyRow(values, row, point);
    graph.addPoint(point, row);
    Atomics.add(progress, 0, 1);
  }
  const lists = makeNeighborLists(count, task.maxNeighbors);
  const asked = Math.min(end - start, task.maxNeighbors + 1);
  for (let row = 0; row < count && Atomics.load(stop, 0) === 0; row += 1) {
    copyRow(values, row, point);
    for (const other of graph.searchKnn(point, asked).neighbors) {
      if (other === row) continue;
      const similarity = dot(values, dimensions, row, other);
      if (similarity >= task.minSimilarity) offer(lists, row, other, similarity);
    }
    Atomics.add(progress, 0, 1);
  }
  return lists;
}
