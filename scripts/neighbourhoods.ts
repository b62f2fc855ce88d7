/**
 * Makes `bench/quality/neighbourhoods.jsonl`: pairs as they come out of candidate search over whole stores, where most are distinct,
 * labelled by the stores' gold answers. Usage: tsx scripts/neighbourhoods.ts (after `npm run build`)
 *
 * A pair of a duplicate group is a duplicate, or refines with the text that has to survive; an old value and its successor, and an
 * open contradiction, are conflicts; any other two statements are distinct. Two shorter texts of a group with a survivor, and an old
 * value beside what repeats its successor, are left out: the gold answer does not say.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openEmbedder } from '../dist/embed/embed.js';
import { findCandidates } from '../dist/index/candidates.js';
import type { Statement } from '../dist/memory.js';
import { loadFiles } from '../dist/read/load.js';
import { parseStore } from '../dist/read/store.js';
import { segmentStore } from '../dist/segment/memory.js';

interface Gold {
  readonly duplicates: readonly { readonly texts: readonly string[]; readonly keep: string }[];
  readonly superseded: readonly { readonly old: string; readonly new_in: 'store' | 'sessions'; readonly new?: string }[];
  readonly undecided: readonly { readonly texts: readonly string[] }[];
}

interface Label {
  readonly relation: 'duplicate' | 'refines' | 'conflict' | 'distinct';
  readonly keep: 'a' | 'b' | 'either' | 'none' | 'both';
}

const root = resolve(import.meta.dirname, '..');
const stores = join(root, 'bench', 'quality', 'scenarios');
const unknownTime = '2026-01-01T00:00:00Z';
const context = { signal: new AbortController().signal, report: () => undefined, now: unknownTime, clockMs: () => 0, seed: 1, threads: 1 };
const squash = (text: string) => text.replace(/\s+/g, ' ').trim();

async function statementsOf(folder: string): Promise<readonly Statement[]> {
  const { files, single } = await loadFiles(join(folder, 'store'), { signal: context.signal, now: unknownTime });
  const store = parseStore(files, { single, format: null, fields: {}, exclude: [], writeRules: false });
  return segmentStore(store).statements.filter((statement) => statement.role === 'fact');
}

function timeOf(statement: Statement): string {
  return statement.time.source === 'file' ? unknownTime : (statement.time.at ?? unknownTime);
}

/** Null where the gold answer does not say. */
function labelOf(gold: Gold, a: Statement, b: Statement): Label | null {
  const [x, y] = [squash(a.text), squash(b.text)];
  const group = gold.duplicates.find(({ texts }) => texts.includes(x) && texts.includes(y));
  if (group) {
    if (group.keep === 'either') return { relation: 'duplicate', keep: 'either' };
    return group.keep === x || group.keep === y ? { relation: 'refines', keep: group.keep === x ? 'a' : 'b' } : null;
  }
  const order = Math.sign(Date.parse(timeOf(a)) - Date.parse(timeOf(b)));
  const later = order === 0 ? 'none' : order > 0 ? 'a' : 'b';
  for (const item of gold.superseded) {
    const other = item.old === x ? y : item.old === y ? x : null;
    if (other === null) continue;
    if (item.new === other) return { relation: 'conflict', keep: later };
    const repeats = gold.duplicates.some(
      ({ texts }) => texts.includes(other) && (texts.includes(item.new ?? '') || texts.includes(item.old)),
    );
    if (repeats) return null;
  }
  if (gold.undecided.some(({ texts }) => texts.includes(x) && texts.includes(y))) return { relation: 'conflict', keep: later };
  return { relation: 'distinct', keep: 'both' };
}

async function pairsOf(name: string): Promise<readonly string[]> {
  const gold: Gold = JSON.parse(readFileSync(join(stores, name, 'gold.json'), 'utf8'));
  const statements = await statementsOf(join(stores, name));
  const embedder = await openEmbedder({ model: null, threads: 1 });
  const texts = statements.map((statement) => statement.text);
  const vectors = await embedder.embed(texts, null, context);
  await embedder.close();
  const input = { vectors, dimensions: embedder.dimensions, texts };
  const { candidates } = await findCandidates(input, { method: 'scan', minSimilarity: 0.3, maxNeighbors: 8, words: true }, context);
  const near = new Set(candidates.map(({ a, b }) => `${a}:${b}`));
  return statements.flatMap((a, i) =>
    statements.slice(i + 1).flatMap((b, k) => {
      const label = labelOf(gold, a, b);
      if (label === null || (label.relation === 'distinct' && !near.has(`${i}:${i + 1 + k}`))) return [];
      const id = `${name}-${i}-${i + 1 + k}`;
      return [JSON.stringify({ id, domain: name, group: name, a: a.text, a_time: timeOf(a), b: b.text, b_time: timeOf(b), ...label })];
    }),
  );
}

const lines: string[] = [];
for (const name of readdirSync(stores).sort()) lines.push(...(await pairsOf(name)));
writeFileSync(join(root, 'bench', 'quality', 'neighbourhoods.jsonl'), `${lines.join('\n')}\n`);
console.log(`${lines.length} pairs`);
