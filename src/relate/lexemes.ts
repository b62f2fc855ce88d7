/** What a word means wherever it stands, looked up once; and how two of them compare, compared once. */
import type { WordVectors } from '../context.js';
import {
  antonyms,
  changeWords,
  conditionWords,
  environments,
  negatingPrefixes,
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
} from './lexicon.js';
import type { QuantityToken } from './numbers.js';
import { PairTable } from './pair-table.js';
import { type Entry, relateWords, type Thesaurus } from './thesaurus.js';
import { stemOf } from './word-forms.js';

export interface Lexeme {
  /** The same number for the same word, within one `Lexemes`. */
  readonly lexeme: number;
  /** Word stem; for identifiers the text itself. */
  readonly stem: string;
  /** Stem after abbreviations and everyday synonyms were put under one word. */
  readonly concept: string;
  readonly stop: boolean;
  /** 0 for stop words and signs, up to 1. */
  readonly weight: number;
  readonly vector: Float32Array | null;
  /** Letter trigrams of the stem as numbers in ascending order, none where there is nothing to compare. */
  readonly grams: Float64Array;
  /** Its letters and digits alone, none of a sign. */
  readonly letters: string;
  readonly entry: Entry | null;
  /** Bit k is set where the word is in the k-th of `cueClasses`. */
  readonly cues: number;
}

/** How two words compare; numbers 0 to 1. */
export interface WordPair {
  readonly similarity: number;
  /** Part of the similarity that only the thesaurus knows of. */
  readonly known: number;
  readonly opposite: boolean;
  readonly rival: number;
  /** 1 where the first is a kind of the second, -1 the other way round. */
  readonly kind: -1 | 0 | 1;
}

export interface Lexemes {
  /** One lexeme a token, phrases of the thesaurus on their most telling word. */
  readonly read: (tokens: readonly (QuantityToken & { readonly code: boolean })[]) => readonly Lexeme[];
  readonly compare: (a: Lexeme & QuantityToken, b: Lexeme & QuantityToken) => WordPair;
}

/** Closed word classes that tell of a difference where only one side has them. */
const cueLists = {
  negations,
  negatives: negativeWords,
  changes: changeWords,
  reasons: reasonWords,
  conditions: conditionWords,
  places: environments,
  platforms,
  persons: personWords,
  obligations,
  permissions,
  universals,
} as const;
export type CueClass = keyof typeof cueLists;
export const cueClasses = Object.keys(cueLists) as readonly CueClass[];

/** The bit of a class in `Lexeme.cues`. */
export function cueBit(name: CueClass): number {
  return 1 << cueClasses.indexOf(name);
}

function cuesOf(lower: string): number {
  return cueClasses.reduce((bits, name, k) => (cueLists[name].has(lower) ? bits | (1 << k) : bits), 0);
}

/** Of each kind. */
const rememberedWords = 50_000;
const rememberedPairs = 1_000_000;
const longestPhrase = 3;

const noGrams = new Float64Array(0);

function trigrams(text: string): Float64Array {
  if (text.length < 3) return noGrams;
  const padded = ` ${text} `;
  const grams = new Float64Array(text.length);
  for (let i = 0; i < grams.length; i++)
    grams[i] = padded.charCodeAt(i) * 2 ** 32 + padded.charCodeAt(i + 1) * 2 ** 16 + padded.charCodeAt(i + 2);
  return inOrder(grams);
}

/** Sorts, and leaves out what is there twice. */
function inOrder(grams: Float64Array): Float64Array {
  grams.sort();
  let length = 0;
  for (let i = 0; i < grams.length; i++) if (i === 0 || grams[i] !== grams[i - 1]) grams[length++] = grams[i] as number;
  return grams.slice(0, length);
}

/** Trigrams of any of some words. */
export function allGrams(words: readonly Lexeme[]): Float64Array {
  let length = 0;
  for (const { grams } of words) length += grams.length;
  const all = new Float64Array(length);
  let at = 0;
  for (const { grams } of words) for (let i = 0; i < grams.length; i++) all[at++] = grams[i] as number;
  return inOrder(all);
}

/** How many trigrams are in both. */
export function sharedGrams(a: Float64Array, b: Float64Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] as number, b[j] as number];
    if (x === y) shared++;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return shared;
}

function conceptOf(lower: string, stem: string): string {
  return synonyms.get(lower) ?? synonyms.get(stem) ?? environments.get(lower) ?? stem;
}

export function cosine(a: Float32Array | null, b: Float32Array | null): number {
  if (a === null || b === null) return 0;
  let dot = 0;
  for (let d = 0; d < a.length; d++) dot += (a[d] as number) * (b[d] as number);
  return dot;
}

function dice(a: Float64Array, b: Float64Array): number {
  return a.length === 0 || b.length === 0 ? 0 : (2 * sharedGrams(a, b)) / (a.length + b.length);
}

function partOf(whole: string, part: string): boolean {
  return part.length >= 3 && whole.split(/[^\p{L}\p{N}]+/u).includes(part);
}

type Word = Lexeme & QuantityToken;

/** How alike two words look and are used, 0 to 1. */
function likeness(a: Word, b: Word): number {
  if (a.stem === b.stem) return 1;
  if (a.concept === b.concept) return 0.95;
  if (a.kind !== 'word' || b.kind !== 'word') {
    if (partOf(a.stem, b.stem) || partOf(b.stem, a.stem)) return 0.8;
    if (/\d/.test(a.stem) || /\d/.test(b.stem)) return 0;
    const overlap = dice(a.grams, b.grams);
    return overlap > 0.5 ? overlap * 0.8 : 0;
  }
  const [short, long] = a.stem.length < b.stem.length ? [a.stem, b.stem] : [b.stem, a.stem];
  const near = Math.max(0, cosine(a.vector, b.vector));
  if (short.length >= 4 && long.startsWith(short)) return Math.max(0.8, near);
  const overlap = dice(a.grams, b.grams);
  return Math.max(near, overlap > 0.5 && short.length >= 4 ? 0.45 + overlap / 2 : 0);
}

