/**
 * Any feature-extraction model that transformers.js runs, from a folder. Runs inside an embedding thread. Texts go through one by one
 * with one ONNX thread: padding and the company of other texts would change the last bits of a vector.
 */
import { basename, dirname } from 'node:path';
import type { FeatureExtractionPipeline } from '@huggingface/transformers';
import type { ModelSource } from '../context.js';
import { systemCode, toError } from '../errors.js';
import type { Recipe } from './recipe.js';

export interface TransformerSource extends ModelSource {
  readonly recipe: Recipe;
}

/** Errors cross threads as data, for a thrown `UserError` would lose its class. */
export type TransformerDescription = { readonly dimensions: number } | { readonly failure: string };

interface Loaded {
  readonly dimensions: number;
  readonly encode: (text: string) => Promise<Float32Array>;
}

/** A model that cannot be used, and what the user can do about it. */
class Unusable extends Error {
  override readonly name = 'Unusable';
}

const loaded = new Map<string, Promise<Loaded>>();

/** Loads a model; what the user can mend comes back as a failure. */
export async function describe(source: TransformerSource): Promise<TransformerDescription> {
  try {
    const { dimensions } = await loadOnce(source);
    return { dimensions };
  } catch (error) {
    if (error instanceof Unusable) return { failure: error.message };
    throw error;
  }
}

/** One unit vector a text; zeros for an empty text. The caller owns the array. */
export async function encode(source: TransformerSource, texts: readonly string[]): Promise<Float32Array> {
  const model = await loadOnce(source);
  const out = new Float32Array(texts.length * model.dimensions);
  for (const [row, text] of texts.entries()) if (text !== '') out.set(await model.encode(text), row * model.dimensions);
  return out;
}

function loadOnce(source: TransformerSource): Promise<Loaded> {
  const known = loaded.get(source.folder);
  if (known !== undefined) return known;
  const loading = load(source);
  loaded.set(source.folder, loading);
  return loading;
}

type Library = typeof import('@huggingface/transformers');

async function importLibrary(): Promise<Library> {
  try {
    return await import('@huggingface/transformers');
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Unusable(
      'This model needs transformers.js, which is not installed. Run `npm install @huggingface/transformers`, or leave --model out.',
      { cause: error },
    );
  }
}

/** Nothing but the folder is read: what is missing there is never looked for elsewhere. */
async function load(source: TransformerSource): Promise<Loaded> {
  const library = await importLibrary();
  library.env.logLevel = library.LogLevel.ERROR;
  library.env.localModelPath = dirname(source.folder);
  library.env.allowRemoteModels = false;
  library.env.useFSCache = false;
  const extractor = await library
    .pipeline('feature-extraction', basename(source.folder), {
      dtype: source.file.type,
      subfolder: source.file.subfolder,
      device: 'cpu',
      session_options: { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 },
    })
    .catch((error: unknown) => {
      throw new Unusable(`The model in ${source.folder} cannot be loaded: ${toError(error).message}`, { cause: error });
    });
  return finish(extractor, source);
}

async function finish(extractor: FeatureExtractionPipeline, { id, recipe }: TransformerSource): Promise<Loaded> {
  const encodeText = async (text: string): Promise<Float32Array> => {
    const { data, type } = await extractor(`${recipe.prompt}${text}`, { pooling: recipe.pooling, normalize: true });
    if (!(data instanceof Float32Array)) throw new Unusable(`The model ${id} answers with ${type}, not with float32 numbers.`);
    return data;
  };
  const probe = await encodeText('dimensions');
  return { dimensions: probe.length, encode: encodeText };
}
