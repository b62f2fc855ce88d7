/** What the embedding is trained on: pairs of texts that belong together, graded pairs, and held-out ones to watch it by. */
import type { Tokenizer } from '../src/embed/tokenize.js';
import {
  readCounterfactualNli,
  readNaturalPairs,
  readSameCommand,
  readSnli,
  readSts,
  readWikiSplit,
  type ScoredPair,
  type TextPair,
} from './archives.js';
import type { EncodedTexts } from './contrastive.js';
import { plainText, testTexts } from './embedding-measures.js';

/** Numbers 0 to 1, the same for the same seed: Mulberry32. */
export function makeRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A copy in random order. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Texts by number, see `EncodedTexts`. */
export interface IdPair {
  readonly a: number;
  readonly b: number;
}

export interface GradedSet {
  readonly name: string;
  /** Share of the graded batches that are drawn from this set. */
  readonly share: number;
  readonly pairs: readonly (IdPair & { readonly score: number })[];
}

export interface TrainingPairs {
  readonly texts: EncodedTexts;
  /**
   * Pairs by kind and, where it has many, by source: a batch is drawn from one of these, so that what is wrong in it is as much
   * like what is right as two statements about one project are.
   */
  readonly kinds: ReadonlyMap<string, readonly IdPair[]>;
  readonly graded: readonly GradedSet[];
  /** Never trained on. */
  readonly heldOut: { readonly natural: readonly TextPair[]; readonly sts: readonly ScoredPair[]; readonly snli: readonly ScoredPair[] };
}

/** Shares of the natural pairs that are taken: headings say little of what follows, terms less, neighbours and books nothing. */
const naturalShares: Readonly<Record<string, number>> = {
  commit: 1,
  same_act: 1,
  split: 1,
  title_first: 0.5,
  head_first: 0.2,
  title_desc: 1,
  desc_first: 1,
  name_doc: 1,
  cmd_desc: 1,
  proposal: 1,
  release_note: 1,
  same_cmd_page: 1,
  same_intent: 1,
};
const gradedShares = { sts: 0.5, snli: 0.3, counterfactual: 0.2 } as const;
const heldOutNatural = 2000;
const heldOutSnli = 2000;
const maxPieces = 64;
const fewPairs = 512;

/** Reads all sets; texts that occur in a test split are left out, whatever set they come from. */
export function readTrainingPairs(dataFolder: string, tokenizer: Tokenizer, random: () => number): TrainingPairs {
  const forbidden = testTexts(dataFolder);
  const isAllowed = (pair: TextPair) => !forbidden.has(plainText(pair.a)) && !forbidden.has(plainText(pair.b));
  const list = new TextList(tokenizer);
  const kinds = new Map<string, IdPair[]>();
  const add = (kind: string, pair: TextPair): void => {
    if (plainText(pair.a) === plainText(pair.b) || !isAllowed(pair)) return;
    const ids = list.addPair(pair);
    if (ids !== null)
      kinds
        .set(kind, kinds.get(kind) ?? [])
        .get(kind)
        ?.push(ids);
  };

  const natural: TextPair[] = [];
  for (const pair of readNaturalPairs(dataFolder)) {
    if (pair.src.includes('classic-books') || random() >= (naturalShares[pair.kind] ?? 0)) continue;
    if (random() < 0.01 && natural.length < heldOutNatural) natural.push(pair);
    else add(`${pair.kind} ${pair.src}`, pair);
  }
  for (const pair of readWikiSplit(dataFolder)) add('wiki_split', pair);
  for (const pair of readSameCommand(dataFolder)) add('nl2bash', pair);
  const snliDev = readSnli(dataFolder, 'dev');
  const snli = snliDev.slice(heldOutSnli).filter(isAllowed);
  for (const pair of snli) if (pair.score === 2) add('snli', pair);
  const sts = readSts(dataFolder, 'train').filter(isAllowed);
  for (const pair of sts) if (pair.score >= 4) add('sts', pair);

  const grade = (name: keyof typeof gradedShares, pairs: readonly ScoredPair[]): GradedSet => ({
    name,
    share: gradedShares[name],
    pairs: pairs.flatMap((pair) => {
      const ids = list.addPair(pair);
      return ids === null ? [] : [{ ...ids, score: pair.score }];
    }),
  });
  const graded = [grade('sts', sts), grade('snli', snli), grade('counterfactual', readCounterfactualNli(dataFolder).filter(isAllowed))];
  joinSmall(kinds);
  const heldOut = { natural, sts: readSts(dataFolder, 'dev'), snli: snliDev.slice(0, heldOutSnli) };
  return { texts: list.encoded(), kinds, graded, heldOut };
}

/** Joins the sources of a kind that have too few pairs for batches of their own. */
function joinSmall(kinds: Map<string, IdPair[]>): void {
  for (const [key, pairs] of [...kinds]) {
    const [kind = key, source] = key.split(' ');
    if (source === undefined || pairs.length >= fewPairs) continue;
    kinds.delete(key);
    kinds.set(kind, [...(kinds.get(kind) ?? []), ...pairs]);
  }
}

/** Texts as pieces, one after another. */
export class TextList {
  readonly #pieces: number[] = [];
  readonly #starts: number[] = [0];
  readonly #tokenizer: Tokenizer;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** Numbers of both texts; null where one of them has no known piece. */
  addPair(pair: TextPair): IdPair | null {
    const [a, b] = [this.add(pair.a), this.add(pair.b)];
    return this.#size(a) > 0 && this.#size(b) > 0 ? { a, b } : null;
  }

  add(text: string): number {
    for (const piece of this.#tokenizer.encode(text).subarray(0, maxPieces)) this.#pieces.push(piece);
    return this.#starts.push(this.#pieces.length) - 2;
  }

  #size(text: number): number {
    return (this.#starts[text + 1] ?? 0) - (this.#starts[text] ?? 0);
  }

  encoded(): EncodedTexts {
    return { pieces: Int32Array.from(this.#pieces), starts: Int32Array.from(this.#starts) };
  }
}
