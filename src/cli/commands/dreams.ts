/** `list`, `show`, `cancel`, `prune`: the dreams of a database. */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import {
  type Cli,
  commandLine,
  defineCommand,
  dreamArgument,
  dreamOf,
  noOptions,
  printNext,
  printResult,
  wholeNumber,
} from '../command.js';
import { listLines, showLines } from '../render-dreams.js';
import { formatNumberOf } from '../text.js';

export const listCommand = defineCommand({
  name: 'list',
  group: 'keep',
  summary: 'all dreams, the latest first',
  arguments: [],
  options: [],
  examples: [
    {
      line: 'dreamfold list',
      text: 'id, status, time, number of changes, store',
    },
  ],
  exits: [],
  schema: noOptions,
  run: async (cli) => {
    const dreams = (await cli.open()).list();
    printResult(cli, dreams, () => listLines(dreams));
    printNext(
      cli,
      dreams.length === 0 ? [['the first one', commandLine(cli, 'dream')]] : [['one in detail', commandLine(cli, 'show', 'DREAM')]],
    );
    return 'done';
  },
});

export const showCommand = defineCommand({
  name: 'show',
  group: 'keep',
  summary: 'one dream: its input, figures and state',
  arguments: [dreamArgument],
  options: [],
  examples: [
    {
      line: 'dreamfold show --json',
      text: 'the dream object of the latest dream',
    },
  ],
  exits: ['notFound'],
  schema: noOptions,
  run: async (cli, args) => {
    const given = dreamOf(args);
    const dream = (await cli.open()).show(given);
    printResult(cli, dream, () => showLines(dream, cli.out));
    const next =
      dream.status === 'completed'
        ? (['its changes', commandLine(cli, 'changes', given)] as const)
        : (['go on with it', commandLine(cli, 'resume', given)] as const);
    printNext(cli, [next]);
    return 'done';
  },
});

export const cancelCommand = defineCommand({
  name: 'cancel',
  group: 'keep',
  summary: 'stop a dream that runs; what it has done so far is kept for resume',
  arguments: [dreamArgument],
  options: [],
  examples: [{ line: 'dreamfold cancel', text: 'the latest dream' }],
  exits: ['notFound'],
  schema: noOptions,
  run: async (cli, args) => {
    const given = dreamOf(args);
    const dream = (await cli.open()).cancel(given);
    printResult(cli, dream, () => [`Dream ${dream.id} is ${dream.status}.`]);
    printNext(cli, [['go on with it', commandLine(cli, 'resume', given)]]);
    return 'done';
  },
});

/** Asks on a terminal; a script has said what it wants by its options. @throws UserError `cancelled` where the answer is no. */
async function confirmPrune(cli: Cli, what: string): Promise<void> {
  const answers = cli.answers();
  if (!answers.interactive || cli.json) return;
  const answer = await answers.line(`Forget ${what}? This cannot be undone. [y/N] `, '');
  if (!/^y(es)?$/iu.test(answer?.trim() ?? '')) throw new UserError('cancelled', 'nothing was forgotten');
}

export const pruneCommand = defineCommand({
  name: 'prune',
  group: 'keep',
  summary: 'forget old dreams with their new stores and snapshots, or everything',
  details: 'Asks first on a terminal. A dream that is forgotten can no longer be undone.',
  arguments: [],
  options: [
    { flags: '--keep <n>', text: 'keep the latest N dreams' },
    { flags: '--all', text: 'forget everything, caches and decisions too' },
    { flags: '--yes', text: 'do not ask' },
  ],
  examples: [
    { line: 'dreamfold prune --keep 5', text: 'all but the latest five' },
    {
      line: 'dreamfold prune --all --yes',
      text: 'everything, without a question',
    },
  ],
  exits: ['locked', 'cancelled'],
  schema: z.object({
    keep: wholeNumber(0, 1_000_000).optional(),
    all: z.boolean().default(false),
    yes: z.boolean().default(false),
  }),
  run: async (cli, _args, { keep, all, yes }) => {
    if (all === (keep !== undefined))
      throw new UserError('usage', 'give --keep N (the latest N stay) or --all (forget everything), one of them');
    if (!yes) await confirmPrune(cli, all ? 'all dreams and caches' : `all but the latest ${keep} dreams`);
    const result = await (await cli.open()).prune(keep === undefined ? { all: true } : { keep });
    printResult(cli, result, () => [
      `Forgot ${formatNumberOf(result.removed.length, 'dream', 'dreams')}.`,
      ...result.removed.map((id) => `  ${id}`),
    ]);
    printNext(cli, [['what is left', commandLine(cli, 'list')]]);
    return 'done';
  },
});
