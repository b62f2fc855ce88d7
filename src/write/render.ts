/**
 * A store and the effects of the active changes in, the files of the output store out. Bytes are spliced, never re-serialised:
 * a file that no effect touches is the same object, and in a touched file every other byte stays.
 *
 * What is emptied goes with its statements: the outermost section, list, table or Markdown file whose every statement leaves,
 * and the index lines that link to a removed file. Each is a named change of its own (`reindex`) that a person can refuse.
 * What a text is inserted into is not empty.
 */
import {
  bulletText,
  type Change,
  type ChangeSide,
  type Container,
  compareText,
  type Effect,
  type Insertion,
  type MemoryStore,
  makeId,
  type OutputFile,
  oneLine,
  type PlannedChange,
  type Segmented,
  type SourceFile,
  type Span,
  type Statement,
} from '../memory.js';
import { encodeText } from './encode.js';
import { depthOf, findPlaces, type Inserted, type Piece } from './insert.js';
import { lineEnd, type Replacement, splice } from './splice.js';

export interface RenderInput {
  readonly store: MemoryStore;
  readonly segmented: Segmented;
  /** Of active changes only, without those of `reindex` changes: they are worked out anew on every call. */
  readonly effects: readonly Effect[];
  /** Ids of `reindex` changes that a person refused: what they name stays. */
  readonly refused: ReadonlySet<string>;
}

export interface Rendered {
  /** In path order; what is missing from the store's files was removed. */
  readonly files: readonly OutputFile[];
  /** In path and line order. */
  readonly reindex: readonly PlannedChange[];
  /** The line of each text that was inserted; null where it cannot be told. */
  readonly lineOf: (insertion: Insertion) => number | null;
}

/**
 * Renders the output store. Pure: the same input gives the same bytes.
 * A record or bullet that several statements share leaves with the last of them, so that none is lost with another.
 * @throws Error where an effect names a locked or unknown statement, two effects replace one statement by different texts, or a
 * text is to be inserted where nothing can be: a bug of the caller.
 */
export function renderStore(input: RenderInput): Rendered {
  const edits = collectEdits(input.segmented, input.effects);
  const inserted = findPlaces(
    input,
    input.effects.flatMap((effect) => effect.insert),
  );
  const emptied = findEmptied(input, edits.dropped, inserted);
  const statements = groupBy(input.segmented.statements, (statement) => statement.path);
  const containers = groupBy(emptied.containers, (container) => container.path);
  const kept = input.store.files.flatMap((file) => {
    if (emptied.files.has(file.path)) return [];
    const own = statements.get(file.path) ?? [];
    return [
      renderFile(file, own, containers.get(file.path) ?? [], {
        dropped: emptied.dropped,
        replaced: edits.replaced,
        pieces: inserted.pieces.get(file.path) ?? [],
      }),
    ];
  });
  const files = [...kept, ...inserted.created].sort((a, b) => compareText(a.path, b.path));
  return { files, reindex: emptied.changes, lineOf: (insertion) => findLine(files, insertion) };
}

/** The only line that holds the text, as Markdown or plain text has it or as a JSON string. */
function findLine(files: readonly OutputFile[], { path, text }: Insertion): number | null {
  const file = files.find((candidate) => candidate.path === path);
  const lines = Buffer.from(file?.bytes ?? [])
    .toString('utf8')
    .split('\n');
  const forms = [bulletText(text), oneLine(text), JSON.stringify(oneLine(text))];
  const found = lines.flatMap((line, at) => (forms.some((form) => line.includes(form)) ? [at + 1] : []));
  return found.length === 1 ? (found[0] ?? null) : null;
}

interface Edits {
  readonly dropped: ReadonlySet<string>;
  readonly replaced: ReadonlyMap<string, string>;
}

