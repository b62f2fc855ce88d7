/**
 * The blocks of a Markdown text with byte positions. `source` is the file as Latin-1, one character a byte, so that the offsets of the
 * parser are byte offsets. Inline markup is not parsed: nothing here needs it, and it is what makes parsers slow on hostile text.
 */
import type { List, ListItem, Nodes, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmTable } from 'micromark-extension-gfm-table';
import type { Span } from '../memory.js';
import { splitChunks } from './chunks.js';
import { readPlain, signLength } from './plain.js';

export interface Item extends Span {
  /** Behind the bullet sign and the checkbox. */
  readonly content: number;
  /** Signs of nested bullets and quotes that are no part of the text. */
  readonly signs: readonly Span[];
  /** True where it is one paragraph. */
  readonly simple: boolean;
}

export type Block =
  | ({ readonly kind: 'heading'; readonly depth: number } & Span)
  | ({ readonly kind: 'paragraph' } & Span)
  | { readonly kind: 'list'; readonly marker: string; readonly items: Item[]; readonly start: number; end: number }
  | ({ readonly kind: 'table'; readonly rows: readonly Span[] } & Span)
  | ({ readonly kind: 'code'; readonly content: Span /** As Latin-1. */; readonly text: string } & Span)
  | ({ readonly kind: 'quote'; readonly signs: readonly Span[]; readonly plain: boolean } & Span)
  /** HTML, rules, link definitions: no statement, and it stays. */
  | ({ readonly kind: 'other' } & Span);

const inlineOff = {
  disable: {
    null: [
      ...['attention', 'autolink', 'characterEscape', 'characterReference', 'codeText', 'hardBreakEscape', 'htmlText'],
      ...['labelStartImage', 'labelStartLink', 'labelEnd'],
    ],
  },
};
const extensions = [gfmTable(), inlineOff];
const mdastExtensions = [gfmTableFromMarkdown()];
/** Nesting beyond this is no writing; the parser's time grows with its square. */
const deepNesting = /^(?:[ \t]*(?:[-+*>]|\d{1,9}[.)])){40}|^[ \t]{400}/m;

/**
 * Markdown lets only a list that starts at 1 follow a paragraph without a blank line. A list whose first points were dropped starts later
 * and is still one, so single digits are all read as 1; what a number is counts for nothing else.
 */
const laterNumber = /^(?<indent>[ \t]*)[2-9](?<sign>[.)][ \t])/gm;

/** Top-level blocks in order; they do not overlap. Lists of the same kind that stand side by side are one. */
export function readBlocks(source: string, span: Span): readonly Block[] {
  const loneReturns = /\r(?!\n)/.test(source.slice(span.start, span.end));
  const chunks = loneReturns ? [span] : splitChunks(source, span);
  const blocks: Block[] = [];
  for (const chunk of chunks) {
    const found = (loneReturns ? null : readPlain(source, chunk)) ?? parseChunk(source, chunk);
    for (const block of found) pushBlock(blocks, block);
  }
  return blocks;
}

function pushBlock(blocks: Block[], block: Block): void {
  const last = blocks.at(-1);
  if (block.kind !== 'list' || last?.kind !== 'list' || last.marker !== block.marker) {
    blocks.push(block);
    return;
  }
  for (const item of block.items) last.items.push(item);
  last.end = block.end;
}

/** Parses a stretch with the full grammar. */
export function parseChunk(source: string, chunk: Span): readonly Block[] {
  const text = source.slice(chunk.start, chunk.end);
  if (deepNesting.test(text)) return opaque(source, chunk);
  // A mark of byte order inside the Latin-1 view is three other characters, so the parser drops nothing at the start.
  const root = fromMarkdown(text.replace(laterNumber, '$<indent>1$<sign>'), { extensions, mdastExtensions });
  return root.children.flatMap((node) => blockOf(node, source, chunk.start) ?? []);
}

function opaque(source: string, chunk: Span): readonly Block[] {
  const text = source.slice(chunk.start, chunk.end);
  const start = chunk.start + (text.length - text.trimStart().length);
  const end = Math.max(start, chunk.start + text.trimEnd().length);
  return [{ kind: 'code', start, end, content: { start, end }, text: source.slice(start, end) }];
}

