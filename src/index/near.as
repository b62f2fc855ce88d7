// Near rows of unit vectors: cross-polytope cells, sign sketches and exact products. AssemblyScript; scripts/build-wasm.ts builds it into
// near-module.ts. One shared memory, laid out by memory.ts; each thread has an instance of its own, so globals are of one thread and only
// what `configure` is given lies in shared memory. near-plain.ts says the same in JavaScript, with the same bits.

// Addresses of shared arrays, by row unless said otherwise.
let vectors: usize; // f32 x dimensions
let owners: usize; // u32: rows of different owners are never near
let sketches: usize; // u64 x 4
let limits: usize; // u8 x 4: bits that the sketch of a near row differs in at most, in its first word, its first two, and, less one, in all four
let cells: usize; // u32 x probes: numbers of the row's cells
let starts: usize; // u32 by cell: its first entry
let fills: usize; // u32 by cell: entries filled
let entryRows: usize; // u32 by entry: ascending within a cell
let entrySketches: usize; // u64 x 2 by entry: the first half of the row's sketch
let mean: usize; // f32 x dimensions, once
let signs: usize; // f32 x 3 x padded, once
let limitTable: usize; // u8 x 4 x 257, once: by 256 x the squared length of what is left of a row without the mean
let scratch: usize; // of this thread: f32 x 2 x padded, then room for three sorted lists
let dimensions: i32;
let padded: i32;
let probes: i32;
let tops: i32; // coordinates of each rotation that cells are made of

export function configureRows(v: usize, o: usize, d: i32): void {
  vectors = v;
  owners = o;
  dimensions = d;
}

export function configureCells(s: usize, l: usize, c: usize, p: i32, m: i32, at: usize, f: usize, er: usize, es: usize): void {
  sketches = s;
  limits = l;
  cells = c;
  probes = p;
  tops = m;
  starts = at;
  fills = f;
  entryRows = er;
  entrySketches = es;
}

export function configureRotation(mu: usize, sg: usize, size: i32, table: usize): void {
  mean = mu;
  signs = sg;
  padded = size;
  limitTable = table;
}

export function configureThread(room: usize): void {
  scratch = room;
}

// The product that is reported: first dimension to last, in double precision.
// @ts-ignore: decorator
@inline function exact(a: u32, b: u32): f64 {
  const x = vectors + (<usize>a * dimensions << 2);
  const y = vectors + (<usize>b * dimensions << 2);
  let sum: f64 = 0;
  for (let k: usize = 0, end = <usize>dimensions << 2; k < end; k += 4) sum += <f64>load<f32>(x + k) * <f64>load<f32>(y + k);
  return sum;
}

// @ts-ignore: decorator
@inline function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3);
}

// Within 1e-5 of `exact`; dimensions are a multiple of 8.
// @ts-ignore: decorator
@inline function rough(a: u32, b: u32): f32 {
  const x = vectors + (<usize>a * dimensions << 2);
  const y = vectors + (<usize>b * dimensions << 2);
  let s = f32x4.splat(0);
  let t = f32x4.splat(0);
  for (let k: usize = 0, end = <usize>dimensions << 2; k < end; k += 32) {
    s = f32x4.add(s, f32x4.mul(v128.load(x + k), v128.load(y + k)));
    t = f32x4.add(t, f32x4.mul(v128.load(x + k, 16), v128.load(y + k, 16)));
  }
  return sumLanes(f32x4.add(s, t));
}

// Walsh-Hadamard transform in place, times `scale`, so that lengths stay.
function transform(at: usize, scale: f32): void {
  const end = <usize>padded << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const v = v128.load(at + i);
    const pairs = f32x4.add(f32x4.mul(v, f32x4(1, -1, 1, -1)), v128.shuffle<f32>(v, v, 1, 0, 3, 2));
    v128.store(at + i, f32x4.add(f32x4.mul(pairs, f32x4(1, 1, -1, -1)), v128.shuffle<f32>(pairs, pairs, 2, 3, 0, 1)));
  }
  for (let half: usize = 16; half < end; half <<= 1) {
    for (let block: usize = 0; block < end; block += half << 1) {
      for (let i = block; i < block + half; i += 16) {
        const u = v128.load(at + i);
        const w = v128.load(at + i + half);
        v128.store(at + i, f32x4.add(u, w));
        v128.store(at + i + half, f32x4.sub(u, w));
      }
    }
  }
  const factor = f32x4.splat(scale);
  for (let i: usize = 0; i < end; i += 16) v128.store(at + i, f32x4.mul(v128.load(at + i), factor));
}