/** Checks every id; where one change drops what another rewrites, it is dropped. */
function collectEdits(segmented: Segmented, effects: readonly Effect[]): Edits {
  const byId = new Map(segmented.statements.map((statement) => [statement.id, statement]));
  const dropped = new Set<string>();
  const replaced = new Map<string, string>();
  const check = (id: string, effect: Effect): void => {
    const statement = byId.get(id);
    if (statement === undefined) throw new Error(`change ${effect.changeId} names the unknown statement ${id}`);
    if (statement.lock !== null) throw new Error(`change ${effect.changeId} edits ${id} (${statement.path}), locked: ${statement.lock}`);
  };
  for (const effect of effects) {
    for (const id of effect.drop) {
      check(id, effect);
      dropped.add(id);
    }
    for (const { statementId, text } of effect.replace) {
      check(statementId, effect);
      if ((replaced.get(statementId) ?? text) !== text) throw new Error(`change ${effect.changeId} replaces ${statementId} a second time`);
      replaced.set(statementId, text);
    }
  }
  return { dropped, replaced };
}

interface FileEdits extends Edits {
  readonly pieces: readonly Piece[];
}

/** Texts that enter are put in first; what leaves or changes is then found behind them. */
function renderFile(file: SourceFile, found: readonly Statement[], gone: readonly Container[], edits: FileEdits): OutputFile {
  const moved = mover(edits.pieces);
  const statements = edits.pieces.length === 0 ? found : found.map((one) => movedStatement(one, moved));
  const emptied = gone.map(({ span }) => moved(span));
  const going = statements.filter((statement) => edits.dropped.has(statement.id));
  const rewritten = statements.flatMap((statement) => {
    const text = edits.replaced.get(statement.id);
    return text === undefined || edits.dropped.has(statement.id) ? [] : [{ statement, text }];
  });
  if (going.length === 0 && rewritten.length === 0 && emptied.length === 0 && edits.pieces.length === 0)
    return outputFile(file, file.bytes);
  const content = withPieces(Buffer.from(file.bytes).toString('latin1'), edits.pieces);
  const staying = statements.filter((statement) => !edits.dropped.has(statement.id)).map(({ span }) => span);
  const out = splice(content, {
    cuts: [
      ...going.map(({ cut }) => cut).filter(({ span }) => !touchesAny(span, staying)),
      ...emptied.map((span) => ({ span, list: null })),
    ],
    replacements: rewritten.map(({ statement, text }) => replacement(content, statement, text)),
    markdown: isMarkdown(statements),
  });
  return outputFile(file, Buffer.from(out, 'latin1'));
}

function withPieces(content: string, pieces: readonly Piece[]): string {
  const starts = [0, ...pieces.map(({ at }) => at)];
  return starts.map((start, i) => (pieces[i - 1]?.text ?? '') + content.slice(start, pieces[i]?.at ?? content.length)).join('');
}

/**
 * Where a span stands once the pieces are in. A piece at its very end is behind it, one at its start before it.
 * @throws Error where a piece would stand inside of something that leaves
 */
function mover(pieces: readonly Piece[]): (span: Span) => Span {
  const length = (before: (at: number) => boolean) => pieces.reduce((sum, { at, text }) => sum + (before(at) ? text.length : 0), 0);
  return ({ start, end }) => {
    const by = length((at) => at <= start);
    if (end > start && length((at) => at < end) !== by) throw new Error(`a text would be inserted inside of ${start} to ${end}`);
    return { start: start + by, end: end + by };
  };
}

function movedStatement(statement: Statement, moved: (span: Span) => Span): Statement {
  const { span, cut } = statement;
  return { ...statement, span: moved(span), cut: { ...cut, span: moved(cut.span) } };
}

/** `spans` in order and apart from each other. */
function touchesAny(span: Span, spans: readonly Span[]): boolean {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle]?.end ?? 0) <= span.start) low = middle + 1;
    else high = middle;
  }
  return (spans[low]?.start ?? Number.POSITIVE_INFINITY) < span.end;
}

