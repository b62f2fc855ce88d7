/**
 * The output store on disk. It is written whole into a hidden staging folder beside its target, made durable, and renamed into
 * place in one step, so that the target is either absent, or the old store, or the new one. Readable by its owner alone.
 *
 * Staging folders: `.dreamfold-new-PID-XXXXXX/NAME` holds what is being written, `.dreamfold-old-PID-XXXXXX/NAME` what is being
 * replaced. `removeStaging` clears those of dead processes, and puts an old store back that was moved aside with nothing in its place.
 */
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemCode, UserError } from '../errors.js';
import { compareText, type OutputFile, sha256 } from '../memory.js';
import { fileError, inBatches, isInside, isRunning, placeOf, realTarget, statOrNull, syncFolder, writeDurably } from './files.js';

export interface OutputTarget {
  /** The folder, or the file where the store is one file. */
  readonly path: string;
  readonly single: boolean;
}

const stagingName = /^\.dreamfold-(new|old)-(\d+)-[a-zA-Z0-9]{6}$/;
/** Staging folders this process is using: an earlier process may have had the same id. */
const inUse = new Set<string>();

/**
 * Checks an output place before any work is done.
 * @param input root: the store as it was given, a folder or, where `single`, the file itself
 * @throws UserError `usage` where `out` is not absent or empty, is a symbolic link, or is inside the input or around it
 */
export async function checkTarget(out: string, input: { readonly root: string; readonly single: boolean }): Promise<void> {
  try {
    const root = await realpath(input.root);
    const target = await realTarget(out);
    if (target === root) throw new UserError('usage', `The output ${out} is the input store itself. Choose another place.`);
    if (!input.single && isInside(target, root)) {
      throw new UserError('usage', `The output ${out} is inside the input store ${input.root}. Choose a place outside it.`);
    }
    if (isInside(root, target))
      throw new UserError('usage', `The input store ${input.root} is inside the output ${out}. Choose another place.`);
    await checkVacant({ path: out, single: input.single });
  } catch (thrown) {
    throw fileError(thrown, 'use the output place', out);
  }
}

/**
 * Writes an output store to a new place: folders 0700, files 0600.
 * @throws UserError `usage` where the target is neither absent nor empty, or the system refuses; nothing is left behind then
 */
export async function writeOutput(files: readonly OutputFile[], target: OutputTarget): Promise<void> {
  await staged(files, target, async (fresh, place) => {
    await checkVacant({ path: place, single: target.single });
    if (process.platform === 'win32' && !target.single) await removeEmptyFolder(place);
    await rename(fresh, place);
  });
}

/**
 * Writes the output store again over the one that stands there, which must be ours. The old one is moved aside, the new one
 * moved in, the old one removed; where a kill falls between, `removeStaging` puts the old one back.
 * @throws UserError `usage` where the target is a symbolic link, or the system refuses; the old store stands then
 */
export async function replaceOutput(files: readonly OutputFile[], target: OutputTarget): Promise<void> {
  await staged(files, target, async (fresh, place) => {
    const old = await statOrNull(place);
    if (old?.isSymbolicLink()) throw linkError(target.path);
    if (old === null || target.single) return rename(fresh, place);
    await swapFolders(fresh, place);
  });
}

/**
 * Removes an output store that is ours; does nothing where it is gone.
 * @throws UserError `usage` where the place is a symbolic link, or the system refuses
 */
export async function removeOutput(path: string): Promise<void> {
  try {
    const old = await statOrNull(path);
    if (old?.isSymbolicLink()) throw linkError(path);
    await rm(path, { recursive: true, force: true });
  } catch (thrown) {
    throw fileError(thrown, 'remove', path);
  }
}

/**
 * One hash over everything that stands at an output place, hidden files and links too; null where nothing does, or an empty
 * folder or file.
 * Equal to `printOf` the files of an output store if and only if nobody has changed that store.
 */
export async function printAt(target: OutputTarget): Promise<string | null> {
  const place = resolve(target.path);
  try {
    const there = await statOrNull(place);
    if (there === null || (there.isFile() && there.size === 0)) return null;
    const entries = there.isDirectory() ? await entriesBelow(place, '') : [await entryOf(place, basename(place))];
    return entries.length === 0 ? null : sha256(entries.toSorted(compareText).join('\n'));
  } catch (thrown) {
    throw fileError(thrown, 'look at the output', target.path);
  }
}

export function printOf(files: readonly OutputFile[], target: OutputTarget): string | null {
  const entries = files.map(({ path, bytes }) => `${sha256(bytes)} ${target.single ? basename(resolve(target.path)) : path}`);
  return entries.length === 0 ? null : sha256(entries.toSorted(compareText).join('\n'));
}

