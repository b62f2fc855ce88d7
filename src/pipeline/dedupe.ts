/** `dedupe`: one file of records in, the records worth keeping out, verbatim and in input order. */
import { basename, extname } from 'node:path';
import { clusterPairs } from '../cluster/cluster.js';
import { type DedupeSettings, dedupeSettings, parseSettings } from '../config.js';
import type { RunContext } from '../context.js';
import type { Embedder } from '../embed/embed.js';
import { UserError } from '../errors.js';
import { findCandidates } from '../index/candidates.js';
import { firstKept } from '../index/first-kept.js';
import type { Candidate, JudgedPair, MemoryStore, Problem, Relation, Segmented, Statement, StoreFormat } from '../memory.js';
import { loadFiles } from '../read/load.js';
import { parseStore } from '../read/store.js';
import type { Judge } from '../relate/judge.js';
import { storeClusters } from '../relate/questions.js';
import { decide } from '../resolve/decide.js';
import { mergeProbability, type Row, statementRow } from '../resolve/rows.js';
import { segmentStore } from '../segment/memory.js';
import { checkTarget, writeOutput } from '../write/output.js';
import { renderStore } from '../write/render.js';
import { type AskPreview, previewOf } from './asked.js';
import { type Asker, checkAsking, type OpenQuestion, openAsker } from './asking.js';
import { contextOf, type Engine, peakRssMb, stageClockOf } from './engine.js';
import { openEmbedding, openJudge } from './open-models.js';
import { answeredVerdict } from './questioning.js';
import type { DedupeReport, DedupeResult } from './results.js';
import type { SimilarityFigures } from './similarity.js';
import type { StageClock } from './stage-clock.js';
import { Verdicts } from './verdicts.js';

/** Cosine above which a record is dropped by `similarity`, where the user names none (SemHash's default). */
const defaultThreshold = 0.9;
const candidateLimits = { minSimilarity: 0.4, maxNeighbors: 16, words: true } as const;
const groupLimits = { maxSize: 1000, minLink: 0.35 } as const;
const formats: Readonly<Record<string, StoreFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.csv': 'csv',
  '.tsv': 'csv',
};

interface Drop {
  readonly row: number;
  readonly to: number;
  readonly similarity: number;
  readonly relation: Relation;
  readonly confidence: number;
}

/**
 * Removes the duplicates of one file. Nothing is written but `out` and `report`, where they are given.
 * @throws UserError `usage` where `out` is the input or stands already, `claude` where Claude is required and pairs are left open.
 */
export async function dedupeFile(engine: Engine, settings: unknown): Promise<DedupeResult> {
  const parsed = parseSettings(dedupeSettings, settings);
  const clock = stageClockOf(engine);
  if (parsed.by === 'meaning') await checkAsking(engine, parsed);
  const records = await readRecords(engine, parsed, clock);
  const { store, segmented, statements, problems } = records;
  const { drops, asker } = await dropsOf(engine, parsed, statements, clock);
  if (parsed.llm === 'require') asker?.checkComplete();
  const effect = {
    changeId: 'dedupe',
    drop: drops.flatMap(({ row }) => statements[row]?.id ?? []),
    replace: [],
    insert: [],
    containers: [],
  };
  const rendered = await clock.time('write', () => renderStore({ store, segmented, effects: [effect], refused: new Set() }));
  const output = rendered.files[0]?.bytes ?? new Uint8Array();
  const report = reportOf(statements, drops, clock);
  if (parsed.out !== null) await writeBytes(parsed.out, output);
  if (parsed.report !== null) await writeBytes(parsed.report, Buffer.from(`${JSON.stringify(report, null, 1)}\n`));
  return { report, output, out: parsed.out, problems, asked: asker?.report() ?? null };
}

/** What `dedupeFile` with the same settings would ask first; sends nothing, writes nothing. */
export async function previewDedupe(engine: Engine, settings: unknown): Promise<AskPreview> {
  const parsed = { ...parseSettings(dedupeSettings, settings), dryRun: true };
  const clock = stageClockOf(engine);
  const { statements } = await readRecords(engine, parsed, clock);
  return previewOf((await dropsOf(engine, parsed, statements, clock)).asker, parsed);
}

interface Records {
  readonly store: MemoryStore;
  readonly segmented: Segmented;
  readonly statements: readonly Statement[];
  readonly problems: readonly Problem[];
}

async function readRecords(engine: Engine, parsed: DedupeSettings, clock: StageClock): Promise<Records> {
  const loaded = await loadFiles(parsed.file, { signal: engine.signal, now: engine.now() });
  if (!loaded.single)
    throw new UserError(
      'usage',
      `${parsed.file} is a folder. Give one JSONL, CSV or text file, or dream over the folder: dreamfold dream --store ${parsed.file}`,
    );
  for (const target of [parsed.out, parsed.report]) {
    if (target !== null) await checkTarget(target, loaded);
  }
  const store = await clock.time('read', () => parseRecords(loaded.files, parsed));
  const segmented = await clock.time('segment', () => segmentStore(store));
  const statements = segmented.statements.filter((statement) => statement.lock === null && statement.role === 'fact');
  return { store, segmented, statements, problems: [...loaded.problems, ...store.problems] };
}

