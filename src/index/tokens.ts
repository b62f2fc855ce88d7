/** What of a text is worth looking up: words, identifiers whole and in parts, and numbers with their unit. */

/** Text beyond this is not looked at: a statement that long is a document, and its head tells what it is about. */
const maxLength = 20_000;

const codeSpan = /`([^`\n]{2,200})`/gu;
const word = /[\p{L}\p{N}_@$]+(?:[./\\:@#+_-]+[\p{L}\p{N}_$]+)*/gu;
const quantity = /(?<![\p{L}\p{N}.])(\d+(?:[.,]\d+)*)[ \u00a0]?(%|\p{L}{1,12})?/gu;
const innerSign = /[./\\:@#+_$-]/u;
const letterBesideDigit = /\p{L}\p{N}|\p{N}\p{L}/u;
const camelStep = /(?<=\p{Ll})(?=\p{Lu})/u;
const partBreak = /[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})/u;
/** Scripts that write no spaces: their words are looked up by pairs of characters. */
const spaceless = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]{2,}/gu;

/**
 * The tokens of a text and their weights, each token once, in order of first use. A whole identifier, path or code span weighs 2,
 * a quantity or word 1, a part of an identifier half, so that its parts do not outweigh it.
 */
export function listTokens(text: string): ReadonlyMap<string, number> {
  const tokens = new Map<string, number>();
  const add = (token: string, weight: number): void => {
    if ((tokens.get(token) ?? 0) < weight) tokens.set(token, weight);
  };
  const head = text.slice(0, maxLength).normalize('NFKC');
  for (const [, span = ''] of head.matchAll(codeSpan)) add(`=${span.trim().toLowerCase()}`, 2);
  for (const [token] of head.matchAll(word)) addWord(token, add);
  for (const [, amount = '', unit = ''] of head.matchAll(quantity)) add(`#${amount}${unit.toLowerCase()}`, 1);
  for (const [run] of head.matchAll(spaceless)) {
    const characters = [...run];
    for (const [at, character] of characters.slice(1).entries()) add(`${characters[at]}${character}`, 1);
  }
  return tokens;
}

function addWord(token: string, add: (token: string, weight: number) => void): void {
  const isIdentifier = innerSign.test(token) || letterBesideDigit.test(token) || camelStep.test(token);
  if (!isIdentifier) {
    add(token.toLowerCase(), 1);
    return;
  }
  add(`=${token.toLowerCase()}`, 2);
  for (const part of token.split(partBreak)) if (part.length > 1) add(part.toLowerCase(), 0.5);
}
