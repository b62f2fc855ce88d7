/** Memories cut into statements: what is one statement, where its bytes are, what goes with it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Container, Segmented, SourceFile, Statement } from '../dist/memory.js';
import { sha256 } from '../dist/memory.js';
import { loadFiles } from '../dist/read/load.js';
import { parseStore } from '../dist/read/store.js';
import { parseChunk, readBlocks } from '../dist/segment/blocks.js';
import { dateOfHeading, dateOfText } from '../dist/segment/dates.js';
import { segmentStore } from '../dist/segment/memory.js';
import { splitSentences } from '../dist/segment/sentences.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const fixtures = join(root, 'test', 'fixtures', 'stores');
const { DREAMFOLD_SHARED } = process.env;
const samples = join(DREAMFOLD_SHARED ?? resolve(root, '../shared'), 'samples');
const fileTime = '2026-05-05T05:05:05.000Z';

function fileOf(path: string, content: string | Uint8Array): SourceFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { path, bytes, sha256: sha256(bytes), mode: 0o644, modifiedAt: fileTime };
}

function segment(files: readonly SourceFile[], single = false): Segmented {
  return segmentStore(parseStore(files, { single, format: null, fields: {}, exclude: [], writeRules: true }));
}

const cut = (content: string) => segment([fileOf('a.md', content)]);
const texts = (content: string) => cut(content).statements.map((statement) => statement.text);
const roles = (content: string) => cut(content).statements.map(({ role, text }) => [role, text]);

/** The file without the cuts of the statements at these indexes. */
function without(content: string, ...gone: readonly number[]): string {
  const bytes = Buffer.from(content);
  let kept = '';
  let at = 0;
  for (const index of gone) {
    const span = cut(content).statements[index]?.cut.span ?? { start: at, end: at };
    kept += bytes.toString('utf8', at, span.start);
    at = span.end;
  }
  return kept + bytes.toString('utf8', at);
}

const storeOf = async (name: string) => {
  const { files } = await loadFiles(join(fixtures, name), { signal: new AbortController().signal, now: fileTime });
  return { files, ...segmentStore(parseStore(files, { single: false, format: null, fields: {}, exclude: [], writeRules: false })) };
};
const inFile = (part: Segmented, path: string) => part.statements.filter((statement) => statement.path === path);

describe('a bullet', () => {
  it('is one statement with its wrapped lines and nested bullets, without signs and checkbox', () => {
    expect(texts('- one\n  goes on\n  - nested\n    1. deeper\n- [x] done\n* [ ] open\n1) first\n')).toEqual([
      'one goes on nested deeper',
      'done',
      'open',
      'first',
    ]);
  });

  it('takes its lines along, and a blank line where it stands apart', () => {
    expect(without('- a\n- b\n  more\n- c\n', 1)).toBe('- a\n- c\n');
    expect(without('- a\n\n- b\n\n- c\n', 1)).toBe('- a\n\n- c\n');
    expect(without('Text.\n\n- a\n\n- b\n\nEnd.\n', 1, 2)).toBe('Text.\n\nEnd.\n');
    expect(without('- a\r\n- b', 1)).toBe('- a\r\n');
  });

  it('keeps inline markup and what looks like a sign inside its text', () => {
    expect(texts('- **Bold** - a dash, `code` and [a link](x.md)\n')).toEqual(['**Bold** - a dash, `code` and [a link](x.md)']);
  });
});

