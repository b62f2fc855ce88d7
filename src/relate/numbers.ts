/** Numbers in digits and words, and the units that make quantities of them. */

/**
 * `time` is in seconds, `clock` in minutes of the day, `bytes` in bytes, `share` in percent, `length` in metres, `weight` in grams, `volume` in
 * litres, `hertz` per second, `date` is month * 100 + day (day 0 where unsaid), `every` is a period in seconds, `count` is bare.
 */
export type Dimension =
  | 'count'
  | 'ordinal'
  | 'time'
  | 'every'
  | 'clock'
  | 'date'
  | 'year'
  | 'weekday'
  | 'share'
  | 'bytes'
  | 'money'
  | 'length'
  | 'weight'
  | 'volume'
  | 'degree'
  | 'hertz'
  | 'version'
  | 'unit';

export interface Quantity {
  readonly dimension: Dimension;
  /** In the dimension's base unit; for `version` 0. */
  readonly value: number;
  /** The number as written, before units. */
  readonly raw: number;
  /** Unit word of a `unit`, currency of `money`, digits of a `version`; what follows a bare number otherwise is not kept. */
  readonly unit: string;
  /** Tokens `[from, to)` that say it. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** What the parser needs of a token. */
export interface QuantityToken {
  readonly raw: string;
  readonly lower: string;
  readonly kind: 'word' | 'number' | 'clock' | 'date' | 'version' | 'identifier' | 'sign';
}

const small: Readonly<Record<string, number>> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
  dozen: 12,
};
/** Words that a number can begin with. */
export const numberWords: readonly string[] = Object.keys(small);
const scales: Readonly<Record<string, number>> = { hundred: 100, thousand: 1000, million: 1e6, billion: 1e9, k: 1000 };
export const ordinals: Readonly<Record<string, number>> = {
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
  eleventh: 11,
  twelfth: 12,
};

export interface Unit {
  readonly dimension: Dimension;
  readonly factor: number;
  readonly unit?: string;
}

const second = 1;
const minute = 60;
export const hour = 3600;
export const day = 86400;

function unitTable(): ReadonlyMap<string, Unit> {
  const map = new Map<string, Unit>();
  const add = (names: string, dimension: Dimension, factor: number, unit?: string) => {
    for (const name of names.split(' ')) map.set(name, unit === undefined ? { dimension, factor } : { dimension, factor, unit });
  };
  add('ms msec msecs millisecond milliseconds', 'time', 0.001);
  add('s sec secs second seconds', 'time', second);
  add('min mins minute minutes', 'time', minute);
  add('h hr hrs hour hours', 'time', hour);
  add('d day days night nights', 'time', day);
  add('week weeks wk wks', 'time', 7 * day);
  add('fortnight fortnights', 'time', 14 * day);
  add('month months', 'time', 30 * day);
  add('year years yr yrs', 'time', 365 * day);
  add('decade decades', 'time', 3650 * day);
  add('kb kilobyte kilobytes kib ki', 'bytes', 1e3);
  add('mb megabyte megabytes mib mi', 'bytes', 1e6);
  add('gb gigabyte gigabytes gib gi gigs', 'bytes', 1e9);
  add('tb terabyte terabytes tib', 'bytes', 1e12);
  add('bytes byte', 'bytes', 1);
  add('% percent pct percentage', 'share', 1);
  add('€ eur euro euros', 'money', 1, 'eur');
  add('$ usd dollar dollars bucks', 'money', 1, 'usd');
  add('£ gbp quid', 'money', 1, 'gbp');
  add('pound pounds', 'money', 1, 'gbp');
  add('chf francs franken', 'money', 1, 'chf');
  add('cent cents ct cts', 'money', 0.01, '');
  add('mm millimetre millimetres millimeters', 'length', 0.001);
  add('cm centimetre centimetres centimeters', 'length', 0.01);
  add('m metre metres meter meters', 'length', 1);
  add('km kilometre kilometres kilometers', 'length', 1000);
  add('mile miles', 'length', 1609);
  add('inch inches', 'length', 0.0254);
  add('mg milligram milligrams', 'weight', 0.001);
  add('g gram grams', 'weight', 1);
  add('kg kilo kilos kilogram kilograms', 'weight', 1000);
  add('ml millilitre millilitres milliliters', 'volume', 0.001);
  add('l litre litres liter liters', 'volume', 1);
  add('m³ m3', 'volume', 1000);
  add('° °c degrees degree celsius', 'degree', 1);
  add('hz hertz', 'hertz', 1);
  add('khz', 'hertz', 1e3);
  add('mhz', 'hertz', 1e6);
  add('ghz', 'hertz', 1e9);
  add('fps', 'unit', 1, 'fps');
  add('px pixel pixels', 'unit', 1, 'px');
  add('dp', 'unit', 1, 'dp');
  add('pt', 'unit', 1, 'pt');
  add('rem em', 'unit', 1, 'rem');
  add('x times', 'unit', 1, 'x');
  add('v volt volts', 'unit', 1, 'v');
  add('w watt watts', 'unit', 1, 'w');
  add('kw', 'unit', 1000, 'w');
  add('rpm', 'unit', 1, 'rpm');
  return map;
}

