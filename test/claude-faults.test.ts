/** Whatever goes wrong between here and Claude: every line of `relate` gets a verdict, the budget holds, and the user is told what to do. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RelateLine } from '../dist/api.js';
import { answering, failing, limits, openAsking, openPairs, rightly, writePairs } from './support/asking.js';
import { startClaude } from './support/claude.js';
import { makeFolder, openIn } from './support/workspace.js';

afterEach(() => vi.unstubAllEnvs());

describe('relate', () => {
  let local: readonly RelateLine[] = [];
  beforeAll(async () => {
    const folder = makeFolder();
    local = (await openIn(folder).relate(writePairs(folder))).lines;
  });

  it.each(failing)('gives a verdict on every line and says what went wrong: %s', async (_, fault, told) => {
    await using claude = await startClaude({ rule: rightly, fault: () => fault });
    const folder = makeFolder();
    const { library, warnings } = openAsking(folder, claude, fault);
    const { lines, asked } = await library.relate(writePairs(folder), limits);
    expect(lines.map(({ id }) => id)).toEqual(openPairs.map((_, at) => `p${at}`));
    expect(claude.posts()).toBeGreaterThan(0);
    expect(claude.posts()).toBeLessThanOrEqual(limits.maxLlmCalls);
    expect(asked?.left.length).toBeGreaterThan(0);
    expect(asked?.stopped).toMatch(told);
    expect(warnings.join('\n')).toMatch(told);
    for (const { a } of asked?.left ?? []) {
      const at = openPairs.findIndex((pair) => [pair.a, pair.b].includes(a));
      expect(lines[at]).toEqual(local[at]);
      expect(lines[at]?.ambiguous).toBe(true);
    }
  });

  it.each(answering)('takes an answer with %s for one', async (_, fault) => {
    await using claude = await startClaude({ rule: rightly, fault: () => fault });
    const folder = makeFolder();
    const { lines, asked } = await openAsking(folder, claude).library.relate(writePairs(folder), limits);
    expect(lines).toHaveLength(openPairs.length);
    expect(asked).toMatchObject({ answered: openPairs.length, left: [], stopped: null });
    expect(claude.posts()).toBe(1);
  });

  it('merges no statement into one that orders it', async () => {
    await using claude = await startClaude({ rule: rightly, fault: () => 'obeys' });
    const folder = makeFolder();
    const { lines } = await openAsking(folder, claude).library.relate(writePairs(folder), limits);
    expect(lines.at(-1)).toMatchObject({ decided_by: 'claude', ambiguous: true });
  });

  it.each([1, 2])('succeeds where the server answers after %i failures', async (failures) => {
    await using claude = await startClaude({ rule: rightly, fault: (n) => (n <= failures ? { status: 529, retryAfter: 0.02 } : null) });
    const folder = makeFolder();
    const { asked } = await openAsking(folder, claude).library.relate(writePairs(folder), limits);
    expect(asked).toMatchObject({ answered: openPairs.length, left: [], stopped: null });
    expect(claude.posts()).toBe(failures + 1);
  });

  it('asks once more where an answer was not understood, and in halves where it was cut', async () => {
    for (const [fault, posts] of [
      ['broken-json', 2],
      ['max-tokens', 3],
    ] as const) {
      await using claude = await startClaude({ rule: rightly, fault: (n) => (n === 1 ? fault : null) });
      const folder = makeFolder();
      const { asked } = await openAsking(folder, claude).library.relate(writePairs(folder), limits);
      expect(asked).toMatchObject({ answered: openPairs.length, left: [], stopped: null });
      expect(claude.posts()).toBe(posts);
    }
  });
});
