/** The limits in calls, tokens and money: whatever goes wrong, what a server has billed never passes them. */
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { costOf, priceOf, tokensOf } from '../dist/relate/prices.js';
import { run, start } from './cli-run.js';
import {
  askedOf,
  expectNothingLost,
  findManyPairs,
  openAsking,
  openPairs,
  pairName,
  rightly,
  writeNotes,
  writePairs,
} from './support/asking.js';
import { type ClaudeStandIn, type Fault, startClaude } from './support/claude.js';
import { fromPairs, type LabelledPair } from './support/claude-rules.js';
import { makeFolder } from './support/workspace.js';

let manyPairs: readonly LabelledPair[] = [];
beforeAll(async () => {
  manyPairs = await findManyPairs();
});
afterEach(() => vi.unstubAllEnvs());

const model = 'claude-sonnet-5-5';

interface Limits {
  readonly maxLlmCalls: number;
  readonly maxTokens: number | null;
  readonly maxUsd: number | null;
}

function expectWithin(claude: ClaudeStandIn, { maxLlmCalls, maxTokens, maxUsd }: Limits, share = 1): void {
  const usage = claude.usage();
  expect(claude.posts()).toBeLessThanOrEqual(maxLlmCalls);
  expect(tokensOf(usage)).toBeLessThanOrEqual(maxTokens ?? Number.POSITIVE_INFINITY);
  expect(costOf(usage, priceOf(model), share)).toBeLessThanOrEqual(maxUsd ?? Number.POSITIVE_INFINITY);
}

const quick = { retryAfter: 0.01 } as const;
const faults = fc.array(
  fc.constantFrom<(Fault | null)[]>(null, null, { status: 429, ...quick }, { status: 500, ...quick }, 'cut', 'missing-ids', 'broken-json'),
  { minLength: 1, maxLength: 6 },
);
const limitsUpTo = (calls: number, tokens: number, usd: number): fc.Arbitrary<Limits> =>
  fc.record({
    maxLlmCalls: fc.integer({ min: 0, max: calls }),
    maxTokens: fc.option(fc.integer({ min: 0, max: tokens })),
    maxUsd: fc.option(fc.double({ min: 0, max: usd, noNaN: true })),
  });
const inTurn = (list: readonly (Fault | null)[]) => (n: number) => list[(n - 1) % list.length] ?? null;

describe('what is billed never passes the limits', () => {
  it('of relate, whatever goes wrong', async () => {
    await fc.assert(
      fc.asyncProperty(limitsUpTo(8, 120_000, 0.6), faults, fc.boolean(), async (limits, list, llmBatch) => {
        await using claude = await startClaude({ rule: fromPairs(manyPairs), fault: inTurn(list) });
        const folder = makeFolder();
        const { library } = openAsking(folder, claude);
        const { lines, asked } = await library.relate(writePairs(folder, manyPairs), { ...limits, llmBatch });
        library.close();
        expectWithin(claude, limits, llmBatch ? 0.5 : 1);
        expect(lines).toHaveLength(manyPairs.length);
        expect(asked?.left.length).toBe((asked?.pairs ?? 0) - (asked?.answered ?? 0));
        if (asked?.left.length !== 0) expect(asked?.stopped).toEqual(expect.any(String));
      }),
      {
        numRuns: 4,
        examples: [
          [{ maxLlmCalls: 50, maxTokens: 60_000, maxUsd: null }, ['cut', null], false],
          [{ maxLlmCalls: 50, maxTokens: null, maxUsd: 0.3 }, ['broken-json'], false],
          [{ maxLlmCalls: 2, maxTokens: null, maxUsd: null }, [{ status: 500, ...quick }], false],
        ],
      },
    );
  });

  it('of a dream, also where it is broken off and resumed again and again', async () => {
    await fc.assert(
      fc.asyncProperty(limitsUpTo(4, 40_000, 0.2), faults, fc.constantFrom(0, 1000), async (limits, list, graceMs) => {
        let stop = new AbortController();
        const fault = (n: number) => {
          stop.abort(new Error('stopped'));
          return inTurn(list)(n);
        };
        await using claude = await startClaude({ rule: rightly, fault });
        const folder = makeFolder();
        const store = writeNotes(folder);
        for (let at = 0; at < 3; at++) {
          stop = new AbortController();
          const { library } = openAsking(folder, claude, null, { signal: stop.signal, claude: { graceMs } });
          const work = at === 0 ? library.dream({ store, llm: 'require', ...limits }) : library.resume();
          const ended = await work.catch(() => null);
          library.close();
          if (ended !== null) break;
        }
        expectWithin(claude, limits);
      }),
      {
        numRuns: 3,
        examples: [
          [{ maxLlmCalls: 2, maxTokens: null, maxUsd: null }, [null], 0],
          [{ maxLlmCalls: 9, maxTokens: 25_000, maxUsd: null }, ['cut'], 0],
          [{ maxLlmCalls: 9, maxTokens: null, maxUsd: 0.08 }, [null], 0],
        ],
      },
    );
  });
});

