/** What works on this machine and what does not. */
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openEmbedder } from '../embed/embed.js';
import { loadWordVectors } from '../embed/words.js';
import { toError } from '../errors.js';
import { findCandidates } from '../index/candidates.js';
import { openClaude } from '../relate/claude.js';
import { loadJudge } from '../relate/judge.js';
import { defaultModel } from '../relate/prices.js';
import { contextOf, type Engine } from './engine.js';
import type { DoctorResult } from './results.js';

interface Check {
  readonly name: string;
  readonly run: (engine: Engine) => Promise<string>;
}

const checks: readonly Check[] = [
  {
    name: 'Node.js',
    run: async () => `${process.version} on ${process.platform} ${process.arch}`,
  },
  {
    name: 'database',
    run: async (engine) => `${engine.dbPath}, ${engine.store.listDreams().length} dreams`,
  },
  {
    name: 'output folder',
    run: async (engine) => {
      await access(dirname(engine.dbPath), constants.W_OK);
      return `${dirname(engine.dbPath)} can be written to`;
    },
  },
  { name: 'embedding model', run: checkEmbedding },
  { name: 'relation model', run: checkJudge },
  { name: 'HNSW index', run: checkIndex },
  {
    name: 'transformer models (optional)',
    run: async () => {
      await import('@huggingface/transformers');
      return 'installed; --model takes a local folder or a hub id';
    },
  },
  { name: 'Claude (optional)', run: checkClaude },
];

/** Runs every part once on a tiny input; a part that fails says why, the others are still tried. */
export async function checkHealth(engine: Engine): Promise<DoctorResult> {
  const results = [];
  for (const { name, run } of checks) {
    try {
      results.push({ name, ok: true, detail: await run(engine) });
    } catch (thrown) {
      results.push({ name, ok: false, detail: toError(thrown).message });
    }
  }
  return { checks: results };
}

/** Sends nothing: whether the key is good shows with the first request. */
async function checkClaude(engine: Engine): Promise<string> {
  if (engine.claude === null)
    throw new Error('never asked here: DREAMFOLD_OFFLINE is 1, or the program that opened this does not allow it');
  const claude = await openClaude({ model: defaultModel, ...engine.claude });
  if (claude === null) throw new Error('no key was found; to have it asked about what is unsure, set ANTHROPIC_API_KEY');
  return `a key was found for ${claude.host}; ${claude.model} is asked about what is unsure, unless --llm off`;
}

async function checkEmbedding(engine: Engine): Promise<string> {
  const embedder = await openEmbedder({ model: null, threads: 1 });
  try {
    const vectors = await embedder.embed(['We moved from npm to pnpm.'], null, contextOf(engine, 0));
    if (!vectors.some((value) => value !== 0)) throw new Error('the shipped embedding model gives nothing but zeros');
    return `${embedder.id}, ${embedder.dimensions} dimensions`;
  } finally {
    await embedder.close();
  }
}

async function checkJudge(): Promise<string> {
  const judge = loadJudge(loadWordVectors());
  const side = { text: 'Tests run with Vitest.', time: null, scope: [] };
  const { relation } = judge.judge(side, side);
  if (relation !== 'duplicate') throw new Error(`a text and itself were called ${relation}`);
  return judge.version;
}

async function checkIndex(engine: Engine): Promise<string> {
  const input = {
    vectors: new Float32Array([1, 0, 1, 0]),
    dimensions: 2,
    texts: ['a', 'a'],
  };
  const found = await findCandidates(input, { method: 'hnsw', minSimilarity: 0.5, maxNeighbors: 1, words: false }, contextOf(engine, 0));
  if (found.candidates.length !== 1) throw new Error('hnswlib-node did not find two equal vectors');
  return 'hnswlib-node works';
}
