/**
 * Whether a lesson helps: how often per session a mistake happened before the store said what to do about it, and how often since. Each
 * dream measures all recurring mistakes of the sessions that it read; `explain` looks up the newest measure.
 */
import { z } from 'zod';
import { type Change, type Segmented, type Statement, textKey } from '../memory.js';
import { compareTimes, statementRow } from '../resolve/rows.js';
import type { SessionSignals } from '../signals.js';
import type { DreamRow } from '../store/rows.js';
import type { Engine } from './engine.js';
import type { PlannedInsight } from './insights.js';
import type { EffectVerdict, LessonEffect, Share } from './results.js';

const share = z.object({ happened: z.number(), sessions: z.number() });

const measured = z.object({
  /** `textKey` of the topic of the insight. */
  topic: z.string(),
  /** Id of the change that the insight led to; null where there was nothing to propose. */
  change: z.string().nullable(),
  /** `textKey` of the memory that says it, else of the text that the change would write; null where there is neither. */
  text: z.string().nullable(),
  /** True where a memory said it already when the dream began. */
  stated: z.boolean(),
  since: z.string().nullable(),
  before: share,
  after: share,
  without_time: share,
});
type Measured = Readonly<z.output<typeof measured>>;

/** The checkpoint of a dream; `until` is when the latest session that it read began: its own lessons were not in the store before. */
const savedEffects = z.object({ until: z.string().nullable(), lessons: z.array(measured) });
type SavedEffects = Readonly<z.output<typeof savedEffects>>;

const checkpoint = 'effects';

/** Two shares as far apart as by chance in one of twenty cases, or more rarely, are called different. */
const significant = 0.05;

interface DreamInput {
  readonly signals: readonly SessionSignals[];
  readonly segmented: Segmented;
  readonly taught: readonly PlannedInsight[];
}

/** Measures every recurring mistake of a dream, whatever became of it there, and keeps the result with the dream. */
export function saveEffects(engine: Engine, row: DreamRow, { signals, segmented, taught }: DreamInput): void {
  const times = startsOf(signals);
  const earlier = ancestorsOf(engine.store.listDreams(), row).flatMap(({ id }): readonly EarlierDream[] => {
    const saved = readEffects(engine, id);
    return saved === null ? [] : [{ id, saved }];
  });
  const statements = new Map(segmented.statements.map((statement) => [textKey(statement.text), statement]));
  const lessons = taught
    .filter(({ insight }) => insight.kind === 'mistake')
    .map(({ insight, statement: said, planned }): Measured => {
      const topic = textKey(insight.topic);
      const statement = said ?? writtenBefore(topic, earlier, statements, engine);
      const since = statement === null ? null : sinceWhen(statement, earlier, engine);
      const written = planned?.effect.insert[0]?.text ?? null;
      const text = statement?.text ?? written;
      return {
        topic,
        change: planned?.change.id ?? null,
        text: text === null ? null : textKey(text),
        stated: statement !== null,
        since,
        ...countShares(times, new Set(insight.sessions), since),
      };
    });
  const until = [...times.values()].reduce((latest, at) => ((compareTimes(at, latest) ?? 1) > 0 ? (at ?? latest) : latest), null);
  engine.store.saveCheckpoint(row.id, checkpoint, { until, lessons } satisfies SavedEffects);
}

interface EarlierDream {
  readonly id: string;
  readonly saved: SavedEffects;
}

function readEffects(engine: Engine, id: string): SavedEffects | null {
  return engine.store.checkpoint(id, checkpoint, savedEffects);
}

/** When each session began; one that lies in several files counts once, from its first turn. */
function startsOf(signals: readonly SessionSignals[]): ReadonlyMap<string, string | null> {
  const starts = new Map<string, string | null>();
  for (const { id, at } of signals) {
    const known = starts.get(id) ?? null;
    starts.set(id, known === null || (compareTimes(at, known) ?? 0) < 0 ? at : known);
  }
  return starts;
}

/** The memory that an earlier dream wrote about the topic, where it still stands in the store: in its words or as a person edited it. */
function writtenBefore(
  topic: string,
  earlier: readonly EarlierDream[],
  statements: ReadonlyMap<string, Statement>,
  engine: Engine,
): Statement | null {
  for (const { id, saved } of earlier) {
    for (const lesson of saved.lessons.filter((one) => one.topic === topic)) {
      const found = statements.get(lesson.text ?? '') ?? statements.get(editedText(engine, id, lesson) ?? '');
      if (found !== undefined) return found;
    }
  }
  return null;
}

/** `textKey` of what the change says after the person's decisions. */
function editedText(engine: Engine, dream: string, { change }: Measured): string | null {
  if (change === null) return null;
  const now = engine.store.changesOf(dream).find((planned) => planned.change.id === change)?.change.after;
  return now ? textKey(now.text) : null;
}

/**
 * Since when a memory can have helped; null where the store does not say it strongly. A lesson that a dream wrote was last seen before
 * that dream, but was in nobody's memory before it: no session that the dream read had it.
 */
function sinceWhen(statement: Statement, earlier: readonly EarlierDream[], engine: Engine): string | null {
  const key = textKey(statement.text);
  const writer = earlier.find(({ saved }) => saved.lessons.some(({ text, stated }) => text === key && !stated))?.saved;
  if (writer === undefined) return statementRow(statement, (text) => engine.store.movedTime(text)).time;
  const moved = engine.store.movedTime(key);
  return (compareTimes(writer.until, moved) ?? 1) > 0 ? (writer.until ?? moved) : moved;
}

type Shares = Pick<Measured, 'before' | 'after' | 'without_time'>;

