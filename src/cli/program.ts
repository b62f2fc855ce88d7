/** All commands, and how argv becomes a call of one of them. Help is rendered from the commands' data. */
import { Command as CommanderCommand, CommanderError, Option } from 'commander';
import { type ExitName, exitCodes, UserError } from '../errors.js';
import { type Command, commandFamilies, commandGroups, type OptionSpec } from './command.js';
import { auditCommand, doctorCommand } from './commands/audit.js';
import { benchCommand } from './commands/bench.js';
import { changesCommand, diffCommand, explainCommand } from './commands/changes.js';
import { approveCommand, editCommand, rejectCommand } from './commands/decide.js';
import { dreamCommand, resumeCommand } from './commands/dream.js';
import { cancelCommand, listCommand, pruneCommand, showCommand } from './commands/dreams.js';
import { modelsCalibrateCommand, modelsCheckCommand, modelsListCommand, modelsPullCommand } from './commands/models.js';
import { applyCommand, discardCommand, undoCommand } from './commands/publish.js';
import { dedupeCommand, relateCommand } from './commands/records.js';
import { reviewCommand } from './commands/review.js';

const commands: readonly Command[] = [
  dreamCommand,
  changesCommand,
  diffCommand,
  explainCommand,
  approveCommand,
  rejectCommand,
  editCommand,
  reviewCommand,
  applyCommand,
  undoCommand,
  discardCommand,
  listCommand,
  showCommand,
  cancelCommand,
  resumeCommand,
  pruneCommand,
  auditCommand,
  dedupeCommand,
  relateCommand,
  modelsListCommand,
  modelsPullCommand,
  modelsCheckCommand,
  modelsCalibrateCommand,
  doctorCommand,
  benchCommand,
];

const exitTexts: Readonly<Record<ExitName, string>> = {
  done: 'done',
  bug: 'a bug in dreamfold',
  usage: 'wrong usage',
  partial: 'finished, some sources could not be read (listed)',
  notFound: 'not found',
  locked: 'another run holds the lock',
  inputChanged: 'a store changed since the dream, nothing was written over it',
  claude: 'Claude was required and is not available, or over budget',
  cancelled: 'cancelled, nothing half-written',
};

/** Exits that any command may end with. */
const commonExits: readonly ExitName[] = ['done', 'bug', 'usage', 'cancelled'];

const globalOptions: readonly OptionSpec[] = [
  {
    flags: '--json',
    text: 'print one JSON value on stdout; errors as one line of JSON on stderr',
  },
  {
    flags: '--db <file>',
    text: "SQLite file with dreams and caches (default: DREAMFOLD_DB, else in the user's data folder)",
  },
  {
    flags: '--threads <n>',
    text: 'worker threads (default: one a core, at most 8); never changes a result',
  },
];

export interface ProgramOptions {
  readonly version: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Columns that help may fill. */
  readonly width: number;
  /** `options` are those of the command and the global ones, as typed. */
  readonly run: (command: Command, args: readonly string[], options: unknown) => Promise<void>;
}

function addOption(command: CommanderCommand, spec: OptionSpec): void {
  const option = new Option(spec.flags, spec.text);
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  if (spec.required === true) option.makeOptionMandatory();
  if (spec.repeat === true) option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  command.addOption(option);
}

function exitHelp(exits: readonly ExitName[]): string {
  const all = Object.entries(exitCodes).filter(([name]) => exits.some((exit) => exit === name));
  const texts: Readonly<Record<string, string>> = exitTexts;
  return ['Exit codes:', ...all.map(([name, code]) => `  ${String(code).padEnd(4)} ${texts[name] ?? name}`)].join('\n');
}

function helpAfter({ examples, exits }: Command): string {
  const lines = examples.flatMap(({ line, text }) => [`  ${line}`, `      ${text}`]);
  return `\nExamples:\n${lines.join('\n')}\n\n${exitHelp([...commonExits, ...exits])}\n`;
}

/** The command `models` of `models list`, made with the first of its family. */
function familyOf(program: CommanderCommand, name: string): CommanderCommand {
  const known = program.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const { group, summary } = commandFamilies[name] ?? { group: 'other', summary: name };
  return program
    .command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .helpGroup(commandGroups[group]);
}

function addCommand(program: CommanderCommand, command: Command, options: ProgramOptions): void {
  const [family, member] = command.name.split(' ');
  const added = (member === undefined || family === undefined ? program : familyOf(program, family))
    .command(member ?? command.name)
    .summary(command.summary)
    .description(
      `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.${command.details === undefined ? '' : `\n\n${command.details}`}`,
    )
    .helpGroup(member === undefined ? commandGroups[command.group] : 'Commands:')
    .addHelpText('after', helpAfter(command));
  for (const { name, text } of command.arguments) added.argument(name, text);
  for (const option of command.options) addOption(added, option);
  added.action(async () => options.run(command, added.args, added.optsWithGlobals()));
}

function buildProgram(options: ProgramOptions): CommanderCommand {
  const program = new CommanderCommand('dreamfold')
    .description(
      "Dreams over an agent's memory: a new store with duplicates merged, contradictions settled and insights added.\nThe input is never modified.",
    )
    .usage('COMMAND [options]')
    .version(options.version, '--version', 'print the version')
    .helpOption('--help', 'show help')
    .helpCommand('help [command]', 'help for a command')
    .configureHelp({ showGlobalOptions: true, helpWidth: options.width })
    .configureOutput({
      writeOut: options.out,
      writeErr: options.err,
      outputError: () => undefined,
      getOutHasColors: () => false,
    })
    .exitOverride();
  for (const option of globalOptions) addOption(program, option);
  for (const command of commands) addCommand(program, command, options);
  return program.addHelpText(
    'after',
    `\n${exitHelp(['done', 'bug', 'usage', 'partial', 'notFound', 'locked', 'inputChanged', 'claude', 'cancelled'])}\n\nFirst: dreamfold dream --store PATH, then: dreamfold changes\n`,
  );
}

/** `error: unknown option '--treads'\n(Did you mean --threads?)` as one sentence. */
function tidyMessage(message: string): string {
  return message
    .replace(/^error: /u, '')
    .replace(/\s*\(Did you mean (.*?)\?\)\s*$/su, ' (did you mean $1?)')
    .trim();
}

/**
 * Parses the arguments and runs the command they name. Returns without running one where help or the version was asked for.
 * @throws UserError `usage` where the arguments are not understood, with the nearest known spelling.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<void> {
  const [first, second] = argv;
  const unknownHelp = first === 'help' && second !== undefined && !commands.some(({ name }) => name.split(' ')[0] === second);
  try {
    // `help drem` is answered like `drem`: as an unknown command with the nearest one.
    await buildProgram(options).parseAsync(unknownHelp ? argv.slice(1) : [...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    if (error.code === 'commander.help')
      throw new UserError(
        'usage',
        `a command is expected (dreamfold ${commandFamilies[first ?? ''] ? `${first} ` : ''}--help lists them)`,
        { cause: error },
      );
    throw new UserError('usage', tidyMessage(error.message), { cause: error });
  }
}