describe('a limit', () => {
  it.each([
    ['maxLlmCalls', { maxLlmCalls: 0 }],
    ['maxTokens', { maxTokens: 0 }],
    ['maxUsd', { maxUsd: 0 }],
  ])('of 0 sends nothing: %s', async (_, limits) => {
    await using claude = await startClaude({ rule: rightly });
    const folder = makeFolder();
    const store = writeNotes(folder);
    const { library, warnings } = openAsking(folder, claude);
    const result = await library.dream({ store, ...limits });
    expect(claude.requests).toEqual([]);
    expectNothingLost(store, result);
    expect(library.show().llm?.report?.stopped).toMatch(/limit of --max-(?:llm-calls|tokens|usd) is reached/);
    expect(warnings.join('\n')).toContain('limit of --max-');
    await expect(library.dream({ store, ...limits, llm: 'require' })).rejects.toMatchObject({ exit: 'claude' });
    expect(claude.requests).toEqual([]);
  });

  it('that is reached leaves the pairs that it names, and the next run asks about those alone', async () => {
    await using claude = await startClaude({ rule: fromPairs(manyPairs) });
    const folder = makeFolder();
    const { library } = openAsking(folder, claude);
    const file = writePairs(folder, manyPairs);
    const first = (await library.relate(file, { maxLlmCalls: 1 })).asked;
    expect(first?.stopped).toContain('--max-llm-calls');
    const before = askedOf(claude);
    const left = first?.left.map(({ a, b }) => pairName(a, b)) ?? [];
    expect(left.length).toBeGreaterThan(0);
    expect(left.filter((pair) => before.includes(pair))).toEqual([]);
    const second = (await library.relate(file, { maxLlmCalls: 50 })).asked;
    expect(second).toMatchObject({ known: before.length, answered: left.length, left: [], stopped: null });
    expect(new Set(askedOf(claude).slice(before.length))).toEqual(new Set(left));
  });

  it('counts repeated requests, and the reason names the limit', async () => {
    await using claude = await startClaude({ rule: rightly, fault: () => ({ status: 529, ...quick }) });
    const folder = makeFolder();
    const { asked } = await openAsking(folder, claude).library.relate(writePairs(folder), { maxLlmCalls: 2 });
    expect(claude.posts()).toBe(2);
    expect(asked).toMatchObject({ answered: 0, stopped: expect.stringContaining('--max-llm-calls') });
    expect(asked?.left).toHaveLength(openPairs.length);
  });

  it('in tokens that holds one attempt lets none be repeated, and is named', async () => {
    await using claude = await startClaude({ rule: rightly, fault: () => 'refused' });
    const folder = makeFolder();
    const { asked } = await openAsking(folder, claude, 'refused').library.relate(writePairs(folder), { maxTokens: 15_000 });
    expect(claude.posts()).toBe(1);
    expect(asked?.stopped).toContain('--max-tokens');
  });

  it('is spent by a dream that failed, and not given again when it is resumed', async () => {
    await using claude = await startClaude({ rule: rightly, fault: () => 'missing-ids' });
    const folder = makeFolder();
    const { library } = openAsking(folder, claude);
    await expect(library.dream({ store: writeNotes(folder), llm: 'require', maxLlmCalls: 1 })).rejects.toMatchObject({ exit: 'claude' });
    await expect(library.resume()).rejects.toMatchObject({ exit: 'claude', message: expect.stringContaining('--max-llm-calls') });
    expect(claude.posts()).toBe(1);
  });

  it.each([
    ['a request', []],
    ['a batch', ['--llm-batch']],
  ])('counts %s of a process that was killed before the answer came', async (_, options) => {
    await using claude = await startClaude({ rule: rightly, delayMs: 60_000, batchPolls: 1000 });
    const cwd = makeFolder();
    const env = { DREAMFOLD_OFFLINE: '0', ANTHROPIC_BASE_URL: claude.url, ANTHROPIC_API_KEY: 'test-key' };
    const args = ['dream', '--store', writeNotes(cwd), '--max-llm-calls', '1', ...options];
    const { child, done } = start(args, { cwd, env });
    await vi.waitFor(() => expect(claude.requests).not.toEqual([]), 30_000);
    child.kill('SIGKILL');
    await done;
    const posted = () => claude.requests.filter(({ method }) => method === 'POST').length;
    expect(posted()).toBe(1);
    await using healthy = await startClaude({ rule: rightly });
    const resumed = await run(['resume', '--json'], { cwd, env: { ...env, ANTHROPIC_BASE_URL: healthy.url } });
    expect(resumed.code).toBe(0);
    expect(healthy.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('counts an answer that was cut at the most that it can have cost', async () => {
    let most = 0;
    for (const room of [null, 'one attempt'] as const) {
      await using claude = await startClaude({ rule: rightly, fault: () => 'cut' });
      const folder = makeFolder();
      const { library } = openAsking(folder, claude);
      const settings = { store: writeNotes(folder), llm: 'require', maxTokens: room === null ? null : most + 5000 };
      await expect(library.dream(settings)).rejects.toMatchObject({ exit: 'claude' });
      most = library.show().llm?.uncertain_tokens ?? 0;
      expect(most).toBeGreaterThan(tokensOf(claude.usage()));
      await expect(library.resume()).rejects.toMatchObject({ exit: 'claude' });
      expect(claude.posts()).toBe(room === null ? 2 : 1);
    }
  });

  it('in money is no use where the price is not known, and nothing is sent', async () => {
    await using claude = await startClaude({ rule: rightly });
    const folder = makeFolder();
    const { library } = openAsking(folder, claude);
    const settings = { maxUsd: 1, llmModel: 'someone-elses-model' };
    const usage = { exit: 'usage', message: expect.stringMatching(/--max-usd.*someone-elses-model.*--max-tokens/) };
    await expect(library.dream({ store: writeNotes(folder), ...settings })).rejects.toMatchObject(usage);
    await expect(library.relate(writePairs(folder), settings)).rejects.toMatchObject(usage);
    expect(library.list()).toEqual([]);
    const env = { DREAMFOLD_OFFLINE: '0', ANTHROPIC_BASE_URL: claude.url, ANTHROPIC_API_KEY: 'test-key' };
    const args = ['relate', writePairs(folder), '--max-usd', '1', '--llm-model', 'someone-elses-model'];
    expect(await run(args, { cwd: folder, env })).toMatchObject({ code: 2, stdout: '' });
    expect(claude.requests).toEqual([]);
  });
});
