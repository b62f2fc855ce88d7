/**
 * Where texts enter the files of a store, as bytes at an offset of the file as it was read. What else changes in the file is no
 * matter here: nothing that leaves it reaches over such an offset.
 */
import {
  bulletText,
  type Container,
  compareText,
  type Insertion,
  type Memory,
  type MemoryStore,
  type OutputFile,
  type Segmented,
  type SourceFile,
  type Span,
  type Statement,
} from '../memory.js';
import { recordPieces } from './insert-records.js';
import { makeTopicFile } from './topic-file.js';

/** Latin-1 text that enters a file at a byte offset. */
export interface Piece {
  readonly at: number;
  readonly text: string;
  /** Markdown sections of a smaller depth hold it: they are not empty, whatever leaves them. */
  readonly depth: number;
  /** True where it goes on with the list before it. */
  readonly joins: boolean;
}

export interface Inserted {
  /** By path, in the order of their offsets. */
  readonly pieces: ReadonlyMap<string, readonly Piece[]>;
  readonly created: readonly OutputFile[];
}

interface Place {
  readonly store: MemoryStore;
  readonly segmented: Segmented;
}

/**
 * Works out what to put where. The order of `insertions` makes no difference: older ones come first, then by text.
 * @throws Error where one names a file that cannot take it: a bug of the caller.
 */
export function findPlaces(place: Place, insertions: readonly Insertion[]): Inserted {
  const pieces = new Map<string, readonly Piece[]>();
  const created: OutputFile[] = [];
  const listed: Insertion[] = [];
  for (const [path, group] of groupBy(inOrder(insertions), ({ path }) => path)) {
    const file = place.store.files.find((candidate) => candidate.path === path);
    const [first] = group;
    if (file !== undefined) pieces.set(path, piecesOf(place, file, group));
    else if (first?.create) {
      created.push(makeTopicFile(place.store, first.create, path, group));
      if (first.create.listed) listed.push(first);
    } else throw new Error(`${path} is not in the store, and nothing says how to make it`);
  }
  const index = indexPiece(
    place,
    listed.toSorted((a, b) => compareText(a.path, b.path)),
  );
  if (index !== null)
    pieces.set(
      index.path,
      [...(pieces.get(index.path) ?? []), index.piece].toSorted((a, b) => a.at - b.at),
    );
  return { pieces, created };
}

/** One of each text and place, oldest first. */
function inOrder(insertions: readonly Insertion[]): readonly Insertion[] {
  const sorted = insertions.toSorted((a, b) => compareText(a.at, b.at) || compareText(a.text, b.text) || compareText(a.path, b.path));
  return [...groupBy(sorted, ({ path, text }) => `${path}\n${text}`).values()].flatMap(([first]) => first ?? []);
}

function piecesOf({ store, segmented }: Place, file: SourceFile, group: readonly Insertion[]): readonly Piece[] {
  const memories = store.memories.filter(({ path }) => path === file.path);
  const [first] = memories;
  const content = Buffer.from(file.bytes).toString('latin1');
  const markdown = ['markdown', 'claude-memory', 'openclaw'].includes(store.format);
  if (first === undefined ? !markdown : first.body.shape === 'fields') {
    return recordPieces({ content, memories, format: store.format, path: file.path }, group);
  }
  const statements = segmented.statements.filter(({ path }) => path === file.path);
  const containers = segmented.containers.filter(({ path }) => path === file.path);
  const text: Text = { content, eol: eolOf(content), body: bodyOf(content, first), statements, containers };
  return [...groupBy(group, ({ section }) => section)]
    .map(([section, insertions]) => markdownPiece(text, section, insertions))
    .toSorted((a, b) => a.at - b.at || b.depth - a.depth);
}

function bodyOf(content: string, memory: Memory | undefined): Span {
  if (memory?.body.shape === 'markdown') return memory.body.span;
  return { start: content.startsWith(bom) ? bom.length : 0, end: content.length };
}

const bom = '\xef\xbb\xbf';

function eolOf(content: string): string {
  const first = content.indexOf('\n');
  return first > 0 && content[first - 1] === '\r' ? '\r\n' : '\n';
}

