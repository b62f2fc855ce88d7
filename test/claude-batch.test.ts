/** The Message Batches API: answers matched by name, half the price, and a batch that a run has left is fetched, never made twice. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AskSummary } from '../dist/api.js';
import { askedOf, expectNothingLost, findManyPairs, openAsking, openPairs, rightly, writeNotes, writePairs } from './support/asking.js';
import { type ClaudeStandIn, type StandInOptions, startClaude } from './support/claude.js';
import { fromPairs, type LabelledPair } from './support/claude-rules.js';
import { makeFolder } from './support/workspace.js';

afterEach(() => vi.unstubAllEnvs());

let manyPairs: readonly LabelledPair[] = [];
beforeAll(async () => {
  manyPairs = await findManyPairs();
});

const batched = { llmBatch: true } as const;

/** How many batches were made, and how many requests are not about batches. */
function countsOf({ requests, posts }: ClaudeStandIn): { readonly batches: number; readonly messages: number } {
  const created = requests.filter(({ method, path }) => method === 'POST' && path.startsWith('/v1/messages/batches'));
  return { batches: created.length, messages: posts() };
}

const usdOf = (llm: AskSummary | null): number => llm?.calls.reduce((sum, { usd }) => sum + (usd ?? 0), 0) ?? 0;

/** A server, and a library that stops when a request about batches arrives that `when` names. */
async function startStopping(folder: string, when: (method: string, path: string) => boolean, options: Partial<StandInOptions> = {}) {
  const claude = await startClaude({ rule: rightly, ...options });
  const stop = new AbortController();
  const seen = setInterval(() => {
    if (claude.requests.some(({ method, path }) => when(method, path))) stop.abort(new Error('stopped'));
  }, 1);
  const opened = openAsking(folder, claude, null, { signal: stop.signal });
  return { claude, ...opened, end: () => clearInterval(seen) };
}

const isLook = (method: string, path: string): boolean => method === 'GET' && path.startsWith('/v1/messages/batches/');

describe('a batch', () => {
  it('answers every request by its name, in whatever order the results come', async () => {
    await using claude = await startClaude({ rule: fromPairs(manyPairs) });
    const folder = makeFolder();
    const { lines, asked } = await openAsking(folder, claude).library.relate(writePairs(folder, manyPairs), batched);
    expect(asked).toMatchObject({ left: [], stopped: null, answered: asked?.pairs });
    expect(countsOf(claude)).toEqual({ batches: 1, messages: 0 });
    const entries = claude.documents();
    expect(entries.length).toBeGreaterThan(1);
    await using single = await startClaude({ rule: fromPairs(manyPairs) });
    const other = makeFolder();
    const { lines: one } = await openAsking(other, single).library.relate(writePairs(other, manyPairs));
    expect(lines).toEqual(one);
    expect(single.posts()).toBe(entries.length);
  });

  it.each(['errored', 'expired', 'canceled', 'broken-json', 'refusal'] as const)(
    'with an entry that is %s leaves its pairs ambiguous',
    async (fault) => {
      await using claude = await startClaude({ rule: fromPairs(manyPairs), batchFault: (n) => (n === 2 ? fault : null) });
      const folder = makeFolder();
      const { library, warnings } = openAsking(folder, claude);
      const { lines, asked } = await library.relate(writePairs(folder, manyPairs), batched);
      const lost = claude.documents()[1]?.clusters.flatMap(({ statements }) => statements.map(({ text }) => text)) ?? [];
      expect(lost.length).toBeGreaterThan(0);
      expect(new Set(asked?.left.flatMap(({ a, b }) => [a, b]))).toEqual(new Set(lost));
      expect(asked?.stopped).not.toBeNull();
      expect(warnings.join('\n')).toContain('ambiguous');
      const unsure = lines.filter((_, at) => lost.includes(manyPairs[at]?.a ?? ''));
      expect(unsure.every(({ ambiguous, decided_by }) => ambiguous && decided_by !== 'claude')).toBe(true);
      expect(countsOf(claude)).toEqual({ batches: 1, messages: 0 });
    },
  );

  it('costs half of what the same requests cost one by one', async () => {
    const usd: number[] = [];
    for (const llmBatch of [false, true]) {
      await using claude = await startClaude({ rule: rightly });
      const folder = makeFolder();
      const { library } = openAsking(folder, claude);
      await library.dream({ store: writeNotes(folder), llmBatch });
      usd.push(usdOf(library.show().llm));
      expect(library.show().llm?.usd).toBeCloseTo(usdOf(library.show().llm), 10);
    }
    expect(usd[0]).toBeGreaterThan(0);
    expect(usd[1]).toBeCloseTo((usd[0] ?? 0) / 2, 10);
  });

  it('that is not taken leaves everything ambiguous and says why', async () => {
    await using claude = await startClaude({ rule: rightly });
    const folder = makeFolder();
    const store = writeNotes(folder);
    const { library } = openAsking(folder, { url: `${claude.url}/elsewhere` });
    const result = await library.dream({ store, ...batched });
    expect(result.dream.status).toBe('completed');
    expectNothingLost(store, result);
    expect(library.show().llm?.report?.stopped).toMatch(/\(404\)/);
  });
});

