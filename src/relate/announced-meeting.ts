/** An announcement that is read and a statement that may be about it: the old value, and how much of their words they share. */
import type { Announcement } from '../signals.js';
import type { Analysis } from './analyze.js';
import type { Reader } from './judge.js';
import { type Clash, findClash, findNamed, isOtherOld, type Named, type Rarity, sharedPlaces, telling } from './old-value.js';

/** An announcement, read once. */
export interface Told {
  readonly announcement: Announcement;
  readonly core: Analysis;
  readonly said: Analysis;
  readonly wide: Analysis;
  readonly heard: Analysis;
  readonly near: Analysis;
  readonly gone: readonly Analysis[];
  readonly fresh: readonly Analysis[];
}

/** What a statement and an announcement have in common. */
export interface Meeting {
  readonly own: Analysis;
  readonly told: Told;
  readonly named: Named | null;
  readonly clash: Clash | null;
  readonly wide: boolean;
  /** Places in `content` of the statement that the announcement has too, the old value included. */
  readonly shared: ReadonlySet<number>;
  /** Weight of what they share besides a bare old value. */
  readonly backing: number;
  /** Weight of what only the agent's words before share with the statement. */
  readonly context: number;
  /** Weight of what they share, as a share of the statement. */
  readonly coverage: number;
  readonly whole: number;
}

/** "Tell Bo too that ...": who is to be told says nothing about the change. */
const passedOn = /\b(?:tell|remind|inform|note|remember|mention|write down|let \S+ know)(?: \w+){0,4}? that\b/giu;

/** Reads all that an announcement says, once for all statements. */
export function readTold(announcement: Announcement, { read }: Reader): Told {
  const told = (text: string) => read(text.replace(passedOn, ' '));
  return {
    announcement,
    core: told(announcement.core),
    said: told(announcement.text),
    wide: told(announcement.wide),
    near: read(announcement.near),
    heard: read(announcement.heard.slice(-400)),
    gone: announcement.gone.map(read),
    fresh: [...announcement.fresh, ...announcement.wideFresh].map(read),
  };
}

function weigh(own: Analysis, places: Iterable<number>, rarity: Rarity): number {
  let sum = 0;
  for (const i of places) {
    const token = own.tokens[own.content[i] ?? -1];
    if (token !== undefined) sum += telling(token, rarity);
  }
  return sum;
}

/** True where the old value is one word, however often it stands there. */
export function isOneValue(own: Analysis, { words }: Named): boolean {
  return new Set([...words].map((i) => own.tokens[own.content[i] ?? -1]?.concept)).size === 1;
}

/** What the two have in common; null where the statement holds no value that the change is about. */
export function meet(own: Analysis, told: Told, reader: Reader, rarity: Rarity): Meeting | null {
  const { announcement } = told;
  const named = findNamed(own, told, reader, rarity);
  const inText = sharedPlaces(own, told.said, reader);
  const inWide = announcement.wide === announcement.text ? inText : sharedPlaces(own, told.wide, reader);
  // One word that is the old value says nothing about the subject.
  const bare = named !== null && isOneValue(own, named) ? named.words : new Set<number>();
  const besides = (places: ReadonlySet<number>) =>
    weigh(
      own,
      [...places].filter((i) => !bare.has(i)),
      rarity,
    );
  const [near, far] = [besides(inText), besides(inWide)];
  const wide = announcement.wide !== announcement.text && (announcement.halves || far > near + 0.25);
  const clash = findClash(own, told.fresh, wide ? told.wide : told.said, reader);
  if (named === null && (clash === null || isOtherOld(own, told.gone))) return null;
  const shared = new Set([...(wide ? inWide : inText), ...(named?.words ?? [])]);
  const whole = weigh(own, own.content.keys(), rarity);
  const context = weigh(
    own,
    [...sharedPlaces(own, told.heard, reader)].filter((i) => !shared.has(i)),
    rarity,
  );
  const coverage = whole === 0 ? 0 : weigh(own, shared, rarity) / whole;
  return { own, told, named, clash, wide, shared, context, whole, coverage, backing: wide ? far : near };
}
