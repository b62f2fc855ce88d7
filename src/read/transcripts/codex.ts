/**
 * Codex rollouts (`rollout-*.jsonl`: `{timestamp, type, payload}` a line). Messages are recorded twice, as the model saw them
 * (`response_item`) and as the person did (`event_msg`); whichever comes second is left out.
 */
import { asFields, asText, asTime, type Fields, parseJson } from './json.js';
import { type FormatReader, idOfFile, rememberCall, type Sink } from './sink.js';
import { clipInput, clipOutput, clipProse, contentText, hasAttachment, refusalReason, typedText } from './text.js';

const recordTypes = new Set([
  'session_meta',
  'response_item',
  'event_msg',
  'turn_context',
  'compacted',
  'world_state',
  'inter_agent_communication',
]);

/** Bookkeeping, and what another record says better. */
const silentTypes = new Set([
  'reasoning',
  'agent_reasoning',
  'agent_reasoning_delta',
  'agent_reasoning_raw_content',
  'agent_reasoning_section_break',
  'agent_message_delta',
  'token_count',
  'task_started',
  'task_complete',
  'turn_started',
  'turn_complete',
  'session_configured',
  'thread_name_updated',
  'exec_command_begin',
  'exec_command_output_delta',
  'exec_approval_request',
  'apply_patch_approval_request',
  'patch_apply_begin',
  'patch_apply_end',
  'mcp_tool_call_begin',
  'mcp_tool_call_end',
  'web_search_begin',
  'web_search_end',
  'turn_diff',
  'plan_update',
  'ghost_snapshot',
  'background_event',
  'entered_review_mode',
  'exited_review_mode',
  'view_image_tool_call',
  'item_started',
  'item_completed',
  'raw_response_item',
]);

/** Messages of one side that the other has not repeated yet; the mirror stands next to the original. */
const mirrorDepth = 32;