function flip(at: usize, by: usize): void {
  for (let i: usize = 0, end = <usize>padded << 2; i < end; i += 16) v128.store(at + i, f32x4.mul(v128.load(at + i), v128.load(by + i)));
}

function signBits(at: usize): u64 {
  let bits: u64 = 0;
  for (let i: usize = 0; i < 16; i++) bits |= <u64>i32x4.bitmask(v128.load(at + (i << 4))) << (i << 2);
  return bits;
}

// Puts a score into a list of the `size` highest, (f32 score, u32 name) each, highest first; the earlier of equal ones wins.
// @ts-ignore: decorator
@inline function keepHighest(list: usize, length: i32, size: i32, score: f32, name: u32): i32 {
  if (length == size && score <= load<f32>(list + (<usize>(size - 1) << 3))) return length;
  let at = length < size ? length : size - 1;
  while (at > 0 && load<f32>(list + (<usize>(at - 1) << 3)) < score) {
    store<u64>(list + (<usize>at << 3), load<u64>(list + (<usize>(at - 1) << 3)));
    at--;
  }
  store<f32>(list + (<usize>at << 3), score);
  store<u32>(list + (<usize>at << 3), name, 4);
  return length < size ? length + 1 : size;
}

// The `tops` longest of 128 coordinates, named by number and sign.
function longest(at: usize, list: usize): void {
  let length = 0;
  for (let i = 0; i < 128; i++) {
    const value = load<f32>(at + (<usize>i << 2));
    length = keepHighest(list, length, tops, Mathf.abs(value), <u32>((i << 1) | (value < 0 ? 1 : 0)));
  }
}

// Sketch, limits and cells of rows [from, to).
export function prepare(from: u32, to: u32): void {
  const first = scratch;
  const second = scratch + (<usize>padded << 2);
  const listA = second + (<usize>padded << 2);
  const listB = listA + 1024;
  const pointers = listB + 2048;
  const scale: f32 = 1 / Mathf.sqrt(<f32>padded);
  for (let row = from; row < to; row++) {
    const x = vectors + (<usize>row * dimensions << 2);
    memory.fill(first, 0, <usize>padded << 2);
    let squares = f32x4.splat(0);
    for (let k: usize = 0, end = <usize>dimensions << 2; k < end; k += 16) {
      const r = f32x4.sub(v128.load(x + k), v128.load(mean + k));
      squares = f32x4.add(squares, f32x4.mul(r, r));
      v128.store(first + k, r);
    }
    const length = <usize>Mathf.min(256, Mathf.floor(sumLanes(squares) * 256));
    store<u32>(limits + (<usize>row << 2), load<u32>(limitTable + (length << 2)));
    flip(first, signs);
    transform(first, scale);
    flip(first, signs + (<usize>padded << 2));
    transform(first, scale);
    memory.copy(second, first, <usize>padded << 2);
    flip(second, signs + (<usize>padded << 3));
    transform(second, scale);
    const sketch = sketches + (<usize>row << 5);
    store<u64>(sketch, signBits(first));
    store<u64>(sketch, signBits(second), 8);
    store<u64>(sketch, signBits(first + 256), 16);
    store<u64>(sketch, signBits(second + 256), 24);
    if (tops == 0) {
      store<u32>(cells + (<usize>row << 2), 0);
      continue;
    }
    longest(first, listA);
    longest(second, listB);
    // Of both sorted lists the pairs with the highest sums, by a row of pointers into the second.
    let open: usize = 1;
    store<u32>(pointers, 0);
    const out = cells + (<usize>row * probes << 2);
    for (let i = 0; i < probes; i++) {
      let top: usize = 0;
      let most: f32 = -1;
      for (let u: usize = 0; u < open; u++) {
        const v = <usize>load<u32>(pointers + (u << 2));
        const score = load<f32>(listA + (u << 3)) + load<f32>(listB + (v << 3));
        if (v < <usize>tops && score > most) {
          most = score;
          top = u;
        }
      }
      const v = load<u32>(pointers + (top << 2));
      store<u32>(pointers + (top << 2), v + 1);
      if (top == open - 1 && open < <usize>tops) {
        store<u32>(pointers + (open << 2), 0);
        open++;
      }
      const cell = (load<u32>(listA + (top << 3), 4) << 8) | load<u32>(listB + (<usize>v << 3), 4);
      let at = i;
      for (; at > 0 && load<u32>(out + (<usize>(at - 1) << 2)) > cell; at--) store<u32>(out + (<usize>at << 2), load<u32>(out + (<usize>(at - 1) << 2)));
      store<u32>(out + (<usize>at << 2), cell);
    }
  }
}

