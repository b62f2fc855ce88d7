/** Deduplication by cosine alone: a row is dropped for the first kept row before it that is similar enough. */
import type { IndexMethod } from '../config.js';
import type { RunContext } from '../context.js';
import { chooseMethod } from './candidates.js';
import { type KeptResult, type KeptTask, searchKept } from './first-kept-block.js';
import { type GraphTask, keepByGraph } from './first-kept-graph.js';
import { type RunTask, runAll, runHere, withPool } from './pool.js';
import { splitRows } from './scan.js';
import { dot, type SharedRows, shareRows } from './vectors.js';

export interface FirstKept {
  /** For each row the row it is dropped for, or -1 where it is kept. */
  readonly to: Int32Array;
  /** Cosine with that row; 0 where the row is kept. */
  readonly similarity: Float32Array;
  readonly method: 'scan' | 'hnsw';
}

/** Rows that are decided together: their search runs in threads, their own pairs are settled in order. */
const roundRows = 256;
const taskRows = 32;
const smallCount = 2000;

/**
 * Goes through the rows in order. A row is dropped for the first (lowest) kept row before it with cosine >= `threshold`, else
 * kept; a row of zeros is always kept. Exact with `scan`; with `hnsw` the kept rows are in a graph, so that now and then one is
 * missed, and the row named is the first of those found. Rounding makes the cosine of equal unit vectors up to 1e-6 less than 1.
 * @throws RangeError where `vectors` is not a whole number of rows; the signal's reason on abort.
 */
export async function firstKept(
  input: { readonly vectors: Float32Array; readonly dimensions: number },
  options: { readonly threshold: number; readonly method: IndexMethod },
  context: RunContext,
): Promise<FirstKept> {
  const rows = shareRows(input.vectors, input.dimensions);
  const count = input.vectors.length / input.dimensions;
  const method = chooseMethod(options.method, count);
  const found = await (method === 'scan' ? keepByScan : searchGraph)(rows, options.threshold, context);
  const to = new Int32Array(count).fill(-1);
  const similarity = new Float32Array(count);
  for (const [at, row] of rows.rows.entries()) {
    const target = found.to[at] ?? -1;
    if (target === -1) continue;
    to[row] = rows.rows[target] ?? -1;
    similarity[row] = found.similarity[at] ?? 0;
  }
  return { to, similarity, method };
}

async function keepByScan(rows: SharedRows, threshold: number, context: RunContext): Promise<KeptResult> {
  const count = rows.rows.length;
  if (count < smallCount) return scanRounds(rows, threshold, context, 1, (task) => runHere(context, task, searchKept));
  const threads = Math.min(context.threads, roundRows / taskRows);
  return withPool<KeptTask, KeptResult, KeptResult>({ file: './first-kept-block.js', name: searchKept.name }, threads, context, (run) =>
    scanRounds(rows, threshold, context, 2 * threads, run),
  );
}

async function scanRounds(
  rows: SharedRows,
  threshold: number,
  context: RunContext,
  width: number,
  run: RunTask<KeptTask, KeptResult>,
): Promise<KeptResult> {
  const { values, dimensions } = rows;
  const count = rows.rows.length;
  const to = new Int32Array(count).fill(-1);
  const similarity = new Float64Array(count);
  const kept = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  let keptCount = 0;
  for (const round of splitRows(0, count, roundRows)) {
    const before = keptCount;
    const tasks = splitRows(round.start, round.end, taskRows).map((range) => ({
      values,
      dimensions,
      ...range,
      kept,
      keptCount: before,
      threshold,
    }));
    await runAll(tasks, width, run, (task, result) => {
      to.set(result.to, task.start);
      similarity.set(result.similarity, task.start);
    });
    for (let row = round.start; row < round.end; row += 1) {
      for (let at = before; at < keptCount && to[row] === -1; at += 1) {
        const other = kept[at] ?? 0;
        const product = dot(values, dimensions, row, other);
        if (!(product >= threshold)) continue;
        to[row] = other;
        similarity[row] = product;
      }
      if (to[row] !== -1) continue;
      kept[keptCount] = row;
      keptCount += 1;
    }
    context.report({ kind: 'stage', stage: 'index', done: round.end, total: count, unit: 'statements' });
  }
  return { to, similarity };
}

/** One graph in one thread: whether a row is kept depends on all that were kept before it. */
async function searchGraph(rows: SharedRows, threshold: number, context: RunContext): Promise<KeptResult> {
  const { values, dimensions } = rows;
  const count = rows.rows.length;
  const entry = { file: './first-kept-graph.js', name: keepByGraph.name };
  const found = await withPool<GraphTask, KeptResult, KeptResult>(entry, 1, context, (run, stop) =>
    run({ values, dimensions, threshold, seed: context.seed, stop }),
  );
  context.report({ kind: 'stage', stage: 'index', done: count, total: count, unit: 'statements' });
  return found;
}
