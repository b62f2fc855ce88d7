/**
 * How well a statement fits what a person says has changed: whether the words name its old value, or give another value of the same
 * kind, and how much of what it is about they share, each word weighted by how rare it is in the store.
 */
import type { Announcement } from '../signals.js';
import { align } from './align.js';
import type { Analysis, Token } from './analyze.js';
import { isOneValue, type Meeting, meet, readTold, type Told } from './announced-meeting.js';
import { guardsOf } from './guards.js';
import type { Reader } from './judge.js';
import { beginApart, isAside, type Named, ownQualifiers, type Rarity, saysNew, sharedPlaces, telling } from './old-value.js';
import { sameQuantity } from './quantities.js';

export interface Fit {
  /** That the statement is what has changed, 0 to 1. */
  readonly probability: number;
  /** Orders the statements of a store by how well they fit one announcement. */
  readonly rank: number;
  /** True where the words tell that the statement held until then: they are later than it, whatever the clock says. */
  readonly namesOld: boolean;
  /** True where the longer stretch is needed to say what it is about. */
  readonly wide: boolean;
  /** What keeps it from being acted on, as one clause; null where nothing does. */
  readonly doubt: string | null;
  /** Why, as one clause. */
  readonly reason: string;
}

export interface FitInput {
  readonly text: string;
  /** Title and headings that the statement stands under. */
  readonly scope: readonly string[];
}

/** Below this an announcement and a statement have nothing to do with each other. */
const leastShown = 0.45;
const also = /\b(?:too|as well|also|both|everywhere|all environments|in general)\b/iu;

/** A name wherever it stands; at the beginning of a sentence one that stands elsewhere in the store too. */
function isProper(token: Token, { isName }: Rarity): boolean {
  return token.name || (/^\p{Lu}/u.test(token.raw) && isName(token.lower));
}

/** Names of `one` that `other` has nothing of, in any case of letters. */
function ownNames(one: Analysis, other: Analysis, rarity: Rarity): readonly Token[] {
  return one.tokens.filter((token) => isProper(token, rarity) && !other.words.has(token.lower) && !other.concepts.has(token.concept));
}

/** True where both are about somebody or something by name, and not the same one. */
function isOtherName({ own, told, named, wide }: Meeting, rarity: Rarity): boolean {
  const said = wide ? told.wide : told.said;
  const old = new Set([...(named?.words ?? [])].map((i) => own.tokens[own.content[i] ?? -1]?.lower));
  const fresh = new Set(told.fresh.flatMap(({ words }) => [...words]));
  return (
    ownNames(own, said, rarity).some(({ lower }) => !old.has(lower) && !told.heard.words.has(lower) && !told.near.words.has(lower)) &&
    ownNames(told.core, own, rarity).some(({ lower }) => !fresh.has(lower))
  );
}

/** Places that the words are about; "may live 8 hours" names none. */
function placesOf({ tokens, environments }: Analysis): ReadonlySet<string> {
  const lives = tokens.some((token, i) => token.lower === 'live' && !/^(?:the|on|in|our|to)$/.test(tokens[i - 1]?.lower ?? ''));
  return lives ? new Set() : environments;
}

/** True where both name an environment, or a relative, and not the same one. */
function isOtherScope(input: FitInput, { own, told }: Meeting, reader: Reader): boolean {
  if (placesOf(told.core).size < told.core.environments.size) return false;
  const guards = guardsOf({ analysis: own, scope: input.scope }, { analysis: told.core, scope: [] }, align(own, told.core, reader.lexemes));
  return guards.some(({ kind, strength }) => strength === 'block' && (kind === 'environment' || kind === 'person'));
}

/** The words that tell what the change is about: without an old value only those around the new one. */
function saidOf({ told, named, wide }: Meeting): Analysis {
  const [only] = told.fresh;
  return named === null && told.fresh.length === 1 && only !== undefined && only.content.length > 1 ? only : wide ? told.wide : told.said;
}

/** Least rarity of a word that tells which thing is meant. */
const leastWhich = 0.75;
const leastOwn = 0.85;

/** True where both name the thing by a rare word of its own, the old value left out: it is that thing, whatever else is said of it. */
function saysWhich({ own, told, named, wide }: Meeting, rarity: Rarity): boolean {
  const said = wide ? told.wide : told.core;
  return own.content.some((index, i) => {
    const token = own.tokens[index];
    if (token === undefined || named?.words.has(i) || (token.weight < leastOwn && !token.name)) return false;
    return said.words.has(token.lower) && telling(token, rarity) >= leastWhich;
  });
}

