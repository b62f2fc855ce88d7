/**
 * Closed frequent subsequences of integer sequences, grown prefix by prefix (PrefixSpan, Pei et al., ICDE 2001) with a limit on what may
 * lie between two items (as in Gap-BIDE, Li and Wang 2008) and with a taxonomy (GSP, Srikant and Agrawal 1996): a position that holds an
 * item also holds the more general ones, so that runs which differ in a detail still meet.
 */

export interface Subsequence {
  readonly items: readonly number[];
  /** Indexes of the sequences it stands in, ascending. */
  readonly found: readonly number[];
}

export interface SubsequenceOptions {
  readonly minSupport: number;
  /** Positions that may lie between two items that follow one another. */
  readonly maxGap: number;
  readonly maxLength: number;
  /** Of the sequences that hold its most frequent item, the least share that has to hold the whole: 0 to 1. */
  readonly minShare: number;
  /** The next more general item; null for the most general ones. Without circles. */
  readonly parentOf: (item: number) => number | null;
  /** Bound on the subsequences that are tried for one first item; where it does not suffice, those of more sequences are kept, or shorter ones. */
  readonly maxTried: number;
}

/** Where a prefix ends: for each sequence that holds it all its last positions, ascending. */
interface Projection {
  readonly found: number[];
  readonly ends: number[][];
}

class Search {
  readonly #names: readonly (readonly (readonly number[])[])[];
  readonly #options: SubsequenceOptions;
  readonly #frequency = new Map<number, number>();
  readonly #ancestors = new Map<number, readonly number[]>();
  #tried = 0;

  constructor(sequences: readonly (readonly number[])[], options: SubsequenceOptions) {
    this.#options = options;
    this.#names = sequences.map((sequence) => sequence.map((item) => this.lineage(item)));
    for (const positions of this.#names) {
      for (const item of new Set(positions.flat())) this.#frequency.set(item, (this.#frequency.get(item) ?? 0) + 1);
    }
  }

  /** The item and what is more general, in this order. */
  lineage(item: number): readonly number[] {
    const known = this.#ancestors.get(item);
    if (known !== undefined) return known;
    const parent = this.#options.parentOf(item);
    const line = [item, ...(parent === null ? [] : this.lineage(parent))];
    this.#ancestors.set(item, line);
    return line;
  }

  run(): readonly Subsequence[] {
    const results: Subsequence[] = [];
    for (const [item, projection] of this.#grouped(this.#names.map((positions) => positions.map((_, at) => at)))) {
      results.push(...this.#from(item, projection));
    }
    return results;
  }

  /** All that begin with `item`; where those are too many, the ones of more sequences, and where that does not help, the shorter ones. */
  #from(item: number, projection: Projection): readonly Subsequence[] {
    let own: Subsequence[] = [];
    for (let maxLength = this.#options.maxLength; maxLength > 1; maxLength = Math.ceil(maxLength / 2)) {
      for (let minSupport = this.#options.minSupport; minSupport <= projection.found.length; minSupport *= 2) {
        own = [];
        this.#tried = 0;
        if (this.#grow([item], projection, { minSupport, maxLength }, own)) return own;
      }
      if (maxLength === 2) break;
    }
    return own;
  }

  /** False where the bound was met. */
  #grow(
    items: readonly number[],
    projection: Projection,
    limits: { readonly minSupport: number; readonly maxLength: number },
    results: Subsequence[],
  ): boolean {
    this.#tried += 1;
    if (this.#tried > this.#options.maxTried) return false;
    if (items.length > 1) results.push({ items, found: projection.found });
    if (items.length === limits.maxLength) return true;
    const reach: number[][] = this.#names.map(() => []);
    for (const [n, sequence] of projection.found.entries()) {
      reach[sequence] = within(projection.ends[n] ?? [], this.#options.maxGap, this.#names[sequence]?.length ?? 0);
    }
    const most = Math.max(...items.map((item) => this.#frequency.get(item) ?? 0));
    for (const [item, next] of this.#grouped(reach, projection.found)) {
      const least = Math.max(limits.minSupport, this.#options.minShare * Math.max(most, this.#frequency.get(item) ?? 0));
      if (next.found.length >= least && !this.#grow([...items, item], next, limits, results)) return false;
    }
    return true;
  }

  /** The items at the given positions with where they stand, in ascending order; a general one only where it stands in more places. */
  #grouped(
    reach: readonly (readonly number[])[],
    sequences: readonly number[] = reach.map((_, at) => at),
  ): readonly (readonly [number, Projection])[] {
    const byItem = new Map<number, Projection>();
    for (const sequence of sequences) {
      for (const at of reach[sequence] ?? []) {
        for (const item of this.#names[sequence]?.[at] ?? []) {
          const projection = byItem.get(item) ?? { found: [], ends: [] };
          byItem.set(item, projection);
          if (projection.found.at(-1) !== sequence) {
            projection.found.push(sequence);
            projection.ends.push([]);
          }
          projection.ends.at(-1)?.push(at);
        }
      }
    }
    const needless = new Set<number>();
    for (const [item, { ends }] of byItem) {
      for (const general of this.lineage(item).slice(1)) {
        if (count(byItem.get(general)?.ends ?? []) === count(ends)) needless.add(general);
      }
    }
    return [...byItem].filter(([item]) => !needless.has(item)).toSorted(([a], [b]) => a - b);
  }
}

function count(ends: readonly (readonly number[])[]): number {
  return ends.reduce((sum, one) => sum + one.length, 0);
}

/** Positions behind one of `ends` with at most `maxGap` others between. */
function within(ends: readonly number[], maxGap: number, length: number): number[] {
  const reached: number[] = [];
  for (const end of ends) {
    const from = Math.max(end + 1, (reached.at(-1) ?? -1) + 1);
    for (let at = from; at <= end + 1 + maxGap && at < length; at++) reached.push(at);
  }
  return reached;
}

/** True where `part` can be read off `whole` in order, each item as it is or more general. */
export function isContained(part: readonly number[], whole: readonly number[], lineage: (item: number) => readonly number[]): boolean {
  let at = 0;
  for (const item of whole) if (at < part.length && lineage(item).includes(part[at] ?? Number.NaN)) at += 1;
  return at === part.length;
}

/**
 * All subsequences of two items or more that stand in at least `minSupport` sequences and in `minShare` of those of their most frequent
 * item, closed: none of them is contained in a longer or more particular one that stands in the same sequences. The order of the result
 * depends on nothing but the items. Linear in the number of sequences for a given variety of items, thanks to `maxTried`.
 */
export function closedSubsequences(sequences: readonly (readonly number[])[], options: SubsequenceOptions): readonly Subsequence[] {
  const search = new Search(sequences, options);
  const byFound = new Map<string, Subsequence[]>();
  for (const one of search.run()) {
    const key = one.found.join(' ');
    const alike = byFound.get(key);
    if (alike === undefined) byFound.set(key, [one]);
    else alike.push(one);
  }
  const closed = [...byFound.values()].flatMap((alike) => {
    const kept: Subsequence[] = [];
    const depth = ({ items }: Subsequence): number => items.reduce((sum, item) => sum + search.lineage(item).length, 0);
    for (const one of alike.toSorted((a, b) => b.items.length - a.items.length || depth(b) - depth(a))) {
      if (!kept.some(({ items }) => isContained(one.items, items, (item) => search.lineage(item)))) kept.push(one);
    }
    return kept;
  });
  return closed.toSorted((a, b) => compare(a.items, b.items));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, item] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    if (item !== other) return item - other;
  }
  return a.length - b.length;
}
