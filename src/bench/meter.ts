/**
 * Progress over trials. A trial says nothing while it runs, so how far it is goes by how long the one before it on that path took, and
 * the first by a guess.
 */
import type { RunContext } from '../context.js';
import type { Measure, Path } from './results.js';

const tickMs = 250;
/** What starting takes, and each record after that, on a machine of two cores. */
const guessed: { readonly start: number; readonly perRecord: Readonly<Record<Measure, number>> } = {
  start: 1.5,
  perRecord: { similarity: 0.0004, meaning: 0.01 },
};
/** A trial that takes longer than expected stays here until it is over. */
const mostExpected = 0.95;

export interface Meter {
  /** Runs one trial over `size` records. */
  readonly during: <T extends { readonly seconds: number }>(path: Path, size: number, trial: () => Promise<T>) => Promise<T>;
  /** Begins with the trials of another size, which come to so many records together. */
  readonly begin: (total: number) => void;
}

export function createMeter({ report, clockMs }: RunContext): Meter {
  const secondsPerRecord = new Map<string, number>();
  let done = 0;
  let total = 0;
  const tell = (now: number): void => report({ kind: 'stage', stage: 'measure', done: Math.floor(now), total, unit: 'records' });
  return {
    begin: (records) => {
      done = 0;
      total = records;
      tell(0);
    },
    during: async (path, size, trial) => {
      const name = `${path.by} ${path.index}`;
      const before = secondsPerRecord.get(name);
      const expectedMs = 1000 * (before === undefined ? guessed.start + guessed.perRecord[path.by] * size : before * size);
      const started = clockMs();
      const tick = setInterval(() => {
        tell(done + size * Math.min(mostExpected, (clockMs() - started) / expectedMs));
      }, tickMs);
      try {
        const result = await trial();
        secondsPerRecord.set(name, result.seconds / size);
        done += size;
        tell(done);
        return result;
      } finally {
        clearInterval(tick);
      }
    },
  };
}
