/** `models list|pull|check|calibrate`: models other than the shipped ones. */
import { z } from 'zod';
import { type Cli, commandLine, defineCommand, noOptions, type OptionSpec, printNext, printResult, wholeNumber } from '../command.js';
import { calibrateLines, checkLines, modelLines, pullLines } from '../render-models.js';
import { shellWord } from '../text.js';

const modelArgument = { name: '<model>', text: 'a folder, or the id of a transformers.js model' } as const;
const fewestPairs = 50;
const mostPairs = 100_000;

function pairsOption(preset: string): OptionSpec {
  return { flags: '--pairs <n>', text: `about how many labelled pairs are used (default: ${preset})` };
}

const pairsSchema = wholeNumber(fewestPairs, mostPairs).optional();

/** What a model of that kind is good for, as the next commands. */
function nextSteps(cli: Cli, kind: 'embedding' | 'cross-encoder', model: string): readonly (readonly [string, string])[] {
  return kind === 'embedding'
    ? [['measure it', commandLine(cli, 'models check', shellWord(model))]]
    : [['calibrate it', commandLine(cli, 'models calibrate', shellWord(model))]];
}

export const modelsListCommand = defineCommand({
  name: 'models list',
  group: 'other',
  summary: 'shipped models, models in the cache of transformers.js, and what was measured of others',
  arguments: [],
  options: [],
  examples: [{ line: 'dreamfold models list', text: 'with sizes and figures' }],
  exits: [],
  schema: noOptions,
  run: async (cli) => {
    const models = await (await cli.open()).models();
    printResult(cli, models, () => modelLines(models, cli.out));
    printNext(cli, [['fetch another one', commandLine(cli, 'models pull ID')]]);
    return 'done';
  },
});

export const modelsPullCommand = defineCommand({
  name: 'models pull',
  group: 'other',
  summary: 'fetch an embedding or text-classification model from the hub',
  details:
    'Into the cache of transformers.js, or the folder that DREAMFOLD_MODELS names. HF_ENDPOINT names a mirror of the hub, HF_TOKEN opens models that are not open to everybody.',
  arguments: [{ name: '<id>', text: 'id of a model with ONNX files, such as Xenova/all-MiniLM-L6-v2' }],
  options: [],
  examples: [{ line: 'dreamfold models pull Xenova/all-MiniLM-L6-v2', text: 'an embedding model' }],
  exits: ['notFound'],
  schema: noOptions,
  run: async (cli, [id = '']) => {
    const pulled = await (await cli.open()).pullModel(id);
    printResult(cli, pulled, () => pullLines(pulled));
    printNext(cli, nextSteps(cli, pulled.kind, pulled.name));
    return 'done';
  },
});

export const modelsCheckCommand = defineCommand({
  name: 'models check',
  group: 'other',
  summary: 'measure what similarity means for an embedding model, and keep it for --model',
  details:
    'Embeds labelled pairs and prints how well similarity tells pairs of one claim from others, where each relation lies, and the floor and threshold that dream, audit and dedupe then use with this model.',
  arguments: [modelArgument],
  options: [pairsOption('1500')],
  examples: [
    { line: 'dreamfold models check Xenova/all-MiniLM-L6-v2', text: 'fetched first where it is not here yet' },
    { line: 'dreamfold models check dreamfold-static', text: 'the shipped model, to compare with' },
  ],
  exits: ['notFound'],
  schema: z.object({ pairs: pairsSchema }),
  run: async (cli, [model = ''], { pairs }) => {
    const checked = await (await cli.open()).checkModel(model, pairs === undefined ? {} : { pairs });
    printResult(cli, checked, () => checkLines(checked, cli.out));
    const use = commandLine(cli, 'dream --store PATH --model', shellWord(model));
    printNext(cli, [checked.recipe === null ? ['all models', commandLine(cli, 'models list')] : ['use it', use]]);
    return 'done';
  },
});

export const modelsCalibrateCommand = defineCommand({
  name: 'models calibrate',
  group: 'other',
  summary: 'fit the second judging stage with a cross-encoder, and keep it for --cross-encoder',
  details:
    'Scores labelled pairs in both directions and refits the last layer and the thresholds on them. Prints figures without it and with it, on pairs that neither had seen. Where it is no better it is not used.',
  arguments: [modelArgument],
  options: [pairsOption('10000'), { flags: '--activate', text: 'use it even where it is no better than without' }],
  examples: [
    { line: 'dreamfold models calibrate Xenova/nli-deberta-v3-small', text: 'an entailment model' },
    { line: 'dreamfold models calibrate ./my-model --pairs 2000', text: 'one of your own, quickly: fewer pairs, more cautious thresholds' },
  ],
  exits: ['notFound'],
  schema: z.object({ pairs: pairsSchema, activate: z.boolean().default(false) }),
  run: async (cli, [model = ''], { pairs, activate }) => {
    const result = await (await cli.open()).calibrateModel(model, pairs === undefined ? { activate } : { pairs, activate });
    printResult(cli, result, () => calibrateLines(result, cli.out));
    const use = commandLine(cli, 'dream --store PATH --cross-encoder', shellWord(model));
    printNext(cli, [result.active ? ['use it', use] : ['all models', commandLine(cli, 'models list')]]);
    return 'done';
  },
});
