/**
 * Any text-classification model that transformers.js runs, from a folder. Runs inside a thread. Pairs go through one by one with one
 * ONNX thread: padding and the company of other pairs would change the last bits of a score.
 */
import { basename, dirname } from 'node:path';
import type { ModelSource } from '../context.js';
import { systemCode, toError } from '../errors.js';
import { type Head, readHead } from './head.js';

/** Two texts, of which each is asked whether it follows from the other. */
export interface TextPair {
  readonly a: string;
  readonly b: string;
}

/** Errors cross threads as data, for a thrown `UserError` would lose its class. */
export type ScorerDescription = { readonly head: Head } | { readonly failure: string };

interface Loaded {
  readonly head: Head;
  readonly score: (premise: string, hypothesis: string) => Promise<readonly number[]>;
}

/** A model that cannot be used, and what the user can do about it. */
class Unusable extends Error {
  override readonly name = 'Unusable';
}

/** Beyond these a score says no more, and one pair would weigh like many. */
const leastLog = -12;
const mostLogit = 20;
/** Statements are short; models with longer inputs are no better on them and far slower. */
const mostTokens = 512;

const loaded = new Map<string, Promise<Loaded>>();

/** Loads a model; what the user can mend comes back as a failure. */
export async function describeScorer(source: ModelSource): Promise<ScorerDescription> {
  try {
    const { head } = await loadOnce(source);
    return { head };
  } catch (error) {
    if (error instanceof Unusable) return { failure: error.message };
    throw error;
  }
}

/** For each pair the outputs with `a` first, then those with `b` first, in the order of the head. The caller owns the array. */
export async function scoreTexts(source: ModelSource, pairs: readonly TextPair[]): Promise<Float64Array> {
  const { head, score } = await loadOnce(source);
  const width = head.order.length;
  const out = new Float64Array(pairs.length * width * 2);
  for (const [row, { a, b }] of pairs.entries()) {
    out.set(await score(a, b), row * width * 2);
    out.set(await score(b, a), row * width * 2 + width);
  }
  return out;
}

function loadOnce(source: ModelSource): Promise<Loaded> {
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
      'This model needs transformers.js, which is not installed. Run `npm install @huggingface/transformers`, or leave --cross-encoder out.',
      { cause: error },
    );
  }
}

/** Nothing but the folder is read: what is missing there is never looked for elsewhere. */
async function load(source: ModelSource): Promise<Loaded> {
  const library = await importLibrary();
  library.env.logLevel = library.LogLevel.ERROR;
  library.env.localModelPath = dirname(source.folder);
  library.env.allowRemoteModels = false;
  library.env.useFSCache = false;
  try {
    return await start(library, source);
  } catch (error) {
    if (error instanceof Unusable) throw error;
    throw new Unusable(`The model in ${source.folder} cannot be loaded: ${toError(error).message}`, { cause: error });
  }
}

async function start(library: Library, { id, folder, file }: ModelSource): Promise<Loaded> {
  const name = basename(folder);
  const tokenizer = await library.AutoTokenizer.from_pretrained(name);
  const model = await library.AutoModelForSequenceClassification.from_pretrained(name, {
    dtype: file.type,
    subfolder: file.subfolder,
    device: 'cpu',
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 },
  });
  const config: Readonly<Record<string, unknown>> = { ...model.config };
  const limits = [tokenizer.model_max_length, Number(config['max_position_embeddings'])].filter((limit) => limit >= 1);
  const maxLength = Math.min(mostTokens, ...limits);
  const ask = async (premise: string, hypothesis: string): Promise<Float32Array> => {
    const inputs = tokenizer(premise, { text_pair: hypothesis, truncation: true, max_length: maxLength });
    const { logits } = await model(inputs);
    if (!(logits?.data instanceof Float32Array)) throw new Unusable(`The model ${id} gives no logits of float32 numbers.`);
    if (!logits.data.every(Number.isFinite)) throw new Unusable(`The model ${id} gives outputs that are no numbers.`);
    return logits.data;
  };
  const head = readHead(config['id2label'], (await ask('a', 'b')).length);
  if (typeof head === 'string') throw new Unusable(`The model ${id} cannot be used: ${head}.`);
  return { head, score: async (premise, hypothesis) => outputsOf(head, await ask(premise, hypothesis)) };
}

/** Log probabilities in the order of the head; a single output is left as it is. */
function outputsOf(head: Head, logits: Float32Array): readonly number[] {
  if (head.kind === 'score') return [Math.max(-mostLogit, Math.min(mostLogit, logits[0] ?? 0))];
  const top = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  return head.order.map((output) => Math.max(leastLog, (logits[output] ?? 0) - top - total));
}
