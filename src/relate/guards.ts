/**
 * What no model overrules. A `block` says that the two texts cannot be one claim, so neither is dropped for the other; a `doubt`
 * leaves the best guess as it is and only keeps it from being acted on.
 */
import type { Alignment } from './align.js';
import type { Analysis, Token } from './analyze.js';
import { antonyms, environments, negations, personWords } from './lexicon.js';
import type { Quantity } from './numbers.js';

export interface Guard {
  readonly kind:
    | 'quantity'
    | 'version'
    | 'date'
    | 'identifier'
    | 'name'
    | 'environment'
    | 'negation'
    | 'opposite'
    | 'person'
    | 'sign'
    | 'scope';
  readonly strength: 'block' | 'doubt';
  /** Why, as one clause in words a user understands. */
  readonly reason: string;
}

/** One side with what its headings say. */
export interface GuardSide {
  readonly analysis: Analysis;
  readonly scope: readonly string[];
}

function share(analysis: Analysis, sim: Float64Array, skip: (token: Token) => boolean): number {
  let total = 0;
  let found = 0;
  analysis.content.forEach((index, i) => {
    const token = analysis.tokens[index];
    if (token === undefined || skip(token)) return;
    total += token.weight;
    found += token.weight * ((sim[i] ?? 0) >= 0.6 ? 1 : (sim[i] ?? 0));
  });
  return total === 0 ? 1 : found / total;
}

/** How much of both texts is alike apart from what `skip` names, 0 to 1. */
function alike(a: Analysis, b: Analysis, align: Alignment, skip: (token: Token) => boolean = () => false): number {
  return Math.min(share(a, align.simA, skip), share(b, align.simB, skip));
}

const otherwiseEqual = 0.8;

const unitNames: Readonly<Record<string, string>> = {
  version: 'version',
  date: 'date',
  clock: 'time of day',
  weekday: 'weekday',
  year: 'year',
  count: 'number',
  ordinal: 'place in an order',
};

function quantityGuard(a: Analysis, b: Analysis, align: Alignment): Guard | null {
  const telling = align.quantities.clashes.filter(([x, y]) => x.unit !== 'one' && y.unit !== 'one');
  const clash = telling[0];
  if (clash === undefined) return null;
  const [x, y] = clash;
  const kind = x.dimension === 'version' ? 'version' : ['date', 'clock', 'weekday', 'year'].includes(x.dimension) ? 'date' : 'quantity';
  const name = unitNames[x.dimension];
  const what = name === undefined ? 'other number with the same unit' : `other ${name}`;
  return { kind, strength: alike(a, b, align) >= 0.6 ? 'block' : 'doubt', reason: `${what}: ${x.text} against ${y.text}` };
}

function openTokens(analysis: Analysis, sim: Float64Array, test: (token: Token) => boolean): readonly Token[] {
  return analysis.content.flatMap((index, i) => {
    const token = analysis.tokens[index];
    return token !== undefined && (sim[i] ?? 0) < 0.75 && test(token) ? [token] : [];
  });
}

function swapGuard(
  a: Analysis,
  b: Analysis,
  align: Alignment,
  kind: 'identifier' | 'name',
  test: (token: Token) => boolean,
  what: string,
): Guard | null {
  const mine = openTokens(a, align.simA, test);
  const theirs = openTokens(b, align.simB, test);
  const [x] = mine;
  const [y] = theirs;
  if (x === undefined || y === undefined) return null;
  const rest = alike(a, b, align, test);
  return { kind, strength: rest >= otherwiseEqual ? 'block' : 'doubt', reason: `other ${what}: ${x.raw} against ${y.raw}` };
}

function placesOf(scope: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const line of scope) {
    for (const word of line.toLowerCase().split(/[^\p{L}\p{N}-]+/u)) {
      const place = environments.get(word);
      if (place !== undefined) found.add(place);
    }
  }
  return found;
}

function environmentGuard(a: GuardSide, b: GuardSide): Guard | null {
  const placesA = new Set([...a.analysis.environments, ...placesOf(a.scope)]);
  const placesB = new Set([...b.analysis.environments, ...placesOf(b.scope)]);
  const onlyA = [...placesA].find((place) => !placesB.has(place));
  const onlyB = [...placesB].find((place) => !placesA.has(place));
  if (onlyA !== undefined && onlyB !== undefined) {
    return { kind: 'environment', strength: 'block', reason: `other environment: ${onlyA} against ${onlyB}` };
  }
  const one = onlyA ?? onlyB;
  const spoken = one !== undefined && (a.analysis.environments.has(one) || b.analysis.environments.has(one));
  if (one === undefined || spoken) return null;
  return { kind: 'environment', strength: 'doubt', reason: `only one of them stands under ${one}` };
}

const family = new Set(
  'wife husband partner son daughter brother sister mother father grandma grandpa grandmother grandfather mum dad cousin aunt uncle niece nephew'.split(
    ' ',
  ),
);

