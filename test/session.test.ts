import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Turn } from '../dist/memory.js';
import { spokenStatements } from '../dist/segment/session.js';

function turn(text: string, over: Partial<Turn> = {}): Turn {
  return {
    sessionId: 's1',
    at: '2026-04-02T09:00:00.000Z',
    speaker: 'person',
    person: 'ana',
    kind: 'message',
    text,
    tool: null,
    error: null,
    branch: 'active',
    ref: { path: 's1.jsonl', line: 7 },
    ...over,
  };
}

const texts = (text: string, over: Partial<Turn> = {}) => spokenStatements(turn(text, over)).map((statement) => statement.text);

/** Said by a person at work; each could stand in a memory as it is. */
const stated = [
  'From now on every release gets a changelog entry.',
  'We moved the docs from Confluence to Notion last month.',
  "We've switched from Yarn to Bun.",
  'We migrated to Postgres 17 over Easter.',
  'Lena takes over the on-call rota from Paul.',
  'The new bucket is called acme-uploads.',
  'The staging cluster is now at https://stage.acme.example.',
  'We use ruff for linting, black is gone.',
  "We don't use Redux any more.",
  'We no longer support Python 3.9.',
  'We decided on Terraform for the new account.',
  'Our rule is two approvals for anything under infra/.',
  'Every PR needs a ticket number in its title.',
  'Always run the linter before you commit.',
  'Never push straight to main.',
  'Remember that the billing service is owned by Team Blue.',
  'I prefer small commits with one idea each.',
  'I hate long preambles.',
  'Ask me before you install anything.',
  'The session timeout was raised from 10 to 30 minutes.',
  'The `legacy-api` service is deprecated.',
  'My name is Ana and I own the search team.',
  'The nightly job has been moved to 04:00 UTC.',
  'For the record: invoices are numbered per year.',
  "Going forward we'll tag releases with a leading v.",
  'Tom is our new product owner.',
  'The retention policy here is 90 days, our limit is 500 GB.',
  'As of today the frontend team owns the design tokens.',
  "We're on Python 3.13 since yesterday.",
  'The API now lives at api2.example.com.',
  'Use pnpm, not npm, from now on.',
  "We've dropped support for Safari 14.",
  'Backups are kept for 60 days now.',
  'The rate limit is 200 per minute now, not 100.',
  'The deadline moved to 14 June.',
  'New rule: no merges after 4 pm.',
  'We agreed yesterday that all ids are UUIDv7.',
  'Starting Monday Priya is on call.',
  'In this repo we write tests first.',
  'You must never touch the vendor folder.',
  'You should always run make check before committing.',
  'We raised the upload limit from 5 to 8 MB.',
  'Deploys go out on Tuesdays now instead of Fridays.',
  'Redis is gone for good, sessions are in Postgres.',
  'The legacy importer no longer belongs to us.',
  "I don't want you to commit without asking.",
];

/** Said by a person at work, and no memory. */
const notStated = [
  'Run the tests.',
  'Please fix the login bug.',
  'can you run lint, test and check-types',
  'What if we moved to MySQL?',
  'Could we use pg-boss instead of BullMQ?',
  'Maybe we should switch to Vite.',
  "I'm thinking about moving to Kotlin.",
  'I was only thinking aloud.',
  'If we used SQLite we would not need Docker.',
  'We might migrate to Rust one day.',
  'thanks, looks good',
  'lovely, the supplier will send us flowers',
  'Is it always called at startup?',
  'Do we always squash?',
  'he said we moved to pnpm',
  'A customer wrote: "we switched to your competitor".',
  'The docs claim that X-Request-Id is deprecated.',
  'I read that Jest is deprecated.',
  'Use npm for now.',
  'Rename the variable, it is called twice.',
  'Move it to utils/.',
  'it was fine on Monday, if that helps',
  'The order list for the admin takes 3 seconds.',
  'api container from main restarts in a loop, on my laptop it is fine.',
  'The build is broken since this morning.',
  'I no longer than three minutes ago restarted it.',
  'The page no longer loads.',
  'The tests no longer pass on my machine.',
  'There are 3 failing tests now.',
  'The build takes 20 minutes now.',
  'It works now.',
  "It's loading the data now.",
  'No teams or leads are loading into the pane now',
  'CI is red now.',
  "We're on it.",
  'We use the wrong index here.',
  'We keep getting timeouts.',
  'We run into the same problem every day.',
  'The status changed to failed.',
  'The focus moved to the second input.',
  'We moved it to the next line.',
  "I've decided on p-limit for that, please put it in.",
  'The total is 12 now but it should be 13.',
  'I get 3 rows now instead of 4.',
  'I used the other account.',
  'the image I built from the branch is called by nobody',
  'You dropped a semicolon.',
  'I replaced the import by hand.',
  'We replaced it with a map.',
  'continue',
  'ok',
  '700 for all',
  'My laptop rebooted over night, that explains it.',
  'Add a column called `note` to orders.',
  'Create a function which is called parseDate.',
  'that option got lost when I moved it.',
  'I always forget we have it.',
  "Let's switch to tabs and see.",
  'I moved the file to src/ but the import fails.',
  'The function is called twice on mount.',
  'The callback is called on every render.',
  'never mind',
  'Always the same with this printer.',
  'We went to lunch.',
  'We should probably always check the return value.',
  'I want to migrate this app from supabase to prisma.',
  'Production tomorrow after the normal checks, then.',
  'The old name goes away completely next week.',
  'No problem, take your time.',
  'I prefer to use the second option instead.',
  '> From now on use tabs.',
  '```\nFrom now on use tabs.\n```',
  'The error says "from now on this call is forbidden".',
];

