/**
 * Writes test/fixtures/tiny-onnx, a feature-extraction model small enough to check by hand: each token's state is its row of a
 * table times one matrix, plus its type's row. `npx tsx scripts/make-tiny-onnx.ts [FOLDER]`; always the same bytes.
 * The graph is written as protobuf by hand; field numbers are those of onnx.proto (https://github.com/onnx/onnx, IR version 8).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? 'test/fixtures/tiny-onnx';
const dimensions = 16;
const words =
  'the a is are was not and or to of in on for with use uses run runs test tests build server cat dog sat mat port file . , ! ?'.split(' ');
const pieces = ['s', 'e', 'n', 't', 'er', 'ing', 'ed'].map((piece) => `##${piece}`);
const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'].filter((letter) => !words.includes(letter));
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words, ...letters, ...pieces];

type Field = readonly [number: number, value: number | string | Uint8Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** One protobuf message: whole numbers as varints, texts and messages with their length. */
function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
    }),
  );
}

const type = { float: 1, int64: 7 } as const;

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9. */
function tensor(name: string, shape: readonly number[], values: Float32Array): Uint8Array {
  return message(...shape.map((size): Field => [1, size]), [2, type.float], [8, name], [9, Buffer.from(values.buffer)]);
}

/** NodeProto: input 1, output 2, name 3, op_type 4. */
function node(operator: string, inputs: readonly string[], output: string): Uint8Array {
  return message(...inputs.map((input): Field => [1, input]), [2, output], [3, output], [4, operator]);
}

/** ValueInfoProto: name 1, type 2; a dimension is a name (2) or a size (1). */
function valueInfo(name: string, elementType: number, shape: readonly (string | number)[]): Uint8Array {
  const sizes = shape.map((size): Field => [1, typeof size === 'string' ? message([2, size]) : message([1, size])]);
  return message([1, name], [2, message([1, message([1, elementType], [2, message(...sizes)])])]);
}

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
  [5, message([1, 1], [2, type.int64], [8, 'last_axis'], [9, Buffer.from([2, 0, 0, 0, 0, 0, 0, 0])])],
  ...['input_ids', 'attention_mask', 'token_type_ids'].map((name): Field => [11, valueInfo(name, type.int64, tokens)]),
  [12, valueInfo('last_hidden_state', type.float, [...tokens, dimensions])],
);
/** AttributeProto `to` = float of a Cast: name 1, i 3, type 20 (2 is INT). */
const cast = message([1, 'attention_mask'], [2, 'mask'], [3, 'mask'], [4, 'Cast'], [5, message([1, 'to'], [3, type.float], [20, 2])]);
const onnx = message([1, 8], [2, 'dreamfold'], [7, Buffer.concat([message([1, cast]), graph])], [8, message([1, ''], [2, 13])]);

const special = (content: string) => ({
  id: vocabulary.indexOf(content),
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});
const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const files: Readonly<Record<string, unknown>> = {
  'config.json': {
    model_type: 'bert',
    architectures: ['BertModel'],
    hidden_size: dimensions,
    vocab_size: vocabulary.length,
    max_position_embeddings: 512,
    type_vocab_size: 2,
  },
  'tokenizer_config.json': {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    model_max_length: 512,
    ...{ pad_token: '[PAD]', unk_token: '[UNK]', cls_token: '[CLS]', sep_token: '[SEP]', mask_token: '[MASK]' },
  },
  'tokenizer.json': {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map(special),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, token('[SEP]')],
      pair: [
        token('[CLS]'),
        { Sequence: { id: 'A', type_id: 0 } },
        token('[SEP]'),
        { Sequence: { id: 'B', type_id: 1 } },
        { SpecialToken: { id: '[SEP]', type_id: 1 } },
      ],
      special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [vocabulary.indexOf(id)], tokens: [id] }])),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
    },
  },
};

mkdirSync(join(folder, 'onnx'), { recursive: true });
writeFileSync(join(folder, 'onnx', 'model.onnx'), onnx);
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
console.log(`${folder}: ${onnx.length} bytes of ONNX, ${vocabulary.length} pieces, ${dimensions} dimensions`);
