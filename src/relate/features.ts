/** A pair as numbers: what both sides have in common, and for each side what the other one lacks. */
import type { Alignment } from './align.js';
import { type Analysis, meanVector, type Token } from './analyze.js';
import { FeatureWriter } from './feature-writer.js';
import { cosine, sharedGrams } from './lexemes.js';
import { orderOf } from './order.js';
import { sideFeatures, type View } from './side-features.js';
import { writeSwaps } from './swaps.js';

/** Features that both orders share, then those of each side. */
export interface PairFeatures {
  readonly shared: FeatureWriter;
  readonly a: FeatureWriter;
  readonly b: FeatureWriter;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function common<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): number {
  let n = 0;
  for (const item of a) if (b.has(item)) n++;
  return n;
}

function writeOverlap(a: Analysis, b: Analysis, out: FeatureWriter): void {
  const words = common(a.concepts, b.concepts);
  const letters = sharedGrams(a.grams, b.grams);
  out.add('jaccard', ratio(words, a.concepts.size + b.concepts.size - words));
  out.add('contained', ratio(words, Math.min(a.concepts.size, b.concepts.size)));
  out.add('letters', ratio(letters, a.grams.length + b.grams.length - letters));
  out.add('lettersContained', ratio(letters, Math.min(a.grams.length, b.grams.length)));
  out.add('compactEqual', a.compact === b.compact ? 1 : 0);
}

/** Aligned words that one side denies and the other does not, and those that both deny. */
function writePolarity(a: Analysis, b: Analysis, align: Alignment, out: FeatureWriter): void {
  let clash = 0;
  let worst = 0;
  let agree = 0;
  a.content.forEach((index, i) => {
    const j = align.bestA[i] ?? -1;
    const similarity = align.simA[i] ?? 0;
    const mine = a.tokens[index];
    const theirs = b.tokens[b.content[j] ?? -1];
    if (mine === undefined || theirs === undefined || similarity < 0.6) return;
    if (mine.denied !== theirs.denied) {
      clash += mine.weight * similarity;
      worst = Math.max(worst, mine.weight * similarity);
    } else if (mine.denied) agree += mine.weight * similarity;
  });
  out.add('polarityClash', clash);
  out.add('polarityWorst', worst);
  out.add('polarityAgree', agree);
  out.add('polarityShare', ratio(clash, Math.min(a.weight, b.weight)));
}

function writeQuantities(a: Analysis, b: Analysis, align: Alignment, out: FeatureWriter): void {
  const { clashes, pairs } = align.quantities;
  const of = (dimensions: string) => clashes.filter(([x]) => dimensions.includes(x.dimension)).length;
  out.add('clashes', clashes.length);
  out.add('clashCounts', of('count ordinal version'));
  out.add('clashUnits', of('time bytes share money length weight volume unit hertz degree every'));
  out.add('clashDates', of('date clock weekday year'));
  out.add('matchedQuantities', pairs.length);
  out.add('boundClash', pairs.filter(([i, j]) => (a.bounds[i] ?? 0) * (b.bounds[j] ?? 0) < 0).length);
}

/** Values of one slot that stand against each other where neither side has the other's: in the subject they name two things. */
function writeRivals(a: Analysis, b: Analysis, align: Alignment, out: FeatureWriter): void {
  let sure = 0;
  let weight = 0;
  let subjects = 0;
  let predicates = 0;
  let siblings = 0;
  for (const { a: i, b: j, strength } of align.rivals) {
    const [x, y] = [a.content[i] ?? 0, b.content[j] ?? 0];
    const [inA, inB] = [x < a.subjectEnd, y < b.subjectEnd];
    if (strength < 1) {
      siblings++;
      continue;
    }
    sure++;
    weight = Math.max(weight, Math.min(a.tokens[x]?.weight ?? 0, b.tokens[y]?.weight ?? 0));
    if (inA && inB) subjects++;
    if (!inA && !inB) predicates++;
  }
  out.add('rivals', sure);
  out.add('rivalWeight', weight);
  out.add('rivalSubjects', subjects);
  out.add('rivalPredicates', predicates);
  out.add('siblings', siblings);
  out.add('knownWords', align.known);
}

