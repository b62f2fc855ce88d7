/** What a dream would do over a store and its sessions: everything between reading and writing. Changes no store and no dream. */
import type { DreamSettings } from '../config.js';
import type { MemoryStore, Segmented } from '../memory.js';
import { mineInsights } from '../mine/mine.js';
import { personsIn, withRivalClaims } from '../relate/attribution.js';
import { storeClusters } from '../relate/questions.js';
import { stemOf } from '../relate/word-forms.js';
import { segmentStore } from '../segment/memory.js';
import { type Asker, openAsker } from './asking.js';
import { type Consolidation, consolidate } from './consolidate.js';
import { contextOf, type Engine } from './engine.js';
import { KeptVerdicts } from './kept-verdicts.js';
import { openEmbedding } from './open-embedding.js';
import { openJudge } from './open-models.js';
import { insightsOf } from './readings.js';
import { readSpoken, type Spoken } from './sessions.js';
import type { StageClock } from './stage-clock.js';

export interface Considered extends Consolidation {
  readonly segmented: Segmented;
  readonly sessions: Spoken;
  /** Null where Claude was not to be asked. */
  readonly asker: Asker | null;
  /** Keys of what persons refused before. */
  readonly refused: ReadonlySet<string>;
}

/** @param dream whose ledger the questions count to; null for a dry run */
export async function consider(
  engine: Engine,
  settings: DreamSettings,
  store: MemoryStore,
  dream: string | null,
  clock: StageClock,
): Promise<Considered> {
  const context = contextOf(engine, settings.seed);
  const segmented = await clock.time('segment', () => segmentStore(store));
  const sessions = await clock.time('mine', () => readSpoken(settings, context, engine.store));
  const asker = await openAsker(engine, settings, { dream, instructions: settings.instructions, shape: storeClusters });
  await using opened = await openJudge(engine, settings, 'stores');
  const kept = new KeptVerdicts(opened.judge, `stores ${settings.caution}`, engine.store);
  const { embedder, measured } = await openEmbedding(engine, settings.model);
  try {
    const cache = engine.store.vectors;
    const persons = personsIn(
      [...segmented.statements, ...sessions.spoken].map(({ text }) => text),
      [...sessions.spoken.flatMap(({ person }) => person ?? []), ...Object.keys(settings.persons)],
    );
    const tools = {
      embedder,
      judge: withRivalClaims(kept.judge, persons),
      minSimilarity: measured?.min_similarity ?? null,
      cache,
      kept,
      clock,
      asker,
    };
    const refused = engine.store.refused();
    const { sessions: paths, minSupport } = settings;
    const insights = await clock.time('mine', () =>
      insightsOf(sessions.keys, { paths, minSupport, words: opened.words.id, store: engine.store }, () =>
        mineInsights(sessions.signals, { words: opened.words, stem: stemOf, minSupport }),
      ),
    );
    const input = {
      store,
      segmented,
      spoken: sessions.spoken,
      announced: sessions.announced,
      insights,
      printed: sessions.printed,
      projects: sessions.projects,
      minSupport,
      index: settings.index,
      instructions: settings.instructions,
      phrase: settings.llmPhrase,
      refused,
      movedTime: (key: string) => engine.store.movedTime(key),
    };
    const found = await consolidate(input, tools, context);
    kept.finish();
    return { ...found, segmented, sessions, asker, refused };
  } catch (thrown) {
    keepWhatIsJudged(kept);
    throw thrown;
  } finally {
    await embedder.close();
  }
}

/** After a failure, which is what the user has to hear of. */
function keepWhatIsJudged(kept: KeptVerdicts): void {
  try {
    kept.finish();
  } catch {
    // Verdicts that cannot be written down are judged again.
  }
}
