/**
 * Makes models/dreamfold-static: `npx tsx scripts/train-embedding.ts --data FOLDER [--out FOLDER] [--seed N]`.
 * FOLDER holds the archives named in MODEL.md. The table starts as potion-base-4M; it is trained to tell what belongs together
 * among what does not, and to rank graded pairs, and then moved back part of the way, for what it has not met in training. One
 * thread, a few minutes; the same inputs and seed give the same bytes.
 */
import { parseArgs } from 'node:util';
import { createTokenizer, type Tokenizer } from '../src/embed/tokenize.js';
import { readArchive } from './archives.js';
import { Trainer } from './contrastive.js';
import { readModel2Vec, writeModel } from './embedding-format.js';
import { cosines, type Encoder, rocArea, spearman } from './embedding-measures.js';
import { type IdPair, makeRandom, readTrainingPairs, shuffled, TextList, type TrainingPairs } from './training-pairs.js';
import { wordWeights } from './word-weights.js';

/** Found by the held-out figures that this script prints; `stay` is how much of the start is kept. */
const settings = { batch: 256, gradedBatch: 128, sharpness: 15, rowRate: 0.0015, weightRate: 0.02, gradedEvery: 2, stay: 0.6 } as const;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string', default: 'models/dreamfold-static' },
    seed: { type: 'string', default: '1' },
  },
});
if (options.data === undefined) throw new Error('--data FOLDER is missing');

const start = readModel2Vec(readArchive(options.data, 'pretrained_potion_base_4m_int8'));
const { pieces, dimensions } = start;
const startRows = atMeanLengthOne(start.rows);
const tokenizer = createTokenizer(pieces);
const random = makeRandom(Number(options.seed));
const pairs = readTrainingPairs(options.data, tokenizer, random);
console.error([...pairs.kinds].map(([kind, { length }]) => `${kind} ${length}`).join(', '));

const trainer = new Trainer(startRows, dimensions);
train(trainer, pairs);
for (const stay of [1, 0.75, 0.5, 0.25, 0]) console.error(`stay ${stay}: ${heldOutFigures(mixed(stay))}`);
const words = readArchive(options.data, 'wordfreq').get('wordfreq/wordfreq/data/large_en.msgpack.gz');
if (words === undefined) throw new Error('wordfreq has no large English list');
writeModel(options.out, 'dreamfold-static', { pieces, dimensions, rows: mixed(settings.stay), weights: wordWeights(words, pieces) });

/** One pass over all pairs, the rates falling to zero, with a graded batch after every few. */
function train(trained: Trainer, { texts, kinds, graded }: TrainingPairs): void {
  const batches = makeBatches(kinds);
  let loss = 0;
  for (const [step, batch] of batches.entries()) {
    const left = 1 - step / batches.length;
    const rates = { rowRate: settings.rowRate * left, weightRate: settings.weightRate * left };
    loss += trained.contrast(texts, batch, settings.sharpness, rates);
    if (step % settings.gradedEvery === 0) {
      const set = drawSet(graded, random());
      const drawn = Array.from({ length: settings.gradedBatch }, () => set.pairs[Math.floor(random() * set.pairs.length)]);
      const chosen = drawn.filter((pair) => pair !== undefined);
      trained.rank(texts, chosen, settings.sharpness, rates);
    }
    if ((step + 1) % 200 === 0) console.error(`${step + 1} of ${batches.length} batches, mean loss ${(loss / (step + 1)).toFixed(3)}`);
  }
}

function makeBatches(kinds: ReadonlyMap<string, readonly IdPair[]>): IdPair[][] {
  const batches: IdPair[][] = [];
  for (const group of kinds.values()) {
    const order = shuffled(group, random);
    for (let at = 0; at < order.length; at += settings.batch) batches.push(order.slice(at, at + settings.batch));
  }
  return shuffled(
    batches.filter((batch) => batch.length >= 32),
    random,
  );
}

function drawSet<T extends { readonly share: number }>(sets: readonly T[], draw: number): T {
  let left = draw;
  for (const set of sets) {
    left -= set.share;
    if (left < 0) return set;
  }
  throw new Error('the shares of the graded sets do not sum to 1');
}

/** Rows with their weights multiplied in, `stay` parts of them being the start. */
function mixed(stay: number): Float32Array {
  return trainer.rows.map((value, i) => {
    const weight = Math.exp(trainer.logWeights[Math.floor(i / dimensions)] ?? 0);
    return (1 - stay) * weight * value + stay * (startRows[i] ?? 0);
  });
}

function heldOutFigures(rows: Float32Array): string {
  const encoder = encoderOf(rows, tokenizer);
  const { natural, sts, snli } = pairs.heldOut;
  const stsFigure = spearman(
    cosines(encoder, sts),
    sts.map((pair) => pair.score),
  );
  const snliFigure = rocArea(
    cosines(encoder, snli),
    snli.map((pair) => pair.score === 2),
  );
  const found = nearestIsOwn(
    encoder,
    natural.map((pair) => pair.a),
    natural.map((pair) => pair.b),
  );
  return `STS-B dev ${stsFigure.toFixed(4)}, SNLI dev held out ${snliFigure.toFixed(4)}, natural pairs held out ${found.toFixed(4)}`;
}

function encoderOf(rows: Float32Array, words: Tokenizer): Encoder {
  const model = new Trainer(rows, dimensions);
  const encode = (texts: readonly string[]): Float32Array => {
    const list = new TextList(words);
    const numbers = texts.map((text) => list.add(text));
    return model.encode(list.encoded(), numbers).units;
  };
  return { dimensions, encode };
}

/** Share of the `a` whose nearest `b` is their own. */
function nearestIsOwn(encoder: Encoder, a: readonly string[], b: readonly string[]): number {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  const cosine = (row: number, other: number): number => {
    let sum = 0;
    for (let i = 0; i < dimensions; i++) sum += (left[row * dimensions + i] ?? 0) * (right[other * dimensions + i] ?? 0);
    return sum;
  };
  const own = a.filter((_, row) => {
    const score = cosine(row, row);
    return b.every((_, other) => other === row || cosine(row, other) < score);
  });
  return own.length / a.length;
}

/** The same table at another scale, so that learning rates mean the same for every start. */
function atMeanLengthOne(rows: Float32Array): Float32Array {
  let total = 0;
  for (let row = 0; row < pieces.length; row++) total += Math.hypot(...rows.subarray(row * dimensions, (row + 1) * dimensions));
  return rows.map((value) => (value * pieces.length) / total);
}
