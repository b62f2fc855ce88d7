/**
 * One store of about 1,000 statements and 100 sessions, put together from scenarios: real neighbours, conflicts and paraphrases. And every
 * pair that the local judge looks at in a dream over it.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dreamSettings, parseSettings } from '../dist/config.js';
import { openEmbedder } from '../dist/embed/embed.js';
import { loadWordVectors } from '../dist/embed/words.js';
import { type Side, type Statement, textKey } from '../dist/memory.js';
import { consolidate } from '../dist/pipeline/consolidate.js';
import { contextOf, type Engine, stageClockOf } from '../dist/pipeline/engine.js';
import { readSpoken } from '../dist/pipeline/sessions.js';
import { loadFiles } from '../dist/read/load.js';
import { parseStore } from '../dist/read/store.js';
import { type Judge, loadJudge } from '../dist/relate/judge.js';
import type { AskedStatement, Question } from '../dist/relate/questions.js';
import { questionKey } from '../dist/relate/questions.js';
import { strongTime } from '../dist/resolve/rows.js';
import { segmentStore } from '../dist/segment/memory.js';
import type { ScenarioGold } from '../test/support/claude-rules.js';
import { expandSessions } from './scenarios.js';

export interface BigStore {
  readonly store: string;
  readonly sessions: string;
  /** Of all scenarios together. */
  readonly gold: ScenarioGold;
}

/** Puts scenarios together below `folder`: topic files under the scenario's name, the indexes one after the other. */
export function composeStore(scenarios: readonly string[], folder: string): BigStore {
  const store = join(folder, 'store');
  const sessions = join(folder, 'sessions');
  mkdirSync(store);
  const indexes: string[] = [];
  for (const scenario of scenarios) {
    const name = basename(scenario);
    for (const file of readdirSync(join(scenario, 'store')).sort()) {
      const text = readFileSync(join(scenario, 'store', file), 'utf8');
      if (file === 'MEMORY.md') indexes.push(text.replaceAll('](', `](${name}-`).replace('# Memory', `# ${name}`));
      else writeFileSync(join(store, `${name}-${file}`), text);
    }
    expandSessions(scenario, sessions);
  }
  writeFileSync(join(store, 'MEMORY.md'), indexes.join('\n'));
  return { store, sessions, gold: together(scenarios.map((scenario) => JSON.parse(readFileSync(join(scenario, 'gold.json'), 'utf8')))) };
}

function together(golds: readonly ScenarioGold[]): ScenarioGold {
  return {
    duplicates: golds.flatMap(({ duplicates }) => duplicates),
    superseded: golds.flatMap(({ superseded }) => superseded),
    undecided: golds.flatMap(({ undecided }) => undecided),
    keep: golds.flatMap(({ keep }) => keep),
  };
}

/** What can be asked about a store. */
export interface Neighbourhood {
  /** Statements of the store that are compared by meaning. */
  readonly statements: readonly AskedStatement[];
  readonly sessions: number;
  /** Every pair that the local judge looks at, each once. */
  readonly judged: readonly Question[];
  /** Of each statement, the ten most similar others. */
  readonly nearest: readonly (readonly AskedStatement[])[];
}

const nearestCount = 10;

/** A judge that notes which pairs it is asked about. */
function noting(judge: Judge, note: (a: Side, b: Side) => void): Judge {
  return {
    ...judge,
    judge: (a, b) => {
      note(a, b);
      return judge.judge(a, b);
    },
  };
}

function statementAsked({ text, time, path, scope }: Statement): AskedStatement {
  const source = [path, ...(scope.title ? [scope.title] : []), ...scope.headings].join(' > ');
  return { key: textKey(text), text, written: strongTime(time), source };
}

/** Of each row, the rows with the largest dot product. */
function nearestRows(vectors: Float32Array, dimensions: number, count: number): readonly (readonly number[])[] {
  const rowAt = (at: number) => vectors.subarray(at * dimensions, (at + 1) * dimensions);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const rows = Array.from({ length: vectors.length / dimensions }, (_, at) => rowAt(at));
  return rows.map((row, at) =>
    rows
      .flatMap((other, to) => (to === at ? [] : [{ to, similarity: dot(row, other) }]))
      .sort((x, y) => y.similarity - x.similarity || x.to - y.to)
      .slice(0, count)
      .map(({ to }) => to),
  );
}

/** Dreams over the store without Claude and without insights, and notes what is compared with what. */
export async function readNeighbourhood(engine: Engine, big: BigStore): Promise<Neighbourhood> {
  const settings = parseSettings(dreamSettings, { store: big.store, sessions: [big.sessions], llm: 'off' });
  const context = contextOf(engine, settings.seed);
  const { files, single } = await loadFiles(big.store, { signal: context.signal, now: context.now });
  const store = parseStore(files, { single, format: null, fields: {}, exclude: [], writeRules: false });
  const segmented = segmentStore(store);
  const facts = segmented.statements.filter(({ role }) => role === 'fact').map(statementAsked);
  const known = new Map(facts.map((fact) => [fact.key, fact]));
  const shown = ({ text, time }: Side): AskedStatement =>
    known.get(textKey(text)) ?? { key: textKey(text), text, written: time, source: 'said by a person in a session' };
  const judged = new Map<string, Question>();
  const judge = noting(loadJudge(loadWordVectors(), { within: 'stores' }), (a, b) => {
    const key = questionKey(textKey(a.text), textKey(b.text));
    const [first, second] = textKey(a.text) < textKey(b.text) ? [a, b] : [b, a];
    if (textKey(a.text) !== textKey(b.text)) judged.set(key, { key, a: shown(first), b: shown(second), value: 1 });
  });
  const spoken = await readSpoken(settings, context, null);
  await using embedder = await openEmbedder({ model: null, threads: engine.threads });
  const tools = { embedder, judge, minSimilarity: null, cache: engine.store.vectors, kept: null, clock: stageClockOf(engine), asker: null };
  await consolidate(
    {
      ...spoken,
      store,
      segmented,
      insights: [],
      minSupport: settings.minSupport,
      index: settings.index,
      instructions: null,
      phrase: false,
      refused: new Set(),
      movedTime: () => null,
    },
    tools,
    context,
  );
  const texts = facts.map(({ text }) => text);
  const nearest = nearestRows(await embedder.embed(texts, engine.store.vectors, context), embedder.dimensions, nearestCount);
  return {
    statements: facts,
    sessions: spoken.ids.length,
    judged: [...judged.values()],
    nearest: nearest.map((rows) => rows.flatMap((row) => facts[row] ?? [])),
  };
}
