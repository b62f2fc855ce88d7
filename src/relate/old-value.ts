/** Where a statement holds what a person says is gone, or another value of the kind that a person names as new. */
import { align } from './align.js';
import type { Analysis, Token } from './analyze.js';
import type { Reader } from './judge.js';
import type { Quantity } from './numbers.js';
import { comparable, sameQuantity } from './quantities.js';

/** How many statements of the store hold a word. */
export interface Rarity {
  readonly statements: number;
  readonly holding: (concept: string) => number;
  /** True for a word that stands as a name somewhere in the store, in lower case. */
  readonly isName: (lower: string) => boolean;
}

/** The old value in a statement. */
export interface Named {
  /** Places in `content`, and in `quantities`. */
  readonly words: ReadonlySet<number>;
  readonly quantities: ReadonlySet<number>;
  /** How rare its rarest word is in the store, 0 to 1; 0.5 for a mere number. */
  readonly key: number;
  readonly text: string;
  /** True where it only stands near the change or in what the agent had said: nobody says that it is gone. */
  readonly beside: boolean;
}

/** Least similarity of words that say the same, and of words where one names the other. */
const alike = 0.75;
const same = 0.9;
/** Share of what is said to be gone that the statement has to hold. */
const leastCover = 0.7;

/** Counts, for each word, the statements that hold it. */
export function rarityOf(reader: Reader, texts: readonly string[]): Rarity {
  const counts = new Map<string, number>();
  const names = new Set<string>();
  for (const text of texts) {
    const { concepts, tokens } = reader.read(text);
    for (const concept of concepts) counts.set(concept, (counts.get(concept) ?? 0) + 1);
    for (const token of tokens) if (token.name) names.add(token.lower);
  }
  return { statements: texts.length, holding: (concept) => counts.get(concept) ?? 0, isName: (lower) => names.has(lower) };
}

/** How much a word tells: 0 for one that all statements have or that means nothing, 1 for a rare name. */
export function telling(token: Token, rarity: Rarity): number {
  const holding = Math.max(1, rarity.holding(token.concept));
  const rare = Math.max(0, 1 - Math.log(holding) / Math.log(rarity.statements + 2));
  return rare * Math.max(token.weight, token.name || token.code || token.kind === 'identifier' ? 0.8 : 0);
}

/** Places in `content` of `own` that the other text has too; without a reader only where the very word stands there. */
export function sharedPlaces(own: Analysis, other: Analysis, reader: Reader | null): ReadonlySet<number> {
  if (reader === null) return new Set(own.content.flatMap((index, i) => (other.concepts.has(own.tokens[index]?.concept ?? '') ? [i] : [])));
  const { simA } = align(own, other, reader.lexemes);
  // Another value of the same kind is no word that both have: Tuesday, Sunday.
  const isShared = (index: number) => {
    const value = own.quantities[own.tokens[index]?.quantity ?? -1];
    return value === undefined || other.quantities.some((one) => sameQuantity(value, one));
  };
  return new Set(own.content.flatMap((index, i) => ((simA[i] ?? 0) >= alike && isShared(index) ? [i] : [])));
}

/** True where `own` holds a name that the other text does not, in any case of letters. */
export function hasOwnName(own: Analysis, other: Analysis): boolean {
  return own.tokens.some(({ name, lower, concept }) => name && !other.words.has(lower) && !other.concepts.has(concept));
}

/** One value; the "one" of "one approval" is no "a day". */
function sameValue(a: Quantity, b: Quantity): boolean {
  return sameQuantity(a, b) && (a.dimension === b.dimension || (a.raw !== 1 && b.raw !== 1));
}

