/** Opens the embedding model that a run names, with what was measured of it in this database. */
import { type Embedder, openEmbedder } from '../embed/embed.js';
import type { Engine } from './engine.js';
import { findModel } from './model-source.js';
import { type SimilarityFigures, similarityFigures } from './similarity.js';

export interface OpenEmbedding {
  readonly embedder: Embedder;
  /** What was measured of the model; null for the shipped one and for those never measured. */
  readonly measured: SimilarityFigures | null;
}

/**
 * Opens the embedding model of `--model`, the shipped one for null. One that was never measured is used with the shipped floor, and a
 * warning says so.
 */
export async function openEmbedding(engine: Engine, model: string | null): Promise<OpenEmbedding> {
  const { threads } = engine;
  if (model === null) return { embedder: await openEmbedder({ model: null, threads }), measured: null };
  const { folder, name } = await findModel(engine, model);
  const embedder = await openEmbedder({ model: folder, name, threads });
  if (embedder.calibrated) return { embedder, measured: null };
  const row = engine.store.calibration(embedder.id, 'similarity', similarityFigures);
  if (row === null) {
    engine.report({
      kind: 'warning',
      message: `${embedder.id} was never calibrated here, and similarity means something else for each model: the shipped floor is used. Measure it: dreamfold models check ${model}`,
    });
  }
  return { embedder, measured: row?.value ?? null };
}