function personGuard(a: Analysis, b: Analysis): Guard | null {
  const persons = (analysis: Analysis) =>
    new Set(analysis.tokens.filter((token) => personWords.has(token.lower) && family.has(token.lower)).map((token) => token.concept));
  const mine = persons(a);
  const theirs = persons(b);
  const onlyA = [...mine].find((person) => !theirs.has(person));
  const onlyB = [...theirs].find((person) => !mine.has(person));
  if (onlyA === undefined && onlyB === undefined) return null;
  const both = onlyA !== undefined && onlyB !== undefined;
  const reason = both ? `other person: ${onlyA} against ${onlyB}` : `only one of them is about the ${onlyA ?? onlyB ?? ''}`;
  return { kind: 'person', strength: both ? 'block' : 'doubt', reason };
}

/** Words of the stretches where the two texts differ, both sides. */
function changedTokens(a: Analysis, b: Analysis, align: Alignment): readonly (readonly [readonly Token[], readonly Token[]])[] {
  const words = (tokens: readonly Token[]) => tokens.filter((token) => token.kind !== 'sign');
  return align.hunks.map((hunk) => [words(a.tokens.slice(...hunk.a)), words(b.tokens.slice(...hunk.b))] as const);
}

function negationGuard(a: Analysis, b: Analysis, align: Alignment): Guard | null {
  if (a.negations === b.negations) return null;
  const changed = changedTokens(a, b, align);
  const light = (tokens: readonly Token[]) => tokens.every((token) => token.stop || negations.has(token.lower) || token.weight < 0.3);
  const onlyNegation = changed.every(([x, y]) => light(x) && light(y));
  const odd = (a.negations - b.negations) % 2 !== 0;
  if (onlyNegation && odd) return { kind: 'negation', strength: 'block', reason: 'one of them negates what the other says' };
  const bare = (a.negations === 0) !== (b.negations === 0) && alike(a, b, align) >= otherwiseEqual;
  return bare ? { kind: 'negation', strength: 'doubt', reason: 'only one of them has a negation' } : null;
}

function oppositeGuard(a: Analysis, b: Analysis, align: Alignment): Guard | null {
  const [pair] = align.antonyms;
  if (pair === undefined) return null;
  const x = a.tokens[a.content[pair[0]] ?? 0];
  const y = b.tokens[b.content[pair[1]] ?? 0];
  if (x === undefined || y === undefined) return null;
  const same = (token: Token) => antonyms.has(token.lower) || antonyms.has(token.stem);
  const block = alike(a, b, align, same) >= 0.9 && a.negations === b.negations;
  return { kind: 'opposite', strength: block ? 'block' : 'doubt', reason: `opposites: ${x.raw} against ${y.raw}` };
}

function signGuard(a: Analysis, b: Analysis): Guard | null {
  const compare = (analysis: Analysis) =>
    analysis.tokens
      .filter((token) => /^[<>≤≥≠]$/u.test(token.raw))
      .map((token) => token.raw)
      .join('');
  const [x, y] = [compare(a), compare(b)];
  return x !== '' && y !== '' && x !== y ? { kind: 'sign', strength: 'block', reason: `other comparison: ${x} against ${y}` } : null;
}

/** The same words with two of them changing places: `tabs over spaces`, `Bogdan does the shaders, Mei the water`. */
function orderGuard(a: Analysis, b: Analysis, align: Alignment): Guard | null {
  const bag = (analysis: Analysis) =>
    analysis.tokens
      .filter((token) => token.kind !== 'sign')
      .map((token) => token.concept)
      .sort()
      .join(' ');
  if (bag(a) !== bag(b) || align.hunks.length === 0) return null;
  const directed = a.tokens.some((token) => /^(?:not|over|than|instead|before|after|to|from|rather|never|but|prefer)$/.test(token.lower));
  return directed ? { kind: 'opposite', strength: 'doubt', reason: 'the same words in another order' } : null;
}

function distinctQuantities(list: readonly Quantity[]): boolean {
  return list.some((quantity) => quantity.unit !== 'one');
}

/** A number that only one of two otherwise equal texts names is no obstacle for `refines`, but never a duplicate. */
export function oneSidedQuantity(align: Alignment): boolean {
  return distinctQuantities(align.quantities.leftA) !== distinctQuantities(align.quantities.leftB);
}

/** Every guard that a pair trips, the strongest first. */
export function guardsOf(a: GuardSide, b: GuardSide, align: Alignment): readonly Guard[] {
  const [x, y] = [a.analysis, b.analysis];
  const isCode = (token: Token) => token.kind === 'identifier' || (token.code && token.kind === 'word');
  const isName = (token: Token) => token.name;
  const found = [
    quantityGuard(x, y, align),
    swapGuard(x, y, align, 'identifier', isCode, 'identifier'),
    swapGuard(x, y, align, 'name', isName, 'name'),
    environmentGuard(a, b),
    personGuard(x, y),
    negationGuard(x, y, align),
    oppositeGuard(x, y, align),
    signGuard(x, y),
    orderGuard(x, y, align),
  ].filter((guard) => guard !== null);
  return [...found.filter((guard) => guard.strength === 'block'), ...found.filter((guard) => guard.strength === 'doubt')];
}
