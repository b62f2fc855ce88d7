/** Reading, cutting and writing together: what a rendered store says, read again, is what it said less what was dropped. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Effect, type MemoryStore, type OutputFile, type Segmented, type SourceFile, type Statement, sha256 } from '../dist/memory.js';
import { loadFiles } from '../dist/read/load.js';
import { parseStore } from '../dist/read/store.js';
import { segmentStore } from '../dist/segment/memory.js';
import { renderStore } from '../dist/write/render.js';

const options = { format: null, fields: {}, exclude: [], writeRules: true };
const { DREAMFOLD_SHARED: shared = resolve(dirname(fileURLToPath(import.meta.url)), '../../shared') } = process.env;
const samples = join(shared, 'samples');

interface Read {
  readonly store: MemoryStore;
  readonly segmented: Segmented;
}

function read(files: readonly SourceFile[], single: boolean, format: MemoryStore['format'] | null = null): Read {
  const store = parseStore(files, { ...options, single, format });
  return { store, segmented: segmentStore(store) };
}

function sources(files: readonly Pick<OutputFile, 'path' | 'bytes'>[]): SourceFile[] {
  return files.map(({ path, bytes }) => ({ path, bytes, sha256: sha256(bytes), mode: 0o644, modifiedAt: '2026-01-01T00:00:00.000Z' }));
}

function textsByPath(statements: readonly Statement[]): Readonly<Record<string, readonly string[]>> {
  const groups: Record<string, string[]> = {};
  for (const { path, text } of statements) {
    const texts = groups[path] ?? [];
    texts.push(text);
    groups[path] = texts;
  }
  return groups;
}

/** Drops and replaces, renders, reads again; what it says must be what was asked for. */
function checkEdit({ store, segmented }: Read, drop: readonly Statement[], texts: ReadonlyMap<string, string>): void {
  const replace = [...texts].map(([statementId, text]) => ({ statementId, text }));
  const effects: Effect[] = [{ changeId: 'chg_test', drop: drop.map(({ id }) => id), replace, insert: [], containers: [] }];
  const out = renderStore({ store, segmented, effects, refused: new Set() });
  const gone = new Set([...drop.map(({ id }) => id), ...out.reindex.flatMap(({ effect }) => effect.drop)]);
  const left = segmented.statements
    .filter(({ id }) => !gone.has(id))
    .map((statement) => ({ ...statement, text: texts.get(statement.id) ?? statement.text }));
  if (left.length === 0) return;
  const again = read(sources(out.files), store.single, store.format);
  expect(textsByPath(again.segmented.statements)).toEqual(textsByPath(left));
  expect(again.store.problems.length).toBeLessThanOrEqual(store.problems.length);
}

function editable({ segmented }: Read): readonly Statement[] {
  return segmented.statements.filter(({ lock, role }) => lock === null && role !== 'lead');
}

const memoryFolder = {
  'MEMORY.md':
    '# Memory\n\n- [Build](build.md) — how to build\n- [Deploy](deploy.md) — where to\n\n## Notes\n\nThe team is in Oslo. It grew in May.\n',
  'build.md':
    '---\nname: build\ndescription: "how"\nmetadata: \n  type: project\n---\n\nUse make. Ninja is slower\non this machine. CI uses make too.\n\n**Why:** it is everywhere.\n\n## Steps\n\nDo this in order:\n\n1. Run `make deps`\n2. Run `make`\n   - with `-j4`\n3. Run the tests\n\n```sh\nmake deps\n\nmake -j4\n```\n\n| target | time |\n| - | - |\n| all | 4 min |\n| test | 9 min |\n\n> Never build on Friday,\n> said Kim.\n',
  'deploy.md': '---\r\nname: deploy\r\n---\r\n\r\n- Deploy from main\r\n- The host is web1\r\n\r\n\r\nAsk Ola first. Then tell ops.',
};
const stores: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Claude memory folder': memoryFolder,
  'Markdown file': { 'notes.md': memoryFolder['build.md'] },
  'knowledge graph': {
    'memory.jsonl':
      '{"type":"entity","name":"a","entityType":"t","observations":["x is 1", "y is 2","z"]}\n{"type":"entity","observations":[ "only" ],"name":"b","entityType":"t"}\n{"type":"relation","from":"a","to":"b","relationType":"r"}',
  },
  'JSON array': {
    'memories.json': '[\n  {"id": "1", "memory": "a b"},\n  {"id": "2", "memory": "c\\u00e9"},\n  {"id": "3", "memory": "d"}\n]\n',
  },
  'CSV file': { 'm.csv': 'id,text,created_at\r\n1,"a, b",2026-01-01\r\n2,c,2026-01-02\r\n3,"d\r\ne",2026-01-03\r\n' },
};

describe('a store written and read again', () => {
  for (const [name, texts] of Object.entries(stores)) {
    const files = sources(Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text) })));
    const all = read(files, files.length === 1);
    it(`a ${name} says what it said, less any statements that were dropped`, () => {
      const statements = editable(all);
      expect(statements.length).toBeGreaterThan(2);
      fc.assert(
        fc.property(fc.subarray([...statements]), (drop) => checkEdit(all, drop, new Map())),
        { numRuns: 40 },
      );
    });

    it(`a ${name} says a new value where one was replaced, and nothing else changes`, () => {
      const statements = editable(all).filter(({ role }) => role === 'fact');
      fc.assert(
        fc.property(fc.subarray([...statements]), fc.stringMatching(/^[a-z0-9]{3,8}$/), (some, word) => {
          checkEdit(all, [], new Map(some.map(({ id, text }) => [id, text.replace(/(.*)\b[a-z]+/, `$1${word}`)])));
        }),
        { numRuns: 40 },
      );
    });
  }

  it('every sample store says what it said, less a part, a half, most or all of its statements', async (context) => {
    if (!existsSync(samples)) return context.skip(`no samples at ${samples}`);
    let count = 0;
    const folders = ['claude-md-agents-md', 'consolidation-pairs', 'mcp-memory', 'mem0', 'openclaw-workspace/self-healing'];
    for (const path of folders.flatMap((folder) => placesIn(join(samples, folder), 2))) {
      const all = await readPlace(path);
      if (all === null) continue;
      count += 1;
      for (const modulus of [10, 2, 1]) {
        checkEdit(
          all,
          editable(all).filter(({ id }) => Number.parseInt(id.slice(-6), 16) % modulus === 0),
          new Map(),
        );
      }
    }
    console.log(`${count} sample stores edited and read again`);
    expect(count).toBeGreaterThan(20);
  });
});

function placesIn(folder: string, depth: number): readonly string[] {
  const inside = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth > 0 ? placesIn(path, depth - 1) : [];
    return entry.isFile() && statSync(path).size < 100_000 ? [path] : [];
  });
  return [folder, ...inside];
}

/** Null for what is no memory store. */
async function readPlace(path: string): Promise<Read | null> {
  try {
    const loaded = await loadFiles(path, { signal: new AbortController().signal, now: '2026-11-22T00:00:00.000Z' });
    const found = read(loaded.files, loaded.single);
    return found.segmented.statements.length === 0 ? null : read(loaded.files, loaded.single, found.store.format);
  } catch {
    // Transcripts and the like: refused by the reader, whose tests say so.
    return null;
  }
}
