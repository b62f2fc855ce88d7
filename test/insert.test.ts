/** Texts that enter a store: where they go by the conventions of its format, and that the store read again says them, and nothing else. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bulletText,
  type Effect,
  type Insertion,
  indexLimits,
  type MemoryStore,
  type Segmented,
  type SourceFile,
  sha256,
} from '../dist/memory.js';
import { parseStore } from '../dist/read/store.js';
import { planInsight } from '../dist/resolve/insight.js';
import { type InsightText, placeInsights } from '../dist/resolve/place.js';
import { segmentStore } from '../dist/segment/memory.js';
import { renderStore } from '../dist/write/render.js';
import { fixtures } from './support/workspace.js';

const at = '2026-05-04T09:30:00.000Z';
const clock = { at: '2026-06-01T08:00:00.000Z' };

interface Read {
  readonly store: MemoryStore;
  readonly segmented: Segmented;
  readonly fields: { text?: string };
}

type Texts = Readonly<Record<string, string>>;

function sources(texts: Texts, mode = 0o644): SourceFile[] {
  return Object.entries(texts).map(([path, text]) => {
    const bytes = Buffer.from(text);
    return { path, bytes, sha256: sha256(bytes), mode, modifiedAt: '2026-01-01T00:00:00.000Z' };
  });
}

function read(
  texts: Texts,
  options: { single?: boolean; format?: MemoryStore['format'] | null; mode?: number; exclude?: string[]; fields?: { text?: string } } = {},
): Read {
  const { single = false, format = null, mode, exclude = [], fields = {} } = options;
  const store = parseStore(sources(texts, mode), { exclude, single, format, fields, writeRules: false });
  return { store, segmented: segmentStore(store), fields };
}

/** An insight that is as similar as said to the statements that hold certain words. */
function insight(text: string, given: Partial<InsightText> = {}): InsightText {
  return { kind: 'mistake', text, title: 'A lesson', person: null, neighbours: [], at, topic: null, ...given };
}

function near({ segmented }: Read, path: string, similarity: number): InsightText['neighbours'] {
  return segmented.statements.filter((one) => one.path === path && one.role === 'fact').map(({ id }) => ({ statementId: id, similarity }));
}

function place(all: Read, insights: readonly InsightText[]): readonly (Insertion | null)[] {
  return placeInsights(insights, all.store, all.segmented, clock);
}

function placed(all: Read, ...insights: readonly InsightText[]): readonly Insertion[] {
  return place(all, insights).map((one, at) => {
    if (one === null) throw new Error(`no place for ${insights[at]?.text}`);
    return one;
  });
}

interface Edit {
  readonly drop?: readonly string[];
  readonly refused?: readonly string[];
}

function render({ store, segmented }: Read, insert: readonly Insertion[], { drop = [], refused = [] }: Edit = {}) {
  const effects: Effect[] = [{ changeId: 'chg_test', drop, replace: [], insert, containers: [] }];
  return renderStore({ store, segmented, effects, refused: new Set(refused) });
}

function textsOf(rendered: ReturnType<typeof render>): Texts {
  return Object.fromEntries(rendered.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]));
}

/** Puts insights in and gives back every file that is new or changed. */
function inserted(all: Read, ...insights: readonly InsightText[]): Texts {
  const before = new Map(all.store.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]));
  return Object.fromEntries(
    Object.entries(textsOf(render(all, placed(all, ...insights)))).filter(([path, text]) => before.get(path) !== text),
  );
}

