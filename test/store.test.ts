import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dreamSettings } from '../dist/config.js';
import { UserError } from '../dist/errors.js';
import { type Change, compareText, type PlannedChange, relations, type SourceFile, sha256, type Verdict } from '../dist/memory.js';
import { migrate, schemaVersion } from '../dist/store/migrations.js';
import type { DreamRow } from '../dist/store/rows.js';
import { type DreamStore, openStore } from '../dist/store/store.js';

const root = mkdtempSync(join(tmpdir(), 'dreamfold-store-'));
const children: ChildProcess[] = [];
let count = 0;

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

const freshPath = () => join(root, `${++count}`, 'dreams.sqlite');

function withStore<T>(work: (store: DreamStore) => T, path = freshPath()): T {
  const store = openStore(path);
  try {
    return work(store);
  } finally {
    store.close();
  }
}

/** The `UserError` that `work` throws. */
function refusal(work: () => unknown): UserError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof UserError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

const dream = (id: string, more: Partial<DreamRow> = {}): DreamRow => ({
  id,
  status: 'pending',
  settings: dreamSettings.parse({
    store: '/notes',
    persons: { mira: '/home/mira' },
  }),
  storeRoot: '/notes',
  storeSingle: false,
  format: null,
  sessionIds: ['s1', 's2'],
  createdAt: '2026-03-01T00:00:00.000Z',
  endedAt: null,
  error: null,
  summary: null,
  out: null,
  applied: null,
  discarded: false,
  cancelRequested: false,
  ...more,
});

const verdict = (): Verdict => ({
  relation: 'distinct',
  keep: 'both',
  confidence: 0.9,
  probabilities: { duplicate: 0.02, refines: 0.03, conflict: 0.05, distinct: 0.9 },
  decidedBy: 'model',
  ambiguous: false,
  reason: 'two facts',
});

const file = (path: string, text: string): SourceFile => {
  const bytes = new TextEncoder().encode(text);
  return {
    path,
    bytes,
    sha256: sha256(bytes),
    mode: 0o644,
    modifiedAt: '2026-01-02T03:04:05.000Z',
  };
};

const planned = (id: string, more: Partial<Change> = {}): PlannedChange => ({
  change: {
    id,
    kind: 'merge',
    before: [
      { path: 'a.md', line: 1, text: 'Deploys on Friday', written: null },
      {
        path: 'b.md',
        line: 9,
        text: 'Deploy on Fridays',
        written: '2026-01-01T00:00:00Z',
      },
    ],
    after: { path: 'b.md', line: 9, text: 'Deploy on Fridays' },
    relation: 'duplicate',
    confidence: 0.993,
    decided_by: 'model',
    reason: 'They say the same.',
    insight: null,
    support: null,
    evidence: [
      {
        session_id: 's1',
        at: null,
        role: 'person',
        quote: 'on "Fridays"\n',
        file: 's1.jsonl',
        line: 4,
      },
    ],
    status: 'proposed',
    ...more,
  },
  effect: {
    changeId: id,
    drop: ['st_1'],
    replace: [{ statementId: 'st_2', text: 'x' }],
    insert: [{ path: 'a.md', create: null, section: null, text: 'New.', at: '2026-01-02T03:04:05.000Z', topic: null }],
    containers: ['ct_1'],
  },
});

const plain = (files: readonly SourceFile[]) => files.map((one) => ({ ...one, bytes: [...one.bytes] }));

