/**
 * `npm run bench:judging`: what one core embeds and judges in a second, each beside a plain path in the same run, medians of
 * `--repeat 5`. The yardstick's path is Model2Vec's as its authors run it: the reference tokenizer, then the sum of rows.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Tokenizer } from '@huggingface/tokenizers';
import { encodeTexts, loadStaticModel, shippedModel } from '../dist/embed/static.js';
import { loadWordVectors } from '../dist/embed/words.js';
import type { Side } from '../dist/memory.js';
import { createReader, loadJudge, readCase, timeOrder } from '../dist/relate/judge.js';
import { readNetwork } from '../dist/relate/network.js';
import { pairInput } from '../dist/relate/pair-input.js';
import { loadThesaurus } from '../dist/relate/thesaurus.js';
import { makeStatements } from './generate.js';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { repeat: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } } });
const repeat = Number(values.repeat);

interface Path {
  readonly name: string;
  readonly count: number;
  /** Fresh state for a run, so that nothing is remembered from the one before. */
  readonly start: () => () => void;
}

interface Row {
  readonly work: string;
  readonly name: string;
  readonly perSecond: number;
  /** How many times as fast as the plain path, run by run. */
  readonly ratio: number;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** Interleaved, so that a drift of the machine's speed falls on both. */
function compare(work: string, path: Path, plain: Path): readonly Row[] {
  const seconds: [number[], number[]] = [[], []];
  for (let i = 0; i <= repeat; i++) {
    for (const [k, { start, count }] of [path, plain].entries()) {
      const run = start();
      const from = performance.now();
      run();
      if (i > 0) seconds[k]?.push((performance.now() - from) / 1000 / count);
    }
  }
  const ratio = median(seconds[0].map((value, i) => (seconds[1][i] ?? 0) / value));
  return [
    { work, name: path.name, perSecond: 1 / median(seconds[0]), ratio },
    { work, name: plain.name, perSecond: 1 / median(seconds[1]), ratio: 1 },
  ];
}

function embedding(): readonly Row[] {
  const model = loadStaticModel();
  const texts = makeStatements(5000, 1);
  const vocabulary = readFileSync(join(shippedModel, 'vocab.txt'), 'utf8').trimEnd().split('\n');
  const vocab = Object.fromEntries(vocabulary.map((piece, id) => [piece, id]));
  const reference = new Tokenizer(
    {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: null,
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
    },
    {},
  );
  const plainly = (text: string): Float32Array => {
    const sum = new Float32Array(model.dimensions);
    for (const id of reference.encode(text, { add_special_tokens: false }).ids)
      for (let d = 0; d < sum.length; d++) sum[d] = (sum[d] ?? 0) + (model.table[id * sum.length + d] ?? 0);
    const norm = Math.hypot(...sum) || 1;
    return sum.map((value) => value / norm);
  };
  return compare(
    'statements of 20 words embedded',
    { name: 'dreamfold', count: texts.length, start: () => () => void encodeTexts(model, texts) },
    { name: 'reference tokenizer, sum of rows', count: texts.length, start: () => () => void texts.map(plainly) },
  );
}

function readSides(name: string, every: number): readonly (readonly [Side, Side])[] {
  const lines = readFileSync(join(root, 'bench', 'quality', name), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.flatMap((line, i) => {
    if (i % every !== 0) return [];
    const { a, b, a_time, b_time } = JSON.parse(line);
    return [
      [
        { text: a, time: a_time, scope: [] },
        { text: b, time: b_time, scope: [] },
      ] as const,
    ];
  });
}

/** The plain path computes the same verdicts, but asks the network, in JavaScript, about every pair. */
function judging(work: string, pairs: readonly (readonly [Side, Side])[]): readonly Row[] {
  const words = loadWordVectors();
  const folder = join(root, 'models', 'dreamfold-relate');
  const plain = readNetwork(folder, { plain: true });
  const thesaurus = loadThesaurus();
  return compare(
    work,
    {
      name: 'dreamfold',
      count: pairs.length,
      start: () => {
        const { judge } = loadJudge(words, { within: 'stores' });
        return () => {
          for (const [a, b] of pairs) judge(a, b);
        };
      },
    },
    {
      name: 'every pair to the network, plain JavaScript',
      count: Math.ceil(pairs.length / 20),
      start: () => {
        const reader = createReader(words, thesaurus);
        return () => {
          for (let i = 0; i < pairs.length; i += 20) {
            const [a, b] = pairs[i] ?? [];
            if (a === undefined || b === undefined) continue;
            const pair = readCase(a, b, reader);
            plain.classes(pairInput(pair.a, pair.b, timeOrder(a.time, b.time), reader.lexemes));
          }
        };
      },
    },
  );
}

const rows = [
  ...embedding(),
  ...judging('pairs of whole stores judged', readSides('neighbourhoods.jsonl', 4)),
  ...judging('hard pairs judged', readSides('pairs-dev.jsonl', 1)),
];
const machine = `one core of ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.version}, median of ${repeat}`;
if (values.json) console.log(JSON.stringify({ machine, rows }, null, 1));
else {
  console.log(machine);
  console.log('| work | path | a second | ratio |\n|---|---|---:|---:|');
  for (const { work, name, perSecond, ratio } of rows)
    console.log(`| ${work} | ${name} | ${Math.round(perSecond)} | ${ratio.toFixed(1)} |`);
}
