/** How often a mistake happens before and since its lesson is in the store: measured by dreams, shown by `explain`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claudeCodeFile, type Happening, uuidOf } from '../bench/transcripts.js';
import type { Change, Dreamfold, LessonEffect } from '../dist/api.js';
import { textKey } from '../dist/memory.js';
import { compareShares } from '../dist/pipeline/effects.js';
import { openStore } from '../dist/store/store.js';
import { binary, makeFolder, openIn } from './support/workspace.js';

const fails: Happening = {
  tool: 'Bash',
  input: { command: 'paylane trigger charge' },
  result: 'Exit code 1\npaylane: error: no listener on port 8090, event was dropped',
  failed: true,
};
const works: Happening = { tool: 'Bash', input: { command: 'paylane trigger charge' }, result: 'charge.succeeded delivered' };
const listens: Happening = { tool: 'Bash', input: { command: 'paylane listen --forward 8090' }, result: 'ready' };

/** One session on that day; in it the mistake is made and mended, or everything goes well. */
function session(folder: string, day: string, mistake: boolean): string {
  mkdirSync(folder, { recursive: true });
  const id = uuidOf(`session of ${day}`);
  const why = { agent: 'Events only arrive while the listener runs, so it has to be started first.' };
  const happenings = [
    { person: 'Send a test charge and look whether the receipt is written.' },
    ...(mistake ? [fails, why, listens, works] : [{ tool: 'Bash', input: { command: 'pnpm vitest run receipts' }, result: 'all passed' }]),
    { agent: 'The receipt is written.' },
  ];
  writeFileSync(join(folder, `${id}.jsonl`), claudeCodeFile({ id, start: `${day}T09:00:00.000Z`, folder: '/home/mira/shop', happenings }));
  return id;
}

interface Made {
  readonly folder: string;
  readonly store: string;
  readonly sessions: string;
  readonly library: Dreamfold;
}

/** Nine sessions of winter, the mistake in four of them, and none of the last three. */
function winter(memory = '- Every pull request needs 2 approvals.\n', modified = '2026-01-01T10:00:00Z'): Made {
  const folder = makeFolder();
  const [store, sessions] = [join(folder, 'store'), join(folder, 'sessions')];
  mkdirSync(store);
  writeFileSync(join(store, 'MEMORY.md'), '# Memory\n\n- [Shop](project_shop.md) — how\n');
  writeFileSync(
    join(store, 'project_shop.md'),
    `---\nname: project-shop\ndescription: made for a test\ntype: project\nmodified: ${modified}\n---\n\n${memory}`,
  );
  for (let day = 1; day <= 9; day++) session(sessions, `2026-01-1${day}`, [1, 3, 5, 6].includes(day));
  return { folder, store, sessions, library: openIn(folder) };
}

/** Twelve sessions of spring, the mistake in the first `mistakes` of them. */
function spring(sessions: string, mistakes: number): void {
  for (let day = 0; day < 12; day++) session(sessions, `2026-03-${10 + day}`, day < mistakes);
}

async function dream({ library, store, sessions }: Made): Promise<readonly Change[]> {
  const { changes } = await library.dream({ store, sessions: [sessions], llm: 'off' });
  return changes.filter(({ insight }) => insight === 'mistake');
}

async function effect({ library }: Made, change: Change | undefined): Promise<LessonEffect> {
  const explained = await library.explain(change?.id ?? 'none');
  if (explained.effect === null) throw new Error('an effect is expected');
  return explained.effect;
}

