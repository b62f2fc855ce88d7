/**
 * What a person says has changed ("away with X, we go to Y", "14 days, not 30"): the sentences that tell of it, verbatim, and what
 * they name as gone and as new. Questions, ideas, plans, exceptions and what others said announce nothing.
 */
import type { Turn } from '../memory.js';
import type { Announcement } from '../signals.js';
import {
  calledOff,
  changeCues,
  consequence,
  future,
  goesBack,
  idea,
  isOff,
  lasting,
  onceOnly,
  planned,
  staysSo,
  unchanged,
} from './change-cues.js';
import { firstNeeded, intention, nothingStated, type Sentence, sentencesOf, trouble } from './session.js';

interface Telling {
  readonly index: number;
  /** Where it ends in the text, what only follows from it left out. */
  readonly end: number;
  readonly cue: string;
  readonly sure: boolean;
  readonly complete: boolean;
  readonly contrast: boolean;
  readonly gone: readonly string[];
  readonly fresh: readonly string[];
}

const shortest = 2;
const longest = 400;
/** Sentences that may stand between what goes and what comes. */
const reach = 2;
const asSaid =
  /\b(?:as )?(?:i|we)(?:'ve| have)?(?: just| already)? (?:said|told (?:you|them|everybody|everyone|the \w+)|mentioned|wrote|announced)\b|\b(?:everybody|everyone|you all|they|people|the \w+) (?:was|were|has been|have been|got) told\b(?:,? (?:once|twice|(?:three|four|several|many) times))?/giu;
/** "1) " at the beginning: part of a list in the message, not of what is said. */
const numbering = /^(?:\d{1,2}[.)]|[a-z]\)|[-*•])\s+/iu;
/** Who wanted it, behind what was done. */
const wantedBy = /[,–—] ?(?:\w+ ){1,3}(?:asked|insisted|complained|demanded|wanted)(?: (?:for|us|on|about|me|it)\b[^,;.]*)?(?=[.!]?$)/iu;
/** At the beginning: work that is asked for, not a state of affairs. */
const imperative =
  /^(?:(?:and|so|then|now|ok|okay|also|next|just|yes|please|go ahead and|can you|could you)[,: ]+)*(?:add|bump|leave|keep|check|look|build|change|convert|cut|delete|drop|edit|exchange|extend|fix|give|go|increase|lower|make|merge|migrate|move|put|raise|reduce|remove|rename|replace|revert|roll|run|set|shorten|show|start|stop|swap|switch|take|try|turn|undo|update|upgrade|use|write)\b(?! is\b| are\b)/iu;
