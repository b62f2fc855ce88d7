/** The part of an exact scan that one thread does at a time: all pairs of two ranges of rows. */
import { blockColumns, blockRows, dotBlock, makeNeighborLists, type NeighborLists, offer, type SearchOptions } from './vectors.js';

/** Rows `[start, end)`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** `first` and `second` are the same range, or `first` lies before `second`. */
export interface TileTask extends SearchOptions {
  readonly values: Float32Array;
  readonly dimensions: number;
  readonly first: RowRange;
  readonly second: RowRange;
}

/** Neighbours of each range among the rows of the other; `second` is empty where both are the same range. */
export interface TileResult {
  readonly first: NeighborLists;
  readonly second: NeighborLists;
}

/** Every pair of a tile is multiplied once and offered to both of its rows. */
export function scanTile(task: TileTask): TileResult {
  const { first, second, maxNeighbors } = task;
  const same = first.start === second.start;
  const ofFirst = makeNeighborLists(first.end - first.start, maxNeighbors);
  const ofSecond = same ? ofFirst : makeNeighborLists(second.end - second.start, maxNeighbors);
  const rows = new Int32Array(blockRows + blockColumns);
  const products = new Float64Array(blockRows * blockColumns);
  for (let a = first.start; a < first.end; a += blockRows) {
    // A block that reaches over the end of its range repeats the last row, and what that gives is passed over.
    for (let m = 0; m < blockRows; m += 1) rows[m] = Math.min(a + m, first.end - 1);
    for (let b = same ? a : second.start; b < second.end; b += blockColumns) {
      for (let m = 0; m < blockColumns; m += 1) rows[blockRows + m] = Math.min(b + m, second.end - 1);
      dotBlock(task.values, task.dimensions, rows, products);
      offerBlock(task, { a, b, products }, ofFirst, ofSecond);
    }
  }
  return { first: ofFirst, second: same ? makeNeighborLists(0, maxNeighbors) : ofSecond };
}

interface Block {
  readonly a: number;
  readonly b: number;
  readonly products: Float64Array;
}

function offerBlock(
  { first, second, minSimilarity }: TileTask,
  { a, b, products }: Block,
  ofFirst: NeighborLists,
  ofSecond: NeighborLists,
): void {
  for (let at = 0; at < products.length; at += 1) {
    const similarity = products[at] ?? 0;
    if (!(similarity >= minSimilarity)) continue;
    const row = a + Math.floor(at / blockColumns);
    const column = b + (at % blockColumns);
    if (row >= first.end || column >= second.end || column <= row) continue;
    offer(ofFirst, row - first.start, column, similarity);
    offer(ofSecond, column - second.start, row, similarity);
  }
}
