/** Reads the transcripts of a dream, one turn at a time, and keeps what persons stated in them. */
import type { DreamSettings } from '../config.js';
import type { RunContext } from '../context.js';
import { compareText, type Problem, type SpokenStatement } from '../memory.js';
import { listTranscripts, readTranscript } from '../read/transcript.js';
import { spokenStatements } from '../segment/session.js';

export interface Spoken {
  readonly spoken: readonly SpokenStatement[];
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
  for (const [at, file] of listed.files.entries()) {
    context.report({
      kind: 'stage',
      stage: 'mine',
      done: at,
      total: listed.files.length,
      unit: 'session files',
    });
    for await (const item of readTranscript(file, {
      persons: settings.persons,
      signal,
    })) {
      if (item.kind === 'session') ids.add(item.info.id);
      else if (item.kind === 'problem') {
        if (isNewRecordType(item.problem))
          context.report({ kind: 'warning', message: `${item.problem.path}:${item.problem.line} ${item.problem.message}` });
        else problems.push(item.problem);
      } else if (item.kind === 'turn') {
        for (const said of spokenStatements(item.turn)) {
          const key = JSON.stringify([said.text, said.at]);
          if (!spoken.has(key)) spoken.set(key, said);
        }
      }
    }
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
    ids: [...ids].sort(compareText),
    problems,
  };
}
