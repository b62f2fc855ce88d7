/**
 * Recurring mistakes: episodes of several sessions that one remedy ended, or that show one failure. The remedy comes first: it tells two
 * causes behind one error text apart, and finds one cause behind error texts that have no word in common.
 */
import { compareText } from '../memory.js';
import type { Episode, SessionSignals } from '../signals.js';
import { append } from './grouped.js';
import type { Lexis } from './lexis.js';
import type { Operations } from './operations.js';
import { actionKeys, isDiagnostic, remedyKeys } from './remedies.js';

export interface SessionEpisode {
  readonly session: SessionSignals;
  readonly episode: Episode;
  /** Stems of what failed and what was said about it. */
  readonly stems: ReadonlySet<string>;
  /** `remedyKeys` of the episode. */
  readonly keys: ReadonlySet<string>;
}

export interface Remedy {
  readonly key: string;
  /** Sessions whose episodes it ended. */
  readonly support: number;
  /** Of the sessions that did it at all, the share that did it to end an episode. */
  readonly purity: number;
}

export interface Lesson {
  /** Episodes in order of time; those that the remedy ended, and those that only show the same failure. */
  readonly members: readonly SessionEpisode[];
  /** The strongest first; empty where nothing helped in most of them. */
  readonly remedies: readonly Remedy[];
  /** Mean likeness of what failed and what was said, 0 to 1. */
  readonly coherence: number;
}

export interface LessonTools {
  readonly lexis: Lexis;
  readonly operations: Operations;
  readonly minSupport: number;
}

interface SharedRemedy {
  readonly remedy: Remedy;
  readonly members: readonly SessionEpisode[];
  readonly ids: ReadonlySet<string>;
  readonly weight: number;
}

const minPurity = 0.5;
/** An episode joins a lesson whose remedy it does not share only if it is as like its members as they are to each other. */
const minLikeness = 0.12;

function sessionIds(members: readonly SessionEpisode[]): ReadonlySet<string> {
  return new Set(members.map(({ session }) => session.id));
}

