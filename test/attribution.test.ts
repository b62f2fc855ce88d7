/** Two persons who contradict each other: reported, never settled by time, and no preference of anybody's. */
import { describe, expect, it } from 'vitest';
import { loadWordVectors } from '../dist/embed/words.js';
import { attributionOf, personsIn, rivalClaims, withRivalClaims } from '../dist/relate/attribution.js';
import { loadJudge } from '../dist/relate/judge.js';

const persons = new Set(['Mira', 'Petra', 'Matti', 'Dol', 'Jonas', 'Nadia', 'Sanne']);
const judge = withRivalClaims(loadJudge(loadWordVectors(), { within: 'stores' }), persons);
const side = (text: string, time: string | null = null) => ({ text, time, scope: [] });

describe('whose claim a statement is', () => {
  it.each([
    ['Mira: the winter check is free.', 'Mira', 'the winter check is free.'],
    ['Petra says that travel time is billed at half the rate.', 'Petra', 'travel time is billed at half the rate.'],
    ['According to Matti, playlists are due 48 hours before the show.', 'Matti', 'playlists are due 48 hours before the show.'],
    ['Dol tells new presenters that playlists are due on Fridays.', 'Dol', 'playlists are due on Fridays.'],
    ['Deleted accounts are purged after 30 days (Jonas).', 'Jonas', 'Deleted accounts are purged after 30 days'],
  ])('%s', (text, person, claim) => {
    expect(attributionOf(text, persons)).toEqual({ person, claim });
  });

  it.each([
    'Redis: the cache is flushed at night.',
    'Note: the winter check is free.',
    'Nadia prefers tabs.',
    'Mira wants short answers.',
    'Deploys go out on Tuesdays (Staging).',
    'mira: lower case is a label',
    'Timeout: 30 s',
  ])('is nobody’s in %s', (text) => {
    expect(attributionOf(text, persons)).toBeNull();
  });

  it('takes no time for a long line of names and colons', () => {
    expect(attributionOf(`${'Ab '.repeat(20_000)}: x`, persons)).toBeNull();
    expect(attributionOf(`${'x '.repeat(20_000)}(Ab`, persons)).toBeNull();
  });
});

describe('who is a person', () => {
  it('is one who says, wants or likes something, or is known', () => {
    const texts = ['Mira says no.', 'Mira wants tea.', 'Docker needs a socket.', 'Redis: port 6379 is open.'];
    expect([...personsIn(texts, ['Ben'])]).toEqual(['Ben', 'Mira']);
  });
});

describe('claims of two persons', () => {
  const mira = 'Mira: briefs to the district court are set in 12 point.';
  const sanne = 'Sanne: briefs to the district court are set in 11 point.';

  it('that contradict each other are a conflict to report, whichever was said later', () => {
    for (const [a, b] of [
      [side(mira), side(sanne)],
      [side(sanne, '2026-01-01'), side(mira, '2026-03-01')],
    ] as const) {
      const { relation, keep, ambiguous, reason } = judge.judge(a, b);
      expect({ relation, keep, ambiguous }).toEqual({ relation: 'conflict', keep: 'none', ambiguous: true });
      expect(reason).toContain('say different things');
    }
  });

  it('of one person, or about two things, are judged as they are', () => {
    expect(rivalClaims(mira, mira.replace('12', '11'), persons)).toBeNull();
    expect(judge.judge(side(mira), side('Sanne: invoices are sent on the first of a month.')).relation).toBe('distinct');
  });
});
