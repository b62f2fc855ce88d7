/** A read-only health report of a store: what a dream would find, and what is wrong with its files. Writes nothing but the vector cache. */
import { dreamSettings, parseSettings } from '../config.js';
import { indexLimits, type MemoryStore, type Segmented } from '../memory.js';
import { loadFiles } from '../read/load.js';
import { parseStore } from '../read/store.js';
import { personsIn, withRivalClaims } from '../relate/attribution.js';
import { segmentStore } from '../segment/memory.js';
import { consolidate } from './consolidate.js';
import { contextOf, type Engine, stageClockOf } from './engine.js';
import { openEmbedding } from './open-embedding.js';
import { openJudge } from './open-models.js';
import type { AuditResult } from './results.js';
import { unreadable } from './screening.js';

/** @param options input form of `dreamSettings` without `store`: format, fields, exclude, model, crossEncoder */
export async function auditStore(engine: Engine, path: string, options: object): Promise<AuditResult> {
  const settings = parseSettings(dreamSettings, { ...options, store: path });
  const context = contextOf(engine, settings.seed);
  const loaded = await loadFiles(path, {
    signal: engine.signal,
    now: context.now,
  });
  const { format, fields, exclude } = settings;
  const store = parseStore(loaded.files, {
    single: loaded.single,
    format,
    fields,
    exclude,
    writeRules: true,
  });
  const segmented = segmentStore(store);
  await using opened = await openJudge(engine, settings, 'stores');
  const { embedder, measured } = await openEmbedding(engine, settings.model);
  try {
    const tools = {
      embedder,
      judge: withRivalClaims(
        opened.judge,
        personsIn(
          segmented.statements.map(({ text }) => text),
          [],
        ),
      ),
      minSimilarity: measured?.min_similarity ?? null,
      cache: null,
      kept: null,
      asker: null,
      clock: stageClockOf(engine),
    };
    const input = {
      store,
      segmented,
      spoken: [],
      announced: [],
      insights: [],
      printed: [],
      projects: new Map<string, string>(),
      minSupport: settings.minSupport,
      index: settings.index,
      instructions: null,
      phrase: false,
      refused: new Set<string>(),
      movedTime: () => null,
    };
    const { planned, findings } = await consolidate(input, tools, context);
    const problems = [...loaded.problems, ...store.problems];
    const changes = planned.map(({ change }) => change);
    const proposed = changes.filter((change) => change.status === 'proposed');
    return {
      path: loaded.root,
      format: store.format,
      memories: store.memories.length,
      statements: segmented.statements.length,
      duplicates: proposed.filter((change) => change.kind === 'merge'),
      superseded: proposed.filter((change) => change.kind === 'supersede'),
      stale: proposed.filter((change) => change.kind === 'stale'),
      conflicts: changes.filter((change) => change.kind === 'conflict'),
      suggested: changes.filter((change) => change.status === 'suggested' && change.kind !== 'conflict'),
      ...links(store, segmented),
      findings: [...findings, ...unreadable(problems)],
      problems,
      size: sizeOf(store),
    };
  } finally {
    await embedder.close();
  }
}

function links(store: MemoryStore, segmented: Segmented): Pick<AuditResult, 'orphans' | 'dead_links'> {
  const files = new Set(store.files.map((file) => file.path));
  const index = segmented.statements.filter((statement) => statement.role === 'index');
  const linked = new Set(index.map((statement) => statement.link));
  const indexFiles = new Set(index.map((statement) => statement.path));
  const topics = [...new Set(store.memories.map((memory) => memory.path))].filter((path) => !indexFiles.has(path));
  return {
    orphans: store.format === 'claude-memory' ? topics.filter((path) => !linked.has(path)) : [],
    dead_links: index.flatMap(({ path, line, link }) => (link !== null && !files.has(link) ? [{ path, line, target: link }] : [])),
  };
}

function sizeOf(store: MemoryStore): AuditResult['size'] {
  const index = store.format === 'claude-memory' ? store.files.find((file) => file.path === 'MEMORY.md') : undefined;
  const lines = index ? index.bytes.reduce((count, byte) => count + Number(byte === 0x0a), 0) : null;
  const bytes = index?.bytes.length ?? null;
  return {
    files: store.files.length,
    bytes: store.files.reduce((sum, file) => sum + file.bytes.length, 0),
    index_lines: lines,
    index_bytes: bytes,
    over: [
      ...(lines !== null && lines > indexLimits.lines
        ? [`MEMORY.md has ${lines} lines; the client reads the first ${indexLimits.lines}.`]
        : []),
      ...(bytes !== null && bytes > indexLimits.bytes
        ? [`MEMORY.md has ${bytes} bytes; the client reads the first ${indexLimits.bytes}.`]
        : []),
    ],
  };
}