function scopeDoubt(meeting: Meeting, reader: Reader, rarity: Rarity): string | null {
  const { own, told, named, backing, wide } = meeting;
  const { announcement } = told;
  const [mine, theirs] = [placesOf(own).size > 0, placesOf(told.core).size > 0];
  const general = also.test(announcement.core) || saysWhich(meeting, rarity);
  if (theirs && !mine && !general && !(named !== null && named.key >= 0.75)) return 'it holds for one environment only';
  if (mine && !theirs && !general && (named?.key ?? 0) < 0.6) return 'the memory is about one environment only';
  if (announcement.wish) {
    const names = own.tokens.filter((token, i) => isProper(token, rarity) && i <= own.subjectEnd);
    const { person } = announcement;
    if (names.length > 0 && !names.some(({ lower }) => lower === person?.toLowerCase())) return 'the memory is about another person';
  }
  const value = named !== null && isOneValue(own, named);
  if (value && (named.key >= 0.75 || backing >= 0.6)) return null;
  const said = named === null ? saidOf(meeting) : wide ? told.wide : told.said;
  const clauses = tellingClauses(said, told);
  const apart = beginApart(own, said, sharedPlaces(said, own, reader), ({ clause }) => clauses.size === 0 || clauses.has(clause));
  return apart || ownQualifiers(own, saidOf(meeting), meeting).both ? 'they are about two things of one kind' : null;
}

/** Weight of what stands in clauses that have nothing to do with the change, as a share of the whole. */
function strangeShare({ own, shared, named }: Meeting, rarity: Rarity): number {
  const clauses = new Set([...shared].map((i) => own.tokens[own.content[i] ?? -1]?.clause));
  for (const i of named?.quantities ?? []) clauses.add(own.tokens[own.quantities[i]?.from ?? -1]?.clause);
  let [whole, strange] = [0, 0];
  for (const index of own.content) {
    const token = own.tokens[index];
    if (token === undefined) continue;
    whole += telling(token, rarity);
    if (!clauses.has(token.clause)) strange += telling(token, rarity);
  }
  return whole === 0 ? 0 : strange / whole;
}

/** What was, or what somebody did once, does not go stale. */
function tellsPast({ tokens }: Analysis): boolean {
  const past = tokens.some(({ lower }) => /^(?:was|were|had|did|wrote|began|founded|introduced|chose|decided|built)$/.test(lower));
  return past && !tokens.some(({ lower }) => /^(?:is|are|has|have|does|do|must|goes|go|runs|run|uses|use)$/.test(lower));
}

/** Clauses of `said` that hold a word or a value of what goes or comes. */
function tellingClauses(said: Analysis, { fresh, gone }: Told): ReadonlySet<number> {
  const phrases = [...fresh, ...gone];
  const clauses = new Set<number>();
  said.tokens.forEach((token, i) => {
    const here = phrases.some(({ concepts }) => concepts.has(token.concept)) && said.content.includes(i);
    const value = said.quantities[token.quantity];
    if (here || (value !== undefined && phrases.some(({ quantities }) => quantities.some((other) => sameQuantity(value, other)))))
      clauses.add(token.clause);
  });
  return clauses;
}

/** Share of what the telling clauses of the announcement say, its values aside, that the statement has too; or with the clauses before. */
function subjectMet(meeting: Meeting, reader: Reader, rarity: Rarity): number {
  const { own, told, wide, named, clash } = meeting;
  const said = named === null && clash?.loose !== true ? saidOf(meeting) : wide ? told.wide : told.said;
  const values = new Set(
    [...told.fresh.filter(({ content }) => content.length <= 3), ...told.gone].flatMap(({ concepts }) => [...concepts]),
  );
  const met = sharedPlaces(said, own, reader);
  const clauses = tellingClauses(said, told);
  const share = (isIn: (clause: number) => boolean): number => {
    let [whole, found] = [0, 0];
    said.content.forEach((index, i) => {
      const token = said.tokens[index];
      if (token === undefined || !isIn(token.clause) || (values.has(token.concept) && !met.has(i))) return;
      const weight = Math.max(token.weight, 0.2) * (token.name ? 0.5 : 1);
      whole += weight;
      if (met.has(i) && telling(token, rarity) > 0) found += weight;
    });
    return whole === 0 ? 0 : found / whole;
  };
  if (clauses.size === 0) return share(() => true);
  return Math.max(
    share((clause) => clauses.has(clause)),
    share((clause) => clauses.has(clause) || clauses.has(clause + 1)),
  );
}

/** How much less a statement fits where its value is not said to be gone, for each name that only it has, where it says more of its thing, and where it is about one environment. */
const lessFor = { unnamed: 0.9, name: 0.6, special: 0.7, place: 0.5 } as const;

