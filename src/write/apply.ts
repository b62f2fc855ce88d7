/**
 * Publishing a dream over its own input, and taking it back. After a kill at any moment the store is, once `recover` has run,
 * either the old one or the new one. The steps, which `undo` takes with before and after exchanged:
 *
 * 1. Every file of the store must have the bytes that the dream saw, and no other file may stand where a new one goes.
 * 2. The plan is put into the journal as `staging`, so that a later run finds what a killed one left.
 * 3. New bytes are written to a hidden file in the same folder as their target and made durable, mode and modification time set
 *    to those of the old file; each old file gets a second name (a hard link), which costs nothing and is its exact way back.
 * 4. The plan is put into the journal as `renaming`. From here on it is finished, or rolled back, whatever happens.
 * 5. File by file, with nothing between them: hash it again, rename the new one over it; then remove the files that go. Where
 *    somebody wrote to a file meanwhile, the plan is put into the journal as `rollback`, the files already renamed get their old
 *    one back, and nothing was applied.
 * 6. The second names are removed and the journal is ended.
 *
 * `recover` undoes step 3 of a plan in `staging`, repeats step 5 of a plan in `renaming` (a step whose staged file is gone was
 * done), and repeats the way back of a plan in `rollback`. Files that are the same before and after are not touched.
 */
import { readFileSync, renameSync, unlinkSync } from 'node:fs';
import { copyFile, link, lstat, mkdir, realpath, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { systemCode, toError, UserError } from '../errors.js';
import { compareText, type OutputFile, type SourceFile, sha256 } from '../memory.js';
import { fileError, inBatches, placeOf, statOrNull, syncFolder, writeDurably } from './files.js';
import type { ApplyPlan, ApplyStep, Journal } from './journal.js';
import { writeOutput } from './output.js';

export interface InPlaceInput {
  /** The store as it was given: a folder or, where `single`, the file itself. */
  readonly root: string;
  readonly single: boolean;
  /** Every file of the store as the dream read it. */
  readonly before: readonly SourceFile[];
  /** Every file of the store as the dream leaves it. */
  readonly after: readonly OutputFile[];
  /** Stands in the journal's plan, so that who recovers it knows whose it was, e.g. the id of a dream. */
  readonly label?: string;
}

/**
 * Puts `after` in the place of `before`. Changed files keep their mode and their modification time.
 * @throws UserError `inputChanged` where a file is not what the dream saw, `usage` where the system refuses; nothing is applied then
 */
export async function applyInPlace(input: InPlaceInput, journal: Journal): Promise<void> {
  const before = new Map(input.before.map((file) => [file.path, file.sha256]));
  const after = new Map(input.after.map((file) => [file.path, { bytes: file.bytes, mode: file.mode, modifiedAt: null }]));
  await publish({ ...input, operation: 'apply', before, after }, journal);
}

/**
 * Puts `before` back in the place of `after`, the arguments being those of the `applyInPlace` that is taken back: bytes, modes
 * and modification times (of files that were removed, to the millisecond).
 * @throws UserError `inputChanged` where a file is not what that apply left, `usage` where the system refuses; nothing is undone then
 */
export async function undoInPlace(input: InPlaceInput, journal: Journal): Promise<void> {
  const before = new Map(input.after.map((file) => [file.path, sha256(file.bytes)]));
  await publish({ ...input, operation: 'undo', before, after: new Map(input.before.map((file) => [file.path, file])) }, journal);
}

/** Publishes an output store to a new place (`writeOutput`). */
export async function copyTo(files: readonly OutputFile[], target: { readonly path: string; readonly single: boolean }): Promise<void> {
  await writeOutput(files, target);
}

/**
 * Finishes or clears what a killed `applyInPlace` or `undoInPlace` left; to be run, under the lock, before anything else.
 * `finished`: the pending operation is done now. `none`: nothing was pending, or it had not begun, or somebody has written to a
 * file since and it was rolled back: the store is as before it. Which operation it was, `journal.pending()` says before the
 * call, and `journal.end` is told how it ended.
 * @throws UserError `usage` where the system refuses; the plan stays pending
 */
export async function recover(journal: Journal): Promise<'none' | 'finished'> {
  const plan = journal.pending();
  if (plan === null) return 'none';
  try {
    if (plan.phase === 'rollback') rollBack(plan);
    const end = plan.phase === 'renaming' ? renameAll(plan, journal) : null;
    const done = end !== null && end.failure === null && end.changed === null;
    await finish(plan, journal, done);
    if (end !== null && end.failure !== null) throw end.failure;
    return done ? 'finished' : 'none';
  } catch (thrown) {
    throw fileError(thrown, `finish the interrupted ${plan.operation} in`, plan.root);
  }
}

interface Publication {
  readonly operation: ApplyPlan['operation'];
  readonly root: string;
  readonly single: boolean;
  readonly label?: string;
  /** Hash that each file must have now. */
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, NextFile>;
}

interface NextFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
  /** Null where the time of the old file stays. */
  readonly modifiedAt: string | null;
}

