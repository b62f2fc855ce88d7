/** The labelled corpus: well formed, and nothing that is held out is trained on. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const folder = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'bench', 'quality');

interface Pair {
  readonly id: string;
  readonly a: string;
  readonly b: string;
  readonly a_time: string;
  readonly b_time: string;
  readonly relation: string;
  readonly keep: string;
  readonly group?: string;
}

const read = (name: string): readonly Pair[] =>
  readFileSync(join(folder, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const trained = ['pairs-train.jsonl', 'pairs-more.jsonl', 'neighbourhoods.jsonl'];
const heldOut = ['pairs-dev.jsonl', 'pairs-held-out.jsonl'];

describe('the labelled corpus', () => {
  for (const name of [...trained, ...heldOut]) {
    it(`${name} says which side to keep as LABELS.md does`, () => {
      const wrong = read(name).filter(({ relation, keep, a_time, b_time }) => {
        const [x, y] = [Date.parse(a_time), Date.parse(b_time)];
        const expected: Readonly<Record<string, readonly string[]>> = {
          duplicate: ['either'],
          refines: ['a', 'b'],
          distinct: ['both'],
          conflict: [x > y ? 'a' : x < y ? 'b' : 'none'],
        };
        return !expected[relation]?.includes(keep);
      });
      expect(wrong).toEqual([]);
    });

    it(`${name} names each pair once`, () => {
      const ids = read(name).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });
  }

  it('trains on no statement that is held out, but for one coincidence', () => {
    const known = new Set(trained.flatMap((name) => read(name).flatMap(({ a, b }) => [a, b])));
    const leaked = heldOut.flatMap((name) => read(name).filter(({ a, b }) => known.has(a) || known.has(b)));
    // A sentence of five words that two writers hit upon; its pair is in no training file.
    expect(leaked.map(({ id }) => id)).toEqual(['d250']);
  });

  it('trains on no store that is held out', () => {
    const stores = new Set(read('neighbourhoods.jsonl').map(({ group }) => group));
    expect([...stores].sort()).toEqual(readdirSync(join(folder, 'scenarios')).sort());
    for (const name of readdirSync(join(folder, 'held-out'))) expect(stores.has(name)).toBe(false);
  });
});