const claude: Texts = {
  'MEMORY.md':
    '# Memory\n\n- [Build](project_build.md) — how to build\n- [Git](feedback_git.md) — branches\n- [Mira](user_mira.md) — who she is\n\n## Notes\n\nThe team is in Oslo.\n',
  'project_build.md':
    '---\nname: project-build\ndescription: how to build\ntype: project\n---\n\n- Use make.\n- CI uses make too.\n- A build takes 4 minutes.\n',
  'feedback_git.md':
    '---\nname: feedback-git\ndescription: branches\ntype: feedback\n---\n\n- Branches are named after tickets.\n- Squash before merging.\n',
  'user_mira.md': '---\nname: user-mira\ndescription: who she is\ntype: user\n---\n\n- Mira is the lead developer.\n',
};
const generations: Texts = {
  'MEMORY.md': '- **[Deploy](./deploy.md)**: where to\r\n- **[Web](./web.md)**: hosts',
  'deploy.md':
    '---\r\nname: deploy\r\ndescription: "where to"\r\nmetadata: \r\n  node_type: memory\r\n  type: project\r\n  modified: 2026-02-03T10:00:00.000Z\r\n---\r\n\r\nDeploy from main. The host is web1.\r\n\r\n**Why:** it is simple.\r\n\r\n**How to apply:**\r\n- ask Ola\r\n- tell ops',
  'web.md':
    '---\r\nname: web\r\ndescription: "hosts"\r\nmetadata: \r\n  node_type: memory\r\n  type: reference\r\n  originSessionId: 2b9d6c1e-55f0-4a8e-8c0d-3a1d9e6b7f21\r\n  modified: 2026-02-03T10:00:00.000Z\r\n---\r\n\r\n## Hosts\r\n\r\nThere are these:\r\n\r\n- web1\r\n- web2\r\n',
};
const notes =
  '\uFEFF# Notes\n\nThe office is closed on Monday. Deliveries go to the yard.\n\n## Steps\n\nDo this:\n\n1. Open\n2. Count\n\n```sh\nmake\n```\n\n| a | b |\n| - | - |\n| x | 1 |\n\n> Never on Friday.\n';

const shapes: Readonly<Record<string, { readonly all: Read; readonly path: string; readonly markdown: boolean }>> = {
  'a new topic file': { all: read(claude), path: '', markdown: true },
  'a list of a topic file': { all: read(claude), path: 'project_build.md', markdown: true },
  'a CRLF topic file that ends with a rule and its list': { all: read(generations), path: 'deploy.md', markdown: true },
  'a CRLF topic file with headings': { all: read(generations), path: 'web.md', markdown: true },
  'a Markdown folder': {
    all: read({ 'a.md': '# A\n\n- one\n- two\n', 'b/c.md': 'Some words. More words.' }),
    path: 'a.md',
    markdown: true,
  },
  'a folder of loose lists': { all: read({ 'a.md': '* one\n\n* two\n', 'b.md': '- x\n\n![pic](p.png)\n' }), path: 'a.md', markdown: true },
  'a file with a picture at its end': { all: read({ 'a.md': '- one\n\n![pic](p.png)\n' }), path: 'a.md', markdown: true },
  'a file without a last line end': { all: read({ 'a.md': 'One. Two.' }), path: 'a.md', markdown: true },
  'a list that words introduce': { all: read({ 'a.md': 'Do this:\n\n- one\n- two\n' }), path: 'a.md', markdown: true },
  'a file that ends with words that introduce': { all: read({ 'a.md': '- one\n\nDetails follow:\n' }), path: 'a.md', markdown: true },
  'a Markdown file': { all: read({ 'notes.md': notes }, { single: true }), path: 'notes.md', markdown: true },
  'a Markdown file with lessons in its middle': {
    all: read({ 'n.md': '# N\n\n- a\n\n## Lessons from sessions\n- old\n### More\n- deep\n## Rest\n- b\n' }, { single: true }),
    path: 'n.md',
    markdown: true,
  },
  'an empty Markdown file': { all: read({ 'n.md': '' }, { single: true }), path: 'n.md', markdown: true },
  'an OpenClaw workspace': {
    all: read({ 'MEMORY.md': '# Long-term\n\n- a\n', 'memory/2026-02-01.md': '- b\n' }),
    path: 'MEMORY.md',
    markdown: true,
  },
  'an OpenClaw workspace without MEMORY.md': { all: read({ 'memory/2026-02-01.md': '- b\n' }), path: 'MEMORY.md', markdown: true },
  'a knowledge graph': { all: read(fixture('mcp/memory.jsonl'), { single: true }), path: 'memory.jsonl', markdown: false },
  'a graph of a fork with its marker': { all: read(fixture('mcp/aim.jsonl'), { single: true }), path: 'aim.jsonl', markdown: false },
  'a graph of a fork with times': { all: read(fixture('mcp/think.jsonl'), { single: true }), path: 'think.jsonl', markdown: false },
  'a graph in one document': { all: read(fixture('mcp/read_graph.json'), { single: true }), path: 'read_graph.json', markdown: false },
  'mem0 records': { all: read(fixture('records/mem0.json'), { single: true }), path: 'mem0.json', markdown: false },
  'a torn JSONL file': { all: read(fixture('records/torn.jsonl'), { single: true }), path: 'torn.jsonl', markdown: false },
  'a CSV file of Excel': { all: read(fixture('records/excel.csv'), { single: true }), path: 'excel.csv', markdown: false },
  'a JSON array with escapes': {
    all: read({ 'm.json': '[\n  {"id": "1", "memory": "a b"},\n  {"id": "2", "memory": "c\\u00e9"}\n]\n' }, { single: true }),
    path: 'm.json',
    markdown: false,
  },
  'a JSON array of texts': {
    all: read({ 'm.json': '["a b", "c d"]' }, { single: true, fields: { text: '(text)' } }),
    path: 'm.json',
    markdown: false,
  },
  'lines of text': { all: read({ 'm.txt': 'a b\r\nc d' }, { single: true, format: 'lines' }), path: 'm.txt', markdown: false },
};

