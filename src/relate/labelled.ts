/** The labelled pairs that ship with the relation model, each with what that model thought of it before it had seen it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { relations } from '../memory.js';

const mostBytes = 256e6;
const mostPairs = 200_000;
const text = z.string().min(1).max(20_000);
const time = z.string().max(64).nullable();

const pairSchema = z.object({
  id: z.string().min(1).max(200),
  /** Pairs of one group share a statement or a store, and never stand on both sides of a fold. */
  group: z.string().min(1).max(200),
  a: text,
  a_time: time,
  b: text,
  b_time: time,
  relation: z.enum(relations),
  keep: z.enum(['a', 'b', 'both', 'either', 'none']),
  /** Written as pairs, or neighbours in a whole store, where most are distinct. */
  source: z.enum(['pairs', 'stores']),
  /** Class probabilities of the shipped model before calibration, from a fold in which it had not seen the pair; sides as given. */
  raw: z.array(z.number().min(0).max(1)).length(5),
});
export type LabelledPair = Readonly<z.output<typeof pairSchema>>;

/** @throws UserError `usage` where the file is missing or damaged. */
export function readLabelled(modelFolder: string): readonly LabelledPair[] {
  const path = join(modelFolder, 'labelled.jsonl.gz');
  try {
    const lines = gunzipSync(readFileSync(path), { maxOutputLength: mostBytes }).toString('utf8').trimEnd().split('\n');
    if (lines.length > mostPairs) throw new RangeError(`${lines.length} lines`);
    return lines.map((line) => pairSchema.parse(JSON.parse(line)));
  } catch (error) {
    throw new UserError('usage', `${path} is missing or damaged. Install dreamfold again.`, { cause: error });
  }
}

/**
 * A share of the items, 0 to 1, the same of each stratum and rounded in each, chosen by key alone: neither their order nor chance has a part in it.
 * The result is in the order of the keys.
 */
export function sampleEvenly<T>(
  items: readonly T[],
  share: number,
  { stratumOf, keyOf }: { readonly stratumOf: (item: T) => string; readonly keyOf: (item: T) => string },
): readonly T[] {
  const strata = new Map<string, { readonly item: T; readonly key: string }[]>();
  for (const item of items) {
    const stratum = strata.get(stratumOf(item)) ?? [];
    stratum.push({ item, key: keyOf(item) });
    strata.set(stratumOf(item), stratum);
  }
  const byKey = (x: { readonly key: string }, y: { readonly key: string }) => (x.key < y.key ? -1 : x.key > y.key ? 1 : 0);
  return [...strata.values()]
    .flatMap((stratum) => stratum.sort(byKey).slice(0, Math.round(stratum.length * Math.min(1, share))))
    .sort(byKey)
    .map(({ item }) => item);
}