describe('a paragraph', () => {
  it('is cut into sentences that can stand alone', () => {
    expect(texts('We deploy on Tuesdays. The manager is Dr. Okafor, e.g. for 2.4.1. It needs a green build. Staging is\nopen.\n')).toEqual([
      'We deploy on Tuesdays.',
      'The manager is Dr. Okafor, e.g. for 2.4.1. It needs a green build.',
      'Staging is open.',
    ]);
  });

  it('loses a sentence with the spaces to its neighbour, or its lines with one blank line', () => {
    const text = 'First fact. Second fact. Third fact.\n';
    expect([0, 1, 2].map((index) => without(text, index))).toEqual([
      'Second fact. Third fact.\n',
      'First fact. Third fact.\n',
      'First fact. Second fact. \n',
    ]);
    expect(without('A.\n\nB is here.\n\nC.\n', 1)).toBe('A.\n\nC.\n');
  });

  it('with its reasons is one statement', () => {
    expect(roles('Rebase first.\n\n**Why:** Mira bisects.\nA lot.\n\n**How to apply:** Before a push.\n\nNext rule.\n')).toEqual([
      ['fact', 'Rebase first. **Why:** Mira bisects. A lot. **How to apply:** Before a push.'],
      ['fact', 'Next rule.'],
    ]);
    expect(texts('Rule.\n\n**How to apply:**\n\n- one\n- two\n\nNext.\n')).toEqual(['Rule. **How to apply:** one two', 'Next.']);
  });

  it('of nothing but an image, a comment or a rule is no statement, and keeps its section', () => {
    const part = cut('# A\n\n![x](y.png)\n\nFact.\n\n# B\n\n<!-- note -->\n\n- fact\n\n# C\n\nFact.\n');
    expect(part.statements.map((statement) => statement.text)).toEqual(['Fact.', 'fact', 'Fact.']);
    expect(part.containers.map(({ kind, text, fixed }) => [kind, text, fixed])).toEqual([
      ['file', 'a.md', true],
      ['section', 'A', true],
      ['section', 'B', true],
      ['section', 'C', false],
    ]);
  });
});

