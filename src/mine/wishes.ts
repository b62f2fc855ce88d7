/**
 * What in a person's words asks for a lasting manner of work. Most of what persons type moves one piece of work on ("send it", "then the
 * label"); a wish that holds beyond it shows in how it is said, and in what it followed: a refused action weighs more than any wording.
 */
import type { SessionSignals, Wish } from '../signals.js';
import { sentencesOf } from './lexis.js';

/** A sentence, or a part of one, with what its wording says about its reach. */
export interface Phrase {
  readonly text: string;
  /** Words of lasting validity: always, never, from now on, as always, again. */
  readonly lasting: boolean;
  /** Tells what to do, what to leave or what is wanted. */
  readonly directs: boolean;
}

/** A wish with the phrases that may hold beyond its session. */
export interface Demand {
  readonly session: SessionSignals;
  readonly wish: Wish;
  /** Never empty; in the order of the text. */
  readonly phrases: readonly Phrase[];
  /** 0 to 1: how sure it is that the person enforces a manner of work here. */
  readonly strength: number;
}

const lasting =
  /\b(?:always|never|every\s+time|each\s+time|any\s?time|whenever|from\s+(?:now|today|here)\s+on|from\s+today|in\s+(?:the\s+)?future|next\s+time|as\s+(?:always|ever|usual)|same\s+(?:drill|thing|rule|procedure|story)?\s*(?:as\s+(?:always|ever|usual|before)|again|every\s+time)|same\s+(?:rule|drill)|usual|again\s+without|told\s+you|i\s+(?:keep|have\s+to\s+keep)\s+(?:saying|telling|asking)|how\s+(?:often|many\s+times)|not\s+again|again\?|\w+ing\b[^.!?]*\bagain\b|i\s+mean\s+it|(?:our|my|the|a)\s+rule|rules?\s+(?:is|are)|policy|by\s+default|no\s+exceptions?|under\s+no\s+circumstances|ever\b|any\s+more|anymore|absolutely\s+not|every\s+\w+\s+is|that'?s\s+(?:how|why)\s+(?:i|we|you)\b|at\s+all|generally|on\s+principle|as\s+a\s+rule|i\s+(?:hate|can'?t\s+stand|love)\s+(?:it\s+)?(?:when|if)|way\s+i\s+(?:like|want)|keep\s+\w+s\b|people\b)\b|\byou\b[^.!?]*\bagain\b/iu;

/** Tells of what always or never happens, not of what should. */
const narrative =
  /\b(?:i|we|he|she|they|it|that|who|would|will|was|were|had|has|have|is|are|could|did|(?:i|we|they)'?ve|(?:i|we|they|he|she|it)'?(?:d|s))\s+(?:\w+\s+)?(?:always|never)\b|\bnever\s+(?:mind|been|had|got|came|went|saw|knew|\w+ed)\b/iu;

