/**
 * The line, in order: segment -> embed -> (index -> relate -> cluster -> resolve, in rounds). With `rounds.ts` the only file that
 * knows this order.
 */
import type { IndexMethod } from '../config.js';
import type { RunContext, VectorCache } from '../context.js';
import type { Embedder } from '../embed/embed.js';
import { type Finding, type MemoryStore, type PlannedChange, type Segmented, type SpokenStatement, textKey } from '../memory.js';
import type { Judge } from '../relate/judge.js';
import { distinguish, planFileRedaction, planRedaction, planStale, refusalKeys } from '../resolve/changes.js';
import { planPrinted } from '../resolve/printed.js';
import { announcedRow, compareTimes, isLocked, type Row, spokenRow, statementRow } from '../resolve/rows.js';
import { endOf, hasEnded } from '../segment/ends.js';
import { programName } from '../segment/printed.js';
import type { Announcement, Insight, PrintedVersion } from '../signals.js';
import { bareWords, isDone } from './announcing.js';
import type { Asker } from './asking.js';
import { insightRow, type PlannedInsight, planInsights, screenInsights, type WeighedInsight } from './insights.js';
import type { KeptVerdicts } from './kept-verdicts.js';
import { Rounds } from './rounds.js';
import { type Screened, screenFiles, screenStatements } from './screening.js';
import type { StageClock } from './stage-clock.js';
import { type FollowedClause, type Steering, steer } from './steering.js';

export interface ConsolidateInput {
  readonly store: MemoryStore;
  readonly segmented: Segmented;
  readonly spoken: readonly SpokenStatement[];
  /** What persons said has changed. */
  readonly announced: readonly Announcement[];
  /** What the sessions teach together. */
  readonly insights: readonly Insight[];
  /** Versions that commands of the agent printed, and the folders that sessions worked in, by session id. */
  readonly printed: readonly PrintedVersion[];
  readonly projects: ReadonlyMap<string, string>;
  /** In how many sessions a command has to print a value that replaces one in a memory. */
  readonly minSupport: number;
  readonly index: IndexMethod;
  readonly instructions: string | null;
  /** Whether Claude is asked for the words of insights. */
  readonly phrase: boolean;
  /** Keys of what a person refused (`refusalKeys`). */
  readonly refused: ReadonlySet<string>;
  readonly movedTime: (textKey: string) => string | null;
}

export interface Tools {
  readonly embedder: Embedder;
  readonly judge: Judge;
  /** Least similarity of candidates as measured for the model; null for the shipped one and for those never measured. */
  readonly minSimilarity: number | null;
  readonly cache: VectorCache | null;
  /** Verdicts of earlier dreams that `judge` looks up; null: none are kept. */
  readonly kept: Pick<KeptVerdicts, 'expect'> | null;
  /** Seconds spent so far, by stage; added to. */
  readonly clock: StageClock;
  /** Asks Claude about what the judge is unsure of; null: nobody is asked. */
  readonly asker: Asker | null;
}

export interface Consolidation {
  readonly planned: readonly PlannedChange[];
  /** What each clause of the instructions matched. */
  readonly clauses: readonly FollowedClause[];
  /** The insights that were not to be ignored, with what became of each. */
  readonly taught: readonly PlannedInsight[];
  readonly findings: readonly Finding[];
}

/** What a dream would change in a store, reindexing aside. Pure but for the embedding cache; the store itself is not touched. */
export async function consolidate(input: ConsolidateInput, tools: Tools, context: RunContext): Promise<Consolidation> {
  const screened = withoutEnded(screenStatements(input.segmented, input.spoken, input.announced), context.now);
  const inFiles = screenFiles(input.store, input.segmented);
  const refusedBefore = ({ change }: PlannedChange) => refusalKeys(change, textKey).some((key) => input.refused.has(key));
  const masked = screened.redactions.filter((one) => !refusedBefore(planRedaction(one.statement, one.masked, one.kinds)));
  const rows = rowsOf(input, { ...screened, redactions: masked });
  const insights = await inOtherWords(screenInsights(input.insights), input, tools, context);
  const texts = [...rows.map((row) => row.text), ...insights.map((insight) => insight.text)];
  const vectors = await tools.clock.time('embed', () => tools.embedder.embed(texts, tools.cache, context));
  const steering = await steer([...rows, ...insights.map(insightRow)], vectors, input.instructions, tools, context);
  const steered = applySteering(rows, vectors, steering, tools.embedder.dimensions);
  const ended = endedRows(steered.rows, context.now).filter(({ planned }) => !refusedBefore(planned));
  const left = leaveOut(steered, new Set(ended.filter(({ planned }) => planned.change.status === 'proposed').map(({ at }) => at)));
  const updated = left.rows.flatMap((row) => planUpdate(row, input, screened.announced)).filter((entry) => !refusedBefore(entry));
  const current = await withUpdates(left, updated, tools, context);
  const rounds = new Rounds(current.rows, current.vectors, input, tools, context);
  const decided = [...ended.map(({ planned }) => planned), ...updated, ...(await rounds.run())];
  const taught = await planInsights(
    weigh(insights, rows.length, vectors, steering, tools.embedder.dimensions),
    { ...input, judge: tools.judge, rounds },
    context,
  );
  const redactions = [
    ...masked.map((one) => planRedaction(one.statement, one.masked, one.kinds)),
    ...inFiles.redactions.map(({ path, lines, kinds }) => planFileRedaction(path, lines, kinds)).filter((entry) => !refusedBefore(entry)),
  ];
  const planned = decided.map((entry) => (inFocus(entry, rows, steering.focus) ? entry : asSuggestion(entry)));
  return {
    planned: distinguish([...planned, ...taught.flatMap((one) => one.planned ?? []), ...redactions]),
    taught,
    clauses: steering.clauses,
    findings: [...screened.findings, ...inFiles.findings],
  };
}