async function publish(given: Publication, journal: Journal): Promise<void> {
  if (journal.pending() !== null) throw new Error('an operation is pending: recover it first');
  try {
    const publication = await locate(given);
    await verify(publication);
    const plan = await makePlan(publication);
    if (plan.steps.length === 0) return;
    journal.begin(plan);
    await stageAll(plan, publication, journal);
    const { changed, failure } = renameAll(plan, journal);
    await finish(plan, journal, failure === null && changed === null);
    if (failure !== null) throw failure;
    if (changed !== null) throw changedError(publication, [changed]);
  } catch (thrown) {
    throw fileError(thrown, `${given.operation} in`, given.root);
  }
}

/** Makes `root` the real folder that paths are relative to; the one file of a single store goes by its real name. */
async function locate(given: Publication): Promise<Publication> {
  const real = await realpath(given.root).catch((thrown: unknown) => {
    throw systemCode(thrown) === 'ENOENT' ? changedError(given, [given.root]) : thrown;
  });
  if (!given.single) return { ...given, root: real };
  const named = <T>(files: ReadonlyMap<string, T>) => new Map([...files.values()].map((file) => [basename(real), file]));
  return { ...given, root: dirname(real), before: named(given.before), after: named(given.after) };
}

/** Step 1. */
async function verify({ operation, root, before, after }: Publication): Promise<void> {
  const changed = [...before].filter(([path, sha]) => currentSha(placeOf(root, path)) !== sha).map(([path]) => path);
  for (const path of after.keys()) {
    if (!before.has(path) && (await statOrNull(placeOf(root, path))) !== null) changed.push(path);
  }
  if (changed.length > 0) throw changedError({ operation, root }, changed.sort(compareText));
}

/** Writes in path order, then removals. */
async function makePlan(publication: Publication): Promise<ApplyPlan> {
  const { operation, root, before, after } = publication;
  const steps: ApplyStep[] = [];
  for (const path of [...after.keys()].sort(compareText)) {
    const file = after.get(path);
    const afterSha = file === undefined ? null : sha256(file.bytes);
    if (file !== undefined && afterSha !== (before.get(path) ?? null)) steps.push(await makeStep(publication, path, afterSha, file));
  }
  for (const path of [...before.keys()].sort(compareText)) {
    if (!after.has(path)) steps.push(await makeStep(publication, path, null, null));
  }
  const named = await Promise.all(steps.map((step, i) => nameTemporaries(root, step, i)));
  return { operation, label: publication.label ?? '', phase: 'staging', root, steps: named };
}

async function makeStep(publication: Publication, path: string, afterSha: string | null, next: NextFile | null): Promise<ApplyStep> {
  const place = placeOf(publication.root, path);
  await refuseLinks(publication.root, place);
  const old = publication.before.has(path) ? await lstat(place, { bigint: true }) : null;
  const oldUs = old === null ? null : Number(old.mtimeNs / 1000n);
  return {
    path,
    kind: next === null ? 'remove' : 'write',
    staged: null,
    kept: null,
    beforeSha: publication.before.get(path) ?? null,
    afterSha,
    mode: next?.modifiedAt === null && old !== null ? Number(old.mode & 0o7777n) : (next?.mode ?? 0o600),
    mtimeUs: nextTime(oldUs, next?.modifiedAt ?? null),
  };
}

/** The old file's time, unless the one that is to come back was recorded and differs; recorded times are exact to the millisecond. */
function nextTime(oldUs: number | null, modifiedAt: string | null): number | null {
  if (modifiedAt === null) return oldUs;
  const recordedUs = Date.parse(modifiedAt) * 1000;
  return oldUs !== null && Math.abs(oldUs - recordedUs) < 1000 ? oldUs : recordedUs;
}

/** A link inside the store may lead anywhere, and a rename would put a file in its place. */
async function refuseLinks(root: string, place: string): Promise<void> {
  for (let path = place; path !== root; path = dirname(path)) {
    if ((await statOrNull(path))?.isSymbolicLink()) {
      throw new UserError(
        'usage',
        `${path} is a symbolic link, and dreamfold does not write through links. Copy the dream to another place instead.`,
      );
    }
  }
}

/** Free hidden names in the folder of the step's file. */
async function nameTemporaries(root: string, step: ApplyStep, index: number): Promise<ApplyStep> {
  const folder = posix.dirname(step.path);
  for (let attempt = 0; ; attempt += 1) {
    const base = posix.join(folder, `.dreamfold-apply-${process.pid}-${index}-${attempt}`);
    const [staged, kept] = [`${base}.new`, `${base}.old`];
    if ((await statOrNull(join(root, staged))) !== null || (await statOrNull(join(root, kept))) !== null) continue;
    return { ...step, staged: step.kind === 'write' ? staged : null, kept: step.beforeSha === null ? null : kept };
  }
}

