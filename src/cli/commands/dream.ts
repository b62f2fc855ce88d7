/** `dream` and `resume`: one dream, from input to a new store. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { DreamResult } from '../../api.js';
import { indexMethods } from '../../config.js';
import { type ExitName, systemCode, UserError } from '../../errors.js';
import { storeFormats } from '../../memory.js';
import {
  type Cli,
  cautionOption,
  cautionSchema,
  commandLine,
  crossEncoderOption,
  defineCommand,
  dreamArgument,
  dreamOf,
  exitFor,
  modelOption,
  noOptions,
  type OptionSpec,
  printNext,
  printProblems,
  printResult,
  wholeNumber,
} from '../command.js';
import { llmOptions, llmPhraseOption, llmSchema, llmSettings } from '../llm.js';
import { previewLines } from '../render-asking.js';
import { dreamLines } from '../render-dreams.js';

/** Options that say how records of a JSONL, JSON or CSV store are to be read; `audit` has them too. */
export const formatOptions: readonly OptionSpec[] = [
  {
    flags: '--format <name>',
    text: 'format of the store, where it is not to be detected',
    choices: storeFormats,
  },
  { flags: '--field-text <name>', text: 'records: field with the text' },
  { flags: '--field-id <name>', text: 'records: field with the id' },
  {
    flags: '--field-time <name>',
    text: 'records: field with the time it was written',
  },
  {
    flags: '--field-subject <name>',
    text: 'records: field with the user or subject; records of two subjects are never merged',
  },
];

export const formatSchema = z.object({
  format: z.enum(storeFormats).optional(),
  fieldText: z.string().optional(),
  fieldId: z.string().optional(),
  fieldTime: z.string().optional(),
  fieldSubject: z.string().optional(),
});

/** The format and field map as the library's settings name them; what was not given is left out. */
export function formatSettings(options: z.output<typeof formatSchema>): {
  format: string | null;
  fields: Record<string, string>;
} {
  const { format, fieldText, fieldId, fieldTime, fieldSubject } = options;
  const given = Object.entries({
    text: fieldText,
    id: fieldId,
    time: fieldTime,
    subject: fieldSubject,
  });
  return {
    format: format ?? null,
    fields: Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  };
}

/** `@FILE` is the file's text, anything else itself. @throws UserError `usage` where the file cannot be read. */
async function readInstructions(given: string, cwd: string): Promise<string> {
  if (!given.startsWith('@')) return given;
  const path = resolve(cwd, given.slice(1));
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const why = systemCode(error) ?? 'unreadable';
    throw new UserError('usage', `--instructions: ${path} cannot be read (${why}); give the text itself or an existing file after @`, {
      cause: error,
    });
  }
}

