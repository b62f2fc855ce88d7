/** What the attention network reads of a pair: every token of both sides with what is known of it, and how each two of them compare. */
import type { Analysis, Token } from './analyze.js';
import type { Lexemes } from './lexemes.js';
import { environments, negations } from './lexicon.js';
import type { Quantity } from './numbers.js';
import { comparable, sameQuantity } from './quantities.js';

/** Tokens of a side that are read; the rest of a longer statement is left out. */
export const longestSide = 48;
/** Numbers a token besides its word vector, see `tokenFlags`. */
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
  links[at + 2] = Math.round(rival * steps) / steps;
  if (opposite) links[at + 3] = 1;
}

function linksOf(a: readonly Token[], b: readonly Token[], x: Analysis, y: Analysis, lexemes: Lexemes): Float32Array {
  const links = new Float32Array(a.length * b.length * linkCount);
  a.forEach((mine, i) => {
    b.forEach((theirs, j) => {
      const at = (i * b.length + j) * linkCount;
      const [p, q] = [x.quantities[mine.quantity], y.quantities[theirs.quantity]];
      if (p !== undefined && q !== undefined) valueLink(p, q, links, at);
      else wordLink(mine, theirs, lexemes, links, at);
    });
  });
  return links;
}

interface Found {
  readonly near: number;
  readonly rival: number;
  readonly opposite: number;
  readonly sameValue: number;
  readonly otherValue: number;
}

/** The best of each link that a token has on the other side. */
function bestLinks(links: Float32Array, n: number, m: number, i: number, turned: boolean): Found {
  const best = new Float32Array(linkCount);
  const count = turned ? n : m;
  for (let j = 0; j < count; j++) {
    const at = (turned ? j * m + i : i * m + j) * linkCount;
    for (let c = 0; c < linkCount; c++) best[c] = Math.max(best[c] as number, links[at + c] as number);
  }
  const [near = 0, , rival = 0, opposite = 0, sameValue = 0, otherValue = 0] = best;
  return { near, rival, opposite, sameValue, otherValue };
}

function tokenFlags(token: Token, analysis: Analysis, index: number, found: Found, later: number): readonly number[] {
  const value = token.quantity >= 0;
  return [
    token.stop ? 1 : 0,
    token.name ? 1 : 0,
    token.code || token.kind === 'identifier' ? 1 : 0,
    value ? 1 : 0,
    token.kind === 'sign' ? 1 : 0,
    token.denied ? 1 : 0,
    negations.has(token.lower) ? 1 : 0,
    token.weight,
    found.near,
    token.weight * (1 - found.near),
    found.rival,
    found.opposite,
    value ? found.sameValue - found.otherValue : 0,
    environments.has(token.lower) ? 1 : 0,
    index < analysis.subjectEnd ? 1 : 0,
    later,
  ];
}

/** `later` is 1 where b was written after a, -1 where before, 0 where equal or unknown. The caller owns what comes back. */
export function pairInput(a: Analysis, b: Analysis, later: number, lexemes: Lexemes): PairInput {
  const mine = a.tokens.slice(0, longestSide);
  const theirs = b.tokens.slice(0, longestSide);
  const links = linksOf(mine, theirs, a, b, lexemes);
  const side = (tokens: readonly Token[], analysis: Analysis, turned: boolean): SideInput => {
    const flags = new Float32Array(tokens.length * flagCount);
    tokens.forEach((token, i) => {
      const found = bestLinks(links, mine.length, theirs.length, i, turned);
      flags.set(tokenFlags(token, analysis, i, found, turned ? later : -later), i * flagCount);
    });
    return { vectors: tokens.map(({ vector }) => vector), flags };
  };
  return { a: side(mine, a, false), b: side(theirs, b, true), links };
}
