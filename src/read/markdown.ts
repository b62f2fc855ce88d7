/** A Markdown or text file as one memory: its front matter is read for name, kind, times and session, and never touched. */
import { isMap, parseDocument } from 'yaml';
import { type Lock, type Memory, makeId, type Problem, type SourceFile, type StatementTime } from '../memory.js';
import { bomLength, bufferOf, type Line, linesOf } from './bytes.js';
import { baseName } from './locks.js';
import { dayOfName, firstTime } from './time.js';

/** Front matter beyond this is taken for text. */
const largestFrontMatterBytes = 64 * 1024;

export interface MarkdownOptions {
  /** True for the index of a store, whose bullets link to its files. */
  readonly index: boolean;
  readonly lock: Lock | null;
}

interface FrontMatter {
  /** Offset behind the closing line. */
  readonly end: number;
  /** Scalars by key, those of `metadata` as `metadata.key`. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly problem: Problem | null;
}

/** One memory for the file, also where it is empty; problems of its front matter beside it. */
export function parseMarkdown(
  file: SourceFile,
  options: MarkdownOptions,
): { readonly memory: Memory; readonly problems: readonly Problem[] } {
  const front = readFrontMatter(file);
  const start = front?.end ?? bomLength(file.bytes);
  const text = (...keys: readonly string[]) =>
    keys.map((key) => front?.values.get(key)).find((value) => typeof value === 'string' && value !== '');
  const title = text('name', 'title');
  const kind = text('metadata.type', 'type');
  const session = text('originSessionId', 'metadata.originSessionId');
  const marked = [front?.values.get('dreamfold') === 'keep', front?.values.get('pinned') === true, startsWithMark(file.bytes, start)];
  const memory: Memory = {
    id: makeId('mem', file.path),
    path: file.path,
    span: { start: 0, end: file.bytes.length },
    title: typeof title === 'string' ? title : null,
    kind: typeof kind === 'string' ? kind : null,
    body: { shape: 'markdown', span: { start, end: file.bytes.length }, index: options.index },
    time: timeOf(file, front),
    sessionId: typeof session === 'string' ? session : null,
    lock: options.lock ?? (marked.includes(true) ? 'marked' : null),
  };
  return { memory, problems: front?.problem === undefined || front.problem === null ? [] : [front.problem] };
}

/** True where a file's front matter names and describes it, as topic files of a Claude memory folder do. */
export function isTopicFile(file: SourceFile): boolean {
  const values = readFrontMatter(file)?.values;
  return values?.has('name') === true && values.has('description');
}

function timeOf(file: SourceFile, front: FrontMatter | null): StatementTime {
  const keys = ['metadata.modified', 'modified', 'updated', 'updated_at', 'date', 'metadata.created', 'created', 'created_at'];
  return firstTime([...keys.map((key) => front?.values.get(key)), dayOfName(baseName(file.path))], 'frontmatter', file.modifiedAt);
}

/** A mark before any text holds for the whole file. */
function startsWithMark(bytes: Uint8Array, start: number): boolean {
  return /^(?:\s*<!--(?:(?!-->)[\s\S])*-->)*?\s*<!--\s*dreamfold:\s*keep\s*-->/.test(
    bufferOf(bytes).toString('latin1', start, start + 4096),
  );
}

function readFrontMatter(file: SourceFile): FrontMatter | null {
  const { bytes } = file;
  const start = bomLength(bytes);
  const buffer = bufferOf(bytes);
  if (buffer.toString('latin1', start, start + 3) !== '---') return null;
  let opening: Line | null = null;
  for (const line of linesOf(bytes, start)) {
    const text = buffer.toString('latin1', line.start, Math.min(line.end, line.start + 80)).trimEnd();
    if (opening === null) {
      if (text !== '---') return null;
      opening = line;
    } else if (text === '---' || text === '...') {
      return { end: line.next, ...readYaml(file, buffer.toString('utf8', opening.next, line.start)) };
    } else if (line.next - start > largestFrontMatterBytes) {
      return null;
    }
  }
  return null;
}

/** Values of a small YAML map. Real files hold unquoted colons and the like, which YAML refuses: those are read line by line. */
function readYaml(file: SourceFile, yaml: string): Pick<FrontMatter, 'values' | 'problem'> {
  try {
    const document = parseDocument(yaml, { logLevel: 'silent', uniqueKeys: false });
    const [error] = document.errors;
    const values = mapValues(document.contents);
    if (error === undefined && values !== null) return { values, problem: null };
    if (yaml.trim() === '') return { values: new Map(), problem: null };
    const line = 1 + (error?.linePos?.[0].line ?? 1);
    return { values: lineValues(yaml), problem: isPlain(yaml) ? null : yamlProblem(file, line) };
  } catch {
    // Nested too deep for the parser's stack; the lines still say what is needed.
    return { values: lineValues(yaml), problem: yamlProblem(file, 1) };
  }
}

/** Every line is a key with its value, a list item or a comment: read line by line, nothing is lost and nothing needs mending. */
function isPlain(yaml: string): boolean {
  return yaml.split('\n').every((line) => /^\s*(?:[\w-]+\s*:(?:\s.*)?|-\s.*|#.*)?$/.test(line.trimEnd()));
}

function yamlProblem(file: SourceFile, line: number): Problem {
  const message = 'The front matter is no valid YAML. It is kept as it is and read line by line; put the value in quotes.';
  return { kind: 'malformed', path: file.path, line, message };
}

function mapValues(contents: unknown): Map<string, unknown> | null {
  if (!isMap(contents)) return null;
  const values = new Map<string, unknown>();
  for (const pair of contents.items) {
    const key = String(pair.key);
    if (isMap(pair.value)) {
      for (const inner of pair.value.items) values.set(`${key}.${String(inner.key)}`, scalar(inner.value));
    } else {
      values.set(key, scalar(pair.value));
    }
  }
  return values;
}

function scalar(node: unknown): unknown {
  return typeof node === 'object' && node !== null && 'value' in node ? node.value : null;
}

function lineValues(yaml: string): Map<string, unknown> {
  const values = new Map<string, unknown>();
  let parent = '';
  for (const line of yaml.split(/\r?\n/)) {
    const match = /^([ \t]*)([\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (match === null) continue;
    const [, indent = '', key = '', raw = ''] = match;
    if (indent === '') parent = raw === '' ? key : '';
    const value = raw.replace(/^(["'])(.*)\1$/, '$2');
    if (indent === '' || parent !== '') values.set(indent === '' ? key : `${parent}.${key}`, value === 'true' ? true : value);
  }
  return values;
}
