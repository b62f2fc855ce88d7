/** `audit` and `doctor`: the health of a store, and of this installation. */
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  cautionOption,
  cautionSchema,
  commandLine,
  crossEncoderOption,
  defineCommand,
  exitFor,
  modelOption,
  noOptions,
  printNext,
  printProblems,
  printResult,
} from '../command.js';
import { auditLines, doctorLines } from '../render-reports.js';
import { shellWord } from '../text.js';
import { formatOptions, formatSchema, formatSettings } from './dream.js';

export const auditCommand = defineCommand({
  name: 'audit',
  group: 'other',
  summary: 'health report of a store; changes nothing',
  details: "Duplicates, conflicts, stale entries, orphans and dead links of an index, secrets, size against the client's limits.",
  arguments: [{ name: '<path>', text: 'memory store: a folder or a file' }],
  options: [
    {
      flags: '--exclude <glob>',
      text: 'files that are left out',
      repeat: true,
    },
    modelOption,
    crossEncoderOption,
    cautionOption,
    ...formatOptions,
  ],
  examples: [
    { line: 'dreamfold audit .claude/memory', text: 'a folder of notes' },
    { line: 'dreamfold audit memory --json', text: 'for a check in CI' },
  ],
  exits: ['partial'],
  schema: formatSchema.extend({
    exclude: z.array(z.string()).default([]),
    model: z.string().optional(),
    crossEncoder: z.string().optional(),
    caution: cautionSchema,
  }),
  run: async (cli, [path = ''], options) => {
    const store = resolve(cli.cwd, path);
    const audit = await (await cli.open()).audit(store, {
      ...formatSettings(options),
      exclude: options.exclude,
      model: options.model ?? null,
      crossEncoder: options.crossEncoder ?? null,
      caution: options.caution,
    });
    printResult(cli, audit, () => auditLines(audit, cli.out));
    if (cli.json) printProblems(cli, audit.problems);
    printNext(cli, [['a new store without these', commandLine(cli, 'dream --store', shellWord(path))]]);
    return exitFor(audit.problems);
  },
});

export const doctorCommand = defineCommand({
  name: 'doctor',
  group: 'other',
  summary: 'what works here and what does not',
  arguments: [],
  options: [],
  examples: [
    {
      line: 'dreamfold doctor',
      text: 'database, models, threads, optional parts',
    },
  ],
  exits: [],
  schema: noOptions,
  run: async (cli) => {
    const result = await (await cli.open()).doctor();
    printResult(cli, result, () => doctorLines(result, cli.out));
    printNext(cli, [['the first dream', commandLine(cli, 'dream')]]);
    return 'done';
  },
});
