/** The output store goes to people: over the input after a snapshot and a check, or to a new place; and back. */
import { resolve } from 'node:path';
import { UserError } from '../errors.js';
import type { SourceFile } from '../memory.js';
import type { DreamRow } from '../store/rows.js';
import { applyInPlace, undoInPlace } from '../write/apply.js';
import { unifiedDiff } from '../write/diff.js';
import { checkTarget, printAt, printOf, removeOutput, writeOutput } from '../write/output.js';
import { type Engine, exclusively, findDream } from './engine.js';
import { journalOf, markApplied, markUndone } from './journal.js';
import { removeOurs } from './placing.js';
import type { PublishResult } from './results.js';

/** Unified diff from the input store to the output store as it stands after every decision so far. */
export function diffDream(engine: Engine, dream: string | undefined): string {
  const row = finished(engine, dream);
  return unifiedDiff(engine.store.loadFiles(row.id, 'input'), engine.store.loadFiles(row.id, 'output'));
}

function finished(engine: Engine, dream: string | undefined): DreamRow {
  const row = findDream(engine, dream);
  if (row.status !== 'completed')
    throw new UserError('usage', `${row.id} is ${row.status} and has no output. Finish it: dreamfold resume ${row.id}`);
  return row;
}

/**
 * Publishes the output store.
 * @throws UserError `inputChanged` where the input is no longer what the dream read; nothing is written then.
 */
export function applyDream(engine: Engine, to: string | undefined, dream: string | undefined): Promise<PublishResult> {
  return exclusively(engine, async () => {
    const row = finished(engine, dream);
    if (row.discarded) throw new UserError('usage', `${row.id} was discarded. Start a new one: dreamfold dream`);
    if (row.applied)
      throw new UserError('usage', `${row.id} is applied to ${row.applied.path} already. Take it back: dreamfold undo ${row.id}`);
    const before = engine.store.loadFiles(row.id, 'input');
    const after = engine.store.loadFiles(row.id, 'output');
    const mode = to === undefined ? 'in-place' : 'to';
    const path = to === undefined ? row.storeRoot : resolve(to);
    if (to === undefined) {
      await applyInPlace(
        { root: row.storeRoot, single: row.storeSingle, before, after, label: row.id },
        journalOf(engine.store, engine.now),
      );
    } else {
      await checkTarget(path, { root: row.storeRoot, single: row.storeSingle });
      await writeOutput(after, { path, single: row.storeSingle });
    }
    if (!findDream(engine, row.id).applied) markApplied(engine.store, row.id, { mode, at: engine.now(), path });
    return {
      dream: row.id,
      mode,
      path,
      files: mode === 'to' ? { written: after.map((file) => file.path), removed: [] } : touched(before, after),
    };
  });
}

/** Takes a publication back: the bytes, modes and times of the input return, or the copy at the new place goes. */
export function undoDream(engine: Engine, dream: string | undefined): Promise<PublishResult> {
  return exclusively(engine, async () => {
    const row =
      dream === undefined
        ? (engine.store.listDreams().find((candidate) => candidate.applied) ?? findDream(engine, dream))
        : findDream(engine, dream);
    if (!row.applied) throw new UserError('usage', `${row.id} is not applied, so there is nothing to take back.`);
    const before = engine.store.loadFiles(row.id, 'input');
    const after = engine.store.loadFiles(row.id, 'output');
    const { mode, path } = row.applied;
    if (mode === 'in-place') {
      await undoInPlace(
        { root: row.storeRoot, single: row.storeSingle, before, after, label: row.id },
        journalOf(engine.store, engine.now),
      );
    } else {
      const target = { path, single: row.storeSingle };
      const there = await printAt(target);
      // Somebody may have removed the copy already.
      if (there !== null && there !== printOf(after, target))
        throw new UserError(
          'inputChanged',
          `${path} was changed since it was written, so it is not removed. Remove it by hand if you mean to.`,
        );
      await removeOutput(path);
    }
    if (findDream(engine, row.id).applied) markUndone(engine.store, row.id);
    return {
      dream: row.id,
      mode,
      path,
      files: mode === 'to' ? { written: [], removed: after.map((file) => file.path) } : touched(after, before),
    };
  });
}

/** Removes the output store of a dream; its record stays until it is pruned. */
export function discardDream(engine: Engine, dream: string | undefined): Promise<DreamRow> {
  return exclusively(engine, async () => {
    const row = findDream(engine, dream);
    if (row.applied?.mode === 'in-place')
      throw new UserError('usage', `${row.id} is applied to ${row.applied.path}. Take it back first: dreamfold undo ${row.id}`);
    await removeOurs(engine, row);
    engine.store.updateDream(row.id, {
      discarded: true,
      endedAt: row.endedAt ?? engine.now(),
      status: row.status === 'completed' ? 'completed' : 'canceled',
    });
    return findDream(engine, row.id);
  });
}

function touched(
  before: readonly SourceFile[],
  after: readonly SourceFile[],
): {
  readonly written: readonly string[];
  readonly removed: readonly string[];
} {
  const known = new Map(before.map((file) => [file.path, file.sha256]));
  const left = new Set(after.map((file) => file.path));
  return {
    written: after.filter((file) => known.get(file.path) !== file.sha256).map((file) => file.path),
    removed: before.filter((file) => !left.has(file.path)).map((file) => file.path),
  };
}