describe('sentences', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['Use `a. B`. Then run it. Next thing.', ['Use `a. B`. Then run it.', 'Next thing.']],
    ['See (x. Y z). Always lint.', ['See (x. Y z).', 'Always lint.']],
    ['Written by J. Smith. Read it.', ['Written by J. Smith.', 'Read it.']],
    ['Take No. 5 or vs. Six. Done now.', ['Take No. 5 or vs. Six.', 'Done now.']],
    ['Läuft z. B. Montags. Größe zählt.', ['Läuft z. B. Montags.', 'Größe zählt.']],
    ['Version v1.2. Next.js is used. For example, here.', ['Version v1.2.', 'Next.js is used. For example, here.']],
    ['Uses port 25. Mail goes out. Am 3. Februar nicht.', ['Uses port 25.', 'Mail goes out.', 'Am 3. Februar nicht.']],
    ['ビルドは毎晩。テストは朝。', ['ビルドは毎晩。', 'テストは朝。']],
    ['**Bold one. And two.** Rest here.', ['**Bold one. And two.** Rest here.']],
    ['He said "Stop. Now." Nobody did.', ['He said "Stop. Now."', 'Nobody did.']],
    ['First line\nof it. Second\none.', ['First line\nof it.', 'Second\none.']],
    ['Do this. - not a bullet. Fine.', ['Do this. - not a bullet.', 'Fine.']],
  ];
  for (const [text, expected] of cases) {
    it(`cuts ${JSON.stringify(text)}`, () => {
      expect(splitSentences(text).map(({ start, end }) => text.slice(start, end))).toEqual(expected);
    });
  }

  it('nothing but white space is lost between them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('A b. ', 'It is. ', '`x. Y` ', '(', ')', '"', '**', '…', '。', 'ü ', '\n', 'No. ', '<!--', '-->')),
        (parts) => {
          const text = parts.join('');
          let at = 0;
          for (const { start, end } of splitSentences(text)) {
            expect(text.slice(at, start).trim()).toBe('');
            expect(end).toBeGreaterThan(start);
            at = end;
          }
          expect(text.slice(at).trim()).toBe('');
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('what belongs together', () => {
  it('a line ending in a colon leads the list, code or table behind it', () => {
    const content = '# A\n\nUse uv. Run tests like this:\n\n    uv run\n\nPorts:\n\n- 1\n- 2\n\nEnd.\n';
    expect(roles(content)).toEqual([
      ['fact', 'Use uv.'],
      ['lead', 'Run tests like this:'],
      ['code', 'uv run'],
      ['lead', 'Ports:'],
      ['fact', '1'],
      ['fact', '2'],
      ['fact', 'End.'],
    ]);
    const part = cut(content);
    const list = part.containers.filter((container) => container.kind === 'list');
    expect(list.map((container) => Buffer.from(content).toString('utf8', container.span.start, container.span.end))).toEqual([
      'Run tests like this:\n\n    uv run\n',
      '\nPorts:\n\n- 1\n- 2\n',
    ]);
    expect(list.map((container) => container.statements)).toEqual([
      part.statements.slice(1, 3).map((statement) => statement.id),
      part.statements.slice(3, 6).map((statement) => statement.id),
    ]);
  });

  it('rows are statements of a table, code is cut with its fences', () => {
    const content = 'Text.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n```sh\nmake\n\n  deep\n```\n';
    expect(roles(content)).toEqual([
      ['fact', 'Text.'],
      ['row', '| 1 | 2 |'],
      ['row', '| 3 | 4 |'],
      ['code', 'make\n\n  deep'],
    ]);
    expect(without(content, 1)).toBe(content.replace('| 1 | 2 |\n', ''));
    expect(without(content, 3)).toBe(content.slice(0, content.indexOf('\n```sh')));
    expect(cut(content).containers.find((container) => container.kind === 'table')).toMatchObject({
      text: '| a | b |',
      line: 2,
      fixed: false,
    });
  });

  it('sections nest, and a heading with nothing under it keeps those around it', () => {
    const content = '# A\n\nOne.\n\n## B\n\nTwo.\n\n## C\n\n# D\n\nThree.\n';
    const part = cut(content);
    expect(part.statements.map((statement) => statement.scope.headings)).toEqual([['A'], ['A', 'B'], ['D']]);
    expect(part.containers.map(({ kind, text, fixed, statements }) => [kind, text, fixed, statements.length])).toEqual([
      ['file', 'a.md', true, 3],
      ['section', 'A', true, 2],
      ['section', 'B', false, 1],
      ['section', 'D', false, 1],
    ]);
  });

  it('a mark locks the bullet, the section or what stands before the headings', () => {
    const locks = (content: string) => cut(content).statements.map((statement) => statement.lock);
    expect(locks('# A\n\n- one\n- two <!-- dreamfold: keep -->\n')).toEqual([null, 'marked']);
    expect(texts('# A\n\n- one\n- two <!-- dreamfold: keep -->\n')).toEqual(['one', 'two']);
    expect(locks('# A\n\n- one\n\n<!-- dreamfold: keep -->\n\n## B\n\n- two\n\n# C\n\n- three\n')).toEqual(['marked', 'marked', null]);
    expect(locks('First.\n\n<!-- dreamfold: keep -->\n\n# A\n\n- one\n')).toEqual(['marked', null]);
    expect(cut('# A\n\n<!-- dreamfold: keep -->\n\n- one\n').containers.map((container) => container.fixed)).toEqual([false, false]);
  });
});

describe('time', () => {
  it('is read in front of a text, behind it and in headings, and nowhere else', () => {
    const at = (day: string) => `${day}T00:00:00.000Z`;
    for (const text of [
      '2026-02-03: x',
      '[2026-02-03] x',
      '**2026-02-03** — x',
      'As of 2026-02-03 x',
      'x (2026-02-03)',
      'x (as of 2026-02-03).',
    ]) {
      expect([text, dateOfText(text)]).toEqual([text, at('2026-02-03')]);
    }
    for (const text of [
      'x since 2026-02-03',
      '2026-02-03 is a holiday',
      'due (2026-02-03) x',
      '2026-02-30: x',
      '2026-02-03 – 2026-02-05: x',
      'x',
    ]) {
      expect([text, dateOfText(text)]).toEqual([text, null]);
    }
    for (const text of ['2026-02: x', 'As of 2026-02 x', 'Since 2026-02 x', 'From 2026-02 on x', 'x (2026-02)', 'x (set up 2026-02).']) {
      expect([text, dateOfText(text)]).toEqual([text, at('2026-02-01')]);
    }
    for (const text of ['x (2026-13)', 'x since 2026-02', '2026-02 is short', 'x (ticket 2026-021)', '2026-0212: x', 'x (2026-02-)']) {
      expect([text, dateOfText(text)]).toEqual([text, null]);
    }
    expect(['2026-02-03', '[2026-02-03]', '2026-02-03 (Tuesday)'].map(dateOfHeading)).toEqual(Array(3).fill(at('2026-02-03')));
    expect(['2026-02-03 release', 'x 2026-02-03'].map(dateOfHeading)).toEqual([null, null]);
  });

  it('of a statement is its own, then its heading, then its memory', async () => {
    const statements = inFile(await storeOf('claude'), 'project_deploy.md');
    expect(statements.map(({ text, time }) => [text.slice(0, 24), time.source === 'text' ? time.at : time.source])).toEqual([
      ['We deploy on Tuesdays.', 'file'],
      ['The release manager is D', 'file'],
      ['Deploy like this:', 'file'],
      ['make release\nmake publis', 'file'],
      ['| staging | 8081 |', '2026-02-03T00:00:00.000Z'],
      ['| production | 8080 |', '2026-02-03T00:00:00.000Z'],
      ['2026-02-10: The canary r', '2026-02-10T00:00:00.000Z'],
      ['Rollbacks keep the datab', '2026-01-05T00:00:00.000Z'],
    ]);
  });
});

describe('a Claude memory folder', () => {
  it('has index lines with the files they lead to, and facts beside them', async () => {
    const index = inFile(await storeOf('claude'), 'MEMORY.md');
    expect(index.map(({ role, link }) => [role, link])).toEqual([
      ['index', 'feedback_git.md'],
      ['index', 'user_mira.md'],
      ['index', 'project_deploy.md'],
      ['index', 'project_gone.md'],
      ['index', 'reference_windows.md'],
      ['index', 'notizen_deutsch.md'],
      ['fact', null],
      ['fact', null],
      ['fact', null],
    ]);
  });

  it('knows scope, session and lines of every statement', async () => {
    const store = await storeOf('claude');
    const [first, second] = inFile(store, 'user_mira.md');
    expect(first).toMatchObject({
      line: 8,
      sessionId: '7f0c2f5e-1111-4a4a-9c9c-000000000001',
      scope: { title: 'user-mira', headings: [], subject: null },
    });
    expect(second?.text).toBe('She reads diffs on her phone, so keep lines short and never paste whole files. Exception: generated code.');
    expect(inFile(store, 'reference_windows.md').map((statement) => statement.text)).toEqual([
      'The build machine is `WIN-7`.',
      'Its share is mounted at drive `S:`.',
      'Restart it on Mondays.',
    ]);
    expect(inFile(store, 'notizen_deutsch.md').map((statement) => statement.text)).toEqual([
      'Der Größenrechner rundet auf zwei Stellen, siehe [[groessen-tabelle]].',
      '빌드는 매일 밤 03:00에 실행됩니다.',
      'Die Prüfung läuft z. B. nachts.',
      'Überweisungen über 500 € brauchen zwei Unterschriften.',
    ]);
    expect(inFile(store, 'feedback_git.md')).toHaveLength(2);
    expect(inFile(store, 'kept.md').map((statement) => statement.lock)).toEqual(['marked']);
    expect(inFile(store, 'orphan.md').map((statement) => statement.lock)).toEqual(['marked']);
  });

  it('a link in a single file is a fact: there is no folder it could lead into', () => {
    expect(segment([fileOf('MEMORY.md', '- [Title](file.md) — hook\n')], true).statements.map((statement) => statement.role)).toEqual([
      'fact',
    ]);
  });
});

describe('records', () => {
  it('give one statement a field, with their subject as scope', async () => {
    const { statements, containers } = await storeOf('mcp');
    expect(statements.map(({ path, text, scope }) => [path, scope.subject, text])).toContainEqual([
      'memory.jsonl',
      'D3.js',
      'Draws the graph',
    ]);
    expect(statements.find((statement) => statement.text.startsWith('286'))?.time).toEqual({
      at: '2026-02-03T00:00:00.000Z',
      source: 'text',
    });
    expect(containers.map(({ kind, path, fixed }) => [kind, path, fixed])).toEqual([
      ['file', 'aim.jsonl', true],
      ['file', 'memory.jsonl', true],
      ['file', 'read_graph.json', true],
      ['file', 'think.jsonl', true],
    ]);
  });
});

describe('hostile text', () => {
  it('a line that is no UTF-8 locks what touches it and nothing else', () => {
    const bytes = Buffer.concat([
      Buffer.from('- one\n- tw'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('\n- three\n\nSome f'),
      Buffer.from([0xe4]),
      Buffer.from('ct. More.\n'),
    ]);
    const { statements } = segment([fileOf('a.md', bytes)]);
    expect(statements.map(({ text, lock }) => [text, lock])).toEqual([
      ['one', null],
      ['tw\uFFFD\uFFFD', 'broken'],
      ['three', null],
      ['Some f\uFFFDct. More.', 'broken'],
    ]);
  });

  it('deep nesting, endless brackets and long lines come to an end', () => {
    for (const text of [
      '- '.repeat(20_000) + 'a',
      '>'.repeat(20_000) + 'a',
      '['.repeat(50_000),
      'x <!--'.repeat(10_000),
      '`x '.repeat(20_001),
      '('.repeat(50_000),
    ]) {
      const { statements } = cut(`${text}\n\n- fact\n`);
      expect(statements.at(-1)?.text).toBe('fact');
    }
  });
});

/** Everything that must hold for any file, and what it does not account for. */
function check(file: SourceFile, { statements, containers }: Segmented): readonly string[] {
  const bytes = Buffer.from(file.bytes);
  const covered = new Uint8Array(bytes.length);
  let span = 0;
  let gone = 0;
  let kept = '';
  for (const statement of statements) {
    expect(statement.span.start).toBeGreaterThanOrEqual(span);
    expect(statement.cut.span.start).toBeGreaterThanOrEqual(gone);
    expect(statement.span.start).toBeGreaterThanOrEqual(statement.cut.span.start);
    expect(statement.span.end).toBeLessThanOrEqual(statement.cut.span.end);
    expect(statement.cut.span.end).toBeLessThanOrEqual(bytes.length);
    expect(statement.line).toBe(bytes.subarray(0, statement.span.start).toString('latin1').split('\n').length);
    expectText(statement, bytes.toString('utf8', statement.span.start, statement.span.end));
    kept += bytes.toString('latin1', gone, statement.cut.span.start);
    covered.fill(1, statement.span.start, statement.span.end);
    span = statement.span.end;
    gone = statement.cut.span.end;
  }
  kept += bytes.toString('latin1', gone);
  const cuts = statements.reduce((sum, { cut: { span } }) => sum + span.end - span.start, 0);
  expect(kept.length + cuts).toBe(bytes.length);
  expect(new Set(statements.map((statement) => statement.id)).size).toBe(statements.length);
  checkContainers(statements, containers);
  return uncovered(bytes, covered);
}

/** A text is its bytes but for white space and the signs of lines inside of it. */
function expectText({ text, role }: Statement, raw: string): void {
  const squeeze = (value: string) => value.replace(/<!--[\s\S]*?-->/g, '').replace(/[\s>*+-]|\d{1,9}[.)]|\[[ xX]\]/g, '');
  if (squeeze(raw) !== squeeze(text)) expect([role, squeeze(text)]).toEqual([role, squeeze(raw)]);
}

function checkContainers(statements: readonly Statement[], containers: readonly Container[]): void {
  const byId = new Map(statements.map((statement) => [statement.id, statement]));
  for (const { span, statements: ids } of containers) {
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) {
      const inner = byId.get(id)?.cut.span ?? { start: -1, end: -1 };
      if (inner.start < span.start || inner.end > span.end) expect(inner).toEqual(span);
    }
    const inside = statements.filter(({ span: inner }) => inner.start >= span.start && inner.end <= span.end);
    expect(inside.map((statement) => statement.id)).toEqual(ids);
  }
}

/** Lines with something on them that no statement holds. */
function uncovered(bytes: Buffer, covered: Uint8Array): readonly string[] {
  const lines: string[] = [];
  let at = 0;
  for (const line of bytes.toString('latin1').split('\n')) {
    const end = at + line.length;
    if (line.trim() !== '' && covered.subarray(at, end).every((one) => one === 0)) lines.push(Buffer.from(line, 'latin1').toString('utf8'));
    at = end + 1;
  }
  return lines;
}

const markdownFixtures = ['claude', 'openclaw'].flatMap((name) =>
  readdirSync(join(fixtures, name), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => readFileSync(join(fixtures, name, path))),
);
const pieces = [
  ...[
    '- a',
    '- b\n',
    '  - nested',
    '1. one',
    '2. two',
    '```',
    '~~~',
    '    code',
    '> quote',
    '# H',
    '## 2026-02-03',
    '---',
    '***',
    '===',
    '\n',
    '\n\n',
    '\t',
  ],
  ...[
    'text here',
    'A b. C d.',
    'Lead:',
    '| a | b |',
    '|---|---|',
    '<!-- x -->',
    '<!--',
    '-->',
    '<div>',
    '</div>',
    '[x]: y',
    '**Why:** z',
    '\r\n',
    'ü€',
    ' ',
    '  ',
    '- [ ] c',
    '-',
  ],
];
const anyMarkdown = fc
  .array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom('\n', '\n', ' ', '\n\n', '')), { maxLength: 14 })
  .map((parts) => parts.flat().join(''));

