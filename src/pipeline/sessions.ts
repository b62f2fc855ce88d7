/** Reads the transcripts of a dream, one turn at a time, and keeps what persons stated in them and what each session shows. */
import type { DreamSettings } from '../config.js';
import type { RunContext } from '../context.js';
import { compareText, type Finding, type Problem, type SpokenStatement } from '../memory.js';
import { listTranscripts, readTranscript } from '../read/transcript.js';
import { spokenStatements } from '../segment/session.js';
import { SignalReader } from '../segment/signals.js';
import type { Announcement, PrintedVersion, SessionSignals } from '../signals.js';
import { Listener } from './listening.js';
import { sessionScreen } from './screening.js';

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
}

/** Clients add record types every month: worth a word, but no source that could not be read. */
function isNewRecordType({ kind, line }: Problem): boolean {
  return kind === 'unsupported' && line !== null;
}

/** Files are read in path order; what a resumed session repeats from an earlier file (same words, same time) counts once. */
export async function readSpoken(settings: DreamSettings, context: RunContext): Promise<Spoken> {
  const { signal } = context;
  const listed = await listTranscripts(settings.sessions, { signal });
  const ids = new Set<string>();
  const problems: Problem[] = [...listed.problems];
  const spoken = new Map<string, SpokenStatement>();
  const listener = new Listener();
  const signals: SessionSignals[] = [];
  for (const [at, file] of listed.files.entries()) {
    context.report({
      kind: 'stage',
      stage: 'mine',
      done: at,
      total: listed.files.length,
      unit: 'session files',
    });
    const readers = new Map<string, SignalReader>();
    for await (const item of readTranscript(file, {
      persons: settings.persons,
      signal,
    })) {
      if (item.kind === 'session') {
        ids.add(item.info.id);
        listener.start(item.info.folder);
      } else if (item.kind === 'problem') {
        if (isNewRecordType(item.problem))
          context.report({ kind: 'warning', message: `${item.problem.path}:${item.problem.line} ${item.problem.message}` });
        else problems.push(item.problem);
      } else if (item.kind === 'turn') {
        const { sessionId } = item.turn;
        const reader = readers.get(sessionId) ?? new SignalReader(sessionId, file, sessionScreen);
        readers.set(sessionId, reader);
        reader.accept(item.turn);
        listener.take(item.turn);
        for (const said of spokenStatements(item.turn)) {
          const key = JSON.stringify([said.text, said.at]);
          if (!spoken.has(key)) spoken.set(key, said);
        }
      }
    }
    for (const reader of readers.values()) signals.push(reader.finish());
  }
  context.report({
    kind: 'stage',
    stage: 'mine',
    done: listed.files.length,
    total: listed.files.length,
    unit: 'session files',
  });
  return {
    spoken: [...spoken.values()],
    announced: listener.announced(),
    signals,
    findings: listener.findings(),
    printed: listener.printed(),
    projects: listener.projects(),
    ids: [...ids].sort(compareText),
    problems,
  };
}