function outputFile(file: SourceFile, bytes: Uint8Array): OutputFile {
  return { path: file.path, bytes, mode: file.mode };
}

function replacement(content: string, statement: Statement, text: string): Replacement {
  const { span } = statement;
  const decode = (start: number, end: number) => Buffer.from(content.slice(start, end), 'latin1').toString('utf8');
  const place = {
    old: decode(span.start, span.end),
    lineBefore: decode(content.lastIndexOf('\n', span.start - 1) + 1, span.start),
    eol: lineEnd(content),
  };
  return {
    span,
    text: Buffer.from(encodeText(statement, text, place), 'utf8').toString('latin1'),
  };
}

function isMarkdown(statements: readonly Statement[]): boolean {
  return statements.some((statement) => statement.encoding === 'markdown');
}

interface Emptied {
  /** Paths of removed files. */
  readonly files: ReadonlySet<string>;
  /** Sections, lists and tables that go, none inside another or inside a removed file. */
  readonly containers: readonly Container[];
  /** The given statements, and the index lines and leads that go with what is emptied. */
  readonly dropped: ReadonlySet<string>;
  readonly changes: readonly PlannedChange[];
}

function findEmptied(input: RenderInput, dropped: ReadonlySet<string>, inserted: Inserted): Emptied {
  const ids = changeIds(input.segmented);
  const state: State = {
    input,
    ids,
    byId: new Map(input.segmented.statements.map((s) => [s.id, s])),
    gone: new Set(dropped),
    changes: [],
    pieces: inserted.pieces,
  };
  const files = removeFiles(state);
  const containers: Container[] = [];
  for (const container of input.segmented.containers) {
    if (container.kind === 'file' || files.has(container.path)) continue;
    if (containers.some((outer) => outer.path === container.path && contains(outer, container))) continue;
    if (!goes(state, container)) continue;
    containers.push(container);
    nameContainer(
      state,
      container,
      `Every statement under "${container.text}" leaves by other changes, so this ${container.kind} goes too.`,
    );
  }
  const changes = [...state.changes].sort((a, b) => compareSides(a.change.before[0], b.change.before[0]));
  return { files, containers, dropped: state.gone, changes };
}

interface State {
  readonly input: RenderInput;
  readonly ids: ReadonlyMap<Container | Statement, string>;
  readonly byId: ReadonlyMap<string, Statement>;
  readonly gone: Set<string>;
  readonly changes: PlannedChange[];
  readonly pieces: Inserted['pieces'];
}

/** Removing a file drops the index lines that link to it, which may empty the next file: until nothing more goes. */
function removeFiles(state: State): ReadonlySet<string> {
  const { store, segmented } = state.input;
  const removed = new Set<string>();
  const candidates = store.single ? [] : segmented.containers.filter((container) => container.kind === 'file');
  const links = groupBy(
    segmented.statements.filter(({ role }) => role === 'index'),
    ({ link }) => link ?? '',
  );
  for (let grew = true; grew; ) {
    grew = false;
    for (const container of candidates) {
      if (removed.has(container.path) || !goes(state, container)) continue;
      removed.add(container.path);
      grew = true;
      const lines = (links.get(container.path) ?? []).filter((line) => leavesWithLink(state, line));
      const places = [...new Set(lines.map((line) => line.path))].join(' and ');
      const tail = places === '' ? 'the file goes too' : `the file and its line in ${places} go too`;
      nameContainer(state, container, `Every statement of ${container.path} leaves by other changes, so ${tail}.`);
      for (const line of lines) {
        state.gone.add(line.id);
        nameLine(state, line, `${container.path} is removed, so the line that links to it goes too.`);
      }
    }
  }
  return removed;
}

function leavesWithLink(state: State, line: Statement): boolean {
  return line.lock === null && !state.gone.has(line.id) && !state.input.refused.has(state.ids.get(line) ?? '');
}

