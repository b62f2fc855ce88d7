/**
 * Groups by average linkage over candidate pairs: two groups join while their members are alike on the average, so that one wrong link
 * does not chain what has nothing in common. Only pairs that share a feature are compared, and every feature and group is bounded, so
 * that time grows with the number of items and not with its square.
 */

/** Members of a feature that are paired with each other; of a longer list each is paired with that many that follow it. */
const maxNeighbours = 32;
/** Members of a group that stand for it in a comparison. */
const maxSample = 12;
/** Two groups stay apart where they are less alike than this share of what holds the looser of them together. */
const apartAt = 0.7;
/** Groups less alike than this share of the threshold are not compared again when one of them grows. */
const hopeless = 0.5;
/** More members than this have no common matter that a person would recognise. */
const maxGroup = 400;

/** Pairs of items that share a feature, each once, the smaller index first. `postings` list the items of each feature in ascending order. */
export function candidatePairs(postings: Iterable<readonly number[]>): ReadonlyMap<number, ReadonlySet<number>> {
  const pairs = new Map<number, Set<number>>();
  for (const posting of postings) {
    for (const [at, item] of posting.entries()) {
      const others = pairs.get(item) ?? new Set<number>();
      for (const other of posting.slice(at + 1, at + 1 + maxNeighbours)) if (other !== item) others.add(other);
      pairs.set(item, others);
    }
  }
  return pairs;
}

interface Group {
  readonly members: readonly number[];
  readonly neighbours: Set<number>;
  /** Mean likeness of its pairs; 0 for a single member. */
  readonly cohesion: number;
}

interface Link {
  readonly a: number;
  readonly b: number;
  readonly likeness: number;
}

function sample(members: readonly number[]): readonly number[] {
  if (members.length <= maxSample) return members;
  return Array.from({ length: maxSample }, (_, at) => members[Math.floor((at * members.length) / maxSample)] ?? 0);
}

/** Mean likeness of members of `a` to members of `b`. */
export function meanLikeness(a: readonly number[], b: readonly number[], likeness: (a: number, b: number) => number): number {
  const [left, right] = [sample(a), sample(b)];
  let sum = 0;
  for (const one of left) for (const other of right) sum += likeness(one, other);
  return sum / (left.length * right.length);
}

function joinedCohesion(a: Group, b: Group, mean: number): number {
  const [n, m] = [a.members.length, b.members.length];
  const [left, right, across] = [(n * (n - 1)) / 2, (m * (m - 1)) / 2, n * m];
  return (a.cohesion * left + b.cohesion * right + mean * across) / (left + right + across);
}

/** A queue of links, the strongest first; equals in the order of their groups. */
class LinkQueue {
  readonly #links: Link[] = [];

  push(link: Link): void {
    this.#links.push(link);
    for (let at = this.#links.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): Link | null {
    const [first] = this.#links;
    const last = this.#links.pop();
    if (first === undefined || last === undefined) return null;
    if (this.#links.length === 0) return first;
    this.#links[0] = last;
    for (let at = 0; ; ) {
      const children = [2 * at + 1, 2 * at + 2].filter((child) => child < this.#links.length);
      const best = children.reduce((one, child) => (this.#before(child, one) ? child : one), at);
      if (best === at) return first;
      this.#swap(at, best);
      at = best;
    }
  }

  #before(x: number, y: number): boolean {
    const [a, b] = [this.#links[x], this.#links[y]];
    if (a === undefined || b === undefined) return false;
    return a.likeness !== b.likeness ? a.likeness > b.likeness : a.a !== b.a ? a.a < b.a : a.b < b.b;
  }

  #swap(x: number, y: number): void {
    const [a, b] = [this.#links[x], this.#links[y]];
    if (a !== undefined && b !== undefined) [this.#links[x], this.#links[y]] = [b, a];
  }
}

/**
 * The groups of items `0..count-1`, single ones included, each in ascending order, ordered by their first member. `likeness` is symmetric;
 * groups join while the mean is at least `threshold`, and not far below what holds each of them together.
 */
export function averageLinkage(
  count: number,
  pairs: ReadonlyMap<number, ReadonlySet<number>>,
  options: { readonly likeness: (a: number, b: number) => number; readonly threshold: number },
): readonly (readonly number[])[] {
  const { likeness, threshold } = options;
  const groups = new Map<number, Group>(
    Array.from({ length: count }, (_, at) => [at, { members: [at], neighbours: new Set<number>(), cohesion: 0 }]),
  );
  const queue = new LinkQueue();
  const link = (a: number, b: number): void => {
    const [left, right] = [groups.get(a), groups.get(b)];
    if (left === undefined || right === undefined || left.members.length + right.members.length > maxGroup) return;
    const mean = meanLikeness(left.members, right.members, likeness);
    if (mean < threshold * hopeless) return;
    left.neighbours.add(b);
    right.neighbours.add(a);
    if (mean >= Math.max(threshold, apartAt * Math.min(left.cohesion, right.cohesion))) queue.push({ a, b, likeness: mean });
  };
  for (const [a, others] of [...pairs].toSorted(([x], [y]) => x - y)) for (const b of [...others].toSorted((x, y) => x - y)) link(a, b);
  let next = count;
  for (let best = queue.pop(); best !== null; best = queue.pop()) {
    const [a, b] = [groups.get(best.a), groups.get(best.b)];
    if (a === undefined || b === undefined) continue;
    groups.delete(best.a);
    groups.delete(best.b);
    const joined = next++;
    groups.set(joined, {
      members: [...a.members, ...b.members].toSorted((x, y) => x - y),
      neighbours: new Set(),
      cohesion: joinedCohesion(a, b, best.likeness),
    });
    for (const other of [...new Set([...a.neighbours, ...b.neighbours])].toSorted((x, y) => x - y))
      if (groups.has(other)) link(other, joined);
  }
  return [...groups.values()].map(({ members }) => members).toSorted((x, y) => (x[0] ?? 0) - (y[0] ?? 0));
}
