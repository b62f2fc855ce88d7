/** Ways of working: sequences of actions that several sessions went through, one for each thing that is done. */
import type { Activities } from './activities.js';
import { passage, type Run, type Runs, tasksOf } from './runs.js';
import { closedSubsequences } from './subsequences.js';
import { isLookup, isMoreOften } from './verdicts.js';

const maxGap = 3;
const maxLength = 10;
const minShare = 0.25;
const maxTried = 600;
const maxTrials = 2;
/** How much more often a step has to come with the others than anywhere. */
const minLift = 1.4;
/** An operation that ended a failure in more of its sessions belongs to a mistake. */
const maxFix = 0.5;

/** Where one session went through it. */
export interface Passage {
  readonly run: Run;
  /** For each step its index in `run.done`. */
  readonly at: readonly number[];
}

export interface Route {
  readonly items: readonly number[];
  /** In order of time. */
  readonly passages: readonly Passage[];
  /** Share of the sessions that hold its rarest step. */
  readonly share: number;
  readonly gain: number;
}

interface Setting {
  readonly runs: Runs;
  readonly minSupport: number;
}

function weightOf(item: number, { runs }: Setting): number {
  const { activities, all } = runs;
  const weight = Math.log((all.length + 1) / (activities.frequency(item) + 0.5));
  return Math.max(0.05, activities.keyOf(item).startsWith('edit ') ? weight / 2 : weight);
}

/** Of the sessions that hold an operation, the share in which it ended a failure. */
export function fixShares(runs: Runs): (item: number) => number {
  const { activities } = runs;
  const held = new Map<string, number>();
  const ended = new Map<string, number>();
  const add = (counts: Map<string, number>, items: readonly (number | null)[]): void => {
    const keys = items.flatMap((item) => (item === null ? [] : activities.lineage(item).map((one) => activities.keyOf(one))));
    for (const key of new Set(keys)) counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const { session, done } of runs.all) {
    add(
      held,
      done.map(({ item }) => item),
    );
    add(
      ended,
      session.episodes.flatMap(({ proof, remedies, changed, solvedAt }) => {
        if (proof === null) return [];
        const line = changed.length === 0 ? -1 : (solvedAt?.line ?? -1);
        const retried = done.findLast(({ place }) => place.line < line)?.place.line;
        return [
          ...remedies.map((action) => activities.itemOf(action)),
          ...done.flatMap(({ place, item }) => (place.line === retried ? [item] : [])),
        ];
      }),
    );
  }
  return (item) => (ended.get(activities.keyOf(item)) ?? 0) / Math.max(1, held.get(activities.keyOf(item)) ?? 0);
}

interface Candidate {
  readonly items: readonly number[];
  /** Indexes of the runs. */
  readonly found: readonly number[];
  readonly gain: number;
}

/** The sequences that are ways of working, strongest first; of those that say the same one. */
export function findRoutes(setting: Setting): readonly Route[] {
  const { runs, minSupport } = setting;
  const { activities } = runs;
  const good = fewOfEachTask(runs.all.filter(({ session }) => session.succeeded !== false));
  const sequences = good.map((run) => runs.sequenceOf(run));
  const parentOf = (item: number): number | null => activities.parentOf(item);
  const all = closedSubsequences(sequences, { minSupport, maxGap, maxLength, minShare, parentOf, maxTried });
  const fixes = fixShares(runs);
  const holders = holdersOf(sequences, activities);
  const candidates = all
    .filter(({ items }) => isWay(items, runs))
    .filter(({ found }) => tasksOf(found.flatMap((n) => good[n] ?? [])) >= minSupport)
    .filter(({ items }) => own(items, runs).every((item) => fixes(item) <= maxFix))
    .filter(
      ({ items, found }) => (isSpecial(items, setting) && isBound(items, holders, good.length)) || isProven(items, found.length, setting),
    )
    .map(({ items, found }): Candidate => {
      const gain = (found.length - 1) * items.reduce((sum, item) => sum + weightOf(item, setting), 0);
      return { items, found, gain };
    });
  const labels = new Map(candidates.map((one) => [one, one.items.map((item) => activities.keyOf(item)).join('\n')]));
  const ordered = candidates.toSorted(
    (a, b) => b.gain - a.gain || b.items.length - a.items.length || ((labels.get(a) ?? '') < (labels.get(b) ?? '') ? -1 : 1),
  );
  const routes = distinct(ordered, runs).map(({ items, found, gain }): Route => {
    const rarest = Math.min(...items.map((item) => activities.frequency(item)));
    return { items, gain, share: found.length / Math.max(1, rarest), passages: found.flatMap((n) => passageOf(good[n], items, runs)) };
  });
  return routes.filter((route) => casesOf(route.passages) >= minSupport && leadsOn(route, runs));
}

/** Where runs came with a verdict: those that went this way did not fail more often than others. */
function leadsOn({ items, passages }: Route, runs: Runs): boolean {
  const failed = runs.all.filter(({ session }) => session.succeeded === false);
  const good = runs.all.filter(({ session }) => session.succeeded === true).length;
  const astray = failed.filter((run) => passageOf(run, items, runs).length > 0).length;
  const along = passages.filter(({ run }) => run.session.succeeded === true).length;
  return astray === 0 || along / (along + astray) >= good / (good + failed.length);
}