// Puts rows [from, to) that `wanted` (i32 by row) marks with -1, or all where it is 0, at the end of those of their cells in
// [firstCell, lastCell).
export function fill(from: u32, to: u32, wanted: usize, firstCell: u32, lastCell: u32): void {
  for (let row = from; row < to; row++) {
    if (wanted != 0 && load<i32>(wanted + (<usize>row << 2)) != -1) continue;
    const sketch = v128.load(sketches + (<usize>row << 5));
    const own = cells + (<usize>row * probes << 2);
    for (let i: usize = 0; i < <usize>probes; i++) {
      const cell = <usize>load<u32>(own + (i << 2));
      if (cell < <usize>firstCell) continue;
      if (cell >= <usize>lastCell) break;
      const at = <usize>(load<u32>(starts + (cell << 2)) + load<u32>(fills + (cell << 2)));
      store<u32>(entryRows + (at << 2), row);
      v128.store(entrySketches + (at << 4), sketch);
      store<u32>(fills + (cell << 2), load<u32>(fills + (cell << 2)) + 1);
    }
  }
}

// @ts-ignore: decorator
@inline function differs(a: u32, b: u32): u64 {
  const x = sketches + (<usize>a << 5);
  const y = sketches + (<usize>b << 5);
  const first = popcnt<u64>(load<u64>(x) ^ load<u64>(y)) + popcnt<u64>(load<u64>(x, 8) ^ load<u64>(y, 8));
  return first + popcnt<u64>(load<u64>(x, 16) ^ load<u64>(y, 16)) + popcnt<u64>(load<u64>(x, 24) ^ load<u64>(y, 24));
}

// For rows [from, to) the lowest row in their cells with product >= threshold into `found` (i32, -1 for none), the product beside it (f64).
export function searchFirst(from: u32, to: u32, threshold: f64, found: usize, products: usize): void {
  const least = <f32>(threshold - 1e-5);
  for (let row = from; row < to; row++) {
    const word = load<u64>(sketches + (<usize>row << 5));
    const few = <u64>load<u8>(limits + (<usize>row << 2));
    const all = <u64>load<u8>(limits + (<usize>row << 2), 2) + 1;
    const owner = load<u32>(owners + (<usize>row << 2));
    const own = cells + (<usize>row * probes << 2);
    let best: u32 = u32.MAX_VALUE;
    let product: f64 = 0;
    for (let i: usize = 0; i < <usize>probes; i++) {
      const cell = <usize>load<u32>(own + (i << 2));
      let at = <usize>load<u32>(starts + (cell << 2));
      for (const end = at + <usize>load<u32>(fills + (cell << 2)); at < end; at++) {
        if (popcnt<u64>(word ^ load<u64>(entrySketches + (at << 4))) > few) continue;
        const other = load<u32>(entryRows + (at << 2));
        if (other >= best) break;
        if (differs(row, other) > all || load<u32>(owners + (<usize>other << 2)) != owner || rough(row, other) < least) continue;
        const value = exact(row, other);
        if (value < threshold) continue;
        best = other;
        product = value;
      }
    }
    store<i32>(found + (<usize>row << 2), <i32>best);
    store<f64>(products + (<usize>row << 3), product);
  }
}

