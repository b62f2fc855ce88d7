/** Foreign JSON as it comes: every field is unknown until it was looked at, and looking never throws. */

/** Every key that any of the transcript formats is asked for; a misspelt one does not compile. */
type FieldName =
  | 'action'
  | 'actions'
  | 'agentId'
  | 'aggregated_output'
  | 'answers'
  | 'args'
  | 'arguments'
  | 'attachment'
  | 'call_id'
  | 'callID'
  | 'changes'
  | 'command'
  | 'commandMode'
  | 'content'
  | 'conversation_id'
  | 'created'
  | 'created_at'
  | 'custom_tool_use_id'
  | 'cwd'
  | 'deny_message'
  | 'directory'
  | 'environment'
  | 'error'
  | 'event'
  | 'exit_code'
  | 'exit_status'
  | 'explanation'
  | 'file_path'
  | 'formatted_output'
  | 'function'
  | 'function_call'
  | 'functionResponse'
  | 'history'
  | 'id'
  | 'info'
  | 'input'
  | 'interrupted'
  | 'isApiErrorMessage'
  | 'isCompactSummary'
  | 'is_demo'
  | 'is_error'
  | 'isMeta'
  | 'isSidechain'
  | 'isVisibleInTranscriptOnly'
  | 'item'
  | 'kind'
  | 'label'
  | 'leafUuid'
  | 'mcp_server_name'
  | 'message'
  | 'messages'
  | 'metadata'
  | 'model'
  | 'name'
  | 'num_turns'
  | 'observation'
  | 'operation'
  | 'options'
  | 'origin'
  | 'output'
  | 'parentUuid'
  | 'parts'
  | 'payload'
  | 'processed_at'
  | 'projectHash'
  | 'prompt'
  | 'questions'
  | 'reason'
  | 'request'
  | 'requestor'
  | 'response'
  | 'result'
  | 'reward'
  | 'reward_info'
  | 'role'
  | 'sessionID'
  | 'sessionId'
  | 'session_id'
  | 'session_thread_id'
  | 'server'
  | 'source'
  | 'startTime'
  | 'state'
  | 'status'
  | 'stderr'
  | 'stdout'
  | 'stop_reason'
  | 'subtype'
  | 'summary'
  | 'synthetic'
  | 'system'
  | 'task_id'
  | 'termination_reason'
  | 'text'
  | 'thought'
  | 'thread_id'
  | 'time'
  | 'timestamp'
  | 'tool'
  | 'tool_call_id'
  | 'toolCalls'
  | 'tool_calls'
  | 'tool_use_id'
  | 'toolUseResult'
  | 'traj'
  | 'trajectory_format'
  | 'trial'
  | 'type'
  | 'userModified'
  | 'uuid'
  | '$set';

export type Fields = { readonly [K in FieldName]?: unknown };

/** The value as an object, or null for anything else, arrays included. */
export function asFields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

/** The value as a list, empty for anything else. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as a string that is not empty, or null. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** One JSON value; invalid UTF-8 becomes U+FFFD. Null where it is no JSON: JSON's own null comes as `{ value: null }`. */
export function parseJson(bytes: Uint8Array | string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(typeof bytes === 'string' ? bytes : decoder.decode(bytes)) };
  } catch {
    return null;
  }
}

const zone = /(?:Z|[+-]\d\d:?\d\d)$/i;

/**
 * A recorded time as ISO 8601 in UTC, or null. Numbers are seconds or milliseconds since 1970 by their size; a text without a
 * zone is read as UTC, so that it means the same on every machine.
 */
export function asTime(value: unknown): string | null {
  let ms = Number.NaN;
  if (typeof value === 'number') ms = value < 1e11 ? value * 1000 : value;
  else if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) ms = Date.parse(zone.test(value) ? value : `${value}Z`);
  return ms > 0 && ms < 253_402_300_800_000 ? new Date(ms).toISOString() : null;
}
