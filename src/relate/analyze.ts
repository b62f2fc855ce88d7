/** What one statement holds, read once: tokens with their kinds and meanings, quantities, clauses, cues. */
import { allGrams, type Lexeme, type Lexemes } from './lexemes.js';
import {
  auxiliaries,
  changeWords,
  conditionWords,
  environments,
  months,
  negations,
  negativeWords,
  reasonWords,
  stopWords,
  weekdays,
} from './lexicon.js';
import { isUnitSuffix, numberOf, type Quantity, type QuantityToken } from './numbers.js';
import { boundOf, changesIn, polarityOf, tellsShift } from './polarity.js';
import { quantitiesOf } from './quantities.js';

export interface Token extends QuantityToken, Lexeme {
  /** Inside a code span. */
  readonly code: boolean;
  /** A capitalised word that does not merely start a sentence: most often a person, product or place. */
  readonly name: boolean;
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
  readonly foreign: boolean;
  /** All its concepts in alphabetical order: equal for two orders of the same words. */
  readonly bag: string;
  readonly clauses: number;
  readonly negations: number;
  readonly negatives: number;
  readonly changes: number;
  readonly conditions: number;
  readonly reasons: number;
  readonly environments: ReadonlySet<string>;
  readonly weight: number;
  /** Concepts of the content, letter trigrams of everything as in a lexeme, all lower-case words. */
  readonly concepts: ReadonlySet<string>;
  readonly grams: Float64Array;
  readonly words: ReadonlySet<string>;
  /** Token at which the subject ends. */
  readonly subjectEnd: number;
  /** Weighted mean of the word vectors, unit length; null where no word has one. The same of the subject, and of what follows it. */
  readonly vector: Float32Array | null;
  readonly head: Float32Array | null;
  readonly tail: Float32Array | null;
}

