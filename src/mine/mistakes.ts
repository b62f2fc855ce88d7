/** Lessons as insights: what to do, when, otherwise what happens, each with the words that show it. */
import type { Evidence } from '../memory.js';
import type { Action, Episode, Insight, Remark, SessionSignals, SignalPlace } from '../signals.js';
import { grouped } from './grouped.js';
import { findLessons, type Lesson, type Remedy, type SessionEpisode } from './lessons.js';
import { code, generalForm, listed, messageText, quoted, wordsIn } from './phrase.js';
import { actionKeys, isDiagnostic } from './remedies.js';
import { tellingSentences } from './telling.js';
import type { MiningTools } from './tools.js';

const maxWhy = 230;
const minTelling = 0.1;
/** What a report is worth as a reason. */
const report = 0.7;

/** The recurring mistakes of all sessions, strongest first. */
export function findMistakes(sessions: readonly SessionSignals[], tools: MiningTools): readonly Insight[] {
  const judged = sessions.filter(({ succeeded }) => succeeded !== null);
  const failing = judged.filter(({ succeeded }) => succeeded === false).length / Math.max(1, judged.length);
  return findLessons(sessions, tools).flatMap((lesson) => toInsight(lesson, failing, tools) ?? []);
}

function unique<T>(list: readonly T[]): readonly T[] {
  return [...new Set(list)];
}

/** By how many members have it, the most common first. */
function ranked(values: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([value]) => value);
}

/** `failing`: share of all judged sessions that ended badly. */
function toInsight(lesson: Lesson, failing: number, tools: MiningTools): Insight | null {
  const { members } = lesson;
  const ids = unique(members.map(({ session }) => session.id));
  const trigger = triggerOf(members, tools);
  if (trigger === null) return null;
  const [main] = lesson.remedies;
  const fix = main === undefined ? null : fixOf(lesson, main, tools);
  const why = main === undefined ? [] : whyOf(lesson, tools);
  const count = `${ids.length} sessions`;
  const text =
    fix === null
      ? unsolvedText(lesson, trigger, tools)
      : `${trigger.when}, ${fix}.${why.length === 0 ? '' : ` Why: ${why.map(quoted).join(' ')}`}`;
  const times = members.flatMap(({ episode, session }) => episode.place.at ?? session.at ?? []).toSorted();
  const told = toldAbout(members, main, tools);
  const solved = unique(members.filter(({ keys }) => main !== undefined && keys.has(main.key)).map(({ session }) => session.id)).length;
  const bySession = grouped(members, ({ session }) => session.id);
  return {
    kind: 'mistake',
    text,
    title: trigger.title,
    topic: main?.key ?? `${trigger.title}`,
    sessions: ids,
    evidence: ids.flatMap((id) => evidenceOf(bySession.get(id) ?? [], main, told, tools)),
    confidence: confidenceOf(lesson, ids.length),
    sure: main === undefined ? isUnsolved(lesson) || isCostly(lesson, failing) : isSure(lesson),
    reason:
      main === undefined
        ? `The same failure in ${count}, without a fix that helped in most of them.`
        : `The same failure in ${count}; this ended it in ${solved} of them.`,
    person: null,
    at: times.at(-1) ?? null,
  };
}

function confidenceOf(lesson: Lesson, support: number): number {
  const {
    remedies: [main],
    coherence,
  } = lesson;
  // That it fails is certain; that it is worth knowing is not.
  if (main === undefined) return Math.round(Math.min(0.75, 1 - 0.5 ** (support - 1)) * 100) / 100;
  const seen = 1 - 0.5 ** (support - 1);
  return Math.round(Math.min(0.98, seen * (0.55 + 0.45 * main.purity) * (coherence > 0.06 || sharesMessage(lesson) ? 1 : 0.8)) * 100) / 100;
}

