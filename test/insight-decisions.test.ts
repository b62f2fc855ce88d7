/** Insights as changes of a dream: decided about one by one, published and taken back, and not proposed again once refused. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, UserError } from '../dist/api.js';
import { type Evidence, type Insertion, type PlannedChange, textKey } from '../dist/memory.js';
import { movedTimes } from '../dist/pipeline/dream.js';
import { neighborsOf } from '../dist/pipeline/insights.js';
import { parseStore } from '../dist/read/store.js';
import { orderChanges, refusalKeys } from '../dist/resolve/changes.js';
import { type InsightDraft, planInsight } from '../dist/resolve/insight.js';
import { placeInsights } from '../dist/resolve/place.js';
import { segmentStore } from '../dist/segment/memory.js';
import { type DreamStore, openStore } from '../dist/store/store.js';
import { binary, fingerprint, makeFolder, now, openIn, readTree } from './support/workspace.js';

const topic = (name: string, bullets: readonly string[]) =>
  `---\nname: ${name}\ndescription: made for a test\ntype: project\nmodified: 2026-01-05T10:00:00Z\n---\n\n${bullets.map((bullet) => `- ${bullet}\n`).join('')}`;
const files = {
  'MEMORY.md': '# Memory\n\n- [Build](project_build.md) — how\n- [Old](project_old.md) — once\n',
  'project_build.md': topic('project-build', ['Use make for builds.', 'CI uses make too.', 'Every pull request needs 2 approvals.']),
  'project_old.md': topic('project-old', ['every pull request needs 2 approvals']),
};

function evidence(session: string, quote: string, day: number): Evidence {
  const at = `2026-03-${String(day).padStart(2, '0')}T09:00:00.000Z`;
  return { session_id: session, at, role: 'tool', quote, file: `${session}.jsonl`, line: day };
}

function insight(text: string, given: Partial<InsightDraft> = {}): InsightDraft {
  const seen = ['s1', 's2', 's3'].map((session, at) => evidence(session, `${text} failed in ${session}`, at + 1));
  const common = { kind: 'mistake', title: 'A lesson', person: null, neighbours: [], confidence: 0.9, decidedBy: 'rule' } as const;
  return {
    ...common,
    text,
    reason: 'It failed in 3 sessions.',
    evidence: seen,
    status: 'proposed',
    at: '2026-03-03T09:00:00.000Z',
    ...given,
  };
}

const lessons = 'project_lessons_from_sessions.md';
const seed = insight('Run the migrations before you seed, else `seed` fails.', { topic: 'relation N does not exist' });
const lint = insight('Lint before you push. CI stops otherwise.');
const ask = insight('Ask before dropping a table.', { kind: 'preference', status: 'suggested' });

interface Made {
  readonly folder: string;
  readonly store: string;
  readonly out: string;
  readonly library: ReturnType<typeof openIn>;
  readonly kept: DreamStore;
  readonly ids: readonly string[];
}

/** A dream to which the insights are added as mining would; they are in the output store from the first decision on. */
async function dreamWith(...insights: readonly InsightDraft[]): Promise<Made> {
  const folder = makeFolder();
  const store = join(folder, 'store');
  mkdirSync(store);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(store, name), text);
    utimesSync(join(store, name), 1_700_000_000, 1_700_000_000);
  }
  const library = openIn(folder);
  const { dream } = await library.dream({ store, llm: 'off' });
  const kept = openStore(join(folder, 'db', 'dreamfold.db'));
  const planned = plan(kept, dream.id, insights);
  kept.saveChanges(dream.id, orderChanges([...kept.changesOf(dream.id), ...planned]));
  return { folder, store, out: dream.summary?.out ?? '', library, kept, ids: planned.map(({ change }) => change.id) };
}

function plan(kept: DreamStore, dream: string, insights: readonly InsightDraft[]): readonly PlannedChange[] {
  const options = { single: false, format: null, fields: {}, exclude: [], writeRules: false };
  const read = parseStore(kept.loadFiles(dream, 'input'), options);
  const segmented = segmentStore(read);
  return placeInsights(insights, read, segmented, { at: now }).map((insertion, at) => {
    const found = insights[at];
    if (insertion === null || found === undefined) throw new Error('the store takes every insight');
    return planInsight(found, insertion, segmented);
  });
}

