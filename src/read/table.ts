/**
 * A file of records as columns: the texts in shared memory, and of every record its line, its bytes and its owner. A million records
 * fit where a million objects would not. Files that it does not read itself are read by `parseStore`, which knows every format.
 */
import { isUtf8 } from 'node:buffer';
import type { FieldMap } from '../config.js';
import type { SharedTexts } from '../context.js';
import type { Problem, SourceFile } from '../memory.js';
import { bomLength, encodingProblems, largestLineBytes, largestTextBytes, linesOf, longLine, textLines, unreadableText } from './bytes.js';
import { dataAt, isPlainObject, readJson } from './json.js';
import { jsonRecord, lineProblem, readJsonLines } from './jsonl.js';
import { type Columns, explainedShare, findColumns, isRoleName, noTextMessage, plainName, subjectText } from './records.js';

/** Records that may be dropped, in file order. Records that cannot be read, or are locked, stand in the file and not here. */
export interface RecordTable {
  readonly count: number;
  readonly texts: SharedTexts;
  /** 1-based. */
  readonly lines: Uint32Array;
  /** Where each record begins, and where what stands behind it does: dropping one leaves these bytes out. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Number of whose it is; 0 for nobody's. */
  readonly owners: Uint32Array;
  readonly problems: readonly Problem[];
}

/** Records that the columns are found by. */
const sampleLines = 1000;
const blank = /^[ \t\r]*$/;
const halfCharacter = /[\ud800-\udfff]/u;
const keepMark = /<!--\s*dreamfold:\s*keep\s*-->/;

/**
 * Reads JSON Lines with one object a line, or lines of plain text. Null where the file is anything else, or where records further on do
 * not look like the first thousand: `parseStore` then has to look at all of it.
 */
export function readTable(file: SourceFile, format: 'jsonl' | 'lines', fields: FieldMap): RecordTable | null {
  const { bytes } = file;
  if (unreadableText(bytes) !== null || bytes.length <= 64 || (format === 'lines' && longLine(bytes) !== null)) return null;
  return format === 'lines' ? readTextLines(file) : readRecordLines(file, fields);
}

/** Grows as rows are added; texts never take more room than the file. */
class TableWriter {
  readonly #bytes: Uint8Array;
  #starts: Uint32Array;
  #lines: Uint32Array;
  #from: Float64Array;
  #ends: Float64Array;
  #owners: Uint32Array;
  #count = 0;
  #length = 0;

  /** Decoded texts are as long as their UTF-8 in the file, but for escapes such as `\ud800`, which take three bytes instead of six. */
  constructor(fileBytes: number, rows: number) {
    this.#bytes = new Uint8Array(new SharedArrayBuffer(fileBytes + 64));
    this.#starts = new Uint32Array(new SharedArrayBuffer((rows + 1) * 4));
    this.#lines = new Uint32Array(rows);
    this.#from = new Float64Array(rows);
    this.#ends = new Float64Array(rows);
    this.#owners = new Uint32Array(rows);
  }

  add(text: string, place: { readonly line: number; readonly start: number; readonly end: number; readonly owner: number }): void {
    const row = this.#count;
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written;
    this.#lines[row] = place.line;
    this.#from[row] = place.start;
    this.#ends[row] = place.end;
    this.#owners[row] = place.owner;
    this.#count += 1;
    this.#starts[this.#count] = this.#length;
  }

