/**
 * Measures an embedding model next to the yardstick, the untouched potion-base-4M:
 * `npx tsx scripts/measure-embedding.ts --data FOLDER [--pairs FILE] [--model FOLDER]`.
 * FOLDER holds the archives named in models/dreamfold-static/MODEL.md; FILE holds labelled pairs of memory statements.
 */
import { parseArgs } from 'node:util';
import { encodeTexts, loadStaticModel } from '../src/embed/static.js';
import { createTokenizer } from '../src/embed/tokenize.js';
import { readArchive } from './archives.js';
import { readModel2Vec } from './embedding-format.js';
import { type Encoder, type Figures, measure } from './embedding-measures.js';

const { values } = parseArgs({ options: { data: { type: 'string' }, pairs: { type: 'string' }, model: { type: 'string' } } });
if (values.data === undefined) throw new Error('--data FOLDER is missing');

/** The yardstick as its authors use it: mean of the rows, unit length. */
function yardstick(dataFolder: string): Encoder {
  const { pieces, dimensions, rows } = readModel2Vec(readArchive(dataFolder, 'pretrained_potion_base_4m_int8'));
  const tokenizer = createTokenizer(pieces);
  const model = { id: 'yardstick', dimensions, table: rows, weights: new Float32Array(pieces.length), tokenizer };
  return { dimensions, encode: (texts) => encodeTexts(model, texts) };
}

const shipped = loadStaticModel(values.model);
const ours: Encoder = { dimensions: shipped.dimensions, encode: (texts) => encodeTexts(shipped, texts) };
const pairs = values.pairs ?? null;
const table: readonly (readonly [string, Figures])[] = [
  ['potion-base-4M', measure(yardstick(values.data), values.data, pairs)],
  [shipped.id, measure(ours, values.data, pairs)],
];

console.log(
  '| model | STS-B test, Spearman | SNLI test, entailed, ROC area | duplicate bugs, recall@10 | same or refining statements, ROC area |',
);
console.log('|---|---|---|---|---|');
for (const [name, figures] of table) {
  const cells = [figures.sts, figures.snli, figures.bugs, figures.relations].map((figure) => figure?.toFixed(4) ?? 'not measured');
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
