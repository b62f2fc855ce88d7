import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndexMethod } from '../dist/config.js';
import type { ProgressEvent, RunContext } from '../dist/context.js';
import { type CandidateOptions, findCandidates } from '../dist/index/candidates.js';
import { type FirstKept, firstKept as firstKeptRows } from '../dist/index/first-kept.js';
import { copyNearRows } from '../dist/index/near.js';
import { listTokens } from '../dist/index/tokens.js';
import type { Candidate } from '../dist/memory.js';

function makeContext(threads = 2, signal = new AbortController().signal, events: ProgressEvent[] = []): RunContext {
  return { signal, report: (event) => events.push(event), now: '2026-01-01T00:00:00.000Z', seed: 1, clockMs: () => 0, threads };
}

/** Numerical Recipes' generator: the same vectors on every machine. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

/** Unit rows in topics of 25, four in ten of them a slightly moved copy of an earlier row. */
function makeVectors(count: number, dimensions: number, seed = 7): Float32Array {
  const random = makeRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  const topics = Array.from({ length: Math.ceil(count / 25) }, () => Array.from({ length: dimensions }, normal));
  const rows: number[][] = [];
  for (let row = 0; row < count; row += 1) {
    const topic = topics[Math.floor(random() * topics.length)] ?? [];
    const copied = row > 10 && random() < 0.4 ? rows[Math.floor(random() * row)] : undefined;
    const raw = (copied ?? topic).map((value) =>
      copied === undefined ? value + normal() : value + (0.5 / Math.sqrt(dimensions)) * normal(),
    );
    const norm = Math.hypot(...raw);
    rows.push(raw.map((value) => value / norm));
  }
  return Float32Array.from(rows.flat());
}

function firstKept(
  { vectors, dimensions }: { readonly vectors: Float32Array; readonly dimensions: number },
  options: { readonly threshold: number; readonly method: IndexMethod },
  context: RunContext,
): Promise<FirstKept> {
  return firstKeptRows(copyNearRows(vectors, dimensions), null, options, context);
}

const noTexts = (count: number): string[] => Array.from({ length: count }, () => '');
const plain: CandidateOptions = { method: 'scan', minSimilarity: 0.5, maxNeighbors: 10, words: false };

function multiply(vectors: Float32Array, dimensions: number, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < dimensions; k += 1) sum += (vectors[a * dimensions + k] ?? 0) * (vectors[b * dimensions + k] ?? 0);
  return sum;
}

/** The definition, over all ordered pairs. */
function findNaively(vectors: Float32Array, dimensions: number, { minSimilarity, maxNeighbors }: CandidateOptions): Candidate[] {
  const count = vectors.length / dimensions;
  const isZero = (row: number) => vectors.subarray(row * dimensions, (row + 1) * dimensions).every((value) => value === 0);
  const rows = Array.from({ length: count }, (_, row) => row).filter((row) => !isZero(row));
  const found = new Map<number, Candidate>();
  for (const row of rows) {
    const near = rows
      .filter((other) => other !== row)
      .map((other) => ({ other, similarity: multiply(vectors, dimensions, row, other) }))
      .filter(({ similarity }) => similarity >= minSimilarity)
      .sort((x, y) => y.similarity - x.similarity || x.other - y.other)
      .slice(0, maxNeighbors);
    for (const { other, similarity } of near) {
      const [a, b] = [Math.min(row, other), Math.max(row, other)];
      found.set(a * count + b, { a, b, similarity });
    }
  }
  return [...found.values()].sort((x, y) => x.a - y.a || x.b - y.b);
}

function keepNaively(vectors: Float32Array, dimensions: number, threshold: number): number[] {
  const to: number[] = [];
  const isZero = (row: number) => vectors.subarray(row * dimensions, (row + 1) * dimensions).every((value) => value === 0);
  for (let row = 0; row < vectors.length / dimensions; row += 1) {
    const isFirst = (target: number, other: number) =>
      target === -1 && !isZero(row) && !isZero(other) && multiply(vectors, dimensions, row, other) >= threshold;
    to.push(to.findIndex(isFirst));
  }
  return to;
}

const key = ({ a, b }: Candidate): string => `${a} ${b}`;

/** Few directions, so that equal cosines, equal rows and zero rows are common. */
const smallRows = fc.record({
  rows: fc.array(fc.tuple(fc.integer({ min: -1, max: 1 }), fc.integer({ min: -1, max: 1 }), fc.integer({ min: -1, max: 1 })), {
    maxLength: 25,
  }),
  maxNeighbors: fc.integer({ min: 1, max: 6 }),
  minSimilarity: fc.constantFrom(-1, 0, 0.5, 0.7, 0.99),
});

