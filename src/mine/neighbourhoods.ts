/**
 * Buckets of vectors that point in about the same direction: signs of random projections (Charikar, STOC 2002), in several tables. Near
 * vectors share a bucket of some table with high probability; the work grows with their number, not with its square.
 */

const tables = 16;
/** Members that a bucket should have on the average. */
const bucketSize = 16;
const maxBits = 16;

/** Signs that look random and are the same in every run: bits of a xorshift generator (Marsaglia 2003). */
function* signs(seed: number): Generator<number, never> {
  let state = seed | 1;
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield (state & 1) * 2 - 1;
  }
}

function projections(count: number, dimensions: number, seed: number): readonly Int8Array[] {
  const source = signs(seed);
  return Array.from({ length: count }, () => Int8Array.from({ length: dimensions }, () => source.next().value));
}

function isAbove(vector: Float32Array, plane: Int8Array): boolean {
  let sum = 0;
  for (let at = 0; at < vector.length; at++) sum += (vector[at] ?? 0) * (plane[at] ?? 0);
  return sum > 0;
}

/** Lists of indices into `vectors`, ascending, each of at least two; vectors of zeros are in none. */
export function neighbourhoods(vectors: readonly Float32Array[]): readonly (readonly number[])[] {
  const [first] = vectors;
  if (first === undefined) return [];
  const bits = Math.min(maxBits, Math.max(0, Math.ceil(Math.log2(vectors.length / bucketSize))));
  return Array.from({ length: bits === 0 ? 1 : tables }, (_, table) => {
    const planes = projections(bits, first.length, 0x9e3779b9 + 977 * table);
    const buckets = new Map<number, number[]>();
    for (const [at, vector] of vectors.entries()) {
      if (vector.every((value) => value === 0)) continue;
      const key = planes.reduce((sum, plane, bit) => sum + (isAbove(vector, plane) ? 1 << bit : 0), 0);
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [at]);
      else bucket.push(at);
    }
    return [...buckets.values()].filter((bucket) => bucket.length > 1);
  }).flat();
}
