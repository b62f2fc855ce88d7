/**
 * Which edits hold together. A change may rest on another one: a memory that a person's words replaced can be merged later on,
 * under those words. Refusing the replacement then takes the ground from the merge, which must not drop the old memory unnamed.
 */
import { UserError } from '../errors.js';
import type { ChangeResult, ChangeSide, ChangeStatus, Effect, PlannedChange, Segmented, Statement } from '../memory.js';

type Place = Pick<ChangeSide, 'path' | 'text'> & { readonly line: number | null };

/** True for a change whose edit is in the output store. */
export function isActive({ change }: Pick<PlannedChange, 'change'>): boolean {
  return change.status === 'proposed' || change.status === 'approved' || change.status === 'applied';
}

export function withStatus(entry: PlannedChange, status: ChangeStatus): PlannedChange {
  return { ...entry, change: { ...entry.change, status } };
}

/** Looks statements and texts up by place, for one list of changes. */
export class Standing {
  readonly #byId: ReadonlyMap<string, Statement>;
  readonly #byPlace = new Map<string, Statement[]>();
  /** Changes that put a text into a place. */
  readonly #producers = new Map<string, { readonly entry: PlannedChange; readonly statementId: string }[]>();

  constructor(segmented: Segmented, planned: readonly PlannedChange[]) {
    this.#byId = new Map(segmented.statements.map((statement) => [statement.id, statement]));
    for (const statement of segmented.statements) add(this.#byPlace, keyOf(statement), statement);
    for (const entry of planned) {
      for (const { statementId, text } of entry.effect.replace) {
        const statement = this.#byId.get(statementId);
        if (statement) add(this.#producers, keyOf({ ...statement, text }), { entry, statementId });
      }
    }
  }

  /** The statement that a side of a change is about, as it was or as a change has it; null where the side names none. */
  statementAt(entry: PlannedChange, side: ChangeSide | ChangeResult): Statement | null {
    const own = entry.effect.replace.find(({ statementId, text }) => {
      const statement = this.#byId.get(statementId);
      return statement !== undefined && keyOf({ ...statement, text }) === keyOf(side);
    });
    if (own) return this.#byId.get(own.statementId) ?? null;
    // Lines of minified JSON hold many statements; equal texts of one subject are told apart by what the change drops.
    const dropped = entry.effect.drop.flatMap((id) => this.#byId.get(id) ?? []);
    const there = this.#byPlace.get(keyOf(side)) ?? [];
    const fitting = there.filter(({ scope }) => dropped.length === 0 || dropped.some((one) => one.scope.subject === scope.subject));
    const original = fitting.find(({ id }) => !entry.effect.drop.includes(id)) ?? fitting[0] ?? there[0];
    const produced = this.#producers.get(keyOf(side))?.[0]?.statementId;
    return original ?? this.#byId.get(produced ?? '') ?? null;
  }

  /** Other changes without which a side of this one stands nowhere; null where no change would make it stand. */
  restsOn(entry: PlannedChange): readonly PlannedChange[] | null {
    const { before, after } = entry.change;
    // A text that enters stands on nothing but itself.
    const sides = [...before, ...(after && entry.effect.insert.length === 0 ? [after] : [])];
    const found: PlannedChange[] = [];
    for (const side of sides) {
      if (this.#byPlace.has(keyOf(side))) continue;
      const producers = (this.#producers.get(keyOf(side)) ?? []).map((one) => one.entry);
      if (producers.includes(entry)) continue;
      const producer = producers.find(isActive) ?? producers[0];
      if (producer === undefined) return null;
      found.push(producer);
    }
    return [...new Set(found)];
  }

  sees(entry: PlannedChange, statementId: string, text: string): boolean {
    const statement = this.#byId.get(statementId);
    return statement !== undefined && entry.change.before.some((side) => keyOf(side) === keyOf({ ...statement, text }));
  }
}

function keyOf({ path, line, text }: Place): string {
  return `${path}\n${line}\n${text}`;
}

function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Changes that rest on one that is not active become suggestions: they say nothing about the store as it will be. */
export function settleStatuses(planned: readonly PlannedChange[], segmented: Segmented): readonly PlannedChange[] {
  let settled = planned;
  for (let changed = true; changed; ) {
    const standing = new Standing(segmented, settled);
    const falls = (entry: PlannedChange): boolean =>
      isActive(entry) &&
      ['merge', 'supersede', 'conflict'].includes(entry.change.kind) &&
      standing.restsOn(entry)?.every(isActive) !== true;
    changed = settled.some(falls);
    settled = settled.map((entry) => (falls(entry) ? withStatus(entry, 'suggested') : entry));
  }
  return settled;
}

/**
 * The active edits as one. Where several put text into one statement, the one stands that is about the text of the others, then a
 * person's; a statement that got a new text is dropped only by a change that is about that text.
 */
export function combine(planned: readonly PlannedChange[], segmented: Segmented): Effect {
  const standing = new Standing(segmented, planned);
  const active = planned.filter(isActive);
  const writers = new Map<string, Writer[]>();
  for (const entry of active) {
    for (const { statementId, text } of entry.effect.replace) add(writers, statementId, { entry, text });
  }
  const winners = new Map([...writers].flatMap(([id, list]) => lastWriter(list, id, standing)));
  const drop = new Set(active.flatMap((entry) => entry.effect.drop.filter((id) => drops(entry, id, winners.get(id), standing))));
  return {
    changeId: 'active',
    drop: [...drop],
    replace: [...winners].map(([statementId, { text }]) => ({ statementId, text })),
    insert: active.flatMap((entry) => entry.effect.insert),
    containers: [],
  };
}

interface Writer {
  readonly entry: PlannedChange;
  readonly text: string;
}

function lastWriter(list: readonly Writer[], id: string, standing: Standing): [string, Writer][] {
  const open = list.filter((one) => !list.some((other) => other !== one && standing.sees(other.entry, id, one.text)));
  const winner = open.find(({ entry }) => entry.change.decided_by === 'person') ?? open[0];
  return winner ? [[id, winner]] : [];
}

function drops(entry: PlannedChange, id: string, winner: Writer | undefined, standing: Standing): boolean {
  if (winner === undefined) return true;
  const masked = winner.entry.change.kind === 'redact' && winner.entry.change.decided_by !== 'person';
  return masked || standing.sees(entry, id, winner.text);
}

/**
 * The latest decision holds: changes that put another text into a statement than one of `chosen` become suggestions again, unless
 * that one is about their text.
 * @throws UserError `usage` where two of `chosen` do.
 */
export function yieldTo(chosen: ReadonlySet<string>, planned: readonly PlannedChange[], segmented: Segmented): readonly PlannedChange[] {
  const standing = new Standing(segmented, planned);
  const writes = planned
    .filter(({ change }) => chosen.has(change.id) && change.kind !== 'redact')
    .flatMap((entry) => entry.effect.replace.map((one) => ({ entry, ...one })));
  const beaten = (entry: PlannedChange) =>
    writes.find((write) =>
      entry.effect.replace.some(
        ({ statementId, text }) =>
          write.entry.change.id !== entry.change.id &&
          statementId === write.statementId &&
          text !== write.text &&
          !standing.sees(write.entry, statementId, text) &&
          !standing.sees(entry, statementId, write.text),
      ),
    );
  return planned.map((entry) => {
    const by = isActive(entry) && entry.change.kind !== 'redact' ? beaten(entry) : undefined;
    if (by === undefined) return entry;
    if (chosen.has(entry.change.id))
      throw new UserError('usage', `${entry.change.id} and ${by.entry.change.id} put two texts into one place. Approve one of them.`);
    return withStatus(entry, 'suggested');
  });
}

/**
 * @throws UserError `usage` where approved changes drop in a circle: each says that what it drops stands elsewhere, and together
 *   they would leave none of it
 */
export function checkNoCircle(planned: readonly PlannedChange[], segmented: Segmented): void {
  const standing = new Standing(segmented, planned);
  const dropped = new Set(combine(planned, segmented).drop);
  const goes = planned.filter(isActive).flatMap((entry) => {
    const into = entry.change.after ? (standing.statementAt(entry, entry.change.after)?.id ?? null) : null;
    return entry.effect.drop.filter((id) => dropped.has(id)).map((id) => ({ id, into, change: entry.change.id }));
  });
  const lost = new Set(dropped);
  for (let shrank = true; shrank; ) {
    const saved = goes.filter(({ id, into }) => lost.has(id) && (into === null || !lost.has(into)));
    for (const { id } of saved) lost.delete(id);
    shrank = saved.length > 0;
  }
  const circle = [...new Set(goes.filter(({ id }) => lost.has(id)).map(({ change }) => change))];
  if (circle.length > 0)
    throw new UserError('usage', `${circle.join(' and ')} together would keep none of their statements. Reject one of them.`);
}
