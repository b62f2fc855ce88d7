/** `dedupe` and `relate`: the judge on records, without a store. */
import { resolve } from 'node:path';
import { z } from 'zod';
import type { AskPreview, AskReport } from '../../api.js';
import { indexMethods } from '../../config.js';
import type { ExitName } from '../../errors.js';
import {
  type Cli,
  cautionOption,
  cautionSchema,
  commandLine,
  crossEncoderOption,
  decimalNumber,
  defineCommand,
  exitFor,
  modelOption,
  printNext,
  printProblems,
  printResult,
} from '../command.js';
import { llmOptions, llmSchema, llmSettings } from '../llm.js';
import { askedLine, previewLines } from '../render-asking.js';
import { dedupeLines } from '../render-reports.js';
import { plainText, shellWord, toJsonLine } from '../text.js';

function printPreview(cli: Cli, preview: AskPreview): ExitName {
  printResult(cli, preview, () => previewLines(preview, cli.out));
  return 'done';
}

/** On stderr: stdout is data. */
function printAsked(cli: Cli, asked: AskReport | null): void {
  cli.settle();
  if (cli.json) {
    if (asked !== null && asked.pairs > 0) cli.err.write(toJsonLine({ type: 'asked', ...asked }));
  } else for (const line of askedLine(asked)) cli.err.write(`dreamfold: ${line}\n`);
}

export const dedupeCommand = defineCommand({
  name: 'dedupe',
  group: 'other',
  summary: 'drop duplicate records of a JSONL, CSV or text file',
  details: 'Kept records come out verbatim and in input order: to --out, else to stdout (with --json the report goes there instead).',
  arguments: [{ name: '<file>', text: 'JSONL, CSV, or one record a line' }],
  options: [
    {
      flags: '--field <name>',
      text: 'field or column with the text (default: found by name)',
    },
    {
      flags: '--by <measure>',
      text: 'meaning keeps the fuller record, similarity (cosine alone) the first (default: meaning)',
      choices: ['meaning', 'similarity'],
    },
    {
      flags: '--threshold <t>',
      text: 'similarity from which records are the same, -1 to 1',
    },
    { flags: '--out <file>', text: 'where the kept records go' },
    { flags: '--report <file>', text: 'where the report goes, as JSON' },
    modelOption,
    crossEncoderOption,
    cautionOption,
    {
      flags: '--index <method>',
      text: 'how candidates are found (default: auto)',
      choices: indexMethods,
    },
    ...llmOptions,
  ],
  examples: [
    {
      line: 'dreamfold dedupe facts.jsonl --out kept.jsonl --report report.json',
      text: 'with a report of what was dropped and why',
    },
    {
      line: 'dreamfold dedupe faq.csv --field question > kept.csv',
      text: 'by one column',
    },
  ],
  exits: ['partial', 'claude'],
  schema: z.object({
    field: z.string().optional(),
    by: z.enum(['meaning', 'similarity']).default('meaning'),
    threshold: decimalNumber(-1, 1).optional(),
    out: z.string().optional(),
    report: z.string().optional(),
    model: z.string().optional(),
    crossEncoder: z.string().optional(),
    caution: cautionSchema,
    index: z.enum(indexMethods).default('auto'),
    ...llmSchema.shape,
  }),
  run: async (cli, [file = ''], options) => {
    const place = (path: string | undefined): string | null => (path === undefined ? null : resolve(cli.cwd, path));
    const settings = {
      file: resolve(cli.cwd, file),
      field: options.field ?? null,
      by: options.by,
      threshold: options.threshold ?? null,
      out: place(options.out),
      report: place(options.report),
      model: options.model ?? null,
      crossEncoder: options.crossEncoder ?? null,
      caution: options.caution,
      index: options.index,
      ...llmSettings(options),
    };
    const dreamfold = await cli.open();
    if (options.dryRun) return printPreview(cli, await dreamfold.previewDedupe(settings));
    const result = await dreamfold.dedupe(settings);
    const screen = result.out === null ? cli.err : cli.out;
    cli.settle();
    // Off a terminal the records are data, byte for byte.
    if (!cli.json && result.out === null)
      cli.out.write(cli.out.isTerminal ? plainText(new TextDecoder().decode(result.output)) : result.output);
    if (cli.json) printResult(cli, result.report, () => []);
    else screen.write(`${dedupeLines(result.report, result.out).join('\n')}\n`);
    printProblems(cli, result.problems);
    printAsked(cli, result.asked);
    const again = commandLine(cli, 'dedupe', shellWord(file), '--report FILE');
    printNext(
      cli,
      [options.report === undefined ? ['which, and why', again] : ['a whole store', commandLine(cli, 'dream --store PATH')]],
      screen,
    );
    return exitFor(result.problems);
  },
});

export const relateCommand = defineCommand({
  name: 'relate',
  group: 'other',
  summary: 'judge pairs of statements: duplicate, refines, conflict or distinct',
  details: 'Reads one {"id","a","b","a_time"?,"b_time"?} a line and prints one line of JSON for each, in order.',
  arguments: [{ name: '<file>', text: 'JSONL of pairs' }],
  options: [crossEncoderOption, cautionOption, ...llmOptions],
  examples: [
    {
      line: 'dreamfold relate pairs.jsonl > verdicts.jsonl',
      text: 'one verdict a line, with probabilities',
    },
  ],
  exits: ['partial', 'claude'],
  schema: z.object({ crossEncoder: z.string().optional(), caution: cautionSchema, ...llmSchema.shape }),
  run: async (cli, [file = ''], options) => {
    const settings = { crossEncoder: options.crossEncoder ?? null, caution: options.caution, ...llmSettings(options) };
    const dreamfold = await cli.open();
    if (options.dryRun) return printPreview(cli, await dreamfold.previewRelate(resolve(cli.cwd, file), settings));
    const { lines, problems, asked } = await dreamfold.relate(resolve(cli.cwd, file), settings);
    cli.settle();
    for (const line of lines) cli.out.write(toJsonLine(line));
    printProblems(cli, problems);
    printAsked(cli, asked);
    printNext(cli, [['a whole store', commandLine(cli, 'dream --store PATH')]], cli.err);
    return exitFor(problems);
  },
});
