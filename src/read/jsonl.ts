/** Rows of JSON in a file: one a line (JSON Lines), or the elements of one document's array. */
import { isUtf8 } from 'node:buffer';
import type { Problem, SourceFile } from '../memory.js';
import { bomLength, type Line, largestLineBytes, linesOf, newline } from './bytes.js';
import {
  dataAt,
  elementsOf,
  isArray,
  isObject,
  isPlainObject,
  type JsonValue,
  jsonTree,
  member,
  memberAt,
  readJson,
  stringOf,
  stringPlace,
} from './json.js';
import { isGraphDocument, type Row } from './mcp.js';
import type { RawRecord } from './records.js';

/** A row of records; `list` names the array it is an element of, null where it is a line of its own. */
export interface RecordRow extends Row {
  /** Its plain value. */
  readonly data: unknown;
  /** The file it stands in. */
  readonly bytes: Uint8Array;
  readonly list: string | null;
  /** With the line end, for a row that is a line. */
  readonly next: number;
}

export interface Rows {
  readonly rows: readonly RecordRow[];
  readonly problems: readonly Problem[];
}

const blankLine = /^[ \t\r]*$/;

/** Every line that is JSON; malformed, torn and overlong lines are reported with what to do. */
export function readJsonLines(file: SourceFile): Rows {
  const rows: RecordRow[] = [];
  const problems: Problem[] = [];
  const valid = isUtf8(file.bytes);
  for (const line of linesOf(file.bytes, 0)) {
    const start = line.start === 0 ? bomLength(file.bytes) : line.start;
    if (line.end - start < 64 && blankLine.test(Buffer.from(file.bytes.subarray(start, line.end)).toString('latin1'))) continue;
    const span = { start, end: line.end };
    const data = line.end - start > largestLineBytes ? undefined : readJson(file.bytes, span);
    if (data === undefined) {
      problems.push(lineProblem(file, line));
    } else {
      const broken = !valid && !isUtf8(file.bytes.subarray(start, line.end));
      rows.push({
        ...span,
        data,
        bytes: file.bytes,
        tree: () => jsonTree(file.bytes, span),
        line: line.number,
        broken,
        list: null,
        next: line.next,
      });
    }
  }
  return { rows, problems };
}

/** What is said of a line that is no JSON. */
export function lineProblem(file: SourceFile, line: Line): Problem {
  const place = { path: file.path, line: line.number };
  if (line.end - line.start > largestLineBytes) {
    return { kind: 'unsupported', ...place, message: 'The line is longer than 4 MiB. It is left as it is.' };
  }
  if (line.next === file.bytes.length && file.bytes[line.next - 1] !== newline) {
    return {
      kind: 'torn',
      ...place,
      message: 'The last line breaks off. It is left as it is; run again when the file is written completely.',
    };
  }
  return { kind: 'malformed', ...place, message: 'The line is no valid JSON. It is left as it is; mend or remove it to have it read.' };
}

/** Keys under which exports keep their list of records. */
export const envelopeNames: readonly string[] = ['results', 'memories', 'records', 'items', 'data'];

/** Elements of a document that is an array, or that holds one under a known name; null for any other document. */
export function documentRows(file: SourceFile, document: JsonValue, lineOf: (offset: number) => number): readonly RecordRow[] | null {
  const list = isGraphDocument(document) ? member(document, 'entities') : recordList(document);
  if (list === null) return null;
  const valid = isUtf8(file.bytes);
  return elementsOf(list).map((value) => {
    const broken = !valid && !isUtf8(file.bytes.subarray(value.start, value.end));
    const span = { start: value.start, end: value.end };
    const data = readJson(file.bytes, span) ?? null;
    return {
      ...span,
      data,
      bytes: file.bytes,
      tree: () => value,
      line: lineOf(value.start),
      broken,
      list: `${file.path}#${list.start}`,
      next: value.end,
    };
  });
}

function recordList(document: JsonValue): JsonValue | null {
  if (isArray(document)) return document;
  for (const name of envelopeNames) {
    const list = member(document, name);
    if (isArray(list)) return list;
  }
  return null;
}

/** Name of the text where a record is a bare string. */
const bareText = '(text)';

/** A row as a record; a bare string is a record whose text is itself. */
export function jsonRecord(row: RecordRow): RawRecord {
  const { data } = row;
  const whole = !isPlainObject(data);
  const cut = row.list === null ? { start: row.start, end: row.next } : { start: row.start, end: row.end };
  return {
    span: { start: row.start, end: row.end },
    cut: { span: cut, list: row.list },
    line: row.line,
    broken: row.broken,
    keys: whole ? [bareText] : Object.keys(data),
    text: (key) => {
      const found = whole && key === bareText ? data : dataAt(data, key);
      return typeof found === 'string' ? found : null;
    },
    place: (key) => {
      if (!whole && Object.hasOwn(data, key)) return stringPlace(row.bytes, row, key);
      const tree = row.tree();
      const found = tree === null || (whole && key === bareText) ? tree : memberAt(tree, key);
      return found === null ? null : { start: found.start, end: found.end };
    },
    scalar: (key) => {
      const found = dataAt(data, key);
      return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? found : null;
    },
  };
}

const rolesOfTurns = new Set(['user', 'assistant', 'system', 'tool', 'developer', 'human', 'model']);
const eventTypes = /^(user|agent|session|span|system|workflow_run|thread|turn|item)\./;
const turnTypes = new Set([
  'user',
  'assistant',
  'summary',
  'file-history-snapshot',
  'queue-operation',
  'session_meta',
  'response_item',
  'event_msg',
]);

/** True for a record of a transcript in one of the formats that `--sessions` reads: never a memory, however much text it has. */
export function isTurn(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  const type = stringOf(member(value, 'type'));
  const role = stringOf(member(value, 'role'));
  const says = member(value, 'content') ?? member(value, 'tool_calls') ?? member(value, 'message');
  if (role !== null && rolesOfTurns.has(role) && says !== null && member(value, 'memory') === null) return true;
  const has = (...keys: readonly string[]) => keys.every((key) => member(value, key) !== null);
  if (type !== null && eventTypes.test(type)) return true;
  if (
    type !== null &&
    turnTypes.has(type) &&
    ['message', 'sessionId', 'payload', 'leafUuid', 'snapshot', 'operation'].some((key) => has(key))
  )
    return true;
  return (
    has('sessionId', 'uuid') ||
    has('type', 'payload', 'timestamp') ||
    has('mapping', 'current_node') ||
    has('chat_messages') ||
    has('traj', 'reward')
  );
}

/** Says which known kind of document this is when it is no memory store; null where it is unknown. */
export function foreignDocument(document: JsonValue): string | null {
  const has = (...keys: readonly string[]) => keys.every((key) => member(document, key) !== null);
  if (stringOf(document)?.trimStart().match(/^[[{]/))
    return 'a JSON document inside a JSON string; write the inner document to a file of its own';
  if (has('agents', 'blocks') || has('core_memory')) return 'a Letta agent file; export its blocks as text or JSON';
  if (has('trajectory') || has('messages') || has('history') || has('loglines') || has('steps', 'schema_version') || has('mapping')) {
    return 'a transcript; give it with --sessions';
  }
  return null;
}
