/** Rows of unit vectors in shared memory, their dot products, and the lists of nearest rows that every search fills. */

/**
 * Vectors that worker threads read without a copy. Rows of zeros have no direction and are left out, so `values` holds
 * `rows.length` rows and `rows[i]` is the caller's number of row `i`, ascending.
 */
export interface SharedRows {
  readonly values: Float32Array;
  readonly dimensions: number;
  readonly rows: Int32Array;
}

/** What a search is asked for: at most `maxNeighbors` (at least 1) per row, each with cosine >= `minSimilarity`. */
export interface SearchOptions {
  readonly maxNeighbors: number;
  readonly minSimilarity: number;
}

/**
 * The nearest rows of each of a number of lists, closest first, equal ones by row number. List `i` has `lengths[i]` entries
 * from `i * size` on. Filled only by `offer`; the order is total, so offers may come in any order.
 */
export interface NeighborLists {
  readonly size: number;
  readonly lengths: Int32Array;
  readonly rows: Int32Array;
  readonly similarities: Float64Array;
}

/**
 * Copies the rows that are not zero into shared memory, or takes the buffer as it is where nothing needs a copy.
 * @throws RangeError where `vectors` is not a whole number of rows.
 */
export function shareRows(vectors: Float32Array, dimensions: number): SharedRows {
  if (!Number.isInteger(dimensions) || dimensions < 1 || vectors.length % dimensions !== 0) {
    throw new RangeError(`${vectors.length} numbers are not rows of ${dimensions}`);
  }
  const count = vectors.length / dimensions;
  const rows = Int32Array.from({ length: count }, (_, row) => row).filter((row) =>
    vectors.subarray(row * dimensions, (row + 1) * dimensions).some((value) => value !== 0),
  );
  const shared = vectors.buffer instanceof SharedArrayBuffer;
  return {
    values: shared && rows.length === count ? vectors : gatherRows(vectors, dimensions, rows),
    dimensions,
    rows,
  };
}

/** A shared copy of some rows, in the order given. */
export function gatherRows(vectors: Float32Array, dimensions: number, rows: Int32Array): Float32Array {
  const values = new Float32Array(new SharedArrayBuffer(rows.length * dimensions * Float32Array.BYTES_PER_ELEMENT));
  rows.forEach((row, at) => {
    values.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), at * dimensions);
  });
  return values;
}

/** Dot product of two rows, summed from the first dimension to the last in double precision: the cosine that is reported. */
export function dot(values: Float32Array, dimensions: number, a: number, b: number): number {
  const x = a * dimensions;
  const y = b * dimensions;
  let sum = 0;
  for (let k = 0; k < dimensions; k += 1) sum += (values[x + k] ?? 0) * (values[y + k] ?? 0);
  return sum;
}

/** Rows of the two sides of one `dotBlock`. */
export const blockRows = 4;
export const blockColumns = 2;

/**
 * The dot products of four rows with two others, into `out[row * 2 + column]`, each summed in the same order as `dot`, so that
 * both give the same bits. `rows` are six row numbers, the four first. Eight running sums hide the latency of addition:
 * 60 ns a pair at 128 dimensions, where a plain loop needs 186 and four sums 112.
 */
export function dotBlock(values: Float32Array, dimensions: number, rows: Int32Array, out: Float64Array): void {
  const a0 = (rows[0] ?? 0) * dimensions;
  const b0 = (rows[1] ?? 0) * dimensions;
  const c0 = (rows[2] ?? 0) * dimensions;
  const e0 = (rows[3] ?? 0) * dimensions;
  const x0 = (rows[4] ?? 0) * dimensions;
  const y0 = (rows[5] ?? 0) * dimensions;
  let ax = 0;
  let ay = 0;
  let bx = 0;
  let by = 0;
  let cx = 0;
  let cy = 0;
  let ex = 0;
  let ey = 0;
  for (let k = 0; k < dimensions; k += 1) {
    const xk = values[x0 + k] ?? 0;
    const yk = values[y0 + k] ?? 0;
    const ak = values[a0 + k] ?? 0;
    const bk = values[b0 + k] ?? 0;
    const ck = values[c0 + k] ?? 0;
    const ek = values[e0 + k] ?? 0;
    ax += ak * xk;
    ay += ak * yk;
    bx += bk * xk;
    by += bk * yk;
    cx += ck * xk;
    cy += ck * yk;
    ex += ek * xk;
    ey += ek * yk;
  }
  out[0] = ax;
  out[1] = ay;
  out[2] = bx;
  out[3] = by;
  out[4] = cx;
  out[5] = cy;
  out[6] = ex;
  out[7] = ey;
}

/** Empty lists for `count` rows with room for `size` neighbours each. */
export function makeNeighborLists(count: number, size: number): NeighborLists {
  return {
    size,
    lengths: new Int32Array(count),
    rows: new Int32Array(count * size),
    similarities: new Float64Array(count * size),
  };
}

/**
 * Puts a row into a list where it is among the nearest; one row must not be offered to the same list twice. Nearly every offer of a
 * scan is refused by the first two lines, which therefore stand alone and make nothing.
 */
export function offer(lists: NeighborLists, list: number, row: number, similarity: number): void {
  const last = (list + 1) * lists.size - 1;
  if (lists.lengths[list] === lists.size && similarity < (lists.similarities[last] ?? 0)) return;
  insert(lists, list, row, similarity);
}

function insert({ size, lengths, rows, similarities }: NeighborLists, list: number, row: number, similarity: number): void {
  const start = list * size;
  const length = lengths[list] ?? 0;
  let at = start + length;
  while (at > start) {
    const other = similarities[at - 1] ?? 0;
    if (similarity < other || (similarity === other && row > (rows[at - 1] ?? 0))) break;
    at -= 1;
  }
  if (at === start + size) return;
  const end = start + Math.min(length, size - 1);
  rows.copyWithin(at + 1, at, end);
  similarities.copyWithin(at + 1, at, end);
  rows[at] = row;
  similarities[at] = similarity;
  lengths[list] = Math.min(length + 1, size);
}

/** Offers every entry of `from` to the lists of `to` that start at list `start`. */
export function mergeLists(to: NeighborLists, from: NeighborLists, start: number): void {
  from.lengths.forEach((length, list) => {
    for (let at = list * from.size; at < list * from.size + length; at += 1) {
      offer(to, start + list, from.rows[at] ?? 0, from.similarities[at] ?? 0);
    }
  });
}
