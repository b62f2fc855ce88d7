/** `bench`: made stores with known truth through the command line, timed and scored, beside a rival in the same run. */
import type { BenchSettings } from '../config.js';
import type { RunContext } from '../context.js';
import type { OutputFile } from '../memory.js';
import { checkTarget, writeOutput } from '../write/output.js';
import { openScratch, type Scratch } from '../write/scratch.js';
import { growthOf, ratiosOf, rivalIndex, runOf } from './figures.js';
import { entryAt, type Kind, makeEntries } from './generate.js';
import { machineOf, versionsOf } from './machine.js';
import { resultLines } from './markdown.js';
import { createMeter, type Meter } from './meter.js';
import { drawCurves } from './picture.js';
import { scoreDrops } from './quality.js';
import { measureRecall, usualRows } from './recall.js';
import type { BenchRecall, BenchResult, BenchRun, Path } from './results.js';
import { runTrial, type Trial } from './trial.js';

/** Beyond this, looking at every pair takes very long. */
const mostExhaustive = 100_000;
const reportEvery = 10_000;

/**
 * Runs a benchmark. Nothing is left on disk but `out`, where that is given.
 * @throws UserError `usage` where `out` is not absent or empty, before anything is run
 */
export async function runBench(settings: BenchSettings, context: RunContext): Promise<BenchResult> {
  await using scratch = await openScratch();
  if (settings.out !== null) await checkTarget(settings.out, { root: scratch.folder, single: false });
  const sizes = [...new Set(settings.sizes)].sort((a, b) => a - b);
  const runs: BenchRun[] = [];
  const recall: BenchRecall[] = [];
  const meter = createMeter(context);
  for (const size of sizes) {
    runs.push(...(await measureSize(size, { settings, scratch, meter, context })));
    if (settings.recall) recall.push(...(await recallOf(size, settings, context)));
  }
  const { by, against, repeat, seed } = settings;
  const result: BenchResult = {
    at: context.now,
    machine: machineOf(),
    versions: versionsOf(),
    settings: { sizes, by, against, repeat, seed, threads: context.threads },
    runs,
    ratios: ratiosOf(runs, against),
    growth: growthOf(runs),
    recall,
    skipped: sizes.filter((size) => against === 'exhaustive' && size > mostExhaustive).map(skippedLine),
    out: settings.out,
  };
  if (settings.out !== null) await writeOutput(filesOf(result), { path: settings.out, single: false });
  return result;
}

interface WritableTruth {
  readonly kinds: Kind[];
  readonly origins: Int32Array;
}

interface Tools {
  readonly settings: BenchSettings;
  readonly scratch: Scratch;
  readonly meter: Meter;
  readonly context: RunContext;
}

/** Interleaved: ours, the rival, ours, the rival ..., so that a drift of the machine's speed falls on both. */
async function measureSize(size: number, { settings, scratch, meter, context }: Tools): Promise<readonly BenchRun[]> {
  const name = `store-${size}.jsonl`;
  const truth: WritableTruth = { kinds: [], origins: new Int32Array(size) };
  const file = await scratch.writeLines(name, linesOf(size, settings.seed, truth, context));
  const paths = pathsOf(size, settings);
  const trials = paths.map((path) => ({ path, of: [] as Trial[] }));
  meter.begin(size * paths.length * settings.repeat);
  for (let round = 0; round < settings.repeat; round += 1) {
    for (const { path, of } of trials) of.push(await meter.during(path, size, () => runTrial(file, path, scratch, context)));
  }
  await scratch.drop(name);
  return trials.map(({ path, of }) => runOf(size, path, of, scoreDrops(of[0]?.report ?? { groups: [] }, truth)));
}

function pathsOf(size: number, { by, against }: BenchSettings): readonly Path[] {
  const rival = against === null || (against === 'exhaustive' && size > mostExhaustive) ? [] : [rivalIndex[against]];
  return [...new Set(by)].flatMap((measure) => (['auto', ...rival] as const).map((index): Path => ({ by: measure, index })));
}

function skippedLine(size: number): string {
  return `exhaustive at ${size} records: beyond ${mostExhaustive} it takes very long`;
}

/** The lines of a made store; fills in the truth as they are taken. */
function* linesOf(size: number, seed: number, truth: WritableTruth, { signal, report }: RunContext): Generator<string> {
  for (let at = 0; at < size; at += 1) {
    if (at % reportEvery === 0) {
      signal.throwIfAborted();
      report({ kind: 'stage', stage: 'generate', done: at, total: size, unit: 'records' });
    }
    const { id, text, kind, origin } = entryAt(at, seed);
    truth.kinds[at] = kind;
    truth.origins[at] = origin;
    yield JSON.stringify({ id, text });
  }
}

/** The exhaustive path finds every pair by what it is: only ours and an approximate rival are worth a look. */
function recallOf(size: number, { seed, against, recallRows }: BenchSettings, context: RunContext): Promise<readonly BenchRecall[]> {
  const texts = Array.from(makeEntries(size, seed), ({ text }) => text);
  const methods = against === 'hnsw' ? (['auto', 'hnsw'] as const) : (['auto'] as const);
  return measureRecall(texts, { methods, rows: recallRows ?? usualRows(size) }, context);
}

function filesOf(result: BenchResult): readonly OutputFile[] {
  const { out: _out, ...figures } = result;
  const files = {
    'results.json': `${JSON.stringify(figures, null, 1)}\n`,
    'results.md': `${resultLines(result).join('\n')}\n`,
    'curves.svg': drawCurves(result),
  };
  return Object.entries(files).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text), mode: 0o600 }));
}