function rankOf(meeting: Meeting, rarity: Rarity): number {
  const { own, named, backing, context, coverage, whole, told, shared } = meeting;
  const key = named === null ? 0 : 1.5 * named.key * (isAside(own, named) ? 0.4 : 1) * (named.beside ? 0.5 : 1);
  const names = own.content.filter((index, i) => {
    const token = own.tokens[index];
    return token !== undefined && isProper(token, rarity) && !shared.has(i) && !told.heard.words.has(token.lower);
  }).length;
  const special = ownQualifiers(own, saidOf(meeting), meeting).own > 0;
  const [mine, theirs] = [placesOf(own).size > 0, placesOf(told.core).size > 0];
  const place = (named?.key ?? 0) < 0.6 && mine !== theirs && !saysWhich(meeting, rarity);
  const about = whole === 0 ? 0 : (0.8 * context) / whole;
  return (
    (key + Math.min(2, backing + 0.6 * context)) *
    (named === null ? lessFor.unnamed : 1) *
    (0.5 + coverage + about) *
    lessFor.name ** names *
    (special ? lessFor.special : 1) *
    (place ? lessFor.place : 1)
  );
}

/** True where another clause than that of the old value speaks of the statement's thing: what holds instead. */
function saysElse({ own, told, named, wide }: Meeting, reader: Reader): boolean {
  const said = wide ? told.wide : told.said;
  const old = new Set([...(named?.words ?? [])].map((i) => own.tokens[own.content[i] ?? -1]?.concept));
  const goes = new Set(said.tokens.filter(({ concept, stop }) => !stop && old.has(concept)).map(({ clause }) => clause));
  return [...sharedPlaces(said, own, reader)].some((i) => {
    const token = said.tokens[said.content[i] ?? -1];
    return token !== undefined && !goes.has(token.clause) && !old.has(token.concept);
  });
}

/** True where the agent had just said the old value: the person corrects it. */
function corrects({ own, told, named }: Meeting, reader: Reader): boolean {
  if (named === null) return false;
  const heard = sharedPlaces(own, told.heard, reader);
  const numbers = [...named.quantities].flatMap((i) => own.quantities[i] ?? []);
  return (
    [...named.words].some((i) => heard.has(i)) || numbers.some((one) => told.heard.quantities.some((other) => sameQuantity(one, other)))
  );
}

const group =
  /(?:^|[,;:.] ?|\b(?:and|but|because|that) )(?:the|their|another|a|some) ([\w-]+) (?:team|department|office|branch|group|company|club|crew|unit|people|folks|guys|colleagues|side)\b/iu;

/** True where another group than that of the statement has changed something of its own. */
function isOtherGroup({ own, told: { announcement, fresh } }: Meeting): boolean {
  const name = group.exec(announcement.core)?.[1]?.toLowerCase();
  return name !== undefined && !own.words.has(name) && !fresh.some(({ words }) => words.has(name));
}

/** True where both have a telling word, the very same. */
function sharesWord({ own, told, wide }: Meeting): boolean {
  const said = wide ? told.wide : told.said;
  return own.content.some((index) => {
    const token = own.tokens[index];
    return token !== undefined && token.quantity < 0 && token.weight >= 0.5 && said.concepts.has(token.concept);
  });
}

const keeps = /\b(?:he|she|they|it)(?:'s|'re| is| are)? (?:only|still|just) ([^,;.!?]+)/iu;

/** True where the words say that this is what the old one goes on to be or to do ("he only does the headphones"). */
function goesOn({ own, told, named }: Meeting, reader: Reader): boolean {
  const rest = keeps.exec(told.announcement.wide)?.[1];
  if (rest === undefined || named === null) return false;
  const left = sharedPlaces(own, reader.read(rest), reader);
  return [...left].some((i) => !named.words.has(i));
}

/** What the judgement rests on besides what both share. */
interface Signs {
  /** How much of what the change is about the statement has too. */
  readonly subject: number;
  readonly hasNew: boolean;
  /** True where the words can mean nothing but a change. */
  readonly clear: boolean;
  /** True where the agent had just said the old value. */
  readonly corrected: boolean;
}

/** True where the old value is named, but too little else of the statement. */
function saysTooLittle({ told, backing, coverage }: Meeting, named: Named, { subject, clear }: Signs): boolean {
  if (named.beside && (subject < (named.words.size > 0 ? 0.5 : 0.4) || backing < 0.5)) return true;
  if (named.key >= 0.75) return !clear && backing < 0.4;
  const most = told.announcement.halves || told.fresh.length > 0 ? 0.7 : 0.8;
  return (subject < 0.3 || backing < 0.4) && coverage < most;
}

