/**
 * Records with one text each: JSONL, JSON arrays (mem0 exports among them), CSV rows. Which key holds the text is found by name over
 * the records themselves, or given as a field map.
 */
import type { FieldMap } from '../config.js';
import { type Cut, type Encoding, type Memory, makeId, type Problem, type SourceFile, type Span } from '../memory.js';
import { largestTextBytes } from './bytes.js';
import type { Parsed } from './mcp.js';
import { firstTime } from './time.js';

/** One record as any of the formats gives it. */
export interface RawRecord {
  readonly span: Span;
  readonly cut: Cut;
  /** 1-based. */
  readonly line: number;
  readonly broken: boolean;
  readonly keys: readonly string[];
  /** The text under a key; null where there is none. */
  readonly text: (key: string) => string | null;
  /** Where the value under a key stands, quotes included. */
  readonly place: (key: string) => Span | null;
  /** The value under a key as text, number or boolean; null for anything else. */
  readonly scalar: (key: string) => string | number | boolean | null;
}

/** The keys that hold what, of those that the records have. */
export interface Columns {
  readonly text: string;
  readonly id: readonly string[];
  readonly time: readonly string[];
  readonly subject: readonly string[];
  readonly session: readonly string[];
  readonly kind: readonly string[];
}

export const textNames: readonly string[] = ['memory', 'content', 'text', 'fact', 'observation', 'value', 'note'];
const idNames = ['id', 'uuid', 'memory_id', 'key', '_id'];
/** The time of the last change wins over that of the writing. */
const timeNames = [
  ...['updated_at', 'updatedAt', 'updated', 'modified_at', 'modifiedAt', 'modified', 'last_updated', 'last_modified'],
  ...['created_at', 'createdAt', 'created', 'timestamp', 'datetime', 'time', 'date', 'ts'],
];
const sessionNames = ['session_id', 'sessionId', 'originSessionId', 'thread_id', 'run_id', 'conversation_id'];
const kindNames = ['type', 'kind', 'category'];
const ownerNames = ['user_id', 'agent_id'];

/** A format counts as recognised when it explains this share of the records. */
export const explainedShare = 0.6;

/** Which keys hold what; null where no key holds text in enough of the records. */
export function findColumns(records: readonly RawRecord[], fields: FieldMap): Columns | null {
  const enough = (key: string) => {
    const withText = records.filter((record) => (record.text(key)?.trim() ?? '') !== '').length;
    return records.length > 0 && withText >= explainedShare * records.length;
  };
  const text = (fields.text === undefined ? namesIn(records) : [fields.text]).find(enough);
  if (text === undefined) return null;
  const spelled = new Set<string>();
  for (const record of records) for (const key of record.keys) spelled.add(key);
  const keys = new Set([...spelled].map(plainName));
  const present = (names: readonly string[]) => names.filter((name) => keys.has(plainName(name)) && name !== text);
  return {
    text,
    id: fields.id === undefined ? present(idNames) : [fields.id],
    time: fields.time === undefined ? present(timeNames) : [fields.time],
    subject: fields.subject === undefined ? present(ownerNames) : [fields.subject],
    session: present(sessionNames),
    kind: present(kindNames),
  };
}

/** `Created At` and `created_at` name the same column. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[\s-]+/g, '_');
}

/** True where records carry an id, a time or an owner beside their text: data that is a memory store, not any list of texts. */
export function looksLikeMemories(records: readonly RawRecord[], columns: Columns): boolean {
  const telling = [columns.id, columns.time, columns.subject].some((names) => names.length > 0);
  return columns.text === 'memory' || telling || records.some((record) => record.keys.includes('metadata'));
}

/** What is said of a record without text. */
export function noTextMessage(column: string): string {
  return `The record has no text under "${column}". It is left as it is.`;
}

const roleNames = new Set([...textNames, ...idNames, ...timeNames, ...sessionNames, ...kindNames, ...ownerNames].map(plainName));

/** True for a name, in the form of `plainName`, by which `findColumns` finds a column. */
export function isRoleName(name: string): boolean {
  return roleNames.has(name);
}

/** Records as memories of one field; records without text are reported and left alone. */
export function parseRecords(file: SourceFile, records: readonly RawRecord[], columns: Columns, encoding: Encoding): Parsed {
  const memories: Memory[] = [];
  const problems: Problem[] = [];
  const seen = new Map<string, number>();
  const report = (kind: Problem['kind'], line: number, message: string) => problems.push({ kind, path: file.path, line, message });
  for (const record of records) {
    const text = record.text(columns.text) ?? '';
    const span = text.trim() === '' ? null : record.place(columns.text);
    if (span === null) {
      report('malformed', record.line, noTextMessage(columns.text));
    } else if (span.end - span.start > largestTextBytes) {
      report('unsupported', record.line, 'The text of the record is longer than 1 MiB. It is left as it is.');
    } else {
      memories.push(recordMemory(file, record, { columns, encoding, found: { text, span }, seen }));
    }
  }
  return { memories, problems };
}

interface RecordContext {
  readonly columns: Columns;
  readonly encoding: Encoding;
  readonly found: { readonly text: string; readonly span: Span };
  readonly seen: Map<string, number>;
}

function recordMemory(file: SourceFile, record: RawRecord, context: RecordContext): Memory {
  const { columns, found, seen } = context;
  const pick = (names: readonly string[]) =>
    names.map((name) => record.scalar(name)).find((value) => value !== null && value !== '') ?? null;
  const id = pick(columns.id);
  const key = id === null ? `text ${found.text}` : `id ${String(id)}`;
  const nth = seen.get(key) ?? 0;
  seen.set(key, nth + 1);
  const time = firstTime(
    columns.time.map((name) => record.scalar(name)),
    'record',
    file.modifiedAt,
  );
  const session = pick(columns.session);
  const kind = pick(columns.kind);
  return {
    id: makeId('mem', file.path, key, String(nth)),
    path: file.path,
    span: record.span,
    title: id === null ? null : String(id),
    kind: typeof kind === 'string' ? kind : null,
    body: {
      shape: 'fields',
      fields: [
        {
          name: columns.text,
          text: found.text,
          span: found.span,
          encoding: context.encoding,
          cut: record.cut,
          line: record.line,
          time,
          subject: subjectText(columns.subject, record.scalar),
        },
      ],
    },
    time,
    sessionId: session === null ? null : String(session),
    lock: record.broken ? 'broken' : isMarked(record, found.text) ? 'marked' : null,
  };
}

/** Whose memory it is: statements of two owners are never merged. */
export function subjectText(names: readonly string[], scalar: RawRecord['scalar']): string | null {
  const parts = names.flatMap((name) => {
    const value = scalar(name);
    if (value === null || value === '') return [];
    return name === 'agent_id' ? `agent ${value}` : String(value);
  });
  return parts.length === 0 ? null : parts.join(', ');
}

function isMarked(record: RawRecord, text: string): boolean {
  const pinned = record.scalar('pinned');
  return pinned === true || pinned === 'true' || /<!--\s*dreamfold:\s*keep\s*-->/.test(text);
}

/** Candidates for the text key in order of preference, spelled as in the records. */
function namesIn(records: readonly RawRecord[]): readonly string[] {
  const present = new Set(records.slice(0, 1000).flatMap((record) => record.keys));
  return textNames.flatMap((name) => [...present].filter((key) => key.toLowerCase() === name));
}
