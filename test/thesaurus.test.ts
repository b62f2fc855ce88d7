/** What words can stand in for what, and how two of them compare. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadWordVectors } from '../dist/embed/words.js';
import { sha256 } from '../dist/memory.js';
import { flatten } from '../dist/relate/features.js';
import { createReader, outOfOrder, readCase } from '../dist/relate/judge.js';
import { loadThesaurus, relateWords } from '../dist/relate/thesaurus.js';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '..');
const thesaurus = loadThesaurus();
const relation = (a: string, b: string) => relateWords(thesaurus.entryOf(a), thesaurus.entryOf(b));

describe('the thesaurus', () => {
  it('knows rival values of one slot, in any form', () => {
    for (const [a, b] of [
      ['pnpm', 'yarn'],
      ['postgres', 'mysql'],
      ['aisle', 'window'],
      ['tuesdays', 'thursday'],
      ['dogs', 'cats'],
    ] as const)
      expect(relation(a, b), `${a} ${b}`).toMatchObject({ rival: 1, same: 0 });
  });

  it('knows what means the same, and names of one thing', () => {
    for (const [a, b] of [
      ['golang', 'go'],
      ['fast', 'quick'],
      ['car', 'automobile'],
      ['frequently', 'often'],
    ] as const)
      expect(relation(a, b).same, `${a} ${b}`).toBeGreaterThan(0.7);
  });

  it('knows opposites', () => {
    for (const [a, b] of [
      ['enabled', 'disable'],
      ['mandatory', 'optional'],
      ['before', 'after'],
    ] as const)
      expect(relation(a, b).opposite, `${a} ${b}`).toBe(true);
  });

  it('has nothing to say of words that it does not have', () => {
    expect(thesaurus.entryOf('xyzzyplugh')).toBeNull();
    expect(relation('xyzzyplugh', 'pnpm')).toEqual({ same: 0, rival: 0, opposite: false, kind: 0 });
  });

  it('says the mirror image of the pair turned round', () => {
    const words = 'car vehicle deploy deployment yarn npm on off red blue invoice bill dog pet coffee tea begin start get put'.split(' ');
    for (const a of words)
      for (const b of words) {
        const [there, back] = [relation(a, b), relation(b, a)];
        expect({ ...back, kind: 0 - back.kind }).toEqual({ ...there, kind: there.kind + 0 });
      }
  });

  it('is the one its card describes', () => {
    const card = readFileSync(join(root, 'models', 'dreamfold-words', 'MODEL.md'), 'utf8');
    expect(card).toContain(sha256(readFileSync(join(root, 'models', 'dreamfold-words', 'words.bin'))));
  });
});

describe('what is remembered of words', () => {
  it('changes no feature, whatever was read before', () => {
    const words = loadWordVectors();
    const pairs = readFileSync(join(root, 'bench', 'quality', 'pairs-dev.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; a: string; b: string });
    const rowsOf = (list: readonly { id: string; a: string; b: string }[]) => {
      const reader = createReader(words, thesaurus);
      return new Map(
        list.map(({ id, a, b }) => {
          const [x, y] = [a, b].map((text) => ({ text, time: null, scope: [] }));
          if (x === undefined || y === undefined) throw new Error(id);
          return [id, flatten(readCase(...(outOfOrder(x, y) ? ([y, x] as const) : ([x, y] as const)), reader).features, false)];
        }),
      );
    };
    const [forward, backward] = [rowsOf(pairs), rowsOf([...pairs].reverse())];
    for (const { id } of pairs) expect(backward.get(id)).toEqual(forward.get(id));
  });
});
