/** Quantities as a reader compares them: a quarter of an hour, 15 minutes and 900 s are one value. */
import { clockAt, dateAt, dayList } from './calendar.js';
import { months, weekdays } from './lexicon.js';
import { at, day, hour, make, numberPhrase, numberWords, ordinals, type Quantity, type QuantityToken, units } from './numbers.js';

const periods: ReadonlyMap<string, number> = new Map([
  ['hourly', hour],
  ['daily', day],
  ['nightly', day],
  ['weekly', 7 * day],
  ['fortnightly', 14 * day],
  ['monthly', 30 * day],
  ['quarterly', 91 * day],
  ['yearly', 365 * day],
  ['annually', 365 * day],
  ['annual', 365 * day],
]);

const fillers = new Set(['working', 'business', 'calendar', 'full', 'whole', 'consecutive', 'more', 'or', 'so', 'full-time', 'in']);

function fractionAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  const start = at(tokens, i) === 'a' || at(tokens, i) === 'one' ? i + 1 : i;
  const lead = at(tokens, start);
  const share = lead === 'half' ? 0.5 : lead === 'quarter' ? 0.25 : lead === 'third' ? 1 / 3 : 0;
  if (share === 0) return null;
  let next = start + 1;
  if (at(tokens, next) === 'of') next++;
  if (at(tokens, next) !== 'a' && at(tokens, next) !== 'an') return null;
  const unit = units.get(at(tokens, next + 1));
  if (unit === undefined || unit.dimension === 'money') return null;
  return make(tokens, unit.dimension, share * unit.factor, share, i, next + 2, unit.unit ?? at(tokens, next + 1));
}

/** `an hour`, `an hour and a half`, `a fortnight`; not the `a week` of `twice a week`. */
function oneUnitAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  if (at(tokens, i) !== 'a' && at(tokens, i) !== 'an') return null;
  const unit = units.get(at(tokens, i + 1));
  if (unit?.dimension !== 'time' || at(tokens, i + 1).length < 3) return null;
  if (/^(?:once|twice|thrice|times|per)$/.test(at(tokens, i - 1)) || tokens[i - 1]?.kind === 'number') return null;
  const half = at(tokens, i + 2) === 'and' && at(tokens, i + 3) === 'a' && at(tokens, i + 4) === 'half';
  const value = half ? 1.5 : 1;
  return make(tokens, 'time', value * unit.factor, value, i, half ? i + 5 : i + 2, at(tokens, i + 1));
}

/** Groups of digits that make a telephone number: nine digits or more, the first of them 0 or +. */
function phoneAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  if (!/^(?:\+\d|0)\d*$/.test(tokens[i]?.raw ?? '')) return null;
  let to = i;
  let digits = '';
  while (/^\+?\d+$/.test(tokens[to]?.raw ?? '')) digits += tokens[to++]?.raw ?? '';
  return digits.length < 9 ? null : make(tokens, 'unit', Number(digits.replace('+', '')), 0, i, to, 'phone');
}

function periodAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  const lower = at(tokens, i);
  const period = periods.get(lower);
  if (period !== undefined) return make(tokens, 'every', period, 1, i, i + 1);
  if (lower === 'twice') return make(tokens, 'count', 2, 2, i, i + 1);
  if (lower === 'thrice') return make(tokens, 'count', 3, 3, i, i + 1);
  if (lower === 'every' || lower === 'each') {
    const next = at(tokens, i + 1);
    if (next === 'other' || next === 'second' || next === '2nd') return make(tokens, 'ordinal', 2, 2, i, i + 2);
    const unit = units.get(next);
    if (unit?.dimension === 'time' && next.length > 2 && next !== 'second') return make(tokens, 'every', unit.factor, 1, i, i + 2);
  }
  return null;
}

function ordinalAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  const token = tokens[i];
  if (token === undefined) return null;
  const digits = /^(\d+)(?:st|nd|rd|th)$/.exec(token.lower);
  const value = digits === null ? (token.kind === 'word' ? (ordinals[token.lower] ?? 0) : 0) : Number(digits[1]);
  return value === 0 ? null : make(tokens, 'ordinal', value, value, i, i + 1);
}

function amountAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  const token = tokens[i];
  if (token === undefined) return null;
  const currency = token.kind === 'sign' || token.kind === 'word' ? units.get(token.lower) : undefined;
  if (currency?.dimension === 'money' && tokens[i + 1]?.kind === 'number' && currency.unit !== '') {
    const phrase = numberPhrase(tokens, i + 1);
    if (phrase !== null) return make(tokens, 'money', phrase.value, phrase.value, i, phrase.to, currency.unit ?? '');
  }
  const phrase = numberPhrase(tokens, i);
  if (phrase === null) return null;
  let next = phrase.to;
  if (at(tokens, next) === '-') next++;
  while (fillers.has(at(tokens, next)) && units.get(at(tokens, next + 1))?.dimension === 'time') next++;
  if (at(tokens, next) === 'per' && at(tokens, next + 1) === 'cent')
    return make(tokens, 'share', phrase.value, phrase.value, i, next + 2, '%');
  const unit = units.get(at(tokens, next));
  if (unit !== undefined) {
    const to = unit.dimension === 'degree' && at(tokens, next + 1) === 'c' ? next + 2 : next + 1;
    return make(tokens, unit.dimension, phrase.value * unit.factor, phrase.value, i, to, unit.unit ?? at(tokens, next));
  }
  if (!phrase.spelled && Number.isInteger(phrase.value) && phrase.value >= 1990 && phrase.value <= 2099 && token.raw.length === 4)
    return make(tokens, 'year', phrase.value, phrase.value, i, phrase.to);
  return make(tokens, 'count', phrase.value, phrase.value, i, phrase.to, phrase.spelled && phrase.value === 1 ? 'one' : '');
}

/** `20–40 s`, `11 to 13 weeks`: the first number takes the unit of the second. */
function spreadUnits(tokens: readonly QuantityToken[], found: readonly Quantity[]): Quantity[] {
  return found.map((quantity, index) => {
    const next = found[index + 1];
    if (quantity.dimension !== 'count' || next === undefined || next.from - quantity.to > 1) return quantity;
    const joined = next.from === quantity.to ? '-' : at(tokens, quantity.to);
    if (!/^(?:-|–|to|and|or|\/)$/.test(joined) || next.raw === 0) return quantity;
    if (next.dimension === 'date') return { ...quantity, dimension: 'date', value: Math.floor(next.value / 100) * 100 + quantity.value };
    if (next.dimension === 'clock') return { ...quantity, dimension: 'clock', value: quantity.value * 60 };
    return { ...quantity, dimension: next.dimension, unit: next.unit, value: (next.value / next.raw) * quantity.value };
  });
}

const moneyNames = [...units].flatMap(([name, { dimension }]) => (dimension === 'money' ? [name] : []));
const beginnings: ReadonlySet<string> = new Set([
  ...[...weekdays.keys(), ...months.keys(), ...periods.keys(), ...numberWords, ...moneyNames],
  ...['a', 'an', 'one', 'half', 'quarter', 'third', 'twice', 'thrice', 'every', 'each', 'noon', 'midday', 'midnight'],
]);

/** False for most words and signs, which spares them all the rules below. */
function mayBegin({ kind, lower }: QuantityToken): boolean {
  if (kind !== 'word' && kind !== 'sign') return true;
  return beginnings.has(lower) || lower in ordinals || (lower >= '0' && lower < ':');
}

function quantityAt(tokens: readonly QuantityToken[], i: number): Quantity | null {
  const token = tokens[i];
  if (token === undefined || token.kind === 'identifier' || !mayBegin(token)) return null;
  if (token.kind === 'version') return make(tokens, 'version', 0, 0, i, i + 1, token.lower.replace(/^v/, ''));
  const weekday = token.kind === 'word' ? weekdays.get(token.lower) : undefined;
  if (weekday !== undefined && (token.lower.length > 3 || /^\p{Lu}/u.test(token.raw))) {
    const value = dayList.indexOf(weekday);
    return make(tokens, 'weekday', value, value, i, i + 1);
  }
  return (
    phoneAt(tokens, i) ??
    dateAt(tokens, i) ??
    clockAt(tokens, i) ??
    fractionAt(tokens, i) ??
    oneUnitAt(tokens, i) ??
    periodAt(tokens, i) ??
    ordinalAt(tokens, i) ??
    amountAt(tokens, i)
  );
}