/** What desktops put into folders that somebody looks at. */
const droppings: readonly string[] = ['.DS_Store', 'Thumbs.db', 'desktop.ini'];

async function entriesBelow(root: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const lists = entries
    .filter(({ name }) => !droppings.includes(name))
    .map((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? entriesBelow(root, path) : entryOf(join(root, path), path);
    });
  return (await Promise.all(lists)).flat();
}

async function entryOf(place: string, path: string): Promise<string> {
  const isFile = (await statOrNull(place))?.isFile() ?? false;
  return `${isFile ? sha256(await readFile(place)) : 'other'} ${path}`;
}

/** Removes what killed runs left in a folder, by name; folders of processes that still run stay. */
export async function removeStaging(parent: string): Promise<void> {
  try {
    for (const name of await namesIn(parent)) {
      const match = stagingName.exec(name);
      const folder = join(parent, name);
      if (match === null || inUse.has(folder)) continue;
      const pid = Number(match[2]);
      if (pid !== process.pid && isRunning(pid)) continue;
      if (match[1] === 'old') await putBack(folder, parent);
      await rm(folder, { recursive: true, force: true });
    }
  } catch (thrown) {
    throw fileError(thrown, 'clear left-over folders in', parent);
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}

async function putBack(aside: string, parent: string): Promise<void> {
  for (const name of await namesIn(aside)) {
    if ((await statOrNull(join(parent, name))) === null) await rename(join(aside, name), join(parent, name));
  }
}

/** Writes the files beside the target, hands them to `publish`, and removes the staging whatever happens. */
async function staged(
  files: readonly OutputFile[],
  target: OutputTarget,
  publish: (fresh: string, place: string) => Promise<void>,
): Promise<void> {
  const place = resolve(target.path);
  const parent = dirname(place);
  let folder: string | null = null;
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    folder = await makeStaging(parent, 'new');
    const fresh = join(folder, basename(place));
    await (target.single ? writeSingle(files, fresh) : writeFolder(files, fresh));
    await publish(fresh, place);
    await syncFolder(parent);
  } catch (thrown) {
    throw fileError(thrown, 'write the output', target.path);
  } finally {
    if (folder !== null) await dropStaging(folder);
  }
}

async function makeStaging(parent: string, kind: 'new' | 'old'): Promise<string> {
  const folder = await mkdtemp(join(parent, `.dreamfold-${kind}-${process.pid}-`));
  inUse.add(folder);
  return folder;
}

/** What cannot be removed now is removed by the next run; it must not hide the error that came first. */
async function dropStaging(folder: string): Promise<void> {
  inUse.delete(folder);
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

async function writeSingle(files: readonly OutputFile[], path: string): Promise<void> {
  const [file] = files;
  if (file === undefined || files.length !== 1) throw new Error(`a store of one file has ${files.length} files`);
  await writeDurably(path, file.bytes, { mode: 0o600 });
}

async function writeFolder(files: readonly OutputFile[], root: string): Promise<void> {
  const places = files.map((file) => ({
    file,
    place: placeOf(root, file.path),
  }));
  const folders = [...new Set([root, ...places.map(({ place }) => dirname(place))])];
  for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 });
  await inBatches(places, ({ file, place }) => writeDurably(place, file.bytes, { mode: 0o600 }));
  for (const folder of folders) await syncFolder(folder);
}

async function swapFolders(fresh: string, place: string): Promise<void> {
  const aside = await makeStaging(dirname(place), 'old');
  try {
    const old = join(aside, basename(place));
    await rename(place, old);
    try {
      await rename(fresh, place);
    } catch (thrown) {
      await rename(old, place);
      throw thrown;
    }
  } finally {
    await dropStaging(aside);
  }
}

async function checkVacant(target: OutputTarget): Promise<void> {
  const there = await statOrNull(target.path);
  if (there === null) return;
  if (there.isSymbolicLink()) throw linkError(target.path);
  if (target.single) {
    if (there.isFile() && there.size === 0) return;
    const what = there.isDirectory()
      ? 'is a folder, and the store is one file: give a file name'
      : 'already exists: choose another place or remove it';
    throw new UserError('usage', `The output ${target.path} ${what}.`);
  }
  if (!there.isDirectory()) throw new UserError('usage', `The output ${target.path} is a file. Give a folder that is absent or empty.`);
  if ((await readdir(target.path)).length > 0) {
    throw new UserError('usage', `The output folder ${target.path} is not empty. Choose another place or empty it.`);
  }
}

/** Windows cannot rename over an empty folder, other systems can. */
async function removeEmptyFolder(path: string): Promise<void> {
  if ((await statOrNull(path)) !== null) await rmdir(path);
}

function linkError(path: string): UserError {
  return new UserError('usage', `The output ${path} is a symbolic link. Give the place it points to, or another one.`);
}
