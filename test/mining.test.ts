/** What counts as a recurring mistake: sessions, not repetitions; one cause, one lesson; the same whatever the order. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Change } from '../dist/api.js';
import { Operations } from '../dist/mine/operations.js';
import { withoutRepeats } from '../dist/mine/repeats.js';
import { actionsOf } from '../dist/segment/actions.js';
import type { SessionSignals, Step } from '../dist/signals.js';
import { clockFailure, dreamIn, dreamOver, lockedTemplate, missingExhibits, refusedPush, saying, seedFailure } from './support/mining.js';
import { agent, claudeCode, failed, person, ran, type Session, sessionsOf, writeSessions, writeStore } from './support/sessions.js';
import { makeFolder } from './support/workspace.js';

const numbers = (count: number) => Array.from({ length: count }, (_, nth) => nth);
const farm = (count: number, firstDay = 1) => sessionsOf('farm-sensors', 'rosa', numbers(count).map(clockFailure), firstDay);
const bakery = (count: number, firstDay = 1) => sessionsOf('bakery', 'tom', numbers(count).map(seedFailure), firstDay);

/** The same failure again and again in one session, solved each time. */
const stubborn = (times: number, firstDay: number) =>
  sessionsOf('farm-sensors', 'rosa', [numbers(times).flatMap((nth) => clockFailure(nth))], firstDay);

const about = (insights: readonly Change[], words: string) => insights.filter(({ after }) => after?.text.includes(words));
const sessionsOfEvidence = ({ evidence }: Change) => [...new Set(evidence.map(({ session_id }) => session_id))].sort();
const ids = (sessions: readonly Session[]) => sessions.map(({ id }) => id).sort();

describe('a failure of several sessions', () => {
  it('is a mistake with the fix that worked, one for each cause, with evidence from every session', async () => {
    const [clock, seed] = [farm(3), bakery(4)];
    const dreamt = await dreamOver({ sessions: [...clock, ...seed] });
    expect(dreamt.insights.map(({ insight, status, support }) => [insight, status, support])).toEqual([
      ['mistake', 'proposed', 4],
      ['mistake', 'proposed', 3],
    ]);
    const [first, second] = [about(dreamt.insights, '`bakery migrate up`')[0], about(dreamt.insights, '`fieldctl clock set')[0]];
    if (first === undefined || second === undefined) throw new Error(saying(dreamt).join('\n'));
    expect(first.after?.text).toContain('When `bakery seed` fails');
    expect(second.after?.text).toContain('When `fieldctl sync` fails');
    expect(sessionsOfEvidence(first)).toEqual(ids(seed));
    expect(sessionsOfEvidence(second)).toEqual(ids(clock));
    expect(dreamt.text).toContain(first.after?.text);
    expect(dreamt.text).toContain(second.after?.text);
  });

  it('quotes verbatim, and names the line where the quote stands', async () => {
    const { insights } = await dreamOver({ sessions: farm(3) });
    const [{ evidence }] = insights as [Change];
    expect(evidence.map(({ role }) => role)).toEqual(['tool', 'agent', 'agent', 'tool', 'agent', 'agent', 'tool', 'agent', 'agent']);
    for (const { file, line, quote } of evidence)
      expect(readFileSync(file, 'utf8').split('\n')[line - 1]).toContain(JSON.stringify(quote).slice(1, -1));
    expect(new Set(evidence.map(({ quote }) => quote)).size).toBe(7);
  });

  it('counts sessions: twenty times in one session is once', async () => {
    const alone = await dreamOver({ sessions: stubborn(20, 1) });
    expect(saying(alone)).toEqual([]);
    const withAnother = await dreamOver({ sessions: [...stubborn(20, 1), ...farm(1, 9)] });
    expect(saying(withAnother)).toEqual([]);
  });

  it('in two sessions is none by default, and one for who asks for two', async () => {
    const sessions = farm(2);
    expect(saying(await dreamOver({ sessions }))).toEqual([]);
    const asked = await dreamOver({ sessions, settings: { minSupport: 2 } });
    expect(asked.insights).toMatchObject([{ insight: 'mistake', status: 'proposed', support: 2 }]);
    const [only] = asked.insights;
    expect(only === undefined ? [] : sessionsOfEvidence(only)).toEqual(ids(sessions));
    const four = await dreamOver({ sessions: farm(3), settings: { minSupport: 4 } });
    expect(saying(four)).toEqual([]);
  });

  it('that has the words of another one, but not its cause, is a lesson of its own with its own fix', async () => {
    const locked = sessionsOf('law-office', 'eva', numbers(3).map(lockedTemplate));
    const exhibits = sessionsOf('law-office', 'eva', numbers(4).map(missingExhibits), 9);
    const { insights } = await dreamOver({ sessions: [...locked, ...exhibits] });
    expect(insights.map(({ support }) => support)).toEqual([4, 3]);
    const [number] = about(insights, '`docpack exhibits number');
    const [release] = about(insights, '`docpack template release');
    if (number === undefined || release === undefined) throw new Error('two lessons');
    expect(sessionsOfEvidence(number)).toEqual(ids(exhibits));
    expect(sessionsOfEvidence(release)).toEqual(ids(locked));
    for (const { after } of [number, release]) expect(after?.text).toContain('document could not be assembled');
    expect(number.after?.text).not.toContain('template');
    expect(release.after?.text).not.toContain('exhibit');
  });

  it('never got rid of is told without a fix, and one that went away each time in another way is not sure', async () => {
    const never = (nth: number) => [
      person(`bake level ${nth}`),
      failed(`./tools/bake levels/cave-${nth}`, `error: lightmap atlas overflow in cave-${nth}`),
      agent('The baker gave up on this level.'),
    ];
    const told = await dreamOver({ sessions: sessionsOf('cave-game', 'li', numbers(3).map(never)) });
    expect(told.insights).toHaveLength(1);
    expect(told.insights[0]?.after?.text).toContain('lightmap atlas overflow');
    expect(told.insights[0]?.after?.text).not.toContain(', run `');
    const ways = ['rm -r cache', './tools/pack --fast', 'git pull'];
    const each = sessionsOf(
      'cave-game',
      'li',
      numbers(3).map((nth) => [...never(nth), ran(ways[nth] ?? ''), ran(`./tools/bake levels/cave-${nth}`, 'baked')]),
    );
    const mixed = await dreamOver({ sessions: each });
    for (const way of ways) expect(mixed.text).not.toContain(way);
    expect(mixed.insights.filter(({ status }) => status === 'proposed')).toEqual([]);
  });
});

