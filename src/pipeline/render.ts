/** Changes -> the output store, with the reindexing that follows from them. */
import {
  type Insertion,
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
import { combine, isActive, settleStatuses, withStatus } from './standing.js';

export interface Rendered {
  /** Every change, reindexing included, strongest first. */
  readonly planned: readonly PlannedChange[];
  readonly files: readonly OutputFile[];
  /** The same files with their hashes, as the database keeps them. */
  readonly output: readonly SourceFile[];
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
  const edits = settleStatuses(
    planned.filter(({ change }) => change.kind !== 'reindex'),
    segmented,
  );
  const reindex = planned.filter(({ change }) => change.kind === 'reindex');
  const kept = reindex.filter(({ change }) => change.status === 'rejected');
  const effects = [combine(edits, segmented)];
  const refusedIds = new Set(kept.map(({ change }) => change.id));
  let rendered = renderStore({ store, segmented, effects, refused: refusedIds });
  // What is refused may keep an outer section, and then an inner one is emptied that was refused too.
  for (let again = findRefused(rendered.reindex, refused); again.length > 0; again = findRefused(rendered.reindex, refused)) {
    for (const { change } of again) refusedIds.add(change.id);
    rendered = renderStore({ store, segmented, effects, refused: refusedIds });
  }
  const approved = new Set(reindex.filter(({ change }) => change.status === 'approved').map(({ change }) => change.id));
  const emptied = rendered.reindex.map((entry) => (approved.has(entry.change.id) ? withStatus(entry, 'approved') : entry));
  const files = maskFiles(rendered.files, edits.filter(isActive));
  const times = new Map(store.files.map((file) => [file.path, file.modifiedAt]));
  const output = files.map(({ path, bytes, mode }) => ({
    path,
    bytes,
    mode,
    sha256: sha256(bytes),
    modifiedAt: times.get(path) ?? '',
  }));
  const placed = edits.map((entry) => withLine(entry, rendered.lineOf));
  return {
    planned: orderChanges([...placed, ...emptied, ...kept]),
    files,
    output,
  };
}

/** A text that was inserted stands on a line of the output; one that was not, on none. */
function withLine(entry: PlannedChange, lineOf: (insertion: Insertion) => number | null): PlannedChange {
  const [insertion] = entry.effect.insert;
  const { after } = entry.change;
  if (insertion === undefined || after === null) return entry;
  return { ...entry, change: { ...entry.change, after: { ...after, line: isActive(entry) ? lineOf(insertion) : null } } };
}

function findRefused(reindex: readonly PlannedChange[], refused: ReadonlySet<string>): readonly PlannedChange[] {
  return reindex.filter(({ change }) => refusalKeys(change, textKey).some((key) => refused.has(key)));
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
