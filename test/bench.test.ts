/** `dreamfold bench`: the truth of made stores, the figures over runs, and the command itself on a tiny store. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BenchResult, BenchRun } from '../dist/api.js';
import { exponent, growthOf, median, ratiosOf } from '../dist/bench/figures.js';
import { claimOf, type Entry, entryAt, makeEntries, usualShares } from '../dist/bench/generate.js';
import { drawCurves } from '../dist/bench/picture.js';
import { scoreDrops } from '../dist/bench/quality.js';
import { measureRecall, usualRows } from '../dist/bench/recall.js';
import { newFolder, run, start } from './cli-run.js';

const entries = [...makeEntries(5000, 1)];
const ofKind = (kind: Entry['kind']) => entries.filter((entry) => entry.kind === kind);
const originalOf = (entry: Entry) => entries[entry.origin]?.text ?? '';
const words = (text: string) => text.split(' ').length;

describe('a made store', () => {
  it('depends on the seed and the number of the entry alone', () => {
    expect([...makeEntries(5000, 1)]).toEqual(entries);
    expect([...makeEntries(500, 1)]).toEqual(entries.slice(0, 500));
    fc.assert(
      fc.property(fc.nat(4999), (at) => {
        expect(entryAt(at, 1)).toEqual(entries[at]);
      }),
    );
    expect(entryAt(7, 2).text).not.toBe(entries[7]?.text);
  });

  it('holds each kind in its share, and texts of about 20 words', () => {
    for (const [kind, share] of Object.entries(usualShares)) {
      const found = entries.filter((entry) => entry.kind === kind).length / entries.length;
      expect(Math.abs(found - share), kind).toBeLessThan(0.02);
    }
    const mean = entries.reduce((sum, { text }) => sum + words(text), 0) / entries.length;
    expect(mean).toBeGreaterThan(17);
    expect(mean).toBeLessThan(25);
    expect(entries.filter(({ text }) => /[{}]|undefined/.test(text))).toEqual([]);
  });

  it('has originals that differ from each other, and an earlier original behind everything else', () => {
    const originals = ofKind('original');
    expect(new Set(originals.map(({ text }) => text)).size).toBe(originals.length);
    for (const [at, entry] of entries.entries()) {
      expect(entries[entry.origin]?.kind).toBe('original');
      if (entry.kind === 'original') expect(entry.origin).toBe(at);
      else expect(entry.origin).toBeLessThan(at);
    }
  });

  it('edits, says otherwise and changes what the truth says it does', () => {
    for (const entry of entries) if (entry.kind !== 'original') expect(entry.text).not.toBe(originalOf(entry));
    const numbers = (text: string) => (text.match(/\d+(?:[.:]\d+)*/gu) ?? []).toSorted();
    for (const entry of ofKind('paraphrased')) expect(numbers(entry.text), entry.text).toEqual(numbers(originalOf(entry)));
    // One slot of the main clause is another; what stands behind it is as it was.
    for (const entry of [...ofKind('changed'), ...ofKind('lookalike')])
      expect(entry.text.split(', ').slice(1), entry.text).toEqual(originalOf(entry).split(', ').slice(1));
  });
});

describe('scores against the truth', () => {
  const truth = {
    kinds: ['original', 'edited', 'paraphrased', 'changed', 'lookalike', 'original'] as const,
    origins: Int32Array.of(0, 0, 0, 0, 0, 5),
  };
  const score = (...groups: readonly { kept: number; dropped: readonly number[] }[]) =>
    scoreDrops({ groups: groups.map(({ kept, dropped }) => ({ kept, dropped: dropped.map((line) => ({ line })) })) }, truth);

  it('counts entries of one claim as one', () => {
    expect([0, 1, 2, 3, 4, 5].map((at) => claimOf(truth, at))).toEqual([0, 0, 0, 3, 4, 5]);
  });

  it('tells right drops from the three kinds of wrong ones', () => {
    expect(score({ kept: 1, dropped: [2, 3, 4, 5, 6] })).toEqual({
      dropped: 5,
      right: 2,
      precision: 0.4,
      duplicates: 2,
      recall: 1,
      found: { edited: 1, paraphrased: 1 },
      wrong: { changed: 1, lookalike: 1, other: 1 },
      traps: { changed: 1, lookalike: 1 },
    });
  });

  it('does not mind which record of a claim was kept', () => {
    expect(score({ kept: 2, dropped: [1] })).toMatchObject({ right: 1, recall: 0.5, found: { edited: 1, paraphrased: 0 } });
    expect(score()).toMatchObject({ dropped: 0, precision: null, recall: 0 });
  });
});

