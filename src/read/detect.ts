/**
 * Which format a store has, by what stands in it. A format counts when it explains at least 60 % of the records; nothing is guessed
 * silently: what fits none is refused with what was looked for.
 */
import type { FieldMap } from '../config.js';
import { UserError } from '../errors.js';
import type { Encoding, Problem, SourceFile, StoreFormat } from '../memory.js';
import { bomLength, bufferOf, largestLineBytes, lineCounter, linesOf, longLine, unreadableText } from './bytes.js';
import { csvRecords, scanCsv } from './csv.js';
import { elementsOf, isObject, type JsonValue, parseJson } from './json.js';
import { documentRows, envelopeNames, foreignDocument, isTurn, jsonRecord, type RecordRow, readJsonLines } from './jsonl.js';
import { isRules } from './locks.js';
import { isTopicFile } from './markdown.js';
import { isGraphRow, type Parsed, parseGraph } from './mcp.js';
import { explainedShare, findColumns, looksLikeMemories, parseRecords, type RawRecord, textNames } from './records.js';
import { dayOfName } from './time.js';

export type DataFormat = Extract<StoreFormat, 'mcp-graph' | 'jsonl' | 'json' | 'csv'>;

/** What a data file turned out to be. */
export type DataReading =
  | { readonly kind: 'read'; readonly format: DataFormat; readonly sure: boolean; readonly parsed: Parsed }
  | { readonly kind: 'unknown'; readonly reason: string };

const markdownName = /\.(md|mdc|markdown|txt)$/i;
const dataName = /\.(jsonl|ndjson|json|csv|tsv)$/i;
/** A decision by content looks at this many records. */
const sampledRecords = 50;

export function isMarkdownName(path: string): boolean {
  return markdownName.test(path) || isRules(path);
}

export function isDataName(path: string): boolean {
  return dataName.test(path);
}

/** The format of a folder, from the names and front matter of its files. */
export function detectFolder(files: readonly SourceFile[]): StoreFormat {
  const names = new Set(files.map((file) => file.path));
  const isDay = (path: string) => path.startsWith('memory/') && path.endsWith('.md') && dayOfName(path.slice('memory/'.length)) !== null;
  if ([...names].some(isDay)) return 'openclaw';
  if (!names.has('MEMORY.md')) return 'markdown';
  const topics = files.filter((file) => file.path !== 'MEMORY.md' && file.path.endsWith('.md'));
  return topics.length === 0 || topics.some(isTopicFile) || hasIndexLine(files.find((file) => file.path === 'MEMORY.md'))
    ? 'claude-memory'
    : 'markdown';
}

function hasIndexLine(index: SourceFile | undefined): boolean {
  return index !== undefined && /^[-*] \[[^\]\n]*\]\([^)\n]*\.md\)/m.test(bufferOf(index.bytes).toString('latin1'));
}

/** The format of a single file by its name; null where its content has to tell. */
export function formatOfName(file: SourceFile): 'markdown' | 'csv' | null {
  if (isMarkdownName(file.path)) return 'markdown';
  return /\.(csv|tsv)$/i.test(file.path) ? 'csv' : null;
}

/**
 * The format of a single file that its name does not tell.
 * @throws UserError `usage` for text that is neither JSON nor Markdown.
 */
