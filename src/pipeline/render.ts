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
import { orderChanges, refusalKeys } from '../resolve/changes.js';
import { renderStore } from '../write/render.js';

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
  const times = new Map(store.files.map((file) => [file.path, file.modifiedAt]));
  const output = rendered.files.map(({ path, bytes, mode }) => ({
    path,
    bytes,
    mode,
    sha256: sha256(bytes),
    modifiedAt: times.get(path) ?? '',
  }));
  return {
    planned: orderChanges([...edits, ...rendered.reindex, ...kept]),
    files: rendered.files,
    output,
  };
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
