/** Vectors by model and text key, as little-endian 32-bit floats; and the times of texts that a dream moved. */
import { z } from 'zod';
import type { VectorCache } from '../context.js';
import type { Connection } from './connection.js';

const vectorRow = z.object({ vector: z.instanceof(Uint8Array) });
const modelRow = z.object({ id: z.int() });
const timeRow = z.object({ at: z.string() });

/** The cache that `embed/` is handed. Vectors that it gives out are copies; those it takes are copied at once. */
export function vectorCache(db: Connection): VectorCache {
  return {
    get: (model, keys) =>
      db.snapshot(() => {
        const id = modelId(db, model);
        return id === null ? keys.map(() => null) : keys.map((key) => selectVector(db, id, key));
      }),
    put: (model, rows) => {
      if (rows.length === 0) return;
      db.transaction(() => {
        db.run('INSERT OR IGNORE INTO models (name) VALUES (?)', model);
        const id = modelId(db, model);
        for (const { key, vector } of rows) {
          const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
          db.run('INSERT OR REPLACE INTO vectors (model, key, vector) VALUES (?, ?, ?)', id, key, bytes);
        }
      });
    },
  };
}

function modelId(db: Connection, model: string): number | null {
  const row = db.get('SELECT id FROM models WHERE name = ?', model);
  return row === null ? null : db.parse(modelRow, row, 'model').id;
}

function selectVector(db: Connection, model: number, key: string): Float32Array | null {
  const row = db.get('SELECT vector FROM vectors WHERE model = ? AND key = ?', model, key);
  if (row === null) return null;
  const { vector } = db.parse(vectorRow, row, 'vector');
  return new Float32Array(new Uint8Array(vector).buffer);
}

export function insertMovedTimes(db: Connection, rows: readonly { readonly textKey: string; readonly at: string }[]): void {
  db.transaction(() => {
    for (const { textKey, at } of rows) db.run('INSERT OR REPLACE INTO moved_times (text_key, at) VALUES (?, ?)', textKey, at);
  });
}

export function selectMovedTime(db: Connection, textKey: string): string | null {
  const row = db.get('SELECT at FROM moved_times WHERE text_key = ?', textKey);
  return row === null ? null : db.parse(timeRow, row, 'time').at;
}
