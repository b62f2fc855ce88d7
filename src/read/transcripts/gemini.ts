/** Gemini CLI sessions (`~/.gemini/tmp/<project>/chats/session-*.json`): calls and results stand together in one message. */
import type { Head } from './formats.js';
import { asFields, asList, asText, asTime, type Fields } from './json.js';
import { type FormatReader, idOfFile, type Sink } from './sink.js';
import { clipInput, clipOutput, clipProse, contentText, hasAttachment, typedText } from './text.js';

const types = new Set(['user', 'gemini', 'model', 'info', 'error', 'warning']);

/** How well a record fits this format: a message, or the header of a session kept as lines. */
export function isGeminiRecord(value: unknown): boolean {
  const record = asFields(value);
  if (record === null) return false;
  if (record.projectHash !== undefined && record.sessionId !== undefined) return true;
  return types.has(asText(record.type) ?? '') && record.content !== undefined && record.message === undefined && record.role === undefined;
}

function outputOf(call: Fields): string {
  const parts = Array.isArray(call.result) ? call.result : [call.result];
  const texts = parts.flatMap((part) => {
    const fields = asFields(part);
    const response = asFields(asFields(fields?.functionResponse)?.response);
    const text = response === null ? contentText(part ?? '') : contentText(response.output ?? response.error ?? response.content ?? '');
    return text === '' ? [] : [text];
  });
  return texts.join('\n');
}

const byPerson = /cancel|reject|denied|declined/i;

function tellTool(sink: Sink, call: Fields, position: { readonly line: number; readonly at: string | null }): void {
  const name = asText(call.name) ?? 'unknown';
  const callId = asText(call.id);
  const at = asTime(call.timestamp) ?? position.at;
  sink.turn({ speaker: 'agent', kind: 'tool_call', text: '', tool: { name, callId, input: clipInput(call.args ?? {}) }, ...position });
  if (call.status === undefined && call.result === undefined) return;
  const output = outputOf(call);
  const tool = { name, callId, input: '' };
  if (call.status === 'cancelled' && (output === '' || byPerson.test(output)))
    sink.turn({ speaker: 'person', kind: 'reject', text: '', tool, error: true, line: position.line, at });
  else {
    const error = call.status === 'success' ? false : call.status === 'error' || call.status === 'cancelled' ? true : null;
    sink.turn({ speaker: 'tool', kind: 'tool_result', text: clipOutput(output), tool, error, line: position.line, at });
  }
}

function tellMessage(sink: Sink, message: Fields, line: number): void {
  const position = { line, at: asTime(message.timestamp) };
  const raw = contentText(message.content);
  if (message.type === 'user') {
    const typed = typedText(raw);
    if (typed !== '' || (raw === '' && hasAttachment(message.content)))
      sink.turn({ speaker: 'person', kind: 'message', text: typed || '[attachment]', ...position });
    else if (raw.trim() !== '') sink.turn({ speaker: 'harness', kind: 'note', text: clipProse(raw), ...position });
    return;
  }
  const text = clipProse(raw);
  if (message.type === 'gemini' || message.type === 'model') {
    if (text !== '') sink.turn({ speaker: 'agent', kind: 'message', text, ...position });
    for (const call of asList(message.toolCalls)) tellTool(sink, asFields(call) ?? {}, position);
  } else sink.turn({ speaker: 'harness', kind: 'note', text, error: message.type === 'error' ? true : null, ...position });
}

/** A reader for one session, a document or lines. No working folder is recorded, only its hash. */
export function geminiReader(file: string, sink: Sink, head: Head): FormatReader {
  let session = asText(head.fields.sessionId) ?? idOfFile(file);
  /** Kept as lines, a message is written again whenever it grows: told once, at its first appearance. */
  const told = new Set<string>();
  return {
    accept: ({ value, line }) => {
      const record = asFields(value);
      if (record === null) return 'a value that is no object';
      if (record.$set !== undefined) return null;
      if (!isGeminiRecord(record)) return `record of type ${asText(record.type) ?? 'nothing'}`;
      session = asText(record.sessionId) ?? session;
      sink.session(session, null);
      if (record.content === undefined) return null;
      const id = asText(record.id);
      if (id !== null && record.type === 'user') {
        if (told.has(id)) return null;
        if (told.size < 4096) told.add(id);
      }
      tellMessage(sink, record, line);
      return null;
    },
    end: () => {},
  };
}
