/**
 * Cuts spans out of a file and puts replacements in, on the bytes: what is not named comes out as it was. Files are held as
 * Latin-1 strings here, one character for one byte, so that offsets are byte offsets and patterns can be used on them.
 *
 * Around a cut only white space may change, so that what is left reads as before: one comma of a JSON list goes with its
 * element; blank lines of one side go with a removed block; a space or line end stays where two words or blocks would be glued;
 * and the file ends with a line end if and only if it did before.
 */
import type { Cut, Span } from '../memory.js';
import { escapeBlockStart } from './encode.js';

/** `text` is Latin-1: the UTF-8 bytes to put in place of the span. */
export interface Replacement {
  readonly span: Span;
  readonly text: string;
}

export interface Edits {
  /** May overlap and stand in any order. */
  readonly cuts: readonly Cut[];
  /** Must not overlap each other; one inside a cut is dropped with it. */
  readonly replacements: readonly Replacement[];
  readonly markdown: boolean;
}

const bom = '\xef\xbb\xbf';

/** Applies `edits` to a file; both sides are Latin-1 strings of its bytes. */
export function splice(content: string, edits: Edits): string {
  const eol = lineEnd(content);
  const removals = removalSpans(content, edits);
  const replacements = [...edits.replacements].sort((a, b) => a.span.start - b.span.start);
  const kept = keptPieces(content, removals, replacements);
  let left = kept[0] ?? '';
  const out: string[] = [];
  for (const [i, removal] of removals.entries()) {
    const place = { first: i === 0, last: i === removals.length - 1, eol };
    const right = kept[i + 1] ?? '';
    const removed = content.slice(removal.start, removal.end);
    const joint = edits.markdown ? joinMarkdown(left, removed, right, place) : joinRecords(left, removed, right);
    out.push(joint.left, joint.glue);
    left = joint.right;
  }
  out.push(left);
  return removals.length === 0 ? out.join('') : withFinalLineEnd(out.join(''), content, eol);
}

/** The line end a file uses, by its first one. */
export function lineEnd(content: string): '\n' | '\r\n' {
  const first = content.indexOf('\n');
  return first > 0 && content[first - 1] === '\r' ? '\r\n' : '\n';
}

function removalSpans(content: string, edits: Edits): readonly Span[] {
  const lists = new Map<string, Span[]>();
  const plain: Span[] = [];
  for (const { span, list } of edits.cuts) {
    const elements = list === null ? plain : (lists.get(list) ?? []);
    elements.push(span);
    if (list !== null) lists.set(list, elements);
  }
  const elements = [...lists.values()].flatMap((spans) => listRemovals(content, spans));
  return mergeSpans([...plain, ...elements], edits.markdown ? (start, end) => isBlank(content.slice(start, end)) : () => false);
}

/** Elements of one comma-separated list, with the commas that have to go; whatever stands between them is read from the bytes. */
function listRemovals(content: string, spans: readonly Span[]): readonly Span[] {
  const commaBetween = (start: number, end: number) => /^\s*,\s*$/.test(content.slice(start, end));
  return mergeSpans(spans, commaBetween).map((run) => {
    const after = skipSpace(content, run.end);
    if (content[after] === ',') return { start: run.start, end: skipSpace(content, after + 1) };
    const before = skipSpaceBack(content, run.start);
    if (content[before - 1] === ',') return { start: before - 1, end: run.end };
    return { start: before, end: after };
  });
}

/** In order, joined where they touch, overlap, or where `joins` says so of the bytes between them. */
function mergeSpans(spans: readonly Span[], joins: (start: number, end: number) => boolean): readonly Span[] {
  const merged: { start: number; end: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = merged.at(-1);
    if (last !== undefined && (span.start <= last.end || joins(last.end, span.start))) last.end = Math.max(last.end, span.end);
    else merged.push({ start: span.start, end: span.end });
  }
  return merged;
}

