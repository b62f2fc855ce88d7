/** The cells of near.as in plain JavaScript: which a row belongs to, who is in them, and the sweep over them. */
import type { PlainRows } from './near-plain-rows.js';

const { fround } = Math;
/** Words between the list of one rotation and that of the other, and between that and the pointers. */
const listWords = 256;
const secondListWords = 512;

/** Walsh-Hadamard transform in place, times `scale`. */
function transform(floats: Float32Array, at: number, size: number, scale: number): void {
  const end = at + size;
  for (let half = 1; half < size; half <<= 1) {
    for (let block = at; block < end; block += 2 * half) {
      for (let i = block; i < block + half; i += 1) {
        const u = floats[i] as number;
        const w = floats[i + half] as number;
        floats[i] = u + w;
        floats[i + half] = u - w;
      }
    }
  }
  for (let i = at; i < end; i += 1) floats[i] = (floats[i] as number) * scale;
}

function flip(floats: Float32Array, at: number, by: number, size: number): void {
  for (let i = 0; i < size; i += 1) floats[at + i] = (floats[at + i] as number) * (floats[by + i] as number);
}

/** 64 signs into two words; that of -0 is a sign too. */
function writeSigns(words: Uint32Array, from: number, to: number): void {
  for (let word = 0; word < 2; word += 1) {
    let bits = 0;
    for (let i = 0; i < 32; i += 1) bits |= ((words[from + 32 * word + i] as number) >>> 31) << i;
    words[to + word] = bits;
  }
}

/** The `tops` longest of 128 coordinates, longest first, the earlier of equal ones first: the length and the name of each. */
function longest({ floats, words, tops }: PlainRows, from: number, list: number): void {
  let length = 0;
  for (let i = 0; i < 128; i += 1) {
    const value = floats[from + i] as number;
    const score = Math.abs(value);
    if (length === tops && score <= (floats[list + 2 * (tops - 1)] as number)) continue;
    let at = length < tops ? length : tops - 1;
    for (; at > 0 && (floats[list + 2 * (at - 1)] as number) < score; at -= 1) {
      words[list + 2 * at] = words[list + 2 * (at - 1)] as number;
      words[list + 2 * at + 1] = words[list + 2 * (at - 1) + 1] as number;
    }
    floats[list + 2 * at] = score;
    words[list + 2 * at + 1] = (i << 1) | (value < 0 ? 1 : 0);
    if (length < tops) length += 1;
  }
}

/** Which of the first list's open entries makes the highest sum with the entry of the second that its pointer stands at. */
function highestSum({ floats, words, tops }: PlainRows, listA: number, open: number): number {
  const listB = listA + listWords;
  const pointers = listB + secondListWords;
  let top = 0;
  let most = -1;
  for (let u = 0; u < open; u += 1) {
    const v = words[pointers + u] as number;
    const score = fround((floats[listA + 2 * u] as number) + (floats[listB + 2 * v] as number));
    if (v >= tops || score <= most) continue;
    most = score;
    top = u;
  }
  return top;
}

/** The cells of a row, ascending, from the lists of both rotations. */
function writeCells(rows: PlainRows, row: number, listA: number): void {
  const { words, probes, tops } = rows;
  const listB = listA + listWords;
  const pointers = listB + secondListWords;
  const out = rows.cells + row * probes;
  let open = 1;
  words[pointers] = 0;
  for (let i = 0; i < probes; i += 1) {
    const top = highestSum(rows, listA, open);
    const v = words[pointers + top] as number;
    words[pointers + top] = v + 1;
    if (top === open - 1 && open < tops) {
      words[pointers + open] = 0;
      open += 1;
    }
    const cell = ((words[listA + 2 * top + 1] as number) << 8) | (words[listB + 2 * v + 1] as number);
    let at = i;
    for (; at > 0 && (words[out + at - 1] as number) > cell; at -= 1) words[out + at] = words[out + at - 1] as number;
    words[out + at] = cell;
  }
}

