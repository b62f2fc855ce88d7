/**
 * Where a new text belongs in a store, by the conventions of its format. What is written there, and how, is the writer's business; here
 * it is only said which file or entry takes it, and under which heading. Pure.
 */
import {
  bulletText,
  compareText,
  type Insertion,
  indexLimits,
  type Memory,
  type MemoryStore,
  oneLine,
  type Segmented,
  type SourceFile,
  type Statement,
} from '../memory.js';
import type { InsightKind } from '../signals.js';
import { newEntity, newRecord } from './place-record.js';

/** A text to be placed, with the statements of the store that are most like it. */
export interface InsightText {
  readonly kind: InsightKind;
  readonly text: string;
  /** A few words, for formats whose entries have a name. */
  readonly title: string;
  /** Whose preference it is, where that is known. */
  readonly person: string | null;
  /** Most similar first; similarity 0 to 1. */
  readonly neighbours: readonly { readonly statementId: string; readonly similarity: number }[];
  /** When it was last seen, ISO 8601; null or absent where that is unknown. */
  readonly at?: string | null;
  /** What it is about, as stable as can be: a refusal holds for every later wording of it. */
  readonly topic?: string | null;
}

export interface PlaceOptions {
  /** The clock of the dream, ISO 8601: stands in where an insight has no time. */
  readonly at: string;
}

/** Mean similarity of its best three statements from which on a file is about a text, and how far it must be ahead of the next. */
const aboutIt = { similarity: 0.45, lead: 0.05 } as const;
/** As much for the file that a full index leaves no choice but to take. */
const nearEnough = 0.2;

const lessonsHeading = 'Lessons from sessions';

/**
 * One insertion for each text, in order; null where the store cannot take it: it is another agent's rules, everything in it is locked, it
 * holds nothing that a record could be made like, or the text has a comment that a reader of the file would not see.
 * The text of an insertion is the one that the store will give back (`bulletText`, where it is Markdown).
 */
export function placeInsights(
  insights: readonly InsightText[],
  store: MemoryStore,
  segmented: Segmented,
  options: PlaceOptions,
): readonly (Insertion | null)[] {
  const place = openPlace(store, segmented);
  return insights.map((insight) => {
    if (!/[\p{L}\p{N}]/u.test(insight.text)) return null;
    const target = targetOf(place, insight);
    if (target === null || (target.markdown && !readsAsText(place, target.path, insight.text))) return null;
    const { markdown, ...where } = target;
    const known = Number.isNaN(Date.parse(insight.at ?? '')) ? null : (insight.at ?? null);
    const text = markdown ? bulletText(insight.text) : oneLine(insight.text).trim();
    return { ...where, text, at: known ?? options.at, topic: insight.topic ?? null };
  });
}

