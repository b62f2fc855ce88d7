/** `dedupe`: one file of records in, the records worth keeping out, verbatim and in input order. */
import { basename } from 'node:path';
import { type DedupeSettings, dedupeSettings, parseSettings } from '../config.js';
import { UserError } from '../errors.js';
import type { Problem } from '../memory.js';
import { loadFiles } from '../read/load.js';
import { checkTarget, writeOutput } from '../write/output.js';
import type { AskPreview } from './asked.js';
import type { Asker } from './asking.js';
import { type Drop, type DropTools, dropBySimilarity, findDrops } from './drops.js';
import { contextOf, type Engine, peakRssMb, stageClockOf } from './engine.js';
import { openEmbedding } from './open-embedding.js';
import { type Records, readRecords } from './records.js';
import type { DedupeReport, DedupeResult } from './results.js';
import type { StageClock } from './stage-clock.js';

/**
 * Removes the duplicates of one file. Nothing is written but `out` and `report`, where they are given.
 * @throws UserError `usage` where `out` is the input or stands already, `claude` where Claude is required and pairs are left open.
 */
export async function dedupeFile(engine: Engine, settings: unknown): Promise<DedupeResult> {
  const parsed = parseSettings(dedupeSettings, settings);
  const clock = stageClockOf(engine);
  if (parsed.by === 'meaning') await (await import('./asking.js')).checkAsking(engine, parsed);
  const { records, problems } = await loadRecords(engine, parsed, clock);
  const { drops, asker } = await dropsOf(engine, parsed, records, clock);
  if (parsed.llm === 'require') asker?.checkComplete();
  const { out } = parsed;
  const output = await clock.time('write', async () => {
    const bytes = records.without(drops.map(({ row }) => row));
    if (out !== null) await writeBytes(out, bytes);
    return bytes;
  });
  const report = reportOf(records, drops, clock);
  if (parsed.report !== null) await writeBytes(parsed.report, Buffer.from(`${JSON.stringify(report, null, 1)}\n`));
  return { report, output, out, problems, asked: asker?.report() ?? null };
}

/** What `dedupeFile` with the same settings would ask first; sends nothing, writes nothing. */
export async function previewDedupe(engine: Engine, settings: unknown): Promise<AskPreview> {
  const parsed = { ...parseSettings(dedupeSettings, settings), dryRun: true };
  const clock = stageClockOf(engine);
  const { records } = await loadRecords(engine, parsed, clock);
  const { previewOf } = await import('./asked.js');
  return previewOf((await dropsOf(engine, parsed, records, clock)).asker, parsed);
}

async function loadRecords(
  engine: Engine,
  parsed: DedupeSettings,
  clock: StageClock,
): Promise<{ readonly records: Records; readonly problems: readonly Problem[] }> {
  const loaded = await clock.time('read', () => loadFiles(parsed.file, { signal: engine.signal, now: engine.now() }));
  const [file] = loaded.files;
  if (!loaded.single || file === undefined)
    throw new UserError(
      'usage',
      `${parsed.file} is a folder. Give one JSONL, CSV or text file, or dream over the folder: dreamfold dream --store ${parsed.file}`,
    );
  for (const target of [parsed.out, parsed.report]) {
    if (target !== null) await checkTarget(target, loaded);
  }
  const records = await clock.time('read', () => readRecords(file, parsed));
  return { records, problems: [...loaded.problems, ...records.problems] };
}

interface Found {
  readonly drops: readonly Drop[];
  readonly asker: Asker | null;
}

async function dropsOf(engine: Engine, settings: DedupeSettings, records: Records, clock: StageClock): Promise<Found> {
  const { embedder, measured } = await openEmbedding(engine, settings.model);
  const tools = { settings, embedder, measured, clock, context: contextOf(engine, 1) };
  try {
    if (settings.by === 'meaning') return await dropsByMeaning(engine, records, tools);
    return { asker: null, drops: await findDrops(records, tools, (distinct) => dropBySimilarity(distinct, tools)) };
  } finally {
    await embedder.close();
  }
}

/** The judge and all that belongs to it are loaded only where records are compared by meaning. */
async function dropsByMeaning(engine: Engine, records: Records, tools: DropTools): Promise<Found> {
  const { settings } = tools;
  const [{ openAsker }, { openJudge }, { storeClusters }, { dropByMeaning }] = await Promise.all([
    import('./asking.js'),
    import('./open-models.js'),
    import('../relate/questions.js'),
    import('./meaning.js'),
  ]);
  const asker = await openAsker(engine, settings, { dream: null, instructions: null, shape: storeClusters });
  await using opened = await openJudge(engine, settings, 'pairs');
  const judging = { ...tools, judge: opened.judge, words: opened.words, asker };
  return { asker, drops: await findDrops(records, tools, (distinct) => dropByMeaning(distinct, judging)) };
}

function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  return writeOutput([{ path: basename(path), bytes, mode: 0o600 }], { path, single: true });
}

function reportOf({ count, lines }: Records, drops: readonly Drop[], clock: StageClock): DedupeReport {
  const line = (row: number) => lines[row] ?? 0;
  const groups = new Map<number, Drop[]>();
  for (const drop of drops) {
    const group = groups.get(drop.to);
    if (group) group.push(drop);
    else groups.set(drop.to, [drop]);
  }
  const round = (value: number) => Math.round(value * 10_000) / 10_000;
  return {
    records: count,
    kept: count - drops.length,
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