function find(made: Made, id: string | undefined): Change {
  const found = made.library.changes().changes.find((change) => change.id === id);
  if (found === undefined) throw new Error(`no change ${id}`);
  return found;
}

describe('an insight among the changes of a dream', () => {
  it('is a change of the contract, with the place it went to', async () => {
    const made = await dreamWith(seed, lint, ask);
    await made.library.decide([made.ids[2] ?? ''], 'approved');
    expect(find(made, made.ids[0])).toEqual({
      id: made.ids[0],
      kind: 'insight',
      before: [],
      after: { path: lessons, line: 9, text: seed.text },
      relation: null,
      confidence: 0.9,
      decided_by: 'rule',
      reason: 'It failed in 3 sessions.',
      insight: 'mistake',
      support: 3,
      evidence: seed.evidence,
      status: 'proposed',
    });
    expect(readFileSync(join(made.out, lessons), 'utf8')).toContain(`\n\n- ${lint.text}\n- ${seed.text}\n`);
    expect(made.library.show().summary?.changes).toMatchObject({ insight: 3 });
  });

  it('is refused alone: the file it shares stays with the other, and goes with the last, index line and all', async () => {
    const made = await dreamWith(seed, lint, ask);
    const [first = '', second = '', third = ''] = made.ids;
    await made.library.decide([first], 'rejected');
    expect(readFileSync(join(made.out, lessons), 'utf8')).toMatch(/\n\n- Lint before you push\. CI stops otherwise\.\n$/);
    expect(find(made, first).after?.line).toBeNull();
    expect(existsSync(join(made.out, 'feedback_preferences_from_sessions.md'))).toBe(false);
    await made.library.decide([second], 'rejected');
    expect(existsSync(join(made.out, lessons))).toBe(false);
    expect(readFileSync(join(made.out, 'MEMORY.md'), 'utf8')).not.toContain('sessions');
    await made.library.decide([third, second], 'approved');
    const index = readFileSync(join(made.out, 'MEMORY.md'), 'utf8');
    expect(index.match(/_from_sessions\.md\)/g)).toHaveLength(2);
    expect(readFileSync(join(made.out, lessons), 'utf8')).toMatch(/\n\n- Lint before you push\. CI stops otherwise\.\n$/);
  });

  it('edited by a person it says their words, as late as they were written', async () => {
    const made = await dreamWith(seed, lint);
    const [first = ''] = made.ids;
    const { changes } = await made.library.edit(first, '  Migrate, then seed.  ');
    expect(changes).toMatchObject([
      { id: first, status: 'approved', decided_by: 'person', after: { path: lessons, text: 'Migrate, then seed.' } },
    ]);
    const text = () => readFileSync(join(made.out, lessons), 'utf8');
    expect(text()).toContain('- Migrate, then seed.\n');
    expect(text()).not.toContain(seed.text);
    expect(made.kept.movedTime(textKey('Migrate, then seed.'))).toBe(now);
    await expect(made.library.edit(first, '  ')).rejects.toThrow(UserError);
    await made.library.decide([first], 'rejected');
    expect(text()).not.toContain('seed');
    await made.library.decide([first], 'approved');
    expect(text()).toContain('- Migrate, then seed.\n');
  });

  it('shows in the diff as git can apply it, is applied in place and to a copy, and taken back to the byte', async () => {
    const made = await dreamWith(seed, lint, ask);
    await made.library.decide([made.ids[2] ?? ''], 'approved');
    const before = fingerprint(made.store);
    const diff = join(made.folder, 'd.patch');
    writeFileSync(diff, made.library.diff());
    const copy = join(made.folder, 'copy');
    execFileSync('cp', ['-r', made.store, copy]);
    execFileSync('git', ['apply', '--whitespace=nowarn', diff], { cwd: copy });
    expect(readTree(copy)).toEqual(readTree(made.out));
    const applied = await made.library.apply({});
    expect(applied.files.written).toEqual(expect.arrayContaining([lessons, 'MEMORY.md']));
    expect(readTree(made.store)).toEqual(readTree(made.out));
    expect(statSync(join(made.store, lessons)).mode & 0o777).toBe(statSync(join(made.store, 'MEMORY.md')).mode & 0o777);
    await made.library.undo();
    expect(fingerprint(made.store)).toEqual(before);
    const to = join(made.folder, 'elsewhere');
    await made.library.apply({ to });
    expect(readTree(to)).toEqual(readTree(made.out));
    await made.library.undo();
    expect(existsSync(to)).toBe(false);
  });

  it('is not written over a file that has come to stand at its place', async () => {
    const made = await dreamWith(lint, ask);
    await made.library.decide([made.ids[1] ?? ''], 'approved');
    writeFileSync(join(made.store, lessons), 'mine\n');
    const before = fingerprint(made.store);
    await expect(made.library.apply({})).rejects.toMatchObject({ exit: 'inputChanged' });
    expect(fingerprint(made.store)).toEqual(before);
  });

  it('stands in the list of the command line, and is decided about in a review', async () => {
    const made = await dreamWith(seed, ask);
    made.library.close();
    const run = (args: readonly string[], input = '') =>
      execFileSync(process.execPath, [binary, ...args, '--db', join(made.folder, 'db', 'dreamfold.db')], {
        encoding: 'utf8',
        input,
        stdio: 'pipe',
      });
    const listed = run(['changes']);
    expect(listed).toContain('Insights from sessions (1)');
    expect(listed).toContain('Perhaps insights (1)');
    expect(listed).toContain('mistake  3 sessions');
    expect(run(['review'], `${'a\n'.repeat(10)}`)).toContain('accepted');
    expect(readFileSync(join(made.out, 'feedback_preferences_from_sessions.md'), 'utf8')).toContain(`- ${ask.text}\n`);
  });

  it('stays in a file that other changes empty', async () => {
    const made = await dreamWith(seed);
    const [entry] = made.kept.changesOf(made.library.show().id).filter(({ change }) => change.kind === 'insight');
    if (!entry) throw new Error('an insight is expected');
    const moved: Insertion[] = entry.effect.insert.map((one) => ({ ...one, path: 'project_old.md', create: null }));
    const others = made.kept.changesOf(made.library.show().id).filter(({ change }) => change.kind !== 'insight');
    expect(others.map(({ change }) => change.kind)).toContain('reindex');
    const after = { path: 'project_old.md', line: null, text: seed.text };
    made.kept.saveChanges(made.library.show().id, [
      ...others,
      { change: { ...entry.change, after }, effect: { ...entry.effect, insert: moved } },
    ]);
    await made.library.decide([entry.change.id], 'approved');
    expect(readFileSync(join(made.out, 'project_old.md'), 'utf8')).toMatch(
      /---\n\n- Run the migrations before you seed, else `seed` fails\.\n$/,
    );
    expect(made.library.changes().changes.filter(({ kind }) => kind === 'reindex')).toEqual([]);
    await made.library.decide([entry.change.id], 'rejected');
    expect(existsSync(join(made.out, 'project_old.md'))).toBe(false);
  });

  it('whatever is decided in whatever order, the output says every insight that is active, and no other', async () => {
    const decisions = fc.array(fc.record({ what: fc.constantFrom('approved', 'rejected', 'edit'), at: fc.nat(12) }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(decisions, async (list) => {
        const made = await dreamWith(seed, lint, ask);
        let edits = 0;
        for (const { what, at } of list) {
          const { changes } = made.library.changes();
          const { id = '' } = changes[at % changes.length] ?? {};
          try {
            if (what === 'edit') await made.library.edit(id, `Text number ${++edits} of a person.`);
            else await made.library.decide([id], what === 'approved' ? 'approved' : 'rejected');
          } catch (thrown) {
            if (!(thrown instanceof UserError)) throw thrown;
            continue;
          }
          const tree = readTree(made.out);
          const insights = made.library.changes().changes.filter(({ kind }) => kind === 'insight');
          expect(insights).toHaveLength(3);
          for (const { after, status } of insights) {
            const active = status === 'proposed' || status === 'approved';
            const lines = (tree[after?.path ?? ''] ?? '').split('\n');
            expect(lines.includes(`- ${after?.text}`)).toBe(active);
            expect(after?.line).toBe(active ? lines.indexOf(`- ${after?.text}`) + 1 : null);
          }
        }
      }),
      { numRuns: 12, seed: 5 },
    );
  }, 60_000);
});