function flatten(rows: readonly (readonly number[])[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => row.map((value) => value / Math.max(1, Math.hypot(...row)))));
}

describe('the exact scan', () => {
  it('equals the definition, with ties, equal rows and rows of zeros', async () => {
    await fc.assert(
      fc.asyncProperty(smallRows, async ({ rows, maxNeighbors, minSimilarity }) => {
        const vectors = flatten(rows);
        const options = { ...plain, maxNeighbors, minSimilarity };
        const { candidates } = await findCandidates({ vectors, dimensions: 3, texts: noTexts(rows.length) }, options, makeContext());
        expect(candidates).toEqual(findNaively(vectors, 3, options));
      }),
      { numRuns: 200 },
    );
  });

  it('equals the definition across tiles, with one thread and with four', async () => {
    const vectors = makeVectors(2501, 24);
    const input = { vectors, dimensions: 24, texts: noTexts(2501) };
    const before = vectors.slice();
    const one = await findCandidates(input, plain, makeContext(1));
    expect(one).toEqual({ candidates: findNaively(vectors, 24, plain), method: 'scan' });
    expect(await findCandidates(input, plain, makeContext(4))).toEqual(one);
    expect(vectors).toEqual(before);
  });

  it('finds the same pairs when the rows are shuffled', async () => {
    const [count, dimensions] = [1500, 16];
    const vectors = makeVectors(count, dimensions);
    const random = makeRandom(3);
    const order = Array.from({ length: count }, (_, row) => ({ row, at: random() }))
      .sort((x, y) => x.at - y.at)
      .map(({ row }) => row);
    const shuffled = new Float32Array(vectors.length);
    for (const [at, row] of order.entries()) shuffled.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), at * dimensions);
    const direct = await findCandidates({ vectors, dimensions, texts: noTexts(count) }, plain, makeContext());
    const other = await findCandidates({ vectors: shuffled, dimensions, texts: noTexts(count) }, plain, makeContext());
    const mapped = other.candidates.map(({ a, b, similarity }) => {
      const [x = 0, y = 0] = [order[a], order[b]];
      return { a: Math.min(x, y), b: Math.max(x, y), similarity };
    });
    expect(mapped.map(key).sort()).toEqual(direct.candidates.map(key).sort());
  });

  it('reports progress up to the number of statements', async () => {
    const events: ProgressEvent[] = [];
    await findCandidates({ vectors: makeVectors(1500, 8), dimensions: 8, texts: noTexts(1500) }, plain, makeContext(1, undefined, events));
    expect(events.at(-1)).toEqual({ kind: 'stage', stage: 'index', done: 1500, total: 1500, unit: 'statements' });
  });

  it('refuses vectors that do not fit the texts', async () => {
    const input = { vectors: new Float32Array(7), dimensions: 3, texts: noTexts(2) };
    await expect(findCandidates(input, plain, makeContext())).rejects.toThrow(RangeError);
  });
});

describe('HNSW', () => {
  const [count, dimensions] = [5000, 64];
  const vectors = makeVectors(count, dimensions);
  const input = { vectors, dimensions, texts: noTexts(count) };
  const hnsw = { ...plain, method: 'hnsw' } as const;

  it('finds at least 99 % of the pairs of the exact scan, with the same cosines', async () => {
    const exact = await findCandidates(input, plain, makeContext());
    const near = await findCandidates(input, hnsw, makeContext());
    expect(near.method).toBe('hnsw');
    const cosines = new Map(near.candidates.map((pair) => [key(pair), pair.similarity]));
    const found = exact.candidates.filter((pair) => cosines.get(key(pair)) === pair.similarity);
    expect(exact.candidates.length).toBeGreaterThan(count);
    expect(found.length / exact.candidates.length).toBeGreaterThanOrEqual(0.99);
  });

  it('gives the same result with one thread and with four where there are several graphs, and finds pairs across them', async () => {
    const [many, few] = [26_000, 8];
    const random = makeRandom(11);
    const wide = Float32Array.from({ length: many * few }, () => random() - 0.5);
    for (let row = 0; row < many; row += 1) {
      const values = wide.subarray(row * few, (row + 1) * few);
      // The last hundred rows are all but copies of the first hundred, which are in the other graph.
      if (row >= many - 100)
        values.set(wide.subarray((row - many + 100) * few, (row - many + 101) * few).map((value, k) => value + k / 1e4));
      const norm = Math.hypot(...values);
      for (const [k, value] of values.entries()) values[k] = value / norm;
    }
    const spread = { vectors: wide, dimensions: few, texts: noTexts(many) };
    const options = { ...hnsw, minSimilarity: 0.99, maxNeighbors: 3 };
    const one = await findCandidates(spread, options, makeContext(1));
    expect(await findCandidates(spread, options, makeContext(4))).toEqual(one);
    const keys = new Set(one.candidates.map(key));
    const across = Array.from({ length: 100 }, (_, row) => `${row} ${many - 100 + row}`).filter((pair) => keys.has(pair));
    expect(across.length).toBeGreaterThanOrEqual(99);
  });

  it('equals the definition where a list holds all of few rows, equal rows and rows of zeros among them', async () => {
    await fc.assert(
      fc.asyncProperty(smallRows, async ({ rows, minSimilarity }) => {
        const small = flatten(rows);
        const options = { ...hnsw, maxNeighbors: 25, minSimilarity };
        const { candidates } = await findCandidates(
          { vectors: small, dimensions: 3, texts: noTexts(rows.length) },
          options,
          makeContext(1),
        );
        expect(candidates).toEqual(findNaively(small, 3, options));
      }),
      { numRuns: 20, seed: 1 },
    );
  });
});

