/** What the library and the command line give back: the JSON forms of the contract (design section 6). Field names are the contract's. */
import { z } from 'zod';
import type { Change, Decider, Finding, Keep, Probabilities, Problem, Relation } from '../memory.js';
import type { AskReport } from './ledger.js';

export type DreamStatus = 'pending' | 'running' | 'completed' | 'failed' | 'canceled';

export const dreamSummary = z.object({
  memories: z.number(),
  statements: z.number(),
  sessions: z.number(),
  /** By kind, suggested ones left out. */
  changes: z.record(z.string(), z.number()),
  suggested: z.number(),
  /** Clusters that a language model was asked about. */
  asked: z.number(),
  /** Pairs worth a question that have no answer: nobody was asked, the budget ended, or answers could not be used. */
  unanswered: z.number().default(0),
  /** What each clause of the instructions was taken for and how many statements it is about; `other` needs a language model. */
  instructions: z
    .array(z.object({ kind: z.enum(['focus', 'ignore', 'keep', 'other']), text: z.string(), matched: z.number() }))
    .default([]),
  seconds: z.record(z.string(), z.number()),
  peak_rss_mb: z.number(),
  /** Absolute path of the output store. */
  out: z.string(),
  /** Absolute path of the input store. */
  store: z.string(),
  format: z.string(),
});
export type DreamSummary = Readonly<z.output<typeof dreamSummary>>;

/** The dream object of the hosted API (its fields, all present) with a summary. */
export interface DreamObject {
  readonly id: string;
  readonly type: 'dream';
  readonly status: DreamStatus;
  readonly inputs: readonly (
    | { readonly type: 'memory_store'; readonly memory_store_id: string }
    | { readonly type: 'sessions'; readonly session_ids: readonly string[] }
  )[];
  readonly outputs: readonly {
    readonly type: 'memory_store';
    readonly memory_store_id: string;
  }[];
  readonly output_behavior: { readonly type: 'create_new' };
  readonly model: { readonly id: string };
  readonly instructions: string | null;
  readonly session_id: string | null;
  readonly created_at: string;
  readonly ended_at: string | null;
  readonly archived_at: string | null;
  readonly usage: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly cache_creation_input_tokens: number;
    readonly cache_read_input_tokens: number;
  };
  readonly error: { readonly type: string; readonly message: string } | null;
  /** Null until the dream is completed. */
  readonly summary: DreamSummary | null;
}

export interface ChangesResult {
  readonly dream: string;
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

/** `problems` lists sources that could not be read; the rest was used. */
export interface DreamResult {
  readonly dream: DreamObject;
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
}

export interface ExplainedPair {
  readonly a: string;
  readonly b: string;
  readonly relation: Relation;
  readonly keep: Keep;
  readonly confidence: number;
  readonly probabilities: Probabilities;
  readonly decided_by: Decider;
  readonly ambiguous: boolean;
  readonly reason: string;
  readonly similarity: number;
}

/** Sessions in which something happened, of those that were read. */
export interface Share {
  readonly happened: number;
  readonly sessions: number;
}

/** `not_rarer`: as often as before, or more; `too_few`: less often, but by so little that it may be chance. */
export type EffectVerdict = 'rarer' | 'more_often' | 'not_rarer' | 'too_few';

/** Whether it helps that the store says what to do about a recurring mistake. */
export interface LessonEffect {
  /** The dream that measured it: the newest one over this store. */
  readonly dream: string;
  /** True where a memory said it when that dream began. */
  readonly stated: boolean;
  /** ISO 8601: no session up to then had that memory. Null where there is none, or where the store does not say since when. */
  readonly since: string | null;
  /** Sessions that began before `since` or at it; all of them where it is null. */
  readonly before: Share;
  readonly after: Share;
  /** Sessions that record no time: they count for neither. */
  readonly without_time: Share;
  /** Null where there is nothing to compare. */
  readonly verdict: EffectVerdict | null;
  /** All of it in plain words. */
  readonly sentence: string;
}

export interface Explanation {
  readonly dream: string;
  readonly change: Change;
  readonly pairs: readonly ExplainedPair[];
  /** For a recurring mistake that a dream has measured; null for every other change. */
  readonly effect: LessonEffect | null;
}

export interface PublishResult {
  readonly dream: string;
  readonly mode: 'in-place' | 'to';
  readonly path: string;
  readonly files: {
    readonly written: readonly string[];
    readonly removed: readonly string[];
  };
}

export interface AuditResult {
  readonly path: string;
  readonly format: string;
  readonly memories: number;
  readonly statements: number;
  readonly duplicates: readonly Change[];
  readonly conflicts: readonly Change[];
  readonly superseded: readonly Change[];
  /** What has ended by its own words. */
  readonly stale: readonly Change[];
  readonly suggested: readonly Change[];
  /** Memory files that the store's index does not link. */
  readonly orphans: readonly string[];
  readonly dead_links: readonly {
    readonly path: string;
    readonly line: number;
    readonly target: string;
  }[];
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
  readonly size: {
    readonly files: number;
    readonly bytes: number;
    readonly index_lines: number | null;
    readonly index_bytes: number | null;
    /** Sentences about limits of the store's client that are passed. */
    readonly over: readonly string[];
  };
}

export interface DedupeReport {
  readonly records: number;
  readonly kept: number;
  /** Line numbers are 1-based lines of the input file. */
  readonly groups: readonly {
    readonly kept: number;
    readonly dropped: readonly {
      readonly line: number;
      readonly to: number;
      readonly similarity: number;
      readonly relation: Relation;
      readonly confidence: number;
    }[];
  }[];
  readonly seconds: Readonly<Record<string, number>>;
  readonly peak_rss_mb: number;
}

/** `output` holds the kept records verbatim, in input order. */
export interface DedupeResult {
  readonly report: DedupeReport;
  readonly output: Uint8Array;
  readonly out: string | null;
  readonly problems: readonly Problem[];
  /** What Claude was asked; null where it was not to be asked. */
  readonly asked: AskReport | null;
}

export interface RelateLine {
  readonly id: string;
  readonly relation: Relation;
  readonly keep: Keep;
  readonly confidence: number;
  readonly probabilities: Probabilities;
  readonly decided_by: Decider;
  readonly ambiguous: boolean;
  /** Which guard or which words decided, for a person to read. */
  readonly reason: string;
}

export interface RelateResult {
  readonly lines: readonly RelateLine[];
  readonly problems: readonly Problem[];
  /** What Claude was asked; null where it was not to be asked. */
  readonly asked: AskReport | null;
}

export interface DoctorResult {
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
}