/** Where the statement holds all of `old`; null where it does not, or denies it itself. */
function namedIn(own: Analysis, old: Analysis, reader: Reader, rarity: Rarity): Named | null {
  const { simA, simB } = align(own, old, reader.lexemes);
  const words = new Set(own.content.flatMap((_, i) => ((simA[i] ?? 0) >= same ? [i] : [])));
  const numbers = new Set(own.quantities.flatMap((quantity, i) => (old.quantities.some((other) => sameValue(quantity, other)) ? [i] : [])));
  const missing = old.quantities.filter((quantity) => !own.quantities.some((other) => sameValue(other, quantity))).length;
  const weights = old.content.map((index) => old.tokens[index]?.weight ?? 0);
  const whole = weights.reduce((sum, weight) => sum + weight, old.quantities.length);
  const found = weights.reduce((sum, weight, i) => sum + ((simB[i] ?? 0) >= same ? weight : 0), old.quantities.length);
  if (missing > 0 || whole === 0 || found / whole < leastCover || words.size + numbers.size === 0) return null;
  const tokens = [...words].map((i) => own.tokens[own.content[i] ?? -1]).filter((token) => token !== undefined);
  if (tokens.some((token) => token.denied && telling(token, rarity) >= 0.4)) return null;
  const key = Math.max(0, numbers.size > 0 ? 0.5 : 0, ...tokens.map((token) => telling(token, rarity)));
  return { words, quantities: numbers, key, text: textOf(old), beside: false };
}

function textOf({ tokens }: Analysis): string {
  return tokens.map(({ raw }) => raw).join(' ');
}

/** What is new, and the words around it. */
interface Around {
  readonly fresh: readonly Analysis[];
  readonly wide: Analysis;
  readonly near: Analysis;
  readonly heard: Analysis;
}

/** The old value: what is named as gone, or a value that is said beside a new one of its kind. */
export function findNamed(
  own: Analysis,
  told: Around & { readonly gone: readonly Analysis[] },
  reader: Reader,
  rarity: Rarity,
): Named | null {
  const found = told.gone.flatMap((old) => namedIn(own, old, reader, rarity) ?? []);
  const [best] = [...found].sort((a, b) => b.key - a.key);
  return best ?? besideNew(own, told) ?? nameBeside(own, told, rarity);
}

/**
 * "We release on Wednesdays from now on, Tuesdays collide with ...", or the agent had just said Tuesday: the value of the statement
 * stands beside another one of its kind.
 */
function besideNew(own: Analysis, { fresh, wide, near, heard }: Around): Named | null {
  const values = fresh.flatMap(({ quantities }) => quantities);
  const isIn = (quantity: Quantity, { quantities }: Analysis) =>
    quantities.some((other) => other.dimension === quantity.dimension && sameQuantity(quantity, other));
  for (const [i, quantity] of own.quantities.entries()) {
    const bare = quantity.dimension === 'count' && quantity.raw < leastBare;
    if (quantity.unit === 'one' || bare || values.some((other) => sameQuantity(quantity, other))) continue;
    const told = isIn(quantity, wide) || isIn(quantity, heard);
    if ((told || isIn(quantity, near)) && values.some((other) => isOther(quantity, other)))
      return { words: new Set(), quantities: new Set([i]), key: 0.5, text: quantity.text, beside: !told };
  }
  return null;
}

/** A smaller number without a unit stands in too many sentences. */
const leastBare = 13;

/** A name, or something written like one: a word that can be a value by itself. */
function isLabel(token: Token): boolean {
  return token.name || token.code || token.kind === 'identifier';
}

/** A common word written as code stands in many commands. */
const mostCommon = 0.85;
/** Rarity that the name of an old value nearby is worth at most: it is not said to be gone. */
const mostBeside = 0.7;

/**
 * "Jule shelves the books from now on. Ahmed has the desk", or the agent had just said Ahmed: the statement's own name stands near the
 * change and not in it, and the change has a name where the statement has none of it.
 */
function nameBeside(own: Analysis, { fresh, near, heard }: Around, rarity: Rarity): Named | null {
  const isNew = fresh.some((text) => text.tokens.some((token) => isNewWord(token, own, rarity)));
  if (!isNew) return null;
  const isFresh = (token: Token) => fresh.some(({ words }) => words.has(token.lower));
  const around = (token: Token) => near.words.has(token.lower) || heard.words.has(token.lower);
  const found = own.content.flatMap((index, i) => {
    const token = own.tokens[index];
    return token !== undefined &&
      isProperIn(token, rarity) &&
      (!token.code || token.weight >= mostCommon) &&
      !isFresh(token) &&
      around(token)
      ? [{ token, i }]
      : [];
  });
  const [first] = found;
  if (first === undefined) return null;
  const key = Math.min(mostBeside, Math.max(...found.map(({ token }) => telling(token, rarity))));
  return {
    words: new Set(found.map(({ i }) => i)),
    quantities: new Set(),
    key,
    text: found.map(({ token }) => token.raw).join(' '),
    beside: true,
  };
}

