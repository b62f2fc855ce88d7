/** Events of Managed Agents sessions, one a line or the pages of the events list (`{"data": [...]}`). */
import type { Head } from './formats.js';
import { asFields, asText, asTime, type Fields } from './json.js';
import { type FormatReader, idOfFile, rememberCall, type Sink, type TurnDraft } from './sink.js';
import { clipInput, clipOutput, clipProse, contentText } from './text.js';

const eventType = /^(?:user|agent|session|span|system|workflow_run)\.[a-z_.]+$/;
const knownType =
  /^(?:user\.(?:message|interrupt|tool_confirmation|tool_result|custom_tool_result|define_outcome)|system\.message|agent\.(?:message|thinking|tool_use|mcp_tool_use|custom_tool_use|tool_result|mcp_tool_result|thread_\w+)|session\.\w+|span\.\w+|workflow_run\.\w+)$/;

/** How well a record fits this format; see formats.ts. */
export function isManagedEvent(value: unknown): boolean {
  const event = asFields(value);
  if (event === null) return false;
  if (event.type === 'event_start' || event.type === 'event_delta') return event.id !== undefined || event.event !== undefined;
  return eventType.test(asText(event.type) ?? '') && (event.processed_at !== undefined || typeof event.id === 'string');
}

type Position = Pick<TurnDraft, 'line' | 'at' | 'branch'>;

function tellResult(sink: Sink, names: Map<string, string>, event: Fields, position: Position): void {
  const callId = asText(event.tool_use_id) ?? asText(event.custom_tool_use_id);
  const name = (callId === null ? undefined : names.get(callId)) ?? 'unknown';
  if (callId !== null) names.delete(callId);
  const tool = { name, callId, input: '' };
  sink.turn({
    speaker: 'tool',
    kind: 'tool_result',
    text: clipOutput(contentText(event.content)),
    tool,
    error: event.is_error === true,
    ...position,
  });
}

function tellCall(sink: Sink, names: Map<string, string>, event: Fields, position: Position): void {
  const name = [event.mcp_server_name, event.name].flatMap((part) => asText(part) ?? []).join('.') || 'unknown';
  const callId = asText(event.id);
  if (callId !== null) rememberCall(names, callId, name);
  sink.turn({ speaker: 'agent', kind: 'tool_call', text: '', tool: { name, callId, input: clipInput(event.input ?? {}) }, ...position });
}

function tellUser(sink: Sink, names: Map<string, string>, event: Fields, position: Position): void {
  const inThread = position.branch === 'sidechain';
  const text = clipProse(contentText(event.content));
  if (event.type === 'user.message') {
    const speaker = inThread ? 'agent' : 'person';
    if (text !== '') sink.turn({ speaker, kind: 'message', text, ...position });
  } else if (event.type === 'user.interrupt') sink.turn({ speaker: 'person', kind: 'interrupt', text: '[user.interrupt]', ...position });
  else if (event.type === 'user.tool_confirmation') {
    if (event.result !== 'deny') return;
    const callId = asText(event.tool_use_id);
    const tool = { name: (callId === null ? undefined : names.get(callId)) ?? 'unknown', callId, input: '' };
    sink.turn({ speaker: 'person', kind: 'reject', text: clipProse(asText(event.deny_message) ?? ''), tool, error: true, ...position });
  } else if (event.type !== 'user.define_outcome') tellResult(sink, names, event, position);
}

function tellRest(sink: Sink, event: Fields, type: string, position: Position): void {
  const text = clipProse(contentText(event.content));
  if (type === 'system.message') sink.turn({ speaker: 'harness', kind: 'note', text, ...position });
  else if (type === 'agent.message' && text !== '') sink.turn({ speaker: 'agent', kind: 'message', text, ...position });
  else if (type === 'agent.thread_context_compacted') sink.turn({ speaker: 'harness', kind: 'compaction', text, ...position });
  else if (type === 'session.error') {
    const message = clipProse(asText(asFields(event.error)?.message) ?? '');
    sink.turn({ speaker: 'harness', kind: 'note', text: message, error: true, ...position });
  } else if (type === 'span.outcome_evaluation_end') {
    const result = asText(event.result) ?? 'unknown';
    const explained = [result, asText(event.explanation) ?? ''].filter((part) => part !== '').join(': ');
    sink.turn({ speaker: 'harness', kind: 'outcome', text: clipProse(explained), error: result !== 'satisfied', ...position });
  }
}

/** A reader for the events of one session. Events of other threads are a side branch. */
export function managedAgentsReader(file: string, sink: Sink, head: Head): FormatReader {
  const names = new Map<string, string>();
  let last = '';
  let session = asText(head.fields.session_id) ?? idOfFile(file);
  return {
    accept: ({ value, line }) => {
      const event = asFields(value);
      const type = asText(event?.type) ?? 'nothing';
      if (event === null) return 'a value that is no object';
      if (type === 'event_start' || type === 'event_delta') return null;
      if (!knownType.test(type)) return `event of type ${type}`;
      const id = asText(event.id) ?? '';
      if (id !== '' && id === last) return null;
      last = id;
      session = asText(event.session_id) ?? session;
      sink.session(session, null);
      const branch = asText(event.session_thread_id) === null ? 'active' : 'sidechain';
      const position = { line, at: asTime(event.processed_at ?? event.created_at), branch } as const;
      if (type.startsWith('user.')) tellUser(sink, names, event, position);
      else if (/^agent\.(?:\w+_)?tool_use$/.test(type)) tellCall(sink, names, event, position);
      else if (/^agent\.(?:\w+_)?tool_result$/.test(type)) tellResult(sink, names, event, position);
      else tellRest(sink, event, type, position);
      return null;
    },
    end: () => {},
  };
}
