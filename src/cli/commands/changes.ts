/** `changes`, `diff`, `explain`: what a dream proposes and why. */
import { UserError } from '../../errors.js';
import {
  changeArgument,
  commandLine,
  defineCommand,
  dreamArgument,
  dreamOf,
  noOptions,
  printNext,
  printResult,
  splitIds,
} from '../command.js';
import { changesLines, explanationLines } from '../render-changes.js';
import { plainText } from '../text.js';

export const changesCommand = defineCommand({
  name: 'changes',
  group: 'look',
  summary: 'the changes of a dream, strongest first',
  arguments: [dreamArgument],
  options: [],
  examples: [
    { line: 'dreamfold changes', text: 'of the latest dream' },
    { line: 'dreamfold changes --json', text: 'with evidence, for programs' },
  ],
  exits: ['notFound'],
  schema: noOptions,
  run: async (cli, args) => {
    const dream = dreamOf(args);
    const result = (await cli.open()).changes(dream);
    printResult(cli, result, () => changesLines(result, cli.out));
    printNext(cli, [
      ['why', commandLine(cli, 'explain', dream, 'CHANGE')],
      ['take or refuse', commandLine(cli, 'approve|reject', dream, 'CHANGE ...')],
      ['decide one by one', commandLine(cli, 'review', dream)],
      ['publish', commandLine(cli, 'apply', dream, '--in-place')],
    ]);
    return 'done';
  },
});

/** Colours the lines of a unified diff by their sign. */
function paintDiff(
  diff: string,
  colors: {
    readonly red: (text: string) => string;
    readonly green: (text: string) => string;
    readonly cyan: (text: string) => string;
  },
): string {
  return diff
    .split('\n')
    .map((line) => {
      if (line.startsWith('@@')) return colors.cyan(line);
      if (line.startsWith('+')) return colors.green(line);
      return line.startsWith('-') ? colors.red(line) : line;
    })
    .join('\n');
}

export const diffCommand = defineCommand({
  name: 'diff',
  group: 'look',
  summary: 'unified diff of the input and the new store',
  arguments: [dreamArgument],
  options: [],
  examples: [
    { line: 'dreamfold diff', text: 'of the latest dream' },
    {
      line: 'dreamfold diff > dream.patch',
      text: 'as a file that patch understands',
    },
  ],
  exits: ['notFound'],
  schema: noOptions,
  run: async (cli, args) => {
    const dream = dreamOf(args);
    const dreamfold = await cli.open();
    const diff = dreamfold.diff(dream);
    cli.settle();
    if (cli.json) printResult(cli, { dream: dreamfold.show(dream).id, diff }, () => []);
    // Off a terminal the diff is data, byte for byte.
    else cli.out.write(cli.out.isTerminal ? paintDiff(plainText(diff), cli.out.colors) : diff);
    if (diff === '' && !cli.json) cli.err.write('The new store is the same as the input.\n');
    printNext(
      cli,
      [
        ['the changes with reasons', commandLine(cli, 'changes', dream)],
        ['publish', commandLine(cli, 'apply', dream, '--in-place')],
      ],
      cli.err,
    );
    return 'done';
  },
});

export const explainCommand = defineCommand({
  name: 'explain',
  group: 'look',
  summary: 'why a change is proposed: evidence, scores, who decided',
  arguments: [changeArgument],
  options: [],
  examples: [
    {
      line: 'dreamfold explain chg_0a1b2c',
      text: 'a change of the latest dream',
    },
  ],
  exits: ['notFound'],
  schema: noOptions,
  run: async (cli, args) => {
    const { dream, changes } = splitIds(args);
    const [change] = changes;
    if (change === undefined || changes.length > 1) throw new UserError('usage', 'explain takes one change: dreamfold explain chg_...');
    const explanation = await (await cli.open()).explain(change, dream);
    printResult(cli, explanation, () => explanationLines(explanation, cli.out));
    printNext(cli, [
      ['take it', commandLine(cli, 'approve', dream, explanation.change.id)],
      ['refuse it', commandLine(cli, 'reject', dream, explanation.change.id)],
      ['change its text', commandLine(cli, 'edit', dream, explanation.change.id, '--text TEXT')],
    ]);
    return 'done';
  },
});