describe('a refused insight', () => {
  /** Whether a later dream would leave it out. */
  async function refusedAfter(refused: InsightDraft, later: InsightDraft): Promise<boolean> {
    const made = await dreamWith(refused);
    await made.library.decide([made.ids[0] ?? ''], 'rejected');
    const list = made.kept.refused();
    const [entry] = plan(made.kept, made.library.show().id, [later]);
    if (!entry) throw new Error('a change is expected');
    return refusalKeys(entry.change, textKey, entry.effect).some((key) => list.has(key));
  }

  it('is known again by its words, its topic, and what it was seen in', async () => {
    const elsewhere = ['t1', 't2', 't3'].map((session, at) => evidence(session, 'something else', at + 1));
    const words = 'Migrate the database first.';
    expect(await refusedAfter(seed, { ...seed, evidence: elsewhere, topic: null })).toBe(true);
    expect(await refusedAfter(seed, { ...seed, text: words, evidence: elsewhere })).toBe(true);
    const more = [...seed.evidence, evidence('s4', 'again', 9), evidence('s5', 'and again', 10)];
    expect(await refusedAfter(seed, { ...seed, text: words, topic: null, evidence: more })).toBe(true);
  });

  it('is another one where all of them differ, or it is of another kind, or one quote only is the same', async () => {
    const words = 'Migrate the database first.';
    const elsewhere = ['t1', 't2', 't3'].map((session, at) => evidence(session, 'something else', at + 1));
    expect(await refusedAfter(seed, { ...seed, text: words, topic: 'another', evidence: elsewhere })).toBe(false);
    expect(await refusedAfter(seed, { ...seed, text: words, topic: null, evidence: [...elsewhere, ...seed.evidence.slice(0, 1)] })).toBe(
      false,
    );
    expect(await refusedAfter(seed, { ...seed, text: words, kind: 'workflow' })).toBe(false);
  });

  it('is proposed again once it was approved or edited', async () => {
    const made = await dreamWith(seed, lint);
    const [first = '', second = ''] = made.ids;
    await made.library.decide([first, second], 'rejected');
    expect(made.kept.refused().size).toBeGreaterThan(2);
    await made.library.decide([first], 'approved');
    await made.library.edit(second, lint.text);
    expect([...made.kept.refused()]).toEqual([]);
  });

  it('of many sessions is known again though as many again have come', async () => {
    const seen = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => evidence(`s${from + at}`, `failed ${from + at}`, 1));
    const many = { ...seed, topic: null, evidence: seen(0, 30) };
    expect(await refusedAfter(many, { ...many, text: 'Other words.', evidence: seen(0, 60) })).toBe(true);
    expect(await refusedAfter(many, { ...many, text: 'Other words.', evidence: seen(30, 60) })).toBe(false);
  });
});