function fixture(name: string): Texts {
  return { [name.slice(name.indexOf('/') + 1)]: readFileSync(join(fixtures, 'stores', name), 'utf8') };
}

/** Sentences with everything in them that Markdown, JSON or CSV might take for its own. */
const word = fc.oneof(
  fc.stringMatching(/^[a-zA-Z]{1,7}$/),
  fc.constantFrom(
    '`npm ci`',
    '**never**',
    '"quoted"',
    "it's",
    'a|b',
    '#12',
    'C#',
    'x: y',
    '\\',
    'a\\',
    '$HOME',
    '[link](x.md)',
    '<b>',
    '-5',
    '3',
    '16 GB',
    'é',
    '日本',
    '_a_',
    '```',
    '~~~',
    '---',
    '===',
    '| a | b |',
    '| - | - |',
    '***',
    '&amp;',
    '[x]',
    'e.g.',
    '1.',
    '2)',
    '-',
    '>',
    '+',
    'Why:',
    '**How to apply:**',
    '- [ ] a',
    '~a~',
    '"',
    ',',
    ';',
    "'",
  ),
);
const sentence = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 7 }), fc.constantFrom('.', '!', ':', '', '?', '; '))
  .map(([words, end]) => words.join(' ') + end);
const saying = fc
  .array(sentence, { minLength: 1, maxLength: 3 })
  .map((all) => all.join(' '))
  .filter((text) => /[a-z0-9]/i.test(text.replaceAll('[link](x.md)', '')));

/** What the store says, in order, with the file. */
function says({ segmented }: Read): readonly string[] {
  return segmented.statements.map(
    ({ path, role, text }) => `${path} ${role === 'row' || role === 'code' || role === 'index' ? role : 'said'} ${text}`,
  );
}

function again(all: Read, rendered: ReturnType<typeof render>): Read {
  return read(textsOf(rendered), { single: all.store.single, format: all.store.format, fields: all.fields });
}

