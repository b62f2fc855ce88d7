/** near.as in plain JavaScript, with the same bits: the oracle of its tests, and the way where a processor has no SIMD for WebAssembly. */
import { fill, prepare, sweep } from './near-plain-cells.js';
import { PlainRows } from './near-plain-rows.js';

/** What near.as exports; addresses are bytes in the memory of the search, rows are half-open ranges. */
export interface NearKernel {
  readonly configureRows: (vectors: number, owners: number, dimensions: number) => void;
  readonly configureCells: (
    sketches: number,
    limits: number,
    cells: number,
    probes: number,
    tops: number,
    starts: number,
    fills: number,
    entryRows: number,
    entrySketches: number,
  ) => void;
  readonly configureRotation: (mean: number, signs: number, padded: number, limitTable: number) => void;
  readonly configureThread: (scratch: number) => void;
  readonly prepare: (from: number, to: number) => void;
  readonly fill: (from: number, to: number, wanted: number, firstCell: number, lastCell: number) => void;
  readonly searchFirst: (from: number, to: number, threshold: number, found: number, products: number) => void;
  readonly settle: (
    from: number,
    to: number,
    threshold: number,
    found: number,
    products: number,
    staying: number,
    bySketch: number,
  ) => void;
  readonly scanFirst: (from: number, to: number, kept: number, count: number, threshold: number, found: number, products: number) => void;
  readonly sweep: (state: number, lastCell: number, lastEntry: number, floor: number, least: number, out: number, room: number) => number;
  readonly searchAll: (
    from: number,
    to: number,
    count: number,
    floor: number,
    size: number,
    lengths: number,
    rows: number,
    products: number,
  ) => void;
}

/** Element numbers of addresses. Memory may be larger than 2 GiB, where signed shifts turn negative. */
const word = (address: number): number => address >>> 2;
const double = (address: number): number => (address >>> 0) / 8;
const orNone = (address: number): number | null => (address === 0 ? null : word(address));

/** Products below what this gives are too low for certain, however float32 rounds. */
const leastFor = (threshold: number): number => Math.fround(threshold - 1e-5);

/** The kernel over a memory; other threads may have theirs over the same. */
export function plainKernel(memory: WebAssembly.Memory): NearKernel {
  const rows = new PlainRows(memory);
  return {
    ...configuring(rows),
    prepare: (from, to) => {
      rows.renew();
      prepare(rows, from, to);
    },
    fill: (from, to, wanted, firstCell, lastCell) => {
      rows.renew();
      fill(rows, from, to, orNone(wanted), firstCell, lastCell);
    },
    searchFirst: (from, to, threshold, found, products) => {
      rows.renew();
      searchFirst(rows, from, to, { threshold, found: word(found), products: double(products) });
    },
    settle: (from, to, threshold, found, products, staying, bySketch) => {
      rows.renew();
      const task = { threshold, found: word(found), products: double(products) };
      settle(rows, from, to, task, word(staying), bySketch !== 0);
    },
    scanFirst: (from, to, kept, count, threshold, found, products) => {
      rows.renew();
      scanFirst(rows, from, to, { threshold, found: word(found), products: double(products) }, word(kept), count);
    },
    sweep: (state, lastCell, lastEntry, floor, least, out, room) => {
      rows.renew();
      const bounds = { floor, lowest: leastFor(floor), least: orNone(least) };
      return sweep(rows, { ...bounds, state: word(state), lastCell, lastEntry: lastEntry >>> 0, out: double(out), room });
    },
    searchAll: (from, to, count, floor, size, lengths, listed, products) => {
      rows.renew();
      const lists = { floor, size, lengths: word(lengths), listed: word(listed), products: double(products) };
      for (let row = from; row < to; row += 1) searchAllFor(rows, row, count, lists);
    },
  };
}

type Configuring = Pick<NearKernel, 'configureRows' | 'configureCells' | 'configureRotation' | 'configureThread'>;

function configuring(rows: PlainRows): Configuring {
  return {
    configureRows: (vectors, owners, dimensions) => {
      Object.assign(rows, { vectors: word(vectors), owners: word(owners), dimensions });
    },
    configureCells: (sketches, limits, cells, probes, tops, starts, fills, entryRows, entrySketches) => {
      Object.assign(rows, { sketches: word(sketches), limits: limits >>> 0, cells: word(cells), probes, tops });
      Object.assign(rows, { starts: word(starts), fills: word(fills) });
      Object.assign(rows, { entryRows: word(entryRows), entrySketches: word(entrySketches) });
    },
    configureRotation: (mean, signs, padded, limitTable) => {
      Object.assign(rows, { mean: word(mean), signs: word(signs), padded, limitTable: limitTable >>> 0 });
    },
    configureThread: (scratch) => {
      rows.scratch = word(scratch);
    },
  };
}

