/** What the outputs of a text-classification model mean, as the labels of its configuration say. */
import { z } from 'zod';

/** `order` says which output is entailment, then neutral, then contradiction; or entailment, then not. A score has one output. */
export interface Head {
  readonly kind: 'nli' | 'entailment' | 'score';
  readonly order: readonly number[];
}

const labels = z.record(z.string().regex(/^\d+$/), z.string().max(200));

function meaningOf(label: string): 'entailment' | 'neutral' | 'contradiction' | 'rest' | null {
  const letters = label.toLowerCase().replace(/[^a-z]/g, '');
  if (/^(not|non|no)entail/.test(letters)) return 'rest';
  if (letters.startsWith('entail')) return 'entailment';
  if (letters.startsWith('neutral')) return 'neutral';
  return letters.startsWith('contradict') ? 'contradiction' : null;
}

/**
 * Reads the labels of a model with that many outputs, in any order and case.
 * @returns a sentence that says what is wrong and what to do, where they cannot be used
 */
export function readHead(id2label: unknown, outputs: number): Head | string {
  if (outputs === 1) return { kind: 'score', order: [0] };
  const parsed = labels.safeParse(id2label);
  if (!parsed.success)
    return 'its config.json does not say what its outputs mean (id2label). Write the labels there, or name another model';
  const names = Array.from({ length: outputs }, (_, output) => parsed.data[String(output)] ?? '');
  const find = (wanted: readonly string[]) => wanted.map((meaning) => names.findIndex((name) => meaningOf(name) === meaning));
  const nli = find(['entailment', 'neutral', 'contradiction']);
  if (outputs === 3 && nli.every((output) => output >= 0)) return { kind: 'nli', order: nli };
  const two = find(['entailment', 'rest']);
  if (outputs === 2 && two.every((output) => output >= 0)) return { kind: 'entailment', order: two };
  const listed = names.slice(0, 8).join(', ');
  if (names.some((name) => /^label_\d+$/i.test(name)))
    return `its labels are called ${listed}, which does not say which is entailment. Look it up in the model's card and write entailment, neutral and contradiction into id2label of its config.json`;
  return `its labels are ${listed}; entailment, neutral and contradiction, or entailment and not_entailment, or one score are needed. Name another model`;
}
