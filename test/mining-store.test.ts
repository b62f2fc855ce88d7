/** Insights against the store: what it says already, what was refused, what the next dream finds, and how instructions steer. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Change } from '../dist/api.js';
import { clockFailure, type Dreamt, dreamIn, dreamOver, refusedPush, saying, seedFailure } from './support/mining.js';
import { agent, type Happening, person, ran, type Session, sessionsOf, used, writeSessions, writeStore } from './support/sessions.js';
import { makeFolder, openIn } from './support/workspace.js';

const numbers = (count: number) => Array.from({ length: count }, (_, nth) => nth);
const farm = (count: number, firstDay = 1) => sessionsOf('farm-sensors', 'rosa', numbers(count).map(clockFailure), firstDay);
const bakery = (count: number, firstDay = 1) => sessionsOf('bakery', 'tom', numbers(count).map(seedFailure), firstDay);
const office = { project_office: ['The office plants are watered on Tuesdays.', 'The printer of the second floor prints on A3.'] };

const byStatus = ({ insights }: Dreamt, status: Change['status']) => insights.filter((one) => one.status === status);

interface Place {
  readonly folder: string;
  readonly store: string;
  readonly sessions: string;
}

function makePlace(sessions: readonly Session[], store: Readonly<Record<string, readonly string[]>> = office): Place {
  const folder = makeFolder();
  writeSessions(join(folder, 'sessions'), sessions);
  return { folder, store: writeStore(join(folder, 'memory'), store), sessions: join(folder, 'sessions') };
}

describe('an insight that the store holds', () => {
  it('to the command, in other words, is not written again: the memory is named with the sessions that confirm it', async () => {
    const told =
      'If `fieldctl sync` is refused because the gateway clock is ahead of the broker, run `fieldctl clock set --gateway` first and sync again.';
    const dreamt = await dreamOver({ sessions: farm(4), store: { project_farm: [told, 'The barn is red.'] } });
    expect(byStatus(dreamt, 'proposed')).toEqual([]);
    expect(dreamt.text.match(/clock set/g)).toHaveLength(1);
    expect(dreamt.insights).toMatchObject([{ status: 'suggested', support: 4, before: [{ text: told }], relation: 'duplicate' }]);
  });

  it('about something else of the same tool is written', async () => {
    const other = 'Run `fieldctl clock show` to see the time of a gateway.';
    const dreamt = await dreamOver({ sessions: farm(4), store: { project_farm: [other, 'The barn is red.'] } });
    expect(byStatus(dreamt, 'proposed')).toHaveLength(1);
  });
});

describe('the next dream', () => {
  it('over the output, with the same sessions, proposes nothing, in the same database and in a new one', async () => {
    const place = makePlace([...farm(4), ...bakery(3)]);
    const first = await dreamIn(place.folder, place);
    expect(byStatus(first, 'proposed')).toHaveLength(2);
    const out = join(place.folder, 'second');
    const again = await dreamIn(place.folder, { ...place, store: first.result.dream.summary?.out ?? '' }, { out });
    const elsewhere = await dreamIn(makeFolder(), { ...place, store: out });
    for (const later of [again, elsewhere]) {
      expect(later.result.changes.filter(({ status }) => status === 'proposed')).toEqual([]);
      expect(later.files).toEqual(first.files);
    }
  });

  it('with one more session of each kind writes nothing a second time', async () => {
    const place = makePlace([...farm(3), ...bakery(3)]);
    const first = await dreamIn(place.folder, place);
    writeSessions(place.sessions, [...farm(1, 20), ...bakery(1, 21)]);
    const later = await dreamIn(makeFolder(), { ...place, store: first.result.dream.summary?.out ?? '' });
    expect(byStatus(later, 'proposed')).toEqual([]);
    expect(later.text.match(/fieldctl clock set/g)).toHaveLength(1);
    expect(later.text.match(/bakery migrate up/g)).toHaveLength(1);
  });

  it('does not bring back what was refused, not even with more sessions and other words', async () => {
    const place = makePlace([...farm(3), ...bakery(3)]);
    const library = openIn(place.folder);
    const { changes } = await library.dream({ store: place.store, sessions: [place.sessions] });
    const clock = changes.find(({ after }) => after?.text.includes('fieldctl clock set'));
    if (clock === undefined) throw new Error('no such insight');
    await library.decide([clock.id], 'rejected');
    library.close();
    const reworded = farm(3).map((session) => ({
      ...session,
      happenings: session.happenings.map((one) =>
        'agent' in one ? agent('Time first: gateways ahead of the broker are turned away until set.') : one,
      ),
    }));
    const more = [
      [],
      farm(1, 20),
      [...farm(2, 21), ...reworded.map((one, nth) => ({ ...one, id: `${nth}${one.id.slice(1)}`, start: `2026-05-1${nth}T09:00:00Z` }))],
    ];
    for (const added of more) {
      writeSessions(place.sessions, added);
      const later = await dreamIn(place.folder, place);
      expect(later.text).not.toContain('fieldctl clock set');
      expect(later.insights.filter(({ after, status }) => after?.text.includes('fieldctl clock') && status !== 'rejected')).toEqual([]);
      expect(later.text).toContain('bakery migrate up');
    }
  });
});

describe('a refused preference', () => {
  it('does not come again with one more session', async () => {
    const place = makePlace(sessionsOf('bakery', 'rosa', numbers(3).map(refusedPush)));
    const library = openIn(place.folder);
    const { changes } = await library.dream({ store: place.store, sessions: [place.sessions] });
    const preferences = changes.filter(({ insight }) => insight === 'preference');
    expect(preferences).toMatchObject([{ status: 'proposed', support: 3 }]);
    await library.decide(
      preferences.map(({ id }) => id),
      'rejected',
    );
    library.close();
    for (const added of [[], sessionsOf('bakery', 'rosa', [refusedPush(3)], 20)]) {
      writeSessions(place.sessions, added);
      const later = await dreamIn(place.folder, place);
      expect(later.insights.filter(({ status }) => status !== 'rejected')).toEqual([]);
      expect(later.text).not.toMatch(/push/i);
    }
  });
});

describe('instructions', () => {
  const tabs = [
    'two spaces, never tabs please',
    'always two spaces, never tabs',
    'no tabs, two spaces as always',
    'i told you: two spaces and never tabs',
  ];
  const remarks = [
    'no comments in the code please, the names should say it',
    'please never add comments to the code',
    'take the comments out again, i never want comments in code',
    'again comments? no comments in the code, as always',
  ];
  const styled =
    (said: readonly string[]) =>
    (nth: number): readonly Happening[] => {
      const file_path = `/home/tom/bakery/report-${nth}.ts`;
      return [
        person(`add a price column to report ${nth}`),
        used('Edit', { file_path, old_string: 'a', new_string: '\tb' }, 'The file has been updated.'),
        person(said[nth] ?? ''),
        used('Edit', { file_path, old_string: '\tb', new_string: '  b' }, 'The file has been updated.'),
        agent('Done.'),
      ];
    };
  const styles = [
    ...sessionsOf('bakery', 'tom', numbers(4).map(styled(tabs)), 30),
    ...sessionsOf('bakery', 'tom', numbers(4).map(styled(remarks)), 40),
  ];

  it('to focus on coding style and to ignore debugging notes propose the style, only suggest mistakes, and are counted', async () => {
    const sessions = [...styles, ...farm(3)];
    const plain = await dreamOver({ sessions });
    expect(byStatus(plain, 'proposed').map(({ insight }) => insight)).toEqual(
      expect.arrayContaining(['mistake', 'preference', 'preference']),
    );
    const instructions = 'Focus on coding-style preferences; ignore one-off debugging notes';
    const dreamt = await dreamOver({ sessions, settings: { instructions } });
    const proposed = byStatus(dreamt, 'proposed');
    expect(proposed.map(({ insight }) => insight)).toEqual(['preference', 'preference']);
    expect(proposed.map(({ after }) => after?.text).join('\n')).toMatch(/never tabs[\s\S]*comments in|comments in[\s\S]*never tabs/);
    expect(byStatus(dreamt, 'suggested')).toMatchObject([{ insight: 'mistake', reason: expect.stringContaining('outside the focus') }]);
    expect(dreamt.text).not.toContain('fieldctl');
    expect(dreamt.result.dream.summary?.instructions).toEqual([
      { kind: 'focus', text: 'Focus on coding-style preferences', matched: 2 },
      { kind: 'ignore', text: 'ignore one-off debugging notes', matched: 0 },
    ]);
  });

  it('to ignore a topic drop its insight and leave the others', async () => {
    const plain = await dreamOver({ sessions: [...farm(3), ...bakery(3)] });
    const dreamt = await dreamOver({ sessions: [...farm(3), ...bakery(3)], settings: { instructions: 'Ignore the gateway clock' } });
    expect(plain.insights).toHaveLength(2);
    expect(saying(dreamt)).toEqual([expect.stringContaining('proposed: When `bakery seed`')]);
    expect(dreamt.result.dream.summary?.instructions).toMatchObject([{ kind: 'ignore', matched: 1 }]);
  });

  it('to keep something leave insights as they are', async () => {
    const plain = await dreamOver({ sessions: farm(3) });
    const dreamt = await dreamOver({ sessions: farm(3), settings: { instructions: 'Keep everything about the office plants' } });
    expect(saying(dreamt)).toEqual(saying(plain));
  });
});

describe('persons', () => {
  const sessions = sessionsOf('bakery', 'rosa', numbers(4).map(refusedPush));

  it('are named by --person, else by the user of the recorded folder', async () => {
    const plain = await dreamOver({ sessions });
    const [byFolder] = byStatus(plain, 'proposed');
    expect(byFolder).toMatchObject({ insight: 'preference', support: 4 });
    expect(byFolder?.after?.text).toContain('rosa');
    const named = await dreamOver({ sessions, settings: { persons: { 'Rosa Lindt': '/home/rosa/bakery' } } });
    const [byOption] = byStatus(named, 'proposed');
    expect(byOption?.after?.text).toContain('Rosa Lindt');
  });

  it('enforce a preference in as many sessions as were asked for, not in one again and again', async () => {
    const often = sessionsOf('bakery', 'rosa', [numbers(4).flatMap(refusedPush)]);
    expect(byStatus(await dreamOver({ sessions: often }), 'proposed')).toEqual([]);
    expect(byStatus(await dreamOver({ sessions: sessions.slice(0, 2) }), 'proposed')).toEqual([]);
    expect(byStatus(await dreamOver({ sessions: sessions.slice(0, 2), settings: { minSupport: 2 } }), 'proposed')).toMatchObject([
      { support: 2 },
    ]);
  });
});

describe('many sessions', () => {
  it('are all read and counted: 150', async () => {
    const small = (nth: number): readonly Happening[] =>
      nth % 3 === 0
        ? clockFailure(nth)
        : nth % 3 === 1
          ? seedFailure(nth)
          : [
              person(`list the orders of day ${nth}`),
              ran(`bakery orders --day ${nth}`, `${nth} orders`),
              agent(`There are ${nth} orders.`),
            ];
    const dreamt = await dreamOver({ sessions: sessionsOf('bakery', 'tom', numbers(150).map(small)) });
    expect(dreamt.result.dream.summary?.sessions).toBe(150);
    expect(new Set(dreamt.result.dream.inputs.flatMap((one) => ('session_ids' in one ? one.session_ids : []))).size).toBe(150);
    expect(byStatus(dreamt, 'proposed').map(({ support }) => support)).toEqual([50, 50]);
    for (const { evidence } of dreamt.insights) expect(new Set(evidence.map(({ session_id }) => session_id)).size).toBe(50);
  });
});
