/**
 * A store's files as they stand on the disk at one moment: bytes, hashes and modes, in path order. Nothing outside the root is ever
 * read: links that stand inside a store are reported and skipped.
 */
import type { Stats } from 'node:fs';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { systemCode, toError, UserError } from '../errors.js';
import { compareText, type Problem, type SourceFile, sha256 } from '../memory.js';

export interface LoadOptions {
  readonly signal: AbortSignal;
  /** The clock of the run, ISO 8601: tells a fresh lock file from one that was left behind. */
  readonly now: string;
}

export interface LoadedFiles {
  /** Absolute path of the folder or file, links resolved. */
  readonly root: string;
  /** True where the store is one file. */
  readonly single: boolean;
  /** In path order. */
  readonly files: readonly SourceFile[];
  readonly problems: readonly Problem[];
}

/** A lock of the agent's own client is taken seriously for this long. */
const freshLockMs = 10 * 60 * 1000;
/** Larger files are no memories; a copy of them would only cost time. */
const largestFileBytes = 512 * 1024 * 1024;
const sqliteMagic = 'SQLite format 3\0';

interface Walk {
  readonly root: string;
  readonly options: LoadOptions;
  readonly files: SourceFile[];
  readonly problems: Problem[];
}

/**
 * Reads a folder recursively, or one file. Files and folders whose name starts with a dot are left out, databases and files over 512 MiB
 * are left out and reported, and so is what cannot be read.
 * @throws UserError `notFound` for a missing path, `usage` where the root cannot be read or is no store, `locked` where the agent's client
 *   holds a lock younger than ten minutes.
 */
export async function loadFiles(path: string, options: LoadOptions): Promise<LoadedFiles> {
  const root = await rootOf(path);
  const info = await stat(root);
  const walk: Walk = { root, options, files: [], problems: [] };
  if (info.isDirectory()) {
    await readFolder(walk, '');
  } else if (info.isFile()) {
    await readSingle(walk, path, info);
  } else {
    throw new UserError('usage', `${path} is neither a folder nor a file. Give the folder or file that holds the memories.`);
  }
  const files = walk.files.toSorted((a, b) => compareText(a.path, b.path));
  const problems = walk.problems.toSorted((a, b) => compareText(a.path, b.path));
  return { root, single: info.isFile(), files, problems };
}

async function rootOf(path: string): Promise<string> {
  try {
    return await realpath(resolve(path));
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new UserError('notFound', `${path} does not exist. Check the path of the memory store.`, { cause: thrown });
    }
    throw unreadableRoot(path, thrown);
  }
}

function unreadableRoot(path: string, cause: unknown): UserError {
  return new UserError('usage', `${path} cannot be read (${systemCode(cause) ?? toError(cause).message}). Check its permissions.`, {
    cause,
  });
}

async function readSingle(walk: Walk, path: string, info: Stats): Promise<void> {
  const name = basename(walk.root);
  if (info.size > largestFileBytes) throw new UserError('usage', `${path} is larger than 512 MiB. Split it and dream over the parts.`);
  const bytes = await readFile(walk.root, { signal: walk.options.signal }).catch((thrown: unknown) => {
    walk.options.signal.throwIfAborted();
    throw unreadableRoot(path, thrown);
  });
  if (isSqlite(bytes))
    throw new UserError('usage', `${path} is a SQLite database. Export its memories as JSONL or JSON and give that file.`);
  walk.files.push(sourceFile(name, bytes, info));
}

async function readFolder(walk: Walk, folder: string): Promise<void> {
  const { signal } = walk.options;
  signal.throwIfAborted();
  const entries = await readdir(join(walk.root, folder), { withFileTypes: true }).catch((thrown: unknown) => {
    if (folder === '') throw unreadableRoot(walk.root, thrown);
    walk.problems.push(unreadable(folder, thrown));
    return [];
  });
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.startsWith('.')) await checkLock(walk, path, entry.name);
    else if (entry.isSymbolicLink()) walk.problems.push(await linkProblem(walk, path));
    else if (entry.isDirectory()) await readFolder(walk, path);
    else if (entry.isFile()) await readOne(walk, path);
    else walk.problems.push({ kind: 'unsupported', path, line: null, message: 'This is no regular file. It is left out.' });
  }
}

async function checkLock(walk: Walk, path: string, name: string): Promise<void> {
  if (!/lock/i.test(name)) return;
  const info = await lstat(join(walk.root, path)).catch(() => null);
  if (info?.isFile() !== true || Date.parse(walk.options.now) - info.mtimeMs >= freshLockMs) return;
  throw new UserError(
    'locked',
    `${path}: the agent's own client is working on this store. Try again when it is done (lock files expire after 10 minutes).`,
  );
}

async function linkProblem(walk: Walk, path: string): Promise<Problem> {
  const target = await realpath(join(walk.root, path)).catch(() => null);
  const inside = target !== null && (target === walk.root || target.startsWith(join(walk.root, '/')));
  const where = target === null ? 'to nothing' : inside ? 'to another place in the store' : 'out of the store';
  const message = `This link leads ${where}. It is not followed; put the file itself here if it belongs to the store.`;
  return { kind: 'unsupported', path, line: null, message };
}

async function readOne(walk: Walk, path: string): Promise<void> {
  const full = join(walk.root, path);
  try {
    const info = await stat(full);
    if (info.size > largestFileBytes) {
      walk.problems.push({ kind: 'unsupported', path, line: null, message: 'The file is larger than 512 MiB. It is left out.' });
      return;
    }
    const bytes = await readFile(full, { signal: walk.options.signal });
    if (isSqlite(bytes)) {
      const message = 'This is a SQLite database. It is left out; export its memories as JSONL or JSON to dream over them.';
      walk.problems.push({ kind: 'unsupported', path, line: null, message });
    } else {
      walk.files.push(sourceFile(path, bytes, info));
    }
  } catch (thrown) {
    walk.options.signal.throwIfAborted();
    walk.problems.push(unreadable(path, thrown));
  }
}

function unreadable(path: string, thrown: unknown): Problem {
  const message = `It cannot be read (${systemCode(thrown) ?? toError(thrown).message}). Check its permissions; the rest is used.`;
  return { kind: 'unreadable', path, line: null, message };
}

function isSqlite(bytes: Buffer): boolean {
  return bytes.subarray(0, sqliteMagic.length).toString('latin1') === sqliteMagic;
}

function sourceFile(path: string, bytes: Buffer, info: Stats): SourceFile {
  return { path, bytes, sha256: sha256(bytes), mode: info.mode & 0o777, modifiedAt: info.mtime.toISOString() };
}
