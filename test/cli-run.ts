/** Runs the built binary as a child process, away from the user's own files and settings. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const fixtures = join(root, 'test', 'fixtures', 'cli');
const binary = join(root, 'dist', 'cli', 'main.js');

const { PATH = '' } = process.env;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is removed after the tests of the file. */
export function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dreamfold-cli-')));
  folders.push(folder);
  return folder;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Starts the binary; home, database and Claude's folder lie in `cwd`. */
export function start(args: readonly string[], { cwd, env = {}, input = '' }: RunOptions): { child: ChildProcess; done: Promise<Outcome> } {
  const child = spawn(process.execPath, [binary, ...args], {
    cwd,
    env: {
      PATH,
      HOME: cwd,
      USERPROFILE: cwd,
      DREAMFOLD_DB: join(cwd, 'data', 'dreamfold.db'),
      DREAMFOLD_OFFLINE: '1',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A child that ends without reading its input closes the pipe; that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const done = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, done };
}

export function run(args: readonly string[], options: RunOptions): Promise<Outcome> {
  return start(args, options).done;
}

/** Every file below a folder, by path with `/`, as text of its bytes: two folders are equal if and only if these are. */
export function contentOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [relative(folder, path).split(sep).join('/'), readFileSync(path, 'latin1')]));
}
