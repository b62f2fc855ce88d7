/** One trial: the command line itself in a process of its own, cold, so that its time and its peak memory are what a user sees. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { RunContext } from '../context.js';
import type { Scratch } from '../write/scratch.js';
import type { Path } from './results.js';

const binary = fileURLToPath(new URL('../cli/main.js', import.meta.url));

const dedupeReport = z.object({
  records: z.number(),
  groups: z.array(z.object({ kept: z.number(), dropped: z.array(z.object({ line: z.number() })) })),
  seconds: z.record(z.string(), z.number()),
  peak_rss_mb: z.number(),
});
/** What a trial uses of the report of `dedupe`; lines are counted from 1. */
export type TrialReport = Readonly<z.output<typeof dedupeReport>>;

export interface Trial {
  /** From the start of the process to its exit. */
  readonly seconds: number;
  readonly report: TrialReport;
}

/** Of what a failed trial printed, enough to see why. */
const shownOfErrors = 2000;

/** @throws Error where the command fails, with what it printed; the signal's reason on abort. */
export async function runTrial(file: string, { by, index }: Path, scratch: Scratch, context: RunContext): Promise<Trial> {
  const place = join(scratch.folder, 'trial');
  const report = join(place, 'report.json');
  const options = ['--by', by, '--index', index, '--llm', 'off', '--threads', String(context.threads)];
  const files = ['--out', join(place, 'kept.jsonl'), '--report', report, '--db', join(place, 'dreamfold.db')];
  try {
    const started = context.clockMs();
    await runCommand(['dedupe', file, ...options, ...files], context.signal);
    const seconds = (context.clockMs() - started) / 1000;
    return { seconds, report: dedupeReport.parse(JSON.parse(await readFile(report, 'utf8'))) };
  } finally {
    await scratch.drop('trial');
  }
}

/** Settles once the process is gone, whatever ends it, so that nothing writes to its folder any more. */
async function runCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [binary, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = (): void => {
    child.kill();
  };
  signal.addEventListener('abort', stop);
  process.once('exit', stop);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-shownOfErrors);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`dreamfold ${args.join(' ')} ended with ${code}: ${errors}`);
  } finally {
    signal.removeEventListener('abort', stop);
    process.off('exit', stop);
  }
}
