/** Stretches of one side that stand where the other side has something else. */
import type { Hunk } from './align.js';
import { type Analysis, meanVector, type Token } from './analyze.js';
import type { FeatureWriter } from './feature-writer.js';
import { cosine } from './lexemes.js';
import { isContent } from './side-features.js';

type Sort = 'quantity' | 'name' | 'code' | 'word' | 'none';

function sortOf(tokens: readonly Token[]): Sort {
  const content = tokens.filter(isContent);
  if (content.length === 0) return 'none';
  if (content.some((token) => token.quantity >= 0)) return 'quantity';
  if (content.some((token) => token.name)) return 'name';
  return content.some((token) => token.kind !== 'word' || token.code) ? 'code' : 'word';
}

/** What kind of thing stands where the other side has something else, and how alike the two are. */
export function writeSwaps(a: Analysis, b: Analysis, hunks: readonly Hunk[], out: FeatureWriter): void {
  const row = {
    swaps: 0,
    swapWords: 0,
    swapNames: 0,
    swapCodes: 0,
    swapQuantities: 0,
    swapMixed: 0,
    swapFirst: 1,
    swapLast: 0,
    swapCos: 1,
    swapSubject: 0,
  };
  const endA = a.subjectEnd;
  const endB = b.subjectEnd;
  let sum = 0;
  let compared = 0;
  for (const hunk of hunks) {
    const mine = a.tokens.slice(hunk.a[0], hunk.a[1]);
    const theirs = b.tokens.slice(hunk.b[0], hunk.b[1]);
    const x = sortOf(mine);
    const y = sortOf(theirs);
    if (x === 'none' || y === 'none') continue;
    row.swaps++;
    if (x !== y) row.swapMixed++;
    else if (x === 'word') row.swapWords++;
    else if (x === 'name') row.swapNames++;
    else if (x === 'code') row.swapCodes++;
    else row.swapQuantities++;
    const place = (hunk.a[0] / Math.max(1, a.tokens.length) + hunk.b[0] / Math.max(1, b.tokens.length)) / 2;
    row.swapFirst = Math.min(row.swapFirst, place);
    row.swapLast = Math.max(row.swapLast, place);
    if (hunk.a[0] < endA && hunk.b[0] < endB) row.swapSubject++;
    const all = (tokens: readonly Token[]) => tokens.map((_, index) => index);
    const left = meanVector(mine, all(mine));
    const right = meanVector(theirs, all(theirs));
    if (left !== null && right !== null) {
      const near = cosine(left, right);
      row.swapCos = Math.min(row.swapCos, near);
      sum += near;
      compared++;
    }
  }
  for (const [name, value] of Object.entries(row)) out.add(name, value);
  out.add('swapMean', compared === 0 ? 1 : sum / compared);
}
