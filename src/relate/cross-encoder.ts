/**
 * Pairs of texts -> scores of a model that reads both at once, in worker threads. Every score depends on its own two texts and the
 * model alone, so neither the number of threads nor the other pairs change a bit of it.
 */
import { Piscina } from 'piscina';
import type { ModelSource } from '../context.js';
import { UserError } from '../errors.js';
import type { Head } from './head.js';
import type { ScorerDescription, TextPair } from './pair-scorer.js';
import type { ScoreTask } from './worker.js';

/** An open model; `close` ends its threads. */
export interface CrossEncoder extends AsyncDisposable {
  /** Name and hash prefix of the model: the same id gives the same scores. */
  readonly id: string;
  readonly head: Head;
  /**
   * For each pair the outputs of both directions, see `scoreTexts`. `onScored` is told how many more are done.
   * @throws the reason of `signal` once it is aborted.
   */
  readonly score: (pairs: readonly TextPair[], signal: AbortSignal, onScored?: (pairs: number) => void) => Promise<readonly Float64Array[]>;
  readonly close: () => Promise<void>;
}

/** Pairs a task; part of no result. */
const batchSize = 8;

/**
 * Opens a model and checks it.
 * @throws UserError `usage` where it cannot be loaded or scores no pairs, where its labels cannot be used, or where transformers.js
 * is not installed.
 */
export async function openCrossEncoder(source: ModelSource, threads: number): Promise<CrossEncoder> {
  const pool = new Piscina({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: Math.max(1, Math.floor(threads)),
    idleTimeout: 10_000,
  });
  try {
    const described: ScorerDescription = await pool.run(source, { name: 'describeCrossEncoder' });
    if ('failure' in described) throw new UserError('usage', described.failure);
    return new PooledCrossEncoder(source, described.head, pool);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

class PooledCrossEncoder implements CrossEncoder {
  readonly id: string;
  readonly head: Head;
  readonly #source: ModelSource;
  readonly #pool: Piscina;

  constructor(source: ModelSource, head: Head, pool: Piscina) {
    this.id = source.id;
    this.head = head;
    this.#source = source;
    this.#pool = pool;
  }

  readonly score: CrossEncoder['score'] = async (pairs, signal, onScored) => {
    const out: Float64Array[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < pairs.length) {
        signal.throwIfAborted();
        const start = next;
        next += batchSize;
        const batch = pairs.slice(start, next);
        const found = await this.#scoreBatch(batch).catch((error: unknown) => {
          next = pairs.length;
          throw error;
        });
        for (const [i, scores] of found.entries()) out[start + i] = scores;
        onScored?.(batch.length);
      }
    };
    const lanes = Math.min(this.#pool.options.maxThreads * 2, Math.ceil(pairs.length / batchSize));
    const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    return out;
  };

  readonly close = async (): Promise<void> => {
    await this.#pool.close();
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #scoreBatch(pairs: readonly TextPair[]): Promise<readonly Float64Array[]> {
    const task: ScoreTask = { source: this.#source, pairs };
    const found: unknown = await this.#pool.run(task, { name: 'scorePairs' });
    const width = this.head.order.length * 2;
    if (!(found instanceof Float64Array) || found.length !== pairs.length * width) {
      throw new Error(`The scoring thread answered ${pairs.length} pairs with something that is not ${width} numbers each.`);
    }
    return pairs.map((_, row) => found.slice(row * width, (row + 1) * width));
  }
}
