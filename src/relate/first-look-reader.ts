/**
 * Text to numbers, for the first look. A text is cut at its blanks, and what stands between two blanks is taken apart once: most of it
 * comes again and again, so that reading a text is a lookup for each of its words. Tells words, identifiers, quantities and names apart
 * as `analyze.ts` does, and is coarser in what it does with them.
 */
import { contractions } from './analyze.js';
import { bit, type WordTable } from './first-look-words.js';
import { isUnitSuffix, numberOf, ordinals, units } from './numbers.js';

export interface Reading {
  /** Words in order, by their number in the table, and the bits of each. */
  readonly words: Int32Array;
  readonly flags: Int32Array;
  /** Sum of the weights of the telling words. */
  readonly weight: number;
  /** Depends on the words alone. */
  readonly hash: number;
  /** Outside what the judge acts on: another language, or too long. */
  readonly outside: boolean;
}

/** What stands between two blanks. */
interface Chunk {
  readonly words: readonly number[];
  readonly flags: readonly number[];
  /** The first word is a name unless a sentence starts with it. */
  readonly leads: boolean;
  /** Bits for the word that follows, and whether it starts a sentence; null where the chunk says nothing about that. */
  readonly after: number;
  readonly starts: boolean | null;
  /** Code begins or ends in it. */
  readonly turns: boolean;
}

const rememberedChunks = 300_000;
/** A run of more letters than this is nobody's word: it is taken whole, so that reading stays linear. */
const longestChunk = 200;
/** Longest statement that the judge acts on, in words (`guards.ts`). */
const longestKnown = 90;
const mostWords = 512;
const blockSize = 1 << 16;

