/**
 * How alike two demands are: by the matter they name, the kind of action they refused, the words of the person and what the agent was about
 * to do. None of these is enough alone; they add up like independent witnesses.
 */
import type { Lexis } from './lexis.js';
import { candidatePairs } from './linkage.js';
import { matters } from './matters.js';
import type { Meaning } from './meaning.js';
import { neighbourhoods } from './neighbourhoods.js';
import type { MiningTools } from './tools.js';
import type { Demand } from './wishes.js';

/** Words of asking, which say how and not what. */
const asking = new Set(
  `want please pls before after never always without ever again only just nothing something anything everything everyone nobody somebody someone must should shall cannot until unless instead rather leave let keep stop wait hold ask tell say said know think mean like time
  thing things way yes no not nope hm hmm argh hey hi hello morning thanks thx sorry sure good great fine nice right wrong okay enough lot bit little much many people person today tomorrow yesterday week month day already really actually still even too also maybe here there where
  when why how dont doesnt didnt isnt wasnt cant wont thats its im ive ill youre theres lets gonna wanna give gives gave get put take took come comes came going whole half part later soon`.split(
    /\s+/u,
  ),
);

/** A word of more than this share of the sessions says nothing. */
const maxShare = 0.25;
const wordFactor = 0.5;
const operationFactor = 0.3;
const disagreement = 0.5;
/** Likeness of meaning below this is chance; what is above it counts up to a limit. */
const chance = 0.18;
const meaningFactor = 1.1;
const maxMeaning = 0.5;

export interface Compared {
  readonly demand: Demand;
  /** Features with how strongly the demand has them, 0 to 1. */
  readonly features: ReadonlyMap<string, number>;
  /** Matters that the person's own words name. */
  readonly matters: readonly string[];
  /** The phrases of the demand, verbatim. */
  readonly said: string;
}

/** Plain words of work that the lexis leaves out, since every session has them; few wishes do. */
const plainWork = /\b(run|check|test|add|change|make|file|line|code|try|set|work)(?:s|ed|ing)?\b/giu;

function isEnforced({ wish }: Demand): boolean {
  return wish.kind === 'refusal' || wish.kind === 'interruption';
}

function put(features: Map<string, number>, key: string, strength: number): void {
  if (strength > (features.get(key) ?? 0)) features.set(key, strength);
}

/** Stems that say what a text is about: no words of asking, no numbers, and the plain words of work that the lexis leaves out. */
export function tellingStems(text: string, lexis: Lexis): readonly string[] {
  const stems = [...lexis.stems(text)].filter((stem) => !asking.has(stem) && !/\d/u.test(stem));
  const plain = [...text.matchAll(plainWork)].map(([, word = '']) => word.toLowerCase());
  return [...new Set([...stems, ...plain])];
}

/** The end of what the agent said: what it was about to do. */
function announcement(before: string): string {
  return before.slice(-280);
}

/** What it means stands in another sentence of the message. */
const leaning = /\b(?:one|it|that|this|them|those|these)\b/iu;

/** How much what was done last tells of what a wish is about. */
const aboutFactor = { refusal: 1, interruption: 0.8, correction: 0.3, request: 0 } as const;

/** What can be compared of a demand; `names` are the persons of the store, whose names say nothing of a matter. */
export function comparedOf(demand: Demand, tools: MiningTools, names: ReadonlySet<string>): Compared {
  const { wish, phrases } = demand;
  const features = new Map<string, number>();
  const words = (text: string, strength: number): void => {
    for (const stem of tellingStems(text, tools.lexis)) if (!names.has(stem)) put(features, `w:${stem}`, strength);
  };
  const said = phrases.map(({ text }) => text).join('\n');
  const { about } = wish;
  const shown = about === null || !isEnforced(demand) ? '' : about.shown;
  words(said, 1);
  words(wish.text, isEnforced(demand) || phrases.some(({ text }) => leaning.test(text)) ? 0.7 : 0.4);
  words(announcement(wish.before), isEnforced(demand) ? 0.25 : 0.15);
  for (const { name, said: pattern, done } of matters) {
    if (pattern.test(said)) put(features, `m:${name}`, 1);
    else if (pattern.test(wish.text)) put(features, `m:${name}`, isEnforced(demand) ? 0.7 : 0.5);
    if (done?.test(`${announcement(wish.before)}\n${shown}`) === true) put(features, `m:${name}`, isEnforced(demand) ? 0.6 : 0.3);
  }
  const factor = aboutFactor[wish.kind];
  if (about !== null && factor > 0) {
    const operation = tools.operations.nameOf(about);
    put(features, `o:${operation}`, factor);
    for (const flag of about.flags) put(features, `f:${operation} | ${flag}`, factor);
  }
  return { demand, features, said, matters: matters.flatMap(({ name, said: pattern }) => (pattern.test(said) ? [name] : [])) };
}

