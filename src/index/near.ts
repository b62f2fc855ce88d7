/**
 * Near rows by the kernel of near.as: rows in one shared memory, ranges of them searched by worker threads. What is found depends on the
 * rows, the options and the seed alone.
 */
import type { RunContext } from '../context.js';
import { cellCount, countCells, layOutCells } from './cells.js';
import { NearMemory } from './near-memory.js';
import type { NearKernel } from './near-plain.js';
import { type CellLayout, doWork, type ListLayout, type NearTask, type NearWork, openKernel } from './near-thread.js';
import { type RunTask, runAll, runHere, withPool } from './pool.js';
import { type RowRange, splitRows } from './ranges.js';
import { sweepCells } from './sweep.js';
import { dot, makeNeighborLists, type NeighborLists, offer, type SearchOptions } from './vectors.js';

/** How rows are looked for: in cells, by the sketches of all, or by every product, which misses nothing. */
export type NearWay = 'cells' | 'sketches' | 'scan';

/** Rows of a task: a few milliseconds of work where rows are few, and no more tasks than it takes where they are many. */
const taskRows = { least: 256, most: 8192 } as const;
/** Rows that are settled together in one thread; those before them are looked through by all threads. */
const roundRows = 4096;
/** Below this one cell for all costs less than many, and the start of a thread more than it saves. */
const fewRows = 12_000;
/** How far a product in float32 may be from the one in double precision. */
const margin = 1e-5;
/** Owner of a row of zeros, which is near to nothing: this, plus its number. */
const nobody = 0x8000_0000;

/** Rows of a search in shared memory. Whoever fills `vectors` writes unit vectors, or zeros, `stride` apart. */
export interface NearRows {
  readonly memory: NearMemory;
  readonly count: number;
  readonly dimensions: number;
  /** Numbers from the beginning of a row to that of the next. */
  readonly stride: number;
  readonly vectors: Float32Array;
}

/** @throws UserError `usage` where so many rows cannot be held, RangeError where `dimensions` is no number of them. */
export function makeNearRows(count: number, dimensions: number): NearRows {
  if (!Number.isInteger(dimensions) || dimensions < 1) throw new RangeError(`rows of ${dimensions} numbers`);
  const memory = new NearMemory(count, dimensions);
  const { stride, vectors } = memory.layout;
  return { memory, count, dimensions, stride, vectors: new Float32Array(memory.layout.memory.buffer, vectors, count * stride) };
}

/** The rows of an array, copied. @throws RangeError where they are not whole rows. */
export function copyNearRows(vectors: Float32Array, dimensions: number): NearRows {
  if (!Number.isInteger(dimensions) || dimensions < 1 || vectors.length % dimensions !== 0) {
    throw new RangeError(`${vectors.length} numbers are not rows of ${dimensions}`);
  }
  const rows = makeNearRows(vectors.length / dimensions, dimensions);
  if (rows.stride === dimensions) rows.vectors.set(vectors);
  else {
    for (let row = 0; row < rows.count; row += 1) {
      rows.vectors.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), row * rows.stride);
    }
  }
  return rows;
}

interface Search {
  readonly rows: NearRows;
  readonly cells: CellLayout | null;
  readonly context: RunContext;
  readonly run: RunTask<NearTask, number>;
  readonly threads: number;
}

/** For each row the first that it is near to, or -1, and the product with it. */
export interface FirstFound {
  readonly to: Int32Array;
  readonly similarity: Float64Array;
}

/** Owners as `firstKept` takes them. */
export type Owners = Uint32Array | null;

/** Near pairs that are held at once, for each row on average: where there are more, few rows stay, and those are looked through instead. */
const pairsPerRow = 24;

/** Goes through the rows in order: each is looked up among those before it that stay, and stays where it is near to none. */
export function keepFirst(
  rows: NearRows,
  owners: Owners,
  options: { readonly threshold: number; readonly way: NearWay },
  context: RunContext,
): Promise<FirstFound> {
  setOwners(rows, owners);
  return withSearch(rows, { floor: options.threshold, way: options.way }, context, async (search) => {
    const { layout } = rows.memory;
    const found = new Int32Array(layout.memory.buffer, layout.found, rows.count).fill(-1);
    const products = new Float64Array(layout.memory.buffer, layout.products, rows.count);
    const pairs = search.cells === null ? null : await collectPairs(search, search.cells, options.threshold);
    if (pairs === null) await keepByRounds(search, options.threshold, found);
    else settlePairs(pairs, rows, found, products);
    return { to: found, similarity: products };
  });
}