function isSure(lesson: Lesson): boolean {
  const {
    remedies: [main],
    coherence,
  } = lesson;
  if (main === undefined || isDiagnostic(main.key)) return false;
  return main.purity >= 0.6 && (coherence >= (main.key.startsWith('put ') ? 0.08 : 0.04) || sharesMessage(lesson));
}

/** True where two sessions of three printed one message: they belong together however common its words are among all sessions. */
function sharesMessage({ members }: Lesson): boolean {
  const counts = new Map<string, Set<string>>();
  for (const { session, episode } of members) {
    for (const { named, template } of episode.symptoms)
      if (named) counts.set(template, (counts.get(template) ?? new Set()).add(session.id));
  }
  const most = Math.max(0, ...[...counts.values()].map((ids) => ids.size));
  return most * 3 >= 2 * unique(members.map(({ session }) => session.id)).length;
}

/** Failures after which clearly more sessions end badly than otherwise. */
function isCostly({ members }: Lesson, failing: number): boolean {
  const judged = new Map(members.flatMap(({ session }) => (session.succeeded === null ? [] : [[session.id, session.succeeded] as const])));
  const bad = [...judged.values()].filter((succeeded) => !succeeded).length;
  return judged.size >= 4 && bad / judged.size >= failing + 0.15;
}

/** What fails and how often, how those sessions ended, and after what it went through where it did: no advice without proof. */
function unsolvedText({ members }: Lesson, { when }: Trigger, { operations }: MiningTools): string {
  const ids = unique(members.map(({ session }) => session.id));
  const judged = new Map(members.flatMap(({ session }) => (session.succeeded === null ? [] : [[session.id, session.succeeded] as const])));
  const bad = [...judged.values()].filter((succeeded) => !succeeded).length;
  const ended = judged.size === 0 ? '' : `, ${bad} of which ended badly`;
  const passed = members.filter(({ episode }) => episode.proof === 'operation');
  const before = ranked(
    passed.flatMap(({ episode }) =>
      unique(episode.remedies.map((action) => operations.nameOf(action)).filter((name) => name !== operations.nameOf(episode.operation))),
    ),
  )[0];
  const helped = passed.filter(({ episode }) => episode.remedies.some((action) => operations.nameOf(action) === before));
  const after =
    before !== undefined && helped.length >= 3 && helped.length * 2 >= passed.length
      ? ` Where it went through in the end, ${code(before)} came first.`
      : ' No way out of it showed in most of them.';
  return `${when.replace(/^When /u, 'Expect that ')}: it did in ${ids.length} sessions${ended}.${after}`;
}

/** A failure that no session ever got rid of is worth knowing; one that something else ended each time may be several. */
function isUnsolved({ members }: Lesson): boolean {
  return members.every(({ episode }) => episode.flagged && episode.proof === null);
}

interface Trigger {
  readonly when: string;
  readonly title: string;
}

/** True where one of the names is the other one, or a part of it from the start. */
function isOneOf(a: string, b: string): boolean {
  return `${a} `.startsWith(`${b} `) || `${b} `.startsWith(`${a} `);
}

/** Of names of which one says more than another, the one that says more; where several do so differently, the common one if it has two words. */
function plainNames(all: readonly string[]): readonly string[] {
  const within = (name: string) => all.filter((other) => other !== name && other.startsWith(`${name} `));
  const common = all.filter((name) => name.includes(' ') && within(name).length > 1);
  return all.filter((name) => {
    if (common.some((other) => other !== name && name.startsWith(`${other} `))) return false;
    return common.includes(name) || within(name).length === 0;
  });
}

