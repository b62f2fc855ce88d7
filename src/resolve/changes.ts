/** Decisions and suggestions -> changes in the form of the contract, each with what it does to the statements. Pure. */
import {
  type Change,
  type ChangeKind,
  type ChangeResult,
  type ChangeSide,
  compareText,
  type Effect,
  type Evidence,
  type JudgedPair,
  makeId,
  type PlannedChange,
  type Statement,
} from '../memory.js';
import type { Merge, Suggestion, Supersede } from './decide.js';
import { mergeProbability, pairRefusal, type Row, strongTime } from './rows.js';

/** What a change says of one side. */
type Place = Pick<Statement, 'path' | 'line' | 'text' | 'time'>;

interface Draft {
  readonly kind: ChangeKind;
  readonly before: readonly Place[];
  readonly after: ChangeResult | null;
  readonly relation: Change['relation'];
  readonly confidence: number;
  readonly decidedBy: Change['decided_by'];
  readonly reason: string;
  readonly evidence?: readonly Evidence[];
  readonly status: 'proposed' | 'suggested';
  readonly drop?: readonly string[];
  readonly replace?: Effect['replace'];
  readonly insert?: Effect['insert'];
  readonly insight?: Change['insight'];
}

/** A statement as a change names it. */
export function side(statement: Place): ChangeSide {
  return {
    path: statement.path,
    line: statement.line,
    text: statement.text,
    written: strongTime(statement.time),
  };
}

function result(statement: Statement): ChangeResult {
  return { path: statement.path, line: statement.line, text: statement.text };
}

/** The id of a change depends on what it says and where, not on the dream that found it. */
export function planChange(draft: Draft): PlannedChange {
  const before = draft.before.map(side);
  const places = before.map(({ path, text }) => `${path}\n${text}`).sort(compareText);
  const id = makeId('chg', draft.kind, ...places, draft.after ? `${draft.after.path}\n${draft.after.text}` : '');
  const change: Change = {
    id,
    kind: draft.kind,
    before,
    after: draft.after,
    relation: draft.relation,
    confidence: Math.round(draft.confidence * 10_000) / 10_000,
    decided_by: draft.decidedBy,
    reason: draft.reason,
    insight: draft.insight ?? null,
    support: draft.evidence && draft.evidence.length > 0 ? new Set(draft.evidence.map((entry) => entry.session_id)).size : null,
    evidence: draft.evidence ?? [],
    status: draft.status,
  };
  return {
    change,
    effect: {
      changeId: id,
      drop: draft.drop ?? [],
      replace: draft.replace ?? [],
      insert: draft.insert ?? [],
      containers: [],
    },
  };
}

/** `pairsOf` gives every judged pair between two of the rows. */
export function planMerge(
  rows: readonly Row[],
  merge: Merge,
  pairsOf: (rows: readonly number[]) => readonly JudgedPair[],
): PlannedChange[] {
  const survivor = rows[merge.survivor]?.statement;
  const dropped = merge.dropped.flatMap((row) => rows[row]?.statement ?? []);
  if (!survivor || dropped.length === 0) return [];
  const members = [merge.survivor, ...merge.dropped].sort((a, b) => a - b);
  const pairs = pairsOf(members);
  const refines = pairs.some((pair) => pair.verdict.relation === 'refines' && (pair.a === merge.survivor || pair.b === merge.survivor));
  const [only] = pairs;
  const reason =
    dropped.length === 1 && only
      ? sentence(only.verdict.reason)
      : `${members.length} statements say the same${refines ? '; the fullest one stays' : '; one of them stays'}.`;
  return [
    planChange({
      kind: 'merge',
      before: members.flatMap((row) => rows[row]?.statement ?? []),
      after: result(survivor),
      relation: refines ? 'refines' : 'duplicate',
      confidence: merge.confidence,
      decidedBy: (['claude', 'model'] as const).find((decider) => pairs.some((pair) => pair.verdict.decidedBy === decider)) ?? 'rule',
      reason,
      status: 'proposed',
      drop: dropped.map((statement) => statement.id),
    }),
  ];
}

/** One text for two statements, in the place of the first; `reason` says what it rests on. */
export function planRewrite(survivor: Statement, dropped: Statement, text: string, confidence: number): PlannedChange {
  return planChange({
    kind: 'merge',
    before: [survivor, dropped],
    after: { path: survivor.path, line: survivor.line, text },
    relation: 'refines',
    confidence,
    decidedBy: 'claude',
    reason: 'One text for both (Claude): every word, number, name and condition of both is in it, and nothing else.',
    status: 'proposed',
    drop: [dropped.id],
    replace: [{ statementId: survivor.id, text }],
  });
}

