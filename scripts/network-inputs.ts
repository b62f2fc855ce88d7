/** Inputs of the attention network as files that a training program in another language can read. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import type { WordVectors } from '../src/context.js';
import type { Side } from '../src/memory.js';
import { createReader, timeOrder } from '../src/relate/judge.js';
import { flagCount, linkCount, longestSide, pairInput } from '../src/relate/pair-input.js';
import type { Thesaurus } from '../src/relate/thesaurus.js';

export interface InputPair {
  readonly a: Side;
  readonly b: Side;
  readonly label: number;
  /** Pairs of one fold are held out together. */
  readonly fold: number;
  /** 0 a pair by itself, 1 of a whole store, 2 two neighbours of other groups. */
  readonly kind: number;
}

/**
 * Writes `<target>.bin`, a record a pair (little endian: tokens of a and of b, label, fold, kind as int32; a word number a token as int32; the
 * flags as float32; the links as bytes, 255 for 1), and `<target>.vectors`, a row of float32 a word number.
 */
export function writeInputs(target: string, pairs: Iterable<InputPair>, words: WordVectors, thesaurus: Thesaurus): number {
  const reader = createReader(words, thesaurus);
  const numbers = new Map<Float32Array, number>();
  const vectors: Float32Array[] = [new Float32Array(words.dimensions)];
  const numberOf = (vector: Float32Array | null): number => {
    if (vector === null) return 0;
    const found = numbers.get(vector) ?? vectors.push(vector) - 1;
    numbers.set(vector, found);
    return found;
  };
  const file = openSync(`${target}.bin`, 'w');
  let count = 0;
  for (const { a, b, label, fold, kind } of pairs) {
    const [x, y] = [reader.read(a.text), reader.read(b.text)];
    const input = pairInput(x, y, timeOrder(a.time, b.time), reader.lexemes);
    const ids = Int32Array.from([...input.a.vectors, ...input.b.vectors], numberOf);
    const head = Int32Array.from([input.a.vectors.length, input.b.vectors.length, label, fold, kind]);
    const links = Uint8Array.from(input.links, (value) => Math.round(value * 255));
    for (const part of [head, ids, input.a.flags, input.b.flags, links])
      writeSync(file, Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    count++;
  }
  closeSync(file);
  writeFileSync(`${target}.vectors`, Buffer.concat(vectors.map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength))));
  writeFileSync(
    `${target}.json`,
    JSON.stringify({ pairs: count, dimensions: words.dimensions, words: vectors.length, flagCount, linkCount, longestSide }),
  );
  return count;
}
