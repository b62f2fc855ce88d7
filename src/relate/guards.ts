/**
 * What no model overrules. A `block` says that the two texts cannot be one claim, so neither is dropped for the other; a `doubt`
 * leaves the best guess as it is; what it keeps from being acted on is in judge.ts.
 */
import type { Alignment } from './align.js';
import type { Analysis, Token } from './analyze.js';
import { cosine } from './lexemes.js';
import { antonyms, environments, negations, personWords } from './lexicon.js';

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
    | 'change'
    | 'range'
    | 'thin';
  readonly strength: 'block' | 'doubt';
  /** Why, as one clause in words a user understands. */
  readonly reason: string;
  /** What stands against each other, first side first; null where the reason says it all. */
  readonly sides: readonly [string, string] | null;
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
/** Sentence cosine below which nothing is merged without a person. */
const leastAlike = 0.4;

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
  return { kind, strength: alike(a, b, align) >= 0.6 ? 'block' : 'doubt', reason: what, sides: [x.text, y.text] };
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
  return { kind, strength: rest >= otherwiseEqual ? 'block' : 'doubt', reason: `other ${what}`, sides: [x.raw, y.raw] };
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
    return { kind: 'environment', strength: 'block', reason: 'other environment', sides: [onlyA, onlyB] };
  }
  const one = onlyA ?? onlyB;
  const spoken = one !== undefined && (a.analysis.environments.has(one) || b.analysis.environments.has(one));
  if (one === undefined || spoken) return null;
  return { kind: 'environment', strength: 'doubt', reason: `only one of them stands under ${one}`, sides: null };
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
  if (both) return { kind: 'person', strength: 'block', reason: 'other person', sides: [onlyA, onlyB] };
  return { kind: 'person', strength: 'doubt', reason: `only one of them is about the ${onlyA ?? onlyB ?? ''}`, sides: null };
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
  if (onlyNegation && odd) return { kind: 'negation', strength: 'block', reason: 'one of them negates what the other says', sides: null };
  const bare = (a.negations === 0) !== (b.negations === 0) && alike(a, b, align) >= otherwiseEqual;
  return bare ? { kind: 'negation', strength: 'doubt', reason: 'only one of them has a negation', sides: null } : null;
}

function oppositeGuard(a: Analysis, b: Analysis, align: Alignment): Guard | null {
  const [pair] = align.antonyms;
  if (pair === undefined) return null;
  const x = a.tokens[a.content[pair[0]] ?? 0];
  const y = b.tokens[b.content[pair[1]] ?? 0];
  if (x === undefined || y === undefined) return null;
  const same = (token: Token) => antonyms.has(token.lower) || antonyms.has(token.stem);
  const block = alike(a, b, align, same) >= 0.9 && a.negations === b.negations;
  return { kind: 'opposite', strength: block ? 'block' : 'doubt', reason: 'opposites', sides: [x.raw, y.raw] };
}

function signGuard(a: Analysis, b: Analysis): Guard | null {
  const compare = (analysis: Analysis) =>
    analysis.tokens
      .filter((token) => /^[<>≤≥≠]$/u.test(token.raw))
      .map((token) => token.raw)
      .join('');
  const [x, y] = [compare(a), compare(b)];
  return x !== '' && y !== '' && x !== y ? { kind: 'sign', strength: 'block', reason: 'other comparison', sides: [x, y] } : null;
}

/** The same words with two of them changing places: `tabs over spaces`, `Bogdan does the shaders, Mei the water`. */
function orderGuard(a: Analysis, b: Analysis, align: Alignment): Guard | null {
  if (a.bag !== b.bag || align.hunks.length === 0) return null;
  const directed = a.tokens.some((token) => /^(?:not|over|than|instead|before|after|to|from|rather|never|but|prefer)$/.test(token.lower));
  return directed ? { kind: 'opposite', strength: 'doubt', reason: 'the same words in another order', sides: null } : null;
}

/** Matched words of both sides: place on the first side, place on the second, and whether it is a name, an identifier or a value. */
function matchedPlaces(a: Analysis, align: Alignment): readonly { readonly i: number; readonly j: number; readonly role: boolean }[] {
  return a.content.flatMap((index, i) => {
    const token = a.tokens[index];
    const j = align.bestA[i] ?? -1;
    if (token === undefined || j < 0 || (align.simA[i] ?? 0) < 0.95) return [];
    return [{ i, j, role: token.name || token.code || token.kind === 'identifier' }];
  });
}

/** Names that change places while everything else stays in order: `primary is A, secondary B` against `B is the primary, A the secondary`. */
function rolesGuard(a: Analysis, b: Analysis, align: Alignment): Guard | null {
  if (a.concepts.size !== b.concepts.size || [...a.concepts].some((concept) => !b.concepts.has(concept))) return null;
  const places = matchedPlaces(a, align);
  const turned = (list: typeof places) => list.some((x) => list.some((y) => (x.i - y.i) * (x.j - y.j) < 0));
  const others = places.filter(({ role }) => !role);
  if (others.length < 2 || turned(others) || !turned(places.filter(({ role }) => role))) return null;
  return { kind: 'opposite', strength: 'doubt', reason: 'the same names in other places', sides: null };
}

