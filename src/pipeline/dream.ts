/**
 * One dream: pending -> running -> completed, failed or canceled.
 *
 * The input store is copied into the database before anything else, so that a dream that was killed can be resumed over the
 * same bytes. Changes are saved in one transaction, the output store appears in one rename; a dream killed in between is still
 * `running` and `resume` does the rest.
 */
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type DreamSettings, dreamSettings, parseSettings } from '../config.js';
import { toError, UserError } from '../errors.js';
import {
  type MemoryStore,
  makeId,
  type PlannedChange,
  type Problem,
  type Segmented,
  type SpokenStatement,
  sha256,
  textKey,
} from '../memory.js';
import { type LoadedFiles, loadFiles } from '../read/load.js';
import { parseStore } from '../read/store.js';
import { compareTimes } from '../resolve/rows.js';
import { segmentStore } from '../segment/memory.js';
import type { Announcement } from '../signals.js';
import { type DreamRow, problemForm } from '../store/rows.js';
import { checkTarget, removeStaging } from '../write/output.js';
import { type AskPreview, previewOf, saveAsking } from './asked.js';
import { checkAsking } from './asking.js';
import { consider } from './considering.js';
import { dreamObject } from './dream-object.js';
import { saveEffects } from './effects.js';
import { defaultOut, type Engine, exclusively, findDream, peakRssMb, stageClockOf } from './engine.js';
import { lastingName } from './model-source.js';
import { checkCrossEncoder } from './open-models.js';
import { checkOurs, place } from './placing.js';
import { renderChanges } from './render.js';
import type { DreamResult, DreamSummary } from './results.js';
import { unreadable } from './screening.js';
import { isActive } from './standing.js';

/** Dreams over the store and sessions of `settings` (input form of `dreamSettings`). */
export async function runDream(engine: Engine, settings: unknown): Promise<DreamResult> {
  const given = parseSettings(dreamSettings, settings);
  const parsed = { ...given, model: lastingName(given.model), crossEncoder: lastingName(given.crossEncoder) };
  await checkCrossEncoder(engine, parsed.crossEncoder);
  await checkAsking(engine, parsed);
  return exclusively(engine, async () => {
    const { store: path } = parsed;
    const loaded = await loadFiles(path, {
      signal: engine.signal,
      now: engine.now(),
    });
    const at = engine.now();
    const input = sha256(loaded.files.map((file) => `${file.path} ${file.sha256}`).join('\n'));
    const id = makeId('drm', loaded.root, input, JSON.stringify(parsed), at, String(engine.store.listDreams().length));
    const out = resolve(parsed.out ?? defaultOut(engine, id, loaded.root, loaded.single));
    const memoryStore = parse(loaded.files, loaded.single, parsed);
    await checkTarget(out, loaded);
    engine.store.createDream(newRow(id, parsed, loaded, memoryStore.format, at, out));
    saveInput(engine, id, loaded);
    return work(engine, findDream(engine, id), loaded.problems);
  });
}

/** What could not be read is kept too, so that a resumed dream reports it. Its presence says that the input is saved. */
function saveInput(engine: Engine, id: string, { files, problems }: LoadedFiles): void {
  engine.store.saveFiles(id, 'input', files);
  engine.store.saveCheckpoint(id, 'load', problems);
}

/**
 * Goes on with a dream that was killed, cancelled or failed, over the input as it was then.
 * @throws UserError `usage` where the dream is completed already.
 */
export async function resumeDream(engine: Engine, id: string | undefined): Promise<DreamResult> {
  return exclusively(engine, async () => {
    const row = findDream(engine, id);
    if (row.status === 'completed') throw new UserError('usage', `${row.id} is completed already. See it: dreamfold show ${row.id}`);
    if (row.discarded) throw new UserError('usage', `${row.id} was discarded. Start a new one: dreamfold dream`);
    await checkOurs(engine, row);
    const known = engine.store.checkpoint(row.id, 'load', z.array(problemForm));
    if (known) return work(engine, row, known);
    // Killed before its input was saved: the store is read now.
    const loaded = await loadFiles(row.storeRoot, { signal: engine.signal, now: engine.now() });
    saveInput(engine, row.id, loaded);
    return work(engine, row, loaded.problems);
  });
}

function newRow(
  id: string,
  settings: DreamSettings,
  loaded: { readonly root: string; readonly single: boolean },
  format: string,
  createdAt: string,
  out: string,
): DreamRow {
  return {
    id,
    status: 'pending',
    settings,
    storeRoot: loaded.root,
    storeSingle: loaded.single,
    format,
    sessionIds: [],
    createdAt,
    endedAt: null,
    error: null,
    summary: null,
    out,
    applied: null,
    discarded: false,
    cancelRequested: false,
  };
}

function parse(files: Parameters<typeof parseStore>[0], single: boolean, settings: DreamSettings): MemoryStore {
  const { format, fields, exclude, writeRules } = settings;
  return parseStore(files, { single, format, fields, exclude, writeRules });
}

/** The store and statements of a dream as its input was, from the database. */
export function inputOf(engine: Engine, row: DreamRow): { readonly store: MemoryStore; readonly segmented: Segmented } {
  const settings = parseSettings(dreamSettings, row.settings);
  const store = parse(engine.store.loadFiles(row.id, 'input'), row.storeSingle, settings);
  return { store, segmented: segmentStore(store) };
}

