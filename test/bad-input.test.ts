/** What goes wrong at a user's place: each a clear message that names the file, the exit code of the contract, and nothing lost or half-written. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { binary, fingerprint, makeFolder } from './support/workspace.js';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(folder: string, ...args: readonly string[]): Outcome {
  const env = { ...process.env, DREAMFOLD_DB: join(folder, 'db', 'dreamfold.db') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [binary, ...args], { cwd: folder, env, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

function dream(folder: string, store: string, ...more: readonly string[]): Outcome {
  return run(folder, 'dream', '--store', store, '--llm', 'off', '--json', ...more);
}

const note = '- Tests run with Vitest.\n- tests run with **Vitest**\n';

describe('bad input', () => {
  it('a missing path: exit 4, the path named, no database row left', () => {
    const folder = makeFolder();
    const { code, stderr } = dream(folder, 'nowhere');
    expect(code).toBe(4);
    expect(stderr).toContain('nowhere');
    expect(JSON.parse(run(folder, 'list', '--json').stdout)).toEqual([]);
  });

  it('an empty folder is a store without memories: a dream over it completes and writes an empty store', () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'memory'));
    const { code, stdout } = dream(folder, 'memory', '--out', 'out');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).summary).toMatchObject({ memories: 0, statements: 0, changes: {} });
    expect(readdirSync(join(folder, 'out'))).toEqual([]);
  });

  for (const [bytes, content] of [
    [0, ''],
    [1, '\n'],
  ] as const) {
    for (const name of ['memory.jsonl', 'notes.md', 'memory.csv']) {
      it(`a store that is a file of ${bytes} bytes (${name}): exit 3, named, and it comes out as it was`, () => {
        const folder = makeFolder();
        writeFileSync(join(folder, name), content);
        const { code, stdout, stderr } = dream(folder, name);
        expect(code).toBe(3);
        expect(stderr).toContain(name);
        expect(readFileSync(JSON.parse(stdout).summary.out, 'utf8')).toBe(content);
      });
    }
  }

  it('malformed JSON in the middle: exit 3, file and line named, the line kept, the rest used', () => {
    const folder = makeFolder();
    const lines = '{"text":"Tests run with Vitest."}\n{"text": oops\n{"text":"tests run with vitest"}\n';
    writeFileSync(join(folder, 'memory.jsonl'), lines);
    const { code, stdout, stderr } = dream(folder, 'memory.jsonl');
    expect(code).toBe(3);
    expect(stderr).toMatch(/memory\.jsonl.*2/);
    const { summary } = JSON.parse(stdout);
    expect(summary.changes.merge).toBe(1);
    expect(readFileSync(summary.out, 'utf8')).toContain('{"text": oops\n');
  });

  it('invalid UTF-8: exit 3, file and line named, every byte of the file in the output', () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'memory'));
    const bytes = Buffer.concat([Buffer.from('- fine\n- caf'), Buffer.from([0xe9, 0xff]), Buffer.from(' here\n- also fine\n')]);
    writeFileSync(join(folder, 'memory', 'latin.md'), bytes);
    const { code, stdout, stderr } = dream(folder, 'memory');
    expect(code).toBe(3);
    expect(stderr).toMatch(/latin\.md.*2/);
    expect(readFileSync(join(JSON.parse(stdout).summary.out, 'latin.md')).equals(bytes)).toBe(true);
  });

  it('a line of 50 MB: reported, kept, and no hang', () => {
    const folder = makeFolder();
    const file = openSync(join(folder, 'memory.jsonl'), 'w');
    writeSync(file, '{"text":"Tests run with Vitest."}\n{"text":"');
    const part = 'long '.repeat(200_000);
    for (let i = 0; i < 50; i++) writeSync(file, part);
    writeSync(file, '"}\n{"text":"tests run with vitest"}\n');
    closeSync(file);
    const { code, stdout, stderr } = dream(folder, 'memory.jsonl');
    expect(code).toBe(3);
    expect(stderr).toMatch(/memory\.jsonl.*2/);
    const { summary } = JSON.parse(stdout);
    expect(summary.changes.merge).toBe(1);
    expect(readFileSync(summary.out).length).toBeGreaterThan(50_000_000);
  });

  it.skipIf(process.platform === 'win32')('a link that leads out of the store is not followed: exit 3, the link named', () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'memory'));
    writeFileSync(join(folder, 'secret.md'), '- Not yours.\n');
    writeFileSync(join(folder, 'memory', 'a.md'), note);
    symlinkSync(join(folder, 'secret.md'), join(folder, 'memory', 'link.md'));
    const { code, stdout, stderr } = dream(folder, 'memory');
    expect(code).toBe(3);
    expect(stderr).toContain('link.md');
    expect(existsSync(join(JSON.parse(stdout).summary.out, 'link.md'))).toBe(false);
  });

  it('an output inside the input, the input itself, or a folder with files in it: exit 2, nothing written', () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'memory'));
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'memory', 'a.md'), note);
    writeFileSync(join(folder, 'full', 'mine.txt'), 'mine');
    const before = [fingerprint(join(folder, 'memory')), fingerprint(join(folder, 'full'))];
    for (const out of ['memory/new', 'memory', 'full']) {
      const { code, stderr } = dream(folder, 'memory', '--out', out);
      expect(code).toBe(2);
      expect(stderr).toContain(out);
    }
    expect([fingerprint(join(folder, 'memory')), fingerprint(join(folder, 'full'))]).toEqual(before);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'a file without permission: exit 3, the file named, the rest used',
    () => {
      const folder = makeFolder();
      mkdirSync(join(folder, 'memory'));
      writeFileSync(join(folder, 'memory', 'a.md'), note);
      writeFileSync(join(folder, 'memory', 'b.md'), note);
      chmodSync(join(folder, 'memory', 'b.md'), 0o000);
      const { code, stderr } = dream(folder, 'memory');
      expect(code).toBe(3);
      expect(stderr).toContain('b.md');
    },
  );

  it.skipIf(!existsSync('/dev/full'))('a full disk under the database: a clear message, no stack', () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'a.md'), note);
    const { code, stderr } = run(folder, 'dream', '--store', 'a.md', '--llm', 'off', '--db', '/dev/full');
    expect(code).toBe(2);
    expect(stderr).toContain('/dev/full');
    expect(stderr).not.toContain('    at ');
  });

  it('an unknown format: exit 2, with what to do', () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'odd.json'), '{"weather":[1,2,3],"wind":{"speed":4}}');
    const { code, stderr } = dream(folder, 'odd.json');
    expect(code).toBe(2);
    expect(stderr).toContain('odd.json');
    expect(stderr).toMatch(/--format|--field-text/);
  });

  it('a database from a newer version, or a file that is none: exit 2, and the file stays as it is', () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'a.md'), note);
    expect(dream(folder, 'a.md').code).toBe(0);
    const newer = join(folder, 'db', 'dreamfold.db');
    const db = new Database(newer);
    db.pragma('user_version = 9999');
    db.close();
    const other = join(folder, 'text.db');
    writeFileSync(other, 'This is no database, it is a letter to my aunt.\n'.repeat(40));
    const before = readFileSync(other);
    const first = run(folder, 'list');
    expect([first.code, first.stderr]).toEqual([2, expect.stringContaining('newer')]);
    const second = run(folder, 'list', '--db', other);
    expect([second.code, second.stderr]).toEqual([2, expect.stringContaining('text.db')]);
    expect(readFileSync(other).equals(before)).toBe(true);
  });

  it('a transcript that cannot be recognised: exit 3, named, and the store is still dreamt over', () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'sessions'));
    writeFileSync(join(folder, 'a.md'), note);
    writeFileSync(join(folder, 'sessions', 'odd.jsonl'), '{"hello":1}\n{"hello":2}\n');
    const { code, stdout, stderr } = dream(folder, 'a.md', '--sessions', 'sessions');
    expect(code).toBe(3);
    expect(stderr).toContain('odd.jsonl');
    expect(JSON.parse(stdout).summary.changes.merge).toBe(1);
  });

  it('settings that make no sense: exit 2, the option named', () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'a.md'), note);
    const { code, stderr } = dream(folder, 'a.md', '--instructions', 'x'.repeat(5000));
    expect(code).toBe(2);
    expect(stderr).toContain('instructions');
  });
});
