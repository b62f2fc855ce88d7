/** A preference in words: a plain rule from what was refused, or from a matter that the persons named, and their own sentences as proof. */
import { control, type Likeness } from './likeness.js';
import { type Matter, matters } from './matters.js';
import { code, quoted } from './phrase.js';
import type { MiningTools } from './tools.js';
import type { Demand, Phrase } from './wishes.js';

const maxText = 420;
const longestQuote = 190;
const shortestQuote = 14;

/** What a group of demands has in common; `share` of its sessions. */
export interface Common {
  readonly members: readonly Demand[];
  readonly sessions: number;
  /** Matters that the persons named, the most common first. */
  readonly matters: readonly { readonly matter: Matter; readonly share: number }[];
  /** The refused operation of at least half of the sessions, as it is typed; null where there is none that tells anything. */
  readonly operation: string | null;
  /** How often that operation is refused when it is tried, 0 to 1. */
  readonly purity: number;
  /** The option that was refused with it, and the one that came in its place. */
  readonly option: { readonly refused: string; readonly instead: string | null } | null;
  /** What was done in place of it in most sessions; null where nothing was. */
  readonly instead: string | null;
  /** The only person, by name; null where there are several or the name is not known. */
  readonly person: string | null;
  readonly several: boolean;
}

/** A phrase with how well it states the rule. */
export interface Told {
  readonly demand: Demand;
  readonly phrase: Phrase;
  readonly score: number;
}

/** Leans on what was said or shown before. */
const leaning = /\b(?:that|this|it|there|those|these|them|he|she|him|his|her|they)\b/giu;
const particular =
  /\b[a-z]+[A-Z]\w*\b|\b[A-Z]{1,6}-?\d[\w-]*\b|\b\d{2,}\b|\b[\w-]+\.[a-z]{2,4}\b|[/\\]\w|\b\w+_\w+\b|#\d+|@|\b\d{1,2}:\d\d\b/gu;
