/** One pool of worker threads for one piece of work: made for it, gone after it, also on abort. */
import { setImmediate } from 'node:timers/promises';
import { Piscina } from 'piscina';
import type { RunContext } from '../context.js';

/** The exported function of a built file of this folder that a thread runs. */
export interface ThreadEntry {
  readonly file: string;
  readonly name: string;
}

export type RunTask<Task, Result> = (task: Task) => Promise<Result>;

/**
 * Hands `work` a function that runs one task in a thread, at most `threads` at a time. When the signal aborts, running threads
 * are ended at once. Either way all threads have ended before this returns.
 * @throws what the task threw, or the signal's reason.
 */
export async function withPool<Task, Result, Value>(
  entry: ThreadEntry,
  threads: number,
  context: RunContext,
  work: (run: RunTask<Task, Result>) => Promise<Value>,
): Promise<Value> {
  context.signal.throwIfAborted();
  const filename = new URL(entry.file, import.meta.url).href;
  const pool = new Piscina<Task, Result>({
    filename,
    name: entry.name,
    minThreads: threads,
    maxThreads: threads,
  });
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= pool.destroy();
    return stopped;
  };
  // A pool that was destroyed would start threads again for a task that comes late.
  const run = (task: Task): Promise<Result> => (stopped === null ? pool.run(task) : Promise.reject(new Error('the pool has been closed')));
  const onAbort = (): void => void stop();
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(run);
  } catch (thrown) {
    context.signal.throwIfAborted();
    throw thrown;
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    await stop();
  }
}

/** Runs a task on this thread, after pending events, so that an abort is seen between tasks. */
export async function runHere<Task, Result>(context: RunContext, task: Task, work: (task: Task) => Result): Promise<Result> {
  await setImmediate();
  context.signal.throwIfAborted();
  return work(task);
}

/** Runs every task with at most `width` under way and tells of each result as it comes, in no fixed order. */
export async function runAll<Task, Result>(
  tasks: Iterable<Task>,
  width: number,
  run: RunTask<Task, Result>,
  onResult: (task: Task, result: Result) => void,
): Promise<void> {
  const queue = tasks[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) onResult(next.value, await run(next.value));
  };
  await Promise.all(Array.from({ length: width }, lane));
}