/** "When `pnpm typecheck` fails with "..." or "..."": the operations and messages that most sessions share. */
function triggerOf(members: readonly SessionEpisode[], { operations, lexis }: MiningTools): Trigger | null {
  const all = ranked(members.map(({ episode }) => operations.nameOf(episode.operation)));
  const named = plainNames(all);
  const most = named.slice(0, members.length > 3 && named.length > 3 ? 1 : 2);
  const covering = members.filter(({ episode }) => most.some((name) => isOneOf(operations.nameOf(episode.operation), name)));
  const messages = messagesOf(members, lexis);
  if (named.length === 0 || (messages.length === 0 && covering.length * 2 < members.length)) return null;
  const shown = messages.map(quoted).join(' or ');
  const verb = covering.filter(({ episode }) => episode.flagged).length * 2 >= covering.length ? 'fails with' : 'shows';
  const subject = listed(most.map(code), 'or');
  const when =
    covering.length * 2 < members.length
      ? `On ${shown}`
      : messages.length === 0
        ? `When ${subject} fails`
        : `When ${subject} ${verb} ${shown}`;
  return { when, title: `${most[0] ?? ''}${messages[0] === undefined ? ' fails' : `: ${messages[0]}`}`.slice(0, 80) };
}

/** In how many sessions of the members each stem is used. */
function sessionsByStem(members: readonly SessionEpisode[]): ReadonlyMap<string, number> {
  const seen = new Map<string, Set<string>>();
  for (const { session, stems } of members) {
    const own = seen.get(session.id) ?? new Set<string>();
    seen.set(session.id, own);
    for (const stem of stems) own.add(stem);
  }
  const counts = new Map<string, number>();
  for (const own of seen.values()) for (const stem of own) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  return counts;
}

/** At most two messages: the one whose words most sessions share, and one that says it otherwise. */
function messagesOf(members: readonly SessionEpisode[], lexis: MiningTools['lexis']): readonly string[] {
  const all = members.flatMap(({ session, episode }) =>
    episode.symptoms.map((symptom) => ({ session: session.id, named: symptom.named, message: messageText(symptom) })),
  );
  const using = sessionsByStem(members);
  const scored = [...grouped(all, ({ message }) => message)]
    .map(([message, same]) => {
      const stems = [...lexis.stems(message)];
      const sharing = stems.reduce((sum, stem) => sum + Math.min(3, (using.get(stem) ?? 0) - 1) * lexis.weight(stem), 0);
      const sessions = new Set(same.map((one) => one.session)).size;
      return {
        message,
        score: (sharing / (stems.length + 2)) * (same[0]?.named === true ? 2 : 1) * sessions ** 0.5,
        words: wordsIn(message),
      };
    })
    .filter(({ words }) => words >= 1)
    .toSorted((a, b) => Number(b.words >= 3) - Number(a.words >= 3) || b.score - a.score || (a.message < b.message ? -1 : 1));
  const [first, ...rest] = scored;
  const second = rest.find(
    ({ message, words }) => first !== undefined && words >= 2 && lexis.cosine(lexis.stems(first.message), lexis.stems(message)) < 0.7,
  );
  return [first, second].flatMap((one) => (one === undefined ? [] : [one.message]));
}

/** What was done about it, in most sessions; of several shared actions all that at least half of the sessions did, in their order. */
function fixOf(lesson: Lesson, main: Remedy, tools: MiningTools): string {
  const { members } = lesson;
  const having = members.filter(({ keys }) => keys.has(main.key));
  if (main.key.startsWith('put ')) return putFix(lesson, having);
  const [base = '', option] = main.key.split(' | ');
  const changed = having.flatMap(({ episode }) => episode.changed.filter(({ part }) => part === option));
  const reform = changed.find(({ part }) => part.includes('~'));
  if (option?.includes('~') === true && reform !== undefined) {
    const name = option.split('~')[0] ?? '';
    return `give ${code(name)} in another form: ${unique(changed.map(({ from, to }) => `${code(to)}, not ${code(from)}`))
      .slice(0, 2)
      .join('; ')}`;
  }
  if (option?.startsWith('via=') === true) return `run it through ${code(option.slice(4))}`;
  const steps = stepsOf(having, main, tools);
  // The option is what counts where several operations want it.
  const again = having.filter(({ episode }) => episode.changed.some(({ part }) => part === option));
  if (base === '*' && steps.length !== 1 && again.length * 2 >= having.length) return `run it with ${code(option ?? '')}`;
  if (steps.length === 0)
    return option === undefined ? `use ${code(base)}` : `${isArgument(having, option) ? 'pass' : 'use'} ${code(option)}`;
  const shown = option === undefined || base === '*' || steps.some((step) => step.shown.includes(option));
  return `${doIt(steps)}${shown ? '' : ` with ${code(option)}`}`;
}

