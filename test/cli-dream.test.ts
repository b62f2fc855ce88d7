/** The binary over a real store, by the contract that other programs rely on: every command, its JSON, its exit codes. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contentOf, fixtures, newFolder, type Outcome, run, start } from './cli-run.js';

const share = z.number().min(0).max(1);
const time = z.iso.datetime().nullable();
const place = { path: z.string().min(1), line: z.int().min(1) };

const changeSchema = z.object({
  id: z.string().regex(/^chg_/),
  kind: z.enum(['merge', 'supersede', 'conflict', 'insight', 'stale', 'redact', 'reindex']),
  before: z.array(z.object({ ...place, text: z.string(), written: time })),
  after: z.object({ path: z.string(), line: z.int().min(1).nullable(), text: z.string() }).nullable(),
  relation: z.enum(['duplicate', 'refines', 'conflict']).nullable(),
  confidence: share,
  decided_by: z.enum(['rule', 'model', 'claude', 'person']),
  reason: z.string().min(1),
  insight: z.enum(['mistake', 'workflow', 'preference']).nullable(),
  support: z.int().nullable(),
  evidence: z.array(
    z.object({
      session_id: z.string(),
      at: time,
      role: z.enum(['person', 'agent', 'tool']),
      quote: z.string(),
      file: z.string(),
      line: z.int(),
    }),
  ),
  status: z.enum(['proposed', 'suggested', 'approved', 'rejected', 'applied']),
});
const changesSchema = z.object({
  dream: z.string().regex(/^drm_/),
  changes: z.array(changeSchema),
  findings: z.array(
    z.object({ kind: z.enum(['injection', 'secret', 'unreadable']), path: z.string(), line: z.int().nullable(), message: z.string() }),
  ),
});
type Change = z.infer<typeof changeSchema>;

const dreamSchema = z.object({
  id: z.string().regex(/^drm_/),
  type: z.literal('dream'),
  status: z.enum(['pending', 'running', 'completed', 'failed', 'canceled']),
  inputs: z.array(z.object({ type: z.enum(['memory_store', 'sessions']) })),
  outputs: z.array(z.object({ type: z.literal('memory_store'), memory_store_id: z.string() })),
  output_behavior: z.object({ type: z.literal('create_new') }),
  model: z.object({ id: z.string() }),
  instructions: z.string().nullable(),
  session_id: z.string().nullable(),
  created_at: z.iso.datetime(),
  ended_at: time,
  archived_at: time,
  usage: z.object({
    input_tokens: z.int(),
    output_tokens: z.int(),
    cache_creation_input_tokens: z.int(),
    cache_read_input_tokens: z.int(),
  }),
  error: z.object({ type: z.string(), message: z.string() }).nullable(),
  summary: z
    .object({
      memories: z.int(),
      statements: z.int(),
      sessions: z.int(),
      changes: z.record(z.string(), z.int()),
      suggested: z.int(),
      asked: z.int(),
      seconds: z.record(z.string(), z.number()),
      peak_rss_mb: z.number(),
      out: z.string(),
    })
    .nullable(),
});
type Dream = z.infer<typeof dreamSchema>;

/** One JSON value and nothing else. */
function parseOnly<T>(schema: z.ZodType<T>, { stdout }: Outcome): T {
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return schema.parse(JSON.parse(stdout));
}

/** A folder of its own with a copy of the fixture store; the database lies in it too. */
class Place {
  readonly cwd = newFolder();
  readonly store = join(this.cwd, 'store');

  constructor() {
    cpSync(join(fixtures, 'store'), this.store, { recursive: true });
  }

  run(...args: string[]): Promise<Outcome> {
    return run(args, { cwd: this.cwd });
  }

  /** Runs a command that must end with 0. */
  async ok(...args: string[]): Promise<Outcome> {
    const outcome = await this.run(...args);
    expect({ args, code: outcome.code, stderr: outcome.code === 0 ? '' : outcome.stderr }).toEqual({ args, code: 0, stderr: '' });
    return outcome;
  }