/** A Markdown file as it was read. */
interface Text {
  readonly content: string;
  readonly eol: string;
  readonly body: Span;
  readonly statements: readonly Statement[];
  readonly containers: readonly Container[];
}

function markdownPiece(text: Text, section: string | null, insertions: readonly Insertion[]): Piece {
  const lines = insertions.map(({ text: said }) => Buffer.from(bulletText(said), 'utf8').toString('latin1'));
  if (section === null) return listPiece(text, text.body, text.statements, lines);
  const found = text.containers.findLast((one) => one.kind === 'section' && one.text.toLowerCase() === section.toLowerCase());
  if (found === undefined) return sectionPiece(text, section, lines);
  const own = text.statements.filter(({ id, scope }) => found.statements.includes(id) && scope.headings.at(-1) === found.text);
  const inner = text.containers.find(
    (one) => one.kind === 'section' && one.span.start > found.span.start && one.span.end <= found.span.end,
  );
  return listPiece(text, { start: found.span.start, end: inner?.span.start ?? found.span.end }, own, lines);
}

/** Bullets at the end of a stretch: they go on with a list that ends it, or make one of their own. */
function listPiece(text: Text, region: Span, statements: readonly Statement[], lines: readonly string[]): Piece {
  const { content, eol } = text;
  const at = endOfText(content, region);
  const last = statements.at(-1);
  const sign = last === undefined ? null : signOf(text, last, at);
  const before = content.slice(0, at);
  const fresh = before === '' || before === bom;
  const open = fresh || before.endsWith('\n') ? '' : eol;
  const between = sign === null ? '' : isLoose(text, statements) ? eol : '';
  const start = open + (sign === null ? (fresh ? '' : eol) : between);
  const bullet = sign ?? `${freeMarker(text, last, at)} `;
  const next = content.slice(at, at + 200).split('\n')[0] ?? '';
  const gap = /[^ \t\r]/.test(next) && !/^#{1,6}[ \t]/.test(next) ? eol : '';
  const close = open !== '' && at === content.length ? '' : eol + gap;
  const list = lines.map((line) => bullet + line).join(eol + between);
  return { at, text: start + list + close, depth: Number.POSITIVE_INFINITY, joins: sign !== null };
}

/** Behind the last line of a stretch that is not blank; its start where all are. */
function endOfText(content: string, { start, end }: Span): number {
  let last = end;
  while (last > start && ' \t\r\n'.includes(content.charAt(last - 1))) last -= 1;
  if (last === start) return start;
  const newline = content.indexOf('\n', last);
  return newline === -1 || newline >= end ? end : newline + 1;
}

/** Indentation, bullet and spaces of the list that ends at `at`; null where no list does that could be gone on with. */
function signOf(text: Text, last: Statement, at: number): string | null {
  const { content } = text;
  const lineEnd = content.indexOf('\n', last.span.end - 1) + 1 || content.length;
  if (lineEnd < at || text.containers.some(({ kind, statements }) => kind === 'list' && statements.includes(last.id))) return null;
  const line = content.slice(content.lastIndexOf('\n', last.span.start - 1) + 1, last.span.start);
  const [, indent = '', marker, spaces = ' '] = /^(?:\xef\xbb\xbf)?( {0,3})([-*+])([ \t]+)(?:\[[ xX]\][ \t]+)?$/.exec(line) ?? [];
  return marker === undefined ? null : `${indent}${marker}${/^ {1,4}$/.test(spaces) ? spaces : ' '}`;
}

/** True where a blank line stands between the last two bullets. */
function isLoose({ content }: Text, statements: readonly Statement[]): boolean {
  const [before, last] = statements.slice(-2);
  if (before === undefined || last === undefined) return false;
  return (
    /\n[ \t]*\r?\n[^\n]*$/.test(content.slice(before.span.end, last.span.start)) &&
    /^[ \t]*[-*+][ \t]/.test(lineOf(content, before.span.start))
  );
}

function lineOf(content: string, offset: number): string {
  const start = content.lastIndexOf('\n', offset - 1) + 1;
  return content.slice(start, content.indexOf('\n', start) + 1 || content.length);
}

