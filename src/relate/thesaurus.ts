/**
 * What words can stand in for what: same meaning, opposite, rival values of one slot (pnpm and Yarn, window and aisle), and what is
 * a kind of what. Made by `scripts/make-thesaurus.ts` from WordNet and from `models/dreamfold-words/lexicon.txt`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync, inflateSync } from 'node:zlib';
import { UserError } from '../errors.js';
import { sha256 } from '../memory.js';
import { baseForms, stemOf } from './word-forms.js';

/** How two words stand to each other. */
export interface WordRelation {
  /** 0 to 1: they mean the same in some sense; the surer, the commoner that sense is. */
  readonly same: number;
  /** 0 to 1: values of one slot of which a claim holds one; 1 by the lexicon, 0.5 by a close common parent in WordNet. */
  readonly rival: number;
  readonly opposite: boolean;
  /** 1 where the first is a kind of the second, -1 the other way round. */
  readonly kind: -1 | 0 | 1;
}

/** What the thesaurus has of a word in any of its forms, or of a phrase. */
export interface Entry {
  readonly words: readonly number[];
  /** Senses of WordNet, the commonest first, then groups of the lexicon. */
  readonly senses: readonly number[];
  /** Parents of the senses. */
  readonly parents: ReadonlySet<number>;
  /** By class of rival values: which of its values this is. */
  readonly slots: ReadonlyMap<number, number>;
  readonly opposites: ReadonlySet<number>;
  /** Words of the same root. */
  readonly roots: ReadonlySet<number>;
}

export interface Thesaurus {
  /** Lower-case hex of the file. */
  readonly hash: string;
  /** Null for a word that it does not have. */
  readonly entryOf: (lower: string) => Entry | null;
  /** Entry of two or three words, given their stems with a space between. */
  readonly phraseOf: (stems: string) => Entry | null;
  /** True where some phrase has this stem first. */
  readonly beginsPhrase: (stem: string) => boolean;
}

/** Rows of numbers of different lengths: row i is `values[starts[i]]` up to `values[starts[i + 1]]`. */
export interface Ragged {
  readonly starts: Uint32Array;
  readonly values: Uint32Array;
}

export interface ThesaurusTables {
  /** Words and phrases; all rows below are by their place here. */
  readonly words: readonly string[];
  readonly senses: Ragged;
  /** Class times `slotBase` plus the number of the value in it. */
  readonly slots: Ragged;
  readonly opposites: Ragged;
  readonly roots: Ragged;
  /** Of each sense of WordNet, its parent plus one, 0 for none; senses from this length on are groups of the lexicon. */
  readonly parents: Uint32Array;
}

export const slotBase = 4096;
const shipped = fileURLToPath(new URL('../../models/dreamfold-words', import.meta.url));
const magic = 'DFWORDS1';
const raggedParts = ['senses', 'slots', 'opposites', 'roots'] as const;

