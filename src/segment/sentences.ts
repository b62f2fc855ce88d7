/** Where a paragraph may be cut so that every piece can stand alone. When in doubt it is not cut. */
import type { Span } from '../memory.js';

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
/** Longer paragraphs are one statement. */
const longestParagraph = 64 * 1024;

/** A sentence that opens with one of these means something only behind the one before it. */
const leansBack =
  /^[*_"'([]*(?:It|Its|This|That|They|Their|Them|These|Those|He|She|His|Her|Otherwise|So|But|Then|Also|However|Therefore|Thus|Hence|Instead|Because|Which|And|Or|Else|Likewise|Similarly|Consequently|Same|Reason|Why|Exception|For example|For instance|As a result|In that case|In this case|If so|If not|Not)(?![\p{L}\p{N}_])/u;
const abbreviation =
  /(?:^|[\s([*_"])(?:e\.\s?g|i\.\s?e|z\.\s?B|d\.\s?h|u\.\s?a|o\.\s?ä|vs|Dr|Mr|Mrs|Ms|Prof|St|approx|ca|cf|resp|bzw|usw|etc|Fig|Jr|Sr|Inc|Ltd|Co|Corp|al|pp?|vol|ed|Abs|Art|Str|max|min|incl|excl|inkl|est|dept|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Okt|Oct|Nov|Dec|Dez|\p{Lu})\.[*_)"]*\s*$/iu;
const number = /(?:^|[\s(])(?:No|Nr|Nos)\.\s*$/i;
/** `am 3. Februar` */
const dayNumber = /(?:^|\s)\d{1,2}\.\s*$/;
const month =
  /^(?:Jan(?:uary?)?|Feb(?:ruary?)?|Mär|März|Mar|March|Apr|April|Mai|May|Jun[ei]?|Jul[iy]?|Aug(?:ust)?|Sept?(?:ember)?|O[ck]t(?:ober)?|Nov(?:ember)?|De[cz](?:ember)?)(?![\p{L}])/u;
/** A line that starts so would become a heading, a bullet, a quote or a table. */
const blockSign = /^(?:[-+*>#|=~<:]|\d{1,9}[.)]|```)/;

/** UTF-16 spans of the pieces, without the spaces between them; at least one for a text that is not blank. */
export function splitSentences(paragraph: string): readonly Span[] {
  const text = paragraph.replace(/[\r\n\u2028\u2029\u0085]/g, ' ');
  const whole = trimmed(text, 0, text.length);
  if (whole === null) return [];
  if (text.length > longestParagraph) return [whole];
  const depth = nesting(text);
  const pieces: Span[] = [];
  let start = 0;
  for (const { index } of segmenter.segment(text)) {
    if (index === 0 || depth[index] !== 0 || !mayCut(text, start, index)) continue;
    const piece = trimmed(text, start, index);
    if (piece !== null) pieces.push(piece);
    start = index;
  }
  const last = trimmed(text, start, text.length);
  if (last !== null) pieces.push(last);
  return pieces;
}

function mayCut(text: string, start: number, index: number): boolean {
  const before = text.slice(Math.max(start, index - 80), index);
  const after = text.slice(index, index + 40).trimStart();
  if (after === '' || before.trim() === '' || !/(?:\s|[。！？])$/u.test(before)) return false;
  if (!/[\p{L}\p{N}]/u.test(after)) return false;
  if (leansBack.test(after) || blockSign.test(after)) return false;
  if (number.test(before)) return !/^\d/.test(after);
  if (dayNumber.test(before) && month.test(after)) return false;
  return !abbreviation.test(before);
}

function trimmed(text: string, start: number, end: number): Span | null {
  const piece = text.slice(start, end);
  const from = start + piece.length - piece.trimStart().length;
  const to = start + piece.trimEnd().length;
  return to > from ? { start: from, end: to } : null;
}

const closers = new Map([
  [')', '('],
  [']', '['],
  ['）', '（'],
  ['」', '「'],
  ['”', '“'],
]);
const openers = new Set(closers.values());

/** How many brackets, code spans, comments, quotes and bold stretches each character stands in; linear in the text. */
function nesting(text: string): Int32Array {
  const depth = new Int32Array(text.length + 1);
  const mark = (from: number, to: number) => {
    depth[from + 1] = (depth[from + 1] ?? 0) + 1;
    depth[to] = (depth[to] ?? 0) - 1;
  };
  const stack: { readonly sign: string; readonly at: number }[] = [];
  const pairs = new Map<string, number>();
  const last = { tick: text.lastIndexOf('`'), comment: text.lastIndexOf('-->') };
  for (let at = 0; at < text.length; at += 1) {
    const jump = codeOrComment(text, at, last);
    if (jump > at) {
      mark(at, jump);
      at = jump;
      continue;
    }
    const sign = text.charAt(at);
    const opener = closers.get(sign);
    if (openers.has(sign)) stack.push({ sign, at });
    else if (opener !== undefined) closeBracket(stack, opener, at, mark);
    else if (sign === '"' || text.startsWith('**', at)) {
      const from = pairs.get(sign);
      if (from === undefined) pairs.set(sign, at);
      else {
        mark(from, at);
        pairs.delete(sign);
      }
      if (sign === '*') at += 1;
    }
  }
  for (let at = 1; at <= text.length; at += 1) depth[at] = (depth[at] ?? 0) + (depth[at - 1] ?? 0);
  return depth;
}

function closeBracket(
  stack: { readonly sign: string; readonly at: number }[],
  opener: string,
  at: number,
  mark: (from: number, to: number) => void,
): void {
  const top = stack.at(-1);
  if (top?.sign !== opener) return;
  stack.pop();
  mark(top.at, at);
}

/** The last character of a code span or comment that opens at `at`; `at` itself where none does. `last` keeps the search linear. */
function codeOrComment(text: string, at: number, last: { readonly tick: number; readonly comment: number }): number {
  if (text.charAt(at) === '`') return last.tick > at ? text.indexOf('`', at + 1) : at;
  return last.comment >= at + 4 && text.startsWith('<!--', at) ? text.indexOf('-->', at + 4) + 2 : at;
}