/** A name that the statement has not, or a telling word that the store has nowhere. */
function isNewWord(token: Token, own: Analysis, rarity: Rarity): boolean {
  if (token.quantity >= 0 || own.words.has(token.lower)) return false;
  return isProperIn(token, rarity) || (token.weight >= leastValue && rarity.holding(token.concept) === 0);
}

function isProperIn(token: Token, { isName }: Rarity): boolean {
  return isLabel(token) || (/^\p{Lu}/u.test(token.raw) && isName(token.lower));
}

/** A bare number so many times larger or smaller has another unit. */
const farthest = 50;
const day = 86_400;

/** Two values of one kind; a bare hour ("from 10 to 18") is one of a time of day. */
function isOther(a: Quantity, b: Quantity): boolean {
  if (b.unit === 'one' || sameQuantity(a, b)) return false;
  const hour = (one: Quantity) => one.dimension === 'count' && Number.isInteger(one.value) && one.value >= 0 && one.value <= 24;
  const bare = (one: Quantity) => one.dimension === 'count' && one.value > 0 && Math.max(one.raw / a.raw, a.raw / one.raw) <= farthest;
  if (a.dimension === 'count' && b.dimension === 'count' && !bare(b)) return false;
  // "Every night" against "Sunday nights".
  if (a.dimension === 'every' && a.value === day && b.dimension === 'weekday') return true;
  return (
    comparable(a, b) || (a.dimension === 'clock' && hour(b)) || (['money', 'share', 'time'].includes(a.dimension) && bare(b) && b.raw !== 1)
  );
}

/** A value of the statement, the token it starts at, and the value that stands against it, in words. */
export interface Clash {
  readonly at: number;
  readonly text: string;
  /** True where two words stand against each other, not two values. */
  readonly loose?: boolean;
}

const isColour = ({ raw, kind }: Token) => kind === 'identifier' && /^[\da-f]{6}$/iu.test(raw);

/** Another colour, written as its number. */
function rivalColour(own: Analysis, text: Analysis): Clash | null {
  const at = own.tokens.findIndex((token) => isColour(token) && !text.words.has(token.lower));
  const other = text.tokens.find((token) => isColour(token) && !own.words.has(token.lower));
  return at < 0 || other === undefined ? null : { at, text: `${own.tokens[at]?.raw} against ${other.raw}` };
}

/** A value of the statement that is not said again and that a value of what is new stands against; null where there is none. */
export function findClash(own: Analysis, fresh: readonly Analysis[], said: Analysis, reader: Reader): Clash | null {
  for (const text of fresh) {
    for (const quantity of own.quantities) {
      if (quantity.unit === 'one' || text.quantities.some((other) => sameQuantity(quantity, other))) continue;
      const other = text.quantities.find((one) => isOther(quantity, one));
      if (other !== undefined) return { at: quantity.from, text: `${quantity.text} against ${other.text}` };
    }
    const colour = rivalColour(own, text);
    if (colour !== null) return colour;
    const rival = align(own, text, reader.lexemes).rivals.find(({ strength }) => strength === 1);
    const at = own.content[rival?.a ?? 0] ?? 0;
    if (rival) return { at, loose: true, text: `${own.tokens[at]?.raw} against ${text.tokens[text.content[rival.b] ?? 0]?.raw}` };
  }
  for (const quantity of own.quantities) {
    const other = said.quantities.find((one) => one.dimension !== 'count' && quantity.unit !== 'one' && isOther(quantity, one));
    if (other !== undefined && !said.quantities.some((one) => sameQuantity(quantity, one)))
      return { at: quantity.from, text: `${quantity.text} against ${other.text}` };
  }
  return null;
}

/** Least weight of a word that can be a value by itself. */
const leastValue = 0.6;

/** True where the statement already says what is new: all of a phrase that holds a value, a name or a rare word. */
export function saysNew(
  own: Analysis,
  { gone, fresh }: { readonly gone: readonly Analysis[]; readonly fresh: readonly Analysis[] },
): boolean {
  const old = new Set(gone.flatMap(({ concepts }) => [...concepts]));
  return fresh.some(({ content, tokens, quantities }) => {
    const words = content.flatMap((index) => tokens[index] ?? []).filter(({ weight, concept }) => weight >= 0.3 && !old.has(concept));
    const isValue =
      quantities.length > 0 || words.some(({ weight, name, code, kind }) => name || code || kind === 'identifier' || weight >= leastValue);
    if (!isValue || !words.every(({ concept }) => own.concepts.has(concept))) return false;
    return quantities.every((quantity) => own.quantities.some((other) => sameQuantity(quantity, other)));
  });
}