// Settles rows [from, to) that nothing was found for against those of them that stay, in order; `staying` has room for to - from rows.
// `bySketch` 0 multiplies every pair.
export function settle(from: u32, to: u32, threshold: f64, found: usize, products: usize, staying: usize, bySketch: i32): void {
  const least = <f32>(threshold - 1e-5);
  let count: usize = 0;
  for (let row = from; row < to; row++) {
    if (load<i32>(found + (<usize>row << 2)) != -1) continue;
    const all = <u64>load<u8>(limits + (<usize>row << 2), 2) + 1;
    const owner = load<u32>(owners + (<usize>row << 2));
    let at: usize = 0;
    for (; at < count; at++) {
      const other = load<u32>(staying + (at << 2));
      if (bySketch && differs(row, other) > all) continue;
      if (load<u32>(owners + (<usize>other << 2)) != owner || rough(row, other) < least) continue;
      const value = exact(row, other);
      if (value < threshold) continue;
      store<i32>(found + (<usize>row << 2), <i32>other);
      store<f64>(products + (<usize>row << 3), value);
      break;
    }
    if (at < count) continue;
    store<u32>(staying + (count << 2), row);
    count++;
  }
}

// Where a row and its product stand in lists of the nearest (see vectors.ts); the order is total, so offers may come in any order.
// @ts-ignore: decorator
@inline function offer(lengths: usize, rows: usize, products: usize, list: u32, size: i32, row: u32, product: f64): void {
  const base = <usize>list * size;
  const length = load<i32>(lengths + (<usize>list << 2));
  let at = length;
  while (at > 0) {
    const before = base + at - 1;
    const value = load<f64>(products + (before << 3));
    if (product < value || (product == value && row > load<u32>(rows + (before << 2)))) break;
    at--;
  }
  if (at == size) return;
  let end = length < size ? length : size - 1;
  for (; end > at; end--) {
    store<u32>(rows + ((base + end) << 2), load<u32>(rows + ((base + end - 1) << 2)));
    store<f64>(products + ((base + end) << 3), load<f64>(products + ((base + end - 1) << 3)));
  }
  store<u32>(rows + ((base + at) << 2), row);
  store<f64>(products + ((base + at) << 3), product);
  store<i32>(lengths + (<usize>list << 2), length < size ? length + 1 : size);
}

// @ts-ignore: decorator
@inline function leastOf(lengths: usize, products: usize, list: u32, size: i32, floor: f64): f32 {
  if (load<i32>(lengths + (<usize>list << 2)) < size) return <f32>(floor - 1e-5);
  return <f32>(load<f64>(products + ((<usize>list * size + size - 1) << 3)) - 1e-5);
}

// True where no cell below `cell` holds both rows, so that a pair is met once; cells of a row ascend.
// @ts-ignore: decorator
@inline function meetsHere(a: u32, b: u32, cell: u32): bool {
  let x = cells + (<usize>a * probes << 2);
  let y = cells + (<usize>b * probes << 2);
  let u = load<u32>(x);
  let v = load<u32>(y);
  while (u != v) {
    if (u < v) {
      x += 4;
      u = load<u32>(x);
    } else {
      y += 4;
      v = load<u32>(y);
    }
  }
  return u == cell;
}

// Near pairs of the rows of cells, from the place in `state` (u32 x 3: cell, entry, entry against it) up to cell `lastCell` and, where that
// is the only one, entry `lastEntry`: (u32 row, u32 row, f64 product) each into `out`. A pair further away than `least` (f32 by row, 0 for
// none) allows for both is left out. Returns the number of pairs; the state tells where to go on when there was no more room.
export function sweep(state: usize, lastCell: u32, lastEntry: u32, floor: f64, least: usize, out: usize, room: i32): i32 {
  const lowest = <f32>(floor - 1e-5);
  let cell = load<u32>(state);
  let i = load<u32>(state, 4);
  let j = load<u32>(state, 8);
  let count = 0;
  for (; cell < lastCell; cell++) {
    const start = <usize>load<u32>(starts + (<usize>cell << 2));
    const size = load<u32>(fills + (<usize>cell << 2));
    const names = entryRows + (start << 2);
    const words = entrySketches + (start << 4);
    for (const end = size < lastEntry ? size : lastEntry; i < end; i++) {
      const row = load<u32>(names + (<usize>i << 2));
      const first = load<u64>(words + (<usize>i << 4));
      const second = load<u64>(words + (<usize>i << 4), 8);
      const half = <u64>load<u8>(limits + (<usize>row << 2), 1);
      const all = <u64>load<u8>(limits + (<usize>row << 2), 2) + 1;
      for (j = j > i ? j : i + 1; j < size; j++) {
        const bits = popcnt<u64>(first ^ load<u64>(words + (<usize>j << 4))) + popcnt<u64>(second ^ load<u64>(words + (<usize>j << 4), 8));
        if (bits > half) continue;
        const other = load<u32>(names + (<usize>j << 2));
        if (differs(row, other) > all) continue;
        const near = rough(row, other);
        if (near < lowest || load<u32>(owners + (<usize>row << 2)) != load<u32>(owners + (<usize>other << 2))) continue;
        if (least != 0 && near < load<f32>(least + (<usize>row << 2)) && near < load<f32>(least + (<usize>other << 2))) continue;
        if (!meetsHere(row, other, cell)) continue;
        const product = exact(row, other);
        if (product < floor) continue;
        if (count == room) {
          store<u32>(state, cell);
          store<u32>(state, i, 4);
          store<u32>(state, j, 8);
          return count;
        }
        const at = out + (<usize>count << 4);
        store<u32>(at, row);
        store<u32>(at, other, 4);
        store<f64>(at, product, 8);
        count++;
      }
      j = 0;
    }
    i = 0;
  }
  store<u32>(state, cell);
  return count;
}

