/**
 * The line, in order: segment -> embed -> (index -> relate -> cluster -> resolve, in rounds). With `rounds.ts` the only file that
 * knows this order.
 */
import type { IndexMethod } from '../config.js';
import type { RunContext, VectorCache } from '../context.js';
import type { Embedder } from '../embed/embed.js';
import { type Finding, type MemoryStore, type PlannedChange, type Segmented, type SpokenStatement, textKey } from '../memory.js';
import type { Judge } from '../relate/judge.js';
import { distinguish, planFileRedaction, planRedaction, refusalKeys } from '../resolve/changes.js';
import { compareTimes, type Row, spokenRow, statementRow } from '../resolve/rows.js';
import { Rounds } from './rounds.js';
import { type Screened, screenFiles, screenStatements } from './screening.js';
import type { StageClock } from './stage-clock.js';
import { type FollowedClause, type Steering, steer } from './steering.js';

export interface ConsolidateInput {
  readonly store: MemoryStore;
  readonly segmented: Segmented;
  readonly spoken: readonly SpokenStatement[];
  readonly index: IndexMethod;
  readonly instructions: string | null;
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
  /** Seconds spent so far, by stage; added to. */
  readonly clock: StageClock;
}

export interface Consolidation {
  readonly planned: readonly PlannedChange[];
  /** What each clause of the instructions matched. */
  readonly clauses: readonly FollowedClause[];
  readonly findings: readonly Finding[];
}

/** What a dream would change in a store, reindexing aside. Pure but for the embedding cache; the store itself is not touched. */
export async function consolidate(input: ConsolidateInput, tools: Tools, context: RunContext): Promise<Consolidation> {
  const screened = screenStatements(input.segmented, input.spoken);
  const inFiles = screenFiles(input.store, input.segmented);
  const refusedBefore = ({ change }: PlannedChange) => refusalKeys(change, textKey).some((key) => input.refused.has(key));
  const masked = screened.redactions.filter((one) => !refusedBefore(planRedaction(one.statement, one.masked, one.kinds)));
  const rows = rowsOf(input, { ...screened, redactions: masked });
  const vectors = await tools.clock.time('embed', () =>
    tools.embedder.embed(
      rows.map((row) => row.text),
      tools.cache,
      context,
    ),
  );
  const steering = await steer(rows, vectors, input.instructions, tools, context);
  const steered = applySteering(rows, vectors, steering, tools.embedder.dimensions);
  const rounds = new Rounds(steered.rows, steered.vectors, input, tools, context);
  const decided = await rounds.run();
  const redactions = [
    ...masked.map((one) => planRedaction(one.statement, one.masked, one.kinds)),
    ...inFiles.redactions.map(({ path, lines, kinds }) => planFileRedaction(path, lines, kinds)).filter((entry) => !refusedBefore(entry)),
  ];
  const planned = decided.map((entry) => (inFocus(entry, rows, steering.focus) ? entry : asSuggestion(entry)));
  return {
    planned: distinguish([...planned, ...redactions]),
    clauses: steering.clauses,
    findings: [...screened.findings, ...inFiles.findings],
  };
}

/** Rows without those to be ignored; those to be kept are locked. Vectors go along, row by row. */
function applySteering(
  rows: readonly Row[],
  vectors: Float32Array,
  { keep, ignore }: Steering,
  dimensions: number,
): { readonly rows: readonly Row[]; readonly vectors: readonly Float32Array[] } {
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
  return [...judged.map((statement) => statementRow(statement, timeOf)), ...spoken.map(spokenRow)];
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
