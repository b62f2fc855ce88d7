/** What a command is: data from which help is rendered, and one function. */
import type { ZodType } from 'zod';
import { z } from 'zod';
import type { Dreamfold } from '../api.js';
import { cautions } from '../config.js';
import { type ExitName, UserError } from '../errors.js';
import type { Problem } from '../memory.js';
import type { Answers, Screen } from './terminal.js';
import { alignRows, formatPlace, oneLine, shellWord, toJsonLine } from './text.js';

/** What every command is handed: the screens, the global options, the library. */
export interface Cli {
  readonly out: Screen;
  readonly err: Screen;
  readonly json: boolean;
  readonly cwd: string;
  readonly home: string;
  /** `CLAUDE_CONFIG_DIR`, null where it is not set. */
  readonly claudeConfigDir: string | null;
  /** The database as given with `--db`; null where it is the default. Named again in what comes next. */
  readonly givenDb: string | null;
  readonly signal: AbortSignal;
  /** Opens the library on first use; it is closed when the command ends. */
  readonly open: () => Promise<Dreamfold>;
  /** This project's Claude Code memory and sessions, null where there are none. */
  readonly findProject: () => Promise<{
    readonly store: string;
    readonly sessions: string;
  } | null>;
  /** Opens stdin on first use. */
  readonly answers: () => Answers;
  /** Ends the progress line. Called by everything here that prints. */
  readonly settle: () => void;
}

export interface OptionSpec {
  /** In commander's notation: `--store <path>`, `--sessions <path...>`. */
  readonly flags: string;
  readonly text: string;
  readonly choices?: readonly string[];
  readonly required?: boolean;
  /** May be given more than once, one value each time. */
  readonly repeat?: boolean;
}

export interface Example {
  readonly line: string;
  readonly text: string;
}

export const commandGroups = {
  dream: 'Dream:',
  look: 'Look at the changes:',
  decide: 'Decide:',
  publish: 'Publish:',
  keep: 'Dreams kept:',
  other: 'Without a dream:',
} as const;

/** Commands of two words, by the first of them. */
export const commandFamilies: Readonly<Record<string, { readonly group: keyof typeof commandGroups; readonly summary: string }>> = {
  models: { group: 'other', summary: 'other models: list, pull, check, calibrate' },
};

interface CommandFacts {
  /** One word, or a family and a word: `models list`. */
  readonly name: string;
  readonly group: keyof typeof commandGroups;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Further sentences for `help COMMAND`. */
  readonly details?: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly text: string;
  }[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Besides those that every command has. */
  readonly exits: readonly ExitName[];
}

export interface CommandSpec<Options> extends CommandFacts {
  readonly schema: ZodType<Options>;
  readonly run: (cli: Cli, args: readonly string[], options: Options) => Promise<ExitName>;
}

export interface Command extends CommandFacts {
  readonly run: (cli: Cli, args: readonly string[], options: unknown) => Promise<ExitName>;
}

/**
 * Ties a command's options to its function: they are checked by its schema first.
 * The function throws UserError `usage`, naming the option, where a value does not fit.
 */
export function defineCommand<Options>(spec: CommandSpec<Options>): Command {
  return {
    ...spec,
    run: (cli, args, options) => spec.run(cli, args, checkOptions(spec.schema, options)),
  };
}

/** @throws UserError `usage`, naming the option as it is typed. */
export function checkOptions<Options>(schema: ZodType<Options>, options: unknown): Options {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const option = String(issue?.path[0] ?? 'options').replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
  throw new UserError('usage', `--${option}: ${issue?.message ?? 'not understood'}`);
}

/** Schema of an option that is a whole number within bounds, typed as text. */
export function wholeNumber(least: number, most: number): ZodType<number> {
  const expected = `a whole number from ${least} to ${most} is expected`;
  return z
    .string()
    .regex(/^\d{1,9}$/u, expected)
    .transform(Number)
    .refine((value) => value >= least && value <= most, expected);
}

/** Schema of an option that is a decimal number within bounds, typed as text. */
export function decimalNumber(least: number, most: number): ZodType<number> {
  const expected = `a number from ${least} to ${most} is expected`;
  return z
    .string()
    .regex(/^-?(\d+\.?\d*|\.\d+)$/u, expected)
    .transform(Number)
    .refine((value) => value >= least && value <= most, expected);
}

