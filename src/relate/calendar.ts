/** Times of day and days of the year, as people write them. */
import { months, weekdays } from './lexicon.js';
import { at, make, numberPhrase, ordinals, type Quantity, type QuantityToken } from './numbers.js';

function meridiem(text: string): 'am' | 'pm' | null {
  if (text === 'am' || text === 'a.m') return 'am';
  return text === 'pm' || text === 'p.m' ? 'pm' : null;
}

function onDial(hours: number, half: 'am' | 'pm' | null): number {
  if (half === 'pm' && hours < 12) return hours + 12;
  return half === 'am' && hours === 12 ? 0 : hours;
}

/** `half past two`, `a quarter to five`, `ten past eight`. */
function dialAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  const start = at(tokens, i) === 'a' ? i + 1 : i;
  const lead = at(tokens, start);
  const fraction = lead === 'half' ? 30 : lead === 'quarter' ? 15 : null;
  const side = at(tokens, start + 1);
  if (side !== 'past' && (side !== 'to' || lead === 'half')) return null;
  const part = fraction ?? numberPhrase(tokens, start)?.value ?? 60;
  const base = numberPhrase(tokens, start + 2);
  if (base === null || base.value > 24 || part >= 60 || (fraction === null && (!base.spelled || part % 5 !== 0))) return null;
  const minutes = base.value * 60 + (side === 'past' ? part : -part);
  const [half, to] = halfAt(tokens, base.to);
  return make(tokens, 'clock', half === 'pm' && minutes < 720 ? minutes + 720 : minutes, base.value, i, to);
}

/** A time of day at token `i`, or null. */
export function clockAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  const token = tokens[i];
  if (token === undefined) return null;
  const { lower } = token;
  if (token.kind === 'clock') {
    const [hours = 0, minutes = 0] = lower.split(':').map(Number);
    const half = meridiem(at(tokens, i + 1));
    return make(tokens, 'clock', onDial(hours, half) * 60 + minutes, hours, i, half === null ? i + 1 : i + 2);
  }
  if (lower === 'noon' || lower === 'midday') return make(tokens, 'clock', 720, 12, i, i + 1);
  if (lower === 'midnight') return make(tokens, 'clock', 0, 0, i, i + 1);
  const dial = dialAt(tokens, i);
  if (dial !== null) return dial;
  const phrase = numberPhrase(tokens, i);
  if (phrase === null || phrase.value > 24) return null;
  const dotted = /^\d{1,2}\.([0-5]\d)$/.exec(token.raw);
  const minutes = dotted === null ? Math.round(phrase.value * 60) : Math.floor(phrase.value) * 60 + Number(dotted[1]);
  const [half, to] = halfAt(tokens, phrase.to);
  if (half !== null) return make(tokens, 'clock', onDial(Math.floor(minutes / 60), half) * 60 + (minutes % 60), phrase.value, i, to);
  return at(tokens, phrase.to) === "o'clock" ? make(tokens, 'clock', minutes, phrase.value, i, phrase.to + 1) : null;
}

/** `pm`, `in the evening`, `o'clock at night`: which half of the day is meant, and the token after it. */
function halfAt(tokens: readonly QuantityToken[], i: number): readonly ['am' | 'pm' | null, number] {
  const short = meridiem(at(tokens, i));
  if (short !== null) return [short, i + 1];
  const from = at(tokens, i) === "o'clock" ? i + 1 : i;
  const part = at(tokens, from) === 'at' ? at(tokens, from + 1) : at(tokens, from + 2);
  if (at(tokens, from) === 'at' && part === 'night') return ['pm', from + 2];
  if (at(tokens, from) !== 'in' || at(tokens, from + 1) !== 'the') return [null, i];
  if (part === 'morning') return ['am', from + 3];
  return part === 'afternoon' || part === 'evening' ? ['pm', from + 3] : [null, i];
}

const monthList = [...new Set(months.values())];
/** Names in the order of the week. */
export const dayList = [...new Set(weekdays.values())];

function monthAt(tokens: readonly QuantityToken[], i: number): number {
  const token = tokens[i];
  const name = token === undefined || token.kind !== 'word' ? undefined : months.get(token.lower);
  if (token === undefined || name === undefined) return 0;
  if (
    (token.lower === 'may' || token.lower === 'march' || token.lower === 'mar' || token.lower === 'dec' || token.lower === 'sep') &&
    !/^\p{Lu}/u.test(token.raw)
  )
    return 0;
  if (token.lower === 'may' && i === 0) return 0;
  return monthList.indexOf(name) + 1;
}

function dayNumber(token: QuantityToken | undefined): number {
  if (token === undefined) return 0;
  const match = /^(\d{1,2})(?:st|nd|rd|th|\.)?$/.exec(token.lower);
  const value = match === null ? (ordinals[token.lower] ?? 0) : Number(match[1]);
  return value >= 1 && value <= 31 ? value : 0;
}

/** `Wed 8.10.`: day and month behind a weekday, as Central Europe writes them. */
function dottedDate(tokens: readonly QuantityToken[], i: number): Quantity | null {
  const match = /^(\d{1,2})\.(\d{1,2})$/.exec(at(tokens, i));
  const [day, month] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  const behind = weekdays.has(at(tokens, i - 1)) || (at(tokens, i - 1) === ',' && weekdays.has(at(tokens, i - 2)));
  if (!behind || day < 1 || day > 31 || month < 1 || month > 12) return null;
  return make(tokens, 'date', month * 100 + day, day, i, i + 1);
}

/** A day of the year or a month at token `i`, or null. */
export function dateAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  const token = tokens[i];
  if (token === undefined) return null;
  if (token.kind === 'date') {
    const [, m = 0, d = 0] = token.lower.slice(0, 10).split('-').map(Number);
    return make(tokens, 'date', m * 100 + d, d, i, i + 1);
  }
  const written = dottedDate(tokens, i);
  if (written !== null) return written;
  const before = dayNumber(token);
  const gap = at(tokens, i + 1) === 'of' ? 2 : 1;
  if (before > 0) {
    const month = monthAt(tokens, i + gap);
    if (month > 0) return make(tokens, 'date', month * 100 + before, before, i, i + gap + 1);
  }
  const month = monthAt(tokens, i);
  if (month === 0) return null;
  const after = dayNumber(tokens[i + 1]);
  const clear = after > 0 && !/^(?::|%|am|pm)/.test(at(tokens, i + 2));
  return make(tokens, 'date', month * 100 + (clear ? after : 0), clear ? after : month, i, clear ? i + 2 : i + 1);
}
