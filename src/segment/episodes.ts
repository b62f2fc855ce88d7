/**
 * Failures in a row of happenings, each with what was done about it and what shows that it helped. The first thing that made the same
 * operation succeed ends an episode; where the operation is not run again, a later check or a person's word does.
 */
import type { Action, Changed, Episode, Proof, Remark } from '../signals.js';
import type { Doing, Happening } from './signals.js';
import { errorNames, type Trouble } from './symptoms.js';

/** Happenings after a failure in which its end is looked for. */
const horizon = 40;
const maxRemedies = 12;
const maxRemark = 1200;

const checks =
  /\b(?:tests?|check|lint|typecheck|tsc|build|compile|smoke|verify|validate|healthz?|pytest|jest|vitest|rspec|phpunit|mocha|ctest|gradlew?|mvn|cargo|analy[sz]e|plan|dry-run|--check|status)\b/iu;
const approval =
  /\b(?:works?|worked|working|great|perfect|thanks|thank you|thx|good|nice|fixed|lovely|exactly|excellent|confirmed|solved|right|yes|yep|ok(?:ay)?|fine|cool|super|awesome|finally|phew|brilliant|cheers|wonderful|that did it|it's (?:there|up|back|green|in))\b/iu;
const disapproval = /\b(?:no|not|n't|still|wrong|again|instead|stop|broken|fails?|failed|error|but)\b|n't\b|\?/iu;

interface Solution {
  readonly at: number;
  readonly proof: Proof;
}

const probes = new Set(['curl', 'wget', 'http', 'nc', 'ping']);

/** Of several commands of a line the last that does something is taken for the operation; what only asks whether it worked is none. */
function operationOf({ actions }: Doing): Action {
  const does = actions.filter(({ kind }) => kind !== 'look');
  const found = does.findLast(({ words }) => !probes.has(words[0] ?? '')) ?? does.at(-1) ?? actions.at(-1);
  if (found === undefined) throw new RangeError('a step without actions');
  return found;
}

/** The same thing tried again: same program and subcommand, same tool, same file. */
function isSameOperation(a: Action, b: Action): boolean {
  if (a.kind !== b.kind || a.words[0] !== b.words[0]) return false;
  if (a.kind === 'edit') return a.target === b.target;
  const [second, other] = [a.words[1] ?? '', b.words[1] ?? ''];
  return second === other || second.startsWith('<') || other.startsWith('<');
}

function isTrouble(happening: Happening | undefined): happening is Doing & { readonly trouble: NonNullable<Doing['trouble']> } {
  return happening?.kind === 'doing' && happening.trouble !== null;
}

function isClean(happening: Happening | undefined): happening is Doing {
  return happening?.kind === 'doing' && !happening.failed && happening.trouble === null;
}

/** True where the two outputs name no common error: the first failure is gone, another one came in its place. */
function isAnother(a: Trouble, b: Trouble): boolean {
  const known = new Set(a.symptoms.flatMap(({ text, template }) => [template, ...errorNames(text)]));
  return !b.symptoms.some(({ text, template }) => known.has(template) || errorNames(text).some((name) => known.has(name)));
}

function solutionOf(happenings: readonly Happening[], from: number, operation: Action, trouble: Trouble): Solution | null {
  let fallback: Solution | null = null;
  for (let at = from + 1; at < happenings.length && at <= from + horizon; at++) {
    const happening = happenings[at];
    if (isTrouble(happening)) {
      const again = happening.actions.some((action) => isSameOperation(action, operation));
      if (again && at > from + 1 && isAnother(trouble, happening.trouble)) return { at, proof: 'check' };
    } else if (isClean(happening)) {
      if (happening.actions.some((action) => isSameOperation(action, operation))) return { at, proof: 'operation' };
      if (happening.actions.some(({ kind, shown }) => kind !== 'edit' && checks.test(shown))) fallback ??= { at, proof: 'check' };
    } else if (happening?.kind === 'saying' && happening.role === 'person' && at > from + 1) {
      if (approval.test(happening.text) && !disapproval.test(happening.text)) fallback ??= { at, proof: 'person' };
    }
  }
  return fallback;
}

/** What was done in between and did not fail; of the step that worked, what stands before the operation. */
function remediesOf(happenings: readonly Happening[], from: number, end: number, operation: Action): readonly Action[] {
  const found: Action[] = [];
  for (let at = from + 1; at <= end; at++) {
    const happening = happenings[at];
    // What ends an episode by failing in another way did its part before the operation.
    if (!isClean(happening) && !(at === end && isTrouble(happening))) continue;
    const again = at === end ? happening.actions.findIndex((action) => isSameOperation(action, operation)) : -1;
    found.push(...happening.actions.slice(0, again === -1 ? undefined : again).filter(({ kind }) => kind !== 'look'));
  }
  return found.slice(0, maxRemedies);
}

/** The form of a value: its digits as 9, its letters as a. */
function formOf(value: string): string {
  return value
    .replace(/\p{N}+/gu, '9')
    .replace(/\p{L}+/gu, 'a')
    .slice(0, 24);
}

function againOf(happenings: readonly Happening[], { at, proof }: Solution, operation: Action): Action | null {
  const happening = happenings[at];
  if (proof !== 'operation' || happening?.kind !== 'doing') return null;
  return happening.actions.find((action) => isSameOperation(action, operation)) ?? null;
}

/** Names of arguments whose values are nobody's business. */
const secretName = /pass|secret|token|credential|auth|api_?key|private|pin$/iu;

/** Lists and objects differ in form from run to run whatever went wrong. */
function isScalar(value: string): boolean {
  return value !== '' && !/^[[{]/u.test(value);
}

function changedOf(operation: Action, again: Action): readonly Changed[] {
  const known = new Set([...operation.flags, ...operation.words]);
  const fresh = [...again.flags, ...again.words].filter((part) => !known.has(part) && !part.startsWith('<'));
  const reformed = Object.entries(again.values).flatMap(([name, to]): readonly Changed[] => {
    const from = Object.hasOwn(operation.values, name) ? operation.values[name] : undefined;
    return from === undefined || secretName.test(name) || !isScalar(from) || !isScalar(to) || formOf(from) === formOf(to)
      ? []
      : [{ part: `${name}~${formOf(to)}`, from, to }];
  });
  return [
    ...fresh.map((part) => ({ part, from: '', to: Object.hasOwn(again.values, part) ? (again.values[part] ?? '') : '' })),
    ...reformed,
  ];
}

/** What a person says who does not agree with what the agent has just said. */
const correction =
  /^\W*(?:no+(?:pe)?\b(?! (?:problem|worries|rush|need|idea|changes?|errors?|failures?)\b)|wrong\b|not (?:true|right|correct|quite|really|that|this|it)\b|incorrect\b|nonsense\b|actually\b|stop\b|wait\b|(?:that|this|it)(?:'s|s| is|'s| was)(?: just| simply| plain)? (?:wrong|not|nonsense|incorrect|false)|(?:that|this|it) (?:isn't|wasn't|can't|cannot)|you(?:'re| are) (?:wrong|mistaken)|i (?:don't|do not) (?:think|believe))/iu;

/** True where the next word of a person corrects what the agent says at `at`. */
function isCorrected(happenings: readonly Happening[], at: number): boolean {
  const reply = happenings.slice(at + 1, at + horizon).find((one) => one.kind === 'saying' && one.role === 'person');
  return reply?.kind === 'saying' && correction.test(reply.text);
}

/** Said around a failure until it was over, without what a person corrected and without guesses after which the operation failed again. */
function remarksOf(happenings: readonly Happening[], from: number, end: number, operation: Action): readonly Remark[] {
  let start = from;
  while (start > 0 && start > from - 2 && happenings[start - 1]?.kind === 'saying') start -= 1;
  let stop = end;
  while (stop + 1 < happenings.length && stop < end + 2 && happenings[stop + 1]?.kind === 'saying') stop += 1;
  const failedAgain = happenings.findLastIndex(
    (one, at) => at > from && at < end && isTrouble(one) && one.actions.some((action) => isSameOperation(action, operation)),
  );
  return happenings.slice(start, stop + 1).flatMap((one, n) => {
    if (one.kind !== 'saying') return [];
    const at = start + n;
    const doubtful = one.role === 'agent' && ((at > from && at < failedAgain) || isCorrected(happenings, at));
    return doubtful ? [] : [{ role: one.role, text: one.text.slice(0, maxRemark), place: one.place }];
  });
}

/**
 * The episodes of a row of happenings that begin before `until`, in order. Failures of an operation before it worked belong to one
 * episode.
 */
export function findEpisodes(happenings: readonly Happening[], until: number): readonly Episode[] {
  const episodes: Episode[] = [];
  const within: { readonly operation: Action; readonly until: number }[] = [];
  for (const [from, happening] of happenings.entries()) {
    if (from >= until) break;
    if (!isTrouble(happening)) continue;
    const operation = operationOf(happening);
    if (within.some((open) => from < open.until && isSameOperation(open.operation, operation))) continue;
    const solution = solutionOf(happenings, from, operation, happening.trouble);
    const end = solution?.at ?? Math.min(happenings.length - 1, from + horizon);
    within.push({ operation, until: end });
    const { symptoms, quote } = happening.trouble;
    const solved = solution === null ? null : happenings[solution.at];
    const again = solution === null ? null : againOf(happenings, solution, operation);
    episodes.push({
      operation,
      flagged: happening.failed,
      symptoms,
      place: happening.place,
      quote,
      remedies: solution === null ? [] : remediesOf(happenings, from, end, operation),
      changed: again === null ? [] : changedOf(operation, again),
      again,
      proof: solution?.proof ?? null,
      solvedAt: solved?.place ?? null,
      remarks: remarksOf(happenings, from, solution === null ? from : end, operation),
    });
  }
  return episodes;
}
