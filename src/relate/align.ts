/** Which words of one statement the other one has too, in both directions, and what stands where they differ. */
import type { Analysis, Token } from './analyze.js';
import { antonyms, negatingPrefixes } from './lexicon.js';
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
  readonly antonyms: readonly (readonly [number, number])[];
}

export function cosine(a: Float32Array | null, b: Float32Array | null): number {
  if (a === null || b === null) return 0;
  let dot = 0;
  for (let d = 0; d < a.length; d++) dot += (a[d] ?? 0) * (b[d] ?? 0);
  return dot;
}

function dice(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0;
  let shared = 0;
  for (const gram of a) if (b.has(gram)) shared++;
  return (2 * shared) / (a.size + b.size);
}

function partOf(whole: string, part: string): boolean {
  return part.length >= 3 && whole.split(/[^\p{L}\p{N}]+/u).includes(part);
}

/** How much two content tokens mean the same, 0 to 1. */
export function tokenSimilarity(a: Token, b: Token): number {
  if (a.stem === b.stem) return 1;
  if (a.concept === b.concept) return 0.95;
  if (a.kind !== 'word' || b.kind !== 'word') {
    if (partOf(a.stem, b.stem) || partOf(b.stem, a.stem)) return 0.8;
    if (/\d/.test(a.stem) || /\d/.test(b.stem)) return 0;
    const overlap = dice(a.grams, b.grams);
    return overlap > 0.5 ? overlap * 0.8 : 0;
  }
  const [short, long] = a.stem.length < b.stem.length ? [a.stem, b.stem] : [b.stem, a.stem];
  const near = Math.max(0, cosine(a.vector, b.vector));
  if (short.length >= 4 && long.startsWith(short)) return Math.max(0.8, near);
  const overlap = dice(a.grams, b.grams);
  return Math.max(near, overlap > 0.5 && short.length >= 4 ? 0.45 + overlap / 2 : 0);
}

export function areAntonyms(a: Token, b: Token): boolean {
  if (antonyms.get(a.lower)?.has(b.lower) === true || antonyms.get(a.stem)?.has(b.stem) === true) return true;
  const [short, long] = a.stem.length < b.stem.length ? [a.stem, b.stem] : [b.stem, a.stem];
  return short.length >= 4 && negatingPrefixes.some((prefix) => long === prefix + short);
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

/** Aligns two analyses. `align(b, a)` is the mirror image but for hunks, where ties may be cut differently. */
export function align(a: Analysis, b: Analysis): Alignment {
  const simA = new Float64Array(a.content.length);
  const simB = new Float64Array(b.content.length);
  const bestA = new Int32Array(a.content.length).fill(-1);
  const bestB = new Int32Array(b.content.length).fill(-1);
  const opposite: [number, number][] = [];
  a.content.forEach((indexA, i) => {
    const x = a.tokens[indexA];
    b.content.forEach((indexB, j) => {
      const y = b.tokens[indexB];
      if (x === undefined || y === undefined) return;
      const similarity = tokenSimilarity(x, y);
      if (similarity > (simA[i] ?? 0)) {
        simA[i] = similarity;
        bestA[i] = j;
      }
      if (similarity > (simB[j] ?? 0)) {
        simB[j] = similarity;
        bestB[j] = i;
      }
      if (similarity < 0.95 && areAntonyms(x, y)) opposite.push([i, j]);
    });
  });
  const real = opposite.filter(([i, j]) => (simA[i] ?? 0) < 0.95 && (simB[j] ?? 0) < 0.95);
  return { simA, simB, bestA, bestB, quantities: matchQuantities(a.quantities, b.quantities), antonyms: real, ...diff(a, b) };
}
