/**
 * What one transcript gives, read once: a file whose bytes have not changed since an earlier dream is not parsed, cut into pieces and
 * screened again. What is kept holds no secret, like all else in the database: texts are masked before anything is cut out of them.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import type { DreamSettings } from '../config.js';
import { type Problem, type SpokenStatement, sha256, type Turn } from '../memory.js';
import { hashTranscript, readTranscript } from '../read/transcript.js';
import { spokenStatements } from '../segment/session.js';
import { SignalReader } from '../segment/signals.js';
import type { Insight, SessionSignals } from '../signals.js';
import type { DreamStore } from '../store/store.js';
import { FileListener, type Heard } from './listening.js';
import { sessionScreen } from './screening.js';

/**
 * To be raised with every change to what is read out of transcripts, and to what is mined from it: what was kept under another number is
 * read and mined again.
 */
export const readingVersion = 2;

/** What a file gives, and what that depends on: with the same `key` it gives the same. The key is null where nothing is kept. */
export interface Read {
  readonly key: string | null;
  readonly reading: Reading;
}

/** Plain data. An action of an episode may be the very object that a step holds: mining tells it by that. */
export interface Reading {
  /** Ids of the sessions in it. */
  readonly ids: readonly string[];
  readonly problems: readonly Problem[];
  readonly spoken: readonly SpokenStatement[];
  /** A digest of each session. */
  readonly signals: readonly SessionSignals[];
  readonly heard: Heard;
}

const entries = z.array(z.unknown());
const outline = z.object({
  ids: entries,
  problems: entries,
  spoken: entries,
  signals: entries,
  heard: z.object({ told: entries, findings: entries, printed: entries, projects: entries }),
});
/** Checked in outline only: whoever wrote it wrote all of it. */
const readingForm = z.custom<Reading>((value) => outline.safeParse(value).success);
const insightsForm = z.custom<readonly Insight[]>((value) => Array.isArray(value));

export type KeptReadings = Pick<DreamStore, 'reading' | 'saveReading' | 'trimReadings'>;

export interface ReadingOptions {
  readonly persons: DreamSettings['persons'];
  readonly signal: AbortSignal;
  /** Where readings are kept; null: every file is read. */
  readonly store: KeptReadings | null;
}

/** What `file` gives; it depends on the bytes of the file, its path and `persons`, and on nothing else. */
export async function readingOf(file: string, options: ReadingOptions): Promise<Read> {
  const { persons, signal, store } = options;
  const content = store === null ? null : await hashTranscript(file, { signal });
  if (store === null || content === null) return { key: null, reading: await read(file, options) };
  const name = sha256(JSON.stringify([readingVersion, file, resolve(file), persons]));
  const key = `${name} ${content}`;
  const kept = store.reading(name, content, readingForm);
  if (kept !== null) return { key, reading: kept };
  const reading = await read(file, options);
  store.saveReading(name, content, reading);
  return { key, reading };
}

/**
 * What the sessions of `paths` teach together: mined again only where a file has changed, came or went.
 * @param keys of all files, in order
 * @param words id of the word meanings that are mined with
 */
export function insightsOf(
  keys: readonly (string | null)[],
  {
    paths,
    minSupport,
    words,
    store,
  }: { readonly paths: readonly string[]; readonly minSupport: number; readonly words: string; readonly store: KeptReadings },
  mine: () => readonly Insight[],
): readonly Insight[] {
  if (keys.includes(null)) return mine();
  const name = sha256(JSON.stringify(['insights', ...paths.map((path) => resolve(path))]));
  const content = sha256(JSON.stringify([readingVersion, minSupport, words, keys]));
  const kept = store.reading(name, content, insightsForm);
  if (kept !== null) return kept;
  const insights = mine();
  store.saveReading(name, content, insights);
  return insights;
}

async function read(file: string, { persons, signal }: ReadingOptions): Promise<Reading> {
  const ids = new Set<string>();
  const problems: Problem[] = [];
  const spoken: SpokenStatement[] = [];
  const screen = rememberLast(sessionScreen.mask);
  const listener = new FileListener(screen);
  const readers = new Map<string, SignalReader>();
  for await (const item of readTranscript(file, { persons, signal })) {
    if (item.kind === 'session') {
      ids.add(item.info.id);
      listener.start(item.info.folder);
    } else if (item.kind === 'problem') problems.push(item.problem);
    else if (item.kind === 'turn') {
      const { turn } = item;
      const reader = readers.get(turn.sessionId) ?? new SignalReader(turn.sessionId, file, { ...sessionScreen, mask: screen });
      readers.set(turn.sessionId, reader);
      reader.accept(turn);
      const masked = isSaid(turn) ? { ...turn, text: screen(turn.text) } : turn;
      listener.take(masked, turn.text);
      // What somebody said of a secret is no statement without it.
      spoken.push(...spokenStatements(masked).filter(({ text }) => turn.text.includes(text)));
    }
  }
  return { ids: [...ids], problems, spoken, signals: [...readers.values()].map((reader) => reader.finish()), heard: listener.finish() };
}

/** What tools print is screened where something is taken of it. */
function isSaid({ speaker }: Turn): boolean {
  return speaker === 'person' || speaker === 'agent';
}

/** A turn's text is masked by several readers, one after the other. */
function rememberLast(mask: (text: string) => string): (text: string) => string {
  let last = { text: '', masked: '' };
  return (text) => {
    if (text !== last.text) last = { text, masked: mask(text) };
    return last.masked;
  };
}
