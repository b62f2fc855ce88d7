/** What a way of working is for, and what persons said of its order: in their own words, picked by what several of them share. */
import type { Wish } from '../signals.js';
import { type Lexis, sentencesOf } from './lexis.js';
import type { Passage } from './routes.js';
import type { MiningTools } from './tools.js';

export interface Quote {
  readonly session: string;
  readonly wish: Wish;
  readonly text: string;
  readonly score: number;
}

const maxGoal = 100;
const maxRule = 130;
const leastRule = 1.6;

/** What the person had asked for before any of the steps was done, well or not: the last two messages. */
export function requestsOf({ run, at }: Passage): readonly Wish[] {
  const steps = new Set(at.map((index) => run.done[index]?.item ?? null));
  const first = run.done.find(({ item }) => item !== null && steps.has(item)) ?? run.done[at[0] ?? 0];
  const line = first?.place.line ?? 0;
  const before = run.session.wishes.filter(({ place }) => place.line < line);
  return before.length > 0 ? before.slice(-2) : run.session.wishes.slice(0, 1);
}

/** Names, numbers and greetings, which belong to one request only. */
const particular = /\b[\p{L}]*\d[\p{L}\d-]*\b|(?<=[\p{L},] )\p{Lu}\p{Ll}+|\b\p{Lu}{2,}\b/gu;

function clausesOf(text: string): readonly string[] {
  return sentencesOf(text).flatMap((sentence) => {
    const parts = sentence.split(/(?<=[,;:])\s+|\s+[\u2013\u2014-]\s+/u).map((part) => part.replace(/[\s,;:.!]+$/u, '').trim());
    return parts.length > 1 ? [sentence.replace(/[\s,;:.!]+$/u, ''), ...parts] : parts;
  });
}

function overlap(part: ReadonlySet<string>, whole: ReadonlySet<string>, lexis: Lexis): number {
  let [shared, all] = [0, 0];
  for (const stem of part) {
    const weight = lexis.weight(stem);
    all += weight;
    if (whole.has(stem)) shared += weight;
  }
  return all === 0 ? 0 : shared / (all + 2);
}

/** Clauses that continue, ask back, tell of the speaker or answer: they name no task. */
const dependent =
  /^(?:and|or|but|so|then|also|that|thats|that's|this|it|he|she|they|which|because|yes|yep|no|ok|okay|sure|fine|thanks|good|great|now|i|i'm|i've|we(?! need| want| have to)|my|from now on|always|never|first|yesterday|last|by the way|of course)\b|\?$|\b(?:i|i'm|i've|me|my) (?!want|need)/iu;

/** Stems that at least two of the requests, and two in five, use. */
function sharedStems(stems: readonly ReadonlySet<string>[], lexis: Lexis): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const set of stems) for (const stem of set) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  return new Set(
    [...counts].filter(([stem, count]) => count >= Math.max(2, 0.4 * stems.length) && lexis.weight(stem) > 0.7).map(([stem]) => stem),
  );
}

/**
 * The clause of a person's request that says best what all of them are about: by its words and its meaning against the other requests.
 * Null where they have nothing in common. `about` are stems of the steps themselves.
 */
export function goalOf(passages: readonly Passage[], about: ReadonlySet<string>, { lexis, meaning }: MiningTools): Quote | null {
  const requests = passages.map((one) => ({ session: one.run.session.id, wishes: requestsOf(one) }));
  const texts = requests.map(({ wishes }) => wishes.map(({ text }) => text).join('\n'));
  const clauses = texts.map((text) => clausesOf(text).slice(0, 24));
  const stems = texts.map((text) => lexis.stems(text));
  const shared = sharedStems(stems, lexis);
  const likenessOf = (text: string, words: ReadonlySet<string>, own: number): number => {
    let sum = 0;
    for (const [other, set] of stems.entries()) {
      if (other === own) continue;
      const closest = Math.max(0, ...(clauses[other] ?? []).map((clause) => meaning.similarity(text, clause)));
      sum += overlap(words, set, lexis) + 0.6 * closest;
    }
    return sum / Math.max(1, requests.length - 1);
  };
  const scoreOf = (text: string, own: number): number => {
    const words = lexis.stems(text);
    const common = [...words].filter((stem) => shared.has(stem) || about.has(stem)).length;
    if (text.length > maxGoal || words.size < 2 || common === 0 || !/\S\s+\S+\s+\S/u.test(text)) return 0;
    const form = (words.size === 2 ? 0.85 : 1) * (dependent.test(text) ? 0.6 : 1) * 0.7 ** (text.match(particular)?.length ?? 0);
    return (likenessOf(text, words, own) + 0.25 * overlap(words, about, lexis) + 0.1 * Math.min(2, common)) * form;
  };
  const quotes = requests.flatMap(({ session, wishes }, own) =>
    wishes.flatMap((wish) =>
      clausesOf(wish.text).map((clause): Quote => {
        const text = withoutReference(clause);
        return { session, wish, text, score: scoreOf(text, own) };
      }),
    ),
  );
  return strongest(quotes);
}

/** Without the number of a ticket and the like at its ends. */
function withoutReference(text: string): string {
  return text.replace(/^(?:[A-Z]+-\d+|#\d+|[Tt]icket \S*\d\S*)\s*[:,]?\s+(?:is\s+)?|,?\s+(?:[A-Z]+-\d+|#\d+)$/gu, '');
}

/** Words by which a sentence sets an order or a rule. */
const ordering =
  /\b(?:first|then|until|only|always|never|every time|each time|otherwise|or else|from now on|in one|all (?:three|four|of)|the usual way)\b|(?<!\b(?:as|day|days|week|month|time|one|the|ever|long) )\b(?:before|after)\b(?= \w)/giu;
/** What somebody wants for himself is no rule of how it is done. */
const personal = /\b(?:i'd|i would|i'll|i will|i want|i think|i guess|would you|could you|can you)\b/iu;

/** The sentence in which a person says most of the steps and their order; null where nobody does. */
export function ruleOf(
  wishes: readonly { readonly session: string; readonly wish: Wish }[],
  steps: readonly ReadonlySet<string>[],
  lexis: Lexis,
): Quote | null {
  const specific = steps.map((step) => new Set([...step].filter((stem) => !steps.every((other) => other.has(stem)))));
  const quotes = wishes.flatMap(({ session, wish }) =>
    sentencesOf(wish.text)
      .filter((text) => text.length <= maxRule && text.length >= 20)
      .map((text): Quote => {
        const stems = lexis.stems(text);
        const named = specific.filter((step) => [...step].some((stem) => stems.has(stem))).length;
        const ordered = new Set((text.match(ordering) ?? []).map((word) => word.toLowerCase())).size;
        const ids = text.match(/\b[\p{L}]*\d[\p{L}\d-]*\b/gu)?.length ?? 0;
        const tells = named > 1 ? ordered > 0 : named === 1 && ordered > 1;
        return {
          session,
          wish,
          text,
          score: tells && !text.endsWith('?') && !personal.test(text) ? named + 0.6 * Math.min(3, ordered) - 0.7 * ids : 0,
        };
      }),
  );
  const best = strongest(quotes);
  return best !== null && best.score >= leastRule ? best : null;
}

function strongest(quotes: readonly Quote[]): Quote | null {
  return quotes.toSorted((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1))[0] ?? null;
}
