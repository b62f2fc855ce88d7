/** What a run hands down to every stage: a way to stop, a way to report, the clock, the seed and the number of threads. */

export type StageName =
  | 'read'
  | 'segment'
  | 'embed'
  | 'index'
  | 'relate'
  | 'ask'
  | 'cluster'
  | 'mine'
  | 'resolve'
  | 'write'
  | 'download'
  | 'generate'
  | 'measure'
  | 'recall';

export type ProgressEvent =
  | {
      readonly kind: 'stage';
      readonly stage: StageName;
      readonly done: number;
      readonly total: number | null;
      readonly unit: string;
    }
  | { readonly kind: 'warning'; readonly message: string }
  /** The body of a request, before it is sent, where somebody wants to see what leaves the machine. */
  | { readonly kind: 'sent'; readonly host: string; readonly body: string };

export interface RunContext {
  /** Aborted on Ctrl-C and on `cancel`; stages call `signal.throwIfAborted()` between units of work. */
  readonly signal: AbortSignal;
  readonly report: (event: ProgressEvent) => void;
  /** The one clock of a run, ISO 8601 UTC, read once by the door. */
  readonly now: string;
  readonly seed: number;
  /** Milliseconds of a steady clock, for reports of duration only. */
  readonly clockMs: () => number;
  /** Worker threads that may be used, at least 1; never changes a result. */
  readonly threads: number;
}

/** Vectors that were computed before, by model and text key; handed to `embed/` by the pipeline. */
export interface VectorCache {
  /** Same length as `keys`; null where a text was never embedded by this model. */
  readonly get: (model: string, keys: readonly string[]) => readonly (Float32Array | null)[];
  readonly put: (model: string, rows: readonly { readonly key: string; readonly vector: Float32Array }[]) => void;
}

/** Word meanings for the judge: unit vectors and how telling a word is. Owned by the embedding model. */
export interface WordVectors {
  readonly dimensions: number;
  /** Name and hash of the model, part of the judge's version. */
  readonly id: string;
  /** Unit length, shared: callers must not write to it. Null for a word the model cannot represent. */
  readonly vectorOf: (word: string) => Float32Array | null;
  /** Inverse-frequency weight, about 0 for `the` to 1 for a rare word. */
  readonly weightOf: (word: string) => number;
}

/** How the numbers of an ONNX file are stored, as transformers.js calls it. */
export type OnnxType = 'fp32' | 'fp16' | 'q8' | 'int8' | 'uint8' | 'q4' | 'q4f16' | 'bnb4';

/** A transformers.js model whose files lie on this machine: found by `embed/`, run there or by `relate/`. Plain data, for threads. */
export interface ModelSource {
  /** `name` and the first digits of `hash`: the same id gives the same answers. */
  readonly id: string;
  /** The hub id, or the folder's name. */
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** What stands on top of the network, as `config.json` says: vectors of texts, or scores of pairs. */
  readonly kind: 'embedding' | 'cross-encoder';
  readonly file: { readonly type: OnnxType; readonly subfolder: string };
  readonly sizeBytes: number;
  /** Lower-case hex over every file that an answer depends on. */
  readonly hash: string;
}

/** Texts in UTF-8 in shared memory, so that threads read them without a copy: text `i` is `[starts[i], starts[i + 1])`. */
export interface SharedTexts {
  readonly bytes: Uint8Array;
  /** One more than there are texts; in shared memory as well. */
  readonly starts: Uint32Array;
}
