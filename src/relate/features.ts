/** A pair as numbers: what both sides have in common, and for each side what the other one lacks. */
import { type Alignment, cosine, type Hunk } from './align.js';
import { type Analysis, meanVector, type Token } from './analyze.js';
import {
  auxiliaries,
  changeWords,
  conditionWords,
  environments,
  negations,
  negativeWords,
  obligations,
  permissions,
  personWords,
  platforms,
  reasonWords,
  stopWords,
  universals,
} from './lexicon.js';

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
}

type Row = Record<string, number>;

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function wordsOf(analysis: Analysis): ReadonlySet<string> {
  return new Set(analysis.tokens.map((token) => token.lower));
}

/** Words of a closed class on this side that the other side has not, stop words included. */
function missing(view: View, list: { has(word: string): boolean }, otherWords: ReadonlySet<string>): number {
  let n = 0;
  for (const token of view.self.tokens) if (list.has(token.lower) && !otherWords.has(token.lower)) n++;
  return n;
}

function subjectEnd(analysis: Analysis): number {
  const { tokens } = analysis;
  for (let i = 1; i < tokens.length; i++) {
    const token = tokens[i];
    if (token !== undefined && (auxiliaries.has(token.lower) || token.raw === ':' || token.raw === '→' || token.raw === '=')) return i;
  }
  return Math.ceil(tokens.length * 0.4);
}

function coverage(view: View): Row {
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
  const end = subjectEnd(self);
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
  return {
    content: self.content.length,
    weight: self.weight,
    soft: ratio(soft, self.weight),
    hard: ratio(hard, self.weight),
    near: ratio(near, self.weight),
    gap: self.weight - soft,
    worst,
    second,
    openNames: names,
    openCodes: codes,
    openPlain: plain,
    open,
    openShare: ratio(open, self.content.length),
    clauseMin: clauses.length === 0 ? 1 : Math.min(...clauses),
    clauseMax: clauses.length === 0 ? 1 : Math.max(...clauses),
    clauses: clauses.length,
    subject: subject.total === 0 ? -1 : subject.found / subject.total,
    predicate: head.total === 0 ? -1 : head.found / head.total,
  };
}

function cues(view: View): Row {
  const other = wordsOf(view.other);
  const { self } = view;
  const changes = missing(view, changeWords, other);
  const negative = missing(view, negations, other);
  return {
    negations: self.negations,
    newNegations: negative,
    newNegatives: missing(view, negativeWords, other),
    changes: self.changes,
    newChanges: changes,
    laterChanges: view.later > 0 ? changes : view.later < 0 ? -changes : 0,
    laterNegation: view.later > 0 ? negative : view.later < 0 ? -negative : 0,
    newReasons: missing(view, reasonWords, other),
    newConditions: missing(view, conditionWords, other),
    newPlaces: missing(view, environments, other),
    newPlatforms: missing(view, platforms, other),
    newPersons: missing(view, personWords, other),
    newObligations: missing(view, obligations, other),
    newPermissions: missing(view, permissions, other),
    newUniversals: missing(view, universals, other),
    leftQuantities: view.left.length,
    leftCounts: view.left.filter((quantity) => quantity.dimension === 'count').length,
    quantities: self.quantities.length,
    signs: self.tokens.filter((token) => token.kind === 'sign').length,
    restToAll: cosine(view.rest, view.other.vector),
  };
}

function isContent(token: Token): boolean {
  return token.kind !== 'sign' && !stopWords.has(token.lower);
}

function insertions(view: View): Row {
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
  return { inserted, tail, insertedAt: first, blocks, insertedShare: ratio(inserted, view.self.content.length) };
}

function sideRow(view: View): Row {
  return { ...coverage(view), ...cues(view), ...insertions(view) };
}

type Sort = 'quantity' | 'name' | 'code' | 'word' | 'none';

function sortOf(tokens: readonly Token[]): Sort {
  const content = tokens.filter(isContent);
  if (content.length === 0) return 'none';
  if (content.some((token) => token.quantity >= 0)) return 'quantity';
  if (content.some((token) => token.name)) return 'name';
  return content.some((token) => token.kind !== 'word' || token.code) ? 'code' : 'word';
}

function swaps(a: Analysis, b: Analysis, hunks: readonly Hunk[]): Row {
  const row = {
    swaps: 0,
    swapWords: 0,
    swapNames: 0,
    swapCodes: 0,
    swapQuantities: 0,
    swapMixed: 0,
    swapFirst: 1,
    swapLast: 0,
    swapCos: 1,
    swapSubject: 0,
  };
  const endA = subjectEnd(a);
  const endB = subjectEnd(b);
  let sum = 0;
  let compared = 0;
  for (const hunk of hunks) {
    const mine = a.tokens.slice(hunk.a[0], hunk.a[1]);
    const theirs = b.tokens.slice(hunk.b[0], hunk.b[1]);
    const x = sortOf(mine);
    const y = sortOf(theirs);
    if (x === 'none' || y === 'none') continue;
    row.swaps++;
    if (x !== y) row.swapMixed++;
    else if (x === 'word') row.swapWords++;
    else if (x === 'name') row.swapNames++;
    else if (x === 'code') row.swapCodes++;
    else row.swapQuantities++;
    const place = (hunk.a[0] / Math.max(1, a.tokens.length) + hunk.b[0] / Math.max(1, b.tokens.length)) / 2;
    row.swapFirst = Math.min(row.swapFirst, place);
    row.swapLast = Math.max(row.swapLast, place);
    if (hunk.a[0] < endA && hunk.b[0] < endB) row.swapSubject++;
    const all = (tokens: readonly Token[]) => tokens.map((_, index) => index);
    const left = meanVector(mine, all(mine));
    const right = meanVector(theirs, all(theirs));
    if (left !== null && right !== null) {
      const near = cosine(left, right);
      row.swapCos = Math.min(row.swapCos, near);
      sum += near;
      compared++;
    }
  }
  return { ...row, swapMean: compared === 0 ? 1 : sum / compared };
}

