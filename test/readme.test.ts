/** Every command and the library example of the README, run as they stand there. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { binary, copyWebshop, fixtures, makeFolder, repository } from './support/workspace.js';

const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');
const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));
const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).scripts;

/** A folder as the README's commands expect it: a memory folder, sessions, records, pairs. */
function prepare(): string {
  const folder = makeFolder();
  renameSync(copyWebshop(folder).store, join(folder, 'memory'));
  writeFileSync(
    join(folder, 'notes.jsonl'),
    '{"text":"Tests run with Vitest."}\n{"text":"tests run with `Vitest`"}\n{"text":"Node 22 is used."}\n',
  );
  writeFileSync(join(folder, 'pairs.jsonl'), '{"id":"1","a":"Port 80 is open.","b":"Port 443 is open."}\n');
  for (const [name, fixture] of [['my-embedding', 'tiny-onnx'] as const, ['my-nli', 'tiny-nli'] as const])
    cpSync(join(fixtures, fixture), join(folder, name), { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(repository, join(folder, 'node_modules', 'dreamfold'), 'junction');
  return folder;
}

describe('README', () => {
  it('starts with the two commands: the demo, and the tests, which CI runs as well', () => {
    expect(commands.slice(0, 2)).toEqual(['npm ci && npm run demo', 'npm test']);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test', 'bench']));
    const ci = readFileSync(join(repository, '.ci', 'run'), 'utf8');
    for (const command of ['npm ci', 'npm run demo', 'npm test']) expect(ci).toContain(command);
  });

  it('names only npm scripts that exist', () => {
    for (const [, name] of readme.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).toHaveProperty([name ?? '']);
  });

  it('shows dreamfold commands that work, one after another', () => {
    const folder = prepare();
    const shown = commands.filter((command) => command.startsWith('dreamfold '));
    expect(shown.length).toBeGreaterThan(8);
    // Without a key: what the README shows works so, and a test asks nobody.
    const env = { ...process.env, ANTHROPIC_API_KEY: '', ANTHROPIC_AUTH_TOKEN: '', DREAMFOLD_DB: join(folder, 'dreamfold.db') };
    for (const command of shown) {
      const args = command.split(' ').slice(1);
      const run = () =>
        execFileSync(process.execPath, [binary, ...args], { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      expect(run, command).not.toThrow();
    }
  });

  it('shows a library example that works', () => {
    const folder = prepare();
    const [example] = blocks('js');
    writeFileSync(join(folder, 'example.mjs'), example ?? '');
    const out = execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
    expect(out).toContain('proposed merge');
    expect(out).toMatch(/new store: .+/);
  });
});
