/**
 * The words of all sessions and how telling each is: a word that stands in every session tells nothing, one that a few share tells what
 * they have in common. Weights are inverse session frequencies, so that one long session weighs no more than a short one.
 */

/** Stems of the words of a text; the form is the caller's, the same for all. */
export type Stemmer = (lower: string) => string;

const stopWords = new Set(
  `a an and are as at be been being but by can could did do does doing done for from get gets go goes going got had has have having he her here him his how i if in into is it its it's just let like
  me more most my no not now of off ok okay on one only or our out over own please same she should so some still such than that the their them then there these they thing this those through to too under up us use used uses using very
  was way we well were what when where which while who why will with would yes yet you your i'll i'm i've don't doesn't didn't isn't won't can't let's that's there's it'll we're you're also again back first time new see look looks
  make makes made need needs want run runs ran running work works worked file files line lines code set add added adds try tried change changes changed check again two three once first both all any each every done`.split(
    /\s+/u,
  ),
);

const wordPattern = /[\p{L}_$][\p{L}\p{N}_$]*(?:[-.:/][\p{L}_$][\p{L}\p{N}_$]*)*/gu;

/** Lower-case words of a text, names with their inner signs whole and in parts. */
export function wordsOf(text: string): readonly string[] {
  return (text.match(wordPattern) ?? []).flatMap(withParts);
}

function withParts(word: string): readonly string[] {
  const lower = word.toLowerCase();
  const parts = lower.split(/[-.:/_$]+/u).filter((part) => part.length > 1);
  return parts.length > 1 ? [lower, ...parts] : [lower];
}

/** Words whose stems are remembered: short ones, which come again most and are no windows onto a whole text in memory. */
const rememberedLength = 12;
const maxRemembered = 100_000;

export class Lexis {
  readonly #stem: Stemmer;
  readonly #counts = new Map<string, number>();
  readonly #known = new Map<string, readonly string[]>();
  #norms = new WeakMap<ReadonlySet<string>, number>();
  #sessions = 0;

  constructor(stem: Stemmer) {
    this.#stem = stem;
  }

  /** Counts a session's words, each once. */
  count(texts: readonly string[]): void {
    this.#sessions += 1;
    this.#norms = new WeakMap();
    for (const stem of this.stems(texts.join('\n'))) this.#counts.set(stem, (this.#counts.get(stem) ?? 0) + 1);
  }

  /** Stems without stop words, each once, in order of first use. */
  stems(text: string): ReadonlySet<string> {
    const stems = new Set<string>();
    for (const word of text.match(wordPattern) ?? []) for (const stem of this.#stemsOf(word)) stems.add(stem);
    return stems;
  }

  #stemsOf(word: string): readonly string[] {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    const stems = withParts(word).flatMap((part) => (stopWords.has(part) || part.length < 2 ? [] : [this.#stem(part)]));
    if (word.length <= rememberedLength && this.#known.size < maxRemembered) this.#known.set(word, stems);
    return stems;
  }

  /** 0 for a word of every session, rising to about ln(sessions) for one of a single session; 0 for a word of none. */
  weight(stem: string): number {
    const count = this.#counts.get(stem) ?? 0;
    return count === 0 ? 0 : Math.log((this.#sessions + 1) / (count + 0.5));
  }

  /** Sessions that use the word. */
  sessionsWith(stem: string): number {
    return this.#counts.get(stem) ?? 0;
  }

  /** Cosine of two sets of stems under the weights, 0 to 1; the sets must not change afterwards. */
  cosine(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
    let dot = 0;
    const [fewer, more] = a.size <= b.size ? [a, b] : [b, a];
    for (const stem of fewer) if (more.has(stem)) dot += this.weight(stem) ** 2;
    const norm = this.#norm(a) * this.#norm(b);
    return norm === 0 ? 0 : dot / norm;
  }

  #norm(stems: ReadonlySet<string>): number {
    const known = this.#norms.get(stems);
    if (known !== undefined) return known;
    let sum = 0;
    for (const stem of stems) sum += this.weight(stem) ** 2;
    this.#norms.set(stems, Math.sqrt(sum));
    return Math.sqrt(sum);
  }
}

const abbreviation = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|approx|resp|incl|no|nr|dr|mr|mrs|ms|st|ca|cf|[a-z])\.$/iu;

/** Signs before the end among which `abbreviation` finds all that it could find. */
const abbreviated = 12;

/** The sentences of prose, verbatim and trimmed; code blocks are left out. A line of a list is a sentence of its own. */
export function sentencesOf(text: string): readonly string[] {
  const sentences: string[] = [];
  for (const line of text.replace(/```[\s\S]*?(?:```|$)/gu, '\n').split('\n')) {
    let from = 0;
    const bare = line.replace(/^\s*(?:[-*+>]|\d+[.)])\s+/u, '').trim();
    for (const stop of bare.matchAll(/(?<![.!?])[.!?]+["')\]`\u201d]*(?=\s|$)/gu)) {
      const to = stop.index + stop[0].length;
      if (stop[0] === '.' && abbreviation.test(bare.slice(Math.max(from, to - abbreviated), to))) continue;
      const sentence = bare.slice(from, to).trim();
      if (sentence !== '') sentences.push(sentence);
      from = to;
    }
    const rest = bare.slice(from).trim();
    if (rest !== '') sentences.push(rest);
  }
  return sentences;
}