describe('a resumed session', () => {
  /** The records of `session` under a new id, as they were, and what came after. */
  function resumed(session: Session, name: string, more: readonly Session['happenings'][number][]): string {
    const copied = claudeCode({ ...session, happenings: [...session.happenings, ...more] });
    return copied.replaceAll(session.id, `${name}${session.id.slice(name.length)}`);
  }

  const goOn = [person('thanks, and now the weather station'), ran('fieldctl station list', 'two stations')];

  it('that repeats what was done before counts once, under whatever id', async () => {
    const [one, two] = farm(2) as [Session, Session];
    for (const name of ['00000000', 'ffffffff']) {
      const folder = makeFolder();
      const [store, sessions] = [writeStore(join(folder, 'memory'), { project_x: ['The barn is red.'] }), join(folder, 'sessions')];
      writeSessions(sessions, [one, two]);
      writeFileSync(join(sessions, `${name}.jsonl`), resumed(one, name, goOn));
      expect(saying(await dreamIn(folder, { store, sessions }))).toEqual([]);
    }
  });

  it('that repeats what a person refused counts once', async () => {
    const two = sessionsOf('bakery', 'rosa', [0, 1].map(refusedPush));
    const folder = makeFolder();
    const [store, sessions] = [writeStore(join(folder, 'memory'), { project_x: ['The barn is red.'] }), join(folder, 'sessions')];
    writeSessions(sessions, two);
    for (const [nth, one] of two.entries()) writeFileSync(join(sessions, `copy-${nth}.jsonl`), resumed(one, `0000000${nth}`, goOn));
    expect((await dreamIn(folder, { store, sessions })).insights.filter(({ status }) => status === 'proposed')).toEqual([]);
  });

  it('takes nothing away from a lesson', async () => {
    const all = farm(3);
    const folder = makeFolder();
    const [store, sessions] = [writeStore(join(folder, 'memory'), { project_x: ['The barn is red.'] }), join(folder, 'sessions')];
    writeSessions(sessions, all);
    const plain = await dreamIn(folder, { store, sessions });
    for (const [nth, one] of all.entries()) writeFileSync(join(sessions, `copy-${nth}.jsonl`), resumed(one, `0000000${nth}`, goOn));
    const copied = await dreamIn(folder, { store, sessions });
    expect(plain.insights).toMatchObject([{ status: 'proposed', support: 3 }]);
    const main = ({ after, support, status, confidence }: Change) => ({ text: after?.text, support, status, confidence });
    expect(copied.insights.map(main)).toEqual(plain.insights.map(main));
  });
});