describe('a store that texts were put into, read again', () => {
  for (const [name, { all, path, markdown }] of Object.entries(shapes)) {
    const statements = all.segmented.statements.filter(({ lock, role }) => lock === null && role !== 'lead');
    // The fixture has rows without text: with fewer of the others it is no store any more.
    const mayDrop = path === 'excel.csv' ? 1 : 100;
    const mayStand = (text: string) => place(all, [insight(text, { neighbours: near(all, path, 0.9) })])[0] !== null;
    it(`${name}: says the texts as one statement each, and what it said before less what was dropped`, () => {
      fc.assert(
        fc.property(
          fc.uniqueArray(saying.filter(mayStand), { minLength: 1, maxLength: 3, selector: bulletText }),
          fc.subarray([...statements], { maxLength: Math.min(statements.length, mayDrop) }),
          (texts, drop) => {
            const insertions = placed(all, ...texts.map((text) => insight(text, { neighbours: near(all, path, 0.9) })));
            const want = new Set(texts.map((text) => (markdown ? bulletText(text) : text.trim())));
            expect(new Set(insertions.map(({ text }) => text))).toEqual(want);
            const rendered = render(all, insertions, { drop: drop.map(({ id }) => id) });
            const gone = new Set([...drop.map(({ id }) => id), ...rendered.reindex.flatMap(({ effect }) => effect.drop)]);
            const kept = {
              ...all,
              segmented: { ...all.segmented, statements: all.segmented.statements.filter(({ id }) => !gone.has(id)) },
            };
            const result = again(all, rendered);
            const index = result.segmented.statements.filter(
              ({ role, link }) => role === 'index' && insertions.some((one) => one.create?.listed === true && one.path === link),
            );
            const fresh = result.segmented.statements.filter(
              ({ text, role, path: where }) => want.has(text) && role === 'fact' && insertions.some((one) => one.path === where),
            );
            expect(says(result).toSorted()).toEqual(
              [
                ...says(kept),
                ...insertions.map((one) => `${one.path} said ${one.text}`),
                ...index.map((one) => `${one.path} index ${one.text}`),
              ].toSorted(),
            );
            expect(fresh.length).toBeGreaterThanOrEqual(want.size);
            expect(result.store.problems.length).toBeLessThanOrEqual(all.store.problems.length);
          },
        ),
        { numRuns: 100 },
      );
    });

    it(`${name}: the same bytes whatever the order, no other file touched, the last line end and the mark of byte order as before`, () => {
      const insertions = placed(
        all,
        insight('First of all.', { neighbours: near(all, path, 0.9) }),
        insight('Then this.', { neighbours: near(all, path, 0.9) }),
      );
      const one = render(all, insertions);
      expect(textsOf(render(all, [...insertions].reverse()))).toEqual(textsOf(one));
      expect(textsOf(render(all, [...insertions, ...insertions]))).toEqual(textsOf(one));
      const touched = new Set(insertions.flatMap((entry) => [entry.path, ...(entry.create?.listed ? ['MEMORY.md'] : [])]));
      for (const file of all.store.files) {
        const bytes = one.files.find((entry) => entry.path === file.path)?.bytes ?? Buffer.of();
        if (!touched.has(file.path)) expect(bytes).toBe(file.bytes);
        const [before, after] = [Buffer.from(file.bytes).toString('utf8'), Buffer.from(bytes).toString('utf8')];
        if (before === '') continue;
        expect(after.endsWith('\n')).toBe(before.endsWith('\n'));
        expect(after.startsWith('\uFEFF')).toBe(before.startsWith('\uFEFF'));
        if (/\r\n/.test(before)) expect(after).not.toMatch(/[^\r]\n/);
        else expect(after).not.toContain('\r');
      }
      for (const entry of insertions) {
        const line = one.lineOf(entry);
        const found = again(all, one).segmented.statements.find(({ text, path: where }) => text === entry.text && where === entry.path);
        if (line !== null) expect(line).toBe(found?.line);
      }
    });
  }
});

