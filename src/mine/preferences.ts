/**
 * Preferences: what persons ask for or enforce again and again, in different words. Demands are grouped by the matter they name, by what they
 * refused and by their words; a group of enough sessions becomes a rule that leads with what is common and proves it with the persons' own sentences.
 */
import type { Evidence } from '../memory.js';
import type { Insight, SessionSignals } from '../signals.js';
import { type Compared, comparedOf, Likeness, tellingStems } from './likeness.js';
import { averageLinkage, meanLikeness } from './linkage.js';
import { byTime } from './order.js';
import { type Common, commonMatters, isLed, preferenceText, preferenceTitle, type Told, tellingPhrases } from './preference-text.js';
import { Refusals } from './refusals.js';
import type { MiningTools } from './tools.js';
import { type Demand, demandOf } from './wishes.js';

/** Mean likeness at which groups join, at which a weak demand stays in one, and below which a group is not sure. */
const joinsAt = 0.24;
const staysAt = 0.3;
const holdsAt = 0.38;
/** Mean likeness of a group that needs no more than one strong demand. */
const plainAt = 0.55;
/** Mean likeness at which a weak demand belongs to a group whatever it names. */
const surelyAt = 0.55;
/** Strength of a demand that counts as enforced or lasting. */
const strong = 0.6;
const leastStrength = 0.5;
const maxQuote = 240;
const maxStanding = 12;

interface Group {
  readonly members: readonly Demand[];
  readonly coherence: number;
}

function sessionIds(members: readonly Demand[]): readonly string[] {
  return [...new Set(members.map(({ session }) => session.id))];
}

/** The preferences of all sessions, those of most sessions first; `sessions` in any order. */
export function findPreferences(sessions: readonly SessionSignals[], tools: MiningTools): readonly Insight[] {
  const ordered = sessions.toSorted(byTime);
  const demands = ordered.flatMap((session) => session.wishes.flatMap((wish) => demandOf(session, wish) ?? []));
  const refusals = new Refusals(demands, ordered, tools);
  const names = namesOf(demands, tools);
  const items = demands.map((demand) => comparedOf(demand, tools, names));
  const likeness = new Likeness(items, { meaning: tools.meaning, sessions: ordered.length, purity: refusals.purity });
  const of = (a: number, b: number): number => likeness.of(a, b);
  const groups = averageLinkage(items.length, likeness.pairs(), { likeness: of, threshold: joinsAt }).map((group) =>
    settle(group, items, of),
  );
  const supported = groups.filter(({ members }) => sessionIds(members).length >= tools.minSupport);
  const found = supported.map((group) => ({ group, insight: ruleInsight(group, { likeness, refusals, tools }) }));
  const rules = found.flatMap(({ insight }) => insight ?? []);
  const told = new Set(found.flatMap(({ group, insight }) => (insight === null ? [] : group.members)));
  const standing = demands.filter((demand) => !told.has(demand)).flatMap((demand) => standingInsight(demand) ?? []);
  return distinctTopics([
    ...rules.toSorted((a, b) => b.sessions.length - a.sessions.length || b.confidence - a.confidence || (a.text < b.text ? -1 : 1)),
    ...standing.slice(-maxStanding),
  ]);
}

function namesOf(demands: readonly Demand[], { lexis }: MiningTools): ReadonlySet<string> {
  return new Set(demands.flatMap(({ wish }) => [...lexis.stems(wish.person ?? '')]));
}

/** The group without members that are not much like its strong ones and, where they are weak or open a piece of work, name no matter of theirs. */
function settle(group: readonly number[], items: readonly Compared[], of: (a: number, b: number) => number): Group {
  const isStrong = (at: number): boolean => (items[at]?.demand.strength ?? 0) >= strong;
  const core = group.filter(isStrong);
  const main = mainMatters(core, items);
  const fits = (at: number): boolean => {
    const item = items[at];
    const others = core.filter((other) => other !== at);
    if (item === undefined || others.length === 0) return true;
    const mean = meanLikeness([at], others, of);
    const named =
      main.length === 0 || item.matters.some((name) => main.includes(name)) || (isStrong(at) && item.demand.wish.kind !== 'request');
    return mean >= surelyAt || (named && mean >= (isStrong(at) ? joinsAt : staysAt));
  };
  const kept = core.length < 2 ? group : group.filter(fits);
  let sum = 0;
  for (const at of kept)
    sum +=
      kept.length < 2
        ? 0
        : meanLikeness(
            [at],
            kept.filter((other) => other !== at),
            of,
          );
  return { members: kept.flatMap((at) => items[at]?.demand ?? []), coherence: kept.length === 0 ? 0 : sum / kept.length };
}

