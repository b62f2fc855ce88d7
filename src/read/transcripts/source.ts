/** A file as records, whatever its shape: one value a line, or one JSON document. */
import { isUtf8 } from 'node:buffer';
import type { Problem } from '../../memory.js';
import { type Line, maxRecordBytes, Pieces, readChunks, readLines, withoutMark } from './bytes.js';
import { type Piece, readElements } from './elements.js';
import { parseJson } from './json.js';

/** `value` is a document that is one record. */
export type Shape = 'empty' | 'lines' | 'document' | 'value';

/** One record, or the place of one that could not be read. */
export interface Entry {
  readonly kind: 'field' | 'element';
  readonly slot: string | null;
  readonly line: number;
  /** Null where it could not be read, `problem` says why. */
  readonly parsed: { readonly value: unknown } | null;
  readonly problem: Problem | null;
}

const sniffBytes = 1 << 20;
const sniffLines = 20;

/** A line that only a document spread over lines ends like. */
const goesOn = /[[{,:]\s*$/;

interface SniffedLine {
  /** Empty where the line is longer than is looked at. */
  readonly text: string;
  readonly tooLong: boolean;
}

function looksLikeValue({ text }: SniffedLine): boolean {
  return /^[[{]/.test(text) && parseJson(text) !== null;
}

/** The first lines that are not blank; the rest of the file is read only as far as it has none. */
async function firstLines(file: string, signal: AbortSignal): Promise<readonly SniffedLine[]> {
  const found: SniffedLine[] = [];
  for await (const batch of readLines(file, signal, sniffBytes)) {
    for (const { bytes, tooLong } of batch) {
      if (!tooLong && isBlank(bytes)) continue;
      found.push({ text: Buffer.from(bytes).toString('utf8').trim(), tooLong });
      if (found.length === sniffLines) return found;
    }
  }
  return found;
}

/**
 * Whether the file holds a value a line or one document. A first line that is a value is a document only if no other line
 * follows; one that is not may be a broken line, if a later one is a value, or the start of a document. Where it ends like the
 * start of a document, two values on two lines with no comma between them still tell lines.
 * @throws Error of the file system, with its `code`.
 */
export async function sniffShape(file: string, signal: AbortSignal): Promise<Shape> {
  const [first, ...rest] = await firstLines(file, signal);
  if (first === undefined) return 'empty';
  if (!first.tooLong && !/^[[{]/.test(first.text)) return 'lines';
  if (looksLikeValue(first)) return rest.length > 0 ? 'lines' : 'document';
  const values = rest.map(looksLikeValue);
  if (goesOn.test(first.text)) return values.some((isValue, i) => isValue && values[i + 1] === true) ? 'lines' : 'document';
  return values.includes(true) ? 'lines' : 'document';
}

interface Raw {
  readonly line: number;
  readonly bytes: Uint8Array;
  readonly tooLong: boolean;
  readonly complete: boolean;
}

function problemOf(file: string, raw: Raw): Problem {
  const { line, tooLong, complete } = raw;
  const at = { path: file, line };
  if (tooLong) {
    const message = `Longer than ${maxRecordBytes / 1024 / 1024} MB and skipped. Everything else of the file was read.`;
    return { kind: 'malformed', ...at, message };
  }
  if (!complete) {
    const message = 'Breaks off in the middle and was skipped. If the session is still running, run again when it has ended.';
    return { kind: 'torn', ...at, message };
  }
  return { kind: 'malformed', ...at, message: 'Not valid JSON and skipped. Repair or remove it; everything else was read.' };
}

function entryOf(file: string, raw: Raw, kind: Entry['kind'], slot: string | null): Entry {
  const { line } = raw;
  const parsed = raw.tooLong ? null : parseJson(raw.bytes);
  if (parsed === null) return { kind, slot, line, parsed, problem: problemOf(file, raw) };
  const message = 'Not valid UTF-8: the bad bytes were read as U+FFFD. Convert the file to UTF-8.';
  const problem: Problem | null = isUtf8(raw.bytes) ? null : { kind: 'malformed', path: file, line, message };
  return { kind, slot, line, parsed, problem };
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function* lineBatch(file: string, batch: Iterable<Line>): Generator<Entry> {
  for (const { line, bytes, tooLong, ended } of batch) {
    if (tooLong || !isBlank(bytes)) yield entryOf(file, { line, bytes, tooLong, complete: ended }, 'element', null);
  }
}

function* elementBatch(file: string, batch: Iterable<Piece>): Generator<Entry> {
  for (const piece of batch) yield entryOf(file, piece, piece.kind, piece.key);
}

/** The whole file as one record. */
async function* wholeEntry(file: string, signal: AbortSignal): AsyncGenerator<Iterable<Entry>> {
  const held = new Pieces(maxRecordBytes);
  for await (const chunk of readChunks(file, signal)) held.add(chunk);
  const { bytes, tooLong } = held.take(new Uint8Array(0));
  yield [entryOf(file, { line: 1, bytes: withoutMark(bytes), tooLong, complete: false }, 'element', null)];
}

/**
 * The bytes of every record that is neither too long nor cut off, unparsed; each valid until the next is asked for.
 * @throws Error of the file system, with its `code`.
 */
export async function* readRecordBytes(file: string, shape: Shape, signal: AbortSignal): AsyncGenerator<Iterable<Uint8Array>> {
  function* lines(batch: Iterable<Line>): Generator<Uint8Array> {
    for (const { bytes, tooLong } of batch) if (!tooLong) yield bytes;
  }
  function* elements(batch: Iterable<Piece>): Generator<Uint8Array> {
    for (const { kind, bytes, tooLong, complete } of batch) if (kind === 'element' && complete && !tooLong) yield bytes;
  }
  if (shape === 'lines') for await (const batch of readLines(file, signal)) yield lines(batch);
  else if (shape === 'document') for await (const batch of readElements(file, signal)) yield elements(batch);
}

/**
 * The records of a file, a batch for each chunk. Fields of a document's own object come as kind `field`, and so does the
 * report of a document that breaks off between two records.
 * @throws Error of the file system, with its `code`.
 */
export async function* readEntries(file: string, shape: Shape, signal: AbortSignal): AsyncGenerator<Iterable<Entry>> {
  if (shape === 'lines') for await (const batch of readLines(file, signal)) yield lineBatch(file, batch);
  if (shape === 'value') yield* wholeEntry(file, signal);
  if (shape !== 'document') return;
  const torn = (line: number): Entry => {
    const problem = problemOf(file, { line, bytes: new Uint8Array(0), tooLong: false, complete: false });
    return { kind: 'field', slot: null, line, parsed: null, problem };
  };
  const pieces = readElements(file, signal);
  for (;;) {
    const next = await pieces.next();
    if (!next.done) yield elementBatch(file, next.value);
    else if (next.value !== null) yield [torn(next.value)];
    if (next.done) return;
  }
}
