/**
 * The journal of a publication in progress, kept in the database so that a killed run can be finished. That a dream is applied, or
 * no longer, is remembered in the transaction that ends the plan: whoever finishes it, the record fits the files.
 */
import { z } from 'zod';
import type { DreamStore } from '../store/store.js';
import { applyPlan, type Journal } from '../write/journal.js';
import { isActive, withStatus } from './standing.js';

/** Statuses as they were before a publication, so that taking it back restores them. */
const statusList = z.array(z.tuple([z.string(), z.enum(['proposed', 'suggested', 'approved', 'rejected', 'applied'])]));

/** @param now ISO clock: when a publication ended */
export function journalOf(store: DreamStore, now: () => string): Journal {
  const journal = store.journal(applyPlan);
  return {
    begin: (plan) => journal.begin(plan),
    pending: () => journal.pending(),
    end: (done) =>
      journal.end((plan) => {
        const row = done ? store.getDream(plan.label) : null;
        if (!row) return;
        if (plan.operation === 'apply') markApplied(store, row.id, { mode: 'in-place', at: now(), path: row.storeRoot });
        else markUndone(store, row.id);
      }),
  };
}

/** Every change whose edit is in the output counts as applied from now on. */
export function markApplied(
  store: DreamStore,
  id: string,
  applied: { readonly mode: 'in-place' | 'to'; readonly at: string; readonly path: string },
): void {
  const planned = store.changesOf(id);
  store.saveCheckpoint(
    id,
    'statuses',
    planned.map(({ change }) => [change.id, change.status]),
  );
  store.saveChanges(
    id,
    planned.map((entry) => (isActive(entry) ? withStatus(entry, 'applied') : entry)),
  );
  store.updateDream(id, { applied });
}

export function markUndone(store: DreamStore, id: string): void {
  const known = new Map(store.checkpoint(id, 'statuses', statusList) ?? []);
  store.saveChanges(
    id,
    store
      .changesOf(id)
      .map((entry) => (entry.change.status === 'applied' ? withStatus(entry, known.get(entry.change.id) ?? 'proposed') : entry)),
  );
  store.updateDream(id, { applied: null });
}