describe('figures over runs', () => {
  const figure = (size: number, index: BenchRun['index'], seconds: number, stage: number): BenchRun => ({
    by: 'similarity',
    index,
    size,
    seconds,
    fastest: seconds,
    slowest: seconds,
    records_per_second: 1,
    stages: { index: stage },
    peak_rss_mb: 1,
    quality: scoreDrops({ groups: [] }, { kinds: [], origins: new Int32Array(0) }),
  });
  const runs = [
    figure(1000, 'auto', 1, 0.1),
    figure(1000, 'scan', 2, 0.001),
    figure(10_000, 'auto', 10, 10),
    figure(10_000, 'scan', 80, 60),
  ];

  it('are medians, exponents and ratios', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect(exponent([1000, 1], [10_000, 100])).toBe(2);
    expect(exponent([1000, 0.001], [10_000, 100])).toBeNull();
    expect(growthOf(runs)).toMatchObject([
      { index: 'auto', from: 1000, to: 10_000, seconds: 1, stages: { index: 2 } },
      { index: 'scan', from: 1000, to: 10_000, seconds: 1.6, stages: { index: null } },
    ]);
    expect(ratiosOf(runs, 'exhaustive')).toMatchObject([
      { size: 1000, seconds: 2, index: null },
      { size: 10_000, seconds: 8, index: 6 },
    ]);
    expect(ratiosOf(runs, null)).toEqual([]);
  });

  it('count what an exact search would find, of all rows or a sample', async () => {
    const context = { signal: new AbortController().signal, report: () => undefined, now: '', clockMs: () => 0, seed: 1, threads: 1 };
    const texts = entries.slice(0, 200).map(({ text }) => text);
    const [all] = await measureRecall(texts, { methods: ['scan'], rows: 200 }, context);
    expect(all).toMatchObject({ size: 200, rows: 200, recall: 1 });
    expect(all?.pairs).toBeGreaterThan(50);
    const [some] = await measureRecall(texts, { methods: ['hnsw'], rows: 50 }, context);
    expect(some).toMatchObject({ rows: 50, index: 'hnsw' });
    expect(some?.pairs).toBeLessThan(all?.pairs ?? 0);
    expect([usualRows(1000), usualRows(20_000), usualRows(1_000_000)]).toEqual([1000, 20_000, 400]);
  });
});

describe('the command', () => {
  const cwd = newFolder();
  /** The folder for work in progress is made there, so that the test sees whether it is left behind. */
  const env = { TMPDIR: newFolder() };

  it('prints a table, and keeps table, JSON and picture', async () => {
    const args = ['bench', '--sizes', '100,300', '--against', 'exhaustive', '--out', 'results'];
    const { code, stdout, stderr } = await run(args, { cwd, env });
    expect({ code, stderr: stderr.includes('measure: done, 600 records') }).toEqual({ code: 0, stderr: true });
    for (const part of [
      'Time of a cold process',
      'Seconds by stage',
      'the rival divided by ours',
      'Quality',
      'that the index finds',
      'Next',
    ])
      expect(stdout).toContain(part);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(readdirSync(join(cwd, 'results')).sort()).toEqual(['curves.svg', 'results.json', 'results.md']);
    const result: BenchResult = JSON.parse(readFileSync(join(cwd, 'results', 'results.json'), 'utf8'));
    expect(result.runs.map(({ size, index }) => `${size} ${index}`)).toEqual(['100 auto', '100 scan', '300 auto', '300 scan']);
    expect(result.growth).toHaveLength(2);
    expect(result.ratios.every(({ seconds }) => seconds > 0)).toBe(true);
    for (const { recall, pairs } of result.recall) {
      expect(pairs).toBeGreaterThan(0);
      expect(recall).toBeGreaterThan(0.9);
      expect(recall).toBeLessThanOrEqual(1);
    }
    for (const { quality, peak_rss_mb } of result.runs) {
      expect(quality.precision).toBeGreaterThan(0.5);
      expect(quality.recall).toBeGreaterThan(0.3);
      expect(peak_rss_mb).toBeGreaterThan(10);
    }
    const picture = readFileSync(join(cwd, 'results', 'curves.svg'), 'utf8');
    expect(picture).toBe(drawCurves(result));
    expect(picture.match(/<polyline/g)).toHaveLength(2);
    expect(picture).not.toContain('NaN');
    expect(readFileSync(join(cwd, 'results', 'results.md'), 'utf8')).toContain('by similarity, exhaustive');
    expect(readdirSync(env.TMPDIR)).toEqual([]);
  });

  it('prints one JSON value, and nothing of what was left out', async () => {
    const { code, stdout, stderr } = await run(['bench', '--sizes', '100', '--no-recall', '--seed', '2', '--json'], { cwd, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result: BenchResult = JSON.parse(stdout);
    expect(result).toMatchObject({ settings: { sizes: [100], seed: 2 }, recall: [], growth: [], ratios: [], out: null });
    expect(drawCurves(result)).toContain('<circle');
  });

  it('refuses a folder that is not empty before it runs anything', async () => {
    writeFileSync(join(cwd, 'taken'), 'x');
    const { code, stderr } = await run(['bench', '--out', 'taken'], { cwd, env });
    expect(code).toBe(2);
    expect(stderr).toContain('taken is a file');
    expect(stderr).not.toContain('generate');
  });

  it('leaves nothing behind when it is stopped', async () => {
    const { child, done } = start(['bench', '--sizes', '20000', '--out', 'stopped'], { cwd, env });
    child.stderr?.on('data', (text: string) => {
      if (text.includes('measure')) child.kill('SIGINT');
    });
    const { code } = await done;
    expect(code).toBe(130);
    expect(readdirSync(env.TMPDIR)).toEqual([]);
    expect(readdirSync(cwd)).not.toContain('stopped');
  });
});
