/**
 * Whose claim a statement is: "Mira: the check is free", "Jonas says that ...", "According to Petra, ...", "... (Dol)". Two persons who say
 * different things of one matter do not change each other's facts, so the judge keeps them apart; but both cannot be right, and somebody
 * has to say who is. What persons like or want for themselves is no claim.
 */
import type { Side, Verdict } from '../memory.js';
import type { Judge } from './judge.js';

export interface Attribution {
  readonly person: string;
  /** The claim itself. */
  readonly claim: string;
}

const name = String.raw`(\p{Lu}\p{Ll}[\p{L}'’-]{0,30})`;
const claims = 'says|said|insists|holds|reckons|plans|claims|thinks|maintains|believes|argues|states|tells [^.,:;]{1,40}? that';

/** `bare`: nothing but the name tells of a person, which may be a product as well. */
const patterns: readonly { readonly pattern: RegExp; readonly person: number; readonly claim: number; readonly bare: boolean }[] = [
  { pattern: new RegExp(`^${name}: (\\S.{5,})$`, 'u'), person: 1, claim: 2, bare: true },
  { pattern: new RegExp(`^${name} (?:${claims}) (?:that )?(\\S.{5,})$`, 'u'), person: 1, claim: 2, bare: false },
  { pattern: new RegExp(`^According to ${name},? (\\S.{5,})$`, 'u'), person: 1, claim: 2, bare: false },
  { pattern: new RegExp(`^(\\S.{5,}?) \\(${name}\\)\\.?$`, 'u'), person: 2, claim: 1, bare: true },
];

/** Null where nobody is named as the one who says so; a bare name has to be one of `persons`. One line of text. */
export function attributionOf(text: string, persons: ReadonlySet<string>): Attribution | null {
  for (const { pattern, person, claim, bare } of patterns) {
    const match = pattern.exec(text.trim());
    const [who, what] = [match?.[person], match?.[claim]];
    if (who !== undefined && what !== undefined && (!bare || persons.has(who))) return { person: who, claim: what };
  }
  return null;
}

/** What persons do and things mostly do not. */
const acts = new RegExp(
  `(?<![\\p{L}\\p{N}])${name} (?:says|said|wants|wanted|prefers|likes|hates|dislikes|insists|thinks|believes|reckons|told|tells|asked|asks|decided|argues|lives|speaks|joined)\\b`,
  'gu',
);
/** Names that the texts treat as persons, and those of `known`. */
export function personsIn(texts: readonly string[], known: readonly string[]): ReadonlySet<string> {
  return new Set([...known, ...texts.flatMap((text) => [...text.matchAll(acts)].map((match) => match[1] ?? ''))]);
}

/** The claims of two different persons, null where it is not that. */
export function rivalClaims(a: string, b: string, persons: ReadonlySet<string>): readonly [Attribution, Attribution] | null {
  const [first, second] = [attributionOf(a, persons), attributionOf(b, persons)];
  return first === null || second === null || first.person === second.person ? null : [first, second];
}

/** From this probability on two claims count as contradicting each other; a person looks at it, nothing is done alone. */
const leastRival = 0.5;

/** The same judge, which also compares the bare claims of two persons: a contradiction between them is one to report, and never settled by time. */
export function withRivalClaims(judge: Judge, persons: ReadonlySet<string>): Judge {
  return {
    ...judge,
    persons,
    judge: (a, b) => reportRivals(judge, persons, [a, b], judge.judge(a, b)),
    judgeAll:
      judge.judgeAll === null
        ? null
        : async (pairs, signal) => {
            const verdicts = (await judge.judgeAll?.(pairs, signal)) ?? [];
            return verdicts.map((verdict, at) => {
              const [a, b] = pairs[at] ?? [];
              return a === undefined || b === undefined ? verdict : reportRivals(judge, persons, [a, b], verdict);
            });
          },
  };
}

function reportRivals(judge: Judge, persons: ReadonlySet<string>, [a, b]: readonly [Side, Side], verdict: Verdict): Verdict {
  const rivals = rivalClaims(a.text, b.text, persons);
  if (rivals === null) return verdict;
  if (verdict.relation === 'conflict') return undecided(rivals, verdict);
  if (verdict.relation !== 'distinct') return verdict;
  const claims = judge.judge({ ...a, text: rivals[0].claim }, { ...b, text: rivals[1].claim });
  return claims.relation === 'conflict' && claims.confidence >= leastRival ? undecided(rivals, claims) : verdict;
}

/** A conflict between two persons: both sides stay until somebody says who is right. */
export function undecided([first, second]: readonly [Attribution, Attribution], verdict: Verdict): Verdict {
  const reason = `${first.person} and ${second.person} say different things: ${verdict.reason}`;
  return { ...verdict, relation: 'conflict', keep: 'none', ambiguous: true, reason };
}
