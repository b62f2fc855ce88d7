/** The first look's trees: two small forests over the numbers of `first-look-pair.ts`, in one file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { sha256 } from '../memory.js';
import { damagedModel } from './model-file.js';

/** Trees one after another; a leaf has feature -1, `right` is counted from the tree's first node, the left child is the next node. */
export interface QuickForest {
  readonly base: number;
  readonly starts: readonly number[];
  readonly feature: readonly number[];
  readonly value: readonly number[];
  readonly right: readonly number[];
}

export interface QuickModel {
  readonly format: 1;
  readonly features: readonly string[];
  /** `WordVectors.id` and hash of the thesaurus that it was trained with. */
  readonly words: string;
  readonly thesaurus: string;
  /** Would the judge act on a merge: from the numbers that cost nothing, and from all. */
  readonly forests: { readonly gate: QuickForest; readonly merge: QuickForest };
  /** Probabilities below which a pair is apart. */
  readonly least: { readonly gate: number; readonly merge: number };
}

export const quickModelFile = 'weights.json';

/** @throws UserError where it is missing, damaged or made for other features. */
export function readQuickModel(folder: string, features: readonly string[]): { readonly model: QuickModel; readonly hash: string } {
  const path = join(folder, quickModelFile);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError('notFound', `${path} cannot be read. Install dreamfold again.`, { cause: error });
  }
  let model: QuickModel;
  try {
    model = JSON.parse(text) as QuickModel; // made by our own script
  } catch {
    throw damagedModel(path);
  }
  if (model.format !== 1 || model.features.join() !== features.join()) throw damagedModel(path);
  return { model, hash: sha256(text) };
}

/** Probability that a forest gives the numbers in `row`. */
export function predictor(forest: QuickForest): (row: Float64Array) => number {
  const starts = Int32Array.from(forest.starts);
  const feature = Int16Array.from(forest.feature);
  const value = Float64Array.from(forest.value);
  const right = Int32Array.from(forest.right);
  return (row) => {
    let score = forest.base;
    for (let tree = 0; tree < starts.length; tree++) {
      const first = starts[tree] as number;
      let node = first;
      let split = feature[node] as number;
      while (split >= 0) {
        node = (row[split] as number) <= (value[node] as number) ? node + 1 : first + (right[node] as number);
        split = feature[node] as number;
      }
      score += value[node] as number;
    }
    return 1 / (1 + Math.exp(-score));
  };
}
