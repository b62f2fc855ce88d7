/** What one statement holds, read once: tokens with their kinds and meanings, quantities, clauses, cues. */
import type { WordVectors } from '../context.js';
import {
  auxiliaries,
  changeWords,
  conditionWords,
  environments,
  irregular,
  months,
  negations,
  negativeWords,
  reasonWords,
  stopWords,
  synonyms,
  weekdays,
} from './lexicon.js';
import { isUnitSuffix, numberOf, type Quantity, type QuantityToken } from './numbers.js';
import { boundOf, changesIn, polarityOf, tellsShift } from './polarity.js';
import { quantitiesOf } from './quantities.js';

export interface Token extends QuantityToken {
  /** Word stem; for identifiers the text itself. */
  readonly stem: string;
  /** Stem after abbreviations and everyday synonyms were put under one word. */
  readonly concept: string;
  /** Inside a code span. */
  readonly code: boolean;
  readonly stop: boolean;
  /** A capitalised word that does not merely start a sentence: most often a person, product or place. */
  readonly name: boolean;
  /** 0 for stop words and signs, up to 1. */
  readonly weight: number;
  readonly vector: Float32Array | null;
  /** Letter trigrams of the stem, empty where there is nothing to compare. */
  readonly grams: ReadonlySet<string>;
  /** 0-based number of the clause it stands in. */
  readonly clause: number;
  /** Index into `quantities`, -1 outside of one. */
  readonly quantity: number;
  /** Denied or put second where it stands. */
  readonly denied: boolean;
}

export interface Analysis {
  readonly tokens: readonly Token[];
  /** Indices of the tokens that carry meaning: no signs, no stop words, no quantities. */
  readonly content: readonly number[];
  readonly quantities: readonly Quantity[];
  /** Of each quantity: 1 a lower bound, -1 an upper one, 0 neither. */
  readonly bounds: readonly number[];
  /** Letters and digits alone. */
  readonly compact: string;
  /** Phrases that tell of a change. */
  readonly turns: number;
  /** Says outright that something is no longer as it was. */
  readonly shifted: boolean;
  /** Lower-case words without markup and punctuation; code, paths and identifiers keep their case. */
  readonly plain: string;
  readonly clauses: number;
  readonly negations: number;
  readonly negatives: number;
  readonly changes: number;
  readonly conditions: number;
  readonly reasons: number;
  readonly environments: ReadonlySet<string>;
  readonly weight: number;
  /** Concepts of the content, letter trigrams of everything, all lower-case words. */
  readonly concepts: ReadonlySet<string>;
  readonly grams: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
  /** Token at which the subject ends. */
  readonly subjectEnd: number;
  /** Weighted mean of the word vectors, unit length; null where no word has one. The same of the subject, and of what follows it. */
  readonly vector: Float32Array | null;
  readonly head: Float32Array | null;
  readonly tail: Float32Array | null;
}

