/** `models list|pull|check|calibrate`: other models, measured on the labelled pairs that ship with the package. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type HubOptions, openHub } from '../embed/download.js';
import { openEmbedder } from '../embed/embed.js';
import { describeModel } from '../embed/model-files.js';
import { readRecipe } from '../embed/recipe.js';
import { shippedModel as shippedEmbedding } from '../embed/static.js';
import { loadWordVectors } from '../embed/words.js';
import { UserError } from '../errors.js';
import { sha256 } from '../memory.js';
import { openCrossEncoder } from '../relate/cross-encoder.js';
import { chooseCases, fitSecondStage, macroF1OfRaw } from '../relate/fit-second-stage.js';
import { loadFirstStage, shippedModel as shippedRelation } from '../relate/judge.js';
import { readLabelled, sampleEvenly } from '../relate/labelled.js';
import { contextOf, type Engine } from './engine.js';
import type {
  CachedModel,
  CalibratedModel,
  CalibrateResult,
  CheckResult,
  ModelsResult,
  PullResult,
  ShippedModel,
} from './model-results.js';
import { findModel, pullModel } from './model-source.js';
import { describeCrossEncoder, type SecondStageRecord, secondStageRecord } from './open-models.js';
import { measureSimilarity, similarityFigures } from './similarity.js';

/** Name by which `models check` measures the shipped embedding too. */
const shippedName = 'dreamfold-static';

/** Shipped models, those in the cache of transformers.js, and what was measured in this database. */
export async function listModels(engine: Engine): Promise<ModelsResult> {
  const calibrated = engine.store.listCalibrations().flatMap(({ model, kind }) => calibratedModel(engine, model, kind));
  return { shipped: await shippedModels(), cached: await cachedModels(engine.hub, calibrated), calibrated };
}

function calibratedModel(engine: Engine, id: string, kind: CalibratedModel['kind']): readonly CalibratedModel[] {
  if (kind === 'similarity') {
    const row = engine.store.calibration(id, kind, similarityFigures);
    return row === null ? [] : [{ id, kind, at: row.at, active: true, figures: row.value }];
  }
  const row = engine.store.calibration(id, kind, secondStageRecord);
  if (row === null) return [];
  const { layer: _layer, ...figures } = row.value;
  return [{ id, kind, at: row.at, active: figures.active, figures }];
}

async function shippedModels(): Promise<readonly ShippedModel[]> {
  const embedder = await openEmbedder({ model: null, threads: 1 });
  try {
    const first = loadFirstStage(loadWordVectors());
    const labelled = readLabelled(shippedRelation);
    return [
      {
        id: embedder.id,
        kind: 'embedding',
        size_bytes: sizeOf(shippedEmbedding),
        figures: { dimensions: embedder.dimensions },
      },
      {
        id: `dreamfold-relate@${first.version}`,
        kind: 'relation',
        size_bytes: sizeOf(shippedRelation),
        figures: { labelled_pairs: labelled.length, macro_f1: macroF1OfRaw(labelled, first.header) },
      },
    ];
  } finally {
    await embedder.close();
  }
}

function sizeOf(folder: string): number {
  return readdirSync(folder)
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0);
}

