/** Near rows: the kernel in WebAssembly and in plain JavaScript, and what the searches over it find and miss. */
import { describe, expect, it } from 'vitest';
import { makeRandom } from '../dist/bench/words.js';
import type { RunContext } from '../dist/context.js';
import { cellCount, countCells, layOutCells } from '../dist/index/cells.js';
import { copyNearRows, type FirstFound, keepFirst, type NearRows, type NearWay, nearestRows } from '../dist/index/near.js';
import { NearMemory, startNear } from '../dist/index/near-memory.js';
import { nearModule } from '../dist/index/near-module.js';
import type { NearKernel } from '../dist/index/near-plain.js';
import { type CellLayout, doWork, openKernel } from '../dist/index/near-thread.js';
import { sweepCells } from '../dist/index/sweep.js';
import { makeNeighborLists, type NeighborLists, offer } from '../dist/index/vectors.js';
import { compileNear } from '../scripts/compile-wasm.js';

function makeContext(threads = 1): RunContext {
  return {
    signal: new AbortController().signal,
    report: () => undefined,
    now: '2026-01-01T00:00:00.000Z',
    seed: 1,
    clockMs: () => 0,
    threads,
  };
}

/** `common`: length of a vector that is added to every unit row. `alike`: cosine of two rows of a topic. */
interface Shape {
  readonly count: number;
  readonly dimensions: number;
  readonly topics?: number;
  readonly alike?: number;
  readonly common?: number;
  readonly copies?: number;
}

/** Unit rows, a share of them moved copies of earlier ones at cosines from 0.6 to 1, one in 20 of those an equal one. */
function makeRows({ count, dimensions, topics = 0, alike = 0.5, common = 0, copies = 0.4 }: Shape): Float32Array {
  const random = makeRandom(count + dimensions);
  // Sums of four even numbers are near enough to normal ones.
  const noise = () => (random() + random() + random() + random() - 2) * Math.sqrt(3 / dimensions);
  const centres = Array.from({ length: topics }, () => Float64Array.from({ length: dimensions }, noise));
  const shared = Float64Array.from({ length: dimensions }, noise);
  const before = new Float64Array(count * dimensions);
  const rows = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row += 1) {
    const copied = row > 10 && random() < copies ? Math.floor(random() * row) : -1;
    const cosine = random() < 0.05 ? 1 : 0.6 + 0.4 * random();
    const topic = centres[Math.floor(random() * topics)];
    let square = 0;
    for (let k = 0; k < dimensions; k += 1) {
      const at = row * dimensions + k;
      if (copied >= 0)
        before[at] = cosine * (before[copied * dimensions + k] ?? 0) + (cosine === 1 ? 0 : Math.sqrt(1 - cosine ** 2) * noise());
      else before[at] = topic === undefined ? noise() : Math.sqrt(alike) * (topic[k] ?? 0) + Math.sqrt(1 - alike) * noise();
      square += ((before[at] ?? 0) + common * (shared[k] ?? 0)) ** 2;
    }
    for (let k = 0; k < dimensions; k += 1) {
      rows[row * dimensions + k] = ((before[row * dimensions + k] ?? 0) + common * (shared[k] ?? 0)) / Math.sqrt(square);
    }
  }
  return rows;
}

function dotOf({ vectors, stride }: NearRows, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < stride; k += 1) sum += (vectors[a * stride + k] as number) * (vectors[b * stride + k] as number);
  return sum;
}

describe('the module', () => {
  it('is what its source builds', async () => {
    expect(Buffer.from(await compileNear()).toString('base64')).toBe(nearModule);
  });
});

/** A search laid out in a memory of its own, with one of the two kernels. */
interface Laid {
  readonly memory: NearMemory;
  readonly cells: CellLayout;
  readonly kernel: NearKernel;
  readonly staying: number;
  readonly state: number;
  readonly out: number;
  readonly lengths: number;
  readonly listed: number;
  readonly similarities: number;
  readonly least: number;
}

const listSize = 5;
const sweepRoom = 40;

