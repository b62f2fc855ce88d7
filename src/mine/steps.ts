/** The steps of a way of working in the words of a command line, with what most of its runs did in between. */
import { commonCommand } from './commands.js';
import type { Passage, Route } from './routes.js';
import type { Runs } from './runs.js';

export interface Step {
  readonly item: number;
  readonly kind: 'edit' | 'run' | 'call';
  readonly command: string;
  /** True where not all runs did it. */
  readonly optional: boolean;
  /** True for a routine thing at the edge that was not done in one go with its neighbour. */
  readonly loose: boolean;
}

const mostly = 0.6;
/** Of a routine thing at the edge of a way of working: nearly all runs do it. */
const nearlyAll = 0.75;
const maxSteps = 9;

interface Place {
  readonly passage: Passage;
  readonly at: number;
}

/** The route's own steps and, before, between and behind them, what most of its runs did there. */
export function completed(route: Route, runs: Runs): readonly Step[] {
  const { items, passages } = route;
  const steps: Step[] = [];
  if (items.length === 1)
    return [
      stepOf(
        items[0] ?? 0,
        passages.map((passage) => ({ passage, at: passage.at[0] ?? 0 })),
        false,
      ),
    ];
  const slots = items.length + 1;
  for (let slot = 0; slot < slots; slot++) {
    const between = slot > 0 && slot < items.length;
    if (steps.length + items.length - slot < maxSteps) {
      const extra = commonIn(passages, slot, runs, between ? mostly : nearlyAll);
      if (extra !== null && !items.some((item) => runs.isA(extra.item, item) || runs.isA(item, extra.item))) steps.push(extra);
    }
    const item = items[slot];
    if (item !== undefined)
      steps.push(
        stepOf(
          item,
          passages.map((passage) => ({ passage, at: passage.at[slot] ?? 0 })),
          false,
        ),
      );
  }
  return steps;
}

function stepOf(item: number, places: readonly Place[], optional: boolean, loose = false): Step {
  const actions = places.flatMap(({ passage, at }) => passage.run.done[at]?.action ?? []);
  const kind = actions[0]?.kind === 'edit' ? 'edit' : actions[0]?.kind === 'call' ? 'call' : 'run';
  return { item, kind, command: commonCommand(actions), optional, loose };
}

/** Indexes into `done` that lie in a slot: before the first step, between two, behind the last. */
function indexesIn({ run, at }: Passage, slot: number): readonly number[] {
  const reach = 2;
  const from = slot === 0 ? Math.max(0, (at[0] ?? 0) - reach) : (at[slot - 1] ?? 0) + 1;
  const until = slot === at.length ? Math.min(run.done.length, from + reach) : (at[slot] ?? 0);
  return Array.from({ length: Math.max(0, until - from) }, (_, n) => from + n);
}

/** The one action, looks left out, that at least `share` of the runs did in a slot. */
function commonIn(passages: readonly Passage[], slot: number, runs: Runs, share: number): Step | null {
  const byItem = new Map<number, Place[]>();
  for (const passage of passages) {
    const seen = new Set<number>();
    for (const at of indexesIn(passage, slot)) {
      const did = passage.run.done[at];
      if (did === undefined || did.item === null || did.class === 'look' || !did.worked) continue;
      for (const item of runs.activities.lineage(did.item)) {
        if (seen.has(item)) continue;
        seen.add(item);
        byItem.set(item, [...(byItem.get(item) ?? []), { passage, at }]);
      }
    }
  }
  const enough = [...byItem].filter(([, places]) => places.length >= Math.max(2, share * passages.length));
  const depth = (item: number): number => runs.activities.lineage(item).length;
  const [best] = enough.toSorted(([a, m], [b, n]) => n.length - m.length || depth(b) - depth(a) || a - b);
  if (best === undefined) return null;
  const [item, places] = best;
  const edge = slot === 0 || slot === passages[0]?.at.length;
  const loose = edge && places.every(({ passage, at }) => passage.run.done[at]?.class !== 'own') && !isInOneGo(places, slot);
  return stepOf(item, places, places.length < passages.length, loose);
}

/** True where most runs did it in one line with the neighbouring step. */
function isInOneGo(places: readonly Place[], slot: number): boolean {
  const along = places.filter(({ passage, at }) => {
    const neighbour = passage.at[slot === 0 ? 0 : slot - 1] ?? 0;
    return passage.run.done[neighbour]?.place.line === passage.run.done[at]?.place.line;
  });
  return along.length >= mostly * places.length;
}