/** By the lexicon, or by a prefix that turns a word round. */
export function areOpposite(a: Pick<Word, 'lower' | 'stem'>, b: Pick<Word, 'lower' | 'stem'>): boolean {
  if (antonyms.get(a.lower)?.has(b.lower) === true || antonyms.get(a.stem)?.has(b.stem) === true) return true;
  const [short, long] = a.stem.length < b.stem.length ? [a.stem, b.stem] : [b.stem, a.stem];
  return short.length >= 4 && negatingPrefixes.some((prefix) => long === prefix + short);
}

/** What the thesaurus knows goes before what vectors and letters suggest: rivals and opposites are used alike. */
function compareWords(a: Word, b: Word): WordPair {
  const looks = likeness(a, b);
  if (looks >= 0.95) return { similarity: looks, known: 0, opposite: false, rival: 0, kind: 0 };
  const { same, rival, opposite: apart, kind } = relateWords(a.entry, b.entry);
  const opposite = apart || areOpposite(a, b);
  const meant = same > 0 ? 0.55 + 0.35 * same : kind !== 0 ? 0.6 : 0;
  const most = opposite ? 0.2 : rival === 1 ? 0.3 : rival > 0 ? 0.5 : 1;
  const similarity = Math.min(most, Math.max(looks, meant));
  return { similarity, known: Math.max(0, similarity - looks), opposite, rival, kind };
}

function turned(pair: WordPair): WordPair {
  return pair.kind === 0 ? pair : { ...pair, kind: pair.kind === 1 ? -1 : 1 };
}

/** Lexemes and comparisons of one judge; what is remembered is bounded and changes no result. */
export function createLexemes(vectors: WordVectors, thesaurus: Thesaurus): Lexemes {
  const shelves = () => [new Map<string, Lexeme>(), new Map<string, Lexeme>()] as const;
  /** By kind, then outside and inside of code, then word. */
  const byKind: Readonly<Record<QuantityToken['kind'], ReturnType<typeof shelves>>> = {
    word: shelves(),
    number: shelves(),
    clock: shelves(),
    date: shelves(),
    version: shelves(),
    identifier: shelves(),
    sign: shelves(),
  };
  const phrases = new Map<string, Lexeme>();
  const pairs = new PairTable<WordPair>(rememberedPairs);
  let count = 0;

  const make = ({ lower, kind, code }: QuantityToken & { readonly code: boolean }): Lexeme => {
    const word = kind === 'word';
    const sign = kind === 'sign';
    const stop = word && !code && stopWords.has(lower);
    const stem = word ? stemOf(lower) : lower;
    return {
      lexeme: count++,
      stem,
      concept: word ? conceptOf(lower, stem) : lower.replace(/^[#@./~-]+|\/+$/g, ''),
      stop,
      weight: sign || stop ? 0 : word ? Math.max(0.15, vectors.weightOf(lower)) : 1,
      vector: sign ? null : vectors.vectorOf(lower),
      grams: sign || stop ? noGrams : trigrams(stem),
      letters: sign ? '' : lower.replace(/[^\p{L}\p{N}]/gu, ''),
      entry: sign ? null : thesaurus.entryOf(lower),
      cues: cuesOf(lower),
    };
  };
  const keep = (map: Map<string, Lexeme>, key: string, lexeme: Lexeme): Lexeme => {
    if (map.size >= rememberedWords) map.clear();
    map.set(key, lexeme);
    return lexeme;
  };

  const read: Lexemes['read'] = (tokens) => {
    const found = tokens.map((token) => {
      const same = byKind[token.kind][token.code ? 1 : 0];
      return same.get(token.lower) ?? keep(same, token.lower, make(token));
    });
    for (let from = 0; from < tokens.length; from++) {
      if (!thesaurus.beginsPhrase((found[from] as Lexeme).stem)) continue;
      for (let size = longestPhrase; size >= 2; size--) {
        const part = found.slice(from, from + size);
        if (part.length < size || part.some((lexeme, i) => lexeme.entry === null && !lexeme.stop && tokens[from + i]?.kind !== 'word'))
          continue;
        const stems = part.map(({ stem }) => stem).join(' ');
        const entry = thesaurus.phraseOf(stems);
        if (entry === null) continue;
        const heaviest = part.reduce((best, lexeme, i) => (lexeme.weight > (part[best]?.weight ?? 0) ? i : best), 0);
        const base = part[heaviest] as Lexeme; // within the part
        const key = `${base.lexeme} ${stems}`;
        if (base.weight > 0) found[from + heaviest] = phrases.get(key) ?? keep(phrases, key, { ...base, lexeme: count++, entry });
        from += size - 1;
        break;
      }
    }
    return found;
  };

  const compare: Lexemes['compare'] = (a, b) => {
    const found = pairs.get(a.lexeme, b.lexeme);
    if (found !== undefined) return found;
    const made = a.lexeme > b.lexeme ? turned(compareWords(b, a)) : compareWords(a, b);
    pairs.add(a.lexeme, b.lexeme, made);
    return made;
  };

  return { read, compare };
}
