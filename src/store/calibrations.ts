/** What was measured of other models on labelled pairs, by the model's id (its hash is part of it) and what it is used for. */
import { z } from 'zod';
import type { Connection } from './connection.js';
import { json } from './rows.js';

export const calibrationKinds = ['similarity', 'second-stage'] as const;
export type CalibrationKind = (typeof calibrationKinds)[number];

export interface CalibrationRow<T = unknown> {
  readonly model: string;
  readonly kind: CalibrationKind;
  readonly at: string;
  /** Any JSON value; whoever wrote it knows its form. */
  readonly value: T;
}

export function upsertCalibration(db: Connection, { model, kind, at, value }: CalibrationRow): void {
  db.run('INSERT OR REPLACE INTO calibrations (model, kind, at, value) VALUES (?, ?, ?, ?)', model, kind, at, JSON.stringify(value));
}

export function selectCalibration<T>(db: Connection, model: string, kind: CalibrationKind, schema: z.ZodType<T>): CalibrationRow<T> | null {
  const row = db.get('SELECT model, kind, at, value FROM calibrations WHERE model = ? AND kind = ?', model, kind);
  return row === null ? null : db.parse(columnsOf(schema), row, 'calibration');
}

export function selectCalibrations(db: Connection): readonly CalibrationRow[] {
  const rows = db.all('SELECT model, kind, at, value FROM calibrations ORDER BY model, kind');
  return rows.map((row) => db.parse(columnsOf(z.unknown()), row, 'calibration'));
}

function columnsOf<T>(schema: z.ZodType<T>) {
  return z.object({ model: z.string(), kind: z.enum(calibrationKinds), at: z.string(), value: json(schema) });
}
