import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as Reference } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shippedModel } from '../dist/embed/static.js';
import { createTokenizer } from '../dist/embed/tokenize.js';

const vocabulary = readFileSync(join(shippedModel, 'vocab.txt'), 'utf8').trimEnd().split('\n');
const ours = createTokenizer(vocabulary);
const unknown = vocabulary.indexOf('[UNK]');
/** The same vocabulary as a tokenizer.json, without special tokens: text is data here. */
const reference = new Reference(
  {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
    },
  },
  {},
);
const expected = (text: string): readonly number[] => reference.encode(text, { add_special_tokens: false }).ids;
const found = (text: string): readonly number[] => [...ours.encodeWithUnknown(text)];

/** Code points of a range, lone surrogates among them, that the two see differently where `place` puts them. */
function differences(first: number, last: number, place: (character: string) => string): string[] {
  const wrong: string[] = [];
  const differs = (text: string) => JSON.stringify(found(text)) !== JSON.stringify(expected(text));
  for (let start = first; start <= last; start += 256) {
    const characters = Array.from({ length: 256 }, (_, i) => String.fromCodePoint(start + i));
    if (!differs(characters.map(place).join(' '))) continue;
    const alone = characters.filter((character) => differs(place(character)));
    wrong.push(...alone.map((character) => (character.codePointAt(0) ?? 0).toString(16)), `from ${start.toString(16)}`);
  }
  return wrong;
}

describe('the tokenizer', () => {
  it('equals the reference for every code point on its own', () => {
    expect(differences(0, 0x10ffff, (character) => character)).toEqual([]);
  });

  it('equals the reference for every code point of the planes in use inside a word and next to accents, capitals and sigma', () => {
    const place = (character: string) => `re${character}use \u00c9${character}\u0301\u03a3`;
    expect([...differences(0, 0x3ffff, place), ...differences(0xe0000, 0xe0fff, place)]).toEqual([]);
  });

  it('equals the reference on random texts', () => {
    const word = fc.constantFrom(...vocabulary.filter((_, id) => id % 97 === 0).map((piece) => piece.replace('##', '')));
    const part = fc.oneof(
      word,
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.string(),
      fc.constantFrom(' ', '\n', '\u00a0', '-', '\u4e00'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        expect(found(text)).toEqual(expected(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('treats a word of 100 characters as a word and one of 101 as unknown', () => {
    for (const letter of ['a', 'é', '𝒳']) {
      for (const length of [99, 100, 101]) expect(found(letter.repeat(length))).toEqual(expected(letter.repeat(length)));
    }
    expect(found('a'.repeat(101))).toEqual([unknown]);
  });

  it('leaves unknown words out of encode', () => {
    expect([...ours.encode('the 😀 server')]).toEqual([vocabulary.indexOf('the'), vocabulary.indexOf('server')]);
    expect([...ours.encode('😀')]).toEqual([]);
    expect([...ours.encode('')]).toEqual([]);
  });

  it('stays right after more words than it remembers', () => {
    const small = createTokenizer([
      '[UNK]',
      ...'abcdefghijklmnopqrstuvwxyz0123456789'.split(''),
      ...'0123456789'.split('').map((digit) => `##${digit}`),
    ]);
    const idsOf = (n: number) => [...String(n)].map((digit, i) => (i === 0 ? 27 : 37) + Number(digit));
    for (let n = 0; n < 150_000; n += 10) {
      const numbers = Array.from({ length: 10 }, (_, i) => n + i);
      expect([...small.encode(numbers.join(' '))]).toEqual(numbers.flatMap(idsOf));
    }
    expect([...small.encode('17')]).toEqual(idsOf(17));
  });
});
