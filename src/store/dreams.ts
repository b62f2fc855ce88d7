/** The dreams themselves, in the order in which they were created. */
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { Connection, SqlValue } from './connection.js';
import { type DreamRow, dreamColumns } from './rows.js';

/** What may change of a dream after it was created. */
export type DreamPatch = Partial<Omit<DreamRow, 'id' | 'createdAt'>>;

const columns =
  'id, status, settings, store_root, store_single, format, session_ids, created_at, ended_at, error, summary, out, applied, discarded, cancel_requested';

function valuesOf(row: DreamRow): readonly SqlValue[] {
  return [
    row.id,
    row.status,
    JSON.stringify(row.settings),
    row.storeRoot,
    Number(row.storeSingle),
    row.format,
    JSON.stringify(row.sessionIds),
    row.createdAt,
    row.endedAt,
    jsonOrNull(row.error),
    jsonOrNull(row.summary),
    row.out,
    jsonOrNull(row.applied),
    Number(row.discarded),
    Number(row.cancelRequested),
  ];
}

function jsonOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

export function insertDream(db: Connection, row: DreamRow): void {
  const values = valuesOf(row);
  db.run(`INSERT INTO dreams (${columns}) VALUES (${values.map(() => '?').join(', ')})`, ...values);
}

/** One transaction: a cancel request of another process is never overwritten by a patch that does not name it. */
export function patchDream(db: Connection, id: string, patch: DreamPatch): void {
  db.transaction(() => {
    const row = selectDream(db, id);
    if (row === null) throw noDream(id);
    const values = valuesOf({ ...row, ...patch });
    const places = values.map(() => '?').join(', ');
    db.run(`UPDATE dreams SET (${columns}) = (${places}) WHERE id = ?`, ...values, id);
  });
}

export function selectDream(db: Connection, id: string): DreamRow | null {
  const row = db.get(`SELECT ${columns} FROM dreams WHERE id = ?`, id);
  return row === null ? null : db.parse(dreamColumns, row, 'dream');
}

export function selectLatest(db: Connection): DreamRow | null {
  const row = db.get(`SELECT ${columns} FROM dreams ORDER BY seq DESC LIMIT 1`);
  return row === null ? null : db.parse(dreamColumns, row, 'dream');
}

const numberRow = z.object({ seq: z.int() });

/** Number of the dream that was created last, also where it is gone; 0 before the first. Caches note by it when something was used. */
export function latestNumber(db: Connection): number {
  const row = db.get("SELECT seq FROM sqlite_sequence WHERE name = 'dreams'");
  return row === null ? 0 : db.parse(numberRow, row, 'dream').seq;
}

export function selectDreams(db: Connection): readonly DreamRow[] {
  return db.all(`SELECT ${columns} FROM dreams ORDER BY seq DESC`).map((row) => db.parse(dreamColumns, row, 'dream'));
}

export function markCancelled(db: Connection, id: string): void {
  if (db.run('UPDATE dreams SET cancel_requested = 1 WHERE id = ?', id) === 0) throw noDream(id);
}

export function selectCancelled(db: Connection, id: string): boolean {
  return db.get('SELECT 1 FROM dreams WHERE id = ? AND cancel_requested <> 0', id) !== null;
}

export function removeDream(db: Connection, id: string): boolean {
  return db.run('DELETE FROM dreams WHERE id = ?', id) > 0;
}

/** The error of a command that names a dream which is not there. */
export function noDream(id: string): UserError {
  return new UserError('notFound', `there is no dream ${id}: see the dreams with dreamfold list`);
}
