/** Single actions that open one kind of work again and again: a project's own command with one option, right after the same kind of request. */
import type { Passage } from './routes.js';
import { type Run, type Runs, tasksOf } from './runs.js';

/** Of the sessions that do it, the share in which it is the first thing done about a request. */
const opening = 2 / 3;
const maxShare = 0.25;
const maxFix = 0.34;
/** Options told apart from one operation before it is worth naming. */
const leastWords = 2;

export interface Habit {
  readonly item: number;
  readonly passages: readonly Passage[];
}

/** True where nothing but looking around was done since the person last said something. */
function opens(run: Run, at: number): boolean {
  const line = run.done[at]?.place.line ?? 0;
  const said = run.session.wishes.findLast(({ place }) => place.line < line)?.place.line ?? 0;
  return !run.done.slice(0, at).some((did) => did.class !== 'look' && did.place.line > said && did.place.line < line);
}

/** Commands of one program, with an option or argument that sessions share, that open work; the most particular of each operation. */
export function findHabits(
  runs: Runs,
  setting: { readonly minSupport: number; readonly fixShare: (item: number) => number },
): readonly Habit[] {
  const { activities, all } = runs;
  const byItem = new Map<number, Passage[]>();
  for (const run of all) {
    if (run.session.succeeded === false) continue;
    const seen = new Set<number>();
    for (const at of run.telling) {
      const did = run.done[at];
      if (did?.item === null || did === undefined || did.action.kind !== 'run') continue;
      for (const item of activities.lineage(did.item)) {
        if (seen.has(item)) continue;
        seen.add(item);
        byItem.set(item, [...(byItem.get(item) ?? []), { run, at: [at] }]);
      }
    }
  }
  const fits = ([item, passages]: readonly [number, readonly Passage[]]): boolean => {
    const [name = '', ...options] = activities.keyOf(item).split(' | ');
    const particular = options.length > 0 || (name.split(' ').length >= leastWords && name.includes('/'));
    const early = passages.filter(({ run, at }) => opens(run, at[0] ?? 0)).length;
    return (
      particular &&
      tasksOf(passages.map(({ run }) => run)) >= setting.minSupport &&
      passages.length <= Math.max(setting.minSupport, maxShare * all.length) &&
      early >= opening * passages.length &&
      setting.fixShare(item) <= maxFix
    );
  };
  const found = [...byItem].filter(fits).map(([item, passages]): Habit => ({ item, passages }));
  return found.filter(({ item }) => !found.some((other) => other.item !== item && runs.isA(other.item, item)));
}