/** Steps 3 and 4; takes everything back where it cannot be done. */
async function stageAll(plan: ApplyPlan, publication: Publication, journal: Journal): Promise<void> {
  try {
    await inBatches(plan.steps, (step) => stage(plan.root, step, publication.after.get(step.path)?.bytes ?? null));
    await syncFolders(plan);
    journal.begin({ ...plan, phase: 'renaming' });
  } catch (thrown) {
    await finish(plan, journal, false);
    throw thrown;
  }
}

async function stage(root: string, step: ApplyStep, bytes: Uint8Array | null): Promise<void> {
  const place = placeOf(root, step.path);
  const old = step.beforeSha === null ? null : await lstat(place);
  if (step.kept !== null) await keep(place, join(root, step.kept));
  if (step.staged === null || bytes === null) return;
  await mkdir(dirname(place), { recursive: true, mode: 0o700 });
  await writeDurably(join(root, step.staged), bytes, { mode: step.mode, mtimeUs: step.mtimeUs, owner: old });
}

/** A second name for a file; a copy where the file system has no hard links or does not allow this one. */
async function keep(place: string, kept: string): Promise<void> {
  try {
    await link(place, kept);
  } catch (thrown) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'].includes(systemCode(thrown) ?? '')) throw thrown;
    const { atime, mtime } = await lstat(place);
    await copyFile(place, kept);
    await utimes(kept, atime, mtime);
  }
}

interface RenameEnd {
  /** A file that somebody wrote to meanwhile, null where there was none. */
  readonly changed: string | null;
  readonly failure: Error | null;
}

/** Step 5, also again after a kill. Where the result names a change or a failure, everything was rolled back. */
function renameAll(plan: ApplyPlan, journal: Journal): RenameEnd {
  const end = renameUntilChanged(plan);
  if (end.changed !== null || end.failure !== null) {
    journal.begin({ ...plan, phase: 'rollback' });
    rollBack(plan);
  }
  return end;
}

function renameUntilChanged(plan: ApplyPlan): RenameEnd {
  try {
    for (const step of plan.steps) {
      if (isDone(plan.root, step)) continue;
      const place = placeOf(plan.root, step.path);
      if (currentSha(place) !== step.beforeSha) return { changed: step.path, failure: null };
      if (step.staged === null) unlinkSync(place);
      else renameSync(join(plan.root, step.staged), place);
    }
    return { changed: null, failure: null };
  } catch (thrown) {
    return { changed: null, failure: toError(thrown) };
  }
}

function isDone(root: string, step: ApplyStep): boolean {
  return step.staged === null ? currentSha(placeOf(root, step.path)) === null : currentSha(join(root, step.staged)) === null;
}

/** Gives every step that was done its old file back, unless somebody has written to the new one since; can be repeated. */
function rollBack({ root, steps }: ApplyPlan): void {
  for (const step of steps.filter((candidate) => isDone(root, candidate))) {
    const place = placeOf(root, step.path);
    if (currentSha(place) !== step.afterSha) continue;
    if (step.kept === null) unlinkSync(place);
    else if (currentSha(join(root, step.kept)) !== null) renameSync(join(root, step.kept), place);
  }
}

/** Step 6: everything that was renamed is on disk before the ways back go, and they are gone before the plan is. */
async function finish(plan: ApplyPlan, journal: Journal, done: boolean): Promise<void> {
  await syncFolders(plan);
  for (const { staged, kept } of plan.steps) {
    if (staged !== null) await rm(join(plan.root, staged), { force: true });
    if (kept !== null) await rm(join(plan.root, kept), { force: true });
  }
  journal.end(done);
}

async function syncFolders({ root, steps }: ApplyPlan): Promise<void> {
  for (const folder of new Set(steps.map((step) => dirname(placeOf(root, step.path))))) {
    if ((await statOrNull(folder)) !== null) await syncFolder(folder);
  }
}

/** Hash of the file that is there now; null where nothing is, and empty where it is a folder. */
function currentSha(place: string): string | null {
  try {
    return sha256(readFileSync(place));
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'EISDIR') return '';
    throw thrown;
  }
}

function changedError({ operation, root }: Pick<Publication, 'operation' | 'root'>, paths: readonly string[]): UserError {
  const shown = paths.slice(0, 5).join(', ') + (paths.length > 5 ? ` and ${paths.length - 5} more` : '');
  const [since, next] =
    operation === 'apply'
      ? ['since the dream read it', 'Dream again, or copy the dream to another place']
      : ['since it was applied', 'Save what was written there, or mend the files by hand from the diff'];
  return new UserError('inputChanged', `${root} has changed ${since}: ${shown}. Nothing was written. ${next}.`);
}