function layOut(vectors: Float32Array, owners: Uint32Array, dimensions: number, single: boolean, plain: boolean): Laid {
  const { memory, count, vectors: rows, stride } = copyNearRows(vectors, dimensions);
  expect(rows.length).toBe(count * stride);
  const { layout } = memory;
  new Uint32Array(layout.memory.buffer, layout.owners, count).set(owners);
  new Int32Array(layout.memory.buffer, layout.found, count).fill(-1);
  const cells = layOutCells(memory, { floor: 0.85, threads: 1, seed: 3, single });
  const kernel = openKernel(layout, cells, plain);
  // Made after the kernel, so that the memory grows under it.
  const [staying, state, out] = [memory.reserve(count * 4), memory.reserve(64), memory.reserve(sweepRoom * 16)];
  const lists = { lengths: memory.reserve(count * 4), listed: memory.reserve(count * listSize * 4) };
  const similarities = memory.reserve(count * listSize * 8);
  const least = memory.reserve(count * 4);
  new Float32Array(layout.memory.buffer, least, count).forEach((_, row, all) => {
    all[row] = row % 3 === 0 ? 0.95 : 0.85;
  });
  return { memory, cells, kernel, staying, state, out, ...lists, similarities, least };
}

const bytesOf = ({ memory }: Laid) => Buffer.from(memory.layout.memory.buffer);

type Step = readonly [name: string, run: (laid: Laid) => unknown];

/** Every function of the kernel once, each step on what those before it left. */
function listSteps(count: number): readonly Step[] {
  const half = count >> 1;
  const sweepOn = ({ kernel, cells, state, out, memory }: Laid, least: number) => {
    const place = new Uint32Array(memory.layout.memory.buffer, state, 3);
    place.set([0, 0, 0]);
    const last = cells.tops === 0 ? 1 : cellCount;
    const pairs: number[] = [];
    for (let found = sweepRoom; found === sweepRoom; ) {
      found = kernel.sweep(state, last, 0xffff_ffff, 0.85, least, out, sweepRoom);
      pairs.push(found, ...new Uint32Array(memory.layout.memory.buffer, out, found * 4), ...place);
    }
    return pairs;
  };
  return [
    ['prepare', ({ kernel }) => kernel.prepare(0, count)],
    ['cells', ({ memory, cells }) => countCells(memory.layout, cells)],
    ['fill', ({ kernel }) => [kernel.fill(0, count, 0, 0, 30_000), kernel.fill(0, count, 0, 30_000, cellCount)]],
    ['sweep', (laid) => sweepOn(laid, 0)],
    ['sweep with bounds', (laid) => sweepOn(laid, laid.least)],
    ['first entries', ({ kernel, state, out }) => kernel.sweep(state, 1, half, 0.85, 0, out, sweepRoom)],
    ['settle', ({ kernel, staying, memory: { layout } }) => kernel.settle(0, half, 0.85, layout.found, layout.products, staying, 1)],
    ['empty', ({ memory: { layout }, cells }) => void new Uint32Array(layout.memory.buffer, cells.fills, cellCount).fill(0)],
    ['fill the kept', ({ kernel, memory: { layout } }) => kernel.fill(0, half, layout.found, 0, cellCount)],
    ['first', ({ kernel, memory: { layout } }) => kernel.searchFirst(half, count, 0.85, layout.found, layout.products)],
    [
      'settle all',
      ({ kernel, staying, memory: { layout } }) => kernel.settle(half, count, 0.85, layout.found, layout.products, staying, 0),
    ],
    [
      'scan',
      ({ kernel, staying, memory: { layout } }) => kernel.scanFirst(0, count, staying, half >> 2, 0.85, layout.found, layout.products),
    ],
    ['all', ({ kernel, lengths, listed, similarities }) => kernel.searchAll(1, count, count, 0.3, listSize, lengths, listed, similarities)],
  ];
}

describe('the kernel', () => {
  const shapes: readonly (Shape & { readonly single?: boolean })[] = [
    { count: 203, dimensions: 8 },
    { count: 160, dimensions: 24, single: true },
    { count: 301, dimensions: 100, topics: 9 },
    { count: 150, dimensions: 128, common: 0.8 },
    { count: 203, dimensions: 384 },
  ];

  it.each(shapes)('leaves the same bytes in plain JavaScript: $count rows of $dimensions', ({ single = false, ...shape }) => {
    const vectors = makeRows(shape);
    vectors.fill(0, 3 * shape.dimensions, 5 * shape.dimensions);
    const owners = Uint32Array.from({ length: shape.count }, (_, row) => (row % 11 === 0 ? 1 : 0));
    const [fast, plain] = [
      layOut(vectors, owners, shape.dimensions, single, false),
      layOut(vectors, owners, shape.dimensions, single, true),
    ];
    expect(fast.cells.tops === 0).toBe(single);
    for (const [name, run] of listSteps(shape.count)) {
      expect(run(plain), name).toEqual(run(fast));
      expect(Buffer.compare(bytesOf(plain), bytesOf(fast)), name).toBe(0);
    }
    const lengths = new Uint32Array(fast.memory.layout.memory.buffer, fast.lengths, shape.count);
    expect(lengths.some((length) => length > 0)).toBe(true);
  });

  it('sees a memory that has grown', () => {
    const memory = new NearMemory(2, 8);
    const { layout } = memory;
    const kernels = [startNear(layout.memory, false), startNear(layout.memory, true)];
    for (const kernel of kernels) kernel.configureRows(layout.vectors, layout.owners, layout.stride);
    new Float32Array(layout.memory.buffer, layout.vectors, 16).fill(Math.sqrt(1 / 8));
    const found: number[] = [];
    for (const kernel of kernels) {
      const kept = memory.reserve(100_000);
      kernel.scanFirst(1, 2, kept, 1, 0.9, layout.found, layout.products);
      found.push(...new Int32Array(layout.memory.buffer, layout.found, 2));
    }
    expect(found).toEqual([0, 0, 0, 0]);
  });
});

