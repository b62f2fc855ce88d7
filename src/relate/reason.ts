/** Says in words why a pair was judged as it was. */
import type { Keep, Relation } from '../memory.js';
import type { Analysis } from './analyze.js';
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

function addition(pair: Case, keep: Keep): string {
  const fuller = keep === 'a';
  const side = fuller ? 'the first' : 'the second';
  const { alignment } = pair;
  const [quantity] = fuller ? alignment.quantities.leftA : alignment.quantities.leftB;
  const words = fuller ? openWords(pair.a, alignment.simA) : openWords(pair.b, alignment.simB);
  const place = words.find((word) => environments.has(word.toLowerCase()));
  if (place !== undefined) return `${side} says the same and adds where it holds: ${place}`;
  if (words.length > 0) return `${side} says the same and adds ${quoted(words)}`;
  return quantity === undefined ? `${side} says the same and more` : `${side} says the same and adds ${quantity.text}`;
}

function contradiction(pair: Case): string {
  const guard = pair.guards.find((found) => found.kind !== 'identifier' && found.kind !== 'name') ?? pair.guards[0];
  if (guard !== undefined) return `the same subject, but ${guard.reason}`;
  const mine = openWords(pair.a, pair.alignment.simA).slice(0, 3);
  const theirs = openWords(pair.b, pair.alignment.simB).slice(0, 3);
  if (mine.length > 0 && theirs.length > 0) return `the same subject, but both cannot hold: ${quoted(mine)} against ${quoted(theirs)}`;
  return 'the same subject, but both cannot hold';
}

function difference(pair: Case): string {
  const [guard] = pair.guards;
  if (guard !== undefined) return `two facts: ${guard.reason}`;
  const mine = openWords(pair.a, pair.alignment.simA).slice(0, 3);
  const theirs = openWords(pair.b, pair.alignment.simB).slice(0, 3);
  return mine.length > 0 && theirs.length > 0 ? `two facts: ${quoted(mine)} against ${quoted(theirs)}` : 'they say different things';
}

/** One sentence for a verdict; `the first` and `the second` are the sides in the order of `pair`. */
export function explain(pair: Case, relation: Relation, keep: Keep): string {
  if (relation === 'duplicate') {
    if (pair.equal) return 'the same words, apart from case, markup or punctuation';
    const both = openWords(pair.a, pair.alignment.simA).length + openWords(pair.b, pair.alignment.simB).length;
    return both === 0 ? 'the same words in another form' : 'both say the same in other words';
  }
  if (relation === 'refines') return addition(pair, keep);
  return relation === 'conflict' ? contradiction(pair) : difference(pair);
}
