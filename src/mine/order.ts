/** The order in which sessions are read: by time, so that it never depends on the order of files. */
import { compareText } from '../memory.js';
import type { SessionSignals } from '../signals.js';

/** Compares by time of the first turn (those without one first), then by id and file: equal only for one session of one file. */
export function byTime(a: SessionSignals, b: SessionSignals): number {
  return compareText(a.at ?? '', b.at ?? '') || compareText(a.id, b.id) || compareText(a.path, b.path);
}
