/** User records of Claude Code: most are results of tools, and some are the person's answer to a tool. */
import { asFields, asList, asText, type Fields } from './json.js';
import type { TurnDraft } from './sink.js';
import { clipOutput, contentText, hasAttachment, isInterrupt, refusalReason, typedText } from './text.js';

/**
 * True where a person typed the record: a user record that carries no tool result and is no notice, summary or command output
 * (formats: "human prompt test").
 */
export function isTyped(record: Fields): boolean {
  if (record.type !== 'user' || record.isMeta === true || record.isCompactSummary === true) return false;
  if (record.isVisibleInTranscriptOnly === true || record.toolUseResult !== undefined || record.isSidechain === true) return false;
  if (![undefined, null, 'human'].includes(asText(asFields(record.origin)?.kind))) return false;
  const content = asFields(record.message)?.content;
  if (asList(content).some((block) => asFields(block)?.type === 'tool_result')) return false;
  const text = contentText(content);
  if (isInterrupt(text)) return false;
  return text.trim() === '' ? hasAttachment(content) : typedText(text) !== '';
}

/** Names of the tools that were called and have not answered. */
export interface ResultContext {
  readonly calls: Map<string, string>;
}

/** Where and when a record stands. */
export interface Position {
  readonly line: number;
  readonly at: string | null;
  readonly branch: NonNullable<TurnDraft['branch']>;
}

const errorWrapper = /^<tool_use_error>([\s\S]*)<\/tool_use_error>$/;

/** A result as a turn: output, or a person's refusal or stop. */
export function readToolResult(context: ResultContext, block: Fields, record: Fields, position: Position): TurnDraft {
  const callId = asText(block.tool_use_id);
  const name = (callId === null ? undefined : context.calls.get(callId)) ?? 'unknown';
  if (callId !== null) context.calls.delete(callId);
  const tool = { name, callId, input: '' };
  const raw = contentText(block.content);
  const failed = block.is_error === true || asFields(record.toolUseResult)?.interrupted === true;
  const reason = failed ? refusalReason(raw) : null;
  if (reason !== null) return { speaker: 'person', kind: 'reject', text: reason, tool, error: true, ...position };
  if (failed && isInterrupt(raw)) return { speaker: 'person', kind: 'interrupt', text: raw.trim(), tool, error: true, ...position };
  const text = clipOutput(errorWrapper.exec(raw.trim())?.[1] ?? raw);
  return { speaker: 'tool', kind: 'tool_result', text, tool, error: failed, ...position };
}

/** What the person wrote in answer to the agent's questions; a choice among the agent's own words is not the person's. */
export function askedAnswers(record: Fields): readonly string[] {
  const result = asFields(record.toolUseResult);
  const answers = asFields(result?.answers);
  if (answers === null) return [];
  const labels = new Set(
    asList(result?.questions).flatMap((question) => asList(asFields(question)?.options).map((option) => asText(asFields(option)?.label))),
  );
  return Object.values(answers).filter(
    (answer): answer is string => typeof answer === 'string' && answer.trim() !== '' && !labels.has(answer),
  );
}
