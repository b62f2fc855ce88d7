/** The formats that are told apart, by what their records look like; of two that fit as well, the first is taken. */
import { claudeCodeReader, isClaudeRecord, type TwoPassReader } from './claude-code.js';
import { codexReader, isCodexRecord } from './codex.js';
import { codexExecReader, isCodexExecRecord } from './codex-exec.js';
import { cursorReader, isCursorRecord, isOpencodeRecord, opencodeReader } from './editors.js';
import { geminiReader, isGeminiRecord } from './gemini.js';
import type { Fields } from './json.js';
import { isManagedEvent, managedAgentsReader } from './managed-agents.js';
import { isMessage, isMessageRecord, messagesReader } from './messages.js';
import { isSweRecord, isTau2Run, isTauRun, miniSweReader, sweReader, tau2FileReader, tauReader } from './runs.js';
import type { FormatReader, Sink } from './sink.js';

/** What a document says about itself beside its records; empty for files of lines. */
export interface Head {
  readonly fields: Fields;
  /** Number of elements of each array of the document's object, or of the document itself under null. */
  readonly slots: ReadonlyMap<string | null, number>;
}

/** Where a record was found. */
export interface Place {
  readonly file: string;
  readonly slot: string | null;
  readonly head: Head;
}

export interface TranscriptFormat {
  readonly name: string;
  /** True where the record fits the format; never throws. */
  readonly matches: (value: unknown, place: Place) => boolean;
  readonly open: (file: string, sink: Sink, head: Head) => FormatReader | TwoPassReader;
}

function isMiniSwe(value: unknown, { file, head }: Place): boolean {
  return isMessage(value) && (head.fields.trajectory_format !== undefined || file.endsWith('.traj.json'));
}

function isTau2File(value: unknown, { slot, head }: Place): boolean {
  const { task_id, reward_info, termination_reason } = head.fields;
  return slot === 'messages' && task_id !== undefined && (reward_info ?? termination_reason) !== undefined && isMessage(value);
}

export const transcriptFormats: readonly TranscriptFormat[] = [
  { name: 'claude-code', matches: isClaudeRecord, open: claudeCodeReader },
  { name: 'codex', matches: isCodexRecord, open: codexReader },
  { name: 'codex-exec', matches: isCodexExecRecord, open: codexExecReader },
  { name: 'managed-agents', matches: isManagedEvent, open: managedAgentsReader },
  { name: 'gemini', matches: isGeminiRecord, open: geminiReader },
  { name: 'cursor', matches: isCursorRecord, open: cursorReader },
  { name: 'opencode', matches: isOpencodeRecord, open: opencodeReader },
  { name: 'tau-bench', matches: isTauRun, open: tauReader },
  { name: 'tau2-bench', matches: isTau2Run, open: tauReader },
  { name: 'tau2-bench', matches: isTau2File, open: tau2FileReader },
  { name: 'swe-agent', matches: (value, { slot }) => isSweRecord(value, slot), open: sweReader },
  { name: 'mini-swe-agent', matches: isMiniSwe, open: miniSweReader },
  { name: 'messages', matches: isMessageRecord, open: messagesReader },
];
