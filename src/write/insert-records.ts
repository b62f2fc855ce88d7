/** New records in files of records: a line, an element of a list, a row, an entity of a graph or an observation of one. */
import { type Node, parseTree } from 'jsonc-parser';
import { type Field, type Insertion, type Memory, oneLine, type Span, type StoreFormat } from '../memory.js';
import { encodeCsv, encodeJson, isAsciiOnly } from './encode.js';
import type { Piece } from './insert.js';
import { mostCommon } from './like.js';
import { commaOf, type JsonStyle, jsonStyleOf, likeRecord, type RecordSample, writeJson } from './like-record.js';

/** A file of records as it was read; `content` is Latin-1, one character a byte. */
interface RecordFile {
  readonly path: string;
  readonly content: string;
  readonly memories: readonly Memory[];
  readonly format: StoreFormat;
}

/** Enough records to learn from how they are made. */
const sampled = 1000;

/**
 * @param group of this file, in order
 * @throws Error where nothing in the file shows how a record is made
 */
export function recordPieces(file: RecordFile, group: readonly Insertion[]): readonly Piece[] {
  const fields = file.memories.flatMap(({ body }) => (body.shape === 'fields' ? body.fields : []));
  const graph = file.format === 'mcp-graph' || fields.some(({ name }) => name === 'observations');
  if (graph) return graphPieces(file, group);
  const encoding = fields[0]?.encoding ?? (file.format === 'lines' ? 'text' : null);
  if (encoding === 'text')
    return [
      linesPiece(
        file.content,
        group.map(({ text }) => bytesOf(oneLine(text))),
      ),
    ];
  if (encoding === 'csv') return [linesPiece(file.content, csvRows(file, group))];
  if (encoding === 'json') return [jsonPiece(file, group)];
  throw new Error(`${file.path} holds no record that a new one could be made like`);
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function textAt(content: string, span: { readonly start: number; readonly end: number }): string {
  return Buffer.from(content.slice(span.start, span.end), 'latin1').toString('utf8');
}

function piece(at: number, text: string): Piece {
  return { at, text, depth: 0, joins: false };
}

/** Whole lines behind the last one that is not blank; the file ends with a line end if it did before. */
function linesPiece(content: string, lines: readonly string[], end: number = content.length): Piece {
  const eol = /\r\n/.test(content.slice(0, content.indexOf('\n') + 1)) ? '\r\n' : '\n';
  let last = end;
  while (last > 0 && ' \t\r\n'.includes(content.charAt(last - 1))) last -= 1;
  const fresh = last === 0 || content.slice(0, last) === '\xef\xbb\xbf';
  const newline = fresh ? -1 : content.indexOf('\n', last);
  const at = fresh ? last : newline === -1 ? content.length : newline + 1;
  const open = fresh || newline !== -1 ? '' : eol;
  return piece(at, open + lines.join(eol) + (open === '' ? eol : ''));
}

/** A record that breaks off at the end of the file stays the last one. */
function endOfRecords(content: string): number {
  const end = content.replace(/[ \t\r\n]+$/, '').length;
  const start = content.lastIndexOf('\n', end - 1) + 1;
  return isJson(content.slice(start, end)) ? content.length : start;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Torn or malformed: the reader has reported it.
    return false;
  }
}

function jsonPiece(file: RecordFile, group: readonly Insertion[]): Piece {
  const { content, memories } = file;
  const records = memories.slice(-sampled).flatMap((memory) => sampleOf(content, memory) ?? []);
  const last = memories.at(-1);
  if (last === undefined) throw new Error(`${file.path} holds no record that a new one could be made like`);
  const elements = last.body.shape === 'fields' && last.body.fields.some(({ cut }) => cut.list !== null);
  const style = jsonStyleOf(content.slice(last.span.start, last.span.end), isAsciiOnly(content));
  const made = group.map((insertion) => bytesOf(jsonRecord(records, style, insertion)));
  return elements ? elementsPiece(content, memories, made, commaOf(style)) : linesPiece(content, made, endOfRecords(content));
}

function sampleOf(content: string, memory: Memory): RecordSample | null {
  const field: Field | undefined = memory.body.shape === 'fields' ? memory.body.fields[0] : undefined;
  if (field === undefined) return null;
  const value: unknown = JSON.parse(textAt(content, memory.span));
  return { value, textPath: field.name ?? '', text: field.text, id: memory.title, kind: memory.kind };
}