/** The pieces before, between and after the removals, replacements done. */
function keptPieces(content: string, removals: readonly Span[], replacements: readonly Replacement[]): readonly string[] {
  let next = 0;
  const piece = (start: number, end: number): string => {
    const parts: string[] = [];
    let from = start;
    for (let r = replacements[next]; r !== undefined && r.span.start < end; r = replacements[next]) {
      next += 1;
      // One that stands inside a cut goes with it.
      if (r.span.start < from) continue;
      parts.push(content.slice(from, r.span.start), r.text);
      from = r.span.end;
    }
    parts.push(content.slice(from, end));
    return parts.join('');
  };
  const starts = [0, ...removals.map((span) => span.end)];
  const ends = [...removals.map((span) => span.start), content.length];
  return starts.map((start, i) => piece(start, ends[i] ?? content.length));
}

interface Joint {
  readonly left: string;
  readonly glue: string;
  readonly right: string;
}

interface Place {
  /** Nothing but white space may stand before the first removal, after the last. */
  readonly first: boolean;
  readonly last: boolean;
  readonly eol: string;
}

/** Records stand on lines of their own: the line end goes with its record. */
function joinRecords(left: string, removed: string, right: string): Joint {
  const opensLine = left === '' || left === bom || left.endsWith('\n');
  const whole = opensLine && !removed.endsWith('\n');
  return { left, glue: '', right: whole ? right.replace(/^\r?\n/, '') : right };
}

function joinMarkdown(left: string, removed: string, right: string, place: Place): Joint {
  if (opensLine(left, place.first)) return joinFromLineStart(left, removed, right, place);
  const newline = removed.indexOf('\n');
  if (newline !== -1) {
    // The line that stays keeps its end, and what goes behind it goes by whole lines.
    const kept = left.replace(/[ \t]+$/, '') + place.eol;
    const rest = removed.slice(newline + 1);
    return rest === '' ? { left: kept, glue: '', right } : joinFromLineStart(kept, rest, right, place);
  }
  if (/^[ \t]*(?:\r?\n|$)/.test(right)) return { left: left.replace(/[ \t]+$/, ''), glue: '', right };
  return joinWords(left, removed, right);
}

function joinFromLineStart(left: string, removed: string, right: string, place: Place): Joint {
  const closesLine = removed.endsWith('\n') || /^[ \t]*(?:\r?\n|$)/.test(right);
  if (closesLine) return joinLines(left, removed, right, place);
  const rest = escapeStart(right.replace(/^[ \t]+/, ''));
  const lines = removed.slice(0, lastLineStart(removed));
  return lines === '' || lastLineStart(left) < left.length ? { left, glue: '', right: rest } : joinLines(left, lines, rest, place);
}

/** Both sides are on one line. */
function joinWords(left: string, removed: string, right: string): Joint {
  const spaced = /\s$/.test(left);
  if (spaced) return { left, glue: '', right: right.replace(/^[ \t]+/, '') };
  const glued = !/^\s/.test(right) && (/^\s/.test(removed) || /\s$/.test(removed));
  return { left, glue: glued ? ' ' : '', right };
}

/** Whole lines go: at most one side keeps its blank lines, and blocks that were apart stay apart. */
function joinLines(leftPiece: string, removed: string, rightPiece: string, place: Place): Joint {
  const left = leftPiece.slice(0, lastLineStart(leftPiece));
  const start = left === '' && leftPiece.startsWith(bom) ? bom : left;
  const right = removed.endsWith('\n') ? rightPiece : rightPiece.replace(/^[ \t]*(?:\r?\n|$)/, '');
  const before = blankLinesAtEnd(start);
  const after = blankLinesAtStart(right);
  if (place.last && isBlank(right))
    return {
      left: start.slice(0, start.length - before.length),
      glue: '',
      right,
    };
  if (place.first && (isBlank(start) || start === bom)) return { left: start, glue: '', right: right.slice(after.length) };
  if (before.count > 0 || after.count > 0) {
    const extra = before.count >= after.count ? after.length : lengthOfLines(right, before.count);
    return { left: start, glue: '', right: right.slice(extra) };
  }
  return {
    left: start,
    glue: wouldGlue(start, removed, right) ? place.eol : '',
    right,
  };
}

