/** The output store: bytes spliced, never re-serialised; what is emptied goes by name; diffs; the folder that is written. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmTable } from 'micromark-extension-gfm-table';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Container,
  type Effect,
  type Encoding,
  type MemoryStore,
  makeId,
  type OutputFile,
  type SourceFile,
  type Statement,
  sha256,
} from '../dist/memory.js';
import { unifiedDiff } from '../dist/write/diff.js';
import { checkTarget, removeOutput, removeStaging, replaceOutput, writeOutput } from '../dist/write/output.js';
import { renderStore } from '../dist/write/render.js';

interface Mark {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly cutStart?: number;
  readonly cutEnd?: number;
  readonly list?: string | null;
  readonly role?: Statement['role'];
  readonly link?: string;
  readonly lock?: Statement['lock'];
}

/** Offsets in tests are of UTF-16 units; in a file they are of bytes. */
function byteAt(content: string, unit: number): number {
  return Buffer.byteLength(content.slice(0, unit));
}

function makeStatement(path: string, content: string, encoding: Encoding, mark: Mark, ordinal: number): Statement {
  const span = (start: number, end: number) => ({ start: byteAt(content, start), end: byteAt(content, end) });
  return {
    id: makeId('st', path, String(ordinal), mark.text),
    memoryId: makeId('mem', path),
    path,
    line: content.slice(0, mark.start).split('\n').length,
    text: mark.text,
    span: span(mark.start, mark.end),
    cut: { span: span(mark.cutStart ?? mark.start, mark.cutEnd ?? mark.end), list: mark.list ?? null },
    encoding,
    role: mark.role ?? 'fact',
    scope: { title: null, headings: [], subject: null },
    time: { at: null, source: 'none' },
    sessionId: null,
    lock: mark.lock ?? null,
    link: mark.link ?? null,
  };
}

function makeFile(path: string, content: string): SourceFile {
  const bytes = Buffer.from(content);
  return { path, bytes, sha256: sha256(bytes), mode: 0o644, modifiedAt: '2026-01-02T03:04:05.678Z' };
}

function makeStore(files: readonly SourceFile[], single = false): MemoryStore {
  return { format: 'markdown', single, files, memories: [], problems: [] };
}

function effect(drop: readonly Statement[], replace: readonly { readonly statement: Statement; readonly text: string }[] = []): Effect {
  return {
    changeId: 'chg_test',
    drop: drop.map(({ id }) => id),
    replace: replace.map(({ statement, text }) => ({ statementId: statement.id, text })),
    insert: [],
    containers: [],
  };
}

interface OneFile {
  readonly content: string;
  readonly encoding: Encoding;
  readonly marks: readonly Mark[];
}

/** Renders a store of one file; `keep` says which statements stay, `texts` what replaces some. */
function renderOne(file: OneFile, keep: (index: number) => boolean, texts: ReadonlyMap<number, string> = new Map()): string {
  const statements = file.marks.map((mark, i) => makeStatement('a.md', file.content, file.encoding, mark, i));
  const effects = [
    effect(
      statements.filter((_, i) => !keep(i)),
      statements.flatMap((statement, i) => {
        const text = texts.get(i);
        return text === undefined ? [] : [{ statement, text }];
      }),
    ),
  ];
  const store = makeStore([makeFile('a.md', file.content)]);
  const { files } = renderStore({ store, segmented: { statements, containers: [] }, effects, refused: new Set() });
  return Buffer.from(files[0]?.bytes ?? []).toString();
}

function tree(text: string) {
  return fromMarkdown(text, { extensions: [gfmTable()], mdastExtensions: [gfmTableFromMarkdown()] });
}

type Node = { readonly type: string; readonly value?: string; readonly children?: readonly Node[] };

/** Every word `wN` with the types of the blocks around it. */
function wordPlaces(text: string): readonly string[] {
  const places: string[] = [];
  const walk = (node: Node, way: string): void => {
    for (const [word] of (node.value ?? '').matchAll(/w\d+x/g)) places.push(`${way} ${word}`);
    for (const child of node.children ?? []) walk(child, `${way}/${child.type}`);
  };
  walk(tree(text), '');
  return places;
}

const json = fc.json({ maxDepth: 2 });
const space = fc.constantFrom('', ' ', '\n', '\n  ', '\t', '\r\n');
const lineEnd = fc.constantFrom('\n', '\r\n');
const anyText = fc.string({ unit: 'binary', maxLength: 40 });

