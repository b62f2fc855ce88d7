/**
 * Cuts Markdown into stretches that can be parsed on their own. A line at column 0 after a blank line ends every list and quote, so only
 * a fence or a comment that is still open can reach over it; where that cannot be told from the lines alone, the rest stays in one piece.
 * The parser's time grows faster than the text, so small pieces keep large files fast.
 */
import type { Span } from '../memory.js';

type Open =
  | { readonly kind: 'none' }
  | { readonly kind: 'fence'; readonly close: RegExp }
  | { readonly kind: 'comment' }
  /** An HTML block that ends at the next blank line. */
  | { readonly kind: 'html' };

const none: Open = { kind: 'none' };
const html: Open = { kind: 'html' };
const listMarker = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;

/** Stretches in order that cover `[span.start, span.end)` without gaps. `source` has one character a byte. */
export function splitChunks(source: string, span: Span): readonly Span[] {
  const chunks: Span[] = [];
  let start = span.start;
  let open: Open | null = none;
  let blank = true;
  let hasList = false;
  for (let at = span.start; at < span.end; ) {
    const lineEnd = endOfLine(source, at, span.end);
    const line = source.slice(at, Math.min(lineEnd, at + 256)).trimEnd();
    if (blank && at > start && open?.kind === 'none' && /^[^ \t]/.test(line) && !listMarker.test(line)) {
      chunks.push({ start, end: at });
      start = at;
      hasList = false;
    }
    hasList ||= listMarker.test(line) || line.startsWith('>');
    open = open === null ? null : nextOpen(open, { line, hasList, whole: () => source.slice(at, lineEnd) });
    if (open === null) break;
    blank = line === '';
    at = lineEnd;
  }
  chunks.push({ start, end: span.end });
  return chunks;
}

interface LineState {
  /** Its first 256 characters, without trailing space. */
  readonly line: string;
  readonly hasList: boolean;
  readonly whole: () => string;
}

/** What is open after a line; null where the lines do not tell. */
function nextOpen(open: Open, { line, hasList, whole }: LineState): Open | null {
  if (open.kind === 'fence') return open.close.test(line) ? none : open;
  if (open.kind === 'comment') return whole().includes('-->') ? none : open;
  const fence = /^( {0,3})(?:(`{3,})[^`]*|(~{3,}).*)$/.exec(line);
  if (fence !== null) {
    const indented = fence[1] !== '';
    if (open.kind === 'html' || (indented && hasList)) return null;
    const mark = fence[2] ?? fence[3] ?? '';
    return { kind: 'fence', close: new RegExp(`^ {0,3}${mark.slice(0, 1)}{${mark.length},}$`) };
  }
  const tag = /^( {0,3})<(!--|[?!]|\/?(?:script|pre|style|textarea)\b|\/?[a-z])/i.exec(line);
  if (tag !== null) return openedBy(tag, { line, hasList, whole });
  return line === '' ? none : open;
}

function openedBy(tag: RegExpExecArray, { hasList, whole }: LineState): Open | null {
  const [, indent = '', name = ''] = tag;
  if (name === '!--') {
    if (
      whole()
        .replace(/^\s*<!--/, '')
        .includes('-->')
    )
      return html;
    return indent !== '' && hasList ? null : { kind: 'comment' };
  }
  return /^\/?[a-z]$/i.test(name) ? html : null;
}

function endOfLine(source: string, at: number, end: number): number {
  const next = source.indexOf('\n', at);
  return next === -1 || next >= end ? end : next + 1;
}
