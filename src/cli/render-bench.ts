/** A benchmark's figures, as a person reads them. */
import type { BenchResult, BenchRun } from '../api.js';
import type { Style } from './render-changes.js';
import { alignRows, formatCount, formatSeconds, oneLine, plainText, wrapText } from './text.js';

/** A small table for each question, so that none is wider than a terminal. */
export function benchLines(result: BenchResult, style: Style): string[] {
  const { machine, versions, settings } = result;
  const facts = `dreamfold ${versions.dreamfold}, Node ${versions.node}, ${machine.cores} x ${machine.cpu}, ${machine.memory_gb} GB, ${machine.os}; ${settings.threads} threads, seed ${settings.seed}, median of ${settings.repeat}`;
  return [
    ...wrapText(oneLine(facts), style.width),
    ...speed(result, style),
    ...stages(result, style),
    ...rival(result, style),
    ...quality(result, style),
    ...recall(result, style),
    ...result.skipped.map((line) => `Not run: ${line}.`),
    ...(result.out === null ? [] : ['', `Results and picture: ${plainText(result.out)}`]),
  ];
}

function pathName({ by, index }: Pick<BenchRun, 'by' | 'index'>): string {
  return index === 'auto' ? by : `${by}, ${index === 'scan' ? 'exhaustive' : index}`;
}

/** The second column is words, the others are numbers. */
function table(title: string, head: readonly string[], rows: readonly (readonly string[])[], { colors }: Style): string[] {
  if (rows.length === 0) return [];
  const numbers = head.flatMap((_, at) => (at === 1 ? [] : [at]));
  const indented = [head, ...rows].map(([first, ...rest]) => [`  ${first ?? ''}`, ...rest]);
  return ['', colors.bold(title), ...alignRows(indented, numbers)];
}

function speed({ runs, growth }: BenchResult, style: Style): string[] {
  const exponentOf = (run: BenchRun) =>
    growth.find(({ by, index, to }) => by === run.by && index === run.index && to === run.size)?.seconds;
  return table(
    'Time of a cold process (exponent: 1 is linear, 2 quadratic)',
    ['records', 'by', 'time', 'records/s', 'peak MB', 'exponent'],
    runs.map((run) => [
      formatCount(run.size),
      pathName(run),
      formatSeconds(run.seconds),
      formatCount(run.records_per_second),
      formatCount(run.peak_rss_mb),
      digits(exponentOf(run), 2),
    ]),
    style,
  );
}

function stages({ runs }: BenchResult, style: Style): string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.stages)))].filter((name) =>
    runs.some((run) => (run.stages[name] ?? 0) >= 0.01),
  );
  return table(
    'Seconds by stage',
    ['records', 'by', ...names],
    runs.map((run) => [formatCount(run.size), pathName(run), ...names.map((name) => digits(run.stages[name], 2))]),
    style,
  );
}

function rival({ ratios }: BenchResult, style: Style): string[] {
  return table(
    'Time of the rival divided by ours',
    ['records', 'by', 'against', 'all', 'index alone'],
    ratios.map((row) => [formatCount(row.size), row.by, row.against, row.seconds.toFixed(2), digits(row.index, 2)]),
    style,
  );
}

function quality({ runs }: BenchResult, style: Style): string[] {
  return table(
    'Quality by the known truth (wrong: dropped for another value, another subject)',
    ['records', 'by', 'dropped', 'right', 'edited', 'reworded', 'value', 'subject'],
    runs.map((run) => [
      formatCount(run.size),
      pathName(run),
      formatCount(run.quality.dropped),
      digits(run.quality.precision, 3),
      digits(run.quality.found.edited, 3),
      digits(run.quality.found.paraphrased, 3),
      formatCount(run.quality.wrong.changed),
      formatCount(run.quality.wrong.lookalike + run.quality.wrong.other),
    ]),
    style,
  );
}

function recall(result: BenchResult, style: Style): string[] {
  const [first] = result.recall;
  return table(
    `Pairs of cosine >= ${first?.threshold ?? ''} that the index finds`,
    ['records', 'index', 'rows', 'pairs', 'recall', 'time'],
    result.recall.map((row) => [
      formatCount(row.size),
      row.index,
      formatCount(row.rows),
      formatCount(row.pairs),
      digits(row.recall, 4),
      formatSeconds(row.seconds),
    ]),
    style,
  );
}

function digits(value: number | null | undefined, count: number): string {
  return value === null || value === undefined ? '-' : value.toFixed(count);
}
