/**
 * The output store of a dream where it stands. It is written over, or removed, only as long as it is what was written there: people
 * open it, mend it by hand, or begin to use it as their store.
 */
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { SourceFile } from '../memory.js';
import type { DreamRow } from '../store/rows.js';
import { type OutputTarget, printAt, printOf, removeOutput, replaceOutput } from '../write/output.js';
import { defaultOut, type Engine } from './engine.js';

/** What may stand at the place without anybody having changed it: after a kill that is the store before or after the write. */
const prints = z.array(z.string().nullable());

function targetOf(engine: Engine, row: DreamRow): OutputTarget {
  return { path: row.out ?? defaultOut(engine, row.id, row.storeRoot, row.storeSingle), single: row.storeSingle };
}

async function isOurs(engine: Engine, row: DreamRow): Promise<boolean> {
  const target = targetOf(engine, row);
  const there = await printAt(target);
  if (there === null) return true;
  const known = engine.store.checkpoint(row.id, 'output', prints) ?? [printOf(engine.store.loadFiles(row.id, 'output'), target)];
  return known.includes(there);
}

/** @throws UserError `inputChanged` where somebody has changed the output store since it was written. */
export async function checkOurs(engine: Engine, row: DreamRow): Promise<void> {
  if (await isOurs(engine, row)) return;
  throw new UserError(
    'inputChanged',
    `${targetOf(engine, row).path} was changed since dreamfold wrote it, so it is not overwritten. Move it to another place, then try again: the new store is written anew.`,
  );
}

/**
 * Writes the output store over the one before, and remembers it; `save` keeps what belongs to it in the database.
 * `checkOurs` must have passed.
 */
export async function place(engine: Engine, row: DreamRow, files: readonly SourceFile[], save: () => void): Promise<void> {
  const target = targetOf(engine, row);
  const fresh = printOf(files, target);
  engine.store.saveCheckpoint(row.id, 'output', [await printAt(target), fresh]);
  save();
  engine.store.saveFiles(row.id, 'output', files);
  await replaceOutput(files, target);
  engine.store.saveCheckpoint(row.id, 'output', [fresh]);
}

/** Removes the output store, unless somebody has changed it: it stays then, and a warning names it. */
export async function removeOurs(engine: Engine, row: DreamRow): Promise<void> {
  if (row.status !== 'completed' || row.discarded) return;
  const { path } = targetOf(engine, row);
  if (await isOurs(engine, row)) await removeOutput(path);
  else engine.report({ kind: 'warning', message: `${path} was changed since dreamfold wrote it, so it is left where it is.` });
}
