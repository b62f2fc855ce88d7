/** Statements that have ended by their own words, and those that only look so. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEmbedder } from '../dist/embed/embed.js';
import { loadWordVectors } from '../dist/embed/words.js';
import type { StatementTime } from '../dist/memory.js';
import { planInsights } from '../dist/pipeline/insights.js';
import { Rounds } from '../dist/pipeline/rounds.js';
import { StageClock } from '../dist/pipeline/stage-clock.js';
import { parseStore } from '../dist/read/store.js';
import { loadJudge } from '../dist/relate/judge.js';
import { endOf } from '../dist/segment/ends.js';
import { segmentStore } from '../dist/segment/memory.js';
import { makeFolder, now, openIn, readTree } from './support/workspace.js';

/** A Wednesday. */
const written: StatementTime = { at: '2026-02-18T09:00:00.000Z', source: 'frontmatter' };

describe('when a statement ends by its own words', () => {
  const ended: readonly (readonly [string, string])[] = [
    ['The code freeze holds until 15 March 2026.', '2026-03-16'],
    ['Until 2026-03-15 all invoices are checked by Samuel.', '2026-03-16'],
    ['The museum is closed until March 15, 2026.', '2026-03-16'],
    ['Ruth is on parental leave until 1 May.', '2026-05-02'],
    ['The west stairs are closed till Friday.', '2026-02-21'],
    ['The discount code SPRING is valid through Q1 2026.', '2026-04-01'],
    ['The east field is fenced off until the end of April 2026.', '2026-05-01'],
    ['The trial of the new oven ends on 3 May 2026.', '2026-05-04'],
    ['Temporary: the choir meets in the gym; remove after the concert on 3 May 2026.', '2026-05-04'],
    ['Temporary workaround, remove after the release on 3 May.', '2026-05-04'],
    ['The pool is down until next Monday.', '2026-03-03'],
    ['Parking behind the court is blocked until 14.06.2026.', '2026-06-15'],
    ['The clinic takes no new patients up to and including 30 June 2026.', '2026-07-01'],
  ];
  for (const [text, at] of ended) it(`${at}: ${text}`, () => expect(endOf(text, written)?.at.slice(0, 10)).toBe(at));

  const sure = [
    'The code freeze holds until 15 March 2026.',
    'The west stairs are closed till Friday.',
    'The discount code SPRING is valid through Q1 2026.',
  ];
  for (const text of sure) it(`is sure: ${text}`, () => expect(endOf(text, written)?.doubt).toBeNull());

  const unsure = [
    'Applications have to be handed in until 15 March 2026.',
    'Version 3 is supported until April 2026.',
    'The fire certificate expires on 14 March 2026.',
    'The contract with the bakery ends on 31 March 2026.',
    'The stand is probably closed until 15 March 2026.',
    'Releases are on Tuesdays; the freeze lasts until 15 March 2026.',
    'Holidays can be carried over until 31 March.',
    'The pool is frozen from 20 December until 6 January.',
  ];
  for (const text of unsure) it(`leaves to a person: ${text}`, () => expect(endOf(text, written)?.doubt).toEqual(expect.any(String)));

  const never = [
    'Logs are kept until 31 December each year.',
    'Keep the receipts until 31 March 2026.',
    'The hall is closed until further notice.',
    'Tickets are free since 15 March 2026.',
    'The library is open Monday through Friday.',
    'Live events end on Monday at 10:00.',
    'A slot can be changed until 22:00 on the day before.',
    'A ticket stays open until its station reports again.',
    'The stations sent their data by SMS until 15 March 2026.',
    'The bridge was closed until 15 March 2026.',
    'The shop does not open until 15 March 2026.',
    'The annual fair runs until 15 March 2026.',
    'Until 15 March 2026 we used the old scale, then the new one.',
    'The note says "closed until 15 March 2026".',
    'Bread is baked until 6:00.',
    'The choir meets on 15 March 2026.',
    'The freeze holds until 31 February 2026.',
  ];
  for (const text of never) it(`never: ${text}`, () => expect(endOf(text, written)).toBeNull());

  it('a date without a year needs to know when it was written', () => {
    for (const time of [{ at: null, source: 'none' } as const, { at: '2026-02-18T09:00:00.000Z', source: 'file' } as const]) {
      expect(endOf('The west stairs are closed till Friday.', time)).toBeNull();
      expect(endOf('Ruth is on parental leave until 1 May.', time)).toBeNull();
      expect(endOf('The code freeze holds until 15 March 2026.', time)?.at.slice(0, 10)).toBe('2026-03-16');
    }
  });

  it('is quick on long text', () => {
    expect(endOf('until the '.repeat(20_000), written)).toBeNull();
    expect(endOf('remove after '.repeat(20_000), written)).toBeNull();
    expect(endOf('kept '.repeat(20_000), written)).toBeNull();
    for (const word of ['failed ', 'was ', 'not ', 'stored ']) {
      const start = process.cpuUsage();
      expect(endOf(word.repeat(20_000), written)).toBeNull();
      for (let i = 0; i < 1000; i++) expect(endOf(word.repeat(100), written)).toBeNull();
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1000, word).toBeLessThan(1000);
    }
  });
});