const floor = 0.85;

function inLists({ size, lengths, rows, similarities }: NeighborLists): Map<string, number> {
  const pairs = new Map<string, number>();
  lengths.forEach((length, list) => {
    for (let at = list * size; at < list * size + length; at += 1) pairs.set(`${list} ${rows[at]}`, similarities[at] ?? 0);
  });
  return pairs;
}

/** Near rows and the first kept row of each, by the definition. */
function searchNaively(rows: NearRows, owners: Uint32Array, size: number): { readonly lists: NeighborLists; readonly to: Int32Array } {
  const { count } = rows;
  const lists = makeNeighborLists(count, size);
  const to = new Int32Array(count).fill(-1);
  for (let row = 0; row < count; row += 1) {
    for (let other = 0; other < row; other += 1) {
      if (owners[row] !== owners[other]) continue;
      const product = dotOf(rows, row, other);
      if (product < floor) continue;
      offer(lists, row, other, product);
      offer(lists, other, row, product);
      if (to[row] === -1 && to[other] === -1) to[row] = other;
    }
  }
  return { lists, to };
}

/** Share of what is in `expected` that `found` has; all that it has is right, to the bit. */
function recallOf(found: NeighborLists, expected: NeighborLists): number {
  const [pairs, all] = [inLists(found), inLists(expected)];
  let hits = 0;
  for (const [pair, product] of all) if (pairs.get(pair) === product) hits += 1;
  expect(all.size).toBeGreaterThan(100);
  return hits / all.size;
}

/** Share of rows with the same answer; every answer names a kept row before, near enough and with its product. */
function agreementOf(rows: NearRows, { to, similarity }: FirstFound, expected: Int32Array, threshold: number): number {
  let same = 0;
  let broken = 0;
  to.forEach((other, row) => {
    if (other === expected[row]) same += 1;
    if (other === -1) return;
    const product = dotOf(rows, row, other);
    if (other >= row || to[other] !== -1 || product < threshold || product !== similarity[row]) broken += 1;
  });
  expect(broken).toBe(0);
  return same / rows.count;
}

const ownersOf = (count: number) => Uint32Array.from({ length: count }, (_, row) => (row % 10 === 0 ? 1 : 0));

