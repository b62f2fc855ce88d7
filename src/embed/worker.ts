/** The entry of an embedding thread: each exported function is one kind of task. A model is loaded once a thread. */
import { move } from 'piscina';
import { encodeTexts, loadStaticModel, type StaticModel } from './static.js';
import { describe, encode, type TransformerDescription, type TransformerSource } from './transformer.js';

export interface StaticTask {
  readonly folder: string;
  readonly texts: readonly string[];
}

export interface TransformerTask {
  readonly source: TransformerSource;
  readonly texts: readonly string[];
}

const models = new Map<string, StaticModel>();

/** One row a text; the buffer is moved to the caller, not copied. */
export function encodeStatic({ folder, texts }: StaticTask): ReturnType<typeof move> {
  const model = models.get(folder) ?? loadStaticModel(folder);
  models.set(folder, model);
  return move(encodeTexts(model, texts));
}

/** Loads a transformers.js model and says what it is, or why it cannot be used. */
export function describeTransformer(source: TransformerSource): Promise<TransformerDescription> {
  return describe(source);
}

/** One row a text; the buffer is moved to the caller, not copied. */
export async function encodeTransformer({ source, texts }: TransformerTask): Promise<ReturnType<typeof move>> {
  return move(await encode(source, texts));
}
