/**
 * Groups of statements that a person would call one thing. No connected components: one wrong link would chain hundreds. Two
 * groups join only where every member may stand beside every other, so a group is as wide as its widest pair, never wider.
 */
import type { Group, JudgedPair } from '../memory.js';

export interface ClusterInput {
  /** Rows are `0 .. count - 1`. */
  readonly count: number;
  /** Each pair once, in any order. */
  readonly pairs: readonly JudgedPair[];
  /** Asked, with `a < b`, for pairs that are not among `pairs`, each at most once. Must answer the same for the same pair. */
  readonly judge: (a: number, b: number) => JudgedPair;
}

export interface ClusterLimits {
  /** Most members of a group. */
  readonly maxSize: number;
  /** Least merge probability, 0 to 1, of any two members. Between two groups that join, the mean must lie halfway to 1. */
  readonly minLink: number;
}

/** What the grouping needs to know of a pair. */
interface Bond {
  readonly probability: number;
  readonly forbidden: boolean;
}

/**
 * Bounded complete linkage. Sure duplicates and refinements are taken from the strongest to the weakest (equal ones by row); each
 * joins the groups of its two rows where the size allows it, no two members are sure to conflict or differ, every pair between
 * the groups reaches `minLink` and their mean reaches halfway from there to 1. The result does not depend on the order of `pairs`.
 * @throws RangeError for a pair that is out of range, not ascending or given twice.
 */
export function clusterPairs(input: ClusterInput, limits: ClusterLimits): readonly Group[] {
  const bonds = new Map<number, Bond>();
  for (const { a, b, verdict } of input.pairs) {
    const key = a * input.count + b;
    if (!(a >= 0 && a < b && b < input.count) || bonds.has(key)) throw new RangeError(`pair ${a}, ${b} of ${input.count} rows`);
    bonds.set(key, bondOf(verdict));
  }
  const groups = new Map<number, Gathering>();
  for (const { a, b } of input.pairs.filter(isLink).toSorted(byStrength)) {
    const left = groups.get(a) ?? { members: [a], weakest: 1 };
    const right = groups.get(b) ?? { members: [b], weakest: 1 };
    if (left === right || left.members.length + right.members.length > limits.maxSize) continue;
    const weakest = weakestLink(left.members, right.members, input, limits, bonds);
    if (weakest === null) continue;
    const joined = { members: [...left.members, ...right.members], weakest: Math.min(left.weakest, right.weakest, weakest) };
    for (const member of joined.members) groups.set(member, joined);
  }
  return [...new Set(groups.values())]
    .map(({ members, weakest }) => ({ members: members.toSorted((a, b) => a - b), confidence: weakest }))
    .toSorted((one, other) => (one.members[0] ?? 0) - (other.members[0] ?? 0));
}

interface Gathering {
  readonly members: readonly number[];
  readonly weakest: number;
}

function mergeProbability({ probabilities }: JudgedPair['verdict']): number {
  return probabilities.duplicate + probabilities.refines;
}

function isLink({ verdict }: JudgedPair): boolean {
  return !verdict.ambiguous && (verdict.relation === 'duplicate' || verdict.relation === 'refines');
}

function byStrength(one: JudgedPair, other: JudgedPair): number {
  return mergeProbability(other.verdict) - mergeProbability(one.verdict) || one.a - other.a || one.b - other.b;
}

/** Rules and persons are believed even where their verdict is not one to act on. */
function bondOf(verdict: JudgedPair['verdict']): Bond {
  const apart = verdict.relation === 'conflict' || verdict.relation === 'distinct';
  const sure = !verdict.ambiguous || verdict.decidedBy === 'rule' || verdict.decidedBy === 'person';
  return {
    probability: mergeProbability(verdict),
    forbidden: (apart && sure) || verdict.probabilities.conflict >= 0.5,
  };
}

/** The weakest merge probability between two groups, or null where they must not join. */
function weakestLink(
  left: readonly number[],
  right: readonly number[],
  { count, judge }: ClusterInput,
  { minLink }: ClusterLimits,
  bonds: Map<number, Bond>,
): number | null {
  const pairs = left.flatMap((x) => right.map((y) => ({ a: Math.min(x, y), b: Math.max(x, y) })));
  const refuses = (bond: Bond): boolean => bond.forbidden || bond.probability < minLink;
  // Most refusals are known already; the judge is asked only where it could still be a yes.
  for (const { a, b } of pairs) {
    const bond = bonds.get(a * count + b);
    if (bond !== undefined && refuses(bond)) return null;
  }
  let weakest = 1;
  let sum = 0;
  for (const { a, b } of pairs) {
    const key = a * count + b;
    const bond = bonds.get(key) ?? bondOf(judge(a, b).verdict);
    bonds.set(key, bond);
    if (refuses(bond)) return null;
    weakest = Math.min(weakest, bond.probability);
    sum += bond.probability;
  }
  return sum / pairs.length >= (1 + minLink) / 2 ? weakest : null;
}
