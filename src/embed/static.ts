/**
 * The static embedding model: one row of int8 numbers a word piece, a scale a row, and how telling a piece is. A text's vector is
 * the sum of its pieces' rows at unit length (Model2Vec, https://github.com/MinishLab/model2vec); how much a piece counts is in
 * its scale.
 *
 * `weights.bin`, little endian: rows x dimensions int8, then (at the next multiple of 4) rows float32 scales, rows float32 weights.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { SharedTexts } from '../context.js';
import { systemCode, UserError } from '../errors.js';
import { sha256 } from '../memory.js';
import { createTokenizer, type Tokenizer } from './tokenize.js';

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const modelSchema = z.object({
  format: z.literal(1),
  name: z.string().min(1),
  dimensions: z.int().min(8).max(4096).multipleOf(8),
  vocabulary: z.int().min(1).max(1_000_000),
  tokenizer: z.literal('bert-wordpiece-uncased'),
  sha256: z.object({ 'weights.bin': hex, 'vocab.txt': hex }),
});

export interface StaticModel {
  /** Name and the first 12 digits of a hash over all files: changes whenever a vector could. */
  readonly id: string;
  readonly dimensions: number;
  /** Rows x dimensions, scales multiplied in. */
  readonly table: Float32Array;
  /** How telling each piece is, 0 to 1. */
  readonly weights: Float32Array;
  readonly tokenizer: Tokenizer;
}

/** The folder of the model that ships with the package, the same from `src/` and from `dist/`. */
export const shippedModel: string = fileURLToPath(new URL('../../models/dreamfold-static', import.meta.url));

/**
 * Reads a model folder and checks it against its hashes; about 20 ms.
 * @throws UserError where a file is missing, damaged or of a version this program does not know.
 */
export function loadStaticModel(folder: string = shippedModel): StaticModel {
  const description = parseDescription(readModelFile(folder, 'model.json').toString('utf8'), folder);
  const { dimensions, vocabulary: rows } = description;
  const weights = readModelFile(folder, 'weights.bin');
  const vocabulary = readModelFile(folder, 'vocab.txt');
  for (const [name, bytes] of [['weights.bin', weights] as const, ['vocab.txt', vocabulary] as const]) {
    if (sha256(bytes) !== description.sha256[name]) throw damaged(folder, `${name} does not have the hash that model.json names`);
  }
  const pieces = vocabulary.toString('utf8').trimEnd().split('\n');
  const scalesAt = align(rows * dimensions);
  if (pieces.length !== rows || weights.length !== scalesAt + rows * 8) throw damaged(folder, 'its files differ in size');
  const floats = new DataView(weights.buffer, weights.byteOffset + scalesAt, rows * 8);
  const id = `${description.name}@${sha256(description.sha256['weights.bin'] + description.sha256['vocab.txt']).slice(0, 12)}`;
  return {
    id,
    dimensions,
    table: dequantise(weights, floats, rows, dimensions),
    weights: Float32Array.from({ length: rows }, (_, row) => floats.getFloat32((rows + row) * 4, true)),
    tokenizer: createTokenizer(pieces),
  };
}

/**
 * Vectors of texts, one row of `dimensions` a text, at unit length; a text with no known piece gets zeros. The caller owns the
 * array.
 */
export function encodeTexts(model: StaticModel, texts: readonly string[]): Float32Array {
  const out = new Float32Array(texts.length * model.dimensions);
  const sum = new Float64Array(model.dimensions);
  for (const [row, text] of texts.entries()) encodeInto(model, text, sum, out, row * model.dimensions);
  return out;
}

/** Text `rows[i]` of `texts` becomes row `place + i` of `vectors`, whose rows are `stride` numbers apart. */
export function encodeShared(
  model: StaticModel,
  task: {
    readonly texts: SharedTexts;
    readonly rows: Uint32Array;
    readonly place: number;
    readonly vectors: Float32Array;
    readonly stride: number;
  },
): void {
  const { bytes, starts } = task.texts;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sum = new Float64Array(model.dimensions);
  let offset = task.place * task.stride;
  for (const row of task.rows) {
    encodeInto(model, readShared(bytes, buffer, starts[row] ?? 0, starts[row + 1] ?? 0), sum, task.vectors, offset);
    offset += task.stride;
  }
}

/** Spaces are nothing to the tokenizer, so a plain text is as good as its canonical form. */
function readShared(bytes: Uint8Array, buffer: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at += 1) {
    if ((bytes[at] ?? 0) > 0x7e) return canonicalText(buffer.toString('utf8', start, end));
  }
  return buffer.toString('latin1', start, end);
}

/** The form that a text's key stands for: of two texts with one key it does not matter which is embedded. */
export function canonicalText(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/** Writes one text's vector at an offset of `out`; `sum` is working room of `dimensions` numbers. */
export function encodeInto(model: StaticModel, text: string, sum: Float64Array, out: Float32Array, offset: number): void {
  sumPieces(model, model.tokenizer.encode(text), sum);
  let square = 0;
  for (let i = 0; i < sum.length; i++) square += (sum[i] ?? 0) * (sum[i] ?? 0);
  const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
  for (let i = 0; i < sum.length; i++) out[offset + i] = (sum[i] ?? 0) * scale;
}

/** Eight columns at a time over all pieces, so that the sums stay in registers; dimensions are a multiple of 8. */
function sumPieces({ table, dimensions }: StaticModel, pieces: Int32Array, sum: Float64Array): void {
  for (let column = 0; column < dimensions; column += 8) {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let piece = 0; piece < pieces.length; piece++) {
      const at = (pieces[piece] ?? 0) * dimensions + column;
      s0 += table[at] ?? 0;
      s1 += table[at + 1] ?? 0;
      s2 += table[at + 2] ?? 0;
      s3 += table[at + 3] ?? 0;
      s4 += table[at + 4] ?? 0;
      s5 += table[at + 5] ?? 0;
      s6 += table[at + 6] ?? 0;
      s7 += table[at + 7] ?? 0;
    }
    sum[column] = s0;
    sum[column + 1] = s1;
    sum[column + 2] = s2;
    sum[column + 3] = s3;
    sum[column + 4] = s4;
    sum[column + 5] = s5;
    sum[column + 6] = s6;
    sum[column + 7] = s7;
  }
}

function dequantise(weights: Uint8Array, floats: DataView, rows: number, dimensions: number): Float32Array {
  const bytes = new Int8Array(weights.buffer, weights.byteOffset, rows * dimensions);
  const table = new Float32Array(rows * dimensions);
  for (let row = 0; row < rows; row++) {
    const scale = floats.getFloat32(row * 4, true);
    for (let i = row * dimensions; i < (row + 1) * dimensions; i++) table[i] = (bytes[i] ?? 0) * scale;
  }
  return table;
}

function align(size: number): number {
  return Math.ceil(size / 4) * 4;
}

function parseDescription(text: string, folder: string): z.infer<typeof modelSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(folder, 'model.json is not JSON', cause);
  }
  const parsed = modelSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw damaged(folder, `model.json, ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`, parsed.error);
}

function readModelFile(folder: string, name: string): Buffer {
  try {
    return readFileSync(join(folder, name));
  } catch (cause) {
    const code = systemCode(cause);
    if (code === null) throw cause;
    throw new UserError('notFound', `The embedding model in ${folder} cannot be read: ${name} (${code}). Install the package again.`, {
      cause,
    });
  }
}

function damaged(folder: string, what: string, cause?: unknown): UserError {
  return new UserError('usage', `The embedding model in ${folder} is damaged: ${what}. Install the package again.`, { cause });
}
