/** Bytes, lines and text of one file: spans in, decoded text and line numbers out. */
import { isUtf8 } from 'node:buffer';
import type { Span } from '../memory.js';

export interface FileText {
  readonly bytes: Buffer;
  /** One character a byte, so that offsets into it are byte offsets. */
  readonly source: string;
  /** Byte offset of every line's start, ascending. */
  readonly lines: Uint32Array;
  /** False where some byte is no valid UTF-8. */
  readonly valid: boolean;
}

const newline = 0x0a;

/** Indexes a file's lines; `bytes` is shared, not copied. */
export function openText(bytes: Uint8Array): FileText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = [0];
  for (let at = buffer.indexOf(newline); at !== -1; at = buffer.indexOf(newline, at + 1)) starts.push(at + 1);
  return { bytes: buffer, source: buffer.toString('latin1'), lines: Uint32Array.from(starts), valid: isUtf8(bytes) };
}

/** 0-based index into `lines` of the line that holds an offset. */
export function lineIndex(text: FileText, offset: number): number {
  let low = 0;
  let high = text.lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((text.lines[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** From the start of the line of `start` to behind the line end of the last byte. */
export function linesAround(text: FileText, span: Span): Span {
  const first = lineIndex(text, span.start);
  const last = lineIndex(text, Math.max(span.start, span.end - 1));
  return { start: text.lines[first] ?? 0, end: text.lines[last + 1] ?? text.bytes.length };
}

/** Where the blank line before a line start begins; the start itself where the line before is not blank or lies before `floor`. */
export function withBlankBefore(text: FileText, start: number, floor: number): number {
  const index = lineIndex(text, start);
  if (index === 0 || text.lines[index] !== start) return start;
  const before = text.lines[index - 1] ?? 0;
  return before >= floor && /^[ \t\r\n]*$/.test(text.source.slice(before, start)) ? before : start;
}

/** True where every line that the span touches is valid UTF-8. */
export function isSound(text: FileText, span: Span): boolean {
  if (text.valid) return true;
  const lines = linesAround(text, span);
  return isUtf8(text.bytes.subarray(lines.start, lines.end));
}

/** The text of a span with its lines joined by one space; `signs` are left out. Bytes that are no UTF-8 become U+FFFD. */
export function joinedText(text: FileText, span: Span, signs: readonly Span[]): string {
  let raw = '';
  let at = span.start;
  for (const sign of signs) {
    if (sign.start < at || sign.end > span.end) continue;
    raw += text.bytes.toString('utf8', at, sign.start);
    at = sign.end;
  }
  raw += text.bytes.toString('utf8', at, span.end);
  if (!/[\r\n]/.test(raw)) return raw.trim();
  return raw
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

/** A span without the ASCII white space at its ends. */
export function trimmedSpan(text: FileText, span: Span): Span {
  let { start, end } = span;
  while (start < end && isSpace(text.bytes[start])) start += 1;
  while (end > start && isSpace(text.bytes[end - 1])) end -= 1;
  return { start, end };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === newline || byte === 0x0d;
}
