/** `bench`: how fast and how right deduplication is on this machine. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { commandLine, defineCommand, printNext, printResult, wholeNumber } from '../command.js';
import { benchLines } from '../render-bench.js';

const measures = ['similarity', 'meaning'] as const;
const rivals = ['hnsw', 'exhaustive'] as const;
const leastRecords = 100;
const mostRecords = 1_000_000;

/** Schema of a list typed with commas. */
function listOf<T>(item: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z
    .string()
    .transform((text): unknown => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item));
}

export const benchCommand = defineCommand({
  name: 'bench',
  group: 'other',
  summary: 'measure speed and quality of dedupe on made stores with known truth',
  details:
    'Makes records with copies by real edits, paraphrases, changed values and look-alikes, and runs dedupe on them, each time in a process of its own. Prints time by stage, peak memory, how time grows, what was dropped rightly and wrongly, and how many of the near pairs the index finds. Nothing is kept but --out.',
  arguments: [],
  options: [
    { flags: '--sizes <list>', text: 'numbers of records, 100 to 1000000 (default: 1000,10000)' },
    { flags: '--by <list>', text: 'similarity, meaning, or both (default: similarity)' },
    { flags: '--against <rival>', text: 'also run another index in turns: hnsw, or every pair (exhaustive)', choices: rivals },
    { flags: '--repeat <n>', text: 'runs of each, of which the median is given (default: 1)' },
    { flags: '--seed <n>', text: 'another seed makes other records (default: 1)' },
    { flags: '--out <folder>', text: 'where results.json, results.md and curves.svg go' },
    { flags: '--no-recall', text: 'leave out how many near pairs the index finds' },
    { flags: '--recall-rows <n>', text: 'rows compared with all others for it (default: all of a small store, a sample of a large one)' },
  ],
  examples: [
    { line: 'dreamfold bench', text: 'a look, well under a minute' },
    { line: 'dreamfold bench --sizes 1000,100000 --against hnsw --repeat 3 --out out', text: 'curves beside those of HNSW' },
  ],
  exits: [],
  schema: z.object({
    sizes: listOf(wholeNumber(leastRecords, mostRecords)).optional(),
    by: listOf(z.enum(measures, 'similarity, meaning, or both with a comma are expected')).optional(),
    against: z.enum(rivals).optional(),
    repeat: wholeNumber(1, 99).optional(),
    seed: wholeNumber(0, 999_999_999).optional(),
    out: z.string().optional(),
    recall: z.boolean().default(true),
    recallRows: wholeNumber(1, mostRecords).optional(),
  }),
  run: async (cli, _args, { out, ...options }) => {
    const settings = { ...options, ...(out === undefined ? {} : { out: resolve(cli.cwd, out) }) };
    const result = await (await cli.open()).bench(settings);
    printResult(cli, result, () => benchLines(result, cli.out));
    printNext(cli, [
      ['your own records', commandLine(cli, 'dedupe FILE --report FILE')],
      ...(result.out === null ? [['with a picture', commandLine(cli, 'bench --out FOLDER')] as const] : []),
    ]);
    return 'done';
  },
});
