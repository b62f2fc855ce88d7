/**
 * Bytes and lines. Parsers are fed the file as Latin-1, one character a byte, so that every offset they give is a byte offset;
 * text is decoded from its own bytes.
 */
import { isUtf8 } from 'node:buffer';
import type { Problem, SourceFile, Span } from '../memory.js';

/** A line without its line end; `next` is where the following one starts. */
export interface Line extends Span {
  readonly next: number;
  /** 1-based. */
  readonly number: number;
}

export const newline = 0x0a;
/** Longer lines are left alone: nobody wrote them, and they cost more than they could give. */
export const largestLineBytes = 4 * 1024 * 1024;
/** A text of more than this is no memory. */
export const largestTextBytes = 1024 * 1024;

/** A view of the same memory with Node's decoders. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Length of the UTF-8 byte order mark at the start, 0 or 3. */
export function bomLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Lines from `start` on, split at 0x0A only; one carriage return before it belongs to the line end. */
export function* linesOf(bytes: Uint8Array, start: number): Generator<Line> {
  let from = start;
  for (let number = 1; from < bytes.length; number += 1) {
    const at = bytes.indexOf(newline, from);
    const stop = at === -1 ? bytes.length : at;
    const end = at > from && bytes[at - 1] === 0x0d ? at - 1 : stop;
    const next = at === -1 ? bytes.length : at + 1;
    yield { start: from, end, next, number };
    from = next;
  }
}

/** The lines of a file of plain text that hold something, decoded; overlong ones are added to `problems`. */
export function* textLines({ path, bytes }: SourceFile, problems: Problem[]): Generator<Line & { readonly text: string }> {
  const buffer = bufferOf(bytes);
  for (const line of linesOf(bytes, bomLength(bytes))) {
    if (line.end - line.start > largestTextBytes) {
      problems.push({ kind: 'unsupported', path, line: line.number, message: 'The line is longer than 1 MiB. It is left as it is.' });
      continue;
    }
    const text = buffer.toString('utf8', line.start, line.end);
    if (text.trim() !== '') yield { ...line, text };
  }
}

/** Finds the line of an offset; for offsets that mostly rise, which makes it linear over a file. */
export function lineCounter(bytes: Uint8Array): (offset: number) => number {
  const endFrom = (at: number) => {
    const end = bytes.indexOf(newline, at);
    return end === -1 ? bytes.length : end;
  };
  let line = 1;
  let start = 0;
  let end = endFrom(0);
  return (offset) => {
    if (offset < start) {
      line = 1;
      start = 0;
      end = endFrom(0);
    }
    for (; end < offset && end < bytes.length; end = endFrom(start)) {
      start = end + 1;
      line += 1;
    }
    return line;
  };
}

/** One problem for each line that is no UTF-8. */
export function encodingProblems(file: SourceFile): readonly Problem[] {
  if (isUtf8(file.bytes)) return [];
  const problems: Problem[] = [];
  for (const line of linesOf(file.bytes, 0)) {
    if (isUtf8(file.bytes.subarray(line.start, line.end))) continue;
    const message = 'The line is not valid UTF-8. What stands on it is kept as it is; save the file as UTF-8 to have it looked at.';
    problems.push({ kind: 'malformed', path: file.path, line: line.number, message });
  }
  return problems;
}

/** Why a file cannot be read as text, null where it can. */
export function unreadableText(bytes: Uint8Array): string | null {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
    return 'The file is UTF-16. It is left alone; save it as UTF-8 to dream over it.';
  if (a === 0x50 && b === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04)
    return 'The file is a ZIP archive. It is left alone; unpack it first.';
  return null;
}

/** The 1-based number of the first line over 4 MiB, null where there is none. */
export function longLine(bytes: Uint8Array): number | null {
  if (bytes.length <= largestLineBytes) return null;
  for (const line of linesOf(bytes, 0)) if (line.end - line.start > largestLineBytes) return line.number;
  return null;
}