/** `Mira=sessions/mira` becomes one entry of a record. @throws UserError `usage` where there is no `=`, or a name comes twice. */
function parsePersons(given: readonly string[]): Record<string, string> {
  const entries = given.map((pair): readonly [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1 || at === pair.length - 1) throw new UserError('usage', `--person: "${pair}" is not NAME=PATH`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  const names = entries.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new UserError('usage', `--person: ${twice} is given twice`);
  return Object.fromEntries(entries);
}

/** The store and sessions to dream over: those given, else this project's Claude Code memory. @throws UserError `usage` where neither is there. */
async function findInput(
  cli: Cli,
  store: string | undefined,
  sessions: readonly string[],
): Promise<{ store: string; sessions: readonly string[] }> {
  const given = sessions.map((path) => resolve(cli.cwd, path));
  if (store !== undefined) return { store: resolve(cli.cwd, store), sessions: given };
  const found = await cli.findProject();
  if (found === null) {
    const place = cli.claudeConfigDir ?? `${cli.home}/.claude`;
    throw new UserError(
      'usage',
      `no --store was given, and no Claude Code memory folder of ${cli.cwd} was found under ${place}/projects; ` +
        `run it in the project's folder, or name the store: ${commandLine(cli, 'dream --store PATH --sessions PATH')}`,
    );
  }
  return {
    store: found.store,
    sessions: given.length > 0 ? given : [found.sessions],
  };
}

/** Prints a dream and says what comes next; what could not be read is listed on stderr too where stdout is data. */
function printDream(cli: Cli, result: DreamResult, dream: string | undefined): ExitName {
  printResult(cli, result.dream, () => dreamLines(result, cli.out));
  if (cli.json) printProblems(cli, result.problems);
  if (result.dream.status === 'canceled') return 'cancelled';
  if (result.dream.status !== 'completed') return 'bug';
  printNext(cli, [
    ['see every change', commandLine(cli, 'changes', dream)],
    ['the new store as a diff', commandLine(cli, 'diff', dream)],
    ['decide one by one', commandLine(cli, 'review', dream)],
    ['publish it', commandLine(cli, 'apply', dream, '--in-place')],
  ]);
  return exitFor(result.problems);
}

export const dreamCommand = defineCommand({
  name: 'dream',
  group: 'dream',
  summary: 'dream over a memory store: a new store, and a list of changes to decide on',
  details:
    "Reads the store and the sessions and writes a new store; the input is never modified. Without --store, this project's Claude Code memory folder and sessions.",
  arguments: [],
  options: [
    { flags: '--store <path>', text: 'memory store: a folder or a file' },
    {
      flags: '--sessions <path...>',
      text: 'session files or folders; folders are read recursively',
    },
    {
      flags: '--out <path>',
      text: 'where the new store goes; must be absent or empty (default: beside the database)',
    },
    {
      flags: '--exclude <glob...>',
      text: 'files of the store that are read but never changed',
    },
    {
      flags: '--write-rules',
      text: 'change rule files (CLAUDE.md, AGENTS.md) and daily logs too',
    },
    {
      flags: '--instructions <text>',
      text: 'what to read closely, keep, merge or ignore; @FILE reads them from a file',
    },
    {
      flags: '--min-support <n>',
      text: 'sessions that must show the same thing before it becomes an insight (default: 3)',
    },
    {
      flags: '--person <name=path...>',
      text: 'whose sessions lie under a path',
    },
    modelOption,
    crossEncoderOption,
    cautionOption,
    {
      flags: '--index <method>',
      text: 'how candidates are found (default: auto)',
      choices: indexMethods,
    },
    ...formatOptions,
    ...llmOptions,
    llmPhraseOption,
  ],
  examples: [
    { line: 'dreamfold dream', text: "over this project's Claude Code memory" },
    {
      line: 'dreamfold dream --store memory --sessions transcripts',
      text: 'over a folder of notes and one of sessions',
    },
    {
      line: 'dreamfold dream --store notes.jsonl --field-text content --out new.jsonl',
      text: 'over records',
    },
  ],
  exits: ['partial', 'locked', 'claude'],
  schema: formatSchema.extend({
    store: z.string().optional(),
    sessions: z.array(z.string()).default([]),
    out: z.string().optional(),
    exclude: z.array(z.string()).default([]),
    writeRules: z.boolean().default(false),
    instructions: z.string().min(1, 'a text or @FILE is expected').optional(),
    minSupport: wholeNumber(1, 1000).default(3),
    person: z.array(z.string()).default([]),
    model: z.string().optional(),
    crossEncoder: z.string().optional(),
    caution: cautionSchema,
    index: z.enum(indexMethods).default('auto'),
    llmPhrase: z.boolean().default(false),
    ...llmSchema.shape,
  }),
  run: async (cli, _args, options) => {
    const persons = parsePersons(options.person);
    const instructions = options.instructions === undefined ? null : await readInstructions(options.instructions, cli.cwd);
    const input = await findInput(cli, options.store, options.sessions);
    const dreamfold = await cli.open();
    const settings = {
      ...input,
      out: options.out === undefined ? null : resolve(cli.cwd, options.out),
      exclude: options.exclude,
      writeRules: options.writeRules,
      instructions,
      minSupport: options.minSupport,
      persons,
      model: options.model ?? null,
      crossEncoder: options.crossEncoder ?? null,
      caution: options.caution,
      index: options.index,
      llmPhrase: options.llmPhrase,
      ...llmSettings(options),
      ...formatSettings(options),
    };
    if (options.dryRun) {
      const preview = await dreamfold.preview(settings);
      printResult(cli, preview, () => previewLines(preview, cli.out));
      return 'done';
    }
    const result = await dreamfold.dream(settings);
    return printDream(cli, result, undefined);
  },
});

export const resumeCommand = defineCommand({
  name: 'resume',
  group: 'keep',
  summary: 'go on with a dream that was cancelled or broken off',
  arguments: [dreamArgument],
  options: [],
  examples: [{ line: 'dreamfold resume', text: 'from the last stage that was finished' }],
  exits: ['partial', 'notFound', 'locked', 'inputChanged', 'claude'],
  schema: noOptions,
  run: async (cli, args) => {
    const dream = dreamOf(args);
    return printDream(cli, await (await cli.open()).resume(dream), dream);
  },
});
