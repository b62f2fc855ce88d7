/** The lines of a tool's output that tell of trouble, the most telling first. */
import type { Symptom } from '../signals.js';
import { maskLine } from './masks.js';

const maxSymptoms = 3;
const maxText = 300;

/** Lines that name where, not what; progress; what passed. */
const skipped = [
  /^\s*at\s.+[:)]/u,
  /^\s*File "[^"]+", line \d+/u,
  /^\s*node:internal\//u,
  /^\s*[\^~=.|+>-]+\s*$/u,
  /^\s*(?:\u2713|\u2714|\u221a|PASS\b|ok\b)/u,
  /^\s*Exit code \d+\s*$/u,
  /^\s*(?:Tests?|Test Files|Test Suites|Snapshots|Duration|Ran all)\b/u,
  /^\s*\d+\s*\|/u,
  /^\s*npm (?:ERR!|error) (?:code ELIFECYCLE|errno|A complete log|path|command|cwd)/u,
  /(?:^|\s)ELIFECYCLE/u,
  /\b0 (?:errors?|failed|failures)\b/iu,
  // Addressed to whoever reads: it tells of no failure, whatever its words.
  /^\W{0,6}(?:IMPORTANT|ATTENTION|NOTICE|REMEMBER|(?:note|message|attention|instructions?) (?:to|for) )/u,
  /\bfrom now on\b|\bhenceforth\b|\b(?:AI|LLM|coding) (?:agents?|assistants?|models?)\b|\bdear (?:agent|assistant)\b/iu,
];