/** The matters that most of the demands name in their own words. */
function mainMatters(core: readonly number[], items: readonly Compared[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const at of core) for (const name of items[at]?.matters ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].filter(([, count]) => count * 5 >= core.length * 3).map(([name]) => name);
}

interface Finding {
  readonly likeness: Likeness;
  readonly refusals: Refusals;
  readonly tools: MiningTools;
}

function commonOf(members: readonly Demand[], refusals: Refusals): Common {
  const operation = refusals.main(members, 'o');
  const option = refusals.main(members, 'f');
  const persons = new Set(members.map(({ wish, session }) => wish.person ?? session.person));
  const [person = null] = persons;
  return {
    members,
    sessions: sessionIds(members).length,
    matters: commonMatters(members),
    operation: operation?.slice(2) ?? null,
    purity: operation === null ? 0 : refusals.purity(operation),
    option: option === null ? null : { refused: option.split(' | ')[1] ?? '', instead: refusals.insteadOfOption(members, option) },
    instead: operation === null ? null : refusals.insteadOf(members, operation),
    person: persons.size === 1 ? person : null,
    several: [...persons].filter((name) => name !== null).length > 1,
  };
}

/** Mean over the sessions of how surely each enforces it. */
function meanStrength(members: readonly Demand[]): number {
  const best = new Map<string, number>();
  for (const { session, strength } of members) best.set(session.id, Math.max(best.get(session.id) ?? 0, strength));
  return [...best.values()].reduce((sum, one) => sum + one, 0) / best.size;
}

function ruleInsight({ members, coherence }: Group, finding: Finding): Insight | null {
  const common = commonOf(members, finding.refusals);
  const quotes = tellingPhrases(common, finding.likeness, finding.tools);
  const strength = meanStrength(members);
  const strongSessions = sessionIds(members.filter((demand) => demand.strength >= strong)).length;
  if (quotes.length === 0 || strength < leastStrength || strongSessions === 0) return null;
  const enforced = strongSessions * 2 >= common.sessions || coherence >= plainAt;
  if (!enforced || !isTold(common, finding.tools)) return null;
  const text = preferenceText(common, quotes, finding.tools);
  const named = members.some(({ wish, session }) => (wish.person ?? session.person) !== null);
  const support = Math.min(1, common.sessions / (2 * finding.tools.minSupport));
  const confidence = Math.min(0.95, 0.25 + 0.3 * strength + 0.3 * coherence + 0.2 * support);
  const carried = isLed(text) || confidence >= aloneAt || (confidence >= quotedAt && standTogether(quotes, finding.tools));
  const sure = coherence >= holdsAt && named && carried;
  return {
    kind: 'preference',
    text,
    title: preferenceTitle(common, quotes),
    topic: topicOf(common, quotes, finding),
    sessions: sessionIds(members),
    evidence: sessionIds(members).flatMap((id) => evidenceOf(members.filter(({ session }) => session.id === id))),
    confidence: Math.round((sure ? confidence : Math.min(confidence, 0.5)) * 100) / 100,
    sure,
    reason: reasonOf(members),
    person: common.person,
    at: latest(members),
  };
}

/** Likeness of the two sentences of a rule that has nothing but them, and the confidences at which they carry it together, or either alone. */
const togetherAt = 0.15;
const quotedAt = 0.7;
const aloneAt = 0.8;

/** True where the two most telling sentences of different sessions are about one thing: they have to carry the rule alone. */
function standTogether(quotes: readonly Told[], { lexis }: MiningTools): boolean {
  const [first] = quotes;
  const second = quotes.find(({ demand }) => demand.session.id !== first?.demand.session.id);
  if (first === undefined || second === undefined) return false;
  return lexis.cosine(lexis.stems(first.phrase.text), lexis.stems(second.phrase.text)) >= togetherAt;
}

/** True where something can be named that half of the sessions share: a matter, an operation, a word. */
function isTold({ members, matters, operation, sessions }: Common, { lexis }: MiningTools): boolean {
  if (operation !== null || matters.some(({ share }) => share >= 0.5)) return true;
  const having = new Map<string, Set<string>>();
  for (const { session, phrases } of members) {
    for (const stem of phrases.flatMap(({ text }) => tellingStems(text, lexis)))
      having.set(stem, (having.get(stem) ?? new Set()).add(session.id));
  }
  return [...having.values()].some((ids) => ids.size >= 2 && ids.size * 2 >= sessions);
}