/** All near pairs as `[row, row, row, row ...]`, two and two; null where there are too many to hold. */
async function collectPairs(search: Search, cells: CellLayout, floor: number): Promise<Uint32Array | null> {
  const { rows, run, threads, context } = search;
  const { count, memory } = rows;
  const most = 2 * (pairsPerRow * count + 100_000);
  let pairs = new Uint32Array(Math.min(most, 4 * count + 1024));
  let length = 0;
  await fillCells(search);
  const add = (a: number, b: number): boolean => {
    if (length === pairs.length) {
      if (length === most) return false;
      const larger = new Uint32Array(Math.min(most, length * 2));
      larger.set(pairs);
      pairs = larger;
    }
    pairs[length] = a;
    pairs[length + 1] = b;
    length += 2;
    return true;
  };
  const whole = await sweepCells(memory, cells, { floor, least: 0, threads }, run, add, (share) => reportShare(context, count, share));
  return whole ? pairs.subarray(0, length) : null;
}

function reportShare(context: RunContext, total: number, share: number): void {
  context.report({ kind: 'stage', stage: 'index', done: Math.min(total, Math.floor(total * share)), total, unit: 'statements' });
}

/** Near pairs, two and two, settled in row order, each row against its neighbours before it; writes to `found` and `products`. */
export function settlePairs(pairs: Uint32Array, { count, vectors, stride }: NearRows, found: Int32Array, products: Float64Array): void {
  const starts = new Uint32Array(count + 1);
  for (let at = 0; at < pairs.length; at += 2) {
    const row = Math.max(pairs[at] as number, pairs[at + 1] as number) + 1;
    starts[row] = (starts[row] as number) + 1;
  }
  for (let row = 0; row < count; row += 1) starts[row + 1] = (starts[row + 1] as number) + (starts[row] as number);
  const earlier = new Uint32Array(pairs.length / 2);
  const next = starts.slice();
  for (let at = 0; at < pairs.length; at += 2) {
    const row = Math.max(pairs[at] as number, pairs[at + 1] as number);
    earlier[next[row] as number] = Math.min(pairs[at] as number, pairs[at + 1] as number);
    next[row] = (next[row] as number) + 1;
  }
  for (let row = 0; row < count; row += 1) {
    let first = count;
    for (let at = starts[row] as number; at < (starts[row + 1] as number); at += 1) {
      const other = earlier[at] as number;
      if (other < first && found[other] === -1) first = other;
    }
    if (first === count) continue;
    found[row] = first;
    products[row] = dot(vectors, stride, row, first);
  }
}

/** The rows that stay grow round by round: those of a round are looked up among them by all threads, then settled among themselves. */
async function keepByRounds(search: Search, threshold: number, found: Int32Array): Promise<void> {
  const { cells, context, rows } = search;
  const { memory, count } = rows;
  const { layout } = memory;
  const staying = memory.reserve(roundRows * 4);
  const kept = memory.reserve(cells === null ? count * 4 : 64);
  const kernel = openKernel(layout, cells);
  if (cells !== null) new Uint32Array(layout.memory.buffer, cells.fills, cellCount).fill(0);
  let keptCount = 0;
  for (const round of splitRows(0, count, roundRows)) {
    if (round.start > 0) {
      await spread(search, round, cells === null ? { kind: 'first-of', threshold, kept, keptCount } : { kind: 'first', threshold });
    }
    kernel.settle(round.start, round.end, threshold, layout.found, layout.products, staying, cells === null ? 0 : 1);
    if (cells === null) keptCount = listKept(found, round, new Int32Array(layout.memory.buffer, kept, count), keptCount);
    else kernel.fill(round.start, round.end, layout.found, 0, cellCount);
    context.report({ kind: 'stage', stage: 'index', done: round.end, total: count, unit: 'statements' });
  }
}

/** Appends the rows of a round that stay; returns how many are listed then. */
function listKept(found: Int32Array, round: RowRange, kept: Int32Array, keptCount: number): number {
  let next = keptCount;
  for (let row = round.start; row < round.end; row += 1) {
    if (found[row] !== -1) continue;
    kept[next] = row;
    next += 1;
  }
  return next;
}

/** The nearest rows of every row. */
export function nearestRows(
  rows: NearRows,
  owners: Owners,
  options: SearchOptions & { readonly way: NearWay },
  context: RunContext,
): Promise<NeighborLists> {
  setOwners(rows, owners);
  return withSearch(rows, { floor: options.minSimilarity, way: options.way }, context, (search) =>
    search.cells === null ? nearestOfAll(search, options) : nearestInCells(search, search.cells, options),
  );
}

async function nearestOfAll(search: Search, { maxNeighbors: size, minSimilarity: floor }: SearchOptions): Promise<NeighborLists> {
  const { memory, count } = search.rows;
  const lists: ListLayout = {
    size,
    lengths: memory.reserve(count * 4),
    rows: memory.reserve(count * size * 4),
    similarities: memory.reserve(count * size * 8),
  };
  await spread(search, { start: 0, end: count }, { kind: 'all', floor, lists }, (done) => reportShare(search.context, count, done / count));
  const { buffer } = memory.layout.memory;
  return {
    size,
    lengths: new Int32Array(buffer, lists.lengths, count),
    rows: new Int32Array(buffer, lists.rows, count * size),
    similarities: new Float64Array(buffer, lists.similarities, count * size),
  };
}