describe('the searches', () => {
  const size = 20;

  it.each<Shape>([
    { count: 3000, dimensions: 100 },
    { count: 3000, dimensions: 64, common: 0.8 },
    { count: 4200, dimensions: 64, topics: 200 },
  ])('find what the definition does: $count rows of $dimensions', async (shape) => {
    const vectors = makeRows(shape);
    vectors.fill(0, 7 * shape.dimensions, 9 * shape.dimensions);
    const rows = copyNearRows(vectors, shape.dimensions);
    const owners = ownersOf(shape.count);
    const expected = searchNaively(rows, owners, size);
    for (const way of ['scan', 'sketches'] as const) {
      const lists = await nearestRows(rows, owners, { maxNeighbors: size, minSimilarity: floor, way }, makeContext(2));
      const recall = recallOf(lists, expected.lists);
      const first = await keepFirst(rows, owners, { threshold: floor, way }, makeContext(2));
      const agreement = agreementOf(rows, first, expected.to, floor);
      expect(Math.min(recall, agreement)).toBeGreaterThanOrEqual(way === 'scan' ? 1 : 0.995);
    }
  });

  it('find in cells what a scan does, with any number of threads: the nearest', async () => {
    const rows = copyNearRows(makeRows({ count: 13_000, dimensions: 48 }), 48);
    const owners = ownersOf(rows.count);
    const search = (way: NearWay, threads: number) =>
      nearestRows(rows, owners, { maxNeighbors: size, minSimilarity: floor, way }, makeContext(threads));
    const one = await search('cells', 1);
    expect(await search('cells', 4)).toEqual(one);
    expect(recallOf(one, await search('scan', 2))).toBeGreaterThanOrEqual(0.995);
  });

  it('find in cells what a scan does, with any number of threads: the first kept, around a common direction', async () => {
    const rows = copyNearRows(makeRows({ count: 12_500, dimensions: 64, common: 0.8, topics: 400 }), 64);
    const owners = ownersOf(rows.count);
    const keep = async (way: NearWay, threads: number) => {
      const { to, similarity } = await keepFirst(rows, owners, { threshold: floor, way }, makeContext(threads));
      return { to: to.slice(), similarity: similarity.slice() };
    };
    const one = await keep('cells', 1);
    expect(await keep('cells', 4)).toEqual(one);
    expect(agreementOf(rows, one, (await keep('scan', 2)).to, floor)).toBeGreaterThanOrEqual(0.995);
  });

  it('end soon where all rows are equal', async () => {
    const count = 13_000;
    const rows = copyNearRows(new Float32Array(count * 16).fill(0.25), 16);
    for (const way of ['cells', 'sketches', 'scan'] as const) {
      const { to } = await keepFirst(rows, null, { threshold: floor, way }, makeContext(2));
      expect(to[0]).toBe(-1);
      expect(to.subarray(1).every((other) => other === 0)).toBe(true);
    }
  });

  it.each([0.9, 0.95])('end soon where all rows are alike, at %f', async (threshold) => {
    const shape = { count: 13_000, dimensions: 64, topics: 1, alike: 0.95, copies: 0 };
    const rows = copyNearRows(makeRows(shape), shape.dimensions);
    const expected = (await keepFirst(rows, null, { threshold, way: 'scan' }, makeContext(2))).to.slice();
    const found = await keepFirst(rows, null, { threshold, way: 'cells' }, makeContext(2));
    const agreement = agreementOf(rows, found, expected, threshold);
    expect(agreement).toBeGreaterThanOrEqual(0.995);
  });

  it('find more pairs than a lane has room for, each once', async () => {
    const count = 4500;
    const laid = layOut(new Float32Array(count * 8).fill(Math.sqrt(1 / 8)), new Uint32Array(count), 8, true, false);
    laid.kernel.prepare(0, count);
    countCells(laid.memory.layout, laid.cells);
    laid.kernel.fill(0, count, 0, 0, cellCount);
    const seen = new Uint8Array(count * count);
    let pairs = 0;
    const whole = await sweepCells(
      laid.memory,
      laid.cells,
      { floor, least: 0, threads: 1 },
      async (task) => doWork(laid.kernel, task),
      (a, b) => {
        seen[Math.max(a, b) * count + Math.min(a, b)] = 1;
        pairs += 1;
        return true;
      },
      () => undefined,
    );
    expect(whole).toBe(true);
    expect(pairs).toBe((count * (count - 1)) / 2);
    expect(seen.reduce((sum, one) => sum + one, 0)).toBe(pairs);
  });
});

describe('the limits of a search', () => {
  it('do not lose rows that lie opposite each other around the mean', async () => {
    const dimensions = 64;
    const [x, y] = [Math.cos(0.2), Math.sin(0.2)];
    const vectors = new Float32Array(100 * dimensions);
    for (let row = 0; row < 100; row += 1) vectors.set([x, row % 2 === 0 ? y : -y], row * dimensions);
    for (const way of ['sketches', 'cells'] as const) {
      const { to } = await keepFirst(copyNearRows(vectors, dimensions), null, { threshold: 0.85, way }, makeContext());
      expect(to.filter((found) => found === -1)).toHaveLength(1);
    }
  });

  it('leave each thread room of its own, however long the rows', () => {
    const dimensions = 4096;
    const rows = copyNearRows(makeRows({ count: 4, dimensions }), dimensions);
    const cells = layOutCells(rows.memory, { floor: 0.85, threads: 1, seed: 1, single: false });
    openKernel(rows.memory.layout, cells).prepare(0, rows.count);
    const next = new Uint8Array(rows.memory.layout.memory.buffer, cells.rooms + cells.roomBytes, cells.roomBytes);
    expect(next.every((byte) => byte === 0)).toBe(true);
  });
});