export function prepare(rows: PlainRows, from: number, to: number): void {
  const { bytes, words, floats, padded, signs, limits, limitTable, scratch: first } = rows;
  const second = first + padded;
  const lists = second + padded;
  const scale = fround(1 / fround(Math.sqrt(padded)));
  for (let row = from; row < to; row += 1) {
    const length = Math.min(256, Math.floor(fround(rows.takeMean(row, first) * 256)));
    bytes.copyWithin(limits + 4 * row, limitTable + 4 * length, limitTable + 4 * length + 4);
    flip(floats, first, signs, padded);
    transform(floats, first, padded, scale);
    flip(floats, first, signs + padded, padded);
    transform(floats, first, padded, scale);
    floats.copyWithin(second, first, first + padded);
    flip(floats, second, signs + 2 * padded, padded);
    transform(floats, second, padded, scale);
    const sketch = rows.sketches + 8 * row;
    writeSigns(words, first, sketch);
    writeSigns(words, second, sketch + 2);
    writeSigns(words, first + 64, sketch + 4);
    writeSigns(words, second + 64, sketch + 6);
    if (rows.tops === 0) {
      words[rows.cells + row] = 0;
      continue;
    }
    longest(rows, first, lists);
    longest(rows, second, lists + listWords);
    writeCells(rows, row, lists);
  }
}

/** `wanted` is a place of words, or null where every row is wanted. */
export function fill(rows: PlainRows, from: number, to: number, wanted: number | null, firstCell: number, lastCell: number): void {
  const { words, probes, starts, fills, entryRows, entrySketches } = rows;
  for (let row = from; row < to; row += 1) {
    if (wanted !== null && words[wanted + row] !== 0xffff_ffff) continue;
    const sketch = rows.sketches + 8 * row;
    const own = rows.cells + row * probes;
    for (let i = 0; i < probes; i += 1) {
      const cell = words[own + i] as number;
      if (cell < firstCell) continue;
      if (cell >= lastCell) break;
      const filled = words[fills + cell] as number;
      const at = (words[starts + cell] as number) + filled;
      words[entryRows + at] = row;
      words.copyWithin(entrySketches + 4 * at, sketch, sketch + 4);
      words[fills + cell] = filled + 1;
    }
  }
}

/** True where no cell below `cell` holds both rows. */
function meetsHere({ words, cells, probes }: PlainRows, a: number, b: number, cell: number): boolean {
  let x = cells + a * probes;
  let y = cells + b * probes;
  while (words[x] !== words[y]) {
    if ((words[x] as number) < (words[y] as number)) x += 1;
    else y += 1;
  }
  return words[x] === cell;
}

/** What a pair has to reach, rounded as near.as rounds it; `least` is a place of floats, or null. */
interface Bounds {
  readonly floor: number;
  readonly lowest: number;
  readonly least: number | null;
}

/** The product of two rows of a cell where they are to be reported there, else null. */
function productHere(rows: PlainRows, row: number, other: number, cell: number, { floor, lowest, least }: Bounds): number | null {
  const { floats } = rows;
  const near = rows.rough(row, other);
  if (near < lowest || rows.ownerOf(row) !== rows.ownerOf(other)) return null;
  if (least !== null && near < (floats[least + row] as number) && near < (floats[least + other] as number)) return null;
  if (!meetsHere(rows, row, other, cell)) return null;
  const product = rows.exact(row, other);
  return product < floor ? null : product;
}

/** Where a sweep goes from and to, and where it writes: places of words, `out` a place of doubles. */
export interface PlainSweep extends Bounds {
  readonly state: number;
  readonly lastCell: number;
  readonly lastEntry: number;
  readonly out: number;
  readonly room: number;
}

export function sweep(rows: PlainRows, task: PlainSweep): number {
  const { words, doubles, bytes, limits, starts, fills, entryRows, entrySketches } = rows;
  const { state, lastCell, lastEntry, out, room } = task;
  let cell = words[state] as number;
  let i = words[state + 1] as number;
  let j = words[state + 2] as number;
  let count = 0;
  for (; cell < lastCell; cell += 1) {
    const start = words[starts + cell] as number;
    const size = words[fills + cell] as number;
    for (const end = Math.min(size, lastEntry); i < end; i += 1) {
      const row = words[entryRows + start + i] as number;
      const half = bytes[limits + 4 * row + 1] as number;
      const all = (bytes[limits + 4 * row + 2] as number) + 1;
      for (j = Math.max(j, i + 1); j < size; j += 1) {
        if (rows.differsInHalf(entrySketches + 4 * (start + i), entrySketches + 4 * (start + j)) > half) continue;
        const other = words[entryRows + start + j] as number;
        if (rows.differs(row, other) > all) continue;
        const product = productHere(rows, row, other, cell, task);
        if (product === null) continue;
        if (count === room) {
          words.set([cell, i, j], state);
          return count;
        }
        words[2 * (out + 2 * count)] = row;
        words[2 * (out + 2 * count) + 1] = other;
        doubles[out + 2 * count + 1] = product;
        count += 1;
      }
      j = 0;
    }
    i = 0;
  }
  words[state] = cell;
  return count;
}
