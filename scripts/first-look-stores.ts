/** Stores of texts whose neighbours the first look learns from and is measured on, with what the full judge says of each pair. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { makeStatements } from '../bench/generate.js';
import { openEmbedder } from '../dist/embed/embed.js';
import { findCandidates } from '../dist/index/candidates.js';
import type { RunContext } from '../src/context.js';
import type { Judge } from '../src/relate/judge.js';
import { archiveText, readArchive } from './archives.js';
import { makeRandom, shuffled } from './training-pairs.js';

export interface JudgedTexts {
  readonly a: string;
  readonly b: string;
  readonly cosine: number;
  /** The full judge would let one of them go, and which it would keep. */
  readonly merged: boolean;
  readonly keep: string;
}

/** Lines of rules and instructions that people give their agents; headings, code and front matter left out. */
function ruleLines(folder: string, archive: string): string[] {
  const found = new Set<string>();
  for (const [path, bytes] of readArchive(folder, archive)) {
    if (!/\.(?:md|mdc|cursorrules)$|cursorrules[^/]*$/.test(path) || /README|LICENSE|CONTRIBUTING/.test(path)) continue;
    const text = bytes.toString('utf8').replace(/^---\n[\s\S]*?\n---\n/, '');
    for (const part of text.replace(/```[\s\S]*?```/g, '').split('\n')) {
      const line = part.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '').trim();
      if (line.length >= 25 && line.length <= 400 && /^[^#|<>{]/.test(line) && line.includes(' ')) found.add(line);
    }
  }
  return [...found];
}

function bankingLines(folder: string): string[] {
  const rows: Record<string, string>[] = parse(archiveText(readArchive(folder, 'banking77'), 'banking77/banking_data/train.csv'), {
    columns: true,
    relax_quotes: true,
  });
  return rows.map((row) => (row['text'] ?? '').trim());
}

function intentLines(folder: string): string[] {
  const sets: Record<string, [string, string][]> = JSON.parse(archiveText(readArchive(folder, 'clinc150'), 'clinc150/data/data_full.json'));
  return (sets['train'] ?? []).map(([text]) => text);
}

const commandLines = (folder: string) => archiveText(readArchive(folder, 'nl2bash'), 'nl2bash/data/bash/all.nl').split('\n');

export type StoreName = 'made' | 'made-other' | 'people' | 'people-other';

/** `made` and `people` are learned from; the others share no source with them, or no seed. */
export function storeTexts(name: StoreName, folder: string): readonly string[] {
  if (name === 'made') return makeStatements(3000, 11);
  if (name === 'made-other') return makeStatements(4000, 1);
  const random = makeRandom(7);
  const some = (lines: readonly string[], count: number) =>
    shuffled([...new Set(lines.filter((line) => line !== ''))], random).slice(0, count);
  return name === 'people'
    ? [...some(ruleLines(folder, 'awesome_copilot'), 4000), ...some(bankingLines(folder), 1500), ...some(commandLines(folder), 2500)]
    : [...some(ruleLines(folder, 'awesome_cursorrules'), 4000), ...some(intentLines(folder), 2000)];
}

const context: RunContext = {
  signal: new AbortController().signal,
  report: () => {},
  now: '2026-01-01T00:00:00.000Z',
  seed: 1,
  clockMs: () => performance.now(),
  threads: 1,
};
const mostPairs = 30_000;

/** Neighbours of a store as `dedupe` finds them, with what the full judge says; kept in `work`, for the judge takes a minute. */
export async function judgedNeighbours(name: StoreName, folder: string, work: string, judge: Judge): Promise<readonly JudgedTexts[]> {
  const file = join(work, `${name}-${judge.version}.json.gz`);
  if (existsSync(file)) return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as readonly JudgedTexts[]; // written below
  const texts = [...new Set(storeTexts(name, folder))];
  await using embedder = await openEmbedder({ model: null, threads: 1 });
  const vectors = await embedder.embed(texts, null, context);
  const input = { vectors, dimensions: embedder.dimensions, texts };
  const { candidates } = await findCandidates(input, { method: 'scan', minSimilarity: 0.4, maxNeighbors: 16, words: true }, context);
  const side = (text: string) => ({ text, time: null, scope: [] });
  const pairs = shuffled(candidates, makeRandom(3))
    .slice(0, mostPairs)
    .map(({ a, b, similarity }): JudgedTexts => {
      const [first = '', second = ''] = [texts[a], texts[b]];
      const { ambiguous, relation, keep } = judge.judge(side(first), side(second));
      return { a: first, b: second, cosine: similarity, merged: !ambiguous && (relation === 'duplicate' || relation === 'refines'), keep };
    });
  writeFileSync(file, gzipSync(JSON.stringify(pairs)));
  console.log(
    JSON.stringify({
      store: name,
      texts: texts.length,
      candidates: candidates.length,
      judged: pairs.length,
      merged: pairs.filter((p) => p.merged).length,
    }),
  );
  return pairs;
}
