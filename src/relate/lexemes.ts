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
  /** Letter trigrams of the stem, empty where there is nothing to compare. */
  readonly grams: ReadonlySet<string>;
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

function cuesOf(lower: string): number {
  return cueClasses.reduce((bits, name, k) => (cueLists[name].has(lower) ? bits | (1 << k) : bits), 0);
}

const rememberedWords = 100_000;
const rememberedPairs = 1_000_000;
const longestPhrase = 3;

function trigrams(text: string): ReadonlySet<string> {
  const grams = new Set<string>();
  if (text.length < 3) return grams;
  const padded = ` ${text} `;
  for (let i = 0; i + 3 <= padded.length; i++) grams.add(padded.slice(i, i + 3));
  return grams;
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

function dice(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0;
  let shared = 0;
  for (const gram of a) if (b.has(gram)) shared++;
  return (2 * shared) / (a.size + b.size);
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

function areOpposite(a: Word, b: Word): boolean {
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

/** Lexemes and comparisons of one judge; what is remembered is bounded and changes no result. */
export function createLexemes(vectors: WordVectors, thesaurus: Thesaurus): Lexemes {
  const words = new Map<string, Lexeme>();
  const pairs = new Map<number, Map<number, WordPair>>();
  let pairCount = 0;
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
      grams: sign || stop ? new Set() : trigrams(stem),
      entry: sign ? null : thesaurus.entryOf(lower),
      cues: cuesOf(lower),
    };
  };
  const known = <T>(map: Map<T, Lexeme>, key: T, make: () => Lexeme): Lexeme => {
    const found = map.get(key);
    if (found !== undefined) return found;
    if (map.size >= rememberedWords) map.clear();
    const made = make();
    map.set(key, made);
    return made;
  };

  const read: Lexemes['read'] = (tokens) => {
    const found = tokens.map((token) => known(words, `${token.kind[0]}${token.code ? 1 : 0}${token.lower}`, () => make(token)));
    for (let from = 0; from < tokens.length; from++) {
      for (let size = longestPhrase; size >= 2; size--) {
        const part = found.slice(from, from + size);
        if (part.length < size || part.some((lexeme, i) => lexeme.entry === null && !lexeme.stop && tokens[from + i]?.kind !== 'word'))
          continue;
        const stems = part.map(({ stem }) => stem).join(' ');
        const entry = thesaurus.phraseOf(stems);
        if (entry === null) continue;
        const heaviest = part.reduce((best, lexeme, i) => (lexeme.weight > (part[best]?.weight ?? 0) ? i : best), 0);
        const base = part[heaviest] as Lexeme; // within the part
        if (base.weight > 0) found[from + heaviest] = known(words, `p${base.lexeme} ${stems}`, () => ({ ...base, lexeme: count++, entry }));
        from += size - 1;
        break;
      }
    }
    return found;
  };

  const compare: Lexemes['compare'] = (a, b) => {
    if (a.lexeme > b.lexeme) {
      const turned = compare(b, a);
      return turned.kind === 0 ? turned : { ...turned, kind: turned.kind === 1 ? -1 : 1 };
    }
    const row = pairs.get(a.lexeme);
    const found = row?.get(b.lexeme);
    if (found !== undefined) return found;
    const made = compareWords(a, b);
    if (++pairCount > rememberedPairs) {
      pairs.clear();
      pairCount = 1;
    }
    const target = pairs.get(a.lexeme) ?? new Map<number, WordPair>();
    target.set(b.lexeme, made);
    pairs.set(a.lexeme, target);
    return made;
  };

  return { read, compare };
}