const contractions: readonly (readonly [RegExp, string])[] = [
  [/\bcan(?:'|’)t\b|\bcannot\b/giu, 'can not'],
  [/\bwon(?:'|’)t\b/giu, 'will not'],
  [/\bshan(?:'|’)t\b/giu, 'shall not'],
  [/(\p{L})n(?:'|’)t\b/giu, '$1 not'],
  [/\b(it|that|there|here|he|she|what|who|where)(?:'|’)s\b/giu, '$1 is'],
  [/(\p{L})(?:'|’)(?:re|m)\b/giu, '$1 are'],
  [/(\p{L})(?:'|’)ve\b/giu, '$1 have'],
  [/(\p{L})(?:'|’)ll\b/giu, '$1 will'],
  [/\bw\/o\b/giu, 'without'],
  [/\bw\/\s/giu, 'with '],
  [/\be\.g\.|\bi\.e\.|\betc\./giu, ' '],
  [/\bno-?one\b/giu, 'nobody'],
];

const scanner =
  /https?:\/\/[^\s`)>\]"]+|\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?|\d{1,2}:\d{2}(?::\d{2})?(?![\d:])|\d{1,3}(?:[,\u00a0'’]\d{3})+(?:\.\d+)?(?![\d])|[\p{L}\p{M}\p{N}_~@#./\\$%*<>=+-]*[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_~@#./\\$%*<>=+:&?-]*[\p{L}\p{M}\p{N}_*%/])?(?:(?:'|’)\p{L}+)?|[^\s\p{L}\p{N}]/gu;

/** A word without its ending: `stored`, `storing`, `stores` and `store` come out the same. */
export function stemOf(lower: string): string {
  const known = irregular.get(lower);
  if (known !== undefined) return known;
  if (lower.length <= 3 || !/^[a-z]+$/.test(lower)) return lower;
  let stem = lower;
  if (/(?:ss|sh|ch|x|z)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (/ies$/.test(stem) && stem.length > 4) stem = stem.slice(0, -3) + 'y';
  else if (/[^su]s$/.test(stem) && !/is$/.test(stem)) stem = stem.slice(0, -1);
  if (/(?:ied)$/.test(stem) && stem.length > 4) stem = stem.slice(0, -3) + 'y';
  else if (/[aeiouy].*(?:ed|ing)$/.test(stem) && stem.length > 5) stem = undouble(stem.replace(/(?:ed|ing)$/, ''));
  else if (/[aeiouy].*ed$/.test(stem) && stem.length > 4) stem = undouble(stem.slice(0, -2));
  if (stem.length > 6) stem = stem.replace(/(?:ment|ation|ition|ally|ly|ness|ing)$/, '');
  return stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}

function undouble(stem: string): string {
  return /([bdfgmnprt])\1$/.test(stem) ? stem.slice(0, -1) : stem;
}

function trigrams(text: string): ReadonlySet<string> {
  const grams = new Set<string>();
  if (text.length < 3) return grams;
  const padded = ` ${text} `;
  for (let i = 0; i + 3 <= padded.length; i++) grams.add(padded.slice(i, i + 3));
  return grams;
}

interface Piece {
  readonly raw: string;
  readonly kind: Token['kind'];
  readonly code: boolean;
  readonly starts: boolean;
}

const plainWord = /^[\p{L}\p{M}]+(?:(?:'|’)\p{L}+)?$/u;
/** Signs that only dress a text: two texts that differ in nothing else are the same. */
const dressing = /^[;:,.!()[\]{}–—\-*_"'“”‘’•>]$/u;

function classify(raw: string): Token['kind'] {
  if (/^\d{4}-\d{2}-\d{2}/.test(raw)) return 'date';
  if (/^\d{1,2}:\d{2}(?::\d{2})?$/.test(raw)) return 'clock';
  if (/^[-+]?\d[\d,.'’\u00a0]*$/.test(raw) && !Number.isNaN(numberOf(raw))) return 'number';
  if (/^v\d+(?:\.\d+)*$/i.test(raw) || /^\d+\.\d+\.\d+$/.test(raw)) return 'version';
  if (/^\d+(?:st|nd|rd|th)$/i.test(raw) || plainWord.test(raw)) return 'word';
  return /[\p{L}\p{M}\p{N}]/u.test(raw) ? 'identifier' : 'sign';
}

/** Cuts what the scanner took as one run: `cursor-based`, `DE/EN`, `30fps`, `9-12`, `key=value`; identifiers stay whole. */
function split(run: string, code: boolean): readonly string[] {
  if (code && !/^[-+]?\d/.test(run)) return [run];
  const suffixed = /^([-+]?\d[\d,.]*)(-?)([\p{L}%°]+)$/u.exec(run);
  if (suffixed?.[1] !== undefined && suffixed[3] !== undefined && isUnitSuffix(suffixed[3])) {
    return /^(?:st|nd|rd|th)$/i.test(suffixed[3]) ? [run] : [suffixed[1], suffixed[3]];
  }
  if (/^\d+(?:\.\d+)?%$/.test(run)) return [run.slice(0, -1), '%'];
  if (/^\d+(?:[-/]\d+)+$/.test(run) && run.length <= 7) return run.split(/[-/]/).flatMap((part, i) => (i === 0 ? [part] : ['-', part]));
  if (/^\p{L}+(?:[-/+&]\p{L}+)+(?:(?:'|’)\p{L}+)?$/u.test(run)) return run.split(/[-/+&]/);
  if (/^\d+-\p{L}+(?:-\p{L}+)*$/u.test(run)) return run.split('-');
  if (/^[=+\-*<>~]+\p{L}/u.test(run) && !run.startsWith('--') && !/^-\p{L}$/u.test(run))
    return split(run.replace(/^[=+\-*<>~]+/u, ''), code);
  return [run.replace(/^#(?=\p{L})/u, '')];
}

/** Text to raw pieces. Code spans are taken out of their backquotes, bold and emphasis out of their signs. */
function pieces(text: string): readonly Piece[] {
  let out = text.normalize('NFC').replace(/`(\p{Ll}+)`(\p{Ll}{1,2})\b/gu, '$1$2');
  for (const [pattern, to] of contractions) out = out.replace(pattern, to);
  out = out.replace(/\*\*|__(?=\s|$)|(?<=^|\s)__/gu, ' ').replace(/\[([^\]]*)\]\([^)]*\)/gu, '$1');
  const found: Piece[] = [];
  let starts = true;
  out.split('`').forEach((part, index) => {
    const code = index % 2 === 1;
    for (const match of part.matchAll(scanner)) {
      const trimmed = match[0].replace(/[.:,;!?]+$/u, '');
      const run = trimmed === '' ? match[0] : trimmed;
      const parts = split(run.replace(/(?:'|’)s$/u, ''), code);
      for (const raw of parts) {
        if (raw === '') continue;
        const kind = code && plainWord.test(raw) && raw.length < 3 ? 'identifier' : classify(raw);
        found.push({ raw, kind, code, starts });
        starts = kind === 'sign' && /[.!?:;(–—]/.test(raw);
      }
      const tail = match[0].slice(run.length);
      if (tail !== '') {
        found.push({ raw: tail.slice(0, 1), kind: 'sign', code: false, starts: false });
        starts = /[.!?:;]/.test(tail);
      }
    }
  });
  return found;
}

function isName(piece: Piece, lower: string): boolean {
  if (piece.kind !== 'word' || piece.code || !/^\p{Lu}/u.test(piece.raw)) return false;
  if (weekdays.has(lower) || months.has(lower) || stopWords.has(lower)) return false;
  return !piece.starts || /^\p{Lu}[\p{L}]*\p{Lu}/u.test(piece.raw);
}

function conceptOf(lower: string, stem: string): string {
  return synonyms.get(lower) ?? synonyms.get(stem) ?? environments.get(lower) ?? stem;
}

function count(tokens: readonly Token[], list: ReadonlySet<string>): number {
  let n = 0;
  for (const token of tokens) if (list.has(token.lower)) n++;
  return n;
}

/** Weighted mean of vectors, unit length; null where nothing has weight. */
export function meanVector(tokens: readonly Token[], indices: readonly number[]): Float32Array | null {
  let sum: Float32Array | null = null;
  for (const index of indices) {
    const token = tokens[index];
    const vector = token?.vector ?? null;
    if (token === undefined || vector === null || token.weight === 0) continue;
    sum ??= new Float32Array(vector.length);
    const { weight } = token;
    for (let d = 0; d < vector.length; d++) sum[d] = (sum[d] ?? 0) + weight * (vector[d] ?? 0);
  }
  if (sum === null) return null;
  let norm = 0;
  for (let d = 0; d < sum.length; d++) norm += (sum[d] ?? 0) * (sum[d] ?? 0);
  if (norm === 0) return null;
  const scale = 1 / Math.sqrt(norm);
  for (let d = 0; d < sum.length; d++) sum[d] = (sum[d] ?? 0) * scale;
  return sum;
}

function tokensOf(text: string, vectors: WordVectors): { tokens: Token[]; quantities: readonly Quantity[] } {
  const raw = pieces(text).map((piece) => ({ ...piece, lower: piece.raw.toLowerCase().replace(/’/g, "'") }));
  const quantities = quantitiesOf(raw);
  const denied = polarityOf(raw);
  const owner = new Int32Array(raw.length).fill(-1);
  quantities.forEach((quantity, index) => {
    owner.fill(index, quantity.from, quantity.to);
  });
  let clause = 0;
  const tokens = raw.map((piece, index): Token => {
    const { lower } = piece;
    const word = piece.kind === 'word';
    const stop = word && !piece.code && stopWords.has(lower);
    const stem = word ? stemOf(lower) : lower;
    const sign = piece.kind === 'sign';
    if (sign && /[.;:!?,()–—→]/.test(piece.raw)) clause++;
    return {
      ...piece,
      stem,
      concept: word ? conceptOf(lower, stem) : lower.replace(/^[#@./~-]+|\/+$/g, ''),
      stop,
      name: isName(piece, lower),
      weight: sign || stop ? 0 : word ? Math.max(0.15, vectors.weightOf(lower)) : 1,
      vector: sign ? null : vectors.vectorOf(lower),
      grams: sign || stop ? new Set() : trigrams(stem),
      clause,
      quantity: owner[index] ?? -1,
      denied: denied[index] === 1,
    };
  });
  return { tokens, quantities };
}

/** Token at which the subject of a statement most likely ends: its first verb, a colon, or two fifths of it. */
function subjectEndOf(tokens: readonly Token[]): number {
  for (let i = 1; i < tokens.length; i++) {
    const token = tokens[i];
    if (token !== undefined && (auxiliaries.has(token.lower) || token.raw === ':' || token.raw === '→' || token.raw === '=')) return i;
  }
  return Math.ceil(tokens.length * 0.4);
}

/** Reads a statement. Pure; the same text and vectors give the same analysis. */
export function analyze(text: string, vectors: WordVectors): Analysis {
  const { tokens, quantities } = tokensOf(text, vectors);
  const content: number[] = [];
  const end = subjectEndOf(tokens);
  const places = new Set<string>();
  let weight = 0;
  tokens.forEach((token, index) => {
    const place = token.quantity < 0 ? environments.get(token.lower) : undefined;
    if (place !== undefined) places.add(place);
    if (token.kind === 'sign' || token.stop || token.quantity >= 0) return;
    content.push(index);
    weight += token.weight;
  });
  return {
    tokens,
    content,
    quantities,
    bounds: quantities.map((quantity) => boundOf(tokens, quantity.from)),
    compact: tokens.map((token) => (token.kind === 'sign' ? '' : token.lower.replace(/[^\p{L}\p{N}]/gu, ''))).join(''),
    turns: changesIn(text.toLowerCase()),
    shifted: tellsShift(text.toLowerCase()),
    plain: tokens
      .filter((token) => token.kind !== 'sign' || !dressing.test(token.raw))
      .map((token) => (token.code || token.kind === 'identifier' ? token.raw : token.lower))
      .join(' '),
    clauses: (tokens.at(-1)?.clause ?? 0) + 1,
    negations: count(tokens, negations),
    negatives: count(tokens, negativeWords),
    changes: count(tokens, changeWords),
    conditions: count(tokens, conditionWords),
    reasons: count(tokens, reasonWords),
    environments: places,
    weight,
    concepts: new Set(content.map((index) => tokens[index]?.concept ?? '')),
    grams: new Set(tokens.flatMap((token) => [...token.grams])),
    words: new Set(tokens.map((token) => token.lower)),
    subjectEnd: end,
    vector: meanVector(
      tokens,
      tokens.map((_, index) => index),
    ),
    head: meanVector(
      tokens,
      content.filter((index) => index < end),
    ),
    tail: meanVector(
      tokens,
      content.filter((index) => index >= end),
    ),
  };
}
