/** Whatever goes wrong between here and Claude: a dream is completed, loses nothing, takes nothing that nobody wrote and keeps to its budget. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { answering, askedOf, expectNothingLost, failing, limits, openAsking, pairName, rightly, writeNotes } from './support/asking.js';
import { startClaude } from './support/claude.js';
import { makeFolder } from './support/workspace.js';

afterEach(() => vi.unstubAllEnvs());

const allFaults = [...failing.map(([name, fault]) => [name, fault] as const), ...answering];

describe('a dream', () => {
  it.each(allFaults)('is completed with every statement in its place: %s', async (_, fault) => {
    await using claude = await startClaude({ rule: rightly, fault: () => fault });
    const folder = makeFolder();
    const store = writeNotes(folder);
    const { library } = openAsking(folder, claude, fault);
    const result = await library.dream({ store, ...limits });
    expect(result.dream.status).toBe('completed');
    expectNothingLost(store, result);
    expect(claude.posts()).toBeGreaterThan(0);
    expect(claude.posts()).toBeLessThanOrEqual(limits.maxLlmCalls);
    const { llm } = library.show();
    expect(llm?.attempts).toBe(claude.posts());
    const left = new Set(llm?.report?.left.map(({ a, b }) => pairName(a, b)));
    expect([...left].filter((pair) => !askedOf(claude).includes(pair))).toEqual(fault === 'refused' ? [...left] : []);
  });

  it('follows no order that a memory gives', async () => {
    await using claude = await startClaude({ rule: rightly, fault: () => 'obeys' });
    const folder = makeFolder();
    const { changes } = await openAsking(folder, claude).library.dream({ store: writeNotes(folder), ...limits });
    const withOrder = changes.filter(({ before, after }) => [...before, after].some((place) => place?.text.includes('ORDER')));
    expect(withOrder.filter(({ status }) => status === 'proposed')).toEqual([]);
  });
});
