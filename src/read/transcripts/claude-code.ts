/**
 * Claude Code session files (JSONL, or the web export's `{"loglines": [...]}`): `~/.claude/projects/<folder>/<session>.jsonl`.
 * The format is internal and grows every month, so what is not known is kept and counted. Two passes: see claude-tree.ts.
 */
import { basename } from 'node:path';
import { readEnvelope } from './claude-envelope.js';
import { sessionTree } from './claude-tree.js';
import { askedAnswers, isTyped, type Position, type ResultContext, readToolResult } from './claude-user.js';
import { asFields, asList, asText, asTime, type Fields, parseJson } from './json.js';
import { type FormatReader, idOfFile, type RawRecord, rememberCall, type Sink, stemOf } from './sink.js';
import { clipInput, clipProse, contentText, hasAttachment, isInterrupt, plain, typedText } from './text.js';

/** Bookkeeping of the client that holds nothing anybody said. */
const silentTypes = new Set([
  'file-history-snapshot',
  'file-history-delta',
  'progress',
  'custom-title',
  'ai-title',
  'agent-name',
  'agent-color',
  'agent-setting',
  'tag',
  'mode',
  'permission-mode',
  'last-prompt',
  'pr-link',
  'turn_end',
  'worktree-state',
  'content-replacement',
]);
const spokenTypes = new Set(['user', 'assistant', 'system', 'attachment', 'summary', 'queue-operation']);
const silentBlocks = new Set([
  'thinking',
  'redacted_thinking',
  'image',
  'document',
  'text',
  'fallback',
  'tool_reference',
  'container_upload',
]);

/** How well a record fits this format; see recognise.ts. */
export function isClaudeRecord(value: unknown): boolean {
  const record = asFields(value);
  const type = asText(record?.type);
  if (record === null || type === null || record.payload !== undefined) return false;
  if (type === 'user' || type === 'assistant') return record.message !== undefined && record.content === undefined;
  if (type === 'system') return record.uuid !== undefined && record.subtype !== undefined;
  return silentTypes.has(type) || (spokenTypes.has(type) && (record.summary ?? record.operation ?? record.attachment) !== undefined);
}

/** A text that waits for more blocks of the same API message, which comes as several records. */
interface Pending extends Position {
  readonly messageId: string;
  readonly texts: string[];
}

interface State extends ResultContext {
  readonly file: string;
  /** True for a subagent's own file, where every record is of a side branch. */
  readonly sidechainFile: boolean;
  pending: Pending | null;
  /** Prompts told from the queue, which may come again as a record of their own. */
  readonly queued: string[];
}

/** The two passes over one file: every record goes through `scan`, then `scanned` is called, then every one through the reader. */
export interface TwoPassReader extends FormatReader {
  /** The bytes of the record, valid only during the call. */
  readonly scan: (bytes: Uint8Array) => void;
  readonly scanned: () => void;
}

function tellPending(state: State, sink: Sink): void {
  const { pending } = state;
  state.pending = null;
  if (pending === null) return;
  const { line, at, branch } = pending;
  sink.turn({ speaker: 'agent', kind: 'message', text: clipProse(pending.texts.join('\n')), line, at, branch });
}

/** Words of a person, unless the queue told them already. */
function tellTyped(state: State, sink: Sink, text: string, position: Position): void {
  const queued = state.queued.indexOf(text);
  if (queued !== -1) state.queued.splice(queued, 1);
  else sink.turn({ speaker: 'person', kind: 'message', text, ...position });
}

function tellNote(sink: Sink, text: string, position: Position): void {
  if (text.trim() !== '') sink.turn({ speaker: 'harness', kind: 'note', text: clipProse(text), ...position });
}

