/** Opens the models that a run names, with what was measured of them in this database. */
import { z } from 'zod';
import type { Caution } from '../config.js';
import type { ModelSource, WordVectors } from '../context.js';
import { describeModel } from '../embed/model-files.js';
import { loadWordVectors } from '../embed/words.js';
import { UserError } from '../errors.js';
import { openCrossEncoder } from '../relate/cross-encoder.js';
import { type Judge, type JudgeOptions, loadFirstStage, loadJudge } from '../relate/judge.js';
import { type SecondLayer, secondLayer } from '../relate/second-stage.js';
import { createTwoStageJudge } from '../relate/two-stages.js';
import type { Engine } from './engine.js';
import { findModel } from './model-source.js';

/** What a command says of the judge. */
export interface JudgeChoice {
  /** Folder or id of a calibrated cross-encoder, null for the shipped model alone. */
  readonly crossEncoder: string | null;
  readonly caution: Caution;
}

export interface OpenJudge extends AsyncDisposable {
  readonly judge: Judge;
  /** The word meanings that it judges by. */
  readonly words: WordVectors;
}

const figures = z.record(z.string(), z.number());

/** What `models calibrate` keeps of a cross-encoder. */
export const secondStageRecord = z.object({
  /** Version of the first stage that it was fitted on. */
  judge: z.string(),
  /** False where it was no better than without, and nobody asked for it all the same. */
  active: z.boolean(),
  asked: z.number(),
  before: figures,
  after: figures,
  gain: z.number(),
  gain_error: z.number(),
  better: z.boolean(),
  layer: secondLayer,
});
export type SecondStageRecord = Readonly<z.output<typeof secondStageRecord>>;

/**
 * The judge, with the second stage of `--cross-encoder` where that is not null. Dispose of it to end its threads.
 * @throws UserError `usage` where the cross-encoder was never calibrated for this version, or is not active.
 */
export async function openJudge(
  engine: Engine,
  { crossEncoder, caution }: JudgeChoice,
  within: NonNullable<JudgeOptions['within']>,
): Promise<OpenJudge> {
  const words = loadWordVectors();
  if (crossEncoder === null) return { words, judge: loadJudge(words, { within, caution }), [Symbol.asyncDispose]: async () => undefined };
  const first = loadFirstStage(words);
  const source = await describeCrossEncoder(engine, crossEncoder);
  const layer = calibratedLayer(engine, crossEncoder, source.id, first.version);
  const encoder = await openCrossEncoder(source, engine.threads);
  return {
    words,
    judge: createTwoStageJudge(first, { encoder, layer }, { within, caution }),
    [Symbol.asyncDispose]: () => encoder.close(),
  };
}

/** Refuses what `openJudge` would refuse, without loading the cross-encoder: to be called before a run leaves traces. */
export async function checkCrossEncoder(engine: Engine, crossEncoder: string | null): Promise<void> {
  if (crossEncoder === null) return;
  const source = await describeCrossEncoder(engine, crossEncoder);
  calibratedLayer(engine, crossEncoder, source.id, loadFirstStage(loadWordVectors()).version);
}

/** @throws UserError `usage` where it is a model of another kind. */
export async function describeCrossEncoder(engine: Engine, model: string): Promise<ModelSource> {
  const { folder, name } = await findModel(engine, model);
  const source = await describeModel(folder, name);
  if (source.kind === 'cross-encoder') return source;
  throw new UserError('usage', `${name} gives vectors of texts and scores no pairs. Use it with --model, and name another cross-encoder.`);
}

/** @throws UserError `usage`, naming the command that mends it. */
function calibratedLayer(engine: Engine, model: string, id: string, version: string): SecondLayer {
  const command = `dreamfold models calibrate ${model}`;
  const row = engine.store.calibration(id, 'second-stage', secondStageRecord);
  if (row === null) throw new UserError('usage', `${id} was never calibrated here, so its scores mean nothing yet. Run: ${command}`);
  if (row.value.judge !== version) {
    throw new UserError('usage', `${id} was calibrated for another version of the relation model. Run again: ${command}`);
  }
  if (!row.value.active) {
    throw new UserError('usage', `${id} was calibrated and is no better than without it. To use it all the same: ${command} --activate`);
  }
  return row.value.layer;
}
