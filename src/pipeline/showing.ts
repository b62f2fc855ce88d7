/** One dream in detail. */
import { type AskSummary, askSummary } from './asked.js';
import { dreamObject } from './dream-object.js';
import { type Engine, findDream } from './engine.js';
import type { DreamObject } from './results.js';

/** `llm` is null where Claude was not asked. */
export interface ShownDream extends DreamObject {
  readonly llm: AskSummary | null;
}

export function showDream(engine: Engine, dream: string | undefined): ShownDream {
  const row = findDream(engine, dream);
  return { ...dreamObject(engine, row), llm: askSummary(engine, row.id) };
}
