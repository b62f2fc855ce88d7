/** Which records of a file go, and for which others they go: by cosine alone, or by meaning. */
import type { DedupeSettings } from '../config.js';
import type { RunContext } from '../context.js';
import type { Embedder } from '../embed/embed.js';
import { findCopies } from '../index/copies.js';
import { firstKept } from '../index/first-kept.js';
import { makeNearRows, type NearRows } from '../index/near.js';
import type { Relation } from '../memory.js';
import type { Records } from './records.js';
import type { SimilarityFigures } from './similarity.js';
import type { StageClock } from './stage-clock.js';

/** Cosine above which a record is dropped by `similarity`, where the user names none (SemHash's default). */
const defaultThreshold = 0.9;

export interface Drop {
  readonly row: number;
  readonly to: number;
  readonly similarity: number;
  readonly relation: Relation;
  readonly confidence: number;
}

export interface DropTools {
  readonly settings: DedupeSettings;
  readonly embedder: Embedder;
  readonly measured: SimilarityFigures | null;
  readonly clock: StageClock;
  readonly context: RunContext;
}

/** Finds drops among the distinct texts of a file, numbered among themselves. */
export type FindDrops = (distinct: DistinctTexts) => Promise<readonly Drop[]>;

/** One record of each text, and the vectors of those. */
export interface DistinctTexts {
  readonly records: Records;
  /** Their numbers among the records. */
  readonly rows: Uint32Array;
  readonly owners: Uint32Array;
  readonly near: NearRows;
}

/** Equal texts first, so that a file of copies is cheap; then one record of each text by `find`. Ascending. */
export async function findDrops(records: Records, tools: DropTools, find: FindDrops): Promise<readonly Drop[]> {
  const { clock, embedder, context } = tools;
  const first = await clock.time('read', () => findCopies(records.texts, records.owners));
  const rows = first.filter((to, row) => to === row);
  const near = makeNearRows(rows.length, embedder.dimensions);
  await clock.time('embed', () => embedder.embedShared(records.texts, rows, near, context));
  const owners = rows.map((row) => records.owners[row] ?? 0);
  const moved = new Map<number, Drop>();
  for (const drop of await find({ records, rows, owners, near })) {
    const row = rows[drop.row] ?? 0;
    moved.set(row, { ...drop, row, to: rows[drop.to] ?? 0 });
  }
  const drops: Drop[] = [];
  for (const [row, to] of first.entries()) {
    const next = moved.get(to);
    if (next !== undefined) drops.push({ ...next, row });
    else if (to !== row) drops.push({ row, to, similarity: 1, relation: 'duplicate', confidence: 1 });
  }
  return drops;
}

/** The threshold asked for, else what was measured to be right often enough, else the shipped one, with a warning. */
function thresholdOf({ settings, measured, context }: DropTools): number {
  if (settings.threshold !== null) return settings.threshold;
  if (measured === null) return defaultThreshold;
  if (measured.threshold.chosen_by === 'precision') return measured.threshold.value;
  context.report({
    kind: 'warning',
    message: `No threshold of ${settings.model} was right often enough when it was measured; ${defaultThreshold} is used. Choose another with --threshold T.`,
  });
  return defaultThreshold;
}

/** Cosine alone: a record goes where an earlier kept one is at least as similar as the threshold. */
export async function dropBySimilarity({ near, owners }: DistinctTexts, tools: DropTools): Promise<readonly Drop[]> {
  const { settings, clock, context } = tools;
  const threshold = thresholdOf(tools);
  const { to, similarity } = await clock.time('index', () => firstKept(near, owners, { threshold, method: settings.index }, context));
  const drops: Drop[] = [];
  for (const [row, kept] of to.entries()) {
    const value = similarity[row] ?? 0;
    if (kept >= 0) drops.push({ row, to: kept, similarity: value, relation: 'duplicate', confidence: value });
  }
  return drops;
}
