/** Sweeps over all cells: every near pair once, in no fixed order, in memory that does not grow with their number. */
import { cellCount } from './cells.js';
import type { NearLayout, NearMemory } from './near-memory.js';
import type { CellLayout, NearTask, SweepLayout } from './near-thread.js';
import type { RunTask } from './pool.js';

/** Pairs that a lane holds before they are taken from it. */
const laneRoom = 32_768;
const pairBytes = 16;
/** Pieces of about the same number of pairs, so that no lane is long alone with the last one. */
const pieces = 256;

export interface SweepOptions {
  readonly floor: number;
  /** Address of what `sweep` of near.as calls `least`; 0 for none. */
  readonly least: number;
  readonly threads: number;
}

/** Rows `a` and `b` and their product; returns false to end the sweep. */
export type OnPair = (a: number, b: number, product: number) => boolean;

interface Piece {
  readonly cell: number;
  readonly lastCell: number;
  readonly entry: number;
  readonly lastEntry: number;
  readonly share: number;
}

/** Hands every near pair to `onPair`; `onDone` is told the share that is done, 0 to 1. Returns false where `onPair` ended it. */
export async function sweepCells(
  memory: NearMemory,
  cells: CellLayout,
  options: SweepOptions,
  run: RunTask<NearTask, number>,
  onPair: OnPair,
  onDone: (share: number) => void,
): Promise<boolean> {
  const queue = cutPieces(memory.layout, cells)[Symbol.iterator]();
  let done = 0;
  let wanted = true;
  const lane = async (): Promise<void> => {
    const state = memory.reserve(64);
    const out = memory.reserve(laneRoom * pairBytes);
    for (let next = queue.next(); next.done !== true && wanted; next = queue.next()) {
      const piece = next.value;
      const sweep: SweepLayout = { state, out, room: laneRoom, lastEntry: piece.lastEntry, least: options.least };
      const { layout } = memory;
      new Uint32Array(layout.memory.buffer, state, 3).set([piece.cell, piece.entry, 0]);
      const task: NearTask = { layout, cells, work: { kind: 'sweep', floor: options.floor, sweep }, from: 0, to: piece.lastCell };
      for (let found = laneRoom; found === laneRoom && wanted; ) {
        found = await run(task);
        wanted = take(layout, out, found, onPair) && wanted;
      }
      done += piece.share;
      onDone(done);
    }
  };
  await Promise.all(Array.from({ length: options.threads * 2 }, lane));
  return wanted;
}

function take({ memory }: NearLayout, out: number, found: number, onPair: OnPair): boolean {
  const rows = new Uint32Array(memory.buffer, out, found * 4);
  const products = new Float64Array(memory.buffer, out, found * 2);
  for (let at = 0; at < found; at += 1) {
    if (!onPair(rows[at * 4] as number, rows[at * 4 + 1] as number, products[at * 2 + 1] as number)) return false;
  }
  return true;
}

/** Runs of cells with about as many pairs each; where there is one cell, runs of its entries. */
function cutPieces(layout: NearLayout, cells: CellLayout): readonly Piece[] {
  if (cells.tops === 0) return cutEntries(layout.count);
  const sizes = new Uint32Array(layout.memory.buffer, cells.fills, cellCount);
  const weigh = (cell: number): number => (sizes[cell] as number) * ((sizes[cell] as number) + 8);
  let total = 0;
  for (let cell = 0; cell < cellCount; cell += 1) total += weigh(cell);
  const made: Piece[] = [];
  let first = 0;
  let weight = 0;
  for (let cell = 0; cell < cellCount; cell += 1) {
    weight += weigh(cell);
    if (weight < total / pieces && cell + 1 < cellCount) continue;
    made.push({ cell: first, lastCell: cell + 1, entry: 0, lastEntry: 0xffff_ffff, share: weight / total });
    first = cell + 1;
    weight = 0;
  }
  return made;
}

/** Of the one cell of `count` entries; the first entries have the most others behind them. */
function cutEntries(count: number): readonly Piece[] {
  const edges = Array.from({ length: pieces + 1 }, (_, at) => Math.round(count * (1 - Math.sqrt(1 - at / pieces))));
  return edges.slice(1).flatMap((lastEntry, at) => {
    const entry = edges[at] ?? 0;
    return entry === lastEntry ? [] : [{ cell: 0, lastCell: 1, entry, lastEntry, share: 1 / pieces }];
  });
}