/** Phrases by which a statement says of itself that it replaces an earlier one. */
const replaces =
  /\b(?:no longer|not any ?more|any ?more|from now on|as of now|now|nowadays|these days|used to|switched|moved (?:from|away|over|to)|migrated|replaced|thrown out|handed over|taken over|took over|retired|dropped|scrapped|abolished|given up|gave up|turned off|switched off|has been (?:raised|lowered|cut|reduced|increased|extended|shortened|moved|changed|replaced)|have been (?:raised|lowered|cut|reduced|increased|moved|changed|replaced)|cut down from|raised (?:from|to)|since (?:v?\d|\d+ (?:january|february|march|april|may|june|july|august|september|october|november|december)|january|february|march|april|may|june|july|august|september|october|november|december|migration|version|the (?:move|switch|merger|migration|upgrade)|last|this)|until (?:now|recently|last)|is history|are history|are gone|is gone|again)\b/u;

/** True where a statement says of itself that it replaces an earlier one. */
export function tellsReplacement(analysis: Analysis): boolean {
  return replaces.test(analysis.plain.toLowerCase());
}

/** Only one of them says that something has changed: it may be what became of the other, which is then no duplicate. */
function changeGuard(a: Analysis, b: Analysis): Guard | null {
  const found = [a, b].map((analysis) => replaces.exec(analysis.plain.toLowerCase())?.[0]);
  if ((found[0] === undefined) === (found[1] === undefined)) return null;
  return { kind: 'change', strength: 'doubt', reason: `only one of them tells of a change ("${found[0] ?? found[1]}")`, sides: null };
}

/** Longest statement of the labelled pairs, in words, with some room. */
const longestKnown = 90;
/** Outside what the model has learned from: English statements of one or two sentences. */
function rangeGuard(a: Analysis, b: Analysis): Guard | null {
  const strange = [a, b].find((analysis) => analysis.foreign || analysis.tokens.length > longestKnown);
  if (strange === undefined) return null;
  const what =
    strange.tokens.length > longestKnown ? 'one of them is longer than anything' : 'one of them is in another language than what';
  return { kind: 'range', strength: 'doubt', reason: `${what} the local model has learned from`, sides: null };
}

/** Texts of hardly a word, or with hardly a word in common, are left to a person. */
function thinGuard(a: Analysis, b: Analysis, align: Alignment): Guard | null {
  if (Math.min(a.content.length, b.content.length) < 2)
    return { kind: 'thin', strength: 'doubt', reason: 'one of them says too little to tell', sides: null };
  const strangers =
    Math.max(
      share(a, align.simA, () => false),
      share(b, align.simB, () => false),
    ) < 0.4;
  if (!strangers && cosine(a.vector, b.vector) >= leastAlike) return null;
  return { kind: 'thin', strength: 'doubt', reason: 'they have too little in common', sides: null };
}

/** True where the fuller side has something near to every telling word of the other: only then is nothing lost with that one. */
export function coversAll(a: Analysis, b: Analysis, align: Alignment, fuller: 'a' | 'b'): boolean {
  const [dropped, sim] = fuller === 'a' ? [b, align.simB] : [a, align.simA];
  return dropped.content.every((index, i) => (dropped.tokens[index]?.weight ?? 0) < 0.4 || (sim[i] ?? 0) >= 0.5);
}

/** A word that one side denies, while the other has it and denies nothing at all. */
function denialGuard(a: Analysis, b: Analysis, align: Alignment): Guard | null {
  const denies = (analysis: Analysis) => analysis.content.some((index) => analysis.tokens[index]?.denied === true);
  if (denies(a) === denies(b)) return null;
  const [self, sim] = denies(a) ? [a, align.simA] : [b, align.simB];
  const clash = self.content.find((index, i) => {
    const token = self.tokens[index];
    return token?.denied === true && token.weight * (sim[i] ?? 0) >= 0.4;
  });
  const word = self.tokens[clash ?? -1];
  return word === undefined
    ? null
    : { kind: 'negation', strength: 'doubt', reason: `only one of them denies or drops "${word.raw}"`, sides: null };
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
    denialGuard(x, y, align),
    oppositeGuard(x, y, align),
    signGuard(x, y),
    orderGuard(x, y, align),
    rolesGuard(x, y, align),
    changeGuard(x, y),
    rangeGuard(x, y),
    thinGuard(x, y, align),
  ].filter((guard) => guard !== null);
  return [...found.filter((guard) => guard.strength === 'block'), ...found.filter((guard) => guard.strength === 'doubt')];
}
