/** The first look: what it settles without the judge, and what it leaves to it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadWordVectors } from '../dist/embed/words.js';
import { createFirstLook, type FirstGlance } from '../dist/relate/first-look.js';

const vectors = loadWordVectors();
const first = createFirstLook(vectors);
const look = (a: string, b: string): FirstGlance => first.look(first.read(a), first.read(b));
type Pair = readonly [a: string, b: string];

const either: readonly Pair[] = [
  ['Use pnpm for installs.', 'use PNPM for installs'],
  ['**Always** run `npm test` first.', 'Always run npm test first'],
  ["Don't push to main on Fridays.", 'Do not push to main on Fridays'],
  ['The agent cannot open the vault.', "The agent can't open the vault."],
  ['Reviews won’t start before noon.', "Reviews won't start before noon"],
  ['User prefers short answers.', 'The user prefers short answers.'],
  ['Please keep the summary short.', 'Keep the summary short'],
  ['Configuration lives in the settings folder.', 'Configuraton lives in the settings folder.'],
  ['Rotate the signing key every 90 days.', 'Rotate the signign key every 90 days'],
  ['Reports open in a new tab.', 'The report opens in a new tab'],
  ['The timeout is 90 seconds.', 'The timeout is 1.5 minutes'],
  ['The user is 183cm tall.', 'The user is 1.83 m tall'],
  ['Prompts hold 6k tokens at most.', 'Prompts hold 6,000 tokens at most'],
  ['Retry a failed request five times.', 'Retry a failed request 5 times'],
  ['See [the guide](https://example.test/guide) for style.', 'See the guide for style.'],
  ['- Log errors to Sentry', 'Log errors to Sentry.'],
  ['The café opens at noon.', 'The cafe\u0301 opens at noon'],
];
/** The second says more. */
const fuller: readonly Pair[] = [
  ['Errors are logged to Sentry', 'Errors are logged to Sentry, because the vendor limits calls.'],
  ['The cache reads its settings at start.', 'the cache reads its settings at start, see ticket 4711.'],
  ['Passwords are hashed with Argon2id.', 'Passwords are hashed with Argon2id, see the security handbook.'],
  ['Jonas likes green tea.', 'Jonas likes green tea, mostly Japanese ones.'],
  ['The deploy script needs Node 20.', 'The deploy script needs Node 20, since the parser broke.'],
];
/** Two values, names or places: the judge has a guard. */
const apart: readonly Pair[] = [
  ['The deploy script needs Node 20.', 'The deploy script needs Node 22.'],
  ['Standup is on Monday at ten.', 'Standup is on Tuesday at ten.'],
  ['Standup is at 9:30.', 'Standup is at 10:30.'],
  ['The limit is 600 requests a minute.', 'The limit is 1000 requests a minute.'],
  ['Ticket ABC-12 is closed.', 'Ticket ABC-13 is closed.'],
  ['For svc-1, the cache reads its settings.', 'For svc-2, the cache reads its settings.'],
  ['Read `src/a.ts` before you start.', 'Read `lib/b.ts` before you start.'],
  ['Use version 1.2.3 of the parser.', 'Use version 1.2.4 of the parser.'],
  ['Logs are kept for 30 days.', 'Logs are kept for 90 days.'],
  ['The server runs in production with two nodes.', 'The server runs in staging with two nodes.'],
  ['The release is on 2026-03-01.', 'The release is on 2026-04-01.'],
  ['The backup runs weekly.', 'The backup runs daily.'],
  ['Upload at most 20 MB.', 'Upload at most 2 GB.'],
  ['The invoice goes to Anna.', 'The weather in Spain is mild.'],
  ['The cat sleeps on the sofa.', 'Deploys need two approvals.'],
  ['Port 8080 is for the proxy.', 'Port 8081 is for the proxy.'],
  ['Das ist ein ganz anderer Satz über Hunde und Katzen zuhause.', 'Hier geht es um etwas ganz anderes, nämlich um den Garten.'],
];
/** One word decides: these must never be taken for one claim. */
const neverSame: readonly Pair[] = [
  ['Use pnpm, not npm.', 'Use npm, not pnpm.'],
  ['Run lint before tests.', 'Run tests before lint.'],
  ['Log requests to disk.', 'Do not log requests to disk.'],
  ['Always squash commits.', 'Never squash commits.'],
  ['Tabs over spaces in Go files.', 'Spaces over tabs in Go files.'],
  ['Anna handles the billing tickets.', 'Peter handles the billing tickets.'],
  ['The meeting with Ines is private.', 'The meeting with Ida is private.'],
  ['The flag must be set.', 'The flag may be set.'],
  ['Delete old branches after merging.', 'Keep old branches after merging.'],
  ['The door is open at night.', 'The door is closed at night.'],
  ['The user likes coffee in the morning.', 'The user likes tea in the morning.'],
  ['All tests run on each push.', 'Some tests run on each push.'],
  ['Sync the folder on login.', 'Sync the folder on logout.'],
  ['Run the tests locally.', 'Run the integration tests locally.'],
  ['Restart the worker nightly.', 'Restart the worker nightly, only on staging.'],
  ['Retry failed calls.', 'Retry failed calls, unless they cost money.'],
  ['Use feature flags for launches.', 'Use feature flags for launches, not for settings.'],
  ['The API needs a token.', 'The API no longer needs a token.'],
  ['Find all folders in the tree.', 'Find all folders in the tree whose names are long.'],
  ['Use the blue theme in the editor.', 'Use the black theme in the editor.'],
  ['The wife of the user is vegan.', 'The brother of the user is vegan.'],
  ['Alice reviews the code of Bob.', 'Bob reviews the code of Alice.'],
  ['Copy the data from disk to tape.', 'Copy the data from tape to disk.'],
  ['Requests with x < 5 are dropped.', 'Requests with x > 5 are dropped.'],
  ['The key is stored in `Vault`.', 'The key is stored in `vault`.'],
  ['Send a mail to the customer.', 'Send a mail from the customer.'],
  ['The build is cached.', 'The build was cached until May.'],
  ['Timeout is 30 s.', 'Timeout is 30 s, 60 s at night.'],
  ['Use the old parser.', 'Use the old parser. It is deprecated.'],
  ['Enable the cache.', 'Disable the cache.'],
  ['Release on weekdays.', 'Release on weekends.'],
];
/** For the judge: neither plainly apart nor plainly the same. */
const open: readonly Pair[] = [
  ['Run the linter before each commit.', 'Run the linter before every commit.'],
  ['Store the configuration in the repository.', 'Keep the config in the repo.'],
  ['Deployments happen on weekdays only.', 'Deploys are only done on weekdays.'],
];
const every = [...either, ...fuller, ...apart, ...neverSame, ...open];