/** Short forms and what they stand for; `w/` depends on how a text is cut. */
export const contractions: readonly (readonly [RegExp, string])[] = [
  [/\bcan(?:'|’)t\b|\bcannot\b/giu, 'can not'],
  [/\bwon(?:'|’)t\b/giu, 'will not'],
  [/\bshan(?:'|’)t\b/giu, 'shall not'],
  [/(\p{L})n(?:'|’)t\b/giu, '$1 not'],
  [/\b(it|that|there|here|he|she|what|who|where)(?:'|’)s\b/giu, '$1 is'],
  [/(\p{L})(?:'|’)(?:re|m)\b/giu, '$1 are'],
  [/(\p{L})(?:'|’)ve\b/giu, '$1 have'],
  [/(\p{L})(?:'|’)ll\b/giu, '$1 will'],
  [/\bw\/o\b/giu, 'without'],
  [/\be\.g\.|\bi\.e\.|\betc\./giu, ' '],
  [/\bno-?one\b/giu, 'nobody'],
];
const inTexts = [[/\bw\/\s/giu, 'with '] as const, ...contractions];
/** Something of every one of them, so that most texts are looked through only once. */
const contracted = /['’/]|cannot|\.g\.|\.e\.|etc\.|no-?one/i;

const scanner =
  /https?:\/\/[^\s`)>\]"]+|\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?|\d{1,2}:\d{2}(?::\d{2})?(?![\d:])|\d{1,3}(?:[,\u00a0'’]\d{3})+(?:\.\d+)?(?![\d])|[\p{L}\p{M}\p{N}_~@#./\\$%*<>=+-]*[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_~@#./\\$%*<>=+:&?-]*[\p{L}\p{M}\p{N}_*%/])?(?:(?:'|’)\p{L}+)?|[^\s\p{L}\p{N}]/gu;

interface Piece {
  readonly raw: string;
  /** Lower-case, with plain apostrophes. */
  readonly lower: string;
  readonly kind: Token['kind'];
  readonly code: boolean;
  readonly starts: boolean;
}

const plainWord = /^[\p{L}\p{M}]+(?:(?:'|’)\p{L}+)?$/u;
/** Signs that only dress a text: two texts that differ in nothing else are the same. */
const dressing = /^[;:,.!()[\]{}–—\-*_"'“”‘’•>]$/u;

/** What most words are, for which the rules below need not be tried. */
const letters = /^[A-Za-z]+$/;

function classify(raw: string): Token['kind'] {
  if (letters.test(raw)) return 'word';
  if (/^\d{4}-\d{2}-\d{2}/.test(raw)) return 'date';
  if (/^\d{1,2}:\d{2}(?::\d{2})?$/.test(raw)) return 'clock';
  if (/^[-+]?\d[\d,.'’\u00a0]*$/.test(raw) && !Number.isNaN(numberOf(raw))) return 'number';
  if (/^v\d+(?:\.\d+)*$/i.test(raw) || /^\d+\.\d+\.\d+$/.test(raw)) return 'version';
  if (/^\d+(?:st|nd|rd|th)$/i.test(raw) || plainWord.test(raw)) return 'word';
  return /[\p{L}\p{M}\p{N}]/u.test(raw) ? 'identifier' : 'sign';
}

/** Cuts what the scanner took as one run: `cursor-based`, `DE/EN`, `30fps`, `9-12`, `key=value`; identifiers stay whole. */
function split(run: string, code: boolean): readonly string[] {
  if (letters.test(run) || (code && !/^[-+]?\d/.test(run))) return [run];
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

function lowerOf(raw: string): string {
  const lower = raw.toLowerCase();
  return lower.includes('’') ? lower.replace(/’/g, "'") : lower;
}

/** Text to raw pieces. Code spans are taken out of their backquotes, bold and emphasis out of their signs. */
function pieces(text: string): readonly Piece[] {
  let out = text.normalize('NFC').replace(/`(\p{Ll}+)`(\p{Ll}{1,2})\b/gu, '$1$2');
  if (contracted.test(out)) for (const [pattern, to] of inTexts) out = out.replace(pattern, to);
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
        found.push({ raw, lower: lowerOf(raw), kind, code, starts });
        starts = kind === 'sign' && /[.!?:;(–—]/.test(raw);
      }
      const tail = match[0].slice(run.length);
      if (tail !== '') {
        const raw = tail.slice(0, 1);
        found.push({ raw, lower: lowerOf(raw), kind: 'sign', code: false, starts: false });
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
    for (let d = 0; d < vector.length; d++) sum[d] = (sum[d] as number) + weight * (vector[d] as number);
  }
  if (sum === null) return null;
  let norm = 0;
  for (let d = 0; d < sum.length; d++) norm += (sum[d] as number) ** 2;
  if (norm === 0) return null;
  const scale = 1 / Math.sqrt(norm);
  for (let d = 0; d < sum.length; d++) sum[d] = (sum[d] as number) * scale;
  return sum;
}

function tokensOf(text: string, lexemes: Lexemes): { tokens: Token[]; quantities: readonly Quantity[] } {
  const raw = pieces(text);
  const quantities = quantitiesOf(raw);
  const denied = polarityOf(raw);
  const owner = new Int32Array(raw.length).fill(-1);
  quantities.forEach((quantity, index) => {
    owner.fill(index, quantity.from, quantity.to);
  });
  const read = lexemes.read(raw);
  let clause = 0;
  const tokens = raw.map((piece, index): Token => {
    if (piece.kind === 'sign' && /[.;:!?,()–—→]/.test(piece.raw)) clause++;
    const word = read[index] as Lexeme; // one a piece
    // Field by field: a spread of two objects would take most of the time of reading a statement.
    return {
      raw: piece.raw,
      lower: piece.lower,
      kind: piece.kind,
      code: piece.code,
      lexeme: word.lexeme,
      stem: word.stem,
      concept: word.concept,
      stop: word.stop,
      weight: word.weight,
      vector: word.vector,
      grams: word.grams,
      letters: word.letters,
      entry: word.entry,
      cues: word.cues,
      name: isName(piece, piece.lower),
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

const englishWords = new Set(
  'the a an is are was be to of in on for and or not no with by at from as it we do does must use never only when if per has have'.split(
    ' ',
  ),
);

/** Not in English, as far as a few common words and the script tell. */
function isForeign(tokens: readonly Token[], plain: string): boolean {
  if (/[^ -~]/.test(plain)) {
    const letters = plain.match(/\p{L}/gu)?.length ?? 0;
    const latin = plain.match(/\p{Script=Latin}/gu)?.length ?? 0;
    if (latin < letters * 0.85) return true;
  }
  const words = tokens.filter((token) => token.kind === 'word');
  return words.length >= 9 && !words.some((token) => englishWords.has(token.lower));
}

/** Reads a statement. The same text and words give the same analysis. */
export function analyze(text: string, lexemes: Lexemes): Analysis {
  const { tokens, quantities } = tokensOf(text, lexemes);
  const lower = text.toLowerCase();
  const content: number[] = [];
  const end = subjectEndOf(tokens);
  const plain = tokens
    .filter((token) => token.kind !== 'sign' || !dressing.test(token.raw))
    .map((token) => (token.code || token.kind === 'identifier' ? token.raw : token.lower))
    .join(' ');
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
    compact: tokens.map(({ letters }) => letters).join(''),
    turns: changesIn(lower),
    shifted: tellsShift(lower),
    plain,
    foreign: isForeign(tokens, plain),
    bag: tokens
      .filter((token) => token.kind !== 'sign')
      .map((token) => token.concept)
      .sort()
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
    grams: allGrams(tokens),
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
