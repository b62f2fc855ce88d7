/** Text for people: made harmless, measured, wrapped and aligned. Pure. */
import { stripVTControlCharacters } from 'node:util';

/** Control characters other than line feed and tab, and the marks that reorder what a reader sees. */
const unsafe = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Foreign text without terminal escapes, control characters and direction marks; line ends become `\n`. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/\r\n?/gu, '\n').replace(unsafe, '');
}

/** Foreign text as one line: runs of white space become one space. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/gu, ' ').trim();
}

/** Columns a text takes on a terminal: East Asian characters and emoji take two, colours none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += zeroWidth.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

/** `text` filled with spaces to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** Cuts a word that is wider than a line into pieces that fit. */
function cutWord(word: string, width: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (piece !== '' && displayWidth(piece + character) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}

/** Lines of at most `width` columns, broken at spaces; line ends of the text are kept. At least one line. */
export function wrapText(text: string, width: number): string[] {
  const room = Math.max(10, width);
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(/\s+/u).filter((part) => part !== '')) {
      for (const piece of displayWidth(word) > room ? cutWord(word, room) : [word]) {
        if (line !== '' && displayWidth(line) + 1 + displayWidth(piece) > room) {
          lines.push(line);
          line = piece;
        } else line = line === '' ? piece : `${line} ${piece}`;
      }
    }
    return [...lines, line];
  });
}

/** Wraps `text` behind `first`, further lines behind as many spaces. */
export function hang(first: string, text: string, width: number): string[] {
  const indent = displayWidth(first);
  return wrapText(text, width - indent).map((line, at) => (at === 0 ? first : ' '.repeat(indent)) + line);
}

/** A table of rows with two spaces between columns; columns named in `right` are aligned to the right. No line ends in spaces. */
export function alignRows(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, displayWidth(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, at) => (right.includes(at) ? padStart(cell, widths[at] ?? 0) : padEnd(cell, widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `12,340`: the same in every locale. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/gu, ',');
}

/** `1 memory`, `12,340 memories`. */
export function formatNumberOf(value: number, one: string, many: string): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** 0.973 as `97 %`. Never rounds up to 100 what is less. */
export function formatPercent(value: number): string {
  return `${value < 1 ? Math.min(99, Math.round(value * 100)) : 100} %`;
}

/** `0.42 s`, `12.3 s`, `3 min 20 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** `950 B`, `12.3 kB`, `4.0 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** An argument as a person would type it in a shell: quoted only where it has to be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `path:line`, or the path where no line is known. Harmless on a terminal. */
export function formatPlace(path: string, line: number | null): string {
  return line === null ? oneLine(path) : `${oneLine(path)}:${line}`;
}

/** One line of JSON; characters that a terminal might obey are written as `\u` escapes. */
export function toJsonLine(value: unknown): string {
  const escaped = JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${escaped}\n`;
}
