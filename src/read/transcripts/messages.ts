/**
 * Message arrays of the OpenAI and Anthropic APIs: a JSON array, an object with `messages`, one conversation a line, one message
 * a line. They record neither ids nor times unless whoever saved them added some.
 */
import { createHash } from 'node:crypto';
import { asFields, asList, asText, asTime, type Fields } from './json.js';
import { type FormatReader, idOfFile, rememberCall, type Sink, type TurnDraft } from './sink.js';
import {
  clipInput,
  clipOutput,
  clipProse,
  contentText,
  errorByText,
  hasAttachment,
  isInterrupt,
  refusalReason,
  typedText,
} from './text.js';

const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function', 'model']);

/** True for `{role, content}`, and for an assistant's `{role, tool_calls}`. */
export function isMessage(value: unknown): boolean {
  const message = asFields(value);
  if (message === null || !roles.has(asText(message.role) ?? '')) return false;
  return message.content !== undefined || message.tool_calls !== undefined || message.function_call !== undefined;
}

/** The messages of one logged conversation or request, or null. */
function conversationOf(value: unknown): readonly unknown[] | null {
  const record = asFields(value);
  const request = asFields(record?.request);
  const messages = asList(record?.messages ?? request?.messages);
  if (messages.length === 0 || !messages.some(isMessage)) return null;
  const response = asFields(record?.response);
  const answer = response?.message ?? (response?.content === undefined ? null : { role: 'assistant', content: response.content });
  return answer === null ? messages : [...messages, answer];
}

/** How well a record fits this format; see formats.ts. */
export function isMessageRecord(value: unknown): boolean {
  const record = asFields(value);
  if (record?.info !== undefined || record?.traj !== undefined || record?.reward_info !== undefined) return false;
  return isMessage(value) || conversationOf(value) !== null;
}

/** Who is behind the role `user`: a person (also a simulated one), or a harness that feeds tasks and output to the agent. */
export interface MessageOptions {
  readonly user: 'person' | 'harness';
}

export interface MessageTeller {
  /** Tells the turns of one message; null where it was understood, else what it is. */
  readonly tell: (value: unknown, line: number) => string | null;
  /** Forgets open calls, between conversations. */
  readonly reset: () => void;
}

interface Told {
  readonly line: number;
  readonly at: string | null;
}

