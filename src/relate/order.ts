/** Whether what both sides share stands in the same order and next to the same things. */
import type { Alignment } from './align.js';
import type { Analysis } from './analyze.js';

export interface Order {
  /** Share of aligned word pairs in the other order: `type over interface` against `interface over type`. */
  readonly inversions: number;
  /** Equal quantities in the other order: `4.5 bar front, 5 bar rear` against `5 bar front, 4.5 bar rear`. */
  readonly quantityInversions: number;
  /** Share of neighbours that are neighbours on the other side too. */
  readonly bonds: number;
  /** Equal quantities whose nearest word belongs to another quantity on the other side. */
  readonly moved: number;
}

function inverted(places: readonly number[]): { readonly wrong: number; readonly total: number } {
  let wrong = 0;
  let total = 0;
  for (let i = 0; i < places.length; i++) {
    for (let j = i + 1; j < places.length; j++) {
      const [x = 0, y = 0] = [places[i], places[j]];
      if (x === y) continue;
      total++;
      if (x > y) wrong++;
    }
  }
  return { wrong, total };
}

function nearestWord(analysis: Analysis, token: number): number {
  let best = -1;
  let distance = Number.POSITIVE_INFINITY;
  analysis.content.forEach((index, i) => {
    const gap = index > token ? index - token : (token - index) * 1.01;
    if (gap < distance) {
      distance = gap;
      best = i;
    }
  });
  return best;
}

function movedQuantities(a: Analysis, b: Analysis, align: Alignment): number {
  let moved = 0;
  for (const [i, j] of align.quantities.pairs) {
    const mine = nearestWord(a, a.quantities[i]?.to ?? 0);
    const theirs = nearestWord(b, b.quantities[j]?.to ?? 0);
    if (mine < 0 || theirs < 0) continue;
    const partner = align.bestA[mine] ?? -1;
    if (partner !== theirs && (align.simA[mine] ?? 0) >= 0.9 && (align.simB[theirs] ?? 0) >= 0.9) moved++;
  }
  return moved;
}

export function orderOf(a: Analysis, b: Analysis, align: Alignment): Order {
  const places: number[] = [];
  let bonds = 0;
  let neighbours = 0;
  let last = -1;
  align.bestA.forEach((j, i) => {
    const near = j >= 0 && (align.simA[i] ?? 0) >= 0.8;
    if (near) places.push(j);
    if (near && last >= 0) {
      neighbours++;
      if (j === last + 1) bonds++;
    }
    last = near ? j : -1;
  });
  const words = inverted(places);
  const numbers = inverted([...align.quantities.pairs].sort((x, y) => x[0] - y[0]).map(([, j]) => j));
  return {
    inversions: words.total === 0 ? 0 : words.wrong / words.total,
    quantityInversions: numbers.wrong,
    bonds: neighbours === 0 ? 0 : bonds / neighbours,
    moved: movedQuantities(a, b, align),
  };
}
