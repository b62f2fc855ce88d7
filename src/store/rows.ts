/** What stands in the columns of the database, checked whenever a row is read: another program may have written to the file. */
import { z } from 'zod';
import { type DreamSettings, dreamSettings } from '../config.js';
import { changeKinds, type Effect, type Finding, type PlannedChange, type Problem, type SourceFile } from '../memory.js';

export const dreamStatuses = ['pending', 'running', 'completed', 'failed', 'canceled'] as const;
export type DreamStatus = (typeof dreamStatuses)[number];

/** One dream as the database knows it. */
export interface DreamRow {
  readonly id: string;
  readonly status: DreamStatus;
  readonly settings: DreamSettings;
  /** Folder or file of the input store, absolute. */
  readonly storeRoot: string;
  /** True where the input store is one file. */
  readonly storeSingle: boolean;
  /** Null until the store was read. */
  readonly format: string | null;
  readonly sessionIds: readonly string[];
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly error: { readonly type: string; readonly message: string } | null;
  /** Any JSON value; whoever wrote it knows its form. */
  readonly summary: unknown;
  /** Where the output store was written. */
  readonly out: string | null;
  readonly applied: {
    readonly mode: 'in-place' | 'to';
    readonly at: string;
    readonly path: string;
  } | null;
  readonly discarded: boolean;
  readonly cancelRequested: boolean;
}

export const dreamColumns: z.ZodType<DreamRow> = z
  .object({
    id: z.string(),
    status: z.enum(dreamStatuses),
    settings: json(dreamSettings.strip()),
    store_root: z.string(),
    store_single: flag(),
    format: z.string().nullable(),
    session_ids: json(z.array(z.string())),
    created_at: z.string(),
    ended_at: z.string().nullable(),
    error: json(z.object({ type: z.string(), message: z.string() })).nullable(),
    summary: json(z.unknown()).nullable(),
    out: z.string().nullable(),
    applied: json(
      z.object({
        mode: z.enum(['in-place', 'to']),
        at: z.string(),
        path: z.string(),
      }),
    ).nullable(),
    discarded: flag(),
    cancel_requested: flag(),
  })
  .transform((row) => ({
    id: row.id,
    status: row.status,
    settings: row.settings,
    storeRoot: row.store_root,
    storeSingle: row.store_single,
    format: row.format,
    sessionIds: row.session_ids,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    error: row.error,
    summary: row.summary,
    out: row.out,
    applied: row.applied,
    discarded: row.discarded,
    cancelRequested: row.cancel_requested,
  }));

export const fileColumns: z.ZodType<SourceFile> = z
  .object({
    path: z.string(),
    bytes: z.instanceof(Uint8Array),
    sha256: z.string(),
    mode: z.int(),
    modified_at: z.string(),
  })
  .transform(({ modified_at: modifiedAt, ...row }) => ({ ...row, modifiedAt }));

const side = z.object({
  path: z.string(),
  line: z.int(),
  text: z.string(),
  written: z.string().nullable(),
});
const result = z.object({
  path: z.string(),
  line: z.int().nullable(),
  text: z.string(),
});
const evidence = z.object({
  session_id: z.string(),
  at: z.string().nullable(),
  role: z.enum(['person', 'agent', 'tool']),
  quote: z.string(),
  file: z.string(),
  line: z.int(),
});
const change = z.object({
  id: z.string(),
  kind: z.enum(changeKinds),
  before: z.array(side),
  after: result.nullable(),
  relation: z.enum(['duplicate', 'refines', 'conflict']).nullable(),
  confidence: z.number(),
  decided_by: z.enum(['rule', 'model', 'claude', 'person']),
  reason: z.string(),
  insight: z.enum(['mistake', 'workflow', 'preference']).nullable(),
  support: z.int().nullable(),
  evidence: z.array(evidence),
});
export const changeStatus = z.enum(['proposed', 'suggested', 'approved', 'rejected', 'applied']);
const effect: z.ZodType<Effect> = z.object({
  changeId: z.string(),
  drop: z.array(z.string()),
  replace: z.array(z.object({ statementId: z.string(), text: z.string() })),
  /** Databases of earlier versions have none. */
  insert: z
    .array(
      z.object({
        path: z.string(),
        create: z.object({ title: z.string(), description: z.string(), kind: z.string(), listed: z.boolean() }).nullable(),
        section: z.string().nullable(),
        text: z.string(),
        at: z.string(),
        topic: z.string().nullable(),
      }),
    )
    .default([]),
  containers: z.array(z.string()),
});

/** The status has a column of its own, so that a decision rewrites no change. */
export const changeColumns: z.ZodType<PlannedChange> = z
  .object({ status: changeStatus, change: json(change), effect: json(effect) })
  .transform((row) => ({
    change: { ...row.change, status: row.status },
    effect: row.effect,
  }));

export const findingColumns: z.ZodType<Finding> = reportOf(
  z.object({
    kind: z.enum(['injection', 'secret', 'unreadable']),
    path: z.string(),
    line: z.int().nullable(),
    message: z.string(),
  }),
);

export const problemForm: z.ZodType<Problem> = z.object({
  kind: z.enum(['unreadable', 'malformed', 'unsupported', 'torn']),
  path: z.string(),
  line: z.int().nullable(),
  message: z.string(),
});
export const problemColumns: z.ZodType<Problem> = reportOf(problemForm);

/** A text column that holds JSON of the given form. */
export function json<T>(schema: z.ZodType<T>): z.ZodType<T> {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

function reportOf<T>(schema: z.ZodType<T>): z.ZodType<T> {
  return z.object({ value: json(schema) }).transform((row) => row.value);
}

function flag() {
  return z.int().transform((value) => value !== 0);
}
