/** Words of the first look: each read once, with what it is and what it means; from then on it is a small number. */
import type { WordVectors } from '../context.js';
import { areOpposite, cosine } from './lexemes.js';
import {
  changeWords,
  conditionWords,
  environments,
  negations,
  negativeWords,
  obligations,
  permissions,
  personWords,
  platforms,
  reasonWords,
  stopWords,
  synonyms,
  universals,
  weekdays,
} from './lexicon.js';
import { type Entry, relateWords, type Thesaurus } from './thesaurus.js';
import { stemOf } from './word-forms.js';

/** What a word is, as bits; those from `name` on belong to the place where it stands. */
export const bit = {
  stop: 1,
  negation: 1 << 1,
  negative: 1 << 2,
  universal: 1 << 3,
  obligation: 1 << 4,
  permission: 1 << 5,
  change: 1 << 6,
  reason: 1 << 7,
  condition: 1 << 8,
  environment: 1 << 9,
  person: 1 << 10,
  platform: 1 << 11,
  quantity: 1 << 12,
  identifier: 1 << 13,
  sign: 1 << 14,
  directed: 1 << 15,
  name: 1 << 16,
  code: 1 << 17,
  comma: 1 << 18,
  stopped: 1 << 19,
  english: 1 << 20,
  light: 1 << 21,
  pointer: 1 << 22,
} as const;

const directed = new Set('not over than instead before after to from rather never but prefer prefers for by with without until'.split(' '));
const english = new Set(
  'the a an is are was be to of in on for and or not no with by at from as it we do does must use never only when if per has have'.split(
    ' ',
  ),
);
/** Left out or put in, these change nothing. */
const light = new Set(['a', 'an', 'the', 'please']);
const cues: readonly (readonly [number, { readonly has: (word: string) => boolean }])[] = [
  [bit.negation, negations],
  [bit.negative, negativeWords],
  [bit.universal, universals],
  [bit.obligation, obligations],
  [bit.permission, permissions],
  [bit.change, changeWords],
  [bit.reason, reasonWords],
  [bit.condition, conditionWords],
  [bit.environment, environments],
  [bit.person, personWords],
  [bit.platform, platforms],
  [bit.directed, directed],
  [bit.english, english],
  [bit.light, light],
  [bit.pointer, new Set(['see', 'cf', 'because', 'since', 'otherwise', 'hence', 'lest'])],
];

/** How two words compare, packed: similarity 0 to 1 in thousandths, plus `opposed` or `rivals`. */
export const opposed = 2048;
export const rivals = 4096;

export interface WordTable {
  /** By word. Words of one concept are taken for the same by the judge, words of one stem are forms of one word. */
  readonly concept: number[];
  readonly stem: number[];
  readonly flags: number[];
  readonly weight: number[];
  /** A number that depends on the text of the word alone. */
  readonly hash: number[];
  /** Dimension of a quantity, 0 for other words. */
  readonly dimension: number[];
  /** Words in code keep their case, and are other words than the same letters in another case. */
  readonly wordOf: (text: string, kind: 'word' | 'identifier' | 'sign') => number;
  readonly quantityOf: (dimension: string, value: number | string) => number;
  /** Lower-case text of a word, as units are looked up by; empty for a quantity. */
  readonly textOf: (word: number) => string;
  /** Of a bare number its value, else null. */
  readonly valueOf: (word: number) => number | null;
  /** One looks like a slip of the other: a letter apart, and only one of them is a word of the thesaurus. */
  readonly areTypos: (a: number, b: number) => boolean;
  /** See `opposed`. */
  readonly compare: (a: number, b: number) => number;
}

/** Comparisons remembered before the memory is emptied. */
const rememberedPairs = 1_000_000;
const widest = 2 ** 26;

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** One letter more, less, other or changed place. */
function isTypo(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || Math.min(a.length, b.length) < 5) return false;
  let from = 0;
  while (from < a.length && from < b.length && a[from] === b[from]) from++;
  let back = 0;
  while (back < Math.min(a.length, b.length) - from && a[a.length - 1 - back] === b[b.length - 1 - back]) back++;
  const [x, y] = [a.length - from - back, b.length - from - back];
  if (x <= 1 && y <= 1) return true;
  return x === 2 && y === 2 && a[from] === b[from + 1] && a[from + 1] === b[from];
}

interface Meaning {
  readonly lower: string;
  readonly stem: string;
  readonly vector: Float32Array | null;
  readonly entry: Entry | null;
}

