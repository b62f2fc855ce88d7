/** What writing needs of the file system: durable files and folders, stable names for staging, errors that say what to do. */
import { lstat, open, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { systemCode, UserError } from '../errors.js';

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space and run it again',
  EDQUOT: 'Your disk quota is used up: free some space and run it again',
  EACCES: 'Permission denied: choose another place or change its permissions',
  EPERM: 'The system does not permit it: choose another place or change its permissions',
  EROFS: 'The file system is read-only: choose another place',
  ENOENT: 'It is not there any more: check the path',
  ENOTDIR: 'A part of that path is a file, not a folder: choose another place',
  EBUSY: 'It is in use or a mount point: choose a folder inside it',
  EMFILE: 'Too many files are open: close some programs and run it again',
  ENAMETOOLONG: 'The name is too long: choose a shorter one',
  ELOOP: 'Its symbolic links go in a circle: mend them or choose another place',
  EISDIR: 'A folder is in the way: choose another place',
  EEXIST: 'Something is in the way: choose another place',
  ENOTEMPTY: 'It is not empty any more: choose another place',
  EXDEV: 'It is on another file system: choose another place',
  EIO: 'The disk reports an error: check it, then run it again',
};

/** A system error as a `UserError` that names the path and what to do; anything else as it is. */
export function fileError(thrown: unknown, doing: string, path: string): unknown {
  const code = systemCode(thrown);
  if (thrown instanceof UserError || code === null) return thrown;
  const hint = advice[code] ?? `The system reports ${code}: mend that and run it again`;
  return new UserError('usage', `Could not ${doing} ${path}. ${hint}.`, {
    cause: thrown,
  });
}

export interface FileMarks {
  readonly mode: number;
  /** Microseconds since 1970; null leaves the time of writing. */
  readonly mtimeUs?: number | null;
  /** Null leaves the owner that the process has. */
  readonly owner?: { readonly uid: number; readonly gid: number } | null;
}

/** Writes a new file and waits until it is on disk. Fails with EEXIST where anything, a symbolic link too, has that name. */
export async function writeDurably(path: string, bytes: Uint8Array, marks: FileMarks): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    const { owner = null, mtimeUs = null } = marks;
    if (owner !== null) await handle.chown(owner.uid, owner.gid).catch(ignoreForbidden);
    await handle.chmod(marks.mode);
    // Half a microsecond more: seconds as a double are exact to a quarter of one, and the system rounds down.
    if (mtimeUs !== null) await handle.utimes((mtimeUs + 0.5) / 1e6, (mtimeUs + 0.5) / 1e6);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Runs `work` on a few items at a time: waiting for the disk dominates, and any limit on open files is far away. Throws the first
 * error once nothing is under way any more.
 */
export async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const batch = 16;
  for (let i = 0; i < items.length; i += batch) {
    const ended = await Promise.allSettled(items.slice(i, i + batch).map(work));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  }
}

/** Only an administrator can give a file away; for anybody else it becomes theirs, as with every editor that saves by renaming. */
function ignoreForbidden(thrown: unknown): void {
  if (!['EPERM', 'ENOSYS', 'ENOTSUP'].includes(systemCode(thrown) ?? '')) throw thrown;
}

/** Waits until the names in a folder are on disk; does nothing where the system cannot (Windows). */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What is at a path itself, links not followed; null where nothing is. */
export async function statOrNull(path: string): Promise<Awaited<ReturnType<typeof lstat>> | null> {
  try {
    return await lstat(path);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

/** The real path of what may not exist yet: its nearest existing ancestor resolved, the rest appended. */
export async function realTarget(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT' || dirname(absolute) === absolute) throw thrown;
    return join(await realTarget(dirname(absolute)), basename(absolute));
  }
}

/** True where `path` is `folder` or inside it; both real paths. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/**
 * The place of a store path under `root`.
 * @throws Error where the path would lead out of it: a bug of whoever made the path.
 */
export function placeOf(root: string, path: string): string {
  const place = join(root, ...path.split('/'));
  const plain = path !== '' && !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!plain || !isInside(place, root) || place === root) throw new Error(`not a path inside a store: ${JSON.stringify(path)}`);
  return place;
}

/** True where a process of that id runs; one that belongs to somebody else counts. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return systemCode(thrown) === 'EPERM';
  }
}
