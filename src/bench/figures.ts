/** Figures over runs: medians, exponents of growth, ratios of two paths in the same run. */
import type { BenchGrowth, BenchRatio, BenchRun, Measure, Path, Quality, Rival } from './results.js';
import type { Trial } from './trial.js';

/** Shorter times are noise: nothing is divided by them. */
const leastSeconds = 0.01;

/** The middle number; the mean of the two in the middle where their count is even. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? 0) + upper) / 2;
}

export function runOf(size: number, path: Path, trials: readonly Trial[], quality: Quality): BenchRun {
  const times = trials.map(({ seconds }) => seconds);
  const seconds = median(times);
  return {
    size,
    ...path,
    seconds: round(seconds),
    fastest: round(Math.min(...times)),
    slowest: round(Math.max(...times)),
    records_per_second: Math.round(size / Math.max(seconds, leastSeconds)),
    stages: stagesOf(trials),
    peak_rss_mb: median(trials.map(({ report }) => report.peak_rss_mb)),
    quality,
  };
}

function stagesOf(trials: readonly Trial[]): BenchRun['stages'] {
  const names = [...new Set(trials.flatMap(({ report }) => Object.keys(report.seconds)))];
  const start = median(trials.map(({ seconds, report }) => seconds - Object.values(report.seconds).reduce((sum, value) => sum + value, 0)));
  const stages = names.map((name) => [name, round(median(trials.map(({ report }) => report.seconds[name] ?? 0)))] as const);
  return { start: round(Math.max(0, start)), ...Object.fromEntries(stages) };
}

/** Null where a time is too short to tell. */
export function exponent(from: readonly [size: number, seconds: number], to: readonly [size: number, seconds: number]): number | null {
  if (from[1] < leastSeconds || to[1] < leastSeconds || from[0] === to[0]) return null;
  return Math.round((Math.log(to[1] / from[1]) / Math.log(to[0] / from[0])) * 100) / 100;
}

/** Of each path, between neighbouring sizes. */
export function growthOf(runs: readonly BenchRun[]): readonly BenchGrowth[] {
  return runs.flatMap((from): BenchGrowth[] => {
    const to = runs
      .filter((run) => run.by === from.by && run.index === from.index && run.size > from.size)
      .sort((a, b) => a.size - b.size)[0];
    if (to === undefined) return [];
    const between = (of: (run: BenchRun) => number) => exponent([from.size, of(from)], [to.size, of(to)]);
    const stages = Object.keys(to.stages).map((name) => [name, between((run) => run.stages[name] ?? 0)] as const);
    const { by, index } = from;
    return [{ by, index, from: from.size, to: to.size, seconds: between((run) => run.seconds), stages: Object.fromEntries(stages) }];
  });
}

/** The index by which a rival runs the same command. */
export const rivalIndex = { hnsw: 'hnsw', exhaustive: 'scan' } as const satisfies Readonly<Record<Rival, Path['index']>>;

export function ratiosOf(runs: readonly BenchRun[], against: Rival | null): readonly BenchRatio[] {
  if (against === null) return [];
  const find = (size: number, by: Measure, index: Path['index']) =>
    runs.find((run) => run.size === size && run.by === by && run.index === index);
  return runs.flatMap((ours): BenchRatio[] => {
    const theirs = ours.index === 'auto' ? find(ours.size, ours.by, rivalIndex[against]) : undefined;
    if (theirs === undefined) return [];
    const [a, b] = [theirs.stages['index'] ?? 0, ours.stages['index'] ?? 0];
    const index = Math.min(a, b) < leastSeconds ? null : round(a / b);
    return [{ size: ours.size, by: ours.by, against, seconds: round(theirs.seconds / Math.max(ours.seconds, leastSeconds)), index }];
  });
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
