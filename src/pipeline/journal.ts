/** The journal of a publication in progress, kept in the database so that a killed run can be finished. */
import type { DreamStore } from '../store/store.js';
import { applyPlan, type Journal } from '../write/journal.js';

export function journalOf(store: DreamStore): Journal {
  return store.journal(applyPlan);
}