function jsonRecord(records: readonly RecordSample[], style: JsonStyle, { text, create, at }: Insertion): string {
  const value = likeRecord(records, { text, id: create?.title ?? null, kind: create?.kind ?? '', at });
  return typeof value === 'string' ? encodeJson(value, style.ascii) : writeJson(value, style);
}

/** Behind the last record of a list, parted from it as the last two are; `comma` where nothing shows how. */
function elementsPiece(content: string, memories: readonly { readonly span: Span }[], made: readonly string[], comma: string): Piece {
  const [last, before] = memories.toReversed();
  const end = last?.span.end ?? 0;
  const between = before === undefined || last === undefined ? '' : content.slice(before.span.end, last.span.start);
  const lead = /[ \t\r\n]*$/.exec(content.slice(0, last?.span.start ?? 0))?.[0] ?? '';
  const sign = /^[ \t\r\n]*,[ \t\r\n]*$/.test(between) ? between : lead === '' ? comma : `,${lead}`;
  return piece(end, made.map((text) => sign + text).join(''));
}

function graphPieces(file: RecordFile, group: readonly Insertion[]): readonly Piece[] {
  const pieces: Piece[] = [];
  const entities = new Map<string, Insertion[]>();
  for (const insertion of group) {
    const name = insertion.create?.title ?? '';
    entities.set(name, [...(entities.get(name) ?? []), insertion]);
  }
  const fresh: (readonly Insertion[])[] = [];
  for (const [name, insertions] of entities) {
    const known = file.memories.find(({ title, lock }) => title === name && lock === null);
    if (known === undefined) fresh.push(insertions);
    else pieces.push(observationsPiece(file, known, insertions));
  }
  if (fresh.length > 0) pieces.push(entitiesPiece(file, fresh));
  return pieces.sort((a, b) => a.at - b.at);
}

/** Behind the last observation of an entity. */
function observationsPiece(file: RecordFile, entity: Memory, insertions: readonly Insertion[]): Piece {
  const { content } = file;
  const list = observationsOf(parseTree(content.slice(entity.span.start, entity.span.end)));
  if (list === null) throw new Error(`the entity ${entity.title} has no list of observations`);
  const style = jsonStyleOf(content.slice(entity.span.start, entity.span.end), isAsciiOnly(content));
  const made = insertions.map((insertion) => bytesOf(writeJson(observation(file, insertion), style)));
  const spans = (list.children ?? []).map(({ offset, length }) => {
    const start = entity.span.start + offset;
    return { span: { start, end: start + length } };
  });
  if (spans.length > 0) return elementsPiece(content, spans, made, commaOf(style));
  return piece(entity.span.start + list.offset + 1, made.join(commaOf(style)));
}

function observationsOf(entity: Node | undefined): Node | null {
  const member = entity?.children?.find(({ children }) => children?.[0]?.value === 'observations');
  const list = member?.children?.[1];
  return list?.type === 'array' ? list : null;
}

/** A text, or an object around one where the observations of the file are such. */
function observation({ content, memories }: RecordFile, { text, at }: Insertion): unknown {
  const samples = memories.slice(-sampled).flatMap((memory): readonly RecordSample[] => {
    const fields = memory.body.shape === 'fields' ? memory.body.fields : [];
    const value: { readonly observations?: readonly unknown[] } = JSON.parse(textAt(content, memory.span));
    const texts = new Map((value.observations ?? []).map((one) => [textOf(one), one]));
    return fields.flatMap((field): readonly RecordSample[] => {
      const one = texts.get(field.text);
      const textPath = isPlainObject(one) && typeof one['text'] === 'string' ? 'text' : 'content';
      return isPlainObject(one) ? [{ value: one, textPath, text: field.text, id: null, kind: null }] : [];
    });
  });
  const bare = memories.reduce((sum, { body }) => sum + (body.shape === 'fields' ? body.fields.length : 0), 0) - samples.length;
  return samples.length > bare ? likeRecord(samples, { text, id: null, kind: '', at }) : text;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): unknown {
  return isPlainObject(value) ? (value['text'] ?? value['content']) : value;
}

