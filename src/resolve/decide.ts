/**
 * Groups and verdicts -> what is done without asking: the fuller verbatim statement of a group survives, the latest value of a
 * conflict wins. What is not sure enough becomes a suggestion. Pure; rows are indices into one list.
 *
 * A group speaks with one voice: it is as late as its latest member, and a conflict of one member is a conflict of the group.
 */
import type { Group, JudgedPair } from '../memory.js';
import { compareTimes, isLocked, mergeProbability, type Row } from './rows.js';

export interface Merge {
  readonly survivor: number;
  /** Ascending; never empty, never locked. */
  readonly dropped: readonly number[];
  readonly confidence: number;
}

/** `old` leaves the store because `by` says the same thing's later value; `by` may be a spoken row, whose words then take its place. */
export interface Supersede {
  readonly old: number;
  readonly by: number;
  readonly pair: JudgedPair;
}

export interface Decisions {
  readonly merges: readonly Merge[];
  readonly supersedes: readonly Supersede[];
}

interface Node {
  readonly members: readonly number[];
  readonly survivor: number;
  readonly time: string | null;
}

/**
 * One round of decisions over the rows that are still alive.
 * @param pairs every judged pair of living rows; pairs with a spoken side are never part of `groups`.
 */
export function decide(rows: readonly Row[], alive: readonly boolean[], groups: readonly Group[], pairs: readonly JudgedPair[]): Decisions {
  const nodes = makeNodes(rows, alive, groups, pairs);
  const merges = groups.flatMap((group) => mergeOf(rows, group, nodes));
  return { merges, supersedes: settleConflicts(rows, nodes, pairs) };
}

function makeNodes(
  rows: readonly Row[],
  alive: readonly boolean[],
  groups: readonly Group[],
  pairs: readonly JudgedPair[],
): Map<number, Node> {
  const nodes = new Map<number, Node>();
  const between = indexPairs(pairs);
  for (const group of groups) {
    const node = {
      members: group.members,
      survivor: survivorOf(rows, group.members, between),
      time: latest(rows, group.members),
    };
    for (const member of group.members) nodes.set(member, node);
  }
  rows.forEach((row, index) => {
    if (alive[index] && !nodes.has(index)) nodes.set(index, { members: [index], survivor: index, time: row.time });
  });
  return nodes;
}

function indexPairs(pairs: readonly JudgedPair[]): ReadonlyMap<string, JudgedPair> {
  return new Map(pairs.map((pair) => [`${pair.a}:${pair.b}`, pair]));
}

function latest(rows: readonly Row[], members: readonly number[]): string | null {
  let best: string | null = null;
  for (const member of members) {
    const time = rows[member]?.time ?? null;
    if (time !== null && (best === null || (compareTimes(time, best) ?? 0) > 0)) best = time;
  }
  return best;
}

/** The fuller one, then a locked one (so that the others can go), then the later one, then the first. */
function survivorOf(rows: readonly Row[], members: readonly number[], between: ReadonlyMap<string, JudgedPair>): number {
  const beaten = new Map(
    members.map((member) => [member, members.filter((other) => other !== member && fuller(between, other, member)).length]),
  );
  const order = [...members].sort((a, b) => {
    const rowA = rows[a];
    const rowB = rows[b];
    if (!rowA || !rowB) return a - b;
    return (
      (beaten.get(a) ?? 0) - (beaten.get(b) ?? 0) ||
      Number(isLocked(rowB)) - Number(isLocked(rowA)) ||
      (compareTimes(rowB.time, rowA.time) ?? Number(rowB.time !== null) - Number(rowA.time !== null)) ||
      a - b
    );
  });
  return order[0] ?? members[0] ?? 0;
}

function fuller(between: ReadonlyMap<string, JudgedPair>, one: number, other: number): boolean {
  const pair = one < other ? between.get(`${one}:${other}`) : between.get(`${other}:${one}`);
  return pair !== undefined && mergeProbability(pair) >= 0.5 && pair.verdict.keep === (one < other ? 'a' : 'b');
}

function mergeOf(rows: readonly Row[], group: Group, nodes: ReadonlyMap<number, Node>): Merge[] {
  const survivor = nodes.get(group.members[0] ?? -1)?.survivor;
  if (survivor === undefined) return [];
  const dropped = group.members.filter((member) => {
    const row = rows[member];
    return member !== survivor && row !== undefined && !isLocked(row);
  });
  return dropped.length === 0 ? [] : [{ survivor, dropped, confidence: group.confidence }];
}