async function dropsOf(
  engine: Engine,
  parsed: DedupeSettings,
  statements: readonly Statement[],
  clock: StageClock,
): Promise<{ readonly drops: readonly Drop[]; readonly asker: Asker | null }> {
  const byMeaning = parsed.by === 'meaning';
  const asker = byMeaning ? await openAsker(engine, parsed, { dream: null, instructions: null, shape: storeClusters }) : null;
  await using opened = await openJudge(engine, { ...parsed, crossEncoder: byMeaning ? parsed.crossEncoder : null }, 'pairs');
  const { embedder, measured } = await openEmbedding(engine, parsed.model);
  try {
    const rows = statements.map((statement) => statementRow(statement, () => null));
    const context = contextOf(engine, 1);
    return { asker, drops: await findDrops(rows, { settings: parsed, embedder, measured, judge: opened.judge, clock, context, asker }) };
  } finally {
    await embedder.close();
  }
}

/** A name that says what it holds is believed; other files are lines of text. */
function parseRecords(files: Parameters<typeof parseStore>[0], settings: DedupeSettings): MemoryStore {
  const format = formats[extname(settings.file).toLowerCase()] ?? 'lines';
  const fields = settings.field === null ? {} : { text: settings.field };
  return parseStore(files, { single: true, format, fields, exclude: [], writeRules: true });
}

function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  return writeOutput([{ path: basename(path), bytes, mode: 0o600 }], { path, single: true });
}

interface Tools {
  readonly settings: DedupeSettings;
  readonly embedder: Embedder;
  readonly measured: SimilarityFigures | null;
  readonly judge: Judge;
  readonly clock: StageClock;
  readonly context: RunContext;
  /** Null where Claude is not to be asked. */
  readonly asker: Asker | null;
}

/** Equal texts first, so that a file of copies is cheap; then one row for each text. */
async function findDrops(rows: readonly Row[], tools: Tools): Promise<readonly Drop[]> {
  const { settings, embedder, clock, context } = tools;
  const first = new Map<string, number>();
  const copies: Drop[] = [];
  rows.forEach((row, at) => {
    const key = JSON.stringify([row.statement?.scope.subject ?? null, row.key]);
    const to = first.get(key);
    if (to === undefined) first.set(key, at);
    else copies.push({ row: at, to, similarity: 1, relation: 'duplicate', confidence: 1 });
  });
  const distinct = [...first.values()];
  const texts = distinct.map((row) => rows[row]?.text ?? '');
  const vectors = await clock.time('embed', () => embedder.embed(texts, null, context));
  const input = { vectors, dimensions: embedder.dimensions, texts };
  const near =
    settings.by === 'similarity'
      ? await dropBySimilarity(input, tools)
      : await dropByMeaning(
          distinct.flatMap((row) => rows[row] ?? []),
          input,
          tools,
        );
  const moved = new Map(
    near.map((drop) => [distinct[drop.row] ?? 0, { ...drop, row: distinct[drop.row] ?? 0, to: distinct[drop.to] ?? 0 }]),
  );
  const settled = copies.map((copy) => {
    const next = moved.get(copy.to);
    return next ? { ...next, row: copy.row } : copy;
  });
  return [...moved.values(), ...settled].sort((a, b) => a.row - b.row);
}

interface Vectors {
  readonly vectors: Float32Array;
  readonly dimensions: number;
  readonly texts: readonly string[];
}

