/** Publishing over the input: all or nothing, also when killed; never over what somebody else wrote; and exactly taken back. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OutputFile, type SourceFile, sha256 } from '../dist/memory.js';
import { applyInPlace, copyTo, recover, undoInPlace } from '../dist/write/apply.js';
import type { ApplyPlan, Journal } from '../dist/write/journal.js';
import { removeStaging } from '../dist/write/output.js';

const child = join(dirname(fileURLToPath(import.meta.url)), 'fixtures', 'apply-child.mjs');

/** A journal in memory that runs `at` when a phase is reached, before anything of that phase is done. */
function memoryJournal(at: (phase: string) => void = () => undefined): Journal {
  let plan: ApplyPlan | null = null;
  return {
    begin: (next) => {
      plan = next;
      at(next.phase);
    },
    end: (done) => {
      plan = null;
      at(done ? 'done' : 'not done');
    },
    pending: () => plan,
  };
}

let folder = '';
let root = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dreamfold-apply-'));
  root = join(folder, 'store');
  mkdirSync(root);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Texts = Readonly<Record<string, string>>;

function put(texts: Texts, mode = 0o644, seconds = 1_750_000_000.123456): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
    utimesSync(join(root, path), seconds, seconds);
  }
}

function readStore(at = root): SourceFile[] {
  return paths(at).map((path) => {
    const bytes = readFileSync(join(at, path));
    const info = statSync(join(at, path));
    return { path, bytes, sha256: sha256(bytes), mode: info.mode & 0o777, modifiedAt: info.mtime.toISOString() };
  });
}

function paths(at = root): string[] {
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(at.length + 1))
    .sort();
}

/** Everything that must come back: bytes, mode, and the time to the microsecond. */
function snapshot(): unknown {
  return paths().map((path) => {
    const info = lstatSync(join(root, path), { bigint: true });
    return [path, readFileSync(join(root, path), 'latin1'), Number(info.mode & 0o7777n), info.mtimeNs / 1000n];
  });
}

function outputOf(texts: Texts): OutputFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text), mode: 0o600 }));
}

const oldTexts: Texts = { 'MEMORY.md': '- [a](a.md)\n', 'a.md': 'a\n', 'deep/b.md': 'b\n', 'same.md': 'same\n' };
const newTexts: Texts = { 'MEMORY.md': '# new\n', 'deep/b.md': 'b2\n', 'same.md': 'same\n', 'deep/new.md': 'n\n' };

