/** A Markdown memory cut into statements, with the containers that go when all of theirs are gone. */
import { posix } from 'node:path';
import type { Memory, Span } from '../memory.js';
import { type Block, type Item, readBlocks } from './blocks.js';
import { splitSentences } from './sentences.js';
import { type FileText, joinedText, lineIndex, linesAround, trimmedSpan } from './text.js';
import {
  addStatement,
  closeInner,
  closeSections,
  keepBlock,
  lineCut,
  lockRange,
  openInner,
  openSection,
  startWalk,
  type Walk,
} from './walk.js';

type List = Extract<Block, { kind: 'list' }>;
type Table = Extract<Block, { kind: 'table' }>;

/** Cuts one file. The result's statements and containers are drafts without ids. */
export function walkMarkdown(text: FileText, memory: Memory, body: Walk['body']): Walk {
  const walk = startWalk(text, memory, body);
  const blocks = readBlocks(text.source, body.span);
  for (let at = 0; at < blocks.length; at = takeBlock(walk, blocks, at));
  closeSections(walk, 0, body.span.end);
  if (walk.preamble.marked) lockRange(walk, 0, walk.preamble.to ?? walk.statements.length);
  return walk;
}

/** Takes the block at an index, and those after it that belong to it; the index of the next one. */
function takeBlock(walk: Walk, blocks: readonly Block[], at: number): number {
  const block = blocks[at];
  if (block === undefined) return at + 1;
  switch (block.kind) {
    case 'heading':
      openSection(walk, block, { depth: block.depth, title: headingText(walk, block) });
      return at + 1;
    case 'paragraph':
      return takeParagraph(walk, blocks, at);
    case 'list':
      takeItems(walk, block);
      return at + 1;
    case 'table':
      takeTable(walk, block);
      return at + 1;
    case 'code':
      takeCode(walk, block);
      return at + 1;
    case 'quote':
      takeWhole(walk, block, block.signs, block.plain ? 'fact' : 'code');
      return at + 1;
    case 'other':
      keepBlock(walk, block);
      return at + 1;
  }
}

function headingText(walk: Walk, span: Span): string {
  const raw = walk.text.bytes.toString('utf8', span.start, span.end);
  const line = /^#{1,6}/.test(raw) ? raw.replace(/^#{1,6}/, '').replace(/[ \t]#+[ \t]*$/, '') : raw.replace(/\s*[\r\n][^\r\n]*$/, '');
  return line.replace(/\s+/g, ' ').trim();
}

/** `**Why:**` and `**How to apply:**` belong to the rule before them. */
const reason = /^(\*\*|__)?(?:why|how to apply)\s*(?::\1|\1:)/i;
const reasonLine = /(?:^|[\r\n])[ \t]*(\*\*|__)?(?:why|how to apply)\s*(?::\1|\1:)/i;
const bareLabel = /:[*_]*\s*$/;

function takeParagraph(walk: Walk, blocks: readonly Block[], at: number): number {
  const block = blocks[at];
  const next = blocks[at + 1];
  if (block === undefined) return at + 1;
  const { source } = walk.text;
  const textOf = (span: Span) => source.slice(span.start, span.end);
  if (reasonLine.test(textOf(block)) || (next?.kind === 'paragraph' && reason.test(textOf(next)))) return takeRule(walk, blocks, at);
  const leads = (next?.kind === 'list' || next?.kind === 'code' || next?.kind === 'table') && bareLabel.test(textOf(block).trimEnd());
  takeSentences(walk, block, leads);
  if (!leads) return at + 1;
  const after = takeBlock(walk, blocks, at + 1);
  closeInner(walk, linesAround(walk.text, blocks[after - 1] ?? block).end);
  return after;
}

/** A rule with its reasons is one statement, also with the list that a reason introduces. */
function takeRule(walk: Walk, blocks: readonly Block[], at: number): number {
  const { source } = walk.text;
  const signs: Span[] = [];
  let last = at;
  for (let next = blocks[last + 1]; next !== undefined; next = blocks[last + 1]) {
    const before = blocks[last];
    const label =
      before?.kind === 'paragraph' &&
      reasonLine.test(source.slice(before.start, before.end)) &&
      bareLabel.test(source.slice(before.start, before.end));
    const more = next.kind === 'paragraph' && reason.test(source.slice(next.start, next.end));
    if (!more && !(label && next.kind === 'list')) break;
    if (next.kind === 'list') for (const item of next.items) signs.push({ start: item.start, end: item.content }, ...item.signs);
    last += 1;
  }
  const span = { start: blocks[at]?.start ?? 0, end: blocks[last]?.end ?? 0 };
  takeWhole(walk, span, signs, 'fact');
  return last + 1;
}

/** One statement for all of a block, its lines and the blank line before them. */
function takeWhole(walk: Walk, block: Span, signs: readonly Span[], role: 'fact' | 'code'): void {
  const span = trimmedSpan(walk.text, block);
  const text = joinedText(walk.text, span, signs);
  if (saysNothing(text)) keepBlock(walk, span);
  else addStatement(walk, { text, span: afterSign(span, signs), cut: lineCut(walk, span, true), role });
}

/** A span that starts behind the sign it opens with. */
function afterSign(span: Span, signs: readonly Span[]): Span {
  const [first] = signs;
  return first?.start === span.start ? { start: Math.min(first.end, span.end), end: span.end } : span;
}

/** Only images, comments and signs: nothing that could be kept or dropped. */
function saysNothing(text: string): boolean {
  const bare = text.includes('<!--') ? withoutComments(text) : text;
  return !/[\p{L}\p{N}]/u.test(bare.includes('![') ? bare.replace(/!\[[^[\]]*\]\([^()]*\)/g, '') : bare);
}