describe('where a text goes in a Claude memory folder', () => {
  const all = read(claude);
  const where = (given: Partial<InsightText>) => place(all, [insight('Something new.', given)])[0];

  it('a file that is about it takes it: its best three statements are alike, and no other file is nearly as alike', () => {
    expect(where({ neighbours: near(all, 'project_build.md', 0.5) })).toMatchObject({
      path: 'project_build.md',
      create: null,
      section: null,
    });
    expect(where({ neighbours: near(all, 'project_build.md', 0.4) })?.create).not.toBeNull();
    expect(where({ neighbours: near(all, 'project_build.md', 0.5).slice(0, 2) })?.create).not.toBeNull();
    const two = [...near(all, 'project_build.md', 0.52), ...near(all, 'feedback_git.md', 0.5)];
    expect(where({ neighbours: two })?.create).not.toBeNull();
  });

  it('the kind of the file has to fit', () => {
    const build = near(all, 'project_build.md', 0.9);
    const mira = near(all, 'user_mira.md', 0.9);
    expect(where({ kind: 'workflow', neighbours: build })?.path).toBe('project_build.md');
    expect(where({ kind: 'preference', neighbours: build })?.path).toBe('feedback_preferences_from_sessions.md');
    expect(where({ kind: 'mistake', person: 'Mira', neighbours: mira })?.path).toBe('project_lessons_from_sessions.md');
    expect(where({ kind: 'preference', person: 'Mira Holm', neighbours: mira })?.path).toBe('user_mira.md');
    expect(where({ kind: 'preference', person: 'Ola', neighbours: mira })?.path).toBe('feedback_preferences_from_sessions.md');
    expect(where({ kind: 'preference', person: null, neighbours: mira })?.path).toBe('feedback_preferences_from_sessions.md');
    expect(where({ kind: 'preference', neighbours: near(all, 'feedback_git.md', 0.9) })?.path).toBe('feedback_git.md');
  });

  it('a new file follows the names and the front matter of the others, and stands in the index as they do', () => {
    expect(inserted(all, insight('Run `make deps` first.'), insight('Ask before pushing.', { kind: 'preference' }))).toEqual({
      'MEMORY.md': claude['MEMORY.md']?.replace(
        'who she is\n',
        'who she is\n- [Preferences from sessions](feedback_preferences_from_sessions.md) — what people asked for in several sessions\n- [Lessons from sessions](project_lessons_from_sessions.md) — mistakes that came up in several sessions, and what fixed them\n',
      ),
      'feedback_preferences_from_sessions.md':
        '---\nname: feedback-preferences-from-sessions\ndescription: what people asked for in several sessions\ntype: feedback\n---\n\n- Ask before pushing.\n',
      'project_lessons_from_sessions.md':
        '---\nname: project-lessons-from-sessions\ndescription: mistakes that came up in several sessions, and what fixed them\ntype: project\n---\n\n- Run `make deps` first.\n',
    });
  });

  it('also where they are of the newest generation, without a prefix, in bold, with CRLF and no last line end', () => {
    const made = read(generations);
    const early = insight('B first.', { at: '2026-03-01T00:00:00.000Z' });
    expect(inserted(made, insight('A second.'), early)).toEqual({
      'MEMORY.md': `${generations['MEMORY.md']}\r\n- **[Lessons from sessions](./lessons_from_sessions.md)**: mistakes that came up in several sessions, and what fixed them`,
      'lessons_from_sessions.md':
        '---\r\nname: lessons_from_sessions\r\ndescription: "mistakes that came up in several sessions, and what fixed them"\r\nmetadata: \r\n  node_type: memory\r\n  type: project\r\n  modified: 2026-03-01T00:00:00.000Z\r\n---\r\n\r\n- B first.\r\n- A second.\r\n',
    });
  });

  it('the first generation has titles for names', () => {
    const first = (name: string) => `---\nname: ${name}\ndescription: x\ntype: project\noriginSessionId: s-1\n---\n\n- a ${name}\n`;
    const made = read({ 'MEMORY.md': '- [A](a-b.md)\n', 'a-b.md': first('The A and B'), 'c-d.md': first('C, then D') });
    expect(inserted(made, insight('Run it.'))).toEqual({
      'MEMORY.md': '- [A](a-b.md)\n- [Lessons from sessions](lessons-from-sessions.md)\n',
      'lessons-from-sessions.md':
        '---\nname: Lessons from sessions\ndescription: mistakes that came up in several sessions, and what fixed them\ntype: project\n---\n\n- Run it.\n',
    });
  });

  it('a new file has the mode of the others', () => {
    const made = read(claude, { mode: 0o640 });
    const { files } = render(made, placed(made, insight('Run it.')));
    expect(files.find(({ path }) => path === 'project_lessons_from_sessions.md')?.mode).toBe(0o640);
  });

  it('a dream later the new file takes what comes, and no second line is made', () => {
    const first = render(all, placed(all, insight('Run it.')));
    const later = read(textsOf(first));
    expect(inserted(later, insight('Stop it.'))).toEqual({
      'project_lessons_from_sessions.md': `${textsOf(first)['project_lessons_from_sessions.md']}- Stop it.\n`,
    });
  });

  it('prose in MEMORY.md is no index: no line there', () => {
    const made = read({ 'MEMORY.md': 'The team is in Oslo.\n', 'a.md': claude['project_build.md'] ?? '' });
    expect(Object.keys(inserted(made, insight('Run it.')))).toEqual(['lessons_from_sessions.md']);
  });

  it('two insights share a new file: it is made as long as one of them is active', () => {
    const [a, b] = placed(all, insight('One.'), insight('Two.'));
    if (!a || !b) throw new Error('two insertions are expected');
    const file = (insert: readonly Insertion[]) => textsOf(render(all, insert))['project_lessons_from_sessions.md']?.split('\n\n')[1];
    expect(file([a, b])).toBe('- One.\n- Two.\n');
    expect(file([b])).toBe('- Two.\n');
    expect(textsOf(render(all, []))).toEqual(claude);
  });

  it('where something else has the name, the file gets a number', () => {
    const made = read({ ...claude, 'project_Lessons_from_sessions.md': '<!-- dreamfold: keep -->\n\n- Mine.\n' });
    expect(place(made, [insight('Run it.')])[0]?.path).toBe('project_lessons_from_sessions-2.md');
  });
});

