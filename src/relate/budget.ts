/**
 * How much may be asked. A request is reserved before it is sent, at the most that it can come to: every byte of it may be a token, and the
 * answer may be as long as it is allowed to be. What it came to takes the reservation's place, so that the budget is never passed and
 * little of it is left over.
 */
import { costOf, type Price, type TokenUsage, tokensOf } from './prices.js';

export interface BudgetLimits {
  /** HTTP requests, repeated ones included. */
  readonly calls: number;
  /** Tokens of every kind; null for no limit. */
  readonly tokens: number | null;
  /** US dollars at list price; null for no limit. */
  readonly usd: number | null;
}

/** What a request can come to at most. */
export interface RequestBound {
  readonly input: number;
  readonly output: number;
  /** Of the list price: 1, less in a batch. */
  readonly share: number;
}

export interface Spent {
  readonly calls: number;
  readonly tokens: number;
  readonly usd: number;
}

/** Why a request does not fit, as the name of the option that it would pass. */
export type BudgetStop = 'max-llm-calls' | 'max-tokens' | 'max-usd';

/** Input tokens of a request at most: a token is at least one byte. `extra` is what the API adds for the form of the answer. */
export function inputBound(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) + formBound;
}

/** What the API may add to say which form an answer must have, and around messages; it is no part of what is sent. */
const formBound = 1000;

/** Bytes of JSON in English that a token holds on average, as the answers of this program's requests showed; for estimates only. */
const bytesOfToken = 3.6;

/** Input tokens that a request will likely come to. */
export function inputEstimate(texts: readonly string[]): number {
  return Math.ceil(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / bytesOfToken);
}

export class Budget {
  readonly #limits: BudgetLimits;
  readonly #price: Price | null;
  #calls = 0;
  #tokens = 0;
  #usd = 0;

  /** @param price null where it is not known; then `limits.usd` must be null */
  constructor(limits: BudgetLimits, price: Price | null) {
    this.#limits = limits;
    this.#price = price;
  }

  /** Counts what was spent before, in another run of the same work. */
  add({ calls, tokens, usd }: Spent): void {
    this.#calls += calls;
    this.#tokens += tokens;
    this.#usd += usd;
  }

  /** Reserves one request, or says which limit it would pass. */
  reserve(bound: RequestBound): BudgetStop | null {
    const { calls, tokens, usd } = this.#limits;
    if (this.#calls + 1 > calls) return 'max-llm-calls';
    if (tokens !== null && this.#tokens + bound.input + bound.output > tokens) return 'max-tokens';
    if (usd !== null && this.#usd + this.#most(bound) > usd) return 'max-usd';
    this.hold(bound);
    return null;
  }

  /** Reserves a request that was sent already, whatever the limits say. */
  hold(bound: RequestBound): void {
    this.#calls++;
    this.#tokens += bound.input + bound.output;
    this.#usd += this.#most(bound);
  }

  /** Puts what a reserved request came to in its place; null where nothing of it is billed. The call itself stays counted. */
  settle(bound: RequestBound, usage: TokenUsage | null): void {
    this.#tokens += (usage === null ? 0 : tokensOf(usage)) - bound.input - bound.output;
    this.#usd += (usage === null ? 0 : (costOf(usage, this.#price, bound.share) ?? 0)) - this.#most(bound);
  }

  /** Input at the price of writing it to the cache, which is the highest. */
  #most({ input, output, share }: RequestBound): number {
    if (this.#price === null) return 0;
    return ((input * this.#price.cacheWrite + output * this.#price.output) * share) / 1e6;
  }
}
