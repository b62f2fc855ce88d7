/**
 * Sessions of agents, in the formats of their clients, as turns: who really spoke, when, and where in the file. Files are read
 * as streams; what cannot be read is reported with its line and the rest is used.
 */
import { createHash } from 'node:crypto';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode, toError, UserError } from '../errors.js';
import { compareText, type Problem } from '../memory.js';
import { readRecords } from './transcripts/read.js';
import type { TranscriptItem } from './transcripts/sink.js';

export type { TranscriptItem } from './transcripts/sink.js';

const extensions = /\.(?:jsonl|json|traj|ndjson)$/i;

/** Of files that are hashed: a stream's smaller pieces take several times as long. */
const bytesAtOnce = 262_144;

/** What clients keep beside their transcripts: no sessions, and not worth a report for each. */
const sideFolders = new Set(['.git', 'node_modules', 'tool-results', 'todos', 'file-history', 'shell-snapshots', 'statsig']);
const sideFiles = /^(?:sessions-index\.json|.*\.meta\.json|settings(?:\.local)?\.json|package(?:-lock)?\.json|tsconfig.*\.json)$/;

function unreadable(path: string, thrown: unknown): Problem {
  const why = systemCode(thrown) ?? toError(thrown).message;
  return { kind: 'unreadable', path, line: null, message: `Not readable (${why}). Check its permissions and run again.` };
}

interface Found {
  readonly file: string;
  /** Path below the folder that was given, by which the list is sorted. */
  readonly below: string;
}

/** True for a file or a link to one; a dangling link is nothing. */
async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function walk(
  folder: string,
  below: string,
  options: { readonly signal: AbortSignal; readonly problems: Problem[] },
): Promise<readonly Found[]> {
  options.signal.throwIfAborted();
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const nested = await Promise.all(
      entries.map(async (entry) => {
        const file = join(folder, entry.name);
        const path = below === '' ? entry.name : `${below}/${entry.name}`;
        if (entry.isDirectory()) return sideFolders.has(entry.name) ? [] : await walk(file, path, options);
        if (!extensions.test(entry.name) || sideFiles.test(entry.name)) return [];
        return (await isFile(file)) ? [{ file, below: path }] : [];
      }),
    );
    return nested.flat();
  } catch (thrown) {
    options.signal.throwIfAborted();
    options.problems.push(unreadable(folder, thrown));
    return [];
  }
}

/**
 * The transcript files among files and folders, folders read to any depth (links to folders are not followed), sorted by their
 * path below what was given; a file that is reached twice is listed once. Files that were named are taken whatever they are
 * called, files in folders by extension (`jsonl`, `json`, `traj`, `ndjson`), without what clients are known to keep beside them.
 * @throws UserError `notFound` for a path that does not exist.
 */
export async function listTranscripts(
  paths: readonly string[],
  options: { readonly signal: AbortSignal },
): Promise<{ readonly files: readonly string[]; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  const found: Found[] = [];
  for (const path of paths) {
    try {
      if ((await stat(path)).isDirectory()) found.push(...(await walk(path, '', { signal: options.signal, problems })));
      else found.push({ file: path, below: path.split(/[\\/]/).at(-1) ?? path });
    } catch (thrown) {
      options.signal.throwIfAborted();
      if (systemCode(thrown) === 'ENOENT' || systemCode(thrown) === 'ENOTDIR')
        throw new UserError('notFound', `No file or folder at ${path}. Check the path given to --sessions.`, { cause: thrown });
      problems.push(unreadable(path, thrown));
    }
  }
  found.sort((a, b) => compareText(a.below, b.below) || compareText(a.file, b.file));
  const seen = new Set<string>();
  const files: string[] = [];
  for (const { file } of found) {
    const real = await realpath(file);
    if (!seen.has(real)) files.push(file);
    seen.add(real);
  }
  problems.sort((a, b) => compareText(a.path, b.path));
  return { files, problems };
}

/**
 * Lower-case hex over the bytes of a file, which is far cheaper than to read what they say; null for a file that cannot be read.
 * @throws the reason of `signal` once it is aborted.
 */
export async function hashTranscript(file: string, { signal }: { readonly signal: AbortSignal }): Promise<string | null> {
  const hash = createHash('sha256');
  const bytes = Buffer.allocUnsafe(bytesAtOnce);
  try {
    await using handle = await open(file);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(bytes, 0, bytes.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(bytes.subarray(0, bytesRead));
    }
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/**
 * One transcript as a stream: sessions before their turns, turns in file order, problems where they stand, and `counts` last,
 * with `records` = `explained` + `reported`. Memory does not grow with the file but for about 25 bytes a record of Claude Code.
 * `persons` maps a name to the path prefix of that person's transcripts or working folders.
 * Never throws for what is in the file, or for a file that cannot be read: those are problems.
 * @throws the reason of `signal` once it is aborted.
 */
export async function* readTranscript(
  file: string,
  options: { readonly persons: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): AsyncGenerator<TranscriptItem> {
  const counts = { records: 0, explained: 0, reported: 0 };
  try {
    yield* readRecords(file, options, counts);
  } catch (thrown) {
    options.signal.throwIfAborted();
    if (systemCode(thrown) === null) throw thrown;
    yield { kind: 'problem', problem: unreadable(file, thrown) };
  }
  yield { kind: 'counts', ...counts };
}
