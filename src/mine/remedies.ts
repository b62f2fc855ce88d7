/** What sessions can share of a remedy, as keys: something done, an option, the form of an argument, a token put into a file. */
import type { Action, Episode } from '../signals.js';
import { isEveryday, type Operations } from './operations.js';

/** Code words that every second edit brings in. */
const plainTokens =
  /^(?:const|let|var|function|return|await|async|import|export|from|if|else|for|of|in|new|true|false|null|undefined|none|this|self|def|class|type|interface|string|number|boolean|int|void|public|private|static|final|and|or|not|the|a|is|it|expect|test|describe|assert|to|with|as|name|value|data|item|items|key|id|get|set|map|list|str|len|print|console|log|\d+[\d._]*|[a-z]{1,2})$/iu;
const reading =
  /^(?:\w+__)*(?:get|list|search|lookup|find|read|fetch|query|show|describe|view|check|preview|count|inspect|status)(?=_|[A-Z]|$)/u;
/** Options that say how much is printed, not what is done. */
const talkative =
  /^(?:-[qvsxn]+|--(?:quiet|verbose|silent|no-color|color|debug|help|version|json|wait|watch|yes|force|tail|format|oneline)(?:=.*)?)$/u;

/** True for keys of actions that only look: they find a cause, and may be shared by several. An argument in another form is a remedy. */
export function isDiagnostic(key: string): boolean {
  const [base = '', option = ''] = key.split(' | ');
  return reading.test(base) && !option.includes('~');
}

/** The keys under which one action can be shared. */
export function actionKeys(action: Action, operations: Operations): readonly string[] {
  if (action.kind === 'edit') return putKeys(action.added);
  if (isEveryday(action)) return [];
  const base = operations.nameOf(action);
  return [base, ...action.flags.filter((flag) => !talkative.test(flag)).flatMap((flag) => optionKeys(base, flag))];
}

/** Of an identifier its parts count as well: `interval_start_utc` and `utc=True` put in the same thing. */
function putKeys(added: readonly string[]): readonly string[] {
  const parts = added.flatMap((token) => {
    const split = token.split(/[^\p{L}\p{N}\u2026]+|(?<=\p{Ll})(?=\p{Lu})|_/u).filter((part) => part.length > 2);
    return split.length > 1 ? [token, ...split] : [token];
  });
  return [...new Set(parts.filter((token) => !plainTokens.test(token)))].map((token) => `put ${token}`);
}

/** A long option or a runner is itself wherever it stands; a letter only with its program. */
function optionKeys(base: string, option: string): readonly string[] {
  const speaks = /^(?:--[a-z][\w-]{3,}|via=.*|[A-Z][A-Z_]{3,})/u.test(option);
  return speaks ? [`${base} | ${option}`, `* | ${option}`] : [`${base} | ${option}`];
}

/** Keys of everything that was done to end an episode, and of what the run that worked had and the failed one had not. */
export function remedyKeys(episode: Episode, operations: Operations): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const action of episode.remedies) for (const key of actionKeys(action, operations)) keys.add(key);
  const base = operations.nameOf(episode.again ?? episode.operation);
  for (const { part } of episode.changed) if (!talkative.test(part)) for (const key of optionKeys(base, part)) keys.add(key);
  return keys;
}