/** A file without some of its statements still says the others, in order. */
function checkDrop(bytes: Uint8Array, keep: (index: number) => boolean): void {
  const read = (content: Uint8Array) => segment([fileOf('a.md', content)]).statements;
  const statements = read(bytes);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [index, { cut }] of statements.entries()) {
    if (keep(index)) continue;
    parts.push(bytes.subarray(at, cut.span.start));
    at = cut.span.end;
  }
  const rest = read(Buffer.concat([...parts, bytes.subarray(at)]));
  const said = (list: readonly Statement[]) => list.map((statement) => statement.text.replace(/\s+/g, '')).join('');
  expect(said(rest)).toBe(said(statements.filter((_, index) => keep(index))));
}

describe('properties', () => {
  it('dropping any statements leaves every other one as it was', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), (of, keep) => {
        checkDrop(markdownFixtures[of % markdownFixtures.length] ?? Buffer.alloc(0), (index) => keep[index % keep.length] === true);
      }),
      { numRuns: 300 },
    );
  });

  it('damaged files give sound statements', () => {
    const damage = fc.record({ of: fc.nat(), at: fc.nat(), skip: fc.nat({ max: 40 }), insert: fc.uint8Array({ maxLength: 5 }) });
    fc.assert(
      fc.property(damage, ({ of, at, skip, insert }) => {
        const bytes = markdownFixtures[of % markdownFixtures.length] ?? Buffer.alloc(0);
        const place = at % (bytes.length + 1);
        const file = fileOf('a.md', Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + skip)]));
        check(file, segment([file]));
      }),
      { numRuns: 300 },
    );
  });

  it('any Markdown gives sound statements', () => {
    fc.assert(
      fc.property(anyMarkdown, (text) => {
        const file = fileOf('a.md', text);
        check(file, segment([file]));
      }),
      { numRuns: 500 },
    );
  });

  it('reading in pieces finds the blocks that the parser finds in the whole', () => {
    fc.assert(
      fc.property(anyMarkdown, (text) => {
        const source = Buffer.from(text).toString('latin1');
        const span = { start: 0, end: source.length };
        expect(outline(readBlocks(source, span), source)).toEqual(outline(parseChunk(source, span), source));
      }),
      { numRuns: 600 },
    );
  });
});

