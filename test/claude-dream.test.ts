/** Dreams that ask Claude about the web shop: what they find, what they cost, what is kept of it, and what wrong answers can do. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Change, Dreamfold, DreamResult } from '../dist/api.js';
import { costOf, priceOf } from '../dist/relate/prices.js';
import { run } from './cli-run.js';
import { type ClaudeStandIn, startClaude } from './support/claude.js';
import type { Rule } from './support/claude-answers.js';
import { fromScenario, type ScenarioGold, wrongly } from './support/claude-rules.js';
import { changeOf, claudeEnv, openAsking } from './support/notes.js';
import { fixtures, makeFolder, readTree } from './support/workspace.js';

const gold: ScenarioGold = JSON.parse(readFileSync(join(fixtures, 'webshop', 'gold.json'), 'utf8'));
const rightly = fromScenario(gold);
const model = 'claude-sonnet-5-5';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Files that hold some duplicates and some changed values, for what need not be seen in the whole store. */
const few =
  /^(?:MEMORY|feedback_|notes_(?:february|jonas)|project_(?:overview|catalogue|payments|auth|orders|redis)|reference_(?:ci|docker)).*\.md$/;

function copyStore(folder: string, files = /\.md$/): string {
  const store = join(folder, 'store');
  cpSync(join(fixtures, 'webshop', 'store'), store, { recursive: true });
  for (const name of Object.keys(readTree(store))) if (!files.test(name)) rmSync(join(store, name));
  return store;
}

interface Dreamt extends DreamResult {
  readonly folder: string;
  readonly store: string;
  readonly library: Dreamfold;
}

async function dreamOver(claude: ClaudeStandIn, files: RegExp, threads = 1): Promise<Dreamt> {
  const folder = makeFolder();
  const store = copyStore(folder, files);
  const library = openAsking(folder, claude.url, { threads });
  return { folder, store, library, ...(await library.dream({ store })) };
}

/** What a change does, without its id. */
const deeds = (changes: readonly Change[]) => changes.map(({ id: _, ...rest }) => rest);

/** First lines of list items; what else stands in the store is not touched by a change. */
const bullets = (root: string): readonly string[] =>
  Object.values(readTree(root)).flatMap((text) => [...text.matchAll(/^[-*] (.+)$/gm)].map(([, one = '']) => one));

/** Every item of the input is in the output, or named by a change that is in the output; and the output has no item of its own. */
function expectNothingLost({ store, dream, changes }: Dreamt): void {
  const made = changes.filter(({ status }) => status === 'proposed');
  const named = made.flatMap(({ before }) => before.map(({ text }) => text));
  const [input, output] = [bullets(store), bullets(dream.summary?.out ?? '')];
  expect(input.filter((text) => !output.includes(text) && !named.some((one) => one.startsWith(text)))).toEqual([]);
  expect(output.filter((text) => !input.includes(text))).toEqual([]);
}