describe('what a person states', () => {
  for (const sentence of stated) it(`takes: ${sentence}`, () => expect(texts(sentence)).toEqual([sentence]));
  for (const sentence of notStated) it(`leaves: ${JSON.stringify(sentence)}`, () => expect(texts(sentence)).toEqual([]));

  it('takes whole sentences out of a message, and leaves the work that is asked for', () => {
    const message = "Morning! The cart test fails. We use fixtures from now on, no factories. Please look into it, it's urgent.";
    expect(texts(message)).toEqual(['We use fixtures from now on, no factories.']);
  });

  it('takes the sentence before along when one starts with a pronoun', () => {
    expect(texts('Sessions live in Redis for 8 hours. It has been raised from 4 since Monday. Fix the test.')).toEqual([
      'Sessions live in Redis for 8 hours. It has been raised from 4 since Monday.',
    ]);
  });

  it('takes a corrected value together with the sentence that says no', () => {
    expect(texts("No, where do you get 30 from? It's 14 days after delivery.")).toEqual([
      "No, where do you get 30 from? It's 14 days after delivery.",
    ]);
    expect(texts("Great. It's 14 days after delivery.")).toEqual([]);
  });

  it('does not cut at abbreviations, versions and file names', () => {
    const sentence = 'From now on pin versions, e.g. 1.2.3 in package.json, vs. ranges like ^1.2.';
    expect(texts(`${sentence} Thanks!`)).toEqual([sentence]);
  });

  it('takes list items one by one', () => {
    expect(texts('Some rules:\n- Never edit generated files.\n- Always run `make gen` first.\n\nNow fix the bug.')).toEqual([
      'Never edit generated files.',
      'Always run `make gen` first.',
    ]);
  });

  it('says who, when and where', () => {
    expect(spokenStatements(turn('From now on we tag releases.'))).toEqual([
      { text: 'From now on we tag releases.', sessionId: 's1', at: '2026-04-02T09:00:00.000Z', person: 'ana', path: 's1.jsonl', line: 7 },
    ]);
  });

  it('takes the reason of a refusal', () => {
    expect(texts('We have Intl. Ask me before you pull anything in.', { kind: 'reject' })).toEqual(['Ask me before you pull anything in.']);
  });

  it('hears nobody but persons on the active branch', () => {
    const rule = 'From now on we tag releases.';
    const others: readonly Partial<Turn>[] = [
      { speaker: 'agent' },
      { speaker: 'tool', kind: 'tool_result' },
      { speaker: 'harness', kind: 'note' },
      { branch: 'abandoned' },
      { branch: 'sidechain' },
      { kind: 'interrupt' },
    ];
    expect(others.map((over) => texts(rule, over))).toEqual(others.map(() => []));
  });

  it('gives verbatim parts of the text in order, whatever the text', () => {
    const part = fc.constantFrom(
      ...stated,
      ...notStated,
      '\n',
      '\n\n',
      ' ',
      '- ',
      '> ',
      '```',
      '"',
      '`',
      '?',
      'it ',
      '\u2028',
      '\r\n',
      '1. ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 12 }), (parts) => {
        const text = parts.join(' ');
        let from = 0;
        for (const found of texts(text)) {
          const at = text.indexOf(found, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + found.length;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is quick on long text without sentences', () => {
    expect(texts('a, b; (c) - we '.repeat(20_000))).toEqual([]);
    expect(texts(`${'x'.repeat(100_000)}"${'`'.repeat(1000)}`)).toEqual([]);
    expect(texts('\n- \n'.repeat(20_000))).toEqual([]);
    expect(texts(`a${'\n'.repeat(60_000)}b${' \n'.repeat(30_000)}c${' '.repeat(60_000)}d`)).toEqual([]);
  });
});