/** What counts of blocks: their kinds, texts and items; side by side lists of one kind are one. */
function outline(blocks: ReturnType<typeof readBlocks>, source: string): readonly unknown[] {
  const textAt = (start: number, end: number) => source.slice(start, end).trim();
  const items: unknown[] = [];
  for (const block of blocks) {
    if (block.kind === 'list')
      for (const item of block.items) items.push(['item', block.marker, textAt(item.content, item.end), item.signs.length]);
    else items.push([block.kind, textAt(block.start, block.end)]);
  }
  return items;
}

describe.skipIf(!existsSync(samples))('real files', () => {
  const storesOf = [
    'openclaw-workspace/self-healing',
    'consolidation-pairs/openclaw-4b6a73ea/before',
    'consolidation-pairs/openclaw-4b6a73ea/after',
  ];
  const filesOf = [
    'claude-md-agents-md',
    'mcp-memory',
    'mem0',
    'swe-agent-traj/trajectories.md',
    'mixed-parser-testdata/cass/message_grouping/README.md',
  ];

  function list(path: string): readonly string[] {
    return statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => list(join(path, name))) : [path];
  }

  it('lose no statement', async () => {
    let total = 0;
    let other = 0;
    for (const path of [...storesOf, ...filesOf.flatMap((folder) => list(join(samples, folder)))]) {
      const loaded = await loadFiles(resolve(samples, path), { signal: new AbortController().signal, now: fileTime });
      const store = parseStore(loaded.files, { single: loaded.single, format: null, fields: {}, exclude: [], writeRules: false });
      const part = segmentStore(store);
      total += part.statements.length;
      for (const file of store.files) {
        const memory = store.memories.find((one) => one.path === file.path);
        const body = memory?.body;
        if (body?.shape !== 'markdown') continue;
        const own = {
          statements: inFile(part, file.path),
          containers: part.containers.filter((container) => container.path === file.path),
        };
        const left = check(file, own).filter((line) => !/^\s*(?:#{1,6}\s|[-=*_]{3,}\s*$|(?:```|~~~)|\|?[\s:|-]+\|?\s*$|<|!\[)/.test(line));
        const headers = own.containers.filter((container) => container.kind === 'table').map((container) => container.text);
        const unknown = left.map((line) => line.trim()).filter((line) => !headers.includes(line) && /[\p{L}\p{N}]/u.test(line));
        other += left.length - unknown.length;
        const frontMatter = Buffer.from(file.bytes)
          .toString('utf8', 0, body.span.start)
          .split('\n')
          .map((line) => line.trim());
        expect([file.path, unknown.filter((line) => !frontMatter.includes(line))]).toEqual([file.path, []]);
      }
    }
    console.log(`real stores: ${total} statements, ${other} table headers and lines without words beside them, none lost`);
    expect(total).toBeGreaterThan(4000);
  });

  it('keep what is not dropped', () => {
    for (const path of storesOf.flatMap((folder) => list(join(samples, folder)))) {
      const bytes = readFileSync(path);
      for (const step of path.endsWith('.md') ? [2, 3, 7] : []) checkDrop(bytes, (index) => index % step !== 0);
    }
  });

  it('read in pieces give the blocks of the whole', () => {
    for (const path of [...storesOf, 'claude-md-agents-md'].flatMap((folder) => list(join(samples, folder)))) {
      if (!path.endsWith('.md')) continue;
      const source = readFileSync(path).toString('latin1');
      const span = { start: 0, end: source.length };
      expect([path, outline(readBlocks(source, span), source)]).toEqual([path, outline(parseChunk(source, span), source)]);
    }
  });
});

if (!existsSync(samples)) console.log(`real files skipped: ${samples} is absent`);
