/** What two readings differ in, as numbers: which words only one of them has, how telling they are, and what stands in their place. */
import type { Reading } from './first-look-reader.js';
import { sameness } from './first-look-same.js';
import { bit, opposed, rivals, type WordTable } from './first-look-words.js';

/** Names of the numbers, in order. `goes` is the side with less that is its own, `stays` the other. */
export const quickFeatures = [
  'goes own weight',
  'stays own weight',
  'goes weight',
  'stays weight',
  'goes share found',
  'stays share found',
  'goes heaviest own',
  'stays heaviest own',
  'goes own words',
  'stays own words',
  'goes own small words',
  'stays own small words',
  'goes own quantities',
  'stays own quantities',
  'goes own identifiers',
  'stays own identifiers',
  'goes own names',
  'stays own names',
  'goes own negations',
  'stays own negations',
  'goes own denials',
  'stays own denials',
  'goes own universals',
  'stays own universals',
  'goes own modals',
  'stays own modals',
  'goes own changes',
  'stays own changes',
  'goes own conditions',
  'stays own conditions',
  'goes own reasons',
  'stays own reasons',
  'goes own places',
  'stays own places',
  'goes own directions',
  'stays own directions',
  'goes words',
  'stays words',
  'steps back',
  'steps back within clauses',
  'other forms',
  'other words of one concept',
  'stretches only in what stays',
  'added at the end',
  'added at the start',
  'added behind a comma',
  'added from a reason on',
  'stays own sentences',
  'goes uncovered',
  'goes worst covered',
  'stays uncovered',
  'stays worst covered',
  'opposites',
  'rivals',
] as const;
/** Those before the first that needs the meaning of words. */
export const cheapFeatures = quickFeatures.indexOf('goes uncovered');

export interface Difference {
  /** `a` where the second reading is the one that has more of its own. */
  readonly goes: 'a' | 'b';
  /** Equal words in equal order. */
  readonly equal: boolean;
  /** The judge has a guard against what stands in the same place, or acts on no such pair. */
  readonly barred: boolean;
  /** Where the rules of `first-look-same.ts` take them for one claim: whether what stays says more. */
  readonly same: 'either' | 'stays' | null;
}

const count = quickFeatures.length;
const most = 512;
const content = (flags: number) => (flags & (bit.stop | bit.sign | bit.quantity)) === 0;
const modal = bit.obligation | bit.permission;
const place = bit.environment | bit.person | bit.platform;
const coded = bit.identifier | bit.code;
/** What is counted among the own words of a side, in the order of the features from `own small words` on. */
const counted = [
  bit.stop,
  bit.quantity | bit.sign,
  coded,
  bit.name,
  bit.negation,
  bit.negative,
  bit.universal,
  modal,
  bit.change,
  bit.condition,
  bit.reason,
  place,
  bit.directed,
] as const;
/** Similarity, in thousandths, from which the judge takes a name or an identifier for another way to write it. */
const sameThing = 750;
/** Own words beyond which no pair of them is compared: the judge merges no such pair. */
const mostOwn = 24;

/** One reading of a pair: where each of its words is in the other one, -1 for nowhere, and the places of those. */
export interface Side {
  reading: Reading;
  readonly match: Int32Array;
  readonly own: Int32Array;
  owns: number;
  ownWeight: number;
}

