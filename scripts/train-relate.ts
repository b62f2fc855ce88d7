/**
 * Trains the relation model: `npx tsx scripts/train-relate.ts --pairs FILE [--cv] [--errors] [--out FOLDER]`.
 *
 * FILE holds labelled pairs, one JSON object a line, with `group`: pairs of one group never stand on both sides of a fold. Prints
 * cross-validated figures, and with `--errors` every wrong act; without `--cv` it then fits on everything, writes `weights.bin` and its hash into MODEL.md. The same pairs, word vectors and
 * code give the same bytes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadWordVectors } from '../src/embed/words.js';
import { sha256 } from '../src/memory.js';
import { cosine } from '../src/relate/align.js';
import { type Analysis, analyze } from '../src/relate/analyze.js';
import { featureNames, flatten } from '../src/relate/features.js';
import { assess, type Case, decide, featureVersion, outOfOrder, readCase } from '../src/relate/judge.js';
import {
  averageOrders,
  calibrate,
  classCount,
  mirrored,
  mix,
  type Network,
  networkScores,
  type RelationModel,
  softmax,
  writeModel,
} from '../src/relate/model.js';
import { chooseThresholds, curves, fitCalibration, type Judged, report, wrongActs } from './relate-figures.js';
import { fitNetwork, type NetworkSettings } from './relate-network.js';
import { type Forest, fitForest, forestScores, type TreeSettings } from './relate-trees.js';

export interface LabelledPair {
  readonly id: string;
  readonly domain: string;
  readonly group: string;
  readonly a: string;
  readonly b: string;
  readonly a_time: string;
  readonly b_time: string;
  readonly relation: 'duplicate' | 'refines' | 'conflict' | 'distinct';
  readonly keep: string;
}

interface Example {
  readonly group: string;
  readonly pair: Case;
  readonly row: Float64Array;
  readonly swapped: Float64Array;
  readonly label: number;
  readonly text: string;
  /** Neighbours of other groups: distinct by construction, only there to teach what a store is mostly made of. */
  readonly extra: boolean;
  /** From the neighbourhood of a whole store, where most pairs are distinct. */
  readonly store: boolean;
}

const settings: TreeSettings = {
  classes: classCount,
  rounds: 250,
  depth: 4,
  rate: 0.05,
  lambda: 3,
  leaf: 3,
  gain: 0,
  features: 0.25,
  rows: 0.7,
  seed: 1,
};
const networkSettings: NetworkSettings = {
  classes: classCount,
  hidden: 32,
  epochs: 10,
  rate: 0.002,
  decay: 0.02,
  inputDropout: 0.15,
  hiddenDropout: 0.3,
  smoothing: 0.04,
  seed: 1,
};
const networkShare = 0.35;
const folds = 5;
const extraWeight = 0.15;
/** Distinct pairs of a store outnumber its others by twenty to one. */
const storeWeight = 0.2;

const { values } = parseArgs({
  options: {
    pairs: { type: 'string' },
    neighbourhoods: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '..', 'models', 'dreamfold-relate') },
    cv: { type: 'boolean', default: false },
    errors: { type: 'boolean', default: false },
  },
});
if (values.pairs === undefined) throw new Error('--pairs FILE is missing');
const words = loadWordVectors();
const analyses = new Map<string, Analysis>();
const read = (text: string): Analysis => {
  const found = analyses.get(text) ?? analyze(text, words);
  analyses.set(text, found);
  return found;
};

function labelOf(pair: LabelledPair, turned: boolean): number {
  if (pair.relation === 'duplicate') return 0;
  if (pair.relation === 'refines') return (pair.keep === 'a') === turned ? 2 : 1;
  return pair.relation === 'conflict' ? 3 : 4;
}

function toExample(pair: LabelledPair, extra: boolean, store = false): Example {
  const a = { text: pair.a, time: pair.a_time, scope: [] };
  const b = { text: pair.b, time: pair.b_time, scope: [] };
  const turned = outOfOrder(a, b);
  const found = turned ? readCase(b, a, read) : readCase(a, b, read);
  return {
    group: pair.group,
    pair: found,
    row: flatten(found.features, false, words.dimensions),
    swapped: flatten(found.features, true, words.dimensions),
    label: labelOf(pair, turned),
    text: turned ? `${pair.b} | ${pair.a}` : `${pair.a} | ${pair.b}`,
    extra,
    store,
  };
}

/** For every statement one of its eight nearest statements of the same domain and fold but of another group. */
function neighbours(pairs: readonly LabelledPair[]): readonly LabelledPair[] {
  const seen = new Map<string, LabelledPair>();
  for (const pair of pairs) if (!seen.has(pair.a)) seen.set(pair.a, pair);
  const list = [...seen.values()];
  return list.flatMap((pair, i) => {
    const mine = read(pair.a).vector;
    const near = list
      .filter((other) => other.domain === pair.domain && other.group !== pair.group && foldOf(other.group) === foldOf(pair.group))
      .map((other) => ({ other, similarity: cosine(mine, read(other.a).vector) }))
      .sort((x, y) => y.similarity - x.similarity);
    const chosen = near[i % 8]?.other;
    return chosen === undefined
      ? []
      : [{ ...pair, id: `${pair.id}+`, b: chosen.a, b_time: chosen.a_time, relation: 'distinct' as const, keep: 'both' }];
  });
}