/** How many different cases were gone through: runs of one task, or over the same numbers and ids, are one. */
export function casesOf(passages: readonly Passage[]): number {
  const all = passages.map(({ run, at }) => {
    const shown = at.map((index) => run.done[index]?.action.shown ?? '').join(' ');
    return { task: run.task, ids: new Set(shown.match(/[\p{L}\p{N}]*\p{N}[\p{L}\p{N}-]{3,}/gu) ?? []) };
  });
  const counts = new Map<string, number>();
  for (const { ids } of all) for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  const cases: { readonly task: string; readonly ids: readonly string[] }[] = [];
  for (const { task, ids } of all) {
    const own = [...ids].filter((id) => (counts.get(id) ?? 0) * 2 <= all.length || all.length < 4);
    const known = cases.some((one) => one.task === task || isSame(one.ids, own));
    if (!known) cases.push({ task, ids: own });
  }
  return cases.length;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  const both = a.filter((id) => b.includes(id)).length;
  return both > 0 && both * 2 >= a.length + b.length - both;
}

/** Of runs of one task the latest few: more of them prove no more. */
function fewOfEachTask(runs: readonly Run[]): readonly Run[] {
  const counts = new Map<string, number>();
  const kept = runs.toReversed().filter(({ task }) => {
    const count = (counts.get(task) ?? 0) + 1;
    counts.set(task, count);
    return count <= maxTrials;
  });
  return kept.toReversed();
}

function holdersOf(sequences: readonly (readonly number[])[], activities: Activities): ReadonlyMap<number, ReadonlySet<number>> {
  const holders = new Map<number, Set<number>>();
  for (const [n, sequence] of sequences.entries()) {
    for (const item of sequence.flatMap((one) => activities.lineage(one))) {
      const known = holders.get(item) ?? new Set();
      holders.set(item, known.add(n));
    }
  }
  return holders;
}

function passageOf(run: Run | undefined, items: readonly number[], runs: Runs): readonly Passage[] {
  if (run === undefined) return [];
  const at = passage(run, items, maxGap, (item, general) => runs.isA(item, general));
  return at === null ? [] : [{ run, at }];
}

function isEdit(item: number, { activities }: Runs): boolean {
  return activities.keyOf(item).startsWith('edit ');
}

function own(items: readonly number[], runs: Runs): readonly number[] {
  return items.filter((item) => !isEdit(item, runs));
}

/** At least two different operations, one of them no edit, and none only the general name of another. */
function isWay(items: readonly number[], runs: Runs): boolean {
  const kinds = [...new Set(items)];
  const covers = kinds.some((a) => kinds.some((b) => a !== b && runs.isA(b, a)));
  return !covers && kinds.length > 1 && own(kinds, runs).length > 0;
}

/** At least two operations that not every third session does, one of them no edit. */
function isSpecial(items: readonly number[], { runs, minSupport }: Setting): boolean {
  const special = [...new Set(items)].filter((item) => runs.activities.frequency(item) <= Math.max(minSupport + 2, runs.all.length / 3));
  return special.length > 1 && own(special, runs).length > 0;
}

/** Where runs came with a verdict: those that went this way succeeded clearly more often than those that only came to the same end. */
function isProven(items: readonly number[], along: number, { runs, minSupport }: Setting): boolean {
  const last = items.at(-1) ?? -1;
  const judged = runs.all.filter(({ session, done }) => session.succeeded !== null && done.some(({ item }) => runs.isA(item, last)));
  const failed = judged.filter(({ session }) => session.succeeded === false);
  if (failed.length < minSupport || isLookup(runs.activities.rootOf(last))) return false;
  const strayed = failed.filter((run) => passage(run, items, maxGap, (item, general) => runs.isA(item, general)) === null).length;
  const others = Math.max(0, judged.length - failed.length - along);
  return strayed >= minSupport && isMoreOften({ good: along, bad: failed.length - strayed }, { good: others, bad: strayed });
}

/** True where each step comes with the others clearly more often than it comes anywhere. */
function isBound(items: readonly number[], holders: ReadonlyMap<number, ReadonlySet<number>>, sessions: number): boolean {
  return items.every((item, at) => {
    const others = items.filter((other, index) => index !== at && other !== item).map((other) => holders.get(other) ?? new Set<number>());
    const [first, ...rest] = others;
    if (first === undefined) return true;
    const together = [...first].filter((n) => rest.every((set) => set.has(n)));
    const mine = holders.get(item) ?? new Set<number>();
    const both = together.filter((n) => mine.has(n)).length;
    return together.length > 0 && (both / together.length) * sessions >= minLift * mine.size;
  });
}

/** Strongest first in, without those that share their steps or their sessions with a stronger one and are not clearly more common. */
function distinct(candidates: readonly Candidate[], runs: Runs): readonly Candidate[] {
  const kept: (Candidate & { readonly roots: ReadonlySet<string>; readonly where: ReadonlySet<number> })[] = [];
  for (const one of candidates) {
    const roots = new Set(one.items.map((item) => runs.activities.rootOf(item)));
    const repeats = kept.some((other) => {
      const shared = [...roots].filter((root) => other.roots.has(root)).length;
      const together = one.found.filter((n) => other.where.has(n)).length;
      if (together >= 0.8 * Math.max(one.found.length, other.found.length)) return true;
      return shared > 0 && shared * 2 >= Math.min(roots.size, other.roots.size) && one.found.length < 2 * other.found.length;
    });
    if (!repeats) kept.push({ ...one, roots, where: new Set(one.found) });
  }
  return kept;
}
