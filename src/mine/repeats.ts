/** A resumed session repeats the records of the one that it goes on from, often under a new id; so does a copy of a file. One id is one session. */
import { compareText } from '../memory.js';
import type { Episode, SessionSignals, SignalPlace, Step, Wish } from '../signals.js';
import { grouped } from './grouped.js';

/** The same words at the same time are the same event; without times only the session's id can tell. */
function keyOf(id: string, { at }: SignalPlace, ...words: readonly string[]): string {
  return JSON.stringify([at ?? id, ...words]);
}

const stepKey = (id: string, { place, action }: Step): string => keyOf(id, place, action.shown);
const wishKey = (id: string, { place, kind, text }: Wish): string => keyOf(id, place, kind, text);
const failureKey = (id: string, { place, operation, quote }: Episode): string => keyOf(id, place, operation.shown, quote);

/** The position of the first session that holds each event. */
function firstHolders(
  sessions: readonly SessionSignals[],
  keysOf: (session: SessionSignals) => readonly string[],
): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const [at, session] of sessions.entries()) for (const key of keysOf(session)) if (!first.has(key)) first.set(key, at);
  return first;
}

interface Placed {
  readonly place: SignalPlace;
}

/** What the parts hold, by time: an entry without one stays behind the one before it, and the entries of a part keep their order. */
function inTime<T extends Placed>(parts: readonly SessionSignals[], entriesOf: (part: SessionSignals) => readonly T[]): readonly T[] {
  const timed = parts.flatMap((part) => {
    let at = part.at ?? '';
    return entriesOf(part).map((entry) => {
      const own = entry.place.at ?? at;
      at = own > at ? own : at;
      return { entry, at };
    });
  });
  return timed.toSorted((a, b) => compareText(a.at, b.at)).map(({ entry }) => entry);
}

/** The parts of one session as one; `parts` by time, not empty. The last verdict holds, and the person who wrote most of the messages. */
function asOne(parts: readonly SessionSignals[]): SessionSignals {
  const [first] = parts;
  if (first === undefined) throw new RangeError('a session without parts');
  if (parts.length === 1) return first;
  const [typed] = parts.filter(({ person }) => person !== null).toSorted((a, b) => b.wishes.length - a.wishes.length);
  return {
    id: first.id,
    path: first.path,
    at: parts.find(({ at }) => at !== null)?.at ?? null,
    person: typed?.person ?? null,
    steps: inTime(parts, ({ steps }) => steps),
    episodes: inTime(parts, ({ episodes }) => episodes),
    wishes: inTime(parts, ({ wishes }) => wishes),
    succeeded: parts.findLast(({ succeeded }) => succeeded !== null)?.succeeded ?? null,
  };
}

/**
 * One entry for each id, in the order of its first part, without what an earlier session holds already: what was done, failed and said
 * counts once. Of a failure that one copy shows to its end and another does not, the one with the end stays. Sessions with nothing left
 * are left out.
 *
 * @param sessions by time; of one id as many as it has files
 */
export function withoutRepeats(sessions: readonly SessionSignals[]): readonly SessionSignals[] {
  const steps = firstHolders(sessions, ({ id, steps: own }) => own.map((step) => stepKey(id, step)));
  const wishes = firstHolders(sessions, ({ id, wishes: own }) => own.map((wish) => wishKey(id, wish)));
  const failures = firstHolders(sessions, ({ id, episodes }) => episodes.map((episode) => failureKey(id, episode)));
  const solved = firstHolders(sessions, ({ id, episodes }) =>
    episodes.filter(({ proof }) => proof !== null).map((episode) => failureKey(id, episode)),
  );
  const fresh = sessions.map((session, at) => {
    const { id } = session;
    return {
      ...session,
      steps: session.steps.filter((step) => steps.get(stepKey(id, step)) === at),
      wishes: session.wishes.filter((wish) => wishes.get(wishKey(id, wish)) === at),
      episodes: session.episodes.filter((episode) => {
        const key = failureKey(id, episode);
        return (solved.get(key) ?? failures.get(key)) === at;
      }),
    };
  });
  const left = fresh.filter((session) => session.steps.length + session.wishes.length + session.episodes.length > 0);
  return [...grouped(left, ({ id }) => id).values()].map(asOne);
}