describe('a first look', () => {
  it.each(either)('same, either may go: %s | %s', (a, b) => {
    expect(look(a, b)).toMatchObject({ outcome: 'same', keep: 'either' });
  });
  it.each(fuller)('same, the second is fuller: %s | %s', (a, b) => {
    expect(look(a, b)).toMatchObject({ outcome: 'same', keep: 'b' });
  });
  it.each(apart)('apart: %s | %s', (a, b) => {
    expect(look(a, b).outcome).toBe('apart');
  });
  it.each(neverSame)('never the same: %s | %s', (a, b) => {
    expect(look(a, b).outcome).not.toBe('same');
  });
  it.each(open)('open: %s | %s', (a, b) => {
    expect(look(a, b).outcome).toBe('open');
  });

  it('says the same of the sides changed round', () => {
    const turned = { a: 'b', b: 'a', either: 'either' } as const;
    for (const [a, b] of every) {
      const { keep, ...rest } = look(a, b);
      expect(look(b, a)).toEqual({ ...rest, keep: turned[keep] });
    }
  });

  it('does not depend on what it read before', () => {
    const fresh = createFirstLook(vectors);
    const again = [...every].reverse().map(([a, b]) => fresh.look(fresh.read(b), fresh.read(a)));
    expect(again.reverse().map(({ outcome, probability }) => ({ outcome, probability }))).toEqual(
      every.map(([a, b]) => ({ outcome: look(a, b).outcome, probability: look(a, b).probability })),
    );
    expect(fresh.version).toBe(first.version);
  });

  it('takes every string, and a text for the same as itself', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('`', '', ' ', '**', '](', "n't"),
    );
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const { outcome, probability } = look(a, b);
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
        expect(outcome).toBe(look(b, a).outcome);
        expect(look(a, a).outcome).not.toBe('apart');
      }),
    );
  });

  it('leaves texts open that hold no word', () => {
    expect(look('...', '!').outcome).toBe('open');
    expect(look('', 'Use tabs.').outcome).not.toBe('same');
  });

  it('calls nothing longer than the judge knows the same unless it is equal', () => {
    const long = 'one word after the other '.repeat(30);
    expect(look(long, `${long} and more`).outcome).not.toBe('same');
  });

  /** Between 16 and 256 where the text is 16 times as long, in time of the processor; linear reading stays near the first. */
  it('reads in proportion to the length', () => {
    const cost = (text: string) => {
      let best = Number.POSITIVE_INFINITY;
      for (let attempt = 0; attempt < 3; attempt++) {
        const fresh = createFirstLook(vectors);
        const from = process.cpuUsage();
        fresh.read(text);
        const { user, system } = process.cpuUsage(from);
        best = Math.min(best, user + system);
      }
      return best / 1000;
    };
    for (const piece of ['a', '-', '`', "a'", 'word ', '1,', '/a', '(', 'é', '[x](', '**']) {
      const [short, long] = [cost(piece.repeat(Math.ceil(6250 / piece.length))), cost(piece.repeat(Math.ceil(100_000 / piece.length)))];
      expect(long < 30 || long / short < 80, `${piece}: ${short} ms, ${long} ms`).toBe(true);
    }
  });
});
