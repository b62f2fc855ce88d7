/** What the attention network reads of a pair: every token of both sides with what is known of it, and how each two of them compare. */
import type { Analysis, Token } from './analyze.js';
import { cueBit, type Lexemes } from './lexemes.js';
import type { Quantity } from './numbers.js';
import { comparable, sameQuantity } from './quantities.js';

/** Tokens of a side that are read; the rest of a longer statement is left out. */
export const longestSide = 48;
/** Numbers a token besides its word vector, see `writeFlags`. */
export const flagCount = 16;
/** Numbers for each two tokens of different sides: likeness, same word, rivals, opposites, same quantity, other quantity of one kind. */
export const linkCount = 6;

export interface SideInput {
  /** Null for a token without a vector. */
  readonly vectors: readonly (Float32Array | null)[];
  /** By token, then flag. */
  readonly flags: Float32Array;
}

export interface PairInput {
  readonly a: SideInput;
  readonly b: SideInput;
  /** By token of a, token of b, then link; each 0 to 1 in steps of 1/255. */
  readonly links: Float32Array;
}

const steps = 255;

function valueLink(p: Quantity, q: Quantity, links: Float32Array, at: number): void {
  if (sameQuantity(p, q)) links[at + 4] = 1;
  else if (comparable(p, q)) links[at + 5] = 1;
}

function wordLink(mine: Token, theirs: Token, { compare }: Lexemes, links: Float32Array, at: number): void {
  if (mine.kind === 'sign' || theirs.kind === 'sign') {
    if (mine.raw === theirs.raw) links[at + 1] = 1;
    return;
  }
  const { similarity, rival, opposite } = compare(mine, theirs);
  links[at] = Math.round(similarity * steps) / steps;
  if (similarity >= 0.95) links[at + 1] = 1;
  if (rival !== 0) links[at + 2] = Math.round(rival * steps) / steps;
  if (opposite) links[at + 3] = 1;
}

function linksOf(a: Read, b: Read, lexemes: Lexemes): Float32Array {
  const links = new Float32Array(a.tokens.length * b.tokens.length * linkCount);
  let at = 0;
  for (const mine of a.tokens) {
    const p = mine.quantity < 0 ? undefined : a.analysis.quantities[mine.quantity];
    for (const theirs of b.tokens) {
      const q = p === undefined || theirs.quantity < 0 ? undefined : b.analysis.quantities[theirs.quantity];
      if (p !== undefined && q !== undefined) valueLink(p, q, links, at);
      else wordLink(mine, theirs, lexemes, links, at);
      at += linkCount;
    }
  }
  return links;
}

/** The best of each link that each token has on the other side; by token, then link. */
function bestLinks(links: Float32Array, n: number, m: number): readonly [Float32Array, Float32Array] {
  const [bestA, bestB] = [new Float32Array(n * linkCount), new Float32Array(m * linkCount)];
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      for (let c = 0; c < linkCount; c++) {
        const link = links[at++] as number;
        if (link > (bestA[i * linkCount + c] as number)) bestA[i * linkCount + c] = link;
        if (link > (bestB[j * linkCount + c] as number)) bestB[j * linkCount + c] = link;
      }
    }
  }
  return [bestA, bestB];
}

/** A side as far as it is read. */
interface Read {
  readonly analysis: Analysis;
  readonly tokens: readonly Token[];
}

const [negation, place] = [cueBit('negations'), cueBit('places')];

function writeFlags(token: Token, isSubject: boolean, best: Float32Array, i: number, later: number, flags: Float32Array): void {
  const at = i * flagCount;
  const from = i * linkCount;
  const near = best[from] as number;
  const value = token.quantity >= 0;
  flags[at] = token.stop ? 1 : 0;
  flags[at + 1] = token.name ? 1 : 0;
  flags[at + 2] = token.code || token.kind === 'identifier' ? 1 : 0;
  flags[at + 3] = value ? 1 : 0;
  flags[at + 4] = token.kind === 'sign' ? 1 : 0;
  flags[at + 5] = token.denied ? 1 : 0;
  flags[at + 6] = (token.cues & negation) === 0 ? 0 : 1;
  flags[at + 7] = token.weight;
  flags[at + 8] = near;
  flags[at + 9] = token.weight * (1 - near);
  flags[at + 10] = best[from + 2] as number;
  flags[at + 11] = best[from + 3] as number;
  flags[at + 12] = value ? (best[from + 4] as number) - (best[from + 5] as number) : 0;
  flags[at + 13] = (token.cues & place) === 0 ? 0 : 1;
  flags[at + 14] = isSubject ? 1 : 0;
  flags[at + 15] = later;
}

function sideInput({ tokens, analysis }: Read, best: Float32Array, later: number): SideInput {
  const flags = new Float32Array(tokens.length * flagCount);
  tokens.forEach((token, i) => {
    writeFlags(token, i < analysis.subjectEnd, best, i, later, flags);
  });
  return { vectors: tokens.map(({ vector }) => vector), flags };
}

/** `later` is 1 where b was written after a, -1 where before, 0 where equal or unknown. The caller owns what comes back. */
export function pairInput(a: Analysis, b: Analysis, later: number, lexemes: Lexemes): PairInput {
  const mine = { analysis: a, tokens: a.tokens.slice(0, longestSide) };
  const theirs = { analysis: b, tokens: b.tokens.slice(0, longestSide) };
  const links = linksOf(mine, theirs, lexemes);
  const [bestA, bestB] = bestLinks(links, mine.tokens.length, theirs.tokens.length);
  return { a: sideInput(mine, bestA, -later), b: sideInput(theirs, bestB, later), links };
}
