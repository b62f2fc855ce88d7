/**
 * Cells: rows that point the same way lie in the same cells. Two random rotations (Hadamard transforms with random signs) each name the
 * axes nearest to a row, and the pairs of axes with the highest sums are the row's cells: cross-polytope hashing with several probes
 * (Andoni et al., https://arxiv.org/abs/1509.02897). Inside a cell 256 sign bits of the rotations sort out what is far.
 */
import type { NearLayout, NearMemory } from './near-memory.js';
import type { CellLayout } from './near-thread.js';

/** Axes that cells are made of: 128 and their opposites, in each rotation. */
const axes = 128;
/** Numbers of cells are below this. */
export const cellCount = (2 * axes) ** 2;
/** Of near.as: two lists of coordinates, and a row of pointers. */
const listBytes = 4096;
/** Rows that the mean is taken of at most. */
const sampleRows = 16_384;
/**
 * Standard deviations of the number of differing bits that are waited for: one near pair in 400 at the very threshold differs more,
 * further above hardly any.
 */
const deviations = 2.8;

/** Cells a row needs so that 99.7 of 100 pairs at a cosine share one (measured: 2,000 random pairs each). */
const probesByCosine: readonly (readonly [cosine: number, probes: number])[] = [
  [0.85, 36],
  [0.8, 56],
  [0.75, 72],
  [0.7, 96],
  [0.6, 144],
];
/** How far the cosine may lie below that of a line of the table; the mean of a sample takes a little off every row. */
const slack = 0.012;
/** Share of rows that may be left with less of themselves, once the mean is taken off, than cells are made for. */
const shortShare = 0.05;

/** How a search goes about: rows in cells, or one cell for all, whose sketches are all looked at. */
interface CellPlan {
  readonly probes: number;
  readonly tops: number;
}

const oneCell: CellPlan = { probes: 1, tops: 0 };

/** Lays out the cells of a search over rows that lie in memory, and fills what does not depend on a row. */
export function layOutCells(
  memory: NearMemory,
  options: { readonly floor: number; readonly threads: number; readonly seed: number; readonly single: boolean },
): CellLayout {
  const { layout } = memory;
  const mean = memory.reserve(layout.stride * 4);
  const squares = centre(layout, mean);
  const plan = options.single ? oneCell : planOf(squares, options.floor);
  const padded = Math.max(axes, 2 ** Math.ceil(Math.log2(layout.stride)));
  const signs = memory.reserve(3 * padded * 4);
  drawSigns(new Float32Array(layout.memory.buffer, signs, 3 * padded), options.seed);
  const limitTable = memory.reserve(4 * 257);
  fillLimits(new Uint8Array(layout.memory.buffer, limitTable, 4 * 257), options.floor);
  const { count } = layout;
  // Rooms are counted from the first again: those of an earlier search of these rows are not taken any more.
  new Int32Array(layout.memory.buffer, layout.slots, 1).fill(0);
  const roomBytes = 8 * padded + listBytes;
  return {
    ...plan,
    mean,
    signs,
    padded,
    limitTable,
    sketches: memory.reserve(count * 32),
    limits: memory.reserve(count * 4),
    cells: memory.reserve(count * plan.probes * 4),
    starts: memory.reserve(cellCount * 4),
    fills: memory.reserve(cellCount * 4),
    entryRows: memory.reserve(count * plan.probes * 4),
    entrySketches: memory.reserve(count * plan.probes * 16),
    rooms: memory.reserve((options.threads + 1) * roomBytes),
    roomBytes,
  };
}

/** Once every row has its cells: where the entries of each begin. Returns the number of pairs that share a cell, copies counted. */
export function countCells(layout: NearLayout, cells: CellLayout): number {
  const { buffer } = layout.memory;
  const names = new Uint32Array(buffer, cells.cells, layout.count * cells.probes);
  const starts = new Uint32Array(buffer, cells.starts, cellCount);
  const sizes = new Uint32Array(cellCount);
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] as number;
    sizes[name] = (sizes[name] as number) + 1;
  }
  let next = 0;
  let pairs = 0;
  for (let cell = 0; cell < cellCount; cell += 1) {
    const size = sizes[cell] as number;
    starts[cell] = next;
    next += size;
    pairs += (size * (size - 1)) / 2;
  }
  return pairs;
}

/** Writes the mean of evenly spread rows; returns the squared lengths of those rows without it, ascending. */
function centre(layout: NearLayout, mean: number): Float64Array {
  const { stride, count } = layout;
  const vectors = new Float32Array(layout.memory.buffer, layout.vectors, count * stride);
  const step = Math.max(1, Math.ceil(count / sampleRows));
  const sums = new Float64Array(stride);
  let taken = 0;
  for (let row = 0; row < count; row += step) {
    for (let k = 0; k < stride; k += 1) sums[k] = (sums[k] as number) + (vectors[row * stride + k] as number);
    taken += 1;
  }
  const centreOf = new Float32Array(layout.memory.buffer, mean, stride);
  centreOf.set(sums.map((sum) => sum / Math.max(1, taken)));
  const squares = new Float64Array(taken);
  for (let at = 0; at < taken; at += 1) {
    let square = 0;
    for (let k = 0; k < stride; k += 1) square += ((vectors[at * step * stride + k] as number) - (centreOf[k] as number)) ** 2;
    squares[at] = square;
  }
  return squares.sort();
}

/**
 * The cosine, without the mean, of two rows that are `floor` alike with it: their distance stays, and what is left of them is shorter.
 */
function planOf(squares: Float64Array, floor: number): CellPlan {
  const left = squares[Math.floor(squares.length * shortShare)] ?? 1;
  const cosine = 1 - (1 - floor) / Math.max(left, 1e-6);
  const probes = probesByCosine.find(([least]) => cosine >= least - slack)?.[1];
  return probes === undefined ? oneCell : { probes, tops: Math.ceil(probes * 0.6) };
}

/** For each squared length (in 256ths) the bits that two rows differ in at most, of the first 64, the first 128 and all 256. */
function fillLimits(table: Uint8Array, floor: number): void {
  for (let step = 0; step <= 256; step += 1) {
    const square = Math.max(step / 256, 1e-6);
    // The least cosine over all lengths of the other row.
    const cosine = Math.sqrt(Math.max(0, 1 - (2 - 2 * floor) / square));
    const share = Math.acos(square <= 2 - 2 * floor ? -1 : cosine) / Math.PI;
    const most = (bits: number) => Math.min(bits, Math.ceil(bits * share + deviations * Math.sqrt(bits * share * (1 - share))));
    // A byte holds no 256.
    table.set([most(64), most(128), most(256) - 1], 4 * step);
  }
}

/** Random signs (splitmix32). */
function drawSigns(signs: Float32Array, seed: number): void {
  let state = seed | 0;
  for (let at = 0; at < signs.length; at += 1) {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    signs[at] = ((mixed ^ (mixed >>> 15)) & 1) === 0 ? 1 : -1;
  }
}
