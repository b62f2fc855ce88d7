/** First looks at the pairs of a large file: what they settle nobody judges. */
import { setImmediate } from 'node:timers/promises';
import type { Caution } from '../config.js';
import type { RunContext, WordVectors } from '../context.js';
import type { Candidate, Verdict } from '../memory.js';
import { createFirstLook, type FirstGlance, type FirstLook, type Reading } from '../relate/first-look.js';
import type { Row } from '../resolve/rows.js';

/** Between two looks at the event loop. */
const pairsBetweenBreaks = 4096;

export class Glances {
  readonly #look: FirstLook;
  readonly #rows: readonly Row[];
  readonly #readings: (Reading | undefined)[];

  /** Nothing goes that the judge has not seen. */
  readonly #judgedMerges: boolean;

  constructor(words: WordVectors, rows: readonly Row[], caution: Caution) {
    this.#look = createFirstLook(words);
    this.#rows = rows;
    this.#judgedMerges = caution === 'careful';
    this.#readings = new Array<Reading | undefined>(rows.length);
  }

  of(a: number, b: number): FirstGlance {
    const glance = this.#look.look(this.#read(a), this.#read(b));
    return this.#judgedMerges && glance.outcome === 'same' ? { ...glance, outcome: 'open' } : glance;
  }

  /** The verdict that a first look comes to; null where it leaves the pair open. */
  verdictOn(a: number, b: number): Verdict | null {
    const { outcome, keep, probability } = this.of(a, b);
    if (outcome === 'open') return null;
    const merge = outcome === 'same' ? probability : Math.min(probability, 0.5);
    const relation = outcome === 'apart' ? 'distinct' : keep === 'either' ? 'duplicate' : 'refines';
    return {
      relation,
      keep: outcome === 'apart' ? 'both' : keep,
      confidence: outcome === 'apart' ? 1 - merge : merge,
      probabilities: {
        duplicate: relation === 'refines' ? 0 : merge,
        refines: relation === 'refines' ? merge : 0,
        conflict: 0,
        distinct: 1 - merge,
      },
      decidedBy: 'rule',
      ambiguous: false,
      reason: outcome === 'apart' ? 'They differ in what they say.' : 'One says all that the other says.',
    };
  }

  #read(row: number): Reading {
    const known = this.#readings[row];
    if (known !== undefined) return known;
    const made = this.#look.read(this.#rows[row]?.text ?? '');
    this.#readings[row] = made;
    return made;
  }
}

/** The pairs that may be merges: those that are the same at first look, and of the open ones the `most` likeliest. By `a`, then `b`. */
export async function lookAtAll(
  glances: Glances,
  candidates: readonly Candidate[],
  most: number,
  context: RunContext,
): Promise<readonly Candidate[]> {
  const same: Candidate[] = [];
  const open: { readonly candidate: Candidate; readonly probability: number }[] = [];
  for (const [at, candidate] of candidates.entries()) {
    if (at % pairsBetweenBreaks === 0) {
      await setImmediate();
      context.signal.throwIfAborted();
      context.report({ kind: 'stage', stage: 'relate', done: at, total: candidates.length, unit: 'pairs' });
    }
    const { outcome, probability } = glances.of(candidate.a, candidate.b);
    if (outcome === 'same') same.push(candidate);
    else if (outcome === 'open') open.push({ candidate, probability });
  }
  open.sort((x, y) => y.probability - x.probability || x.candidate.a - y.candidate.a || x.candidate.b - y.candidate.b);
  if (open.length > most) {
    context.report({
      kind: 'warning',
      message: `${open.length} pairs are unclear at first look; the ${most} likeliest are judged, and both records of each other pair are kept.`,
    });
  }
  const worth = [...same, ...open.slice(0, most).map(({ candidate }) => candidate)];
  return worth.sort((x, y) => x.a - y.a || x.b - y.b);
}