/** In how many sessions each of the keys is done at all. */
function countEverywhere(sessions: readonly SessionSignals[], operations: Operations, wanted: { has: (key: string) => boolean }) {
  const counts = new Map<string, number>();
  for (const { steps, episodes } of sessions) {
    const keys = new Set<string>();
    for (const { action, failed } of steps) if (!failed) for (const key of actionKeys(action, operations)) keys.add(key);
    for (const episode of episodes) for (const key of remedyKeys(episode, operations)) keys.add(key);
    for (const key of keys) if (wanted.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/**
 * An option may be the usual way and the remedy at once: then what counts is how often the operations that failed are run without it, and
 * fail. Null for keys without an option.
 */
function contrastOf(
  key: string,
  found: readonly SessionEpisode[],
  runs: ReadonlyMap<string, ReadonlyMap<string, readonly ReadonlySet<string>[]>>,
  operations: Operations,
): number | null {
  const option = key.split(' | ')[1];
  if (option === undefined) return null;
  const failed = new Map<string, Set<string>>();
  for (const { session, episode } of found) {
    if (episode.operation.flags.includes(option)) continue;
    const name = operations.nameOf(episode.operation);
    failed.set(name, (failed.get(name) ?? new Set()).add(session.id));
  }
  const without = new Set<string>();
  for (const name of failed.keys()) {
    for (const [id, flags] of runs.get(name) ?? []) if (flags.some((set) => !set.has(option))) without.add(id);
  }
  if (without.size === 0) return null;
  const failing = new Set([...failed.values()].flatMap((ids) => [...ids]));
  return failing.size / Math.max(failing.size, without.size);
}

/** By operation and session, the options of each run. */
function runsOf(sessions: readonly SessionSignals[], operations: Operations) {
  const runs = new Map<string, Map<string, ReadonlySet<string>[]>>();
  for (const { id, steps } of sessions) {
    for (const { action } of steps) {
      if (action.kind !== 'run') continue;
      const name = operations.nameOf(action);
      const bySession = runs.get(name) ?? new Map<string, ReadonlySet<string>[]>();
      append(bySession, id, new Set(action.flags));
      runs.set(name, bySession);
    }
  }
  return runs;
}

/** Every remedy that ended episodes of at least `minSupport` sessions and is not done as often without a failure, strongest first. */
function sharedRemedies(
  members: readonly SessionEpisode[],
  sessions: readonly SessionSignals[],
  tools: LessonTools,
): readonly SharedRemedy[] {
  const byKey = new Map<string, SessionEpisode[]>();
  for (const member of members) {
    // A run that was found to have failed proves no remedy.
    if (member.episode.proof === null || member.session.succeeded === false) continue;
    for (const key of member.keys) append(byKey, key, member);
  }
  const common = new Map([...byKey].map(([key, found]) => [key, { found, ids: sessionIds(found) }] as const));
  for (const [key, { ids }] of common) if (ids.size < tools.minSupport) common.delete(key);
  const everywhere = countEverywhere(sessions, tools.operations, common);
  const runs = runsOf(sessions, tools.operations);
  const shared = [...common]
    .map(([key, { found, ids }]) => {
      const support = ids.size;
      const all = Math.max(support, everywhere.get(key) ?? support);
      const rarity = Math.log((sessions.length + 1) / (all + 0.5));
      const purity = Math.max(support / all, contrastOf(key, found, runs, tools.operations) ?? 0);
      const weight = Math.sqrt(support) * rarity * purity ** 2 * (isDiagnostic(key) ? 0.4 : 1);
      return { remedy: { key, support, purity }, members: found, ids, weight };
    })
    .filter(({ remedy, weight }) => remedy.purity >= minPurity && weight > 0);
  return shared
    .filter((one) => !shared.some((plain) => isIncidental(one, plain)))
    .toSorted((a, b) => b.weight - a.weight || rankOf(a) - rankOf(b) || (a.remedy.key < b.remedy.key ? -1 : 1));
}

/** True for an option that the action `plain` carried in some of the sessions that it helped, and that it helps as surely without. */
function isIncidental({ remedy, ids }: SharedRemedy, plain: SharedRemedy): boolean {
  const [base = '', option] = remedy.key.split(' | ');
  if (option === undefined || plain.remedy.key.includes(' | ') || plain.remedy.key.startsWith('put ')) return false;
  if (base !== '*' && base !== plain.remedy.key) return false;
  return plain.ids.size > ids.size && plain.remedy.purity >= remedy.purity - 0.1 && [...ids].every((id) => plain.ids.has(id));
}

/** Of keys that tell as much the plainest comes first: an action, then an option of it, then an option of whatever action. */
function rankOf({ remedy: { key } }: SharedRemedy): number {
  return key.startsWith('* | ') ? 2 : key.includes(' | ') ? 1 : 0;
}

/** Sessions that remedies have in common, of those of the one that has fewer, from which on they go along. */
const minOverlap = 0.75;

/** For a remedy, those that ended episodes of mostly the same sessions, in the order given. */
function companions(shared: readonly SharedRemedy[]): (one: SharedRemedy) => readonly SharedRemedy[] {
  const bySession = new Map<string, number[]>();
  for (const [at, { ids }] of shared.entries()) for (const id of ids) append(bySession, id, at);
  return (one) => {
    const both = new Map<number, number>();
    for (const id of one.ids) for (const at of bySession.get(id) ?? []) both.set(at, (both.get(at) ?? 0) + 1);
    return [...both]
      .toSorted(([a], [b]) => a - b)
      .flatMap(([at, count]) => {
        const other = shared[at];
        return other === undefined || other === one || count < minOverlap * Math.min(one.ids.size, other.ids.size) ? [] : [other];
      });
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function coherenceOf(members: readonly SessionEpisode[], lexis: Lexis): number {
  const some = members.slice(0, 40);
  return mean(
    some.flatMap((a, at) => some.slice(at + 1).flatMap((b) => (a.session.id === b.session.id ? [] : [lexis.cosine(a.stems, b.stems)]))),
  );
}

function byTime(members: readonly SessionEpisode[]): readonly SessionEpisode[] {
  const key = ({ session, episode }: SessionEpisode) => `${episode.place.at ?? session.at ?? ''} ${session.id} ${episode.place.line}`;
  return members
    .map((member) => ({ member, key: key(member) }))
    .toSorted((a, b) => compareText(a.key, b.key))
    .map(({ member }) => member);
}

/** The lessons of all episodes, strongest first; an episode belongs to one lesson at most. */
export function findLessons(sessions: readonly SessionSignals[], tools: LessonTools): readonly Lesson[] {
  const { lexis, minSupport } = tools;
  const members = sessions.flatMap((session) =>
    session.episodes.map((episode) => {
      const keys = remedyKeys(episode, tools.operations);
      return { session, episode, stems: lexis.stems(textOf(episode)), keys };
    }),
  );
  const taken = new Set<SessionEpisode>();
  const groups: { readonly members: SessionEpisode[]; readonly remedies: readonly Remedy[] }[] = [];
  const shared = sharedRemedies(members, sessions, tools);
  const alongWith = companions(shared);
  for (const one of shared) {
    const own = one.members.filter((member) => !taken.has(member));
    if (sessionIds(own).size < minSupport) continue;
    for (const member of own) taken.add(member);
    groups.push({ members: [...own], remedies: [one.remedy, ...alongWith(one).map(({ remedy }) => remedy)] });
  }
  attach(groups, members, taken, tools);
  const fixed = groups.map((group) => ({ ...group, members: byTime(group.members), coherence: coherenceOf(group.members, lexis) }));
  return [
    ...fixed,
    ...sameFailures(
      members.filter((member) => !taken.has(member)),
      tools,
    ),
  ];
}

/** Episodes that show a lesson's failure though its remedy was worded otherwise, or not found: same operation or message, same talk. */
function attach(
  groups: readonly { readonly members: SessionEpisode[]; readonly remedies: readonly Remedy[] }[],
  members: readonly SessionEpisode[],
  taken: Set<SessionEpisode>,
  { lexis, operations }: LessonTools,
): void {
  const kinds = groups.map((group) => {
    const marks = new Set(group.members.flatMap(({ episode }) => marksOf(episode, operations)));
    const coherence = coherenceOf(group.members, lexis);
    return { group, marks, bar: Math.max(minLikeness, coherence), core: group.members.slice(0, 40) };
  });
  const byMark = new Map<string, number[]>();
  for (const [at, { marks }] of kinds.entries()) for (const mark of marks) append(byMark, mark, at);
  for (const member of members) {
    if (taken.has(member)) continue;
    const marks = marksOf(member.episode, operations);
    const fitting = [...new Set(marks.flatMap((mark) => byMark.get(mark) ?? []))]
      .toSorted((a, b) => a - b)
      .flatMap((at) => kinds[at] ?? [])
      .map((kind) => ({ kind, likeness: mean(kind.core.map((other) => lexis.cosine(other.stems, member.stems))) }))
      .filter(({ kind, likeness }) => likeness >= kind.bar)
      .toSorted((a, b) => b.likeness - a.likeness);
    if (fitting[0] === undefined) continue;
    fitting[0].kind.group.members.push(member);
    taken.add(member);
  }
}

function marksOf({ operation, symptoms }: Episode, operations: Operations): readonly string[] {
  return [operations.nameOf(operation), ...symptoms.filter(({ named }) => named).map(({ template }) => template)];
}

/** Failures of one operation with one message in several sessions that nothing, or each time something else, ended. */
function sameFailures(members: readonly SessionEpisode[], { lexis, operations, minSupport }: LessonTools): readonly Lesson[] {
  const byFailure = new Map<string, SessionEpisode[]>();
  for (const member of members) {
    const [symptom] = member.episode.symptoms;
    if (symptom?.named !== true) continue;
    const key = `${operations.nameOf(member.episode.operation)}\n${symptom.template}`;
    append(byFailure, key, member);
  }
  return [...byFailure]
    .map(([key, found]) => ({ key, found, support: sessionIds(found).size }))
    .filter(({ support }) => support >= minSupport)
    .toSorted((a, b) => b.support - a.support || (a.key < b.key ? -1 : 1))
    .map(({ found }) => ({ members: byTime(found), remedies: [], coherence: coherenceOf(found, lexis) }));
}

function textOf({ operation, symptoms, remarks }: Episode): string {
  return [operation.shown, ...symptoms.map(({ text }) => text), ...remarks.map(({ text }) => text)].join('\n');
}