/** A row whose list is full tells the threads how near another has to be. */
async function nearestInCells(
  search: Search,
  cells: CellLayout,
  { maxNeighbors: size, minSimilarity: floor }: SearchOptions,
): Promise<NeighborLists> {
  const { rows, run, threads, context } = search;
  const { memory, count } = rows;
  const least = memory.reserve(count * 4);
  const limits = new Float32Array(memory.layout.memory.buffer, least, count).fill(floor - margin);
  const lists = makeNeighborLists(count, size);
  await fillCells(search);
  const put = (list: number, row: number, product: number): void => {
    offer(lists, list, row, product);
    if (lists.lengths[list] === size) limits[list] = (lists.similarities[list * size + size - 1] as number) - margin;
  };
  const add = (a: number, b: number, product: number): boolean => {
    put(a, b, product);
    put(b, a, product);
    return true;
  };
  await sweepCells(memory, cells, { floor, least, threads }, run, add, (share) => reportShare(context, count, share));
  return lists;
}

function setOwners({ memory, count, stride, vectors }: NearRows, owners: Owners): void {
  const list = new Uint32Array(memory.layout.memory.buffer, memory.layout.owners, count);
  if (owners !== null) list.set(owners);
  for (let row = 0; row < count; row += 1) {
    let at = row * stride;
    const end = at + stride;
    while (at < end && vectors[at] === 0) at += 1;
    if (at === end) list[row] = nobody + row;
  }
}

/** Opens threads, puts every row into its cells where there are to be any, and hands `work` the search. */
async function withSearch<Value>(
  rows: NearRows,
  options: { readonly floor: number; readonly way: NearWay },
  context: RunContext,
  work: (search: Search) => Promise<Value>,
): Promise<Value> {
  const { count, memory } = rows;
  const open = async (threads: number, run: RunTask<NearTask, number>): Promise<Value> => {
    const search: Search = { rows, cells: null, context, run, threads };
    if (options.way === 'scan') return work(search);
    const single = options.way === 'sketches' || count < fewRows;
    let cells = layOutCells(memory, { floor: options.floor, threads: threads * 2, seed: context.seed, single });
    await spread({ ...search, cells }, { start: 0, end: count }, { kind: 'prepare' });
    if (countCells(memory.layout, cells) > count * (count / 2) && cells.probes > 1) {
      // Rows that are all alike share all cells: looking at every sketch once costs less.
      cells = layOutCells(memory, { floor: options.floor, threads: threads * 2, seed: context.seed, single: true });
      await spread({ ...search, cells }, { start: 0, end: count }, { kind: 'prepare' });
      countCells(memory.layout, cells);
    }
    return work({ ...search, cells });
  };
  if (count < fewRows) {
    context.signal.throwIfAborted();
    const value = await open(1, runOnThisThread(context));
    context.signal.throwIfAborted();
    return value;
  }
  return withPool<NearTask, number, Value>({ file: './near-thread.js', name: 'runNear' }, context.threads, context, (run) =>
    open(context.threads, run),
  );
}

/** For few rows, whose cells are laid out once. */
function runOnThisThread(context: RunContext): RunTask<NearTask, number> {
  let kernel: NearKernel | null = null;
  return (task) =>
    runHere(context, task, () => {
      kernel ??= openKernel(task.layout, task.cells);
      return doWork(kernel, task);
    });
}

/** Puts every row into its cells; each thread fills cells of its own. */
async function fillCells({ rows, cells, run, threads }: Search): Promise<void> {
  const { layout } = rows.memory;
  const tasks = splitRows(0, cellCount, Math.ceil(cellCount / (threads * 2)));
  await runAll(
    tasks,
    threads,
    (range) => run({ layout, cells, work: { kind: 'fill' }, from: range.start, to: range.end }),
    () => undefined,
  );
}

/** Lets the threads do one kind of work on ranges of rows. */
async function spread(
  { rows, cells, run, threads }: Search,
  range: RowRange,
  work: NearWork,
  onDone: (done: number) => void = () => undefined,
): Promise<void> {
  const size = Math.min(taskRows.most, Math.max(taskRows.least, Math.ceil((range.end - range.start) / (threads * 8))));
  const { layout } = rows.memory;
  let done = 0;
  const tasks = splitRows(range.start, range.end, size).map(({ start, end }) => ({ layout, cells, work, from: start, to: end }));
  await runAll(tasks, threads * 2, run, (task) => {
    done += task.to - task.from;
    onDone(done);
  });
}
