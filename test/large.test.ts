/** `dedupe` of files large enough for cells, threads and first looks; and what small commands do not load. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DedupeResult, openDreamfold } from '../dist/api.js';
import { claimOf, makeEntries } from '../dist/bench/generate.js';
import type { ProgressEvent, RunContext } from '../dist/context.js';
import { loadWordVectors } from '../dist/embed/words.js';
import { Glances, lookAtAll } from '../dist/pipeline/glances.js';
import { newFolder } from './cli-run.js';

const folder = newFolder();
const main = resolve(import.meta.dirname, '..', 'dist', 'cli', 'main.js');

function writeEntries(count: number): string {
  const file = join(folder, `made-${count}.jsonl`);
  writeFileSync(file, [...makeEntries(count, 3)].map(({ id, text }) => `${JSON.stringify({ id, text })}\n`).join(''));
  return file;
}

async function dedupe(settings: object, threads = 2): Promise<DedupeResult> {
  const library = openDreamfold({ db: join(newFolder(), 'x.db'), now: () => '2026-06-01T00:00:00.000Z', threads, offline: true });
  try {
    return await library.dedupe({ llm: 'off', ...settings });
  } finally {
    library.close();
  }
}

const dropsOf = ({ report }: DedupeResult) => report.groups.flatMap(({ dropped }) => dropped);

describe('a large file by similarity', () => {
  it('loses in cells what an exact scan loses, with any number of threads', async () => {
    const file = writeEntries(13_000);
    const exact = dropsOf(await dedupe({ file, by: 'similarity', threshold: 0.85, index: 'scan' }));
    const [one, four] = [
      await dedupe({ file, by: 'similarity', threshold: 0.85 }, 1),
      await dedupe({ file, by: 'similarity', threshold: 0.85 }, 4),
    ];
    expect(one.report.groups).toEqual(four.report.groups);
    expect(Buffer.compare(one.output, four.output)).toBe(0);
    const found = new Set(dropsOf(one).map(({ line }) => line));
    expect(exact.length).toBeGreaterThan(2000);
    expect(exact.filter(({ line }) => found.has(line)).length / exact.length).toBeGreaterThanOrEqual(0.995);
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(Buffer.from(one.output).toString('utf8')).toBe(lines.filter((_, at) => !found.has(at + 1)).join('\n'));
  }, 60_000);

  it('drops nothing for a record of another owner', async () => {
    const file = join(folder, 'owners.jsonl');
    const texts = ['The build runs on Node 20 in CI, with pnpm.', 'the build runs on Node 20 in CI with pnpm'];
    const lines = ['ann', 'ben'].flatMap((user_id) => texts.map((text) => `${JSON.stringify({ text, user_id })}\n`));
    writeFileSync(file, lines.join(''));
    const { report } = await dedupe({ file, by: 'similarity', threshold: 0.8 });
    expect(report.groups.map(({ kept, dropped }) => [kept, dropped.map(({ line }) => line)])).toEqual([
      [1, [2]],
      [3, [4]],
    ]);
  });

  it('is at once done with one text again and again', async () => {
    const file = join(folder, 'copies.jsonl');
    writeFileSync(file, '{"text":"Deploys need two approvals, also on Fridays."}\n'.repeat(50_000));
    const { report } = await dedupe({ file, by: 'similarity' });
    expect([report.records, report.kept]).toEqual([50_000, 1]);
  });
});

describe('a large file by meaning', () => {
  it('loses copies by a first look, and no other value or subject', async () => {
    const count = 4000;
    const entries = [...makeEntries(count, 3)];
    const truth = { kinds: entries.map(({ kind }) => kind), origins: Int32Array.from(entries, ({ origin }) => origin) };
    const result = await dedupe({ file: writeEntries(count), by: 'meaning' });
    const drops = dropsOf(result);
    const right = drops.filter(({ line, to }) => claimOf(truth, line - 1) === claimOf(truth, to - 1));
    expect(drops.length).toBeGreaterThan(300);
    expect(right.length / drops.length).toBeGreaterThanOrEqual(0.98);
  }, 60_000);
});

describe('pairs that a first look leaves open', () => {
  const texts = ['Deploys happen on Tuesday.', 'We deploy each Tuesday.', 'Releases go out on Tuesdays.', 'Tuesday is when we ship.'];
  const rows = texts.map((text) => ({ text, key: text, time: null, statement: null, spoken: null }));
  const candidates = rows.flatMap((_, a) => rows.slice(a + 1).map((_other, i) => ({ a, b: a + 1 + i, similarity: 0.9 })));
  const glances = new Glances(loadWordVectors(), rows, 'normal');
  const lookAt = (most: number) => {
    const events: ProgressEvent[] = [];
    const context: RunContext = {
      signal: new AbortController().signal,
      report: (event) => events.push(event),
      now: '2026-06-01T00:00:00.000Z',
      clockMs: () => 0,
      seed: 1,
      threads: 1,
    };
    return lookAtAll(glances, candidates, most, context).then((pairs) => ({
      pairs,
      warnings: events.filter(({ kind }) => kind === 'warning'),
    }));
  };

  it('are judged as far as the number goes, likeliest first, and the user is told of the rest', async () => {
    const all = await lookAt(100);
    expect(all.warnings).toEqual([]);
    const open = all.pairs.filter(({ a, b }) => glances.of(a, b).outcome === 'open');
    expect(open.length).toBeGreaterThan(1);
    const one = await lookAt(1);
    expect(one.pairs).toHaveLength(all.pairs.length - open.length + 1);
    expect(one.warnings).toHaveLength(1);
    const likeliest = Math.max(...open.map(({ a, b }) => glances.of(a, b).probability));
    expect(one.pairs.some(({ a, b }) => glances.of(a, b).probability === likeliest)).toBe(true);
  });

  it('are all that may go where care is asked for', () => {
    const twice = ['We like dark mode.', 'we like dark mode!'].map((text) => ({
      text,
      key: text,
      time: null,
      statement: null,
      spoken: null,
    }));
    expect(new Glances(loadWordVectors(), twice, 'normal').of(0, 1).outcome).toBe('same');
    expect(new Glances(loadWordVectors(), twice, 'careful').of(0, 1).outcome).toBe('open');
  });
});

describe('--version and --help', () => {
  it.each(['--version', '--help'])('of %s load no native part and start no thread', (flag) => {
    const watch = `data:text/javascript,${encodeURIComponent(
      "process.on('exit', () => process.stderr.write(JSON.stringify({ libraries: process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node')), threads: process.report.getReport().workers.length })))",
    )}`;
    const { status, stderr } = spawnSync(process.execPath, ['--import', watch, main, flag], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(JSON.parse(stderr)).toEqual({ libraries: [], threads: 0 });
  });
});