describe('ten thousand equal rows', () => {
  const count = 10_000;
  const vectors = new Float32Array(count * 4).fill(0.5);
  const texts = Array.from({ length: count }, () => 'Run `npm ci` before the build, it takes 30 s');

  for (const method of ['scan', 'hnsw'] as const) {
    it(`stay bounded with ${method}`, async () => {
      const { candidates } = await findCandidates({ vectors, dimensions: 4, texts }, { ...plain, method, words: true }, makeContext());
      expect(candidates.length).toBeGreaterThanOrEqual(count - 1);
      expect(candidates.length).toBeLessThanOrEqual(count * 10);
      expect(new Set(candidates.flatMap(({ a, b }) => [a, b])).size).toBe(count);
    });

    it(`are all dropped for the first with ${method}`, async () => {
      const { to } = await firstKept({ vectors, dimensions: 4 }, { threshold: 0.9, method }, makeContext());
      expect(to[0]).toBe(-1);
      expect(to.subarray(1).every((target) => target === 0)).toBe(true);
    });
  }
});

describe('candidates by words', () => {
  const filler = Array.from({ length: 60 }, (_, at) => `Common words about the plan number${at} of the team`);
  /** Every text a direction of its own: no pair is near. */
  const find = (texts: readonly string[], words = true) => {
    const dimensions = texts.length;
    const vectors = new Float32Array(dimensions * dimensions);
    for (let row = 0; row < dimensions; row += 1) vectors[row * dimensions + row] = 1;
    return findCandidates({ vectors, dimensions, texts }, { ...plain, words }, makeContext());
  };
  const pairOf = ['Set PAYMENT_RETRY_LIMIT to five before any load test', 'Outages came from PAYMENT_RETRY_LIMIT, said the on-call person'];

  it('finds two texts that share one rare identifier and are far apart as vectors', async () => {
    const { candidates } = await find([...filler, ...pairOf]);
    expect(candidates).toContainEqual({ a: 60, b: 61, similarity: 0 });
    expect((await find([...filler, ...pairOf], false)).candidates).toEqual([]);
  });

  it('finds texts that share a code span, a path, a quantity or a rare word', async () => {
    const shared = [
      ['Use `make all` first', 'Never `make all` on Friday'],
      ['See src/read/markdown.ts for spans', 'The bug sat in src/read/markdown.ts again'],
      ['Timeout is 45 s here', 'They wait 45s there'],
      ['Ask Grzegorz about keys', 'Grzegorz owns signing'],
      ['缓存过期时间很短', '请检查缓存过期设置'],
    ];
    for (const pair of shared) {
      const { candidates } = await find([...filler, ...pair]);
      expect(candidates.map(key)).toContain('60 61');
    }
  });

  it('takes no notice of words that are everywhere', async () => {
    const { candidates } = await find(Array.from({ length: 200 }, (_, at) => `the plan of the team, ${'abcdefghij'[at % 10]}${at}`));
    expect(candidates).toEqual([]);
  });

  it('gives a row no more than its best neighbours', async () => {
    const texts = [...filler, ...Array.from({ length: 20 }, (_, at) => `alpha_beta_${'x'.repeat(at + 1)} zebra quartz`)];
    const { candidates } = await find(texts);
    expect(candidates.length).toBeGreaterThan(10);
    expect(candidates.length).toBeLessThanOrEqual(texts.length * 10);
  });

  it('cuts identifiers into parts and leaves case aside', () => {
    const tokens = listTokens('Call getUserName or get_user_name, wait 1,500 ms');
    expect([...tokens.keys()]).toEqual(expect.arrayContaining(['=getusername', '=get_user_name', 'get', 'user', 'name', '#1,500ms']));
    expect(tokens.get('=getusername')).toBeGreaterThan(tokens.get('user') ?? 0);
  });
});

