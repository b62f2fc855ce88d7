/** What a benchmark gives back: the JSON of `bench --json` and of results.json. Field names are part of the contract. */
import type { IndexMethod } from '../config.js';

export type Measure = 'similarity' | 'meaning';
export type Rival = 'hnsw' | 'exhaustive';

/** One way to deduplicate that is timed. */
export interface Path {
  readonly by: Measure;
  /** `auto` is what users get; the rivals are `hnsw`, and `scan`, which looks at every pair. */
  readonly index: IndexMethod;
}

/** What was dropped, against the truth of a made store. */
export interface Quality {
  readonly dropped: number;
  /** Dropped for a record that makes the same claim. */
  readonly right: number;
  /** Null where nothing was dropped. */
  readonly precision: number | null;
  /** Records that could go: all of one claim but one. */
  readonly duplicates: number;
  /** `right` of `duplicates`; null where there are none. */
  readonly recall: number | null;
  /** Share of the edited and the paraphrased copies that ended up with another record of their claim; null where there are none. */
  readonly found: { readonly edited: number | null; readonly paraphrased: number | null };
  /** Dropped for a record that makes another claim: another value, another subject, or something else altogether. */
  readonly wrong: { readonly changed: number; readonly lookalike: number; readonly other: number };
  /** How many records with a changed value and how many look-alikes there were to fall for. */
  readonly traps: { readonly changed: number; readonly lookalike: number };
}

/** Medians over the repeats of one path on one size; each repeat is a process of its own, from its start to its exit. */
export interface BenchRun extends Path {
  readonly size: number;
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly records_per_second: number;
  /** By stage, as the report of the command has them; `start` is the rest: loading, opening the database, ending. */
  readonly stages: Readonly<Record<string, number>>;
  readonly peak_rss_mb: number;
  readonly quality: Quality;
}

/** Time of the rival divided by ours, medians of the same run. */
export interface BenchRatio {
  readonly size: number;
  readonly by: Measure;
  readonly against: Rival;
  readonly seconds: number;
  /** Of the stage `index` alone; null where either took less than a hundredth of a second. */
  readonly index: number | null;
}

/** Exponent `e` of `time ~ size^e` between two sizes: 1 is linear, 2 quadratic. Null where a time is too short to tell. */
export interface BenchGrowth extends Path {
  readonly from: number;
  readonly to: number;
  readonly seconds: number | null;
  readonly stages: Readonly<Record<string, number | null>>;
}

/** Pairs of cosine >= `threshold` that the index finds, of those that there are among the exact 64 nearest of each row asked about. */
export interface BenchRecall {
  readonly size: number;
  readonly index: IndexMethod;
  readonly threshold: number;
  /** Rows whose exact neighbours were computed: all, or a sample by the seed. */
  readonly rows: number;
  readonly pairs: number;
  readonly found: number;
  /** Null where there are no such pairs. */
  readonly recall: number | null;
  /** Of finding the candidates, in a warm process. */
  readonly seconds: number;
}

export interface BenchResult {
  readonly at: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memory_gb: number; readonly os: string };
  readonly versions: { readonly dreamfold: string; readonly node: string };
  readonly settings: {
    readonly sizes: readonly number[];
    readonly by: readonly Measure[];
    readonly against: Rival | null;
    readonly repeat: number;
    readonly seed: number;
    readonly threads: number;
  };
  readonly runs: readonly BenchRun[];
  readonly ratios: readonly BenchRatio[];
  readonly growth: readonly BenchGrowth[];
  /** Empty where it was not asked for. */
  readonly recall: readonly BenchRecall[];
  /** What was not run, and why. */
  readonly skipped: readonly string[];
  /** Absolute path of the folder with results.json, results.md and curves.svg; null where none was asked for. */
  readonly out: string | null;
}
