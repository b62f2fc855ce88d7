/** The tokenizer of the tiny models: a few words and every letter, so that its pieces can be told by hand. */
const words =
  'the a is are was not and or to of in on for with use uses run runs test tests build server cat dog sat mat port file . , ! ?'.split(' ');
const pieces = ['s', 'e', 'n', 't', 'er', 'ing', 'ed'].map((piece) => `##${piece}`);
const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'].filter((letter) => !words.includes(letter));
export const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words, ...letters, ...pieces];

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
export const tokenizerFiles: Readonly<Record<string, unknown>> = {
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
