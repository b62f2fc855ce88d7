/** What calls to Claude came to, in the form in which they are kept and shown; field names are those of the JSON output. */
import { z } from 'zod';
import { addUsage, noTokens, type TokenUsage } from '../relate/prices.js';

const usage = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  cache_creation_input_tokens: z.number(),
  cache_read_input_tokens: z.number(),
});

export const ledgerCall = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** `judge` asks about pairs, `phrase` for the words of insights. */
  kind: z.enum(['judge', 'phrase']),
  model: z.string(),
  /** Null for a request of its own. */
  batch: z.string().nullable(),
  request_id: z.string().nullable(),
  /** HTTP requests: more than 1 where one was repeated. An entry of a batch counts as one. */
  attempts: z.number(),
  clusters: z.number(),
  pairs: z.number(),
  usage,
  /** US dollars at list price; null where that is not known. */
  usd: z.number().nullable(),
  /** Tokens of attempts that broke off, at most: nobody knows whether they are billed, the budget counts them. */
  uncertain_tokens: z.number(),
  /** Answers by relation; insights with new words under `phrased`. */
  answered: z.record(z.string(), z.number()),
  /** Why answers, or parts of them, were not believed. */
  doubts: z.array(z.string()),
  error: z.object({ type: z.string(), status: z.number().nullable(), message: z.string() }).nullable(),
  /** Changes that rest on an answer of this call. */
  changes: z.array(z.string()),
});
export type LedgerCall = Readonly<z.output<typeof ledgerCall>>;

/** What is left after asking, kept with the dream. */
export const askReport = z.object({
  model: z.string(),
  /** Pairs that an answer was looked for, here or in an earlier run. */
  pairs: z.number(),
  /** Of them: answered now, and known from before. */
  answered: z.number(),
  known: z.number(),
  /** Clusters that were sent. */
  clusters: z.number(),
  /** Pairs that nobody has answered: they stay ambiguous. */
  left: z.array(z.object({ a: z.string(), b: z.string() })),
  /** Why it was not asked about them, or what was wrong with the last answer; null where nothing was left. */
  stopped: z.string().nullable(),
});
export type AskReport = Readonly<z.output<typeof askReport>>;

export interface LedgerTotals {
  readonly usage: TokenUsage;
  readonly usd: number | null;
  readonly attempts: number;
  readonly uncertainTokens: number;
}

export function totalsOf(calls: readonly LedgerCall[]): LedgerTotals {
  return {
    usage: calls.reduce<TokenUsage>((sum, call) => addUsage(sum, call.usage), noTokens),
    usd: calls.some(({ usd }) => usd === null) ? null : calls.reduce((sum, { usd }) => sum + (usd ?? 0), 0),
    attempts: calls.reduce((sum, { attempts }) => sum + attempts, 0),
    uncertainTokens: calls.reduce((sum, { uncertain_tokens }) => sum + uncertain_tokens, 0),
  };
}