/** In a smaller store a word of every session may still be rare. */
const fewSessions = 20;

function weigh(key: string, spread: { readonly share: number; readonly rarity: number }, purity: Setting['purity']): number {
  if (key.startsWith('m:')) return (matters.find(({ name }) => `m:${name}` === key)?.weight ?? 0) * (1 - spread.share);
  if (key.startsWith('w:')) return spread.share > maxShare ? 0 : wordFactor * Math.max(0, spread.rarity);
  if (key.startsWith('o:')) return key.startsWith('o:edit ') ? 0.05 : operationFactor * (0.3 + purity(key));
  // An option tells what is refused only where the operation is refused more often with it than without.
  const operation = `o:${key.slice(2).split(' | ')[0] ?? ''}`;
  return purity(key) > purity(operation) + 0.15 ? operationFactor * purity(key) : 0;
}

/** Who decides, in three ways of saying it: to ask first, to show first, to leave it to the person. */
export const control: ReadonlySet<string> = new Set(['permission', 'preview', 'theirs']);

function kindsOf(item: Compared | undefined): readonly string[] {
  return (item?.matters ?? []).map((name) => (control.has(name) ? 'control' : name));
}

export interface Setting {
  readonly meaning: Meaning;
  /** Sessions of the store, with or without demands. */
  readonly sessions: number;
  /** How often an operation or option is refused when it is tried, by its feature. */
  readonly purity: (feature: string) => number;
}

/** What sharing a feature says, by the sessions that have it. */
export class Likeness {
  readonly #items: readonly Compared[];
  readonly #meaning: Meaning;
  readonly #weights = new Map<string, number>();
  readonly #postings = new Map<string, number[]>();

  constructor(items: readonly Compared[], setting: Setting) {
    this.#items = items;
    this.#meaning = setting.meaning;
    for (const [at, { features }] of items.entries()) {
      for (const key of features.keys()) {
        const posting = this.#postings.get(key);
        if (posting === undefined) this.#postings.set(key, [at]);
        else posting.push(at);
      }
    }
    const all = Math.max(fewSessions, setting.sessions);
    for (const [key, posting] of this.#postings) {
      const having = new Set(posting.map((at) => items[at]?.demand.session.id)).size;
      this.#weights.set(
        key,
        weigh(key, { share: having / all, rarity: Math.log((all + 1) / (having + 0.5)) / Math.log(all + 1) }, setting.purity),
      );
    }
  }

  weightOf(feature: string): number {
    return this.#weights.get(feature) ?? 0;
  }

  /** 0 to 1, symmetric. What one session says twice is no second witness. */
  of(a: number, b: number): number {
    const [x, y] = [this.#items[a], this.#items[b]];
    if (x === undefined || y === undefined) return 0;
    const alike = this.#meaning.similarity(x.said, y.said) - chance;
    let doubt = 1 - Math.min(maxMeaning, Math.max(0, alike) * meaningFactor);
    for (const [key, strength] of x.features) {
      const other = y.features.get(key);
      if (other !== undefined) doubt *= 1 - this.weightOf(key) * Math.min(strength, other);
    }
    const likeness = 1 - doubt;
    const apart = this.#disagree(a, b) || this.#items[a]?.demand.session === this.#items[b]?.demand.session;
    return apart ? likeness * disagreement : likeness;
  }

  /** True where both name a matter of their own and have none in common: one tool can be refused for two reasons. */
  #disagree(a: number, b: number): boolean {
    const [x, y] = [kindsOf(this.#items[a]), kindsOf(this.#items[b])];
    return x.length > 0 && y.length > 0 && !x.some((name) => y.includes(name));
  }

  /** Pairs that share a feature that says something, or that stand near each other in meaning; see `candidatePairs` for the bound. */
  pairs(): ReadonlyMap<number, ReadonlySet<number>> {
    const telling = [...this.#postings].filter(([key]) => this.weightOf(key) > 0.12).map(([, posting]) => posting);
    return candidatePairs([...telling, ...neighbourhoods(this.#items.map(({ said }) => this.#meaning.vectorOf(said)))]);
  }
}
