/** What was refused, how often it is refused when it is tried, and what came in its place. */
import type { Action, SessionSignals } from '../signals.js';
import type { MiningTools } from './tools.js';
import type { Demand } from './wishes.js';

function note(map: Map<string, Set<string>>, key: string, id: string): void {
  const ids = map.get(key);
  if (ids === undefined) map.set(key, new Set([id]));
  else ids.add(id);
}

/** True where the demand stopped the action it is about. */
function stopsAction({ wish }: Demand): boolean {
  return wish.about !== null && (wish.kind === 'refusal' || wish.kind === 'interruption');
}

export class Refusals {
  readonly #refused = new Map<string, Set<string>>();
  readonly #done = new Map<string, Set<string>>();
  readonly #tools: MiningTools;
  readonly #sessions: number;

  constructor(demands: readonly Demand[], sessions: readonly SessionSignals[], tools: MiningTools) {
    this.#tools = tools;
    this.#sessions = sessions.length;
    for (const demand of demands) {
      if (stopsAction(demand) && demand.wish.about !== null)
        for (const key of this.keysOf(demand.wish.about)) note(this.#refused, key, demand.session.id);
    }
    for (const { id, steps } of sessions) for (const { action } of steps) for (const key of this.keysOf(action)) note(this.#done, key, id);
  }

  /** `o:` with the operation's name, and `f:` with each of its options. */
  keysOf(action: Action): readonly string[] {
    const name = this.#tools.operations.nameOf(action);
    return [`o:${name}`, ...action.flags.map((flag) => `f:${name} | ${flag}`)];
  }

  /** Of the sessions that do or try it, the share in which a person stops it. */
  readonly purity = (key: string): number => {
    const ids = this.#refused.get(key);
    if (ids === undefined) return 0;
    return ids.size / new Set([...ids, ...(this.#done.get(key) ?? [])]).size;
  };

  /** The key of that kind that most of `members` stopped, of at least half of their sessions and two; null where there is none. */
  main(members: readonly Demand[], kind: 'o' | 'f'): string | null {
    const counts = new Map<string, Set<string>>();
    for (const { wish, session } of members.filter(stopsAction)) {
      if (wish.about === null || wish.about.kind === 'edit' || wish.about.kind === 'look') continue;
      for (const key of this.keysOf(wish.about)) if (key.startsWith(`${kind}:`)) note(counts, key, session.id);
    }
    const all = new Set(members.map(({ session }) => session.id)).size;
    const [best] = [...counts]
      .filter(([key, ids]) => ids.size >= 2 && ids.size * 2 >= all && (kind === 'o' || (this.#tells(key) && this.#isSaid(key, members))))
      .toSorted(([a, m], [b, n]) => n.size - m.size || (a < b ? -1 : 1));
    return best?.[0] ?? null;
  }

  /** An option that is refused clearly more often than its operation is. */
  #tells(key: string): boolean {
    const operation = `o:${key.slice(2).split(' | ')[0] ?? ''}`;
    return /[=]/u.test(key) && this.purity(key) > this.purity(operation) + 0.15;
  }

  /** True where persons of two sessions name the value of an option, or the words of an operation. */
  #isSaid(key: string, members: readonly Demand[]): boolean {
    const name = key.slice(key.lastIndexOf('=') + 1);
    const words = [...this.#tools.lexis.stems(name.startsWith('o:') ? name.slice(2) : name)];
    const saying = members.filter(({ wish }) => {
      const said = this.#tools.lexis.stems(wish.text);
      return words.some((word) => said.has(word));
    });
    return new Set(saying.map(({ session }) => session.id)).size >= 2;
  }

  /** The value that took the place of a refused one when the same operation ran later in the same session; null where sessions differ. */
  insteadOfOption(members: readonly Demand[], option: string): string | null {
    const [operation = '', flag = ''] = option.slice(2).split(' | ');
    const name = flag.slice(0, flag.indexOf('=') + 1);
    const found = members.flatMap(({ session, wish }) => {
      const later = this.#after(session, wish.place.line).filter((action) => this.#tools.operations.nameOf(action) === operation);
      return later.flatMap(({ flags }) => flags.find((one) => one.startsWith(name) && one !== flag) ?? []).slice(0, 1);
    });
    return agreed(found, members.length);
  }

  /** What most sessions did next that persons name and sessions seldom do otherwise; null where there is no such thing. */
  insteadOf(members: readonly Demand[], operation: string): string | null {
    const stopped = members.filter(stopsAction);
    const found = stopped.flatMap(({ session, wish }) => {
      const later = this.#after(session, wish.place.line).slice(0, 4);
      return [
        ...new Set(later.filter(({ kind }) => kind === 'run' || kind === 'call').map((action) => this.#tools.operations.nameOf(action))),
      ];
    });
    const rare = found.filter(
      (name) =>
        `o:${name}` !== operation && this.#isSaid(`o:${name}`, stopped) && (this.#done.get(`o:${name}`)?.size ?? 0) * 3 < this.#sessions,
    );
    return agreed(rare, stopped.length);
  }

  #after(session: SessionSignals, line: number): readonly Action[] {
    return session.steps.filter(({ place, failed }) => !failed && place.line > line).map(({ action }) => action);
  }
}

/** What at least three, and more than half of `all`, have in common. */
function agreed(found: readonly string[], all: number): string | null {
  const counts = new Map<string, number>();
  for (const one of found) counts.set(one, (counts.get(one) ?? 0) + 1);
  const [best] = [...counts].filter(([, count]) => count >= 3 && count * 2 > all).toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return best?.[0] ?? null;
}
