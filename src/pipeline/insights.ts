/**
 * Insights of sessions -> changes of the store: without what the store says already or a person refused, in the place that fits, and only
 * such as the next dream over the output would leave alone.
 */
import type { RunContext } from '../context.js';
import {
  bulletText,
  type Evidence,
  type MemoryStore,
  oneLine,
  type PlannedChange,
  type Scope,
  type Segmented,
  type Statement,
  textKey,
} from '../memory.js';
import { findInjections, findSecrets, maskSecrets } from '../read/screen.js';
import type { Judge } from '../relate/judge.js';
import { refusalKeys } from '../resolve/changes.js';
import { type InsightDraft, planInsight, planReinforced } from '../resolve/insight.js';
import { placeInsights } from '../resolve/place.js';
import type { Row } from '../resolve/rows.js';
import { hasEnded } from '../segment/ends.js';
import type { Insight } from '../signals.js';
import { coversCommands } from './known-commands.js';
import type { Rounds } from './rounds.js';
import { sideOf } from './sides.js';
import { judgeEach } from './verdicts.js';

/** Statements of the store that an insight is compared with. */
const maxNeighbors = 12;
/** As many of them are read in full. */
const maxJudged = 6;
/** Probability and similarity from which a statement says all that an insight says. */
const saysTheSame = { probability: 0.7, similarity: 0.5 } as const;

export interface InsightWorld {
  readonly store: MemoryStore;
  readonly segmented: Segmented;
  readonly refused: ReadonlySet<string>;
  readonly judge: Judge;
  readonly rounds: Rounds;
}

/** An insight with its vector, and whether the instructions let it be written without asking. */
export interface WeighedInsight {
  readonly insight: Insight;
  readonly vector: Float32Array;
  readonly inFocus: boolean;
}

/** What became of an insight in a dream. */
export interface PlannedInsight {
  readonly insight: Insight;
  /** The statement of the store that says it already, to the word or in others; null where none does. */
  readonly statement: Statement | null;
  /** Null where nothing is left to propose: the store holds it to the word, or a person refused it. */
  readonly planned: PlannedChange | null;
}

/** Without secrets, and without texts that address the model as orders: such an insight is none. */
export function screenInsights(insights: readonly Insight[]): readonly Insight[] {
  const mask = (text: string) => (findSecrets(text, 'strict').length > 0 ? maskSecrets(text, 'strict') : text);
  const clean = (one: Evidence): Evidence => ({ ...one, quote: mask(one.quote) });
  return insights
    .filter(({ text }) => findInjections(text).length === 0)
    .map((insight) => ({
      ...insight,
      text: mask(insight.text),
      title: mask(insight.title),
      topic: mask(insight.topic),
      reason: mask(insight.reason),
      evidence: insight.evidence.map(clean),
    }));
}

/** What each of `weighed` leads to, in order. */
export async function planInsights(
  weighed: readonly WeighedInsight[],
  world: InsightWorld,
  context: RunContext,
): Promise<readonly PlannedInsight[]> {
  const known = new Map(world.segmented.statements.map((statement) => [textKey(statement.text), statement]));
  const verbatim = ({ insight: { text } }: WeighedInsight) => known.get(textKey(bulletText(text))) ?? known.get(textKey(oneLine(text)));
  const fresh = weighed.filter((one) => verbatim(one) === undefined);
  const living = world.rounds.living().filter(({ row }) => row.statement !== null);
  const near = fresh.map(({ vector }) => neighborsOf(vector, living));
  const same = await Promise.all(
    fresh.map(({ insight }, at) => sameStatement(insight, (near[at] ?? []).slice(0, maxJudged), world.judge, context)),
  );
  const drafts = fresh.map((one, at) => draftOf(one, near[at] ?? [], same[at] ?? null, context.now));
  const placed = placeInsights(drafts, world.store, world.segmented, { at: context.now });
  const planned = drafts.map((draft, at) => {
    const statement = same[at] ?? null;
    return statement === null ? planInsight(draft, placed[at] ?? null, world.segmented) : planReinforced(draft, statement);
  });
  const isRefused = ({ change, effect }: PlannedChange) => refusalKeys(change, textKey, effect).some((key) => world.refused.has(key));
  const open = planned.map((entry, at) => ({ entry, at, vector: fresh[at]?.vector })).filter(({ entry }) => !isRefused(entry));
  const written = open.filter(({ entry }) => entry.change.status === 'proposed' && entry.effect.insert.length > 0);
  const met = await world.rounds.meet(
    written.map(({ entry }, at) => rowOf(entry, at)),
    written.flatMap(({ vector }) => vector ?? []),
  );
  const unsettled = new Set(written.filter((_, at) => met.has(at)).map(({ entry }) => entry));
  const changes = new Map(open.map(({ entry, at }) => [fresh[at], unsettled.has(entry) ? asSuggestion(entry) : entry]));
  const statements = new Map(fresh.map((one, at) => [one, same[at] ?? null]));
  return weighed.map((one) => ({
    insight: one.insight,
    statement: verbatim(one) ?? statements.get(one) ?? null,
    planned: changes.get(one) ?? null,
  }));
}

