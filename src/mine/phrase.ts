/** Commands, messages and quotes as they are written into an insight. */
import type { Action, Symptom } from '../signals.js';

const maxMessage = 110;

/** In backticks; a text that holds some is fenced by two. */
export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** In double quotes; those within become single ones, so that the end can be told. */
export function quoted(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}

/** What logs and compilers print in front of a message. */
const prefixes =
  /^(?:(?:[\w.-]+-<n>|[\w.-]{1,20})\s*\|\s*|(?:\[)?<(?:time|n)>(?:\])?[\s,:]*|<(?:path|file)>(?:\s*[:|(]\s*|\s+)|[-=~*#>E\u25cf\u2717\u00d7\u2192\u276f|]+\s+|(?:api|worker|app|web)\s+)+/u;

/** A message without what varies: its template with an ellipsis for each variable, cut at a word. */
export function messageText(symptom: Symptom): string {
  const bare = symptom.template
    .replace(prefixes, '')
    .replace(/<(?:\w+)>/gu, '\u2026')
    .replace(/\u2026(?:[\s,;:/.-]*\u2026)+/gu, '\u2026')
    .replace(/(?<![\s:({[])[\s:({[]+$/u, '')
    .trim();
  if (bare.length <= maxMessage) return bare;
  return `${bare.slice(0, maxMessage).replace(/\s+\S*$/u, '')} \u2026`;
}

/** How much of a message is words of its own. */
export function wordsIn(message: string): number {
  return message.match(/\p{L}{3,}/gu)?.length ?? 0;
}

function parts(shown: string): readonly string[] {
  return shown.match(/"[^"]*"|'[^']*'|\S+/gu) ?? [];
}

/** Name of the thing a differing part stands for: of the option before it, else of what it looks like. */
function placeholder(part: string, before: string | undefined): string {
  const option = /^--?([a-zA-Z][\w-]*)$/u.exec(before ?? '')?.[1];
  if (option !== undefined && option.length > 1) return `<${option}>`;
  if (/^[0-9a-f]{7,40}$/u.test(part)) return '<sha>';
  if (/^\d+$/u.test(part)) return '<n>';
  if (/^https?:/u.test(part)) return '<url>';
  if (/[/.]\w{1,5}$/u.test(part) || part.includes('/')) return '<path>';
  if (/^["']/u.test(part)) return '"\u2026"';
  return '<\u2026>';
}

/**
 * One form for several runs of an operation: the run that shares most with the others, with the parts that at most half of the others
 * have as `<placeholder>`.
 */
export function generalForm(actions: readonly Action[]): string {
  const runs = actions.map(({ shown }) => parts(shown));
  const counts = new Map<string, number>();
  for (const run of runs) for (const part of new Set(run)) counts.set(part, (counts.get(part) ?? 0) + 1);
  const share = (part: string) => (counts.get(part) ?? 0) / runs.length;
  const best =
    runs.toSorted((a, b) => scoreOf(b, share) - scoreOf(a, share) || a.length - b.length || (a.join(' ') < b.join(' ') ? -1 : 1))[0] ?? [];
  if (runs.length === 1) return best.join(' ');
  const general = best.map((part, at) => (isKept(part, share(part), runs.length) ? part : placeholder(part, best[at - 1])));
  return general.filter((part, at) => !part.startsWith('<') || part !== general[at - 1]).join(' ');
}

/** What more than half of the runs have stays; of an option a third is enough, since it says what is done. */
function isKept(part: string, share: number, runs: number): boolean {
  return share > 0.5 || (runs > 2 && share >= (part.startsWith('-') ? 0.33 : 0.5));
}

function scoreOf(run: readonly string[], share: (part: string) => number): number {
  return run.reduce((sum, part) => sum + (share(part) >= 0.33 ? share(part) : -0.1), 0);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[], joint: 'and' | 'or'): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} ${joint} ${items.at(-1)}`;
}
