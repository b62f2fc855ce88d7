/** `apply`, `undo`, `discard`: publish the new store, take it back, throw it away. */
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Dreamfold } from '../../api.js';
import { UserError } from '../../errors.js';
import { type Cli, commandLine, defineCommand, dreamArgument, dreamOf, noOptions, printNext, printResult } from '../command.js';
import { publishLines } from '../render-dreams.js';
import { plainText } from '../text.js';

const bothWays = (cli: Cli, dream: string | undefined): string =>
  'apply needs to know where:\n' +
  `  ${commandLine(cli, 'apply', dream, '--in-place')}  over the input, after a snapshot and a check that it has not changed\n` +
  `  ${commandLine(cli, 'apply', dream, '--to PATH')}  to a new place; the input stays as it is`;

/** @throws UserError `usage` where nobody is there to be asked, `cancelled` where the answer is no. */
async function askInPlace(cli: Cli, dreamfold: Dreamfold, dream: string | undefined): Promise<void> {
  const answers = cli.answers();
  if (!answers.interactive || cli.json) throw new UserError('usage', bothWays(cli, dream));
  const store = plainText(dreamfold.show(dream).summary?.store ?? 'the input store');
  cli.err.write(`Publish over ${store}? A snapshot is kept; ${commandLine(cli, 'undo', dream)} gives it back.\n`);
  const answer = await answers.line('Publish in place? [y/N] ', '');
  if (!/^y(es)?$/iu.test(answer?.trim() ?? '')) throw new UserError('cancelled', 'nothing was published');
}

export const applyCommand = defineCommand({
  name: 'apply',
  group: 'publish',
  summary: 'publish the new store, over the input or to a new place',
  details: 'With neither option it asks, on a terminal, whether to publish in place.',
  arguments: [dreamArgument],
  options: [
    {
      flags: '--in-place',
      text: 'over the input, after a snapshot and a check that it has not changed',
    },
    {
      flags: '--to <path>',
      text: 'to a new place, which must be absent or empty',
    },
  ],
  examples: [
    {
      line: 'dreamfold apply --in-place',
      text: 'the latest dream, over its input',
    },
    {
      line: 'dreamfold apply --to memory-new',
      text: 'the input stays as it is',
    },
  ],
  exits: ['notFound', 'locked', 'inputChanged', 'cancelled'],
  schema: z.object({
    inPlace: z.boolean().default(false),
    to: z.string().min(1, 'a path is expected').optional(),
  }),
  run: async (cli, args, { inPlace, to }) => {
    const dream = dreamOf(args);
    if (inPlace && to !== undefined) throw new UserError('usage', 'give --in-place or --to, not both');
    if (!inPlace && to === undefined && (cli.json || !cli.answers().interactive)) throw new UserError('usage', bothWays(cli, dream));
    const dreamfold = await cli.open();
    if (!inPlace && to === undefined) await askInPlace(cli, dreamfold, dream);
    const result = await dreamfold.apply(to === undefined ? {} : { to: resolve(cli.cwd, to) }, dream);
    printResult(cli, result, () => publishLines(result.mode === 'in-place' ? 'Published over' : 'Published to', result));
    printNext(cli, [
      ['take it back', commandLine(cli, 'undo', dream)],
      ['dream again', commandLine(cli, 'dream')],
    ]);
    return 'done';
  },
});

export const undoCommand = defineCommand({
  name: 'undo',
  group: 'publish',
  summary: 'take back what apply published; gives back the bytes that were there',
  arguments: [dreamArgument],
  options: [],
  examples: [{ line: 'dreamfold undo', text: 'the latest dream' }],
  exits: ['notFound', 'locked', 'inputChanged'],
  schema: noOptions,
  run: async (cli, args) => {
    const dream = dreamOf(args);
    const result = await (await cli.open()).undo(dream);
    printResult(cli, result, () => publishLines('Taken back in', result));
    printNext(cli, [
      ['see the changes', commandLine(cli, 'changes', dream)],
      ['publish it again', commandLine(cli, 'apply', dream, '--in-place')],
      ['throw it away', commandLine(cli, 'discard', dream)],
    ]);
    return 'done';
  },
});

export const discardCommand = defineCommand({
  name: 'discard',
  group: 'publish',
  summary: "throw a dream's new store away; the input is not touched",
  arguments: [dreamArgument],
  options: [],
  examples: [{ line: 'dreamfold discard', text: 'the latest dream' }],
  exits: ['notFound', 'locked'],
  schema: noOptions,
  run: async (cli, args) => {
    const dream = await (await cli.open()).discard(dreamOf(args));
    printResult(cli, dream, () => [`Discarded ${dream.id}.`]);
    printNext(cli, [
      ['what is left', commandLine(cli, 'list')],
      ['forget old dreams', commandLine(cli, 'prune --keep 5')],
    ]);
    return 'done';
  },
});