/** False for what a reader would take for something else: a comment that hides, a box to tick, a picture, a line of an index. */
function readsAsText({ store }: Place, path: string, text: string): boolean {
  const line = bulletText(text);
  const indexed = store.format !== 'markdown' && path === 'MEMORY.md';
  const bare = line.replace(/^\[[ xX]\]$/, '').replace(/!\[[^[\]]*\]\([^()]*\)/g, '');
  return !text.includes('<!--') && /[\p{L}\p{N}]/u.test(bare) && !(indexed && /^[*_~]{0,2}\[/.test(line));
}

/** The part of an insertion that says where. */
type Target = Pick<Insertion, 'path' | 'create' | 'section'> & { readonly markdown: boolean };

/** What is asked about a store again and again. */
interface Place {
  readonly store: MemoryStore;
  readonly segmented: Segmented;
  readonly byId: ReadonlyMap<string, Statement>;
  /** Facts of each file. */
  readonly facts: ReadonlyMap<string, readonly Statement[]>;
  /** Markdown files that a text could go into; the index is none. */
  readonly topics: readonly Topic[];
  /** Files to be made so far, with the bytes of their index lines. */
  readonly made: Map<string, number>;
}

interface Topic {
  readonly memory: Memory;
  readonly file: SourceFile;
}

function openPlace(store: MemoryStore, segmented: Segmented): Place {
  const facts = new Map<string, Statement[]>();
  for (const statement of segmented.statements) {
    if (statement.role !== 'fact') continue;
    const list = facts.get(statement.path);
    if (list === undefined) facts.set(statement.path, [statement]);
    else list.push(statement);
  }
  const files = new Map(store.files.map((file) => [file.path, file]));
  const topics = store.memories.flatMap((memory): readonly Topic[] => {
    const file = files.get(memory.path);
    const open = memory.body.shape === 'markdown' && !memory.body.index && memory.lock === null;
    return open && file !== undefined && isSound(file) ? [{ memory, file }] : [];
  });
  const byId = new Map(segmented.statements.map((statement) => [statement.id, statement]));
  return { store, segmented, byId, facts, topics, made: new Map() };
}

function targetOf(place: Place, insight: InsightText): Target | null {
  const { store, topics } = place;
  switch (store.format) {
    case 'claude-memory':
      return inTopic(place, insight);
    case 'openclaw':
      return inLongTerm(place);
    case 'markdown':
      if (!store.single) return inTopic(place, insight);
      return topics.length === 1 ? inSection(topics[0]?.file.path ?? '') : emptySingle(store);
    case 'mcp-graph':
      return inRecords(newEntity(store, insight.kind));
    case 'lines':
      return store.single && !store.memories.some(({ lock }) => isClosed(lock)) ? inRecords({ path: pathOf(store), create: null }) : null;
    case 'jsonl':
    case 'json':
    case 'csv':
      return inRecords(newRecord(store, insight));
  }
}

function isClosed(lock: Memory['lock']): boolean {
  return lock === 'rules' || lock === 'daily-log' || lock === 'excluded';
}

function pathOf({ files }: MemoryStore): string {
  return files[0]?.path ?? '';
}

function inSection(path: string): Target {
  return { path, create: null, section: lessonsHeading, markdown: true };
}

function emptySingle(store: MemoryStore): Target | null {
  const [file] = store.files;
  return file !== undefined && store.memories.length === 0 && file.bytes.length === 0 ? inSection(file.path) : null;
}

function inRecords(found: Pick<Insertion, 'path' | 'create'> | null): Target | null {
  return found === null ? null : { ...found, section: null, markdown: false };
}

/** `MEMORY.md` of the workspace; the daily logs are history. */
function inLongTerm({ store }: Place): Target | null {
  const path = 'MEMORY.md';
  const file = store.files.find((one) => one.path === path);
  if (file === undefined) {
    const create = { title: 'Long-term memory', description: '', kind: '', listed: false };
    return { path, create, section: lessonsHeading, markdown: true };
  }
  const memory = store.memories.find((one) => one.path === path);
  return memory !== undefined && memory.lock === null && isSound(file) ? inSection(path) : null;
}

/** A file that is about it, else a new one of its kind. */
function inTopic(place: Place, insight: InsightText): Target | null {
  const { store, topics } = place;
  if (store.files.length > 0 && topics.length === 0 && store.format === 'markdown') return null;
  const ranked = rankTopics(place, insight);
  const [best, next] = ranked;
  const lead = (best?.score ?? 0) - (next?.score ?? 0);
  if (best !== undefined && best.score >= aboutIt.similarity && lead >= aboutIt.lead) return joining(place, best.topic);
  const fresh = newTopic(place, insight.kind);
  const there = topics.find(({ file }) => file.path.toLowerCase() === fresh.path.toLowerCase());
  if (there !== undefined) return joining(place, there);
  if (fresh.create?.listed === false && hasIndex(place) && best !== undefined && best.score >= nearEnough)
    return joining(place, best.topic);
  if (fresh.create?.listed === true && !place.made.has(fresh.path)) place.made.set(fresh.path, lineBytes(fresh));
  return fresh;
}

interface Ranked {
  readonly topic: Topic;
  readonly score: number;
}

/** Files whose kind fits, the one whose best three statements are most like the text first. */
function rankTopics({ byId, facts, topics, store }: Place, insight: InsightText): readonly Ranked[] {
  const similarities = new Map<string, number[]>();
  for (const { statementId, similarity } of insight.neighbours) {
    const statement = byId.get(statementId);
    if (statement === undefined || statement.role !== 'fact') continue;
    const list = similarities.get(statement.path);
    if (list === undefined) similarities.set(statement.path, [similarity]);
    else list.push(similarity);
  }
  return topics
    .filter((topic) => store.format === 'markdown' || kindFits(topic, insight))
    .map((topic) => {
      const best = (similarities.get(topic.file.path) ?? []).toSorted((a, b) => b - a).slice(0, 3);
      const count = Math.min(3, Math.max(1, facts.get(topic.file.path)?.length ?? 1));
      return { topic, score: best.reduce((sum, one) => sum + one, 0) / count };
    })
    .sort((a, b) => b.score - a.score || compareText(a.topic.file.path, b.topic.file.path));
}

function kindFits({ memory, file }: Topic, { kind, person }: InsightText): boolean {
  if (kind !== 'preference') return memory.kind === 'project' || memory.kind === 'reference' || memory.kind === 'feedback';
  return memory.kind === 'feedback' || (memory.kind === 'user' && person !== null && isAbout(`${memory.title ?? ''} ${file.path}`, person));
}

/** True where one of the person's names stands in a title or file name. */
function isAbout(name: string, person: string): boolean {
  const words = (text: string) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  const there = new Set(words(name));
  return words(person).some((word) => word.length > 2 && there.has(word));
}

/** At the end of a file without headings; in one with headings the last of them may be about something else, so it gets one of its own. */
function joining({ segmented }: Place, { file }: Topic): Target {
  const { path } = file;
  const sections = segmented.containers.filter((one) => one.path === path && one.kind === 'section');
  const own = segmented.statements.filter((one) => one.path === path);
  const [first] = sections;
  const titled = sections.length === 1 && first?.statements.length === own.length && startsWith(file, first.text);
  // A list behind words that end with a colon would be what they introduce.
  const introduces = /:[*_]*$/.test(own.at(-1)?.text ?? '');
  const plain = (sections.length === 0 || titled) && !introduces;
  return { path, create: null, section: plain ? null : lessonsHeading, markdown: true };
}

/** True where the first heading of a file is its title: nothing but front matter stands before it. */
function startsWith({ bytes }: SourceFile, title: string): boolean {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .replace(/^---\r?\n[\s\S]*?\n(?:---|\.\.\.)[ \t]*\r?\n/, '');
  const line = text.trimStart().split(/\r?\n/, 1)[0] ?? '';
  return (
    /^# /.test(line) &&
    line
      .replace(/[ \t]#+[ \t]*$/, '')
      .slice(2)
      .replace(/\s+/g, ' ')
      .trim() === title
  );
}

/** False where something that is never closed runs to the end of a file: it would swallow what comes behind it. */
function isSound({ bytes }: SourceFile): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  if (text.lastIndexOf('<!--') > text.lastIndexOf('-->') || /\r(?!\n)/.test(text)) return false;
  if (/<(script|pre|style|textarea)\b(?![\s\S]*<\/\1>)/i.test(text) || /<[?!][^-](?![\s\S]*>)/.test(text)) return false;
  return !hasOpenFence(text);
}

function hasOpenFence(text: string): boolean {
  let open: string | null = null;
  for (const line of text.split('\n')) {
    const fence = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})(.*)$/.exec(line.trimEnd());
    const [, mark = '', rest = ''] = fence ?? [];
    if (mark === '') continue;
    if (open === null) open = mark.startsWith('`') && rest.includes('`') ? null : mark;
    else if (rest === '' && mark.startsWith(open)) open = null;
  }
  return open !== null;
}