function withoutComments(text: string): string {
  let kept = '';
  let at = 0;
  for (let open = text.indexOf('<!--'); open !== -1; open = text.indexOf('<!--', at)) {
    const close = text.indexOf('-->', open + 4);
    if (close === -1) break;
    kept += text.slice(at, open);
    at = close + 3;
  }
  return kept + text.slice(at);
}

/** Sentences of a paragraph; with `leads` the last one introduces what follows and opens its container. */
function takeSentences(walk: Walk, block: Span, leads: boolean): void {
  const span = trimmedSpan(walk.text, block);
  const pieces = sentenceSpans(walk.text, span);
  if (pieces.length < 2) {
    takeOnly(walk, span, leads);
    return;
  }
  for (const [index, piece] of pieces.entries()) {
    const next = pieces[index + 1];
    const text = joinedText(walk.text, piece, []);
    const cut = { start: piece.start, end: next?.start ?? piece.end };
    if (leads && next === undefined) openInner(walk, 'list', piece.start, text);
    if (saysNothing(text)) keepBlock(walk, piece);
    else addStatement(walk, { text: withoutComment(text), span: piece, cut, role: leads && next === undefined ? 'lead' : 'fact' });
  }
}

function takeOnly(walk: Walk, span: Span, leads: boolean): void {
  const text = joinedText(walk.text, span, []);
  const cut = lineCut(walk, span, true);
  if (leads) openInner(walk, 'list', cut.start, text);
  if (saysNothing(text)) keepBlock(walk, span);
  else addStatement(walk, { text: withoutComment(text), span, cut, role: leads ? 'lead' : 'fact' });
}

/** A comment at the very end is no part of what is said. */
function withoutComment(text: string): string {
  if (!text.endsWith('-->')) return text;
  for (let open = text.indexOf('<!--'); open !== -1; ) {
    const close = text.indexOf('-->', open + 4);
    if (close === -1) return text;
    if (close + 3 === text.length) return text.slice(0, open).trimEnd();
    open = text.indexOf('<!--', close + 3);
  }
  return text;
}

function sentenceSpans(text: FileText, span: Span): readonly Span[] {
  const paragraph = text.bytes.toString('utf8', span.start, span.end);
  if (/[\r\n](?:[ \t]*[\r\n])/.test(paragraph) || (!text.valid && paragraph.includes('\uFFFD'))) return [span];
  const pieces = splitSentences(paragraph);
  if (paragraph.length === span.end - span.start) {
    return pieces.map((piece) => ({ start: span.start + piece.start, end: span.start + piece.end }));
  }
  let at = 0;
  let offset = span.start;
  const advance = (to: number) => {
    offset += Buffer.byteLength(paragraph.slice(at, to));
    at = to;
    return offset;
  };
  return pieces.map((piece) => ({ start: advance(piece.start), end: advance(piece.end) }));
}

function takeItems(walk: Walk, list: List): void {
  const { items } = list;
  const lineOf = (offset: number) => lineIndex(walk.text, offset);
  const gapBefore = (index: number) => {
    const [before, item] = [items[index - 1], items[index]];
    return before === undefined || item === undefined || lineOf(item.start) > lineOf(Math.max(before.start, before.end - 1)) + 1;
  };
  for (const [index, item] of items.entries()) takeItem(walk, item, gapBefore(index === 0 ? 1 : index));
}

function takeItem(walk: Walk, item: Item, apart: boolean): void {
  const span = trimmedSpan(walk.text, { start: item.content, end: item.end });
  const text = joinedText(walk.text, span, item.signs);
  if (saysNothing(text)) {
    keepBlock(walk, item);
    return;
  }
  const cut = lineCut(walk, item, apart);
  const link = walk.body.index && item.simple ? indexLink(walk.memory.path, text) : null;
  if (link === null) addStatement(walk, { text: withoutComment(text), span, cut, role: 'fact' });
  else addStatement(walk, { text, span, cut, role: 'index', link });
}

/** `[Title](file.md) — hook`: the store path it leads to, relative to the index. */
function indexLink(path: string, text: string): string | null {
  const target = /^[*_~]{0,2}\[(?:[^\]\\]|\\.)*\]\(<?([^()<>]+\.md)(?:#[^()<>]*)?>?(?:\s+"[^"]*")?\)/i.exec(text)?.[1];
  if (target === undefined || /^[a-z][a-z0-9+.-]*:/i.test(target)) return null;
  return posix.join(posix.dirname(path), decodePercent(target));
}

function decodePercent(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    // A stray percent sign is part of the name.
    return target;
  }
}

function takeTable(walk: Walk, table: Table): void {
  const cut = lineCut(walk, table, true);
  openInner(
    walk,
    'table',
    cut.start,
    joinedText(walk.text, { start: table.start, end: linesAround(walk.text, { start: table.start, end: table.start }).end }, []),
  );
  for (const row of table.rows) {
    const span = trimmedSpan(walk.text, row);
    const text = joinedText(walk.text, span, []);
    if (saysNothing(text)) keepBlock(walk, span);
    else addStatement(walk, { text, span, cut: lineCut(walk, span, false), role: 'row' });
  }
  closeInner(walk, cut.end);
}

function takeCode(walk: Walk, block: Extract<Block, { kind: 'code' }>): void {
  const text = Buffer.from(block.text, 'latin1').toString('utf8').trim();
  const span = trimmedSpan(walk.text, block.content);
  if (text === '' || span.end === span.start) keepBlock(walk, block);
  else addStatement(walk, { text, span, cut: lineCut(walk, block, true), role: 'code' });
}
