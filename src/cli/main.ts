#!/usr/bin/env node
/** The door of the binary: argv becomes a command, what it returns or throws becomes an exit code. */
import { readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import type { Dreamfold } from '../api.js';
import { type ExitName, exitCodes, toError, UserError } from '../errors.js';
import { type Cli, type Command, checkOptions, wholeNumber } from './command.js';
import { runProgram } from './program.js';
import { createProgress, type Progress } from './progress.js';
import { type Answers, createScreen, openAnswers } from './terminal.js';
import { plainText, toJsonLine } from './text.js';

const mostThreadsAtFirst = 8;
/** How long the process may take to end by itself once all is done. */
const lingerMs = 500;

/** The variables that are listened to; an empty one counts as not set. */
const variable = z.string().default('');
const env = z
  .object({
    CLAUDE_CONFIG_DIR: variable,
    DREAMFOLD_DB: variable,
    DREAMFOLD_MODELS: variable,
    DREAMFOLD_OFFLINE: variable,
    HF_ENDPOINT: variable,
    HF_TOKEN: variable,
    NO_COLOR: variable,
    TERM: variable,
  })
  .parse(process.env);
/** What a variable says, null where it is not set. */
const given = (value: string): string | null => (value === '' ? null : value);
const mayColor = env.NO_COLOR === '' && env.TERM !== 'dumb';
const out = createScreen(process.stdout, mayColor);
const err = createScreen(process.stderr, mayColor);
const abort = new AbortController();
/** Known before the arguments are parsed, so that a mistake in them is reported in the form that was asked for. */
const json = process.argv.slice(2).includes('--json');

const globalSchema = z.object({
  db: z.string().min(1, 'a file is expected').optional(),
  threads: wholeNumber(1, 256).optional(),
});

/** What one run holds open; all of it is closed when the command has ended. */
interface Held {
  dreamfold: Dreamfold | null;
  answers: Answers | null;
  progress: Progress | null;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

function stop(): void {
  if (abort.signal.aborted) process.exit(exitCodes.cancelled);
  abort.abort();
  if (!json) err.write('\ndreamfold: stopping; Ctrl-C again stops at once\n');
}

/** Loaded when first needed: help must not wait for it, nor fail where a native part of it cannot be loaded. */
async function openLibrary(held: Held, db: string, threads: number): Promise<Dreamfold> {
  const { openDreamfold } = await import('../api.js');
  const clockMs = (): number => performance.now();
  const progress = createProgress({
    mode: json ? 'json' : err.isTerminal ? 'live' : 'plain',
    write: err.write,
    width: err.width,
    clockMs,
  });
  held.progress = progress;
  return openDreamfold({
    db,
    now: () => new Date().toISOString(),
    clockMs,
    threads,
    signal: abort.signal,
    report: progress.report,
    offline: env.DREAMFOLD_OFFLINE === '1',
    claude: env.DREAMFOLD_OFFLINE === '1' ? null : {},
    hub: { host: given(env.HF_ENDPOINT), token: given(env.HF_TOKEN), cache: given(env.DREAMFOLD_MODELS) },
  });
}

function createCli(held: Held, options: unknown): Cli {
  const { db, threads } = checkOptions(globalSchema, options);
  const home = homedir();
  const cwd = process.cwd();
  const named = db ?? env.DREAMFOLD_DB;
  const file = named === '' ? join(envPaths('dreamfold', { suffix: '' }).data, 'dreamfold.db') : resolve(cwd, named);
  const claudeConfigDir = env.CLAUDE_CONFIG_DIR === '' ? null : env.CLAUDE_CONFIG_DIR;
  return {
    out,
    err,
    json,
    cwd,
    home,
    claudeConfigDir,
    givenDb: db ?? null,
    signal: abort.signal,
    open: async () => {
      held.dreamfold ??= await openLibrary(held, file, threads ?? Math.min(availableParallelism(), mostThreadsAtFirst));
      return held.dreamfold;
    },
    findProject: async () => {
      const { claudeProject } = await import('../api.js');
      return claudeProject({ cwd, home, configDir: claudeConfigDir });
    },
    answers: () => {
      held.answers ??= openAnswers(process.stdin, process.stderr, stop);
      return held.answers;
    },
    settle: () => held.progress?.finish(),
  };
}

function close(held: Held): void {
  held.progress?.finish();
  held.answers?.close();
  held.dreamfold?.close();
}

function isAbort(error: Error): boolean {
  return error.name === 'AbortError' || (abort.signal.aborted && error === abort.signal.reason);
}

/** Tells the user what was thrown, on stderr, and says how the process is to end. */
function reportError(thrown: unknown): ExitName {
  const error = toError(thrown);
  const tell = (exit: ExitName, message: string): ExitName => {
    const text = json ? toJsonLine({ type: 'exit_error', code: exitCodes[exit], message }) : `dreamfold: ${plainText(message)}\n`;
    err.write(text);
    return exit;
  };
  if (error instanceof UserError) return tell(error.exit, error.message);
  if (isAbort(error)) return tell('cancelled', 'cancelled, nothing half-written');
  return tell('bug', `this is a bug, please report it with what led to it\n${error.stack ?? error.message}`);
}

async function main(): Promise<ExitName> {
  const held: Held = { dreamfold: null, answers: null, progress: null };
  let exit: ExitName = 'done';
  const run = async (command: Command, args: readonly string[], options: unknown): Promise<void> => {
    exit = await command.run(createCli(held, options), args, options);
  };
  try {
    await runProgram(process.argv.slice(2), {
      version: readVersion(),
      out: out.write,
      err: err.write,
      width: out.width,
      run,
    });
  } catch (error) {
    held.progress?.stop();
    exit = reportError(error);
  }
  close(held);
  return exit;
}

process.on('SIGINT', stop);
process.on('SIGTERM', stop);
process.exitCode = exitCodes[await main().catch(reportError)];
await Promise.all([out.flush(), err.flush()]);
setTimeout(() => process.exit(), lingerMs).unref();
