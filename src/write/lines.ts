/**
 * Lines of two texts matched in near-linear time: first the lines that occur once on either side and stand in the same order (patience
 * diff), then Myers' algorithm (`diff`) between them. Myers alone takes time with the square of what changed.
 */
import { diffArrays } from 'diff';

export interface Op {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

/** What takes `a` to `b`, removals before additions; both sides in order. */
export function matchLines(a: readonly string[], b: readonly string[]): readonly Op[] {
  const ops: Op[] = [];
  let [fromA, fromB] = [0, 0];
  for (const [atA, atB] of [...anchors(a, b), [a.length, b.length] as const]) {
    for (const part of diffArrays(a.slice(fromA, atA), b.slice(fromB, atB))) {
      const kind = part.added ? '+' : part.removed ? '-' : ' ';
      for (const line of part.value) ops.push({ kind, line });
    }
    const line = a[atA];
    if (line !== undefined) ops.push({ kind: ' ', line });
    [fromA, fromB] = [atA + 1, atB + 1];
  }
  return ops;
}

/** The longest run of lines, unique on both sides, that keeps its order: pairs of indexes, ascending. */
function anchors(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  const inB = uniqueLines(b);
  const pairs = [...uniqueLines(a)].flatMap(([line, atA]) => {
    const atB = inB.get(line) ?? -1;
    return atB === -1 || atA === -1 ? [] : [[atA, atB] as const];
  });
  return longestAscending(pairs.toSorted((x, y) => x[0] - y[0]));
}

/** Index of every line; -1 where it occurs twice. */
function uniqueLines(lines: readonly string[]): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  for (const [at, line] of lines.entries()) seen.set(line, seen.has(line) ? -1 : at);
  return seen;
}

/** Patience sorting over the second index of each pair. */
function longestAscending(pairs: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const piles: number[] = [];
  const previous: number[] = [];
  for (const [index, [, value]] of pairs.entries()) {
    let low = 0;
    let high = piles.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((pairs[piles[middle] ?? 0]?.[1] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous.push(low === 0 ? -1 : (piles[low - 1] ?? -1));
    piles[low] = index;
  }
  const run: (readonly [number, number])[] = [];
  for (let at = piles.at(-1) ?? -1; at !== -1; at = previous[at] ?? -1) {
    const pair = pairs[at];
    if (pair !== undefined) run.push(pair);
  }
  return run.reverse();
}
