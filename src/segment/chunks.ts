/**
 * Cuts Markdown into stretches that can be parsed on their own. A line at column 0 after a blank line, or one that opens a bullet, ends
 * whatever list item came before, so only a fence, a comment or an HTML block at the top can reach over it; where that cannot be told
 * from the lines alone, the rest stays in one piece. The parser's time grows faster than the text: small pieces keep large files fast.
 */
import type { Span } from '../memory.js';

type Open =
  | { readonly kind: 'none' }
  | { readonly kind: 'fence'; readonly close: RegExp }
  | { readonly kind: 'comment' }
  /** An HTML block that ends at the next blank line. */
  | { readonly kind: 'html' };

interface State {
  /** Null where the lines do not tell. */
  readonly open: Open | null;
  /** Column where the content of the open list item starts; null outside of lists, -1 where it may or may not be closed. */
  readonly item: number | null;
}

const none: Open = { kind: 'none' };
const html: Open = { kind: 'html' };
const anyMarker = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;
const columnMarker = /^(?:([-*+])|\d{1,9}([.)]))(?:[ \t]+(?=[^ \t])|$)/;
/** Only the start of a line tells what it is. */
const longestLook = 256;

/** Stretches in order that cover `[span.start, span.end)` without gaps. `source` has one character a byte. */
export function splitChunks(source: string, span: Span): readonly Span[] {
  const chunks: Span[] = [];
  let start = span.start;
  let sign: string | null = null;
  let blank = true;
  let state: State = { open: none, item: null };
  for (let at = span.start; at < span.end && state.open !== null; ) {
    const lineEnd = endOfLine(source, at, span.end);
    const line = source.slice(at, Math.min(lineEnd, at + longestLook)).trimEnd();
    const marker = columnMarker.exec(line);
    const own = marker?.[1] ?? marker?.[2] ?? null;
    if (at > start && state.open.kind === 'none' && opensChunk(line, { blank, own, sign })) {
      chunks.push({ start, end: at });
      start = at;
      sign = null;
      state = { open: none, item: null };
    }
    if (at === start) sign = own;
    state = nextState(state, { line, marker, whole: () => source.slice(at, lineEnd) });
    blank = line === '';
    at = lineEnd;
  }
  chunks.push({ start, end: span.end });
  return chunks;
}

interface Opening {
  readonly blank: boolean;
  /** Bullet sign or number delimiter of this line. */
  readonly own: string | null;
  /** That of the line which opened the stretch. */
  readonly sign: string | null;
}

/** A bullet opens one inside of a list, text at column 0 after a blank line does outside; the blocks of a list are put together again. */
function opensChunk(line: string, { blank, own, sign }: Opening): boolean {
  if (line === '' || /^[ \t]/.test(line)) return false;
  if (own === null || !/[ \t]/.test(line)) return blank && !anyMarker.test(line);
  return '-*+'.includes(own) ? blank || sign !== null : own === sign;
}

interface LineState {
  /** Its start, without trailing space. */
  readonly line: string;
  readonly marker: RegExpExecArray | null;
  readonly whole: () => string;
}

function nextState(state: State, { line, marker, whole }: LineState): State {
  const { open } = state;
  if (open?.kind === 'fence') return open.close.test(line) ? { ...state, open: none } : state;
  if (open?.kind === 'comment') return whole().includes('-->') ? { ...state, open: none } : state;
  if (line === '') return { ...state, open: none };
  const indent = indentOf(line);
  if (marker !== null && open?.kind === 'none') return { open: none, item: marker[0] === line ? marker[0].length + 1 : widthOf(marker[0]) };
  if (state.item !== null && state.item >= 0 && indent >= state.item) return state;
  const item = state.item === null || indent > 0 ? state.item : -1;
  return { open: openedBy(line, { inHtml: open?.kind === 'html', unsure: item !== null && indent > 0, whole }), item };
}

interface OpenedContext {
  readonly inHtml: boolean;
  /** True where the line may stand inside of a list item. */
  readonly unsure: boolean;
  readonly whole: () => string;
}

/** What a line at the top level leaves open. */
function openedBy(line: string, { inHtml, unsure, whole }: OpenedContext): Open | null {
  const fence = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/.exec(line);
  if (fence !== null) {
    if (inHtml || unsure || line.length >= longestLook - 1) return null;
    const mark = fence[1] ?? fence[2] ?? '';
    return { kind: 'fence', close: new RegExp(`^ {0,3}${mark.slice(0, 1)}{${mark.length},}$`) };
  }
  const tag = /^ {0,3}<(!--|[?!]|\/?(?:script|pre|style|textarea)\b|\/?[a-z])/i.exec(line)?.[1];
  if (tag === undefined) return inHtml ? html : none;
  if (tag === '!--') {
    if (/^\s*<!--[\s\S]*?-->/.test(whole())) return html;
    return inHtml || unsure ? null : { kind: 'comment' };
  }
  return /^\/?[a-z]$/i.test(tag) ? html : null;
}

function indentOf(line: string): number {
  return widthOf(/^[ \t]*/.exec(line)?.[0] ?? '');
}

/** Columns that a text takes, with tab stops every four. A list sign followed by five columns or more counts one. */
function widthOf(text: string): number {
  let width = 0;
  for (const sign of text) width = sign === '\t' ? width + 4 - (width % 4) : width + 1;
  const signs = text.trimEnd().length;
  return signs > 0 && width - signs > 4 ? signs + 1 : width;
}

function endOfLine(source: string, at: number, end: number): number {
  const next = source.indexOf('\n', at);
  return next === -1 || next >= end ? end : next + 1;
}
