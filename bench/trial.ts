/** One trial in a process of its own: `dream STORE [SESSIONS]` or `exhaustive STORE`. Prints one JSON line. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openDreamfold } from '../dist/api.js';
import { openEmbedder } from '../dist/embed/embed.js';

const [name, store = '', sessions] = process.argv.slice(2);
const started = performance.now();
const context = {
  signal: new AbortController().signal,
  report: () => undefined,
  now: '2026-06-01T00:00:00Z',
  clockMs: () => performance.now(),
  seed: 1,
  threads: 2,
};

interface Result {
  readonly statements: number;
  readonly stages: Readonly<Record<string, number>>;
}

async function dream(): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'dreamfold-trial-'));
  const library = openDreamfold({
    db: join(folder, 'dreamfold.db'),
    now: () => context.now,
    clockMs: context.clockMs,
    threads: 2,
    offline: true,
  });
  try {
    const result = await library.dream({ store, sessions: sessions ? [sessions] : [], llm: 'off' });
    return { statements: result.dream.summary?.statements ?? 0, stages: result.dream.summary?.seconds ?? {} };
  } finally {
    library.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The rival: every pair of statements by a plain double loop, which is what a tool without an index does. */
async function exhaustive(): Promise<Result> {
  const texts = readdirSync(store)
    .sort()
    .flatMap((file) => readFileSync(join(store, file), 'utf8').split('\n'))
    .flatMap((line) => (line.startsWith('- ') ? [line.slice(2)] : []));
  const embedder = await openEmbedder({ model: null, threads: 1 });
  const vectors = await embedder.embed(texts, null, context);
  const { dimensions } = embedder;
  await embedder.close();
  const from = performance.now();
  let found = 0;
  for (let a = 0; a < texts.length; a++) {
    for (let b = a + 1; b < texts.length; b++) {
      let dot = 0;
      for (let i = 0; i < dimensions; i++) dot += (vectors[a * dimensions + i] ?? 0) * (vectors[b * dimensions + i] ?? 0);
      if (dot >= 0.85) found++;
    }
  }
  return { statements: texts.length, stages: { index: (performance.now() - from) / 1000, found } };
}

const result = name === 'dream' ? await dream() : await exhaustive();
console.log(
  JSON.stringify({ seconds: (performance.now() - started) / 1000, peakMb: Math.round(process.resourceUsage().maxRSS / 1024), ...result }),
);
