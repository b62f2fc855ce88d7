/**
 * Announced changes -> which memory each of them replaces. One that fits two memories nearly as well, one that is not later than the
 * memory, and one that is about something else a little are left to a person. Pure.
 */
import type { JudgedPair } from '../memory.js';
import type { Supersede } from './decide.js';
import { compareTimes, isLocked, type Row } from './rows.js';

/** One statement that an announcement may be about. */
export interface Target {
  /** Row of the statement, and the row of the person's words that would replace it. */
  readonly old: number;
  readonly by: number;
  readonly probability: number;
  readonly rank: number;
  /** Why it is no sure thing; null where nothing speaks against it. */
  readonly doubt: string | null;
  readonly reason: string;
  /** True where the words name the old value as gone: they are later than what they name, whatever the clock says. */
  readonly namesOld: boolean;
}

/** One announcement with all that it may be about. */
export interface Fitted {
  readonly at: string | null;
  readonly targets: readonly Target[];
}

export interface AnnouncedDecisions {
  readonly supersedes: readonly Supersede[];
  readonly suggested: readonly Supersede[];
}

/** Least probability of a change that is made without a person. */
const leastSure = 0.8;
const leastShown = 0.7;
/** Another memory that fits this much as well as the best one leaves it open which one is meant. */
const nearlyAsWell = 0.75;
/** One that something speaks against counts for this much of it. */
const lessDoubted = 0.9;

function decisionOf(rows: readonly Row[], { at, targets }: Fitted): { readonly target: Target; readonly doubt: string | null } | null {
  const open = targets.filter(({ old }) => {
    const row = rows[old];
    return row?.statement && !isLocked(row) && (compareTimes(row.time, at) ?? -1) < 0;
  });
  const [best, second] = [...open].sort((a, b) => b.rank - a.rank || b.probability - a.probability || a.old - b.old);
  if (best === undefined) return null;
  const unclear =
    second !== undefined &&
    second.rank * (second.doubt === null ? 1 : lessDoubted) >= nearlyAsWell * best.rank &&
    rows[second.old]?.key !== rows[best.old]?.key;
  const order = compareTimes(rows[best.old]?.time ?? null, at);
  const undated = order === null && !best.namesOld ? 'it is not known which of them is later' : null;
  return { target: best, doubt: best.doubt ?? (unclear ? 'another memory fits nearly as well' : null) ?? undated };
}

function supersedeOf({ old, by, probability, reason }: Target, doubt: string | null): Supersede {
  const [a, b] = old < by ? [old, by] : [by, old];
  const pair: JudgedPair = {
    a,
    b,
    similarity: 0,
    verdict: {
      relation: 'conflict',
      keep: by === b ? 'b' : 'a',
      confidence: probability,
      probabilities: { duplicate: 0, refines: 0, conflict: probability, distinct: 1 - probability },
      decidedBy: 'rule',
      ambiguous: doubt !== null,
      reason: doubt === null ? reason : `${reason}, but ${doubt}`,
    },
  };
  return { old, by, pair };
}

/** What the announcements change; of several about one memory the latest. */
export function decideAnnounced(rows: readonly Row[], fitted: readonly Fitted[]): AnnouncedDecisions {
  const sure = new Map<number, { readonly at: string | null; readonly supersede: Supersede }>();
  const suggested: Supersede[] = [];
  for (const one of fitted) {
    const found = decisionOf(rows, one);
    if (found === null) continue;
    const { target, doubt } = found;
    if (doubt !== null || target.probability < leastSure) {
      if (target.probability >= leastShown) suggested.push(supersedeOf(target, doubt ?? 'the words are not clear enough'));
      continue;
    }
    const known = sure.get(target.old);
    const order = known ? (compareTimes(one.at, known.at) ?? 0) : 1;
    const surer = known ? target.probability - known.supersede.pair.verdict.confidence : 1;
    if (order > 0 || (order === 0 && surer > 0)) sure.set(target.old, { at: one.at, supersede: supersedeOf(target, null) });
  }
  const supersedes = [...sure.values()].map(({ supersede }) => supersede).sort((a, b) => a.old - b.old);
  return { supersedes, suggested };
}
