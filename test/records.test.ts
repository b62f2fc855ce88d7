import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCopies } from '../dist/index/copies.js';
import { type SourceFile, sha256, textKey } from '../dist/memory.js';
import { parseRecords } from '../dist/pipeline/parsed-records.js';
import { type Records, readRecords, textAt } from '../dist/pipeline/records.js';
import { readTable } from '../dist/read/table.js';

function makeFile(content: string | Uint8Array, path = 'facts.jsonl'): SourceFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { path, bytes, sha256: sha256(bytes), mode: 0o644, modifiedAt: '2026-01-01T00:00:00.000Z' };
}

function settingsFor(file: string) {
  return { file, field: null } as unknown as Parameters<typeof readRecords>[1]; // the two that reading looks at
}

/** What a file comes to, whichever way it was read. */
function describeRecords(records: Records, dropped: readonly number[]) {
  const rows = Array.from({ length: records.count }, (_, row) => row);
  const known = new Map<number, number>();
  return {
    texts: rows.map((row) => textAt(records.texts, row)),
    lines: [...records.lines],
    // Owners are numbers in the order of their first record; what counts is who shares one.
    owners: [...records.owners].map((owner) => known.get(owner) ?? known.set(owner, known.size).size),
    problems: records.problems,
    without: Buffer.from(records.without(dropped)).toString('latin1'),
  };
}

/** Reads a file in both ways and drops every third record. */
function readBothWays(content: string | Uint8Array, format: 'jsonl' | 'lines' = 'jsonl') {
  const file = makeFile(content, format === 'jsonl' ? 'facts.jsonl' : 'facts.txt');
  const parsed = parseRecords(file, format, {});
  const dropped = Array.from({ length: parsed.count }, (_, row) => row).filter((row) => row % 3 === 1 || row === parsed.count - 1);
  return { file, expected: describeRecords(parsed, dropped), dropped, table: readTable(file, format, {}) };
}

const record = (text: string, more: object = {}): string => JSON.stringify({ id: sha256(text).slice(0, 6), text, ...more });
const many = (count: number, line: (at: number) => string): string => Array.from({ length: count }, (_, at) => line(at)).join('\n');

const files: readonly (readonly [name: string, content: string | Uint8Array])[] = [
  ['plain records', `${many(50, (at) => record(`Fact number ${at} about the build.`))}\n`],
  ['no line end at the end', many(10, (at) => record(`Fact ${at} without a last line end`))],
  ['CRLF and a byte order mark', `\ufeff${many(10, (at) => record(`Fact ${at} on Windows`)).replaceAll('\n', '\r\n')}\r\n`],
  ['blank lines between records', many(10, (at) => `${record(`Fact ${at} with air around it`)}\n   \n`)],
  ['escapes, composed letters and emoji', many(10, (at) => `{"text":"caf\\u00e9 ${at} \\ud83d\\ude00 \\"quoted\\" \\n next line é"}`)],
  ['owners', many(20, (at) => record(`Fact ${at} of somebody`, { user_id: at % 3, agent_id: at % 2 === 0 ? 'planner' : '' }))],
  ['pinned and marked records', many(20, (at) => record(`Fact ${at} ${at === 4 ? '<!-- dreamfold: keep -->' : ''}`, { pinned: at === 7 }))],
  [
    'malformed and torn lines',
    `${many(12, (at) => (at === 5 ? '{"text": broken' : record(`Fact ${at} beside a broken one`)))}\n{"text":"torn`,
  ],
  ['records without text', many(12, (at) => (at % 4 === 2 ? '{"id":1,"text":"  "}' : record(`Fact ${at} with text`)))],
  [
    'a line that is no UTF-8',
    Buffer.concat([
      Buffer.from(`${many(9, (at) => record(`Fact ${at} in UTF-8`))}\n`),
      Buffer.from([0x7b, 0x22, 0x74, 0xff, 0x22, 0x7d, 0x0a]),
    ]),
  ],
  ['a nested text', many(10, (at) => JSON.stringify({ content: `Fact ${at} under content`, tags: ['a'] }))],
];