export const noOptions = z.object({});

export const dreamArgument = {
  name: '[dream]',
  text: 'id of a dream (drm_...), or its beginning; the latest one where it is left out',
} as const;

/** Ids of changes, and of their dream. Commander is given one list: ids are told apart by how they begin. */
export const changeArgument = {
  name: '<change...>',
  text: 'id of a change (chg_...), or its beginning; before it the id of its dream (drm_...) where that is not the latest',
} as const;

export interface Ids {
  /** Undefined for the latest. */
  readonly dream: string | undefined;
  readonly changes: readonly string[];
}

/** Tells dreams (`drm_`) and changes (`chg_`) apart by their ids. @throws UserError `usage` for anything else, or for two dreams. */
export function splitIds(args: readonly string[]): Ids {
  const dreams = args.filter((arg) => arg.startsWith('drm_'));
  const changes = args.filter((arg) => arg.startsWith('chg_'));
  const other = args.find((arg) => !arg.startsWith('drm_') && !arg.startsWith('chg_'));
  if (other !== undefined) {
    throw new UserError('usage', `"${other}" is no id: dreams begin with drm_ (dreamfold list), changes with chg_ (dreamfold changes)`);
  }
  if (dreams.length > 1) throw new UserError('usage', `one dream at a time: ${dreams.join(' and ')} were given`);
  return { dream: dreams[0], changes };
}

/** The one dream an argument list may name. @throws UserError `usage` where it names a change. */
export function dreamOf(args: readonly string[]): string | undefined {
  const { dream, changes } = splitIds(args);
  if (changes.length > 0) throw new UserError('usage', `a dream (drm_...) is expected, ${changes[0]} is a change`);
  return dream;
}

/** Options of the commands that judge, for models other than the shipped ones. */
export const modelOption: OptionSpec = {
  flags: '--model <id>',
  text: 'embedding model: a folder or the id of a transformers.js model (default: the shipped one)',
};
export const crossEncoderOption: OptionSpec = {
  flags: '--cross-encoder <id>',
  text: 'second judging stage: a folder or the id of a text-classification model (first: models calibrate)',
};

export const cautionOption: OptionSpec = {
  flags: '--caution <level>',
  text: 'how sure a change has to be to be made without you (default: normal)',
  choices: cautions,
};
export const cautionSchema = z.enum(cautions).default('normal');

/** Prints a command's result: one JSON value under `--json`, else text. */
export function printResult(cli: Cli, value: unknown, text: () => readonly string[]): void {
  cli.settle();
  cli.out.write(cli.json ? toJsonLine(value) : `${text().join('\n')}\n`);
}

/** A command of ours as it is to be typed: with the database where it is not the default one. */
export function commandLine(cli: Cli, ...words: readonly (string | undefined)[]): string {
  const given = words.filter((word) => word !== undefined);
  return ['dreamfold', ...given, ...(cli.givenDb === null ? [] : ['--db', shellWord(cli.givenDb)])].join(' ');
}

/** Names what comes next, as commands that work as they stand; silent under `--json`. */
export function printNext(cli: Cli, steps: readonly (readonly [purpose: string, command: string])[], screen: Screen = cli.out): void {
  if (cli.json) return;
  cli.settle();
  const rows = alignRows(steps.map(([purpose, command]) => [`  ${purpose}`, screen.colors.cyan(command)]));
  screen.write(`\n${['Next', ...rows].join('\n')}\n`);
}

/** What could not be used, on stderr; one line of JSON each under `--json`. */
export function printProblems(cli: Cli, problems: readonly Problem[]): void {
  cli.settle();
  for (const problem of problems) {
    const line = `dreamfold: ${formatPlace(problem.path, problem.line)}: ${problem.kind}: ${oneLine(problem.message)}\n`;
    cli.err.write(cli.json ? toJsonLine({ type: 'problem', ...problem }) : line);
  }
}

/** `partial` where something could not be read, else `done`. */
export function exitFor(problems: readonly Problem[]): ExitName {
  return problems.length > 0 ? 'partial' : 'done';
}
