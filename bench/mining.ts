/**
 * `npm run bench:mining`: transcripts read and mined in MB a second, and how the time grows from 10 sessions to 1,000, beside the plainest
 * path in the same run: JSON.parse of every line of the same files. Seconds are those of the processor, which a busy machine spoils least.
 *
 * Each trial is a process of its own, so that its peak memory is its own. Options: --sizes 10,100,1000  --repeat 3  --json
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { claudeCodeFile, makeSession } from './transcripts.js';

const root = resolve(import.meta.dirname, '..');

const parts = ['read', 'said', 'signals', 'mining'] as const;
type Part = (typeof parts)[number];

interface Trial {
  readonly sessions: number;
  readonly megabytes: number;
  readonly peakMb: number;
  /** By the clock. */
  readonly elapsed: number;
  readonly seconds: Readonly<Record<Part | 'parse', number>>;
  /** Insights, or lines parsed. */
  readonly found: number;
}

export interface MiningRow {
  readonly sessions: number;
  readonly megabytes: number;
  /** Medians. `said` is what persons stated and announced, `signals` the digest of each session, `mining` what they show together. */
  readonly seconds: Readonly<Record<Part | 'total' | 'parse', number>>;
  readonly elapsed: number;
  readonly mbPerSecond: number;
  readonly peakMb: number;
  readonly insights: number;
  /** Time of the plain path divided by that of all four parts, run by run. */
  readonly ratio: number;
}

/** Exponents of growth in the number of sessions, from one size to another: 1 is linear. */
type MiningGrowth = Readonly<Record<Part | 'signals and mining' | 'total' | 'parse', number>>;

function runTrial(name: 'mine' | 'parse', folder: string): Trial {
  const script = fileURLToPath(new URL('./mining-trial.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, name, folder], {
    encoding: 'utf8',
    cwd: root,
  });
  if (status !== 0) throw new Error(`${name} ${folder} failed: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function totalOf({ seconds }: Trial): number {
  return parts.reduce((sum, part) => sum + seconds[part], 0);
}

/** Interleaved: mine, parse, mine, parse ..., so that a drift of the machine's speed falls on both. */
function measure(folder: string, repeat: number): MiningRow {
  const mined: Trial[] = [];
  const parsed: Trial[] = [];
  for (let i = 0; i < repeat; i++) {
    mined.push(runTrial('mine', folder));
    parsed.push(runTrial('parse', folder));
  }
  const of = (part: Part) => median(mined.map(({ seconds }) => seconds[part]));
  const total = median(mined.map(totalOf));
  const { sessions = 0, megabytes = 0, found: insights = 0 } = mined[0] ?? {};
  return {
    sessions,
    megabytes,
    seconds: {
      read: of('read'),
      said: of('said'),
      signals: of('signals'),
      mining: of('mining'),
      total,
      parse: median(parsed.map(({ seconds }) => seconds.parse)),
    },
    elapsed: median(mined.map(({ elapsed }) => elapsed)),
    mbPerSecond: megabytes / total,
    peakMb: median(mined.map(({ peakMb }) => peakMb)),
    insights,
    ratio: median(mined.map((trial, i) => (parsed[i]?.seconds.parse ?? 0) / totalOf(trial))),
  };
}

/** Sessions of the smaller sizes are the first ones of the larger. */
function writeSessions(folder: string, count: number): void {
  mkdirSync(folder);
  for (let at = 0; at < count; at++) {
    const plan = makeSession(at, 1);
    writeFileSync(join(folder, `${plan.id}.jsonl`), claudeCodeFile(plan));
  }
}

function growthOf(from: MiningRow, to: MiningRow): MiningGrowth {
  const steps = Math.log(to.sessions / from.sessions);
  const exponent = (of: (row: MiningRow) => number) => Math.log(of(to) / of(from)) / steps;
  const part = (name: keyof MiningRow['seconds']) => exponent(({ seconds }) => seconds[name]);
  return {
    read: part('read'),
    said: part('said'),
    signals: part('signals'),
    mining: part('mining'),
    'signals and mining': exponent(({ seconds }) => seconds.signals + seconds.mining),
    total: part('total'),
    parse: part('parse'),
  };
}

export interface MiningFigures {
  readonly rows: readonly MiningRow[];
  /** From the first row to the last; null where there is one row. */
  readonly growth: MiningGrowth | null;
}

/** Makes so many sessions for each size, and measures. */
export function measureMining(sizes: readonly number[], repeat: number): MiningFigures {
  const folder = mkdtempSync(join(tmpdir(), 'dreamfold-mining-'));
  try {
    const rows = sizes.map((size) => {
      const sessions = join(folder, String(size));
      writeSessions(sessions, size);
      const row = measure(sessions, repeat);
      rmSync(sessions, { recursive: true });
      return row;
    });
    const [first, last] = [rows[0], rows.at(-1)];
    return { rows, growth: first === undefined || last === undefined || first === last ? null : growthOf(first, last) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As a Markdown table, and a line about growth. */
export function miningLines({ rows, growth }: MiningFigures): readonly string[] {
  const table = rows.map(({ sessions, megabytes, seconds, elapsed, mbPerSecond, peakMb, insights, ratio }) => {
    const [read, said, signals, mining, parse] = [...parts, 'parse' as const].map((part) => seconds[part].toFixed(3));
    return `| ${sessions} | ${megabytes.toFixed(1)} | ${read} | ${said} | ${signals} | ${mining} | ${mbPerSecond.toFixed(1)} | ${elapsed.toFixed(1)} | ${peakMb} | ${insights} | ${parse} | ${ratio.toFixed(2)} |`;
  });
  const exponents = Object.entries(growth ?? {}).map(([part, exponent]) => `${part} ${exponent.toFixed(2)}`);
  return [
    '| sessions | MB | read, s | said, s | signals, s | mining, s | MB/s | by the clock, s | peak MB | insights | JSON.parse alone, s | ratio |',
    '|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...table,
    ...(growth === null
      ? []
      : ['', `exponent of growth from ${rows[0]?.sessions} to ${rows.at(-1)?.sessions} sessions: ${exponents.join(', ')}`]),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '10,100,1000' },
      repeat: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  const figures = measureMining(values.sizes.split(',').map(Number), Number(values.repeat));
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.version}, median of ${values.repeat}`;
  console.log(values.json ? JSON.stringify({ machine, ...figures }, null, 1) : [machine, ...miningLines(figures)].join('\n'));
}
