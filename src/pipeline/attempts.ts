/** What one request to Claude may come to and has come to, attempt by attempt. */
import type { Budget, BudgetStop, RequestBound } from '../relate/budget.js';
import type { ClaudeReply, Earlier } from '../relate/claude.js';
import type { Sent } from './under-way.js';

/** The HTTP requests of one call, each with its reservation. */
export class Attempts {
  /** The limit that another attempt would have passed; null while there was room. */
  stop: BudgetStop | null = null;
  readonly #budget: Budget;
  readonly #bound: RequestBound;
  readonly #signal: AbortSignal;
  #count = 0;
  #uncertain = 0;
  /** Whether the last reservation stands for an attempt that nobody knows the end of yet. */
  #open = true;

  /** @param bound reserved already, for the first attempt */
  constructor(budget: Budget, bound: RequestBound, signal: AbortSignal) {
    this.#budget = budget;
    this.#bound = bound;
    this.#signal = signal;
  }

  readonly mayTry = (earlier: Earlier): boolean => {
    if (earlier !== 'nothing') {
      this.#close(earlier === 'unknown');
      if (this.#signal.aborted) return false;
      this.stop = this.#budget.reserve(this.#bound);
      if (this.stop !== null) return false;
      this.#open = true;
    }
    this.#count++;
    return true;
  };

  /** What the attempts so far come to at most, the last one not ended yet. */
  sent(): Sent {
    return { attempts: this.#count, tokens: this.#uncertain + this.#bound.input + this.#bound.output };
  }

  /** Puts what the call came to in the place of the last reservation. */
  end(reply: ClaudeReply): { readonly attempts: number; readonly uncertain: number } {
    if (reply.kind === 'message') this.#budget.settle(this.#bound, reply.usage);
    else if (this.#open) this.#close(reply.mayBeBilled);
    return { attempts: this.#count, uncertain: this.#uncertain };
  }

  /** An attempt that may have been billed stays counted at its most. */
  #close(mayBeBilled: boolean): void {
    if (mayBeBilled) this.#uncertain += this.#bound.input + this.#bound.output;
    else this.#budget.settle(this.#bound, null);
    this.#open = false;
  }
}
