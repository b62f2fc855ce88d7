/** Memory stores as files: what is read, what is reported, what is refused. */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Memory, MemoryStore, SourceFile } from '../dist/memory.js';
import { sha256 } from '../dist/memory.js';
import { cellText, scanCsv } from '../dist/read/csv.js';
import { loadFiles } from '../dist/read/load.js';
import { parseStore, type StoreOptions } from '../dist/read/store.js';
import { parseTime } from '../dist/read/time.js';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures', 'stores');
const now = '2026-11-22T12:00:00.000Z';
const options = { signal: new AbortController().signal, now };
const plain: StoreOptions = { single: true, format: null, fields: {}, exclude: [], writeRules: false };

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'dreamfold-read-'));
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function fileOf(path: string, content: string | Uint8Array): SourceFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { path, bytes, sha256: sha256(bytes), mode: 0o644, modifiedAt: '2026-05-05T05:05:05.000Z' };
}

function fixture(path: string): SourceFile {
  return fileOf(path.slice(path.lastIndexOf('/') + 1), readFileSync(join(fixtures, path)));
}

function single(path: string, more: Partial<StoreOptions> = {}): MemoryStore {
  return parseStore([fixture(path)], { ...plain, ...more });
}

async function folder(name: string, more: Partial<StoreOptions> = {}): Promise<MemoryStore> {
  const { files } = await loadFiles(join(fixtures, name), options);
  return parseStore(files, { ...plain, single: false, ...more });
}

const fieldsOf = (store: MemoryStore) => store.memories.flatMap((memory) => (memory.body.shape === 'fields' ? memory.body.fields : []));
const byPath = (store: MemoryStore) => new Map<string, Memory>(store.memories.map((memory) => [memory.path, memory]));
const bytesAt = (store: MemoryStore, path: string, span: { start: number; end: number }) =>
  Buffer.from(store.files.find((file) => file.path === path)?.bytes ?? []).toString('utf8', span.start, span.end);

