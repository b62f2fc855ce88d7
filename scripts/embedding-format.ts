/** Writes the static embedding model in the format that src/embed/static.ts reads, and reads the safetensors table it starts from. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256 } from '../src/memory.js';

/** A table of `pieces.length` rows; `weights` says how telling each piece is. */
export interface EmbeddingTable {
  readonly pieces: readonly string[];
  readonly dimensions: number;
  readonly rows: Float32Array;
  readonly weights: Float32Array;
}

const tokenizerFile = z.object({
  model: z.object({ vocab: z.record(z.string(), z.int()) }),
});

/** Reads the archive of a Model2Vec model: `model.safetensors` with one int8 tensor `embeddings`, and `tokenizer.json`. */
export function readModel2Vec(archive: ReadonlyMap<string, Buffer>): Omit<EmbeddingTable, 'weights'> {
  const find = (name: string): Buffer => {
    const path = [...archive.keys()].find((candidate) => candidate.endsWith(`/${name}`));
    const bytes = path === undefined ? undefined : archive.get(path);
    if (bytes === undefined) throw new Error(`no ${name} in the archive`);
    return bytes;
  };
  const { vocab } = tokenizerFile.parse(JSON.parse(find('tokenizer.json').toString('utf8'))).model;
  const pieces: string[] = [];
  for (const [piece, id] of Object.entries(vocab)) pieces[id] = piece;
  const file = find('model.safetensors');
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = z
    .object({
      embeddings: z.object({
        dtype: z.literal('I8'),
        shape: z.tuple([z.int(), z.int()]),
        data_offsets: z.tuple([z.int(), z.int()]),
      }),
    })
    .parse(JSON.parse(file.subarray(8, 8 + headerLength).toString('utf8')));
  const [count, dimensions] = header.embeddings.shape;
  if (count !== pieces.length) throw new Error(`${count} rows for ${pieces.length} pieces`);
  const start = 8 + headerLength + header.embeddings.data_offsets[0];
  const rows = Float32Array.from({ length: count * dimensions }, (_, i) => file.readInt8(start + i));
  return { pieces, dimensions, rows };
}

/** Rounds every row to 255 steps of its own scale and writes the three files. */
export function writeModel(folder: string, name: string, table: EmbeddingTable): void {
  const { pieces, dimensions, rows } = table;
  const scalesAt = Math.ceil((pieces.length * dimensions) / 4) * 4;
  const bytes = Buffer.alloc(scalesAt + pieces.length * 8);
  for (let row = 0; row < pieces.length; row++) {
    const values = rows.subarray(row * dimensions, (row + 1) * dimensions);
    const scale = Math.fround(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127);
    for (const [i, value] of values.entries()) bytes.writeInt8(scale > 0 ? Math.round(value / scale) : 0, row * dimensions + i);
    bytes.writeFloatLE(scale, scalesAt + row * 4);
    bytes.writeFloatLE(table.weights[row] ?? 0, scalesAt + (pieces.length + row) * 4);
  }
  const vocabulary = `${pieces.join('\n')}\n`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'weights.bin'), bytes);
  writeFileSync(join(folder, 'vocab.txt'), vocabulary);
  const description = {
    format: 1,
    name,
    dimensions,
    vocabulary: pieces.length,
    tokenizer: 'bert-wordpiece-uncased',
    sha256: { 'weights.bin': sha256(bytes), 'vocab.txt': sha256(vocabulary) },
  };
  writeFileSync(join(folder, 'model.json'), `${JSON.stringify(description, null, 2)}\n`);
}