export function planSupersede(rows: readonly Row[], { old, by, pair }: Supersede, status: 'proposed' | 'suggested'): PlannedChange[] {
  const oldStatement = rows[old]?.statement;
  const byRow = rows[by];
  if (!oldStatement || !byRow) return [];
  const common = {
    kind: 'supersede',
    before: [oldStatement],
    relation: 'conflict',
    confidence: pair.verdict.confidence,
    decidedBy: pair.verdict.decidedBy,
    status,
  } as const;
  if (byRow.statement) {
    const reason = `${sentence(pair.verdict.reason)} The later statement stays (${dayOf(byRow.time)} after ${dayOf(rows[old]?.time ?? null)}).`;
    return [
      planChange({
        ...common,
        after: result(byRow.statement),
        reason,
        drop: [oldStatement.id],
      }),
    ];
  }
  if (!byRow.spoken) return [];
  const { text, sessionId, at, path, line } = byRow.spoken;
  return [
    planChange({
      ...common,
      after: { path: oldStatement.path, line: oldStatement.line, text },
      reason: `${sentence(pair.verdict.reason)} A person said so later, in a session (${dayOf(at)}).`,
      evidence: [
        {
          session_id: sessionId,
          at,
          role: 'person',
          quote: text,
          file: path,
          line,
        },
      ],
      replace: [{ statementId: oldStatement.id, text }],
    }),
  ];
}

export function planSuggestion(rows: readonly Row[], suggestion: Suggestion): PlannedChange[] {
  if (suggestion.kind === 'supersede') return planSupersede(rows, suggestion, 'suggested');
  if (suggestion.kind === 'conflict') return planConflict(rows, suggestion.pair);
  const survivor = rows[suggestion.survivor]?.statement;
  const dropped = rows[suggestion.dropped]?.statement;
  if (!survivor || !dropped) return [];
  const { verdict } = suggestion.pair;
  return [
    planChange({
      kind: 'merge',
      before: [survivor, dropped],
      after: result(survivor),
      relation: verdict.relation === 'refines' ? 'refines' : 'duplicate',
      confidence: mergeProbability(suggestion.pair),
      decidedBy: verdict.decidedBy,
      reason: sentence(verdict.reason),
      status: 'suggested',
      drop: [dropped.id],
    }),
  ];
}

function planConflict(rows: readonly Row[], pair: JudgedPair): PlannedChange[] {
  const before = [rows[pair.a]?.statement, rows[pair.b]?.statement].flatMap((statement) => statement ?? []);
  if (before.length < 2) return [];
  const [a, b] = [rows[pair.a]?.time ?? null, rows[pair.b]?.time ?? null];
  const why = a === null || b === null ? 'It is not known which of them is later' : 'Both are of the same time';
  return [
    planChange({
      kind: 'conflict',
      before,
      after: null,
      relation: 'conflict',
      confidence: pair.verdict.confidence,
      decidedBy: pair.verdict.decidedBy,
      reason: `${sentence(pair.verdict.reason)} ${why}, so a person has to say which one holds.`,
      status: 'suggested',
    }),
  ];
}

/** A secret in a statement: the new store gets the masked text; neither side of the change shows the secret. */
export function planRedaction(statement: Statement, masked: string, kinds: readonly string[]): PlannedChange {
  return planChange({
    kind: 'redact',
    before: [{ ...statement, text: masked }],
    after: { path: statement.path, line: statement.line, text: masked },
    relation: null,
    confidence: 1,
    decidedBy: 'rule',
    reason: `It holds a secret (${kinds.join(', ')}), which does not enter the new store.`,
    status: 'proposed',
    replace: [{ statementId: statement.id, text: masked }],
  });
}

/** A statement that has ended by its own words; `doubt` says why that may be otherwise, null where the words are unmistakable. */
export function planStale(statement: Statement, words: string, doubt: string | null): PlannedChange {
  return planChange({
    kind: 'stale',
    before: [statement],
    after: null,
    relation: null,
    confidence: doubt === null ? 0.97 : 0.6,
    decidedBy: 'rule',
    reason: `By its own words ("${words}") it has ended${doubt === null ? '.' : `, but ${doubt}.`}`,
    status: doubt === null ? 'proposed' : 'suggested',
    drop: [statement.id],
  });
}

