/** `approve`, `reject`, `edit`: decide on changes by id; the new store is rewritten at once. */
import { z } from 'zod';
import type { ChangesResult } from '../../api.js';
import { type ExitName, UserError } from '../../errors.js';
import {
  type Cli,
  type Command,
  changeArgument,
  commandLine,
  defineCommand,
  noOptions,
  printNext,
  printResult,
  splitIds,
} from '../command.js';
import { changeLines, decidedLines } from '../render-changes.js';

function nextAfterDeciding(cli: Cli, dream: string | undefined): void {
  printNext(cli, [
    ['what is left', commandLine(cli, 'changes', dream)],
    ['the new store as a diff', commandLine(cli, 'diff', dream)],
    ['publish', commandLine(cli, 'apply', dream, '--in-place')],
  ]);
}

function decisionCommand(name: 'approve' | 'reject', decision: 'approved' | 'rejected', summary: string, details: string): Command {
  return defineCommand({
    name,
    group: 'decide',
    summary,
    details,
    arguments: [changeArgument],
    options: [],
    examples: [
      {
        line: `dreamfold ${name} chg_0a1b2c chg_3d4e5f`,
        text: 'two changes of the latest dream',
      },
      {
        line: `dreamfold ${name} drm_4f1c chg_0a1b2c`,
        text: 'a change of an earlier dream',
      },
    ],
    exits: ['notFound', 'locked', 'inputChanged'],
    schema: noOptions,
    run: async (cli, args) => {
      const { dream, changes } = splitIds(args);
      if (changes.length === 0)
        throw new UserError('usage', `name the changes: dreamfold ${name} chg_... (${commandLine(cli, 'changes')} lists them)`);
      const result = await (await cli.open()).decide(changes, decision, dream);
      printResult(cli, result, () => decidedLines(result));
      nextAfterDeciding(cli, dream);
      return 'done';
    },
  });
}

export const approveCommand = decisionCommand(
  'approve',
  'approved',
  'take changes into the new store',
  'A suggestion enters the new store once it is approved.',
);

export const rejectCommand = decisionCommand(
  'reject',
  'rejected',
  'leave changes out of the new store',
  'What was refused is not proposed again over the same texts.',
);

async function runEdit(cli: Cli, args: readonly string[], text: string): Promise<ExitName> {
  const { dream, changes } = splitIds(args);
  const [change] = changes;
  if (change === undefined || changes.length > 1) throw new UserError('usage', 'edit takes one change: dreamfold edit chg_... --text TEXT');
  const result: ChangesResult = await (await cli.open()).edit(change, text, dream);
  printResult(cli, result, () => result.changes.flatMap((edited) => changeLines(edited, cli.out)));
  nextAfterDeciding(cli, dream);
  return 'done';
}

export const editCommand = defineCommand({
  name: 'edit',
  group: 'decide',
  summary: 'take a change with a text of your own',
  arguments: [changeArgument],
  options: [
    {
      flags: '--text <text>',
      text: 'what the memory shall say',
      required: true,
    },
  ],
  examples: [
    {
      line: "dreamfold edit chg_0a1b2c --text 'Backups run daily at 03:00 UTC.'",
      text: 'write it your way',
    },
  ],
  exits: ['notFound', 'locked', 'inputChanged'],
  schema: z.object({ text: z.string().min(1, 'a text is expected') }),
  run: (cli, args, { text }) => runEdit(cli, args, text),
});
