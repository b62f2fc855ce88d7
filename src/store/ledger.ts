/** What Claude was asked, what it answered and what that came to; and the batches whose results are still out. */
import { z } from 'zod';
import type { Connection } from './connection.js';
import { json } from './rows.js';

/** Which question an answer belongs to: the rules and instructions it was given under, and the model. */
export interface AnswerScope {
  readonly question: string;
  readonly model: string;
}

export interface PairValue {
  readonly pair: string;
  /** Any JSON value. */
  readonly value: unknown;
}

export interface KeptAnswer<T> {
  readonly value: T;
  /** Number of the call that gave it. */
  readonly call: number;
}

export interface KeptCall<T> {
  readonly seq: number;
  readonly value: T;
}

export interface KeptBatch<T> {
  readonly id: string;
  readonly value: T;
}

export function selectAnswers<T>(
  db: Connection,
  { question, model }: AnswerScope,
  pairs: readonly string[],
  schema: z.ZodType<T>,
): ReadonlyMap<string, KeptAnswer<T>> {
  const form = z.object({ value: json(schema), call: z.int() });
  return db.snapshot(() => {
    const found = new Map<string, KeptAnswer<T>>();
    for (const pair of pairs) {
      const row = db.get('SELECT value, call FROM answers WHERE question = ? AND model = ? AND pair = ?', question, model, pair);
      if (row !== null) found.set(pair, db.parse(form, row, 'answer'));
    }
    return found;
  });
}

export function insertCall(
  db: Connection,
  dream: string | null,
  call: unknown,
  { question, model }: AnswerScope,
  answers: readonly PairValue[],
): number {
  return db.durable(() => {
    db.run('INSERT INTO calls (dream, value) VALUES (?, ?)', dream, JSON.stringify(call));
    const { seq } = db.parse(z.object({ seq: z.int() }), db.get('SELECT last_insert_rowid() AS seq'), 'call');
    for (const { pair, value } of answers) {
      db.run(
        'INSERT OR REPLACE INTO answers (question, model, pair, call, value) VALUES (?, ?, ?, ?, ?)',
        question,
        model,
        pair,
        seq,
        JSON.stringify(value),
      );
    }
    return seq;
  });
}

export function replaceCall(db: Connection, seq: number, call: unknown): void {
  db.run('UPDATE calls SET value = ? WHERE seq = ?', JSON.stringify(call), seq);
}

export function selectCalls<T>(db: Connection, dream: string, schema: z.ZodType<T>): readonly KeptCall<T>[] {
  const form = z.object({ seq: z.int(), value: json(schema) });
  return db.all('SELECT seq, value FROM calls WHERE dream = ? ORDER BY seq', dream).map((row) => db.parse(form, row, 'call'));
}

export function insertBatch(db: Connection, id: string, dream: string | null, value: unknown): void {
  db.durable(() => db.run('INSERT OR REPLACE INTO batches (id, dream, value) VALUES (?, ?, ?)', id, dream, JSON.stringify(value)));
}

export function removeBatch(db: Connection, id: string): void {
  db.run('DELETE FROM batches WHERE id = ?', id);
}

export function selectBatches<T>(db: Connection, dream: string | null, schema: z.ZodType<T>): readonly KeptBatch<T>[] {
  const form = z.object({ id: z.string(), value: json(schema) });
  return db.all('SELECT id, value FROM batches WHERE dream IS ? ORDER BY id', dream).map((row) => db.parse(form, row, 'batch'));
}
