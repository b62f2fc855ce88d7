/** Says in words why a pair was judged as it was. */
import type { Keep, Relation } from '../memory.js';
import type { Analysis } from './analyze.js';
import type { Guard } from './guards.js';
import type { Case } from './judge.js';
import { environments } from './lexicon.js';

const shown = 6;

function openWords(analysis: Analysis, sim: Float64Array): readonly string[] {
  const open = analysis.content.flatMap((index, i) => {
    const token = analysis.tokens[index];
    return token !== undefined && (sim[i] ?? 0) < 0.6 ? [token.raw] : [];
  });
  return open.slice(0, shown);
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(', ');
}

function against(turned: boolean, first: string, second: string): string {
  return turned ? `${second} against ${first}` : `${first} against ${second}`;
}

function guardWords({ reason, sides }: Guard, turned: boolean): string {
  return sides === null ? reason : `${reason}: ${against(turned, ...sides)}`;
}

/** The words that stand against each other, or null where one side has none of its own. */
function openAgainst(pair: Case, turned: boolean): string | null {
  const mine = openWords(pair.a, pair.alignment.simA).slice(0, 3);
  const theirs = openWords(pair.b, pair.alignment.simB).slice(0, 3);
  return mine.length > 0 && theirs.length > 0 ? against(turned, quoted(mine), quoted(theirs)) : null;
}

function addition(pair: Case, keep: Keep, turned: boolean): string {
  const isA = keep === 'a';
  const side = isA === turned ? 'the second' : 'the first';
  const { alignment } = pair;
  const [quantity] = isA ? alignment.quantities.leftA : alignment.quantities.leftB;
  const words = isA ? openWords(pair.a, alignment.simA) : openWords(pair.b, alignment.simB);
  const place = words.find((word) => environments.has(word.toLowerCase()));
  if (place !== undefined) return `${side} says the same and adds where it holds: ${place}`;
  if (words.length > 0) return `${side} says the same and adds ${quoted(words)}`;
  return quantity === undefined ? `${side} says the same and more` : `${side} says the same and adds ${quantity.text}`;
}

/** Two values of one slot as the thesaurus knows them, the most telling ones, or null. */
function rivalWords({ a, b, alignment }: Case, turned: boolean): string | null {
  const words = alignment.rivals
    .filter(({ strength }) => strength === 1)
    .flatMap((rival) => {
      const [x, y] = [a.tokens[a.content[rival.a] ?? -1], b.tokens[b.content[rival.b] ?? -1]];
      return x === undefined || y === undefined ? [] : [{ x, y, weight: Math.min(x.weight, y.weight) }];
    });
  const [first] = words.sort((p, q) => q.weight - p.weight);
  return first === undefined ? null : against(turned, quoted([first.x.raw]), quoted([first.y.raw]));
}

function contradiction(pair: Case, turned: boolean): string {
  const guard = pair.guards.find((found) => found.kind !== 'identifier' && found.kind !== 'name' && found.kind !== 'thin');
  if (guard !== undefined) return `the same subject, but ${guardWords(guard, turned)}`;
  const open = rivalWords(pair, turned) ?? openAgainst(pair, turned);
  return open === null ? 'the same subject, but both cannot hold' : `the same subject, but both cannot hold: ${open}`;
}

function difference(pair: Case, turned: boolean): string {
  const [guard] = pair.guards;
  if (guard !== undefined && guard.kind !== 'thin') return `two facts: ${guardWords(guard, turned)}`;
  const open = openAgainst(pair, turned);
  return open === null ? 'they say different things' : `two facts: ${open}`;
}

/**
 * One sentence for a verdict; `relation` and `keep` in the order of `pair`, `turned` where the caller gave the sides the other way
 * round and is to read of them in that order.
 */
export function explain(pair: Case, relation: Relation, keep: Keep, turned: boolean): string {
  if (relation === 'duplicate') {
    if (pair.equal) return 'the same words, apart from case, markup or punctuation';
    const both = openWords(pair.a, pair.alignment.simA).length + openWords(pair.b, pair.alignment.simB).length;
    return both === 0 ? 'the same words in another form' : 'both say the same in other words';
  }
  if (relation === 'refines') return addition(pair, keep, turned);
  return relation === 'conflict' ? contradiction(pair, turned) : difference(pair, turned);
}
