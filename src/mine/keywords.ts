/** The words that several texts share and others do not, in the form in which they are most used. */
import { type Lexis, wordsOf } from './lexis.js';

const plainWord = /^\p{L}{4,}$/u;

/**
 * At most `most` words that at least half of `texts` use, and at least two of them, the most telling first; one of each stem. `texts`
 * come one from each session.
 */
export function sharedWords(texts: readonly string[], lexis: Lexis, most: number): readonly string[] {
  const counts = new Map<string, { texts: number; readonly forms: Map<string, number> }>();
  for (const text of texts) {
    const seen = new Set<string>();
    for (const word of wordsOf(text)) {
      const [stem] = plainWord.test(word) ? lexis.stems(word) : [];
      if (stem === undefined) continue;
      const entry = counts.get(stem) ?? { texts: 0, forms: new Map<string, number>() };
      if (!seen.has(stem)) entry.texts += 1;
      seen.add(stem);
      entry.forms.set(word, (entry.forms.get(word) ?? 0) + 1);
      counts.set(stem, entry);
    }
  }
  return [...counts]
    .filter(([, { texts: having }]) => having >= 2 && having * 2 >= texts.length)
    .map(([stem, { texts: having, forms }]) => {
      const [form] = [...forms].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0] ?? [stem];
      return { form, score: lexis.weight(stem) * (having / texts.length) };
    })
    .filter(({ score, form }) => score > 0 && isCommonNoun(form, texts))
    .toSorted((a, b) => b.score - a.score || (a.form < b.form ? -1 : 1))
    .slice(0, most)
    .map(({ form }) => form);
}

/** A name is never written in small letters; what is, somewhere, is a word. */
function isCommonNoun(form: string, texts: readonly string[]): boolean {
  const whole = new RegExp(`(?<!\\p{L})${form}(?!\\p{L})`, 'u');
  return texts.some((text) => whole.test(text));
}
