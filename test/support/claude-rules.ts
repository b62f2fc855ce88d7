/** How the stand-in for Claude rules on a pair: by labels, by the gold of a scenario, or wrongly in a share of pairs. */
import { createHash } from 'node:crypto';
import type { AskedStatement, Rule, Ruling } from './claude-answers.js';

/** Two texts with the relation that a person gave them. */
export interface LabelledPair {
  readonly a: string;
  readonly b: string;
  readonly relation: Ruling['relation'];
  readonly keep: Ruling['keep'];
}

/** What a rule needs of a scenario's gold. */
export interface ScenarioGold {
  readonly duplicates: readonly { readonly texts: readonly string[]; readonly keep: string }[];
  readonly superseded: readonly Superseded[];
  readonly undecided: readonly { readonly texts: readonly string[] }[];
  readonly keep: readonly string[];
}

/** An old statement, with its newer text where that stands in the store, else with the groups of words that give it away. */
export interface Superseded {
  readonly old: string;
  readonly new_in: string;
  readonly new?: string;
  readonly new_words?: readonly (readonly string[])[];
}

const relations: readonly Ruling['relation'][] = ['duplicate', 'refines', 'conflict', 'distinct'];
const reasons: Readonly<Record<Ruling['relation'], string>> = {
  duplicate: 'Both say the same.',
  refines: 'One says what the other says, and more.',
  conflict: 'They cannot both hold.',
  distinct: 'They are about different things.',
};
const otherSide: Readonly<Record<Ruling['keep'], Ruling['keep']>> = { a: 'b', b: 'a', both: 'both', either: 'either', none: 'none' };

const rule = (relation: Ruling['relation'], keep: Ruling['keep']): Ruling => ({ relation, keep, reason: reasons[relation] });
const distinct = rule('distinct', 'both');
const squash = (text: string): string => text.replace(/\s+/g, ' ').trim();
const keyOf = (a: string, b: string): string => JSON.stringify([a, b]);

/** Which of `known` a text is, white space aside: the equal one, else the longest that stands inside it, null where there is none. */
function recogniser(known: Iterable<string>): (text: string) => string | null {
  const longestFirst = [...new Set([...known].map(squash))].sort((a, b) => b.length - a.length);
  const found = new Map<string, string | null>(longestFirst.map((text) => [text, text]));
  return (text) => {
    const squashed = squash(text);
    const before = found.get(squashed);
    if (before !== undefined) return before;
    const inside = longestFirst.find((one) => squashed.includes(one)) ?? null;
    found.set(squashed, inside);
    return inside;
  };
}

/** A rule over pairs of recognised texts, both orders; null where it has nothing to say. */
function lookUp(pairs: readonly LabelledPair[], known: Iterable<string>): (a: string, b: string) => Ruling | null {
  const recognise = recogniser(known);
  const rulings = new Map<string, Ruling>();
  for (const { a, b, relation, keep } of pairs) {
    rulings.set(keyOf(squash(b), squash(a)), rule(relation, otherSide[keep]));
    rulings.set(keyOf(squash(a), squash(b)), rule(relation, keep));
  }
  return (a, b) => {
    const [left, right] = [recognise(a), recognise(b)];
    return left === null || right === null ? null : (rulings.get(keyOf(left, right)) ?? null);
  };
}

/** Rules as the labels say, whichever side comes first and with whatever context around the texts; pairs without a label are distinct. */
export function fromPairs(pairs: readonly LabelledPair[]): Rule {
  const find = lookUp(
    pairs,
    pairs.flatMap(({ a, b }) => [a, b]),
  );
  return (a, b) => find(a.text, b.text) ?? distinct;
}

/** Every pair of `texts` once. */
function pairsOf(texts: readonly string[]): readonly (readonly [string, string])[] {
  return texts.flatMap((a, at) => texts.slice(at + 1).map((b) => [a, b] as const));
}