/** Commands that answer with exit code 1 for "no" or "differs". */
const answersWithOne = /(?:^|[;&|]\s*|-l?c\s+["']?)(?:rg|grep|git (?:diff|grep)|diff|cmp|test|\[)\b[^;&]*["']?$/;

/** How well a record fits this format; see formats.ts. */
export function isCodexRecord(value: unknown): boolean {
  const record = asFields(value);
  return record !== null && recordTypes.has(asText(record.type) ?? '') && asFields(record.payload) !== null;
}

interface Position {
  readonly line: number;
  readonly at: string | null;
}

type Side = 'response_item' | 'event_msg';

interface State {
  readonly sink: Sink;
  session: string | null;
  /** Texts told by one side and awaited from the other. */
  readonly awaited: Record<Side, string[]>;
  /** Tool and command of calls without a result. */
  readonly calls: Map<string, { readonly name: string; readonly command: string }>;
  /** Exit codes that an event told ahead of the result. */
  readonly exits: Map<string, number>;
}

/** True where the other side told the same already. */
function isMirror(state: State, side: Side, text: string): boolean {
  const other = side === 'event_msg' ? 'response_item' : 'event_msg';
  const at = state.awaited[other].indexOf(text);
  if (at !== -1) {
    state.awaited[other].splice(at, 1);
    return true;
  }
  if (state.awaited[side].push(text) > mirrorDepth) state.awaited[side].shift();
  return false;
}

function tellMessage(state: State, side: Side, role: string, content: unknown, position: Position): string | null {
  const raw = contentText(content);
  if (role === 'assistant') {
    const text = clipProse(raw);
    if (text !== '' && !isMirror(state, side, text)) state.sink.turn({ speaker: 'agent', kind: 'message', text, ...position });
    return null;
  }
  if (role !== 'user' && role !== 'developer' && role !== 'system') return `message of role ${role}`;
  const typed = role === 'user' ? typedText(raw) || (raw.trim() === '' && hasAttachment(content) ? '[attachment]' : '') : '';
  if (typed !== '') {
    if (!isMirror(state, side, typed)) state.sink.turn({ speaker: 'person', kind: 'message', text: typed, ...position });
  } else if (raw.trim() !== '' && !raw.trim().startsWith('<turn_aborted>'))
    state.sink.turn({ speaker: 'harness', kind: 'note', text: clipProse(raw), ...position });
  return null;
}

function commandOf(input: unknown): string {
  const parsed = typeof input === 'string' ? parseJson(input)?.value : input;
  const { command } = asFields(parsed) ?? {};
  return Array.isArray(command)
    ? command.map((part: unknown) => asText(part) ?? JSON.stringify(part) ?? '').join(' ')
    : (asText(command) ?? '');
}

function tellCall(
  state: State,
  call: { readonly name: string; readonly callId: string | null; readonly input: unknown },
  position: Position,
): void {
  const { name, callId } = call;
  if (callId !== null) rememberCall(state.calls, callId, { name, command: commandOf(call.input) });
  state.sink.turn({
    speaker: 'agent',
    kind: 'tool_call',
    text: '',
    tool: { name, callId, input: clipInput(call.input ?? {}) },
    ...position,
  });
}

const exitLine = /^(?:Exit code|Process exited with code):?\s*(-?\d+)/m;
const sandboxed = /^(?:failed in sandbox|execution error|failed to parse|aborted by user|sandbox)/i;

/** The output and exit code of a result: JSON in a string, a list of parts, or plain text with a line that says the code. */
function unpackOutput(output: unknown): { readonly text: string; readonly exit: number | null } {
  const parsed = typeof output === 'string' && output.startsWith('{') ? asFields(parseJson(output)?.value) : asFields(output);
  const inner = parsed?.output ?? parsed?.content;
  if (inner !== undefined) {
    const exit = asFields(parsed?.metadata)?.exit_code;
    return { text: contentText(inner), exit: typeof exit === 'number' ? exit : null };
  }
  const text = contentText(output);
  const exit = exitLine.exec(text.slice(0, 400))?.[1];
  return { text, exit: exit === undefined ? null : Number(exit) };
}

function tellResult(
  state: State,
  result: { readonly callId: string | null; readonly output: unknown; readonly name?: string },
  position: Position,
): void {
  const call = result.callId === null ? undefined : state.calls.get(result.callId);
  const told = result.callId === null ? undefined : state.exits.get(result.callId);
  if (result.callId !== null) {
    state.calls.delete(result.callId);
    state.exits.delete(result.callId);
  }
  const { text, exit: own } = unpackOutput(result.output);
  const exit = own ?? told ?? null;
  const tool = { name: call?.name ?? result.name ?? 'unknown', callId: result.callId, input: '' };
  const reason = refusalReason(text);
  if (reason !== null) {
    state.sink.turn({ speaker: 'person', kind: 'reject', text: reason, tool, error: true, ...position });
    return;
  }
  const isAnswer = exit === 1 && answersWithOne.test(call?.command ?? '');
  const error = exit === null ? sandboxed.test(text) || null : exit !== 0 && !isAnswer;
  state.sink.turn({ speaker: 'tool', kind: 'tool_result', text: clipOutput(text), tool, error, ...position });
}

function acceptItem(state: State, payload: Fields, position: Position): string | null {
  const type = asText(payload.type) ?? (payload.role === undefined ? 'nothing' : 'message');
  const callId = asText(payload.call_id) ?? asText(payload.id);
  const call = asFields(payload.function_call);
  switch (type) {
    case 'message':
      if (call !== null) tellCall(state, { name: asText(call.name) ?? 'unknown', callId: null, input: call.arguments }, position);
      if (payload.role === 'function' || payload.role === 'tool') {
        tellResult(
          state,
          { callId: asText(payload.tool_call_id), output: payload.content, name: asText(payload.name) ?? 'unknown' },
          position,
        );
        return null;
      }
      return tellMessage(state, 'response_item', asText(payload.role) ?? 'nobody', payload.content ?? '', position);
    case 'function_call':
    case 'custom_tool_call':
      tellCall(state, { name: asText(payload.name) ?? 'unknown', callId, input: payload.arguments ?? payload.input }, position);
      return null;
    case 'local_shell_call':
    case 'web_search_call':
      tellCall(state, { name: type === 'local_shell_call' ? 'shell' : 'web_search', callId, input: payload.action }, position);
      return null;
    case 'function_call_output':
    case 'custom_tool_call_output':
      tellResult(state, { callId: asText(payload.call_id), output: payload.output }, position);
      return null;
    default:
      return silentTypes.has(type) ? null : `response_item of type ${type}`;
  }
}

function acceptEvent(state: State, payload: Fields, position: Position): string | null {
  const { sink } = state;
  const callId = asText(payload.call_id);
  switch (payload.type) {
    case 'user_message':
      return tellMessage(state, 'event_msg', 'user', payload.message, position);
    case 'agent_message':
      return tellMessage(state, 'event_msg', 'assistant', payload.message, position);
    case 'turn_aborted': {
      const speaker = payload.reason === 'interrupted' || payload.reason === undefined ? 'person' : 'harness';
      sink.turn({ speaker, kind: 'interrupt', text: `[turn aborted: ${asText(payload.reason) ?? 'interrupted'}]`, ...position });
      return null;
    }
    case 'exec_command_end':
      if (callId !== null && typeof payload.exit_code === 'number') rememberCall(state.exits, callId, payload.exit_code);
      return null;
    case 'tool_call':
      tellCall(state, { name: asText(payload.name) ?? 'unknown', callId, input: payload.input }, position);
      return null;
    case 'context_compacted':
      sink.turn({ speaker: 'harness', kind: 'compaction', text: '', ...position });
      return null;
    case 'error':
    case 'stream_error':
    case 'warning':
      sink.turn({
        speaker: 'harness',
        kind: 'note',
        text: clipProse(contentText(payload.message)),
        error: payload.type !== 'warning',
        ...position,
      });
      return null;
    case 'thread_rolled_back':
      sink.turn({ speaker: 'person', kind: 'interrupt', text: `[${Number(payload.num_turns ?? 1)} turns taken back]`, ...position });
      return null;
    default:
      return silentTypes.has(asText(payload.type) ?? '') ? null : `event_msg of type ${asText(payload.type) ?? 'nothing'}`;
  }
}

function acceptPayload(state: State, type: unknown, payload: Fields, position: Position): string | null {
  switch (type) {
    case 'session_meta':
      state.session ??= asText(payload.id);
      return null;
    case 'response_item':
      return acceptItem(state, payload, position);
    case 'event_msg':
      return acceptEvent(state, payload, position);
    case 'compacted':
      state.sink.turn({ speaker: 'harness', kind: 'compaction', text: clipProse(contentText(payload.message)), ...position });
      return null;
    default:
      return recordTypes.has(asText(type) ?? '') ? null : `record of type ${asText(type) ?? 'nothing'}`;
  }
}

/** A reader for one rollout. A resumed session keeps the id of the first record. */
export function codexReader(file: string, sink: Sink): FormatReader {
  const state: State = { sink, session: null, awaited: { response_item: [], event_msg: [] }, calls: new Map(), exits: new Map() };
  return {
    accept: ({ value, line }) => {
      const record = asFields(value);
      const payload = asFields(record?.payload);
      if (record === null || payload === null) return 'a record without payload';
      const first = state.session === null && record.type === 'session_meta';
      const folder = first || record.type === 'turn_context' ? asText(payload.cwd) : null;
      if (first) state.session = asText(payload.id);
      sink.session(state.session ?? idOfFile(file), folder);
      return acceptPayload(state, record.type, payload, { line, at: asTime(record.timestamp) });
    },
    end: () => {},
  };
}
