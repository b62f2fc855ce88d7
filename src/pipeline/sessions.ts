/** Reads the transcripts of a dream, file by file, and keeps what persons stated in them and what each session shows. */
import type { DreamSettings } from '../config.js';
import type { RunContext } from '../context.js';
import { compareText, type Finding, type Problem, type SpokenStatement } from '../memory.js';
import { listTranscripts } from '../read/transcript.js';
import type { Announcement, PrintedVersion, SessionSignals } from '../signals.js';
import { Listener } from './listening.js';
import { type KeptReadings, readingOf } from './readings.js';

export interface Spoken {
  readonly spoken: readonly SpokenStatement[];
  /** What persons said has changed. */
  readonly announced: readonly Announcement[];
  /** A digest of each session of each file: of a session in two files, two. */
  readonly signals: readonly SessionSignals[];
  /** Orders to the model in what tools printed. */
  readonly findings: readonly Finding[];
  readonly printed: readonly PrintedVersion[];
  /** Names of the folders that sessions worked in, by session id. */
  readonly projects: ReadonlyMap<string, string>;
  /** Ids of the sessions read, sorted. */
  readonly ids: readonly string[];
  readonly problems: readonly Problem[];
  /** What each file gave depends on its key alone (`readings.ts`); in the order of the files. */
  readonly keys: readonly (string | null)[];
}

/** Files whose readings are kept, some kilobytes each. */
const mostReadings = 20_000;

/** Clients add record types every month: worth a word, but no source that could not be read. */
function isNewRecordType({ kind, line }: Problem): boolean {
  return kind === 'unsupported' && line !== null;
}

/**
 * Files are read in path order; what a resumed session repeats from an earlier file (same words, same time) counts once.
 * @param store where what files give is kept from dream to dream; null: nowhere
 */
export async function readSpoken(settings: DreamSettings, context: RunContext, store: KeptReadings | null): Promise<Spoken> {
  const { signal } = context;
  const { persons } = settings;
  const listed = await listTranscripts(settings.sessions, { signal });
  const total = listed.files.length;
  const report = (done: number) => context.report({ kind: 'stage', stage: 'mine', done, total, unit: 'session files' });
  const ids = new Set<string>();
  const problems: Problem[] = [...listed.problems];
  const spoken = new Map<string, SpokenStatement>();
  const listener = new Listener();
  const signals: SessionSignals[] = [];
  const keys: (string | null)[] = [];
  for (const [at, file] of listed.files.entries()) {
    report(at);
    const { key, reading } = await readingOf(file, { persons, signal, store });
    keys.push(key);
    for (const id of reading.ids) ids.add(id);
    for (const problem of reading.problems) {
      if (isNewRecordType(problem)) context.report({ kind: 'warning', message: `${problem.path}:${problem.line} ${problem.message}` });
      else problems.push(problem);
    }
    for (const said of reading.spoken) {
      const key = JSON.stringify([said.text, said.at]);
      if (!spoken.has(key)) spoken.set(key, said);
    }
    signals.push(...reading.signals);
    listener.take(reading.heard);
  }
  report(total);
  store?.trimReadings(mostReadings);
  return {
    spoken: [...spoken.values()],
    announced: listener.announced(),
    signals,
    findings: listener.findings(),
    printed: listener.printed(),
    projects: listener.projects(),
    ids: [...ids].sort(compareText),
    problems,
    keys,
  };
}