  async dream(...args: string[]): Promise<Dream> {
    return parseOnly(dreamSchema, await this.ok('dream', '--store', 'store', '--llm', 'off', '--json', ...args));
  }

  async changes(...args: string[]): Promise<readonly Change[]> {
    return parseOnly(changesSchema, await this.ok('changes', '--json', ...args)).changes;
  }
}

const repeated = 'The staging database is copied from production every Sunday night.';
const mergeOf = (changes: readonly Change[], text: string): Change | undefined =>
  changes.find((change) => change.kind === 'merge' && change.before.some((side) => side.text === text));

/** How often a text stands in the files of a store. */
function countIn(folder: string, text: string): number {
  return Object.values(contentOf(folder)).join('\n').split(text).length - 1;
}

function outOf(dream: Dream): string {
  if (dream.summary === null) throw new Error(`${dream.id} has no summary`);
  return dream.summary.out;
}

describe('dream', () => {
  const place = new Place();
  const before = contentOf(place.store);
  let text: Outcome;
  beforeAll(async () => {
    text = await place.ok('dream', '--store', 'store', '--llm', 'off');
  });

  it('prints a summary, an example of what it merged, and what comes next', () => {
    for (const part of ['  Memories ', '  Statements ', '\n  + ', 'why: ', 'New store: ', 'Next']) expect(text.stdout).toContain(part);
    expect(text.stdout).toMatch(/^Merged duplicates, for example\nchg_\w+ {2}\d+ %/m);
    expect(text.stdout).toContain(`Nothing was changed in ${place.store}.`);
    expect(text.stdout).toMatch(/dreamfold changes\n/);
    expect(text.stdout).toContain('dreamfold apply --in-place');
  });

  it('reports progress as plain lines on stderr, without colour', () => {
    expect(text.stderr).toMatch(/^[a-z]+: done, [\d,]+ /m);
    expect(text.stdout + text.stderr).not.toContain('\u001b');
  });

  it('leaves the input as it is', () => {
    expect(contentOf(place.store)).toEqual(before);
  });

  it('keeps the database and the new store to their owner', async () => {
    if (process.platform === 'win32') return;
    const { statSync } = await import('node:fs');
    expect(statSync(join(place.cwd, 'data', 'dreamfold.db')).mode & 0o077).toBe(0);
  });

  it('under --json prints the dream object alone, and nothing on stderr', async () => {
    const other = new Place();
    const outcome = await other.ok('dream', '--store', 'store', '--out', 'new', '--llm', 'off', '--json');
    const dream = parseOnly(dreamSchema, outcome);
    expect(outcome.stderr).toBe('');
    expect(dream.status).toBe('completed');
    expect(dream.summary?.memories).toBeGreaterThanOrEqual(3);
    expect(outOf(dream)).toBe(join(other.cwd, 'new'));
    expect(Object.keys(contentOf(join(other.cwd, 'new')))).toContain('MEMORY.md');
  });

  it('finds the Claude Code memory of the project it is run in', async () => {
    const cwd = newFolder();
    const memory = join(cwd, 'claude', 'projects', cwd.replace(/[^a-zA-Z0-9]/g, '-'), 'memory');
    cpSync(join(fixtures, 'store'), memory, { recursive: true });
    const { code, stdout } = await run(['dream', '--llm', 'off'], { cwd, env: { CLAUDE_CONFIG_DIR: join(cwd, 'claude') } });
    expect(code).toBe(0);
    expect(stdout).toContain(`Nothing was changed in ${memory}.`);
  });

  it('says what it looked for where there is none', async () => {
    const cwd = newFolder();
    const { code, stderr } = await run(['dream'], { cwd, env: { CLAUDE_CONFIG_DIR: join(cwd, 'nothing') } });
    expect(code).toBe(2);
    expect(stderr).toContain(join(cwd, 'nothing'));
    expect(stderr).toContain('--store');
  });

  it('takes terminal escapes out of what it prints, not out of the store', async () => {
    const other = new Place();
    const line = '- Deploys \u001b[2Jgo through the release branch on Thursdays.\n';
    mkdirSync(join(other.cwd, 'notes'));
    writeFileSync(join(other.cwd, 'notes', 'a.md'), `# A\n\n${line}- The build takes nine minutes.\n`);
    writeFileSync(join(other.cwd, 'notes', 'b.md'), `# B\n\n${line}- Invoices are sent on the last day of the month.\n`);
    await other.ok('dream', '--store', 'notes', '--out', 'new', '--llm', 'off');
    for (const args of [['changes'], ['audit', 'notes']]) expect((await other.ok(...args)).stdout).not.toContain('\u001b');
    expect(countIn(join(other.cwd, 'new'), '\u001b')).toBeGreaterThanOrEqual(1);
  });
});

