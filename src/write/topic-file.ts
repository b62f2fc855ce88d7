/** A new Markdown file in the manner of those that a store has: its front matter, its line ends, its mode. */
import type { Insertion, MemoryStore, OutputFile, SourceFile } from '../memory.js';
import { bulletText } from '../memory.js';
import { likeTime, mostCommon } from './like.js';

type Create = NonNullable<Insertion['create']>;

/** Keys of front matter whose meaning is known, as `metadata.key` where they stand under it. */
const textKeys: ReadonlySet<string> = new Set(['name', 'title', 'description', 'type', 'metadata.type', 'metadata.node_type']);
const timeKeys: ReadonlySet<string> = new Set(
  ['modified', 'updated', 'updated_at', 'date', 'created', 'created_at'].flatMap((key) => [key, `metadata.${key}`]),
);

interface FrontLine {
  /** `metadata.` and the key where it is indented. */
  readonly key: string;
  /** Everything up to the value. */
  readonly lead: string;
  readonly value: string;
}

interface Front {
  readonly path: string;
  /** Lines of known keys in order. */
  readonly lines: readonly FrontLine[];
  /** True where a blank line follows. */
  readonly apart: boolean;
}

/**
 * A file that holds `insertions` as bullets. Where most files of the store have front matter it has the kind that most of them have; one
 * without gets a heading. A time in the front matter is the earliest of the insertions, so that none looks newer than it is.
 */
export function makeTopicFile(store: MemoryStore, create: Create, path: string, insertions: readonly Insertion[]): OutputFile {
  const files = store.files.filter((file) => /\.(md|markdown|txt)$/i.test(file.path) && file.path !== 'MEMORY.md');
  const fronts = files.flatMap((file) => frontOf(file) ?? []);
  const usual = store.format === 'claude-memory' || (store.format === 'markdown' && fronts.length * 2 > files.length);
  const head = usual ? frontMatter(fronts, create, path, insertions) : null;
  const bullets = insertions.map(({ text }) => `- ${bulletText(text)}`);
  const [{ section } = { section: null }] = insertions;
  const under = section === null ? (head === null ? [`# ${create.title}`, ''] : []) : [`## ${section}`, ''];
  const text = [...(head ?? []), ...under, ...bullets, ''].join(mostCommon(store.files.map(eolOf)) ?? '\n');
  const mode = Number(mostCommon(store.files.map((file) => String(file.mode))) ?? 0o600);
  return { path, bytes: Buffer.from(text, 'utf8'), mode };
}

function eolOf({ bytes }: SourceFile): string {
  const first = bytes.indexOf(0x0a);
  return first > 0 && bytes[first - 1] === 0x0d ? '\r\n' : '\n';
}

function frontOf(file: SourceFile): Front | null {
  const [first, ...rest] = Buffer.from(file.bytes)
    .toString('utf8', 0, 64 * 1024)
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  const end = first?.trimEnd() === '---' ? rest.findIndex((line) => /^(?:---|\.\.\.)\s*$/.test(line)) : -1;
  if (end === -1) return null;
  return { path: file.path, lines: knownLines(rest.slice(0, end)), apart: (rest[end + 1] ?? '').trim() === '' };
}

function knownLines(lines: readonly string[]): readonly FrontLine[] {
  let parent = '';
  return lines.flatMap((line) => {
    const [, indent = '', name = '', spaces = '', value = ''] = /^([ \t]*)([\w-]+):([ \t]*)(.*?)[ \t]*$/.exec(line) ?? [];
    if (indent === '') parent = value === '' ? name : '';
    const key = indent === '' ? name : `${parent}.${name}`;
    const opens = key === 'metadata' && value === '';
    return opens || textKeys.has(key) || timeKeys.has(key) ? [{ key, lead: `${indent}${name}:${spaces}`, value }] : [];
  });
}

/** What Claude Code wrote at first: enough for every reader. */
const plainFront: Front = {
  path: '',
  lines: ['name', 'description', 'type'].map((key) => ({ key, lead: `${key}: `, value: '' })),
  apart: true,
};

/** Lines from the opening to the blank line behind the closing one, in the generation that most files have. */
function frontMatter(fronts: readonly Front[], create: Create, path: string, insertions: readonly Insertion[]): readonly string[] {
  const formOf = ({ lines }: Front) => lines.map(({ key }) => key).join(' ');
  const form = mostCommon(fronts.map(formOf));
  const alike = fronts.filter((front) => formOf(front) === form);
  const model = alike[0] ?? plainFront;
  const times = insertions.map(({ at }) => at).sort();
  const lines = model.lines.flatMap(({ key, lead, value }) => {
    const fresh = timeKeys.has(key) ? String(likeTime(times[0] ?? '', unquoted(value))) : fieldOf(key, { create, path, alike });
    return fresh === null ? [] : [lead + quotedLike(fresh, value)];
  });
  return ['---', ...lines, '---', ...(model.apart ? [''] : [])];
}

interface Naming {
  readonly create: Create;
  readonly path: string;
  /** Files of the same form. */
  readonly alike: readonly Front[];
}

/** Null for a key that is left out. */
function fieldOf(key: string, { create, path, alike }: Naming): string | null {
  switch (key) {
    case 'metadata':
      return '';
    case 'metadata.node_type':
      return 'memory';
    case 'type':
    case 'metadata.type':
      return create.kind === '' ? null : create.kind;
    case 'description':
      return create.description;
    default:
      return nameOf(create, path, alike);
  }
}

/** A name that follows the file's where those of most files do, else the title. */
function nameOf(create: Create, path: string, alike: readonly Front[]): string {
  const forms: Readonly<Record<string, (stem: string) => string>> = {
    stem: (stem) => stem,
    hyphens: (stem) => stem.replaceAll('_', '-'),
    underscores: (stem) => stem.replaceAll('-', '_'),
  };
  const found = alike.map((front) => {
    const name = front.lines.find(({ key }) => key === 'name' || key === 'title')?.value ?? '';
    return Object.keys(forms).find((form) => forms[form]?.(stemOf(front.path)) === unquoted(name)) ?? 'title';
  });
  return forms[mostCommon(found) ?? 'title']?.(stemOf(path)) ?? create.title;
}

function stemOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
}

function unquoted(value: string): string {
  return value.replace(/^(["'])(.*)\1$/, '$2');
}

/** A YAML scalar, in quotes where the model is or where a plain one would be read as something else. */
function quotedLike(value: string, model: string): string {
  if (value === '') return '';
  if (model.startsWith("'")) return `'${value.replaceAll("'", "''")}'`;
  const plain =
    /^[\p{L}\p{N}](?:[^:#\p{Cc}]|:(?=\S)|(?<=\S)#)*$/u.test(value) && !/^(?:true|false|null|yes|no|on|off|[\d.]+)$/i.test(value);
  return plain && !model.startsWith('"') ? value : JSON.stringify(value);
}
