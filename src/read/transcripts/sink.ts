/** What the readers of all formats share: the record that comes in, the items that go out, and the books on both. */
import { basename, resolve, sep } from 'node:path';
import type { Problem, SessionInfo, Turn } from '../../memory.js';

/** `counts` comes last and once; `records` is always `explained` plus `reported`. */
export type TranscriptItem =
  | { readonly kind: 'session'; readonly info: SessionInfo }
  | { readonly kind: 'turn'; readonly turn: Turn }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'counts'; readonly records: number; readonly explained: number; readonly reported: number };

/** One parsed line, or one element of an array in a JSON document; `slot` names that array, null at the top. */
export interface RawRecord {
  readonly value: unknown;
  /** 1-based line where it starts. */
  readonly line: number;
  readonly slot: string | null;
}

/** Reads the records of one file in order; it keeps what later records need, and nothing that grows with the file. */
export interface FormatReader {
  /** Null where the record was understood, else what it is, in a few words: it is kept as a note and reported. */
  readonly accept: (record: RawRecord) => string | null;
  /** After the last record. */
  readonly end: () => void;
}

/** A turn as a format knows it; the rest is filled in from the session. */
export type TurnDraft = Pick<Turn, 'speaker' | 'kind' | 'text'> &
  Partial<Pick<Turn, 'at' | 'tool' | 'error' | 'branch'>> & { readonly line: number };

export interface Sink {
  /** Starts a session or goes back to one that was started; told to the caller once. */
  readonly session: (id: string, folder: string | null) => void;
  readonly turn: (draft: TurnDraft) => void;
  /** Part of an understood record that is not: told once for each name, with the first line and how often. */
  readonly unknown: (what: string, line: number) => void;
  readonly problem: (problem: Problem) => void;
  /** The items since the last call. */
  readonly drain: () => readonly TranscriptItem[];
  /** The collected reports of what was not understood. */
  readonly finish: () => void;
}

/** More distinct names than this are summed up under one. */
const maxUnknownNames = 100;

const userFolder = /^(?:[A-Za-z]:)?[\\/](?:home|Users|users)[\\/]([^\\/]+)(?=[\\/]|$)/;

/** The user whose home folder a recorded path lies in, or null. */
function userOf(folder: string): string | null {
  return userFolder.exec(folder)?.[1] ?? null;
}

function liesIn(path: string, prefix: string): boolean {
  const bare = prefix.replace(/[\\/]+$/, '');
  return path === bare || path.startsWith(`${bare}/`) || path.startsWith(`${bare}\\`);
}

/** The person by the longest prefix that the transcript or its working folder lies in, else by the folder's user. */
export function personOf(file: string, folder: string | null, persons: Readonly<Record<string, string>>): string | null {
  const absolute = resolve(file);
  let best: { readonly name: string; readonly length: number } | null = null;
  for (const [name, prefix] of Object.entries(persons)) {
    const matches = liesIn(absolute, resolve(prefix)) || (folder !== null && liesIn(folder, prefix));
    if (matches && prefix.length > (best?.length ?? -1)) best = { name, length: prefix.length };
  }
  return best?.name ?? (folder === null ? null : userOf(folder));
}

/** Calls that never got an answer are forgotten from this number on, oldest first: memory must not grow with the file. */
const maxOpenCalls = 512;

/** Keeps what is known of an open call until its result comes. */
export function rememberCall<T>(calls: Map<string, T>, callId: string, about: T): void {
  calls.set(callId, about);
  if (calls.size <= maxOpenCalls) return;
  for (const oldest of calls.keys()) {
    calls.delete(oldest);
    return;
  }
}

/** The file's path as an id for sessions that record none: the same on every system. */
export function idOfFile(file: string): string {
  return file.split(sep).join('/');
}

/** The file's name up to its extension. */
export function stemOf(file: string): string {
  return basename(file).replace(/\.(?:jsonl|json)$/, '');
}

/** The books of one file. `format` goes into every session's info. */
export function openSink(file: string, format: string, persons: Readonly<Record<string, string>>): Sink {
  let items: TranscriptItem[] = [];
  let current: { readonly id: string; readonly folder: string | null; readonly person: string | null } | null = null;
  const told = new Set<string>();
  const unknown = new Map<string, { count: number; readonly line: number }>();
  const session = (id: string, folder: string | null): void => {
    if (current?.id === id && (folder === null || folder === current.folder)) return;
    current = { id, folder, person: personOf(file, folder, persons) };
    if (told.has(id)) return;
    if (told.size < 1024) told.add(id);
    items.push({ kind: 'session', info: { id, path: file, format, folder } });
  };
  return {
    session,
    turn: (draft) => {
      if (current === null) session(idOfFile(file), null);
      const turn: Turn = {
        sessionId: current?.id ?? idOfFile(file),
        at: draft.at ?? null,
        speaker: draft.speaker,
        person: draft.speaker === 'person' ? (current?.person ?? null) : null,
        kind: draft.kind,
        text: draft.text,
        tool: draft.tool ?? null,
        error: draft.error ?? null,
        branch: draft.branch ?? 'active',
        ref: { path: file, line: draft.line },
      };
      items.push({ kind: 'turn', turn });
    },
    unknown: (what, line) => {
      const name = unknown.has(what) || unknown.size < maxUnknownNames ? what : 'more kinds';
      const known = unknown.get(name);
      if (known === undefined) unknown.set(name, { count: 1, line });
      else known.count += 1;
    },
    problem: (problem) => items.push({ kind: 'problem', problem }),
    drain: () => {
      const drained = items;
      items = [];
      return drained;
    },
    finish: () => {
      for (const [what, { count, line }] of unknown) {
        const message = `${count} x ${what}: not known to this version and left aside. Everything else of the file was read.`;
        items.push({ kind: 'problem', problem: { kind: 'unsupported', path: file, line, message } });
      }
    },
  };
}
