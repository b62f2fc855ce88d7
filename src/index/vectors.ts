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

/** A shared copy of some rows, in the order given; `stride` apart in `vectors`. */
export function gatherRows(vectors: Float32Array, dimensions: number, rows: Int32Array, stride = dimensions): Float32Array {
  const values = new Float32Array(new SharedArrayBuffer(rows.length * dimensions * Float32Array.BYTES_PER_ELEMENT));
  rows.forEach((row, at) => {
    values.set(vectors.subarray(row * stride, row * stride + dimensions), at * dimensions);
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
