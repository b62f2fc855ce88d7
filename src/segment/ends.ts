/** Statements whose own words say until when they hold: "frozen until 15 March 2026", "valid through Q1 2026", "remove after 3 May". */
import type { StatementTime } from '../memory.js';

/** When a statement has ended by its own words. */
export interface End {
  /** First moment after it, ISO 8601 UTC. */
  readonly at: string;
  /** The words that say so. */
  readonly words: string;
  /** Why it may hold all the same, as one clause; null where the words are unmistakable. */
  readonly doubt: string | null;
}

const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const month =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?';
const weekday = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
const date = [
  '\\d{4}-\\d{2}-\\d{2}',
  `(?:the )?\\d{1,2}(?:st|nd|rd|th)?(?: of)? ${month}(?:,? \\d{4})?`,
  `${month} \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?(?!\\d)`,
  `(?:the end of |end of |late )?${month} \\d{4}`,
  '\\d{1,2}\\.\\d{1,2}\\.\\d{4}',
  '(?:the end of |end of )?(?:q[1-4]|h[12])(?:[ /]\\d{4})',
  '(?:the end of |end of )\\d{4}',
  `(?:the end of |end of |late )${month}`,
].join('|');
/** A few words may stand between: "until the release on 3 May". */
const between = '(?:(?!(?:and|or|but|each|every)\\b)[\\w-]+ ){0,4}?';

/** A day of the week, or the end of one of these weeks: said of a rule it comes again. */
const passingDate = [`(?:next |this |coming )?${weekday}`, '(?:the end of|end of) (?:the|this|next) (?:week|month|year)'].join('|');
const holdsUntil = new RegExp(
  `\\b(?:until|till|up to and including|(?:valid|effective|good|in force|closed|open|frozen|available|away|out|lasts?|runs?) through|lasts? to) (${between})(${date}|${passingDate})(?![\\w-])`,
  'iu',
);
const ends = new RegExp(`\\b(?:ends|ending|expires|expiring|runs out)(?: on| at)? (${between})(${date})(?![\\w-])`, 'iu');
const removeAfter = new RegExp(
  `\\b(?:remove|delete|drop|undo|revert|forget|ignore|lift|take (?:it |this )?(?:out|down|away))\\b[^.;]{0,40}?\\b(?:after|on|from|once|when) (${between})(${date}|${passingDate})(?![\\w-])`,
  'iu',
);

/** Nothing has ended: it comes again, was over when it was written, or is about something else than the statement itself. */
const never: readonly RegExp[] = [
  /\b(?:each|every|annual(?:ly)?|yearly|monthly|weekly|daily|always|recurring|per (?:year|month|quarter)|all year|in general)\b/iu,
  /\bfurther notice\b/iu,
  /\b(?:was|were|had|used to|did|ran|held|sent|went|came|took|gave|made|got|left|wrote|drove|met|sat|stood|taught|bought|sold|began|kept|built|led|wore|grew|knew|cost|spent|paid)\b[^.;]*\b(?:until|till|through|up to)\b/iu,
  /(?<!\b(?:is|are|be|been|being|gets?|stays?|remains?|has|have|will) (?:\w+ly )?)\b(?!(?:need|feed|seed|speed|shed|bed|red|hundred|weed|breed)\b)\w{2,}ed\b[^.;]*\b(?:until|till|through|up to)\b/iu,
  /\b(?:not|never|nothing|nobody|don't|doesn't|isn't|aren't|won't|cannot|can't)\b[^.;,]*\b(?:until|till)\b/iu,
  /\b(?:since|from then on|afterwards|after that|thereafter|then)\b/iu,
  /\b(?:deleted|purged|archived|removed|kept|keep|keeps|stored|retained|retain|store)\b[^.;]*\b(?:until|till|through)\b/iu,
];

/** It may be worth knowing for longer than it holds. */
const doubts: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:due|deadlines?|submit\w*|hand(?:ed)? in|apply|applications?|file[ds]?|report(?:s|ed)?|pay|paid|payable|register\w*|must|have to|has to|need to|needs to|required?)\b/iu,
    'it names a deadline',
  ],
  [
    /\b(?:support(?:s|ed)?|maintained|guarantee\w*|warranty|expir\w*|certificates?|passports?|insur\w*|subscription\w*|lease\w*|licen[cs]e\w*|contract\w*|copyright\w*|patent\w*|elected|appointed|term of office)\b/iu,
    'that it has ended may be worth knowing',
  ],
  [
    /\b(?:at least|about|around|approximately|probably|perhaps|maybe|expected|planned|presumably|roughly|or (?:later|so|longer)|if|unless|may be extended|to be confirmed|tbc|tentative\w*)\b/iu,
    'its words are not sure of the date',
  ],
  [/;|[.!?]\s+\S|\b(?:but|whereas|while|however|except|otherwise)\b/iu, 'it says more than that'],
];

/** What is so for a while only, by its nature. */
const forNow =
  /\b(?:leave|away|out of (?:the )?office|off sick|on holiday|on vacation|sabbatical|closed|down|offline|out of order|freeze|frozen|embargo\w*|blocked|suspended|paused|on hold|temporar\w+|provisional\w*|interim|currently|at the moment|for now|for the time being|in the meantime|as long as|stand(?:s|ing)? in for|covers? for|filling in|workaround|stopgap)\b/iu;