describe('records in columns', () => {
  for (const [name, content] of files) {
    it(`are those of the reader that knows every format: ${name}`, async () => {
      const { file, expected, dropped, table } = readBothWays(content);
      expect(table).not.toBeNull();
      expect(describeRecords(await readRecords(file, settingsFor('facts.jsonl')), dropped)).toEqual(expected);
    });
  }

  it('are those of lines of text, too', async () => {
    for (const content of [
      'one line of text\n\n  another line, with spaces  \nand a last one that ends the file without an end',
      `${'x y z '.repeat(30)}\r\nsecond\r\n`,
    ]) {
      const { file, expected, dropped, table } = readBothWays(content, 'lines');
      expect(table).not.toBeNull();
      expect(describeRecords(await readRecords(file, settingsFor('facts.txt')), dropped)).toEqual(expected);
    }
  });

  it('are left to that reader where the file is anything else', async () => {
    const strange: readonly string[] = [
      `${many(20, (at) => record(`Fact ${at} before a list`))}
[1, 2]
`,
      `${many(1500, (at) => record(`Fact ${at} with a late owner`, at > 1200 ? { user_id: 'late' } : {}))}\n`,
      many(20, (at) => `{"text":"half a character \\ud83d ${at} and some more words"}`),
    ];
    for (const content of strange) {
      const { file, expected, dropped, table } = readBothWays(content);
      expect(table).toBeNull();
      expect(describeRecords(await readRecords(file, settingsFor('facts.jsonl')), dropped)).toEqual(expected);
    }
  });

  it('are the same for any lines', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => JSON.stringify({ text: `some words ${text}` })),
      fc
        .record({ text: fc.string(), user_id: fc.option(fc.string({ maxLength: 2 })), pinned: fc.boolean() })
        .map((value) => JSON.stringify(value)),
      fc.constantFrom('', ' ', '{', '[]', '"text"', '{"text":1}', '{"other":"x"}'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 4, maxLength: 30 }), fc.constantFrom('\n', '\r\n'), async (lines, end) => {
        const head = many(30, (at) => record(`Fact ${at} that shows what the column is`));
        const { file, expected, dropped } = readBothWays(`${head}\n${lines.join(end)}`);
        expect(describeRecords(await readRecords(file, settingsFor('facts.jsonl')), dropped)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe('copies', () => {
  it('are the texts of one key and one owner, each told by the first', () => {
    const word = fc.constantFrom('cafe\u0301', 'café', 'a', ' ', '\t', 'é', 'b ', '\u00a0', 'A');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(word, { maxLength: 4 }), fc.nat(1)), { maxLength: 40 }), (rows) => {
        const texts = rows.map(([words]) => words.join(''));
        const encoded = texts.map((text) => new TextEncoder().encode(text));
        const starts = new Uint32Array(encoded.length + 1);
        for (const [row, { length }] of encoded.entries()) starts[row + 1] = (starts[row] ?? 0) + length;
        const bytes = new Uint8Array(Buffer.concat(encoded));
        const owners = Uint32Array.from(rows, ([, owner]) => owner);
        const expected = rows.map(([, owner], row) =>
          rows.findIndex(([, other], at) => other === owner && textKey(texts[at] ?? '') === textKey(texts[row] ?? '')),
        );
        expect([...findCopies({ bytes, starts }, owners)]).toEqual(expected);
      }),
    );
  });

  it('of one text a hundred thousand times are found at once', () => {
    const text = new TextEncoder().encode('The deploy needs two approvals.');
    const count = 100_000;
    const bytes = new Uint8Array(count * text.length);
    for (let row = 0; row < count; row += 1) bytes.set(text, row * text.length);
    const starts = Uint32Array.from({ length: count + 1 }, (_, row) => row * text.length);
    expect(findCopies({ bytes, starts }, new Uint32Array(count)).every((first) => first === 0)).toBe(true);
  });
});
