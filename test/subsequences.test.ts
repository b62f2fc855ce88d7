import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closedSubsequences, isContained, type Subsequence, type SubsequenceOptions } from '../dist/mine/subsequences.js';

/** Items 0 to 3 are particular; 4 is more general than 0 and 1, 5 than 2, 6 than 4. */
const parents = new Map([
  [0, 4],
  [1, 4],
  [2, 5],
  [4, 6],
]);
const parentOf = (item: number): number | null => parents.get(item) ?? null;

const base: SubsequenceOptions = { minSupport: 2, maxGap: 1, maxLength: 4, minShare: 0, parentOf: () => null, maxTried: 1e6 };

/** All that can be read off one sequence under the gap limit, as joined items. */
function readings(sequence: readonly number[], { maxGap, maxLength, parentOf: parent }: SubsequenceOptions): Set<string> {
  const line = (item: number): readonly number[] => [item, ...(parent(item) === null ? [] : line(parent(item) ?? 0))];
  const found = new Set<string>();
  const walk = (items: readonly number[], at: number): void => {
    if (items.length > 1) found.add(items.join(' '));
    if (items.length === maxLength) return;
    const last = items.length === 0 ? sequence.length - 1 : Math.min(sequence.length - 1, at + 1 + maxGap);
    for (let next = at + 1; next <= last; next++) for (const item of line(sequence[next] ?? 0)) walk([...items, item], next);
  };
  walk([], -1);
  return found;
}

function naive(sequences: readonly (readonly number[])[], options: SubsequenceOptions): readonly Subsequence[] {
  const all = new Map<string, number[]>();
  for (const [at, sequence] of sequences.entries()) {
    for (const key of readings(sequence, options)) all.set(key, [...(all.get(key) ?? []), at]);
  }
  const line = (item: number): readonly number[] => [item, ...(options.parentOf(item) === null ? [] : line(options.parentOf(item) ?? 0))];
  const holding = (item: number): number => sequences.filter((sequence) => sequence.some((one) => line(one).includes(item))).length;
  const frequent = [...all]
    .map(([key, found]) => ({ items: key.split(' ').map(Number), found }))
    .filter(({ items, found }) => found.length >= options.minSupport && found.length >= options.minShare * Math.max(...items.map(holding)));
  return frequent.filter(
    (one) =>
      !frequent.some((other) => other !== one && other.found.join() === one.found.join() && isContained(one.items, other.items, line)),
  );
}

const texts = (list: readonly Subsequence[]): readonly string[] =>
  list.map(({ items, found }) => `${items.join(' ')} in ${found.join(' ')}`).toSorted();

describe('closed subsequences', () => {
  it('keeps the longest that the same sequences hold', () => {
    const found = closedSubsequences(
      [
        [1, 2, 3],
        [1, 9, 2, 3],
        [1, 2],
      ],
      base,
    );
    expect(texts(found)).toEqual(['1 2 3 in 0 1', '1 2 in 0 1 2']);
  });

  it('does not reach over more than the gap', () => {
    expect(
      closedSubsequences(
        [
          [1, 8, 9, 2],
          [1, 2],
        ],
        base,
      ),
    ).toEqual([]);
    expect(
      texts(
        closedSubsequences(
          [
            [1, 8, 2],
            [1, 2],
          ],
          base,
        ),
      ),
    ).toEqual(['1 2 in 0 1']);
  });

  it('meets in the general item where the particular ones differ', () => {
    const found = closedSubsequences(
      [
        [0, 3],
        [1, 3],
        [0, 3],
      ],
      { ...base, parentOf },
    );
    expect(texts(found)).toEqual(['0 3 in 0 2', '4 3 in 0 1 2']);
  });

  it('agrees with trying everything', () => {
    const sequences = fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 8 }), { maxLength: 6 });
    const options = fc.record({
      minSupport: fc.integer({ min: 1, max: 3 }),
      maxGap: fc.integer({ min: 0, max: 3 }),
      maxLength: fc.integer({ min: 2, max: 4 }),
      minShare: fc.constantFrom(0, 0.4, 0.8),
      general: fc.boolean(),
    });
    fc.assert(
      fc.property(sequences, options, (data, { general, ...rest }) => {
        const full = { ...base, ...rest, parentOf: general ? parentOf : base.parentOf };
        expect(texts(closedSubsequences(data, full))).toEqual(texts(naive(data, full)));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps those of the most sequences where trying all would take too long', () => {
    const data = Array.from({ length: 12 }, (_, n) => Array.from({ length: 40 }, (_value, at) => (at * 7 + (n % 3) * at) % 10));
    const found = closedSubsequences(data, { ...base, maxGap: 10, maxLength: 6, maxTried: 50 });
    expect(Math.max(...found.map(({ found: where }) => where.length))).toBe(12);
  });
});
