/**
 * A first look at a pair, some hundred times as fast as the judge: most pairs of a store are so plainly apart, or so plainly the same, that
 * nobody has to be asked. What is left is `open`. It was learned from the judge and does not always agree with it: the model card says how
 * often it calls apart what the judge would merge.
 */
import { fileURLToPath } from 'node:url';
import type { WordVectors } from '../context.js';
import { UserError } from '../errors.js';
import { sha256 } from '../memory.js';
import { predictor, readQuickModel } from './first-look-model.js';
import { createComparison, quickFeatures } from './first-look-pair.js';
import { createQuickReader, type Reading } from './first-look-reader.js';
import { createWordTable } from './first-look-words.js';
import { loadThesaurus } from './thesaurus.js';

export type { Reading } from './first-look-reader.js';

export interface FirstGlance {
  /**
   * `apart`: the judge would act on no merge. `same`: one of them says all that the other says. `open`: the judge has to be asked.
   */
  readonly outcome: 'apart' | 'same' | 'open';
  /** Where the same: the fuller one, or either. */
  readonly keep: 'a' | 'b' | 'either';
  /** That it is a merge; rough where `apart`. */
  readonly probability: number;
}

export interface FirstLook {
  /** Changes with the trees, the word vectors, the thesaurus and the meaning of the rules. */
  readonly version: string;
  /** Readings of one first look only can be compared with each other. */
  readonly read: (text: string) => Reading;
  /** `look(b, a)` is `look(a, b)` with the sides changed round. */
  readonly look: (a: Reading, b: Reading) => FirstGlance;
}

/** Raised with every change to what a reading, a number of a pair or a rule means. */
const rulesVersion = 1;
export const shippedFirstLook: string = fileURLToPath(new URL('../../models/dreamfold-first-look', import.meta.url));
const equalTexts: FirstGlance = { outcome: 'same', keep: 'either', probability: 0.996 };
const noMerge = 0.001;
/** Of pairs that the rules call the same; see the model card. */
const byRule = 0.99;

/**
 * Loads the shipped trees, or those in `folder`; one for each thread.
 * @throws UserError where they are missing, damaged or made for other word vectors.
 */
export function createFirstLook(words: WordVectors, folder: string = shippedFirstLook): FirstLook {
  const thesaurus = loadThesaurus();
  const { model, hash } = readQuickModel(folder, quickFeatures);
  if (model.words !== words.id || model.thesaurus !== thesaurus.hash) {
    throw new UserError(
      'usage',
      `The first look in ${folder} was trained with other word vectors or another thesaurus. Install dreamfold again.`,
    );
  }
  const table = createWordTable(words, thesaurus);
  const { row, compare } = createComparison(table);
  const gate = predictor(model.forests.gate);
  const merge = predictor(model.forests.merge);
  const { least } = model;
  const isWorth = (numbers: Float64Array) => gate(numbers) >= least.gate;
  const look = (a: Reading, b: Reading): FirstGlance => {
    const { goes, equal, barred, same } = compare(a, b, isWorth);
    const nothing = a.words.length === 0 || b.words.length === 0;
    if (equal) return nothing ? { outcome: 'open', keep: 'either', probability: 0.5 } : equalTexts;
    if (nothing || barred) return { outcome: 'apart', keep: 'either', probability: noMerge };
    const stays = goes === 'a' ? 'b' : 'a';
    if (same !== null) return { outcome: 'same', keep: same === 'either' ? 'either' : stays, probability: byRule };
    const probability = merge(row);
    return { outcome: probability < least.merge ? 'apart' : 'open', keep: stays, probability };
  };
  return { version: sha256(`${hash} ${words.id} ${thesaurus.hash} ${rulesVersion}`).slice(0, 16), read: createQuickReader(table), look };
}