const opening = /^(?:(?:(?:and|but|so|ok(?:ay)?|argh|hm+|oh|hey|well|whoa)\b[\s,.!:]+)|(?:no+|nope|wait|stop)[,.!:]+\s*)+(?=.{14})/iu;
/** Asks back or complains: it shows a wish without stating it. */
const complaint = /\?$|^(?:you(?:'re|r)?\s+(?:are\s+)?(?:\w+ing|and\b)|why\b|i\s+asked\b)/iu;

function hasMatter(text: string, { said }: Matter): boolean {
  return said.test(text);
}

/** How well a phrase states the group's rule on its own. */
function scoreOf(
  phrase: Phrase,
  common: Common,
  options: { readonly tools: MiningTools; readonly shared: (stem: string) => number },
): number {
  const { text } = phrase;
  const stems = [...options.tools.lexis.stems(text)];
  if (text.length < shortestQuote || text.length > longestQuote || stems.length === 0) return 0;
  const named = common.matters.reduce((sum, { matter, share }) => sum + (hasMatter(text, matter) ? matter.weight * share : 0), 0);
  const words = stems.reduce((sum, stem) => sum + options.shared(stem), 0) / Math.sqrt(stems.length);
  const signs = (phrase.lasting ? 0.3 : 0) + (phrase.directs ? 0.25 : 0) - (complaint.test(text) ? 0.4 : 0);
  const bare = text.replace(opening, '');
  const away = 0.85 ** (bare.match(leaning)?.length ?? 0) * 0.6 ** (text.match(particular)?.length ?? 0);
  return Math.max(0.02, 0.1 + named + words + signs) * away * Math.min(1, stems.length / 3) * (text.length > 120 ? 0.8 : 1);
}

/** True where a rule leads with words of its own; false where the persons' sentences have to say it all. */
export function isLed(text: string): boolean {
  return !text.startsWith('A standing wish of ');
}

/** The phrases of a group, the most telling first; one of each session before a second of any. */
export function tellingPhrases(common: Common, likeness: Likeness, tools: MiningTools): readonly Told[] {
  const sessionsOf = new Map<string, Set<string>>();
  for (const { session, wish } of common.members) {
    for (const stem of tools.lexis.stems(wish.text)) sessionsOf.set(stem, (sessionsOf.get(stem) ?? new Set()).add(session.id));
  }
  const shared = (stem: string): number => {
    const count = sessionsOf.get(stem)?.size ?? 0;
    return count < 2 ? 0 : likeness.weightOf(`w:${stem}`) * (count / common.sessions);
  };
  return common.members
    .flatMap((demand) => demand.phrases.map((phrase) => ({ demand, phrase, score: scoreOf(phrase, common, { tools, shared }) })))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || (a.phrase.text < b.phrase.text ? -1 : 1));
}

function says(common: Common, name: string, least = 0.5): boolean {
  return common.matters.some(({ matter, share }) => matter.name === name && share >= least);
}

/** True where most sessions say in one way or another that the person decides. */
function controlled({ members, sessions }: Common): boolean {
  const saying = members.filter(({ phrases }) =>
    phrases.some(({ text }) => matters.some((matter) => control.has(matter.name) && hasMatter(text, matter))),
  );
  return new Set(saying.map(({ session }) => session.id)).size * 5 >= sessions * 3;
}

/** The rule without its proof; null where only the persons' sentences can say it. */
function ruleOf(common: Common): string | null {
  const { operation, option, person } = common;
  const who = person ?? 'the person';
  const [main] = common.matters;
  if (says(common, 'dependency'))
    return `Add no package, library or other dependency${operation === null ? '' : ` (${code(operation)})`} without asking ${person ?? ''} first`.replace(
      '  ',
      ' ',
    );
  if (operation !== null && option !== null) {
    const left = says(common, 'theirs') ? `: that is left to ${who}` : '';
    const swap = option.instead === null ? '' : `; use ${code(option.instead)}`;
    return `Do not run ${code(operation)} with ${code(option.refused)}${left}${swap}`;
  }
  if (operation !== null && says(common, 'preview')) return `Before ${code(operation)}, show ${who} what will go out and wait for the go`;
  if (operation !== null && says(common, 'theirs')) return `Leave ${code(operation)} to ${who}; do not run it`;
  if (operation !== null && says(common, 'read only')) return `Use ${code(operation)} only to read, never to change anything`;
  if (operation !== null && says(common, 'brevity')) return `Keep the text of ${code(operation)} short`;
  if (operation !== null && (says(common, 'permission', 0.4) || controlled(common)))
    return `Do not run ${code(operation)} without asking ${who} first`;
  if (main !== undefined && main.share >= 0.6) return main.matter.rule;
  return null;
}

/** Verbatim, without an opening that states nothing. */
function sentence(text: string): string {
  return quoted(text.replace(opening, '').replace(/[.,;:]+$/u, ''));
}

/** A second quote is worth its room where it is not much weaker than the first. */
const least = 0.5;

/** The phrase that says most that the first does not. */
function second(first: Told, quotes: readonly Told[], tools: MiningTools): Told | null {
  const known = tools.lexis.stems(first.phrase.text);
  const fresh = ({ demand, phrase, score }: Told): boolean => {
    if (demand.session.id === first.demand.session.id || score < first.score * least) return false;
    const stems = [...tools.lexis.stems(phrase.text)];
    return stems.filter((stem) => !known.has(stem)).length * 2 >= stems.length;
  };
  return quotes.find(fresh) ?? null;
}

function voice({ person, several }: Common): string {
  if (several) return 'The team wants it so';
  return person === null ? 'The person wants it so' : `${person} wants it so`;
}

function standing({ person, several, operation, purity }: Common): string {
  if (operation !== null && purity >= 0.3)
    return `With ${code(operation)}, mind what ${several ? 'the team' : (person ?? 'the person')} wants`;
  if (several) return 'A standing wish of the team';
  return `A standing wish of ${person ?? 'the person'}`;
}

/** The insight's paragraph, at most 420 characters; `quotes` as `tellingPhrases` gives them, not empty. */
export function preferenceText(common: Common, quotes: readonly Told[], tools: MiningTools): string {
  const [first] = quotes;
  if (first === undefined) return '';
  const rule = ruleOf(common);
  const extra = common.instead === null ? '' : `; what is wanted instead: ${code(common.instead)}`;
  const start = rule === null ? `${standing(common)}: ` : `${rule}${extra}. ${voice(common)}: `;
  const one = `${start}${sentence(first.phrase.text)}`;
  const more = second(first, quotes, tools);
  const both = more === null ? one : `${one}; ${sentence(more.phrase.text)}`;
  return `${both.length < maxText ? both : one}.`;
}

/** A few words for an index. */
export function preferenceTitle(common: Common, quotes: readonly Told[]): string {
  const rule = ruleOf(common);
  if (rule !== null && rule.length <= 90) return rule.replaceAll('`', '');
  const [first] = quotes;
  const text = first?.phrase.text.replace(opening, '') ?? '';
  return text.length <= 80 ? text : `${text.slice(0, 79).replace(/\s+\S*$/u, '')}\u2026`;
}

/** Matters of the demands by the share of sessions in which a person named them, the most common and then the most telling first. */
export function commonMatters(members: readonly Demand[]): Common['matters'] {
  const ids = new Set(members.map(({ session }) => session.id));
  return matters
    .map((matter) => {
      const having = members.filter(({ phrases }) => phrases.some(({ text }) => hasMatter(text, matter)));
      return { matter, share: new Set(having.map(({ session }) => session.id)).size / ids.size };
    })
    .filter(({ share }) => share > 0.25)
    .toSorted((a, b) => b.share * b.matter.weight - a.share * a.matter.weight || (a.matter.name < b.matter.name ? -1 : 1));
}
