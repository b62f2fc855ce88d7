/** A folder of its own for each test, the shipped example in it, and a library bound to a database there. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { type Dreamfold, type OpenOptions, openDreamfold } from '../../dist/api.js';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const binary = join(repository, 'dist', 'cli', 'main.js');
export const fixtures = join(repository, 'test', 'fixtures');
export const now = '2026-06-01T08:00:00.000Z';

const folders: string[] = [];
const opened: Dreamfold[] = [];

afterEach(() => {
  for (const library of opened.splice(0)) library.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Removed when the test ends. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dreamfold-test-'));
  folders.push(folder);
  return folder;
}

/** Closed when the test ends. */
export function openIn(folder: string, options: Partial<OpenOptions> = {}): Dreamfold {
  const library = openDreamfold({ db: join(folder, 'db', 'dreamfold.db'), now: () => now, offline: true, ...options });
  opened.push(library);
  return library;
}

/** The web shop example: a copy of its store, and its sessions as Claude Code writes them. */
export function copyWebshop(folder: string): { readonly store: string; readonly sessions: string } {
  const store = join(folder, 'store');
  const sessions = join(folder, 'sessions');
  cpSync(join(fixtures, 'webshop', 'store'), store, { recursive: true });
  for (const name of readdirSync(store)) utimesSync(join(store, name), 1_700_000_000, 1_700_000_000);
  execFileSync(process.execPath, [join(repository, 'scripts', 'scenario', 'expand.mjs'), join(fixtures, 'webshop'), sessions]);
  return { store, sessions };
}

/** Every file below `root` with a hash of its bytes, its permission bits and its modification time. */
export function fingerprint(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    listFiles(root).map((path) => {
      const { mode, mtimeMs } = lstatSync(path);
      return [relative(root, path), `${createHash('sha256').update(readFileSync(path)).digest('hex')} ${mode} ${mtimeMs}`];
    }),
  );
}

/** Every file below `root` as text. */
export function readTree(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(listFiles(root).map((path) => [relative(root, path), readFileSync(path, 'utf8')]));
}

function listFiles(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(root, entry.name);
      return entry.isDirectory() ? listFiles(path) : [path];
    })
    .sort();
}
