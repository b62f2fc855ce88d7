/**
 * What dreamfold remembers between runs: one SQLite file with dreams, their files and changes, decisions and caches. The verbs of this
 * class are all that the rest of the program knows of it. Nothing here reads a clock: times come as parameters.
 */
import { resolve } from 'node:path';
import type { z } from 'zod';
import type { VectorCache } from '../context.js';
import type { ChangeStatus, Finding, PlannedChange, Problem, SourceFile, Verdict } from '../memory.js';
import * as calibrations from './calibrations.js';
import * as changes from './changes.js';
import { type Connection, connect } from './connection.js';
import * as dreams from './dreams.js';
import * as files from './files.js';
import { type Journal, openJournal, readCheckpoint, writeCheckpoint } from './journal.js';
import * as ledger from './ledger.js';
import { acquireLock, type RunLock } from './lock.js';
import { selectReading, sweepReadings, trimReadings, upsertReading } from './readings.js';
import type { DreamRow } from './rows.js';
import { insertMovedTimes, selectMovedTime, vectorCache } from './vectors.js';
import { insertVerdicts, type KeyedVerdict, selectVerdicts, sweepVerdicts, trimVerdicts } from './verdicts.js';

/**
 * Opens the database at `path`, creating it and its folders readable by their owner alone, and brings its schema up to date.
 * @throws UserError `usage` where the file cannot be used or was written by a newer dreamfold.
 */
export function openStore(path: string): DreamStore {
  return new DreamStore(connect(resolve(path)));
}

/** One connection, not to be shared between threads; each method is one transaction. Closed by `close` or `using`. */
export class DreamStore {
  /** Absolute path of the database. */
  readonly path: string;
  readonly vectors: VectorCache;
  readonly #db: Connection;

  constructor(db: Connection) {
    this.path = db.path;
    this.vectors = vectorCache(db);
    this.#db = db;
  }