describe('apply and undo', () => {
  it('apply writes, adds and removes; changed files keep mode and time, the same ones are not touched; undo gives all back', async () => {
    put(oldTexts, 0o640);
    const before = readStore();
    const old = snapshot();
    const inode = statSync(join(root, 'same.md')).ino;
    const input = { root, single: false, before, after: outputOf(newTexts), label: 'drm_1' };
    const phases: string[] = [];
    const journal = memoryJournal((phase) => {
      phases.push(`${phase} ${journal.pending()?.label ?? ''}`.trim());
    });
    await applyInPlace(input, journal);
    expect(phases).toEqual(['staging drm_1', 'renaming drm_1', 'done']);
    expect(Object.fromEntries(readStore().map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]))).toEqual(newTexts);
    const info = lstatSync(join(root, 'deep/b.md'), { bigint: true });
    expect([Number(info.mode & 0o7777n), info.mtimeNs / 1000n]).toEqual([0o640, 1_750_000_000_123_456n]);
    expect(statSync(join(root, 'deep/new.md')).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, 'same.md')).ino).toBe(inode);
    await undoInPlace(input, memoryJournal());
    // A removed file's time is known to the millisecond.
    utimesSync(join(root, 'a.md'), 1_750_000_000.123456, 1_750_000_000.123456);
    expect(snapshot()).toEqual(old);
  });

  it('for any two stores, apply gives the second and undo the first: bytes, modes and times', async () => {
    const path = fc.constantFrom('a.md', 'b c.md', 'd/e.md', 'd/f/g.md', 'ü.md');
    const file = fc.record({
      text: fc.string({ unit: 'binary', maxLength: 20 }),
      mode: fc.constantFrom(0o600, 0o644, 0o755),
      ms: fc.integer({ min: 1, max: 2e12 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(path, file), fc.dictionary(path, fc.string({ maxLength: 5 })), async (old, fresh) => {
        rmSync(root, { recursive: true });
        mkdirSync(root);
        for (const [name, { text, mode, ms }] of Object.entries(old)) put({ [name]: text }, mode, ms / 1000 + 2e-7);
        const before = readStore();
        const input = { root, single: false, before, after: outputOf(fresh) };
        await applyInPlace(input, memoryJournal());
        expect(Object.fromEntries(readStore().map((got) => [got.path, Buffer.from(got.bytes).toString()]))).toEqual({ ...fresh });
        await undoInPlace(input, memoryJournal());
        expect(readStore()).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });

  it('a store of one file is applied through the link it was given as, and undone', async () => {
    put({ 'real.jsonl': '{}\n' });
    symlinkSync(join(root, 'real.jsonl'), join(folder, 'link.jsonl'));
    const [source] = readStore();
    const before = source === undefined ? [] : [{ ...source, path: 'link.jsonl' }];
    const input = { root: join(folder, 'link.jsonl'), single: true, before, after: outputOf({ 'link.jsonl': '{"a":1}\n' }) };
    await applyInPlace(input, memoryJournal());
    expect(readFileSync(join(root, 'real.jsonl'), 'utf8')).toBe('{"a":1}\n');
    expect(lstatSync(join(folder, 'link.jsonl')).isSymbolicLink()).toBe(true);
    await undoInPlace(input, memoryJournal());
    expect(readStore()).toEqual(source === undefined ? [] : [source]);
  });

  it('copying to another place writes a new store there and leaves the input', async () => {
    put(oldTexts);
    const old = snapshot();
    await copyTo(outputOf(newTexts), { path: join(folder, 'copy'), single: false });
    expect(paths(join(folder, 'copy'))).toEqual(Object.keys(newTexts).sort());
    expect(snapshot()).toEqual(old);
  });
});

describe('a store that somebody else writes to', () => {
  const write = (path: string, text: string) => () => writeFileSync(join(root, path), text);
  const replaceByFolder = (path: string) => () => {
    unlinkSync(join(root, path));
    mkdirSync(join(root, path));
  };
  const changes: readonly (readonly [string, string, () => void])[] = [
    ['changed file', 'a.md', write('a.md', 'changed')],
    ['changed file that the dream leaves alone', 'same.md', write('same.md', 'changed')],
    ['missing file', 'MEMORY.md', () => unlinkSync(join(root, 'MEMORY.md'))],
    ['new file in the way of a new one', 'deep/new.md', write('deep/new.md', 'mine')],
    ['folder in the place of a file', 'a.md', replaceByFolder('a.md')],
  ];
  for (const [what, path, change] of changes) {
    it(`a ${what} stops apply before anything is written`, async () => {
      put(oldTexts);
      const input = { root, single: false, before: readStore(), after: outputOf(newTexts) };
      change();
      const now = snapshot();
      const error = { name: 'UserError', exit: 'inputChanged', message: expect.stringContaining(path) };
      await expect(applyInPlace(input, memoryJournal())).rejects.toMatchObject(error);
      expect(snapshot()).toEqual(now);
    });
  }

  for (const path of ['MEMORY.md', 'deep/b.md', 'a.md']) {
    it(`a write to ${path} after the check rolls back what was renamed`, async () => {
      put(oldTexts, 0o640);
      const before = readStore();
      const journal = memoryJournal((phase) => {
        if (phase === 'renaming') writeFileSync(join(root, path), 'theirs');
      });
      const attempt = applyInPlace({ root, single: false, before, after: outputOf(newTexts) }, journal);
      await expect(attempt).rejects.toMatchObject({ exit: 'inputChanged', message: expect.stringContaining(path) });
      expect(journal.pending()).toBeNull();
      const others = before.filter((file) => file.path !== path);
      expect(readStore().filter((file) => file.path !== path)).toEqual(others);
      expect(readFileSync(join(root, path), 'utf8')).toBe('theirs');
    });
  }

  it('a file that the dream never saw does not matter and stays', async () => {
    put(oldTexts);
    const input = { root, single: false, before: readStore(), after: outputOf(newTexts) };
    put({ 'theirs.md': 'x' });
    await applyInPlace(input, memoryJournal());
    await undoInPlace(input, memoryJournal());
    expect(paths()).toEqual([...Object.keys(oldTexts), 'theirs.md'].sort());
  });

  it('undo stops where a file is not what apply left', async () => {
    put(oldTexts);
    const input = { root, single: false, before: readStore(), after: outputOf(newTexts) };
    await applyInPlace(input, memoryJournal());
    put({ 'a.md': 'written again' });
    const now = snapshot();
    await expect(undoInPlace(input, memoryJournal())).rejects.toMatchObject({
      exit: 'inputChanged',
      message: expect.stringContaining('a.md'),
    });
    expect(snapshot()).toEqual(now);
  });

  it('a link inside the store is not written through', async () => {
    put(oldTexts);
    const before = readStore();
    mkdirSync(join(folder, 'elsewhere'));
    writeFileSync(join(folder, 'elsewhere', 'b.md'), 'b\n');
    rmSync(join(root, 'deep'), { recursive: true });
    symlinkSync(join(folder, 'elsewhere'), join(root, 'deep'));
    const attempt = applyInPlace({ root, single: false, before, after: outputOf(newTexts) }, memoryJournal());
    await expect(attempt).rejects.toMatchObject({ exit: 'usage', message: expect.stringContaining('symbolic link') });
    expect(readFileSync(join(folder, 'elsewhere', 'b.md'), 'utf8')).toBe('b\n');
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['b.md']);
  });
});

/** The store of the kill tests: changed, removed, added and untouched files in several folders. */
function manyFiles(): { readonly old: Texts; readonly fresh: Texts } {
  const name = (i: number) => `${i % 3 === 0 ? 'deep/' : ''}${i % 9 === 0 ? 'er/' : ''}f${i}.md`;
  const numbers = Array.from({ length: 32 }, (_, i) => i);
  const old = Object.fromEntries(numbers.map((i) => [name(i), `old ${i}\n`.repeat(50)]));
  const fresh = Object.fromEntries(
    numbers.filter((i) => i % 7 !== 0).map((i) => [name(i), i % 5 === 0 ? (old[name(i)] ?? '') : `new ${i}\n`.repeat(40)]),
  );
  return { old, fresh: { ...fresh, 'deep/added.md': 'added\n' } };
}

describe('kill -9', () => {
  const { old, fresh } = manyFiles();
  let described = '';

  beforeEach(() => {
    put(old);
    described = join(folder, 'input.json');
    const encode = (files: readonly { readonly bytes: Uint8Array }[]) =>
      files.map((file) => ({ ...file, bytes: Buffer.from(file.bytes).toString('base64') }));
    const input = {
      root,
      single: false,
      before: encode(readStore()),
      after: encode(outputOf(fresh)),
      journalPath: join(folder, 'journal.json'),
    };
    writeFileSync(described, JSON.stringify(input));
  });

  const state = () => {
    const texts = Object.fromEntries(readStore().map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]));
    return JSON.stringify(sorted(texts)) === JSON.stringify(sorted(old))
      ? 'old'
      : JSON.stringify(sorted(texts)) === JSON.stringify(sorted(fresh))
        ? 'new'
        : texts;
  };
  const sorted = (texts: Texts) => Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
  const run = (verb: string, killAt = '') => spawnSync(process.execPath, [child, verb, described, killAt], { encoding: 'utf8' });

  /** Starts the child, waits for a line of its output and then some, and kills it. */
  async function killAfter(verb: string, point: string, waitMs: number): Promise<void> {
    const running = spawn(process.execPath, [child, verb, described], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((done) => running.on('exit', done));
    await new Promise<void>((done) => {
      let seen = '';
      running.stdout.on('data', (data) => {
        seen += String(data);
        if (seen.split('\n').includes(point)) done();
      });
      running.on('exit', () => done());
    });
    await new Promise((done) => setTimeout(done, waitMs));
    running.kill('SIGKILL');
    await ended;
  }

  /** Finishes what was killed, in a new process, and returns what the store is then. */
  function recovered(): unknown {
    const { stdout, stderr, status } = run('recover');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/done true\n(.*\n)*result finished|done false\n(.*\n)*result none|^start\nresult none/);
    expect(existsSync(join(folder, 'journal.json'))).toBe(false);
    return state();
  }

  const points = { 'before staging': 'old', staging: 'old', 'before renaming': 'old', renaming: 'new', ending: 'new', ended: 'new' };
  for (const [point, expected] of Object.entries(points)) {
    it(`at "${point}" leaves the ${expected} store`, () => {
      expect(run('apply', point).signal).toBe('SIGKILL');
      expect(recovered()).toBe(expected);
      expect(run('undo', point).signal).toBe(expected === 'new' ? 'SIGKILL' : null);
    });
  }

  it('at random moments, of apply, of undo and of the recovery itself, leaves either the old store or the new one', async () => {
    const moment = fc.record({
      verb: fc.constantFrom('apply', 'undo'),
      point: fc.constantFrom('start', 'start', 'staging', 'renaming', 'renaming'),
      waitMs: fc.nat({ max: 40 }),
      again: fc.nat({ max: 12 }),
    });
    const seen = new Map<string, number>();
    for (const { verb, point, waitMs, again } of fc.sample(moment, { numRuns: 25, seed: 7 })) {
      rmSync(root, { recursive: true });
      put(verb === 'undo' ? fresh : old);
      await killAfter(verb, point, point === 'renaming' ? waitMs / 10 : waitMs);
      const killed = state();
      if (again % 3 === 0) await killAfter('recover', 'start', again);
      const result = recovered();
      expect(['old', 'new']).toContain(result);
      const outcome = `${verb}, ${killed === 'old' || killed === 'new' ? 'whole' : 'halfway'}, then ${String(result)}`;
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
    console.log('killed and recovered:', Object.fromEntries(seen));
  });

  it('while the output store is rewritten, leaves the old store or the new one, put back by the next run', async () => {
    for (const waitMs of [30, 55, 80, 105, 130, 155]) {
      await killAfter('replace', 'start', waitMs);
      await removeStaging(folder);
      expect(['old', 'new']).toContain(state());
      expect(readdirSync(folder).sort()).toEqual(['input.json', 'store']);
    }
  });

  it('recovery rolls back where somebody wrote to a file that was not renamed yet', async () => {
    run('apply', 'renaming');
    const victim = 'f8.md';
    writeFileSync(join(root, victim), 'theirs');
    expect(run('recover').stdout).toContain('result none');
    expect(readFileSync(join(root, victim), 'utf8')).toBe('theirs');
    writeFileSync(join(root, victim), old[victim] ?? '');
    expect(state()).toBe('old');
  });

  it('recovery with nothing pending does nothing', async () => {
    const now = snapshot();
    expect(await recover(memoryJournal())).toBe('none');
    expect(snapshot()).toEqual(now);
  });
});

describe('a system that refuses', () => {
  const nobody = 65_534;
  const isRoot = process.getuid?.() === 0;
  const script = (
    body: string,
  ) => `import { applyInPlace, recover } from ${JSON.stringify(join(dirname(child), '../../dist/write/apply.js'))};
    import { writeOutput, checkTarget } from ${JSON.stringify(join(dirname(child), '../../dist/write/output.js'))};
    try { ${body}; console.log('done'); } catch (error) { console.log(JSON.stringify([error.name, error.exit, error.message])); }`;
  /** An administrator may write anywhere, so the test drops its rights. */
  const asUser = (body: string): string =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script(body)], {
      encoding: 'utf8',
      cwd: '/',
      ...(isRoot ? { uid: nobody, gid: nobody } : {}),
    }).stdout;

  it('a folder that may not be written to is named with what to do', (context) => {
    chmodSync(folder, 0o755);
    chmodSync(root, 0o555);
    const target = join(root, 'out');
    const said = asUser(
      `await writeOutput([{ path: 'a', bytes: Buffer.from('a'), mode: 0o600 }], { path: ${JSON.stringify(target)}, single: false })`,
    );
    if (said === '') return context.skip('the program is not readable for another user here');
    const [name, exit, message] = JSON.parse(said);
    expect([name, exit]).toEqual(['UserError', 'usage']);
    expect(message).toContain(target);
    expect(message).toContain('Permission denied');
    expect(readdirSync(root)).toEqual([]);
  });

  it('apply in a folder that may not be written to changes nothing', (context) => {
    put({ 'a.md': 'a\n' });
    chmodSync(folder, 0o755);
    chmodSync(root, 0o555);
    const source = `{ path: 'a.md', bytes: Buffer.from('a\\n'), sha256: ${JSON.stringify(sha256('a\n'))}, mode: 0o644, modifiedAt: '2026-01-01T00:00:00.000Z' }`;
    const journal = '{ plan: null, begin(plan) { this.plan = plan; }, end() { this.plan = null; }, pending() { return this.plan; } }';
    const after = `[{ path: 'a.md', bytes: Buffer.from('b'), mode: 0o644 }]`;
    const said = asUser(
      `await applyInPlace({ root: ${JSON.stringify(root)}, single: false, before: [${source}], after: ${after} }, ${journal})`,
    );
    if (said === '') return context.skip('the program is not readable for another user here');
    const [name, exit, message] = JSON.parse(said);
    expect([name, exit]).toEqual(['UserError', 'usage']);
    expect(message).toContain(root);
    expect(readFileSync(join(root, 'a.md'), 'utf8')).toBe('a\n');
    expect(readdirSync(root)).toEqual(['a.md']);
  });

  it('a full disk leaves the store as it was, and nothing beside it', async (context) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', root], { stdio: 'ignore' });
    } catch {
      return context.skip('no small file system can be mounted here');
    }
    try {
      put({ 'a.md': 'a\n', 'b.md': 'b\n' });
      const now = snapshot();
      const big = { path: 'b.md', bytes: Buffer.alloc(1 << 20, 'x'), mode: 0o600 };
      const input = { root, single: false, before: readStore(), after: [...outputOf({ 'a.md': 'a2\n' }), big] };
      const full = { name: 'UserError', exit: 'usage', message: expect.stringContaining('disk is full') };
      const journal = memoryJournal();
      await expect(applyInPlace(input, journal)).rejects.toMatchObject(full);
      expect(journal.pending()).toBeNull();
      await expect(copyTo([big], { path: join(root, 'out'), single: false })).rejects.toMatchObject(full);
      expect(snapshot()).toEqual(now);
    } finally {
      execFileSync('umount', [root]);
    }
  });
});
