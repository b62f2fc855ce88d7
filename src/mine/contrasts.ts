/**
 * What happened where a step was left out: a later step failed, or had to be done again after a person had stepped in. Read off the order
 * of what was done, not off words: the later step first, trouble, the missing step, and only then the later one again.
 */
import type { Evidence } from '../memory.js';
import type { Episode, Wish } from '../signals.js';
import { sentencesOf } from './lexis.js';
import type { Did, Run, Runs } from './runs.js';
import { isLookup, isMoreOften, type Verdicts } from './verdicts.js';

export interface Contrast {
  /** Index of the step that was missing and of the one that went wrong without it. */
  readonly missing: number;
  readonly spoilt: number;
  readonly kind: 'failed' | 'repeated' | 'unsuccessful';
  /** True where the message or the person speaks of the missing step. */
  readonly named: boolean;
  /** Of a failure its message, else what the person said; verbatim, the most telling first. */
  readonly quotes: readonly string[];
  /** Sentences of the person that speak of the missing step; verbatim. */
  readonly reasons: readonly string[];
  readonly evidence: Evidence;
}

function isAt(did: Did | undefined, item: number, steps: readonly number[], runs: Runs): boolean {
  if (did === undefined || did.item === null) return false;
  if (runs.isA(did.item, item)) return true;
  const root = runs.activities.rootOf(item);
  // A run of the operation in another way is the same step where no other step is a run of it.
  return runs.activities.rootOf(did.item) === root && steps.filter((step) => runs.activities.rootOf(step) === root).length === 1;
}

interface Trouble {
  readonly kind: Contrast['kind'];
  readonly quotes: readonly string[];
  readonly evidence: Evidence;
}

function failureAt(run: Run, at: number, until: number, runs: Runs): Trouble | null {
  const did = run.done[at];
  const root = did?.item === null || did === undefined ? null : runs.activities.rootOf(did.item);
  const [from, to] = [did?.place.line ?? 0, run.done[until]?.place.line ?? 0];
  const isIt = ({ place, operation }: Episode): boolean => {
    const item = runs.activities.itemOf(operation);
    return place.line > from && place.line < to && item !== null && runs.activities.rootOf(item) === root;
  };
  const episode = run.session.episodes.find(isIt);
  if (episode === undefined) return null;
  const evidence = evidenceOf(run, 'tool', episode.quote, episode.place);
  return { kind: 'failed', quotes: episode.symptoms.map(({ text }) => text), evidence };
}

function evidenceOf(
  run: Run,
  role: Evidence['role'],
  quote: string,
  place: { readonly at: string | null; readonly path: string; readonly line: number },
): Evidence {
  return { session_id: run.session.id, at: place.at, role, quote, file: place.path, line: place.line };
}

/** What a person said between the two, where the later step was done once more after the missing one. */
function correctionBetween(run: Run, at: number, missing: number, again: number): Trouble | null {
  if (again === -1) return null;
  const line = (index: number): number => run.done[index]?.place.line ?? 0;
  const between = ({ place, kind }: Wish): boolean => kind !== 'request' && place.line > line(at) && place.line < line(again);
  const wishes = run.session.wishes.filter(between);
  const first = wishes.find(({ place }) => place.line < line(missing));
  if (first === undefined) return null;
  return { kind: 'repeated', quotes: wishes.map(({ text }) => text), evidence: evidenceOf(run, 'person', first.text, first.place) };
}

/** All contrasts of one run with the steps of a way of working, at most one for each step that went wrong. */
export function contrastsOf(run: Run, steps: readonly number[], runs: Runs): readonly Contrast[] {
  const where = steps.map((item) => run.done.flatMap((did, at) => (isAt(did, item, steps, runs) ? [at] : [])));
  return steps.flatMap((item, spoilt) => {
    if (spoilt === 0 || steps.indexOf(item) !== spoilt || isLookup(runs.activities.rootOf(item))) return [];
    const candidates = steps
      .slice(0, spoilt)
      .flatMap((step, missing) => (step === item ? [] : (contrastOf(run, { missing, spoilt }, { where, steps, runs }) ?? [])))
      .toReversed();
    return candidates.find(({ named }) => named) ?? candidates.find(({ kind }) => kind === 'repeated') ?? [];
  });
}

