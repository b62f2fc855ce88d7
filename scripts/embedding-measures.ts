/** The figures that an embedding is judged by; none of what they read is trained on. */
import { readFileSync } from 'node:fs';
import { type BugProject, readBugProjects, readSnli, readSts, type ScoredPair } from './archives.js';

/** Unit vectors of texts, one row after another. */
export interface Encoder {
  readonly dimensions: number;
  readonly encode: (texts: readonly string[]) => Float32Array;
}

export interface Figures {
  readonly sts: number;
  readonly snli: number;
  readonly bugs: number;
  /** Null where no labelled pairs were given. */
  readonly relations: number | null;
}

/** `pairsFile` holds labelled memory statements (JSONL with a, b, relation). */
export function measure(encoder: Encoder, dataFolder: string, pairsFile: string | null): Figures {
  const sts = readSts(dataFolder, 'test');
  const snli = readSnli(dataFolder, 'test');
  return {
    sts: spearman(
      cosines(encoder, sts),
      sts.map((pair) => pair.score),
    ),
    snli: rocArea(
      cosines(encoder, snli),
      snli.map((pair) => pair.score === 2),
    ),
    bugs: recallAt10(encoder, readBugProjects(dataFolder)),
    relations: pairsFile === null ? null : relationArea(encoder, pairsFile),
  };
}

/** Cosine of every pair. */
export function cosines(encoder: Encoder, pairs: readonly { readonly a: string; readonly b: string }[]): number[] {
  const { dimensions } = encoder;
  const a = encoder.encode(pairs.map((pair) => pair.a));
  const b = encoder.encode(pairs.map((pair) => pair.b));
  return pairs.map((_, row) => dot(a, row * dimensions, b, row * dimensions, dimensions));
}

function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[aStart + i] ?? 0) * (b[bStart + i] ?? 0);
  return sum;
}

/** Rank correlation, ties at their mean rank. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  const [rx, ry] = [ranks(x), ranks(y)];
  const mean = (rx.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, r] of rx.entries()) {
    const [dx, dy] = [r - mean, (ry[i] ?? 0) - mean];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Chance that a positive is scored above a negative, ties counted half. */
export function rocArea(scores: readonly number[], positive: readonly boolean[]): number {
  const order = ranks(scores);
  const positives = positive.filter(Boolean).length;
  const sum = order.reduce((total, rank, i) => total + (positive[i] ? rank : 0), 0);
  return (sum - (positives * (positives + 1)) / 2) / (positives * (positive.length - positives));
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const found = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && order[end]?.value === order[start]?.value) end++;
    for (const { i } of order.slice(start, end)) found[i] = (start + 1 + end) / 2;
    start = end;
  }
  return found;
}

/** Share of duplicate bug reports with one they repeat among the ten nearest summaries of their project. */
function recallAt10(encoder: Encoder, projects: readonly BugProject[]): number {
  let [found, asked] = [0, 0];
  for (const { summaries, duplicates } of projects) {
    const ids = [...summaries.keys()];
    const vectors = encoder.encode([...summaries.values()]);
    const rowOf = new Map(ids.map((id, row) => [id, row]));
    const { dimensions } = encoder;
    for (const [id, others] of duplicates) {
      const row = rowOf.get(id) ?? 0;
      const scores = ids.map((_, other) => (other === row ? -2 : dot(vectors, row * dimensions, vectors, other * dimensions, dimensions)));
      const best = Math.max(...others.map((other) => scores[rowOf.get(other) ?? 0] ?? -2));
      asked++;
      if (scores.filter((score) => score > best).length < 10) found++;
    }
  }
  return found / asked;
}

function relationArea(encoder: Encoder, file: string): number {
  const pairs: { readonly a: string; readonly b: string; readonly relation: string }[] = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return rocArea(
    cosines(encoder, pairs),
    pairs.map((pair) => pair.relation === 'duplicate' || pair.relation === 'refines'),
  );
}

/** Every text of the test splits, in lower case: what training must not see. */
export function testTexts(dataFolder: string): ReadonlySet<string> {
  const pairs: readonly ScoredPair[] = [...readSts(dataFolder, 'test'), ...readSnli(dataFolder, 'test')];
  return new Set(pairs.flatMap((pair) => [plainText(pair.a), plainText(pair.b)]));
}

/** Letters and digits only: the same sentence in two data sets differs in case and punctuation. */
export function plainText(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
