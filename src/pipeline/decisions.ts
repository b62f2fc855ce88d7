/** A person's decisions about the changes of a dream: approve, refuse, edit; the output store is rewritten at once. */
import { openEmbedder } from '../embed/embed.js';
import { loadWordVectors } from '../embed/words.js';
import { UserError } from '../errors.js';
import { type Change, type Effect, type PlannedChange, type Segmented, type Side, type Statement, textKey } from '../memory.js';
import { loadJudge } from '../relate/judge.js';
import { refusalKeys } from '../resolve/changes.js';
import { statementRow } from '../resolve/rows.js';
import type { DreamRow } from '../store/rows.js';
import { replaceOutput } from '../write/output.js';
import { inputOf } from './dream.js';
import { contextOf, defaultOut, type Engine, exclusively, findDream } from './engine.js';
import { renderChanges } from './render.js';
import type { ChangesResult, ExplainedPair, Explanation } from './results.js';
import { sideOf } from './rounds.js';

export function changesOf(engine: Engine, dream: string | undefined): ChangesResult {
  const row = findDream(engine, dream);
  return result(engine, row, engine.store.changesOf(row.id));
}

function result(engine: Engine, row: DreamRow, planned: readonly PlannedChange[]): ChangesResult {
  return {
    dream: row.id,
    changes: planned.map(({ change }) => change),
    findings: engine.store.findingsOf(row.id),
  };
}

/**
 * Approves or refuses changes by id or unique beginning of one; gives back those changes only.
 * What is refused is not proposed again over the same texts, in any later dream of this database, until it is approved.
 */
export function decideChanges(
  engine: Engine,
  ids: readonly string[],
  decision: 'approved' | 'rejected',
  dream: string | undefined,
): Promise<ChangesResult> {
  return exclusively(engine, async () => {
    const row = openDream(engine, dream);
    const planned = engine.store.changesOf(row.id);
    const chosen = new Set(ids.map((id) => findChange(planned, id, row).change.id));
    const decided = planned.map((entry) =>
      chosen.has(entry.change.id) ? { ...entry, change: { ...entry.change, status: decision } } : entry,
    );
    for (const { change } of decided) {
      if (!chosen.has(change.id)) continue;
      const keys = refusalKeys(change, textKey);
      if (decision === 'rejected') engine.store.refuse(keys);
      else engine.store.unrefuse(keys);
    }
    const rewritten = await rewrite(engine, row, decided);
    return result(
      engine,
      row,
      rewritten.filter(({ change }) => chosen.has(change.id)),
    );
  });
}

/** Puts a person's text in place of what a change would leave, and approves it. A conflict is settled by it. */
export function editChange(engine: Engine, id: string, text: string, dream: string | undefined): Promise<ChangesResult> {
  return exclusively(engine, async () => {
    const row = openDream(engine, dream);
    const planned = engine.store.changesOf(row.id);
    const { segmented } = inputOf(engine, row);
    const entry = findChange(planned, id, row);
    const edited = withText(entry, text.trim(), segmented);
    await rewrite(
      engine,
      row,
      planned.map((other) => (other === entry ? edited : other)),
    );
    return result(engine, row, [edited]);
  });
}

function withText({ change, effect }: PlannedChange, text: string, segmented: Segmented): PlannedChange {
  if (text === '') throw new UserError('usage', '--text is empty. To take a statement out, approve the change that drops it.');
  if (change.kind === 'reindex') throw new UserError('usage', `${change.id} only removes what has become empty: approve or reject it.`);
  const target = targetOf(change, effect, segmented);
  const others =
    change.kind === 'conflict'
      ? statementsOf(change, segmented).filter((statement) => statement.id !== target.id && statement.lock === null)
      : [];
  const after = { path: target.path, line: target.line, text };
  return {
    change: { ...change, after, decided_by: 'person', status: 'approved' },
    effect: {
      ...effect,
      drop: [...effect.drop, ...others.map((statement) => statement.id)],
      replace: [{ statementId: target.id, text }],
    },
  };
}

/** The statement that the text goes into: the one replaced already, else the survivor, else the first side. */
function targetOf(change: Change, effect: Effect, segmented: Segmented): Statement {
  const replaced = effect.replace[0]?.statementId;
  const target =
    segmented.statements.find((statement) => statement.id === replaced) ??
    segmented.statements.find(
      ({ path, line, text }) => path === change.after?.path && line === change.after.line && text === change.after.text,
    ) ??
    statementsOf(change, segmented)[0];
  if (!target) throw new UserError('usage', `${change.id} has no statement that a text could be put into.`);
  if (target.lock !== null)
    throw new UserError(
      'usage',
      `${target.path}:${target.line} is read but never changed (${target.lock}). Pass --write-rules to dream if it may be.`,
    );
  return target;
}