  /** May be called twice; every other method throws afterwards. */
  close(): void {
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @throws UserError `locked` where another run holds the lock. */
  acquireLock(): RunLock {
    return acquireLock(this.path);
  }

  createDream(row: DreamRow): void {
    dreams.insertDream(this.#db, row);
  }

  /** @throws UserError `notFound`. */
  updateDream(id: string, patch: dreams.DreamPatch): void {
    dreams.patchDream(this.#db, id, patch);
  }

  getDream(id: string): DreamRow | null {
    return dreams.selectDream(this.#db, id);
  }

  /** The one that was created last. */
  latestDream(): DreamRow | null {
    return dreams.selectLatest(this.#db);
  }

  /** Newest first. */
  listDreams(): readonly DreamRow[] {
    return dreams.selectDreams(this.#db);
  }

  /** Asks the process that runs the dream to stop. @throws UserError `notFound`. */
  requestCancel(id: string): void {
    dreams.markCancelled(this.#db, id);
  }

  /** Cheap: to be asked between units of work. False for a dream that is not there. */
  isCancelRequested(id: string): boolean {
    return dreams.selectCancelled(this.#db, id);
  }

  /** Removes the dream, all that belongs to it, and bytes that no other dream uses; what was refused stays. False if it was not there. */
  deleteDream(id: string): boolean {
    return this.#db.transaction(() => {
      const found = dreams.removeDream(this.#db, id);
      if (found) files.sweepBlobs(this.#db);
      return found;
    });
  }

  /** Removes everything but an unfinished apply or undo: dreams, refusals, vectors, verdicts, readings, times, calibrations, answers and the ledger. */
  deleteAll(): void {
    this.#db.transaction(() => {
      for (const table of [
        'dreams',
        'blobs',
        'refusals',
        'vectors',
        'models',
        'verdicts',
        'readings',
        'moved_times',
        'calibrations',
        'answers',
        'calls',
        'batches',
      ])
        this.#db.run(`DELETE FROM ${table}`);
    });
  }

  /** Gives the space of what was deleted back to the disk; nothing of it can be found in the files afterwards. */
  vacuum(): void {
    this.#db.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** Replaces all files of that role; `sha256` must be that of `bytes`. */
  saveFiles(dreamId: string, role: files.FileRole, saved: readonly SourceFile[]): void {
    files.replaceFiles(this.#db, dreamId, role, saved);
  }

  /** In the order of `compareText` over the paths, with the bytes as they were saved. */
  loadFiles(dreamId: string, role: files.FileRole): readonly SourceFile[] {
    return files.selectFiles(this.#db, dreamId, role);
  }

  /** Replaces all changes of the dream; their order is kept. */
  saveChanges(dreamId: string, planned: readonly PlannedChange[]): void {
    changes.replaceChanges(this.#db, dreamId, planned);
  }

  changesOf(dreamId: string): readonly PlannedChange[] {
    return changes.selectChanges(this.#db, dreamId);
  }

  /** All of them or, where one is not there, none. @throws UserError `notFound`. */
  setStatus(dreamId: string, changeIds: readonly string[], status: ChangeStatus): void {
    changes.markChanges(this.#db, dreamId, changeIds, status);
  }

  /** Replaces the change with the same id, in its place. @throws UserError `notFound`. */
  updateChange(dreamId: string, planned: PlannedChange): void {
    changes.replaceChange(this.#db, dreamId, planned);
  }

  saveFindings(dreamId: string, findings: readonly Finding[]): void {
    changes.replaceReports(this.#db, dreamId, 'finding', findings);
  }

  findingsOf(dreamId: string): readonly Finding[] {
    return changes.selectFindings(this.#db, dreamId);
  }

  saveProblems(dreamId: string, problems: readonly Problem[]): void {
    changes.replaceReports(this.#db, dreamId, 'problem', problems);
  }

  problemsOf(dreamId: string): readonly Problem[] {
    return changes.selectProblems(this.#db, dreamId);
  }

  /** Remembers keys of what a person refused; they outlive the dream. */
  refuse(keys: readonly string[]): void {
    changes.insertRefusals(this.#db, keys);
  }

  unrefuse(keys: readonly string[]): void {
    changes.removeRefusals(this.#db, keys);
  }

  refused(): ReadonlySet<string> {
    return changes.selectRefusals(this.#db);
  }

  /** The times of texts that a dream moved to another file; a later time replaces the one that was kept. */
  saveMovedTimes(rows: readonly { readonly textKey: string; readonly at: string }[]): void {
    insertMovedTimes(this.#db, rows);
  }

  movedTime(textKey: string): string | null {
    return selectMovedTime(this.#db, textKey);
  }

  /** Verdicts of earlier dreams in the order of `keys`, to the bit as they were; null for what is not kept. Cheapest where many are asked for. */
  verdicts(keys: readonly string[]): readonly (Verdict | null)[] {
    return selectVerdicts(this.#db, keys);
  }

  saveVerdicts(rows: readonly KeyedVerdict[]): void {
    insertVerdicts(this.#db, rows);
  }

  /** Forgets the verdicts that were not used for longest where there are more than `most`. */
  trimVerdicts(most: number): void {
    trimVerdicts(this.#db, most);
  }

  /**
   * What a transcript gave when it had that content; null where it never had. `name` says which file, and what it is read as.
   * @throws UserError `usage` where what was kept is not of this form.
   */
  reading<T>(name: string, content: string, schema: z.ZodType<T>): T | null {
    return selectReading(this.#db, name, content, schema);
  }

  /** Plain data; takes the place of what the file gave before. What is one object in two places stays one. */
  saveReading(name: string, content: string, value: unknown): void {
    upsertReading(this.#db, name, content, value);
  }

  /** Forgets verdicts that no dream has used that is still there. */
  sweepVerdicts(): void {
    sweepVerdicts(this.#db);
  }

  /** The same of readings. */
  sweepReadings(): void {
    sweepReadings(this.#db);
  }

  /** Forgets those that were not used for longest where there are more than `most`. */
  trimReadings(most: number): void {
    trimReadings(this.#db, most);
  }

  /** Takes the place of what was measured of that model for that use before. */
  saveCalibration(row: calibrations.CalibrationRow): void {
    calibrations.upsertCalibration(this.#db, row);
  }

  /** @throws UserError `usage` where what was kept is not of this form. */
  calibration<T>(model: string, kind: calibrations.CalibrationKind, schema: z.ZodType<T>): calibrations.CalibrationRow<T> | null {
    return calibrations.selectCalibration(this.#db, model, kind, schema);
  }

  /** By model, then use. */
  listCalibrations(): readonly calibrations.CalibrationRow[] {
    return calibrations.selectCalibrations(this.#db);
  }

  /** Answers to that question by that model, by pair; those never given are left out. */
  answers<T>(scope: ledger.AnswerScope, pairs: readonly string[], schema: z.ZodType<T>): ReadonlyMap<string, ledger.KeptAnswer<T>> {
    return ledger.selectAnswers(this.#db, scope, pairs, schema);
  }

  /**
   * One call to Claude, what it came to and what it answered, in one transaction; `dream` is null outside of one. Returns the number of
   * the call, which its answers carry.
   */
  saveCall(dream: string | null, call: unknown, scope: ledger.AnswerScope, answers: readonly ledger.PairValue[]): number {
    return ledger.insertCall(this.#db, dream, call, scope, answers);
  }

  /** Takes the place of what was kept of that call. */
  updateCall(seq: number, call: unknown): void {
    ledger.replaceCall(this.#db, seq, call);
  }

  /** The calls of a dream in the order in which they were made. @throws UserError `usage` where what was kept is not of this form. */
  callsOf<T>(dream: string, schema: z.ZodType<T>): readonly ledger.KeptCall<T>[] {
    return ledger.selectCalls(this.#db, dream, schema);
  }

  /** Remembers a batch that was handed over and whose results are still out. */
  saveBatch(id: string, dream: string | null, value: unknown): void {
    ledger.insertBatch(this.#db, id, dream, value);
  }

  removeBatch(id: string): void {
    ledger.removeBatch(this.#db, id);
  }

  /** Batches that are still out, of that dream; for null those that belong to none. By id. */
  batchesOf<T>(dream: string | null, schema: z.ZodType<T>): readonly ledger.KeptBatch<T>[] {
    return ledger.selectBatches(this.#db, dream, schema);
  }

  /** The journal of apply and undo; there is one in a database. */
  journal<T>(schema: z.ZodType<T>): Journal<T> {
    return openJournal(this.#db, schema);
  }

  /** Keeps a finished piece of a running dream, any JSON value, under a name; goes when the dream is deleted. */
  saveCheckpoint(dreamId: string, name: string, value: unknown): void {
    writeCheckpoint(this.#db, dreamId, name, value);
  }

  /** @throws UserError `usage` where what was kept is not of this form. */
  checkpoint<T>(dreamId: string, name: string, schema: z.ZodType<T>): T | null {
    return readCheckpoint(this.#db, dreamId, name, schema);
  }
}
