/**
 * Texts -> vectors. Equal texts are embedded once, what the cache knows is not embedded again, the rest goes in batches of a
 * fixed size to worker threads (small inputs of a static model stay on the calling one). Every vector depends on its own text
 * and the model alone, so neither the number of threads, nor the cache, nor the other texts change a bit of it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { RunContext, SharedTexts, VectorCache } from '../context.js';
import { UserError } from '../errors.js';
import { sha256, textKey } from '../memory.js';
import { describeModel } from './model-files.js';
import { readRecipe } from './recipe.js';
import { canonicalText, encodeShared, encodeTexts, loadStaticModel, type StaticModel, shippedModel } from './static.js';
import type { TransformerDescription, TransformerSource } from './transformer.js';
import type { SharedTask, StaticTask, TransformerTask } from './worker.js';

export interface EmbedderOptions {
  /** Null for the shipped model; else the folder of a static or transformers.js model. */
  readonly model: string | null;
  /** What a transformers.js model is called in ids; the name of its folder where absent. */
  readonly name?: string;
  /** Worker threads at most, at least 1. */
  readonly threads: number;
}

/** An open model; `close` ends its threads. */
export interface Embedder extends AsyncDisposable {
  /** Name and hash prefix of the model: the same id gives the same vectors. */
  readonly id: string;
  readonly dimensions: number;
  /** True for the shipped model alone, whose similarities the shipped thresholds were fitted on. */
  readonly calibrated: boolean;
  /**
   * One row of `dimensions` a text, in the order of `texts`, at unit length; all zeros for a text the model knows nothing of. The
   * caller owns the array. New vectors are put into `cache` batch by batch.
   * @throws the reason of `context.signal` once it is aborted.
   */
  readonly embed: (texts: readonly string[], cache: VectorCache | null, context: RunContext) => Promise<Float32Array>;
  /**
   * The vectors of some texts in shared memory, into shared memory: text `rows[i]` to row `i` of `vectors`. The same bits as `embed` gives.
   * @throws the reason of `context.signal` once it is aborted.
   */
  readonly embedShared: (texts: SharedTexts, rows: Uint32Array, into: SharedVectors, context: RunContext) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Rows of vectors in shared memory, `stride` numbers apart. */
export interface SharedVectors {
  readonly vectors: Float32Array;
  readonly stride: number;
}

/** Texts a batch; part of no result, but of how much is lost when a run is stopped. */
const batchSizes = { static: 512, transformer: 16 } as const;
/** Texts in shared memory a batch, and as many as the calling thread embeds sooner than others are up. */
const sharedBatch = 2048;
const smallShared = 16_384;
/** Starting a thread and loading the table costs about as much as embedding this many short texts. */
const smallInput = 4096;

/** What differs between kinds of model. */
interface Backend {
  readonly id: string;
  readonly dimensions: number;
  readonly calibrated: boolean;
  readonly batchSize: number;
  /** Null where texts always go to a worker. */
  readonly encodeHere: ((texts: readonly string[]) => Float32Array) | null;
  /** Null where texts in shared memory cannot be read in place. */
  readonly shared: { readonly here: (task: Omit<SharedTask, 'folder'>) => void; readonly folder: string } | null;
  readonly taskName: 'encodeStatic' | 'encodeTransformer';
  readonly makeTask: (texts: readonly string[]) => StaticTask | TransformerTask;
}

/**
 * Opens a model and checks it.
 * @throws UserError where it is missing, damaged or no embedding model, or where transformers.js is needed and not installed.
 */
export async function openEmbedder(options: EmbedderOptions): Promise<Embedder> {
  const pool = makePool(Math.max(1, Math.floor(options.threads)));
  try {
    const folder = staticFolder(options.model);
    const backend = folder === null ? await transformerBackend(options.model ?? '', options.name, pool) : staticBackend(folder);
    return new PooledEmbedder(backend, pool);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Threads start with the first task, not with the pool. */
function makePool(threads: number): Piscina {
  return new Piscina({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 10_000,
  });
}

/** The folder of a static model that an option means, or null where it means a transformers.js model. */
function staticFolder(model: string | null): string | null {
  if (model === null) return shippedModel;
  return existsSync(join(model, 'model.json')) ? model : null;
}

function staticBackend(folder: string): Backend {
  const model: StaticModel = loadStaticModel(folder);
  return {
    id: model.id,
    dimensions: model.dimensions,
    calibrated: folder === shippedModel,
    batchSize: batchSizes.static,
    encodeHere: (texts) => encodeTexts(model, texts),
    shared: { here: (task) => encodeShared(model, task), folder },
    taskName: 'encodeStatic',
    makeTask: (texts) => ({ folder, texts }),
  };
}

async function transformerBackend(folder: string, name: string | undefined, pool: Piscina): Promise<Backend> {
  if (!existsSync(folder)) throw new UserError('notFound', `No model folder ${folder}. Name a folder, or an id of the hub.`);
  const model = await describeModel(folder, name);
  if (model.kind !== 'embedding') {
    throw new UserError('usage', `${model.name} scores pairs and gives no vectors. Use it with --cross-encoder, and name another --model.`);
  }
  const recipe = readRecipe(folder);
  const source: TransformerSource = { ...model, recipe };
  const described: TransformerDescription = await pool.run(source, { name: 'describeTransformer' });
  if ('failure' in described) throw new UserError('usage', described.failure);
  return {
    id: `${model.name}@${sha256(`${model.hash} ${JSON.stringify(recipe)}`).slice(0, 12)}`,
    dimensions: described.dimensions,
    calibrated: false,
    batchSize: batchSizes.transformer,
    encodeHere: null,
    shared: null,
    taskName: 'encodeTransformer',
    makeTask: (texts) => ({ source, texts }),
  };
}

/** Distinct texts in the order of first appearance, and which of them each input text is. */
interface Distinct {
  readonly texts: readonly string[];
  readonly indexOf: Uint32Array;
}

class PooledEmbedder implements Embedder {
  readonly id: string;
  readonly dimensions: number;
  readonly calibrated: boolean;
  readonly #backend: Backend;
  readonly #pool: Piscina;

  constructor(backend: Backend, pool: Piscina) {
    this.id = backend.id;
    this.dimensions = backend.dimensions;
    this.calibrated = backend.calibrated;
    this.#backend = backend;
    this.#pool = pool;
  }

  readonly embed = async (texts: readonly string[], cache: VectorCache | null, context: RunContext): Promise<Float32Array> => {
    context.signal.throwIfAborted();
    const distinct = distinguish(texts);
    const vectors = new Float32Array(distinct.texts.length * this.dimensions);
    const keys = cache === null ? [] : distinct.texts.map(textKey);
    const missing = cache === null ? distinct.texts.map((_, row) => row) : this.#fillFromCache(keys, cache, vectors);
    const keep = (rows: readonly number[]): void =>
      cache?.put(
        this.id,
        rows.map((row) => ({ key: keys[row] ?? '', vector: this.#row(vectors, row).slice() })),
      );
    await this.#encodeMissing(distinct.texts, missing, vectors, keep, context);
    return spread(vectors, distinct.indexOf, this.dimensions);
  };

  readonly embedShared = async (texts: SharedTexts, rows: Uint32Array, into: SharedVectors, context: RunContext): Promise<void> => {
    context.signal.throwIfAborted();
    const { shared } = this.#backend;
    let done = 0;
    const report = () => context.report({ kind: 'stage', stage: 'embed', done, total: rows.length, unit: 'statements' });
    report();
    const here = shared !== null && rows.length <= smallShared;
    const runBatch = async (start: number): Promise<void> => {
      const some = rows.slice(start, start + sharedBatch);
      if (shared === null) await this.#embedStrings(texts, some, start, into, context);
      else if (here) shared.here({ texts, rows: some, place: start, ...into });
      else
        await this.#pool.run({ folder: shared.folder, texts, rows: some, place: start, ...into } satisfies SharedTask, {
          name: 'encodeSharedTexts',
        });
      done += some.length;
      report();
    };
    const lanes = here || shared === null ? 1 : this.#pool.options.maxThreads * 2;
    await runInLanes(lanes, Math.ceil(rows.length / sharedBatch), (batch) => runBatch(batch * sharedBatch), context.signal);
  };

  async #embedStrings(
    { bytes, starts }: SharedTexts,
    rows: Uint32Array,
    place: number,
    into: SharedVectors,
    context: RunContext,
  ): Promise<void> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const silent = { ...context, report: () => undefined };
    const found = await this.embed(
      [...rows].map((row) => buffer.toString('utf8', starts[row], starts[row + 1])),
      null,
      silent,
    );
    for (let i = 0; i < rows.length; i += 1) into.vectors.set(this.#row(found, i), (place + i) * into.stride);
  }

  readonly close = async (): Promise<void> => {
    await this.#pool.close();
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Copies what is known and returns the rows that are not. A vector of another length is not believed. */
  #fillFromCache(keys: readonly string[], cache: VectorCache, vectors: Float32Array): number[] {
    const missing: number[] = [];
    for (const [row, vector] of cache.get(this.id, keys).entries()) {
      if (vector === null || vector.length !== this.dimensions) missing.push(row);
      else vectors.set(vector, row * this.dimensions);
    }
    return missing;
  }

  async #encodeMissing(
    texts: readonly string[],
    missing: readonly number[],
    vectors: Float32Array,
    keep: (rows: readonly number[]) => void,
    context: RunContext,
  ): Promise<void> {
    const { batchSize, encodeHere } = this.#backend;
    const total = texts.length;
    let done = total - missing.length;
    const report = () => context.report({ kind: 'stage', stage: 'embed', done, total, unit: 'statements' });
    report();
    const here = encodeHere !== null && missing.length <= smallInput ? encodeHere : null;
    const runBatch = async (start: number): Promise<void> => {
      const rows = missing.slice(start, start + batchSize);
      const batch = rows.map((row) => texts[row] ?? '');
      const found = here?.(batch) ?? (await this.#encodeInWorker(batch));
      for (const [i, row] of rows.entries()) vectors.set(this.#row(found, i), row * this.dimensions);
      keep(rows);
      done += rows.length;
      report();
    };
    const lanes = here === null ? this.#pool.options.maxThreads * 2 : 1;
    await runInLanes(lanes, Math.ceil(missing.length / batchSize), (batch) => runBatch(batch * batchSize), context.signal);
  }

  #row(vectors: Float32Array, row: number): Float32Array {
    return vectors.subarray(row * this.dimensions, (row + 1) * this.dimensions);
  }

  async #encodeInWorker(texts: readonly string[]): Promise<Float32Array> {
    const { makeTask, taskName, dimensions } = this.#backend;
    const found: unknown = await this.#pool.run(makeTask(texts), { name: taskName });
    if (!(found instanceof Float32Array) || found.length !== texts.length * dimensions) {
      throw new Error(`The embedding thread answered ${texts.length} texts with something that is not ${dimensions} numbers each.`);
    }
    return found;
  }
}

/** Runs tasks 0 to count - 1, at most `lanes` at a time; stops handing out tasks after the first failure. */
async function runInLanes(lanes: number, count: number, run: (task: number) => Promise<void>, signal: AbortSignal): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    try {
      while (next < count) {
        signal.throwIfAborted();
        await run(next++);
      }
    } catch (error) {
      next = count;
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(lanes, count) }, lane));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

/** What is embedded is the form that a text's key stands for. */
function distinguish(texts: readonly string[]): Distinct {
  const rows = new Map<string, number>();
  const indexOf = Uint32Array.from(texts, (text) => {
    const canonical = canonicalText(text);
    const row = rows.get(canonical) ?? rows.size;
    if (row === rows.size) rows.set(canonical, row);
    return row;
  });
  return { texts: [...rows.keys()], indexOf };
}

function spread(vectors: Float32Array, indexOf: Uint32Array, dimensions: number): Float32Array {
  const out = new Float32Array(indexOf.length * dimensions);
  for (const [row, from] of indexOf.entries()) out.set(vectors.subarray(from * dimensions, (from + 1) * dimensions), row * dimensions);
  return out;
}