function blockOf(node: RootContent, source: string, base: number): Block | null {
  const span = spanOf(node, base);
  switch (node.type) {
    case 'heading':
      return { kind: 'heading', depth: node.depth, ...span };
    case 'paragraph':
      return { kind: 'paragraph', ...span };
    case 'list':
      return listOf(node, source, base);
    case 'table':
      return { kind: 'table', rows: node.children.slice(1).map((row) => spanOf(row, base)), ...span };
    case 'code':
      return codeOf(source, span);
    case 'blockquote': {
      const plain = node.children.every((child) => child.type === 'paragraph' || child.type === 'list');
      return { kind: 'quote', signs: signsIn(node, source, base), plain, ...span };
    }
    default:
      return { kind: 'other', ...span };
  }
}

function spanOf(node: Nodes, base: number): Span {
  const start = node.position?.start.offset ?? 0;
  return { start: base + start, end: base + (node.position?.end.offset ?? start) };
}

function listOf(list: List, source: string, base: number): Block {
  const span = spanOf(list, base);
  // The parser lets a fence or comment that is never closed run over the sign of the next bullet.
  const items = list.children.map((item, index) => {
    const next = list.children[index + 1];
    return itemOf(item, source, { base, end: next === undefined ? span.end : spanOf(next, base).start });
  });
  return { kind: 'list', marker: markerAt(source, span.start), items, ...span };
}

/** What tells lists apart: the bullet sign, or the character behind the number. */
function markerAt(source: string, start: number): string {
  return /[-*+.)]/.exec(source.slice(start, start + 12))?.[0] ?? '-';
}

function itemOf(item: ListItem, source: string, { base, end }: { readonly base: number; readonly end: number }): Item {
  const whole = spanOf(item, base);
  const span = { start: whole.start, end: Math.min(whole.end, end) };
  const content = Math.min(span.end, span.start + signLength(source, span.start));
  const [first, ...rest] = item.children;
  const simple = rest.length === 0 && (first === undefined || first.type === 'paragraph');
  const signs = simple ? [] : item.children.flatMap((child) => signsIn(child, source, base));
  return { content, signs, simple, ...span };
}

/** Bullet signs and quote signs of a node and everything under it, in order. */
function signsIn(node: RootContent, source: string, base: number): readonly Span[] {
  const signs: Span[] = [];
  const stack: Nodes[] = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const span = spanOf(next, base);
    if (next.type === 'listItem') signs.push({ start: span.start, end: Math.min(span.end, span.start + signLength(source, span.start)) });
    if (next.type === 'blockquote') signs.push(...quoteSigns(source, span));
    if ('children' in next) stack.push(...next.children);
  }
  return signs.toSorted((a, b) => a.start - b.start || b.end - a.end);
}

function quoteSigns(source: string, span: Span): readonly Span[] {
  const found = source.slice(span.start, span.end).matchAll(/^[ \t]*(?:>[ \t]?)+/gm);
  return [...found].map((match) => ({ start: span.start + match.index, end: span.start + match.index + match[0].length }));
}

function codeOf(source: string, span: Span): Block {
  const content = codeContent(source, span);
  const text = source.slice(content.start, content.end);
  const indented = content.start === span.start && content.end === span.end;
  return { kind: 'code', content, text: indented ? text.replace(/^(?: {1,4}|\t)/gm, '') : text, ...span };
}

/** The lines between the fences; for indented code all of it. */
function codeContent(source: string, span: Span): Span {
  const text = source.slice(span.start, span.end);
  const fence = /^(`{3,}|~{3,})[^\r\n]*(?:\r\n|\n|\r|$)/.exec(text);
  if (fence === null) return span;
  const start = fence[0].length;
  const close = /(?:^|\r\n|\n|\r)[ \t]*(?:`{3,}|~{3,})[ \t]*$/.exec(text.slice(start));
  const end = close === null ? text.length : start + close.index;
  return { start: span.start + start, end: span.start + Math.max(start, end) };
}