export function detectContent(file: SourceFile): 'markdown' | 'data' {
  const head = bufferOf(file.bytes).toString('latin1', bomLength(file.bytes), 64 * 1024);
  if (isDataName(file.path) || /^\s*[[{"]/.test(head)) return 'data';
  if (/^---\r?\n/.test(head) || /^ {0,3}(#{1,6}|[-*]) \S/m.test(head)) return 'markdown';
  const message =
    'is neither JSON, CSV nor Markdown by its name and content. Say what it is with --format (markdown, lines, csv, jsonl or json).';
  throw new UserError('usage', `${file.path} ${message}`);
}

/** Reads a data file in the format given, or in whichever explains its records. Never throws. */
export function readData(file: SourceFile, format: StoreFormat | null, fields: FieldMap): DataReading {
  if (format === 'csv' || (format === null && /\.(csv|tsv)$/i.test(file.path))) return readCsv(file, fields);
  const lineOf = lineCounter(file.bytes);
  const document = format === 'jsonl' ? null : wholeDocument(file);
  if (document !== null) {
    const rows = documentRows(file, document, lineOf);
    if (rows !== null) return readRows(file, { rows, problems: [], format, fields, lineOf, document: true });
    if (format === 'json' || !isObject(document) || !/\.(jsonl|ndjson)$/i.test(file.path))
      return { kind: 'unknown', reason: unknownDocument(document) };
  } else if (format === 'json') {
    const long = longLine(file.bytes) === null ? '' : ' or is too large';
    return { kind: 'unknown', reason: `It is no valid JSON document${long}. Mend it, or give --format jsonl if each line is a record.` };
  }
  const { rows, problems } = readJsonLines(file);
  return readRows(file, { rows, problems, format, fields, lineOf, document: false });
}

/** A document over several lines, or a single line; null for JSON Lines. */
function wholeDocument(file: SourceFile): JsonValue | null {
  const start = bomLength(file.bytes);
  const [first] = linesOf(file.bytes, start);
  const startsDocument = first !== undefined && /^\s*["[{]/.test(bufferOf(file.bytes).toString('latin1', start, start + 1024));
  return startsDocument ? parseJson(file.bytes, { start, end: file.bytes.length }) : null;
}

function unknownDocument(document: JsonValue): string {
  const foreign = foreignDocument(document);
  if (foreign !== null) return `It is ${foreign}.`;
  const names = envelopeNames.map((name) => `"${name}"`).join(', ');
  return `It is JSON, but neither a list of records, nor an object with a list under ${names}, nor a knowledge graph with "entities" and "relations". If it holds records all the same, give --format json and --field-text NAME.`;
}

interface RowsContext {
  readonly rows: readonly RecordRow[];
  readonly problems: readonly Problem[];
  readonly format: StoreFormat | null;
  readonly fields: FieldMap;
  readonly lineOf: (offset: number) => number;
  readonly document: boolean;
}

function readRows(file: SourceFile, context: RowsContext): DataReading {
  const { rows, problems, format, fields } = context;
  const recordFormat: DataFormat = context.document ? 'json' : 'jsonl';
  if (rows.length === 0) {
    return problems.length > 0 && format === null
      ? { kind: 'unknown', reason: 'None of its lines is valid JSON. Mend it, or say what it is with --format.' }
      : { kind: 'read', format: format === 'mcp-graph' ? 'mcp-graph' : recordFormat, sure: false, parsed: { memories: [], problems } };
  }
  const sample = rows.slice(0, sampledRecords).flatMap((row) => row.tree() ?? []);
  const share = (test: (value: JsonValue) => boolean) => sample.filter((row) => test(row)).length / Math.max(1, sample.length);
  if (format === 'mcp-graph' || (format === null && share(isGraphRow) >= explainedShare)) {
    const parsed = parseGraph(file, rows, context.lineOf);
    return { kind: 'read', format: 'mcp-graph', sure: true, parsed: withProblems(parsed, problems) };
  }
  if (format === null && share((value) => isTurn(value) || elementsOf(value).some(isTurn)) > 1 - explainedShare) {
    return { kind: 'unknown', reason: 'Its records are turns of a transcript, no memories; give it with --sessions.' };
  }
  return readRecords(file, { records: rows.map(jsonRecord), problems, format: recordFormat, fields, encoding: 'json' });
}

interface RecordsContext {
  readonly records: readonly RawRecord[];
  readonly problems: readonly Problem[];
  readonly format: DataFormat;
  readonly fields: FieldMap;
  readonly encoding: Encoding;
}

function readRecords(file: SourceFile, context: RecordsContext): DataReading {
  const { records, problems, format, fields, encoding } = context;
  const columns = findColumns(records, fields);
  if (columns === null) return { kind: 'unknown', reason: noTextReason(records, fields) };
  const sure = looksLikeMemories(records, columns);
  return { kind: 'read', format, sure, parsed: withProblems(parseRecords(file, records, columns, encoding), problems) };
}

function noTextReason(records: readonly RawRecord[], fields: FieldMap): string {
  const keys = [...new Set(records.slice(0, sampledRecords).flatMap((record) => record.keys))].slice(0, 20);
  const looked = fields.text === undefined ? `any of ${textNames.join(', ')}` : `"${fields.text}"`;
  const found = keys.length === 0 ? 'no keys at all' : keys.join(', ');
  return `Fewer than 60 % of its records have text under ${looked}; found: ${found}. Say which key holds the text with a field map (text=NAME).`;
}

function readCsv(file: SourceFile, fields: FieldMap): DataReading {
  const table = scanCsv(file);
  const { records, problems } = csvRecords(file, table);
  if (records.length === 0 && table.header.length > 0 && hasTextColumn(table.header, fields)) {
    return { kind: 'read', format: 'csv', sure: false, parsed: { memories: [], problems } };
  }
  if (table.header.length === 0) return { kind: 'read', format: 'csv', sure: false, parsed: { memories: [], problems } };
  const reading = readRecords(file, { records, problems, format: 'csv', fields, encoding: 'csv' });
  if (reading.kind === 'read') return reading;
  return {
    kind: 'unknown',
    reason: `${reading.reason} The first line has to name the columns; it is: ${table.header.join(' | ').slice(0, 200)}.`,
  };
}

function hasTextColumn(header: readonly string[], fields: FieldMap): boolean {
  return fields.text === undefined ? header.some((name) => textNames.includes(name.toLowerCase())) : header.includes(fields.text);
}

function withProblems(parsed: Parsed, problems: readonly Problem[]): Parsed {
  return { memories: parsed.memories, problems: [...problems, ...parsed.problems] };
}

/** Why a file cannot be read at all, as a problem; null where it can. */
export function refusal(file: SourceFile): Problem | null {
  const reason = unreadableText(file.bytes);
  if (reason !== null) return { kind: 'unsupported', path: file.path, line: null, message: reason };
  const long = isDataName(file.path) ? null : longLine(file.bytes);
  if (long === null) return null;
  const message = `The line is longer than ${largestLineBytes / 1024 / 1024} MiB. The file is left as it is.`;
  return { kind: 'unsupported', path: file.path, line: long, message };
}
