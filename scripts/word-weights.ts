/** How telling each word piece is, from the English word frequencies of wordfreq (https://github.com/rspeer/wordfreq). */
import { gunzipSync } from 'node:zlib';
import { createTokenizer } from '../src/embed/tokenize.js';

/** A word of one in 20 is not telling at all; one in three million or rarer is fully. */
const commonest = 1.3;
const rarest = 6.5;

/**
 * Weights 0 to 1 in piece order, from a gzipped frequency list of wordfreq. A whole word has its own; a continuation piece has the mean of the words that end in it or hold it,
 * for a word of several pieces is rarer than its first one. Punctuation weighs nothing, digits at least 0.5: what tells two values apart.
 */
export function wordWeights(wordfreq: Buffer, pieces: readonly string[]): Float32Array {
  const ranks = readFrequencies(gunzipSync(wordfreq));
  const tokenizer = createTokenizer(pieces);
  const own = new Map<string, number>();
  const sums = new Float64Array(pieces.length);
  const counts = new Float64Array(pieces.length);
  for (const { word, centibels } of ranks) {
    const weight = Math.min(1, Math.max(0, (centibels / 100 - commonest) / (rarest - commonest)));
    if (!own.has(word)) own.set(word, weight);
    for (const piece of tokenizer.encode(word)) {
      if (!(pieces[piece] ?? '').startsWith('##')) continue;
      sums[piece] = (sums[piece] ?? 0) + weight;
      counts[piece] = (counts[piece] ?? 0) + 1;
    }
  }
  return Float32Array.from(pieces, (piece, id) => {
    if (!/[\p{L}\p{N}]/u.test(piece)) return 0;
    const count = counts[id] ?? 0;
    const found = piece.startsWith('##') ? (count > 0 ? (sums[id] ?? 0) / count : 1) : (own.get(piece) ?? 1);
    return /^(##)?\p{N}+$/u.test(piece) ? Math.max(0.5, found) : found;
  });
}

/** The msgpack subset that wordfreq writes: an array of a header map and, by -centibel, arrays of words. */
export function readFrequencies(bytes: Buffer): { readonly word: string; readonly centibels: number }[] {
  let at = 0;
  const sized = (code: number, fix: number, mask: number, wide: number): number | null => {
    if ((code & ~mask & 0xff) === fix) return code & mask;
    if (code !== wide && code !== wide + 1) return null;
    const size = code === wide ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at);
    at += code === wide ? 2 : 4;
    return size;
  };
  const readText = (): string => {
    const code = bytes.readUInt8(at++);
    const length = code === 0xd9 ? bytes.readUInt8(at++) : sized(code, 0xa0, 0x1f, 0xda);
    if (length === null) throw new Error(`wordfreq: no text at byte ${at - 1}`);
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  const arrayLength = (): number => {
    const length = sized(bytes.readUInt8(at++), 0x90, 0x0f, 0xdc);
    if (length === null) throw new Error(`wordfreq: no list at byte ${at - 1}`);
    return length;
  };
  const buckets = arrayLength();
  at = bytes.indexOf('version', at) + 'version'.length + 1;
  const words: { word: string; centibels: number }[] = [];
  for (let centibels = 0; centibels < buckets - 1; centibels++) {
    const size = arrayLength();
    for (let i = 0; i < size; i++) words.push({ word: readText(), centibels });
  }
  return words;
}
