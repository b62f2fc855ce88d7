/**
 * What must survive a process that is killed. The journal has two states: empty, or one plan that was begun and not ended. Whoever
 * finds a plan in it on the next start takes it to its end or back. Checkpoints are finished pieces of a dream that can be resumed.
 */
import { z } from 'zod';
import type { Connection } from './connection.js';
import { json } from './rows.js';

/** The one plan that is being carried out; `T` must come back from JSON as it went in. */
export interface Journal<T> {
  /** On the disk when it returns; takes the place of a pending plan, whose next phase it is. */
  readonly begin: (plan: T) => void;
  /** On the disk when it returns; without a pending plan nothing happens. What `then` writes is part of the same transaction. */
  readonly end: (then?: (plan: T) => void) => void;
  /** @throws UserError `usage` where the plan is not of this form. */
  readonly pending: () => T | null;
}

export function openJournal<T>(db: Connection, schema: z.ZodType<T>): Journal<T> {
  return {
    begin: (plan) =>
      db.durable(() => {
        db.run('INSERT OR REPLACE INTO journal (id, plan) VALUES (1, ?)', JSON.stringify(plan));
      }),
    end: (then) => {
      db.durable(() => {
        const plan = then === undefined ? null : pendingPlan(db, schema);
        db.run('DELETE FROM journal');
        if (plan !== null) then?.(plan);
      });
    },
    pending: () => pendingPlan(db, schema),
  };
}

function pendingPlan<T>(db: Connection, schema: z.ZodType<T>): T | null {
  const row = selectPlan(db);
  return row === null ? null : readValue(db, schema, row, 'plan');
}

function selectPlan(db: Connection): unknown {
  return db.get('SELECT plan AS value FROM journal');
}

/** `value` is any JSON value. */
export function writeCheckpoint(db: Connection, dreamId: string, name: string, value: unknown): void {
  db.run('INSERT OR REPLACE INTO checkpoints (dream, name, value) VALUES (?, ?, ?)', dreamId, name, JSON.stringify(value));
}

export function readCheckpoint<T>(db: Connection, dreamId: string, name: string, schema: z.ZodType<T>): T | null {
  const row = db.get('SELECT value FROM checkpoints WHERE dream = ? AND name = ?', dreamId, name);
  return row === null ? null : readValue(db, schema, row, 'checkpoint');
}

function readValue<T>(db: Connection, schema: z.ZodType<T>, row: unknown, what: string): T {
  return db.parse(z.object({ value: json(schema) }), row, what).value;
}
