/**
 * Made stores with known truth. Entry `at` of a store is a function of the seed and of `at` alone, so that a store of any size is
 * never held as text, and a smaller one is the beginning of a larger one.
 */
import { edited } from './edits.js';
import { drawProposition, plainWording, say, withOther } from './proposition.js';
import { pick, type Random, randomAt } from './words.js';

/** What an entry is to the one that it was made from. The first is one of its own; the next two say the same, the last two do not. */
export const kinds = ['original', 'edited', 'paraphrased', 'changed', 'lookalike'] as const;
export type Kind = (typeof kinds)[number];

/** Share of each kind that is made from another entry; the rest is originals. */
export type Shares = Readonly<Record<Exclude<Kind, 'original'>, number>>;
export const usualShares: Shares = { edited: 0.16, paraphrased: 0.08, changed: 0.08, lookalike: 0.08 };

export interface Entry {
  readonly id: string;
  readonly text: string;
  readonly kind: Kind;
  /** Number of the entry that it was made from, its own for an original. */
  readonly origin: number;
}

/** The truth of a store without its texts, by entry. */
export interface Truth {
  readonly kinds: readonly Kind[];
  readonly origins: Int32Array;
}

/** Looks for an original before the first entry, which always is one, is taken. */
const looks = 64;

export function entryAt(at: number, seed: number, shares: Shares = usualShares): Entry {
  const random = randomAt(seed, at);
  const kind = at === 0 ? 'original' : drawKind(random, shares);
  const origin = kind === 'original' ? at : findOriginal(at, random, seed, shares);
  return { id: `e${at}`, text: textOf(kind, origin, random, seed), kind, origin };
}

/** The entries of a store, in order. */
export function* makeEntries(count: number, seed: number, shares: Shares = usualShares): Generator<Entry> {
  for (let at = 0; at < count; at += 1) yield entryAt(at, seed, shares);
}

/** Number of the claim that entry `at` makes: entries with the same number say the same thing. */
export function claimOf({ kinds: of, origins }: Truth, at: number): number {
  const kind = of[at];
  return kind === 'edited' || kind === 'paraphrased' ? (origins[at] ?? at) : at;
}

function drawKind(random: Random, shares: Shares): Kind {
  let left = random();
  for (const kind of kinds.slice(1)) {
    left -= kind === 'original' ? 0 : shares[kind];
    if (left < 0) return kind;
  }
  return 'original';
}

function findOriginal(at: number, random: Random, seed: number, shares: Shares): number {
  for (let look = 0; look < looks; look += 1) {
    const other = Math.floor(random() * at);
    if (other === 0 || drawKind(randomAt(seed, other), shares) === 'original') return other;
  }
  return 0;
}

/** What an original says depends on its number alone, so that whatever is made from it can draw it again. */
function textOf(kind: Kind, origin: number, random: Random, seed: number): string {
  const proposition = drawProposition(randomAt(~seed, origin));
  switch (kind) {
    case 'original':
      return say(proposition, plainWording);
    case 'edited':
      return edited(proposition, random);
    case 'paraphrased':
      return say(proposition, { main: pick([1, 2], random), sides: pick([1, 2], random), front: random() < 0.5 });
    case 'changed':
      return say(withOther(proposition, 'value', random), plainWording);
    case 'lookalike':
      return say(withOther(proposition, 'subject', random), plainWording);
  }
}
