/**
 * A fact that names a program with its version, and commands that print another version in enough sessions: the value inside the fact is
 * replaced, nothing else. A rule, a preference, a lower bound, and what is about another place or project stay. Pure.
 */

import { compareText, type Evidence, type PlannedChange, type Statement } from '../memory.js';
import type { Announcement, PrintedVersion } from '../signals.js';
import { planChange } from './changes.js';
import { compareTimes, strongTime } from './rows.js';

export interface PrintedInput {
  readonly printed: readonly PrintedVersion[];
  /** Names of the folders that sessions worked in, by session id. */
  readonly projects: ReadonlyMap<string, string>;
  /** What persons said has changed: one who says that the old version is gone needs no other session. */
  readonly announced: readonly Announcement[];
  readonly minSupport: number;
  readonly programName: (name: string) => string;
}

/** Words of a rule, a wish, a bound, or a story: its version is not what runs. */
const noFact =
  /\b(?:must|should|shall|always|never|prefers?|wants?|likes?|hates?|at least|at most|or (?:newer|later|higher|above|older|up)|minimum|minimal|min|max(?:imum)?|newer|older|since|until|before|after|upgrad\w*|migrat\w*|moved|switched|instead|no longer|not|don't|doesn't|requires?d?|supports?|supported|compatible|works? with|tested|breaks?|fails?|bugs?|needs?|was|were|had|if|when|unless|except|only|from|between|to|and|or)\b|[+≥>~^*]|>=/iu;
/** Places whose version a command on the agent's machine does not tell. */
const elsewhere =
  /\b(?:production|prod|staging|stage|live|ci|pipelines?|servers?|clusters?|images?|containers?|lambdas?|laptops?|phones?|devices?|customers?|branch(?:es)?|legacy|old|former|team's|his|her|their)\b|\b\p{Lu}\p{Ll}+'s\b/u;

interface Held {
  readonly program: string;
  readonly version: string;
  readonly start: number;
  readonly end: number;
}

/** The one version that a fact gives of a program, or null where it gives none, several, or is no fact about what runs. */
function versionIn(text: string, programs: ReadonlySet<string>, programName: (name: string) => string): Held | null {
  const found = [
    ...text.matchAll(
      /([\p{L}][\p{L}\d+#]*(?:\.js)?)((?: (?:version|is|at|on|runs?|pinned|to|uses?|v)){0,4}[ :=]+v?)(\d+(?:\.\d+)*)(?![\w.-]*\w)/gu,
    ),
  ];
  const held = found.flatMap((match): Held[] => {
    const [whole, name = '', , version = ''] = match;
    const end = match.index + whole.length;
    return programs.has(programName(name)) ? [{ program: programName(name), version, start: end - version.length, end }] : [];
  });
  const [only] = held;
  if (only === undefined || held.length > 1) return null;
  const rest = text.slice(0, only.start).replace(/\bpinned to\b/iu, 'pinned') + text.slice(only.end);
  return noFact.test(rest) || elsewhere.test(rest) ? null : only;
}

/** Names of projects and files in a text that a session's folder can be held against. */
function otherProjects(text: string, projects: ReadonlySet<string>): boolean {
  const named = text.match(/`[^`]+`|\b[\w]+(?:[-_][\w]+)+\b/gu) ?? [];
  return named.map((name) => name.replace(/`/gu, '')).some((name) => !name.startsWith('.') && !projects.has(name));
}

/** As many parts of `version` as `like` has. */
function asPrecise(version: string, like: string): string {
  return version.split('.').slice(0, like.split('.').length).join('.');
}

function byTime(a: PrintedVersion, b: PrintedVersion): number {
  return compareTimes(a.at, b.at) || compareText(a.sessionId, b.sessionId) || a.line - b.line;
}

/** The last thing that each session printed of a program after `since`, in the order of time. */
function lastOfEach(input: PrintedInput, program: string, since: string | null): readonly PrintedVersion[] {
  const last = new Map<string, PrintedVersion>();
  for (const one of [...input.printed].sort(byTime)) {
    if (one.program === program && one.at !== null && (compareTimes(one.at, since) ?? 1) > 0) last.set(one.sessionId, one);
  }
  return [...last.values()].sort(byTime);
}

/** A person who said in one of these sessions that the old version is gone. */
function confirmedBy(input: PrintedInput, held: Held, sessions: ReadonlySet<string>): Announcement | undefined {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/\bv(?=\d)/u, '')
      .replace(/[^\w.]+/gu, ' ')
      .trim();
  return input.announced.find(
    ({ sessionId, gone }) =>
      sessions.has(sessionId) && gone.some((text) => [held.version, `${held.program} ${held.version}`].includes(plain(text))),
  );
}

function evidenceOf({ sessionId, at, quote, path, line }: PrintedVersion): Evidence {
  return { session_id: sessionId, at, role: 'tool', quote, file: path, line };
}

/**
 * The change of one statement, or null. Every session from some point on has to print the new version: one that still prints the old one
 * later says that both are in use.
 */
export function planPrinted(statement: Statement, input: PrintedInput): PlannedChange | null {
  if (statement.role !== 'fact' || statement.lock !== null) return null;
  const programs = new Set(input.printed.map(({ program }) => program));
  const held = versionIn(statement.text, programs, input.programName);
  if (held === null) return null;
  const all = lastOfEach(input, held.program, strongTime(statement.time));
  const fresh = all.at(-1);
  if (fresh === undefined) return null;
  const version = asPrecise(fresh.version, held.version);
  const first = all.findLastIndex((one) => asPrecise(one.version, held.version) !== version) + 1;
  const supporting = all.slice(first);
  if (version === held.version || version.split('.').length < held.version.split('.').length) return null;
  const projects = new Set(supporting.map(({ sessionId }) => input.projects.get(sessionId) ?? ''));
  if (otherProjects(statement.text.slice(0, held.start) + statement.text.slice(held.end), projects)) return null;
  const person = confirmedBy(input, held, new Set(supporting.map(({ sessionId }) => sessionId)));
  if (supporting.length < input.minSupport && person === undefined) return null;
  const text = statement.text.slice(0, held.start) + version + statement.text.slice(held.end);
  const said: readonly Evidence[] =
    person === undefined
      ? []
      : [{ session_id: person.sessionId, at: person.at, role: 'person', quote: person.core, file: person.path, line: person.line }];
  const sessions = supporting.length === 1 ? 'one session' : `${supporting.length} sessions`;
  const confirmed = person === undefined ? '' : `, and a person said that ${held.version} is gone`;
  return planChange({
    kind: 'supersede',
    before: [statement],
    after: { path: statement.path, line: statement.line, text },
    relation: 'conflict',
    confidence: person === undefined ? Math.min(0.97, 0.85 + 0.03 * supporting.length) : 0.93,
    decidedBy: 'rule',
    reason: `Commands that the agent ran in ${sessions} print ${held.program} ${fresh.version}, the memory says ${held.version}${confirmed}.`,
    evidence: [...said, ...supporting.map(evidenceOf)],
    status: 'proposed',
    replace: [{ statementId: statement.id, text }],
  });
}