/** The same where only another value is given. */
function unnamedDoubt(meeting: Meeting, { subject }: Signs): string | null {
  if (!meeting.told.announcement.sure && !sharesWord(meeting)) return 'too little says that it is this memory';
  const isSubject = subject >= 0.5 || meeting.coverage >= 0.8;
  return meeting.clash === null || !isSubject || meeting.backing < 0.5 ? 'the old value is not named' : null;
}

function textDoubt(meeting: Meeting, signs: Signs, rarity: Rarity): string | null {
  const { own, told, named } = meeting;
  const doubts: readonly (readonly [boolean, string])[] = [
    [named !== null && isAside(own, named), 'the old value is not what the memory is about'],
    [strangeShare(meeting, rarity) > 0.5, 'the memory says more than that'],
    [tellsPast(own), 'the memory tells of the past'],
    [isOtherGroup(meeting), 'it is about another group'],
    [!signs.hasNew, 'it does not say what holds instead'],
    [told.announcement.contrast && !signs.corrected, 'it tells of no change'],
    [named !== null && saysTooLittle(meeting, named, signs), 'too little says that it is this memory'],
  ];
  return doubts.find(([holds]) => holds)?.[1] ?? (named === null ? unnamedDoubt(meeting, signs) : null);
}

function judge(meeting: Meeting, reader: Reader, rarity: Rarity): { readonly probability: number; readonly doubt: string | null } {
  const { told, named, clash, backing, coverage } = meeting;
  const { announcement } = told;
  const hasNew = told.fresh.length > 0 || announcement.complete || announcement.halves || saysElse(meeting, reader);
  // A sentence that says "it" has its subject in the sentences before.
  const apart = meeting.wide && coverage >= 0.65 && backing >= 1 ? coverage : 0;
  const subject = Math.max(apart, subjectMet(meeting, reader, rarity));
  const clear = announcement.sure || (named !== null && (told.fresh.length > 0 || (announcement.complete && coverage >= 0.8)));
  const corrected = corrects(meeting, reader);
  const probability =
    named === null
      ? Math.min(0.95, (clear ? 0.6 : 0.55) + 0.2 * subject + 0.1 * Math.min(1, backing) + 0.1 * coverage) * (clash === null ? 0.7 : 1)
      : Math.min(
          0.99,
          (clear ? 0.72 : 0.5) + (named.key >= 0.75 ? 0.15 : 0) + Math.min(0.2, 0.12 * backing) + 0.06 * coverage + (corrected ? 0.05 : 0),
        );
  return { probability, doubt: scopeDoubt(meeting, reader, rarity) ?? textDoubt(meeting, { subject, hasNew, clear, corrected }, rarity) };
}

function reasonOf({ told, named, clash }: Meeting): string {
  const { cue } = told.announcement;
  const what = named === null ? `gives another value (${clash?.text ?? ''})` : `names what no longer holds ("${named.text}")`;
  return cue === '' ? `what a person said ${what}` : `what a person said ("${cue}") ${what}`;
}

/** False where nothing that both say is worth a closer look: no word, and no kind of value but a mere number. */
function mayMeet(own: Analysis, { fresh }: Told, concepts: ReadonlySet<string>): boolean {
  const kinds = new Set(fresh.flatMap(({ quantities }) => quantities.map(({ dimension }) => dimension)));
  return (
    [...own.concepts].some((concept) => concepts.has(concept)) ||
    own.quantities.some(({ dimension }) => dimension !== 'count' && kinds.has(dimension))
  );
}

/**
 * How well statements fit one announcement: null for one that does not, or that is about another environment, person or thing by
 * name. Deterministic and pure.
 */
export function fitTo(announcement: Announcement, reader: Reader, rarity: Rarity): (input: FitInput) => Fit | null {
  const told = readTold(announcement, reader);
  const concepts = new Set([told.wide, ...told.gone, ...told.fresh].flatMap((text) => [...text.concepts]));
  return (input) => {
    const own = reader.read(input.text);
    if (own.foreign || !mayMeet(own, told, concepts) || saysNew(own, told)) return null;
    const meeting = meet(own, told, reader, rarity);
    if (meeting === null || goesOn(meeting, reader) || isOtherName(meeting, rarity) || isOtherScope(input, meeting, reader)) return null;
    const { probability, doubt } = judge(meeting, reader, rarity);
    if (probability < leastShown) return null;
    const { named, wide } = meeting;
    return {
      probability,
      rank: rankOf(meeting, rarity),
      namesOld:
        announcement.sure || (named !== null && !named.beside && named.key >= 0.5 && told.fresh.length > 0 && !announcement.contrast),
      wide,
      doubt,
      reason: reasonOf(meeting),
    };
  };
}