describe('a dream that is stopped while its batch is out', () => {
  it('is canceled, and resume fetches that batch and makes no other', async () => {
    const folder = makeFolder();
    const store = writeNotes(folder);
    const { claude, library, warnings, end } = await startStopping(folder, isLook, { batchPolls: 4 });
    await using _ = claude;
    await expect(library.dream({ store, ...batched })).rejects.toThrow();
    end();
    expect(library.list()).toMatchObject([{ status: 'canceled' }]);
    expect(warnings).toEqual([expect.stringMatching(/batch msgbatch_\d+ goes on.*dreamfold resume drm_/)]);
    library.close();
    const second = openAsking(folder, claude).library;
    const result = await second.resume();
    expect(result.dream.status).toBe('completed');
    expectNothingLost(store, result);
    expect(second.show().llm?.report).toMatchObject({ left: [], stopped: null });
    const asked = askedOf(claude);
    expect(asked).toHaveLength(new Set(asked).size);
    expect(countsOf(claude)).toEqual({ batches: new Set(second.show().llm?.calls.map(({ batch }) => batch)).size, messages: 0 });
  });

  it('loses no batch where it is stopped before the server has told its name', async () => {
    const folder = makeFolder();
    const store = writeNotes(folder);
    const stop = new AbortController();
    // The first entry is answered while the batch is being made.
    const batchFault = () => {
      stop.abort(new Error('stopped'));
      return null;
    };
    await using claude = await startClaude({ rule: rightly, batchFault });
    const { library } = openAsking(folder, claude, null, { signal: stop.signal });
    await expect(library.dream({ store, ...batched })).rejects.toThrow();
    library.close();
    const second = openAsking(folder, claude).library;
    expectNothingLost(store, await second.resume());
    const asked = askedOf(claude);
    expect(asked).toHaveLength(new Set(asked).size);
  });

  it('fails where the answers are required and the batch has expired, and asks again when it is resumed', async () => {
    const folder = makeFolder();
    const store = writeNotes(folder);
    let expired = true;
    await using claude = await startClaude({ rule: rightly, batchFault: () => (expired ? 'expired' : null) });
    const { library } = openAsking(folder, claude);
    await expect(library.dream({ store, ...batched, llm: 'require' })).rejects.toMatchObject({ exit: 'claude' });
    expect(library.show().llm).toMatchObject({ usd: 0 });
    expired = false;
    expectNothingLost(store, await library.resume());
    expect(library.show().llm?.report).toMatchObject({ left: [], stopped: null });
  });

  it('is asked again where the batch is not there any more, and says so', async () => {
    const folder = makeFolder();
    const store = writeNotes(folder);
    const first = await startStopping(folder, isLook, { batchPolls: 4 });
    await expect(first.library.dream({ store, ...batched })).rejects.toThrow();
    first.end();
    await first.claude.close();
    first.library.close();
    await using other = await startClaude({ rule: rightly });
    const { library, warnings } = openAsking(folder, other);
    const result = await library.resume();
    expect(result.dream.status).toBe('completed');
    expectNothingLost(store, result);
    expect(warnings.join('\n')).toMatch(/msgbatch_\d+ could not be fetched: .*\(404\)/);
    expect(countsOf(other)).toEqual({ batches: 1, messages: 0 });
    expect(library.show().llm?.report).toMatchObject({ left: [], stopped: null });
  });
});

describe('relate that is stopped while its batch is out', () => {
  it('fetches it when it is run again, and the answers are as they would have been', async () => {
    const folder = makeFolder();
    const file = writePairs(folder);
    const { claude, library, warnings, end } = await startStopping(folder, isLook, { batchPolls: 4 });
    await using _ = claude;
    await expect(library.relate(file, batched)).rejects.toThrow();
    end();
    expect(warnings.join('\n')).toContain('run the same command again');
    library.close();
    const { asked } = await openAsking(folder, claude).library.relate(file, batched);
    expect(asked).toMatchObject({ pairs: openPairs.length, left: [], stopped: null });
    expect(countsOf(claude)).toEqual({ batches: 1, messages: 0 });
  });
});