// Nearest rows of rows [from, to) among all `count`, every pair multiplied; four rows at a time share what is loaded.
export function searchAll(from: u32, to: u32, count: u32, floor: f64, size: i32, lengths: usize, rows: usize, products: usize): void {
  const step = <usize>dimensions << 2;
  for (let row = from; row < to; row += 4) {
    const last = to - 1;
    const r1 = row + 1 < last ? row + 1 : last;
    const r2 = row + 2 < last ? row + 2 : last;
    const r3 = row + 3 < last ? row + 3 : last;
    const x0 = vectors + <usize>row * step;
    const x1 = vectors + <usize>r1 * step;
    const x2 = vectors + <usize>r2 * step;
    const x3 = vectors + <usize>r3 * step;
    let l0 = <f32>(floor - 1e-5);
    let l1 = l0;
    let l2 = l0;
    let l3 = l0;
    for (let other: u32 = 0; other < count; other++) {
      const y = vectors + <usize>other * step;
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let k: usize = 0; k < step; k += 16) {
        const v = v128.load(y + k);
        s0 = f32x4.add(s0, f32x4.mul(v, v128.load(x0 + k)));
        s1 = f32x4.add(s1, f32x4.mul(v, v128.load(x1 + k)));
        s2 = f32x4.add(s2, f32x4.mul(v, v128.load(x2 + k)));
        s3 = f32x4.add(s3, f32x4.mul(v, v128.load(x3 + k)));
      }
      if (sumLanes(s0) >= l0) l0 = consider(row, other, l0, floor, size, lengths, rows, products);
      if (row + 1 < to && sumLanes(s1) >= l1) l1 = consider(row + 1, other, l1, floor, size, lengths, rows, products);
      if (row + 2 < to && sumLanes(s2) >= l2) l2 = consider(row + 2, other, l2, floor, size, lengths, rows, products);
      if (row + 3 < to && sumLanes(s3) >= l3) l3 = consider(row + 3, other, l3, floor, size, lengths, rows, products);
    }
  }
}

function consider(row: u32, other: u32, least: f32, floor: f64, size: i32, lengths: usize, rows: usize, products: usize): f32 {
  if (other == row || load<u32>(owners + (<usize>other << 2)) != load<u32>(owners + (<usize>row << 2))) return least;
  const product = exact(row, other);
  if (product < floor) return least;
  offer(lengths, rows, products, row, size, other, product);
  return leastOf(lengths, products, row, size, floor);
}

// The lowest of the rows `kept` (u32 x count, ascending) with product >= threshold for each of rows [from, to), every product looked at.
export function scanFirst(from: u32, to: u32, kept: usize, count: u32, threshold: f64, found: usize, products: usize): void {
  const least = <f32>(threshold - 1e-5);
  for (let row = from; row < to; row++) {
    const owner = load<u32>(owners + (<usize>row << 2));
    store<i32>(found + (<usize>row << 2), -1);
    for (let at: usize = 0; at < <usize>count; at++) {
      const other = load<u32>(kept + (at << 2));
      if (rough(row, other) < least || load<u32>(owners + (<usize>other << 2)) != owner) continue;
      const value = exact(row, other);
      if (value < threshold) continue;
      store<i32>(found + (<usize>row << 2), <i32>other);
      store<f64>(products + (<usize>row << 3), value);
      break;
    }
  }
}
