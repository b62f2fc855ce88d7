/** The folder of what `--model`, `--cross-encoder` or `models ...` names: one on this machine, or a copy fetched from the hub. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { type Hub, openHub } from '../embed/download.js';
import { onnxEndings, readJson, sideFiles } from '../embed/model-files.js';
import { UserError } from '../errors.js';
import { saveModelFile } from '../write/model-cache.js';
import type { Engine } from './engine.js';

export interface FoundModel {
  /** The hub id, or the folder's name. */
  readonly name: string;
  readonly folder: string;
}

export interface PulledModel extends FoundModel {
  readonly fetchedBytes: number;
}

/** Written last, so that its presence says that everything is there; lists what was fetched. */
const receipt = 'dreamfold.json';
const mostDataFiles = 100;

/**
 * Finds a model, fetching it where it is an id of the hub that was never fetched.
 * @throws UserError where there is no such folder or id, or where it would have to be fetched and `offline` forbids it.
 */
export async function findModel(engine: Engine, model: string): Promise<FoundModel> {
  if (isFolder(model)) return { name: basename(resolve(model)), folder: resolve(model) };
  checkId(model);
  const hub = await openHub(engine.hub);
  const folder = join(hub.cache, model);
  if (existsSync(join(folder, receipt))) return { name: model, folder };
  if (!engine.offline) return pull(engine, hub, model);
  if (!existsSync(join(folder, 'config.json'))) {
    throw new UserError(
      'notFound',
      `The model ${model} cannot be fetched from ${hub.host}: it is not in the local cache and downloads are off. Name a local folder, or fetch it on a machine with a network.`,
    );
  }
  engine.report({
    kind: 'warning',
    message: `${model} was fetched by another program: how it pools its tokens may not be known. With a network: dreamfold models pull ${model}`,
  });
  return { name: model, folder };
}

/**
 * Fetches a model of the hub into the cache of transformers.js; files that are there already are not fetched again.
 * @throws UserError `usage` where downloads are off or `model` is no id, `notFound` where the hub has no such model or cannot be reached.
 */
export async function pullModel(engine: Engine, model: string): Promise<PulledModel> {
  if (isFolder(model)) throw new UserError('usage', `${model} is a folder on this machine: there is nothing to fetch.`);
  checkId(model);
  if (engine.offline) throw new UserError('usage', 'Downloads are off (DREAMFOLD_OFFLINE=1): nothing was fetched.');
  return pull(engine, await openHub(engine.hub), model);
}

/** A model as it is to be kept in settings: a folder by its whole path, so that it is found from anywhere. */
export function lastingName(model: string | null): string | null {
  return model !== null && isFolder(model) ? resolve(model) : model;
}

function isFolder(model: string): boolean {
  return statSync(model, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function checkId(model: string): void {
  if (/^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(model)) return;
  throw new UserError(
    'notFound',
    `No model folder ${model}, and that is no hub id either. Name a folder or an id such as Xenova/all-MiniLM-L6-v2.`,
  );
}

/** Files that an earlier fetch brought to its end; what else lies there may be damaged or of another version, and is fetched over. */
async function receivedFiles(folder: string): Promise<ReadonlySet<string>> {
  const text = await readFile(join(folder, receipt), 'utf8').catch(() => '{}');
  try {
    return new Set(z.object({ fetched: z.array(z.string()) }).parse(JSON.parse(text)).fetched);
  } catch {
    return new Set();
  }
}

async function pull(engine: Engine, hub: Hub, model: string): Promise<PulledModel> {
  const folder = join(hub.cache, model);
  const whole = await receivedFiles(folder);
  let fetchedBytes = 0;
  const fetched: string[] = [];
  const take = async (path: string): Promise<boolean> => {
    if (whole.has(path) && existsSync(join(folder, path))) return true;
    engine.signal.throwIfAborted();
    const file = await hub.open(model, path, engine.signal);
    if (file === null) return false;
    const { sizeBytes, chunks } = file;
    let done = 0;
    const onBytes = (bytes: number): void => {
      done += bytes;
      fetchedBytes += bytes;
      engine.report({
        kind: 'stage',
        stage: 'download',
        done: kb(done),
        total: sizeBytes === null ? null : kb(sizeBytes),
        unit: `kB of ${path}`,
      });
    };
    await saveModelFile(join(folder, path), chunks, { sizeBytes, onBytes });
    fetched.push(path);
    return true;
  };
  const [config, ...others] = sideFiles;
  if (!(await take(config))) throw new UserError('notFound', `${hub.host} has no model ${model}: it has no config.json. Check the id.`);
  readJson(folder, config);
  for (const path of others) await take(path);
  await takeGraph(take, model);
  const listed = `${JSON.stringify({ model, fetched })}\n`;
  await saveModelFile(join(folder, receipt), once(Buffer.from(listed)), { sizeBytes: null, onBytes: () => undefined });
  return { name: model, folder, fetchedBytes };
}

/** The most exact graph that the model has, and the weights kept beside it. */
async function takeGraph(take: (path: string) => Promise<boolean>, model: string): Promise<void> {
  for (const [ending] of onnxEndings) {
    const path = `onnx/model${ending}.onnx`;
    if (!(await take(path))) continue;
    for (let at = 0; at < mostDataFiles; at++) if (!(await take(`${path}_data${at === 0 ? '' : `_${at}`}`))) break;
    return;
  }
  throw new UserError(
    'usage',
    `The model ${model} has no ONNX file (onnx/model.onnx), so that transformers.js cannot run it. Name another one.`,
  );
}

function kb(bytes: number): number {
  return Math.ceil(bytes / 1000);
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
