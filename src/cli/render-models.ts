/** Models and their figures, as a person reads them. */
import type { CalibrateResult, CheckResult, ModelsResult, PullResult } from '../api.js';
import { relations } from '../memory.js';
import type { Style } from './render-changes.js';
import { alignRows, formatBytes, formatCount, formatSeconds, oneLine, plainText } from './text.js';

function rowsUnder(title: string, rows: readonly (readonly string[])[], { colors }: Style): string[] {
  return rows.length === 0 ? [] : ['', colors.bold(title), ...alignRows(rows.map((row) => ['  ' + (row[0] ?? ''), ...row.slice(1)]))];
}

function listed(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${Number.isInteger(value) ? formatCount(value) : value}`)
    .join(', ');
}

/** Three lists: what ships, what is in the cache, what was measured here. */
export function modelLines({ shipped, cached, calibrated }: ModelsResult, style: Style): string[] {
  const measured = calibrated.map(({ id, at, active, figures }) => {
    const what =
      'roc_area' in figures
        ? `area ${figures.roc_area}, floor ${figures.min_similarity}, threshold ${figures.threshold.value}`
        : `macro F1 ${figures.before['macro_f1']} without, ${figures.after['macro_f1']} with${active ? '' : '; not used'}`;
    return [oneLine(id), 'roc_area' in figures ? 'similarity' : 'second stage', at.slice(0, 10), what];
  });
  return [
    ...rowsUnder(
      'Shipped',
      shipped.map(({ id, kind, size_bytes, figures }) => [id, kind, formatBytes(size_bytes), listed(figures)]),
      style,
    ).slice(1),
    ...rowsUnder(
      'In the cache',
      cached.map((model) => [
        oneLine(model.name),
        model.kind,
        formatBytes(model.size_bytes),
        model.calibrated ? 'measured' : 'never measured',
      ]),
      style,
    ),
    ...rowsUnder('Measured in this database', measured, style),
  ];
}

export function pullLines({ name, kind, folder, size_bytes, fetched_bytes }: PullResult): string[] {
  const fetched = fetched_bytes === 0 ? 'nothing to fetch, it was here already' : `${formatBytes(fetched_bytes)} fetched`;
  return [
    `${oneLine(name)}: ${kind === 'embedding' ? 'an embedding model' : 'a cross-encoder'} of ${formatBytes(size_bytes)}, ${fetched}.`,
    plainText(folder),
  ];
}

/** How well similarity tells pairs apart, and the numbers that are used from now on. */
export function checkLines(checked: CheckResult, { colors }: Style): string[] {
  const { threshold, recipe } = checked;
  const quantiles = relations.map((name) => {
    const { q05, q25, q50, q75, q95 } = checked.quantiles[name];
    return [`  ${name}`, ...[q05, q25, q50, q75, q95].map((value) => value.toFixed(2))];
  });
  const chosen = threshold.chosen_by === 'precision' ? 'right in 95 of 100 at least' : 'the best compromise: none is right in 95 of 100';
  return [
    colors.bold(`${oneLine(checked.id)}, ${formatCount(checked.dimensions)} dimensions, on ${formatCount(checked.pairs)} labelled pairs`),
    '',
    ...alignRows([
      ...(recipe === null ? [] : [['  Tokens pooled by', recipe.pooling]]),
      ...(recipe === null || recipe.prompt === '' ? [] : [['  Put before each text', JSON.stringify(oneLine(recipe.prompt))]]),
      ['  Area under the ROC curve', `${checked.roc_area} (one claim against the rest)`],
      ['  Floor of candidates', `${checked.min_similarity} (99 of 100 related pairs lie above)`],
      ['  Threshold of one claim', `${threshold.value}, ${chosen} (precision ${threshold.precision}, recall ${threshold.recall})`],
    ]),
    '',
    ...alignRows([['  Similarity of', '5 %', '25 %', '50 %', '75 %', '95 %'], ...quantiles], [1, 2, 3, 4, 5]),
  ];
}

/** The same figures without the second stage and with it. */
export function calibrateLines(result: CalibrateResult, { colors }: Style): string[] {
  const { before, after } = result;
  const row = (name: string, of: (figures: CalibrateResult['before']) => string) => [`  ${name}`, of(before), of(after)];
  return [
    colors.bold(
      `${oneLine(result.id)}, asked about ${formatCount(result.asked)} of ${formatCount(before.pairs)} labelled pairs in ${formatSeconds(result.seconds)}`,
    ),
    '',
    ...alignRows(
      [
        ['', 'without', 'with'],
        row('Macro F1', ({ macro_f1 }) => macro_f1.toFixed(3)),
        row('Merges right', ({ merge_precision, merges }) => `${merge_precision.toFixed(3)} of ${formatCount(merges)}`),
        row('Merges found', ({ merge_recall }) => merge_recall.toFixed(3)),
        row('Conflicts right', ({ conflict_precision, conflicts }) => `${conflict_precision.toFixed(3)} of ${formatCount(conflicts)}`),
        row('Conflicts found', ({ conflict_recall }) => conflict_recall.toFixed(3)),
        row('Left to a person', ({ ambiguous }) => ambiguous.toFixed(3)),
      ],
      [1, 2],
    ),
    '',
    `Log loss saved on each pair asked: ${result.gain} (standard error ${result.gain_error}). ${result.better ? 'Better than without.' : 'No better than without.'} ${result.active ? 'It is used from now on where --cross-encoder names it.' : 'It is not used.'}`,
  ];
}
