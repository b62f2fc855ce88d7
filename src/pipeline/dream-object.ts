/** A dream as the commands that list and show dreams give it. */
import { dreamSettings, parseSettings } from '../config.js';
import { makeId } from '../memory.js';
import type { DreamRow } from '../store/rows.js';
import { type Engine, findDream } from './engine.js';
import { ledgerCall, totalsOf } from './ledger.js';
import { type ChangesResult, type DreamObject, dreamSummary } from './results.js';

/** A dream in the form of the hosted API. Local ids of stores are hashes of their absolute paths. */
export function dreamObject(engine: Engine, row: DreamRow): DreamObject {
  const settings = parseSettings(dreamSettings, row.settings);
  const calls = engine.store.callsOf(row.id, ledgerCall).map(({ value }) => value);
  const output =
    row.out === null
      ? []
      : [
          {
            type: 'memory_store' as const,
            memory_store_id: makeId('memstore', row.out),
          },
        ];
  return {
    id: row.id,
    type: 'dream',
    status: row.status,
    inputs: [
      {
        type: 'memory_store',
        memory_store_id: makeId('memstore', row.storeRoot),
      },
      { type: 'sessions', session_ids: row.sessionIds },
    ],
    outputs: row.status === 'completed' ? output : [],
    output_behavior: { type: 'create_new' },
    model: { id: calls.at(-1)?.model ?? settings.model ?? 'dreamfold-local' },
    instructions: settings.instructions,
    session_id: null,
    created_at: row.createdAt,
    ended_at: row.endedAt,
    archived_at: row.discarded ? row.endedAt : null,
    usage: totalsOf(calls).usage,
    error: row.error,
    summary: dreamSummary.nullable().parse(row.summary),
  };
}

/** The changes of a dream, strongest first, and what was found beside them. */
export function changesOf(engine: Engine, dream: string | undefined): ChangesResult {
  const row = findDream(engine, dream);
  return {
    dream: row.id,
    changes: engine.store.changesOf(row.id).map(({ change }) => change),
    findings: engine.store.findingsOf(row.id),
  };
}
