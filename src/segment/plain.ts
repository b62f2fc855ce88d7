/**
 * The short way for what most memories are: headings, plain paragraphs and flat lists. Gives up (null) at the first line that could mean
 * anything else, and the Markdown parser takes over; the tests hold both to the same answer.
 */
import type { Span } from '../memory.js';
import type { Block, Item } from './blocks.js';

/** A line that, behind its indent, can only be the text of a paragraph. */
const notPlain =
  /^(?:#{1,6}(?:[ \t]|$)|>|[-*+](?:[ \t]|$)|[-=]|[*_](?:[ \t]*[*_]){2,}[ \t]*$|\d{1,9}[.)](?:[ \t]|$)|```|~~~|<|\||:|\[(?![^\]]*\](?!:)))/;
const headingLine = /^(#{1,6})[ \t]+[^ \t]/;
const nestedLine = /^( +)(?:[-*+]|[1-9][.)]) {1,4}(?=[^ \t])/;
const itemLine = /^([-*+]|(\d{1,9})([.)])) {1,4}(?=[^ \t])/;

type OpenBlock =
  | { readonly kind: 'paragraph'; readonly start: number; end: number }
  | { readonly kind: 'list'; readonly start: number; readonly marker: string; readonly items: OpenItem[] };

interface OpenItem {
  readonly start: number;
  end: number;
  /** Columns where the content of the item and of its open nested items starts. */
  readonly columns: number[];
  readonly signs: Span[];
}

/** The blocks of a stretch, or null where it needs the full grammar. */
export function readPlain(source: string, chunk: Span): readonly Block[] | null {
  const blocks: Block[] = [];
  let open: OpenBlock | null = null;
  let blank = true;
  for (let at = chunk.start; at < chunk.end; ) {
    const newline = source.indexOf('\n', at);
    const next = newline === -1 || newline >= chunk.end ? chunk.end : newline + 1;
    const end = trimmedEnd(source, at, next);
    if (end > at) {
      const step: OpenBlock | Block | null = stepLine({ source, at, end, open, blank });
      if (step === null) return null;
      if (step !== open && open !== null) blocks.push(closed(open, source));
      open = isOpen(step) ? step : null;
      if (!isOpen(step)) blocks.push(step);
    }
    blank = end === at;
    if (blank && open?.kind === 'paragraph') {
      blocks.push(closed(open, source));
      open = null;
    }
    at = next;
  }
  if (open !== null) blocks.push(closed(open, source));
  return blocks;
}

/** Length of a bullet sign or number with its spaces and checkbox. */
export function signLength(source: string, start: number): number {
  const match = /^(?:[-*+]|\d{1,9}[.)])(?:[ \t]+(?:\[[ xX]\](?:[ \t]+|(?=[\r\n]|$)))?|$|(?=[\r\n]))/.exec(source.slice(start, start + 64));
  return match?.[0].length ?? 0;
}

interface LineContext {
  readonly source: string;
  readonly at: number;
  readonly end: number;
  readonly open: OpenBlock | null;
  /** True where the line before is blank. */
  readonly blank: boolean;
}

/** The block that a line opens or goes on with (`open` itself), or a heading; null where it needs the full grammar. */
function stepLine({ source, at, end, open, blank }: LineContext): OpenBlock | Block | null {
  const line = source.slice(at, end);
  const heading = headingLine.exec(line);
  if (heading !== null) return { kind: 'heading', depth: heading[1]?.length ?? 1, start: at, end };
  const item = itemLine.exec(line);
  if (item !== null) return stepItem({ source, at, end, open, blank }, item);
  if (open?.kind === 'list' && !blank && isNested(open.items.at(-1), line, { start: at, end })) return open;
  const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
  if (notPlain.test(line.slice(indent.length))) return null;
  if (open?.kind === 'paragraph') {
    open.end = end;
    return open;
  }
  if (open?.kind === 'list') {
    const last = open.items.at(-1);
    if (blank || last === undefined) return indent === '' ? { kind: 'paragraph', start: at, end } : null;
    last.end = end;
    return open;
  }
  return indent.length > 3 || indent.includes('\t') ? null : { kind: 'paragraph', start: at + indent.length, end };
}

/** Takes a nested bullet into its item: one that stands behind the content column of an open item, by less than four. */
function isNested(item: OpenItem | undefined, line: string, { start, end }: Span): boolean {
  const match = nestedLine.exec(line);
  const indent = match?.[1]?.length ?? 0;
  const depth = item?.columns.findLastIndex((column) => column <= indent) ?? -1;
  const column = item?.columns[depth];
  if (match === null || item === undefined || column === undefined || indent - column > 3) return false;
  const text = line.slice(match[0].length);
  if (notPlain.test(text.replace(/^\[[ xX]\] /, ''))) return false;
  item.columns.splice(depth + 1, item.columns.length, match[0].length);
  item.signs.push({ start: start + indent, end: start + indent + signLength(line, indent) });
  item.end = end;
  return true;
}

function stepItem({ source, at, end, open }: LineContext, item: RegExpExecArray): OpenBlock | null {
  const [sign, bullet = '-', number, delimiter] = item;
  const text = source.slice(at + sign.length, end);
  if (notPlain.test(text.replace(/^\[[ xX]\] /, ''))) return null;
  const marker = delimiter ?? bullet;
  const newItem: OpenItem = { start: at, end, columns: [sign.length], signs: [] };
  if (open?.kind === 'list' && open.marker === marker) {
    open.items.push(newItem);
    return open;
  }
  // A list that starts beyond 9 may not follow a paragraph without a blank line (see `laterNumber`).
  if (open?.kind === 'paragraph' && number !== undefined && !/^[1-9]$/.test(number)) return null;
  return { kind: 'list', start: at, marker, items: [newItem] };
}

function isOpen(block: OpenBlock | Block): block is OpenBlock {
  return block.kind === 'paragraph' || (block.kind === 'list' && !('end' in block));
}

function closed(open: OpenBlock, source: string): Block {
  if (open.kind === 'paragraph') return { kind: 'paragraph', start: open.start, end: open.end };
  const items = open.items.map((item): Item => {
    const content = Math.min(item.end, item.start + signLength(source, item.start));
    return { start: item.start, end: item.end, content, signs: item.signs, simple: item.signs.length === 0 };
  });
  return { kind: 'list', start: open.start, end: open.items.at(-1)?.end ?? open.start, marker: open.marker, items };
}

/** End of a line without its spaces and line end. */
function trimmedEnd(source: string, at: number, next: number): number {
  let end = next;
  while (end > at && ' \t\r\n'.includes(source.charAt(end - 1))) end -= 1;
  return end;
}