/** Verbs and small words that a phrase of what is gone may start with and that name nothing. */
const lead =
  /^(?:want|need|like|use|using|have|has|do|does|be|been|go|going|with|the|our|my|your|their|to|on|at|in|from|by|is|are|was|it|it's|that|this|those|these)\s+/iu;

/** What points at something that the agent has just named. */
const pointing = /^(?:[Tt]hat|[Tt]his|[Tt]hose|[Tt]hese|[Ii]t|[Ii]ts|[Hh]e|[Ss]he|[Tt]hey|[Tt]here)\b(?!.*[\p{Lu}\d])/u;
/** Things that a text names so that they can be told from others: code, paths, names with digits, numbers with a unit, names. */
const telling =
  /`[^`\n]+`|(?<![\w/])[\w.@~-]*[/_@\d][\w./@:-]*(?:\s(?:%|percent|EUR|USD|GBP|[a-z]{1,12}))?|(?<=[\p{Ll},] )\p{Lu}[\p{L}\d-]+/gu;
const lastSentences = 2;

/** What the agent named at the end of what it said. */
function namedBefore(heard: string): readonly string[] {
  const sentences = sentencesOf(heard).slice(-lastSentences);
  const found = sentences.flatMap(({ start, end }) => heard.slice(start, end).match(telling) ?? []);
  return [...new Set(found.map((text) => text.replace(/^`|`$|[.,:]+$/gu, '')))].filter((text) => /[\p{L}\d]/u.test(text));
}

function trimmed(phrase: string): string {
  let text = phrase.trim();
  for (let shorter = text.replace(lead, ''); shorter !== text; shorter = text.replace(lead, '')) text = shorter;
  return text;
}

/** Parts of `text` that the groups of a cue hold. */
function phrasesOf(match: RegExpExecArray, name: 'gone' | 'fresh', text: string, heard: string): readonly string[] {
  const range = match.indices?.groups?.[name];
  if (range === undefined) return [];
  if (name === 'gone' && pointing.test(text.slice(...range).trim())) return namedBefore(heard);
  const phrase = trimmed(
    text
      .slice(...range)
      .replace(/\bno longer\b/giu, ' ')
      .replace(/\s+/gu, ' '),
  );
  return phrase === '' ||
    /^(?:well|oh|ah|hm+|ok|okay|so|and|btw|by the way|right|yes|no|it|that|this|them|those|these|one|us|you|me|him|her|history|yesterday|today|tonight|before|first|again|later|so far|here|there|then|now|much|everything|all)$/iu.test(
      phrase,
    )
    ? []
    : [phrase];
}

const withPlaces = changeCues.map((cue) => ({ ...cue, pattern: new RegExp(cue.pattern.source, `${cue.pattern.flags}d`) }));

/** What a sentence tells, or null where it announces nothing. */
function tellingOf(sentence: Sentence, text: string, index: number, heard: string): Telling | null {
  const said = sentence.said.replace(/\n/gu, ' ').replace(/’/gu, "'");
  const words = said.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
  if (words < shortest || said.length > longest) return null;
  const own = text.slice(sentence.start, sentence.end);
  const asked = imperative.exec(said)?.[0].length ?? 0;
  const plain = said.replace(asSaid, (part) => ' '.repeat(part.length));
  const found = withPlaces.flatMap(({ sure, complete, contrast, pattern }) => {
    const match = pattern.exec(said);
    return match === null || match.index < asked || (!sure && trouble.test(plain)) ? [] : [{ sure, complete, contrast, match }];
  });
  const [first] = found;
  if (first === undefined || isVoid(said, first.match) || (asked > 0 && !found.some(({ sure }) => sure))) return null;
  const pick = (name: 'gone' | 'fresh') => [...new Set(found.flatMap(({ match }) => phrasesOf(match, name, own, heard)))];
  const gone = pick('gone');
  return {
    index,
    end: sentence.start + endOf(said, first.match),
    cue: cueWords(first.match),
    sure: found.some(({ sure }) => sure) || lasting.test(said),
    complete: found.some(({ complete }) => complete),
    contrast: found.every(({ contrast }) => contrast) && !lasting.test(said),
    gone,
    fresh: pick('fresh'),
  };
}

/** The words of the cue itself, what it names left out. */
function cueWords(match: RegExpExecArray): string {
  const named = Object.values(match.groups ?? {}).filter((part) => part !== undefined);
  const bare = named.reduce((left, part) => left.replace(part, ' … '), match[0]);
  return bare.replace(/^[\s…,;:.–—-]+|[\s…,;:.–—-]+$/gu, '').replace(/\s+/gu, ' ');
}

/** Length of the sentence without what only follows from the change. */
function endOf(said: string, cue: RegExpExecArray): number {
  const end = cue.index + cue[0].length;
  return end + said.slice(end).replace(consequence, '').length;
}

/** `cue` is where the sentence tells of the change: what somebody means to do afterwards, and what follows from it, take nothing back. */
function isVoid(said: string, cue: RegExpExecArray): boolean {
  const end = cue.index + cue[0].length;
  const clause = said.slice(end).search(/[,;:–—]/u);
  const before = clause < 0 ? said : said.slice(0, end + clause);
  const whole = said.slice(0, endOf(said, cue));
  const plain = whole.replace(asSaid, ' ').replace(wantedBy, ' ');
  if (intention.test(before.replace(asSaid, ' ').replace(wantedBy, ' '))) return true;
  if (nothingStated.some((pattern) => pattern !== intention && pattern.test(plain))) return true;
  if (onceOnly.test(plain) || planned.test(plain) || unchanged.test(plain)) return true;
  return future.test(plain) && !lasting.test(plain);
}

/** The other half of what `one` tells: the sentence near it that names what comes where it names what goes, or the other way round. */
function otherHalf(one: Telling, all: readonly Telling[]): Telling | null {
  if (one.gone.length > 0 && one.fresh.length > 0) return null;
  const completes = (other: Telling) => (one.gone.length > 0 ? other.fresh.length > 0 : other.gone.length > 0);
  const near = all.filter((other) => other.index !== one.index && Math.abs(other.index - one.index) <= reach && completes(other));
  return near.find((other) => other.gone.length > 0 !== other.fresh.length > 0) ?? near[0] ?? null;
}

const names = /^(?:(?:oh|ok|so|and|hi|hello|first|now|next)[, ]+)*(?:about|as for|regarding|concerning|re|on) \S/iu;
const vague = /\b(?:we(?:'re| are)|it|that's|this|they|those|these)\b/iu;

/** Where the stretch begins that says what the sentence at `index` is about: one that names the topic, or the one before. */
function topicOf(sentences: readonly Sentence[], index: number): number {
  const isTopic = (at: number) => names.test(sentences[at]?.said ?? '') && sentences[at]?.paragraph === sentences[index]?.paragraph;
  if (vague.test(sentences[index]?.said ?? '')) for (let at = index - 1; at >= Math.max(0, index - 3); at--) if (isTopic(at)) return at;
  return Math.max(0, index - 1);
}

const wishes = /\b(?:i|me|my)\b[^.!?]*\b(?:want|like|prefer|hate|need|favou?rite|rather)\b|\b(?:for me|my (?:preference|taste|liking))\b/iu;

/**
 * What a person's turn says has changed; `heard` is what the agent said just before. A message that plays with an idea announces
 * nothing at all. Only a person's own messages and reasons for a refusal, on the active branch, announce anything.
 */
export function announcements(turn: Turn, heard: string): readonly Announcement[] {
  if (turn.speaker !== 'person' || turn.branch !== 'active' || (turn.kind !== 'message' && turn.kind !== 'reject')) return [];
  const { text } = turn;
  const sentences = sentencesOf(text);
  if (sentences.some(({ said }) => idea.test(said))) return [];
  const off = sentences.findLastIndex(({ said }) => calledOff.test(said));
  const tellings = sentences.flatMap((sentence, index) => (index < off ? [] : (tellingOf(sentence, text, index, heard) ?? [])));
  return tellings.map((telling): Announcement => {
    const other = otherHalf(telling, tellings);
    const [low, high] = [Math.min(telling.index, other?.index ?? telling.index), Math.max(telling.index, other?.index ?? telling.index)];
    const from = firstNeeded(sentences, telling.index);
    const ends = new Map(tellings.map(({ index, end }) => [index, end]));
    const slice = (first: number, last: number) =>
      text.slice(sentences[first]?.start ?? 0, ends.get(last) ?? sentences[last]?.end ?? 0).replace(numbering, '');
    const before = other === null && telling.index === from ? topicOf(sentences, from) : from;
    const { sessionId, at, person, ref } = turn;
    return {
      text: slice(from, telling.index),
      core: slice(telling.index, telling.index),
      cue: telling.cue,
      sure: telling.sure,
      complete: telling.complete,
      contrast: telling.contrast && (other?.contrast ?? true),
      gone: [...telling.gone, ...(other?.gone ?? [])],
      fresh: telling.fresh,
      wide: slice(Math.min(firstNeeded(sentences, low), before), high),
      wideFresh: other?.fresh ?? [],
      halves: other !== null,
      wish: wishes.test(sentences[telling.index]?.said ?? ''),
      heard,
      near: slice(Math.max(0, low - reach), Math.min(sentences.length - 1, high + reach)),
      sessionId,
      at,
      person,
      path: ref.path,
      line: ref.line,
    };
  });
}

/** How a person takes back what was said or done before: all of it, or one thing by what stays in its place. */
export interface CallOff {
  readonly all: boolean;
  readonly back: readonly string[];
}

/** Null where the turn takes nothing back. */
export function callOffOf(turn: Turn): CallOff | null {
  if (turn.speaker !== 'person' || turn.branch !== 'active') return null;
  const sentences = sentencesOf(turn.text);
  const all = sentences.some(({ said }) => calledOff.test(said));
  const back = sentences.flatMap(({ said }) =>
    [goesBack, isOff, staysSo].map((pattern) => trimmed(pattern.exec(said)?.groups?.['fresh'] ?? '')).filter((text) => text !== ''),
  );
  return all || back.length > 0 ? { all, back } : null;
}