function compareMeanings(a: Meaning, b: Meaning): number {
  const [short, long] = a.stem.length < b.stem.length ? [a.stem, b.stem] : [b.stem, a.stem];
  let near = Math.max(0, cosine(a.vector, b.vector));
  if (short.length >= 4 && long.startsWith(short)) near = Math.max(near, 0.8);
  else if (isTypo(a.stem, b.stem)) near = Math.max(near, 0.75);
  const { same, rival, opposite, kind } = relateWords(a.entry, b.entry);
  const apart = opposite || areOpposite(a, b);
  const meant = Math.max(near, same > 0 ? 0.55 + 0.35 * same : kind === 0 ? 0 : 0.6);
  const most = apart ? 0.2 : rival === 1 ? 0.3 : rival > 0 ? 0.5 : 1;
  return Math.round(Math.min(most, meant) * 1000) + (apart ? opposed : rival === 1 ? rivals : 0);
}

/** An empty table; what it holds grows with the words that are read and changes no result. */
export function createWordTable(vectors: WordVectors, thesaurus: Thesaurus): WordTable {
  const known = new Map<string, number>();
  const symbols = new Map<string, number>();
  const meanings: (Meaning | null)[] = [];
  const compared = new Map<number, number>();
  const table = { concept: [], stem: [], flags: [], weight: [], hash: [], dimension: [] } as Record<
    'concept' | 'stem' | 'flags' | 'weight' | 'hash' | 'dimension',
    number[]
  >;
  const symbolOf = (text: string): number => {
    const found = symbols.get(text);
    if (found !== undefined) return found;
    symbols.set(text, symbols.size);
    return symbols.size - 1;
  };
  const add = (key: string, concept: string, stem: string, flags: number, weight: number, dimension: number): number => {
    const word = meanings.length;
    known.set(key, word);
    table.concept.push(symbolOf(concept));
    table.stem.push(symbolOf(stem));
    table.flags.push(flags);
    table.weight.push(weight);
    table.hash.push(hashOf(key));
    table.dimension.push(dimension);
    meanings.push(null);
    return word;
  };
  const addWord = (key: string, lower: string): number => {
    const stem = stemOf(lower);
    const concept = synonyms.get(lower) ?? synonyms.get(stem) ?? environments.get(lower) ?? stem;
    const stop = stopWords.has(lower);
    const flags = cues.reduce((bits, [mark, list]) => (list.has(lower) ? bits | mark : bits), stop ? bit.stop : 0);
    const word = add(key, concept, stem, flags, stop ? 0 : Math.max(0.15, vectors.weightOf(lower)), 0);
    texts[word] = lower;
    isWord[word] = true;
    return word;
  };
  const texts: string[] = [];
  const isWord: boolean[] = [];
  const values: (number | null)[] = [];
  const quantityOf: WordTable['quantityOf'] = (dimension, value) => {
    const key = `q ${dimension} ${value}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const word = add(key, key, key, bit.quantity, 0, symbolOf(`d ${dimension}`) + 1);
    if (dimension === 'count') values[word] = Number(value);
    return word;
  };
  const wordOf: WordTable['wordOf'] = (text, kind) => {
    const key = kind[0] + text;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (kind === 'sign') {
      const word = add(key, key, key, bit.sign, 0, 0);
      texts[word] = text;
      return word;
    }
    if (kind === 'word') {
      const weekday = text.length > 3 ? weekdays.get(text) : undefined;
      return weekday === undefined ? addWord(key, text.toLowerCase()) : quantityOf('weekday', weekday);
    }
    const concept = `i${text.toLowerCase().replace(/^[#@./~-]+|\/+$/g, '')}`;
    const word = add(key, concept, concept, bit.identifier, 1, 0);
    texts[word] = concept.slice(1);
    return word;
  };
  /** Looked up where it is first compared: most words never are. */
  const meaningOf = (word: number): Meaning | null => {
    if (isWord[word] !== true) return null;
    const lower = texts[word] ?? '';
    const made = meanings[word] ?? { lower, stem: stemOf(lower), vector: vectors.vectorOf(lower), entry: thesaurus.entryOf(lower) };
    meanings[word] = made;
    return made;
  };
  const compare: WordTable['compare'] = (a, b) => {
    const key = a < b ? a * widest + b : b * widest + a;
    const found = compared.get(key);
    if (found !== undefined) return found;
    const [x, y] = [meaningOf(a), meaningOf(b)];
    const made = x === null || y === null ? 0 : compareMeanings(x, y);
    if (compared.size >= rememberedPairs) compared.clear();
    compared.set(key, made);
    return made;
  };
  const areTypos: WordTable['areTypos'] = (a, b) => {
    const [x, y] = [meaningOf(a), meaningOf(b)];
    return x !== null && y !== null && (x.entry === null) !== (y.entry === null) && isTypo(x.lower, y.lower);
  };
  return { ...table, wordOf, quantityOf, textOf: (word) => texts[word] ?? '', valueOf: (word) => values[word] ?? null, areTypos, compare };
}