function acceptUserText(state: State, sink: Sink, record: Fields, content: unknown, position: Position): void {
  const text = contentText(content);
  if (isInterrupt(text)) sink.turn({ speaker: 'person', kind: 'interrupt', text: text.trim(), ...position });
  else if (record.isCompactSummary === true) sink.turn({ speaker: 'harness', kind: 'compaction', text: clipProse(text), ...position });
  else if (position.branch === 'sidechain') sink.turn({ speaker: 'agent', kind: 'message', text: clipProse(text), ...position });
  else if (isTyped(record)) tellTyped(state, sink, typedText(text) || '[attachment]', position);
  else tellNote(sink, plain(text), position);
}

function acceptUser(state: State, sink: Sink, record: Fields, position: Position): string | null {
  const message = asFields(record.message);
  const content = message?.content;
  if (typeof content !== 'string' && !Array.isArray(content)) return 'user record without content';
  const results = asList(content).filter((block) => asFields(block)?.type === 'tool_result');
  if (Array.isArray(content) && results.length === 0 && contentText(content) === '' && !hasAttachment(content) && content.length > 0)
    return 'user record with unknown content';
  for (const block of results) {
    const turn = readToolResult(state, asFields(block) ?? {}, record, position);
    sink.turn(turn);
    if (turn.tool?.name === 'AskUserQuestion') for (const text of askedAnswers(record)) tellTyped(state, sink, text, position);
  }
  const rest = typeof content === 'string' ? content : content.filter((block) => !results.includes(block));
  if (results.length === 0 || contentText(rest).trim() !== '') acceptUserText(state, sink, record, rest, position);
  if (asFields(record.toolUseResult)?.userModified === true)
    tellNote(sink, 'The person changed the proposed edit before accepting it.', position);
  return null;
}

function acceptBlock(state: State, sink: Sink, block: unknown, position: Position): void {
  const fields = asFields(block);
  const type = asText(fields?.type) ?? 'nothing';
  if (fields !== null && /^(?:tool_use|server_tool_use|mcp_tool_use)$/.test(type)) {
    tellPending(state, sink);
    const name = asText(fields.name) ?? 'unknown';
    const callId = asText(fields.id);
    if (callId !== null) rememberCall(state.calls, callId, name);
    const input = clipInput(fields.input ?? {});
    sink.turn({ speaker: 'agent', kind: 'tool_call', text: '', tool: { name, callId, input }, ...position });
  } else if (fields !== null && type.endsWith('tool_result')) {
    tellPending(state, sink);
    sink.turn(readToolResult(state, fields, {}, position));
  } else if (!silentBlocks.has(type)) sink.unknown(`content block of type ${type}`, position.line);
}

function acceptAssistant(state: State, sink: Sink, record: Fields, position: Position): string | null {
  const message = asFields(record.message);
  const content = message?.content;
  if (typeof content !== 'string' && !Array.isArray(content)) return 'assistant record without content';
  if (record.isApiErrorMessage === true || message?.model === '<synthetic>') {
    tellPending(state, sink);
    const error = record.isApiErrorMessage === true;
    sink.turn({ speaker: 'harness', kind: 'note', text: clipProse(contentText(content)), error, ...position });
    return null;
  }
  const messageId = asText(message?.id) ?? asText(record.uuid) ?? `line ${position.line}`;
  if (state.pending !== null && state.pending.messageId !== messageId) tellPending(state, sink);
  for (const block of typeof content === 'string' ? [{ type: 'text', text: content }] : content) {
    const text = contentText(block);
    if (text.trim() === '') acceptBlock(state, sink, block, position);
    else if (state.pending === null) state.pending = { messageId, texts: [text], ...position };
    else if (!state.pending.texts.includes(text)) state.pending.texts.push(text);
  }
  return null;
}

function acceptSystem(sink: Sink, record: Fields, position: Position): null {
  const text = contentText(record.content);
  if (record.subtype === 'compact_boundary') sink.turn({ speaker: 'harness', kind: 'compaction', text: clipProse(text), ...position });
  else if (record.subtype === 'api_error') {
    const message = asText(asFields(record.error)?.message) ?? text;
    sink.turn({ speaker: 'harness', kind: 'note', text: clipProse(message), error: true, ...position });
  } else tellNote(sink, text, position);
  return null;
}

