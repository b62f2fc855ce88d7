/**
 * Signals of many sessions -> insights that no single one shows: recurring mistakes and what ended them, workflows, preferences. Pure;
 * the order of the sessions given changes nothing.
 */
import type { WordVectors } from '../context.js';
import { compareText } from '../memory.js';
import type { Insight, SessionSignals } from '../signals.js';
import { Lexis, type Stemmer } from './lexis.js';
import { Meaning } from './meaning.js';
import { findMistakes } from './mistakes.js';
import { Operations } from './operations.js';
import { byTime } from './order.js';
import { findPreferences } from './preferences.js';
import { withoutRepeats } from './repeats.js';
import type { MiningTools } from './tools.js';
import { findWorkflows } from './workflows.js';

export interface MineOptions {
  readonly words: WordVectors;
  readonly stem: Stemmer;
  /** Least number of sessions that show the same, at least 1. */
  readonly minSupport: number;
}

/** All insights of `sessions`, the surest first. */
export function mineInsights(sessions: readonly SessionSignals[], { words, stem, minSupport }: MineOptions): readonly Insight[] {
  const ordered = withoutRepeats(sessions.toSorted(byTime));
  const lexis = new Lexis(stem);
  for (const session of ordered) lexis.count(textsOf(session));
  const tools: MiningTools = { lexis, meaning: new Meaning(words), operations: new Operations(ordered, minSupport), minSupport };
  const insights = [...findMistakes(ordered, tools), ...findWorkflows(ordered, tools), ...findPreferences(ordered, tools)];
  return insights.toSorted((a, b) => Number(b.sure) - Number(a.sure) || b.confidence - a.confidence || compareText(a.text, b.text));
}

function textsOf({ wishes, episodes, steps }: SessionSignals): readonly string[] {
  return [
    ...wishes.map(({ text, after }) => `${text}\n${after}`),
    ...episodes.flatMap(({ symptoms, remarks }) => [...symptoms.map(({ text }) => text), ...remarks.map(({ text }) => text)]),
    ...steps.map(({ action }) => action.shown),
  ];
}
