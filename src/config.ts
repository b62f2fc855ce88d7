/** The options of every command with their defaults, checked once at the door. */
import { z } from 'zod';
import { UserError } from './errors.js';
import { storeFormats } from './memory.js';

export const indexMethods = ['auto', 'scan', 'cells', 'hnsw'] as const;
export type IndexMethod = (typeof indexMethods)[number];

/** How sure a change has to be before it is made without a person: the `--caution` of a command. */
export const cautions = ['careful', 'normal', 'bold'] as const;
export type Caution = (typeof cautions)[number];

export const llmChoices = ['off', 'auto', 'require'] as const;

/** Whether Claude is asked about what the local judge is unsure of, and how much that may come to. */
const asking = {
  llm: z.enum(llmChoices).default('auto'),
  llmModel: z.string().min(1).nullable().default(null),
  llmBatch: z.boolean().default(false),
  /** Also asks for the words of insights. */
  llmPhrase: z.boolean().default(false),
  /** Reports the body of every request before it is sent. */
  llmShow: z.boolean().default(false),
  /** HTTP requests, repeated ones included. */
  maxLlmCalls: z.int().min(0).max(1_000_000).default(50),
  /** Tokens of every kind together. */
  maxTokens: z.int().min(0).nullable().default(null),
  /** US dollars at list price. */
  maxUsd: z.number().min(0).nullable().default(null),
  /** Says what would be asked and sends nothing. */
  dryRun: z.boolean().default(false),
};
const askSettings = z.object(asking);
export type AskSettings = Readonly<z.output<typeof askSettings>>;

/** How fields of records are named in a store of records; null entries are found by name and type. */
const fieldMap = z.strictObject({
  text: z.string().min(1).optional(),
  id: z.string().min(1).optional(),
  time: z.string().min(1).optional(),
  subject: z.string().min(1).optional(),
});
export type FieldMap = z.infer<typeof fieldMap>;

/** The settings that affect the result of a dream; stored with it, so that it can be resumed and repeated. */
export const dreamSettings = z.strictObject({
  store: z.string().min(1),
  sessions: z.array(z.string().min(1)).default([]),
  out: z.string().min(1).nullable().default(null),
  exclude: z.array(z.string().min(1)).default([]),
  writeRules: z.boolean().default(false),
  instructions: z.string().min(1).max(4096).nullable().default(null),
  minSupport: z.int().min(1).max(1000).default(3),
  persons: z.record(z.string(), z.string()).default({}),
  model: z.string().min(1).nullable().default(null),
  crossEncoder: z.string().min(1).nullable().default(null),
  caution: z.enum(cautions).default('normal'),
  index: z.enum(indexMethods).default('auto'),
  format: z.enum(storeFormats).nullable().default(null),
  fields: fieldMap.default({}),
  ...asking,
  seed: z.int().min(0).default(1),
});
export type DreamSettings = z.infer<typeof dreamSettings>;

export const dedupeSettings = z.strictObject({
  file: z.string().min(1),
  field: z.string().min(1).nullable().default(null),
  by: z.enum(['meaning', 'similarity']).default('meaning'),
  threshold: z.number().min(-1).max(1).nullable().default(null),
  out: z.string().min(1).nullable().default(null),
  report: z.string().min(1).nullable().default(null),
  model: z.string().min(1).nullable().default(null),
  crossEncoder: z.string().min(1).nullable().default(null),
  caution: z.enum(cautions).default('normal'),
  index: z.enum(indexMethods).default('auto'),
  ...asking,
});
export type DedupeSettings = z.infer<typeof dedupeSettings>;

export const judgeSettings = z.strictObject({
  crossEncoder: z.string().min(1).nullable().default(null),
  caution: z.enum(cautions).default('normal'),
  ...asking,
});
export type JudgeSettings = z.infer<typeof judgeSettings>;

/** Of `models check` and `models calibrate`; `pairs` null takes the default of each. */
export const measureSettings = z.strictObject({
  pairs: z.int().min(50).max(100_000).nullable().default(null),
  activate: z.boolean().default(false),
});

/** Of `bench`: made stores of these sizes, each way of deduplicating, and a rival in the same run. */
export const benchSettings = z.strictObject({
  sizes: z.array(z.int().min(100).max(1_000_000)).min(1).default([1000, 10_000]),
  by: z
    .array(z.enum(['similarity', 'meaning']))
    .min(1)
    .default(['similarity']),
  against: z.enum(['hnsw', 'exhaustive']).nullable().default(null),
  repeat: z.int().min(1).max(99).default(1),
  seed: z.int().min(0).default(1),
  /** Folder for results.json, results.md and curves.svg, absent or empty. */
  out: z.string().min(1).nullable().default(null),
  recall: z.boolean().default(true),
  /** Rows whose exact neighbours recall is measured on; null for all of a small store and a sample of a large one. */
  recallRows: z.int().min(1).nullable().default(null),
});
export type BenchSettings = Readonly<z.output<typeof benchSettings>>;

/**
 * Checks foreign options against a schema.
 * @throws UserError `usage`, naming the option and what was expected of it.
 */
export function parseSettings<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = issue?.path.join('.') || 'options';
  throw new UserError('usage', `--${name}: ${issue?.message ?? 'not understood'}`);
}
