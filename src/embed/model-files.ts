/**
 * What lies in the folder of a transformers.js model: which ONNX file to run, what the model is for, and a hash over everything that
 * an answer depends on. Reads the files only; no model is loaded.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { ModelSource, OnnxType } from '../context.js';
import { toError, UserError } from '../errors.js';

/** File name endings of transformers.js and the type each stands for, the most exact first. */
export const onnxEndings: readonly (readonly [string, OnnxType])[] = [
  ['', 'fp32'],
  ['_fp16', 'fp16'],
  ['_quantized', 'q8'],
  ['_int8', 'int8'],
  ['_uint8', 'uint8'],
  ['_q4', 'q4'],
  ['_q4f16', 'q4f16'],
  ['_bnb4', 'bnb4'],
];

/** Files beside the graph that a text's tokens or a model's answer depend on. All but `config.json` may be missing. */
export const sideFiles = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'modules.json',
  '1_Pooling/config.json',
  'config_sentence_transformers.json',
] as const;

const configSchema = z.object({
  architectures: z.array(z.string()).nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
});

/**
 * Describes the model in a folder; `name` is what it is called in ids, the folder's own name where absent.
 * @throws UserError where the folder has no ONNX file or no readable `config.json`.
 */
export async function describeModel(folder: string, name: string = basename(folder)): Promise<ModelSource> {
  const file = findOnnxFile(folder);
  if (file === null) {
    throw new UserError(
      'usage',
      `The folder ${folder} has no ONNX file (onnx/model.onnx or model.onnx). Export the model to ONNX, or name another folder.`,
    );
  }
  const config = configSchema.safeParse(readJson(folder, 'config.json'));
  if (!config.success) {
    throw new UserError('usage', `${join(folder, 'config.json')} is missing or is no configuration of a model. Fetch the model again.`);
  }
  const { architectures, id2label } = config.data;
  const classifies = architectures?.[0]?.endsWith('ForSequenceClassification') ?? (id2label !== undefined && id2label !== null);
  const names = [...graphFiles(folder, file), ...sideFiles].filter((path) => existsSync(join(folder, path)));
  const hash = await hashFiles(folder, names);
  return {
    id: `${name}@${hash.slice(0, 12)}`,
    name,
    folder: resolve(folder),
    kind: classifies ? 'cross-encoder' : 'embedding',
    file: { type: file.type, subfolder: file.subfolder },
    sizeBytes: names.reduce((sum, path) => sum + statSync(join(folder, path)).size, 0),
    hash,
  };
}

/** The JSON of a file of a model; null where there is no such file. @throws UserError where it is no JSON. */
export function readJson(folder: string, path: string): unknown {
  const file = join(folder, path);
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError('usage', `${file} is damaged (${toError(error).message}). Fetch the model again.`, { cause: error });
  }
}

interface OnnxFile {
  readonly type: OnnxType;
  readonly subfolder: string;
  readonly path: string;
}

function findOnnxFile(folder: string): OnnxFile | null {
  for (const subfolder of ['onnx', '']) {
    for (const [ending, type] of onnxEndings) {
      const path = join(subfolder, `model${ending}.onnx`);
      if (existsSync(join(folder, path))) return { type, subfolder, path };
    }
  }
  return null;
}

/** The graph and the weights kept beside it. */
function graphFiles(folder: string, { path, subfolder }: OnnxFile): readonly string[] {
  const beside = readdirSync(join(folder, subfolder)).filter((name) => name.startsWith(basename(path)) && /_data(?:_\d+)?$/.test(name));
  return [path, ...beside.sort().map((name) => join(subfolder, name))];
}

async function hashFiles(folder: string, names: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const name of names) {
    hash.update(`\n${name.replaceAll('\\', '/')}\n`);
    for await (const chunk of createReadStream(join(folder, name))) hash.update(chunk);
  }
  return hash.digest('hex');
}
