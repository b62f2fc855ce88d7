/** Times as stores write them, in ISO 8601 UTC. Never guesses a zone from the machine: a time without one is taken as UTC. */
import type { StatementTime } from '../memory.js';

const isoPattern = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$/i;

/** Reads ISO 8601, RFC 2822 with a zone, or an epoch in s, ms, us or ns (told apart by size); null for anything else. */
export function parseTime(value: unknown): string | null {
  if (typeof value === 'number') return fromEpoch(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^\d{9,19}(\.\d+)?$/.test(text)) return fromEpoch(Number(text));
  const match = isoPattern.exec(text);
  if (match !== null) return fromIso(match);
  return /\b(GMT|UTC|[+-]\d{4})$/.test(text) ? fromMilliseconds(Date.parse(text)) : null;
}

/** The first ten characters of a name as a day, null where they are none: `2026-02-03-notes.md`. */
export function dayOfName(name: string): string | null {
  const match = /^(\d{4}-\d{2}-\d{2})(?!\d)/.exec(name);
  return match?.[1] === undefined ? null : parseTime(match[1]);
}

/** The first of `values` that is a time, else the file's own, which is weak. */
export function firstTime(values: readonly unknown[], source: 'record' | 'frontmatter', fileTime: string): StatementTime {
  for (const value of values) {
    const at = parseTime(value);
    if (at !== null) return { at, source };
  }
  return { at: fileTime, source: 'file' };
}

function fromIso(match: RegExpExecArray): string | null {
  const [, day = '', minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match;
  // `Date` takes 30 February for 2 March.
  if (Number(day.slice(8)) > 28 && fromMilliseconds(Date.parse(`${day}T00:00:00Z`))?.slice(0, 10) !== day) return null;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  return fromMilliseconds(Date.parse(`${day}T${minutes}:${seconds}.${milliseconds}${isoZone(zone)}`));
}

function isoZone(zone: string): string {
  if (/^(z|utc)$/i.test(zone)) return 'Z';
  const digits = zone.replace(':', '').slice(1).padEnd(4, '0');
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

function fromEpoch(value: number): string | null {
  if (!Number.isFinite(value) || value < 1e8) return null;
  if (value < 1e11) return fromMilliseconds(value * 1e3);
  if (value < 1e14) return fromMilliseconds(value);
  if (value < 1e17) return fromMilliseconds(value / 1e3);
  return fromMilliseconds(value / 1e6);
}

function fromMilliseconds(value: number): string | null {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 1 ? null : date.toISOString();
}
