/**
 * The Message Batches API: half the price, answers within a day. What was handed over is kept in the database before it is waited for, so
 * that another process can fetch the results.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RunContext } from '../context.js';
import { sha256 } from '../memory.js';
import type { BatchEntry, Claude, ClaudeRequest } from '../relate/claude.js';
import type { ClaudeFailure } from '../relate/claude-failures.js';
import type { AnswerScope } from '../store/ledger.js';
import { cancelled } from './channel.js';
import type { ClaudeTimes, Engine } from './engine.js';
import type { Grace } from './grace.js';
import type { Job } from './sending.js';

const statement = z.object({ key: z.string(), text: z.string(), written: z.string().nullable(), source: z.string().nullable() });
const question = z.object({ key: z.string(), a: statement, b: statement, value: z.number() });
const cluster = z.object({ statements: z.array(statement), questions: z.array(question) });
const keptBatch = z.object({
  question: z.string(),
  model: z.string(),
  /** What was masked, by its sign. */
  signs: z.record(z.string(), z.string()),
  jobs: z.array(z.object({ clusters: z.array(cluster), tries: z.number() })),
});

/** Milliseconds between two signs of life while a batch is waited for. */
const nap = 1000;

export interface BatchingOptions {
  readonly engine: Engine;
  readonly claude: Claude;
  readonly times: ClaudeTimes;
  readonly scope: AnswerScope;
  readonly dream: string | null;
}

/** A batch whose results are still out. */
export interface LeftBatch {
  readonly id: string;
  readonly jobs: readonly Job[];
  readonly signs: ReadonlyMap<string, string>;
}

export class Batching {
  readonly #options: BatchingOptions;

  constructor(options: BatchingOptions) {
    this.#options = options;
  }

  /** The name of a request in its batch: the same for the same request, in any process. */
  static entryId(request: ClaudeRequest): string {
    return `q_${sha256(request.document).slice(0, 40)}`;
  }

  /** Batches of this dream, or of runs without one, that were asked the same question and whose results are still out. */
  open(): readonly LeftBatch[] {
    const { engine, dream, scope } = this.#options;
    return engine.store
      .batchesOf(dream, keptBatch)
      .filter(({ value }) => value.question === scope.question && value.model === scope.model)
      .map(({ id, value }) => ({ id, jobs: value.jobs, signs: new Map(Object.entries(value.signs)) }));
  }

  /**
   * Hands the requests over; the id of the batch. Nothing is sent twice: a failure may still have made the batch.
   * @param begin the time that the server has after Ctrl-C, so that the name of a batch that was made is kept; `show` is given what is sent
   */
  async create(
    entries: readonly { readonly job: Job; readonly request: ClaudeRequest }[],
    signs: Readonly<Record<string, string>>,
    { begin, show }: { readonly begin: () => Grace; readonly show: (body: string) => void },
  ): Promise<string | ClaudeFailure> {
    const { claude, engine, dream, scope } = this.#options;
    using grace = begin();
    const { signal } = grace;
    const requests = entries.map(({ request }) => ({ id: Batching.entryId(request), request }));
    const id = await claude.createBatch(requests, { signal, mayTry: (earlier) => earlier === 'nothing', show }).catch((thrown: unknown) => {
      if (signal.aborted) return cancelled;
      throw thrown;
    });
    if (typeof id === 'string') engine.store.saveBatch(id, dream, { ...scope, signs, jobs: entries.map(({ job }) => job) });
    return id;
  }

  /** All entries of the batch, once it has ended. Ctrl-C leaves it where it is. */
  async wait(id: string, context: RunContext): Promise<readonly BatchEntry[] | ClaudeFailure> {
    const { claude, times, dream } = this.#options;
    const leave = () =>
      context.report({
        kind: 'warning',
        message: `The batch ${id} goes on without this process. Fetch its answers: ${dream === null ? 'run the same command again' : `dreamfold resume ${dream}`}`,
      });
    if (context.signal.aborted) leave();
    context.signal.addEventListener('abort', leave, { once: true });
    try {
      for (let pause = times.pollMs; ; pause = Math.min(2 * pause, times.mostPollMs)) {
        context.signal.throwIfAborted();
        const progress = await claude.batchProgress(id, context.signal);
        if ('kind' in progress) return progress;
        const { done, total, ended } = progress;
        if (ended) return await claude.batchEntries(id, context.signal);
        // In short naps: a run that another process wants to cancel is told so when it reports.
        for (let slept = 0; slept < pause; slept += nap) {
          context.report({ kind: 'stage', stage: 'ask', done, total, unit: 'requests of a batch' });
          await sleep(Math.min(nap, pause - slept), undefined, { signal: context.signal });
        }
      }
    } finally {
      context.signal.removeEventListener('abort', leave);
    }
  }

  forget(id: string): void {
    this.#options.engine.store.removeBatch(id);
  }
}