/** Insights in Claude's words, where it was to be asked for them and its words passed the gate. */
async function inOtherWords(
  insights: readonly Insight[],
  { phrase }: ConsolidateInput,
  { asker, judge, clock }: Tools,
  context: RunContext,
): Promise<readonly Insight[]> {
  if (asker === null || !phrase || insights.length === 0) return insights;
  const shown = insights.map(({ kind, text, evidence }) => ({ kind, text, evidence: evidence.map(({ quote }) => quote) }));
  const words = await clock.time('ask', () => asker.phrase(shown, judge.reader, context));
  return insights.map((insight, at) => {
    const text = words.get(at);
    if (text === undefined || text === insight.text) return insight;
    return { ...insight, text, reason: `${insight.reason} Claude worded it from the evidence.` };
  });
}

/** Insights without those to be ignored; they stand behind the first `before` rows. */
function weigh(
  insights: readonly Insight[],
  before: number,
  vectors: Float32Array,
  { ignore, focus }: Steering,
  dimensions: number,
): readonly WeighedInsight[] {
  return insights.flatMap((insight, i) => {
    const at = before + i;
    if (ignore.has(at)) return [];
    return [{ insight, vector: vectors.subarray(at * dimensions, (at + 1) * dimensions), inFocus: focus === null || focus.has(at) }];
  });
}

interface Steered {
  readonly rows: readonly Row[];
  /** Row by row. */
  readonly vectors: readonly Float32Array[];
}

/** Rows without those to be ignored; those to be kept are locked. Vectors go along, row by row. */
function applySteering(rows: readonly Row[], vectors: Float32Array, { keep, ignore }: Steering, dimensions: number): Steered {
  const left = rows.flatMap((_, at) => (ignore.has(at) ? [] : [at]));
  const steered = left.flatMap((at) => {
    const row = rows[at];
    if (!row) return [];
    return row.statement && keep.has(at)
      ? [{ ...row, statement: { ...row.statement, lock: row.statement.lock ?? 'excluded' } as const }]
      : [row];
  });
  return { rows: steered, vectors: left.map((at) => vectors.subarray(at * dimensions, (at + 1) * dimensions)) };
}

/** What was said of a time that is over at `now` replaces nothing: the next dream would take it out and leave nothing behind. */
function withoutEnded(screened: Screened, now: string): Screened {
  const isOver = (text: string, at: string | null) => hasEnded(text, { at, source: at === null ? 'none' : 'session' }, now);
  return {
    ...screened,
    spoken: screened.spoken.filter(({ text, at }) => !isOver(text, at)),
    announced: screened.announced.filter(({ text, wide, at }) => !isOver(text, at) && !isOver(wide, at)),
  };
}

/** Statements that may be changed and have ended by their own words at `now`, by their place in `rows`. */
function endedRows(rows: readonly Row[], now: string): readonly { readonly at: number; readonly planned: PlannedChange }[] {
  return rows.flatMap((row, at) => {
    if (row.statement === null || isLocked(row)) return [];
    const end = endOf(row.text, row.statement.time);
    return end === null || Date.parse(now) < Date.parse(end.at) ? [] : [{ at, planned: planStale(row.statement, end.words, end.doubt) }];
  });
}

