/** Ranges of rows. */

/** Rows `[start, end)`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Cuts `[start, end)` into ranges of at most `size`. */
export function splitRows(start: number, end: number, size: number): RowRange[] {
  return Array.from({ length: Math.ceil((end - start) / size) }, (_, at) => ({
    start: start + at * size,
    end: Math.min(start + (at + 1) * size, end),
  }));
}
