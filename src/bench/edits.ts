/** Edits of a text as people and agents make them when they write the same thing down again. */
import { canFront, type Proposition, plainWording, say, withLess, withMore } from './proposition.js';
import { pick, type Random } from './words.js';

type Edit = (proposition: Proposition, random: Random) => string;

const contractions: readonly (readonly [RegExp, string])[] = [
  [/\bdo not\b/u, "don't"],
  [/\bdoes not\b/u, "doesn't"],
  [/\bmust not\b/u, "mustn't"],
  [/\bshould not\b/u, "shouldn't"],
  [/\bis not\b/u, "isn't"],
  [/\b(there|it|that) is\b/u, "$1's"],
];

/** By name; each gives a text that differs from the plain one, or the plain one where there is nothing to edit. */
const edits = {
  case: (proposition) => say(proposition, plainWording).toLowerCase(),
  punctuation: (proposition, random) => {
    const text = say(proposition, plainWording);
    return pick([text.slice(0, -1), text.replace(', ', ' - '), text.replaceAll(',', ''), `${text.slice(0, -1)}!`], random);
  },
  typo: (proposition, random) => swapLetters(say(proposition, plainWording), random),
  contraction: (proposition) => {
    const text = say(proposition, plainWording);
    const [from, to] = contractions.find(([pattern]) => pattern.test(text)) ?? [];
    return from === undefined || to === undefined ? text : text.replace(from, to);
  },
  order: (proposition) => say(proposition, { ...plainWording, front: canFront(proposition) }),
  added: (proposition, random) => say(withMore(proposition, random), plainWording),
  dropped: (proposition) => say(withLess(proposition), plainWording),
} as const satisfies Readonly<Record<string, Edit>>;

const editNames = [
  'case',
  'punctuation',
  'typo',
  'contraction',
  'order',
  'added',
  'dropped',
] as const satisfies readonly (keyof typeof edits)[];

/** The text of a proposition after one edit, chosen by chance; never the plain text. */
export function edited(proposition: Proposition, random: Random): string {
  const plain = say(proposition, plainWording);
  const text = edits[pick(editNames, random)](proposition, random);
  return text === plain ? plain.slice(0, -1) : text;
}

/** Two neighbouring letters inside a long word change places; numbers, names with capitals and paths are left alone. */
function swapLetters(text: string, random: Random): string {
  const words = [...text.matchAll(/(?<![\w./-])[a-z]{6,}(?![\w/-])/gu)];
  if (words.length === 0) return text;
  const word = pick(words, random);
  const at = word.index + 1 + Math.floor(random() * (word[0].length - 3));
  return `${text.slice(0, at)}${text.charAt(at + 1)}${text.charAt(at)}${text.slice(at + 2)}`;
}
