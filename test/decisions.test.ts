/** What a person decides about the changes of a dream, in any order: nothing is lost by it, and the output says what was decided. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, type Dreamfold, UserError } from '../dist/api.js';
import { checkNoCircle } from '../dist/pipeline/standing.js';
import { maskSecrets } from '../dist/read/screen.js';
import { parseStore } from '../dist/read/store.js';
import { planChange } from '../dist/resolve/changes.js';
import { segmentStore } from '../dist/segment/memory.js';
import { newFolder, start } from './cli-run.js';
import { makeFolder, openIn, readTree } from './support/workspace.js';

function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

/** A topic file of the memory of Claude Code. */
function topic(name: string, day: number, bullets: readonly string[]): string {
  const modified = `2026-01-${String(day).padStart(2, '0')}T10:00:00Z`;
  const head = `---\nname: ${name}\ndescription: made for a test\nmodified: ${modified}\n---\n\n## Rules\n\n`;
  return `${head}${bullets.map((bullet) => `- ${bullet}\n`).join('')}`;
}

/** A transcript of Claude Code in which a person says these sentences, one a day from 1 February 2026. */
function transcript(sentences: readonly string[]): string {
  const lines = sentences.map((content, at) => ({
    type: 'user',
    isSidechain: false,
    userType: 'external',
    sessionId: '11111111-2222-4333-8444-555555555555',
    version: '2.1.14',
    cwd: '/home/mira/shop',
    message: { role: 'user', content },
    uuid: `00000000-0000-4000-8000-0000000000${String(at).padStart(2, '0')}`,
    parentUuid: null,
    timestamp: `2026-02-${String(at + 1).padStart(2, '0')}T10:00:00Z`,
  }));
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

interface Made {
  readonly folder: string;
  readonly library: Dreamfold;
  readonly changes: readonly Change[];
  readonly out: string;
  readonly text: () => string;
}

async function dreamOver(files: Readonly<Record<string, string>>, said: readonly string[] = [], single?: string): Promise<Made> {
  const folder = makeFolder();
  put(join(folder, 'store'), files);
  put(join(folder, 'sessions', '-home-mira-shop'), { 's1.jsonl': transcript(said) });
  const library = openIn(folder);
  const store = single === undefined ? join(folder, 'store') : join(folder, 'store', single);
  const sessions = said.length > 0 ? [join(folder, 'sessions')] : [];
  const { dream, changes } = await library.dream({ store, sessions, llm: 'off' });
  const out = dream.summary?.out ?? '';
  const text = () => Object.values(readTree(single === undefined ? out : dirname(out))).join('\n');
  return { folder, library, changes, out, text };
}

function find(changes: readonly Change[], kind: string, ...parts: readonly string[]): Change {
  const found = changes.find((change) => change.kind === kind && parts.every((part) => JSON.stringify(change).includes(part)));
  if (!found) throw new Error(`no ${kind} with ${parts.join(', ')} in ${JSON.stringify(changes, null, 1)}`);
  return found;
}

const approvals = {
  'a.md': topic('a', 2, ['Every pull request needs 2 approvals.']),
  'b.md': topic('b', 2, ['Every pull request needs 4 approvals.']),
};

describe('decisions that rest on each other', () => {
  it('a refused replacement brings the memory back, though a merge of a later round was about the new words', async () => {
    const { library, changes, text } = await dreamOver(approvals, ['Every pull request needs 3 approvals.']);
    const merge = find(changes, 'merge', '3 approvals');
    const replaced = changes.filter((change) => change.kind === 'supersede');
    expect(replaced).toHaveLength(2);
    for (const { id, before } of replaced) {
      await library.decide([id], 'rejected');
      expect(text()).toContain(before[0]?.text);
      expect(library.changes().changes.find((change) => change.id === merge.id)?.status).toBe('suggested');
      const { changes: touched } = await library.decide([merge.id], 'approved');
      expect(touched.map((change) => [change.id, change.status]).sort()).toEqual(
        [
          [id, 'approved'],
          [merge.id, 'approved'],
        ].sort(),
      );
      expect(text()).not.toContain(before[0]?.text);
      expect(text().match(/3 approvals/g)).toHaveLength(1);
    }
  });

  it('a text that a person wrote stands, though another change drops the statement it went into', async () => {
    const { library, changes, text } = await dreamOver({
      'a.md': topic('a', 1, ['Every pull request needs 2 approvals.']),
      'b.md': topic('b', 1, ['every pull request needs 2 approvals']),
      'c.md': topic('c', 5, ['Every pull request needs 5 approvals.']),
    });
    const merge = find(changes, 'merge', '2 approvals');
    find(changes, 'supersede', '5 approvals');
    await library.edit(merge.id, 'Pull requests in the shop need 2 approvals.');
    expect(text()).toContain('- Pull requests in the shop need 2 approvals.');
    expect(text()).toContain('5 approvals');
  });

  it('an edited merge can be refused and taken again, and keeps the text of the person', async () => {
    const { library, changes, text } = await dreamOver({
      'a.md': topic('a', 1, ['Every pull request needs 2 approvals.', 'Each pull request needs 2 approvals.']),
    });
    const { id } = find(changes, 'merge');
    await library.edit(id, 'Two approvals.');
    expect(text()).not.toContain('2 approvals');
    await library.decide([id], 'rejected');
    expect(text()).toContain('Every pull request needs 2 approvals.');
    expect(text()).toContain('Each pull request needs 2 approvals.');
    await library.decide([id], 'approved');
    expect(text()).toContain('- Two approvals.');
    expect(text()).not.toContain('2 approvals');
  });
});

const words = [
  'Every pull request needs 2 approvals.',
  'Each pull request needs 2 approvals.',
  'every pull request needs 2 approvals',
  'Every pull request needs 4 approvals.',
  'Pull requests need 4 approvals.',
  'Always keep backups for 30 days.',
  'Backups are kept for 30 days.',
  'Always keep backups for 60 days.',
  'We always deploy on Friday.',
  'Deploys go out on Friday, never on Monday.',
  'We always deploy on Tuesday.',
  'The key is AKIAIOSFODNN7EXAMPLQ for uploads.',
  'The key for uploads is AKIAIOSFODNN7EXAMPLQ.',
] as const;
const said = ['Every pull request needs 3 approvals.', 'Always keep backups for 90 days.', 'We always deploy on Wednesday.'] as const;

const decisionList = fc.array(
  fc.record({
    what: fc.constantFrom('approved', 'rejected', 'approved', 'edit'),
    at: fc.nat(30),
    also: fc.option(fc.nat(30)),
  }),
  { minLength: 1, maxLength: 6 },
);
const topics = fc.array(
  fc.record({ day: fc.integer({ min: 1, max: 4 }), bullets: fc.array(fc.nat(words.length - 1), { minLength: 1, maxLength: 6 }) }),
  { minLength: 1, maxLength: 3 },
);

/** As a change names a statement that holds a secret. */
function masked(text: string): string {
  return maskSecrets(text, 'certain');
}

/** Whether, from what an active change took away, the way of texts leads to one that stands in the output. */
function survives(text: string, output: string, active: readonly Change[], seen: ReadonlySet<string> = new Set()): boolean {
  if (output.includes(text)) return true;
  if (seen.has(text)) return false;
  return active.some(
    ({ before, after }) =>
      before.some((side) => side.text === text) && (after === null || survives(after.text, output, active, new Set([...seen, text]))),
  );
}

describe('nothing is lost', () => {
  it('whatever is decided in whatever order, every statement stands in the output or is named by a change that led to what stands', async () => {
    await fc.assert(
      fc.asyncProperty(topics, fc.subarray([...said]), decisionList, async (files, spoken, decisions) => {
        const store = Object.fromEntries(
          files.map(({ day, bullets }, at) => [
            `t${at}.md`,
            topic(
              `t${at}`,
              day,
              bullets.map((one) => words[one] ?? ''),
            ),
          ]),
        );
        const { library, text } = await dreamOver(store, spoken);
        let edits = 0;
        for (const { what, at, also } of decisions) {
          const { changes } = library.changes();
          const ids = [at, ...(also === null ? [] : [also])].flatMap((index) => changes[index % changes.length]?.id ?? []);
          const [first] = ids;
          if (first === undefined) return;
          try {
            if (what === 'edit') await library.edit(first, `Text number ${++edits} of a person.`);
            else await library.decide(ids, what);
          } catch (thrown) {
            // Refused with a reason: a reindex cannot be edited, a circle not approved.
            if (!(thrown instanceof UserError)) throw thrown;
          }
          const active = library.changes().changes.filter(({ status }) => status === 'proposed' || status === 'approved');
          // A person may let a secret through; changes name it masked all the same.
          const output = masked(text());
          for (const one of files.flatMap(({ bullets }) => bullets.map((bullet) => words[bullet] ?? '')))
            expect(
              [one, masked(one)].some((form) => survives(form, output, active)),
              `"${one}" is lost`,
            ).toBe(true);
          for (const { kind, after, decided_by } of active)
            if (after !== null && (kind !== 'redact' || decided_by === 'person'))
              expect(survives(after.text, output, active), `"${after.text}" is not in the output`).toBe(true);
        }
      }),
      { numRuns: 25, seed: 11 },
    );
  }, 60_000);
});

describe('secrets', () => {
  it('no change shows a secret, and statements that hold one are merged and masked', async () => {
    const secret = 'AKIAIOSFODNN7EXAMPLQ';
    const { library, changes, text } = await dreamOver({
      'a.md': topic('a', 1, [`The key is ${secret} for uploads.`, `The key is ${secret} for uploads.`]),
    });
    const merge = find(changes, 'merge', 'for uploads');
    expect(JSON.stringify(library.changes())).not.toContain(secret);
    expect(text()).not.toContain(secret);
    expect(text()).toContain(merge.after?.text);
    await library.edit(merge.id, 'The key for uploads is in the vault.');
    expect(text().match(/^- .*$/gm)).toEqual(['- The key for uploads is in the vault.']);
  });
});

describe('secrets that a person lets through', () => {
  it('come back though a merge was about the masked texts, which may hide two of them', async () => {
    const { library, changes, text } = await dreamOver({
      'a.md': topic('a', 1, ['Upload key: AKIAIOSFODNN7EXAMPLQ', 'Upload key: AKIAIOSFODNN7EXAMPLX']),
    });
    expect(find(changes, 'merge').status).toBe('proposed');
    const redactions = changes.filter((change) => change.kind === 'redact').map(({ id }) => id);
    await library.decide(redactions, 'rejected');
    expect(text()).toContain('AKIAIOSFODNN7EXAMPLQ');
    expect(text()).toContain('AKIAIOSFODNN7EXAMPLX');
  });
});

describe('time', () => {
  const two = {
    'a.md': topic('a', 1, ['Every pull request needs 2 approvals.']),
    'b.md': topic('b', 9, ['Every pull request needs 4 approvals.']),
  };

  it('a memory that a person says again, word for word, is as late as that', async () => {
    const { changes } = await dreamOver(two, ['Every pull request needs 2 approvals.']);
    expect(find(changes, 'supersede').after?.text).toBe('Every pull request needs 2 approvals.');
  });

  it('what a person writes is later than the store, in a record with a time of its own too', async () => {
    const record = (id: string, text: string, day: string) => `${JSON.stringify({ id, text, created_at: `2026-01-${day}T00:00:00Z` })}\n`;
    const records = record('1', 'Each pull request needs 2 approvals.', '01') + record('2', 'Each pull request needs 2 approvals.', '02');
    const { library, changes, folder, out } = await dreamOver({ 'm.jsonl': records }, [], 'm.jsonl');
    await library.edit(find(changes, 'merge').id, 'Every pull request needs 3 approvals.');
    const next = join(folder, 'next.jsonl');
    writeFileSync(next, readFileSync(out, 'utf8') + record('3', 'Every pull request needs 4 approvals.', '20'));
    const second = await library.dream({ store: next, llm: 'off' });
    expect(find(second.changes, 'supersede').after?.text).toBe('Every pull request needs 3 approvals.');
  });

  it('the time of a file that says the same later than the session counts', async () => {
    const { library, folder } = await dreamOver({ 'a.md': topic('a', 1, ['Every pull request needs 2 approvals.']) }, [
      'Every pull request needs 3 approvals.',
    ]);
    put(join(folder, 'later'), {
      'a.md': topic('a', 1, ['Every pull request needs 3 approvals.']).replace('2026-01', '2026-05'),
      'b.md': topic('b', 9, ['Every pull request needs 4 approvals.']).replace('2026-01', '2026-03'),
    });
    const { changes } = await library.dream({ store: join(folder, 'later'), llm: 'off' });
    expect(find(changes, 'supersede').after?.text).toBe('Every pull request needs 3 approvals.');
  });
});

describe('reindexing', () => {
  it('refusing one emptied section leaves those of the same name in other files alone', async () => {
    const same = ['Every pull request needs 2 approvals.'];
    const other = '\n## Other\n\n- The sky over Berlin is blue.\n';
    const { library, changes, text } = await dreamOver({
      'a.md': topic('a', 1, same) + other.replace('Berlin', 'Rome'),
      'b.md': topic('b', 2, same) + other.replace('sky over Berlin is blue', 'database has two replicas'),
      'c.md': topic('c', 3, same),
    });
    const sections = changes.filter((change) => change.kind === 'reindex');
    expect(sections.map((change) => change.before[0]?.path)).toEqual(expect.arrayContaining(['a.md', 'b.md']));
    const [first, second] = sections;
    await library.decide([first?.id ?? ''], 'rejected');
    const now = () => library.changes().changes.filter((change) => change.kind === 'reindex');
    expect(now().find(({ id }) => id === second?.id)?.status).toBe('proposed');
    expect(text().match(/## Rules/g)).toHaveLength(2);
    const { changes: approved } = await library.decide([first?.id ?? ''], 'approved');
    expect(approved.map(({ status }) => status)).toEqual(['approved']);
  });

  it('the summary counts what is in the output after every decision', async () => {
    const { library, changes } = await dreamOver({
      'a.md': topic('a', 1, ['Every pull request needs 2 approvals.', 'every pull request needs 2 approvals']),
    });
    expect(library.show().summary?.changes).toEqual({ merge: 1 });
    await library.decide([find(changes, 'merge').id], 'rejected');
    expect(library.show().summary?.changes).toEqual({});
  });
});

describe('changes that cannot go together', () => {
  const texts = ['First of three.', 'Second of three.', 'Third of three.'] as const;
  const file = (path: string, text: string) => ({
    path,
    bytes: Buffer.from(text),
    sha256: createHash('sha256').update(text).digest('hex'),
    mode: 0o644,
    modifiedAt: '2026-01-01T00:00:00Z',
  });
  const store = parseStore([file('a.md', `${texts.map((text) => `- ${text}`).join('\n')}\n`)], {
    single: false,
    format: 'markdown',
    fields: {},
    exclude: [],
    writeRules: false,
  });
  const segmented = segmentStore(store);
  const merge = (drop: number, into: number) => {
    const [gone, stays] = [segmented.statements[drop], segmented.statements[into]];
    if (!gone || !stays) throw new Error('three statements are expected');
    const after = { path: stays.path, line: stays.line, text: stays.text };
    const common = { kind: 'merge', relation: 'duplicate', confidence: 1, decidedBy: 'model', reason: '', status: 'proposed' } as const;
    return planChange({ ...common, before: [gone, stays], after, drop: [gone.id] });
  };

  it('three merges in a circle are refused, two of them are not', () => {
    expect(() => checkNoCircle([merge(0, 1), merge(1, 2)], segmented)).not.toThrow();
    expect(() => checkNoCircle([merge(0, 1), merge(1, 2), merge(2, 0)], segmented)).toThrow(UserError);
  });

  it('two texts in one place: the later one stands', async () => {
    const made = await dreamOver(approvals, ['Every pull request needs 3 approvals.']);
    const replaced = made.changes.filter((change) => change.kind === 'supersede');
    const [one] = replaced;
    if (!one) throw new Error('a supersede is expected');
    await made.library.edit(one.id, 'Three approvals.');
    expect(made.text()).toContain('- Three approvals.');
    await made.library.edit(one.id, 'At least three approvals.');
    expect(made.text()).toContain('- At least three approvals.');
    expect(made.text()).not.toContain('- Three approvals.');
  });

  it('the review goes on after a decision that cannot be taken', async () => {
    const cwd = newFolder();
    put(join(cwd, 'store'), {
      'a.md': topic('a', 1, ['Every pull request needs 2 approvals.']),
      'b.md': topic('b', 2, ['Every pull request needs 2 approvals.']),
    });
    await start(['dream', '--store', 'store', '--llm', 'off'], { cwd }).done;
    const { code, stdout } = await start(['review'], { cwd, input: 'a\ne A text.\nr\n' }).done;
    expect(stdout).toContain('not decided');
    expect(stdout).toContain('1 accepted, 1 refused, 0 changes left open.');
    expect(code).toBe(0);
  });
});
