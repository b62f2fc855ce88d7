/** Word meanings for the judge, out of the shipped embedding model. */
import type { WordVectors } from '../context.js';
import { encodeInto, loadStaticModel, type StaticModel } from './static.js';

/** Words remembered before the memory is emptied: a large store has fewer distinct words than this. */
const maxWords = 200_000;

/**
 * Word vectors of a model folder, the shipped one by default. A word of several pieces, or one with punctuation inside, is
 * the mean of its pieces.
 * @throws UserError where the model is missing or damaged.
 */
export function loadWordVectors(modelFolder?: string): WordVectors {
  const model = loadStaticModel(modelFolder);
  const vectors = new Map<string, Float32Array | null>();
  const weights = new Map<string, number>();
  const sum = new Float64Array(model.dimensions);
  return {
    dimensions: model.dimensions,
    id: model.id,
    vectorOf: (word) => remember(vectors, word, () => wordVector(model, word, sum)),
    weightOf: (word) => remember(weights, word, () => wordWeight(model, word)),
  };
}

function remember<T>(known: Map<string, T>, word: string, make: () => T): T {
  const found = known.get(word);
  if (found !== undefined) return found;
  if (known.size >= maxWords) known.clear();
  const made = make();
  known.set(word, made);
  return made;
}

function wordVector(model: StaticModel, word: string, sum: Float64Array): Float32Array | null {
  const vector = new Float32Array(model.dimensions);
  encodeInto(model, word, sum, vector, 0);
  return vector.some((value) => value !== 0) ? vector : null;
}

/**
 * The weight of a word is its own if it is one piece. Of several, the telling part decides: `post`, `##gre`, `##s` is a rare
 * word although `post` is a common one, and a word of unknown letters is as rare as any.
 */
function wordWeight(model: StaticModel, word: string): number {
  const pieces = model.tokenizer.encode(word);
  if (pieces.length === 0) return /[\p{L}\p{N}]/u.test(word) ? 1 : 0;
  return pieces.reduce((most, piece) => Math.max(most, model.weights[piece] ?? 0), 0);
}
