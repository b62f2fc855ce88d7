/** Of many sentences about one thing, the one that tells best what they have in common. */
import { type Lexis, sentencesOf } from './lexis.js';

export interface Candidate<T> {
  readonly session: string;
  readonly text: string;
  readonly from: T;
}

export interface Told<T> {
  readonly sentence: string;
  readonly score: number;
  /** True where it says why, or what has to be, in so many words. */
  readonly explains: boolean;
  readonly from: T;
}

/** Sentences that state nothing yet, or nothing that holds elsewhere. */
const unsettled =
  /\?$|^(?:let me|let's|i'll|i will|i'd|i would|i could|i can|i'm going to|first thought|maybe|perhaps|probably|possibly|checking|looking|trying|another try|one more|now the|now for|next|then|i (?:look|check|try|search|read|see))\b|\b(?:maybe|perhaps|might|probably|could be|i think|i guess|i wonder|not sure|what if)\b/iu;

/** Words by which a sentence says why, or what has to be. */
const explaining =
  /\b(?:because|since|so that|needs?|has to|have to|had to|must|only|without|otherwise|wants?|expects?|requires?|instead|until|unless|never|always|not|cause)\b|n't\b|: /iu;

const shortest = 24;
const longest = 260;

/** What one run names and no other: ids, hashes, long numbers, tickets, codes. */
const particular =
  /\([A-Z]{2,5}\)|\b(?=\w*[A-Z])(?=\w*\d)[A-Z\d]{4,}\b|\b[0-9a-f]{7,}\b|\b[A-Z]{2,}-\d+\b|#\d+|\b\d{3,}\b|\b\d{1,2}:\d\d\b/gu;

/**
 * The sentences of `candidates` by how well they tell what their sessions share, best first: the weight of their words that other sessions
 * use as well, against the weight of all their words. `about` are stems that must not be missing altogether (what was done, what failed).
 */
export function tellingSentences<T>(candidates: readonly Candidate<T>[], lexis: Lexis, about: ReadonlySet<string>): readonly Told<T>[] {
  const bySession = new Map<string, Set<string>>();
  for (const { session, text } of candidates) {
    const stems = bySession.get(session) ?? new Set<string>();
    for (const stem of lexis.stems(text)) stems.add(stem);
    bySession.set(session, stems);
  }
  const counts = new Map<string, number>();
  for (const stems of bySession.values()) for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const others = (session: string, stem: string): number => {
    const own = bySession.get(session)?.has(stem) === true ? 1 : 0;
    return ((counts.get(stem) ?? 0) - own) / Math.max(1, bySession.size - 1);
  };
  return candidates
    .flatMap(({ session, text, from }) => sentencesOf(text).map((sentence) => ({ session, sentence, from })))
    .filter(
      ({ sentence }) => !sentence.includes('**') && sentence.length >= shortest && sentence.length <= longest && !unsettled.test(sentence),
    )
    .map(({ session, sentence, from }) => {
      const stems = [...lexis.stems(sentence)];
      const all = stems.reduce((sum, stem) => sum + lexis.weight(stem), 0);
      const shared = stems.reduce((sum, stem) => sum + lexis.weight(stem) * others(session, stem), 0);
      const ids = sentence.match(particular)?.length ?? 0;
      const names = stems.some((stem) => about.has(stem)) ? 0.08 : 0;
      const explains = explaining.test(sentence);
      return { sentence, from, explains, score: ((shared / (all + 9)) * (explains ? 1.25 : 1) + names) * 0.6 ** ids };
    })
    .toSorted((a, b) => b.score - a.score || (a.sentence < b.sentence ? -1 : 1));
}
