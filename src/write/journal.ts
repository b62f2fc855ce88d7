/** What `apply` and `undo` promise to finish: a plan of renames as plain JSON, kept where a kill cannot reach it. */
import { z } from 'zod';

const step = z.strictObject({
  /** Relative to `root`, `/` separated. */
  path: z.string(),
  kind: z.enum(['write', 'remove']),
  /** Relative to `root`: the new bytes; null where the file is removed. */
  staged: z.string().nullable(),
  /** Relative to `root`: a second name of the old file, for rolling back; null where there was none. */
  kept: z.string().nullable(),
  /** Hash of the file before; null where there was none. */
  beforeSha: z.string().nullable(),
  /** Hash of the file after; null where it is removed. */
  afterSha: z.string().nullable(),
  /** Permission bits of the new file. */
  mode: z.int(),
  /** Modification time of the new file in microseconds since 1970; null where it is the time of writing. */
  mtimeUs: z.number().nullable(),
});

/** Foreign JSON is checked against this when it comes back from the journal. */
export const applyPlan = z.strictObject({
  operation: z.enum(['apply', 'undo']),
  /** Given by the caller, to know the operation again after a kill. */
  label: z.string(),
  /** `staging`: no file was touched. `renaming`: every new file is on disk and goes in place. `rollback`: the old ones go back. */
  phase: z.enum(['staging', 'renaming', 'rollback']),
  /** Absolute real path of the folder that holds the store. */
  root: z.string(),
  steps: z.array(step),
});
export type ApplyPlan = Readonly<z.infer<typeof applyPlan>>;
export type ApplyStep = Readonly<z.infer<typeof step>>;

/** Holds at most one plan. Every call returns when its effect is durable. */
export interface Journal {
  /** Takes the place of a pending plan, whose next phase it is, in one step: a kill leaves the one or the other. */
  begin(plan: ApplyPlan): void;
  /**
   * Forgets the plan; does nothing where none is pending. `done` is true where the operation is in place and false where the store
   * is as before it: what has to be remembered of it belongs into the same transaction.
   */
  end(done: boolean): void;
  pending(): ApplyPlan | null;
}