function statementsOf(change: Change, segmented: Segmented): readonly Statement[] {
  return change.before.flatMap(
    (side) => segmented.statements.find(({ path, line, text }) => path === side.path && line === side.line && text === side.text) ?? [],
  );
}

function findChange(planned: readonly PlannedChange[], id: string, row: DreamRow): PlannedChange {
  const fitting = planned.filter(({ change }) => change.id === id || change.id.startsWith(id));
  const [only] = fitting;
  if (!only) throw new UserError('notFound', `There is no change ${id} in dream ${row.id}. See all: dreamfold changes`);
  if (fitting.length > 1) throw new UserError('usage', `${id} is the beginning of ${fitting.length} changes: give more of it.`);
  return only;
}

/** A dream whose output can still be decided about. */
function openDream(engine: Engine, dream: string | undefined): DreamRow {
  const row = findDream(engine, dream);
  if (row.status !== 'completed')
    throw new UserError('usage', `${row.id} is ${row.status}: finish it first with dreamfold resume ${row.id}`);
  if (row.discarded) throw new UserError('usage', `${row.id} was discarded. Start a new one: dreamfold dream`);
  if (row.applied)
    throw new UserError('usage', `${row.id} is applied to ${row.applied.path}. Take it back first: dreamfold undo ${row.id}`);
  return row;
}

async function rewrite(engine: Engine, row: DreamRow, planned: readonly PlannedChange[]): Promise<readonly PlannedChange[]> {
  const { store, segmented } = inputOf(engine, row);
  const rendered = renderChanges(store, segmented, planned, engine.store.refused());
  engine.store.saveChanges(row.id, rendered.planned);
  engine.store.saveFiles(row.id, 'output', rendered.output);
  await replaceOutput(rendered.files, {
    path: row.out ?? defaultOut(engine, row.id, row.storeRoot, row.storeSingle),
    single: row.storeSingle,
  });
  return rendered.planned;
}

/** Judges every pair of a change's texts again, which gives the same verdicts, with their probabilities and reasons. */
export async function explainChange(engine: Engine, id: string, dream: string | undefined): Promise<Explanation> {
  const { row, planned } = findAnywhere(engine, id, dream);
  const { change } = planned;
  const judged = change.kind === 'merge' || change.kind === 'supersede' || change.kind === 'conflict';
  return {
    dream: row.id,
    change,
    pairs: judged ? await judgePairs(engine, row, change) : [],
  };
}

async function judgePairs(engine: Engine, row: DreamRow, change: Change): Promise<readonly ExplainedPair[]> {
  const { segmented } = inputOf(engine, row);
  const sides = sidesOf(change, segmented, (key) => engine.store.movedTime(key));
  const judge = loadJudge(loadWordVectors());
  const embedder = await openEmbedder({
    model: null,
    threads: 1,
    offline: true,
  });
  try {
    const vectors = await embedder.embed(
      sides.map((side) => side.text),
      null,
      contextOf(engine, 0),
    );
    return sides.flatMap((a, i) =>
      sides.slice(i + 1).map((b, k) => {
        const { decidedBy, ...verdict } = judge.judge(a, b);
        return {
          a: a.text,
          b: b.text,
          ...verdict,
          decided_by: decidedBy,
          similarity: dot(vectors, embedder.dimensions, i, i + 1 + k),
        };
      }),
    );
  } finally {
    await embedder.close();
  }
}

/** Every side of the change as the judge saw it; what a person said in a session comes last. */
function sidesOf(change: Change, segmented: Segmented, movedTime: (key: string) => string | null): readonly Side[] {
  const { after } = change;
  const texts = [
    ...change.before,
    ...(after && !change.before.some((side) => side.path === after.path && side.text === after.text) ? [after] : []),
  ];
  return texts.map((side) => {
    const statement = segmented.statements.find(({ path, line, text }) => path === side.path && line === side.line && text === side.text);
    return statement ? sideOf(statementRow(statement, movedTime)) : { text: side.text, time: change.evidence[0]?.at ?? null, scope: [] };
  });
}

function dot(vectors: Float32Array, dimensions: number, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < dimensions; i++) sum += (vectors[a * dimensions + i] ?? 0) * (vectors[b * dimensions + i] ?? 0);
  return sum;
}

function findAnywhere(engine: Engine, id: string, dream: string | undefined): { readonly row: DreamRow; readonly planned: PlannedChange } {
  const latest = findDream(engine, dream);
  const rows = dream === undefined ? [latest, ...engine.store.listDreams().filter((row) => row.id !== latest.id)] : [latest];
  for (const row of rows) {
    const planned = engine.store.changesOf(row.id);
    if (planned.some(({ change }) => change.id.startsWith(id))) return { row, planned: findChange(planned, id, row) };
  }
  throw new UserError('notFound', `There is no change ${id}. See all: dreamfold changes`);
}
