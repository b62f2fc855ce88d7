/** Values in the manner of those that stand in a store already: times, names, quotes. */

/**
 * A time in the form of another one: digits of a clock, a day, ISO 8601 with as many places and the same sign for UTC. A form that is
 * none of these becomes ISO 8601.
 * @param at ISO 8601
 */
export function likeTime(at: string, sample: string | number): string | number {
  const time = Date.parse(at);
  if (typeof sample === 'number') return likeEpoch(time, sample);
  if (/^\d{9,19}(?:\.\d+)?$/.test(sample)) return String(likeEpoch(time, Number(sample)));
  const iso = new Date(time).toISOString();
  const form = /^\d{4}-\d{2}-\d{2}(?:([T ])\d{2}:\d{2}(:\d{2}(?:\.(\d{1,9}))?)?(Z| UTC|\+00:?00)?)?$/.exec(sample);
  if (form === null) return iso;
  const [, parting, seconds, places, zone = ''] = form;
  if (parting === undefined) return iso.slice(0, 10);
  const clock = seconds === undefined ? iso.slice(11, 16) : iso.slice(11, 19);
  const fraction = places === undefined ? '' : `.${iso.slice(20, 23).padEnd(places.length, '0').slice(0, places.length)}`;
  return `${iso.slice(0, 10)}${parting}${clock}${fraction}${zone}`;
}

/** Seconds, milliseconds, microseconds or nanoseconds, told apart by size as the reader does. */
function likeEpoch(time: number, sample: number): number {
  if (sample < 1e11) return Number.isInteger(sample) ? Math.floor(time / 1000) : time / 1000;
  if (sample < 1e14) return time;
  return sample < 1e17 ? time * 1e3 : time * 1e6;
}

/** The most frequent of `values`; of several the longest, then the first in order. Null where there is none. */
export function mostCommon(values: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || b.length - a.length || (a < b ? -1 : 1));
  return ranked[0]?.[0] ?? null;
}