interface Fitted {
  readonly forest: Forest;
  readonly network: Network;
}

/** Every pair is learned in both orders, so that the model cannot prefer one. */
function train(set: readonly Example[]): Fitted {
  const rows = [...set.map((example) => example.row), ...set.map((example) => example.swapped)];
  const labels = [...set.map((example) => example.label), ...set.map((example) => mirrored[example.label] ?? 0)];
  const once = set.map((example) => (example.extra ? extraWeight : example.store && example.label === 4 ? storeWeight : 1));
  const weights = [...once, ...once];
  const named = (rows[0]?.length ?? 0) - 3 * words.dimensions;
  return {
    forest: fitForest(
      rows.map((row) => row.subarray(0, named)),
      labels,
      weights,
      settings,
    ),
    network: fitNetwork(rows, labels, weights, named, networkSettings),
  };
}

function raw({ forest, network }: Fitted, { row, swapped }: Example): Float64Array {
  const trees = averageOrders(softmax(forestScores(forest, row)), softmax(forestScores(forest, swapped)));
  const units = averageOrders(softmax(networkScores(network, row)), softmax(networkScores(network, swapped)));
  return mix(trees, units, networkShare);
}

function foldOf(group: string): number {
  return Number.parseInt(sha256(group).slice(0, 6), 16) % folds;
}

function pack(
  { forest, network }: Fitted,
  names: readonly string[],
  temperature: number,
  bias: readonly number[],
  thresholds: RelationModel['header']['thresholds'],
): Omit<RelationModel, 'hash'> {
  const trees = forest.trees.flat();
  const nodes = trees.reduce((sum, tree) => sum + tree.feature.length, 0);
  const starts = new Uint32Array(trees.length);
  const feature = new Int16Array(nodes);
  const value = new Float32Array(nodes);
  const right = new Uint16Array(nodes);
  let at = 0;
  trees.forEach((tree, t) => {
    starts[t] = at;
    feature.set(tree.feature, at);
    value.set(tree.value, at);
    right.set(tree.right, at);
    at += tree.feature.length;
  });
  const header = {
    format: 1 as const,
    featureVersion,
    features: names,
    words: words.id,
    base: forest.base,
    temperature,
    bias,
    thresholds,
    trees: trees.length,
    nodes,
    inputs: network.mean.length,
    hidden: network.firstBias.length,
    networkShare,
  };
  return { header, starts, feature, value, right, network };
}

function readPairs(file: string): readonly LabelledPair[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as LabelledPair); // labelled by hand and checked where they are kept
}

const pairs = readPairs(values.pairs);
const stores = values.neighbourhoods === undefined ? [] : readPairs(values.neighbourhoods);
const examples = [
  ...pairs.map((pair) => toExample(pair, false)),
  ...neighbours(pairs).map((pair) => toExample(pair, true)),
  ...stores.map((pair) => toExample(pair, false, true)),
];
const unseen: Float64Array[] = [];
for (let fold = 0; fold < folds; fold++) {
  const fitted = train(examples.filter((example) => foldOf(example.group) !== fold));
  examples.forEach((example, i) => {
    if (foldOf(example.group) === fold) unseen[i] = raw(fitted, example);
  });
}
const labelled = examples
  .map((example, i) => ({ example, classes: unseen[i] ?? new Float64Array(classCount) }))
  .filter(({ example }) => !example.extra && !example.store);
const { temperature, bias } = fitCalibration(
  labelled.map(({ classes }) => classes),
  labelled.map(({ example }) => example.label),
);
const judged = examples.map((example, i): Judged => {
  const classes = calibrate(unseen[i] ?? new Float64Array(classCount), temperature, bias);
  return {
    label: example.label,
    text: example.text,
    extra: example.extra,
    store: example.store,
    assessment: assess(example.pair, classes),
    pair: example.pair,
  };
});
const thresholds = chooseThresholds(judged);
console.log(JSON.stringify({ pairs: pairs.length, extra: examples.length - pairs.length, temperature, bias, thresholds }));
const verdicts = judged.map((item) => ({
  ...item,
  verdict: decide(item.pair, item.assessment, item.store ? thresholds.stores : thresholds.pairs),
}));
console.log(report(verdicts.filter((item) => !item.extra && !item.store)));
if (stores.length > 0) console.log(curves(judged));
if (stores.length > 0) console.log(`stores: ${report(verdicts.filter((item) => item.store))}`);
if (values.errors) for (const line of wrongActs(verdicts)) console.log(line);
if (!values.cv) {
  const [first] = examples;
  if (first === undefined) throw new Error('no pairs');
  const bytes = writeModel(pack(train(examples), featureNames(first.pair.features), temperature, bias, thresholds));
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'weights.bin'), bytes);
  const card = join(values.out, 'MODEL.md');
  if (existsSync(card)) writeFileSync(card, readFileSync(card, 'utf8').replace(/`[0-9a-f]{64}`/, `\`${sha256(bytes)}\``));
  console.log(JSON.stringify({ written: join(values.out, 'weights.bin'), bytes: bytes.length, sha256: sha256(bytes) }));
}
