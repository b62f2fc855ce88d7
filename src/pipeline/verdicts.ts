/**
 * The verdicts of one run on pairs of rows, each asked for once. Grouping and resolving ask for them one by one, a second stage answers
 * in batches: work that meets a pair still open goes on with the first stage's verdict and is done again once the pair is judged.
 */
import { setImmediate } from 'node:timers/promises';
import type { Candidate, JudgedPair, Side, Verdict } from '../memory.js';
import type { Judge } from '../relate/judge.js';

export interface VerdictSource {
  readonly judge: Judge;
  /** Told which pairs the judge is about to be asked about one by one, where somebody wants to look them up together. */
  readonly expect?: (pairs: readonly (readonly [a: Side, b: Side])[]) => void;
  readonly sideOf: (row: number) => Side;
  readonly similarityOf: (a: number, b: number) => number;
  /** A verdict that no judge is asked for, or null. */
  readonly settled: (a: number, b: number) => Verdict | null;
  readonly signal: AbortSignal;
}

/** Between two looks at the event loop, so that Ctrl-C and a cancel from another process are heard. */
const pairsBetweenBreaks = 256;
/** Enough to keep every thread of a second stage busy. */
const pairsAtOnce = 1024;

export class Verdicts {
  readonly #source: VerdictSource;
  readonly #known = new Map<string, JudgedPair>();
  readonly #open = new Map<string, Candidate>();

  constructor(source: VerdictSource) {
    this.#source = source;
  }

  /** The verdict on two rows, `a < b`; inside `settle` it may be the first stage's, and is final when `settle` returns. */
  of(a: number, b: number, similarity?: number): JudgedPair {
    const known = this.#known.get(`${a}:${b}`);
    if (known) return known;
    const { judge, sideOf, settled, similarityOf } = this.#source;
    const near = similarity ?? similarityOf(a, b);
    const given = settled(a, b);
    const pair = { a, b, similarity: near, verdict: given ?? judge.judge(sideOf(a), sideOf(b)) };
    if (given === null && judge.judgeAll !== null) this.#open.set(`${a}:${b}`, { a, b, similarity: near });
    else this.#known.set(`${a}:${b}`, pair);
    return pair;
  }

  /** Forgets what was judged of pairs that `stale` names: they are judged again when they are asked for. */
  forget(stale: (a: number, b: number) => boolean): void {
    for (const [key, { a, b }] of this.#known) if (stale(a, b)) this.#known.delete(key);
  }

  /** Judges all candidates; `report` is told how many are done. */
  async judgeAll(candidates: readonly Candidate[], report: (done: number) => void): Promise<readonly JudgedPair[]> {
    const { judge, signal } = this.#source;
    const step = judge.judgeAll === null ? pairsBetweenBreaks : pairsAtOnce;
    const pairs: JudgedPair[] = [];
    for (let start = 0; start < candidates.length; start += step) {
      await setImmediate();
      signal.throwIfAborted();
      report(start);
      const batch = candidates.slice(start, start + step);
      if (judge.judgeAll === null) this.#expect(batch);
      else await this.#ask(batch);
      for (const { a, b, similarity } of batch) pairs.push(this.of(a, b, similarity));
    }
    report(candidates.length);
    return pairs;
  }

  /** Runs `work`, which must be pure but for the verdicts that it asks for, until all of those are final. */
  async settle<T>(work: () => T): Promise<T> {
    for (;;) {
      this.#open.clear();
      const result = work();
      if (this.#open.size === 0) return result;
      const open = [...this.#open.values()];
      for (let start = 0; start < open.length; start += pairsAtOnce) await this.#ask(open.slice(start, start + pairsAtOnce));
    }
  }

  #expect(batch: readonly Candidate[]): void {
    const { expect, sideOf, settled } = this.#source;
    if (expect === undefined) return;
    const open = batch.filter(({ a, b }) => !this.#known.has(`${a}:${b}`) && settled(a, b) === null);
    if (open.length > 0) expect(open.map(({ a, b }) => [sideOf(a), sideOf(b)] as const));
  }

  async #ask(batch: readonly Candidate[]): Promise<void> {
    const { judge, sideOf, settled, signal } = this.#source;
    const open = batch.filter(({ a, b }) => !this.#known.has(`${a}:${b}`) && settled(a, b) === null);
    const verdicts =
      (await judge.judgeAll?.(
        open.map(({ a, b }) => [sideOf(a), sideOf(b)] as const),
        signal,
      )) ?? [];
    for (const [i, candidate] of open.entries()) {
      const verdict = verdicts[i];
      if (verdict) this.#known.set(`${candidate.a}:${candidate.b}`, { ...candidate, verdict });
    }
  }
}

/** Verdicts in the order of the pairs, by both stages where there are two. */
export async function judgeEach(
  judge: Judge,
  pairs: readonly (readonly [a: Side, b: Side])[],
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  return judge.judgeAll === null ? pairs.map(([a, b]) => judge.judge(a, b)) : judge.judgeAll(pairs, signal);
}