/** True for a named argument of a tool, false for an option of a command. */
function isArgument(having: readonly SessionEpisode[], option: string): boolean {
  return !option.startsWith('-') && having.some(({ episode }) => episode.again?.kind === 'call');
}

function doIt(steps: readonly { readonly shown: string; readonly isCall: boolean }[]): string {
  return `${steps[0]?.isCall === true ? 'use' : 'run'} ${listed(
    steps.map(({ shown }) => code(shown)),
    'and',
  )}`.replace(/ and (?=`[^`]*`$)/u, steps.length > 1 ? ', then ' : ' and ');
}

/** The remedy's actions in one general form each; what else most of the sessions did in between goes along. */
function stepsOf(
  having: readonly SessionEpisode[],
  main: Remedy,
  tools: MiningTools,
): readonly { readonly shown: string; readonly isCall: boolean }[] {
  const { operations } = tools;
  const bases = new Map<string, { readonly actions: Action[]; readonly sessions: Set<string>; order: number }>();
  for (const { episode, session } of having) {
    const run = [...episode.remedies, ...againOf(episode)];
    const end = Math.max(1, run.length - 1);
    for (const [order, action] of run.entries()) {
      if (action.kind === 'edit' || isDiagnostic(operations.nameOf(action))) continue;
      const name = operations.nameOf(action);
      const entry = bases.get(name) ?? { actions: [], sessions: new Set(), order: 0 };
      entry.actions.push(action);
      entry.sessions.add(session.id);
      entry.order += order / end;
      bases.set(name, entry);
    }
  }
  const support = unique(having.map(({ session }) => session.id)).length;
  const [base = '', option] = main.key.split(' | ');
  return [...bases]
    .filter(([name, { sessions, actions }]) => {
      if (name === base) return true;
      if (base === '*' && actions.some(({ flags }) => flags.includes(option ?? ''))) return true;
      return sessions.size * 2 > support && sessions.size >= 2 && actions.some((action) => actionKeys(action, operations).length > 0);
    })
    .toSorted(([a, x], [b, y]) => x.order / x.actions.length - y.order / y.actions.length || (a < b ? -1 : 1))
    .slice(0, 3)
    .map(([, { actions }]) => {
      const telling =
        option === undefined ? actions : actions.filter(({ flags, words }) => flags.includes(option) || words.includes(option));
      const used = telling.length > 0 ? telling : actions;
      return { shown: used[0]?.kind === 'call' ? (used[0].words[0] ?? '') : generalForm(used), isCall: used[0]?.kind === 'call' };
    });
}

/** The successful run itself is part of the fix where it differs from the failed one. */
function againOf(episode: SessionEpisode['episode']): readonly Action[] {
  return episode.again === null || episode.changed.length === 0 ? [] : [episode.again];
}

function putFix({ remedies }: Lesson, having: readonly SessionEpisode[]): string {
  const tokens = remedies.filter(({ key }) => key.startsWith('put ')).map(({ key }) => key.slice(4));
  const whole = tokens.filter((token) => !tokens.some((other) => other !== token && other.includes(token.replace('\u2026', ''))));
  const shown = (whole.length > 0 ? whole : tokens).slice(0, 3);
  const kinds = unique(
    having.flatMap(({ episode }) => episode.remedies.filter(({ kind }) => kind === 'edit').map(({ words }) => words[1] ?? '')),
  ).filter((kind) => kind.startsWith('.'));
  const ending = shown.find((token) => token.startsWith('\u2026'));
  if (ending !== undefined) return `write the name with ${code(ending.slice(1))} at its end`;
  return `bring ${listed(shown.map(code), 'and')} into the ${kinds.length === 1 ? `${code(kinds[0] ?? '')} ` : ''}file`;
}

/** The sentence that tells best what the sessions share, verbatim, and one that adds to it: only where the fix proved itself. */
function whyOf({ members, remedies }: Lesson, { lexis }: MiningTools): readonly string[] {
  const about = lexis.stems(remedies.map(({ key }) => key).join(' '));
  const candidates = members.flatMap(({ session, episode }) =>
    episode.proof === null
      ? []
      : episode.remarks.map((remark) => ({
          session: session.id,
          text: remark.text,
          from: { role: remark.role, after: isAfter(remark, episode) },
        })),
  );
  const told = tellingSentences(candidates, lexis, about)
    .filter(({ sentence, from }) => sentence.length <= maxWhy && sentence.length >= (from.role === 'person' ? 40 : 24))
    // When all is well again an agent reports; that is rarely a reason where no word says so.
    .map(({ sentence, score, explains, from }) => ({
      sentence,
      score: from.after && from.role === 'agent' && !explains ? score * report : score,
    }))
    .filter(({ score }) => score >= minTelling)
    .toSorted((a, b) => b.score - a.score)
    .map(({ sentence }) => sentence);
  const [best] = told;
  if (best === undefined) return [];
  const stems = lexis.stems(best);
  const second = told.find((sentence) => sentence.length + best.length <= maxWhy && lexis.cosine(stems, lexis.stems(sentence)) < 0.6);
  return second === undefined ? [best] : [best, second];
}

function isAfter(remark: Remark, { solvedAt }: Episode): boolean {
  return solvedAt !== null && remark.place.path === solvedAt.path && remark.place.line > solvedAt.line;
}

function evidence(session: SessionSignals, role: Evidence['role'], quote: string, place: SignalPlace): Evidence {
  return { session_id: session.id, at: place.at ?? session.at, role, quote, file: place.path, line: place.line };
}

type Sayings = readonly { readonly session: string; readonly sentence: string; readonly from: Remark }[];

/** What was said in all sessions, the sentences first that tell most of what the sessions share. */
function toldAbout(members: readonly SessionEpisode[], main: Remedy | undefined, { lexis }: MiningTools): Sayings {
  const candidates = members.flatMap(({ session, episode }) =>
    episode.remarks.map((remark) => ({ session: session.id, text: remark.text, from: { session: session.id, remark } })),
  );
  const told = tellingSentences(candidates, lexis, lexis.stems(main?.key ?? ''));
  return told.map(({ sentence, from }) => ({ session: from.session, sentence, from: from.remark }));
}

function placeOf(action: Action, { steps }: SessionSignals): SignalPlace | null {
  return steps.find((step) => step.action === action)?.place ?? null;
}

/** Of one session: the failure, what ended it, and the sentence about it that tells most. */
function evidenceOf(
  members: readonly SessionEpisode[],
  main: Remedy | undefined,
  sayings: Sayings,
  { operations }: MiningTools,
): readonly Evidence[] {
  const [first] = members;
  if (first === undefined) return [];
  const { session } = first;
  const fixing = members.find(({ keys }) => main !== undefined && keys.has(main.key)) ?? first;
  const { episode } = fixing;
  const quotes = [evidence(session, 'tool', episode.quote, episode.place)];
  const done = episode.remedies.find((action) => main !== undefined && actionKeys(action, operations).includes(main.key)) ?? episode.again;
  if (done !== null && main !== undefined && episode.solvedAt !== null)
    quotes.push(evidence(session, 'agent', done.shown, placeOf(done, session) ?? episode.solvedAt));
  const told = sayings.find((saying) => saying.session === session.id && episode.remarks.includes(saying.from));
  if (told !== undefined) quotes.push(evidence(session, told.from.role, told.sentence, told.from.place));
  return quotes;
}