function contrastOf(
  run: Run,
  pair: { readonly missing: number; readonly spoilt: number },
  { where, steps, runs }: { readonly where: readonly (readonly number[])[]; readonly steps: readonly number[]; readonly runs: Runs },
): Contrast | null {
  const [first] = where[pair.spoilt] ?? [];
  const late = where[pair.missing]?.find((at) => run.done[at]?.worked === true);
  if (first === undefined || late === undefined || late < first) return null;
  const again = where[pair.spoilt]?.find((at) => at > late) ?? -1;
  const trouble = failureAt(run, first, late, runs) ?? correctionBetween(run, first, late, again);
  if (trouble === null) return null;
  const [from, to] = [run.done[first]?.place.line ?? 0, run.done[late]?.place.line ?? 0];
  const words = namingWords(steps[pair.missing] ?? -1, steps[pair.spoilt] ?? -1, runs);
  const said = run.session.wishes.filter(({ place }) => place.line > from && place.line < to).flatMap(({ text }) => sentencesOf(text));
  const reasons = said.filter((sentence) => names(sentence, words));
  return { ...pair, ...trouble, reasons, named: reasons.length > 0 || names(trouble.quotes.join('\n'), words) };
}

const generalWords = new Set(['with', 'from', 'file', 'name', 'type', 'list', 'show', 'test', 'tests', 'true', 'false', 'edit']);

function wordsOfStep(item: number, { activities }: Runs): readonly string[] {
  const [name = '', ...options] = activities.keyOf(item).split(' | ');
  const values = options.flatMap((option) => option.split('=').slice(1));
  return `${name} ${values.join(' ')}`.toLowerCase().match(/\p{L}{4,}/gu) ?? [];
}

/** Words of a step's operation, and of values that it is always run with, that the other step has not. */
function namingWords(item: number, other: number, runs: Runs): ReadonlySet<string> {
  const others = new Set(wordsOfStep(other, runs));
  return new Set(wordsOfStep(item, runs).filter((word) => !others.has(word) && !generalWords.has(word)));
}

function names(text: string, words: ReadonlySet<string>): boolean {
  const said = text.toLowerCase().match(/\p{L}{4,}/gu) ?? [];
  return said.some((word) =>
    [...words].some((name) => word === name || (word.startsWith(name.slice(0, -1)) && word.length <= name.length + 3)),
  );
}

/** Of runs that came with a verdict: steps without which a later one mostly did not lead to success, where it mostly did with them. */
export function verdictContrasts(steps: readonly number[], runs: Runs, minSupport: number): readonly Contrast[] {
  const judged = runs.all.filter(({ session }) => session.succeeded !== null);
  const firstOf = (run: Run, item: number): number => run.done.findIndex((did) => did.worked && isAt(did, item, steps, runs));
  return steps.flatMap((item, spoilt) => {
    if (steps.indexOf(item) !== spoilt || isLookup(runs.activities.rootOf(item))) return [];
    const having = judged.filter((run) => firstOf(run, item) !== -1);
    const found = steps.slice(0, spoilt).flatMap((step, missing) => {
      if (step === item) return [];
      const isBefore = (run: Run): boolean => firstOf(run, step) !== -1 && firstOf(run, step) < firstOf(run, item);
      const without = having.filter((run) => !isBefore(run));
      const [along, stray] = [verdictsOf(having.filter(isBefore)), verdictsOf(without)];
      const failed = without.filter(({ session }) => session.succeeded === false);
      if (along.good < minSupport || failed.length < minSupport || stray.good > stray.bad || !isMoreOften(along, stray)) return [];
      return [{ missing, failed }];
    });
    const best = found.at(-1);
    return best === undefined ? [] : best.failed.flatMap((run) => verdictOf(run, best.missing, spoilt));
  });
}

function verdictsOf(runs: readonly Run[]): Verdicts {
  const good = runs.filter(({ session }) => session.succeeded === true).length;
  return { good, bad: runs.length - good };
}

function verdictOf(run: Run, missing: number, spoilt: number): readonly Contrast[] {
  const [wish] = run.session.wishes;
  if (wish === undefined) return [];
  const evidence = evidenceOf(run, 'person', wish.text.slice(0, 240), wish.place);
  return [{ missing, spoilt, kind: 'unsuccessful', named: false, quotes: [], reasons: [], evidence }];
}
