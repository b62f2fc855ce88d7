/** Which words of a statement are denied or put second: `not Y`, `X over Y`, `Y is gone`, `X instead of Y`. */
import type { QuantityToken } from './numbers.js';

const set = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Deny what follows, up to the end of the clause. */
const before = set(
  `not no never none nobody nothing neither nor without cannot avoid avoids forbid forbids ban bans stop stopped refuse refuses skip exclude
  excludes excluding except hate hates loathes loathe dislike dislikes replaces replaced replacing dropped abandoned unlike hardly refrain lack lacks
  lost minus omit`,
);
/** Deny what went before in the clause. */
const after = set(
  `forbidden banned prohibited disallowed removed dropped gone abolished cancelled canceled withdrawn discontinued retired disabled off
  superfluous unnecessary closed dissolved unwanted wrong taboo optional denied rejected refused excluded superseded obsolete deprecated
  scrapped stopped ended lifted switched-off irrelevant impossible unavailable`,
);
/** Put what follows second: `X over Y`, `better than Y`, `instead of Y`. */
const second = set('over than instead rather versus');
const ends = set('but yet while whereas because since so if when once for in on');

function opensSecond(tokens: readonly QuantityToken[], i: number): boolean {
  const lower = tokens[i]?.lower ?? '';
  if (!second.has(lower)) return false;
  const next = tokens[i + 1];
  const more = tokens[i - 1]?.lower ?? '';
  if (lower === 'than' && (more === 'more' || more === 'less' || more === 'other' || more === 'longer')) return false;
  return next !== undefined && next.kind !== 'number' && next.kind !== 'sign';
}

function isStop(token: QuantityToken): boolean {
  return token.kind === 'sign' && /^[.;:!?,()–—→]$/u.test(token.raw);
}

/** 1 for each token that is denied or put second, else 0; a double negation in one clause cancels itself out. */
export function polarityOf(tokens: readonly QuantityToken[]): Uint8Array {
  const denied = new Uint8Array(tokens.length);
  let start = 0;
  let open = false;
  let weak = false;
  tokens.forEach((token, i) => {
    const { lower } = token;
    if (isStop(token)) {
      start = i + 1;
      open = false;
    } else if (before.has(lower) && !(lower === 'no' && tokens[i + 1]?.lower === 'longer')) {
      open = !open;
      weak = false;
    } else if (opensSecond(tokens, i)) {
      open = true;
      weak = true;
    } else if (after.has(lower) || (lower === 'longer' && tokens[i - 1]?.lower === 'no')) {
      for (let k = start; k < i; k++) denied[k] = 1 - (denied[k] ?? 0);
      if (lower === 'longer') open = true;
    } else if (open && ends.has(lower) && (weak || lower === 'but' || lower === 'because' || lower === 'since')) {
      open = false;
    } else if (open) {
      denied[i] = 1;
    }
  });
  return denied;
}

const upper = set('above over more exceeds exceeding least minimum min beyond longer older larger greater from after');
const lowerBound = set('below under less most maximum max within until up fewer shorter smaller capped cap limit before');

/** 1 where a number is a lower bound (`at least 5`), -1 where an upper one (`up to 5`), 0 where it is neither. */
export function boundOf(tokens: readonly QuantityToken[], from: number): number {
  for (let i = from - 1; i >= Math.max(0, from - 3); i--) {
    const token = tokens[i];
    if (token === undefined || isStop(token)) return 0;
    if (token.raw === '>' || token.raw === '≥' || upper.has(token.lower)) return 1;
    if (token.raw === '<' || token.raw === '≤' || lowerBound.has(token.lower)) return -1;
  }
  return 0;
}

const changes =
  /\b(?:no longer|any ?more|from now on|used to|instead of|moved|switched|switches|replaced?s?|thrown out|taken out|get rid|got rid|gave up|given up|dropped|abolished|withdrawn|withdrew|is (?:out|over|gone|off)|as of|by now|these days|nowadays|now|turned out|after all|changed|raised|lowered|cut (?:down|back)|reduced|increased|extended|shortened|went back|back (?:to|in)|ended|stopped|retired|dissolved|cancell?ed|postponed|brought forward|came round|come round|lifted|has been|have been|was (?:removed|dropped|moved|replaced|switched|closed|lifted|withdrawn|renamed)|new|since (?:the|v|january|february|march|april|may|june|july|august|september|october|november|december|\d)|became|obsolete|superfluous|history|meanwhile|in the meantime|again|already|stays|not .{1,30} (?:any more|after all)|rather than|until recently|formerly|previously|originally|let's|will be)\b/gu;

/** Phrases that tell of a change, in lower-case text. */
export function changesIn(text: string): number {
  return text.match(changes)?.length ?? 0;
}
