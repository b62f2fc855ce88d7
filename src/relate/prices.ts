/**
 * What Claude's models cost at list price, in US dollars a million tokens. From the published price list
 * (platform.claude.com/docs/en/about-claude/pricing) as of November 2026.
 */

/** Tokens of one or more calls, by how they are billed; the names are the API's. */
export interface TokenUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
}

export const noTokens: TokenUsage = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

/** A good judge at a fifth of the price of the largest model; named by `--llm-model` otherwise. */
export const defaultModel = 'claude-sonnet-5-5';

/** Writing to the five-minute cache costs a quarter more than reading input, reading from it a tenth. */
function price(input: number, output: number): Price {
  return { input, output, cacheWrite: input * 1.25, cacheRead: input * 0.1 };
}

/** By the beginning of the model's id, the longest first. Prompts stay far below the length from which some models cost more. */
const prices: readonly (readonly [string, Price])[] = [
  ['claude-fable-5', price(10, 50)],
  ['claude-mythos-5', price(10, 50)],
  ['claude-opus-5-5', price(4, 20)],
  ['claude-opus-5', price(5, 25)],
  ['claude-opus-4-8', price(5, 25)],
  ['claude-opus-4-7', price(5, 25)],
  ['claude-opus-4-6', price(5, 25)],
  ['claude-opus-4-5', price(5, 25)],
  ['claude-sonnet-5', price(2, 10)],
  ['claude-sonnet-4', price(3, 15)],
  ['claude-haiku-5-5', price(0.1, 0.5)],
  ['claude-haiku-4-5', price(1, 5)],
];

/** What a model of the Message Batches API is charged of its list price. */
export const batchShare = 0.5;

/** The list price of a model, null where it is not known: of a newer model, or of another server's. */
export function priceOf(model: string): Price | null {
  return prices.find(([prefix]) => model === prefix || model.startsWith(`${prefix}-`))?.[1] ?? null;
}

/** Models whose price is known, as they are named in a message. */
export const pricedModels: readonly string[] = prices.map(([prefix]) => prefix);

/** US dollars at that share of the list price; null where the price is. */
export function costOf(usage: TokenUsage, list: Price | null, share: number): number | null {
  if (list === null) return null;
  const sum =
    usage.input_tokens * list.input +
    usage.output_tokens * list.output +
    usage.cache_creation_input_tokens * list.cacheWrite +
    usage.cache_read_input_tokens * list.cacheRead;
  return (sum * share) / 1e6;
}

/** All tokens of a usage. */
export function tokensOf(usage: TokenUsage): number {
  return usage.input_tokens + usage.output_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens;
}

export function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    cache_creation_input_tokens: a.cache_creation_input_tokens + b.cache_creation_input_tokens,
    cache_read_input_tokens: a.cache_read_input_tokens + b.cache_read_input_tokens,
  };
}
