/** The judge: guards that no model overrules, symmetry, probabilities, who keeps what. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadWordVectors } from '../dist/embed/words.js';
import { type Keep, relations, type Side, sha256, type Verdict } from '../dist/memory.js';
import { featureVersion, loadJudge } from '../dist/relate/judge.js';
import { readModel } from '../dist/relate/model.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = loadWordVectors();
const { judge, version } = loadJudge(words);

const earlier = '2026-01-05T10:00:00Z';
const later = '2026-03-05T10:00:00Z';
const side = (text: string, time: string | null = earlier, scope: readonly string[] = []): Side => ({ text, time, scope });
const verdict = (a: string, b: string): Verdict => judge(side(a), side(b, later));
const isMerge = ({ relation }: Verdict) => relation === 'duplicate' || relation === 'refines';
const actsAsMerge = (found: Verdict) => isMerge(found) && !found.ambiguous;

describe('guards', () => {
  // The first ones are complaints of users of other systems: merged although a number, an id, a negation or a name differs.
  const never: readonly (readonly [string, string, string])[] = [
    [
      'a rate limit, as samad001z/Norn v1.2.3 once merged it',
      'Rate limit is 600 requests per minute.',
      'Rate limit is 1000 requests per minute.',
    ],
    ['the digits of a name (topoteretes/cognee#5054: 78 of 300 merges)', 'Warehouse 12 ships to Sweden.', 'Warehouse 21 ships to Sweden.'],
    ['the number of a model (cognee#5054)', 'The user drives a Volvo V60.', 'The user drives a Volvo V90.'],
    ['opposite phrases (cognee#5054)', 'The feature flag is enabled for guests.', 'The feature flag is disabled for guests.'],
    ['a number word (vectorize-io/hindsight)', 'Each ticket gets two reviewers.', 'Each ticket gets three reviewers.'],
    ['a named person (hindsight)', 'Jonas approves travel expenses.', 'Petra approves travel expenses.'],
    ['a language (hindsight)', 'Write the release notes in English.', 'Write the release notes in German.'],
    ['similar, but not the same: aboutness (mem0ai/mem0#5867)', 'The user likes coriander.', 'The user does not like coriander.'],
    [
      'a rate limit of 600 against 1000',
      'The API rate limit is 600 requests per minute.',
      'The API rate limit is 1000 requests per minute.',
    ],
    ['other digits in an id', 'Customer account 88213 pays by invoice.', 'Customer account 88214 pays by invoice.'],
    ['a ticket id', 'The login bug is tracked in OPS-1412.', 'The login bug is tracked in OPS-1421.'],
    ['a negation', 'Run the migrations before the deploy.', 'Do not run the migrations before the deploy.'],
    ['never against always', 'Always squash before merging.', 'Never squash before merging.'],
    ['an environment', 'The staging database runs on Postgres 15.', 'The production database runs on Postgres 15.'],
    ['a person', 'Code reviews for the billing module go to Anna.', 'Code reviews for the billing module go to Peter.'],
    ['a relative', "The user's brother lives in Malmö.", "The user's cousin lives in Malmö."],
    ['a version', 'The service is pinned to version 2.4.1.', 'The service is pinned to version 2.5.0.'],
    ['a date', 'The certificate expires on 14 September.', 'The certificate expires on 5 October.'],
    ['a weekday', 'Deployments happen on Tuesday.', 'Deployments happen on Thursday.'],
    ['a time of day', 'The backup starts at 02:30.', 'The backup starts at 4 am.'],
    ['a port', 'Postgres listens on port 5433.', 'Postgres listens on port 5434.'],
    ['a path', 'Logs are written to `/var/log/app.log`.', 'Logs are written to `/srv/log/app.log`.'],
    ['an amount of money', 'Refunds above 50 EUR need approval.', 'Refunds above 500 EUR need approval.'],
    ['a duration in other units', 'Sessions expire after 30 minutes.', 'Sessions expire after two hours.'],
    ['a comparison', 'Alert when free memory is < 10 GB.', 'Alert when free memory is > 10 GB.'],
    ['on against off', 'Strict mode is on.', 'Strict mode is off.'],
  ];
  for (const [what, a, b] of never) {
    it(`does not merge texts that differ in ${what}`, () => {
      expect(actsAsMerge(verdict(a, b))).toBe(false);
      expect(actsAsMerge(verdict(b, a))).toBe(false);
    });
  }

  it('names the two values in the reason', () => {
    const { reason } = verdict('Sessions expire after 30 minutes.', 'Sessions expire after 15 minutes.');
    expect(reason).toContain('30 minutes');
    expect(reason).toContain('15 minutes');
  });

  const equal: readonly (readonly [string, string])[] = [
    ['Accounts are locked for 15 minutes.', 'Accounts are locked for a quarter of an hour.'],
    ['The backup starts at 14:00.', 'The backup starts at 2 pm.'],
    ['The alert fires after 90 s.', 'The alert fires after 90 seconds.'],
    ['Traces are sampled at 5 %.', 'Traces are sampled at 5 percent.'],
    ['The import takes twelve hours.', 'The import takes 12 h.'],
    ['The trial lasts fourteen days.', 'The trial lasts two weeks.'],
  ];
  for (const [a, b] of equal) {
    it(`takes "${a}" and "${b}" for one quantity`, () => {
      expect(isMerge(verdict(a, b))).toBe(true);
    });
  }

  it('does not merge equal texts that stand under different environments', () => {
    const found = judge(
      side('The database listens on port 5432.', earlier, ['Staging']),
      side('The database listens on port 5432.', later, ['Production']),
    );
    expect(isMerge(found)).toBe(false);
  });
});

describe('equal texts', () => {
  it('are duplicates by rule whatever their markup, case and punctuation', () => {
    const found = verdict('Prefer early returns over nested `if`s.', '**prefer early returns over nested ifs**');
    expect(found).toMatchObject({ relation: 'duplicate', keep: 'either', decidedBy: 'rule', ambiguous: false });
  });

  it('are not equal where the case differs inside a code span', () => {
    expect(verdict('Call `getUser` first.', 'Call `getuser` first.').decidedBy).not.toBe('rule');
  });

  it('are not equal where only signs differ', () => {
    expect(verdict('✅', '❌').relation === 'duplicate' && verdict('✅', '❌').decidedBy === 'rule').toBe(false);
  });
});

const anySide = fc.record({
  text: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          'the',
          'user',
          'not',
          'port',
          '5433',
          '14:00',
          'half',
          'past',
          'two',
          'Anna',
          '`a/b.ts`',
          'v1.2',
          'staging',
          '.',
          'is',
          '%',
          '€',
        ),
        {
          maxLength: 14,
        },
      )
      .map((words) => words.join(' ')),
  ),
  time: fc.constantFrom(null, earlier, later, 'not a time'),
  scope: fc.array(fc.constantFrom('Production', 'Staging', 'Mira', ''), { maxLength: 2 }),
});

const mirror: Readonly<Record<Keep, Keep>> = { a: 'b', b: 'a', both: 'both', either: 'either', none: 'none' };

describe('any two sides', () => {
  it('never throw, and sum to one', () => {
    fc.assert(
      fc.property(anySide, anySide, (a, b) => {
        const { probabilities, confidence, relation } = judge(a, b);
        const sum = relations.reduce((total, name) => total + probabilities[name], 0);
        expect(sum).toBeCloseTo(1, 9);
        expect(confidence).toBe(probabilities[relation]);
        expect(Math.max(...relations.map((name) => probabilities[name]))).toBe(confidence);
      }),
    );
  });

  it('are judged the same in either order, sides changed round', () => {
    fc.assert(
      fc.property(anySide, anySide, (a, b) => {
        const there = judge(a, b);
        const back = judge(b, a);
        expect({ ...back, keep: mirror[back.keep], reason: '' }).toEqual({ ...there, reason: '' });
      }),
    );
  });

  it('keep what the relation and the times say', () => {
    fc.assert(
      fc.property(anySide, anySide, (a, b) => {
        const { relation, keep, ambiguous } = judge(a, b);
        const [x, y] = [Date.parse(a.time ?? ''), Date.parse(b.time ?? '')];
        const expected: Readonly<Record<string, readonly Keep[]>> = {
          duplicate: ambiguous ? ['either'] : ['either', 'a', 'b'],
          refines: ['a', 'b'],
          distinct: ['both'],
          conflict: [x > y ? 'a' : x < y ? 'b' : 'none'],
        };
        expect(expected[relation]).toContain(keep);
      }),
    );
  });
});

describe('keep', () => {
  const old = 'Push notifications are off by default.';
  const now = 'Push notifications are on by default.';
  it('is the later side of a conflict, and neither where the times say nothing', () => {
    expect(judge(side(old, earlier), side(now, later))).toMatchObject({ relation: 'conflict', keep: 'b' });
    expect(judge(side(old, later), side(now, earlier))).toMatchObject({ relation: 'conflict', keep: 'a' });
    expect(judge(side(old, earlier), side(now, earlier))).toMatchObject({ relation: 'conflict', keep: 'none' });
    expect(judge(side(old, null), side(now, later))).toMatchObject({ relation: 'conflict', keep: 'none' });
  });

  it('is the fuller side of a refinement', () => {
    const short = 'Refunds are granted within 30 days of delivery.';
    const full = 'Refunds are granted within 30 days of delivery; opened software and gift cards are excluded.';
    expect(judge(side(short), side(full))).toMatchObject({ relation: 'refines', keep: 'b' });
    expect(judge(side(full), side(short))).toMatchObject({ relation: 'refines', keep: 'a' });
  });
});

describe('reasons', () => {
  it('name the sides in the order in which they were given', () => {
    const [thirty, fifteen] = ['Sessions expire after 30 minutes.', 'Sessions expire after 15 minutes.'];
    expect(verdict(thirty, fifteen).reason).toContain('30 minutes against 15 minutes');
    expect(verdict(fifteen, thirty).reason).toContain('15 minutes against 30 minutes');
  });

  it('say which side adds what', () => {
    const short = 'Refunds are granted within 30 days of delivery.';
    const full = 'Refunds are granted within 30 days of delivery; opened software is excluded.';
    expect(verdict(short, full).reason).toMatch(/^the second .*"software"/);
    expect(verdict(full, short).reason).toMatch(/^the first .*"software"/);
  });
});

describe('the shipped model', () => {
  it('was trained with the shipped word vectors', () => {
    const model = readModel(join(root, 'models/dreamfold-relate'), featureVersion);
    expect(model.header.words).toBe(words.id);
  });

  it('is the one its card describes', () => {
    const card = readFileSync(join(root, 'models/dreamfold-relate/MODEL.md'), 'utf8');
    expect(card).toContain(sha256(readFileSync(join(root, 'models/dreamfold-relate/weights.bin'))));
    expect(version).toMatch(/^[0-9a-f]{16}$/);
  });
});