/** The narrow matter, else the refused operation, else the two strongest shared words: what stays when sessions are added. */
function topicOf(common: Common, quotes: readonly Told[], { likeness, tools }: Finding): string {
  const narrow = common.matters.find(({ matter, share }) => matter.weight >= 0.4 && share >= 0.5);
  if (narrow !== undefined) return `preference: ${narrow.matter.name}`;
  if (common.operation !== null) return `preference: ${common.operation}${common.option === null ? '' : ` ${common.option.refused}`}`;
  const counts = new Map<string, number>();
  for (const { demand } of quotes)
    for (const stem of tools.lexis.stems(demand.wish.text)) counts.set(stem, (counts.get(stem) ?? 0) + likeness.weightOf(`w:${stem}`));
  const words = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, 2);
  return `preference: ${words
    .map(([stem]) => stem)
    .toSorted()
    .join(' ')}`;
}

/** Two groups about one matter (short notes, short answers) are told apart by what was refused or who asks. */
function distinctTopics(insights: readonly Insight[]): readonly Insight[] {
  const seen = new Map<string, number>();
  return insights.map((insight) => {
    const count = (seen.get(insight.topic) ?? 0) + 1;
    seen.set(insight.topic, count);
    return count === 1 ? insight : { ...insight, topic: `${insight.topic} (${insight.person ?? count})` };
  });
}

function evidenceOf(members: readonly Demand[]): readonly Evidence[] {
  return members
    .toSorted((a, b) => b.strength - a.strength || a.wish.place.line - b.wish.place.line)
    .flatMap(({ session, wish, phrases }) => {
      const text = wish.text.trim();
      const quotes = text.length <= maxQuote ? [text] : phrases.map((phrase) => phrase.text);
      return quotes.map((quote) => ({
        session_id: session.id,
        at: wish.place.at,
        role: 'person' as const,
        quote,
        file: wish.place.path,
        line: wish.place.line,
      }));
    })
    .slice(0, 3);
}

function latest(members: readonly Demand[]): string | null {
  const times = members.flatMap(({ wish, session }) => wish.place.at ?? session.at ?? []).toSorted();
  return times.at(-1) ?? null;
}

/** Who asked, in how many sessions, since when, and how it was enforced. */
function reasonOf(members: readonly Demand[]): string {
  const persons = [...new Set(members.flatMap(({ wish, session }) => wish.person ?? session.person ?? []))].toSorted();
  const times = members.flatMap(({ wish, session }) => wish.place.at ?? session.at ?? []).toSorted();
  const refused = sessionIds(members.filter(({ wish }) => wish.kind === 'refusal' || wish.kind === 'interruption')).length;
  const who = persons.length === 0 ? 'Asked for' : `Asked for by ${persons.join(', ')}`;
  const since = times[0] === undefined ? '' : ` since ${times[0].slice(0, 10)}`;
  return `${who} in ${sessionIds(members).length} session${sessionIds(members).length === 1 ? '' : 's'}${since}${refused > 0 ? `, ${refused} of them by stopping the agent` : ''}.`;
}

/** A standing instruction, said once: worth a look, never a rule by itself. */
const standingWords =
  /\b(?:from\s+(?:now|today)\s+on|always|never|every\s+time|in\s+(?:the\s+)?future|no\s+exceptions|as\s+a\s+rule|by\s+default)\b/iu;
const notStanding = /\bsince\b|^(?:that|this|it)\b|\b[A-Z]{1,6}-\d/iu;

function standingInsight(demand: Demand): Insight | null {
  const { session, wish } = demand;
  const phrase = demand.phrases.find(
    ({ text, directs, lasting }) =>
      directs && lasting && standingWords.test(text) && !notStanding.test(text) && text.length >= 24 && text.length <= maxQuote,
  );
  if (phrase === undefined) return null;
  const person = wish.person ?? session.person;
  return {
    kind: 'preference',
    text: `${person ?? 'The person'} asked to hold to this: "${phrase.text.replaceAll('"', "'").replace(/[.,;:]+$/u, '')}".`,
    title: phrase.text.length <= 80 ? phrase.text : `${phrase.text.slice(0, 79).replace(/\s+\S*$/u, '')}\u2026`,
    topic: `preference: said in ${session.id} line ${wish.place.line}`,
    sessions: [session.id],
    evidence: evidenceOf([demand]),
    confidence: 0.35,
    sure: false,
    reason: reasonOf([demand]),
    person,
    at: latest([demand]),
  };
}