function hasIndex({ segmented }: Place): boolean {
  return segmented.statements.some(({ role, path }) => role === 'index' && path === 'MEMORY.md');
}

const titles: Readonly<Record<InsightKind, { readonly title: string; readonly description: string; readonly type: string }>> = {
  mistake: {
    title: 'Lessons from sessions',
    description: 'mistakes that came up in several sessions, and what fixed them',
    type: 'project',
  },
  workflow: {
    title: 'Workflows from sessions',
    description: 'ways of working that several sessions arrived at',
    type: 'project',
  },
  preference: {
    title: 'Preferences from sessions',
    description: 'what people asked for in several sessions',
    type: 'feedback',
  },
};

/** One file for each kind of insight; in a folder of plain Markdown one for all. */
function newTopic(place: Place, kind: InsightKind): Target {
  const claude = place.store.format === 'claude-memory';
  const { title, description, type } = titles[claude ? kind : 'mistake'];
  const name = fileName(place, title, claude ? type : '');
  const folder = commonFolder(place);
  const path = freePath(place, `${folder}${name}`);
  const target = {
    path,
    create: { title, description, kind: claude ? type : otherKind(place), listed: false },
    section: null,
    markdown: true,
  };
  return { ...target, create: { ...target.create, listed: claude && fitsIndex(place, target) } };
}

