/**
 * What becomes of an answer: it is weighed against what the local judge makes of the pair, and acted on only where no literal guard
 * objects and the two are not too far apart. Nothing that Claude says is taken on trust.
 */
import type { Keep, Relation, Side, Verdict } from '../memory.js';
import { type Case, isOutOfRange, type Judge, keepOf, type Look, likeliest, mirror, probabilitiesOf } from './judge.js';
import { classCount } from './model.js';

/** What Claude says of a pair, in the order of the question's sides. */
export interface Answer {
  readonly relation: Relation;
  readonly keep: Keep;
  /** At most 200 characters on one line: untrusted text. */
  readonly reason: string;
  /** One text for both, not checked yet; null for none. */
  readonly rewrite: string | null;
  /** Of a conflict: the side to keep is the one that was shown as written earlier. Which is later is no matter of opinion. */
  readonly earlier: boolean;
}

export interface PairAnswer {
  /** `questionKey`. */
  readonly key: string;
  readonly answer: Answer;
}

/** How often an answer is wrong in each of the other four ways, as it is weighed; measured answers are right more often. */
const slip = 0.02;
/** Weight of the local judge's log probabilities: it is asked about what it does not know, so it counts for half. */
const trust = 0.5;
/**
 * What the local judge must leave open for an answer to be acted on; measured on nine stores with gold answers, where right answers pass and
 * most wrong ones do not. A merge needs this probability of one claim, a conflict that of a conflict, or that the two are one claim: an old
 * and a new value of one thing look much alike.
 */
const leastMerge = 0.2;
const leastConflict = 0.2;
const oneClaim = 0.5;

function classOf({ relation, keep }: Answer): number {
  if (relation === 'duplicate') return 0;
  if (relation === 'refines') return keep === 'a' ? 1 : 2;
  return relation === 'conflict' ? 3 : 4;
}

/** Probabilities of the five classes after the answer; `classes` are those of the local judge. */
function posterior(classes: Float64Array, answer: Answer): Float64Array {
  const said = classOf(answer);
  const weighed = Float64Array.from({ length: classCount }, (_, k) => (classes[k] ?? 0) ** trust * (k === said ? 1 - 4 * slip : slip));
  const sum = weighed.reduce((total, value) => total + value, 0);
  return weighed.map((value) => value / sum);
}

/** Why an answer is not acted on, as the second half of a sentence; null where nothing speaks against it. `classes` are the local judge's. */
function objection(pair: Case, answer: Answer, classes: Float64Array): string | null {
  if (answer.relation === 'distinct') return null;
  const merge = (classes[0] ?? 0) + (classes[1] ?? 0) + (classes[2] ?? 0);
  if (answer.relation === 'conflict') {
    if (answer.earlier) return 'it names the earlier side as the one that holds';
    return (classes[3] ?? 0) < leastConflict && merge < oneClaim ? otherwise : null;
  }
  if (isOutOfRange(pair)) return 'one of the texts is too long to be sure that nothing is lost';
  const guard = pair.guards.find(({ strength }) => strength === 'block');
  if (guard === undefined) return merge < leastMerge ? otherwise : null;
  return `the texts differ in a way that no paraphrase has (${guard.sides === null ? guard.reason : guard.sides.join(' against ')})`;
}

const otherwise = 'the local judge sees it quite otherwise';

/**
 * The verdict on a pair that Claude has answered, `answer` in the order of `a` and `b`. The relation is the best guess also where it is not
 * acted on. Deterministic and pure.
 */
export function weighAnswer(judge: Pick<Judge, 'look'>, a: Side, b: Side, answer: Answer): Verdict {
  const look = judge.look(a, b);
  if (!look.turned) return weigh(look, answer);
  const verdict = weigh(look, { ...answer, keep: mirror[answer.keep] });
  return { ...verdict, keep: mirror[verdict.keep] };
}

function weigh({ pair, assessment }: Look, answer: Answer): Verdict {
  const classes = posterior(assessment.classes, answer);
  const probabilities = probabilitiesOf(classes);
  const { relation } = answer;
  const surer = likeliest(probabilities) === relation ? null : 'the local judge is surer of something else';
  const objects = objection(pair, answer, assessment.classes) ?? surer;
  const said = answer.reason === '' ? wordsOf[relation] : answer.reason.replace(/[.\s]+$/, '');
  return {
    relation,
    keep: relation === 'refines' ? answer.keep : keepOf(relation, classes, pair.later, false),
    confidence: probabilities[relation],
    probabilities,
    decidedBy: 'claude',
    ambiguous: objects !== null,
    reason: objects === null ? `${said} (Claude)` : `${said} (Claude), but ${objects}`,
  };
}

const wordsOf: Readonly<Record<Relation, string>> = {
  duplicate: 'both say the same',
  refines: 'one says the same and more',
  conflict: 'both cannot hold',
  distinct: 'they say different things',
};
