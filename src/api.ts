/**
 * The library: everything the command line does, as calls. Hand-written and short; the command line imports nothing else.
 *
 * A `Dreamfold` holds one SQLite file; close it (or declare it with `using`) when done. It reads no clock and no environment
 * of its own: what it needs of them is handed in.
 */

import type { BenchResult } from './bench/results.js';
import { benchSettings, judgeSettings, measureSettings, parseSettings } from './config.js';
import type { AskPreview } from './pipeline/asked.js';
import { changesOf, dreamObject } from './pipeline/dream-object.js';
import { contextOf, type OpenOptions, openEngine } from './pipeline/engine.js';
import { cancelDream, pruneDreams } from './pipeline/lifecycle.js';
import type { CalibrateResult, CheckResult, ModelsResult, PullResult } from './pipeline/model-results.js';
import { applyDream, diffDream, discardDream, undoDream } from './pipeline/publish.js';
import type {
  AuditResult,
  ChangesResult,
  DedupeResult,
  DoctorResult,
  DreamObject,
  DreamResult,
  Explanation,
  PublishResult,
  RelateResult,
} from './pipeline/results.js';
import { type ShownDream, showDream } from './pipeline/showing.js';

export type * from './bench/results.js';
export type { DedupeSettings, DreamSettings } from './config.js';
export type { ProgressEvent } from './context.js';
export { exitCodes, UserError } from './errors.js';
export type {
  Change,
  ChangeKind,
  ChangeStatus,
  Evidence,
  Finding,
  Problem,
  Relation,
} from './memory.js';
export type { AskPreview, AskSummary } from './pipeline/asked.js';
export { claudeProject } from './pipeline/claude-project.js';
export type { OpenOptions } from './pipeline/engine.js';
export type { AskReport, LedgerCall } from './pipeline/ledger.js';
export type * from './pipeline/model-results.js';
export type * from './pipeline/results.js';
export type { ShownDream } from './pipeline/showing.js';

/** `dream` arguments are an id, a unique beginning of one, or undefined for the latest. Every method throws `UserError`s only. */
export interface Dreamfold {
  /** @param settings input form of `DreamSettings`: `store` is required */
  dream(settings: unknown): Promise<DreamResult>;
  /** What `dream` with the same settings would ask Claude first; sends nothing, keeps nothing. */
  preview(settings: unknown): Promise<AskPreview>;
  resume(dream?: string): Promise<DreamResult>;
  /** Asks a running dream, of this or another process, to stop; one that no process works on is canceled at once. */
  cancel(dream?: string): DreamObject;
  /** Newest first. */
  list(): readonly DreamObject[];
  show(dream?: string): ShownDream;
  changes(dream?: string): ChangesResult;
  diff(dream?: string): string;
  explain(change: string, dream?: string): Promise<Explanation>;
  decide(changes: readonly string[], decision: 'approved' | 'rejected', dream?: string): Promise<ChangesResult>;
  edit(change: string, text: string, dream?: string): Promise<ChangesResult>;
  /** Without `to`: over the input, after a check that it has not changed. */
  apply(options: { readonly to?: string }, dream?: string): Promise<PublishResult>;
  undo(dream?: string): Promise<PublishResult>;
  discard(dream?: string): Promise<DreamObject>;
  /** Forgets all dreams but the newest `keep`; `all` forgets everything, caches and refusals too. */
  prune(options: { readonly keep?: number; readonly all?: boolean }): Promise<{ readonly removed: readonly string[] }>;
  audit(path: string, options?: object): Promise<AuditResult>;
  /** @param settings input form of `DedupeSettings`: `file` is required */
  dedupe(settings: unknown): Promise<DedupeResult>;
  previewDedupe(settings: unknown): Promise<AskPreview>;
  /** @param options input form of `JudgeSettings` */
  relate(file: string, options?: object): Promise<RelateResult>;
  previewRelate(file: string, options?: object): Promise<AskPreview>;
  models(): Promise<ModelsResult>;
  /** Fetches a model of the hub into the cache of transformers.js. */
  pullModel(id: string): Promise<PullResult>;
  /** Measures an embedding model, a folder or an id of the hub, for `model`. */
  checkModel(model: string, options?: { readonly pairs?: number }): Promise<CheckResult>;
  /** Fits the second stage with a cross-encoder for `crossEncoder`; `activate` uses it even where it is no better. */
  calibrateModel(model: string, options?: { readonly pairs?: number; readonly activate?: boolean }): Promise<CalibrateResult>;
  doctor(): Promise<DoctorResult>;
  /** Times and scores `dedupe` on made stores with known truth. @param settings input form of `BenchSettings`, all of them optional */
  bench(settings?: object): Promise<BenchResult>;
  close(): void;
  [Symbol.dispose](): void;
}