const directing =
  /(?:^|[,;:!.]\s*|\b(?:and|so|but|or|please|pls|you|we|no|just|then|also)\s+)(?:don'?t|do\s+not)\b|\b(?:never|must(?:n'?t)?|should(?:n'?t)?|you(?:'ve|\s+have)?\s+(?:got\s+)?(?:to|need\s+to|have\s+to)|not\s+(?:yet|again|another|before|without|like|the|to|a|for|in|\w+ed)|only|just|nothing|no\s+(?:more\s+|new\s+)?\w+(?:ing|s)?|without|instead|rather|leave|stop|please|pls|first|before|until|unless|at\s+most|(?:i|we)\s+(?:don'?t\s+)?(?:want|need|prefer|like|expect|insist|asked)|(?:i'?d|we'?d)\s+(?:like|prefer|rather)|(?:is|are|'s)\s+enough|always|let\s+me|my\s+(?:job|ok|okay)|(?:is|are)\s+(?:mine|ours)|would\s+do|(?:can|could)\s+(?:it|this|that|they)\s+be|why\s+(?:are|do|did)\s+you|where(?:'?s|\s+is|\s+are)|you\s+(?:always\s+|again\s+)?(?:forgot|forget|missed|left\s+out)|hold\s+on|^again\s+an?|shorter|too\s+\w+)\b/iu;

/** A rule stated of a kind of thing: "a fix contains the fix and nothing else", "every figure needs its source". */
const general =
  /\b(?:whatever|whenever)\s+\w+|\b(?:nothing|nobody|no\s+one|no(?:\s+(?:new|more|other))?\s+\w+|not\s+a(?:\s+single)?\s+\w+)\s+(?:\w+\s+){0,4}(?:before|without|until|unless)\b|^\W{0,3}(?:(?:and|but|no|so|because|otherwise)\W+)*(?:a|an|any|every|each)\s+(?:[\w'-]+\s+){1,6}?(?:is|are|carries|contains|needs|gets|goes|must|should|doesn'?t|does|never|belongs|stays|takes|ends|starts)\b|,\s+(?:a|an|any|every|each)\s+(?:[\w'-]+\s+){1,6}?(?:carries|contains|needs|gets|goes|must|should|doesn'?t|never|belongs|stays|takes|ends|starts)\b/iu;

/** Says how the work goes and not only what it is: what opens a piece of work is full of requests. */
const manner =
  /\b(?:before\s+(?!i\b)|first|until|unless|without|never|don'?t|do\s+not|only\s+(?:if|when|then|after|once)|whatever|whenever|any|not\s+\w+ed)\b/iu;

const imperative =
  /(?:^|,\s+(?:and\s+|so\s+|but\s+)?|\band\s+)(?:(?:and|so|then|ok(?:ay)?|but|no|nope|well|please|pls|also|again|argh|hey|wait|hm+)[\s,.:!-]+)*(?:keep|rename|write|use|show|ask|put|take|answer|call|name|give|send|read|check|look|make|tell|say|speak|leave|stop|avoid|prefer|stick|wait|test|start|begin|go|get|add|remove|drop|skip|cut|shorten|quote|cite|round|list|reply|respond|talk|explain|spell|follow|mark|save|copy|back|do|reproduce|prove|confirm|verify|label|sort|mention|include|exclude|mind|remember|respect|note)\b/iu;

/** Holds for this once: the person says so. */
const onceOnly =
  /\b(?:(?:only|just|for)\s+(?:this|that)\s+(?:once|one|time)|(?:just|only|for)\s+once|(?:only|just)\s+(?:today|now|tonight|this\s+(?:week|morning|time))|for\s+(?:now|today|the\s+moment|tonight)|this\s+(?:once|time)|exception(?:ally)?|as\s+an\s+exception|(?:it'?s|its)\s+urgent|today\s+only|not\s+today|no\s+\w+\s+today)\b/iu;
const exceptionDenied = /\bno\s+exceptions?\b/iu;

const hypothetical =
  /\b(?:what\s+if|would\s+it|could\s+(?:we|you|it|that)|i\s+wonder|thinking\s+aloud|just\s+(?:a\s+)?(?:thought|curious|thinking)|maybe|perhaps|might\s+be|do\s+you\s+think|suppose|one\s+day|some\s?day|rhetorical)\b/iu;

/** What somebody else says or wants, or what the person goes to do: neither is a wish. */
const reported =
  /\b(?:he|she|they|customer|support|security|marketing|finance|somebody|someone|a\s+friend|\p{Lu}\w+)\s+(?:says?|said|asks?|asked|claims?|claimed|wants?|wanted|told|thinks?|mentioned|complains?|wrote)\b(?!.*\b(?:please|pls|always)\b)/u;
const announced =
  /^(?:(?:and|ok(?:ay)?|good|great|perfect|lovely|fine|thanks?|right|yes|no)[\s,.:!]+)*(?:i'?ll|i\s+will|we'?ll|i'?m\s+(?:going|off)|(?:i|we)\s+(?:call|phone|ring|write|tell|ask)\b)/iu;

/** Words of agreeing, thanking and moving on; a message of nothing else asks for no manner of work. */
const agreeing = new Set(
  `ok okay yes yep yeah yup sure good great nice fine perfect lovely thanks thx thank you exactly right correct super cool wonderful better look looks very much please pls and now then go ahead on send it them that this do commit apply merge out with carry
  continue proceed like is was so the way how done works work ship run me too all excellent brilliant cheers`.split(/\s+/u),
);

function isApproval(text: string): boolean {
  return (text.toLowerCase().match(/[\p{L}']+/gu) ?? []).every((word) => agreeing.has(word));
}

const longestPhrase = 300;
const maxPhrases = 12;
const longMessage = 900;

/** Without what the person quotes or pastes: lines of a quotation, a table, a log or mark-up, and the middle of a message of many lines. */
function ownWords(text: string): string {
  const lines = text
    .replace(/```[\s\S]*?(?:```|$)/gu, '\n')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(?:\s*[>|<{}[\]]|\t| {4}|\s*\d{4}-\d\d-\d\d)/u.test(line));
  if (text.length <= longMessage || lines.length <= 6) return lines.join('\n');
  return [...lines.slice(0, 3), ...lines.slice(-3)].join('\n');
}

/** Parts of a sentence that stand alone: at semicolons and dashes, and where an "and" or "but" opens an exception. */
function partsOf(sentence: string): readonly string[] {
  return sentence
    .split(/\s*;\s+|\s+[\u2013\u2014]\s+|\s+-\s+|,?\s+(?:and|but)\s+(?=(?:just|only|for)\s+(?:this|once|today|now)\b)/u)
    .filter((part) => part.trim() !== '');
}

/** What a person said, without what holds for this once, what is asked, thought aloud, reported or approved. */
export function phrasesOf(text: string): readonly Phrase[] {
  return sentencesOf(ownWords(text))
    .flatMap(partsOf)
    .filter(
      (part) =>
        part.length <= longestPhrase &&
        !isApproval(part) &&
        !hypothetical.test(part) &&
        !reported.test(part) &&
        (!onceOnly.test(part) || exceptionDenied.test(part)),
    )
    .map((part) => ({
      text: part,
      lasting: (lasting.test(part) || general.test(part)) && !narrative.test(part),
      directs: (directing.test(part) || imperative.test(part)) && !announced.test(part),
    }))
    .slice(0, maxPhrases);
}

const polite = /\b(?:please|pls|never|don'?t|do\s+not)\b/iu;

const baseStrength = { refusal: 0.6, interruption: 0.6, correction: 0.15, request: 0.05 } as const;

/** Of a refusal whose reason only states a fact. */
const bareStrength = 0.5;

/** `lasts`: some phrase of the message has a word of lasting validity. */
function holds(phrase: Phrase, kind: Wish['kind'], lasts: boolean): boolean {
  const { text } = phrase;
  if (!/[\p{L}]{3}/u.test(text)) return false;
  if (kind === 'refusal' || kind === 'interruption') return !text.endsWith('?') || phrase.directs;
  if (text.endsWith('?') && !/\b(?:can|could)\s+(?:it|this|that|they)\s+be\b/iu.test(text)) return false;
  return kind === 'correction'
    ? phrase.lasting || phrase.directs
    : phrase.directs && (lasts || (manner.test(text) && (imperative.test(text) || polite.test(text))));
}

/** The wish as a demand; null where nothing in it reaches beyond its session. */
export function demandOf(session: SessionSignals, wish: Wish): Demand | null {
  const all = phrasesOf(wish.text);
  const phrases = all.filter((phrase) =>
    holds(
      phrase,
      wish.kind,
      all.some(({ lasting: lasts }) => lasts),
    ),
  );
  if (phrases.length === 0) return null;
  const enforces = wish.kind === 'refusal' || wish.kind === 'interruption';
  const strength =
    (enforces && !phrases.some(({ lasting: lasts, directs }) => lasts || directs) ? bareStrength : baseStrength[wish.kind]) +
    (phrases.some((phrase) => phrase.lasting) ? 0.35 : 0) +
    (phrases.some((phrase) => phrase.directs) ? 0.25 : 0);
  return { session, wish, phrases, strength: Math.min(1, strength) };
}
