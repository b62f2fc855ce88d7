/** A person's decisions about the changes of a dream: approve, refuse, edit; the output store is rewritten at once. */
import { dreamSettings, parseSettings } from '../config.js';
import { openEmbedder } from '../embed/embed.js';
import { UserError } from '../errors.js';
import { type Change, type MemoryStore, type PlannedChange, type Segmented, type Side, type Statement, textKey } from '../memory.js';
import { storeClusters } from '../relate/questions.js';
import { refusalKeys, side } from '../resolve/changes.js';
import { statementRow } from '../resolve/rows.js';
import type { DreamRow } from '../store/rows.js';
import { openAsker } from './asking.js';
import { countChanges, inputOf } from './dream.js';
import { effectOf } from './effects.js';
import { contextOf, type Engine, exclusively, findDream } from './engine.js';
import { openJudge } from './open-models.js';
import { checkOurs, place } from './placing.js';
import { answeredSides, keyOfSides } from './questioning.js';
import { renderChanges } from './render.js';
import { type ChangesResult, dreamSummary, type ExplainedPair, type Explanation } from './results.js';
import { sideOf } from './sides.js';
import { checkNoCircle, isActive, Standing, withStatus, yieldTo } from './standing.js';
import { judgeEach } from './verdicts.js';

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
    const input = inputOf(engine, row);
    const named = ids.map((id) => findChange(planned, id, row));
    const entries = decision === 'approved' ? withGround(named, planned, input.segmented) : named;
    const chosen = new Set(entries.map(({ change }) => change.id));
    const decided = planned.map((entry) => (chosen.has(entry.change.id) ? withStatus(entry, decision) : entry));
    const keys = entries.flatMap(({ change, effect }) => refusalKeys(change, textKey, effect));
    const open = decision === 'approved' ? yieldTo(chosen, decided, input.segmented) : decided;
    const rewritten = await rewrite(engine, row, input, open, { [decision === 'approved' ? 'allow' : 'refuse']: keys });
    return result(engine, row, touched(planned, rewritten, chosen));
  });
}

/** The changes named, and those that they rest on. @throws UserError `usage` where what one rests on is no longer there. */
function withGround(named: readonly PlannedChange[], planned: readonly PlannedChange[], segmented: Segmented): readonly PlannedChange[] {
  const standing = new Standing(segmented, planned);
  const all = new Set(named);
  for (const entry of all) {
    if (entry.change.kind === 'reindex') continue;
    const ground = standing.restsOn(entry);
    if (ground === null)
      throw new UserError('usage', `${entry.change.id} is about a text that another decision has changed. Dream again over the new store.`);
    for (const other of ground) if (!isActive(other)) all.add(other);
  }
  return [...all];
}

/** The changes decided about, and those whose status followed. */
function touched(before: readonly PlannedChange[], after: readonly PlannedChange[], chosen: ReadonlySet<string>): readonly PlannedChange[] {
  const statuses = new Map(before.map(({ change }) => [change.id, change.status]));
  return after.filter(({ change }) => chosen.has(change.id) || (statuses.has(change.id) && statuses.get(change.id) !== change.status));
}

/** Puts a person's text in place of what a change would leave, and approves it. A conflict is settled by it. */
export function editChange(engine: Engine, id: string, text: string, dream: string | undefined): Promise<ChangesResult> {
  return exclusively(engine, async () => {
    const row = openDream(engine, dream);
    const planned = engine.store.changesOf(row.id);
    const input = inputOf(engine, row);
    const entry = findChange(planned, id, row);
    const ground = new Set(withGround([entry], planned, input.segmented));
    const edited = withText(entry, text.trim(), new Standing(input.segmented, planned));
    const allow = [...ground, edited].flatMap(({ change, effect }) => refusalKeys(change, textKey, effect));
    const decided = planned.map((other) => (other === entry ? edited : ground.has(other) ? withStatus(other, 'approved') : other));
    const open = yieldTo(new Set([edited.change.id]), decided, input.segmented);
    const rewritten = await rewrite(engine, row, input, open, { allow });
    // What a person writes now is as late as anything in the store.
    engine.store.saveMovedTimes([{ textKey: textKey(text.trim()), at: engine.now() }]);
    return result(engine, row, touched(planned, rewritten, new Set([edited.change.id])));
  });
}

function withText(entry: PlannedChange, text: string, standing: Standing): PlannedChange {
  const { change, effect } = entry;
  if (text === '') throw new UserError('usage', '--text is empty. To take a statement out, approve the change that drops it.');
  if (change.kind === 'reindex') throw new UserError('usage', `${change.id} only removes what has become empty: approve or reject it.`);
  if (change.after && effect.insert.length > 0) {
    return {
      change: { ...change, after: { ...change.after, line: null, text }, decided_by: 'person', status: 'approved' },
      effect: { ...effect, insert: effect.insert.map((one) => ({ ...one, text })) },
    };
  }
  const sides = change.before.flatMap((side) => standing.statementAt(entry, side) ?? []);
  const target = targetOf(entry, sides, standing);
  const others = change.kind === 'conflict' ? sides.filter(({ id, lock }) => id !== target.id && lock === null) : [];
  const after = { path: target.path, line: target.line, text };
  // The later statement of a supersede stood before under its own words, which now have to be named too.
  const named = change.kind === 'redact' || sides.includes(target);
  const before = named ? change.before : [...change.before, side(target)];
  return {
    change: { ...change, before, after, decided_by: 'person', status: 'approved' },
    effect: {
      ...effect,
      drop: [...new Set([...effect.drop, ...others.map(({ id }) => id)])],
      replace: [{ statementId: target.id, text }],
    },
  };
}

