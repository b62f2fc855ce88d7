/**
 * The main job on the shipped example: dreams over the web shop's memory folder and its sessions, with no network and no key,
 * into a temporary folder, and prints what the command line prints. Usage: npm run demo
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const example = join(root, 'test', 'fixtures', 'webshop');
const folder = mkdtempSync(join(tmpdir(), 'dreamfold-demo-'));

function run(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run(join(root, 'scripts', 'scenario', 'expand.mjs'), example, join(folder, 'sessions'));
run(
  join(root, 'dist', 'cli', 'main.js'),
  ...['dream', '--store', join(example, 'store'), '--sessions', join(folder, 'sessions'), '--llm', 'off'],
  ...['--db', join(folder, 'dreamfold.db'), '--out', join(folder, 'new-store')],
);
