/** What Claude was asked, or would be asked, as a person reads it. */
import type { AskPreview, AskReport, AskSummary, LedgerCall } from '../api.js';
import type { Style } from './render-changes.js';
import { alignRows, formatCount, formatNumberOf, hang, oneLine } from './text.js';

/** Pairs shown; the JSON form has all of them. */
const shownPairs = 5;

/** `$0.0312`, `unknown` where the price of the model is not known. */
export function formatUsd(usd: number | null): string {
  if (usd === null) return 'unknown';
  return `$${usd >= 1 ? usd.toFixed(2) : usd.toFixed(4)}`;
}

function pairLines(pairs: readonly { readonly a: string; readonly b: string }[], width: number): string[] {
  const shown = pairs.slice(0, shownPairs).flatMap(({ a, b }) => [...hang('  - ', oneLine(a), width), ...hang('    ', oneLine(b), width)]);
  return pairs.length > shownPairs ? [...shown, `  and ${formatCount(pairs.length - shownPairs)} more (all of them: --json)`] : shown;
}

/** What a dry run has found. */
export function previewLines(preview: AskPreview, { colors, width }: Style): string[] {
  const { totals, requests, known, model } = preview;
  if (requests.length === 0) {
    return [`Nothing would be asked.${known > 0 ? ` ${formatNumberOf(known, 'pair was', 'pairs were')} answered before.` : ''}`];
  }
  const rows = alignRows(
    [
      ['  Request', 'Clusters', 'Pairs', 'Tokens in', 'Tokens out', 'Price'],
      ...requests.map((request, at) => [
        `  ${at + 1}`,
        formatCount(request.clusters),
        formatCount(request.pairs.length),
        formatCount(request.input_tokens),
        formatCount(request.output_tokens),
        formatUsd(request.usd),
      ]),
      [
        '  all',
        formatCount(totals.clusters),
        formatCount(totals.pairs),
        formatCount(totals.input_tokens),
        formatCount(totals.output_tokens),
        formatUsd(totals.usd),
      ],
    ],
    [1, 2, 3, 4, 5],
  );
  const fitting = preview.within_limits;
  return [
    colors.bold(`${model} would be asked about ${formatNumberOf(totals.pairs, 'pair', 'pairs')}; nothing was sent`),
    '',
    ...rows,
    '',
    ...(fitting < requests.length ? [`Within the limits: the first ${formatNumberOf(fitting, 'request', 'requests')}.`] : []),
    ...(known > 0 ? [`Answered before: ${formatNumberOf(known, 'pair', 'pairs')}.`] : []),
    'Tokens and prices are estimates; what is asked afterwards depends on the answers.',
    '',
    colors.bold('First of all'),
    ...pairLines(requests[0]?.pairs ?? [], width),
  ];
}

/** One line for stderr after a run without a dream; nothing where nothing was asked. */
export function askedLine(asked: AskReport | null): string[] {
  if (asked === null || asked.pairs === 0) return [];
  const { answered, known, left, stopped, model } = asked;
  // Without a key nothing is asked, and nobody wants to hear of it on every run.
  if (answered === 0 && known === 0 && stopped === null) return [];
  const parts = [`${formatNumberOf(answered, 'pair', 'pairs')} answered by ${oneLine(model)}`];
  if (known > 0) parts.push(`${formatCount(known)} known from before`);
  if (left.length > 0) parts.push(`${formatCount(left.length)} without an answer${stopped === null ? '' : ` (${oneLine(stopped)})`}`);
  return [`${parts.join(', ')}.`];
}

function outcomeOf({ error, answered, doubts, changes }: LedgerCall): string {
  const counts = Object.entries(answered).map(([relation, count]) => `${formatCount(count)} ${relation}`);
  const parts = [
    ...(error === null ? [] : [`failed: ${oneLine(error.message)}`]),
    ...counts,
    ...(changes.length > 0 ? [formatNumberOf(changes.length, 'change', 'changes')] : []),
    ...doubts.map(oneLine),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

/** The ledger of a dream. */
export function ledgerLines(llm: AskSummary, { colors, width }: Style): string[] {
  const sum = (value: (call: LedgerCall) => number) => llm.calls.reduce((total, call) => total + value(call), 0);
  const calls = llm.calls.map((call) => [
    `  ${call.seq}`,
    call.at.slice(0, 16).replace('T', ' '),
    call.batch === null ? call.kind : 'batch',
    formatCount(call.pairs),
    formatCount(call.usage.input_tokens + call.usage.cache_creation_input_tokens + call.usage.cache_read_input_tokens),
    formatCount(call.usage.output_tokens),
    formatUsd(call.usd),
  ]);
  const table = alignRows([['  Call', 'At', 'Kind', 'Pairs', 'Tokens in', 'Tokens out', 'Price'], ...calls], [3, 4, 5, 6]);
  const total = `${formatNumberOf(llm.attempts, 'request', 'requests')}, ${formatCount(sum((call) => call.usage.input_tokens + call.usage.cache_creation_input_tokens + call.usage.cache_read_input_tokens))} tokens in, ${formatCount(sum((call) => call.usage.output_tokens))} out, ${formatUsd(llm.usd)} at list price`;
  const uncertain =
    llm.uncertain_tokens > 0
      ? hang('  ', `Attempts that broke off may be billed too: at most ${formatCount(llm.uncertain_tokens)} tokens.`, width)
      : [];
  const { report } = llm;
  const left =
    report === null || report.left.length === 0
      ? []
      : [
          '',
          colors.bold(`Still ambiguous: ${formatNumberOf(report.left.length, 'pair', 'pairs')} without an answer`),
          ...(report.stopped === null ? [] : hang('  ', `Because ${oneLine(report.stopped).replace(/\.$/, '')}.`, width)),
          ...pairLines(report.left, width),
        ];
  return [
    '',
    colors.bold(`Asked ${oneLine(llm.calls.at(-1)?.model ?? report?.model ?? '')}`),
    ...(llm.calls.length === 0 ? [] : table),
    ...llm.calls.flatMap((call) => hang(`  ${call.seq}: `, outcomeOf(call), width)),
    `  ${total}`,
    ...uncertain,
    ...(report !== null && report.known > 0 ? [`  ${formatNumberOf(report.known, 'pair', 'pairs')} answered in an earlier run`] : []),
    ...left,
  ];
}