/** By lower-case name. */
export const units = unitTable();
/** Units that may be written right behind the digits: `30fps`, `768Mi`, `10k`. */
export function isUnitSuffix(suffix: string): boolean {
  const lower = suffix.toLowerCase();
  return units.has(lower) || lower in scales || lower === 'am' || lower === 'pm' || /^(?:st|nd|rd|th)$/.test(lower);
}

/** Lower-case text of a token, empty beyond the ends. */
export function at(tokens: readonly QuantityToken[], index: number): string {
  return tokens[index]?.lower ?? '';
}

/** A plain number of digits, `1,200`, `1 200`, `2.5`; NaN where it is none. */
export function numberOf(text: string): number {
  const clean = /^[-+]?\d{1,3}(?:[, \u00a0'’]\d{3})+(?:\.\d+)?$/.test(text)
    ? text.replace(/[, \u00a0'’]/g, '')
    : text.replace(/^([-+]?\d+),(\d+)$/, '$1.$2');
  return /^[-+]?\d+(?:\.\d+)?$/.test(clean) ? Number(clean) : Number.NaN;
}

export interface Phrase {
  readonly value: number;
  /** The token after it. */
  readonly to: number;
  /** In words, not digits. */
  readonly spelled: boolean;
}

function dozenAt(tokens: readonly QuantityToken[], from: number): Phrase | null {
  if (at(tokens, from) === 'a' && at(tokens, from + 1) === 'dozen') return { value: 12, to: from + 2, spelled: true };
  return at(tokens, from) === 'half' && at(tokens, from + 2) === 'dozen' ? { value: 6, to: from + 3, spelled: true } : null;
}

/** `42`, `forty-two`, the `a` of `a hundred`: what a number phrase begins with. */
function leadAt(tokens: readonly QuantityToken[], from: number): Phrase | null {
  const first = tokens[from];
  if (first?.kind === 'number') return { value: numberOf(first.raw), to: from + 1, spelled: false };
  if (first?.kind !== 'word') return null;
  const value = Object.hasOwn(small, first.lower) ? small[first.lower] : undefined;
  if (value !== undefined && first.lower !== 'one') {
    const next = small[at(tokens, from + 1)];
    const joined = value >= 20 && value % 10 === 0 && next !== undefined && next > 0 && next < 10;
    return joined ? { value: value + next, to: from + 2, spelled: true } : { value, to: from + 1, spelled: true };
  }
  const scale = at(tokens, from + 1);
  const scaled = (first.lower === 'a' || first.lower === 'one') && scale.length > 1 && Object.hasOwn(scales, scale);
  return scaled || first.lower === 'one' ? { value: 1, to: from + 1, spelled: true } : null;
}

/** The number phrase that starts at `from`, or null. */
export function numberPhrase(tokens: readonly QuantityToken[], from: number): Phrase | null {
  const lead = leadAt(tokens, from);
  if (lead === null || Number.isNaN(lead.value)) return dozenAt(tokens, from);
  let { value, to } = lead;
  if (at(tokens, to) === 'and' && at(tokens, to + 1) === 'a' && at(tokens, to + 2) === 'half') {
    value += 0.5;
    to += 3;
  }
  while (Object.hasOwn(scales, at(tokens, to))) {
    value *= scales[at(tokens, to)] ?? 1;
    to++;
    const rest = at(tokens, to) === 'and' ? to + 1 : to;
    const more = small[at(tokens, rest)];
    if (lead.spelled && more !== undefined) {
      value += more;
      to = rest + 1;
    }
  }
  return { value, to, spelled: lead.spelled };
}

/** The quantity that tokens `[from, to)` say. */
export function make(
  tokens: readonly QuantityToken[],
  dimension: Dimension,
  value: number,
  raw: number,
  from: number,
  to: number,
  unit = '',
): Quantity {
  const text = tokens
    .slice(from, to)
    .map((token) => token.raw)
    .join(' ');
  return { dimension, value, raw, unit, from, to, text };
}
