/** The entry of a scoring thread: each exported function is one kind of task. A model is loaded once a thread. */
import { move } from 'piscina';
import type { ModelSource } from '../context.js';
import { describeScorer, type ScorerDescription, scoreTexts, type TextPair } from './pair-scorer.js';

export interface ScoreTask {
  readonly source: ModelSource;
  readonly pairs: readonly TextPair[];
}

/** Loads a model and says what its outputs mean, or why it cannot be used. */
export function describeCrossEncoder(source: ModelSource): Promise<ScorerDescription> {
  return describeScorer(source);
}

/** One row a pair; the buffer is moved to the caller, not copied. */
export async function scorePairs({ source, pairs }: ScoreTask): Promise<ReturnType<typeof move>> {
  return move(await scoreTexts(source, pairs));
}
