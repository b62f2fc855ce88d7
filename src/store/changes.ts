/** The changes of a dream in their order, what was found beside them, and what a person never wants to be proposed again. */
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { ChangeStatus, Finding, PlannedChange, Problem } from '../memory.js';
import type { Connection } from './connection.js';
import { changeColumns, findingColumns, problemColumns } from './rows.js';

/** All of the old ones leave and all of the new ones come in one transaction. */
export function replaceChanges(db: Connection, dreamId: string, planned: readonly PlannedChange[]): void {
  db.transaction(() => {
    db.run('DELETE FROM changes WHERE dream = ?', dreamId);
    for (const [position, one] of planned.entries()) {
      const { status, json, effect } = columnsOf(one);
      db.run(
        'INSERT INTO changes (dream, position, id, status, change, effect) VALUES (?, ?, ?, ?, ?, ?)',
        dreamId,
        position,
        one.change.id,
        status,
        json,
        effect,
      );
    }
  });
}

export function selectChanges(db: Connection, dreamId: string): readonly PlannedChange[] {
  return db
    .all('SELECT status, change, effect FROM changes WHERE dream = ? ORDER BY position', dreamId)
    .map((row) => db.parse(changeColumns, row, 'change'));
}

/** All of them or none. */
export function markChanges(db: Connection, dreamId: string, changeIds: readonly string[], status: ChangeStatus): void {
  db.transaction(() => {
    for (const id of changeIds) {
      const found = db.run('UPDATE changes SET status = ? WHERE dream = ? AND id = ?', status, dreamId, id);
      if (found === 0) throw noChange(dreamId, id);
    }
  });
}

/** Its place in the order stays. */
export function replaceChange(db: Connection, dreamId: string, planned: PlannedChange): void {
  const { status, json, effect } = columnsOf(planned);
  const { id } = planned.change;
  const found = db.run(
    'UPDATE changes SET status = ?, change = ?, effect = ? WHERE dream = ? AND id = ?',
    status,
    json,
    effect,
    dreamId,
    id,
  );
  if (found === 0) throw noChange(dreamId, id);
}

function columnsOf({ change, effect }: PlannedChange): {
  readonly status: ChangeStatus;
  readonly json: string;
  readonly effect: string;
} {
  const { status, ...rest } = change;
  return { status, json: JSON.stringify(rest), effect: JSON.stringify(effect) };
}

function noChange(dreamId: string, id: string): UserError {
  return new UserError('notFound', `there is no change ${id} in ${dreamId}: see its changes with dreamfold changes ${dreamId}`);
}

type ReportKind = 'finding' | 'problem';

/** Replaces all reports of that kind. */
export function replaceReports(db: Connection, dreamId: string, kind: ReportKind, values: readonly (Finding | Problem)[]): void {
  db.transaction(() => {
    db.run('DELETE FROM reports WHERE dream = ? AND kind = ?', dreamId, kind);
    for (const [position, value] of values.entries()) {
      db.run('INSERT INTO reports (dream, kind, position, value) VALUES (?, ?, ?, ?)', dreamId, kind, position, JSON.stringify(value));
    }
  });
}

export function selectFindings(db: Connection, dreamId: string): readonly Finding[] {
  return selectReports(db, dreamId, 'finding').map((row) => db.parse(findingColumns, row, 'finding'));
}

export function selectProblems(db: Connection, dreamId: string): readonly Problem[] {
  return selectReports(db, dreamId, 'problem').map((row) => db.parse(problemColumns, row, 'problem'));
}

function selectReports(db: Connection, dreamId: string, kind: ReportKind): readonly unknown[] {
  return db.all('SELECT value FROM reports WHERE dream = ? AND kind = ? ORDER BY position', dreamId, kind);
}

export function insertRefusals(db: Connection, keys: readonly string[]): void {
  db.transaction(() => {
    for (const key of keys) db.run('INSERT OR IGNORE INTO refusals (key) VALUES (?)', key);
  });
}

export function removeRefusals(db: Connection, keys: readonly string[]): void {
  db.transaction(() => {
    for (const key of keys) db.run('DELETE FROM refusals WHERE key = ?', key);
  });
}

export function selectRefusals(db: Connection): ReadonlySet<string> {
  const row = z.object({ key: z.string() });
  return new Set(db.all('SELECT key FROM refusals').map((found) => db.parse(row, found, 'refusal').key));
}