/** Labelled pairs that are embedded, or scored: minutes for a model of ordinary size. */
const checkedPairs = 1500;
const calibratedPairs = 10_000;

/** Loaded when first called for: a command waits for nothing that it does not use. */
const load = {
  audit: () => import('./pipeline/audit.js'),
  decisions: () => import('./pipeline/decisions.js'),
  dedupe: () => import('./pipeline/dedupe.js'),
  doctor: () => import('./pipeline/doctor.js'),
  dream: () => import('./pipeline/dream.js'),
  models: () => import('./pipeline/models.js'),
  relate: () => import('./pipeline/relate.js'),
};

/** Opens the database of `options` and gives back the library bound to it. */
export function openDreamfold(options: OpenOptions): Dreamfold {
  const engine = openEngine(options);
  const close = () => engine.store.close();
  return {
    dream: async (settings) => (await load.dream()).runDream(engine, settings),
    preview: async (settings) => (await load.dream()).previewDream(engine, settings),
    resume: async (dream) => (await load.dream()).resumeDream(engine, dream),
    cancel: (dream) => cancelDream(engine, dream),
    list: () => engine.store.listDreams().map((row) => dreamObject(engine, row)),
    show: (dream) => showDream(engine, dream),
    changes: (dream) => changesOf(engine, dream),
    diff: (dream) => diffDream(engine, dream),
    explain: async (change, dream) => (await load.decisions()).explainChange(engine, change, dream),
    decide: async (changes, decision, dream) => (await load.decisions()).decideChanges(engine, changes, decision, dream),
    edit: async (change, text, dream) => (await load.decisions()).editChange(engine, change, text, dream),
    apply: ({ to }, dream) => applyDream(engine, to, dream),
    undo: (dream) => undoDream(engine, dream),
    discard: async (dream) => dreamObject(engine, await discardDream(engine, dream)),
    prune: (request) => pruneDreams(engine, request),
    audit: async (path, settings) => (await load.audit()).auditStore(engine, path, settings ?? {}),
    dedupe: async (settings) => (await load.dedupe()).dedupeFile(engine, settings),
    previewDedupe: async (settings) => (await load.dedupe()).previewDedupe(engine, settings),
    relate: async (file, settings) => (await load.relate()).relateFile(engine, file, parseSettings(judgeSettings, settings ?? {})),
    previewRelate: async (file, settings) =>
      (await load.relate()).previewRelate(engine, file, parseSettings(judgeSettings, settings ?? {})),
    models: async () => (await load.models()).listModels(engine),
    pullModel: async (id) => (await load.models()).pull(engine, id),
    checkModel: async (model, settings) =>
      (await load.models()).checkModel(engine, model, parseSettings(measureSettings, settings ?? {}).pairs ?? checkedPairs),
    calibrateModel: async (model, settings) => {
      const { pairs, activate } = parseSettings(measureSettings, settings ?? {});
      return (await load.models()).calibrateModel(engine, model, { pairs: pairs ?? calibratedPairs, activate });
    },
    doctor: async () => (await load.doctor()).checkHealth(engine),
    bench: async (settings) => {
      const parsed = parseSettings(benchSettings, settings ?? {});
      // Loaded here alone: its word lists are of no use to any other command.
      const { runBench } = await import('./bench/bench.js');
      return runBench(parsed, contextOf(engine, parsed.seed));
    },
    close,
    [Symbol.dispose]: close,
  };
}