describe('dropping statements', () => {
  it('any subset of the elements of a JSON array leaves the others verbatim and the array well formed', () => {
    const element = fc.record({ before: space, text: json, after: space, statement: fc.boolean(), keep: fc.boolean() });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 8 }), space, fc.boolean(), (elements, inner, bom) => {
        const head = `${bom ? '\uFEFF' : ''}{"n": [1,2], "list": [`;
        let content = head + (elements.length === 0 ? inner : '');
        const marks: Mark[] = [];
        for (const [i, { before, text, after, statement }] of elements.entries()) {
          content += (i === 0 ? '' : ',') + before;
          if (statement) marks.push({ text, start: content.length, end: content.length + text.length, list: 'a.md#1' });
          content += text + after;
        }
        content += ']}\n';
        const statements = elements.filter(({ statement }) => statement);
        const out = renderOne({ content, encoding: 'json', marks }, (i) => statements[i]?.keep ?? true);
        const left = elements.filter(({ statement, keep }) => !statement || keep).map(({ text }) => text);
        expect(JSON.parse(out.replace(/^\uFEFF/, ''))).toEqual({ n: [1, 2], list: left.map((text) => JSON.parse(text)) });
        const between = out.slice(out.indexOf('"list": [') + 9, -3);
        for (const text of left) expect(between).toContain(text);
        if (left.length === 0 && elements.some(({ statement }) => statement)) expect(between).toBe('');
      }),
    );
  });

  it('any subset of the lines of a file leaves the others verbatim, and its final line end as it was', () => {
    const line = fc.record({ text: fc.stringMatching(/^[^\r\n]{1,12}$/), keep: fc.boolean(), cutsLineEnd: fc.boolean() });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), lineEnd, fc.boolean(), (lines, eol, final) => {
        const content = lines.map(({ text }) => text).join(eol) + (final ? eol : '');
        let start = 0;
        const marks = lines.map(({ text, cutsLineEnd }) => {
          const end = start + text.length;
          const mark = { text, start, end, cutEnd: cutsLineEnd ? Math.min(end + eol.length, content.length) : end };
          start = end + eol.length;
          return mark;
        });
        const out = renderOne({ content, encoding: 'text', marks }, (i) => lines[i]?.keep ?? true);
        const left = lines.filter(({ keep }) => keep).map(({ text }) => text);
        expect(out).toBe(left.join(eol) + (final && left.length > 0 ? eol : ''));
      }),
    );
  });

  it('any subset of the rows of a CSV file leaves its header and the other rows', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => `"${text.replaceAll('"', '""')}"`);
    const row = fc.record({ cells: fc.tuple(fc.nat().map(String), cell), keep: fc.boolean() });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), lineEnd, fc.boolean(), (rows, eol, final) => {
        let content = `id,text${eol}`;
        const marks = rows.map(({ cells: [id, text] }, i) => {
          const cutStart = content.length;
          content += `${id},${text}${i < rows.length - 1 || final ? eol : ''}`;
          const start = cutStart + id.length + 1;
          return { text, start, end: start + text.length, cutStart, cutEnd: content.length };
        });
        const out = renderOne({ content, encoding: 'csv', marks }, (i) => rows[i]?.keep ?? true);
        const decode = (text: string) => parseCsv(text, { relax_column_count: false }) as string[][];
        const left = decode(content).filter((_, i) => i === 0 || (rows[i - 1]?.keep ?? true));
        expect(decode(out)).toEqual(left);
        expect(out.endsWith('\n')).toBe(content.endsWith('\n'));
      }),
    );
  });

  const markdownBlock = fc.oneof(
    fc.record({ kind: fc.constant('heading' as const) }),
    fc.record({ kind: fc.constant('paragraph' as const), separators: fc.array(fc.constantFrom(' ', '\n'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('list' as const),
      ordered: fc.boolean(),
      items: fc.array(fc.constantFrom('plain', 'nested', 'wrapped', 'spaced'), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('table' as const), rows: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('code' as const) }),
  );

  interface Draft {
    content: string;
    words: number;
    readonly marks: Mark[];
  }

  /** Writes a block with its statements cut as segmentation cuts them: sentences in their line, everything else by whole lines. */
  function writeBlock(draft: Draft, block: typeof markdownBlock extends fc.Arbitrary<infer T> ? T : never): void {
    const word = () => `w${draft.words++}x`;
    const wholeLines = (text: string, lead = 0, role: Statement['role'] = 'fact') => {
      const start = draft.content.length;
      draft.content += `${text}\n`;
      draft.marks.push({ text, start: start + lead, end: draft.content.length - 1, cutStart: start, cutEnd: draft.content.length, role });
    };
    switch (block.kind) {
      case 'heading':
        draft.content += `## Part\n`;
        return;
      case 'paragraph': {
        const ends = [...block.separators, '\n'];
        for (const [i, end] of ends.entries()) {
          const start = draft.content.length;
          const text = `Now ${word()} is so.`;
          draft.content += text + end;
          const cutEnd = i === ends.length - 1 ? start + text.length : draft.content.length;
          draft.marks.push({ text, start, end: start + text.length, cutEnd });
        }
        return;
      }
      case 'list':
        for (const [i, item] of block.items.entries()) {
          const sign = block.ordered ? `${i + 1}. ` : '- ';
          const pad = ' '.repeat(sign.length);
          const more = item === 'nested' ? `\n${pad}- sub` : item === 'wrapped' ? `\n${pad}goes on` : '';
          wholeLines(`${sign}item ${word()}${more}`, sign.length);
          if (item === 'spaced' && i < block.items.length - 1) draft.content += '\n';
        }
        return;
      case 'table':
        draft.content += '| h |\n| - |\n';
        for (let i = 0; i < block.rows; i += 1) wholeLines(`| ${word()} |`, 0, 'row');
        return;
      case 'code':
        wholeLines(`\`\`\`\n${word()}\n\`\`\``, 0, 'code');
    }
  }

  it('any subset of the statements of a Markdown file leaves the others in the same kind of block', () => {
    const blocks = fc.array(fc.tuple(markdownBlock, fc.constantFrom('\n', '\n\n')), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(blocks, fc.infiniteStream(fc.boolean()), fc.boolean(), fc.boolean(), (parts, keeps, crlf, final) => {
        const draft: Draft = { content: '', words: 0, marks: [] };
        for (const [block, gap] of parts) {
          writeBlock(draft, block);
          draft.content += gap;
        }
        let content = draft.content.trimEnd() + (final ? '\n' : '');
        let marks = draft.marks.map((mark) => ({ ...mark, cutEnd: Math.min(mark.cutEnd ?? mark.end, content.length) }));
        if (crlf) {
          const at = (unit: number) => unit + content.slice(0, unit).split('\n').length - 1;
          marks = marks.map((mark) => ({
            ...mark,
            start: at(mark.start),
            end: at(mark.end),
            cutEnd: at(mark.cutEnd),
            ...(mark.cutStart === undefined ? {} : { cutStart: at(mark.cutStart) }),
          }));
          content = content.replaceAll('\n', '\r\n');
        }
        const keep = marks.map(() => keeps.next().value);
        const out = renderOne({ content, encoding: 'markdown', marks }, (i) => keep[i] ?? true);
        const kept = wordPlaces(content).filter((_, i) => keep[i]);
        expect(wordPlaces(out)).toEqual(kept);
        const gaps = (text: string) => Math.max(0, ...[...text.matchAll(/(?:\r?\n[ \t]*){2,}/g)].map(([gap]) => gap.split('\n').length));
        expect(gaps(out)).toBeLessThanOrEqual(gaps(content));
        if (out !== '') expect(out.endsWith('\n')).toBe(content.endsWith('\n'));
        if (crlf) expect(out.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      }),
      { numRuns: 250 },
    );
  });

  const cases: readonly (readonly [string, string, readonly string[], string])[] = [
    ['a middle paragraph with one of its blank lines', 'A.\n\nB.\n\nC.\n', ['B.'], 'A.\n\nC.\n'],
    ['the first paragraph after front matter', '---\nname: x \n---\n\nA.\n\nB.\n', ['A.'], '---\nname: x \n---\n\nB.\n'],
    ['the last paragraph of a file without a final line end', 'A.\r\n\r\nB.', ['B.'], 'A.'],
    ['the last item before a paragraph, blank line and all', '- a\n- b\n\nC.\n', ['- b\n\n'], '- a\n\nC.\n'],
    ['every sentence of a hard-wrapped paragraph', 'A.\nB.\nC. D.\n\nE.\n', ['A.\n', 'B.\n', 'C. ', 'D.'], 'E.\n'],
    ['a sentence at the end of a line, the space before it too', 'A. B.\nC.\n', ['B.'], 'A.\nC.\n'],
    ['a sentence before one that would begin a list', 'A. 2. step\n', ['A. '], '2\\. step\n'],
    ['the first item of a numbered list under its lead-in', 'Do:\n1. a\n2. b\n', ['1. a\n'], 'Do:\n\n2. b\n'],
    ['a list between text and a rule that would underline it', 'A\n- b\n---\nC\n', ['- b\n'], 'A\n\n---\nC\n'],
  ];
  for (const [what, content, drops, expected] of cases) {
    it(`drops ${what}`, () => {
      const marks = drops.map((text) => ({ text, start: content.indexOf(text), end: content.indexOf(text) + text.length }));
      expect(renderOne({ content, encoding: 'markdown', marks }, () => false)).toBe(expected);
    });
  }

  it('a record shared by two statements leaves with the second of them', () => {
    const content = '{"title":"a","text":"b"}\n{"title":"c"}\n';
    const record = { cutStart: 0, cutEnd: content.indexOf('\n') + 1 };
    const marks = ['"a"', '"b"'].map((text) => ({ text, start: content.indexOf(text), end: content.indexOf(text) + 3, ...record }));
    expect(renderOne({ content, encoding: 'json', marks }, (i) => i === 0)).toBe(content);
    expect(renderOne({ content, encoding: 'json', marks }, () => false)).toBe('{"title":"c"}\n');
  });
});

describe('replacing statements', () => {
  it('a JSON string takes any text and gives it back, nothing else in the line changed', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.boolean(), (old, text, ascii) => {
        const literal = ascii ? '"caf\\u00e9"' : JSON.stringify(old);
        const content = `{"a": ${literal} ,"b":1}\n{"c":2}\n`;
        const out = renderOne(
          { content, encoding: 'json', marks: [{ text: old, start: 6, end: 6 + literal.length }] },
          () => true,
          new Map([[0, text]]),
        );
        const [first, second, end] = out.split('\n');
        expect(JSON.parse(first ?? '')).toEqual({ a: text, b: 1 });
        expect([second, end, first?.slice(-7)]).toEqual(['{"c":2}', '', ' ,"b":1}'.slice(-7)]);
        expect(out).not.toMatch(ascii ? /[^\x20-\x7e\n]/ : /[\u2028\u2029]/);
      }),
    );
  });

  it('a JSON string keeps half a surrogate pair', () => {
    const out = renderOne(
      { content: '["x"]', encoding: 'json', marks: [{ text: 'x', start: 1, end: 4 }] },
      () => true,
      new Map([[0, 'a\uD800']]),
    );
    expect(JSON.parse(out)).toEqual(['a\uD800']);
  });

  it('a CSV cell takes any text and gives it back, quoted where it was or must be', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.oneof(anyText, fc.constantFrom('', ' a', 'a,b', 'a;b', '"', '"a', 'x\ry', '1\r\n2', '#')),
        lineEnd,
        (quoted, text, eol) => {
          const cell = quoted ? '"old"' : 'old';
          const content = `id,text,n${eol}1,${cell},7${eol}2,"next",8${eol}`;
          const start = content.indexOf(cell);
          const out = renderOne(
            { content, encoding: 'csv', marks: [{ text: 'old', start, end: start + cell.length }] },
            () => true,
            new Map([[0, text]]),
          );
          expect(parseCsv(out, { record_delimiter: eol })).toEqual([
            ['id', 'text', 'n'],
            ['1', text, '7'],
            ['2', 'next', '8'],
          ]);
          if (quoted) expect(out.slice(start, start + 1)).toBe('"');
        },
      ),
    );
    const plain = renderOne(
      { content: 'a,b\n', encoding: 'csv', marks: [{ text: 'a', start: 0, end: 1 }] },
      () => true,
      new Map([[0, 'new words']]),
    );
    expect(plain).toBe('new words,b\n');
  });

  const opening = fc.constantFrom(
    ...[
      '# ',
      '###### x',
      '- ',
      '+ ',
      '* ',
      '-',
      '---',
      '***',
      '* * *',
      '___',
      '===',
      '1. ',
      '12) ',
      '1.',
      '> ',
      '>',
      '```',
      '```js',
      '~~~',
    ],
    ...[
      '<div>',
      '</p>',
      '<!-- ',
      '<?php',
      '<!DOCTYPE',
      '<https://a.b>',
      '[a]: b',
      '[a]: b "c',
      '    code',
      '\t',
      '|a|b|',
      '\uFEFF',
      '\\',
      '$$',
    ],
  );
  const nasty = fc
    .tuple(opening, fc.oneof(anyText, opening, fc.constantFrom('\n# x', '\r- y', '\n\n', 'a\\', '`', '|')), anyText)
    .map((parts) => parts.join(''));

  /** Types of the blocks, without what stands in a line. */
  function skeleton(node: Node): unknown {
    const inLine = ['paragraph', 'heading', 'tableCell', 'code'].includes(node.type);
    return [node.type, inLine ? [] : (node.children ?? []).map(skeleton)];
  }

  it('a bullet, a paragraph, a sentence and a quoted line take any text as one line, and every block stays what it was', () => {
    const content =
      '# Top\n\n- one\n- OLD1\n  1. OLD2\n- two\n\nOLD3\nand more.\n\nFirst. OLD4\n\n> OLD5\n\n| a | b |\n| - | - |\n| c | d |\n\nEnd\n';
    const marks = [1, 2, 3, 4, 5].map((n) => ({ text: `OLD${n}`, start: content.indexOf(`OLD${n}`), end: content.indexOf(`OLD${n}`) + 4 }));
    fc.assert(
      fc.property(fc.oneof(anyText, nasty), fc.nat({ max: 4 }), fc.boolean(), (text, which, crlf) => {
        fc.pre(text.trim() !== '');
        const eol = crlf ? '\r\n' : '\n';
        const file = content.replaceAll('\n', eol);
        const mark = marks[which];
        const start = file.indexOf(mark?.text ?? '');
        const out = renderOne(
          { content: file, encoding: 'markdown', marks: [{ text: 'old', start, end: start + 4 }] },
          () => true,
          new Map([[0, text]]),
        );
        expect(skeleton(tree(out))).toEqual(skeleton(tree(file)));
        expect(out.slice(0, start)).toBe(file.slice(0, start));
        const rest = file.slice(start + 4);
        expect(out.endsWith(rest)).toBe(true);
        const written = out.slice(start, out.length - rest.length);
        const words = (line: string) => line.replace(/[\s\u0085\\]+/g, ' ').replaceAll(' ', '');
        expect(words(written)).toBe(words(text));
      }),
      { numRuns: 150 },
    );
  });

  it('plain text becomes one line', () => {
    expect(
      renderOne(
        { content: 'a\nb', encoding: 'text', marks: [{ text: 'b', start: 2, end: 3 }] },
        () => true,
        new Map([[0, 'x\r\ny\u2028z']]),
      ),
    ).toBe('a\nx y z');
  });

  it('a value in a statement of several lines is changed where it stands; other text becomes one line', () => {
    const content = '- Deploy with make,\r\n  on port 80\r\n  - never on Friday\r\n- next\r\n';
    const end = content.indexOf('\r\n- next');
    const place = { content, encoding: 'markdown' as const, marks: [{ text: 'old', start: 2, end }] };
    const value = 'Deploy with make, on port 8080 - never on Friday';
    expect(renderOne(place, () => true, new Map([[0, value]]))).toBe(content.replace('80', '8080'));
    expect(renderOne(place, () => true, new Map([[0, 'Something\nelse']]))).toBe('- Something else\r\n- next\r\n');
  });

  it('code takes no fence of its own', () => {
    const content = '```\nold\n```\n';
    const out = renderOne(
      { content, encoding: 'markdown', marks: [{ text: 'old', start: 4, end: 7, role: 'code' }] },
      () => true,
      new Map([[0, 'a\n```\nb']]),
    );
    expect(tree(out).children.map(({ type }) => type)).toEqual(['code']);
  });

  it('code keeps its lines, with the line ends of its file', () => {
    const content = '```\r\nold\r\n```\r\n';
    const out = renderOne(
      { content, encoding: 'markdown', marks: [{ text: 'old', start: 5, end: 8, role: 'code' }] },
      () => true,
      new Map([[0, '# a\nb']]),
    );
    expect(out).toBe('```\r\n# a\r\nb\r\n```\r\n');
  });
});

