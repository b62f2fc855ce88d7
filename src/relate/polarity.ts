/** Which words of a statement are denied or put second: `not Y`, `X over Y`, `Y is gone`, `X instead of Y`. */
import type { QuantityToken } from './numbers.js';

const set = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Deny what follows, up to the end of the clause. */
const before = set(
  `not no never none nobody nothing neither nor without cannot avoid avoids forbid forbids ban bans stop stopped refuse refuses skip exclude
  excludes excluding except hate hates loathes loathe dislike dislikes replaces replaced replacing dropped abandoned unlike hardly refrain lack lacks
  lost minus omit`,
);
/** After one of `verbs` these deny the whole clause: `request bodies are never logged`. */
const sentence = set('not never');
const verbs = set('is are was were be been may must can could should shall will would has have had might');
/** Deny what went before in the clause. */
const after = set(
  `forbidden banned prohibited disallowed removed dropped gone abolished cancelled canceled withdrawn discontinued retired disabled
  superfluous unnecessary closed dissolved unwanted wrong taboo optional nowhere denied rejected refused excluded superseded obsolete deprecated
  scrapped stopped ended lifted switched-off irrelevant impossible unavailable`,
);
/** `out` and `off` end something only after one of these: `was thrown out`, `is switched off`. */
const ending = set('thrown taken phased struck is are was were been switched turned called written laid signed');
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

function closesBehind(tokens: readonly QuantityToken[], i: number): boolean {
  const lower = tokens[i]?.lower ?? '';
  const last = tokens[i - 1]?.lower ?? '';
  if (after.has(lower)) return true;
  if (lower === 'longer') return last === 'no';
  return (lower === 'out' || lower === 'off' || lower === 'over') && ending.has(last) && tokens[i + 1]?.kind !== 'number';
}

function isStop(token: QuantityToken): boolean {
  return token.kind === 'sign' && /^[.;:!?,()–—→]$/u.test(token.raw);
}

interface Reading {
  /** First token of the clause. */
  start: number;
  /** A denial is open; `weak` where it only puts second. */
  open: boolean;
  weak: boolean;
}

function flip(denied: Uint8Array, from: number, to: number): void {
  for (let k = from; k < to; k++) denied[k] = 1 - (denied[k] ?? 0);
}

/** Reads token `i`: whether it opens a denial, denies what went before, or closes one. Returns true where it did. */
function turn(tokens: readonly QuantityToken[], i: number, at: Reading, denied: Uint8Array): boolean {
  const lower = tokens[i]?.lower ?? '';
  if (before.has(lower) && !(lower === 'no' && tokens[i + 1]?.lower === 'longer')) {
    if (sentence.has(lower) && verbs.has(tokens[i - 1]?.lower ?? '')) flip(denied, at.start, i);
    at.open = !at.open;
    at.weak = false;
    return true;
  }
  if (closesBehind(tokens, i)) {
    flip(denied, at.start, i);
    if (lower === 'longer') at.open = true;
    return true;
  }
  if (opensSecond(tokens, i)) {
    at.open = true;
    at.weak = true;
    return true;
  }
  if (!at.open || !ends.has(lower) || !(at.weak || lower === 'but' || lower === 'because' || lower === 'since')) return false;
  at.open = false;
  return true;
}

/** 1 for each token that is denied or put second, else 0; a double negation in one clause cancels itself out. */
export function polarityOf(tokens: readonly QuantityToken[]): Uint8Array {
  const denied = new Uint8Array(tokens.length);
  const reading: Reading = { start: 0, open: false, weak: false };
  tokens.forEach((token, i) => {
    if (isStop(token)) {
      reading.start = i + 1;
      reading.open = false;
    } else if (!turn(tokens, i, reading, denied) && reading.open) denied[i] = 1;
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

const shifts =
  /\b(?:no longer|any ?more|from now on|used to|instead of|moved (?:from|to|off)|switched (?:to|from|off)|replaced?s?|thrown out|taken out|dropped|abolished|withdrawn|now|nowadays|raised|lowered|cut (?:down|to|back)|reduced|increased|extended|shortened|went back|gone|(?:is|are) out|since (?:the|v?\d|january|february|march|april|may|june|july|august|september|october|november|december)|ended|retired|dissolved|cancell?ed|postponed|renamed|migrated|switched)\b/u;

/** True where lower-case text says outright that something is no longer as it was. */
export function tellsShift(text: string): boolean {
  return shifts.test(text);
}
