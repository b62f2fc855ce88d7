/** Which words of one statement the other one has too, in both directions, and what stands where they differ. */
import type { Analysis } from './analyze.js';
import type { Lexemes } from './lexemes.js';
import type { Quantity } from './numbers.js';
import { comparable, sameQuantity } from './quantities.js';

/** A stretch of A that stands where a stretch of B stands; one of them may be empty. Token indices, half open. */
export interface Hunk {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
}

export interface QuantityMatch {
  /** Quantities of each side that the other one has no equal of. */
  readonly leftA: readonly Quantity[];
  readonly leftB: readonly Quantity[];
  /** Equal quantities: index in A, index in B. */
  readonly pairs: readonly (readonly [number, number])[];
  /** Left on both sides and of one kind: two values of which one claim can have only one. */
  readonly clashes: readonly (readonly [Quantity, Quantity])[];
}

export interface Alignment {
  /** By position in `content`: similarity of the best match, 0 to 1, and its position on the other side, -1 for none. */
  readonly simA: Float64Array;
  readonly simB: Float64Array;
  readonly bestA: Int32Array;
  readonly bestB: Int32Array;
  readonly quantities: QuantityMatch;
  readonly hunks: readonly Hunk[];
  /** Tokens in the longest common subsequence of stems, signs left out. */
  readonly common: number;
  readonly lengthA: number;
  readonly lengthB: number;
  /** Positions in `content` of words that only one of the two sides can mean: opposites, and rival values of one slot. */
  readonly antonyms: readonly (readonly [number, number])[];
  readonly rivals: readonly RivalPair[];
  /** Number of words, on both sides, that only the thesaurus matches, and of those where one side says a kind of what the other says. */
  readonly known: number;
  readonly kindsA: number;
  readonly kindsB: number;
}

export interface RivalPair {
  readonly a: number;
  readonly b: number;
  /** 1 by the lexicon, less by a common parent. */
  readonly strength: number;
}

function matchQuantities(a: readonly Quantity[], b: readonly Quantity[]): QuantityMatch {
  const usedA = new Set<number>();
  const usedB = new Set<number>();
  const pairs: [number, number][] = [];
  for (const strict of [true, false]) {
    a.forEach((x, i) => {
      if (usedA.has(i)) return;
      const j = b.findIndex((y, k) => !usedB.has(k) && (!strict || x.dimension === y.dimension) && sameQuantity(x, y));
      if (j < 0) return;
      usedA.add(i);
      usedB.add(j);
      pairs.push([i, j]);
    });
  }
  const says = (list: readonly Quantity[], quantity: Quantity) => list.some((other) => sameQuantity(quantity, other));
  const leftA = a.filter((x, i) => !usedA.has(i) && !says(b, x));
  const leftB = b.filter((y, i) => !usedB.has(i) && !says(a, y));
  const clashes = leftA.flatMap((x) => leftB.filter((y) => comparable(x, y)).map((y) => [x, y] as const));
  return { leftA, leftB, pairs, clashes };
}

const longest = 160;

function wordIndices(analysis: Analysis): number[] {
  const indices: number[] = [];
  analysis.tokens.forEach((token, index) => {
    if (token.kind !== 'sign' && indices.length < longest) indices.push(index);
  });
  return indices;
}

/** Longest common subsequence by concept, as the stretches between what is common. */
function diff(a: Analysis, b: Analysis): { hunks: Hunk[]; common: number; lengthA: number; lengthB: number } {
  const rows = wordIndices(a);
  const columns = wordIndices(b);
  const width = columns.length + 1;
  const table = new Uint16Array((rows.length + 1) * width);
  const conceptsA = rows.map((index) => a.tokens[index]?.concept ?? '');
  const conceptsB = columns.map((index) => b.tokens[index]?.concept ?? '');
  for (let i = rows.length - 1; i >= 0; i--) {
    for (let j = columns.length - 1; j >= 0; j--) {
      table[i * width + j] =
        conceptsA[i] === conceptsB[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
    }
  }
  const hunks: Hunk[] = [];
  const place = (indices: readonly number[], from: number, to: number): readonly [number, number] =>
    from === to ? [indices[from] ?? 0, indices[from] ?? 0] : [indices[from] ?? 0, (indices[to - 1] ?? 0) + 1];
  let fromA = 0;
  let fromB = 0;
  let i = 0;
  let j = 0;
  const close = () => {
    if (i > fromA || j > fromB) hunks.push({ a: place(rows, fromA, i), b: place(columns, fromB, j) });
  };
  while (i < rows.length && j < columns.length) {
    if (conceptsA[i] === conceptsB[j]) {
      close();
      i++;
      j++;
      fromA = i;
      fromB = j;
    } else if ((table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  i = rows.length;
  j = columns.length;
  close();
  return { hunks, common: table[0] ?? 0, lengthA: rows.length, lengthB: columns.length };
}

/** Least similarity of words that say the same in other words. */
const matched = 0.6;

function countKnown(known: ReadonlyMap<number, number>, sim: Float64Array): number {
  let count = 0;
  for (const [i, part] of known) if (part > 0.1 && (sim[i] ?? 0) >= matched) count++;
  return count;
}

/** Aligns two analyses. `align(b, a)` is the mirror image but for hunks, where ties may be cut differently. */
export function align(a: Analysis, b: Analysis, { compare }: Lexemes): Alignment {
  const simA = new Float64Array(a.content.length);
  const simB = new Float64Array(b.content.length);
  const bestA = new Int32Array(a.content.length).fill(-1);
  const bestB = new Int32Array(b.content.length).fill(-1);
  const opposite: [number, number][] = [];
  const rival: RivalPair[] = [];
  const kinds: { i: number; j: number; kind: number }[] = [];
  const knownA = new Map<number, number>();
  const knownB = new Map<number, number>();
  a.content.forEach((indexA, i) => {
    const x = a.tokens[indexA];
    b.content.forEach((indexB, j) => {
      const y = b.tokens[indexB];
      if (x === undefined || y === undefined) return;
      const pair = compare(x, y);
      const { similarity } = pair;
      if (similarity > (simA[i] as number)) {
        simA[i] = similarity;
        bestA[i] = j;
        knownA.set(i, pair.known);
      }
      if (similarity > (simB[j] as number)) {
        simB[j] = similarity;
        bestB[j] = i;
        knownB.set(j, pair.known);
      }
      if (pair.opposite) opposite.push([i, j]);
      if (pair.rival > 0) rival.push({ a: i, b: j, strength: pair.rival });
      if (pair.kind !== 0) kinds.push({ i, j, kind: pair.kind });
    });
  });
  const isOpen = (i: number, j: number, least: number) => (simA[i] as number) < least && (simB[j] as number) < least;
  const special = (kind: number) => kinds.filter((item) => item.kind === kind && isOpen(item.i, item.j, 0.8)).length;
  return {
    simA,
    simB,
    bestA,
    bestB,
    quantities: matchQuantities(a.quantities, b.quantities),
    antonyms: opposite.filter(([i, j]) => isOpen(i, j, 0.95)),
    rivals: rival.filter((pair) => isOpen(pair.a, pair.b, matched)),
    known: countKnown(knownA, simA) + countKnown(knownB, simB),
    kindsA: special(1),
    kindsB: special(-1),
    ...diff(a, b),
  };
}
