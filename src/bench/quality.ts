/** What a deduplication did, scored against the truth of a made store. */
import { claimOf, type Truth } from './generate.js';
import type { Quality } from './results.js';
import type { TrialReport } from './trial.js';

export function scoreDrops({ groups }: Pick<TrialReport, 'groups'>, truth: Truth): Quality {
  const count = truth.kinds.length;
  const keptFor = Int32Array.from({ length: count }, (_, at) => at);
  const wrong = { changed: 0, lookalike: 0, other: 0 };
  let dropped = 0;
  let right = 0;
  for (const group of groups) {
    const kept = group.kept - 1;
    for (const { line } of group.dropped) {
      keptFor[line - 1] = kept;
      dropped += 1;
      if (claimOf(truth, line - 1) === claimOf(truth, kept)) right += 1;
      else wrong[mistakeOf(truth, line - 1, kept)] += 1;
    }
  }
  const duplicates = countOf(truth, 'edited') + countOf(truth, 'paraphrased');
  return {
    dropped,
    right,
    precision: share(right, dropped),
    duplicates,
    recall: share(right, duplicates),
    found: foundCopies(truth, keptFor),
    wrong,
    traps: { changed: countOf(truth, 'changed'), lookalike: countOf(truth, 'lookalike') },
  };
}

function mistakeOf({ kinds, origins }: Truth, a: number, b: number): keyof Quality['wrong'] {
  if (origins[a] !== origins[b]) return 'other';
  return kinds[a] === 'lookalike' || kinds[b] === 'lookalike' ? 'lookalike' : 'changed';
}

/** A copy is found where another record of its claim stands for the same kept one, whichever of them was kept. */
function foundCopies(truth: Truth, keptFor: Int32Array): Quality['found'] {
  const count = keptFor.length;
  const together = new Map<number, number>();
  const keyOf = (at: number): number => claimOf(truth, at) * count + (keptFor[at] ?? at);
  for (let at = 0; at < count; at += 1) together.set(keyOf(at), (together.get(keyOf(at)) ?? 0) + 1);
  const shareOf = (kind: 'edited' | 'paraphrased'): number | null => {
    let found = 0;
    for (const [at, of] of truth.kinds.entries()) if (of === kind && (together.get(keyOf(at)) ?? 0) > 1) found += 1;
    return share(found, countOf(truth, kind));
  };
  return { edited: shareOf('edited'), paraphrased: shareOf('paraphrased') };
}

function countOf({ kinds }: Truth, kind: Truth['kinds'][number]): number {
  return kinds.reduce((sum, of) => sum + (of === kind ? 1 : 0), 0);
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}