describe('a dream over the web shop, answered from its gold', () => {
  it('finds what stays hidden without, says what it cost and what rests on it, and asks nothing twice', async () => {
    await using claude = await startClaude({ rule: rightly });
    const dreamt = await dreamOver(claude, /\.md$/);
    const { folder, store, library, dream, changes } = dreamt;
    expectNothingLost(dreamt);
    const merge = changeOf(changes, 'Capture happens on dispatch', 'handed to the carrier');
    expect(merge).toMatchObject({ kind: 'merge', status: 'proposed', decided_by: 'claude' });
    expect(changeOf(changes, 'API errors have the shape')).toMatchObject({ kind: 'supersede', status: 'proposed', decided_by: 'claude' });
    expect(changeOf(changes, '01:00 UTC (Jonas)', '03:00 UTC (Mira)')).toMatchObject({
      kind: 'conflict',
      status: 'suggested',
      after: null,
    });

    const { usage, llm } = library.show();
    const calls = llm?.calls ?? [];
    expect(usage).toEqual(claude.usage());
    expect(dream.usage).toEqual(usage);
    expect(dream.model.id).toBe(model);
    expect(calls).toHaveLength(claude.posts());
    expect(llm?.attempts).toBe(claude.posts());
    expect(llm?.usd).toBeCloseTo(costOf(claude.usage(), priceOf(model), 1) ?? 0, 9);
    expect(calls.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(claude.pairs().length);
    expect(llm?.report).toMatchObject({ pairs: claude.pairs().length, answered: claude.pairs().length, known: 0, left: [], stopped: null });
    expect(dream.summary?.asked).toBe(llm?.report?.clusters);

    const rest = new Set(calls.flatMap(({ changes: ids }) => ids));
    const byClaude = changes.filter(({ decided_by }) => decided_by === 'claude').map(({ id }) => id);
    expect([...rest].sort()).toEqual(byClaude.sort());
    const behind = calls.find(({ changes: ids }) => ids.includes(merge.id));
    expect(behind?.answered).toMatchObject({ duplicate: expect.any(Number) });

    const asked = claude.posts();
    const again = await library.dream({ store });
    expect(claude.posts()).toBe(asked);
    expect(deeds(again.changes)).toEqual(deeds(changes));
    expect(library.show().usage).toEqual({ input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 });
    expect(library.show().llm).toMatchObject({ calls: [], attempts: 0, report: { known: llm?.report?.pairs, answered: 0 } });

    library.close();
    const options = { cwd: folder, env: { ...claudeEnv(claude.url), DREAMFOLD_DB: join(folder, 'db', 'dreamfold.db') } };
    const shown = await run(['show', dream.id], options);
    expect(shown.stdout).toContain(`Asked ${model}`);
    expect(shown.stdout).toMatch(new RegExp(`${asked} requests, [\\d,]+ tokens in, [\\d,]+ out, \\$\\d+\\.\\d+ at list price`));
    for (const { seq } of calls) expect(shown.stdout).toMatch(new RegExp(`^ +${seq} `, 'm'));
    const json = await run(['show', dream.id, '--json'], options);
    expect(JSON.parse(json.stdout)).toMatchObject({ id: dream.id, usage, llm: { calls, attempts: asked } });
    const later = await run(['show'], options);
    expect(later.stdout).toContain('answered in an earlier run');
  });
});

describe('a dream over a part of it', () => {
  const seen = async (threads: number) => {
    await using claude = await startClaude({ rule: rightly });
    const { dream, changes } = await dreamOver(claude, few, threads);
    expect(claude.posts()).toBeGreaterThan(0);
    return {
      deeds: deeds(changes),
      usage: dream.usage,
      bodies: claude.requests.map(({ body }) => body).sort(),
      out: readTree(dream.summary?.out ?? ''),
    };
  };

  it('asks the same and comes to the same with four threads', async () => {
    expect(await seen(4)).toEqual(await seen(1));
  });

  const everything =
    (relation: 'duplicate' | 'conflict'): Rule =>
    () => ({ relation, keep: relation === 'duplicate' ? 'either' : 'b', reason: '' });
  it.each([
    ['a fifth of the answers is wrong', wrongly(rightly, 0.2, 3)],
    ['all answers are wrong', wrongly(rightly, 1, 5)],
    ['all pairs are called duplicates', everything('duplicate')],
    ['all pairs are called conflicts', everything('conflict')],
  ])('loses nothing where %s', async (_, rule) => {
    await using claude = await startClaude({ rule });
    const dreamt = await dreamOver(claude, few);
    expect(claude.posts()).toBeGreaterThan(0);
    expectNothingLost(dreamt);
    const { library, store, changes } = dreamt;
    await library.decide(
      changes.filter(({ status }) => status === 'proposed').map(({ id }) => id),
      'rejected',
    );
    expect(readTree(library.show().summary?.out ?? '')).toEqual(readTree(store));
  });
});