/** Compares readings of one table; `row` holds the numbers of the last pair that was neither equal, nor barred, nor the same. */
export function createComparison(table: WordTable): {
  readonly row: Float64Array;
  /** `isWorth` is asked, with the first `cheapFeatures` numbers, whether words shall be compared by meaning; where not, the pair is barred. */
  readonly compare: (a: Reading, b: Reading, isWorth: (row: Float64Array) => boolean) => Difference;
} {
  const { concept, stem, weight, dimension } = table;
  const row = new Float64Array(count);
  let head = new Int32Array(1 << 16);
  const next = new Int32Array(most);
  const side = (): Side => ({ reading: empty, match: new Int32Array(most), own: new Int32Array(most), owns: 0, ownWeight: 0 });
  const first = side();
  const second = side();

  const pair = (a: Reading, b: Reading): void => {
    const [x, y] = [a.words, b.words];
    if (head.length < concept.length) head = new Int32Array(concept.length * 2);
    for (let i = x.length - 1; i >= 0; i--) {
      const c = concept[x[i] as number] as number;
      next[i] = head[c] as number;
      head[c] = i + 1;
      first.match[i] = -1;
    }
    for (let j = 0; j < y.length; j++) {
      const c = concept[y[j] as number] as number;
      const at = head[c] as number;
      second.match[j] = at - 1;
      if (at === 0) continue;
      head[c] = next[at - 1] as number;
      first.match[at - 1] = j;
    }
    for (let i = 0; i < x.length; i++) head[concept[x[i] as number] as number] = 0;
    first.reading = a;
    second.reading = b;
  };
  const collect = (side: Side): void => {
    const { words } = side.reading;
    side.owns = 0;
    side.ownWeight = 0;
    for (let i = 0; i < words.length; i++) {
      if ((side.match[i] as number) >= 0) continue;
      side.own[side.owns++] = i;
      side.ownWeight += weight[words[i] as number] as number;
    }
  };

  /** Similarity in thousandths of an own word to the nearest own word of the other side. */
  const nearest = (word: number, { reading, own, owns }: Side): number => {
    let best = 0;
    for (let k = 0; k < owns; k++) {
      const j = own[k] as number;
      if (!content(reading.flags[j] as number)) continue;
      const made = table.compare(word, reading.words[j] as number) & (opposed - 1);
      if (made > best) best = made;
    }
    return best;
  };
  const holds = (a: number, b: number): boolean => {
    const [x, y] = [table.textOf(a), table.textOf(b)];
    return x !== '' && y !== '' && (x.includes(y) || y.includes(x));
  };
  const clashes = (mask: number, x: Side, y: Side): boolean => {
    let [mine, theirs] = [-1, -1];
    for (let k = 0; k < x.owns; k++) if (((x.reading.flags[x.own[k] as number] as number) & mask) !== 0) mine = x.own[k] as number;
    if (mine < 0) return false;
    for (let k = 0; k < y.owns; k++) if (((y.reading.flags[y.own[k] as number] as number) & mask) !== 0) theirs = y.own[k] as number;
    if (theirs < 0) return false;
    const [word, other] = [x.reading.words[mine] as number, y.reading.words[theirs] as number];
    if (mask === bit.environment) return true;
    if (holds(word, other)) return false;
    return nearest(word, y) < sameThing && nearest(other, x) < sameThing;
  };
  const otherQuantity = (x: Side, y: Side): boolean => {
    for (let k = 0; k < x.owns; k++) {
      const kind = dimension[x.reading.words[x.own[k] as number] as number] as number;
      if (kind === 0) continue;
      for (let l = 0; l < y.owns; l++) if (dimension[y.reading.words[y.own[l] as number] as number] === kind) return true;
    }
    return false;
  };

  /** Sums over the own words of one side, every second number from `at` on. */
  const describe = (side: Side, at: number): void => {
    const { reading, own, owns } = side;
    row[at] = side.ownWeight;
    row[at + 2] = reading.weight;
    row[at + 4] = reading.weight === 0 ? 1 : 1 - side.ownWeight / reading.weight;
    for (let f = at + 6; f < 36; f += 2) row[f] = 0;
    for (let k = 0; k < owns; k++) {
      const i = own[k] as number;
      const flags = reading.flags[i] as number;
      const w = weight[reading.words[i] as number] as number;
      if (w > (row[at + 6] as number)) row[at + 6] = w;
      if (content(flags)) row[at + 8] = (row[at + 8] as number) + 1;
      for (let c = 0; c < counted.length; c++) {
        if ((flags & (counted[c] as number)) !== 0) row[at + 10 + 2 * c] = (row[at + 10 + 2 * c] as number) + 1;
      }
    }
    row[at + 36] = reading.words.length;
  };

  /** Words that both have: how far their order differs, and how many are other forms or other words of one concept. */
  const order = ({ reading, match }: Side, other: Side): void => {
    let [last, back, within, forms, synonyms] = [-1, 0, 0, 0, 0];
    for (let i = 0; i < reading.words.length; i++) {
      const j = match[i] as number;
      if (j < 0) continue;
      const [x, y] = [reading.words[i] as number, other.reading.words[j] as number];
      if (x !== y) {
        if (stem[x] === stem[y]) forms++;
        else synonyms++;
      }
      if (j < last) {
        back++;
        if (((reading.flags[i] as number) & (bit.comma | bit.stopped)) === 0) within++;
      }
      last = j;
    }
    row[38] = back;
    row[39] = within;
    row[40] = forms;
    row[41] = synonyms;
  };
  const cover = (side: Side, other: Side, at: number): void => {
    let [uncovered, worst] = [0, 1000];
    if (side.owns <= mostOwn) {
      for (let k = 0; k < side.owns; k++) {
        const i = side.own[k] as number;
        if (!content(side.reading.flags[i] as number)) continue;
        const word = side.reading.words[i] as number;
        const near = nearest(word, other);
        const w = weight[word] as number;
        uncovered += w * (1 - Math.min(1, near / 600));
        if (w >= 0.4 && near < worst) worst = near;
      }
    } else {
      uncovered = side.ownWeight;
      worst = 0;
    }
    row[at] = uncovered;
    row[at + 1] = worst / 1000;
  };
  const opposites = (x: Side, y: Side): void => {
    let [apart, other] = [0, 0];
    if (x.owns <= mostOwn && y.owns <= mostOwn) {
      for (let k = 0; k < x.owns; k++) {
        const word = x.reading.words[x.own[k] as number] as number;
        for (let l = 0; l < y.owns; l++) {
          const made = table.compare(word, y.reading.words[y.own[l] as number] as number);
          if ((made & opposed) !== 0) apart++;
          else if ((made & rivals) !== 0) other++;
        }
      }
    }
    row[52] = apart;
    row[53] = other;
  };
  /** How the own words of the side that stays lie in it. */
  const added = ({ reading, own, owns }: Side): void => {
    let [stretches, commas, reasons, sentences] = [0, 0, 0, 0];
    for (let k = 0; k < owns; k++) {
      const i = own[k] as number;
      const flags = reading.flags[i] as number;
      if ((flags & bit.stopped) !== 0) sentences++;
      if (k > 0 && own[k - 1] === i - 1) continue;
      stretches++;
      if ((flags & (bit.comma | bit.stopped)) !== 0) commas++;
      if ((flags & bit.reason) !== 0) reasons++;
    }
    row[42] = stretches;
    row[43] = owns > 0 && own[owns - 1] === reading.words.length - 1 ? 1 : 0;
    row[44] = owns > 0 && own[0] === 0 ? 1 : 0;
    row[45] = commas;
    row[46] = reasons;
    row[47] = sentences;
  };

  const equal = (a: Reading, b: Reading): boolean => a.words.length === b.words.length && a.words.every((word, i) => word === b.words[i]);
  const goesFirst = (x: Side, y: Side): boolean =>
    (x.ownWeight - y.ownWeight || x.reading.words.length - y.reading.words.length || x.reading.hash - y.reading.hash) <= 0;

  const compare = (a: Reading, b: Reading, isWorth: (row: Float64Array) => boolean): Difference => {
    if (a.hash === b.hash && equal(a, b)) return { goes: 'a', equal: true, barred: false, same: 'either' };
    if (a.outside || b.outside) return { goes: 'a', equal: false, barred: true, same: null };
    pair(a, b);
    collect(first);
    collect(second);
    const [goes, stays] = goesFirst(first, second) ? [first, second] : [second, first];
    const barred =
      isFarApart(goes, stays) ||
      otherQuantity(goes, stays) ||
      clashes(bit.environment, goes, stays) ||
      clashes(coded, goes, stays) ||
      clashes(bit.name, goes, stays);
    const same = barred ? null : sameness(goes, stays, table);
    const found = { goes: goes === first ? 'a' : 'b', equal: false, barred, same } as const;
    if (barred || same !== null) return found;
    describe(goes, 0);
    describe(stays, 1);
    order(goes, stays);
    added(stays);
    if (!isWorth(row)) return { ...found, barred: true };
    cover(goes, stays, 48);
    cover(stays, goes, 50);
    opposites(goes, stays);
    return found;
  };
  return { row, compare };
}

const empty: Reading = { words: new Int32Array(), flags: new Int32Array(), weight: 0, hash: 0, outside: false };

/** Hardly a telling word of what would go is in what would stay: no pair like that is acted on often enough to be worth a closer look. */
function isFarApart(goes: Side, stays: Side): boolean {
  return goes.reading.weight > 0 && goes.ownWeight / goes.reading.weight > mostOwnShare && stays.ownWeight > 0;
}
const mostOwnShare = 0.8;