describe('first kept rows', () => {
  it('equals the definition, with ties and rows of zeros', async () => {
    await fc.assert(
      fc.asyncProperty(smallRows, async ({ rows, minSimilarity }) => {
        const vectors = flatten(rows);
        const { to } = await firstKept({ vectors, dimensions: 3 }, { threshold: minSimilarity, method: 'scan' }, makeContext());
        expect([...to]).toEqual(keepNaively(vectors, 3, minSimilarity));
      }),
    );
  });

  it('equals the definition across rounds, with one thread and with four, and names the cosine', async () => {
    const vectors = makeVectors(2501, 24);
    const one = await firstKept({ vectors, dimensions: 24 }, { threshold: 0.8, method: 'scan' }, makeContext(1));
    expect([...one.to]).toEqual(keepNaively(vectors, 24, 0.8));
    const cosines = [...one.to].map((target, row) => (target === -1 ? 0 : multiply(vectors, 24, row, target)));
    expect([...one.similarity]).toEqual(cosines);
    expect(await firstKept({ vectors, dimensions: 24 }, { threshold: 0.8, method: 'scan' }, makeContext(4))).toEqual(one);
  });

  it('drops with HNSW what the scan drops, but for one in a hundred', async () => {
    const vectors = makeVectors(3000, 32);
    const exact = await firstKept({ vectors, dimensions: 32 }, { threshold: 0.9, method: 'scan' }, makeContext());
    const near = await firstKept({ vectors, dimensions: 32 }, { threshold: 0.9, method: 'hnsw' }, makeContext());
    const dropped = exact.to.filter((target) => target !== -1).length;
    const differing = exact.to.filter((target, row) => target !== near.to[row]).length;
    expect(dropped).toBeGreaterThan(300);
    expect(differing).toBeLessThanOrEqual(dropped / 100);
  });
});

describe('an abort', () => {
  const activeThreads = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length;

  for (const method of ['scan', 'hnsw'] as const) {
    it(`ends ${method} with the signal's reason and leaves no thread`, async () => {
      const [count, dimensions] = [40_000, 64];
      const random = makeRandom(5);
      const vectors = Float32Array.from({ length: count * dimensions }, () => random() - 0.5);
      const before = activeThreads();
      const stop = new AbortController();
      const reason = new Error('cancelled by a person');
      const running = findCandidates({ vectors, dimensions, texts: noTexts(count) }, { ...plain, method }, makeContext(2, stop.signal));
      const outcome = expect(running).rejects.toBe(reason);
      await sleep(300);
      expect(activeThreads()).toBeGreaterThan(before);
      stop.abort(reason);
      await outcome;
      expect(activeThreads()).toBe(before);
    });
  }

  it('ends the first kept rows with HNSW, and leaves no thread', async () => {
    const random = makeRandom(5);
    const vectors = Float32Array.from({ length: 40_000 * 64 }, () => random() - 0.5);
    const before = activeThreads();
    const stop = new AbortController();
    const reason = new Error('cancelled by a person');
    const running = firstKept({ vectors, dimensions: 64 }, { threshold: 1e9, method: 'hnsw' }, makeContext(2, stop.signal));
    const outcome = expect(running).rejects.toBe(reason);
    await sleep(300);
    stop.abort(reason);
    await outcome;
    expect(activeThreads()).toBe(before);
  });

  it('before the start stops the first kept rows, too', async () => {
    const reason = new Error('too late');
    const context = makeContext(2, AbortSignal.abort(reason));
    for (const [count, method] of [
      [100, 'scan'],
      [3000, 'scan'],
      [3000, 'cells'],
      [3000, 'hnsw'],
    ] as const) {
      await expect(firstKept({ vectors: makeVectors(count, 4), dimensions: 4 }, { threshold: 0.9, method }, context)).rejects.toBe(reason);
    }
  });
});