/** Share of aligned word pairs that stand in the other order: `type over interface` against `interface over type`. */
function inversions(align: Alignment): number {
  const places: number[] = [];
  align.bestA.forEach((j, i) => {
    if (j >= 0 && (align.simA[i] ?? 0) >= 0.8) places.push(j);
  });
  let wrong = 0;
  let total = 0;
  for (let i = 0; i < places.length; i++) {
    for (let j = i + 1; j < places.length; j++) {
      const x = places[i] ?? 0;
      const y = places[j] ?? 0;
      if (x === y) continue;
      total++;
      if (x > y) wrong++;
    }
  }
  return ratio(wrong, total);
}

function shared<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): number {
  let n = 0;
  for (const item of a) if (b.has(item)) n++;
  return n;
}

function overlap(a: Analysis, b: Analysis): Row {
  const bag = (analysis: Analysis) => new Set(analysis.content.map((index) => analysis.tokens[index]?.concept ?? ''));
  const grams = (analysis: Analysis) => {
    const set = new Set<string>();
    for (const token of analysis.tokens) for (const gram of token.grams) set.add(gram);
    return set;
  };
  const [x, y, gx, gy] = [bag(a), bag(b), grams(a), grams(b)];
  const words = shared(x, y);
  const letters = shared(gx, gy);
  return {
    jaccard: ratio(words, x.size + y.size - words),
    contained: ratio(words, Math.min(x.size, y.size)),
    letters: ratio(letters, gx.size + gy.size - letters),
    lettersContained: ratio(letters, Math.min(gx.size, gy.size)),
  };
}

function rests(align: Alignment, a: View, b: View): Row {
  const startA = a.self.tokens.find((token) => token.kind !== 'sign');
  const startB = b.self.tokens.find((token) => token.kind !== 'sign');
  const parity = (analysis: Analysis) => (analysis.negations + analysis.negatives) % 2;
  const { clashes, matched } = align.quantities;
  const of = (dimensions: readonly string[]) => clashes.filter(([x]) => dimensions.includes(x.dimension)).length;
  return {
    restCos: a.rest === null || b.rest === null ? 1 : cosine(a.rest, b.rest),
    restBoth: a.rest === null || b.rest === null ? 0 : 1,
    clashes: clashes.length,
    clashCounts: of(['count', 'ordinal', 'version']),
    clashUnits: of(['time', 'bytes', 'share', 'money', 'length', 'weight', 'volume', 'unit', 'hertz', 'degree', 'every']),
    clashDates: of(['date', 'clock', 'weekday', 'year']),
    matchedQuantities: matched,
    antonyms: align.antonyms.length,
    negationDiffers: a.self.negations > 0 !== b.self.negations > 0 ? 1 : 0,
    parityDiffers: parity(a.self) !== parity(b.self) ? 1 : 0,
    sameStart: startA !== undefined && startA.stem === startB?.stem ? 1 : 0,
    sameTime: a.later === 0 ? 1 : 0,
  };
}

function viewsOf(a: Analysis, b: Analysis, align: Alignment, later: number): readonly [View, View] {
  const rest = (self: Analysis, sim: Float64Array) =>
    meanVector(
      self.tokens,
      self.content.filter((_, i) => (sim[i] ?? 0) < 0.6),
    );
  return [
    {
      self: a,
      other: b,
      sim: align.simA,
      best: align.bestA,
      left: align.quantities.leftA,
      hunks: align.hunks.map((hunk) => [hunk.a, hunk.b] as const),
      later: -later,
      rest: rest(a, align.simA),
    },
    {
      self: b,
      other: a,
      sim: align.simB,
      best: align.bestB,
      left: align.quantities.leftB,
      hunks: align.hunks.map((hunk) => [hunk.b, hunk.a] as const),
      later,
      rest: rest(b, align.simB),
    },
  ];
}

export interface PairFeatures {
  readonly shared: Row;
  readonly a: Row;
  readonly b: Row;
}

/** `later` is 1 where b was written after a, -1 where before, 0 where equal or unknown. */
export function pairFeatures(a: Analysis, b: Analysis, align: Alignment, later: number): PairFeatures {
  const [viewA, viewB] = viewsOf(a, b, align, later);
  const longer = Math.max(align.lengthA, align.lengthB);
  const shorter = Math.min(align.lengthA, align.lengthB);
  return {
    shared: {
      cosine: cosine(a.vector, b.vector),
      ...overlap(a, b),
      common: ratio(align.common, longer),
      commonShort: ratio(align.common, shorter),
      lengths: ratio(shorter, longer),
      shorter,
      hunks: align.hunks.length,
      inversions: inversions(align),
      ...swaps(a, b, align.hunks),
      ...rests(align, viewA, viewB),
    },
    a: sideRow(viewA),
    b: sideRow(viewB),
  };
}

/** The row that the trees read: shared, then the first side, then the second. */
export function flatten(features: PairFeatures, swapped: boolean): Float64Array {
  const first = swapped ? features.b : features.a;
  const second = swapped ? features.a : features.b;
  return Float64Array.from([...Object.values(features.shared), ...Object.values(first), ...Object.values(second)]);
}

export function featureNames(features: PairFeatures): readonly string[] {
  return [
    ...Object.keys(features.shared),
    ...Object.keys(features.a).map((name) => `first.${name}`),
    ...Object.keys(features.b).map((name) => `second.${name}`),
  ];
}