const inChunks = [[/\bw\/$/giu, 'with'] as const, ...contractions];
const mayContract = /['’]|cannot|w\/|e\.g|i\.e|etc\.|no-?one/iu;
const runs =
  /https?:\/\/[^`)>\]"]+|\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?|\d{1,2}:\d{2}(?::\d{2})?(?![\d:])|\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?(?!\d)|[\p{L}\p{M}\p{N}_~@#./\\$%*<>=+-]*[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_~@#./\\$%*<>=+:&?-]*[\p{L}\p{M}\p{N}_*%/])?(?:(?:'|’)\p{L}+)?|[^\s\p{L}\p{N}]/gu;
const plainWord = /^[\p{L}\p{M}]+(?:(?:'|’)\p{L}+)?$/u;
const dressing = /^[;:,.!?()[\]{}–—\-*_"'“”‘’•>]$/u;
const closing = /[.!?:;(–—]/u;

const numberWords = new Map<string, number>(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'
    .split(' ')
    .map((word, value) => [word, value]),
);
numberWords.delete('one');
for (const [word, value] of [
  ['thirty', 30],
  ['forty', 40],
  ['fifty', 50],
  ['sixty', 60],
  ['ninety', 90],
  ['hundred', 100],
  ['dozen', 12],
  ['twice', 2],
  ['thrice', 3],
] as const)
  numberWords.set(word, value);
const scales = new Map([
  ['k', 1000],
  ['thousand', 1000],
  ['million', 1e6],
]);
const periods = new Map(
  'hourly daily nightly weekly fortnightly monthly quarterly yearly annually annual'
    .split(' ')
    .map((word) => [word, word === 'nightly' ? 'daily' : word.startsWith('annual') ? 'yearly' : word]),
);

function parts(run: string, code: boolean): readonly string[] {
  if (code && !/^[-+]?\d/.test(run)) return [run];
  const suffixed = /^([-+]?\d[\d,.]*)-?([\p{L}%°]+)$/u.exec(run);
  if (suffixed?.[1] !== undefined && suffixed[2] !== undefined && isUnitSuffix(suffixed[2])) {
    return /^(?:st|nd|rd|th)$/i.test(suffixed[2]) ? [run] : [suffixed[1], suffixed[2]];
  }
  if (/^\d+(?:\.\d+)?%$/.test(run)) return [run.slice(0, -1), '%'];
  if (/^\d+(?:[-/]\d+)+$/.test(run) && run.length <= 7) return run.split(/[-/]/);
  if (/^\p{L}+(?:[-/+&]\p{L}+)+(?:(?:'|’)\p{L}+)?$/u.test(run)) return run.split(/[-/+&]/);
  if (/^\d+-\p{L}+(?:-\p{L}+)*$/u.test(run)) return run.split('-');
  const bare = run.replace(/^#(?=\p{L})/u, '');
  return /^[=+\-*<>~]+\p{L}/u.test(bare) && !bare.startsWith('--') && bare.length > 2
    ? parts(bare.replace(/^[=+\-*<>~]+/u, ''), code)
    : [bare];
}

/** The word that a piece of text is: a quantity by its value, everything else by its letters. */
function wordOf(raw: string, code: boolean, table: WordTable): number {
  if (/^[-+]?\d/.test(raw)) {
    if (/^\d{4}-\d{2}-\d{2}/.test(raw)) return table.quantityOf('date', raw.slice(0, 10));
    if (/^\d{1,2}:\d{2}(?::\d{2})?$/.test(raw)) return table.quantityOf('clock', raw.replace(/^0/, ''));
    const value = numberOf(raw);
    if (!Number.isNaN(value)) return table.quantityOf('count', value);
    if (/^\d+\.\d+\.\d+$/.test(raw)) return table.quantityOf('version', raw.replace(/(?:\.0)+$/, ''));
    const ordinal = /^(\d+)(?:st|nd|rd|th)$/i.exec(raw)?.[1];
    if (ordinal !== undefined) return table.quantityOf('ordinal', Number(ordinal));
  }
  if (/^v\d+(?:\.\d+)*$/i.test(raw)) return table.quantityOf('version', raw.slice(1).replace(/(?:\.0)+$/, ''));
  if (!plainWord.test(raw) || (code && raw.length < 3)) return table.wordOf(raw, /[\p{L}\p{M}\p{N}_]/u.test(raw) ? 'identifier' : 'sign');
  const lower = raw.toLowerCase().replace(/’/g, "'");
  const number = numberWords.get(lower);
  if (number !== undefined) return table.quantityOf('count', number);
  const period = periods.get(lower);
  if (period !== undefined) return table.quantityOf('every', period);
  const place = lower === 'second' || !Object.hasOwn(ordinals, lower) ? undefined : ordinals[lower];
  if (place !== undefined) return table.quantityOf('ordinal', place);
  return table.wordOf(code ? raw : lower, 'word');
}

/** A chunk in the making. */
interface Cut {
  readonly words: number[];
  readonly flags: number[];
  leads: boolean;
  after: number;
  starts: boolean | null;
}

function addSign(cut: Cut, sign: string): void {
  if (/[()–—,]/u.test(sign)) cut.after |= bit.comma;
  else if (closing.test(sign)) cut.after |= bit.stopped;
  if (closing.test(sign)) cut.starts = true;
}

function addWord(cut: Cut, raw: string, code: boolean, table: WordTable): void {
  const word = wordOf(raw, code, table);
  const own = table.flags[word] ?? 0;
  const isWord = (own & (bit.quantity | bit.identifier | bit.sign)) === 0 && !code;
  const capital = isWord && (own & bit.stop) === 0 && /^\p{Lu}/u.test(raw);
  const inner = capital && /^\p{Lu}\p{L}*\p{Lu}/u.test(raw);
  if (cut.words.length === 0 && cut.starts === null) cut.leads = capital && !inner;
  cut.words.push(word);
  cut.flags.push((capital && (inner || cut.starts !== true) ? bit.name : 0) | (code ? bit.code : 0) | cut.after);
  cut.after = 0;
  cut.starts = false;
}

function addRun(cut: Cut, match: string, code: boolean, table: WordTable): void {
  const run = match.replace(/[.:,;!?]+$/u, '');
  const pieces = run === '' ? [] : parts(run.replace(/(?:'|’)s$/u, ''), code);
  for (const raw of pieces) {
    if (dressing.test(raw)) addSign(cut, raw);
    else if (raw !== '') addWord(cut, raw, code, table);
  }
  if (run.length < match.length) addSign(cut, match.slice(run.length));
}

/** A word or an identifier with at most one sign behind it, which most chunks are: nothing in it has to be searched for. */
const simple = /^[A-Za-z0-9][A-Za-z0-9_-]*[.,;:!?]?$/;

function takeApart(text: string, inCode: boolean, table: WordTable): Chunk {
  const cut: Cut = { words: [], flags: [], leads: false, after: 0, starts: null };
  if (text.length > longestChunk) {
    cut.words.push(table.wordOf(text, 'identifier'));
    cut.flags.push(0);
    return { ...cut, starts: false, turns: text.split('`').length % 2 === 0 };
  }
  if (simple.test(text) && !mayContract.test(text)) {
    addRun(cut, text, inCode, table);
    return { ...cut, turns: false };
  }
  let clean = text.normalize('NFC').replace(/`(\p{Ll}+)`(\p{Ll}{1,2})$/u, '$1$2');
  if (mayContract.test(clean)) for (const [pattern, to] of inChunks) clean = clean.replace(pattern, to);
  clean = clean.replace(/\*\*|__$|^__/gu, ' ').replace(/\]\([^)]*\)?/gu, ' ');
  const spans = clean.split('`');
  spans.forEach((span, at) => {
    const code = (at % 2 === 1) !== inCode;
    for (const [match] of span.matchAll(runs)) addRun(cut, match, code, table);
  });
  return { ...cut, turns: spans.length % 2 === 0 };
}

