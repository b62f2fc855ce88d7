/** The part of `firstKept` that one thread does at a time: a range of rows against the rows kept before it. */
import { blockColumns, blockRows, dotBlock } from './vectors.js';

export interface KeptTask {
  readonly values: Float32Array;
  readonly dimensions: number;
  /** Rows `[start, end)` are looked up. */
  readonly start: number;
  readonly end: number;
  /** Shared; its first `keptCount` entries are the rows kept so far, ascending. */
  readonly kept: Int32Array;
  readonly keptCount: number;
  readonly threshold: number;
}

/** For each row of the range the first kept row that is similar enough, or -1, and their cosine. */
export interface KeptResult {
  readonly to: Int32Array;
  readonly similarity: Float64Array;
}

/** Four rows at a time, along the kept rows until each of the four has found its first. */
export function searchKept(task: KeptTask): KeptResult {
  const { start, end } = task;
  const to = new Int32Array(end - start).fill(-1);
  const similarity = new Float64Array(end - start);
  for (let row = start; row < end; row += blockRows) searchFour(task, row, { to, similarity });
  return { to, similarity };
}

function searchFour({ values, dimensions, start, end, kept, keptCount, threshold }: KeptTask, row: number, found: KeptResult): void {
  const rows = new Int32Array(blockRows + blockColumns);
  const products = new Float64Array(blockRows * blockColumns);
  for (let m = 0; m < blockRows; m += 1) rows[m] = Math.min(row + m, end - 1);
  let open = Math.min(blockRows, end - row);
  for (let at = 0; at < keptCount && open > 0; at += blockColumns) {
    // An odd last column is looked at twice; the first look wins.
    for (let m = 0; m < blockColumns; m += 1) rows[blockRows + m] = kept[Math.min(at + m, keptCount - 1)] ?? 0;
    dotBlock(values, dimensions, rows, products);
    for (let slot = 0; slot < products.length; slot += 1) {
      const product = products[slot] ?? 0;
      const place = row + Math.floor(slot / blockColumns) - start;
      if (!(product >= threshold) || found.to[place] !== -1) continue;
      found.to[place] = rows[blockRows + (slot % blockColumns)] ?? 0;
      found.similarity[place] = product;
      open -= 1;
    }
  }
}