/** The statement that the text goes into: the survivor, else the first side that may be changed. */
function targetOf(entry: PlannedChange, sides: readonly Statement[], standing: Standing): Statement {
  const { change } = entry;
  const survivor = change.after ? standing.statementAt(entry, change.after) : null;
  const target = survivor ?? sides.find(({ lock }) => lock === null) ?? sides[0];
  if (!target) throw new UserError('usage', `${change.id} has no statement that a text could be put into.`);
  if (target.lock !== null)
    throw new UserError(
      'usage',
      `${target.path}:${target.line} is read but never changed (${target.lock}). Pass --write-rules to dream if it may be.`,
    );
  return target;
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

/** Decisions about texts that outlive the dream. */
interface Refusals {
  readonly refuse?: readonly string[];
  readonly allow?: readonly string[];
}

async function rewrite(
  engine: Engine,
  row: DreamRow,
  { store, segmented }: { readonly store: MemoryStore; readonly segmented: Segmented },
  planned: readonly PlannedChange[],
  { refuse = [], allow = [] }: Refusals,
): Promise<readonly PlannedChange[]> {
  const refused = new Set([...engine.store.refused(), ...refuse]);
  for (const key of allow) refused.delete(key);
  const rendered = renderChanges(store, segmented, planned, refused);
  checkNoCircle(rendered.planned, segmented);
  await checkOurs(engine, row);
  await place(engine, row, rendered.output, () => {
    engine.store.refuse(refuse);
    engine.store.unrefuse(allow);
    engine.store.saveChanges(row.id, rendered.planned);
    const summary = dreamSummary.nullable().parse(row.summary);
    if (summary) engine.store.updateDream(row.id, { summary: { ...summary, ...countChanges(rendered.planned) } });
  });
  return rendered.planned;
}

/**
 * Judges every pair of a change's texts again, with their probabilities and reasons: by what Claude answered then and by the models of the
 * dream, which give the same verdicts, or by the shipped one alone, with a warning, where its cross-encoder is not to be had any more.
 */
export async function explainChange(engine: Engine, id: string, dream: string | undefined): Promise<Explanation> {
  const { row, planned } = findAnywhere(engine, id, dream);
  const { change } = planned;
  const judged = change.kind === 'merge' || change.kind === 'supersede' || change.kind === 'conflict';
  return {
    dream: row.id,
    change,
    pairs: judged ? await judgePairs(engine, row, change) : [],
    effect: effectOf(engine, row, change),
  };
}

async function judgePairs(engine: Engine, row: DreamRow, change: Change): Promise<readonly ExplainedPair[]> {
  const { segmented } = inputOf(engine, row);
  const sides = sidesOf(change, segmented, (key) => engine.store.movedTime(key));
  const settings = parseSettings(dreamSettings, row.settings);
  const asked = { dream: null, instructions: settings.instructions, shape: storeClusters };
  await using opened = await openJudge({ ...engine, offline: true }, settings, 'stores').catch((error: unknown) => {
    if (!(error instanceof UserError) || settings.crossEncoder === null) throw error;
    engine.report({ kind: 'warning', message: `Explained without the second stage that this dream had: ${error.message}` });
    return openJudge(engine, { ...settings, crossEncoder: null }, 'stores');
  });
  const embedder = await openEmbedder({ model: null, threads: 1 });
  try {
    const vectors = await embedder.embed(
      sides.map((side) => side.text),
      null,
      contextOf(engine, 0),
    );
    const pairs = sides.flatMap((a, i) =>
      sides.slice(i + 1).map((b, k) => ({ a, b, similarity: dot(vectors, embedder.dimensions, i, i + 1 + k) })),
    );
    const verdicts = await judgeEach(
      opened.judge,
      pairs.map(({ a, b }) => [a, b] as const),
      engine.signal,
    );
    const asker = await openAsker(
      { ...engine, claude: null },
      { ...settings, llm: settings.llm === 'off' ? 'off' : 'auto', maxUsd: null },
      asked,
    );
    asker?.recall(pairs.map(({ a, b }) => keyOfSides(a, b)));
    return pairs.flatMap(({ a, b, similarity }, at) => {
      const found = (asker && answeredSides(opened.judge, a, b, asker)) ?? verdicts[at];
      if (!found) return [];
      const { decidedBy, ...verdict } = found;
      return [{ a: a.text, b: b.text, ...verdict, decided_by: decidedBy, similarity }];
    });
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