function writeRests(align: Alignment, a: View, b: View, out: FeatureWriter): void {
  const [x, y] = [a.self, b.self];
  const parity = (analysis: Analysis) => (analysis.negations + analysis.negatives) % 2;
  const start = (analysis: Analysis) => analysis.tokens.find((token) => token.kind !== 'sign')?.stem ?? '';
  out.add('restCos', a.rest === null || b.rest === null ? 1 : cosine(a.rest, b.rest));
  out.add('restBoth', a.rest === null || b.rest === null ? 0 : 1);
  out.add('antonyms', align.antonyms.length);
  writeRivals(x, y, align, out);
  out.add('negationDiffers', x.negations > 0 !== y.negations > 0 ? 1 : 0);
  out.add('negationCounts', Math.abs(x.negations - y.negations));
  out.add('parityDiffers', parity(x) !== parity(y) ? 1 : 0);
  out.add('sameStart', start(x) === start(y) ? 1 : 0);
  out.add('turnsBoth', Math.min(x.turns, y.turns));
}

function writeParts(a: Analysis, b: Analysis, out: FeatureWriter): void {
  out.add('headCos', cosine(a.head, b.head));
  out.add('tailCos', cosine(a.tail, b.tail));
  out.add('crossCos', cosine(a.head, b.tail) + cosine(a.tail, b.head));
}

function matchedWeight(a: Analysis, align: Alignment, test: (token: Token) => boolean): number {
  let sum = 0;
  a.content.forEach((index, i) => {
    const token = a.tokens[index];
    if (token !== undefined && (align.simA[i] ?? 0) >= 0.9 && test(token)) sum += token.weight;
  });
  return sum;
}

function viewsOf(a: Analysis, b: Analysis, align: Alignment, later: number): readonly [View, View] {
  const rest = (self: Analysis, sim: Float64Array) =>
    meanVector(
      self.tokens,
      self.content.filter((_, i) => (sim[i] ?? 0) < 0.6),
    );
  const hunks = align.hunks;
  const { leftA, leftB } = align.quantities;
  return [
    {
      self: a,
      other: b,
      sim: align.simA,
      best: align.bestA,
      left: leftA,
      hunks: hunks.map((h) => [h.a, h.b] as const),
      later: -later,
      rest: rest(a, align.simA),
      kinds: align.kindsA,
    },
    {
      self: b,
      other: a,
      sim: align.simB,
      best: align.bestB,
      left: leftB,
      hunks: hunks.map((h) => [h.b, h.a] as const),
      later,
      rest: rest(b, align.simB),
      kinds: align.kindsB,
    },
  ];
}

/** `later` is 1 where b was written after a, -1 where before, 0 where equal or unknown; `named` for `featureNames`. */
export function pairFeatures(a: Analysis, b: Analysis, align: Alignment, later: number, named = false): PairFeatures {
  const [viewA, viewB] = viewsOf(a, b, align, later);
  const longer = Math.max(align.lengthA, align.lengthB);
  const shorter = Math.min(align.lengthA, align.lengthB);
  const shared = new FeatureWriter(named);
  shared.add('cosine', cosine(a.vector, b.vector));
  writeOverlap(a, b, shared);
  shared.add('common', ratio(align.common, longer));
  shared.add('commonShort', ratio(align.common, shorter));
  shared.add('lengths', ratio(shorter, longer));
  shared.add('shorter', shorter);
  shared.add('hunks', align.hunks.length);
  const order = orderOf(a, b, align);
  shared.add('inversions', order.inversions);
  shared.add('quantityInversions', order.quantityInversions);
  shared.add('bonds', order.bonds);
  shared.add('moved', order.moved);
  writeSwaps(a, b, align.hunks, shared);
  writePolarity(a, b, align, shared);
  writeQuantities(a, b, align, shared);
  writeRests(align, viewA, viewB, shared);
  writeParts(a, b, shared);
  shared.add(
    'matchedNames',
    matchedWeight(a, align, (token) => token.name),
  );
  shared.add(
    'matchedCodes',
    matchedWeight(a, align, (token) => token.kind === 'identifier' || token.code),
  );
  shared.add(
    'matchedWords',
    matchedWeight(a, align, () => true),
  );
  return { shared, a: sideFeatures(viewA, named), b: sideFeatures(viewB, named) };
}

/** The row that the trees read: shared features, those of the first side, those of the second. */
export function flatten({ shared, a, b }: PairFeatures, swapped: boolean): Float64Array {
  const [first, second] = swapped ? [b, a] : [a, b];
  const row = new Float64Array(shared.length + first.length + second.length);
  shared.copyTo(row, 0);
  first.copyTo(row, shared.length);
  second.copyTo(row, shared.length + first.length);
  return row;
}

export function featureNames({ shared, a, b }: PairFeatures): readonly string[] {
  return [...shared.names(), ...a.names().map((name) => `first.${name}`), ...b.names().map((name) => `second.${name}`)];
}
