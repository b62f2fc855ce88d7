/** How long each stage took, for the report only: no result depends on it. */
import type { StageName } from '../context.js';

export class StageClock {
  readonly #now: () => number;
  readonly #spent = new Map<StageName, number>();

  /** @param now a steady clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds the time that `work` takes to `stage`; what it throws goes through. */
  async time<T>(stage: StageName, work: () => T | Promise<T>): Promise<T> {
    const start = this.#now();
    try {
      return await work();
    } finally {
      this.#spent.set(stage, (this.#spent.get(stage) ?? 0) + (this.#now() - start) / 1000);
    }
  }

  /** Seconds by stage, in the order the stages first ran. */
  seconds(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#spent].map(([stage, seconds]) => [stage, Math.round(seconds * 1000) / 1000]));
  }
}
