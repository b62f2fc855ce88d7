/**
 * `npm run bench`: what a dream costs, on the shipped example and on made stores, beside a plain exhaustive path in the same run; then what
 * reading and mining sessions costs (`bench/mining.ts`).
 *
 * Each trial is a process of its own, so that its peak memory is its own. Ratios are taken within one run; absolute seconds are
 * the machine's. Options: --sizes 1000,10000  --sessions 10,100,1000  --repeat 3  --json
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeStatements } from './generate.js';
import { type MiningFigures, measureMining, miningLines } from './mining.js';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000' },
    sessions: { type: 'string', default: '10,100,1000' },
    repeat: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});

interface Trial {
  readonly seconds: number;
  readonly peakMb: number;
  /** Statements worked on. */
  readonly statements: number;
  readonly stages: Readonly<Record<string, number>>;
}

interface Row {
  readonly work: string;
  readonly statements: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly peakMb: number;
  readonly index: number;
  readonly exhaustive: number;
  readonly ratio: number;
}

function runTrial(name: string, args: readonly string[]): Trial {
  const script = fileURLToPath(new URL('./trial.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, name, ...args], {
    encoding: 'utf8',
    cwd: root,
  });
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} failed: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Interleaved: dream, exhaustive, dream, exhaustive ..., so that a drift of the machine's speed falls on both. */
function measure(work: string, store: string, sessions: string | null): Row {
  const dreams: Trial[] = [];
  const plain: Trial[] = [];
  for (let i = 0; i < Number(values.repeat); i++) {
    dreams.push(runTrial('dream', [store, ...(sessions ? [sessions] : [])]));
    plain.push(runTrial('exhaustive', [store]));
  }
  const seconds = median(dreams.map((trial) => trial.seconds));
  const index = median(dreams.map((trial) => trial.stages['index'] ?? 0));
  const exhaustive = median(plain.map((trial) => trial.stages['index'] ?? 0));
  const statements = dreams[0]?.statements ?? 0;
  return {
    work,
    statements,
    seconds,
    perSecond: Math.round(statements / seconds),
    peakMb: median(dreams.map((trial) => trial.peakMb)),
    index,
    exhaustive,
    ratio: exhaustive / index,
  };
}

const folder = mkdtempSync(join(tmpdir(), 'dreamfold-bench-'));
try {
  const example = join(root, 'test', 'fixtures', 'webshop');
  spawnSync(process.execPath, [join(root, 'scripts', 'scenario', 'expand.mjs'), example, join(folder, 'sessions')]);
  const rows = [measure('shipped example', join(example, 'store'), join(folder, 'sessions'))];
  for (const size of values.sizes.split(',').map(Number)) {
    const store = join(folder, `store-${size}`);
    mkdirSync(store);
    const perFile = 100;
    const statements = makeStatements(size, 1);
    for (let at = 0; at < statements.length; at += perFile) {
      const bullets = statements.slice(at, at + perFile).map((text) => `- ${text}`);
      writeFileSync(join(store, `topic_${String(at / perFile).padStart(5, '0')}.md`), `# Topic ${at / perFile}\n\n${bullets.join('\n')}\n`);
    }
    rows.push(measure(`made store of ${size}`, store, null));
  }
  print(rows, measureMining(values.sessions.split(',').map(Number), Number(values.repeat)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function print(rows: readonly Row[], mining: MiningFigures): void {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.version}, median of ${values.repeat}`;
  if (values.json) {
    console.log(JSON.stringify({ machine, rows, mining }, null, 1));
    return;
  }
  console.log(machine);
  console.log('| work | statements | dream, s | statements/s | peak MB | candidates, s | plain exhaustive, s | ratio |');
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
  for (const row of rows) {
    const { work, statements, seconds, perSecond, peakMb, index, exhaustive, ratio } = row;
    console.log(
      `| ${work} | ${statements} | ${seconds.toFixed(2)} | ${perSecond} | ${peakMb} | ${index.toFixed(3)} | ${exhaustive.toFixed(3)} | ${ratio.toFixed(1)} |`,
    );
  }
  console.log(`\n${miningLines(mining).join('\n')}`);
}
