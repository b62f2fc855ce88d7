/**
 * Any feature-extraction model that transformers.js runs, from a local folder or the hub. Runs inside an embedding thread. Texts
 * go through one by one with one ONNX thread: padding and the company of other texts would change the last bits of a vector.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { DataType, FeatureExtractionPipeline } from '@huggingface/transformers';
import { z } from 'zod';
import { systemCode, toError } from '../errors.js';
import { sha256 } from '../memory.js';
import { fetchPoolingConfig } from './download.js';

export interface TransformerSource {
  /** A folder, or a hub id such as `Xenova/all-MiniLM-L6-v2`. */
  readonly model: string;
  readonly offline: boolean;
}

/** Errors cross threads as data, for a thrown `UserError` would lose its class. */
export type TransformerDescription =
  | { readonly id: string; readonly dimensions: number }
  | { readonly failure: string; readonly exit: 'usage' | 'notFound' };

type Pooling = 'mean' | 'cls' | 'last_token';

interface Loaded {
  readonly id: string;
  readonly dimensions: number;
  readonly encode: (text: string) => Promise<Float32Array>;
}

/** A model that cannot be used, and what the user can do about it. */
class Unusable extends Error {
  override readonly name = 'Unusable';
  readonly exit: 'usage' | 'notFound';

  constructor(exit: 'usage' | 'notFound', message: string, cause?: unknown) {
    super(message, { cause });
    this.exit = exit;
  }
}

const loaded = new Map<string, Promise<Loaded>>();

/** Loads a model; what the user can mend comes back as a failure. */
export async function describe(source: TransformerSource): Promise<TransformerDescription> {
  try {
    const { id, dimensions } = await loadOnce(source);
    return { id, dimensions };
  } catch (error) {
    if (error instanceof Unusable) return { failure: error.message, exit: error.exit };
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
  const known = loaded.get(source.model);
  if (known !== undefined) return known;
  const loading = load(source);
  loaded.set(source.model, loading);
  return loading;
}

async function load(source: TransformerSource): Promise<Loaded> {
  const isFolder = statSync(source.model, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder && !/^[\w.-]+(\/[\w.-]+)?$/.test(source.model)) {
    throw new Unusable(
      'notFound',
      `No model folder ${source.model}, and that is no hub id either. Name a folder or an id such as Xenova/all-MiniLM-L6-v2.`,
    );
  }
  const library = await importLibrary();
  library.env.logLevel = library.LogLevel.ERROR;
  return isFolder ? await loadFolder(library, resolve(source.model)) : await loadFromHub(library, source);
}

type Library = typeof import('@huggingface/transformers');

async function importLibrary(): Promise<Library> {
  try {
    return await import('@huggingface/transformers');
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Unusable(
      'usage',
      'This model needs transformers.js, which is not installed. Run `npm install @huggingface/transformers`, or leave --model out.',
      error,
    );
  }
}

async function loadFolder(library: Library, folder: string): Promise<Loaded> {
  const file = findOnnxFile(folder);
  if (file === null) {
    throw new Unusable(
      'usage',
      `The folder ${folder} has no ONNX file (onnx/model.onnx or model.onnx). Export the model to ONNX, or name another folder.`,
    );
  }
  const poolingFile = join(folder, '1_Pooling', 'config.json');
  const pooling = readPooling(existsSync(poolingFile) ? JSON.parse(readFileSync(poolingFile, 'utf8')) : null, folder);
  library.env.localModelPath = dirname(folder);
  library.env.allowRemoteModels = false;
  const extractor = await startPipeline(library, basename(folder), file).catch((error: unknown) => {
    throw new Unusable('usage', `The model in ${folder} cannot be loaded: ${toError(error).message}`, error);
  });
  return finish(extractor, pooling, `${basename(folder)}@${(await hashFolder(folder, file, pooling)).slice(0, 12)}`);
}

/** The hub's `main` branch, through the cache of transformers.js; offline, from that cache alone and with mean pooling. */
async function loadFromHub(library: Library, { model, offline }: TransformerSource): Promise<Loaded> {
  library.env.allowRemoteModels = !offline;
  try {
    const config = offline ? null : await fetchPoolingConfig(library.env, model);
    const pooling = readPooling(config, model);
    const extractor = await startPipeline(library, model, { dtype: 'fp32', subfolder: 'onnx' });
    return await finish(extractor, pooling, `${model}@${sha256(`hub main fp32 ${pooling}`).slice(0, 12)}`);
  } catch (error) {
    if (error instanceof Unusable) throw error;
    const why = offline ? 'it is not in the local cache and downloads are off' : toError(error).message;
    throw new Unusable(
      'notFound',
      `The model ${model} cannot be fetched from ${library.env.remoteHost}: ${why}. Check the id and the network, or name a local folder.`,
      error,
    );
  }
}

function startPipeline(
  library: Library,
  name: string,
  file: { readonly dtype: DataType; readonly subfolder: string },
): Promise<FeatureExtractionPipeline> {
  const session = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 as const };
  return library.pipeline('feature-extraction', name, {
    dtype: file.dtype,
    subfolder: file.subfolder,
    device: 'cpu',
    session_options: session,
  });
}

