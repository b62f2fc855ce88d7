/** Changes -> the output store, with the reindexing that follows from them. */
import {
  type Effect,
  type MemoryStore,
  type OutputFile,
  type PlannedChange,
  type Segmented,
  type SourceFile,
  sha256,
  textKey,
} from '../memory.js';
import { maskSecrets } from '../read/screen.js';
import { orderChanges, refusalKeys } from '../resolve/changes.js';
import { renderStore } from '../write/render.js';
import { textOf } from './screening.js';

export interface Rendered {
  /** Every change, reindexing included, strongest first. */
  readonly planned: readonly PlannedChange[];
  readonly files: readonly OutputFile[];
  /** The same files with their hashes, as the database keeps them. */
  readonly output: readonly SourceFile[];
}

/** True for a change whose edit is in the output store. */
export function isActive({ change }: PlannedChange): boolean {
  return change.status === 'proposed' || change.status === 'approved' || change.status === 'applied';
}

/**
 * @param planned changes of every kind; reindex changes among them only say which ones a person refused, all others of that
 *   kind are worked out anew from what is active.
 */
export function renderChanges(
  store: MemoryStore,
  segmented: Segmented,
  planned: readonly PlannedChange[],
  refused: ReadonlySet<string>,
): Rendered {
  const edits = planned.filter(({ change }) => change.kind !== 'reindex');
  const kept = planned.filter(({ change }) => change.kind === 'reindex' && change.status === 'rejected');
  const effects = [combine(edits.filter(isActive).sort(byPerson))];
  const first = renderStore({
    store,
    segmented,
    effects,
    refused: new Set(kept.map(({ change }) => change.id)),
  });
  const again = first.reindex.filter(({ change }) => refusalKeys(change, textKey).some((key) => refused.has(key)));
  const rendered =
    again.length === 0
      ? first
      : renderStore({
          store,
          segmented,
          effects,
          refused: new Set([...kept, ...again].map(({ change }) => change.id)),
        });
  const files = maskFiles(rendered.files, edits.filter(isActive));
  const times = new Map(store.files.map((file) => [file.path, file.modifiedAt]));
  const output = files.map(({ path, bytes, mode }) => ({
    path,
    bytes,
    mode,
    sha256: sha256(bytes),
    modifiedAt: times.get(path) ?? '',
  }));
  return {
    planned: orderChanges([...edits, ...rendered.reindex, ...kept]),
    files,
    output,
  };
}

/** Redactions without a statement mask whatever secret is left in their file. */
function maskFiles(files: readonly OutputFile[], active: readonly PlannedChange[]): readonly OutputFile[] {
  const masked = new Set(
    active
      .filter(({ change, effect }) => change.kind === 'redact' && effect.replace.length === 0)
      .flatMap(({ change }) => change.before.map((side) => side.path)),
  );
  return files.map((file) => {
    const text = masked.has(file.path) ? textOf(file.bytes) : null;
    return text === null ? file : { ...file, bytes: Buffer.from(maskSecrets(text, 'certain')) };
  });
}

/** Where several changes put text into one statement, the last one's stands. */
function combine(active: readonly PlannedChange[]): Effect {
  const replace = new Map(active.flatMap(({ effect }) => effect.replace.map(({ statementId, text }) => [statementId, text] as const)));
  const drop = new Set(active.flatMap(({ effect }) => effect.drop));
  return {
    changeId: 'active',
    drop: [...drop],
    replace: [...replace].map(([statementId, text]) => ({ statementId, text })),
    containers: [],
  };
}

/** What a person wrote is put in last, so that it stands where several changes touch one statement. */
function byPerson(a: PlannedChange, b: PlannedChange): number {
  return Number(a.change.decided_by === 'person') - Number(b.change.decided_by === 'person');
}
