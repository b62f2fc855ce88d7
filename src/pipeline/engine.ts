/** What every operation of the library works with: the database, the clock, the way to stop and to report. */
import { basename, dirname, join } from 'node:path';
import type { ProgressEvent, RunContext } from '../context.js';
import type { HubOptions } from '../embed/download.js';
import { UserError } from '../errors.js';
import type { DreamRow } from '../store/rows.js';
import { type DreamStore, openStore } from '../store/store.js';
import { recover } from '../write/apply.js';
import { journalOf } from './journal.js';
import { StageClock } from './stage-clock.js';

export interface Engine {
  readonly store: DreamStore;
  /** The SQLite file; output stores stand beside it by default. */
  readonly dbPath: string;
  readonly now: () => string;
  readonly clockMs: () => number;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly report: (event: ProgressEvent) => void;
  readonly offline: boolean;
  readonly hub: HubOptions;
  readonly claude: ClaudeTimes | null;
}

/** How long Claude is waited for, in milliseconds. */
export interface ClaudeTimes {
  /** For one attempt of a request, and for the request with all its attempts and the waits between them. */
  readonly attemptMs: number;
  readonly requestMs: number;
  /** After Ctrl-C, for answers that are paid for already. */
  readonly graceMs: number;
  /** Between the first two looks at a batch; the time doubles with each, up to `mostPollMs`. */
  readonly pollMs: number;
  readonly mostPollMs: number;
}

const claudeTimes: ClaudeTimes = { attemptMs: 90_000, requestMs: 100_000, graceMs: 10_000, pollMs: 1000, mostPollMs: 30_000 };

export interface OpenOptions {
  /** SQLite file with dreams, caches and decisions; made where absent, readable by its owner alone. */
  readonly db: string;
  /** ISO 8601 UTC clock, e.g. `() => new Date().toISOString()`. */
  readonly now: () => string;
  /** Steady clock in milliseconds for durations in reports; without it they are all 0. */
  readonly clockMs?: () => number;
  /** Worker threads, 1 by default; never changes a result. */
  readonly threads?: number;
  /** Stops what is running; nothing is left half written. */
  readonly signal?: AbortSignal;
  readonly report?: (event: ProgressEvent) => void;
  /** True: never reach the network, whatever a model id would need. */
  readonly offline?: boolean;
  /** Where models come from and where they are kept; what is left out is as transformers.js has it. */
  readonly hub?: Partial<HubOptions>;
  /**
   * Given: Claude may be asked, with the key and the server that the official SDK finds in its usual places (`ANTHROPIC_API_KEY`,
   * `ANTHROPIC_BASE_URL`, its profiles). Null or left out: nothing is ever sent.
   */
  readonly claude?: Partial<ClaudeTimes> | null;
}

/** Opens the database of `options`; whoever opens it closes its `store`. */
export function openEngine(options: OpenOptions): Engine {
  return {
    store: openStore(options.db),
    dbPath: options.db,
    now: options.now,
    clockMs: options.clockMs ?? (() => 0),
    threads: options.threads ?? 1,
    signal: options.signal ?? new AbortController().signal,
    report: options.report ?? (() => undefined),
    offline: options.offline ?? false,
    hub: { host: null, token: null, cache: null, ...options.hub },
    claude: options.claude == null || options.offline === true ? null : { ...claudeTimes, ...options.claude },
  };
}

export function contextOf(engine: Engine, seed: number): RunContext {
  const { signal, report, clockMs, threads } = engine;
  return { signal, report, clockMs, threads, seed, now: engine.now() };
}

export function stageClockOf(engine: Engine): StageClock {
  return new StageClock(engine.clockMs);
}

/**
 * Runs `work` as the only run on this database, after finishing what a killed run left half done.
 * @throws UserError `locked` where another process holds the lock.
 */
export async function exclusively<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  const lock = engine.store.acquireLock();
  try {
    await recover(journalOf(engine.store, engine.now));
    return await work();
  } finally {
    lock.release();
  }
}

/**
 * The dream that a command means: an id, a unique beginning of one, or the latest.
 * @throws UserError `notFound` where there is none, `usage` where a beginning fits several.
 */
export function findDream(engine: Engine, id: string | undefined): DreamRow {
  if (id === undefined) {
    const latest = engine.store.latestDream();
    if (!latest) throw new UserError('notFound', `There is no dream in ${engine.dbPath} yet. Start one: dreamfold dream --store PATH`);
    return latest;
  }
  const exact = engine.store.getDream(id);
  if (exact) return exact;
  const fitting = engine.store.listDreams().filter((row) => row.id.startsWith(id));
  const [only] = fitting;
  if (!only) throw new UserError('notFound', `There is no dream ${id} in ${engine.dbPath}. See all: dreamfold list`);
  if (fitting.length > 1) throw new UserError('usage', `${id} is the beginning of ${fitting.length} dreams: give more of it.`);
  return only;
}

/** Where the output store of a dream goes unless `--out` says otherwise. */
export function defaultOut(engine: Engine, dreamId: string, root: string, single: boolean): string {
  const folder = join(dirname(engine.dbPath), 'dreams', dreamId);
  return single ? join(folder, basename(root)) : folder;
}

/** Peak resident memory of this process so far, in MB. */
export function peakRssMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