/** Reads texts into a table. The same text gives the same reading, but for the numbers of its words. */
export function createQuickReader(table: WordTable): (text: string) => Reading {
  const known = [new Map<string, Chunk>(), new Map<string, Chunk>()] as const;
  const words = new Int32Array(mostWords);
  const flags = new Int32Array(mostWords);
  const measures = new Map<number, number>();
  let count = 0;
  let block = new Int32Array(blockSize);
  let used = 0;

  const chunkOf = (text: string, code: boolean): Chunk => {
    const map = known[code ? 1 : 0];
    const found = map.get(text);
    if (found !== undefined) return found;
    if (map.size >= rememberedChunks) map.clear();
    const made = takeApart(text, code, table);
    if (text.length <= longestChunk) map.set(text, made);
    return made;
  };
  const unitOf = new Map<number, { readonly dimension: string; readonly factor: number } | null>();
  const measureOf = (word: number) => {
    const found = unitOf.get(word);
    if (found !== undefined) return found;
    const text = table.textOf(word);
    const unit = units.get(text);
    const scale = scales.get(text);
    const made =
      unit !== undefined
        ? { dimension: `${unit.dimension} ${unit.unit ?? ''}`, factor: unit.factor }
        : scale === undefined
          ? null
          : { dimension: 'count', factor: scale };
    unitOf.set(word, made);
    return made;
  };
  /** A number and its unit are one quantity: `90 s`, `1.5 minutes`. */
  const joined = (number: number, word: number): number => {
    const value = table.valueOf(number);
    const measure = value === null ? null : measureOf(word);
    if (value === null || measure === null) return -1;
    const key = number * 2 ** 26 + word;
    const found = measures.get(key);
    if (found !== undefined) return found;
    const made = table.quantityOf(measure.dimension, Math.round(value * measure.factor * 1e6) / 1e6);
    if (measures.size >= rememberedChunks) measures.clear();
    measures.set(key, made);
    return made;
  };
  const push = (word: number, mark: number): void => {
    const last = count - 1;
    const quantity = last >= 0 && ((flags[last] as number) & bit.quantity) !== 0 ? joined(words[last] as number, word) : -1;
    if (quantity >= 0) {
      words[last] = quantity;
      return;
    }
    if (count === mostWords) return;
    words[count] = word;
    flags[count] = mark | (table.flags[word] as number);
    count++;
  };

  const pushChunk = (chunk: Chunk, before: number, starts: boolean): void => {
    for (let k = 0; k < chunk.words.length; k++) {
      const mark = chunk.flags[k] as number;
      const first = k === 0 ? (mark | before) & (chunk.leads && starts ? ~bit.name : -1) : mark;
      push(chunk.words[k] as number, first);
    }
  };
  const readWords = (text: string): void => {
    count = 0;
    let [code, starts, before] = [false, true, 0];
    for (let at = 0; at < text.length && count < mostWords; ) {
      const from = at;
      while (at < text.length && text.charCodeAt(at) > 32) at++;
      if (at > from) {
        const chunk = chunkOf(text.slice(from, at), code);
        pushChunk(chunk, before, starts);
        before = chunk.words.length === 0 ? before | chunk.after : chunk.after;
        starts = chunk.starts ?? starts;
        if (chunk.turns) code = !code;
      }
      at++;
    }
  };

  /** A copy of what was read, cut out of a larger block: to allocate each by itself takes as long as to read it. */
  const kept = (numbers: Int32Array): Int32Array => {
    if (used + count > block.length) {
      block = new Int32Array(blockSize);
      used = 0;
    }
    const copy = block.subarray(used, used + count);
    for (let i = 0; i < count; i++) copy[i] = numbers[i] as number;
    used += count;
    return copy;
  };

  return (text) => {
    readWords(text);
    let weight = 0;
    let hash = 0;
    let common = 0;
    let plain = 0;
    for (let i = 0; i < count; i++) {
      const word = words[i] as number;
      weight += table.weight[word] as number;
      hash = Math.imul(hash ^ (table.hash[word] as number), 0x01000193);
      if (((flags[i] as number) & bit.english) !== 0) common++;
      if (((flags[i] as number) & (bit.identifier | bit.sign | bit.quantity)) === 0) plain++;
    }
    const outside = count > longestKnown || (plain >= 9 && common === 0) || isStrange(text);
    return { words: kept(words), flags: kept(flags), weight, hash, outside };
  };
}

/** Mostly in letters other than Latin ones. */
function isStrange(text: string): boolean {
  let beyond = 0;
  const end = Math.min(text.length, 2000);
  for (let i = 0; i < end; i++) if (text.charCodeAt(i) > 0x24f) beyond++;
  if (beyond * 20 < end) return false;
  const letters = text.slice(0, end).match(/\p{L}/gu)?.length ?? 0;
  const latin = text.slice(0, end).match(/\p{Script=Latin}/gu)?.length ?? 0;
  return latin < letters * 0.85;
}