describe('the limits of an index', () => {
  const full = (lines: number, bytes = 0): Read => {
    const index = Array.from({ length: lines - 1 }, (_, at) => `- [T${at}](t${at}.md) — x`);
    return read({ ...claude, 'MEMORY.md': `${index.join('\n')}\n- [Build](project_build.md) — ${'x'.repeat(bytes)}\n` });
  };

  it('one line more than the client reads is not made: a file that is at all alike takes the text', () => {
    const room = full(indexLimits.lines - 1);
    expect(place(room, [insight('Run it.')])[0]?.create?.listed).toBe(true);
    for (const made of [full(indexLimits.lines), full(3, indexLimits.bytes - 60)]) {
      expect(place(made, [insight('Run it.', { neighbours: near(made, 'project_build.md', 0.25) })])[0]?.path).toBe('project_build.md');
      expect(place(made, [insight('Run it.')])[0]?.create?.listed).toBe(false);
      expect(Object.keys(inserted(made, insight('Run it.')))).toEqual(['project_lessons_from_sessions.md']);
    }
  });

  it('files made in one dream count together', () => {
    const made = full(indexLimits.lines - 1);
    const insertions = place(made, [insight('A.'), insight('B.', { kind: 'preference' }), insight('C.')]);
    expect(insertions.map((one) => one?.create?.listed)).toEqual([true, false, true]);
  });

  it('the reason of the change says that there is no line, and only then', () => {
    for (const [made, said] of [
      [full(indexLimits.lines), true],
      [full(5), false],
    ] as const) {
      const found = insight('Run it.');
      const [insertion] = placed(made, found);
      if (!insertion) throw new Error('an insertion is expected');
      const more = {
        ...found,
        confidence: 0.9,
        decidedBy: 'rule',
        reason: 'It failed in 3 sessions.',
        evidence: [],
        status: 'proposed',
      } as const;
      const { reason } = planInsight(more, insertion, made.segmented).change;
      expect(reason.startsWith('It failed in 3 sessions.')).toBe(true);
      expect(reason.includes('MEMORY.md')).toBe(said);
    }
  });
});

describe('stores that cannot take a text', () => {
  const refusedBy = (all: Read, text = 'Run it.') => place(all, [insight(text)])[0];
  it('are the rules of another agent, what is excluded, and files of which no record shows how one is made', () => {
    expect(refusedBy(read({ 'CLAUDE.md': '- a\n' }, { single: true }))).toBeNull();
    expect(refusedBy(read({ 'AGENTS.md': '- a\n', 'CLAUDE.md': '- b\n' }))).toBeNull();
    expect(refusedBy(read({ 'MEMORY.md': '- a\n', 'memory/2026-02-01.md': '- b\n' }, { exclude: ['MEMORY.md'] }))).toBeNull();
    expect(refusedBy(read({ 'm.jsonl': '' }, { single: true }))).toBeNull();
    expect(refusedBy(read({ 'm.txt': 'a\n' }, { single: true, format: 'lines', exclude: ['m.txt'] }))).toBeNull();
  });

  it('are files whose end is inside of something that is never closed', () => {
    for (const end of ['```sh\nmake\n', '<!-- to do\n', '<script>\nlet x;\n', '~~~\n\n- a\n'])
      expect(refusedBy(read({ 'n.md': `- a\n\n${end}` }, { single: true })), end).toBeNull();
  });

  it('a locked file of a folder is passed over', () => {
    const all = read({ 'CLAUDE.md': '- a rule\n', 'notes.md': '- a note\n' });
    expect(place(all, [insight('Run it.', { neighbours: near(all, 'CLAUDE.md', 1) })])[0]?.path).toBe('lessons-from-sessions.md');
  });

  it('no text hides behind a comment, or says nothing', () => {
    const all = read(claude);
    for (const text of ['Run it. <!-- dreamfold: keep -->', '<!-- x --> Run it.', '...', '[x]', '![a](b.png)'])
      expect(refusedBy(all, text), text).toBeNull();
  });
});