/** Turns of single messages into `sink`; the session is the caller's matter. */
export function messageTeller(sink: Sink, options: MessageOptions): MessageTeller {
  const names = new Map<string, string>();

  const tellCall = (name: string, callId: string | null, input: unknown, told: Told, speaker: 'agent' | 'person'): void => {
    if (callId !== null) rememberCall(names, callId, name);
    sink.turn({ speaker, kind: 'tool_call', text: '', tool: { name, callId, input: clipInput(input ?? {}) }, ...told });
  };

  const tellResult = (result: Fields, callId: string | null, told: Told): void => {
    const name = asText(result.name) ?? (callId === null ? null : names.get(callId)) ?? 'unknown';
    if (callId !== null) names.delete(callId);
    const raw = contentText(result.content);
    const flag = result.is_error ?? result.error;
    const error = typeof flag === 'boolean' ? flag : errorByText(raw);
    const tool = { name, callId, input: '' };
    const reason = refusalReason(raw);
    const draft: Pick<TurnDraft, 'speaker' | 'kind' | 'text'> =
      reason === null
        ? { speaker: 'tool', kind: 'tool_result', text: clipOutput(raw) }
        : { speaker: 'person', kind: 'reject', text: reason };
    sink.turn({ ...draft, tool, error: reason === null ? error : true, ...told });
  };

  const tellUser = (content: unknown, told: Told): void => {
    const raw = contentText(content);
    if (options.user === 'harness') {
      if (raw.trim() !== '') sink.turn({ speaker: 'harness', kind: 'note', text: clipOutput(raw), ...told });
      return;
    }
    const typed = typedText(raw);
    if (isInterrupt(raw)) sink.turn({ speaker: 'person', kind: 'interrupt', text: raw.trim(), ...told });
    else if (typed !== '' || (raw === '' && hasAttachment(content)))
      sink.turn({ speaker: 'person', kind: 'message', text: typed || '[attachment]', ...told });
    else if (raw.trim() !== '') sink.turn({ speaker: 'harness', kind: 'note', text: clipProse(raw), ...told });
  };

  const tellBlocks = (content: unknown, told: Told, speaker: 'agent' | 'person'): readonly unknown[] | string => {
    if (!Array.isArray(content)) return contentText(content);
    return content.filter((block) => {
      const fields = asFields(block);
      const type = asText(fields?.type) ?? 'text';
      if (fields === null || !/tool_(?:use|result)$/.test(type)) return true;
      if (type.endsWith('tool_use')) tellCall(asText(fields.name) ?? 'unknown', asText(fields.id), fields.input, told, speaker);
      else tellResult(fields, asText(fields.tool_use_id), told);
      return false;
    });
  };

  const tellCalls = (message: Fields, told: Told, speaker: 'agent' | 'person'): void => {
    const calls = [...asList(message.tool_calls), ...(message.function_call ? [{ function: message.function_call }] : [])];
    for (const call of calls) {
      const fields = asFields(call);
      const made = asFields(fields?.function) ?? fields;
      tellCall(asText(made?.name) ?? 'unknown', asText(fields?.id), made?.arguments, told, speaker);
    }
  };

  const tellAgent = (message: Fields, told: Told): void => {
    const text = clipProse(contentText(message.content));
    if (text !== '') sink.turn({ speaker: 'agent', kind: 'message', text, ...told });
    tellBlocks(message.content, told, 'agent');
    tellCalls(message, told, 'agent');
  };

  return {
    tell: (value, line) => {
      const message = asFields(value);
      if (message === null || !isMessage(message)) return 'a message without role or content';
      const told = { line, at: asTime(message.timestamp ?? message.created_at ?? asFields(message.time)?.created ?? message.created) };
      if (message.role === 'assistant' || message.role === 'model') tellAgent(message, told);
      else if (message.role === 'tool' || message.role === 'function')
        tellResult(message, asText(message.tool_call_id) ?? asText(message.id), told);
      else if (message.role === 'user') {
        tellUser(tellBlocks(message.content, told, 'person'), told);
        tellCalls(message, told, options.user === 'person' ? 'person' : 'agent');
      } else sink.turn({ speaker: 'harness', kind: 'note', text: clipOutput(contentText(message.content)), ...told });
      return null;
    },
    reset: () => names.clear(),
  };
}

function digest(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('base64');
}

/**
 * A reader for one file. A log of API requests repeats the whole history in each of them: of a conversation that goes on from
 * the one before it only what is new is told, in the same session.
 */
export function messagesReader(file: string, sink: Sink): FormatReader {
  const teller = messageTeller(sink, { user: 'person' });
  let before: readonly string[] = [];
  let session = idOfFile(file);
  const tellConversation = (value: unknown, messages: readonly unknown[], line: number): string | null => {
    const record = asFields(value);
    const hashes = messages.map(digest);
    const goesOn = before.length > 0 && before.length <= hashes.length && before.every((hash, i) => hash === hashes[i]);
    if (!goesOn) {
      session = asText(record?.conversation_id) ?? asText(record?.session_id) ?? asText(record?.sessionId) ?? `${idOfFile(file)}#${line}`;
      teller.reset();
    }
    sink.session(session, asText(record?.cwd));
    for (const message of messages.slice(goesOn ? before.length : 0)) {
      const refused = teller.tell(message, line);
      if (refused !== null) sink.unknown(refused, line);
    }
    before = hashes;
    return null;
  };
  return {
    accept: ({ value, line }) => {
      const record = asFields(value);
      const messages = conversationOf(value);
      if (messages !== null) return tellConversation(value, messages, line);
      sink.session(asText(record?.sessionID) ?? asText(record?.sessionId) ?? asText(record?.session_id) ?? session, null);
      return teller.tell(value, line);
    },
    end: () => {},
  };
}
