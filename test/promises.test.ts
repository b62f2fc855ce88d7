/** The promises of the product, each over the shipped example and over stores made at random (README, "Promises"). */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binary, copyWebshop, fingerprint, fixtures, makeFolder, openIn, readTree, repository } from './support/workspace.js';

const squash = (text: string) => text.replace(/\s+/g, ' ').trim();

/** Sentences of a few neighbouring groups, so that a store drawn from them holds many that mean the same or change a value. */
const sentences = readFileSync(join(fixtures, '..', '..', 'bench', 'quality', 'pairs-train.jsonl'), 'utf8')
  .split('\n')
  .slice(0, 48)
  .flatMap((line) => {
    const pair: { a: string; b: string } = JSON.parse(line);
    return [pair.a, pair.b];
  })
  .filter((text) => !/^\W/.test(text) && !/\.\s+\S/.test(text));

const randomStore = fc.array(
  fc.record({
    modified: fc.integer({ min: 1, max: 28 }),
    heading: fc.boolean(),
    bullets: fc.array(fc.integer({ min: 0, max: sentences.length - 1 }), { minLength: 1, maxLength: 8 }),
    crlf: fc.boolean(),
    finalNewline: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

function writeStore(
  root: string,
  files: readonly { modified: number; heading: boolean; bullets: readonly number[]; crlf: boolean; finalNewline: boolean }[],
): void {
  mkdirSync(root, { recursive: true });
  files.forEach((file, at) => {
    const lines = [
      '---',
      `name: topic-${at}`,
      'description: made for a test',
      `modified: 2026-01-${String(file.modified).padStart(2, '0')}T10:00:00Z`,
      '---',
      '',
      ...(file.heading ? ['## Rules', ''] : []),
      ...file.bullets.map((bullet) => `- ${sentences[bullet]}`),
    ];
    const text = lines.join(file.crlf ? '\r\n' : '\n') + (file.finalNewline ? (file.crlf ? '\r\n' : '\n') : '');
    writeFileSync(join(root, `topic_${at}.md`), text);
    utimesSync(join(root, `topic_${at}.md`), 1_700_000_000, 1_700_000_000);
  });
  writeFileSync(
    join(root, 'MEMORY.md'),
    ['# Memory', '', ...files.map((_, at) => `- [Topic ${at}](topic_${at}.md) — made for a test`), ''].join('\n'),
  );
}

const runs = { numRuns: 12, seed: 7 } as const;
const scenarios = join(repository, 'bench', 'quality', 'scenarios');

describe('promises', () => {
  it('the input stays as it is, and every statement is in the output or named by a change', async () => {
    await fc.assert(
      fc.asyncProperty(randomStore, async (files) => {
        const folder = makeFolder();
        const store = join(folder, 'store');
        writeStore(store, files);
        const before = fingerprint(store);
        const library = openIn(folder);
        const { dream, changes } = await library.dream({ store, llm: 'off' });
        expect(fingerprint(store)).toEqual(before);
        const out = squash(Object.values(readTree(dream.summary?.out ?? '')).join('\n'));
        const named = squash(changes.flatMap((change) => change.before.map((side) => side.text)).join('\n'));
        for (const file of files) {
          for (const bullet of file.bullets)
            expect(out.includes(squash(sentences[bullet] ?? '')) || named.includes(squash(sentences[bullet] ?? ''))).toBe(true);
        }
      }),
      runs,
    );
  });

  it('a dream over the output proposes no further change', async () => {
    await fc.assert(
      fc.asyncProperty(randomStore, async (files) => {
        const folder = makeFolder();
        writeStore(join(folder, 'store'), files);
        const library = openIn(folder);
        const first = await library.dream({ store: join(folder, 'store'), llm: 'off' });
        const out = first.dream.summary?.out ?? '';
        if (readdirSync(out).length === 0) return;
        const second = await library.dream({ store: out, llm: 'off' });
        expect(second.changes.filter((change) => change.status === 'proposed')).toEqual([]);
      }),
      runs,
    );
  });

  // Two of seven: each takes seconds, and `npm run quality` dreams over all of them.
  for (const name of ['household', 'museum']) {
    it(`a dream over the output of the ${name} store proposes no further change`, async () => {
      const folder = makeFolder();
      const library = openIn(folder);
      const first = await library.dream({ store: join(scenarios, name, 'store'), llm: 'off' });
      expect(first.changes.filter((change) => change.status === 'proposed').length).toBeGreaterThan(5);
      const second = await library.dream({ store: first.dream.summary?.out, llm: 'off' });
      expect(second.changes.filter((change) => change.status === 'proposed')).toEqual([]);
    });
  }

  it('a dream over the output of the example, with its sessions, proposes no further change', async () => {
    const folder = makeFolder();
    const { store, sessions } = copyWebshop(folder);
    const library = openIn(folder);
    const first = await library.dream({ store, sessions: [sessions], llm: 'off' });
    const second = await library.dream({ store: first.dream.summary?.out, sessions: [sessions], llm: 'off' });
    expect(second.changes.filter((change) => change.status === 'proposed')).toEqual([]);
  });

  it('the same input gives the same output, byte for byte, with 1 or 8 threads and files made in any order', async () => {
    const results = [];
    for (const [threads, reversed] of [
      [1, false],
      [8, true],
    ] as const) {
      const folder = makeFolder();
      const { store, sessions } = copyWebshop(folder);
      if (reversed) rewriteInReverse(store);
      const library = openIn(folder, { threads });
      const { dream, changes } = await library.dream({ store, sessions: [sessions], llm: 'off' });
      const local = (text: string) => text.replaceAll(folder, '');
      results.push({ changes: local(JSON.stringify(changes)), out: readTree(dream.summary?.out ?? '') });
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('undo gives back the bytes, modes and times', async () => {
    const folder = makeFolder();
    const { store, sessions } = copyWebshop(folder);
    const before = fingerprint(store);
    const library = openIn(folder);
    const { dream } = await library.dream({ store, sessions: [sessions], llm: 'off' });
    await library.apply({});
    expect(readTree(store)).toEqual(readTree(dream.summary?.out ?? ''));
    await library.undo();
    expect(fingerprint(store)).toEqual(before);
  });

  it('what a person refused is not proposed again, and is proposed again once approved', async () => {
    const folder = makeFolder();
    const { store } = copyWebshop(folder);
    const library = openIn(folder);
    const first = await library.dream({ store, llm: 'off' });
    const merge = first.changes.find((change) => change.kind === 'merge' && change.status === 'proposed');
    if (!merge) throw new Error('the example has a merge');
    await library.decide([merge.id], 'rejected');
    const out = squash(Object.values(readTree(first.dream.summary?.out ?? '')).join('\n'));
    for (const side of merge.before) expect(out).toContain(squash(side.text));
    const second = await library.dream({ store, llm: 'off' });
    const texts = merge.before.map((side) => side.text);
    expect(second.changes.filter((change) => texts.every((text) => change.before.some((side) => side.text === text)))).toEqual([]);
  });

  it('a malformed record is reported with its place and skipped, the rest is used', async () => {
    const folder = makeFolder();
    const store = join(folder, 'memories.jsonl');
    const rows = ['{"id":"1","text":"Tests run with Vitest."}', '{"id":"2","text":"Tests ru', '{"id":"3","text":"tests run with vitest"}'];
    writeFileSync(store, `${rows.join('\n')}\n`);
    const library = openIn(folder);
    const { dream, changes, problems } = await library.dream({ store, llm: 'off' });
    expect(problems).toMatchObject([{ path: 'memories.jsonl', line: 2 }]);
    expect(changes.filter((change) => change.kind === 'merge')).toHaveLength(1);
    expect(readFileSync(dream.summary?.out ?? '', 'utf8')).toContain(rows[1]);
  });

  it('kill -9 at any moment of a dream leaves the input alone, and the dream resumes to what it would have been', async () => {
    const folder = makeFolder();
    const { store, sessions } = copyWebshop(folder);
    // A part of it is dreamt over in a fraction of the time, and goes through the same moments.
    for (const name of readdirSync(store))
      if (!/^(?:MEMORY|user_|feedback_|project_(?:auth|mail|redis))/.test(name)) rmSync(join(store, name));
    const before = fingerprint(store);
    const start = performance.now();
    const whole = await openIn(join(folder, 'whole')).dream({ store, sessions: [sessions], llm: 'off' });
    const length = performance.now() - start;
    const expected = readTree(whole.dream.summary?.out ?? '');
    for (const share of [0.15, 0.6, 1.05]) {
      const wait = Math.round(150 + share * length);
      const db = join(folder, `killed-${wait}`, 'dreamfold.db');
      const out = join(folder, `out-${wait}`);
      const args = [binary, 'dream', '--store', store, '--sessions', sessions, '--out', out, '--db', db, '--llm', 'off', '--json'];
      await killAfter(args, wait);
      expect(fingerprint(store)).toEqual(before);
      if (existsSync(out)) expect(readTree(out)).toEqual(expected);
      resume(db, args);
      expect(readTree(out)).toEqual(expected);
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
      rmSync(out, { recursive: true });
    }
  });
});

function rewriteInReverse(store: string): void {
  for (const [name, text] of Object.entries(readTree(store)).reverse()) {
    rmSync(join(store, name));
    writeFileSync(join(store, name), text);
  }
}

function killAfter(args: readonly string[], waitMs: number): Promise<void> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), waitMs);
    child.on('exit', () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** Resumes the dream if it had begun and was not finished; starts it where it had not begun. */
function resume(db: string, dreamArgs: readonly string[]): void {
  const run = (args: readonly string[]) =>
    execFileSync(process.execPath, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const dreams: readonly { status: string }[] = existsSync(db) ? JSON.parse(run([binary, 'list', '--db', db, '--json'])) : [];
  if (dreams.length === 0) run(dreamArgs);
  else if (dreams[0]?.status !== 'completed') run([binary, 'resume', '--db', db, '--json']);
}