describe('the effect of a lesson', () => {
  it('counts what was before, where the lesson is only proposed', async () => {
    const made = winter();
    const [lesson] = await dream(made);
    expect(lesson).toMatchObject({ kind: 'insight', status: 'proposed', support: 4 });
    expect(await effect(made, lesson)).toEqual({
      dream: made.library.show().id,
      stated: false,
      since: null,
      before: { happened: 4, sessions: 9 },
      after: { happened: 0, sessions: 0 },
      without_time: { happened: 0, sessions: 0 },
      verdict: null,
      sentence: 'Happened in 4 of 9 sessions. The store does not say so yet.',
    });
  });

  it('counts before and since once it stands in the store, though no change is proposed any more', async () => {
    const made = winter();
    const [lesson] = await dream(made);
    await made.library.apply({});
    spring(made.sessions, 0);
    expect(await dream(made)).toEqual([]);
    // All sessions that the first dream read were without the lesson, those after the last mistake as well.
    const found = await effect(made, lesson);
    expect(found).toMatchObject({
      dream: made.library.show().id,
      stated: true,
      since: '2026-01-19T09:00:00.000Z',
      before: { happened: 4, sessions: 9 },
      after: { happened: 0, sessions: 12 },
      verdict: 'rarer',
      sentence: 'Happened in 4 of 9 sessions before 2026-01-19, and in 0 of 12 since. It has become rarer.',
    });
  });

  it('goes on with the new store, wherever that was written', async () => {
    const made = winter();
    const [lesson] = await dream(made);
    spring(made.sessions, 2);
    await dream({ ...made, store: made.library.show().summary?.out ?? '' });
    expect(await effect(made, lesson)).toMatchObject({ stated: true, before: { happened: 4 }, after: { happened: 2, sessions: 12 } });
    // A dream over the old store does not have the lesson: it measures, but nothing since.
    await dream(made);
    expect(await effect(made, lesson)).toMatchObject({ stated: false, before: { happened: 6, sessions: 21 }, after: { sessions: 0 } });
  });

  it('knows the lesson again after a person edited it, from the time of the edit on', async () => {
    const made = winter();
    const [lesson] = await dream(made);
    await made.library.edit(lesson?.id ?? '', 'First the listener.');
    await made.library.apply({});
    spring(made.sessions, 1);
    await dream(made);
    expect(await effect(made, lesson)).toMatchObject({
      stated: true,
      since: '2026-06-01T08:00:00.000Z',
      before: { happened: 5, sessions: 21 },
    });
  });

  it('takes the time of a memory that says the same in the words of a person', async () => {
    const made = winter('- When `paylane trigger charge` fails, run `paylane listen --forward 8090` first.\n', '2026-01-15T10:00:00Z');
    const [lesson] = await dream(made);
    expect(lesson).toMatchObject({ relation: 'duplicate', status: 'suggested', before: [{ written: '2026-01-15T10:00:00.000Z' }] });
    expect(await effect(made, lesson)).toMatchObject({
      stated: true,
      since: '2026-01-15T10:00:00.000Z',
      before: { happened: 3, sessions: 5 },
      after: { happened: 1, sessions: 4 },
      verdict: 'too_few',
      sentence: 'Happened in 3 of 5 sessions before 2026-01-15, and in 1 of 4 since. These are too few sessions to tell whether it helps.',
    });
  });

  it('counts a session in two files once, and sessions without a time apart', async () => {
    const made = winter();
    for (const day of ['2026-01-11', '2026-01-12']) {
      const id = uuidOf(`session of ${day}`);
      mkdirSync(join(made.sessions, 'again'), { recursive: true });
      session(join(made.sessions, 'again'), day, false);
      const untimed = claudeCodeFile({
        id: uuidOf(`${id} untimed`),
        start: `${day}T09:00:00.000Z`,
        folder: '/',
        happenings: [{ person: 'Hello there, thanks.' }],
      });
      writeFileSync(join(made.sessions, `${uuidOf(`${id} untimed`)}.jsonl`), untimed.replace(/,"timestamp":"[^"]*"/g, ''));
    }
    const [lesson] = await dream(made);
    const found = await effect(made, lesson);
    expect(found).toMatchObject({ before: { happened: 4, sessions: 9 }, without_time: { happened: 0, sessions: 2 } });
    expect(found.sentence).toContain('Without a date: 0 of 2 sessions.');
  });

  it('is null for other changes, and for those of a dream that measured nothing', async () => {
    const made = winter('- Every pull request needs 2 approvals.\n- every pull request needs 2 approvals\n');
    const [lesson] = await dream(made);
    const other = made.library.changes().changes.find(({ kind }) => kind === 'merge');
    expect((await made.library.explain(other?.id ?? '')).effect).toBeNull();
    const kept = openStore(join(made.folder, 'db', 'dreamfold.db'));
    kept.saveCheckpoint(made.library.show().id, 'effects', { until: null, lessons: [] });
    expect((await made.library.explain(lesson?.id ?? '')).effect).toBeNull();
    expect(kept.movedTime(textKey(lesson?.after?.text ?? ''))).toMatch(/^2026-01-16T/);
    kept.close();
  });

  it('stands in the text of explain', async () => {
    const made = winter();
    const [lesson] = await dream(made);
    made.library.close();
    const args = [binary, 'explain', lesson?.id ?? '', '--db', join(made.folder, 'db', 'dreamfold.db')];
    const text = execFileSync(process.execPath, args, { encoding: 'utf8' });
    expect(text).toContain('effect: Happened in 4 of 9 sessions. The store does not say so yet.');
    const json = JSON.parse(execFileSync(process.execPath, [...args, '--json'], { encoding: 'utf8' }));
    expect(json.effect).toMatchObject({ since: null, before: { happened: 4, sessions: 9 } });
  });
});

describe('two shares', () => {
  const share = fc.nat(60).chain((sessions) => fc.record({ happened: fc.nat(sessions), sessions: fc.constant(sessions) }));

  it('are called different only where chance would hardly make them so', () => {
    const of = (happened: number, sessions: number) => ({ happened, sessions });
    expect(compareShares(of(4, 45), of(0, 12))).toBe('too_few');
    expect(compareShares(of(20, 45), of(0, 12))).toBe('rarer');
    expect(compareShares(of(0, 12), of(20, 45))).toBe('more_often');
    expect(compareShares(of(4, 40), of(1, 10))).toBe('not_rarer');
    expect(compareShares(of(0, 0), of(1, 10))).toBeNull();
    expect(compareShares(of(400, 4000), of(0, 1000))).toBe('rarer');
  });

  it('never both ways, and a rarer one always has the smaller share', () => {
    fc.assert(
      fc.property(share, share, (a, b) => {
        const [there, back] = [compareShares(a, b), compareShares(b, a)];
        if (there === 'rarer') {
          expect(back).toBe('more_often');
          expect(b.happened * a.sessions).toBeLessThan(a.happened * b.sessions);
        }
        if (there === 'too_few') expect(['not_rarer']).toContain(back);
        expect(there === null).toBe(a.sessions === 0 || b.sessions === 0);
      }),
      { numRuns: 500 },
    );
  });
});