/** What has ended is not there for the rounds: a dream over the output will not find it either. */
function leaveOut({ rows, vectors }: Steered, gone: ReadonlySet<number>): Steered {
  return { rows: rows.filter((_, at) => !gone.has(at)), vectors: vectors.filter((_, at) => !gone.has(at)) };
}

function planUpdate(row: Row, input: ConsolidateInput, announced: readonly Announcement[]): PlannedChange[] {
  if (row.statement === null || input.printed.length === 0) return [];
  const planned = planPrinted(row.statement, { ...input, announced, programName });
  return planned === null ? [] : [planned];
}

/** The statements whose value was replaced go on with their new text. */
async function withUpdates(
  { rows, vectors }: Steered,
  updated: readonly PlannedChange[],
  tools: Tools,
  context: RunContext,
): Promise<Steered> {
  const texts = new Map(
    updated.flatMap(({ change, effect }) => effect.replace.map((one) => [one.statementId, { ...one, change }] as const)),
  );
  if (texts.size === 0) return { rows, vectors };
  const fresh = await tools.embedder.embed(
    [...texts.values()].map(({ text }) => text),
    tools.cache,
    context,
  );
  const places = new Map([...texts.keys()].map((id, at) => [id, at]));
  const placeOf = (row: Row) => places.get(row.statement?.id ?? '') ?? -1;
  return {
    rows: rows.map((row) => {
      const found = texts.get(row.statement?.id ?? '');
      if (found === undefined || row.statement === null) return row;
      const at = found.change.evidence.at(-1)?.at ?? null;
      const time = { at, source: at === null ? 'none' : 'session' } as const;
      return statementRow({ ...row.statement, text: found.text, time }, () => null);
    }),
    vectors: vectors.map((vector, at) => {
      const row = rows[at];
      const place = row === undefined ? -1 : placeOf(row);
      return place < 0 ? vector : fresh.subarray(place * tools.embedder.dimensions, (place + 1) * tools.embedder.dimensions);
    }),
  };
}

function inFocus({ effect }: PlannedChange, rows: readonly Row[], focus: ReadonlySet<number> | null): boolean {
  if (focus === null) return true;
  const touched = new Set([...effect.drop, ...effect.replace.map(({ statementId }) => statementId)]);
  return rows.some((row, at) => focus.has(at) && row.statement !== null && touched.has(row.statement.id));
}

function asSuggestion(entry: PlannedChange): PlannedChange {
  if (entry.change.status === 'suggested') return entry;
  const reason = `${entry.change.reason} It is outside the focus of the instructions, so it waits for a person.`;
  return { ...entry, change: { ...entry.change, reason, status: 'suggested' } };
}

/** A secret is masked from here on, so that no change shows it and a dream over the output compares the same texts. */
function rowsOf(input: ConsolidateInput, screened: Screened): readonly Row[] {
  const masked = new Map(screened.redactions.map((one) => [one.statement.id, one.masked]));
  const judged = input.segmented.statements
    .filter((statement) => statement.role === 'fact' && statement.lock !== 'broken')
    .map((statement) => ({ ...statement, text: masked.get(statement.id) ?? statement.text }));
  const known = new Set(judged.map((statement) => statement.text));
  const spoken = screened.spoken.filter((entry) => !known.has(entry.text));
  const repeated = latestTimes(screened.spoken.filter((entry) => known.has(entry.text)));
  const timeOf = (key: string) => {
    const [moved, said] = [input.movedTime(key), repeated.get(key) ?? null];
    return moved === null || (compareTimes(said, moved) ?? 0) > 0 ? (said ?? moved) : moved;
  };
  return [
    ...judged.map((statement) => statementRow(statement, timeOf)),
    ...spoken.map(spokenRow),
    ...announcedRows(input.segmented, screened.announced),
  ];
}

/** Both stretches of each announcement that does not stand in the store yet: an earlier dream may have put it there. */
function announcedRows({ statements }: Segmented, announced: readonly Announcement[]): readonly Row[] {
  const texts = announced.length === 0 ? [] : statements.map(({ text }) => bareWords(text));
  const open = announced.filter((one) => !isDone(one, texts));
  return open.flatMap((one) => [...new Set([one.text, one.wide])].map((text) => announcedRow(one, text)));
}

/** What a person says again in the words of a memory is as late as the last time. */
function latestTimes(spoken: readonly SpokenStatement[]): ReadonlyMap<string, string> {
  const times = new Map<string, string>();
  for (const { text, at } of spoken) {
    const known = times.get(textKey(text)) ?? null;
    if (at !== null && (compareTimes(at, known) ?? 1) > 0) times.set(textKey(text), at);
  }
  return times;
}
