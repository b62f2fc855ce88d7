/** Exact nearest rows: every pair is multiplied once, in square tiles over the worker threads. */
import type { RunContext } from '../context.js';
import { type RunTask, runAll, runHere, withPool } from './pool.js';
import { type RowRange, scanTile, type TileResult, type TileTask } from './scan-tile.js';
import { makeNeighborLists, mergeLists, type NeighborLists, type SearchOptions, type SharedRows } from './vectors.js';

/** Rows on a side of a tile: some 70 ms of work at 128 dimensions, and both sides stay in the second-level cache. */
const tileRows = 1024;

/** Below this the start of a thread costs more than it saves. */
const smallCount = 2000;

/**
 * The exact nearest neighbours of every row, numbered within `rows`. Time grows with the square of the number of rows; memory is
 * `maxNeighbors` entries a row. The number of threads changes nothing: `offer` orders neighbours totally.
 */
export async function scanNeighbors(rows: SharedRows, options: SearchOptions, context: RunContext): Promise<NeighborLists> {
  const count = rows.rows.length;
  const lists = makeNeighborLists(count, options.maxNeighbors);
  const ranges = splitRows(0, count, tileRows);
  const total = (ranges.length * (ranges.length + 1)) / 2;
  let done = 0;
  const merge = ({ first, second }: TileTask, result: TileResult): void => {
    mergeLists(lists, result.first, first.start);
    mergeLists(lists, result.second, second.start);
    done += 1;
    context.report({
      kind: 'stage',
      stage: 'index',
      done: Math.floor((count * done) / total),
      total: count,
      unit: 'statements',
    });
  };
  const work = (width: number, run: RunTask<TileTask, TileResult>) => runAll(listTiles(rows, options, ranges), width, run, merge);
  if (count < smallCount) {
    await work(1, (task) => runHere(context, task, scanTile));
  } else {
    const threads = Math.min(context.threads, total);
    // Two tasks a thread, so that none waits while a result is merged.
    await withPool<TileTask, TileResult, void>({ file: './scan-tile.js', name: 'scanTile' }, threads, context, (run) =>
      work(2 * threads, run),
    );
  }
  return lists;
}

/** Cuts `[start, end)` into ranges of at most `size`. */
export function splitRows(start: number, end: number, size: number): RowRange[] {
  return Array.from({ length: Math.ceil((end - start) / size) }, (_, at) => ({
    start: start + at * size,
    end: Math.min(start + (at + 1) * size, end),
  }));
}

function* listTiles(rows: SharedRows, options: SearchOptions, ranges: readonly RowRange[]): Generator<TileTask> {
  const { values, dimensions } = rows;
  for (const [at, first] of ranges.entries()) {
    for (const second of ranges.slice(at)) yield { values, dimensions, ...options, first, second };
  }
}