function makeContainer(
  kind: Container['kind'],
  file: SourceFile,
  text: string,
  statements: readonly Statement[],
  more: Partial<Container> = {},
): Container {
  const content = Buffer.from(file.bytes).toString();
  const start = content.indexOf(text);
  const line = content.slice(0, start).split('\n').length;
  const span = { start: byteAt(content, start), end: byteAt(content, start + text.length) };
  const [first = ''] = text.split('\n');
  return {
    id: makeId('ct', file.path, kind, String(span.start)),
    kind,
    path: file.path,
    line,
    span,
    text: first,
    statements: statements.map(({ id }) => id),
    fixed: false,
    ...more,
  };
}

/** A statement of a file by its text; it is cut by whole lines. */
function lineStatement(file: SourceFile, text: string, more: Partial<Mark> = {}): Statement {
  const content = Buffer.from(file.bytes).toString();
  const start = content.indexOf(text);
  const cutStart = content.lastIndexOf('\n', start) + 1;
  const next = content.indexOf('\n', start);
  return makeStatement(
    file.path,
    content,
    'markdown',
    { text, start, end: start + text.length, cutStart, cutEnd: next + 1, ...more },
    start,
  );
}

describe('what is emptied', () => {
  const index = makeFile(
    'MEMORY.md',
    '# Memory\n\n- [Build](build.md) — how\n- [Old](old.md) — gone\n\n## Projects\n\n- [X](project_x.md) — facts\n',
  );
  const build = makeFile(
    'build.md',
    '---\nname: build\n---\n\n# Build\n\nIntro:\n\n- use make\n- use ninja\n\n## Notes\n\n- one\n- two\n\n## Last\n\nStays.\n',
  );
  const old = makeFile('old.md', '---\nname: old\n---\n\nWe used gulp.\n');
  const project = makeFile('project_x.md', '---\nname: x\n---\n\nX is done.\n');
  const files = [index, build, old, project];
  const lines = ['build.md', 'old.md', 'project_x.md'].map((link) => {
    const text =
      Buffer.from(index.bytes)
        .toString()
        .split('\n')
        .find((line) => line.includes(link)) ?? '';
    return lineStatement(index, text.slice(2), { role: 'index', link });
  });
  const intro = lineStatement(build, 'Intro:', { role: 'lead' });
  const [make, ninja, one, two, stays] = ['use make', 'use ninja', 'one', 'two', 'Stays.'].map((text) => lineStatement(build, text));
  const gulp = lineStatement(old, 'We used gulp.');
  const done = lineStatement(project, 'X is done.');
  const all = [...lines, intro, make, ninja, one, two, stays, gulp, done].filter((statement) => statement !== undefined);
  const of = (...statements: readonly (Statement | undefined)[]) => statements.filter((statement) => statement !== undefined);
  const list = makeContainer('list', build, 'Intro:\n\n- use make\n- use ninja\n', of(intro, make, ninja));
  const notes = makeContainer('section', build, '## Notes\n\n- one\n- two\n\n', of(one, two));
  const inner = makeContainer('list', build, '- one\n- two\n', of(one, two));
  const projects = makeContainer('section', index, '## Projects\n\n- [X](project_x.md) — facts\n', of(lines[2]));
  const whole = (file: SourceFile) =>
    makeContainer(
      'file',
      file,
      Buffer.from(file.bytes).toString(),
      all.filter(({ path }) => path === file.path),
    );
  const containers = [whole(index), projects, whole(build), list, notes, inner, whole(old), whole(project)];
  const render = (drop: readonly (Statement | undefined)[], refused: readonly string[] = [], single = false) =>
    renderStore({
      store: makeStore(files, single),
      segmented: { statements: all, containers },
      effects: [effect(of(...drop))],
      refused: new Set(refused),
    });
  const text = (out: readonly OutputFile[], path: string) => {
    const file = out.find((candidate) => candidate.path === path);
    return file === undefined ? null : Buffer.from(file.bytes).toString();
  };

  it('an untouched store gives back the very same bytes and names nothing', () => {
    const { files: out, reindex } = render([]);
    expect(reindex).toEqual([]);
    for (const [i, file] of files.entries()) expect(out[i]?.bytes).toBe(file.bytes);
  });

  it('a list goes with its lead-in, a section once with what is inside it, each by name', () => {
    const { files: out, reindex } = render([make, ninja, one, two]);
    expect(text(out, 'build.md')).toBe('---\nname: build\n---\n\n# Build\n\n## Last\n\nStays.\n');
    expect(reindex.map(({ change, effect: does }) => [change.before, change.after, change.kind, does.containers, does.drop])).toEqual([
      [[{ path: 'build.md', line: 7, text: 'Intro:', written: null }], null, 'reindex', [list.id], [intro.id]],
      [[{ path: 'build.md', line: 12, text: '## Notes', written: null }], null, 'reindex', [notes.id], []],
    ]);
  });

  it('a file whose every statement goes is removed with its index line, and the section that held only that line', () => {
    const { files: out, reindex } = render([gulp, done]);
    expect(out.map(({ path }) => path)).toEqual(['MEMORY.md', 'build.md']);
    expect(text(out, 'MEMORY.md')).toBe('# Memory\n\n- [Build](build.md) — how\n');
    expect(reindex.map(({ change }) => `${change.before[0]?.path}:${change.before[0]?.line}`)).toEqual([
      'MEMORY.md:4',
      'MEMORY.md:6',
      'MEMORY.md:8',
      'old.md:1',
      'project_x.md:1',
    ]);
    expect(reindex.at(-1)?.change.reason).toBe(
      'Every statement of project_x.md leaves by other changes, so the file and its line in MEMORY.md go too.',
    );
  });

  it('what a person refused stays, and its id does not depend on what else changes', () => {
    const first = render([gulp, done]).reindex;
    const idOf = (path: string) => first.find(({ change }) => change.before[0]?.path === path)?.change.id ?? '';
    const { files: out, reindex } = render([gulp, done, one, two], [idOf('project_x.md')]);
    expect(text(out, 'project_x.md')).toBe('---\nname: x\n---\n');
    expect(text(out, 'MEMORY.md')).toBe('# Memory\n\n- [Build](build.md) — how\n\n## Projects\n\n- [X](project_x.md) — facts\n');
    expect(reindex.map(({ change }) => change.id)).toContain(idOf('old.md'));
    const line = first.find(({ change }) => change.before[0]?.line === 4)?.change.id ?? '';
    expect(text(render([gulp], [line]).files, 'MEMORY.md')).toContain('old.md');
  });

  it('a refused section keeps its heading, and the list inside it is named instead', () => {
    const { reindex } = render([one, two]);
    const id = reindex[0]?.change.id ?? '';
    const { files: out, reindex: next } = render([one, two], [id]);
    expect(text(out, 'build.md')).toContain('- use ninja\n\n## Notes\n\n## Last\n');
    expect(next.map(({ effect: does }) => does.containers)).toEqual([[inner.id]]);
  });

  it('a fixed container and a store of one file are never removed', () => {
    const fixed = containers.map((container) => ({ ...container, fixed: container.path === 'old.md' }));
    const segmented = { statements: all, containers: fixed };
    const { files: out } = renderStore({ store: makeStore(files), segmented, effects: [effect([gulp])], refused: new Set() });
    expect(text(out, 'old.md')).toBe('---\nname: old\n---\n');
    expect(text(render([gulp], [], true).files, 'old.md')).toBe('---\nname: old\n---\n');
  });

  it('an effect on a locked or unknown statement is a bug', () => {
    const locked = { ...gulp, lock: 'rules' as const };
    const input = { store: makeStore(files), refused: new Set<string>() };
    expect(() => renderStore({ ...input, segmented: { statements: [locked], containers: [] }, effects: [effect([locked])] })).toThrow(
      /locked/,
    );
    expect(() => renderStore({ ...input, segmented: { statements: [], containers: [] }, effects: [effect([gulp])] })).toThrow(/unknown/);
  });
});

