/** How an embedding model wants its texts and tokens treated, as the files of sentence-transformers beside it say. */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readJson } from './model-files.js';

export interface Recipe {
  readonly pooling: 'mean' | 'cls' | 'last_token';
  /** Put before every text; empty for most models. */
  readonly prompt: string;
  /** True where the model itself ends in a step that brings vectors to unit length. Ours have it either way, for cosines. */
  readonly normalizes: boolean;
}

/**
 * Reads `1_Pooling/config.json`, `modules.json` and `config_sentence_transformers.json` of a folder; without them tokens are averaged
 * and texts go in as they are.
 * @throws UserError where one is damaged, or asks for a step that is not known here: leaving it out would give other vectors.
 */
export function readRecipe(folder: string): Recipe {
  const modules = parse(z.array(z.object({ type: z.string() })), readJson(folder, 'modules.json'), folder, 'modules.json') ?? [];
  const kinds = modules.map(({ type }) => type.split('.').at(-1) ?? type);
  const unknown = kinds.find((kind) => !['Transformer', 'Pooling', 'Normalize'].includes(kind));
  if (unknown !== undefined) {
    throw new UserError('usage', `The model in ${folder} has a step ${unknown} (modules.json) that is not known here. Name another model.`);
  }
  return { pooling: readPooling(folder), prompt: readPrompt(folder), normalizes: kinds.includes('Normalize') };
}

const flag = z.boolean().default(false);
const poolingSchema = z.looseObject({
  /** The newer form names the one mode. */
  pooling_mode: z.string().optional(),
  pooling_mode_cls_token: flag,
  pooling_mode_mean_tokens: flag,
  pooling_mode_lasttoken: flag,
  pooling_mode_max_tokens: flag,
  pooling_mode_mean_sqrt_len_tokens: flag,
  pooling_mode_weightedmean_tokens: flag,
  include_prompt: z.boolean().default(true),
});

const poolingNames: Readonly<Record<string, Recipe['pooling']>> = {
  mean: 'mean',
  pooling_mode_mean_tokens: 'mean',
  cls: 'cls',
  pooling_mode_cls_token: 'cls',
  lasttoken: 'last_token',
  pooling_mode_lasttoken: 'last_token',
};

function readPooling(folder: string): Recipe['pooling'] {
  const config = parse(poolingSchema, readJson(folder, '1_Pooling/config.json'), folder, '1_Pooling/config.json');
  if (config === null) return 'mean';
  const { pooling_mode: named, include_prompt: includePrompt, ...modes } = config;
  const chosen =
    named === undefined ? Object.keys(modes).filter((mode) => mode.startsWith('pooling_mode_') && modes[mode] === true) : [named];
  const [mode] = chosen;
  const pooling = mode !== undefined && Object.hasOwn(poolingNames, mode) ? poolingNames[mode] : undefined;
  if (pooling !== undefined && chosen.length === 1 && includePrompt) return pooling;
  throw new UserError(
    'usage',
    `The model in ${folder} pools its tokens in a way that is not known here (1_Pooling/config.json). Mean, first and last token are.`,
  );
}

const promptSchema = z.looseObject({
  prompts: z.record(z.string(), z.string().max(1000)).nullish(),
  default_prompt_name: z.string().nullish(),
});

/** Names under which models keep the prompt for telling whether two texts say the same. */
const symmetricNames = ['STS', 'sts', 'similarity', 'semantic-similarity', 'clustering', 'Clustering'];

/**
 * Both sides of our pairs are alike, so both get one prompt: the model's default, else the one for similarity, else, where questions
 * and passages each have their own (`query: ` and `passage: `), that of questions, as those models are used on pairs of one kind.
 */
function readPrompt(folder: string): string {
  const name = 'config_sentence_transformers.json';
  const config = parse(promptSchema, readJson(folder, name), folder, name);
  const prompts = config?.prompts ?? {};
  const preset = config?.default_prompt_name ?? null;
  if (preset !== null) {
    if (Object.hasOwn(prompts, preset)) return prompts[preset] ?? '';
    throw new UserError(
      'usage',
      `${name} of the model in ${folder} names a prompt "${preset}" that it does not have. Fetch the model again.`,
    );
  }
  const symmetric = symmetricNames.find((key) => prompts[key] !== undefined);
  if (symmetric !== undefined) return prompts[symmetric] ?? '';
  const passage = prompts['passage'] ?? prompts['document'] ?? '';
  return passage === '' ? '' : (prompts['query'] ?? '');
}

function parse<T>(schema: z.ZodType<T>, value: unknown, folder: string, path: string): T | null {
  if (value === null) return null;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(
    'usage',
    `${path} of the model in ${folder} is not understood: ${result.error.issues[0]?.message}. Fetch the model again.`,
  );
}