/** The first moment after the day, month or quarter that `text` names; `from` is when it was written, null where that is unknown. */
function endOfDate(text: string, from: string | null): string | null {
  const lower = text.toLowerCase().replace(/[.,]/gu, (sign, at: number) => (/\d/.test(text[at + 1] ?? '') && sign === '.' ? '.' : ' '));
  const iso = /(\d{4})-(\d{2})-(\d{2})/.exec(lower);
  if (iso) return after(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const dotted = /(\d{1,2})\.(\d{1,2})\.(\d{4})/.exec(lower);
  if (dotted) return after(Number(dotted[3]), Number(dotted[2]) - 1, Number(dotted[1]));
  const year = /\b(\d{4})\b/.exec(lower)?.[1];
  const part = /\b([qh])([1-4])\b/.exec(lower);
  if (part) return year === undefined ? null : start(Number(year), Number(part[2]) * (part[1] === 'q' ? 3 : 6));
  const named = monthNames.findIndex((name) => new RegExp(`\\b${name.slice(0, 3)}`).test(lower));
  const day = /\b(\d{1,2})(?:st|nd|rd|th)?\b(?!\d)/.exec(lower.replace(/\b\d{4}\b/u, ''))?.[1];
  if (named >= 0 && year !== undefined) return day === undefined ? start(Number(year), named + 1) : after(Number(year), named, Number(day));
  if (from === null) return named < 0 && year !== undefined && day === undefined ? start(Number(year) + 1, 0) : null;
  const written = new Date(from);
  if (named >= 0) return nextInYear(written, named, day === undefined ? null : Number(day));
  if (year !== undefined) return start(Number(year) + 1, 0);
  return relative(lower, written);
}

/** The first such day or month that is not over when it was written. */
function nextInYear(written: Date, named: number, day: number | null): string | null {
  for (const year of [written.getUTCFullYear(), written.getUTCFullYear() + 1]) {
    const end = day === null ? start(year, named + 1) : after(year, named, day);
    if (end !== null && Date.parse(end) > written.getTime()) return end;
  }
  return null;
}

function relative(lower: string, written: Date): string | null {
  const [year, monthNow, day] = [written.getUTCFullYear(), written.getUTCMonth(), written.getUTCDate()];
  const named = dayNames.findIndex((name) => lower.includes(name));
  if (named >= 0) {
    const ahead = (named - written.getUTCDay() + 7) % 7;
    return new Date(Date.UTC(year, monthNow, day + (ahead === 0 ? 7 : ahead) + (lower.startsWith('next') ? 7 : 0) + 1)).toISOString();
  }
  const next = lower.includes('next') ? 1 : 0;
  if (lower.includes('week')) return new Date(Date.UTC(year, monthNow, day + ((7 - written.getUTCDay()) % 7) + 7 * next + 1)).toISOString();
  if (lower.includes('month')) return start(year, monthNow + 1 + next);
  return lower.includes('year') ? start(year + 1 + next, 0) : null;
}

function start(year: number, monthIndex: number): string | null {
  return new Date(Date.UTC(year, monthIndex, 1)).toISOString();
}

function after(year: number, monthIndex: number, day: number): string | null {
  const made = new Date(Date.UTC(year, monthIndex, day));
  return made.getUTCMonth() === monthIndex && made.getUTCDate() === day ? new Date(made.getTime() + 86_400_000).toISOString() : null;
}

/** Quoted words and code say nothing about the statement itself. */
const quoted = /"[^"\n]{2,300}"|\u201c[^\u201d\n]{2,300}\u201d|`[^`\n]+`/gu;
/** Longer ones say too much to end as a whole, and looking for what speaks against it takes time that grows with the square. */
const longest = 1000;

/**
 * When `text` has ended by its own words, or null where they do not say, or where it has more than 1,000 characters. A date without a
 * year, or a weekday, needs a time at which the statement was written that is not merely that of a file.
 */
export function endOf(text: string, time: StatementTime): End | null {
  if (text.length > longest) return null;
  const said = text.replace(quoted, (found) => 'x'.repeat(found.length));
  const match = holdsUntil.exec(said) ?? ends.exec(said) ?? removeAfter.exec(said);
  const named = match?.[2];
  if (match === null || named === undefined || never.some((pattern) => pattern.test(said))) return null;
  const known = time.source === 'file' || time.source === 'none' ? null : time.at;
  const at = endOfDate(named, known);
  if (at === null) return null;
  const dated = /\d{4}/.test(named);
  const doubt =
    doubts.find(([pattern]) => pattern.test(said))?.[1] ??
    ((match[1] ?? '').split(' ').length > 4 ? 'the date may be that of something else' : null) ??
    (dated || (forNow.test(said) && !/\b(?:starts?|begins?|from)\b/iu.test(said)) ? null : 'it names no year and may come again');
  return { at, words: text.slice(match.index, match.index + match[0].length), doubt };
}

/** True where `text` has ended by its own words at `now`, ISO 8601 UTC, beyond doubt or not. */
export function hasEnded(text: string, time: StatementTime, now: string): boolean {
  const end = endOf(text, time);
  return end !== null && Date.parse(end.at) <= Date.parse(now);
}
