/** Agent transcripts of Cursor (`{role, message: {content}}` a line) and exports of opencode (`{info, messages: [{info, parts}]}`). */
import type { Head } from './formats.js';
import { asFields, asList, asText, asTime, type Fields } from './json.js';
import { messageTeller } from './messages.js';
import { type FormatReader, idOfFile, type Sink } from './sink.js';
import { clipInput, clipOutput, clipProse, typedText } from './text.js';

/** How well a record fits Cursor's transcripts. */
export function isCursorRecord(value: unknown): boolean {
  const record = asFields(value);
  return (
    record !== null &&
    record.type === undefined &&
    /^(?:user|assistant)$/.test(asText(record.role) ?? '') &&
    asFields(record.message) !== null
  );
}

/** A reader for one Cursor transcript, which records neither ids nor times. */
export function cursorReader(file: string, sink: Sink): FormatReader {
  const teller = messageTeller(sink, { user: 'person' });
  sink.session(idOfFile(file), null);
  return {
    accept: ({ value, line }) => {
      const record = asFields(value);
      const message = asFields(record?.message);
      return message === null ? 'a record without message' : teller.tell({ role: record?.role, content: message.content }, line);
    },
    end: () => {},
  };
}

/** How well a record fits opencode: a message with its parts. */
export function isOpencodeRecord(value: unknown): boolean {
  const record = asFields(value);
  return asText(asFields(record?.info)?.role) !== null && Array.isArray(record?.parts);
}

const silentParts = /^(?:reasoning|step-start|step-finish|snapshot|patch|file|agent|retry|compaction|subtask)$/;

interface Position {
  readonly line: number;
  readonly at: string | null;
}

function tellTool(sink: Sink, part: Fields, position: Position): void {
  const name = asText(part.tool) ?? 'unknown';
  const callId = asText(part.callID);
  const state = asFields(part.state);
  sink.turn({ speaker: 'agent', kind: 'tool_call', text: '', tool: { name, callId, input: clipInput(state?.input ?? {}) }, ...position });
  if (state?.status !== 'completed' && state?.status !== 'error') return;
  const error = state.status === 'error';
  const text = asText(error ? state.error : state.output) ?? '';
  const tool = { name, callId, input: '' };
  const said = /^The user rejected permission[^:]*(?:with the following feedback)?:?\s*([\s\S]*)$/.exec(text);
  if (error && said !== null) sink.turn({ speaker: 'person', kind: 'reject', text: clipProse(said[1] ?? ''), tool, error, ...position });
  else sink.turn({ speaker: 'tool', kind: 'tool_result', text: clipOutput(text), tool, error, ...position });
}

function tellText(sink: Sink, role: string, part: Fields, position: Position): void {
  const raw = asText(part.text) ?? '';
  const typed = role === 'user' && part.synthetic !== true ? typedText(raw) : '';
  if (typed !== '') sink.turn({ speaker: 'person', kind: 'message', text: typed, ...position });
  else if (raw.trim() !== '' && role === 'user') sink.turn({ speaker: 'harness', kind: 'note', text: clipProse(raw), ...position });
  else if (raw.trim() !== '') sink.turn({ speaker: 'agent', kind: 'message', text: clipProse(raw), ...position });
}

/** A reader for one export. */
export function opencodeReader(file: string, sink: Sink, head: Head): FormatReader {
  const about = asFields(head.fields.info);
  return {
    accept: ({ value, line }) => {
      const record = asFields(value);
      const info = asFields(record?.info);
      if (info === null || !isOpencodeRecord(record)) return 'a message without info or parts';
      sink.session(asText(about?.id) ?? asText(info.sessionID) ?? idOfFile(file), asText(about?.directory));
      const position = { line, at: asTime(asFields(info.time)?.created) };
      for (const value of asList(record?.parts)) {
        const part = asFields(value);
        const type = asText(part?.type) ?? 'nothing';
        if (part !== null && type === 'tool') tellTool(sink, part, position);
        else if (part !== null && type === 'text') tellText(sink, asText(info.role) ?? '', part, position);
        else if (!silentParts.test(type)) sink.unknown(`part of type ${type}`, line);
      }
      return null;
    },
    end: () => {},
  };
}