/** For every older side of a sure conflict the latest newer side, followed to the one that stays. */
function settleConflicts(rows: readonly Row[], nodes: ReadonlyMap<number, Node>, pairs: readonly JudgedPair[]): Supersede[] {
  const newer = new Map<Node, { readonly by: Node; readonly pair: JudgedPair }>();
  for (const pair of pairs) {
    const found = olderAndNewer(rows, nodes, pair);
    if (!found || pair.verdict.ambiguous || pair.verdict.relation !== 'conflict') continue;
    const known = newer.get(found.old);
    const order = known ? (compareTimes(found.by.time, known.by.time) ?? 0) : 1;
    if (order > 0 || (order === 0 && known && pair.verdict.confidence > known.pair.verdict.confidence)) {
      newer.set(found.old, { by: found.by, pair });
    }
  }
  return [...newer].map(([old, { by, pair }]) => {
    let end = by;
    for (let next = newer.get(end); next; next = newer.get(end)) end = next.by;
    return { old: old.survivor, by: end.survivor, pair };
  });
}

/** Null where times do not say, or where the older side must not be changed. */
function olderAndNewer(
  rows: readonly Row[],
  nodes: ReadonlyMap<number, Node>,
  pair: JudgedPair,
): { readonly old: Node; readonly by: Node } | null {
  const a = nodes.get(pair.a);
  const b = nodes.get(pair.b);
  if (!a || !b || a === b) return null;
  const order = compareTimes(a.time, b.time);
  if (order === null || order === 0) return null;
  const [old, by] = order < 0 ? [a, b] : [b, a];
  return old.members.some((member) => isRowLocked(rows, member)) ? null : { old, by };
}

function isRowLocked(rows: readonly Row[], row: number): boolean {
  const found = rows[row];
  return found === undefined || isLocked(found);
}

export type Suggestion =
  | {
      readonly kind: 'merge';
      readonly survivor: number;
      readonly dropped: number;
      readonly pair: JudgedPair;
    }
  | {
      readonly kind: 'supersede';
      readonly old: number;
      readonly by: number;
      readonly pair: JudgedPair;
    }
  | { readonly kind: 'conflict'; readonly pair: JudgedPair };

/** A person reads the best few about a statement, not every pair it has. */
const maxSuggestions = 2;

/**
 * What is left for a person among the living rows, the surest first: conflicts that no time settles, and unsure merges and
 * conflicts, of which each row is in at most `maxSuggestions`.
 */
export function suggest(rows: readonly Row[], pairs: readonly JudgedPair[], minConfidence: number): readonly Suggestion[] {
  const counts = new Map<number, number>();
  const ranked = [...pairs].sort(
    (x, y) =>
      Number(x.verdict.ambiguous) - Number(y.verdict.ambiguous) || y.verdict.confidence - x.verdict.confidence || x.a - y.a || x.b - y.b,
  );
  return ranked.flatMap((pair): Suggestion[] => {
    const { relation, ambiguous, confidence } = pair.verdict;
    if (relation === 'distinct' || (ambiguous && confidence < minConfidence)) return [];
    const [countA, countB] = [counts.get(pair.a) ?? 0, counts.get(pair.b) ?? 0];
    if (ambiguous && (countA >= maxSuggestions || countB >= maxSuggestions)) return [];
    const found = relation === 'conflict' ? suggestConflict(rows, pair) : suggestMerge(rows, pair);
    if (found.length > 0) {
      counts.set(pair.a, countA + 1);
      counts.set(pair.b, countB + 1);
    }
    return found;
  });
}

function suggestMerge(rows: readonly Row[], pair: JudgedPair): Suggestion[] {
  if (rows[pair.a]?.spoken || rows[pair.b]?.spoken || mergeProbability(pair) < 0.5) return [];
  const [survivor, dropped] = survivesFirst(rows, pair) ? [pair.a, pair.b] : [pair.b, pair.a];
  return isRowLocked(rows, dropped) ? [] : [{ kind: 'merge', survivor, dropped, pair }];
}

function survivesFirst(rows: readonly Row[], pair: JudgedPair): boolean {
  if (pair.verdict.keep === 'a' || pair.verdict.keep === 'b') return pair.verdict.keep === 'a';
  if (isRowLocked(rows, pair.a) !== isRowLocked(rows, pair.b)) return isRowLocked(rows, pair.a);
  return (compareTimes(rows[pair.a]?.time ?? null, rows[pair.b]?.time ?? null) ?? 0) >= 0;
}

function suggestConflict(rows: readonly Row[], pair: JudgedPair): Suggestion[] {
  const order = compareTimes(rows[pair.a]?.time ?? null, rows[pair.b]?.time ?? null);
  const [old, by] = order !== null && order < 0 ? [pair.a, pair.b] : [pair.b, pair.a];
  const oldRow = rows[old];
  const spoken = rows[pair.a]?.spoken || rows[pair.b]?.spoken;
  // Two persons who contradict each other are not settled by who spoke last.
  const timed = order !== null && order !== 0 && pair.verdict.keep !== 'none';
  if (timed && !isRowLocked(rows, old)) return [{ kind: 'supersede', old, by, pair }];
  return spoken || !oldRow ? [] : [{ kind: 'conflict', pair }];
}
