/** The records of a file of any format that a store may have, by way of its statements. */
import type { SharedTexts } from '../context.js';
import type { SourceFile, Statement, StoreFormat } from '../memory.js';
import { parseStore } from '../read/store.js';
import { segmentStore } from '../segment/memory.js';
import { renderStore } from '../write/render.js';
import type { Records } from './records.js';

/** Every record that may be dropped; the rest of the file stays as it is. */
export function parseRecords(file: SourceFile, format: StoreFormat, fields: { readonly text?: string }): Records {
  const store = parseStore([file], { single: true, format, fields, exclude: [], writeRules: true });
  const segmented = segmentStore(store);
  const statements = segmented.statements.filter((statement) => statement.lock === null && statement.role === 'fact');
  const without = (dropped: readonly number[]) => {
    const effect = {
      changeId: 'dedupe',
      drop: dropped.flatMap((row) => statements[row]?.id ?? []),
      replace: [],
      insert: [],
      containers: [],
    };
    return renderStore({ store, segmented, effects: [effect], refused: new Set() }).files[0]?.bytes ?? new Uint8Array();
  };
  return {
    count: statements.length,
    texts: shareTexts(statements.map(({ text }) => text)),
    lines: Uint32Array.from(statements, ({ line }) => line),
    owners: numberOwners(statements),
    problems: store.problems,
    without,
  };
}

function shareTexts(texts: readonly string[]): SharedTexts {
  const encoded = texts.map((text) => Buffer.from(text, 'utf8'));
  const starts = new Uint32Array(new SharedArrayBuffer((texts.length + 1) * 4));
  const bytes = new Uint8Array(new SharedArrayBuffer(encoded.reduce((sum, { length }) => sum + length, 0)));
  for (const [row, text] of encoded.entries()) {
    const start = starts[row] ?? 0;
    bytes.set(text, start);
    starts[row + 1] = start + text.length;
  }
  return { bytes, starts };
}

function numberOwners(statements: readonly Statement[]): Uint32Array {
  const numbers = new Map<string, number>();
  return Uint32Array.from(statements, ({ scope: { subject } }) => {
    if (subject === null) return 0;
    const number = numbers.get(subject) ?? numbers.size + 1;
    numbers.set(subject, number);
    return number;
  });
}
