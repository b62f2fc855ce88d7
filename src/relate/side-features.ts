/** What one side of a pair has and the other lacks. */
import type { Alignment } from './align.js';
import type { Analysis, Token } from './analyze.js';
import { FeatureWriter } from './feature-writer.js';
import { type CueClass, cosine, cueClasses } from './lexemes.js';
import { stopWords } from './lexicon.js';

/** One side with everything the features read. */
export interface View {
  readonly self: Analysis;
  readonly other: Analysis;
  readonly sim: Float64Array;
  readonly best: Int32Array;
  readonly left: Alignment['quantities']['leftA'];
  /** `[own stretch, other's stretch]` of each hunk. */
  readonly hunks: readonly (readonly [readonly [number, number], readonly [number, number]])[];
  /** 1 where this side was written later, -1 where earlier, 0 where equal or unknown. */
  readonly later: number;
  /** Vector of what the other side lacks. */
  readonly rest: Float32Array | null;
  /** Words of this side that are a kind of what the other side says. */
  readonly kinds: number;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** How many words of each cue class this side has that the other side has not, stop words included. */
function missingCues({ self, other }: View): Readonly<Record<CueClass, number>> {
  const found = Object.fromEntries(cueClasses.map((name) => [name, 0])) as Record<CueClass, number>;
  for (const { cues, lower } of self.tokens) {
    if (cues === 0 || other.words.has(lower)) continue;
    cueClasses.forEach((name, k) => {
      if ((cues & (1 << k)) !== 0) found[name]++;
    });
  }
  return found;
}

function writeCoverage(view: View, out: FeatureWriter): void {
  const { self, sim } = view;
  let soft = 0;
  let hard = 0;
  let near = 0;
  let worst = 0;
  let second = 0;
  let names = 0;
  let codes = 0;
  let plain = 0;
  let open = 0;
  const byClause = new Map<number, { total: number; found: number }>();
  const subject = { total: 0, found: 0 };
  const head = { total: 0, found: 0 };
  const end = self.subjectEnd;
  self.content.forEach((index, i) => {
    const token = self.tokens[index];
    if (token === undefined) return;
    const s = sim[i] ?? 0;
    soft += token.weight * s;
    if (s >= 0.9) hard += token.weight;
    if (s >= 0.5) near += token.weight;
    const gap = token.weight * (1 - s);
    if (gap > worst) {
      second = worst;
      worst = gap;
    } else if (gap > second) second = gap;
    if (s < 0.6) {
      open++;
      if (token.name) names++;
      else if (token.kind !== 'word' || token.code) codes++;
      else plain += token.weight;
    }
    const clause = byClause.get(token.clause) ?? { total: 0, found: 0 };
    clause.total += token.weight;
    clause.found += token.weight * s;
    byClause.set(token.clause, clause);
    const part = index < end ? subject : head;
    part.total += token.weight;
    part.found += token.weight * s;
  });
  const clauses = [...byClause.values()].filter((clause) => clause.total > 0.5).map((clause) => clause.found / clause.total);
  out.add('content', self.content.length);
  out.add('weight', self.weight);
  out.add('soft', ratio(soft, self.weight));
  out.add('hard', ratio(hard, self.weight));
  out.add('near', ratio(near, self.weight));
  out.add('gap', self.weight - soft);
  out.add('worst', worst);
  out.add('second', second);
  out.add('openNames', names);
  out.add('openCodes', codes);
  out.add('openPlain', plain);
  out.add('open', open);
  out.add('openShare', ratio(open, self.content.length));
  out.add('clauseMin', clauses.length === 0 ? 1 : Math.min(...clauses));
  out.add('clauseMax', clauses.length === 0 ? 1 : Math.max(...clauses));
  out.add('clauses', clauses.length);
  out.add('subject', subject.total === 0 ? -1 : subject.found / subject.total);
  out.add('predicate', head.total === 0 ? -1 : head.found / head.total);
}

function writeCues(view: View, out: FeatureWriter): void {
  const { self } = view;
  const missing = missingCues(view);
  const { changes, negations: negative } = missing;
  out.add('negations', self.negations);
  out.add('newNegations', negative);
  out.add('newNegatives', missing.negatives);
  out.add('changes', self.changes);
  out.add('newChanges', changes);
  out.add('laterChanges', view.later > 0 ? changes : view.later < 0 ? -changes : 0);
  out.add('laterNegation', view.later > 0 ? negative : view.later < 0 ? -negative : 0);
  out.add('newReasons', missing.reasons);
  out.add('newConditions', missing.conditions);
  out.add('newPlaces', missing.places);
  out.add('newPlatforms', missing.platforms);
  out.add('newPersons', missing.persons);
  out.add('newObligations', missing.obligations);
  out.add('newPermissions', missing.permissions);
  out.add('newUniversals', missing.universals);
  out.add('leftQuantities', view.left.length);
  out.add('leftCounts', view.left.filter((quantity) => quantity.dimension === 'count').length);
  out.add('quantities', self.quantities.length);
  out.add('signs', self.tokens.filter((token) => token.kind === 'sign').length);
  out.add('restToAll', cosine(view.rest, view.other.vector));
  out.add('shift', self.shifted && !view.other.shifted ? (view.later < 0 ? -1 : 1) : 0);
  out.add('kinds', view.kinds);
  out.add('turns', self.turns);
  out.add('laterTurns', view.later * (self.turns - view.other.turns));
  out.add('denied', self.content.filter((index) => self.tokens[index]?.denied === true).length);
}

/** True for what carries meaning, quantities included. */
export function isContent(token: Token): boolean {
  return token.kind !== 'sign' && !stopWords.has(token.lower);
}

function writeInsertions(view: View, out: FeatureWriter): void {
  let inserted = 0;
  let tail = 0;
  let first = 1;
  let blocks = 0;
  const n = Math.max(1, view.self.tokens.length);
  for (const [own, others] of view.hunks) {
    const mine = view.self.tokens.slice(own[0], own[1]).filter(isContent).length;
    const theirs = view.other.tokens.slice(others[0], others[1]).filter(isContent).length;
    if (mine === 0 || theirs > 0) continue;
    inserted += mine;
    blocks++;
    first = Math.min(first, own[0] / n);
    if (own[1] >= n - 1) tail += mine;
  }
  out.add('inserted', inserted);
  out.add('tail', tail);
  out.add('insertedAt', first);
  out.add('blocks', blocks);
  out.add('insertedShare', ratio(inserted, view.self.content.length));
}

/** Features of one side. */
export function sideFeatures(view: View, named: boolean): FeatureWriter {
  const out = new FeatureWriter(named);
  writeCoverage(view, out);
  writeCues(view, out);
  writeInsertions(view, out);
  return out;
}
