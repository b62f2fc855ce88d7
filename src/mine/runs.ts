/** The rows of actions of many sessions as sequences of items, and where a sequence of steps was gone through in each of them. */
import type { Action, SessionSignals, SignalPlace } from '../signals.js';
import { Activities, type ActivityClass, classOf } from './activities.js';
import { byTime } from './order.js';

/** Something done, with what it is called across sessions. */
export interface Did {
  readonly action: Action;
  /** Null where too few sessions share it. */
  readonly item: number | null;
  readonly class: ActivityClass;
  /** False where it failed, as far as it can be told: of a line of several commands the last. */
  readonly worked: boolean;
  readonly place: SignalPlace;
}

export interface Run {
  readonly session: SessionSignals;
  /** The same for sessions that were given one long request word for word: trials of one task are one piece of evidence. */
  readonly task: string;
  /** All that was done, in order. */
  readonly done: readonly Did[];
  /** Indexes into `done` of what a way of working can be made of: repetitions, failures, looks and routine left out. */
  readonly telling: readonly number[];
}

export class Runs {
  readonly activities: Activities;
  /** In order of time. */
  readonly all: readonly Run[];

  constructor(sessions: readonly SessionSignals[], minSupport: number) {
    const ordered = sessions.toSorted(byTime);
    this.activities = new Activities(ordered, minSupport);
    this.all = ordered.map((session) => this.#runOf(session));
  }

  /** The items of a run, one for each of its telling actions. */
  sequenceOf({ done, telling }: Run): readonly number[] {
    return telling.map((at) => done[at]?.item ?? 0);
  }

  isA(item: number | null, general: number): boolean {
    return item !== null && this.activities.lineage(item).includes(general);
  }

  #runOf(session: SessionSignals): Run {
    const done = session.steps.map(({ action, failed, place }, at): Did => {
      const next = session.steps[at + 1];
      const last = next === undefined || next.place.line !== place.line || next.place.path !== place.path;
      return { action, item: this.activities.itemOf(action), class: classOf(action), worked: !(failed && last), place };
    });
    const telling: number[] = [];
    for (const [at, { item, class: kind, worked, action }] of done.entries()) {
      if (item === null || !worked || kind === 'look' || kind === 'routine') continue;
      const before = done[telling.at(-1) ?? -1];
      const again =
        before?.item === item || (action.kind === 'edit' && before?.class === 'edit' && sameRoot(this.activities, before.item, item));
      if (!again) telling.push(at);
    }
    return { session, task: taskOf(session), done, telling };
  }
}

/** From this length on a request is not typed twice by chance. */
const longRequest = 160;

function taskOf({ id, wishes }: SessionSignals): string {
  const text = (wishes[0]?.text ?? '').replace(/\s+/gu, ' ').trim();
  return text.length < longRequest ? id : text;
}

/** How many different tasks the runs had. */
export function tasksOf(runs: readonly Run[]): number {
  return new Set(runs.map(({ task }) => task)).size;
}

function sameRoot(activities: Activities, a: number | null, b: number): boolean {
  return a !== null && activities.rootOf(a) === activities.rootOf(b);
}

/**
 * Where a run goes through `items` in order with at most `maxGap` telling actions between two of them, as indexes into `done`: of several
 * ways the one that ends last, and of those the shortest. Null where it does not.
 */
export function passage(
  run: Run,
  items: readonly number[],
  maxGap: number,
  isA: (item: number | null, general: number) => boolean,
): readonly number[] | null {
  const { telling, done } = run;
  const holds = (position: number, step: number): boolean => isA(done[telling[position] ?? -1]?.item ?? null, items[step] ?? -1);
  const dead = new Set<number>();
  const back = (position: number, step: number): readonly number[] | null => {
    if (step < 0) return [];
    const state = position * items.length + step;
    if (dead.has(state)) return null;
    for (let at = position; at >= 0 && at >= position - maxGap; at--) {
      const rest = holds(at, step) ? back(at - 1, step - 1) : null;
      if (rest !== null) return [...rest, telling[at] ?? 0];
    }
    dead.add(state);
    return null;
  };
  for (let end = telling.length - 1; end >= items.length - 1; end--) {
    const rest = holds(end, items.length - 1) ? back(end - 1, items.length - 2) : null;
    if (rest !== null) return [...rest, telling[end] ?? 0];
  }
  return null;
}
