/**
 * What a user of the registry gets: packs the package, installs the tarball into an empty folder, runs its binary on a small
 * store and imports its library. Usage: npm run check:package
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'dreamfold-package-'));
const run = (command: string, args: readonly string[], cwd = folder) =>
  execFileSync(command, [...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32' });

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly entryCount: number;
}

try {
  const [packed]: Packed[] = JSON.parse(run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], root));
  if (!packed) throw new Error('npm pack gave nothing');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  run('npm', ['install', '--omit=optional', '--no-audit', '--no-fund', '--silent', join(folder, packed.filename)]);
  const binary = join(folder, 'node_modules', '.bin', 'dreamfold');
  const version = run(binary, ['--version']).trim();

  const store = join(folder, 'memory');
  mkdirSync(store);
  writeFileSync(join(store, 'notes.md'), '# Notes\n\n- Tests run with Vitest.\n- tests run with **Vitest**\n- The shop runs on Node 22.\n');
  const db = ['--db', join(folder, 'dreamfold.db')];
  const dream = JSON.parse(run(binary, ['dream', '--store', store, '--llm', 'off', '--json', ...db]));
  if (dream.status !== 'completed' || dream.summary.changes.merge !== 1) throw new Error(`unexpected dream: ${JSON.stringify(dream)}`);

  const script =
    "import { openDreamfold } from 'dreamfold'; const d = openDreamfold({ db: 'dreamfold.db', now: () => new Date().toISOString() }); console.log(d.list().length); d.close();";
  writeFileSync(join(folder, 'use.mjs'), script);
  const dreams = run(process.execPath, ['use.mjs']).trim();
  if (dreams !== '1') throw new Error(`the library lists ${dreams} dreams, not 1`);
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `package ${version}: ${packed.entryCount} files, ${mb(packed.size)} packed, ${mb(packed.unpackedSize)} unpacked; binary and library work from an empty folder`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