/** A lead-in says nothing alone: it does not keep its list, and is named by the change that removes it. */
function goes(state: State, container: Container): boolean {
  if (container.fixed || state.input.refused.has(state.ids.get(container) ?? '') || holdsPiece(state, container)) return false;
  const inside = statementsOf(state, container);
  const staying = inside.filter((statement) => !state.gone.has(statement.id));
  const markdown = container.kind !== 'file' || isMarkdown(inside);
  return markdown && staying.length < inside.length && staying.every((statement) => statement.role === 'lead' && statement.lock === null);
}

/** True for what a text is inserted into. */
function holdsPiece({ pieces, input }: State, container: Container): boolean {
  const { path, kind, span } = container;
  const inside = (pieces.get(path) ?? []).filter(({ at }) => span.start < at && at <= span.end);
  if (kind === 'file') return pieces.has(path);
  if (kind !== 'section') return inside.some(({ at, joins }) => joins || at < span.end);
  if (inside.length === 0) return false;
  const depth = depthOf(Buffer.from(input.store.files.find((file) => file.path === path)?.bytes ?? []).toString('latin1'), container);
  return inside.some((piece) => piece.at < span.end || depth < piece.depth);
}

function statementsOf(state: State, container: Container): readonly Statement[] {
  return container.statements.flatMap((id) => state.byId.get(id) ?? []);
}

function nameContainer(state: State, container: Container, reason: string): void {
  const leads = statementsOf(state, container).filter((statement) => !state.gone.has(statement.id));
  for (const lead of leads) state.gone.add(lead.id);
  const own = side(container);
  const before = [own, ...leads.filter((lead) => lead.line !== container.line).map(side)];
  name(state, container, before, reason, {
    drop: leads.map((lead) => lead.id),
    containers: [container.id],
  });
}

function nameLine(state: State, line: Statement, reason: string): void {
  name(state, line, [side(line)], reason, { drop: [line.id], containers: [] });
}

function name(
  state: State,
  what: Container | Statement,
  before: readonly ChangeSide[],
  reason: string,
  does: Pick<Effect, 'drop' | 'containers'>,
): void {
  const id = state.ids.get(what);
  if (id === undefined) throw new Error(`no change id for ${what.id}`);
  const change: Change = {
    id,
    kind: 'reindex',
    before,
    after: null,
    relation: null,
    confidence: 1,
    decided_by: 'rule',
    reason,
    insight: null,
    support: null,
    evidence: [],
    status: 'proposed',
  };
  state.changes.push({
    change,
    effect: { changeId: id, replace: [], insert: [], ...does },
  });
}

/** Ids by path, kind and text, and by which one of several alike: an edit elsewhere in the file does not change them. */
function changeIds(segmented: Segmented): ReadonlyMap<Container | Statement, string> {
  const seen = new Map<string, number>();
  const entries = [
    ...segmented.containers.map((container) => ({
      what: container,
      kind: container.kind,
    })),
    ...segmented.statements.filter(({ role }) => role === 'index').map((what) => ({ what, kind: 'line' })),
  ];
  return new Map(
    entries.map(({ what, kind }) => {
      const key = makeId('key', what.path, kind, what.text);
      const nth = seen.get(key) ?? 0;
      seen.set(key, nth + 1);
      return [what, makeId('chg', 'reindex', what.path, kind, what.text, String(nth))];
    }),
  );
}

function side(what: Container | Statement): ChangeSide {
  return { path: what.path, line: what.line, text: what.text, written: null };
}

function contains(outer: Container, inner: Container): boolean {
  return outer.span.start <= inner.span.start && inner.span.end <= outer.span.end;
}

function compareSides(a: ChangeSide | undefined, b: ChangeSide | undefined): number {
  return compareText(a?.path ?? '', b?.path ?? '') || (a?.line ?? 0) - (b?.line ?? 0);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
