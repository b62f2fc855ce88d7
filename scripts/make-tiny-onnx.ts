/**
 * Writes test/fixtures/tiny-onnx, a feature-extraction model small enough to check by hand: each token's state is its row of a
 * table times one matrix, plus its type's row. `npx tsx scripts/make-tiny-onnx.ts [FOLDER]`; always the same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Field, message, model, node, tensor, type, valueInfo, whole } from './onnx-graph.js';
import { tokenizerFiles, vocabulary } from './tiny-tokenizer.js';

const folder = process.argv[2] ?? 'test/fixtures/tiny-onnx';
const dimensions = 16;

/** Numbers between -1 and 1 in steps of 1/64, exact in float32, that look like noise. */
function noise(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return ((state >>> 16) % 129) / 64 - 1;
  });
}

const tokens = ['batch', 'sequence'];
const graph = message(
  [1, node('Gather', ['table', 'input_ids'], 'rows')],
  [1, node('MatMul', ['rows', 'matrix'], 'turned')],
  [1, node('Gather', ['types', 'token_type_ids'], 'type_rows')],
  [1, node('Add', ['turned', 'type_rows'], 'states')],
  [1, node('Unsqueeze', ['mask', 'last_axis'], 'mask_column')],
  [1, node('Mul', ['states', 'mask_column'], 'last_hidden_state')],
  [2, 'tiny'],
  [5, tensor('table', [vocabulary.length, dimensions], noise(vocabulary.length * dimensions, 1))],
  [5, tensor('matrix', [dimensions, dimensions], noise(dimensions * dimensions, 2))],
  [5, tensor('types', [2, dimensions], noise(2 * dimensions, 3))],
  [5, whole('last_axis', 2, [1])],
  ...['input_ids', 'attention_mask', 'token_type_ids'].map((name): Field => [11, valueInfo(name, type.int64, tokens)]),
  [12, valueInfo('last_hidden_state', type.float, [...tokens, dimensions])],
);
const cast = node('Cast', ['attention_mask'], 'mask', { to: type.float });
const onnx = model(Buffer.concat([message([1, cast]), graph]));

const files: Readonly<Record<string, unknown>> = {
  'config.json': {
    model_type: 'bert',
    architectures: ['BertModel'],
    hidden_size: dimensions,
    vocab_size: vocabulary.length,
    max_position_embeddings: 512,
    type_vocab_size: 2,
  },
  ...tokenizerFiles,
};

mkdirSync(join(folder, 'onnx'), { recursive: true });
writeFileSync(join(folder, 'onnx', 'model.onnx'), onnx);
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
console.log(`${folder}: ${onnx.length} bytes of ONNX, ${vocabulary.length} pieces, ${dimensions} dimensions`);
