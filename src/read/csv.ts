/**
 * RFC 4180 with byte positions of every cell, which csv-parse does not give (it is the oracle in the tests). Delimiter comma, semicolon or
 * tab; quoted cells may hold line ends; Excel's byte order mark and `sep=` line are understood.
 */
import { isUtf8 } from 'node:buffer';
import type { Problem, SourceFile, Span } from '../memory.js';
import { bomLength, bufferOf, newline } from './bytes.js';
import { plainName, type RawRecord } from './records.js';

const quote = 0x22;
const carriageReturn = 0x0d;
const delimiters = [0x2c, 0x3b, 0x09] as const;

export interface CsvRow {
  readonly cells: readonly Span[];
  /** With the line end. */
  readonly span: Span;
  /** 1-based. */
  readonly line: number;
  /** False where a quote is never closed, or text follows a closing quote. */
  readonly sound: boolean;
}

export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
}

/** Splits a file into its header and rows. Never throws; rows that are not sound say so. */
export function scanCsv(file: SourceFile): CsvTable {
  const { bytes } = file;
  let start = bomLength(bytes);
  let line = 1;
  let delimiter: number | null = null;
  const separator = /^"?sep=([,;\t])"?\r?\n/.exec(bufferOf(bytes).toString('latin1', start, start + 16));
  if (separator !== null) {
    start += separator[0].length;
    line = 2;
    delimiter = separator[1]?.charCodeAt(0) ?? null;
  }
  const rows = [...scanRows(bytes, { start, line, delimiter: delimiter ?? guessDelimiter(bytes, start) })];
  const [head] = rows;
  return { header: head === undefined ? [] : head.cells.map((cell) => cellText(bytes, cell).trim()), rows: rows.slice(1) };
}

/** The decoded text of a cell: quotes taken off, doubled quotes made one. */
export function cellText(bytes: Uint8Array, cell: Span): string {
  const raw = bufferOf(bytes).toString('utf8', cell.start, cell.end);
  return raw.startsWith('"') && raw.endsWith('"') && raw.length > 1 ? raw.slice(1, -1).replaceAll('""', '"') : raw;
}

/** Rows as records; rows that are not sound are reported and left alone. */
export function csvRecords(
  file: SourceFile,
  table: CsvTable,
): { readonly records: readonly RawRecord[]; readonly problems: readonly Problem[] } {
  const columnOf = columnFinder(table.header);
  const problems: Problem[] = [];
  const records: RawRecord[] = [];
  for (const row of table.rows) {
    if (row.sound) {
      records.push(csvRecord(file.bytes, { row, header: table.header, columnOf }));
    } else {
      const message = 'A quote in this row is not closed, or text follows it. The row is left as it is; mend the quotes to have it read.';
      problems.push({ kind: 'malformed', path: file.path, line: row.line, message });
    }
  }
  return { records, problems };
}

/** Index of the column that a name means, found once for each name. */
function columnFinder(header: readonly string[]): (key: string) => number {
  const columns = new Map(header.map((name, index) => [plainName(name), index]));
  const known = new Map<string, number>();
  return (key) => {
    const index = known.get(key) ?? columns.get(plainName(key)) ?? -1;
    known.set(key, index);
    return index;
  };
}

interface CsvContext {
  readonly row: CsvRow;
  readonly header: readonly string[];
  readonly columnOf: (key: string) => number;
}

function csvRecord(bytes: Uint8Array, { row, header, columnOf }: CsvContext): RawRecord {
  const cellOf = (key: string) => row.cells[columnOf(key)];
  const text = (key: string) => {
    const cell = cellOf(key);
    return cell === undefined ? null : cellText(bytes, cell);
  };
  return {
    span: row.span,
    cut: { span: row.span, list: null },
    line: row.line,
    broken: !isUtf8(bytes.subarray(row.span.start, row.span.end)),
    keys: header,
    text,
    place: (key) => cellOf(key) ?? null,
    scalar: text,
  };
}

/** The delimiter that the first line has most of, outside of quotes. */
function guessDelimiter(bytes: Uint8Array, start: number): number {
  const counts = new Map<number, number>();
  let quoted = false;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) quoted = !quoted;
    else if (!quoted && byte === newline) break;
    else if (!quoted) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  }
  const [first] = delimiters.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  return first ?? delimiters[0];
}

interface ScanStart {
  readonly start: number;
  readonly line: number;
  readonly delimiter: number;
}

function* scanRows(bytes: Uint8Array, from: ScanStart): Generator<CsvRow> {
  let at = from.start;
  let line = from.line;
  while (at < bytes.length) {
    const rowStart = at;
    const rowLine = line;
    const cells: Span[] = [];
    let sound = true;
    for (let open = true; open; ) {
      const cell = scanCell(bytes, at, from.delimiter);
      cells.push({ start: at, end: cell.end });
      sound &&= cell.sound;
      line += cell.lines;
      open = bytes[cell.next] === from.delimiter;
      at = open ? cell.next + 1 : cell.next;
    }
    if (bytes[at] === carriageReturn) at += 1;
    if (bytes[at] === newline) at += 1;
    line += 1;
    const [first] = cells;
    const blank = cells.length === 1 && first !== undefined && first.start === first.end;
    if (!blank) yield { cells, span: { start: rowStart, end: at }, line: rowLine, sound };
  }
}

interface CellEnd {
  readonly end: number;
  /** The delimiter, line end or end of file behind it. */
  readonly next: number;
  readonly sound: boolean;
  /** Line ends inside. */
  readonly lines: number;
}

function scanCell(bytes: Uint8Array, start: number, delimiter: number): CellEnd {
  if (bytes[start] !== quote) {
    const next = cellStop(bytes, start, delimiter);
    return { end: next, next, sound: true, lines: 0 };
  }
  let lines = 0;
  let at = start + 1;
  for (; at < bytes.length; at += 1) {
    if (bytes[at] === newline) lines += 1;
    if (bytes[at] !== quote) continue;
    if (bytes[at + 1] !== quote) break;
    at += 1;
  }
  if (at >= bytes.length) return { end: bytes.length, next: bytes.length, sound: false, lines };
  const next = cellStop(bytes, at + 1, delimiter);
  return { end: next, next, sound: next === at + 1, lines };
}

function cellStop(bytes: Uint8Array, start: number, delimiter: number): number {
  let at = start;
  while (
    at < bytes.length &&
    bytes[at] !== delimiter &&
    bytes[at] !== newline &&
    !(bytes[at] === carriageReturn && bytes[at + 1] === newline)
  )
    at += 1;
  return at;
}
