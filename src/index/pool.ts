/**
 * One pool of worker threads for one piece of work: made for it, gone after it, also on abort. A thread is never ended inside a task,
 * because ending one inside a call of native code takes the whole process down; short tasks are waited for, long ones look at the
 * stop flag.
 */
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
 * Hands `work` a function that runs one task in a thread, at most `threads` at a time, and a shared number for tasks that take long:
 * once it is 1 they should return at once, with any result. All threads have ended before this returns or throws.
 * @throws what a task threw, or the signal's reason.
 */
export async function withPool<Task, Result, Value>(
  entry: ThreadEntry,
  threads: number,
  context: RunContext,
  work: (run: RunTask<Task, Result>, stop: Int32Array) => Promise<Value>,
): Promise<Value> {
  const { signal } = context;
  signal.throwIfAborted();
  const filename = new URL(entry.file, import.meta.url).href;
  const pool = new Piscina<Task, Result>({ filename, name: entry.name, minThreads: threads, maxThreads: threads });
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const onAbort = (): void => void Atomics.store(stop, 0, 1);
  const running = new Set<Promise<Result>>();
  const run = async (task: Task): Promise<Result> => {
    signal.throwIfAborted();
    if (Atomics.load(stop, 0) !== 0) throw new Error('the pool has been closed');
    const result = pool.run(task);
    running.add(result);
    return result.finally(() => running.delete(result));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const value = await work(run, stop);
    signal.throwIfAborted();
    return value;
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', onAbort);
    Atomics.store(stop, 0, 1);
    await Promise.allSettled(running);
    await pool.destroy();
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