async function work(engine: Engine, row: DreamRow, problems: readonly Problem[]): Promise<DreamResult> {
  engine.store.updateDream(row.id, {
    status: 'running',
    error: null,
    endedAt: null,
    cancelRequested: false,
  });
  const stop = new AbortController();
  const watched: Engine = {
    ...engine,
    signal: AbortSignal.any([engine.signal, stop.signal]),
    report: (event) => {
      if (engine.store.isCancelRequested(row.id)) stop.abort();
      engine.report(event);
    },
  };
  try {
    return await complete(watched, row, problems);
  } catch (thrown) {
    const error = toError(thrown);
    const canceled = watched.signal.aborted;
    const endedAt = engine.now();
    engine.store.updateDream(row.id, {
      status: canceled ? 'canceled' : 'failed',
      endedAt,
      error: canceled
        ? null
        : {
            type: error instanceof UserError ? error.exit : 'internal_error',
            message: error.message,
          },
    });
    throw error;
  }
}

async function complete(engine: Engine, row: DreamRow, loadProblems: readonly Problem[]): Promise<DreamResult> {
  const settings = parseSettings(dreamSettings, row.settings);
  const clock = stageClockOf(engine);
  const store = await clock.time('read', () => parse(engine.store.loadFiles(row.id, 'input'), row.storeSingle, settings));
  const considered = await consider(engine, settings, store, row.id, clock);
  const { segmented, sessions, planned, clauses, taught, asker, refused } = considered;
  if (settings.llm === 'require') asker?.checkComplete();
  const rendered = renderChanges(store, segmented, planned, refused);
  engine.signal.throwIfAborted();
  await removeStaging(dirname(row.out ?? engine.dbPath));
  const problems = [...loadProblems, ...store.problems, ...sessions.problems];
  const findings = [...considered.findings, ...sessions.findings, ...unreadable(problems)];
  engine.store.saveFindings(row.id, findings);
  engine.store.saveProblems(row.id, problems);
  engine.store.saveMovedTimes(movedTimes(rendered.planned, [...sessions.spoken, ...sessions.announced.flatMap(bothStretches)]));
  saveEffects(engine, row, { signals: sessions.signals, segmented, taught });
  if (asker !== null) saveAsking(engine, row.id, asker, rendered.planned);
  const out = row.out ?? defaultOut(engine, row.id, row.storeRoot, row.storeSingle);
  // Somebody may have put something there while the dream ran.
  await checkOurs(engine, row);
  await clock.time('write', () => place(engine, row, rendered.output, () => engine.store.saveChanges(row.id, rendered.planned)));
  const summary: DreamSummary = {
    memories: store.memories.length,
    statements: segmented.statements.length,
    sessions: sessions.ids.length,
    ...countChanges(rendered.planned),
    asked: asker?.report().clusters ?? 0,
    unanswered: asker?.report().left.length ?? 0,
    instructions: clauses.map(({ kind, text, matched }) => ({ kind, text, matched })),
    seconds: clock.seconds(),
    peak_rss_mb: peakRssMb(),
    out,
    store: row.storeRoot,
    format: store.format,
  };
  engine.store.updateDream(row.id, { status: 'completed', endedAt: engine.now(), summary, sessionIds: sessions.ids });
  const changes = rendered.planned.map(({ change }) => change);
  return { dream: dreamObject(engine, findDream(engine, row.id)), changes, findings, problems };
}

/** What a dream over the input of `settings` would ask Claude first, and what that would come to. Sends nothing, and makes no dream. */
export async function previewDream(engine: Engine, settings: unknown): Promise<AskPreview> {
  const parsed = { ...parseSettings(dreamSettings, settings), dryRun: true };
  await checkCrossEncoder(engine, parsed.crossEncoder);
  const loaded = await loadFiles(parsed.store, { signal: engine.signal, now: engine.now() });
  const store = parse(loaded.files, loaded.single, parsed);
  const { asker } = await consider(engine, parsed, store, null, stageClockOf(engine));
  return previewOf(asker, parsed);
}

/** What may enter a file of an announcement: the short stretch, or the longer one. */
function bothStretches(announced: Announcement): readonly Pick<Announcement, 'text' | 'at'>[] {
  return [announced, { text: announced.wide, at: announced.at }];
}

/** Text that a person said, or that sessions showed, and that now stands in a file: its time is the session's, whatever the file says. */
export function movedTimes(
  planned: readonly PlannedChange[],
  spoken: readonly Pick<SpokenStatement, 'text' | 'at'>[],
): readonly { readonly textKey: string; readonly at: string }[] {
  const times = new Map(spoken.flatMap(({ text, at }) => (at === null ? [] : [[text, at] as const])));
  return planned.flatMap(({ change, effect }) => {
    const last = change.evidence.reduce<string | null>(
      (latest, { at }) => ((compareTimes(at, latest) ?? 1) > 0 ? (at ?? latest) : latest),
      null,
    );
    const moved = [
      ...effect.replace.map(({ text }) => ({ text, at: times.get(text) ?? (change.kind === 'supersede' ? last : null) })),
      ...effect.insert.map(({ text }) => ({ text, at: last })),
    ];
    return moved.flatMap(({ text, at }) => (at === null ? [] : [{ textKey: textKey(text), at }]));
  });
}

/** How many changes are in the output, by kind, and how many wait for a person. */
export function countChanges(planned: readonly PlannedChange[]): Pick<DreamSummary, 'changes' | 'suggested'> {
  const changes: Record<string, number> = {};
  for (const { change } of planned.filter(isActive)) changes[change.kind] = (changes[change.kind] ?? 0) + 1;
  return { changes, suggested: planned.filter(({ change }) => change.status === 'suggested').length };
}
