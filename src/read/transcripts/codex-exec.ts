/** The stream that `codex exec --json` prints: threads, turns and items, without times. It is not the rollout of the session. */
import { asFields, asText, type Fields } from './json.js';
import { type FormatReader, idOfFile, type Sink } from './sink.js';
import { clipInput, clipOutput, clipProse, contentText } from './text.js';

const recordType = /^(?:thread\.started|turn\.(?:started|completed|failed)|item\.(?:started|updated|completed)|error)$/;

/** How well a record fits this format; see formats.ts. */
export function isCodexExecRecord(value: unknown): boolean {
  const record = asFields(value);
  return record !== null && recordType.test(asText(record.type) ?? '') && record.payload === undefined;
}

function toolOf(item: Fields): { readonly name: string; readonly input: unknown } | null {
  switch (item.type) {
    case 'command_execution':
      return { name: 'shell', input: { command: item.command } };
    case 'file_change':
      return { name: 'apply_patch', input: { changes: item.changes } };
    case 'mcp_tool_call':
      return { name: [item.server, item.tool].flatMap((part) => asText(part) ?? []).join('.') || 'mcp', input: item.arguments ?? {} };
    case 'web_search':
      return { name: 'web_search', input: item };
    default:
      return null;
  }
}

function acceptTool(sink: Sink, started: Set<string>, item: Fields, done: boolean, line: number): void {
  const { name, input } = toolOf(item) ?? { name: 'unknown', input: {} };
  const callId = asText(item.id);
  if (callId === null || !started.has(callId)) {
    if (callId !== null) started.add(callId);
    sink.turn({ speaker: 'agent', kind: 'tool_call', text: '', tool: { name, callId, input: clipInput(input) }, line });
  }
  if (!done) return;
  if (callId !== null) started.delete(callId);
  const failed = item.status === 'failed' || (typeof item.exit_code === 'number' && item.exit_code !== 0);
  const output = asText(item.aggregated_output) ?? contentText(item.result ?? item.error ?? '');
  sink.turn({ speaker: 'tool', kind: 'tool_result', text: clipOutput(output), tool: { name, callId, input: '' }, error: failed, line });
}

function acceptItem(sink: Sink, started: Set<string>, item: Fields, done: boolean, line: number): string | null {
  if (toolOf(item) !== null) acceptTool(sink, started, item, done, line);
  else if (item.type === 'agent_message') {
    if (done) sink.turn({ speaker: 'agent', kind: 'message', text: clipProse(asText(item.text) ?? ''), line });
  } else if (item.type === 'error') {
    sink.turn({ speaker: 'harness', kind: 'note', text: clipProse(contentText(item.message)), error: true, line });
  } else if (item.type !== 'reasoning' && item.type !== 'todo_list') return `item of type ${asText(item.type) ?? 'nothing'}`;
  return null;
}

/** A reader for one stream. The prompt is not part of it, so nobody speaks but the agent. */
export function codexExecReader(file: string, sink: Sink): FormatReader {
  const started = new Set<string>();
  let session = idOfFile(file);
  return {
    accept: ({ value, line }) => {
      const record = asFields(value);
      if (record === null || !isCodexExecRecord(record)) return `record of type ${asText(record?.type) ?? 'nothing'}`;
      if (record.type === 'thread.started') session = asText(record.thread_id) ?? session;
      sink.session(session, null);
      const item = asFields(record.item);
      if (item !== null) return acceptItem(sink, started, item, record.type === 'item.completed', line);
      const failure = contentText(asFields(record.error)?.message ?? record.message ?? '');
      if (failure !== '') sink.turn({ speaker: 'harness', kind: 'note', text: clipProse(failure), error: true, line });
      return null;
    },
    end: () => {},
  };
}
