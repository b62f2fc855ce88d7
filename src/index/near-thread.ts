/** One piece of a search for near rows, in a thread: a range of rows, and what is to be done with them. */
import { type NearLayout, startNear } from './near-memory.js';
import type { NearKernel } from './near-plain.js';

/** Where the cells of a search lie in its memory; see near.as. */
export interface CellLayout {
  readonly sketches: number;
  readonly limits: number;
  readonly cells: number;
  readonly probes: number;
  readonly tops: number;
  readonly starts: number;
  readonly fills: number;
  readonly entryRows: number;
  readonly entrySketches: number;
  readonly mean: number;
  readonly signs: number;
  readonly padded: number;
  readonly limitTable: number;
  /** Room of each thread, `roomBytes` apart: two rotated rows, and the lists of their longest coordinates. */
  readonly rooms: number;
  readonly roomBytes: number;
}

/** Lists of the nearest as in vectors.ts: `size` entries a row. */
export interface ListLayout {
  readonly size: number;
  readonly lengths: number;
  readonly rows: number;
  readonly similarities: number;
}

/** Where a sweep over cells stands, and where it puts the pairs that it finds; see near.as. */
export interface SweepLayout {
  readonly state: number;
  readonly lastEntry: number;
  /** 0 where nothing but the floor holds a pair back. */
  readonly least: number;
  readonly out: number;
  readonly room: number;
}

export type NearWork =
  | { readonly kind: 'prepare' }
  | { readonly kind: 'first'; readonly threshold: number }
  | { readonly kind: 'first-of'; readonly threshold: number; readonly kept: number; readonly keptCount: number }
  | { readonly kind: 'fill' }
  | { readonly kind: 'sweep'; readonly floor: number; readonly sweep: SweepLayout }
  | { readonly kind: 'all'; readonly floor: number; readonly lists: ListLayout };

/** Rows `[from, to)`, or cells where the work is to fill or sweep them. */
export interface NearTask {
  readonly layout: NearLayout;
  /** Null where every pair is multiplied. */
  readonly cells: CellLayout | null;
  readonly work: NearWork;
  readonly from: number;
  readonly to: number;
}

/** The instance of this thread, of the search it works for. */
let open: { readonly id: number; readonly cells: number; readonly kernel: NearKernel } | null = null;

/** An instance that knows where everything lies, with the next free room; which is only ever one thread's. */
export function openKernel(layout: NearLayout, cells: CellLayout | null, plain = false): NearKernel {
  const kernel = startNear(layout.memory, plain);
  kernel.configureRows(layout.vectors, layout.owners, layout.stride);
  if (cells === null) return kernel;
  const slots = new Int32Array(layout.memory.buffer, layout.slots, 1);
  const slot = Atomics.add(slots, 0, 1);
  kernel.configureCells(
    cells.sketches,
    cells.limits,
    cells.cells,
    cells.probes,
    cells.tops,
    cells.starts,
    cells.fills,
    cells.entryRows,
    cells.entrySketches,
  );
  kernel.configureRotation(cells.mean, cells.signs, cells.padded, cells.limitTable);
  kernel.configureThread(cells.rooms + slot * cells.roomBytes);
  return kernel;
}

/** Does one task. All it makes lies in the memory of the search; of a sweep it returns the number of pairs, else 0. */
export function runNear(task: NearTask): number {
  const { layout, cells } = task;
  const place = cells?.starts ?? 0;
  if (open?.id !== layout.id || open.cells !== place) open = { id: layout.id, cells: place, kernel: openKernel(layout, cells) };
  return doWork(open.kernel, task);
}

export function doWork(kernel: NearKernel, { layout, work, from, to }: NearTask): number {
  const { found, products, count } = layout;
  switch (work.kind) {
    case 'prepare':
      kernel.prepare(from, to);
      return 0;
    case 'fill':
      kernel.fill(0, count, 0, from, to);
      return 0;
    case 'first':
      kernel.searchFirst(from, to, work.threshold, found, products);
      return 0;
    case 'first-of':
      kernel.scanFirst(from, to, work.kept, work.keptCount, work.threshold, found, products);
      return 0;
    case 'sweep': {
      const { state, lastEntry, least, out, room } = work.sweep;
      return kernel.sweep(state, to, lastEntry, work.floor, least, out, room);
    }
    case 'all':
      kernel.searchAll(from, to, count, work.floor, work.lists.size, work.lists.lengths, work.lists.rows, work.lists.similarities);
      return 0;
  }
}