describe('other stores', () => {
  it('a folder of Markdown gets a file with a heading, or with the front matter that most of its files have', () => {
    expect(inserted(read({ 'docs/a.md': '# A\n\n- one\n', 'docs/b.md': '- two\n' }), insight('Run it.'))).toEqual({
      'docs/lessons-from-sessions.md': '# Lessons from sessions\n\n- Run it.\n',
    });
    const note = (title: string) => `---\ntitle: ${title}\ntype: note\npermalink: ${title.toLowerCase()}\n---\n\n- one of ${title}\n`;
    expect(inserted(read({ 'A B.md': note('A B'), 'C D.md': note('C D') }), insight('Run it.'))).toEqual({
      'Lessons from sessions.md': '---\ntitle: Lessons from sessions\ntype: note\n---\n\n- Run it.\n',
    });
  });

  it('a text that opens like a list says the same without its sign, and keeps a number', () => {
    const all = read({ 'a.md': '- one\n' }, { single: true });
    expect(placed(all, insight('- [ ] > Run it.'), insight('2. Mahnung nach 14 Tagen.')).map(({ text }) => text)).toEqual([
      'Run it.',
      '2\\. Mahnung nach 14 Tagen.',
    ]);
  });

  it('a file that everything else leaves stays with the text, its heading and its index line', () => {
    const all = read({ ...claude, 'project_build.md': `${claude['project_build.md']?.replace('- Use', '# Build\n\n- Use')}` });
    const drop = all.segmented.statements.filter(({ path }) => path === 'project_build.md').map(({ id }) => id);
    const rendered = render(all, placed(all, insight('Run it.', { neighbours: near(all, 'project_build.md', 0.9) })), { drop });
    expect(textsOf(rendered)).toEqual({
      ...claude,
      'project_build.md': '---\nname: project-build\ndescription: how to build\ntype: project\n---\n\n# Build\n\n- Run it.\n',
    });
    expect(rendered.reindex).toEqual([]);
  });

  it('an emptied section goes, though a section for the text comes behind it', () => {
    const all = read({ 'n.md': '## Old\n\n- a\n\n\n' }, { single: true });
    const rendered = render(all, placed(all, insight('Run it.')), { drop: all.segmented.statements.map(({ id }) => id) });
    expect(textsOf(rendered)).toEqual({ 'n.md': '## Lessons from sessions\n\n- Run it.\n' });
    expect(rendered.reindex).toHaveLength(1);
  });

  it('a graph gets an entity with the keys and markers of the others; texts of one kind share it', () => {
    const texts = inserted(read(fixture('mcp/think.jsonl'), { single: true }), insight('Run it.'), insight('Stop it.'));
    expect(texts['think.jsonl']?.split('\n')[1]).toBe(
      '{"name":"Lessons from sessions","entityType":"lesson","observations":[{"text":"Run it."},{"text":"Stop it."}],"_type":"entity","_savedAt":"2026-05-04T09:30:00.000Z"}',
    );
    const known =
      '{"type": "entity", "name": "lessons_from_sessions", "entityType": "Lesson", "observations": ["A."]}\n{"type": "entity", "name": "x_y", "entityType": "Tool", "observations": []}\n';
    const joined = inserted(read({ 'memory.jsonl': known }, { single: true }), insight('Run it.'), insight('Ask.', { kind: 'preference' }));
    expect(joined['memory.jsonl']).toBe(
      `${known.replace('["A."]', '["A.", "Run it."]')}{"type": "entity", "name": "preferences_from_sessions", "entityType": "Lesson", "observations": ["Ask."]}\n`,
    );
  });

  it('an empty graph, and one of relations only, gets an entity as the reference server writes them', () => {
    const relation = '{"type":"relation","from":"a","to":"b","relationType":"r"}';
    for (const before of ['', `${relation}\n`]) {
      const made = inserted(read({ 'memory.jsonl': before }, { single: true, format: 'mcp-graph' }), insight('Run it.'));
      const entity = '{"type":"entity","name":"Lessons from sessions","entityType":"lesson","observations":["Run it."]}';
      expect(made['memory.jsonl']).toBe(`${before}${entity}\n`);
    }
  });

  it('a record has the keys of the others as far as it is known what they hold', () => {
    const row = (id: string, day: number, more = '') =>
      `  {\n    "id": "${id}",\n    "memory": "m ${day}",\n    "user_id": "kim",\n    "created_at": "2026-01-0${day}T10:00:00.123456",\n    "expires_at": "2027-01-01",\n    "updated_at": null,\n    "v": 2,\n    "source": "chat ${day}"${more}\n  }`;
    const ids = ['0b9d6c1e-55f0-4a8e-8c0d-3a1d9e6b7f21', '1b9d6c1e-55f0-4a8e-8c0d-3a1d9e6b7f22', '2b9d6c1e-55f0-4a8e-8c0d-3a1d9e6b7f23'];
    const before = `[\n${ids.map((id, nth) => row(id, nth + 1)).join(',\n')}\n]\n`;
    const all = read({ 'm.json': before }, { single: true });
    const [insertion] = placed(all, insight('Run "it".'));
    const id = insertion?.create?.title;
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(inserted(all, insight('Run "it".'))['m.json']).toBe(
      before.replace(
        '\n  }\n]',
        `\n  },\n  {\n    "id": "${id}",\n    "memory": "Run \\"it\\".",\n    "user_id": "kim",\n    "created_at": "2026-05-04T09:30:00.000000",\n    "expires_at": "2027-01-01",\n    "updated_at": null,\n    "v": 2\n  }\n]`,
      ),
    );
  });

  it('ids follow from the text and are none that is taken; a mem0 hash is that of the text', () => {
    const hash = (text: string) => createHash('md5').update(text).digest('hex');
    const lines = [1, 2].map((id) => JSON.stringify({ id, memory: `m ${id}`, hash: hash(`m ${id}`), created_at: 1_732_700_000 + id }));
    const all = read({ 'm.jsonl': lines.join('\n') }, { single: true });
    const record = JSON.parse(inserted(all, insight('Run it.'))['m.jsonl']?.split('\n')[2] ?? '');
    expect(record).toEqual({ id: expect.any(Number), memory: 'Run it.', hash: hash('Run it.'), created_at: Date.parse(at) / 1000 });
    expect(record.id).toBeGreaterThan(2);
    const again = placed(read({ 'm.jsonl': inserted(all, insight('Run it.'))['m.jsonl'] ?? '' }, { single: true }), insight('Run it.'));
    expect(again[0]?.create?.title).not.toBe(String(record.id));
  });

  it('a time is left out where not every record has one, and is the clock of the dream where nothing is known', () => {
    const some = '{"text":"a","time":"2026-01-01"}\n{"text":"b"}\n{"text":"c","time":"2026-01-02"}\n';
    expect(inserted(read({ 'm.jsonl': some }, { single: true }), insight('Run it.'))['m.jsonl']).toBe(`${some}{"text":"Run it."}\n`);
    const all = '{"text":"a","time":"2026-01-01"}\n{"text":"b","time":"2026-01-02"}\n';
    expect(inserted(read({ 'm.jsonl': all }, { single: true }), insight('Run it.', { at: null }))['m.jsonl']).toBe(
      `${all}{"text":"Run it.","time":"2026-06-01"}\n`,
    );
  });

  it('a CSV row keeps the columns and quotes, and another reader takes it for the same', () => {
    const before =
      'id,"text",category,created_at,rating\r\na-1,"one, two",food,2026-01-01 10:00:00,5\r\na-2,"three",travel,2026-01-02 11:00:00,4';
    const text = inserted(read({ 'm.csv': before }, { single: true }), insight('Run "it", then stop.'))['m.csv'] ?? '';
    expect(text.startsWith(`${before}\r\na-`)).toBe(true);
    expect(parseCsv(text)[3]).toEqual([
      expect.stringMatching(/^a-[0-9a-f]{12}$/),
      'Run "it", then stop.',
      'mistake',
      '2026-05-04 09:30:00',
      '',
    ]);
    expect(text.endsWith('"Run ""it"", then stop.",mistake,2026-05-04 09:30:00,')).toBe(true);
  });
});