describe('the time of an inserted text', () => {
  it('is that of its last evidence', () => {
    const change = (list: readonly Evidence[]) => {
      const insertion = { path: 'a.md', create: null, section: null, text: 'Run it.', at: now, topic: null };
      return planInsight({ ...seed, evidence: list }, insertion, { statements: [], containers: [] });
    };
    const [early, late] = [evidence('s1', 'x', 2), evidence('s2', 'y', 7)];
    const undated = { ...evidence('s3', 'z', 9), at: null };
    expect(movedTimes([change([early, late, undated])], [])).toEqual([{ textKey: textKey('Run it.'), at: late.at }]);
    expect(movedTimes([change([late, early])], [])).toEqual([{ textKey: textKey('Run it.'), at: late.at }]);
    expect(movedTimes([change([undated])], [])).toEqual([]);
  });
});

describe('the statements that an insight is compared with', () => {
  it('are the twelve most similar, of equals those that stand first', () => {
    const vector = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(vector, fc.array(vector, { maxLength: 40 }), (own, others) => {
        const living = others.map((one, at) => ({
          row: { text: String(at), key: String(at), time: null, statement: null, spoken: null },
          vector: Float32Array.from(one),
        }));
        const all = others.map((one, at) => ({
          text: String(at),
          similarity: one.reduce((sum, value, i) => sum + value * (own[i] ?? 0), 0),
        }));
        const expected = all.toSorted((a, b) => b.similarity - a.similarity).slice(0, 12);
        const found = neighborsOf(Float32Array.from(own), living);
        expect(found.map(({ row, similarity }) => ({ text: row.text, similarity: similarity + 0 }))).toEqual(
          expected.map(({ text, similarity }) => ({ text, similarity: similarity + 0 })),
        );
      }),
    );
  });
});