/** Every quantity of a statement, in order; none overlaps another. */
export function quantitiesOf(tokens: readonly QuantityToken[]): readonly Quantity[] {
  const found: Quantity[] = [];
  for (let i = 0; i < tokens.length; ) {
    const quantity = quantityAt(tokens, i);
    if (quantity !== null) found.push(quantity);
    i = quantity === null ? i + 1 : Math.max(i + 1, quantity.to);
  }
  return spreadUnits(tokens, found);
}

function close(a: number, b: number, tolerance: number): boolean {
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}

function sameVersion(a: Quantity, b: Quantity): boolean {
  const strip = (quantity: Quantity) =>
    (quantity.dimension === 'version' ? quantity.unit : quantity.text).replace(/^v/, '').replace(/(?:\.0)+$/, '');
  return strip(a) === strip(b);
}

function sameClock(a: number, b: number): boolean {
  return a === b || (Math.abs(a - b) === 720 && Math.min(a, b) > 0 && Math.min(a, b) < 720);
}

function sameDate(a: number, b: number): boolean {
  return a === b || (Math.floor(a / 100) === Math.floor(b / 100) && (a % 100 === 0 || b % 100 === 0));
}

/** How far two values in one unit may be apart where the unit was named in different ways: 1,024 for 1,000, 30 days for a month. */
function leeway(a: Quantity, b: Quantity): number {
  if (a.unit === b.unit) return 1e-9;
  if (a.dimension === 'bytes') return 0.1;
  return a.dimension === 'time' && a.value > 20 * day ? 0.03 : 1e-9;
}

/** True where both say the same value, whatever the words: 90 s and a minute and a half, 2 pm and 14:00, 5 % and 0.05. */
export function sameQuantity(a: Quantity, b: Quantity): boolean {
  if (a.dimension === 'version' || b.dimension === 'version') return sameVersion(a, b);
  if (a.dimension !== b.dimension) return sameAcross(a, b) || sameAcross(b, a);
  if (a.dimension === 'date') return sameDate(a.value, b.value);
  if (a.dimension === 'clock') return sameClock(a.value, b.value);
  if (a.dimension === 'unit' && a.unit !== b.unit) return false;
  if (a.dimension === 'money' && a.unit !== b.unit && a.unit !== '' && b.unit !== '') return false;
  return close(a.value, b.value, leeway(a, b));
}

function sameAcross(a: Quantity, b: Quantity): boolean {
  if (a.dimension === 'count') {
    if (b.dimension === 'clock') return b.value === a.value * 60 || b.value === (a.value + 12) * 60;
    if (b.dimension === 'share') return close(a.value * 100, b.value, 1e-9) || a.value === b.raw;
    if (b.dimension === 'weekday' || b.dimension === 'every') return false;
    return a.value === b.raw;
  }
  if (a.dimension === 'ordinal') return b.dimension === 'date' && b.value % 100 === a.value;
  if (a.dimension === 'time' && b.dimension === 'every') return close(a.value, b.value, 0.03);
  if (a.dimension === 'time' && b.dimension === 'hertz') return close(a.value * b.value, 1, 1e-6);
  return a.dimension === 'year' && b.dimension === 'unit' && a.value === b.raw;
}

/** True where both stand for one kind of thing, so that two different values cannot be one claim. */
export function comparable(a: Quantity, b: Quantity): boolean {
  if (a.dimension !== b.dimension)
    return (a.dimension === 'version' && b.dimension === 'count') || (a.dimension === 'count' && b.dimension === 'version');
  return a.dimension !== 'unit' || a.unit === b.unit;
}