/** The threshold asked for, else what was measured to be right often enough, else the shipped one, with a warning. */
function thresholdOf({ settings, measured, context }: Tools): number {
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
async function dropBySimilarity(input: Vectors, tools: Tools): Promise<readonly Drop[]> {
  const { settings, clock, context } = tools;
  const threshold = thresholdOf(tools);
  const { to, similarity } = await clock.time('index', () => firstKept(input, { threshold, method: settings.index }, context));
  return [...to].flatMap((kept, row) => {
    const near = similarity[row] ?? 0;
    return kept < 0 ? [] : [{ row, to: kept, similarity: near, relation: 'duplicate' as const, confidence: near }];
  });
}

/** By the relation model, and by Claude where it is unsure: only what is surely the same or contained goes; the fuller record stays, then the first. */
async function dropByMeaning(rows: readonly Row[], input: Vectors, tools: Tools): Promise<readonly Drop[]> {
  const { settings, measured, judge, clock, context, asker } = tools;
  const bare = rows.map((row): Row => ({ ...row, time: null, statement: null }));
  const answered = (a: number, b: number) => {
    const [first, second] = [bare[a], bare[b]];
    return asker === null || !first || !second ? null : answeredVerdict(judge, first, second, asker);
  };
  const verdicts = new Verdicts({
    judge,
    sideOf: (row) => ({ text: rows[row]?.text ?? '', time: null, scope: [] }),
    similarityOf: (a, b) => cosine(input, a, b),
    settled: answered,
    signal: context.signal,
  });
  const limits = { ...candidateLimits, minSimilarity: measured?.min_similarity ?? candidateLimits.minSimilarity };
  const { candidates } = await clock.time('index', () => findCandidates(input, { method: settings.index, ...limits }, context));
  const comparable = candidates.filter(({ a, b }) => rows[a]?.statement?.scope.subject === rows[b]?.statement?.scope.subject);
  for (;;) {
    const { drops, judged } = await groupByMeaning(rows, comparable, verdicts, tools);
    if (asker === null) return drops;
    const open = mergeQuestions(rows, judged);
    if (!(await clock.time('ask', () => asker.ask(open, context)))) return drops;
    verdicts.forget((a, b) => answered(a, b) !== null);
  }
}

/** The drops by the verdicts so far, and every pair that was judged for them. */
async function groupByMeaning(
  rows: readonly Row[],
  candidates: readonly Candidate[],
  verdicts: Verdicts,
  { clock, context }: Tools,
): Promise<{ readonly drops: readonly Drop[]; readonly judged: readonly JudgedPair[] }> {
  const consulted = new Map<string, JudgedPair>();
  const judgePair = (a: number, b: number) => {
    const pair = verdicts.of(a, b);
    consulted.set(`${a}:${b}`, pair);
    return pair;
  };
  const pairs = await clock.time('relate', () =>
    verdicts.judgeAll(candidates, (done) =>
      context.report({ kind: 'stage', stage: 'relate', done, total: candidates.length, unit: 'pairs' }),
    ),
  );
  const groups = await clock.time('cluster', () =>
    verdicts.settle(() => clusterPairs({ count: rows.length, pairs, judge: judgePair }, groupLimits)),
  );
  const within = await verdicts.settle(() =>
    groups.flatMap(({ members }) => members.flatMap((a, i) => members.slice(i + 1).map((b) => judgePair(a, b)))),
  );
  const { merges } = decide(
    rows.map((row) => ({ ...row, time: null })),
    rows.map(() => true),
    groups,
    within,
  );
  const drops = await verdicts.settle(() =>
    merges.flatMap(({ survivor, dropped }) =>
      dropped.map((row) => {
        const { similarity, verdict } = judgePair(Math.min(row, survivor), Math.max(row, survivor));
        const { relation, probabilities } = verdict;
        return { row, to: survivor, similarity, relation, confidence: probabilities.duplicate + probabilities.refines };
      }),
    ),
  );
  return { drops, judged: [...pairs, ...consulted.values()] };
}

/** Probability of a merge below which a pair is not worth a question. */
const leastMerge = 0.2;

/** Only an answer that lets a record go changes anything. */
function mergeQuestions(rows: readonly Row[], judged: readonly JudgedPair[]): readonly OpenQuestion[] {
  return judged.flatMap((pair): OpenQuestion[] => {
    const { ambiguous, decidedBy } = pair.verdict;
    const value = mergeProbability(pair);
    if (!ambiguous || decidedBy === 'claude' || value < leastMerge) return [];
    const side = (row: number) => ({ text: rows[row]?.text ?? '', written: null, source: null });
    return [{ a: side(pair.a), b: side(pair.b), value, apart: false }];
  });
}

function cosine({ vectors, dimensions }: Vectors, a: number, b: number): number {
  const other = vectors.subarray(b * dimensions, (b + 1) * dimensions);
  return vectors.subarray(a * dimensions, (a + 1) * dimensions).reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0);
}

function reportOf(statements: readonly Statement[], drops: readonly Drop[], clock: StageClock): DedupeReport {
  const line = (row: number) => statements[row]?.line ?? 0;
  const groups = new Map<number, Drop[]>();
  for (const drop of drops) {
    const group = groups.get(drop.to);
    if (group) group.push(drop);
    else groups.set(drop.to, [drop]);
  }
  const round = (value: number) => Math.round(value * 10_000) / 10_000;
  return {
    records: statements.length,
    kept: statements.length - drops.length,
    groups: [...groups]
      .sort(([a], [b]) => a - b)
      .map(([kept, dropped]) => ({
        kept: line(kept),
        dropped: dropped.map(({ row, to, similarity, relation, confidence }) => ({
          line: line(row),
          to: line(to),
          similarity: round(similarity),
          relation,
          confidence: round(confidence),
        })),
      })),
    seconds: clock.seconds(),
    peak_rss_mb: peakRssMb(),
  };
}