/** What a row is to reach, and where the first that it reaches it with is written: places of words and of doubles. */
interface FirstTask {
  readonly threshold: number;
  readonly found: number;
  readonly products: number;
}

function searchFirst(rows: PlainRows, from: number, to: number, { threshold, found, products }: FirstTask): void {
  const { words, bytes, doubles, probes } = rows;
  const least = leastFor(threshold);
  for (let row = from; row < to; row += 1) {
    const few = bytes[rows.limits + 4 * row] as number;
    const all = (bytes[rows.limits + 4 * row + 2] as number) + 1;
    let best = 0xffff_ffff;
    let product = 0;
    for (let i = 0; i < probes; i += 1) {
      const cell = words[rows.cells + row * probes + i] as number;
      let at = words[rows.starts + cell] as number;
      for (const end = at + (words[rows.fills + cell] as number); at < end; at += 1) {
        if (rows.differsInWord(rows.sketches + 8 * row, rows.entrySketches + 4 * at) > few) continue;
        const other = words[rows.entryRows + at] as number;
        if (other >= best) break;
        if (rows.differs(row, other) > all) continue;
        const value = productFrom(rows, row, other, threshold, least);
        if (value === null) continue;
        best = other;
        product = value;
      }
    }
    words[found + row] = best;
    doubles[products + row] = product;
  }
}

/** The product of two rows of one owner where it reaches the threshold, else null. */
function productFrom(rows: PlainRows, row: number, other: number, threshold: number, least: number): number | null {
  if (rows.ownerOf(other) !== rows.ownerOf(row) || rows.rough(row, other) < least) return null;
  const value = rows.exact(row, other);
  return value < threshold ? null : value;
}

/** Writes the first of `count` listed rows that is near to `row`, and its product; returns false where there is none. */
function findIn(rows: PlainRows, row: number, list: number, count: number, task: FirstTask, most: number | null): boolean {
  const least = leastFor(task.threshold);
  for (let at = list; at < list + count; at += 1) {
    const other = rows.words[at] as number;
    if (most !== null && rows.differs(row, other) > most) continue;
    const value = productFrom(rows, row, other, task.threshold, least);
    if (value === null) continue;
    rows.words[task.found + row] = other;
    rows.doubles[task.products + row] = value;
    return true;
  }
  return false;
}

function settle(rows: PlainRows, from: number, to: number, task: FirstTask, staying: number, bySketch: boolean): void {
  let count = 0;
  for (let row = from; row < to; row += 1) {
    if (rows.words[task.found + row] !== 0xffff_ffff) continue;
    const most = bySketch ? (rows.bytes[rows.limits + 4 * row + 2] as number) + 1 : null;
    if (findIn(rows, row, staying, count, task, most)) continue;
    rows.words[staying + count] = row;
    count += 1;
  }
}

function scanFirst(rows: PlainRows, from: number, to: number, task: FirstTask, kept: number, count: number): void {
  for (let row = from; row < to; row += 1) {
    rows.words[task.found + row] = 0xffff_ffff;
    findIn(rows, row, kept, count, task, null);
  }
}

/** Lists of the nearest as in vectors.ts: places of words, `products` one of doubles. */
interface PlainLists {
  readonly floor: number;
  readonly size: number;
  readonly lengths: number;
  readonly listed: number;
  readonly products: number;
}

function searchAllFor(rows: PlainRows, row: number, count: number, lists: PlainLists): void {
  const owner = rows.ownerOf(row);
  const last = lists.products + (row + 1) * lists.size - 1;
  let least = leastFor(lists.floor);
  for (let other = 0; other < count; other += 1) {
    if (rows.roughInFour(row, other) < least || other === row || rows.ownerOf(other) !== owner) continue;
    const product = rows.exact(row, other);
    if (product < lists.floor) continue;
    offer(rows, lists, row, other, product);
    const full = rows.words[lists.lengths + row] === lists.size;
    if (full) least = leastFor(rows.doubles[last] as number);
  }
}

function offer({ words, doubles }: PlainRows, lists: PlainLists, list: number, row: number, product: number): void {
  const { size } = lists;
  const listed = lists.listed + list * size;
  const products = lists.products + list * size;
  const length = words[lists.lengths + list] as number;
  let at = length;
  for (; at > 0; at -= 1) {
    const value = doubles[products + at - 1] as number;
    if (product < value || (product === value && row > (words[listed + at - 1] as number))) break;
  }
  if (at === size) return;
  const end = Math.min(length, size - 1);
  words.copyWithin(listed + at + 1, listed + at, listed + end);
  doubles.copyWithin(products + at + 1, products + at, products + end);
  words[listed + at] = row;
  doubles[products + at] = product;
  words[lists.lengths + list] = Math.min(length + 1, size);
}
