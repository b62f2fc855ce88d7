/** What the commands without a dream found, as a person reads it: audit, dedupe, doctor. */
import type { AuditResult, DedupeReport, DoctorResult } from '../api.js';
import type { Change } from '../memory.js';
import { changeLines, findingLines, problemLines, type Style } from './render-changes.js';
import { alignRows, formatBytes, formatCount, formatNumberOf, formatPlace, formatSeconds, hang, oneLine, plainText } from './text.js';

/** Changes shown of each kind; a dream shows all of them. */
const shownOfEach = 5;

function section(title: string, lines: readonly string[], { colors }: Style): string[] {
  return lines.length === 0 ? [] : ['', colors.bold(title), ...lines];
}

function changeSection(title: string, changes: readonly Change[], style: Style): string[] {
  const shown = changes.slice(0, shownOfEach).flatMap((change) => ['', ...changeLines(change, style)]);
  const left = changes.length - shownOfEach;
  return section(`${title} (${changes.length})`, left > 0 ? [...shown, '', `  and ${formatCount(left)} more`] : shown, style);
}

/** The health of a store: figures first, then each kind of finding with its places. */
export function auditLines(audit: AuditResult, style: Style): string[] {
  const { size } = audit;
  const links = audit.dead_links.map(({ path, line, target }) => `  ${formatPlace(path, line)}  ${oneLine(target)} does not exist`);
  const index =
    size.index_lines === null ? [] : [['  Index', `${formatCount(size.index_lines)} lines, ${formatBytes(size.index_bytes ?? 0)}`]];
  const figures = [
    ['  Memories', formatCount(audit.memories)],
    ['  Statements', formatCount(audit.statements)],
    ['  Size', `${formatNumberOf(size.files, 'file', 'files')}, ${formatBytes(size.bytes)}`],
    ...index,
    ['  Duplicates', formatCount(audit.duplicates.length)],
    ['  Conflicts', formatCount(audit.conflicts.length)],
    ['  Superseded', formatCount(audit.superseded.length)],
    ['  Stale', formatCount(audit.stale.length)],
    ['  Perhaps', formatCount(audit.suggested.length)],
    ['  Orphans', formatCount(audit.orphans.length)],
    ['  Dead links', formatCount(audit.dead_links.length)],
  ];
  return [
    style.colors.bold(`${plainText(audit.path)} (${audit.format})`),
    '',
    ...alignRows(figures),
    ...section(
      'Over the limits',
      size.over.flatMap((limit) => hang('  ', oneLine(limit), style.width)),
      style,
    ),
    ...changeSection('Duplicates', audit.duplicates, style),
    ...changeSection('Superseded by a later value', audit.superseded, style),
    ...changeSection('Stale', audit.stale, style),
    ...changeSection('Conflicts', audit.conflicts, style),
    ...changeSection('Perhaps, but not sure', audit.suggested, style),
    ...section(
      `Not in the index (${audit.orphans.length})`,
      audit.orphans.map((path) => `  ${oneLine(path)}`),
      style,
    ),
    ...section(`Dead links (${links.length})`, links, style),
    ...findingLines(
      audit.findings.filter((finding) => finding.kind !== 'unreadable'),
      style,
    ),
    ...problemLines(audit.problems, style),
  ];
}

/** What deduplication did, in figures. */
export function dedupeLines(report: DedupeReport, out: string | null): string[] {
  const seconds = Object.values(report.seconds).reduce((sum, value) => sum + value, 0);
  const dropped = report.records - report.kept;
  const groups = formatNumberOf(report.groups.length, 'group', 'groups');
  return [
    `${formatNumberOf(report.records, 'record', 'records')}: ${formatCount(report.kept)} kept, ${formatCount(dropped)} dropped in ${groups}.`,
    `${formatSeconds(seconds)}, peak memory ${formatCount(report.peak_rss_mb)} MB.`,
    ...(out === null ? [] : [`Kept records: ${plainText(out)}`]),
  ];
}

/** What works here and what does not. */
export function doctorLines({ checks }: DoctorResult, { colors, width }: Style): string[] {
  const [longest] = checks.map((check) => oneLine(check.name).length).sort((a, b) => b - a);
  return checks.flatMap((check) => {
    const lines = hang(`${check.ok ? 'ok' : 'no'}  ${oneLine(check.name).padEnd(longest ?? 0)}  `, oneLine(check.detail), width);
    return check.ok ? lines : lines.map(colors.yellow);
  });
}