describe('loading files', () => {
  it('reads a folder in path order and leaves dotfiles out', async () => {
    const root = join(scratch, 'order');
    mkdirSync(join(root, '.git'), { recursive: true });
    mkdirSync(join(root, 'b'));
    for (const path of ['b/x.md', 'a.md', 'B.md', '.hidden.md', '.git/config']) writeFileSync(join(root, path), path);
    const loaded = await loadFiles(root, options);
    expect(loaded.files.map((file) => file.path)).toEqual(['B.md', 'a.md', 'b/x.md']);
    expect(loaded.files[1]).toMatchObject({ sha256: sha256('a.md'), bytes: Buffer.from('a.md') });
    expect(loaded).toMatchObject({ single: false, problems: [] });
  });

  it('reads one file, named by its base name', async () => {
    const loaded = await loadFiles(join(fixtures, 'mcp', 'memory.jsonl'), options);
    expect(loaded.single).toBe(true);
    expect(loaded.files.map((file) => file.path)).toEqual(['memory.jsonl']);
  });

  it('says that a path is missing', async () => {
    await expect(loadFiles(join(scratch, 'nothing'), options)).rejects.toMatchObject({ name: 'UserError', exit: 'notFound' });
  });

  it('reports links and does not follow them, but follows a root that is a link', async () => {
    const root = join(scratch, 'links');
    mkdirSync(root);
    writeFileSync(join(root, 'a.md'), 'inside');
    writeFileSync(join(scratch, 'secret.md'), 'outside');
    symlinkSync(join(scratch, 'secret.md'), join(root, 'out.md'));
    symlinkSync(join(root, 'a.md'), join(root, 'in.md'));
    symlinkSync(root, join(root, 'loop'));
    symlinkSync(join(root, 'gone.md'), join(root, 'dead.md'));
    symlinkSync(root, join(scratch, 'to-links'));
    const loaded = await loadFiles(join(scratch, 'to-links'), options);
    expect(loaded.files.map((file) => file.path)).toEqual(['a.md']);
    expect(loaded.problems.map((problem) => [problem.path, problem.kind])).toEqual([
      ['dead.md', 'unsupported'],
      ['in.md', 'unsupported'],
      ['loop', 'unsupported'],
      ['out.md', 'unsupported'],
    ]);
    expect(loaded.problems[3]?.message).toContain('out of the store');
  });

  it('leaves databases out and says so, and refuses one as a store', async () => {
    const root = join(scratch, 'database');
    mkdirSync(root);
    writeFileSync(join(root, 'history.db'), 'SQLite format 3\0rest');
    const loaded = await loadFiles(root, options);
    expect(loaded.files).toEqual([]);
    expect(loaded.problems).toMatchObject([{ kind: 'unsupported', path: 'history.db' }]);
    await expect(loadFiles(join(root, 'history.db'), options)).rejects.toMatchObject({ exit: 'usage' });
  });

  it('stops at a fresh lock of the agent and not at an old one', async () => {
    const root = join(scratch, 'locked');
    mkdirSync(root);
    const lock = join(root, '.consolidate-lock');
    writeFileSync(lock, '');
    const at = (minutes: number) => new Date(Date.parse(now) - minutes * 60_000);
    utimesSync(lock, at(11), at(11));
    await expect(loadFiles(root, options)).resolves.toMatchObject({ files: [] });
    utimesSync(lock, at(2), at(2));
    await expect(loadFiles(root, options)).rejects.toMatchObject({ exit: 'locked' });
  });

  it.skipIf(process.getuid?.() === 0)('goes on after a file that it may not read', async () => {
    const root = join(scratch, 'closed');
    mkdirSync(root);
    writeFileSync(join(root, 'a.md'), 'a');
    writeFileSync(join(root, 'b.md'), 'b');
    chmodSync(join(root, 'a.md'), 0);
    const loaded = await loadFiles(root, options);
    expect(loaded.files.map((file) => file.path)).toEqual(['b.md']);
    expect(loaded.problems).toMatchObject([{ kind: 'unreadable', path: 'a.md' }]);
  });

  it('stops when it is told to', async () => {
    await expect(loadFiles(fixtures, { now, signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('a Claude memory folder', () => {
  it('is found by its index and front matter', async () => {
    const store = await folder('claude');
    expect(store.format).toBe('claude-memory');
    expect(store.memories.map((memory) => memory.path)).toEqual(store.files.map((file) => file.path));
  });

  it('reads all generations of front matter in one folder', async () => {
    const memories = byPath(await folder('claude'));
    const read = (path: string) => {
      const memory = memories.get(path);
      return [memory?.title, memory?.kind, memory?.sessionId?.slice(-1) ?? null, memory?.time.source];
    };
    expect(read('feedback_git.md')).toEqual(['Git habits', 'feedback', null, 'file']);
    expect(read('user_mira.md')).toEqual(['user-mira', 'user', '1', 'file']);
    expect(read('project_deploy.md')).toEqual(['project-deploy', 'project', null, 'file']);
    expect(read('reference_windows.md')).toEqual(['reference-windows', 'reference', null, 'file']);
    expect(read('project_bom.md')).toEqual(['project-bom', 'project', '2', 'file']);
    expect(read('notizen_deutsch.md')).toEqual(['notizen-deutsch', 'project', '3', 'frontmatter']);
    expect(memories.get('notizen_deutsch.md')?.time.at).toBe('2026-03-04T09:15:30.250Z');
  });

  it('reads front matter with an unquoted colon, which is no valid YAML, line by line', async () => {
    const store = await folder('claude');
    expect(byPath(store).get('orphan.md')).toMatchObject({ title: 'orphan', kind: 'project', time: { at: '2026-01-02T03:04:05.000Z' } });
    expect(store.problems).toEqual([]);
    const broken = fileOf('broken.md', '---\nname: x\n{ what: is [this\n---\n\n- text\n');
    expect(parseStore([broken], plain).problems).toMatchObject([{ kind: 'malformed', path: 'broken.md' }]);
  });

  it('starts the body behind front matter and byte order mark', async () => {
    const store = await folder('claude');
    const bodyOf = (path: string) => {
      const body = byPath(store).get(path)?.body;
      return body?.shape === 'markdown' ? bytesAt(store, path, body.span) : '';
    };
    expect(bodyOf('project_bom.md')).toMatch(/^\nThe importer[\s\S]*euros$/);
    expect(bodyOf('reference_windows.md')).toMatch(/^\r\n- The build/);
    expect(bodyOf('kept.md')).toMatch(/^<!--/);
  });

  it('keeps a file with a mark at its top, and what the user excludes', async () => {
    const memories = byPath(await folder('claude', { exclude: ['user_*', 'project_bom.md'] }));
    expect(memories.get('kept.md')?.lock).toBe('marked');
    expect(memories.get('user_mira.md')?.lock).toBe('excluded');
    expect(memories.get('project_bom.md')?.lock).toBe('excluded');
    expect(memories.get('orphan.md')?.lock).toBe(null);
  });
});

describe('what people write by hand', () => {
  it('is locked unless rules may be written', () => {
    for (const path of ['CLAUDE.md', 'AGENTS.override.md', '.cursorrules', 'style.mdc', 'go.instructions.md']) {
      expect(parseStore([fileOf(path, 'Be brief.\n')], plain)).toMatchObject({ format: 'markdown', memories: [{ lock: 'rules' }] });
      expect(parseStore([fileOf(path, 'Be brief.\n')], { ...plain, writeRules: true }).memories[0]?.lock).toBe(null);
    }
    const store = parseStore([fileOf('rules/go.md', 'x\n'), fileOf('notes/go.md', 'x\n')], { ...plain, single: false });
    expect(store.memories.map((memory) => memory.lock)).toEqual([null, 'rules']);
  });

  it('an OpenClaw workspace locks its logs and the files of its owner', async () => {
    const store = await folder('openclaw');
    expect(store.format).toBe('openclaw');
    expect(store.memories.map((memory) => [memory.path, memory.lock])).toEqual([
      ['AGENTS.md', 'rules'],
      ['MEMORY.md', null],
      ['SOUL.md', 'rules'],
      ['memory/2026-02-01.md', 'daily-log'],
      ['memory/archive/2026-01-29-restart.md', 'daily-log'],
      ['memory/lessons.md', null],
    ]);
    expect(byPath(store).get('memory/2026-02-01.md')?.time).toEqual({ at: '2026-02-01T00:00:00.000Z', source: 'frontmatter' });
    expect(store.files.map((file) => file.path)).toContain('memory/state.json');
  });
});

describe('a knowledge graph', () => {
  it('gives one memory an entity and one field an observation', () => {
    const store = single('mcp/memory.jsonl');
    expect(store).toMatchObject({ format: 'mcp-graph', problems: [] });
    expect(store.memories.map((memory) => [memory.title, memory.kind])).toEqual([
      ['D3.js', 'library'],
      ['D3.js', 'tool'],
      ['build', 'status'],
    ]);
    expect(new Set(store.memories.map((memory) => memory.id)).size).toBe(3);
    expect(fieldsOf(store).map((field) => [field.text, field.subject, field.line])).toEqual([
      ['Version 7 is loaded from a CDN', 'D3.js', 1],
      ['Größe: 90 kB', 'D3.js', 1],
      ['Draws the graph', 'D3.js', 2],
      ['242 tests passing', 'build', 3],
      ['286 passed (2026-02-03)', 'build', 3],
    ]);
    const [first, second, third] = fieldsOf(store);
    expect(first?.cut.list).not.toBe(null);
    expect(second?.cut.list).toBe(first?.cut.list);
    expect(third?.cut.list).not.toBe(first?.cut.list);
  });

  it('reads the forks and a graph saved as one object', () => {
    expect(single('mcp/aim.jsonl')).toMatchObject({ format: 'mcp-graph', problems: [], memories: [{ title: 'alice' }] });
    const think = single('mcp/think.jsonl');
    expect(fieldsOf(think).map((field) => [field.text, field.time])).toEqual([
      ['Plans before it acts', { at: '2025-05-11T15:54:09.952Z', source: 'record' }],
      ['Keeps a log', { at: '2025-06-01T00:00:00.000Z', source: 'file' }],
    ]);
    const graph = single('mcp/read_graph.json');
    expect(graph.format).toBe('mcp-graph');
    expect(fieldsOf(graph).map((field) => [field.text, field.line])).toEqual([
      ['Likes tea', 3],
      ['Lives in Graz', 3],
    ]);
  });
});

describe('records', () => {
  it('reads a mem0 export with subjects and the time of the last change', () => {
    const store = single('records/mem0.json');
    expect(store).toMatchObject({ format: 'json', problems: [] });
    expect(fieldsOf(store).map((field) => [field.text, field.subject, field.time.at])).toEqual([
      ['Is a vegetarian', 'alex', '2024-11-28T00:53:43.276Z'],
      ['Lives in "Graz" — near the Mur', 'alex, agent cook', '2025-01-02T00:00:00.000Z'],
      ['Never eats nuts', 'kim', '2024-11-27T09:33:20.000Z'],
    ]);
    expect(store.memories.map((memory) => [memory.title, memory.lock])).toEqual([
      ['m1', null],
      ['m2', null],
      ['m3', 'marked'],
    ]);
    for (const field of fieldsOf(store)) {
      expect(JSON.parse(bytesAt(store, 'mem0.json', field.span))).toBe(field.text);
      expect(JSON.parse(bytesAt(store, 'mem0.json', field.cut.span))).toHaveProperty('memory', field.text);
    }
  });

  it('reads JSON Lines around a malformed line and a torn end', () => {
    const store = single('records/torn.jsonl');
    expect(store.format).toBe('jsonl');
    expect(store.memories.map((memory) => [memory.title, memory.sessionId, memory.time.at])).toEqual([
      ['a', null, '2024-11-27T09:33:20.000Z'],
      ['c', 's-3', '2024-11-27T09:33:20.000Z'],
    ]);
    expect(store.problems.map((problem) => [problem.kind, problem.line])).toEqual([
      ['malformed', 3],
      ['torn', 5],
    ]);
    expect(fieldsOf(store).map((field) => bytesAt(store, 'torn.jsonl', field.cut.span))).toEqual([
      '{"id":"a","text":"The first fact","ts":1732700000000}\n',
      '{"id":"c","text":"The third fact","ts":1732700000,"session_id":"s-3"}\n',
    ]);
  });

  it('reads CSV with semicolons, quotes and line ends inside', () => {
    const store = single('records/excel.csv');
    expect(store.format).toBe('csv');
    expect(fieldsOf(store).map((field) => [field.text, field.line, field.time.at, bytesAt(store, 'excel.csv', field.span)])).toEqual([
      ['Says "hi" first;\r\nthen waits', 2, '2026-01-02T00:00:00.000Z', '"Says ""hi"" first;\r\nthen waits"'],
      ['Größe in cm', 4, '2026-01-03T08:00:00.000Z', 'Größe in cm'],
    ]);
    expect(store.problems).toMatchObject([{ kind: 'malformed', line: 5 }]);
  });

  it('takes the field map at its word, dotted paths too', () => {
    const file = fileOf('a.jsonl', '{"k":1,"data":{"lesson":"Close the pool"},"who":"kim","at":"2026-01-01"}\n');
    expect(() => parseStore([file], plain)).toThrow(/found: k, data, who, at/);
    const store = parseStore([file], { ...plain, fields: { text: 'data.lesson', id: 'k', time: 'at', subject: 'who' } });
    expect(store.memories).toMatchObject([{ title: '1', time: { at: '2026-01-01T00:00:00.000Z', source: 'record' } }]);
    expect(fieldsOf(store)).toMatchObject([{ text: 'Close the pool', subject: 'kim', name: 'data.lesson' }]);
  });

  it('reads lines only when told to', () => {
    const file = fileOf('facts', 'One fact\r\n\r\nAnother\n');
    expect(() => parseStore([file], plain)).toThrow(/--format/);
    const store = parseStore([file], { ...plain, format: 'lines' });
    expect(fieldsOf(store).map((field) => [field.text, field.line, field.cut.span])).toEqual([
      ['One fact', 1, { start: 0, end: 10 }],
      ['Another', 3, { start: 12, end: 20 }],
    ]);
  });

  it('leaves a record of more than 1 MiB alone', () => {
    const long = JSON.stringify({ id: 'x', memory: 'x'.repeat(1_100_000) });
    const store = parseStore([fileOf('a.jsonl', `{"id":"a","memory":"short"}\n${long}\n{"id":"b","memory":"too"}\n`)], plain);
    expect(fieldsOf(store).map((field) => field.text)).toEqual(['short', 'too']);
    expect(store.problems).toMatchObject([{ kind: 'unsupported', line: 2 }]);
  });
});

describe('what is no memory store', () => {
  const transcript = '{"type":"user","sessionId":"s","uuid":"u","parentUuid":null,"message":{"role":"user","content":"hi"}}\n';
  const refused: readonly (readonly [string, string, string, RegExp])[] = [
    ['a transcript', 'a.jsonl', transcript, /--sessions/],
    ['chat messages', 'a.json', '[{"role":"user","content":"hi"},{"role":"assistant","content":"ho"}]', /--sessions/],
    ['a Letta agent', 'a.af', '{"agents":[],"blocks":[],"tools":[]}', /Letta/],
    ['JSON inside a JSON string', 'a.json', '"{\\"results\\":[]}"', /inside a JSON string/],
    ['unknown JSON', 'a.json', '{"a":1}', /neither a list of records/],
    ['records without text', 'a.jsonl', '{"a":1}\n{"a":2}\n', /field map/],
    ['a CSV without a text column', 'a.csv', 'a,b\n1,2\n', /a \| b/],
    ['text without a name', 'stuff', 'just words\n', /--format/],
    ['broken JSON', 'a.json', '{"results":[', /--format/],
  ];
  for (const [name, path, content, message] of refused) {
    it(`${name} is refused with what to do`, () => {
      expect(() => parseStore([fileOf(path, content)], plain)).toThrow(expect.objectContaining({ name: 'UserError', exit: 'usage' }));
      expect(() => parseStore([fileOf(path, content)], plain)).toThrow(message);
    });
  }

  it('a file of 0 or 1 bytes, UTF-16, and a line of 5 MB are reported', () => {
    for (const [path, bytes] of [
      ['memory.jsonl', Buffer.from('')],
      ['memory.jsonl', Buffer.from(' ')],
      ['a.md', Buffer.from('\ufeffFact', 'utf16le')],
      ['a.csv', Buffer.from('\ufeffid,text', 'utf16le')],
      ['a.md', Buffer.alloc(5_000_000, 'x')],
    ] as const) {
      const store = parseStore([fileOf(path, bytes)], plain);
      expect(store.memories).toEqual([]);
      expect(store.problems).toHaveLength(1);
    }
  });

  it('an empty folder is an empty store', () => {
    expect(parseStore([], { ...plain, single: false })).toMatchObject({ format: 'markdown', memories: [], problems: [] });
  });

  it('a data file in a folder that holds no memories is left alone without a word', () => {
    const files = [
      fileOf('a.md', 'Fact.\n'),
      fileOf('metrics.json', '{"a":1}'),
      fileOf('x.jsonl', transcript),
      fileOf('b.jsonl', '{"id":"1","memory":"Fact"}\n'),
    ];
    const store = parseStore(files, { ...plain, single: false });
    expect(store.problems).toEqual([]);
    expect(store.memories.map((memory) => memory.path)).toEqual(['a.md', 'b.jsonl']);
    expect(store.files).toHaveLength(4);
    const picture = fileOf('photo.png', Buffer.alloc(5_000_000, 7));
    const album = parseStore([picture], { ...plain, single: false });
    expect([album.files[0] === picture, album.memories, album.problems]).toEqual([true, [], []]);
  });
});

describe('invalid UTF-8', () => {
  it('is reported with its line and locks the record', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"id":"a","memory":"f'),
      Buffer.from([0xfc]),
      Buffer.from('r"}\n{"id":"b","memory":"ok"}\n'),
    ]);
    const store = parseStore([fileOf('a.jsonl', bytes)], plain);
    expect(store.memories.map((memory) => memory.lock)).toEqual(['broken', null]);
    expect(store.problems).toMatchObject([{ kind: 'malformed', line: 1 }]);
  });
});

describe('times', () => {
  it('are read in the forms that stores use, and never in a zone of this machine', () => {
    expect(parseTime('2026-02-03')).toBe('2026-02-03T00:00:00.000Z');
    expect(parseTime('2026-02-03T10:11')).toBe('2026-02-03T10:11:00.000Z');
    expect(parseTime('2026-02-03 10:11:12,5+0530')).toBe('2026-02-03T04:41:12.500Z');
    expect(parseTime('Tue, 03 Feb 2026 10:11:12 GMT')).toBe('2026-02-03T10:11:12.000Z');
    expect([1770113472, 1770113472000, 1770113472000000, '1770113472'].map(parseTime)).toEqual(Array(4).fill('2026-02-03T10:11:12.000Z'));
    expect(['2026-02-30', 'yesterday', 12, null, '', '2026-13-01T00:00:00Z', Number.NaN].map(parseTime)).toEqual(Array(7).fill(null));
  });
});

describe('properties', () => {
  it('a text is found among any other members of its record', () => {
    const record = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('memory', 'a"b', '\\\\', '{', 'ü')), fc.jsonValue(), { maxKeys: 6 });
    fc.assert(
      fc.property(record, fc.string({ minLength: 1 }), fc.boolean(), (members, memory, spaced) => {
        fc.pre(memory.trim() !== '');
        const line = JSON.stringify({ ...members, memory, nested: { memory: 'no' } }, null, spaced ? '\t' : '').replaceAll('\n', ' ');
        const store = parseStore([fileOf('a.jsonl', `${line}\n${line}\n`)], { ...plain, format: 'jsonl', fields: { text: 'memory' } });
        const fields = fieldsOf(store);
        expect(fields.map((field) => [field.text, field.line])).toEqual([
          [memory, 1],
          [memory, 2],
        ]);
        for (const field of fields) expect(JSON.parse(bytesAt(store, 'a.jsonl', field.span))).toBe(memory);
      }),
      { numRuns: 300 },
    );
  });

  it('CSV cells agree with csv-parse', () => {
    const cell = fc
      .oneof(fc.string(), fc.constantFrom('a;b', 'say "hi"', 'two\nlines', 'ü\r\nx', ''))
      .map((text) => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), fc.constantFrom(',', ';', '\t'), (rows, delimiter) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = [['id', 'text'], ...rows].map((row) => row.map(quoted).join(delimiter)).join('\r\n');
        const file = fileOf('a.csv', text);
        const table = scanCsv(file);
        const own = [table.header, ...table.rows.map((row) => row.cells.map((span) => cellText(file.bytes, span)))];
        expect(own).toEqual(parse(text, { delimiter, record_delimiter: '\r\n' }));
      }),
      { numRuns: 200 },
    );
  });

  it('nothing throws on damaged files but a refusal to guess, and every span lies in the file', () => {
    const names = [
      'mcp/memory.jsonl',
      'mcp/think.jsonl',
      'mcp/read_graph.json',
      'records/mem0.json',
      'records/torn.jsonl',
      'records/excel.csv',
    ];
    const damage = fc.record({ name: fc.constantFrom(...names), at: fc.nat(), cut: fc.boolean(), insert: fc.uint8Array({ maxLength: 6 }) });
    fc.assert(
      fc.property(damage, ({ name, at, cut, insert }) => {
        const { path, bytes } = fixture(name);
        const place = at % (bytes.length + 1);
        const damaged = Buffer.concat([bytes.subarray(0, place), insert, cut ? Buffer.alloc(0) : bytes.subarray(place)]);
        let store: MemoryStore;
        try {
          store = parseStore([fileOf(path, damaged)], plain);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'UserError', exit: 'usage' });
          return;
        }
        let last = 0;
        for (const field of fieldsOf(store)) {
          expect(field.span.start).toBeGreaterThanOrEqual(last);
          expect(field.span.end).toBeLessThanOrEqual(damaged.length);
          expect(field.cut.span.start).toBeLessThanOrEqual(field.span.start);
          expect(field.cut.span.end).toBeGreaterThanOrEqual(field.span.end);
          last = field.span.end;
        }
      }),
      { numRuns: 400 },
    );
  });

  it('the order in which files are listed changes nothing', async () => {
    const { files } = await loadFiles(join(fixtures, 'claude'), options);
    const read = (list: readonly SourceFile[]) => JSON.stringify(parseStore(list, { ...plain, single: false }));
    expect(read(files.toReversed())).toBe(read(files));
  });

  it('a copy of a store reads the same', async () => {
    const copy = join(scratch, 'copy');
    cpSync(join(fixtures, 'openclaw'), copy, { recursive: true });
    const strip = (memories: readonly Memory[]) => memories.map(({ time, ...memory }) => ({ ...memory, time: time.source }));
    const { files } = await loadFiles(copy, options);
    expect(strip(parseStore(files, { ...plain, single: false }).memories)).toEqual(strip((await folder('openclaw')).memories));
  });
});