/** A bullet sign that the block before does not use: two lists of one sign would be one list. */
function freeMarker({ content, body }: Text, last: Statement | undefined, at: number): string {
  const start = last === undefined ? body.start : content.lastIndexOf('\n', last.span.start - 1) + 1;
  const used = new Set([...content.slice(start, at).matchAll(/^[ \t>]*([-*+])(?=[ \t\r]|$)/gm)].map(([, marker]) => marker));
  return ['-', '*', '+'].find((marker) => !used.has(marker)) ?? '-';
}

/** A section of its own at the end of the file, at the depth of those that are there. */
function sectionPiece({ content, eol, body, containers }: Text, title: string, lines: readonly string[]): Piece {
  const at = body.end;
  const before = content.slice(0, at);
  const fresh = before === '' || before === bom;
  const open = fresh || before.endsWith('\n') ? '' : eol;
  const gap = fresh || /\n[ \t]*\r?\n$/.test(before) ? '' : eol;
  const tops = containers.filter((one) => one.kind === 'section' && depthOf(content, one) === 1);
  const depth = tops.length > 1 ? 1 : 2;
  const heading = `${'#'.repeat(depth)} ${Buffer.from(title, 'utf8').toString('latin1')}`;
  const text = open + gap + [heading, '', ...lines.map((line) => `- ${line}`)].join(eol) + (open === '' ? eol : '');
  return { at, text, depth, joins: false };
}

/** Depth of a section's heading. */
export function depthOf(content: string, section: Container): number {
  const [first = '', second = ''] = content.slice(section.span.start, section.span.end).split('\n', 2);
  const signs = /^ {0,3}(#{1,6})(?:[ \t\r]|$)/.exec(first)?.[1];
  return signs?.length ?? (/^ {0,3}=/.test(second) ? 1 : 2);
}

/** One line for each new file, behind the last line of the index that links to one, in the form of those lines. */
function indexPiece({ store, segmented }: Place, listed: readonly Insertion[]): { readonly path: string; readonly piece: Piece } | null {
  const lines = segmented.statements.filter(({ role, path }) => role === 'index' && path === 'MEMORY.md');
  const last = lines.at(-1);
  const file = store.files.find(({ path }) => path === last?.path);
  if (listed.length === 0 || last === undefined || file === undefined) return null;
  const content = Buffer.from(file.bytes).toString('latin1');
  const eol = eolOf(content);
  const at = content.indexOf('\n', last.span.end - 1) + 1 || content.length;
  const open = content[at - 1] === '\n' ? '' : eol;
  const sign = content.slice(content.lastIndexOf('\n', last.span.start - 1) + 1, last.span.start).replace(bom, '');
  const added = listed.map(({ path, create }, nth) =>
    Buffer.from(`${nextSign(sign, nth + 1)}${indexLine(lines, path, create?.title ?? '', create?.description ?? '')}`, 'utf8').toString(
      'latin1',
    ),
  );
  const text = open + added.join(eol) + (open === '' ? eol : '');
  return { path: file.path, piece: { at, text, depth: Number.POSITIVE_INFINITY, joins: true } };
}

/** `- [Title](file.md) — hook` in the manner of the lines that are there; the way most of them part the hook from the link. */
export function indexLine(lines: readonly Pick<Statement, 'text'>[], path: string, title: string, hook: string): string {
  const forms = lines.map(({ text }) =>
    /^([*_~]{0,2})\[(?:[^\]\\]|\\.)*\]\((\.\/)?[^)]*\)[*_~]{0,2}(\s*(?:—|–|--?|:|\|)\s+(?=\S))?/.exec(text),
  );
  const most = (group: number): string => {
    const counts = new Map<string, number>();
    for (const form of forms) counts.set(form?.[group] ?? '', (counts.get(form?.[group] ?? '') ?? 0) + 1);
    return [...counts].toSorted(([a, m], [b, n]) => n - m || compareText(a, b))[0]?.[0] ?? '';
  };
  const [mark, dot, dash] = [most(1), most(2), most(3)];
  return `${mark}[${title}](${dot}${path.replaceAll(' ', '%20')})${mark}${dash === '' ? '' : `${dash}${hook}`}`;
}

/** The sign of a list line; numbers go on. */
function nextSign(sign: string, by: number): string {
  return sign.replace(/\d+(?=[.)])/, (digits) => String(Number(digits) + by));
}

function groupBy<K, T>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
