/**
 * A store's files as memories. Pure: bytes in, memories and problems out. Content never throws; only a store whose format cannot be told
 * is refused.
 */
import type { FieldMap } from '../config.js';
import { UserError } from '../errors.js';
import {
  compareText,
  type Field,
  type Memory,
  type MemoryStore,
  makeId,
  type Problem,
  type SourceFile,
  type StoreFormat,
} from '../memory.js';
import { bomLength, bufferOf, encodingProblems, textLines } from './bytes.js';
import { detectContent, detectFolder, formatOfName, isDataName, isMarkdownName, readData, refusal } from './detect.js';
import { baseName, pathLock } from './locks.js';
import { parseMarkdown } from './markdown.js';
import type { Parsed } from './mcp.js';

export interface StoreOptions {
  /** True where the store is one file rather than a folder. */
  readonly single: boolean;
  /** Forces a format; null finds it. */
  readonly format: StoreFormat | null;
  /** Names the keys or columns of records where they are not found by themselves. */
  readonly fields: FieldMap;
  /** Globs over store paths and base names whose memories are locked. */
  readonly exclude: readonly string[];
  /** True lifts the locks of rule files and daily logs. */
  readonly writeRules: boolean;
}

interface Draft {
  readonly format: StoreFormat;
  readonly memories: Memory[];
  readonly problems: Problem[];
}

/**
 * Finds the format (formats.md, "Detection order"), reads every memory with its time, session and lock, and reports what could not be
 * read with its place. Files that hold no memories stay in `files`, so that an output store holds them too.
 * @throws UserError `usage` where the format of a single file cannot be told, or a format does not fit a folder.
 */
export function parseStore(files: readonly SourceFile[], options: StoreOptions): MemoryStore {
  const sorted = files.toSorted((a, b) => compareText(a.path, b.path));
  const [only] = sorted;
  const draft = options.single && only !== undefined ? readSingle(only, options) : readFolder(sorted, options);
  const lockOf = pathLock({ format: draft.format, exclude: options.exclude, writeRules: options.writeRules });
  const memories = draft.memories.map((memory) => ({ ...memory, lock: memory.lock ?? lockOf(memory.path) }));
  return {
    format: draft.format,
    single: options.single,
    files: sorted,
    memories: memories.toSorted((a, b) => compareText(a.path, b.path) || a.span.start - b.span.start),
    problems: draft.problems.toSorted((a, b) => compareText(a.path, b.path) || (a.line ?? 0) - (b.line ?? 0)),
  };
}

function readSingle(file: SourceFile, options: StoreOptions): Draft {
  const refused = refusal(file);
  const format = options.format ?? formatOfName(file);
  if (refused !== null) return { format: format ?? 'markdown', memories: [], problems: [refused] };
  if (isEmpty(file)) {
    const message = `The file is empty (${file.bytes.length} bytes): there is nothing to read. Check that it is the right one.`;
    return { format: format ?? emptyFormat(file), memories: [], problems: [{ kind: 'malformed', path: file.path, line: null, message }] };
  }
  if (format === 'lines') return { format, ...readLines(file) };
  const isText = format === 'markdown' || format === 'claude-memory' || format === 'openclaw';
  if (isText || (format === null && detectContent(file) === 'markdown')) {
    return { format: 'markdown', ...markdownFile(file, false) };
  }
  const reading = readData(file, format, options.fields);
  if (reading.kind === 'unknown') throw new UserError('usage', `${file.path}: ${reading.reason}`);
  return {
    format: reading.format,
    memories: [...reading.parsed.memories],
    problems: [...reading.parsed.problems, ...encodingProblems(file)],
  };
}

function isEmpty(file: SourceFile): boolean {
  return file.bytes.length <= 64 && bufferOf(file.bytes).subarray(bomLength(file.bytes)).toString('latin1').trim() === '';
}

function emptyFormat(file: SourceFile): StoreFormat {
  return isDataName(file.path) ? 'jsonl' : 'markdown';
}

function readFolder(files: readonly SourceFile[], options: StoreOptions): Draft {
  if (options.format === 'lines') {
    throw new UserError('usage', '--format lines is for one file. Give the file itself as --store.');
  }
  const textFormats: readonly (StoreFormat | null)[] = ['markdown', 'claude-memory', 'openclaw'];
  const dataFormat = textFormats.includes(options.format) ? null : options.format;
  const found = textFormats.includes(options.format) && options.format !== null ? options.format : detectFolder(files);
  const memories: Memory[] = [];
  const problems: Problem[] = [];
  const formats = new Set<StoreFormat>();
  for (const file of files) {
    // Pictures and the like are copied, not judged.
    const refused = isMarkdownName(file.path) || isDataName(file.path) ? refusal(file) : null;
    const parsed =
      refused === null ? folderFile(file, { found, dataFormat, fields: options.fields, formats }) : { memories: [], problems: [refused] };
    for (const memory of parsed.memories) memories.push(memory);
    for (const problem of parsed.problems) problems.push(problem);
  }
  const [first] = formats;
  const hasText = files.some((file) => isMarkdownName(file.path));
  return { format: !hasText && first !== undefined ? first : found, memories, problems };
}

interface FolderContext {
  readonly found: StoreFormat;
  readonly dataFormat: StoreFormat | null;
  readonly fields: FieldMap;
  /** Collects the formats of data files that hold memories. */
  readonly formats: Set<StoreFormat>;
}

/** Data files of a folder are memories only where they clearly are; everything else is left alone without a word. */
function folderFile(file: SourceFile, context: FolderContext): Parsed {
  if (isMarkdownName(file.path)) {
    return markdownFile(file, context.found !== 'markdown' && baseName(file.path) === 'MEMORY.md');
  }
  if (!isDataName(file.path)) return { memories: [], problems: [] };
  const reading = readData(file, context.dataFormat, context.fields);
  if (reading.kind === 'unknown' || (!reading.sure && context.dataFormat === null)) return { memories: [], problems: [] };
  context.formats.add(reading.format);
  return { memories: reading.parsed.memories, problems: [...reading.parsed.problems, ...encodingProblems(file)] };
}

function markdownFile(file: SourceFile, index: boolean): { readonly memories: Memory[]; readonly problems: Problem[] } {
  const { memory, problems } = parseMarkdown(file, { index, lock: null });
  return { memories: [memory], problems: [...problems, ...encodingProblems(file)] };
}

/** Every line that is not blank is a memory of its own. */
function readLines(file: SourceFile): { readonly memories: Memory[]; readonly problems: Problem[] } {
  const memories: Memory[] = [];
  const problems: Problem[] = [...encodingProblems(file)];
  const broken = new Set(problems.map((problem) => problem.line));
  const seen = new Map<string, number>();
  for (const line of textLines(file, problems)) {
    const { text } = line;
    const nth = seen.get(text) ?? 0;
    seen.set(text, nth + 1);
    const span = { start: line.start, end: line.end };
    const time = { at: file.modifiedAt, source: 'file' } as const;
    const cut = { span: { start: line.start, end: line.next }, list: null };
    const field: Field = { name: null, text, span, encoding: 'text', cut, line: line.number, time, subject: null };
    memories.push({
      id: makeId('mem', file.path, `line ${text}`, String(nth)),
      path: file.path,
      span,
      title: null,
      kind: null,
      body: { shape: 'fields', fields: [field] },
      time,
      sessionId: null,
      lock: broken.has(line.number) ? 'broken' : null,
    });
  }
  return { memories, problems };
}