/** A folder that is no model, or one that was fetched in part, is left out. */
async function cachedModels(options: HubOptions, calibrated: readonly CalibratedModel[]): Promise<readonly CachedModel[]> {
  const cache = await openHub(options).then(
    (hub) => hub.cache,
    () => null, // without transformers.js there is no cache
  );
  if (cache === null || !existsSync(cache)) return [];
  const folders = (parent: string) => readdirSync(join(cache, parent), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders('').flatMap(({ name }) => [name, ...folders(name).map((inner) => `${name}/${inner.name}`)]);
  const found: CachedModel[] = [];
  for (const name of names.sort()) {
    if (!existsSync(join(cache, name, 'config.json'))) continue;
    const model = await describeModel(join(cache, name), name).catch((error: unknown) => {
      if (error instanceof UserError) return null;
      throw error;
    });
    if (model === null) continue;
    const { kind, sizeBytes } = model;
    const own = calibrated.some((row) => row.id.startsWith(`${name}@`));
    found.push({ name, kind, size_bytes: sizeBytes, calibrated: own });
  }
  return found;
}

/** Fetches a model of the hub. @throws UserError as `pullModel` does. */
export async function pull(engine: Engine, id: string): Promise<PullResult> {
  const { name, folder, fetchedBytes } = await pullModel(engine, id);
  const { kind, sizeBytes, id: full } = await describeModel(folder, name);
  return { id: full, name, kind, folder, size_bytes: sizeBytes, fetched_bytes: fetchedBytes };
}

/**
 * Measures what similarity means for an embedding model, on about `pairs` labelled pairs, and keeps it for `--model`.
 * @throws UserError `usage` where it is no embedding model.
 */
export async function checkModel(engine: Engine, model: string, pairs: number): Promise<CheckResult> {
  const found = model === shippedName ? null : await findModel(engine, model);
  const embedder = await openEmbedder({
    model: found?.folder ?? null,
    ...(found === null ? {} : { name: found.name }),
    threads: engine.threads,
  });
  try {
    const labelled = readLabelled(shippedRelation);
    const sample = sampleEvenly(labelled, pairs / labelled.length, {
      stratumOf: ({ relation, source }) => `${relation} ${source}`,
      keyOf: ({ id }) => sha256(id) + id,
    });
    const { dimensions } = embedder;
    const vectors = await embedder.embed(
      sample.flatMap(({ a, b }) => [a, b]),
      engine.store.vectors,
      contextOf(engine, 0),
    );
    const similarityAt = (row: number) => {
      const other = vectors.subarray((2 * row + 1) * dimensions, (2 * row + 2) * dimensions);
      return vectors.subarray(2 * row * dimensions, (2 * row + 1) * dimensions).reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0);
    };
    const measured = measureSimilarity(
      sample.map(({ relation }, row) => ({ relation, similarity: similarityAt(row) })),
      dimensions,
    );
    engine.store.saveCalibration({ model: embedder.id, kind: 'similarity', at: engine.now(), value: measured });
    const recipe = found === null || existsSync(join(found.folder, 'model.json')) ? null : readRecipe(found.folder);
    return { id: embedder.id, recipe, ...measured };
  } finally {
    await embedder.close();
  }
}

/**
 * Fits the second stage with a cross-encoder on about `pairs` labelled pairs, and keeps it for `--cross-encoder`; it is active where it
 * is better than without, or `activate` says so.
 * @throws UserError `usage` where it is no cross-encoder, or where its labels cannot be used.
 */
export async function calibrateModel(
  engine: Engine,
  model: string,
  { pairs, activate }: { readonly pairs: number; readonly activate: boolean },
): Promise<CalibrateResult> {
  const source = await describeCrossEncoder(engine, model);
  const encoder = await openCrossEncoder(source, engine.threads);
  try {
    const first = loadFirstStage(loadWordVectors());
    const labelled = readLabelled(shippedRelation);
    const cases = chooseCases(labelled, pairs, first);
    const asked = cases.filter((item) => item.asked).map(({ texts }) => texts);
    let done = 0;
    const report = (more: number): void => {
      done += more;
      engine.report({ kind: 'stage', stage: 'relate', done, total: asked.length, unit: 'labelled pairs' });
    };
    report(0);
    const started = engine.clockMs();
    const scores = await encoder.score(asked, engine.signal, report);
    const seconds = (engine.clockMs() - started) / 1000;
    const { layer, before, after, ...rest } = fitSecondStage(cases, scores, first.header);
    const active = rest.better || activate;
    const record: SecondStageRecord = { judge: first.version, active, before: { ...before }, after: { ...after }, ...rest, layer };
    engine.store.saveCalibration({ model: source.id, kind: 'second-stage', at: engine.now(), value: record });
    if (!rest.better) {
      const command = `dreamfold models calibrate ${model}`;
      const more =
        cases.length < labelled.length ? ` Thresholds need many pairs; with all of them: ${command} --pairs ${labelled.length}.` : '';
      const what = active ? 'It is used all the same.' : `It is not used. To use it all the same: ${command} --activate.`;
      engine.report({ kind: 'warning', message: `${source.id} is no better than without it on these pairs. ${what}${more}` });
    }
    return { id: source.id, head: encoder.head.kind, active, before, after, ...rest, seconds: Math.round(seconds * 100) / 100 };
  } finally {
    await encoder.close();
  }
}
