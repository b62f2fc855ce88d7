/** When two readings are one claim beyond doubt: rules that were right on every labelled pair they speak of (see the model card). */
import type { Side } from './first-look-pair.js';
import { bit, type WordTable } from './first-look-words.js';

/** What an added clause must not hold to be no more than an addition. */
const reaching =
  bit.negation |
  bit.negative |
  bit.universal |
  bit.obligation |
  bit.permission |
  bit.change |
  bit.condition |
  bit.environment |
  bit.directed |
  bit.quantity |
  bit.sign;
/** The same of a clause that only points somewhere or gives a reason: those may name anything but a change. */
const changing = bit.change | bit.environment;
/** Words that both must have: of fewer, nobody can tell what they are about. */
const leastShared = 3;

function isPlural(x: string, y: string): boolean {
  const [short, long] = x.length < y.length ? [x, y] : [y, x];
  return short.length >= 3 && long.startsWith(short) && (long.length - short.length === 1 ? long.endsWith('s') : long === `${short}es`);
}

/** The common words stand in one order and are the same but for a plural; how many of them tell something, -1 where not so. */
function sharedWords({ reading, match }: Side, other: Side, table: WordTable): number {
  let last = -1;
  let shared = 0;
  for (let i = 0; i < reading.words.length; i++) {
    const j = match[i] as number;
    if (j < 0) continue;
    if (j < last) return -1;
    last = j;
    const [x, y] = [reading.words[i] as number, other.reading.words[j] as number];
    if (x !== y && !isPlural(table.textOf(x), table.textOf(y))) return -1;
    if (((reading.flags[i] as number) & (bit.stop | bit.sign)) === 0) shared++;
  }
  return shared;
}

/** Number of own words that are more than an article, and the place of the first of them. */
function heavy({ reading, own, owns }: Side): { readonly count: number; readonly first: number } {
  let [count, first] = [0, -1];
  for (let k = 0; k < owns; k++) {
    const i = own[k] as number;
    if (((reading.flags[i] as number) & bit.light) !== 0) continue;
    count++;
    if (first < 0) first = i;
  }
  return { count, first };
}

/** All its own words are one clause at its end, set off from what both say, that reaches for nothing in it. */
function onlyAdds({ reading, own, owns }: Side, first: number): boolean {
  const end = reading.words.length;
  let from = owns;
  while (from > 0 && own[from - 1] === end - (owns - from) - 1) from--;
  if (from === owns || (own[from] as number) > first) return false;
  for (let k = 0; k < from; k++) if (((reading.flags[own[k] as number] as number) & bit.light) === 0) return false;
  const start = own[from] as number;
  const opening = reading.flags[start] as number;
  const points = (opening & bit.pointer) !== 0;
  if (!points && (opening & bit.comma) === 0) return false;
  const banned = points ? changing : reaching;
  if (!points && (opening & banned) !== 0) return false;
  for (let i = start + 1; i < end; i++) if (((reading.flags[i] as number) & (banned | bit.stopped)) !== 0) return false;
  return true;
}

/** `either` where neither says more, `stays` where that side does, null where these rules cannot tell. */
export function sameness(goes: Side, stays: Side, table: WordTable): 'either' | 'stays' | null {
  const less = heavy(goes);
  const more = heavy(stays);
  if (less.count > 1 || (less.count === 1 && more.count !== 1)) return null;
  if (sharedWords(goes, stays, table) < leastShared) return null;
  if (less.count === 1) {
    const names = ((goes.reading.flags[less.first] as number) | (stays.reading.flags[more.first] as number)) & (bit.name | bit.code);
    const typo = names === 0 && table.areTypos(goes.reading.words[less.first] as number, stays.reading.words[more.first] as number);
    return typo ? 'either' : null;
  }
  if (more.count === 0) return 'either';
  return onlyAdds(stays, more.first) ? 'stays' : null;
}
