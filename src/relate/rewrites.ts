/**
 * The gate for a text that is to take the place of two statements: it must say all that each of them says and nothing else. What cannot be
 * shown word by word is refused, so that a good text is lost now and then and a bad one never taken. Pure.
 */
import type { Analysis, Token } from './analyze.js';
import type { Reader } from './judge.js';

/** Words by what they mean, everything else to the letter. A denied word is another word. */
export function keyOf(token: Token): string {
  return `${token.denied ? '!' : ''}${isLiteral(token) ? token.raw : token.concept}`;
}

/** What has to stay to the letter: code, numbers, paths, versions. */
export function isLiteral({ kind, code }: Token): boolean {
  return kind !== 'word' || code;
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/));
}

/** Words that only join others or point back at them. Every other small word tells something: `from`, `by`, `or`, `must`, `about`. */
const joining = words('a an the it there and also but is are be do does which');
const punctuation = /^[;:,.()[\]{}–—\-*_"'“”‘’•]$/u;

/** What of a text has to be kept and must not be added: everything but punctuation and words that only join others. */
export function wordsOf(tokens: readonly Token[]): readonly Token[] {
  return tokens.filter((token, at) => {
    if (token.quantity >= 0) return true;
    if (token.kind === 'sign') return !punctuation.test(token.raw);
    return isLiteral(token) || !joining.has(token.lower) || isShouted(token, tokens[at - 1]);
  });
}

/** Capitals that do not begin a sentence: `IT`, `plan A`. */
function isShouted({ raw, lower }: Token, before: Token | undefined): boolean {
  return raw !== lower && raw === raw.toUpperCase() && (raw.length > 1 || (before !== undefined && before.kind !== 'sign'));
}

/** As `keyOf`, but small words and capitals to the letter too, and what is past apart from what is not. */
export function strictKey(token: Token): string {
  const { raw, lower, denied, stop } = token;
  if (isLiteral(token)) return keyOf(token);
  if (stop || /^\p{Lu}{2,}$/u.test(raw)) return `${denied ? '!' : ''}${stop && raw !== raw.toUpperCase() ? lower : raw}`;
  return `${keyOf(token)}${/[^e]ed$/u.test(lower) ? ' (past)' : ''}`;
}

const mostShown = 4;

/** The first few words of a list, for a message. */
export function quoted(tokens: readonly Token[]): string {
  return list(tokens.map(({ raw }) => raw));
}

function list(texts: readonly string[]): string {
  return [...new Set(texts.map((text) => `"${text}"`))].slice(0, mostShown).join(', ');
}

/** Tokens of `from` that `keys` does not have as often; `key` is what the keys were made by. */
export function missing(from: readonly Token[], keys: readonly string[], key: (token: Token) => string = keyOf): readonly Token[] {
  const left = new Map<string, number>();
  for (const one of keys) left.set(one, (left.get(one) ?? 0) + 1);
  return from.filter((token) => {
    const count = left.get(key(token)) ?? 0;
    left.set(key(token), count - 1);
    return count <= 0;
  });
}

/** Steps after which the search for a statement in a text is given up; texts are short, and a refusal loses nothing. */
const mostSteps = 20_000;

/**
 * Whether a statement can be read in the text in its own order. Words of the other statement may stand between two of its words only where
 * all before them, or all after them, is said by the other one too (a shared subject, a shared ending): otherwise what belongs to one
 * could be read as the other's.
 */
function readsInOrder(member: readonly string[], other: ReadonlySet<string>, text: readonly string[]): boolean {
  const sharedUpTo = member.findIndex((key) => !other.has(key));
  const sharedFrom = member.length - [...member].reverse().findIndex((key) => !other.has(key));
  const mayPart = (at: number) => sharedUpTo < 0 || at <= sharedUpTo || at >= sharedFrom;
  let steps = 0;
  const fits = (at: number, from: number): boolean => {
    if (at === member.length) return true;
    for (let place = from; place < text.length; place++) {
      if (++steps > mostSteps) return false;
      if (text[place] === member[at] && fits(at + 1, place + 1)) return true;
      if (at > 0 && !mayPart(at)) return false;
    }
    return false;
  };
  return fits(0, 0);
}

/** Words that reach over what stands around them; how far, only their own sentence tells. */
const reaching = words(`if when whenever unless except only until while once before after during without within provided otherwise because
  since therefore due hence lest so case or nor neither not no never none nobody nothing cannot must shall should may might can could will would
  always all every each any some most many few usually often sometimes mostly first then last instead rather than optional optionally required`);

/** Whether a word among the tokens reaches over what stands around it. */
export function reaches(tokens: readonly Token[]): boolean {
  return tokens.some(({ kind, code, lower }) => kind === 'word' && !code && reaching.has(lower));
}

/** How many words two statements have in common at their beginning. */
function sharedBeginning(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((key, i) => key !== b[i]);
  return at < 0 ? a.length : at;
}

/** Whether each statement stands in a sentence of its own; the second may leave out the beginning that both have. */
function standApart(first: readonly string[], second: readonly string[], tokens: readonly Token[]): boolean {
  const shared = sharedBeginning(first, second);
  const ends = (part: readonly string[], whole: readonly string[]) =>
    whole.length - part.length <= shared && part.every((key, i) => key === whole[whole.length - part.length + i]);
  return tokens.some(({ kind, raw }, at) => {
    if (kind !== 'sign' || !/^[.;]$/.test(raw)) return false;
    const [before, after] = [tokens.slice(0, at), tokens.slice(at + 1)].map((part) => wordsOf(part).map(strictKey));
    if (before === undefined || after === undefined) return false;
    const equal = (whole: readonly string[]) => before.length === whole.length && ends(before, whole);
    return (equal(first) && ends(after, second)) || (equal(second) && ends(after, first));
  });
}

/** Whether a sign or a joining word stands wherever the text goes over from what only one statement says to what only the other says. */
function isJoined(first: ReadonlySet<string>, second: ReadonlySet<string>, tokens: readonly Token[]): boolean {
  const tell = new Set(wordsOf(tokens));
  let last: ReadonlySet<string> | null = null;
  let joined = true;
  for (const token of tokens) {
    const key = strictKey(token);
    if (!tell.has(token)) joined ||= token.kind === 'sign' || /^(?:and|but|which)$/.test(token.lower);
    else if (!first.has(key) || !second.has(key)) {
      const side: ReadonlySet<string> = first.has(key) ? first : second;
      if (last !== null && side !== last && !joined) return false;
      last = side;
      joined = false;
    }
  }
  return true;
}

/** What is no plain word, as it is written: numbers, signs, paths, links, code, questions. */
function literals(text: string): ReadonlySet<string> {
  const chunks = text.split(/\s+/).map((chunk) => chunk.replace(/^[("'“‘]+/u, '').replace(/[.,;:)"'”’]+$/u, ''));
  return new Set(chunks.filter((chunk) => /[^\p{L}\p{M}'’–—-]/u.test(chunk)));
}

/** What is in one text to the letter and not in the other, as far as it is no plain word. */
function literalDifference(members: readonly string[], text: string): string | null {
  const [given, kept] = [new Set(members.flatMap((member) => [...literals(member)])), literals(text)];
  const lost = [...given].filter((one) => !kept.has(one));
  if (lost.length > 0) return `it leaves out ${list(lost)}`;
  const added = [...kept].filter((one) => !given.has(one));
  return added.length > 0 ? `it adds ${list(added)}` : null;
}

/**
 * Why `text` must not take the place of `a` and `b`, as a sentence; null where it may: every word, number, name, path, condition and
 * negation of both is kept, in the order of each, and nothing is added. Where a word could reach from one statement into the other
 * (`if`, `only`, `must`), each of them has to stand in a sentence of its own.
 */
export function refuseRewrite(reader: Pick<Reader, 'read'>, a: string, b: string, text: string): string | null {
  const why = objection([reader.read(a), reader.read(b), reader.read(text)], [a, b, text]);
  return why === null ? null : `A text for both was not taken: ${why}.`;
}

function objection(read: readonly [Analysis, Analysis, Analysis], [a, b, text]: readonly [string, string, string]): string | null {
  if (text.trim() === '' || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return 'it is no single line';
  const [first, second, whole] = [wordsOf(read[0].tokens), wordsOf(read[1].tokens), wordsOf(read[2].tokens)];
  const [firstKeys, secondKeys, keys] = [first.map(strictKey), second.map(strictKey), whole.map(strictKey)];
  for (const member of [first, second]) {
    const lost = missing(member, keys, strictKey);
    if (lost.length > 0) return `it leaves out ${quoted(lost)}`;
  }
  const added = missing(whole, [...firstKeys, ...secondKeys], strictKey);
  if (added.length > 0) return `it adds ${quoted(added)}`;
  const literal = literalDifference([a, b], text);
  if (literal !== null) return literal;
  const [inFirst, inSecond] = [new Set(firstKeys), new Set(secondKeys)];
  if (!readsInOrder(firstKeys, inSecond, keys) || !readsInOrder(secondKeys, inFirst, keys))
    return 'it says things in another order, so that they could mean something else';
  const { tokens } = read[2];
  if (!isJoined(inFirst, inSecond, tokens)) return 'it runs one statement into the other';
  if ((reaches(first) || reaches(second)) && !standApart(firstKeys, secondKeys, tokens))
    return 'a condition, a negation or the like of one could be read as one of the other';
  return null;
}
