/** What transcripts gave when they were read, by what they were read as and a hash of their bytes. One for each file: the last. */
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import type { Connection } from './connection.js';
import { latestNumber } from './dreams.js';

/**
 * A structured clone, packed: what one object is in two places comes back as one, which JSON would not give. Newer versions of Node read
 * what older ones wrote.
 */
const packed = z.instanceof(Uint8Array).transform((bytes, context): unknown => {
  try {
    return deserialize(inflateRawSync(bytes));
  } catch {
    context.addIssue({ code: 'custom', message: 'not packed as it was' });
    return z.NEVER;
  }
});

/** Null where the file was never read, had other bytes, or left something that this version cannot unpack. Notes that it was used. */
export function selectReading<T>(db: Connection, name: string, content: string, schema: z.ZodType<T>): T | null {
  const row = db.get('SELECT value, used FROM readings WHERE name = ? AND content = ?', name, content);
  if (row === null) return null;
  const parsed = z.object({ value: packed.pipe(schema), used: z.int() }).safeParse(row);
  if (!parsed.success) return null;
  const { value, used } = parsed.data;
  const now = latestNumber(db);
  if (used !== now) db.run('UPDATE readings SET used = ? WHERE name = ?', now, name);
  return value;
}

/** Takes the place of what the file gave before. */
export function upsertReading(db: Connection, name: string, content: string, value: unknown): void {
  const bytes = deflateRawSync(serialize(value), { level: 1 });
  db.run('INSERT OR REPLACE INTO readings (name, content, value, used) VALUES (?, ?, ?, ?)', name, content, bytes, latestNumber(db));
}

/** Removes what no dream that is still known has used: transcripts that are gone leave nothing behind. */
export function sweepReadings(db: Connection): void {
  db.run('DELETE FROM readings WHERE used NOT IN (SELECT seq FROM dreams)');
}

/** Leaves about `most`, those that were used last. */
export function trimReadings(db: Connection, most: number): void {
  db.run('DELETE FROM readings WHERE used < (SELECT used FROM readings ORDER BY used DESC LIMIT 1 OFFSET ?)', most);
}
