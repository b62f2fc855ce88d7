/**
 * A judge that remembers: what it made of a pair in an earlier dream is looked up, and what it makes of a new pair is kept as it is made, so
 * that a dream that is killed leaves its verdicts to the next one.
 */
import { type Side, sha256, type Verdict } from '../memory.js';
import { findSecrets } from '../read/screen.js';
import { type Judge, outOfOrder, timeOrder } from '../relate/judge.js';
import type { DreamStore } from '../store/store.js';

type Pair = readonly [a: Side, b: Side];

/**
 * To be raised with every change to what is made of a pair that the version of the judge does not tell: rules, guards, reasons. What was
 * kept under another number is judged again.
 */
export const verdictVersion = 1;

/** Verdicts that wait to be written together: each transaction costs as much as many rows. */
const mostWaiting = 256;
/** About 250 bytes each. */
const mostKept = 1_000_000;
/** Hex digits of a side's hash: of a million texts two would agree once in 10^17 databases. */
const digestLength = 24;

export class KeptVerdicts {
  /** The judge that was given, asked only about what is not kept. */
  readonly judge: Judge;
  readonly #source: Judge;
  readonly #scope: string;
  readonly #store: Pick<DreamStore, 'verdicts' | 'saveVerdicts' | 'trimVerdicts'>;
  /** What is known of the pairs announced last; null: nothing. */
  readonly #expected = new Map<string, Verdict | null>();
  readonly #digests = new WeakMap<Side, string | null>();
  readonly #waiting = new Map<string, Verdict>();
  #saved = false;

  /** @param setting what a verdict depends on besides the judge's version: where the pairs come from, and caution */
  constructor(source: Judge, setting: string, store: Pick<DreamStore, 'verdicts' | 'saveVerdicts' | 'trimVerdicts'>) {
    this.#source = source;
    this.#scope = `${verdictVersion} ${source.version} ${setting}`;
    this.#store = store;
    const judgeAll: Judge['judgeAll'] = source.judgeAll === null ? null : (pairs, signal) => this.#judgeAll(pairs, signal);
    this.judge = { ...source, judge: (a, b) => this.#judge(a, b), judgeAll };
  }

  /** Looks up pairs that are about to be asked for, all at once. Those announced before are forgotten. */
  expect(pairs: readonly Pair[]): void {
    this.#expected.clear();
    const keys = pairs.flatMap(([a, b]) => this.#keyOf(1, a, b) ?? []);
    this.#lookUp(keys).forEach((verdict, at) => {
      this.#expected.set(keys[at] ?? '', verdict);
    });
  }

  /** Writes down what still waits. To be called at the end, however that comes about. */
  finish(): void {
    this.#write();
    if (this.#saved) this.#store.trimVerdicts(mostKept);
  }

  #judge(a: Side, b: Side): Verdict {
    const key = this.#keyOf(1, a, b);
    if (key === null) return this.#source.judge(a, b);
    const expected = this.#expected.get(key);
    const known = this.#waiting.get(key) ?? (expected === undefined ? this.#lookUp([key])[0] : expected);
    if (known !== null && known !== undefined) return known;
    const verdict = this.#source.judge(a, b);
    this.#keep(key, verdict);
    return verdict;
  }

  async #judgeAll(pairs: readonly Pair[], signal: AbortSignal): Promise<readonly Verdict[]> {
    const keys = pairs.map(([a, b]) => this.#keyOf(2, a, b));
    const named = keys.flatMap((key) => key ?? []);
    const known = new Map(this.#lookUp(named).map((verdict, at) => [named[at] ?? '', verdict]));
    const verdicts = keys.map((key) => (key === null ? null : (known.get(key) ?? null)));
    const open = verdicts.flatMap((verdict, at) => (verdict === null ? [at] : []));
    const fresh =
      (await this.#source.judgeAll?.(
        open.flatMap((at) => (pairs[at] === undefined ? [] : [pairs[at]])),
        signal,
      )) ?? [];
    for (const [i, verdict] of fresh.entries()) {
      const at = open[i] ?? -1;
      verdicts[at] = verdict;
      const key = keys[at] ?? null;
      if (key !== null) this.#keep(key, verdict);
    }
    return verdicts.flatMap((verdict) => verdict ?? []);
  }

  /** In the order of `keys`. */
  #lookUp(keys: readonly string[]): readonly (Verdict | null)[] {
    const kept = this.#store.verdicts(keys);
    return keys.map((key, at) => this.#waiting.get(key) ?? kept[at] ?? null);
  }

  #keep(key: string, verdict: Verdict): void {
    this.#waiting.set(key, verdict);
    if (this.#waiting.size >= mostWaiting) this.#write();
  }

  #write(): void {
    if (this.#waiting.size === 0) return;
    this.#store.saveVerdicts([...this.#waiting].map(([key, verdict]) => ({ key, verdict })));
    for (const [key, verdict] of this.#waiting) if (this.#expected.has(key)) this.#expected.set(key, verdict);
    this.#waiting.clear();
    this.#saved = true;
  }

  /**
   * Names all that a verdict depends on; of the times their order alone, so that a new time on a file makes no new pair. `stages` tells the
   * verdict of the first stage from that of both. Null where a side holds a secret: its words might stand in a reason.
   */
  #keyOf(stages: 1 | 2, a: Side, b: Side): string | null {
    const [first, second] = [this.#digestOf(a), this.#digestOf(b)];
    if (first === null || second === null) return null;
    const order = timeOrder(a.time, b.time) + 1 + (outOfOrder(a, b) ? 4 : 0) + (stages === 2 ? 8 : 0);
    return `${first}${second}${order.toString(16).padStart(2, '0')}`;
  }

  #digestOf(side: Side): string | null {
    const known = this.#digests.get(side);
    if (known !== undefined) return known;
    const isSecret = findSecrets(side.text, 'strict').length > 0;
    const digest = isSecret ? null : sha256(JSON.stringify([this.#scope, side.text, side.scope])).slice(0, digestLength);
    this.#digests.set(side, digest);
    return digest;
  }
}