describe('changes, diff, explain', () => {
  const place = new Place();
  beforeAll(async () => {
    await place.dream();
  });

  it('lists the merge of what stands twice, with both places', async () => {
    const merge = mergeOf(await place.changes(), repeated);
    expect(merge).toMatchObject({ relation: 'duplicate', status: 'proposed', after: { text: repeated } });
    expect(merge?.before.map((side) => side.path).sort()).toEqual(['notes_march.md', 'project_backups.md']);
  });

  it('shows them as text with id, confidence, place and reason', async () => {
    const merge = mergeOf(await place.changes(), repeated);
    const { stdout } = await place.ok('changes');
    expect(stdout).toContain(`${merge?.id}  `);
    expect(stdout).toMatch(/ \d{1,3} %/);
    expect(stdout).toMatch(/project_backups\.md:\d+/);
    expect(stdout).toContain('why: ');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('shows the two values of the backups as superseded or as a suggestion, never merged', async () => {
    const about = (await place.changes()).filter((change) =>
      change.before.some((side) => side.text.startsWith('Backups of the production')),
    );
    expect(about.length).toBeGreaterThanOrEqual(1);
    expect(about.every((change) => change.kind !== 'merge' || change.status === 'suggested')).toBe(true);
  });

  it('compares the stores as a unified diff', async () => {
    const { stdout } = await place.ok('diff');
    expect(stdout).toMatch(/^--- /m);
    expect(stdout).toMatch(/^\+\+\+ /m);
    expect(stdout).toContain(`-- ${repeated}`);
    const asJson = parseOnly(z.strictObject({ dream: z.string(), diff: z.string() }), await place.ok('diff', '--json'));
    expect(asJson.diff).toBe(stdout);
  });

  it('explains a change by its id and by the beginning of it', async () => {
    const merge = mergeOf(await place.changes(), repeated);
    const id = merge?.id ?? '';
    const schema = z.object({
      dream: z.string(),
      change: changeSchema,
      pairs: z.array(z.object({ a: z.string(), b: z.string(), confidence: share, similarity: z.number() })),
    });
    const explained = parseOnly(schema, await place.ok('explain', id, '--json'));
    expect(explained.change).toEqual(merge);
    expect((await place.ok('explain', id.slice(0, 12))).stdout).toContain(id);
  });

  it('ends quietly where nobody reads on', async () => {
    const { child, done } = start(['changes'], { cwd: place.cwd });
    child.stdout?.destroy();
    expect(await done).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('approve, reject, edit, review', () => {
  it('rewrites the new store at once', async () => {
    const place = new Place();
    const out = outOf(await place.dream());
    const id = mergeOf(await place.changes(), repeated)?.id ?? '';
    expect(countIn(out, repeated)).toBe(1);
    const rejected = parseOnly(changesSchema, await place.ok('reject', id, '--json'));
    expect(rejected.changes.map((change) => [change.id, change.status])).toEqual([[id, 'rejected']]);
    expect(countIn(out, repeated)).toBe(2);
    expect((await place.ok('approve', id)).stdout).toMatch(/^approved {2}chg_/);
    expect(countIn(out, repeated)).toBe(1);
    const edited = parseOnly(
      changesSchema,
      await place.ok('edit', id, '--text', 'Staging is copied from production on Sundays.', '--json'),
    );
    expect(edited.changes).toMatchObject([{ id, status: 'approved', decided_by: 'person' }]);
    expect([countIn(out, repeated), countIn(out, 'Staging is copied from production on Sundays.')]).toEqual([0, 1]);
  });

  it('proposes what was refused not again', async () => {
    const place = new Place();
    await place.dream();
    await place.ok('reject', mergeOf(await place.changes(), repeated)?.id ?? '');
    const out = outOf(await place.dream());
    expect(
      mergeOf(
        (await place.changes()).filter((change) => change.status !== 'rejected'),
        repeated,
      ),
    ).toBeUndefined();
    expect(countIn(out, repeated)).toBe(2);
  });

  it('goes through the changes by answers on stdin', async () => {
    const place = new Place();
    await place.dream();
    const open = (await place.changes()).length;
    expect(open).toBeGreaterThanOrEqual(2);
    const { code, stdout } = await run(['review'], { cwd: place.cwd, input: '?\nr\nb\na\ns\nq\n' });
    expect(code).toBe(0);
    expect(stdout).toContain(`1 of ${open}: `);
    expect(stdout).toContain('refuse: it is not, and is not proposed again');
    expect(stdout).toContain('1 accepted, 0 refused');
    const statuses = (await place.changes()).map((change) => change.status);
    expect(statuses.filter((status) => status === 'approved')).toHaveLength(1);
    expect(statuses).not.toContain('rejected');
  });

  it('review keeps what was decided when the input ends', async () => {
    const place = new Place();
    await place.dream();
    const reviewed = parseOnly(changesSchema, await run(['review', '--json'], { cwd: place.cwd, input: 'r\n' }));
    expect(reviewed.changes.map((change) => change.status)).toEqual(['rejected']);
  });
});

describe('apply, undo, discard', () => {
  it('publishes over the input and gives back its bytes', async () => {
    const place = new Place();
    const before = contentOf(place.store);
    const out = contentOf(outOf(await place.dream()));
    const applied = parseOnly(
      z.object({ dream: z.string(), mode: z.literal('in-place'), path: z.string(), files: z.object({ written: z.array(z.string()) }) }),
      await place.ok('apply', '--in-place', '--json'),
    );
    expect(applied.path).toBe(place.store);
    expect(applied.files.written.length).toBeGreaterThanOrEqual(1);
    expect(contentOf(place.store)).toEqual(out);
    expect((await place.changes()).some((change) => change.status === 'applied')).toBe(true);
    expect((await place.ok('undo')).stdout).toContain('Taken back in');
    expect(contentOf(place.store)).toEqual(before);
  });

  it('publishes to a new place and leaves the input as it is', async () => {
    const place = new Place();
    const before = contentOf(place.store);
    const out = contentOf(outOf(await place.dream()));
    await place.ok('apply', '--to', 'published');
    expect(contentOf(join(place.cwd, 'published'))).toEqual(out);
    expect(contentOf(place.store)).toEqual(before);
  });

  it('refuses with exit code 12 where the input has changed, and changes nothing', async () => {
    const place = new Place();
    await place.dream();
    const file = join(place.store, 'feedback_testing.md');
    writeFileSync(file, `${readFileSync(file, 'utf8')}- Snapshots are reviewed by hand.\n`);
    const changed = contentOf(place.store);
    const { code, stderr } = await place.run('apply', '--in-place');
    expect(code).toBe(12);
    expect(stderr).toMatch(/^dreamfold: .*feedback_testing\.md/m);
    expect(contentOf(place.store)).toEqual(changed);
  });

  it('throws the new store away', async () => {
    const place = new Place();
    const out = outOf(await place.dream());
    await place.ok('discard');
    expect(existsSync(out)).toBe(false);
    expect((await place.ok('list')).stdout).toContain('discarded');
  });
});

describe('list, show, prune', () => {
  it('keeps the dreams of a database, newest first, until they are forgotten', async () => {
    const place = new Place();
    expect(parseOnly(z.array(dreamSchema), await place.ok('list', '--json'))).toEqual([]);
    const first = await place.dream();
    const second = await place.dream();
    expect(parseOnly(z.array(dreamSchema), await place.ok('list', '--json')).map((dream) => dream.id)).toEqual([second.id, first.id]);
    expect(parseOnly(dreamSchema, await place.ok('show', '--json')).id).toBe(second.id);
    expect(parseOnly(dreamSchema, await place.ok('show', first.id, '--json'))).toEqual(first);
    const pruned = parseOnly(z.object({ removed: z.array(z.string()) }), await place.ok('prune', '--keep', '1', '--json'));
    expect(pruned.removed).toEqual([first.id]);
    expect(parseOnly(z.array(dreamSchema), await place.ok('list', '--json')).map((dream) => dream.id)).toEqual([second.id]);
    await place.ok('prune', '--all', '--yes');
    expect((await place.ok('list')).stdout).toContain('No dreams yet.');
  }, 60_000);

  it('uses the database that --db names, and names it in what comes next', async () => {
    const place = new Place();
    await place.ok('dream', '--store', 'store', '--db', 'other.db', '--llm', 'off');
    expect(existsSync(join(place.cwd, 'other.db'))).toBe(true);
    expect((await place.ok('changes', '--db', 'other.db')).stdout).toContain('--db other.db');
    expect((await place.run('changes')).code).toBe(4);
  });
});

describe('audit, doctor', () => {
  it('reports the health of a store and changes nothing', async () => {
    const place = new Place();
    const before = contentOf(place.store);
    writeFileSync(join(place.store, 'MEMORY.md'), `${before['MEMORY.md'] ?? ''}- [Gone](gone.md) — no longer there\n`, 'latin1');
    const changed = contentOf(place.store);
    const schema = z.object({
      memories: z.int(),
      duplicates: z.array(changeSchema),
      dead_links: z.array(z.object({ path: z.string(), line: z.int(), target: z.string() })),
    });
    const audit = parseOnly(schema, await place.ok('audit', 'store', '--json'));
    expect(mergeOf(audit.duplicates, repeated)).toBeDefined();
    expect(audit.dead_links).toEqual([{ path: 'MEMORY.md', line: 6, target: 'gone.md' }]);
    expect((await place.ok('audit', 'store')).stdout).toContain('gone.md does not exist');
    expect(contentOf(place.store)).toEqual(changed);
    expect(parseOnly(z.array(z.unknown()), await place.ok('list', '--json'))).toEqual([]);
  });

  it('says what works here', async () => {
    const place = new Place();
    const schema = z.object({ checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })).min(1) });
    const { checks } = parseOnly(schema, await place.ok('doctor', '--json'));
    const { stdout } = await place.ok('doctor');
    for (const check of checks) expect(stdout).toContain(check.name);
  });
});

describe('dedupe', () => {
  const cwd = newFolder();
  const withoutLines = (file: string, dropped: readonly number[], lineEnd = '\n'): string =>
    readFileSync(join(fixtures, file), 'utf8')
      .split(lineEnd)
      .filter((_line, at) => !dropped.includes(at + 1))
      .join(lineEnd);
  const report = z.object({
    records: z.int(),
    kept: z.int(),
    groups: z.array(
      z.object({
        kept: z.int(),
        dropped: z.array(z.object({ line: z.int(), to: z.int(), similarity: z.number(), relation: z.string(), confidence: share })),
      }),
    ),
    seconds: z.record(z.string(), z.number()),
    peak_rss_mb: z.number(),
  });

  it.each([
    ['JSONL', 'facts.jsonl', [3], '\n'],
    ['CSV with a line end in a cell', 'facts.csv', [5, 6], '\r\n'],
    ['lines', 'facts.txt', [3], '\n'],
  ])('keeps the records of %s verbatim and in order, on stdout', async (_name, file, dropped, lineEnd) => {
    for (const by of ['meaning', 'similarity']) {
      const { code, stdout, stderr } = await run(['dedupe', join(fixtures, file), '--by', by, '--llm', 'off'], { cwd });
      expect({ code, stdout }).toEqual({ code: 0, stdout: withoutLines(file, dropped, lineEnd) });
      expect(stderr).toContain('1 dropped in 1 group');
    }
  });

  it('writes records and report to files', async () => {
    const args = ['dedupe', join(fixtures, 'facts.jsonl'), '--out', 'kept.jsonl', '--report', 'report.json', '--llm', 'off'];
    expect((await run(args, { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, 'kept.jsonl'), 'utf8')).toBe(withoutLines('facts.jsonl', [3]));
    const written = report.parse(JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8')));
    expect(written).toMatchObject({ records: 4, kept: 3, groups: [{ kept: 1, dropped: [{ line: 3, to: 1 }] }] });
  });

  it('prints the report under --json', async () => {
    const outcome = await run(['dedupe', join(fixtures, 'facts.txt'), '--json', '--llm', 'off'], { cwd });
    expect(parseOnly(report, outcome)).toMatchObject({ records: 3, kept: 2, groups: [{ kept: 1, dropped: [{ line: 3, to: 1 }] }] });
    expect(outcome.stderr).toBe('');
  });
});

describe('relate', () => {
  const schema = z.strictObject({
    id: z.string(),
    relation: z.enum(['duplicate', 'refines', 'conflict', 'distinct']),
    keep: z.enum(['a', 'b', 'both', 'either', 'none']),
    confidence: share,
    probabilities: z.strictObject({ duplicate: share, refines: share, conflict: share, distinct: share }),
    decided_by: z.enum(['rule', 'model', 'claude', 'person']),
    ambiguous: z.boolean(),
    reason: z.string().min(1),
  });

  it('answers each line with one line, in order', async () => {
    const { code, stdout } = await run(['relate', join(fixtures, 'pairs.jsonl'), '--llm', 'off'], { cwd: newFolder() });
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => schema.parse(JSON.parse(line)));
    expect(lines.map((line) => line.id)).toEqual(['p1', 'p2', 'p3', 'p4']);
    expect(lines[0]).toMatchObject({ relation: 'duplicate', keep: 'either', ambiguous: false });
    expect(lines[3]).toMatchObject({ relation: 'distinct', keep: 'both' });
    for (const line of lines) {
      expect(Object.values(line.probabilities).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 3);
      if (line.relation === 'refines') expect(['a', 'b']).toContain(line.keep);
    }
    if (lines[1]?.relation === 'conflict') expect(lines[1].keep).toBe('b');
    if (lines[2]?.relation === 'conflict') expect(lines[2].keep).toBe('none');
  });
});

describe('what goes wrong', () => {
  it('ends with exit code 4 where something is not found', async () => {
    const place = new Place();
    for (const args of [
      ['dream', '--store', 'absent'],
      ['audit', 'absent'],
      ['dedupe', 'absent.jsonl'],
      ['relate', 'absent.jsonl'],
      ['changes'],
      ['show', 'drm_ffffffffffffffff'],
    ]) {
      const { code, stdout, stderr } = await place.run(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 4, stdout: '' });
      expect(stderr).toMatch(/^dreamfold: /m);
    }
    await place.dream();
    expect((await place.run('explain', 'chg_ffffffffffffffff')).code).toBe(4);
    const { code, stderr } = await place.run('approve', 'chg_ffffffffffffffff', '--json');
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toMatchObject({ type: 'exit_error', code: 4 });
  });

  it('ends with exit code 2 where the output would overwrite something', async () => {
    const place = new Place();
    const before = contentOf(place.store);
    mkdirSync(join(place.cwd, 'full'));
    writeFileSync(join(place.cwd, 'full', 'mine.md'), 'mine\n');
    for (const out of ['full', 'store', join('store', 'inside')]) {
      const { code, stderr } = await place.run('dream', '--store', 'store', '--out', out, '--llm', 'off');
      expect({ out, code }).toEqual({ out, code: 2 });
      expect(stderr).not.toContain('this is a bug');
    }
    expect(contentOf(place.store)).toEqual(before);
    expect(contentOf(join(place.cwd, 'full'))).toEqual({ 'mine.md': 'mine\n' });
  });

  it('ends with exit code 3 where a record could not be read, names its line and uses the rest', async () => {
    const place = new Place();
    const good = readFileSync(join(fixtures, 'facts.jsonl'), 'utf8').trimEnd().split('\n');
    writeFileSync(join(place.cwd, 'broken.jsonl'), `${[...good.slice(0, 2), '{"id":"f9","text":', ...good.slice(2)].join('\n')}\n`);
    const dreamed = await place.run('dream', '--store', 'broken.jsonl', '--llm', 'off');
    expect(dreamed.code).toBe(3);
    expect(dreamed.stdout).toContain('broken.jsonl:3');
    const asJson = await place.run('dream', '--store', 'broken.jsonl', '--llm', 'off', '--json');
    expect(asJson.code).toBe(3);
    expect(parseOnly(dreamSchema, asJson).status).toBe('completed');
    expect(JSON.parse(asJson.stderr.split('\n')[0] ?? '')).toMatchObject({ type: 'problem', line: 3 });
    const deduped = await place.run('dedupe', 'broken.jsonl', '--json');
    expect(deduped.code).toBe(3);
    expect(deduped.stderr).toContain('"line":3');
  });
});

describe('a long dream', () => {
  const nouns = ['invoice', 'courier', 'gateway', 'voucher', 'catalogue', 'warehouse', 'basket', 'refund', 'supplier', 'pallet'];
  const verbs = ['prints', 'archives', 'renames', 'splits', 'queues', 'signs', 'weighs', 'labels', 'forwards', 'counts'];
  /** Statements enough to keep a dream busy while something else happens. */
  const manyNotes = (count: number): string => {
    const lines = Array.from({ length: count }, (_unused, n) => {
      const [noun, verb, object] = [nouns[n % 10], verbs[Math.floor(n / 10) % 10], nouns[Math.floor(n / 100) % 10]];
      return `- The ${noun} service number ${n} ${verb} every ${object} of shelf ${n * 7} before ${n % 24} o'clock.`;
    });
    return `# Notes\n\n${lines.join('\n')}\n`;
  };

  it('keeps others out with exit code 11, and on Ctrl-C ends with 130 and leaves nothing', async () => {
    const place = new Place();
    mkdirSync(join(place.cwd, 'notes'));
    writeFileSync(join(place.cwd, 'notes', 'many.md'), manyNotes(20_000));
    const before = contentOf(join(place.cwd, 'notes'));
    const { child, done } = start(['dream', '--store', 'notes', '--out', 'new', '--llm', 'off'], { cwd: place.cwd });
    await new Promise<void>((resolve) => child.stderr?.once('data', () => resolve()));
    const second = await place.run('dream', '--store', 'store', '--llm', 'off');
    expect(child.exitCode).toBeNull();
    expect(second.code).toBe(11);
    expect(second.stderr).toMatch(/^dreamfold: /);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await done;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain('cancelled, nothing half-written');
    expect(existsSync(join(place.cwd, 'new'))).toBe(false);
    expect(contentOf(join(place.cwd, 'notes'))).toEqual(before);
    const [dream] = parseOnly(z.array(dreamSchema), await place.ok('list', '--json'));
    expect(dream?.status).toBe('canceled');
    await place.dream();
  });
});
