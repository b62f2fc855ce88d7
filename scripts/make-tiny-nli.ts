/**
 * Writes test/fixtures/tiny-nli, an entailment model small enough to check by hand: a text follows from another as far as its known
 * words stand there too, and contradicts it where one of both, and only one, says `not`. The labels stand in an order and case of
 * their own, as those of real models do. `npx tsx scripts/make-tiny-nli.ts [FOLDER]`; always the same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Field, message, model, node, tensor, type, valueInfo, whole } from './onnx-graph.js';
import { tokenizerFiles, vocabulary } from './tiny-tokenizer.js';

const folder = process.argv[2] ?? 'test/fixtures/tiny-nli';
const lastSpecial = vocabulary.indexOf('[MASK]');

const tokens = ['batch', 'sequence'];
const constant = (name: string, value: number): Field => [5, tensor(name, [1], Float32Array.of(value))];
const steps = [
  node('Greater', ['input_ids', 'last_special'], 'is_known'),
  node('Cast', ['is_known'], 'known', { to: type.float }),
  node('Cast', ['token_type_ids'], 'second', { to: type.float }),
  node('Mul', ['known', 'second'], 'b'),
  node('Sub', ['known', 'b'], 'a'),
  // Which words of b stand in a.
  node('Unsqueeze', ['input_ids', 'axis_2'], 'column'),
  node('Unsqueeze', ['input_ids', 'axis_1'], 'row'),
  node('Equal', ['column', 'row'], 'is_same'),
  node('Cast', ['is_same'], 'same', { to: type.float }),
  node('Unsqueeze', ['a', 'axis_2'], 'a_column'),
  node('Mul', ['same', 'a_column'], 'hits'),
  node('ReduceMax', ['hits'], 'stands_in_a', { axes: [1], keepdims: 0 }),
  node('Mul', ['stands_in_a', 'b'], 'covered'),
  node('ReduceSum', ['covered', 'axis_1'], 'covered_words', { keepdims: 1 }),
  node('ReduceSum', ['b', 'axis_1'], 'words', { keepdims: 1 }),
  node('Max', ['words', 'one'], 'words_at_least_one'),
  node('Div', ['covered_words', 'words_at_least_one'], 'share'),
  // Whether one side alone says `not`.
  node('Equal', ['input_ids', 'not_id'], 'is_not'),
  node('Cast', ['is_not'], 'not', { to: type.float }),
  node('Mul', ['not', 'a'], 'not_in_a'),
  node('Mul', ['not', 'b'], 'not_in_b'),
  node('ReduceMax', ['not_in_a'], 'a_denies', { axes: [1], keepdims: 1 }),
  node('ReduceMax', ['not_in_b'], 'b_denies', { axes: [1], keepdims: 1 }),
  node('Sub', ['a_denies', 'b_denies'], 'difference'),
  node('Abs', ['difference'], 'one_denies'),
  // Eight times the share less four, nothing, and six where one denies less three.
  node('Mul', ['share', 'eight'], 'share_8'),
  node('Sub', ['share_8', 'four'], 'entailment'),
  node('Mul', ['share', 'zero'], 'neutral'),
  node('Mul', ['one_denies', 'six'], 'denies_6'),
  node('Sub', ['denies_6', 'three'], 'contradiction'),
  node('Concat', ['contradiction', 'neutral', 'entailment'], 'logits', { axis: 1 }),
];
const onnx = model(
  message(
    ...steps.map((step): Field => [1, step]),
    [2, 'tiny'],
    [5, whole('axis_1', 1, [1])],
    [5, whole('axis_2', 2, [1])],
    [5, whole('last_special', lastSpecial, [1])],
    [5, whole('not_id', vocabulary.indexOf('not'), [1])],
    ...Object.entries({ zero: 0, one: 1, three: 3, four: 4, six: 6, eight: 8 }).map(([name, value]) => constant(name, value)),
    ...['input_ids', 'attention_mask', 'token_type_ids'].map((name): Field => [11, valueInfo(name, type.int64, tokens)]),
    [12, valueInfo('logits', type.float, ['batch', 3])],
  ),
);

const files: Readonly<Record<string, unknown>> = {
  'config.json': {
    model_type: 'bert',
    architectures: ['BertForSequenceClassification'],
    id2label: { 0: 'CONTRADICTION', 1: 'Neutral', 2: 'entailment' },
    label2id: { CONTRADICTION: 0, Neutral: 1, entailment: 2 },
    vocab_size: vocabulary.length,
    max_position_embeddings: 512,
    type_vocab_size: 2,
  },
  ...tokenizerFiles,
};

mkdirSync(join(folder, 'onnx'), { recursive: true });
writeFileSync(join(folder, 'onnx', 'model.onnx'), onnx);
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
console.log(`${folder}: ${onnx.length} bytes of ONNX, ${vocabulary.length} pieces`);
