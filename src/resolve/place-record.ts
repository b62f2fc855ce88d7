/** Which entry of a file of records a new text becomes, under an id or name in the manner of the others. Pure. */
import { compareText, type Insertion, type Memory, type MemoryStore, sha256, textKey } from '../memory.js';

type Found = Pick<Insertion, 'path' | 'create'>;

const entityNames = {
  mistake: 'Lessons from sessions',
  workflow: 'Workflows from sessions',
  preference: 'Preferences from sessions',
} as const;

/** An entity for each kind of insight; the one that is there, where an earlier dream has made it. */
export function newEntity(store: MemoryStore, kind: keyof typeof entityNames): Found | null {
  const path = fileOf(store);
  if (path === null) return null;
  const entities = store.memories.filter((memory) => memory.path === path);
  const named = inStyle(
    entityNames[kind],
    entities.flatMap(({ title }) => title ?? []),
  );
  const taken = (name: string) => entities.some(({ title, lock }) => title === name && lock !== null);
  let title = named;
  for (let nth = 2; taken(title); nth += 1) title = `${named} ${nth}`;
  const kinds = entities.flatMap((entity) => entity.kind ?? []);
  const wanted = kind === 'mistake' ? ['lesson', 'mistake'] : [kind, 'lesson'];
  const known = wanted.flatMap((word) => kinds.find((one) => one.toLowerCase() === word) ?? [])[0];
  const capital = kinds.filter((one) => /^\p{Lu}/u.test(one)).length * 2 > kinds.length;
  return { path, create: { title, description: '', kind: known ?? (capital ? 'Lesson' : 'lesson'), listed: false } };
}

/** A record with an id that follows from its text, where records have one. */
export function newRecord(store: MemoryStore, insight: { readonly kind: string; readonly text: string }): Found | null {
  const path = fileOf(store);
  const records = store.memories.filter((memory) => memory.path === path && memory.lock !== 'broken');
  if (path === null || records.length === 0) return null;
  const ids = records.flatMap(({ title }) => title ?? []);
  const title = ids.length * 2 > records.length ? newId(insight.text, ids) : '';
  const kinds = new Set(records.flatMap(({ kind }) => kind ?? []));
  const kind = [insight.kind, 'lesson', 'insight'].find((word) => kinds.has(word)) ?? insight.kind;
  return { path, create: { title, description: '', kind, listed: false } };
}

/** The file with most entries that may be changed; null where there is none, or the only file is empty and shows no form. */
function fileOf(store: MemoryStore): string | null {
  const open = (memory: Memory) => memory.lock === null || memory.lock === 'marked' || memory.lock === 'broken';
  const counts = new Map<string, number>();
  for (const memory of store.memories) {
    if (open(memory) && memory.body.shape === 'fields') counts.set(memory.path, (counts.get(memory.path) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted(([a, m], [b, n]) => n - m || compareText(a, b));
  if (most !== undefined) return most[0];
  const [file, ...others] = store.files;
  return store.format === 'mcp-graph' && store.memories.length === 0 && others.length === 0 ? (file?.path ?? null) : null;
}

/** The sign between the words, and capitals, as most of the names have them. */
function inStyle(title: string, names: readonly string[]): string {
  const words = names.filter((name) => /[\p{L}\p{N}][-_ ][\p{L}\p{N}]/u.test(name));
  const [sign = ' '] = [' ', '_', '-'].toSorted(
    (a, b) => words.filter((name) => name.includes(b)).length - words.filter((name) => name.includes(a)).length,
  );
  const lower = names.filter((name) => name === name.toLowerCase()).length * 2 > names.length;
  return (lower || sign !== ' ' ? title.toLowerCase() : title).replaceAll(' ', sign);
}

/** An id of the form that the others have: a UUID, a number beyond them, or digits behind what all of them begin with. */
function newId(text: string, ids: readonly string[]): string {
  const taken = new Set(ids);
  for (let nth = 0; ; nth += 1) {
    const hash = sha256(`${textKey(text)} ${nth}`);
    const id = formOf(hash, ids);
    if (!taken.has(id)) return id;
  }
}

function formOf(hash: string, ids: readonly string[]): string {
  const all = (pattern: RegExp) => ids.every((id) => pattern.test(id));
  if (all(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i)) {
    // Version 8: made by a rule of one's own (RFC 9562).
    return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  }
  if (all(/^\d{1,15}$/)) return String(Number.parseInt(hash.slice(0, 8), 16) + 10 ** Math.max(9, ...ids.map((id) => id.length)));
  const prefix = /^.*[-_:]/.exec(commonStart(ids))?.[0] ?? '';
  return `${prefix}${hash.slice(0, 12)}`;
}

function commonStart(ids: readonly string[]): string {
  const [first = '', ...rest] = ids;
  if (rest.length === 0) return first.replace(/[^-_:]*$/, '');
  let length = first.length;
  for (const id of rest) while (!id.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