/** A session that began at `since` itself, or on the day that `since` names, counts as one before. */
function countShares(times: ReadonlyMap<string, string | null>, happened: ReadonlySet<string>, since: string | null): Shares {
  const of = (wanted: (at: string | null) => boolean): Share => {
    const ids = [...times].filter(([, at]) => wanted(at)).map(([id]) => id);
    return { happened: ids.filter((id) => happened.has(id)).length, sessions: ids.length };
  };
  const isAfter = (at: string) => (compareTimes(at, since) ?? 0) > 0;
  return {
    before: of((at) => at !== null && !isAfter(at)),
    after: of((at) => at !== null && isAfter(at)),
    without_time: of((at) => at === null),
  };
}

/** The dreams before this one over its store, or over one that this one is the output of; newest first. */
function ancestorsOf(newestFirst: readonly DreamRow[], row: DreamRow): readonly DreamRow[] {
  const roots = new Set([row.storeRoot]);
  const before = newestFirst.slice(newestFirst.findIndex(({ id }) => id === row.id) + 1);
  return before.filter((dream) => {
    if (outputsOf(dream).some((path) => roots.has(path))) roots.add(dream.storeRoot);
    return dream.status === 'completed' && roots.has(dream.storeRoot);
  });
}

/** This dream, and those after it over its store or over what became of it; newest first. */
function descendantsOf(newestFirst: readonly DreamRow[], row: DreamRow): readonly DreamRow[] {
  const roots = new Set([row.storeRoot]);
  const since = newestFirst.slice(0, newestFirst.findIndex(({ id }) => id === row.id) + 1).toReversed();
  return since
    .filter((dream) => {
      if (roots.has(dream.storeRoot)) for (const path of outputsOf(dream)) roots.add(path);
      return dream.status === 'completed' && roots.has(dream.storeRoot);
    })
    .toReversed();
}

function outputsOf({ out, applied }: DreamRow): readonly string[] {
  return [out, applied?.path].flatMap((path) => path ?? []);
}

/** What the newest dream over the store of `row` found about the lesson of a change; null for other changes, and where none measured it. */
export function effectOf(engine: Engine, row: DreamRow, change: Change): LessonEffect | null {
  if (change.insight !== 'mistake') return null;
  const text = change.after === null ? null : textKey(change.after.text);
  const own = readEffects(engine, row.id)?.lessons ?? [];
  const topic = (own.find((lesson) => lesson.change === change.id) ?? own.find((lesson) => lesson.text === text))?.topic;
  for (const dream of descendantsOf(engine.store.listDreams(), row)) {
    const lessons = readEffects(engine, dream.id)?.lessons ?? [];
    const found = lessons.find((lesson) => lesson.topic === topic) ?? lessons.find((lesson) => text !== null && lesson.text === text);
    if (found !== undefined) return told(dream.id, found);
  }
  return null;
}

function told(dream: string, lesson: Measured): LessonEffect {
  const { stated, since, before, after, without_time } = lesson;
  const verdict = since === null ? null : compareShares(before, after);
  return { dream, stated, since, before, after, without_time, verdict, sentence: sentenceOf(lesson, verdict) };
}

/** How two shares compare; null where one of them is of no session at all. */
export function compareShares(before: Share, after: Share): EffectVerdict | null {
  if (before.sessions === 0 || after.sessions === 0) return null;
  if (chanceOfAtMost(after, before) <= significant) return 'rarer';
  if (chanceOfAtMost(before, after) <= significant) return 'more_often';
  return after.happened * before.sessions < before.happened * after.sessions ? 'too_few' : 'not_rarer';
}

/** The chance of no more in `one` than were seen, had the same number been spread over the sessions of both at random (Fisher's exact test). */
function chanceOfAtMost(one: Share, other: Share): number {
  const sessions = one.sessions + other.sessions;
  const happened = one.happened + other.happened;
  const logs = logFactorials(sessions);
  const choose = (n: number, k: number) => (logs[n] ?? 0) - (logs[k] ?? 0) - (logs[n - k] ?? 0);
  let sum = 0;
  for (let k = Math.max(0, happened - other.sessions); k <= one.happened; k++)
    sum += Math.exp(choose(happened, k) + choose(sessions - happened, one.sessions - k) - choose(sessions, one.sessions));
  return sum;
}

function logFactorials(most: number): Float64Array {
  const logs = new Float64Array(most + 1);
  for (let n = 1; n <= most; n++) logs[n] = (logs[n - 1] ?? 0) + Math.log(n);
  return logs;
}

const verdicts: Readonly<Record<EffectVerdict, string>> = {
  rarer: 'It has become rarer.',
  more_often: 'It happens more often than before.',
  not_rarer: 'It has not become rarer.',
  too_few: 'These are too few sessions to tell whether it helps.',
};

function sentenceOf({ stated, since, before, after, without_time }: Measured, verdict: EffectVerdict | null): string {
  const all = { happened: before.happened + after.happened, sessions: before.sessions + after.sessions };
  const day = since?.slice(0, 10);
  const told =
    since === null
      ? `Happened in ${counted(all)}. ${stated ? 'Since when the store says so is not known.' : 'The store does not say so yet.'}`
      : after.sessions === 0
        ? `Happened in ${counted(before)} before ${day}; none has been read since.`
        : before.sessions === 0
          ? `Happened in ${counted(after)} since ${day}; none from before has been read.`
          : `Happened in ${counted(before)} before ${day}, and in ${after.happened} of ${after.sessions} since.`;
  const judged = verdict === null ? '' : ` ${verdicts[verdict]}`;
  const left = without_time.sessions === 0 ? '' : ` Without a date: ${counted(without_time)}.`;
  return `${told}${judged}${left}`;
}

function counted({ happened, sessions }: Share): string {
  return `${happened} of ${sessions} ${sessions === 1 ? 'session' : 'sessions'}`;
}
