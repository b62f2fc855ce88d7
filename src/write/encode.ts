/**
 * Text to the bytes that stand for it in a file: a JSON string, a CSV cell, one line of Markdown or of plain text. The result
 * never changes the structure around it: no new line, no new block, no new cell, no end of string.
 */
import { diffArrays } from 'diff';
import { oneLine, type Statement } from '../memory.js';

/**
 * Encodes `text` for the place of `statement`.
 * @param old what stands at the statement's span now, decoded
 * @param lineBefore the decoded bytes between the start of the line and the span
 * @param eol the line end of the file, used where text keeps its lines (code)
 */
export function encodeText(
  statement: Pick<Statement, 'encoding' | 'role'>,
  text: string,
  place: {
    readonly old: string;
    readonly lineBefore: string;
    readonly eol: string;
  },
): string {
  switch (statement.encoding) {
    case 'json':
      return encodeJson(text, isAsciiOnly(place.old));
    case 'csv':
      return encodeCsv(text, place.old.startsWith('"'));
    case 'text':
      return oneLine(text);
    case 'markdown':
      return encodeMarkdown(statement.role, text, place);
  }
}

/** True for JSON that escapes what is not ASCII, as Python does by default; it may come decoded or one character a byte. */
export function isAsciiOnly(json: string): boolean {
  return /\\u[0-9a-fA-F]{4}/.test(json) && !/[^\t\r\n\x20-\x7e]/.test(json);
}

/** A JSON string literal. */
export function encodeJson(text: string, asciiOnly: boolean): string {
  // U+2028 and U+2029 are legal in JSON, but many readers of JSON Lines split there.
  const pattern = asciiOnly ? /[^\x20-\x7e]/g : /[\u2028\u2029]/g;
  return JSON.stringify(text).replace(pattern, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A cell by RFC 4180; quoted where the old one was, where it must be, and where a reader might trim it or take it for a blank line. */
export function encodeCsv(text: string, quoted: boolean): string {
  const mustQuote = text === '' || /[",;\t|\r\n]|^\s|\s$|^#/.test(text);
  return quoted || mustQuote ? `"${text.replaceAll('"', '""')}"` : text;
}

interface MarkdownPlace {
  readonly old: string;
  readonly lineBefore: string;
  readonly eol: string;
}

function encodeMarkdown(role: Statement['role'], text: string, place: MarkdownPlace): string {
  if (role === 'code') return encodeCode(text, place);
  const kept = keepLines(place.old, text);
  const line = kept ?? oneLine(text).trim();
  if (role === 'row') return place.old.startsWith('|') && !line.startsWith('|') ? `| ${line} |` : line;
  // An odd backslash at the end of a line would be a hard break.
  const closed = /(?<!\\)(?:\\\\)*\\$/.test(line) ? `${line}\\` : line;
  return kept === null && opensBlock(place.lineBefore) ? escapeBlockStart(closed) : closed;
}

/** Code keeps the lines it is given; where they come without the indentation of the block, the old ones stand for them. */
function encodeCode(text: string, place: MarkdownPlace): string {
  const complete = /[\r\n]/.test(text) && place.lineBefore === '';
  const lines = (complete ? null : keepLines(place.old, text)) ?? text.replace(/\r\n?|\n/g, place.eol);
  // A fence of its own would end the block; four spaces make it content (CommonMark 4.5).
  return lines.replace(/^ {0,3}(?=(?:`{3,}|~{3,})[ \t]*\r?$)/gm, '    ');
}

/**
 * The old text with only the words changed that differ: one value in a statement of several lines leaves its line breaks and nested
 * bullets as they are. Null where the old text is one line, or more is new than a value here and there.
 */
function keepLines(old: string, text: string): string | null {
  if (!/[\r\n]/.test(old)) return null;
  const oldWords = old.match(/\S+/g) ?? [];
  const spaces = old.split(/\S+/);
  const changes = diffArrays(oldWords, text.match(/\S+/g) ?? []);
  const same = changes.filter(({ added, removed }) => !added && !removed).reduce((sum, { value }) => sum + value.length, 0);
  const first = changes[0];
  if (same * 2 < oldWords.length || first === undefined || first.added || first.removed) return null;
  const out: string[] = [];
  let at = 0;
  for (const { added, removed, value } of changes) {
    // Words that come in follow on the line: only an old word can stand first on one, behind its old signs.
    if (added) out.push(...value.map((word) => ` ${word}`));
    else if (removed) at += value.length;
    else for (const word of value) out.push((spaces[at++] ?? '') + word);
  }
  const line = out.join('');
  const underlines = /^[ \t]*(?:-+|=+)[ \t]*\r?$/m;
  return underlines.test(line) && !underlines.test(old) ? null : line;
}

/** True where text after `lineBefore` stands first in its block: after nothing but indentation, list signs and quote signs. */
function opensBlock(lineBefore: string): boolean {
  return /^\uFEFF?(?:[ \t]+|(?:[-*+]|\d{1,9}[.)])[ \t]+|>)*$/.test(lineBefore);
}

/** Puts backslashes where the start of a line would be read as a heading, list, quote, code, rule, HTML or link definition. */
export function escapeBlockStart(line: string): string {
  const ordered = /^(\d{1,9})([.)])(?=\s|$)/.exec(line);
  if (ordered !== null) return `${ordered[1]}\\${line.slice(ordered[1]?.length)}`;
  const fence = /^`{3,}/.exec(line);
  if (fence !== null) return '\\`'.repeat(fence[0].length) + line.slice(fence[0].length);
  const opens = [
    /^#{1,6}(?=\s|$)/,
    /^[-*+](?=\s|$)/,
    /^(?:[-*_][ \t]*){3,}$/,
    /^(?:-+|=+)[ \t]*$/,
    /^>/,
    /^~{3,}/,
    /^\[[^\]]*\]:/,
    // An autolink in angle brackets is text, everything else of this form may begin a block of HTML.
    /^<(?![a-zA-Z][a-zA-Z0-9+.-]*:|[^\s<>@]+@)[a-zA-Z/!?]/,
  ];
  return opens.some((pattern) => pattern.test(line)) ? `\\${line}` : line;
}
