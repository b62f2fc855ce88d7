/** Dreams as a person reads them: the summary with one example of each kind, the list, one in detail. */
import type { DreamObject, DreamResult, DreamSummary, PublishResult, ShownDream } from '../api.js';
import type { Change } from '../memory.js';
import { ledgerLines } from './render-asking.js';
import { compareKinds, explainedChangeLines, findingLines, kindTitle, problemLines, type Style } from './render-changes.js';
import { alignRows, formatCount, formatNumberOf, formatSeconds, hang, oneLine, plainText } from './text.js';

/** Kinds of which the summary explains the strongest change. */
const exampleKinds = ['merge', 'supersede', 'conflict', 'insight'] as const;

function totalSeconds(summary: DreamSummary): number {
  return Object.values(summary.seconds).reduce((sum, seconds) => sum + seconds, 0);
}

function slowest(summary: DreamSummary): string {
  return Object.entries(summary.seconds)
    .filter(([, seconds]) => seconds >= 0.01)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([stage, seconds]) => `${oneLine(stage)} ${formatSeconds(seconds)}`)
    .join(', ');
}

/** The figures of a dream, aligned. */
function figureLines(summary: DreamSummary): string[] {
  const kinds = Object.entries(summary.changes)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => compareKinds(a, b));
  return alignRows(
    [
      ['  Memories', formatCount(summary.memories), ''],
      ['  Statements', formatCount(summary.statements), ''],
      ['  Sessions', formatCount(summary.sessions), ''],
      ...kinds.map(([kind, count]) => [`  ${kindTitle(kind)}`, formatCount(count), '']),
      ['  Not sure enough to do alone', formatCount(summary.suggested), summary.suggested > 0 ? 'both sides stay until you decide' : ''],
      ...(summary.asked > 0
        ? [['  Asked Claude about', formatCount(summary.asked), 'clusters of statements (dreamfold show: calls and price)']]
        : []),
      // Without a key nobody is asked, and nobody wants to hear of it every time.
      ...(summary.asked > 0 && summary.unanswered > 0
        ? [['  Left without an answer', formatCount(summary.unanswered), 'pairs (dreamfold show: which, and why)']]
        : []),
      ['  Time', formatSeconds(totalSeconds(summary)), slowest(summary)],
      ['  Peak memory', `${formatCount(summary.peak_rss_mb)} MB`, ''],
    ],
    [1],
  );
}

/** What became of each clause of the instructions. */
function instructionLines({ instructions, asked }: DreamSummary, width: number): string[] {
  const other = asked > 0 ? 'passed on to Claude' : 'not followed: it needs a language model';
  return instructions.flatMap(({ kind, text, matched }) => {
    const effect = kind === 'other' ? other : `${kind}: ${formatNumberOf(matched, 'statement', 'statements')}`;
    return hang('  ', `Instruction "${oneLine(text)}" (${effect})`, width);
  });
}

/** The strongest change of each kind that is worth an explanation: one that is in the new store, else a suggestion. */
function examples(changes: readonly Change[]): Change[] {
  return exampleKinds.flatMap((kind) => {
    const [best] = changes
      .filter((change) => change.kind === kind)
      .sort((a, b) => Number(a.status === 'suggested') - Number(b.status === 'suggested') || b.confidence - a.confidence);
    return best === undefined ? [] : [best];
  });
}

/** A finished dream: figures, problems, findings, one example of each kind, and where everything is. */
export function dreamLines({ dream, changes, findings, problems }: DreamResult, style: Style): string[] {
  const { colors } = style;
  const head = `Dream ${oneLine(dream.id)} ${dream.status}`;
  if (dream.summary === null) return [head, ...errorLines(dream, style), ...problemLines(problems, style)];
  const shown = examples(changes).flatMap((change) => [
    '',
    colors.bold(`${kindTitle(change.kind, change.status)}, for example`),
    ...explainedChangeLines(change, style),
  ]);
  return [
    colors.bold(head),
    '',
    ...figureLines(dream.summary),
    ...instructionLines(dream.summary, style.width),
    ...problemLines(problems, style),
    ...findingLines(
      findings.filter((finding) => finding.kind !== 'unreadable'),
      style,
    ),
    ...shown,
    '',
    `New store: ${plainText(dream.summary.out)}`,
    `Nothing was changed in ${plainText(dream.summary.store)}.`,
  ];
}

function errorLines(dream: DreamObject, { width }: Style): string[] {
  return dream.error === null ? [] : hang('  ', `${oneLine(dream.error.type)}: ${plainText(dream.error.message)}`, width);
}

/** One dream in detail. */
export function showLines(dream: ShownDream, style: Style): string[] {
  const inputs = dream.inputs.map((input) =>
    input.type === 'memory_store'
      ? ['  Store', oneLine(dream.summary?.store ?? input.memory_store_id)]
      : ['  Sessions', formatCount(input.session_ids.length)],
  );
  const facts = [
    ...inputs,
    ['  Model', oneLine(dream.model.id)],
    ['  Created', dream.created_at],
    ...(dream.ended_at === null ? [] : [['  Ended', dream.ended_at]]),
    ...(dream.archived_at === null ? [] : [['  Discarded', dream.archived_at]]),
    ...(dream.instructions === null ? [] : [['  Instructions', oneLine(dream.instructions)]]),
    ...(dream.summary === null ? [] : [['  New store', oneLine(dream.summary.out)]]),
  ];
  return [
    style.colors.bold(`Dream ${oneLine(dream.id)} ${dream.status}`),
    '',
    ...alignRows(facts),
    ...errorLines(dream, style),
    ...(dream.summary === null ? [] : ['', ...figureLines(dream.summary)]),
    ...(dream.llm === null ? [] : ledgerLines(dream.llm, style)),
  ];
}

/** The dreams of a database in the order given, each with its store on a line of its own. */
export function listLines(dreams: readonly DreamObject[]): string[] {
  if (dreams.length === 0) return ['No dreams yet.'];
  const rows = dreams.map((dream) => [
    oneLine(dream.id),
    dream.archived_at === null ? dream.status : 'discarded',
    dream.created_at.slice(0, 16).replace('T', ' '),
    dream.summary === null ? '' : formatNumberOf(sumChanges(dream.summary), 'change', 'changes'),
  ]);
  const stores = dreams.map(({ summary }) => (summary === null ? [] : [`  ${plainText(summary.store)}`]));
  return alignRows(rows).flatMap((row, at) => [row, ...(stores[at] ?? [])]);
}

function sumChanges(summary: DreamSummary): number {
  return Object.values(summary.changes).reduce((sum, count) => sum + count, 0);
}

/** What was published or taken back: where, and which files. `verb` is in the past tense. */
export function publishLines(verb: string, { path, files }: PublishResult): string[] {
  const counts = `${formatNumberOf(files.written.length, 'file', 'files')} written, ${files.removed.length} removed`;
  return [
    `${verb} ${plainText(path)}: ${counts}.`,
    ...files.written.map((file) => `  written  ${oneLine(file)}`),
    ...files.removed.map((file) => `  removed  ${oneLine(file)}`),
  ];
}
