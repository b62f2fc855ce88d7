/**
 * The library: everything the command line does, as calls. Hand-written and short; the command line imports nothing else.
 *
 * A `Dreamfold` holds one SQLite file; close it (or declare it with `using`) when done. It reads no clock and no environment
 * of its own: what it needs of them is handed in.
 */

import { judgeSettings, measureSettings, parseSettings } from './config.js';
import { auditStore } from './pipeline/audit.js';
import { changesOf, decideChanges, editChange, explainChange } from './pipeline/decisions.js';
import { dedupeFile } from './pipeline/dedupe.js';
import { checkHealth } from './pipeline/doctor.js';
import { dreamObject, resumeDream, runDream } from './pipeline/dream.js';
import { findDream, type OpenOptions, openEngine } from './pipeline/engine.js';
import { cancelDream, pruneDreams } from './pipeline/lifecycle.js';
import type { CalibrateResult, CheckResult, ModelsResult, PullResult } from './pipeline/model-results.js';
import { calibrateModel, checkModel, listModels, pull } from './pipeline/models.js';
import type { JudgeChoice } from './pipeline/open-models.js';
import { applyDream, diffDream, discardDream, undoDream } from './pipeline/publish.js';
import { relateFile } from './pipeline/relate.js';
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
export { claudeProject } from './pipeline/claude-project.js';
export type { OpenOptions } from './pipeline/engine.js';
export type * from './pipeline/model-results.js';
export type * from './pipeline/results.js';

/** `dream` arguments are an id, a unique beginning of one, or undefined for the latest. Every method throws `UserError`s only. */
export interface Dreamfold {
  /** @param settings input form of `DreamSettings`: `store` is required */
  dream(settings: unknown): Promise<DreamResult>;
  resume(dream?: string): Promise<DreamResult>;
  /** Asks a running dream, of this or another process, to stop; one that no process works on is canceled at once. */
  cancel(dream?: string): DreamObject;
  /** Newest first. */
  list(): readonly DreamObject[];
  show(dream?: string): DreamObject;
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
  /** @param options `crossEncoder`: a calibrated model for the second stage; `caution`: how sure a verdict has to be, `normal` by default */
  relate(file: string, options?: Partial<JudgeChoice>): Promise<RelateResult>;
  models(): Promise<ModelsResult>;
  /** Fetches a model of the hub into the cache of transformers.js. */
  pullModel(id: string): Promise<PullResult>;
  /** Measures an embedding model, a folder or an id of the hub, for `model`. */
  checkModel(model: string, options?: { readonly pairs?: number }): Promise<CheckResult>;
  /** Fits the second stage with a cross-encoder for `crossEncoder`; `activate` uses it even where it is no better. */
  calibrateModel(model: string, options?: { readonly pairs?: number; readonly activate?: boolean }): Promise<CalibrateResult>;
  doctor(): Promise<DoctorResult>;
  close(): void;
  [Symbol.dispose](): void;
}

/** Labelled pairs that are embedded, or scored: minutes for a model of ordinary size. */
const checkedPairs = 1500;
const calibratedPairs = 10_000;

/** Opens the database of `options` and gives back the library bound to it. */
export function openDreamfold(options: OpenOptions): Dreamfold {
  const engine = openEngine(options);
  const close = () => engine.store.close();
  return {
    dream: (settings) => runDream(engine, settings),
    resume: (dream) => resumeDream(engine, dream),
    cancel: (dream) => cancelDream(engine, dream),
    list: () => engine.store.listDreams().map(dreamObject),
    show: (dream) => dreamObject(findDream(engine, dream)),
    changes: (dream) => changesOf(engine, dream),
    diff: (dream) => diffDream(engine, dream),
    explain: (change, dream) => explainChange(engine, change, dream),
    decide: (changes, decision, dream) => decideChanges(engine, changes, decision, dream),
    edit: (change, text, dream) => editChange(engine, change, text, dream),
    apply: ({ to }, dream) => applyDream(engine, to, dream),
    undo: (dream) => undoDream(engine, dream),
    discard: async (dream) => dreamObject(await discardDream(engine, dream)),
    prune: (request) => pruneDreams(engine, request),
    audit: (path, settings) => auditStore(engine, path, settings ?? {}),
    dedupe: (settings) => dedupeFile(engine, settings),
    relate: async (file, settings) => relateFile(engine, file, parseSettings(judgeSettings, settings ?? {})),
    models: () => listModels(engine),
    pullModel: (id) => pull(engine, id),
    checkModel: async (model, settings) => checkModel(engine, model, parseSettings(measureSettings, settings ?? {}).pairs ?? checkedPairs),
    calibrateModel: async (model, settings) => {
      const { pairs, activate } = parseSettings(measureSettings, settings ?? {});
      return calibrateModel(engine, model, { pairs: pairs ?? calibratedPairs, activate });
    },
    doctor: () => checkHealth(engine),
    close,
    [Symbol.dispose]: close,
  };
}
