/** A benchmark's figures as Markdown, for a repository that keeps them. */
import { usualShares } from './generate.js';
import type { BenchResult, Path, Quality } from './results.js';

/** `by similarity`, `by meaning, HNSW`, `by similarity, exhaustive`: the name of a path in tables and in the picture. */
export function pathName({ by, index }: Path): string {
  const rivals: Readonly<Partial<Record<Path['index'], string>>> = { hnsw: ', HNSW', scan: ', exhaustive' };
  return `by ${by}${rivals[index] ?? ''}`;
}

/** The lines of results.md; the picture stands beside it as curves.svg. */
export function resultLines(result: BenchResult): readonly string[] {
  const { machine, versions, settings } = result;
  return [
    '# dreamfold bench',
    '',
    `${result.at.slice(0, 10)}, dreamfold ${versions.dreamfold}, Node ${versions.node}, ${machine.cores} x ${machine.cpu}, ${machine.memory_gb} GB, ${machine.os}; ${settings.threads} threads, seed ${settings.seed}, median of ${settings.repeat}.`,
    '',
    `Each time is that of \`dreamfold dedupe\` in a process of its own, from its start to its exit, on a made store of records of about 20 words: ${sharesText()}. Compare the ratios; the seconds are the machine's.`,
    '',
    '![Time against the number of records](curves.svg)',
    '',
    ...speedLines(result),
    ...ratioLines(result),
    ...qualityLines(result),
    ...recallLines(result),
    ...result.skipped.map((line) => `Not run: ${line}.`),
  ];
}

function sharesText(): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const { edited, paraphrased, changed, lookalike } = usualShares;
  const originals = 1 - edited - paraphrased - changed - lookalike;
  return `${percent(originals)} originals, ${percent(edited)} edited copies, ${percent(paraphrased)} paraphrases, ${percent(changed)} with a changed value, ${percent(lookalike)} look-alikes about something else`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((name) => (name === 'path' ? '---' : '---:'));
  return rows.length === 0 ? [] : [line(head), line(rule), ...rows.map(line), ''];
}

function speedLines({ runs, growth }: BenchResult): readonly string[] {
  const stages = [...new Set(runs.flatMap((run) => Object.keys(run.stages)))];
  const exponents = runs.map((run) => growth.find(({ by, index, to }) => by === run.by && index === run.index && to === run.size));
  return [
    '## Speed',
    '',
    ...table(
      ['records', 'path', 'seconds', 'records/s', 'peak MB', 'exponent', ...stages.map((stage) => `${stage}, s`)],
      runs.map((run, at) => [
        String(run.size),
        pathName(run),
        run.seconds.toFixed(2),
        String(run.records_per_second),
        String(run.peak_rss_mb),
        orNothing(exponents[at]?.seconds, 2),
        ...stages.map((stage) => orNothing(run.stages[stage], 3)),
      ]),
    ),
    'Exponent: *e* of time ~ records^e from the size above; 1 is linear, 2 quadratic. `start`: loading, opening the database, ending.',
    '',
  ];
}

function ratioLines({ ratios }: BenchResult): readonly string[] {
  if (ratios.length === 0) return [];
  const rows = ratios.map((ratio) => [
    String(ratio.size),
    pathName({ by: ratio.by, index: 'auto' }),
    ratio.against,
    ratio.seconds.toFixed(2),
    orNothing(ratio.index, 2),
  ]);
  return [
    '## Against a rival',
    '',
    ...table(['records', 'path', 'rival', 'ratio', 'ratio of the index alone'], rows),
    'Ratio: time of the rival divided by ours, taken in turns in the same run.',
    '',
  ];
}

function qualityLines({ runs }: BenchResult): readonly string[] {
  const wrong = (quality: Quality, kind: 'changed' | 'lookalike') => `${quality.wrong[kind]} of ${quality.traps[kind]}`;
  return [
    '## Quality',
    '',
    ...table(
      [
        'records',
        'path',
        'dropped',
        'precision',
        'recall',
        'edited copies found',
        'paraphrases found',
        'changed values dropped',
        'look-alikes dropped',
        'others dropped',
      ],
      runs.map((run) => [
        String(run.size),
        pathName(run),
        String(run.quality.dropped),
        orNothing(run.quality.precision, 3),
        orNothing(run.quality.recall, 3),
        orNothing(run.quality.found.edited, 3),
        orNothing(run.quality.found.paraphrased, 3),
        wrong(run.quality, 'changed'),
        wrong(run.quality, 'lookalike'),
        String(run.quality.wrong.other),
      ]),
    ),
    'A copy with a clause more or less counts as the same claim. The texts are put together from clauses: figures on texts that people wrote are those of `npm run quality`.',
    '',
  ];
}

function recallLines({ recall }: BenchResult): readonly string[] {
  if (recall.length === 0) return [];
  const rows = recall.map((row) => [
    String(row.size),
    row.index,
    String(row.rows),
    String(row.pairs),
    orNothing(row.recall, 4),
    row.seconds.toFixed(3),
  ]);
  return [
    `## Pairs found`,
    '',
    ...table(['records', 'index', 'rows asked about', 'pairs', 'recall', 'seconds'], rows),
    `Pairs of cosine >= ${recall[0]?.threshold ?? ''} that the index finds, of those among the exact 64 nearest of each row asked about (plain products with every other row).`,
    '',
  ];
}

function orNothing(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? '' : value.toFixed(digits);
}
