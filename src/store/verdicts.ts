/**
 * What the local judge made of pairs in earlier dreams, by a key that names all that a verdict depends on. What comes out is what was put in,
 * to the last bit.
 */
import { type Decider, type Keep, relations, type Verdict } from '../memory.js';
import type { Connection } from './connection.js';
import { latestNumber } from './dreams.js';

export interface KeyedVerdict {
  /** Lower-case hex. */
  readonly key: string;
  readonly verdict: Verdict;
}

/** Their places in these lists are what is kept: new ones go to the end, and the check of the table then has to know them. */
const keeps: readonly Keep[] = ['a', 'b', 'both', 'either', 'none'];
const deciders: readonly Decider[] = ['rule', 'model', 'claude', 'person'];

/** The columns are strict and checked by SQLite, whoever writes them. To check each row here as well would double the time of a look-up. */
interface KeptRow {
  readonly at: number;
  readonly kind: number;
  readonly confidence: number;
  readonly duplicate: number;
  readonly refines: number;
  readonly conflict: number;
  readonly distinct: number;
  readonly reason: string;
  readonly used: number;
}

/**
 * Dreams after which a verdict that was looked up counts as used again: to write down every use of every verdict would cost more than to
 * look them up.
 */
const dreamsBetweenUses = 8;

const select = `SELECT list.key AS at, kind, confidence, duplicate, refines, conflict, "distinct", reason, used
  FROM json_each(?) AS list JOIN verdicts ON verdicts.key = unhex(list.value)`;

/** In the order of `keys`; null for what is not kept. Notes that they were used. */
export function selectVerdicts(db: Connection, keys: readonly string[]): readonly (Verdict | null)[] {
  const found = keys.map((): Verdict | null => null);
  const list = JSON.stringify(keys);
  const rows = db.all(select, list) as readonly KeptRow[];
  if (rows.length === 0) return found;
  const now = latestNumber(db);
  for (const row of rows) found[row.at] = verdictOf(row);
  if (rows.some(({ used }) => used < now - dreamsBetweenUses))
    db.run('UPDATE verdicts SET used = ? WHERE key IN (SELECT unhex(value) FROM json_each(?))', now, list);
  return found;
}

const insert = `INSERT OR REPLACE INTO verdicts (key, kind, confidence, duplicate, refines, conflict, "distinct", reason, used)
  VALUES (unhex(?), ?, ?, ?, ?, ?, ?, ?, ?)`;

/** In one transaction. */
export function insertVerdicts(db: Connection, rows: readonly KeyedVerdict[]): void {
  db.transaction(() => {
    const now = latestNumber(db);
    for (const { key, verdict } of rows) {
      const { confidence, probabilities, reason } = verdict;
      const { duplicate, refines, conflict, distinct } = probabilities;
      db.run(insert, key, kindOf(verdict), confidence, duplicate, refines, conflict, distinct, reason, now);
    }
  });
}

/** Removes what no dream that is still known has used, or was about to: reasons name words of statements. */
export function sweepVerdicts(db: Connection): void {
  db.run('DELETE FROM verdicts WHERE used + ? < (SELECT ifnull(min(seq), 1e15) FROM dreams)', dreamsBetweenUses);
}

/** Leaves about `most` verdicts, those that were used last: all that went unused for as long as the first that is too many go. */
export function trimVerdicts(db: Connection, most: number): void {
  db.run('DELETE FROM verdicts WHERE used < (SELECT used FROM verdicts ORDER BY used DESC LIMIT 1 OFFSET ?)', most);
}

/** Two bits for the relation, two for the decider, one for doubt, the rest for what is kept. */
function kindOf({ relation, decidedBy, ambiguous, keep }: Verdict): number {
  return relations.indexOf(relation) + 4 * deciders.indexOf(decidedBy) + 16 * Number(ambiguous) + 32 * keeps.indexOf(keep);
}

function verdictOf({ kind, confidence, duplicate, refines, conflict, distinct, reason }: KeptRow): Verdict {
  return {
    relation: relations[kind & 3] ?? 'distinct',
    keep: keeps[kind >> 5] ?? 'none',
    confidence,
    probabilities: { duplicate, refines, conflict, distinct },
    decidedBy: deciders[(kind >> 2) & 3] ?? 'model',
    ambiguous: (kind & 16) !== 0,
    reason,
  };
}