describe('a dream over statements that have ended', () => {
  const note = (lines: readonly string[]) =>
    `---\nname: notes\ndescription: made for a test\nmodified: 2026-02-18T09:00:00Z\n---\n\n${lines.map((line) => `- ${line}\n`).join('')}`;

  it('takes out what is unmistakably over, suggests the rest, and finds nothing more afterwards', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'store'));
    const lines = [
      'The code freeze holds until 15 March 2026.',
      'The tent is rented until 15 October 2026.',
      'The fire certificate expires on 14 March 2026.',
      'The choir meets on Thursdays.',
    ];
    writeFileSync(join(folder, 'store', 'notes.md'), note(lines));
    const library = openIn(folder);
    const { dream, changes } = await library.dream({ store: join(folder, 'store'), llm: 'off' });
    expect(changes.map(({ kind, status, before, after }) => [kind, status, before[0]?.text, after])).toEqual([
      ['stale', 'proposed', lines[0], null],
      ['stale', 'suggested', lines[2], null],
    ]);
    const out = dream.summary?.out ?? '';
    expect(Object.values(readTree(out)).join('\n')).toBe(note(lines.slice(1)));
    const second = await library.dream({ store: out, llm: 'off' });
    expect(second.changes.filter((change) => change.status === 'proposed')).toEqual([]);

    await library.decide([changes[0]?.id ?? ''], 'rejected', dream.id);
    const third = await library.dream({ store: join(folder, 'store'), llm: 'off' });
    expect(third.changes.filter((change) => change.before[0]?.text === lines[0])).toEqual([]);
  });
});

describe('an insight that is over by its own words', () => {
  it('is left to a person', async () => {
    const judge = loadJudge(loadWordVectors());
    const context = { signal: new AbortController().signal, report: () => {}, now, seed: 1, clockMs: () => 0, threads: 1 };
    const bytes = Buffer.from('- The choir meets on Thursdays.\n');
    const files = [{ path: 'notes.md', bytes, sha256: createHash('sha256').update(bytes).digest('hex'), modifiedAt: now, mode: 0o644 }];
    const store = parseStore(files, { single: false, format: null, fields: {}, exclude: [], writeRules: false });
    const world = { store, segmented: segmentStore(store), refused: new Set<string>(), judge };
    await using embedder = await openEmbedder({ model: null, threads: 1 });
    const tools = { embedder, judge, minSimilarity: null, cache: null, kept: null, asker: null, clock: new StageClock(context.clockMs) };
    const said = { spoken: [], announced: [], insights: [], printed: [], projects: new Map<string, string>(), minSupport: 3 };
    const input = { ...world, ...said, index: 'scan', instructions: null, phrase: false, movedTime: () => null } as const;
    const rounds = new Rounds([], [], input, tools, context);
    const evidence = { session_id: 's', at: '2024-02-01T09:00:00.000Z', role: 'person', quote: 'q', file: 's.jsonl', line: 1 } as const;
    const insight = {
      kind: 'preference',
      title: 'deploys',
      topic: 'deploys',
      sessions: ['s'],
      evidence: [evidence],
      confidence: 0.9,
      sure: true,
      reason: 'It was said.',
      person: null,
      at: evidence.at,
    } as const;
    const statuses = async (text: string) => {
      const weighed = [{ insight: { ...insight, text }, vector: new Float32Array(embedder.dimensions), inFocus: true }];
      const [one] = await planInsights(weighed, { ...world, rounds }, context);
      return one?.planned?.change;
    };
    const over = await statuses('Deploys are frozen until 15 March 2024.');
    expect(over?.status).toBe('suggested');
    expect(over?.reason).toContain('its time is over');
    const open = await statuses('Deploys are frozen until 15 March 2034.');
    expect(open?.reason).not.toContain('its time is over');
  });
});