/** In the manner of the other names: words joined by the sign that most of them use, behind the kind where they have it in front. */
function fileName({ store, topics }: Place, title: string, type: string): string {
  const stems = topics.map(({ file }) => file.path.slice(file.path.lastIndexOf('/') + 1).replace(/\.\w+$/, ''));
  const count = (sign: string) => stems.filter((stem) => stem.includes(sign)).length;
  const usual = store.format === 'claude-memory' ? ['_', '-', ' '] : ['-', '_', ' '];
  const [sign = '-'] = usual.toSorted((a, b) => count(b) - count(a));
  const prefixed = topics.filter(({ memory }, at) => memory.kind !== null && /^[-_ ]/.test(tailOf(stems[at] ?? '', memory.kind))).length;
  const typed = topics.filter(({ memory }) => memory.kind !== null).length;
  const words = sign === ' ' ? title : title.toLowerCase().replaceAll(' ', sign);
  return `${type !== '' && prefixed * 2 > typed ? `${type}${sign}` : ''}${words}.md`;
}

function tailOf(stem: string, prefix: string): string {
  return stem.toLowerCase().startsWith(prefix.toLowerCase()) ? stem.slice(prefix.length) : '';
}

/** The folder that every topic file stands in, with its `/`; empty for the root. */
function commonFolder({ topics, store }: Place): string {
  if (store.format === 'claude-memory') return '';
  const folders = topics.map(({ file }) => file.path.slice(0, file.path.lastIndexOf('/') + 1));
  const parts = folders[0]?.split('/').slice(0, -1) ?? [];
  for (let length = parts.length; length > 0; length -= 1) {
    const folder = `${parts.slice(0, length).join('/')}/`;
    if (folders.every((one) => one.startsWith(folder))) return folder;
  }
  return '';
}

/** The path itself, also where an open topic file has it; a numbered one where something else does. */
function freePath({ store, topics }: Place, path: string): string {
  const taken = (candidate: string) =>
    store.files.some((file) => file.path.toLowerCase() === candidate.toLowerCase()) &&
    !topics.some(({ file }) => file.path.toLowerCase() === candidate.toLowerCase());
  let free = path;
  for (let nth = 2; taken(free); nth += 1) free = path.replace(/\.md$/, `-${nth}.md`);
  return free;
}

/** The kind that most files of a folder say they have; empty where they say none. */
function otherKind({ topics }: Place): string {
  const counts = new Map<string, number>();
  for (const { memory } of topics) if (memory.kind !== null) counts.set(memory.kind, (counts.get(memory.kind) ?? 0) + 1);
  return [...counts].toSorted(([a, m], [b, n]) => n - m || compareText(a, b))[0]?.[0] ?? '';
}

/** True where the index is one that lists files and has room for one more line. */
function fitsIndex(place: Place, target: Target): boolean {
  const index = place.store.files.find(({ path }) => path === 'MEMORY.md');
  const memory = place.store.memories.find(({ path }) => path === 'MEMORY.md');
  if (index === undefined || memory === undefined || memory.lock !== null || !hasIndex(place)) return false;
  const text = Buffer.from(index.bytes).toString('latin1');
  const more = new Map([...place.made, [target.path, lineBytes(target)]]);
  const lines = text.replace(/\s+$/, '').split('\n').length + more.size;
  const bytes = index.bytes.length + [...more.values()].reduce((sum, one) => sum + one, 0);
  return lines <= indexLimits.lines && bytes <= indexLimits.bytes;
}

/** More than the line of a file takes in any index. */
function lineBytes({ path, create }: Target): number {
  return Buffer.byteLength(`- **[${create?.title}](./${path})** -- ${create?.description}\r\n`);
}
