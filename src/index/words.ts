/**
 * Pairs of texts that share rare words, identifiers or numbers. A changed value shares almost all words, and a deep paraphrase at
 * times only the name of the thing it is about; both can be far apart as vectors.
 */
import type { RunContext } from '../context.js';
import { runHere } from './pool.js';
import { listTokens } from './tokens.js';
import { makeNeighborLists, type NeighborLists, offer } from './vectors.js';

/**
 * Shared weight over the geometric mean of both texts' weights: one shared identifier in texts of about thirty words. Of the related
 * training pairs among all 4,500 training texts, ten neighbours over this floor hold 90 %, and 88 % over a tenth.
 */
const minScore = 0.06;

/** Rows between two looks at the signal. */
const blockSize = 512;

/** Each row's tokens that are rare enough to look up, in compressed rows: row `r` has `[starts[r], starts[r + 1])`. */
interface TokenIndex {
  readonly starts: Int32Array;
  readonly tokens: Int32Array;
  readonly weights: Float64Array;
  /** Rows of token `t`, ascending: `postings[postingStarts[t] .. postingStarts[t + 1])`, with their weights. */
  readonly postingStarts: Int32Array;
  readonly postings: Int32Array;
  readonly postingWeights: Float64Array;
  /** Sum of all token weights of a row, also of those that are too common or in no other row. */
  readonly sums: Float64Array;
}

/**
 * For every row the `maxNeighbors` rows with the highest score over the floor. Only tokens in at most `rareBound` rows count, so
 * the work is linear in the text and texts that are all alike cost nothing. `similarities` of the lists are scores.
 */
export async function wordNeighbors(texts: readonly string[], maxNeighbors: number, context: RunContext): Promise<NeighborLists> {
  const index = await indexTokens(texts, context);
  const lists = makeNeighborLists(texts.length, maxNeighbors);
  const scores = new Float64Array(texts.length);
  for (let start = 0; start < texts.length; start += blockSize) {
    const end = Math.min(start + blockSize, texts.length);
    await runHere(context, start, () => {
      for (let row = start; row < end; row += 1) offerRow(index, row, scores, lists);
    });
  }
  return lists;
}

/** A token in more rows than this tells too little about a pair: 27 rows of a hundred, 54 of ten thousand, 80 of a million. */
export function rareBound(count: number): number {
  return Math.max(4, Math.ceil(4 * Math.log2(count + 1)));
}

/** `scores` is a scratch row of zeros, and is left so. */
function offerRow(index: TokenIndex, row: number, scores: Float64Array, lists: NeighborLists): void {
  const found: number[] = [];
  for (let at = index.starts[row] ?? 0; at < (index.starts[row + 1] ?? 0); at += 1) {
    const token = index.tokens[at] ?? 0;
    const weight = index.weights[at] ?? 0;
    for (let slot = index.postingStarts[token] ?? 0; slot < (index.postingStarts[token + 1] ?? 0); slot += 1) {
      const other = index.postings[slot] ?? 0;
      if (other === row) continue;
      const score = scores[other] ?? 0;
      if (score === 0) found.push(other);
      scores[other] = score + Math.min(weight, index.postingWeights[slot] ?? 0);
    }
  }
  for (const other of found) {
    const score = (scores[other] ?? 0) / Math.sqrt((index.sums[row] ?? 0) * (index.sums[other] ?? 0));
    scores[other] = 0;
    if (score >= minScore) offer(lists, row, other, score);
  }
}

async function indexTokens(texts: readonly string[], context: RunContext): Promise<TokenIndex> {
  const ids = new Map<string, number>();
  const frequencies: number[] = [];
  const tokens: number[] = [];
  const weights: number[] = [];
  const starts = new Int32Array(texts.length + 1);
  for (let start = 0; start < texts.length; start += blockSize) {
    await runHere(context, texts.slice(start, start + blockSize), (block) => {
      for (const [at, text] of block.entries()) {
        for (const [token, weight] of listTokens(text)) {
          const id = ids.get(token) ?? ids.size;
          ids.set(token, id);
          frequencies[id] = (frequencies[id] ?? 0) + 1;
          tokens.push(id);
          weights.push(weight);
        }
        starts[start + at + 1] = tokens.length;
      }
    });
  }
  return invert(starts, tokens, weights, frequencies);
}

/** Weighs tokens by inverse document frequency, keeps the rare ones that are shared, and turns rows into postings. */
function invert(
  allStarts: Int32Array,
  allTokens: readonly number[],
  allWeights: readonly number[],
  frequencies: readonly number[],
): TokenIndex {
  const count = allStarts.length - 1;
  const bound = rareBound(count);
  const isLooked = (token: number): boolean => (frequencies[token] ?? 0) > 1 && (frequencies[token] ?? 0) <= bound;
  const kept = allTokens.reduce((sum, token) => sum + (isLooked(token) ? 1 : 0), 0);
  const starts = new Int32Array(count + 1);
  const tokens = new Int32Array(kept);
  const weights = new Float64Array(kept);
  const sums = new Float64Array(count);
  let at = 0;
  for (let row = 0; row < count; row += 1) {
    for (let slot = allStarts[row] ?? 0; slot < (allStarts[row + 1] ?? 0); slot += 1) {
      const token = allTokens[slot] ?? 0;
      const weight = (allWeights[slot] ?? 0) * Math.log(1 + count / (frequencies[token] ?? 1));
      sums[row] = (sums[row] ?? 0) + weight;
      if (!isLooked(token)) continue;
      tokens[at] = token;
      weights[at] = weight;
      at += 1;
    }
    starts[row + 1] = at;
  }
  return {
    starts,
    tokens,
    weights,
    sums,
    ...listPostings(starts, tokens, weights, frequencies.length),
  };
}

function listPostings(
  starts: Int32Array,
  tokens: Int32Array,
  weights: Float64Array,
  tokenCount: number,
): Pick<TokenIndex, 'postingStarts' | 'postings' | 'postingWeights'> {
  const postingStarts = new Int32Array(tokenCount + 1);
  for (const token of tokens) postingStarts[token + 1] = (postingStarts[token + 1] ?? 0) + 1;
  for (let token = 0; token < tokenCount; token += 1) {
    postingStarts[token + 1] = (postingStarts[token + 1] ?? 0) + (postingStarts[token] ?? 0);
  }
  const next = postingStarts.slice(0, tokenCount);
  const postings = new Int32Array(tokens.length);
  const postingWeights = new Float64Array(tokens.length);
  for (let row = 0; row + 1 < starts.length; row += 1) {
    for (let at = starts[row] ?? 0; at < (starts[row + 1] ?? 0); at += 1) {
      const token = tokens[at] ?? 0;
      const slot = next[token] ?? 0;
      postings[slot] = row;
      postingWeights[slot] = weights[at] ?? 0;
      next[token] = slot + 1;
    }
  }
  return { postingStarts, postings, postingWeights };
}