describe('on disk', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dreamfold-write-'));
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  });

  const output = (path: string, text: string | Uint8Array): OutputFile => ({ path, bytes: Buffer.from(text), mode: 0o644 });
  const put = (root: string, files: readonly { readonly path: string; readonly bytes: Uint8Array }[]) => {
    for (const { path, bytes } of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), bytes);
    }
  };
  const names = (root: string): string[] =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .sort();

  it('a diff is taken by git apply, for any two stores', () => {
    const line = fc.constantFrom('a', 'b', 'c c', '', 'é\r', '-- x', '+y');
    const bytes = fc
      .tuple(fc.array(line, { maxLength: 8 }), fc.boolean())
      .map(([lines, final]) => Buffer.from(lines.join('\n') + (final ? '\n' : '')));
    const side = fc.dictionary(fc.constantFrom('a.md', 'b c.md', 'd/e.md', 'q"u.md', 'ü.md'), bytes, { maxKeys: 4 });
    fc.assert(
      fc.property(side, side, (before, after) => {
        const list = (files: Record<string, Buffer>) => Object.entries(files).map(([path, content]) => ({ path, bytes: content }));
        const patch = unifiedDiff(list(before), list(after));
        const root = mkdtempSync(join(folder, 'git-'));
        put(root, list(before));
        if (patch !== '')
          execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: root, input: patch, stdio: ['pipe', 'pipe', 'pipe'] });
        const left = Object.fromEntries(names(root).map((name) => [name, readFileSync(join(root, name)).toString()]));
        expect(left).toEqual(Object.fromEntries(list(after).map((file) => [file.path, file.bytes.toString()])));
      }),
      { numRuns: 25 },
    );
  });

  it('a diff names binary files, marks a missing last line end, and is empty for equal stores', () => {
    const a = [output('a.md', 'x\r\ny'), output('bin', Buffer.from([0, 1])), output('latin', Buffer.from([0xe9]))];
    expect(
      unifiedDiff(
        a,
        a.map((file) => ({ ...file, bytes: Buffer.from(file.bytes) })),
      ),
    ).toBe('');
    expect(unifiedDiff(a, [output('a.md', 'x\r\nz\n')])).toBe(
      [
        'diff --git a/a.md b/a.md',
        '--- a/a.md',
        '+++ b/a.md',
        '@@ -1,2 +1,2 @@',
        ' x\r',
        '-y',
        '\\ No newline at end of file',
        '+z',
        'diff --git a/bin b/bin',
        'deleted file mode 100644',
        'Binary files a/bin and /dev/null differ',
        'diff --git a/latin b/latin',
        'deleted file mode 100644',
        'Binary files a/latin and /dev/null differ',
        '',
      ].join('\n'),
    );
  });

  it('an output store is readable by its owner alone, nothing is left beside it, and it can be rewritten and removed', async () => {
    const target = { path: join(folder, 'new', 'out'), single: false };
    await writeOutput([output('MEMORY.md', 'm\n'), output('deep/er/a.md', 'a')], target);
    expect(names(target.path)).toEqual(['MEMORY.md', 'deep/er/a.md']);
    const modes = ['', 'deep', 'deep/er', 'MEMORY.md', 'deep/er/a.md'].map((name) => lstatSync(join(target.path, name)).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600, 0o600]);
    await replaceOutput([output('MEMORY.md', 'n\n')], target);
    expect(names(join(folder, 'new'))).toEqual(['out/MEMORY.md']);
    expect(readFileSync(join(target.path, 'MEMORY.md'), 'utf8')).toBe('n\n');
    await removeOutput(target.path);
    expect(readdirSync(join(folder, 'new'))).toEqual([]);
  });

  it('a store of one file is written to a file', async () => {
    const target = { path: join(folder, 'out.jsonl'), single: true };
    await writeOutput([output('in.jsonl', '{}\n')], target);
    await replaceOutput([output('in.jsonl', '{"a":1}\n')], target);
    expect(readFileSync(target.path, 'utf8')).toBe('{"a":1}\n');
    expect(lstatSync(target.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['out.jsonl']);
  });

  it('an empty folder is taken; a full one, a file and a symbolic link are refused and left as they are', async () => {
    mkdirSync(join(folder, 'empty'));
    await writeOutput([output('a', 'a')], { path: join(folder, 'empty'), single: false });
    expect(names(join(folder, 'empty'))).toEqual(['a']);
    symlinkSync(join(folder, 'empty'), join(folder, 'link'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
    writeFileSync(join(folder, 'file'), 'x');
    const before = names(folder);
    for (const name of ['empty', 'link', 'dangling', 'file', 'file/inside']) {
      const error = { name: 'UserError', exit: 'usage', message: expect.stringContaining(name) };
      await expect(writeOutput([output('a', 'b')], { path: join(folder, name), single: false })).rejects.toMatchObject(error);
    }
    await expect(replaceOutput([output('a', 'b')], { path: join(folder, 'link'), single: false })).rejects.toMatchObject({ exit: 'usage' });
    await expect(writeOutput([output('a', 'b')], { path: join(folder, 'file'), single: true })).rejects.toMatchObject({ exit: 'usage' });
    expect(names(folder)).toEqual(before);
  });

  it('an output inside, around or on the input is refused, by real paths', async () => {
    mkdirSync(join(folder, 'in/deep'), { recursive: true });
    symlinkSync(join(folder, 'in/deep'), join(folder, 'door'));
    const input = { root: join(folder, 'in'), single: false };
    for (const out of ['in', 'in/new', 'in/deep', 'in/a/b/c', 'door/new', 'in/../in/new', '.']) {
      await expect(checkTarget(join(folder, out), input)).rejects.toMatchObject({ name: 'UserError', exit: 'usage' });
    }
    for (const out of ['other', 'in-new', 'x/../y']) await checkTarget(join(folder, out), input);
    writeFileSync(join(folder, 'one.jsonl'), '{}');
    const single = { root: join(folder, 'one.jsonl'), single: true };
    await checkTarget(join(folder, 'two.jsonl'), single);
    for (const out of ['one.jsonl', '.', 'in'])
      await expect(checkTarget(join(folder, out), single)).rejects.toMatchObject({ exit: 'usage' });
  });

  it('a path that leads out of the store is never written', async () => {
    for (const path of ['../x', '/x', 'a/../../x', 'a//b', '', '.']) {
      await expect(writeOutput([output(path, 'x')], { path: join(folder, 'out'), single: false })).rejects.toThrow(/not a path inside/);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('two files of one name fail and leave nothing', async () => {
    const error = { exit: 'usage', message: expect.stringMatching(/out.*in the way/) };
    await expect(writeOutput([output('a', '1'), output('a', '2')], { path: join(folder, 'out'), single: false })).rejects.toMatchObject(
      error,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('what killed runs left is cleared: staging goes, an old store moved aside comes back, running processes keep theirs', async () => {
    // No process has an id this high (Linux ends at 2^22, macOS at 99998).
    const dead = 9_999_999;
    put(folder, [
      output(`.dreamfold-new-${dead}-abcdef/out/a`, 'half'),
      output(`.dreamfold-old-${dead}-abcdef/gone/a`, 'old'),
      output(`.dreamfold-old-${dead}-ABCDEF/here/a`, 'old'),
      output('here/a', 'new'),
      output(`.dreamfold-new-${process.ppid}-abcdef/out/a`, 'busy'),
      output('.dreamfold-notes/a', 'not ours'),
    ]);
    await removeStaging(folder);
    expect(names(folder)).toEqual([`.dreamfold-new-${process.ppid}-abcdef/out/a`, '.dreamfold-notes/a', 'gone/a', 'here/a']);
    expect(readFileSync(join(folder, 'here/a'), 'utf8')).toBe('new');
    await removeStaging(join(folder, 'absent'));
    expect(existsSync(join(folder, 'absent'))).toBe(false);
  });
});
