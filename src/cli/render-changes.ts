/** Changes as a person reads them: what goes, what stays, why, and what speaks for it. */
import type { ChangesResult, Explanation } from '../api.js';
import type { Change, ChangeKind, ChangeSide, ChangeStatus, Evidence, Finding, Problem } from '../memory.js';
import type { Colors } from './terminal.js';
import { alignRows, formatNumberOf, formatPercent, formatPlace, hang, oneLine, plainText, wrapText } from './text.js';

/** How wide and in which colours. */
export interface Style {
  readonly width: number;
  readonly colors: Colors;
}

/** The order in which kinds are shown, and their titles: where a change is made, and where it is only a suggestion. */
const kindTitles: readonly (readonly [kind: ChangeKind, made: string, suggested: string])[] = [
  ['merge', 'Merged duplicates', 'Perhaps duplicates'],
  ['supersede', 'Superseded by a later value', 'Perhaps superseded by a later value'],
  ['conflict', 'Conflicts', 'Conflicts'],
  ['insight', 'Insights from sessions', 'Perhaps insights'],
  ['stale', 'Stale', 'Perhaps stale'],
  ['redact', 'Secrets masked', 'Perhaps secrets'],
  ['reindex', 'Index and emptied places', 'Perhaps index and emptied places'],
];

/** Quotes shown of one change where not everything is asked for. */
const quotesShown = 3;

/** Title of a kind; the kind itself where it is new to this version. */
export function kindTitle(kind: string, status: ChangeStatus = 'proposed'): string {
  const [, made, suggested] = kindTitles.find(([name]) => name === kind) ?? [kind, kind, kind];
  return status === 'suggested' ? suggested : made;
}

/** In the order of display; unknown kinds last. */
export function compareKinds(a: string, b: string): number {
  const rank = (kind: string): number => {
    const at = kindTitles.findIndex(([name]) => name === kind);
    return at < 0 ? kindTitles.length : at;
  };
  return rank(a) - rank(b);
}

function date(at: string | null): string {
  return at === null ? 'no date' : oneLine(at).slice(0, 10);
}

function isSurvivor(side: ChangeSide, change: Change): boolean {
  return change.kind === 'merge' && side.path === change.after?.path && side.line === change.after.line && side.text === change.after.text;
}

function sideLines(side: ChangeSide, sign: string, paint: (text: string) => string, { width, colors }: Style): string[] {
  const place = colors.dim(`    ${formatPlace(side.path, side.line)}  ${date(side.written)}`);
  return [place, ...hang(`  ${sign} `, plainText(side.text), width).map(paint)];
}

/** Before with `-`, after with `+`; the sides of a conflict, of which nothing is taken away, with `?`. */
function editLines(change: Change, style: Style): string[] {
  const { colors, width } = style;
  const open = change.kind === 'conflict' && change.after === null;
  const before = change.before
    .filter((side) => !isSurvivor(side, change))
    .flatMap((side) => sideLines(side, open ? '?' : '-', open ? colors.yellow : colors.red, style));
  if (change.after === null) return before;
  const { path, line, text } = change.after;
  return [...before, colors.dim(`    ${formatPlace(path, line)}`), ...hang('  + ', plainText(text), width).map(colors.green)];
}

/** One quote with its date, speaker, session and place. */
export function evidenceLines(evidence: Evidence, { width, colors }: Style): string[] {
  const source = `${date(evidence.at)} ${evidence.role}, session ${oneLine(evidence.session_id)}`;
  return [
    ...hang('      ', `"${plainText(evidence.quote)}"`, width),
    colors.dim(`      ${source}`),
    colors.dim(`      ${formatPlace(evidence.file, evidence.line)}`),
  ];
}

function evidenceBlock(change: Change, shown: number, style: Style): string[] {
  if (change.evidence.length === 0) return [];
  const left = change.evidence.length - shown;
  const more = left > 0 ? [`      and ${formatNumberOf(left, 'more quote', 'more quotes')}`] : [];
  return ['    evidence', ...change.evidence.slice(0, shown).flatMap((one) => evidenceLines(one, style)), ...more];
}

function headLine(change: Change, { colors }: Style): string {
  const status = change.status === 'proposed' || change.status === 'suggested' ? [] : [change.status];
  const support = change.support === null ? [] : [formatNumberOf(change.support, 'session', 'sessions')];
  const insight = change.insight === null ? [] : [change.insight];
  return [colors.bold(oneLine(change.id)), formatPercent(change.confidence), ...insight, ...support, ...status].join('  ');
}

export interface ChangeDetail {
  /** Quotes to show; all of them where it is Infinity. */
  readonly quotes: number;
}