function duplicatePairs({ duplicates }: ScenarioGold): readonly LabelledPair[] {
  return duplicates.flatMap(({ texts, keep }) =>
    pairsOf(texts).map(([a, b]): LabelledPair => {
      if (a === keep) return { a, b, relation: 'refines', keep: 'a' };
      return b === keep ? { a, b, relation: 'refines', keep: 'b' } : { a, b, relation: 'duplicate', keep: 'either' };
    }),
  );
}

function supersededPairs({ superseded }: ScenarioGold): readonly LabelledPair[] {
  return superseded.flatMap(({ old, new: newer }): readonly LabelledPair[] =>
    newer === undefined ? [] : [{ a: old, b: newer, relation: 'conflict', keep: 'b' }],
  );
}

/** The side that was written later, where both times are known and differ. */
function laterSide(a: AskedStatement, b: AskedStatement): Ruling['keep'] {
  if (a.written === null || b.written === null) return 'none';
  const [left, right] = [Date.parse(a.written), Date.parse(b.written)];
  if (left > right) return 'a';
  return right > left ? 'b' : 'none';
}

/**
 * Rules as a scenario's gold says, whatever context stands around the texts. A text that matches all words of a value from the sessions
 * supersedes the old one only if it is no statement of the gold itself: the words of one gold also occur in its other statements.
 */
export function fromScenario(gold: ScenarioGold): Rule {
  const { duplicates, superseded, undecided, keep } = gold;
  const open = undecided.flatMap(({ texts }) =>
    pairsOf(texts).map(([a, b]): LabelledPair => ({ a, b, relation: 'conflict', keep: 'none' })),
  );
  const settled = superseded.flatMap(({ old, new: newer }) => (newer === undefined ? [old] : [old, newer]));
  const known = [...[...duplicates, ...undecided].flatMap(({ texts }) => texts), ...settled, ...keep];
  const recognise = recogniser(known);
  const findSettled = lookUp([...duplicatePairs(gold), ...supersededPairs(gold)], known);
  const findOpen = lookUp(open, known);
  const words = new Map(superseded.map(({ old, new_words = [] }) => [squash(old), new_words]));
  const supersedes = (newer: string, old: string): boolean => {
    const groups = words.get(recognise(old) ?? '') ?? [];
    const lower = newer.toLowerCase();
    return groups.length > 0 && recognise(newer) === null && groups.every((group) => group.some((word) => lower.includes(word)));
  };
  return (a, b) => {
    const found = findSettled(a.text, b.text);
    if (found !== null) return found;
    if (findOpen(a.text, b.text) !== null) return rule('conflict', laterSide(a, b));
    if (supersedes(a.text, b.text)) return rule('conflict', 'a');
    return supersedes(b.text, a.text) ? rule('conflict', 'b') : distinct;
  };
}

/** What to keep goes with the relation: one side where there is one to choose. */
function fittingKeep(relation: Ruling['relation'], side: 'a' | 'b'): Ruling['keep'] {
  if (relation === 'duplicate') return 'either';
  return relation === 'distinct' ? 'both' : side;
}

/** `rule`, but with another relation in a `share` (0 to 1) of pairs. Which pairs, which relation and which text is kept hang on texts and seed alone. */
export function wrongly(right: Rule, share: number, seed: number): Rule {
  return (a, b) => {
    const ruling = right(a, b);
    const [first, second] = [a.text, b.text].sort();
    const hash = createHash('sha256')
      .update(JSON.stringify([seed, first, second]))
      .digest();
    if (hash.readUInt32BE(0) / 2 ** 32 >= share) return ruling;
    const others = relations.filter((relation) => relation !== ruling.relation);
    const relation = others[hash.readUInt32BE(4) % others.length] ?? 'distinct';
    const keepsFirst = hash.readUInt8(8) % 2 === 0;
    return rule(relation, fittingKeep(relation, keepsFirst === (a.text === first) ? 'a' : 'b'));
  };
}
