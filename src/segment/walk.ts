/** What grows while a Markdown file is cut: statements, and the sections, lists and tables that hold them. */
import type { Body, Container, Cut, Lock, Memory, Span, StatementRole, StatementTime } from '../memory.js';
import { dateOfHeading, dateOfText } from './dates.js';
import { type FileText, isSound, linesAround, withBlankBefore } from './text.js';

export interface DraftStatement {
  readonly text: string;
  readonly span: Span;
  readonly cut: Cut;
  readonly role: StatementRole;
  readonly headings: readonly string[];
  readonly time: StatementTime;
  readonly link: string | null;
  lock: Lock | null;
}

export interface DraftContainer {
  readonly kind: Container['kind'];
  readonly start: number;
  end: number;
  readonly text: string;
  /** Index of the first statement inside. */
  readonly from: number;
  /** Index behind the last. */
  to: number;
  fixed: boolean;
}

interface OpenSection extends DraftContainer {
  readonly depth: number;
  readonly title: string;
  readonly date: string | null;
  marked: boolean;
}

export interface Walk {
  readonly text: FileText;
  readonly memory: Memory;
  readonly body: Extract<Body, { shape: 'markdown' }>;
  readonly statements: DraftStatement[];
  readonly containers: DraftContainer[];
  readonly sections: OpenSection[];
  /** The list with lead or the table that is being read. */
  readonly inner: DraftContainer[];
  headings: readonly string[];
  fixed: boolean;
  /** Statements before the first heading. */
  preamble: { marked: boolean; to: number | null };
  /** End of the last cut: cuts never overlap. */
  cutEnd: number;
}

export function startWalk(text: FileText, memory: Memory, body: Walk['body']): Walk {
  return {
    text,
    memory,
    body,
    statements: [],
    containers: [],
    sections: [],
    inner: [],
    headings: [],
    fixed: false,
    preamble: { marked: false, to: null },
    cutEnd: body.span.start,
  };
}

export interface NewStatement {
  readonly text: string;
  readonly span: Span;
  /** What leaves the file with it, before it is kept clear of the cuts of others. */
  readonly cut: Span;
  readonly role: StatementRole;
  readonly link?: string;
}

const mark = /<!--\s*dreamfold:\s*keep\s*-->/;

/** Adds a statement; its time is its own date, else that of the nearest dated heading, else that of the memory. */
export function addStatement(walk: Walk, { text, span, cut, role, link }: NewStatement): void {
  const start = Math.max(cut.start, walk.cutEnd);
  const end = Math.max(start, cut.end);
  walk.cutEnd = end;
  const own = role === 'code' || role === 'index' ? null : dateOfText(text);
  const at = own ?? walk.sections.findLast((section) => section.date !== null)?.date ?? null;
  const marked = mark.test(walk.text.source.slice(cut.start, cut.end));
  walk.statements.push({
    text,
    span,
    cut: { span: { start, end }, list: null },
    role,
    headings: walk.headings,
    time: at === null ? walk.memory.time : { at, source: 'text' },
    link: link ?? null,
    lock: walk.memory.lock ?? (isSound(walk.text, span) ? (marked ? 'marked' : null) : 'broken'),
  });
}

/**
 * The lines of a block. With `apart` the blank line before them goes too where another one follows, and a blank line stays where its
 * neighbours would run together.
 */
export function lineCut(walk: Walk, span: Span, apart: boolean): Span {
  const { text, body } = walk;
  const lines = linesAround(text, span);
  const floor = Math.max(walk.cutEnd, body.span.start);
  if (!apart) return lines;
  const textBehind = lines.end < body.span.end && hasText(text, lines.end);
  if (!textBehind) return { start: withBlankBefore(text, lines.start, floor), end: lines.end };
  const textBefore = lines.start > body.span.start && hasText(text, lines.start - 1);
  return textBefore ? { start: lines.start, end: endOfText(text, lines) } : lines;
}

/** True where the line of an offset is not blank. */
function hasText(text: FileText, offset: number): boolean {
  const line = linesAround(text, { start: offset, end: offset });
  return text.source.slice(line.start, line.end).trim() !== '';
}

function endOfText(text: FileText, lines: Span): number {
  const end = text.source.charAt(lines.end - 1) === '\n' ? lines.end - 1 : lines.end;
  return text.source.charAt(end - 1) === '\r' ? end - 1 : end;
}

/** Something that is no statement: whatever holds it stays. A mark alone does not count, but locks the section it stands in. */
export function keepBlock(walk: Walk, span: Span): void {
  const source = walk.text.source.slice(span.start, span.end);
  const section = walk.sections.at(-1);
  if (mark.test(source)) {
    if (section === undefined) walk.preamble.marked = true;
    else section.marked = true;
    if (source.replace(mark, '').trim() === '') return;
  }
  fixContainers(walk);
}

function fixContainers(walk: Walk): void {
  walk.fixed = true;
  for (const container of [...walk.sections, ...walk.inner]) container.fixed = true;
}

export function openSection(walk: Walk, span: Span, heading: { readonly depth: number; readonly title: string }): void {
  const { start } = linesAround(walk.text, span);
  closeSections(walk, heading.depth, start);
  walk.preamble.to ??= walk.statements.length;
  const { length } = walk.statements;
  const text = heading.title;
  const date = dateOfHeading(text);
  walk.sections.push({ kind: 'section', start, end: start, text, from: length, to: length, fixed: false, marked: false, date, ...heading });
  walk.headings = walk.sections.map((section) => section.title);
}

/** Ends every section of this depth or deeper. */
export function closeSections(walk: Walk, depth: number, at: number): void {
  for (let section = walk.sections.at(-1); section !== undefined && section.depth >= depth; section = walk.sections.at(-1)) {
    walk.sections.pop();
    section.end = at;
    section.to = walk.statements.length;
    if (section.marked) lockRange(walk, section.from, section.to);
    if (section.to > section.from) walk.containers.push(section);
    else fixContainers(walk);
  }
}

export function lockRange(walk: Walk, from: number, to: number): void {
  for (const statement of walk.statements.slice(from, to)) statement.lock ??= 'marked';
}

/** Opens a list with lead or a table at `start`; it ends with `closeInner`. */
export function openInner(walk: Walk, kind: 'list' | 'table', start: number, text: string): void {
  const { length } = walk.statements;
  walk.inner.push({ kind, start, end: start, text, from: length, to: length, fixed: false });
}

export function closeInner(walk: Walk, end: number): void {
  const container = walk.inner.pop();
  if (container === undefined) return;
  container.end = end;
  container.to = walk.statements.length;
  if (container.to > container.from) walk.containers.push(container);
}