interface Neighbor {
  readonly row: Row;
  readonly similarity: number;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** The most similar first, of equals the one that stands first. Only the best are kept and ordered: there may be many insights and rows. */
export function neighborsOf(vector: Float32Array, living: ReturnType<Rounds['living']>): readonly Neighbor[] {
  const best: Neighbor[] = [];
  for (const { row, vector: other } of living) {
    const similarity = dot(vector, other);
    const last = best.length < maxNeighbors ? undefined : best.at(-1);
    if (last !== undefined && similarity <= last.similarity) continue;
    const behind = best.findIndex((one) => one.similarity < similarity);
    best.splice(behind === -1 ? best.length : behind, 0, { row, similarity });
    if (best.length > maxNeighbors) best.pop();
  }
  return best;
}

function draftOf({ insight, inFocus }: WeighedInsight, near: readonly Neighbor[], same: Statement | null, now: string): InsightDraft {
  const { kind, text, title, person, at, topic, confidence, reason, evidence, sure } = insight;
  const ended = hasEnded(text, { at, source: at === null ? 'none' : 'session' }, now);
  const over = ended ? ' By its own words its time is over, so it waits for a person.' : '';
  const outside = inFocus ? '' : ' It is outside the focus of the instructions, so it waits for a person.';
  return {
    kind,
    text,
    title,
    person,
    at,
    topic,
    confidence,
    decidedBy: 'rule',
    reason: `${reason}${over}${outside}`,
    evidence,
    status: sure && inFocus && !ended && same === null ? 'proposed' : 'suggested',
    neighbours: near.flatMap(({ row, similarity }) =>
      row.statement === null ? [] : [{ statementId: row.statement.id, similarity: Math.max(0, similarity) }],
    ),
  };
}

/** The statement that says what the insight says, by the judge or because it holds every command that the insight names; else null. */
async function sameStatement(insight: Insight, near: readonly Neighbor[], judge: Judge, context: RunContext): Promise<Statement | null> {
  const side = { text: insight.text, time: insight.at, scope: [] };
  const verdicts = await judgeEach(
    judge,
    near.map(({ row }) => [side, sideOf(row)] as const),
    context.signal,
  );
  const found = near.find(({ row, similarity }, at) => {
    const verdict = verdicts[at];
    // What only part of the insight says does not make up for it: `b` is the statement.
    const says = verdict === undefined ? 0 : verdict.probabilities.duplicate + (verdict.keep === 'b' ? verdict.probabilities.refines : 0);
    const likely = says >= saysTheSame.probability && similarity >= saysTheSame.similarity;
    return row.statement?.role === 'fact' && (likely || coversCommands(row.text, insight.text));
  });
  return found?.row.statement ?? null;
}

const kindNames = {
  mistake: 'mistakes and errors',
  workflow: 'workflows and procedures',
  preference: 'preferences, style and wishes',
} as const;

/** An insight as the clauses of the instructions are matched with it: its text under its kind and title. */
export function insightRow({ kind, text, title, at }: Insight): Row {
  return newRow('st_insight', text, at, { title, headings: [kindNames[kind]], subject: null });
}

/** The inserted text as a dream over the output would read it. */
function rowOf({ change, effect }: PlannedChange, at: number): Row {
  const [insertion] = effect.insert;
  const headings = insertion?.section ? [insertion.section] : [];
  const row = newRow(`st_insight_${at}`, insertion?.text ?? '', insertion?.at ?? null, {
    title: insertion?.create?.title ?? null,
    headings,
    subject: null,
  });
  return row.statement === null ? row : { ...row, statement: { ...row.statement, path: change.after?.path ?? '' } };
}

function newRow(id: string, text: string, at: string | null, scope: Scope): Row {
  const span = { start: 0, end: 0 };
  const statement: Statement = {
    id,
    memoryId: '',
    path: '',
    line: 1,
    text,
    span,
    cut: { span, list: null },
    encoding: 'markdown',
    role: 'fact',
    scope,
    time: { at, source: at === null ? 'none' : 'moved' },
    sessionId: null,
    lock: null,
    link: null,
  };
  return { text, key: textKey(text), time: at, statement, spoken: null };
}

function asSuggestion(entry: PlannedChange): PlannedChange {
  const reason = `${entry.change.reason} It is close to something that the store says already, so it waits for a person.`;
  return { ...entry, change: { ...entry.change, reason, status: 'suggested' } };
}