/** Typed while the agent was at work: told when it was typed; it may come again as a record or an attachment of its own. */
function acceptQueued(state: State, sink: Sink, raw: unknown, remember: boolean, position: Position): null {
  const text = typedText(contentText(raw));
  if (text === '') tellNote(sink, contentText(raw), position);
  else {
    tellTyped(state, sink, text, position);
    if (remember && state.queued.push(text) > 16) state.queued.shift();
  }
  return null;
}

function acceptAttachment(state: State, sink: Sink, record: Fields, position: Position): null {
  const attachment = asFields(record.attachment);
  if (attachment?.type !== 'queued_command') return null;
  const origin = asText(asFields(attachment.origin)?.kind) ?? 'human';
  if (origin === 'human' && (attachment.commandMode ?? 'prompt') === 'prompt')
    return acceptQueued(state, sink, attachment.prompt, false, position);
  tellNote(sink, contentText(attachment.prompt), position);
  return null;
}

function acceptRecord(state: State, sink: Sink, record: Fields, position: Position): string | null {
  const type = asText(record.type);
  if (type === 'assistant') return acceptAssistant(state, sink, record, position);
  if (type === null) return 'record without a type';
  if (silentTypes.has(type)) return null;
  tellPending(state, sink);
  switch (type) {
    case 'user':
      return acceptUser(state, sink, record, position);
    case 'system':
      return acceptSystem(sink, record, position);
    case 'attachment':
      return acceptAttachment(state, sink, record, position);
    case 'queue-operation':
      return record.operation === 'enqueue' ? acceptQueued(state, sink, record.content, true, position) : null;
    case 'summary':
      tellNote(sink, asText(record.summary) ?? '', position);
      return null;
    default:
      return `record of type ${type}`;
  }
}

/** False where a record cannot be what a person typed, which saves parsing it twice. */
function mayBeTyped(type: Uint8Array, bytes: Uint8Array): boolean {
  if (Buffer.from(type).toString('latin1') !== 'user') return false;
  return !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"toolUseResult":');
}

/** A reader for one Claude Code file. */
export function claudeCodeReader(file: string, sink: Sink): TwoPassReader {
  const tree = sessionTree();
  const sidechainFile = /^agent-.*\.jsonl$/.test(basename(file));
  const state: State = { file, sidechainFile, calls: new Map(), pending: null, queued: [] };
  const inside = (record: Fields): boolean => sidechainFile || record.isSidechain === true;
  const fallback = /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(stemOf(file)) ? stemOf(file) : idOfFile(file);
  let session = fallback;
  return {
    scan: (bytes) => {
      const { uuid, parentUuid, timestamp, type } = readEnvelope(bytes);
      if (uuid === null || uuid.length === 0) return;
      const record = type !== null && mayBeTyped(type, bytes) ? asFields(parseJson(bytes)?.value) : null;
      const typed = record !== null && !inside(record) && isTyped(record);
      const at = timestamp === null ? 0 : Date.parse(Buffer.from(timestamp).toString('latin1')) || 0;
      tree.add({ uuid, parent: parentUuid, typed, at });
    },
    scanned: tree.close,
    accept: ({ value, line }: RawRecord) => {
      const record = asFields(value);
      if (record === null) return 'a value that is no object';
      const uuid = asText(record.uuid);
      if (uuid !== null && tree.wasRead(uuid)) return null;
      session = asText(record.sessionId) ?? session;
      sink.session(session, asText(record.cwd));
      const abandoned = uuid !== null && tree.isAbandoned(uuid);
      const branch = inside(record) ? 'sidechain' : abandoned ? 'abandoned' : 'active';
      const refused = acceptRecord(state, sink, record, { line, at: asTime(record.timestamp), branch });
      if (refused === null && uuid !== null) tree.markRead(uuid);
      return refused;
    },
    end: () => tellPending(state, sink),
  };
}