/** One change: id and confidence, before, after, reason, and quotes if asked for. */
export function changeLines(change: Change, style: Style, detail: ChangeDetail = { quotes: 0 }): string[] {
  return [
    headLine(change, style),
    ...editLines(change, style),
    ...hang('    why: ', `${plainText(change.reason)} (${change.decided_by})`, style.width),
    ...(detail.quotes > 0 ? evidenceBlock(change, detail.quotes, style) : []),
  ];
}

/** Grouped by kind, the strongest first within a kind; equal ones in the order given. */
function byKind(changes: readonly Change[], style: Style): string[] {
  const kinds = [...new Set(changes.map((change) => change.kind))].sort(compareKinds);
  return kinds.flatMap((kind) => {
    const group = changes.filter((change) => change.kind === kind).sort((a, b) => b.confidence - a.confidence);
    const title = style.colors.bold(`${kindTitle(kind, group[0]?.status)} (${group.length})`);
    return ['', title, ...group.flatMap((change) => ['', ...changeLines(change, style)])];
  });
}

/** Findings with their place, e.g. text that tries to give orders to an agent. */
export function findingLines(findings: readonly Finding[], { width, colors }: Style): string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap((finding) =>
    hang('  ', `${formatPlace(finding.path, finding.line)}  ${finding.kind}: ${oneLine(finding.message)}`, width),
  );
  return ['', colors.bold(`Found on the way (${findings.length})`), ...lines];
}

/** What could not be read, with file and line. */
export function problemLines(problems: readonly Problem[], { width, colors }: Style): string[] {
  if (problems.length === 0) return [];
  const lines = problems.flatMap((problem) =>
    hang('  ', `${formatPlace(problem.path, problem.line)}  ${problem.kind}: ${oneLine(problem.message)}`, width),
  );
  return ['', colors.yellow(`Could not be read (${problems.length}); the rest was used`), ...lines];
}

/** All changes of a dream; what was not sure enough to be done alone stands apart at the end. */
export function changesLines({ dream, changes, findings }: ChangesResult, style: Style): string[] {
  const sure = changes.filter((change) => change.status !== 'suggested');
  const unsure = changes.filter((change) => change.status === 'suggested');
  const count = `${formatNumberOf(sure.length, 'change', 'changes')}, ${formatNumberOf(unsure.length, 'suggestion', 'suggestions')}`;
  const apart = [
    '',
    style.colors.yellow(`Not sure enough to do alone (${unsure.length})`),
    ...wrapText('These are not in the new store. Approve the ones you want there.', style.width),
  ];
  return [
    `Dream ${oneLine(dream)}: ${count}`,
    ...byKind(sure, style),
    ...(unsure.length > 0 ? [...apart, ...byKind(unsure, style)] : []),
    ...findingLines(findings, style),
  ];
}

/** What was decided just now, one line each. */
export function decidedLines({ changes }: ChangesResult): string[] {
  return alignRows(changes.map((change) => [change.status, oneLine(change.id), change.kind, placeOf(change)]));
}

/** Where a change happens first. */
function placeOf(change: Change): string {
  const side = change.before[0] ?? change.after;
  return side === null ? '' : formatPlace(side.path, side.line);
}

/** Everything that speaks for a change: all quotes, and each judged pair with its scores. */
export function explanationLines({ dream, change, pairs, effect }: Explanation, style: Style): string[] {
  const { colors, width } = style;
  const judged = pairs.flatMap((pair) => {
    const probabilities = Object.entries(pair.probabilities).map(([relation, value]) => `${relation} ${formatPercent(value)}`);
    const sure = pair.ambiguous ? 'not sure enough' : 'sure';
    return [
      '',
      ...hang('  a  ', plainText(pair.a), width),
      ...hang('  b  ', plainText(pair.b), width),
      ...hang(
        '     ',
        `${pair.relation}, ${formatPercent(pair.confidence)} (${sure}; decided by ${pair.decided_by}); keep ${pair.keep}`,
        width,
      ),
      ...hang('     ', `${probabilities.join(', ')}; similarity ${pair.similarity.toFixed(2)}`, width).map(colors.dim),
      ...hang('     why: ', plainText(pair.reason), width),
    ];
  });
  return [
    `${kindTitle(change.kind, change.status)}, in dream ${oneLine(dream)}`,
    '',
    ...changeLines(change, style, { quotes: Number.POSITIVE_INFINITY }),
    ...(effect === null ? [] : hang('    effect: ', effect.sentence, width)),
    ...(judged.length > 0 ? ['', colors.bold(`Pairs compared (${pairs.length})`), ...judged] : []),
  ];
}

/** A change as the dream's summary and the review show it: with some of its quotes. */
export function explainedChangeLines(change: Change, style: Style): string[] {
  return changeLines(change, style, { quotes: quotesShown });
}