/** How telling a line is: a named error outweighs a word of failure, and both a bare status. */
const strong =
  /\b[A-Z]\w*(?:Error|Exception|Fault|Warning: Cannot)\b|\bERR_[A-Z_]+|\bE(?:CONN|ACCES|NOENT|ADDR|PERM|PIPE|TIMEDOUT|EXIST|NOTFOUND|RESOLVE|INVAL|HOST)[A-Z]*\b|\berror(?:\[\w+\])?\s*[:(]|\berror [A-Z]{1,4}\d{2,}\b|^\s*(?:fatal|panic|FATAL|CRITICAL)\b[: ]|^E\s{2,}\S|"error"\s*:(?!\s*(?:null|false|""|\[\]|\{\}))|"(?:code|status)"\s*:\s*"?[A-Za-z_]*(?:error|denied|invalid|failed|forbidden|conflict|missing|required|expired|exceed|limit)/u;
const telling =
  /\b(?:cannot|can't|could ?n[o']t|unable to|not found|no such|does(?: not|n't) exist|is not|are not|not (?:a|an|allowed|supported|available|valid|permitted|reachable|defined|recogni[sz]ed|installed|registered|configured|in|set|up)|refus(?:ed|ing)|denied|forbidden|unauthori[sz]ed|rejected|mismatch|invalid|illegal|missing|required|timed out|time-?out|unreachable|unknown|unexpected|unsupported|unresolved|undefined|duplicate|conflict|exceed(?:s|ed)|too (?:many|large|long|old|few|small)|expired|locked|in use|already (?:exists|in use|running)|out of (?:memory|space|date|range)|killed|crash(?:ed)?|aborted|violat\w+|must (?:be|have|not|match)|no matching|failed to|failure|no space left|(?:check|validation|verification|authentication|login|build|deploy\w*|connection|upload|import|request|job|task|step|sync|restore|migration) failed)\b|"level"\s*:\s*(?:50|60|"(?:error|fatal|critical)")|^\s*(?:ERROR|SEVERE)\b/iu;
const weak =
  /\b(?:fail(?:ed|s|ing)?|FAIL|errors?|exception|wrong|broken|exited with code [1-9]\d*|HTTP(?:\/\d(?:\.\d)?)? [45]\d\d|[45]\d\d (?:Bad|Unauthorized|Forbidden|Not|Internal|Conflict|Unprocessable|Too)|status(?:Code)?["']?[:= ]+[45]\d\d|(?:GET|POST|PUT|PATCH|DELETE) \S+ [45]\d\d|[Ff]orwarded: [45]\d\d)\b|\u2717|\u00d7|\u2718|\u25cf/iu;
/** What a test says of its own values: it tells of that test, not of a kind of failure. */
const assertion = /\b(?:expected|received|toBe|toEqual|AssertionError|assert)\b/iu;

/** Least score of a symptom: output that its client marked as failed has one for certain. */
const leastScore = { flagged: 0.5, unflagged: 4 } as const;

/** 0 for what is below the least. Most lines are about nothing of the kind: what tells so soonest is asked first. */
function weigh(line: string, flagged: boolean): number {
  const named = strong.test(line);
  const failing = weak.test(line);
  if (!flagged && !named && !failing) return 0;
  const score = (named ? 4 : 0) + (telling.test(line) ? 3 : 0) + (failing ? 1 : 0);
  if (score === 0 || skipped.some((pattern) => pattern.test(line))) return 0;
  return assertion.test(line) && !/ECONN|refused|timed out|timeout/iu.test(line) ? 0.5 : score;
}

/** Names of error classes and codes in a line: what two messages of one kind share whatever their wording. */
export function errorNames(line: string): readonly string[] {
  return line.match(/\b[A-Z]\w*(?:Error|Exception)\b|\b(?:ERR|E)_?[A-Z]{3,}[A-Z_]*\b|\bTS\d{3,5}\b|\b[A-Z]{1,3}\d{3,5}\b/gu) ?? [];
}

/** The message in a line of JSON (a structured log, an answer of a service); any other line as it is. */
function messageOf(line: string): string {
  if (!/[{].*"\s*:/u.test(line)) return line;
  const fields = [
    ...line.matchAll(/"(?:msg|message|detail|details|error|error_message|title|reason|code|type)"\s*:\s*"((?:[^"\\]|\\.)+)"/gu),
  ];
  const texts = [...new Set(fields.map(([, text = '']) => text))].filter((text) => text.length > 2);
  return texts.length === 0 ? line : texts.join(': ');
}

export interface Trouble {
  readonly symptoms: readonly Symptom[];
  /** The lines themselves, joined, at most 400 characters. */
  readonly quote: string;
}

/**
 * What an output tells of trouble. For output that its client marked as failed there is always a symptom, in want of a better one its
 * first line; other output must name an error (`strong`) or tell of a failure in two ways, since words of failure stand in every second
 * document. Null where nothing does.
 */
export function readTrouble(output: string, flagged: boolean): Trouble | null {
  const lines = output
    .replace(/^\s*Exit code \d+\s*\n?/u, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '');
  const weighed = lines.map((text, at) => ({ text: text.trim().slice(0, maxText), at, score: weigh(text, flagged) }));
  const best = weighed
    .filter(({ score }) => score >= (flagged ? leastScore.flagged : leastScore.unflagged))
    .toSorted((a, b) => b.score - a.score || a.at - b.at);
  const chosen: typeof best = [];
  const templates = new Set<string>();
  for (const one of best) {
    if (chosen.length === maxSymptoms) break;
    const template = maskLine(one.text);
    if (!templates.has(template)) chosen.push(one);
    templates.add(template);
  }
  if (chosen.length === 0 && flagged && weighed[0] !== undefined) chosen.push(weighed[0]);
  if (chosen.length === 0) return null;
  const symptoms = chosen.map(({ text, score }) => ({ text: messageOf(text), template: maskLine(messageOf(text)), named: score >= 3 }));
  const quote = chosen
    .toSorted((a, b) => a.at - b.at)
    .map(({ text }) => text)
    .join('\n');
  return { symptoms, quote: quote.length > 400 ? `${quote.slice(0, 399)}\u2026` : quote };
}