describe('a session in several files', () => {
  const step = (path: string, minute: number | null, command: string): Step => {
    const [action] = actionsOf({ name: 'Bash', input: JSON.stringify({ command }) });
    if (action === undefined) throw new Error('no action');
    return { action, failed: false, place: { at: minute === null ? null : `2026-03-01T10:0${minute}:00Z`, path, line: 1 } };
  };
  const part = (id: string, path: string, steps: readonly (readonly [minute: number | null, command: string])[]): SessionSignals => ({
    id,
    path,
    at: steps[0]?.[0] == null ? null : `2026-03-01T10:0${steps[0][0]}:00Z`,
    person: null,
    steps: steps.map(([minute, command]) => step(path, minute, command)),
    episodes: [],
    wishes: [],
    succeeded: null,
  });

  it('is one, with what was done in the order of time, and counts once', () => {
    const parts = [
      part('one', 'a.jsonl', [
        [1, 'fieldctl sync north'],
        [null, 'fieldctl check'],
        [5, 'fieldctl report'],
      ]),
      { ...part('two', 'b.jsonl', [[2, 'fieldctl stop']]), succeeded: false },
      {
        ...part('one', 'c.jsonl', [
          [3, 'fieldctl sync south'],
          [5, 'fieldctl report'],
          [6, 'fieldctl close'],
        ]),
        person: 'rosa',
        succeeded: true,
      },
    ];
    const sessions = withoutRepeats(parts);
    expect(sessions.map(({ id, path, at, person: by, succeeded }) => [id, path, at, by, succeeded])).toEqual([
      ['one', 'a.jsonl', '2026-03-01T10:01:00Z', 'rosa', true],
      ['two', 'b.jsonl', '2026-03-01T10:02:00Z', null, false],
    ]);
    expect(sessions[0]?.steps.map(({ action }) => action.shown)).toEqual(
      ['sync north', 'check', 'sync south', 'report', 'close'].map((words) => `fieldctl ${words}`),
    );
    const operations = new Operations(sessions, 2);
    expect(['fieldctl', 'fieldctl sync'].map((words) => operations.sessionsWith(words))).toEqual([2, 1]);
  });
});

describe('order and threads', () => {
  it('change nothing, to the byte', async () => {
    const folder = makeFolder();
    const store = writeStore(join(folder, 'memory'), { project_x: ['The barn is red.'] });
    const given = [
      ...farm(4),
      ...bakery(3),
      ...sessionsOf('bakery', 'rosa', numbers(4).map(refusedPush), 40),
      ...sessionsOf('law-office', 'eva', [...numbers(3).map(lockedTemplate), ...numbers(3).map(missingExhibits)]),
    ];
    const files = writeSessions(join(folder, 'sessions'), given);
    const dreams = [
      { threads: 1, sessions: files },
      { threads: 4, sessions: files.toReversed() },
      { threads: 2, sessions: [files[5] ?? '', join(folder, 'sessions'), files[0] ?? ''] },
    ];
    const seen: string[] = [];
    for (const [nth, { threads, sessions }] of dreams.entries()) {
      const own = join(folder, String(nth));
      mkdirSync(own);
      const { result, files: written } = await dreamIn(own, { store, sessions: '' }, { sessions }, threads);
      seen.push(JSON.stringify([written, result.changes, result.findings], null, 1));
    }
    for (const words of ['docpack exhibits number', 'docpack template release', 'git push']) expect(seen[0]).toContain(words);
    expect(seen[1]).toBe(seen[0]);
    expect(seen[2]).toBe(seen[0]);
  });

  it('file names change nothing in the new store', async () => {
    const sessions = [...farm(4), ...bakery(3)];
    const plain = await dreamOver({ sessions });
    const folder = makeFolder();
    const store = writeStore(join(folder, 'memory'), {
      project_office: ['The office plants are watered on Tuesdays.', 'The printer of the second floor prints on A3.'],
    });
    const other = join(folder, 'sessions');
    mkdirSync(other);
    for (const [nth, session] of sessions.entries()) writeFileSync(join(other, `${99 - nth}.jsonl`), claudeCode(session));
    expect((await dreamIn(folder, { store, sessions: other })).files).toEqual(plain.files);
  });
});