/** True where nothing but indentation, a list sign or a quote sign stands on the last line of `left`. */
function opensLine(left: string, first: boolean): boolean {
  const start = lastLineStart(left);
  if (start === 0 && !first) return false;
  return /^(?:\xef\xbb\xbf)?[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?:>[ \t]?)*$/.test(left.slice(start));
}

function lastLineStart(text: string): number {
  return text.lastIndexOf('\n') + 1;
}

function isBlank(text: string): boolean {
  return !/\S/.test(text);
}

function blankLinesAtStart(text: string): {
  readonly count: number;
  readonly length: number;
} {
  const lines = /^(?:[ \t]*\r?\n)+/.exec(text)?.[0] ?? '';
  return { count: lines.split('\n').length - 1, length: lines.length };
}

function blankLinesAtEnd(text: string): {
  readonly count: number;
  readonly length: number;
} {
  let count = 0;
  let start = text.length;
  while (start > 0) {
    const line = text.lastIndexOf('\n', start - 2) + 1;
    if (line === start || !isBlank(text.slice(line, start))) break;
    count += 1;
    start = line;
  }
  return { count, length: text.length - start };
}

function lengthOfLines(text: string, count: number): number {
  let end = 0;
  for (let i = 0; i < count; i += 1) end = text.indexOf('\n', end) + 1;
  return end;
}

const listItem = /^[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|\r?$)/;
const blockStart = /^[ \t]*(?:#{1,6}(?:\s|$)|>|[-*+](?:\s|$)|\d{1,9}[.)](?:\s|$)|```|~~~|<|\||(?:[-*_][ \t]*){3,}\r?$)/;
const setextUnderline = /^ {0,3}(?:=+|-+)[ \t]*\r?$/;

/** True where the lines before and after a removal, neither blank, would become one block though they were apart. */
function wouldGlue(left: string, removed: string, right: string): boolean {
  const lastLine = left.slice(left.lastIndexOf('\n', left.length - 2) + 1);
  const firstLine = right.slice(0, right.indexOf('\n') + 1 || right.length).replace(/\r?\n$/, '');
  if (/(?:^|\n)[ \t]*\r?\n/.test(removed)) return true;
  const ordered = /^([ \t]*)(\d{1,9})[.)](?:[ \t]|$)/.exec(firstLine);
  // A list that does not begin with 1 cannot interrupt a paragraph (CommonMark 5.2), so its first item must not follow one.
  if (ordered !== null && ordered[2] !== '1') return !continuesList(left, ordered[1] ?? '');
  const lines = removed.replace(/\n$/, '').split('\n');
  if (lines.every((line) => !blockStart.test(line) && !isBlank(line))) return false;
  if (setextUnderline.test(firstLine)) return !blockStart.test(lastLine) || listItem.test(lastLine);
  if (blockStart.test(firstLine)) return false;
  return listItem.test(lastLine) || !blockStart.test(lastLine);
}

/** True where the block that `left` ends with holds a numbered item of the same indentation. */
function continuesList(left: string, indent: string): boolean {
  const block = left.slice(Math.max(left.lastIndexOf('\n\n'), left.lastIndexOf('\n\r\n')) + 1);
  return block.split('\n').some((line) => line.startsWith(indent) && /^\d{1,9}[.)](?:[ \t]|\r?$)/.test(line.slice(indent.length)));
}

/** A sentence that now stands first on its line must not begin a block by accident. */
function escapeStart(right: string): string {
  const end = right.search(/\r?\n|$/);
  return escapeBlockStart(right.slice(0, end)) + right.slice(end);
}

function withFinalLineEnd(text: string, before: string, eol: string): string {
  const had = before.endsWith('\n');
  if (had && !text.endsWith('\n')) return text === '' || text === bom ? text : text + eol;
  if (!had && text.endsWith('\n')) return text.replace(/\r?\n$/, '');
  return text;
}

function skipSpace(content: string, from: number): number {
  let at = from;
  while (/[ \t\r\n]/.test(content[at] ?? '')) at += 1;
  return at;
}

function skipSpaceBack(content: string, from: number): number {
  let at = from;
  while (/[ \t\r\n]/.test(content[at - 1] ?? '')) at -= 1;
  return at;
}