function entitiesPiece(file: RecordFile, groups: readonly (readonly Insertion[])[]): Piece {
  const { content, memories } = file;
  const last = memories.at(-1);
  const style = jsonStyleOf(last === undefined ? '' : content.slice(last.span.start, last.span.end), isAsciiOnly(content));
  const made = groups.map((insertions) => bytesOf(writeJson(entity(file, insertions), style)));
  const list = entityList(content);
  if (list === null) return linesPiece(content, made, endOfRecords(content));
  return last === undefined ? piece(list.offset + 1, made.join(commaOf(style))) : elementsPiece(content, memories, made, commaOf(style));
}

/** The list of a graph that is one document; null for a graph of lines. */
function entityList(content: string): Node | null {
  const root = parseTree(content);
  const member = root?.type === 'object' ? root.children?.find(({ children }) => children?.[0]?.value === 'entities') : undefined;
  const list = member?.children?.[1];
  return list?.type === 'array' ? list : null;
}

/** An entity with the keys of the others: their markers, and no key whose meaning is not known. */
function entity(file: RecordFile, insertions: readonly Insertion[]): unknown {
  const [first] = insertions;
  const named = { name: first?.create?.title ?? '', entityType: first?.create?.kind ?? '' };
  const observations = insertions.map((insertion) => observation(file, insertion));
  const samples = file.memories.slice(-sampled).map((memory): RecordSample => {
    const value: unknown = JSON.parse(textAt(file.content, memory.span));
    return { value, textPath: '', text: '', id: memory.title, kind: memory.kind };
  });
  if (samples.length === 0) return { type: 'entity', ...named, observations };
  const fixed = { ...named, observations };
  return likeRecord(samples, { text: '', id: named.name, kind: named.entityType, at: first?.at ?? '', fixed });
}

/** Rows with the columns of the file; a cell whose meaning is not known stays empty. */
function csvRows({ content, memories, path }: RecordFile, group: readonly Insertion[]): readonly string[] {
  const last = memories.at(-1);
  const field = last?.body.shape === 'fields' ? last.body.fields[0] : undefined;
  if (last === undefined || field === undefined) throw new Error(`${path} holds no row that a new one could be made like`);
  const behind = content.charAt(field.span.end);
  const delimiter = ',;\t'.includes(behind) && behind !== '' ? behind : content.charAt(field.span.start - 1);
  const header = splitRow(headOf(content), delimiter).map((cell) => uncell(cell).trim());
  const rows = memories.slice(-sampled).flatMap((memory) => {
    const cells = splitRow(textAt(content, memory.span).replace(/\r?\n$/, ''), delimiter);
    const one = memory.body.shape === 'fields' ? memory.body.fields[0] : undefined;
    if (one === undefined) return [];
    const value = Object.fromEntries(header.map((name, at) => [name, uncell(cells[at] ?? '')]));
    return [{ cells, sample: { value, textPath: columnOf(header, one.name), text: one.text, id: memory.title, kind: memory.kind } }];
  });
  const samples = rows.map(({ sample }) => sample);
  return group.map(({ text, create, at }) => {
    const made = likeRecord(samples, { text, id: create?.title ?? null, kind: create?.kind ?? '', at });
    const cells = header.map((name, column) => {
      const quoted = mostCommon(rows.map(({ cells: own }) => ((own[column] ?? '') === '' ? '' : String(own[column]?.startsWith('"')))));
      const value = isPlainObject(made) ? (made[name] ?? '') : '';
      return value === '' && quoted !== 'true' ? '' : encodeCsv(String(value), quoted === 'true');
    });
    return bytesOf(cells.join(delimiter));
  });
}

/** The column as the header spells it. */
function columnOf(header: readonly string[], name: string | null): string {
  const plain = (text: string) => text.toLowerCase().replace(/[\s-]+/g, '_');
  return header.find((one) => one === name) ?? header.find((one) => plain(one) === plain(name ?? '')) ?? '';
}

/** The line of column names, decoded; it may hold line ends in quotes. */
function headOf(content: string): string {
  const text = Buffer.from(content.replace(/^\xef\xbb\xbf/, '').replace(/^"?sep=[,;\t]"?\r?\n/, ''), 'latin1').toString('utf8');
  return /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0] ?? '';
}

function splitRow(row: string, delimiter: string): readonly string[] {
  const cells: string[] = [''];
  let quoted = false;
  for (const sign of row) {
    if (sign === '"') quoted = !quoted;
    if (sign === delimiter && !quoted) cells.push('');
    else cells[cells.length - 1] += sign;
  }
  return cells;
}

function uncell(cell: string): string {
  return cell.startsWith('"') && cell.endsWith('"') && cell.length > 1 ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}
