/**
 * The knowledge graph of the MCP reference memory server and its forks: one entity or relation a line, or one object with both lists.
 * An observation is a statement; its entity is what nothing is merged across. Relations are kept as they are.
 */
import { type Field, type Memory, makeId, type Problem, type SourceFile, type Span, type StatementTime } from '../memory.js';
import { largestTextBytes } from './bytes.js';
import { elementsOf, isArray, isObject, type JsonValue, member, scalarOf, stringOf } from './json.js';
import { parseTime } from './time.js';

/** One JSON value of a file and where it stands. */
export interface Row extends Span {
  /** Its tree, parsed anew at each call so that large files fit into memory; null where it is nested too deep. */
  readonly tree: () => JsonValue | null;
  /** 1-based line of its start. */
  readonly line: number;
  /** True where its bytes are no valid UTF-8. */
  readonly broken: boolean;
}

/** What a parser of one file gives. */
export interface Parsed {
  readonly memories: readonly Memory[];
  readonly problems: readonly Problem[];
}

/** True for an entity, a relation or a marker line of a graph. */
export function isGraphRow(value: JsonValue): boolean {
  return isEntity(value) || isRelation(value) || stringOf(member(value, 'type')) === '_aim';
}

/** True for one object that holds the whole graph, as `read_graph` gives it. */
export function isGraphDocument(value: JsonValue): boolean {
  return isArray(member(value, 'entities')) && isArray(member(value, 'relations'));
}

/** Entities as memories, observations as their fields; what is neither entity nor relation is reported and left alone. */
export function parseGraph(file: SourceFile, rows: readonly Row[], lineOf: (offset: number) => number): Parsed {
  const memories: Memory[] = [];
  const problems: Problem[] = [];
  const seen = new Map<string, number>();
  for (const row of rows) {
    const value = row.tree();
    if (value !== null && isEntity(value)) {
      const name = stringOf(member(value, 'name')) ?? '';
      const nth = seen.get(name) ?? 0;
      seen.set(name, nth + 1);
      memories.push(entityMemory(file, value, { name, nth, lineOf, problems, broken: row.broken }));
    } else if (value === null || !isGraphRow(value)) {
      const message = 'The record is no entity and no relation of a knowledge graph. It is left as it is.';
      problems.push({ kind: 'malformed', path: file.path, line: row.line, message });
    }
  }
  return { memories, problems };
}

function isEntity(value: JsonValue): boolean {
  if (!isArray(member(value, 'observations')) || stringOf(member(value, 'name')) === null) return false;
  const type = stringOf(member(value, 'type')) ?? stringOf(member(value, '_type')) ?? 'entity';
  return type === 'entity';
}

function isRelation(value: JsonValue): boolean {
  return (
    isObject(value) && stringOf(member(value, 'relationType')) !== null && member(value, 'from') !== null && member(value, 'to') !== null
  );
}

interface EntityContext {
  readonly name: string;
  readonly nth: number;
  readonly lineOf: (offset: number) => number;
  readonly problems: Problem[];
  readonly broken: boolean;
}

function entityMemory(file: SourceFile, value: JsonValue, context: EntityContext): Memory {
  // `_savedAt` of a fork is the time the whole entity was saved, not the time it was learned: as weak as a file's.
  const saved = parseTime(scalarOf(member(value, '_savedAt')));
  const time: StatementTime = { at: saved ?? file.modifiedAt, source: 'file' };
  const fields = observationFields(file, value, time, context);
  const pinned = scalarOf(member(value, 'pinned')) === true;
  return {
    id: makeId('mem', file.path, context.name, String(context.nth)),
    path: file.path,
    span: { start: value.start, end: value.end },
    title: context.name,
    kind: stringOf(member(value, 'entityType')),
    body: { shape: 'fields', fields },
    time,
    sessionId: null,
    lock: context.broken ? 'broken' : pinned ? 'marked' : null,
  };
}

function observationFields(file: SourceFile, entity: JsonValue, time: StatementTime, context: EntityContext): readonly Field[] {
  const list = member(entity, 'observations');
  if (list === null) return [];
  return elementsOf(list).flatMap((element) => {
    const holder = isObject(element) ? (member(element, 'text') ?? member(element, 'content')) : element;
    const text = stringOf(holder);
    const line = context.lineOf(element.start);
    if (holder === null || text === null || text.trim() === '') {
      const message = `An observation of "${context.name}" is no text. It is left as it is.`;
      context.problems.push({ kind: 'malformed', path: file.path, line, message });
      return [];
    }
    if (holder.end - holder.start > largestTextBytes) {
      const message = `An observation of "${context.name}" is longer than 1 MiB. It is left as it is.`;
      context.problems.push({ kind: 'unsupported', path: file.path, line, message });
      return [];
    }
    const own = parseTime(scalarOf(member(element, 'timestamp') ?? member(element, 'created_at') ?? member(element, 'createdAt')));
    const field: Field = {
      name: 'observations',
      text,
      span: { start: holder.start, end: holder.end },
      encoding: 'json',
      cut: { span: { start: element.start, end: element.end }, list: `${file.path}#${list.start}` },
      line: context.lineOf(holder.start),
      time: own === null ? time : { at: own, source: 'record' },
      subject: context.name,
    };
    return [field];
  });
}
