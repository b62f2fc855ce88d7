/** The formats that are told apart, by what their records look like; order decides a tie. */
import { claudeCodeReader, isClaudeRecord, type TwoPassReader } from './claude-code.js';
import type { Fields } from './json.js';
import type { FormatReader, Sink } from './sink.js';

/** What a document says about itself beside its records; empty for files of lines. */
export interface Head {
  readonly fields: Fields;
  /** Number of elements of each array of the document's object. */
  readonly slots: ReadonlyMap<string | null, number>;
}

export interface TranscriptFormat {
  readonly name: string;
  readonly matches: (value: unknown, slot: string | null, head: Head) => boolean;
  readonly open: (file: string, sink: Sink, head: Head) => FormatReader | TwoPassReader;
}

export const transcriptFormats: readonly TranscriptFormat[] = [{ name: 'claude-code', matches: isClaudeRecord, open: claudeCodeReader }];
