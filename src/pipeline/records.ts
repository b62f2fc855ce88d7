/** The records of one file, as `dedupe` takes them: columns where the file is large or plain, statements where it is anything else. */
import { extname } from 'node:path';
import type { DedupeSettings } from '../config.js';
import type { SharedTexts } from '../context.js';
import type { Problem, SourceFile, StoreFormat } from '../memory.js';
import { type RecordTable, readTable } from '../read/table.js';
import { keepLines } from '../write/lines-out.js';

export interface Records {
  readonly count: number;
  readonly texts: SharedTexts;
  /** 1-based, by record. */
  readonly lines: Uint32Array;
  /** Records of different owners are never one. */
  readonly owners: Uint32Array;
  readonly problems: readonly Problem[];
  /** The file without some records, ascending; every other byte as it was. */
  readonly without: (dropped: readonly number[]) => Uint8Array;
}

const formats: Readonly<Record<string, StoreFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.csv': 'csv',
  '.tsv': 'csv',
};

/** A name that says what it holds is believed; other files are lines of text. */
export async function readRecords(file: SourceFile, settings: DedupeSettings): Promise<Records> {
  const format = formats[extname(settings.file).toLowerCase()] ?? 'lines';
  const fields = settings.field === null ? {} : { text: settings.field };
  const table = format === 'jsonl' || format === 'lines' ? readTable(file, format, fields) : null;
  if (table !== null) return recordsOf(table, file);
  const { parseRecords } = await import('./parsed-records.js');
  return parseRecords(file, format, fields);
}

function recordsOf(table: RecordTable, file: SourceFile): Records {
  const { count, texts, lines, owners, problems } = table;
  const without = (dropped: readonly number[]) => keepLines(file.bytes, table.starts, table.ends, dropped);
  return { count, texts, lines, owners, problems, without };
}

/** Text `row` as a string. */
export function textAt({ bytes, starts }: SharedTexts, row: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', starts[row], starts[row + 1]);
}