/** Reasons of the judge are half sentences; a report has whole ones. */
function sentence(reason: string): string {
  const text = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Secrets of a file outside every statement (a heading, front matter, a comment): the whole file is masked. Texts come masked. */
export function planFileRedaction(
  path: string,
  lines: readonly { readonly line: number; readonly text: string }[],
  kinds: readonly string[],
): PlannedChange {
  const [first] = lines;
  return planChange({
    kind: 'redact',
    before: lines.map(({ line, text }) => ({ path, line, text, time: { at: null, source: 'none' } })),
    after: { path, line: first?.line ?? null, text: first?.text ?? '' },
    relation: null,
    confidence: 1,
    decidedBy: 'rule',
    reason: `The file holds a secret outside its statements (${kinds.join(', ')}), which does not enter the new store.`,
    status: 'proposed',
  });
}

function dayOf(time: string | null): string {
  return time === null ? 'unknown time' : time.slice(0, 10);
}

/** One text can stand many times in one file: changes that would share an id get one of their own, by their order here. */
export function distinguish(planned: readonly PlannedChange[]): readonly PlannedChange[] {
  const seen = new Map<string, number>();
  return planned.map(({ change, effect }) => {
    const count = seen.get(change.id) ?? 0;
    seen.set(change.id, count + 1);
    if (count === 0) return { change, effect };
    const id = makeId('chg', change.id, String(count));
    return { change: { ...change, id }, effect: { ...effect, changeId: id } };
  });
}

const kindOrder: readonly ChangeKind[] = ['supersede', 'merge', 'insight', 'stale', 'redact', 'conflict', 'reindex'];

/** Strongest first: what is proposed before what is suggested, the surer before the less sure, reindexing last. */
export function orderChanges(planned: readonly PlannedChange[]): readonly PlannedChange[] {
  const rank = ({ change }: PlannedChange) => (change.status === 'suggested' ? 2 : change.kind === 'reindex' ? 1 : 0);
  return [...planned].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      b.change.confidence - a.change.confidence ||
      kindOrder.indexOf(a.change.kind) - kindOrder.indexOf(b.change.kind) ||
      compareText(a.change.id, b.change.id),
  );
}

/**
 * The keys under which a refusal of this change is remembered: every pair of texts it brings together, or the single text it
 * edits; for an insight also what it is about and what it was seen in, so that other words for it, or one more session, are no new
 * one. `keyOf` is `textKey`, handed in so that texts are hashed once.
 * @param effect that of the change; without it an insight is known by its words and evidence only
 */
export function refusalKeys(change: Change, keyOf: (text: string) => string, effect?: Pick<Effect, 'insert'>): readonly string[] {
  const before = change.before.map((entry) => keyOf(entry.text));
  const after = change.after ? [keyOf(change.after.text)] : [];
  // The names of sections repeat from file to file: one refused is not all refused.
  if (change.kind === 'reindex') return change.before.slice(0, 1).map(({ path, text }) => `reindex:${path}:${keyOf(text)}`);
  if (change.kind === 'insight') {
    const topics = (effect?.insert ?? []).flatMap(({ topic }) =>
      topic === null ? [] : [`insight:${change.insight}:topic:${keyOf(topic)}`],
    );
    return [`insight:${after[0] ?? before[0] ?? ''}`, ...topics, ...sightings(change, keyOf)];
  }
  if (change.kind !== 'merge' && change.kind !== 'supersede' && change.kind !== 'conflict') {
    return [`${change.kind}:${after[0] ?? before[0] ?? ''}`];
  }
  const keys = [...before, ...after.filter((key) => !before.includes(key))];
  return [...new Set(keys.flatMap((a, i) => keys.slice(i + 1).map((b) => pairRefusal(a, b))))];
}

/** As many quotes of an insight are remembered, in pairs. */
const rememberedQuotes = 12;

/**
 * Pairs of quotes from two sessions: one quote may speak for two insights, two in two sessions hardly do. Which quotes are kept depends on
 * their hashes, so that a few new ones leave most of the pairs.
 */
function sightings({ insight, evidence }: Change, keyOf: (text: string) => string): readonly string[] {
  const quotes = new Map(evidence.map(({ session_id, quote }) => [keyOf(`${session_id}\n${quote}`), session_id]));
  const kept = [...quotes].toSorted(([a], [b]) => compareText(a, b)).slice(0, rememberedQuotes);
  return kept.flatMap(([a, session], i) =>
    kept.slice(i + 1).flatMap(([b, other]) => (session === other ? [] : [`insight:${insight}:seen:${keyOf(`${a}\n${b}`)}`])),
  );
}