/** Bytes of a thesaurus file: magic, then deflated the sizes, the words one a line, and the arrays. */
export function packThesaurus(tables: ThesaurusTables): Uint8Array {
  const lines = Buffer.from(tables.words.join('\n'), 'utf8');
  const padding = Buffer.alloc((4 - (lines.length % 4)) % 4, 0x0a);
  const arrays = [...raggedParts.flatMap((name) => [tables[name].starts, tables[name].values]), tables.parents];
  const sizes = Uint32Array.from([lines.length + padding.length, ...arrays.map((array) => array.length)]);
  const bytes = (array: Uint32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  const whole = Buffer.concat([bytes(sizes), lines, padding, ...arrays.map(bytes)]);
  return Buffer.concat([Buffer.from(magic, 'latin1'), deflateSync(whole, { level: 9 })]);
}

function unpack(bytes: Buffer): ThesaurusTables {
  const whole = inflateSync(bytes.subarray(magic.length));
  let from = 0;
  const take = (count: number) => {
    const array = new Uint32Array(new Uint8Array(whole.subarray(from, from + 4 * count)).buffer);
    from += 4 * count;
    return array;
  };
  const [textLength = 0, ...lengths] = take(2 + 2 * raggedParts.length);
  const words = whole
    .toString('utf8', from, from + textLength)
    .trimEnd()
    .split('\n');
  from += textLength;
  const arrays = lengths.map(take);
  const ragged = (index: number): Ragged => ({
    starts: arrays[2 * index] ?? new Uint32Array(1),
    values: arrays[2 * index + 1] ?? new Uint32Array(),
  });
  const parents = arrays[2 * raggedParts.length] ?? new Uint32Array();
  return { words, senses: ragged(0), slots: ragged(1), opposites: ragged(2), roots: ragged(3), parents };
}

function rowOf({ starts, values }: Ragged, row: number): Uint32Array {
  return values.subarray(starts[row] ?? 0, starts[row + 1] ?? 0);
}

function union(rows: readonly Uint32Array[]): number[] {
  return [...new Set(rows.flatMap((row) => [...row]))];
}

class LoadedThesaurus implements Thesaurus {
  readonly hash: string;
  readonly #tables: ThesaurusTables;
  readonly #rows = new Map<string, number>();
  readonly #phrases = new Map<string, number>();
  readonly #beginnings = new Set<string>();

  constructor(bytes: Buffer, tables: ThesaurusTables) {
    this.hash = sha256(bytes);
    this.#tables = tables;
    this.#tables.words.forEach((word, row) => {
      if (word.includes(' ')) {
        const stems = word.split(' ').map(stemOf);
        this.#phrases.set(stems.join(' '), row);
        this.#beginnings.add(stems[0] ?? '');
      } else this.#rows.set(word, row);
    });
  }

  readonly entryOf = (lower: string): Entry | null => {
    const rows = [...new Set(baseForms(lower).flatMap((form) => this.#rows.get(form) ?? []))];
    return rows.length === 0 ? null : this.#entry(rows);
  };

  readonly phraseOf = (stems: string): Entry | null => {
    const row = this.#phrases.get(stems);
    return row === undefined ? null : this.#entry([row]);
  };

  readonly beginsPhrase = (stem: string): boolean => this.#beginnings.has(stem);

  #entry(rows: readonly number[]): Entry {
    const { senses, slots, opposites, roots, parents } = this.#tables;
    const all = union(rows.map((row) => rowOf(senses, row)));
    const above = all.flatMap((sense) => {
      const parent = parents[sense] ?? 0;
      return parent === 0 ? [] : [parent - 1];
    });
    return {
      words: rows,
      senses: all,
      parents: new Set(above),
      slots: new Map(union(rows.map((row) => rowOf(slots, row))).map((slot) => [Math.floor(slot / slotBase), slot % slotBase])),
      opposites: new Set(union(rows.map((row) => rowOf(opposites, row)))),
      roots: new Set(union(rows.map((row) => rowOf(roots, row)))),
    };
  }
}

/**
 * Loads the shipped thesaurus, or the one in `folder`.
 * @throws UserError where it is missing or damaged.
 */
export function loadThesaurus(folder: string = shipped): Thesaurus {
  const path = join(folder, 'words.bin');
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError('notFound', `${path} cannot be read. Install dreamfold again.`, { cause: error });
  }
  if (bytes.toString('latin1', 0, magic.length) !== magic) {
    throw new UserError('usage', `${path} is not a thesaurus of this version. Install dreamfold again.`);
  }
  try {
    return new LoadedThesaurus(bytes, unpack(bytes));
  } catch (error) {
    throw new UserError('usage', `${path} is damaged. Install dreamfold again.`, { cause: error });
  }
}

const unrelated: WordRelation = { same: 0, rival: 0, opposite: false, kind: 0 };
/** A word of the same root says nearly the same: to deploy, the deployment. */
const sameRoot = 0.8;

function shareWord(a: Entry, b: Entry, link: 'roots' | 'opposites'): boolean {
  return a.words.some((word) => b[link].has(word)) || b.words.some((word) => a[link].has(word));
}

function sameness(a: Entry, b: Entry): number {
  let best = 0;
  a.senses.forEach((sense, i) => {
    const j = b.senses.indexOf(sense);
    if (j >= 0) best = Math.max(best, 1 / (1 + 0.15 * (i + j)));
  });
  if (best < sameRoot && shareWord(a, b, 'roots')) return sameRoot;
  return best;
}

/** How two entries stand to each other; `relate(b, a)` is the mirror image. */
export function relateWords(a: Entry | null, b: Entry | null): WordRelation {
  if (a === null || b === null) return unrelated;
  if (a.words.some((word) => b.words.includes(word))) return { same: 1, rival: 0, opposite: false, kind: 0 };
  const opposite = shareWord(a, b, 'opposites');
  let same = opposite ? 0 : sameness(a, b);
  let rival = 0;
  for (const [slot, value] of a.slots) {
    const other = b.slots.get(slot);
    if (other === value) same = 1;
    else if (other !== undefined) rival = 1;
  }
  if (rival === 0 && same === 0 && [...a.parents].some((parent) => b.parents.has(parent))) rival = 0.5;
  const under = (x: Entry, y: Entry) => y.senses.some((sense) => x.parents.has(sense));
  const [up, down] = [under(a, b), under(b, a)];
  const kind = up === down ? 0 : up ? 1 : -1;
  return { same, rival: same >= 0.7 ? 0 : rival, opposite, kind };
}
