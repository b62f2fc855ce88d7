/**
 * Memories to statements. Markdown is cut by its blocks and sentences, records bring their fields. Every statement knows its bytes, its
 * scope and its time; nothing is ever written out again but by these bytes.
 */
import {
  type Container,
  compareText,
  type Memory,
  type MemoryStore,
  makeId,
  type Segmented,
  type SourceFile,
  type Statement,
} from '../memory.js';
import { dateOfText } from './dates.js';
import { walkMarkdown } from './markdown.js';
import { type FileText, lineIndex, openText } from './text.js';
import type { DraftContainer, DraftStatement, Walk } from './walk.js';

/**
 * Cuts every memory of a store. Statements come in path and byte order, never overlap, and neither do their cuts; containers outermost
 * first. The file of a single-file store and the index of a folder are `fixed`, and so is a file of records.
 */
export function segmentStore(store: MemoryStore): Segmented {
  const files = new Map(store.files.map((file) => [file.path, file]));
  const statements: Statement[] = [];
  const containers: Container[] = [];
  for (const [path, memories] of byPath(store.memories)) {
    const file = files.get(path);
    if (file === undefined) continue;
    const part = segmentFile(file, memories, store.single);
    for (const statement of part.statements) statements.push(statement);
    for (const container of part.containers) containers.push(container);
  }
  return { statements, containers };
}

function byPath(memories: readonly Memory[]): readonly (readonly [string, readonly Memory[]])[] {
  const groups = new Map<string, Memory[]>();
  for (const memory of memories) {
    const group = groups.get(memory.path);
    if (group === undefined) groups.set(memory.path, [memory]);
    else group.push(memory);
  }
  return [...groups].toSorted(([a], [b]) => compareText(a, b));
}

function segmentFile(file: SourceFile, memories: readonly Memory[], single: boolean): Segmented {
  const [first] = memories;
  if (first?.body.shape !== 'markdown') return segmentFields(file, memories);
  const text = openText(file.bytes);
  const walk = walkMarkdown(text, first, first.body);
  const statements = finishStatements(walk);
  const whole: DraftContainer = {
    kind: 'file',
    start: 0,
    end: file.bytes.length,
    text: file.path,
    from: 0,
    to: statements.length,
    fixed: walk.fixed || single || first.body.index,
  };
  const drafts = [whole, ...walk.containers].filter((draft) => draft.to > draft.from);
  const order = (a: DraftContainer, b: DraftContainer) =>
    a.start - b.start || b.end - a.end || kinds.indexOf(a.kind) - kinds.indexOf(b.kind);
  return { statements, containers: drafts.toSorted(order).map((draft) => finishContainer(draft, file.path, { text, statements })) };
}

const kinds: readonly Container['kind'][] = ['file', 'section', 'list', 'table'];

/** Numbers statements of the same text, so that an id outlives edits elsewhere in the file. */
function idMaker(path: string): (text: string) => string {
  const seen = new Map<string, number>();
  return (text) => {
    const nth = seen.get(text) ?? 0;
    seen.set(text, nth + 1);
    return makeId('st', path, String(nth), text);
  };
}

function finishStatements({ text, memory, statements }: Walk): readonly Statement[] {
  const idOf = idMaker(memory.path);
  return statements.map((draft: DraftStatement) => ({
    id: idOf(draft.text),
    memoryId: memory.id,
    path: memory.path,
    line: lineIndex(text, draft.span.start) + 1,
    text: draft.text,
    span: draft.span,
    cut: draft.cut,
    encoding: 'markdown' as const,
    role: draft.role,
    scope: { title: memory.title, headings: draft.headings, subject: null },
    time: draft.time,
    sessionId: memory.sessionId,
    lock: draft.lock,
    link: draft.link,
  }));
}

interface Finished {
  readonly text: FileText;
  readonly statements: readonly Statement[];
}

function finishContainer(draft: DraftContainer, path: string, { text, statements }: Finished): Container {
  return {
    id: makeId('con', path, draft.kind, String(draft.start), draft.text),
    kind: draft.kind,
    path,
    line: lineIndex(text, draft.start) + 1,
    span: { start: draft.start, end: draft.end },
    text: draft.text,
    statements: statements.slice(draft.from, draft.to).map((statement) => statement.id),
    fixed: draft.fixed,
  };
}

function segmentFields(file: SourceFile, memories: readonly Memory[]): Segmented {
  const idOf = idMaker(file.path);
  const statements: Statement[] = [];
  for (const memory of memories) {
    if (memory.body.shape !== 'fields') continue;
    for (const field of memory.body.fields) {
      const own = dateOfText(field.text);
      statements.push({
        id: idOf(field.text),
        memoryId: memory.id,
        path: file.path,
        line: field.line,
        text: field.text,
        span: field.span,
        cut: field.cut,
        encoding: field.encoding,
        role: 'fact',
        scope: { title: null, headings: [], subject: field.subject },
        time: own === null ? field.time : { at: own, source: 'text' },
        sessionId: memory.sessionId,
        lock: memory.lock,
        link: null,
      });
    }
  }
  if (statements.length === 0) return { statements, containers: [] };
  const container: Container = {
    id: makeId('con', file.path, 'file', '0', file.path),
    kind: 'file',
    path: file.path,
    line: 1,
    span: { start: 0, end: file.bytes.length },
    text: file.path,
    statements: statements.map((statement) => statement.id),
    fixed: true,
  };
  return { statements, containers: [container] };
}
