/** Ends of a dream that change no store: cancelling, forgetting. */
import { UserError } from '../errors.js';
import { dreamObject } from './dream-object.js';
import { type Engine, exclusively, findDream } from './engine.js';
import { removeOurs } from './placing.js';
import type { DreamObject } from './results.js';

/** Asks the process that runs the dream to stop; where none does (the lock is free), the dream is canceled at once. */
export function cancelDream(engine: Engine, dream: string | undefined): DreamObject {
  const row = findDream(engine, dream);
  if (row.status === 'completed' || row.status === 'failed') throw new UserError('usage', `${row.id} is ${row.status} already.`);
  if (row.status !== 'canceled') {
    engine.store.requestCancel(row.id);
    if (isIdle(engine))
      engine.store.updateDream(row.id, {
        status: 'canceled',
        endedAt: engine.now(),
      });
  }
  return dreamObject(engine, findDream(engine, row.id));
}

function isIdle(engine: Engine): boolean {
  try {
    engine.store.acquireLock().release();
    return true;
  } catch (thrown) {
    if (thrown instanceof UserError && thrown.exit === 'locked') return false;
    throw thrown;
  }
}

/** Forgets dreams and removes their output stores, as far as nobody has changed them; what is applied in place keeps its record until it is undone or `all` is given. */
export function pruneDreams(
  engine: Engine,
  request: { readonly keep?: number; readonly all?: boolean },
): Promise<{ readonly removed: readonly string[] }> {
  const { keep = 0, all = false } = request;
  return exclusively(engine, async () => {
    const gone = engine.store.listDreams().filter((row, at) => all || (at >= keep && row.applied?.mode !== 'in-place'));
    for (const row of gone) {
      await removeOurs(engine, row);
      engine.store.deleteDream(row.id);
    }
    engine.store.sweepReadings();
    engine.store.sweepVerdicts();
    if (all) engine.store.deleteAll();
    engine.store.vacuum();
    return { removed: gone.map((row) => row.id) };
  });
}