/** True where what is said to be gone is another value of a kind that the statement has a value of. */
export function isOtherOld(own: Analysis, gone: readonly Analysis[]): boolean {
  const said = gone.flatMap(({ quantities }) => quantities);
  const bare = (one: Quantity) => one.dimension === 'count' && one.raw !== 1;
  return own.quantities.some((quantity) =>
    said.some((other) => !sameQuantity(quantity, other) && (comparable(quantity, other) || bare(other))),
  );
}

/** True where both texts begin with a thing of their own: guests and members, kids and calves. */
export function beginApart(own: Analysis, said: Analysis, met: ReadonlySet<number>, isIn: (token: Token) => boolean): boolean {
  const [mine] = own.content;
  const first = said.content.findIndex((index) => {
    const token = said.tokens[index];
    return token !== undefined && isIn(token);
  });
  const token = own.tokens[mine ?? -1];
  return token !== undefined && first >= 0 && !met.has(first) && !said.concepts.has(token.concept);
}

const reasons = /^(?:because|since|otherwise|which|while|although|though|unlike|whereas|lest)$/;

/** True where the old value stands in a subordinate clause: the statement is about something else. */
export function isAside(own: Analysis, named: Named): boolean {
  const places = [...[...named.words].map((i) => own.content[i] ?? 0), ...[...named.quantities].map((i) => own.quantities[i]?.from ?? 0)];
  const first = Math.min(...places);
  const opener = own.tokens.findIndex((token, i) => i > 1 && reasons.test(token.lower));
  return opener >= 0 && opener < first && own.content.some((index) => index < opener);
}

const joins = /^(?:of|for|in|at|by)$/;
/** Words before a thing that tell it from no other of its kind. */
const noQualifiers =
  /^(?:around|within|per|without|under|over|across|every|whole|new|old|now|about|regarding|concerning|last|next|current|today|yesterday|tomorrow)$/;
const articles = /^(?:the|a|an|our|my|your|their|all|every)$/;

/**
 * The words that tell things of one kind apart ("guest carts", "the alert of the water pilot"), by the word they go with: right
 * before it, or behind it with a preposition between. Only things before token `end`.
 */
function qualifiersOf({ tokens, content }: Analysis, end: number): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const inContent = new Set(content);
  const add = (head: number, qualifier: number): void => {
    const [kept, told] = [tokens[head]?.concept, tokens[qualifier]?.concept];
    if (kept === undefined || told === undefined || head >= end || !inContent.has(head) || !inContent.has(qualifier)) return;
    if (noQualifiers.test(tokens[qualifier]?.lower ?? '')) return;
    found.set(kept, (found.get(kept) ?? new Set()).add(told));
  };
  tokens.forEach((token, i) => {
    if (inContent.has(i)) add(i + 1, i);
    if (!joins.test(token.lower)) return;
    let next = i + 1;
    while (articles.test(tokens[next]?.lower ?? '')) next++;
    add(i - 1, next);
  });
  return found;
}

/**
 * Of things that both texts name, those before the value `old` of the first: how many words only `own` qualifies one with, and whether
 * each qualifies one in its own way. The old value does not count.
 */
export function ownQualifiers(
  own: Analysis,
  said: Analysis,
  { named, clash }: { readonly named: Named | null; readonly clash: Clash | null },
): { readonly own: number; readonly both: boolean } {
  const [mine, theirs] = [qualifiersOf(own, clash?.at ?? own.tokens.length), qualifiersOf(said, said.tokens.length)];
  const old = new Set([...(named?.words ?? [])].map((i) => own.tokens[own.content[i] ?? -1]?.concept));
  let count = 0;
  let both = false;
  for (const [head, words] of mine) {
    if (!said.concepts.has(head) || old.has(head)) continue;
    const only = [...words].filter((word) => !said.concepts.has(word) && !old.has(word)).length;
    const other = [...(theirs.get(head) ?? [])].filter((word) => !own.concepts.has(word)).length;
    count += only;
    if (only > 0 && other > 0) both = true;
  }
  return { own: count, both };
}