/** Runs a script against the built store in a process of its own; its lines come one by one. */
function start(script: string, ...args: string[]): { readonly child: ChildProcess; readonly lines: AsyncIterator<string> } {
  const store = new URL('../dist/store/store.js', import.meta.url).href;
  const code = `const { openStore } = await import(${JSON.stringify(store)}); const args = process.argv.slice(1);\n${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  if (child.stdout === null) throw new Error('no output');
  return {
    child,
    lines: createInterface(child.stdout)[Symbol.asyncIterator](),
  };
}

async function line(process: { readonly lines: AsyncIterator<string> }): Promise<string> {
  const next = await process.lines.next();
  return next.done === true ? '' : next.value;
}

describe('opening a database', () => {
  it('creates missing folders and files that only their owner can read', {
    skip: process.platform === 'win32',
  }, () => {
    const path = join(root, 'deep', 'er', 'dreams.sqlite');
    const mask = process.umask(0);
    try {
      withStore((store) => {
        store.createDream(dream('drm_1'));
        store.acquireLock().release();
        for (const name of readdirSync(join(root, 'deep', 'er')))
          expect([name, statSync(join(root, 'deep', 'er', name)).mode & 0o777]).toEqual([name, 0o600]);
        expect(readdirSync(join(root, 'deep', 'er')).sort()).toEqual(
          ['', '-shm', '-wal', '.lock'].map((end) => `dreams.sqlite${end}`).sort(),
        );
      }, path);
    } finally {
      process.umask(mask);
    }
    expect([statSync(join(root, 'deep')).mode & 0o777, statSync(join(root, 'deep', 'er')).mode & 0o777]).toEqual([0o700, 0o700]);
  });

  it('reaches the same schema from an empty file and from every older one, and keeps the rows', () => {
    const schemaOf = (path: string) => {
      const db = new Database(path);
      const rows = db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
      const version = db.pragma('user_version', { simple: true });
      db.close();
      return { rows, version };
    };
    const newest = freshPath();
    withStore(() => null, newest);
    expect(schemaOf(newest).version).toBe(schemaVersion);
    for (let version = 0; version < schemaVersion; version++) {
      const path = freshPath();
      mkdirSync(join(path, '..'));
      const db = new Database(path);
      migrate(db, path, version);
      if (version > 0) db.prepare('INSERT INTO refusals (key) VALUES (?)').run('kept');
      db.close();
      expect(schemaOf(path).version).toBe(version);
      withStore((store) => expect([...store.refused()]).toEqual(version > 0 ? ['kept'] : []), path);
      expect(schemaOf(path)).toEqual(schemaOf(newest));
    }
  });

  it('refuses a database of a newer dreamfold and leaves it as it is', () => {
    const path = freshPath();
    withStore(() => null, path);
    const db = new Database(path);
    db.pragma(`user_version = ${schemaVersion + 1}`);
    db.close();
    const error = refusal(() => openStore(path));
    expect(error.exit).toBe('usage');
    expect(error.message).toBe(
      `${path} was written by a newer dreamfold (schema ${schemaVersion + 1}, this one knows ${schemaVersion}): update dreamfold, or pass another --db FILE`,
    );
  });

  it('refuses a database of another program', () => {
    const path = freshPath();
    mkdirSync(join(path, '..'));
    const db = new Database(path);
    db.exec('CREATE TABLE bookmarks (url TEXT)');
    db.close();
    expect(refusal(() => openStore(path)).message).toBe(`${path} is a database of another program: pass another --db FILE`);
  });

  it('says what is wrong with a file that is no database', () => {
    const folder = join(root, 'folder');
    mkdirSync(folder);
    const text = join(root, 'notes.md');
    writeFileSync(text, 'Just a note, and long enough to have a header. '.repeat(20));
    const tiny = join(root, 'tiny');
    writeFileSync(tiny, 'x');
    expect(refusal(() => openStore(folder)).message).toBe(`${folder} is a folder: pass a file to --db`);
    expect(refusal(() => openStore(text)).message).toBe(`${text} is no dreamfold database: pass another --db FILE`);
    expect(refusal(() => openStore(tiny)).message).toBe(`${tiny} is no dreamfold database: pass another --db FILE`);
    expect(refusal(() => openStore(join(text, 'dreams.sqlite'))).message).toContain('pass another --db FILE');
    expect(refusal(() => openStore(join(root, 'x'.repeat(300)))).message).toContain('is no place for a database');
    for (const path of [folder, text, tiny]) expect(refusal(() => openStore(path)).exit).toBe('usage');
  });

  it('takes an empty file as a new database', () => {
    const path = join(root, 'empty');
    writeFileSync(path, '');
    withStore((store) => store.createDream(dream('drm_1')), path);
    withStore((store) => expect(store.latestDream()?.id).toBe('drm_1'), path);
  });

  it('says that a damaged database is damaged', () => {
    const path = freshPath();
    withStore((store) => {
      store.createDream(dream('drm_1'));
      store.saveFiles('drm_1', 'input', [file('a.md', 'x'.repeat(200_000))]);
    }, path);
    const { size } = statSync(path);
    const db = new Database(path);
    const page = Number(db.pragma('page_size', { simple: true }));
    db.close();
    const bytes = new Uint8Array(size - page).fill(0xa5);
    writeFileSync(path, bytes, { flag: 'r+', flush: true });
    expect(refusal(() => withStore((store) => store.listDreams(), path)).message).toContain(`${path} is `);
  });

  it('says so where it may not write', {
    skip: process.platform === 'win32' || process.getuid?.() === 0,
  }, () => {
    const folder = join(root, 'closed');
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    expect(refusal(() => openStore(join(folder, 'dreams.sqlite'))).message).toContain('check the permissions');
  });

  it('lets processes that start at the same moment all open a new one', async () => {
    const path = freshPath();
    const script = `process.stdin.once('data', () => { const store = openStore(args[0]); store.refuse([args[1]]); store.close(); console.log('ok'); process.exit(); }); console.log('ready');`;
    const racers = ['a', 'b', 'c', 'd'].map((name) => start(script, path, name));
    for (const racer of racers) expect(await line(racer)).toBe('ready');
    for (const racer of racers) racer.child.stdin?.write('go\n');
    for (const racer of racers) expect(await line(racer)).toBe('ok');
    withStore((store) => expect([...store.refused()].sort()).toEqual(['a', 'b', 'c', 'd']), path);
  });
});

describe('the lock of a run', () => {
  it('is held by one caller at a time, also within one process', () => {
    const path = freshPath();
    withStore((store) => {
      const lock = store.acquireLock();
      const error = refusal(() => store.acquireLock());
      expect(error.exit).toBe('locked');
      expect(error.message).toBe(`another dreamfold run is using ${path}: wait for it, or pass another --db FILE`);
      withStore((other) => expect(refusal(() => other.acquireLock()).exit).toBe('locked'), path);
      lock.release();
      lock.release();
      store.acquireLock().release();
    }, path);
  });

  it('is held against another process, which can still read, and is free when that process is killed', async () => {
    const path = freshPath();
    const holder = start(`openStore(args[0]).acquireLock(); console.log('held'); setInterval(() => {}, 1000);`, path);
    expect(await line(holder)).toBe('held');
    await new Promise((done) => setTimeout(done, 5));
    withStore((store) => {
      expect(refusal(() => store.acquireLock()).exit).toBe('locked');
      expect(refusal(() => store.acquireLock()).exit).toBe('locked');
      expect(store.listDreams()).toEqual([]);
    }, path);
    holder.child.kill('SIGKILL');
    await once(holder.child, 'exit');
    withStore((store) => store.acquireLock().release(), path);
  });

  it('goes to exactly one of several processes that race for it', async () => {
    const path = freshPath();
    withStore(() => null, path);
    const script = `const store = openStore(args[0]);
      process.stdin.once('data', () => { try { store.acquireLock(); console.log('held'); } catch (error) { console.log(error.exit); } });
      console.log('ready');`;
    const racers = [start(script, path), start(script, path), start(script, path)];
    for (const racer of racers) expect(await line(racer)).toBe('ready');
    for (const racer of racers) racer.child.stdin?.write('go\n');
    const said = await Promise.all(racers.map(line));
    expect(said.sort()).toEqual(['held', 'locked', 'locked']);
    for (const racer of racers) racer.child.kill('SIGKILL');
  });
});

describe('dreams', () => {
  it('come back as they were written, newest first', () => {
    withStore((store) => {
      expect(store.latestDream()).toBeNull();
      expect(store.getDream('drm_1')).toBeNull();
      const full = dream('drm_2', {
        status: 'completed',
        format: 'claude-memory',
        storeSingle: true,
        endedAt: '2026-03-02T00:00:00.000Z',
        error: { type: 'unreadable', message: 'a "quote"' },
        summary: { memories: 3, seconds: { read: 0.5 } },
        out: '/out',
        applied: { mode: 'to', at: '2026-03-03T00:00:00.000Z', path: '/there' },
        discarded: true,
        cancelRequested: true,
      });
      store.createDream(dream('drm_9'));
      store.createDream(full);
      expect(store.getDream('drm_9')).toEqual(dream('drm_9'));
      expect(store.latestDream()).toEqual(full);
      expect(store.listDreams()).toEqual([full, dream('drm_9')]);
    });
  });

  it('a patch changes what it names and nothing else', () => {
    withStore((store) => {
      store.createDream(dream('drm_1'));
      store.requestCancel('drm_1');
      store.updateDream('drm_1', {
        status: 'canceled',
        endedAt: '2026-03-02T00:00:00.000Z',
        summary: [1, 'two'],
      });
      expect(store.getDream('drm_1')).toEqual(
        dream('drm_1', {
          status: 'canceled',
          endedAt: '2026-03-02T00:00:00.000Z',
          summary: [1, 'two'],
          cancelRequested: true,
        }),
      );
      expect(refusal(() => store.updateDream('drm_7', { status: 'failed' })).exit).toBe('notFound');
    });
  });

  it('another process asks a running one to stop', async () => {
    const path = freshPath();
    const store = openStore(path);
    store.createDream(dream('drm_1', { status: 'running' }));
    expect(store.isCancelRequested('drm_1')).toBe(false);
    const other = start(`const store = openStore(args[0]); store.requestCancel('drm_1'); store.close(); console.log('asked');`, path);
    expect(await line(other)).toBe('asked');
    expect(store.isCancelRequested('drm_1')).toBe(true);
    expect(store.isCancelRequested('drm_2')).toBe(false);
    expect(refusal(() => store.requestCancel('drm_2')).exit).toBe('notFound');
    store.close();
  });

  it('a row that someone else spoiled is an error that names the file', () => {
    const path = freshPath();
    withStore((store) => store.createDream(dream('drm_1')), path);
    const db = new Database(path);
    db.prepare('UPDATE dreams SET settings = ?').run('{"store":');
    db.close();
    withStore(
      (store) =>
        expect(refusal(() => store.getDream('drm_1')).message).toContain(`${path} holds a dream that cannot be read (settings: not JSON)`),
      path,
    );
  });

  it('deleting one removes its rows and only those bytes that no other dream uses', () => {
    const path = freshPath();
    withStore((store) => {
      for (const id of ['drm_1', 'drm_2']) {
        store.createDream(dream(id));
        store.saveFiles(id, 'input', [file('both.md', 'in both'), file(`${id}.md`, `only in ${id}`)]);
        store.saveChanges(id, [planned(`chg_${id}`)]);
        store.saveFindings(id, [{ kind: 'secret', path: 'a.md', line: 3, message: 'a key' }]);
        store.saveProblems(id, [{ kind: 'torn', path: 's.jsonl', line: null, message: 'torn' }]);
        store.saveCheckpoint(id, 'read', { done: true });
      }
      store.refuse(['never again']);
      expect(store.deleteDream('drm_1')).toBe(true);
      expect(store.deleteDream('drm_1')).toBe(false);
      store.vacuum();
      expect(store.getDream('drm_1')).toBeNull();
      expect([store.loadFiles('drm_1', 'input'), store.changesOf('drm_1'), store.findingsOf('drm_1'), store.problemsOf('drm_1')]).toEqual([
        [],
        [],
        [],
        [],
      ]);
      expect(store.checkpoint('drm_1', 'read', z.unknown())).toBeNull();
      expect(plain(store.loadFiles('drm_2', 'input'))).toEqual(plain([file('both.md', 'in both'), file('drm_2.md', 'only in drm_2')]));
      expect(store.changesOf('drm_2')).toHaveLength(1);
      expect([...store.refused()]).toEqual(['never again']);
    }, path);
    const db = new Database(path);
    expect(db.prepare('SELECT count(*) AS n FROM blobs').get()).toEqual({
      n: 2,
    });
    db.close();
  });

  it('deleting everything leaves an unfinished apply', () => {
    withStore((store) => {
      store.createDream(dream('drm_1'));
      store.saveFiles('drm_1', 'input', [file('a.md', 'a')]);
      store.vectors.put('m', [{ key: 'k', vector: new Float32Array([1]) }]);
      store.saveVerdicts([{ key: '01', verdict: verdict() }]);
      store.refuse(['r']);
      store.journal(z.string()).begin('plan');
      store.deleteAll();
      store.vacuum();
      expect([store.listDreams(), [...store.refused()], store.vectors.get('m', ['k']), store.verdicts(['01'])]).toEqual([
        [],
        [],
        [null],
        [null],
      ]);
      expect(store.journal(z.string()).pending()).toBe('plan');
    });
  });
});

describe('files', () => {
  const path = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });

  it('come back to the byte, in path order, also empty ones', () => {
    const sets = fc.uniqueArray(
      fc.record({
        path,
        text: fc.constantFrom('', 'same', '\u{feff}bom\r\n', 'other'),
      }),
      { selector: (one) => one.path },
    );
    withStore((store) => {
      store.createDream(dream('drm_1'));
      fc.assert(
        fc.property(sets, fc.constantFrom('input' as const, 'output' as const), (set, role) => {
          const files = set.map((one) => file(one.path, one.text));
          store.saveFiles('drm_1', role, files);
          expect(plain(store.loadFiles('drm_1', role))).toEqual(plain([...files].sort((a, b) => compareText(a.path, b.path))));
        }),
        { numRuns: 60 },
      );
    });
  });

  it('of input and output stand beside each other', () => {
    withStore((store) => {
      store.createDream(dream('drm_1'));
      store.saveFiles('drm_1', 'input', [file('a.md', 'old'), file('b.md', 'same')]);
      store.saveFiles('drm_1', 'output', [file('b.md', 'same')]);
      store.saveFiles('drm_1', 'output', []);
      expect(store.loadFiles('drm_1', 'output')).toEqual([]);
      expect(plain(store.loadFiles('drm_1', 'input'))).toEqual(plain([file('a.md', 'old'), file('b.md', 'same')]));
    });
  });

  it('whose bytes have changed under us are not given out', () => {
    const place = freshPath();
    withStore((store) => {
      store.createDream(dream('drm_1'));
      store.saveFiles('drm_1', 'input', [file('a.md', 'old')]);
    }, place);
    const db = new Database(place);
    db.prepare('UPDATE blobs SET bytes = ?').run(Buffer.from('new'));
    db.close();
    withStore((store) => expect(refusal(() => store.loadFiles('drm_1', 'input')).message).toContain('a.md'), place);
  });
});

describe('changes', () => {
  it('come back as they were written, in their order, and are replaced as a whole', () => {
    withStore((store) => {
      store.createDream(dream('drm_1'));
      const set = ['chg_c', 'chg_a', 'chg_b'].map((id) => planned(id));
      const insight = planned('chg_i', {
        kind: 'insight',
        before: [],
        relation: null,
        insight: 'mistake',
        support: 3,
        after: { path: 'a.md', line: null, text: 'x' },
      });
      store.saveChanges('drm_1', set);
      store.saveChanges('drm_1', [insight, ...set]);
      expect(store.changesOf('drm_1')).toEqual([insight, ...set]);
      store.saveChanges('drm_1', []);
      expect(store.changesOf('drm_1')).toEqual([]);
    });
  });

  it('are decided all together or not at all, and edited in place', () => {
    withStore((store) => {
      store.createDream(dream('drm_1'));
      store.saveChanges('drm_1', [planned('chg_a'), planned('chg_b')]);
      store.setStatus('drm_1', ['chg_b'], 'approved');
      expect(refusal(() => store.setStatus('drm_1', ['chg_a', 'chg_x'], 'rejected')).exit).toBe('notFound');
      const edited = planned('chg_a', {
        reason: 'Mine.',
        decided_by: 'person',
        status: 'approved',
      });
      store.updateChange('drm_1', edited);
      expect(refusal(() => store.updateChange('drm_1', planned('chg_x'))).exit).toBe('notFound');
      expect(store.changesOf('drm_1')).toEqual([edited, planned('chg_b', { status: 'approved' })]);
    });
  });

  it('findings and problems are kept apart', () => {
    withStore((store) => {
      store.createDream(dream('drm_1'));
      store.saveFindings('drm_1', [{ kind: 'secret', path: 'a.md', line: 3, message: 'a key' }]);
      store.saveProblems('drm_1', [{ kind: 'torn', path: 's.jsonl', line: null, message: 'torn' }]);
      expect(store.findingsOf('drm_1')).toEqual([{ kind: 'secret', path: 'a.md', line: 3, message: 'a key' }]);
      expect(store.problemsOf('drm_1')).toEqual([{ kind: 'torn', path: 's.jsonl', line: null, message: 'torn' }]);
    });
  });

  it('refusals can be taken back', () => {
    withStore((store) => {
      store.refuse(['a', 'b', 'a']);
      store.unrefuse(['a', 'c']);
      expect([...store.refused()]).toEqual(['b']);
    });
  });

  it('a process that is killed while it writes leaves the old set or the new one', async () => {
    const path = freshPath();
    withStore((store) => store.createDream(dream('drm_1')), path);
    const script = `const store = openStore(args[0]); const base = JSON.parse(args[1]);
      for (let round = 0; ; round++) {
        store.saveChanges('drm_1', Array.from({ length: 40 }, (_, at) => ({
          change: { ...base.change, id: 'chg_' + round + '_' + at, reason: String(round) }, effect: base.effect })));
        if (round === 3) console.log('writing');
      }`;
    for (const waitMs of [0, 3, 9, 21]) {
      const writer = start(script, path, JSON.stringify(planned('chg_x')));
      expect(await line(writer)).toBe('writing');
      await new Promise((done) => setTimeout(done, waitMs));
      writer.child.kill('SIGKILL');
      await once(writer.child, 'exit');
      withStore((store) => {
        const found = store.changesOf('drm_1');
        expect(found).toHaveLength(40);
        expect(new Set(found.map((one) => one.change.reason)).size).toBe(1);
      }, path);
      const db = new Database(path);
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      db.close();
    }
  });
});

describe('vectors', () => {
  it('come back bit for bit by model and key', () => {
    withStore((store) => {
      const vector = fc.float32Array({ minLength: 1, maxLength: 40 });
      fc.assert(
        fc.property(
          fc.constantFrom('m1', 'm2'),
          fc.uniqueArray(fc.tuple(fc.string(), vector), {
            selector: ([key]) => key,
          }),
          (model, rows) => {
            store.vectors.put(
              model,
              rows.map(([key, value]) => ({ key, vector: value })),
            );
            const found = store.vectors.get(
              model,
              rows.map(([key]) => key),
            );
            expect(found.map((one) => (one === null ? null : [...new Uint8Array(one.buffer)]))).toEqual(
              rows.map(([, value]) => [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]),
            );
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  it('a text that was never embedded by this model has none, and a view into a larger buffer keeps its own part only', () => {
    withStore((store) => {
      const all = new Float32Array([1, 2, 3, 4]);
      store.vectors.put('m', [{ key: 'a', vector: all.subarray(1, 3) }]);
      store.vectors.put('m', []);
      const found = store.vectors.get('m', ['b', 'a', 'a']);
      expect(found).toEqual([null, new Float32Array([2, 3]), new Float32Array([2, 3])]);
      expect(store.vectors.get('other', ['a'])).toEqual([null]);
    });
  });
});

describe('verdicts', () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  const some = fc.record({
    relation: fc.constantFrom(...relations),
    keep: fc.constantFrom('a', 'b', 'both', 'either', 'none'),
    confidence: probability,
    probabilities: fc.record({ duplicate: probability, refines: probability, conflict: probability, distinct: probability }),
    decidedBy: fc.constantFrom('rule', 'model', 'claude', 'person'),
    ambiguous: fc.boolean(),
    reason: fc.string({ unit: 'grapheme' }),
  });

  it('come back to the bit, in the order of the keys', () => {
    withStore((store) => {
      fc.assert(
        fc.property(fc.array(some, { minLength: 1, maxLength: 4 }), (verdicts) => {
          const rows = verdicts.map((one, at) => ({ key: `0${at}`, verdict: one }));
          store.saveVerdicts(rows);
          expect(store.verdicts([...rows.map(({ key }) => key), 'ff'].reverse())).toEqual([null, ...verdicts.toReversed()]);
        }),
        { numRuns: 60 },
      );
    });
  });

  it('of the dreams that used them last stay', () => {
    withStore((store) => {
      const keys = ['01', '02', '03', '04'];
      store.saveVerdicts(keys.slice(0, 3).map((key) => ({ key, verdict: verdict() })));
      for (let at = 0; at < 10; at++) store.createDream(dream(`drm_used_${at}`));
      store.saveVerdicts([{ key: '04', verdict: verdict() }]);
      store.verdicts(['02']);
      store.trimVerdicts(4);
      expect(store.verdicts(keys).filter((one) => one !== null)).toHaveLength(4);
    });
    withStore((store) => {
      store.saveVerdicts(['01', '02'].map((key) => ({ key, verdict: verdict() })));
      for (let at = 0; at < 10; at++) store.createDream(dream(`drm_used_${at}`));
      store.saveVerdicts([{ key: '03', verdict: verdict() }]);
      store.verdicts(['02']);
      store.trimVerdicts(1);
      expect(store.verdicts(['01', '02', '03'])).toEqual([null, verdict(), verdict()]);
    });
  });

  it('of another form cannot be written by another program', () => {
    const path = freshPath();
    withStore((store) => store.saveVerdicts([{ key: '01', verdict: verdict() }]), path);
    const db = new Database(path);
    for (const set of ['kind = 160', 'kind = -1', "confidence = 'sure'", 'reason = NULL'])
      expect(() => db.exec(`UPDATE verdicts SET ${set}`), set).toThrow(/constraint|cannot store/);
    db.close();
  });
});

describe('times that were moved', () => {
  it('are kept by text', () => {
    withStore((store) => {
      store.saveMovedTimes([{ textKey: 'a', at: '2026-01-01T00:00:00Z' }]);
      store.saveMovedTimes([{ textKey: 'a', at: '2026-02-01T00:00:00Z' }]);
      expect([store.movedTime('a'), store.movedTime('b')]).toEqual(['2026-02-01T00:00:00Z', null]);
    });
  });
});

describe('the journal', () => {
  const plan = z.object({ dream: z.string(), steps: z.array(z.string()) });

  it('holds one plan until it is ended', () => {
    withStore((store) => {
      const journal = store.journal(plan);
      expect(journal.pending()).toBeNull();
      journal.begin({ dream: 'drm_1', steps: ['a'] });
      journal.begin({ dream: 'drm_1', steps: ['a', 'b'] });
      expect(journal.pending()).toEqual({ dream: 'drm_1', steps: ['a', 'b'] });
      expect(refusal(() => store.journal(z.number()).pending()).message).toContain('holds a plan that cannot be read');
      journal.end();
      journal.end();
      expect(journal.pending()).toBeNull();
    });
  });

  it('is found again after the process was killed', async () => {
    const path = freshPath();
    const script = `const { z } = await import(args[1]); openStore(args[0]).journal(z.unknown()).begin({ dream: 'drm_1', steps: ['b'] });
      console.log('begun'); setInterval(() => {}, 1000);`;
    const writer = start(script, path, import.meta.resolve('zod'));
    expect(await line(writer)).toBe('begun');
    writer.child.kill('SIGKILL');
    await once(writer.child, 'exit');
    withStore(
      (store) =>
        expect(store.journal(plan).pending()).toEqual({
          dream: 'drm_1',
          steps: ['b'],
        }),
      path,
    );
  });
});

/** Every verb on a store that is fresh, closed, or asked about a dream that is not there. */
const verbs: readonly (readonly [name: string, call: (store: DreamStore) => unknown, onMissing: 'value' | 'notFound'])[] = [
  ['createDream', (store) => store.createDream(dream(`drm_${++count}`)), 'value'],
  ['updateDream', (store) => store.updateDream('drm_0', { status: 'failed' }), 'notFound'],
  ['getDream', (store) => store.getDream('drm_0'), 'value'],
  ['latestDream', (store) => store.latestDream(), 'value'],
  ['listDreams', (store) => store.listDreams(), 'value'],
  ['requestCancel', (store) => store.requestCancel('drm_0'), 'notFound'],
  ['isCancelRequested', (store) => store.isCancelRequested('drm_0'), 'value'],
  ['deleteDream', (store) => store.deleteDream('drm_0'), 'value'],
  ['deleteAll', (store) => store.deleteAll(), 'value'],
  ['vacuum', (store) => store.vacuum(), 'value'],
  ['saveFiles', (store) => store.saveFiles('drm_0', 'input', [file('a.md', 'a')]), 'notFound'],
  ['loadFiles', (store) => store.loadFiles('drm_0', 'input'), 'value'],
  ['saveChanges', (store) => store.saveChanges('drm_0', [planned('chg_1')]), 'notFound'],
  ['changesOf', (store) => store.changesOf('drm_0'), 'value'],
  ['setStatus', (store) => store.setStatus('drm_0', ['chg_1'], 'approved'), 'notFound'],
  ['updateChange', (store) => store.updateChange('drm_0', planned('chg_1')), 'notFound'],
  ['saveFindings', (store) => store.saveFindings('drm_0', [{ kind: 'secret', path: 'a', line: 1, message: 'm' }]), 'notFound'],
  ['findingsOf', (store) => store.findingsOf('drm_0'), 'value'],
  ['saveProblems', (store) => store.saveProblems('drm_0', [{ kind: 'torn', path: 'a', line: 1, message: 'm' }]), 'notFound'],
  ['problemsOf', (store) => store.problemsOf('drm_0'), 'value'],
  ['refuse', (store) => store.refuse(['a']), 'value'],
  ['unrefuse', (store) => store.unrefuse(['a']), 'value'],
  ['refused', (store) => store.refused(), 'value'],
  ['saveMovedTimes', (store) => store.saveMovedTimes([{ textKey: 'a', at: 'b' }]), 'value'],
  ['movedTime', (store) => store.movedTime('a'), 'value'],
  ['saveCalibration', (store) => store.saveCalibration({ model: 'm@1', kind: 'similarity', at: 'b', value: 1 }), 'value'],
  ['calibration', (store) => store.calibration('m@1', 'similarity', z.number()), 'value'],
  ['listCalibrations', (store) => store.listCalibrations(), 'value'],
  ['vectors.get', (store) => store.vectors.get('m', ['a']), 'value'],
  ['vectors.put', (store) => store.vectors.put('m', [{ key: 'a', vector: new Float32Array(2) }]), 'value'],
  ['verdicts', (store) => store.verdicts(['ab']), 'value'],
  ['saveVerdicts', (store) => store.saveVerdicts([{ key: 'ab', verdict: verdict() }]), 'value'],
  ['trimVerdicts', (store) => store.trimVerdicts(1), 'value'],
  ['reading', (store) => store.reading('n', 'c', z.unknown()), 'value'],
  ['saveReading', (store) => store.saveReading('n', 'c', {}), 'value'],
  ['sweepVerdicts', (store) => store.sweepVerdicts(), 'value'],
  ['sweepReadings', (store) => store.sweepReadings(), 'value'],
  ['trimReadings', (store) => store.trimReadings(1), 'value'],
  ['journal.begin', (store) => store.journal(z.string()).begin('x'), 'value'],
  ['journal.pending', (store) => store.journal(z.string()).pending(), 'value'],
  ['journal.end', (store) => store.journal(z.string()).end(), 'value'],
  ['answers', (store) => store.answers({ question: 'q', model: 'm' }, ['a:b'], z.string()), 'value'],
  ['saveCall', (store) => store.saveCall('drm_0', {}, { question: 'q', model: 'm' }, []), 'notFound'],
  ['updateCall', (store) => store.updateCall(1, {}), 'value'],
  ['callsOf', (store) => store.callsOf('drm_0', z.unknown()), 'value'],
  ['saveBatch', (store) => store.saveBatch('msgbatch_1', 'drm_0', {}), 'notFound'],
  ['removeBatch', (store) => store.removeBatch('msgbatch_1'), 'value'],
  ['batchesOf', (store) => store.batchesOf('drm_0', z.unknown()), 'value'],
  ['saveCheckpoint', (store) => store.saveCheckpoint('drm_0', 'a', 1), 'notFound'],
  ['checkpoint', (store) => store.checkpoint('drm_0', 'a', z.number()), 'value'],
];

describe('every verb', () => {
  for (const [name, call, onMissing] of verbs) {
    it(`${name}: fresh, closed, missing dream`, () => {
      withStore((store) => {
        if (onMissing === 'value') call(store);
        else expect(refusal(() => call(store)).exit).toBe(onMissing);
      });
      const store = openStore(freshPath());
      store.close();
      store.close();
      expect(() => call(store)).toThrow('The database connection is not open');
    });
  }

  it('is in the matrix', () => {
    const names = Object.getOwnPropertyNames(withStore((store) => Object.getPrototypeOf(store)));
    const rest = ['constructor', 'close', 'acquireLock', 'journal'];
    const tested = verbs.map(([name]) => name).filter((name) => !name.includes('.'));
    expect(names.filter((name) => !rest.includes(name)).sort()).toEqual(tested.sort());
  });

  it('closes with `using`', () => {
    const path = freshPath();
    const store = openStore(path);
    store[Symbol.dispose]();
    expect(() => store.listDreams()).toThrow();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });
});
