/** The entry of an embedding thread: each exported function is one kind of task. A model is loaded once a thread. */
import { move } from 'piscina';
import type { SharedTexts } from '../context.js';
import { encodeShared, encodeTexts, loadStaticModel, type StaticModel } from './static.js';
import { describe, encode, type TransformerDescription, type TransformerSource } from './transformer.js';

export interface StaticTask {
  readonly folder: string;
  readonly texts: readonly string[];
}

/** Texts `rows` of `texts`, whose vectors go to `vectors` from row `place` on, `stride` numbers apart; all in shared memory but `rows`. */
export interface SharedTask {
  readonly folder: string;
  readonly texts: SharedTexts;
  readonly rows: Uint32Array;
  readonly place: number;
  readonly vectors: Float32Array;
  readonly stride: number;
}

export interface TransformerTask {
  readonly source: TransformerSource;
  readonly texts: readonly string[];
}

const models = new Map<string, StaticModel>();

function modelOf(folder: string): StaticModel {
  const model = models.get(folder) ?? loadStaticModel(folder);
  models.set(folder, model);
  return model;
}

/** One row a text; the buffer is moved to the caller, not copied. */
export function encodeStatic({ folder, texts }: StaticTask): ReturnType<typeof move> {
  return move(encodeTexts(modelOf(folder), texts));
}

/** Writes vectors where the task says. */
export function encodeSharedTexts({ folder, ...task }: SharedTask): void {
  encodeShared(modelOf(folder), task);
}

/** Loads a transformers.js model and says what it is, or why it cannot be used. */
export function describeTransformer(source: TransformerSource): Promise<TransformerDescription> {
  return describe(source);
}

/** One row a text; the buffer is moved to the caller, not copied. */
export async function encodeTransformer({ source, texts }: TransformerTask): Promise<ReturnType<typeof move>> {
  return move(await encode(source, texts));
}