  finish(problems: readonly Problem[]): RecordTable {
    const count = this.#count;
    return {
      count,
      texts: { bytes: this.#bytes.subarray(0, this.#length), starts: this.#starts.subarray(0, count + 1) },
      lines: this.#lines.subarray(0, count),
      starts: this.#from.subarray(0, count),
      ends: this.#ends.subarray(0, count),
      owners: this.#owners.subarray(0, count),
      problems: problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    };
  }
}

const encoder = new TextEncoder();

function countLines(bytes: Uint8Array): number {
  let count = 1;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

/** Every line that is not blank is a record; what is no UTF-8 stays as it is. */
function readTextLines(file: SourceFile): RecordTable {
  const { bytes } = file;
  const problems = [...encodingProblems(file)];
  const broken = new Set(problems.map(({ line }) => line));
  const writer = new TableWriter(bytes.length, countLines(bytes));
  for (const { text, number, start, next } of textLines(file, problems)) {
    if (!broken.has(number)) writer.add(text, { line: number, start, end: next, owner: 0 });
  }
  return writer.finish(problems);
}

/** What of a record is looked at. */
interface Shape {
  readonly columns: Columns;
  /** Keys that have been met; a new one that could change the columns ends the reading. */
  readonly known: Set<string>;
  readonly owners: Map<string, number>;
}

function readRecordLines(file: SourceFile, fields: FieldMap): RecordTable | null {
  const { bytes } = file;
  const shape = shapeOf(file, fields);
  if (shape === null) return null;
  const valid = isUtf8(bytes);
  const problems: Problem[] = [];
  const writer = new TableWriter(bytes.length, countLines(bytes));
  let records = 0;
  let withText = 0;
  for (const line of linesOf(bytes, 0)) {
    const start = line.start === 0 ? bomLength(bytes) : line.start;
    if (isBlank(bytes, start, line.end)) continue;
    const data = line.end - start > largestLineBytes ? undefined : readJson(bytes, { start, end: line.end });
    if (data === undefined) {
      problems.push(lineProblem(file, line));
      continue;
    }
    if (!isPlainObject(data) || hasNewKey(data, shape)) return null;
    records += 1;
    const text = dataAt(data, shape.columns.text);
    if (typeof text !== 'string' || text.trim() === '') {
      problems.push({ kind: 'malformed', path: file.path, line: line.number, message: noTextMessage(shape.columns.text) });
      continue;
    }
    // Half a character has no UTF-8.
    if (text.length * 3 > largestTextBytes || halfCharacter.test(text)) return null;
    withText += 1;
    const broken = !valid && !isUtf8(bytes.subarray(start, line.end));
    if (broken || isKept(data, text)) continue;
    writer.add(text, { line: line.number, start, end: line.next, owner: ownerOf(data, shape) });
  }
  return withText >= explainedShare * records ? writer.finish([...problems, ...encodingProblems(file)]) : null;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start < 64 && blank.test(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
}

/** The columns by the first records, as `findColumns` sees them; null where they are not plain records. */
function shapeOf(file: SourceFile, fields: FieldMap): Shape | null {
  const { rows } = readJsonLines({ ...file, bytes: file.bytes.subarray(0, headLength(file.bytes)) });
  if (rows.length === 0 || rows.some(({ data }) => !isPlainObject(data))) return null;
  const columns = findColumns(rows.map(jsonRecord), fields);
  if (columns === null) return null;
  const known = new Set(rows.flatMap(({ data }) => (isPlainObject(data) ? Object.keys(data) : [])));
  return { columns, known, owners: new Map() };
}

function headLength(bytes: Uint8Array): number {
  let end = 0;
  for (let line = 0; line < sampleLines; line += 1) {
    const at = bytes.indexOf(0x0a, end);
    if (at === -1) return bytes.length;
    end = at + 1;
  }
  return end;
}

function hasNewKey(data: Readonly<Record<string, unknown>>, { known }: Shape): boolean {
  for (const key in data) {
    if (known.has(key)) continue;
    if (isRoleName(plainName(key))) return true;
    known.add(key);
  }
  return false;
}

function isKept(data: Readonly<Record<string, unknown>>, text: string): boolean {
  const pinned = dataAt(data, 'pinned');
  return pinned === true || pinned === 'true' || (text.includes('<!--') && keepMark.test(text));
}

function ownerOf(data: Readonly<Record<string, unknown>>, { columns, owners }: Shape): number {
  if (columns.subject.length === 0) return 0;
  const subject = subjectText(columns.subject, (name) => {
    const value = dataAt(data, name);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  });
  if (subject === null) return 0;
  const number = owners.get(subject) ?? owners.size + 1;
  owners.set(subject, number);
  return number;
}
