/** `firstKept` with an HNSW graph of the kept rows, in one thread from the first row to the last. */
import type { KeptResult } from './first-kept-block.js';
import { copyRow, makeGraph } from './hnsw-shard.js';
import { dot } from './vectors.js';

export interface GraphTask {
  readonly values: Float32Array;
  readonly dimensions: number;
  readonly threshold: number;
  readonly seed: number;
  /** Turns to 1 when the result is wanted no more. */
  readonly stop: Int32Array;
}

/** Nearest kept rows that are looked at for the first one; kept rows are far from each other, so few are near. */
const neighbors = 10;

/** Rows of `values` in order: each is looked up among the kept ones, and joins them where none is similar enough. */
export function keepByGraph({ values, dimensions, threshold, seed, stop }: GraphTask): KeptResult {
  const count = values.length / dimensions;
  const to = new Int32Array(count).fill(-1);
  const similarity = new Float64Array(count);
  const graph = makeGraph(dimensions, count, seed, neighbors);
  const point = new Array<number>(dimensions).fill(0);
  let kept = 0;
  for (let row = 0; row < count && Atomics.load(stop, 0) === 0; row += 1) {
    copyRow(values, row, point);
    const near = kept === 0 ? [] : graph.searchKnn(point, Math.min(kept, neighbors)).neighbors;
    const target = near.toSorted((a, b) => a - b).find((other) => dot(values, dimensions, row, other) >= threshold);
    if (target !== undefined) {
      to[row] = target;
      similarity[row] = dot(values, dimensions, row, target);
      continue;
    }
    graph.addPoint(point, row);
    kept += 1;
  }
  return { to, similarity };
}