async function finish(extractor: FeatureExtractionPipeline, pooling: Pooling, id: string): Promise<Loaded> {
  const encodeText = async (text: string): Promise<Float32Array> => {
    const output = await extractor(text, { pooling, normalize: true });
    const { data } = output;
    if (!(data instanceof Float32Array))
      throw new Unusable('usage', `The model ${id} answers with ${output.type}, not with float32 numbers.`);
    return data;
  };
  const probe = await encodeText('dimensions');
  return { id, dimensions: probe.length, encode: encodeText };
}

/** File name endings of transformers.js and the type each stands for, the most exact first. */
const dtypes: readonly (readonly [string, DataType])[] = [
  ['', 'fp32'],
  ['_fp16', 'fp16'],
  ['_quantized', 'q8'],
  ['_int8', 'int8'],
  ['_uint8', 'uint8'],
  ['_q4', 'q4'],
  ['_q4f16', 'q4f16'],
  ['_bnb4', 'bnb4'],
];

function findOnnxFile(folder: string): { readonly dtype: DataType; readonly subfolder: string; readonly path: string } | null {
  for (const subfolder of ['onnx', '']) {
    for (const [ending, dtype] of dtypes) {
      const path = join(subfolder, `model${ending}.onnx`);
      if (existsSync(join(folder, path))) return { dtype, subfolder, path };
    }
  }
  return null;
}

const poolingSchema = z.object({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
});

function readPooling(config: unknown, model: string): Pooling {
  if (config === null) return 'mean';
  const parsed = poolingSchema.safeParse(config);
  if (parsed.success && parsed.data.pooling_mode_mean_tokens) return 'mean';
  if (parsed.success && parsed.data.pooling_mode_cls_token) return 'cls';
  if (parsed.success && parsed.data.pooling_mode_lasttoken) return 'last_token';
  throw new Unusable(
    'usage',
    `The model ${model} pools its tokens in a way that is not known here (1_Pooling/config.json). Mean, first and last token are.`,
  );
}

/** Everything that a vector depends on: graph, weights kept beside it, tokenizer, configuration, pooling. */
async function hashFolder(folder: string, file: { readonly subfolder: string; readonly path: string }, pooling: Pooling): Promise<string> {
  const beside = readdirSync(join(folder, file.subfolder)).filter((name) => name.startsWith(`${basename(file.path)}_data`));
  const names = [
    file.path,
    ...beside.sort().map((name) => join(file.subfolder, name)),
    'tokenizer.json',
    'tokenizer_config.json',
    'config.json',
  ];
  const hash = createHash('sha256').update(pooling);
  for (const name of names) {
    if (!existsSync(join(folder, name))) continue;
    for await (const chunk of createReadStream(join(folder, name))) hash.update(chunk);
  }
  return hash.digest('hex');
}
