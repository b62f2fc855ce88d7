/**
 * Trains the relation model: `npx tsx scripts/train-relate.ts --pairs FILE [--cv] [--out FOLDER]`.
 *
 * FILE holds labelled pairs, one JSON object a line, with `group`: pairs of one group never stand on both sides of a fold. Prints
 * cross-validated figures; without `--cv` it then fits on everything, writes `weights.bin` and its hash into MODEL.md. The same pairs, word vectors and
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
import { averageOrders, calibrate, classCount, mirrored, type RelationModel, type Thresholds, writeModel } from '../src/relate/model.js';
import { chooseThresholds, fitCalibration, type Judged, report } from './relate-figures.js';
import { type Forest, fitForest, forestScores, softmax, type TreeSettings } from './relate-trees.js';

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
  /** Neighbours of other groups: distinct by construction, only there to teach what a store is mostly made of. */
  readonly extra: boolean;
}

const settings: TreeSettings = {
  classes: classCount,
  rounds: 200,
  depth: 4,
  rate: 0.06,
  lambda: 3,
  leaf: 3,
  gain: 0,
  features: 0.4,
  rows: 0.7,
  seed: 1,
};
const folds = 5;
const extraWeight = 0.3;

const { values } = parseArgs({
  options: {
    pairs: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '..', 'models', 'dreamfold-relate') },
    cv: { type: 'boolean', default: false },
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

function toExample(pair: LabelledPair, extra: boolean): Example {
  const a = { text: pair.a, time: pair.a_time, scope: [] };
  const b = { text: pair.b, time: pair.b_time, scope: [] };
  const turned = outOfOrder(a, b);
  const found = turned ? readCase(b, a, read) : readCase(a, b, read);
  return {
    group: pair.group,
    pair: found,
    row: flatten(found.features, false),
    swapped: flatten(found.features, true),
    label: labelOf(pair, turned),
    extra,
  };
}

/** For every third statement its nearest statement of the same domain but another group. */
function neighbours(pairs: readonly LabelledPair[]): readonly LabelledPair[] {
  const seen = new Map<string, LabelledPair>();
  for (const pair of pairs) if (!seen.has(pair.a)) seen.set(pair.a, pair);
  const list = [...seen.values()];
  return list.flatMap((pair, i) => {
    if (i % 3 !== 0) return [];
    const mine = read(pair.a).vector;
    let best: LabelledPair | null = null;
    let top = -1;
    for (const other of list) {
      if (other.domain !== pair.domain || other.group === pair.group) continue;
      const near = cosine(mine, read(other.a).vector);
      if (near > top) {
        top = near;
        best = other;
      }
    }
    return best === null
      ? []
      : [{ ...pair, id: `${pair.id}+`, b: best.a, b_time: best.a_time, relation: 'distinct' as const, keep: 'both' }];
  });
}

function growForest(examples: readonly Example[]): Forest {
  const weights = examples.map((example) => (example.extra ? extraWeight : 1));
  return fitForest(
    [...examples.map((example) => example.row), ...examples.map((example) => example.swapped)],
    [...examples.map((example) => example.label), ...examples.map((example) => mirrored[example.label] ?? 0)],
    [...weights, ...weights],
    settings,
  );
}

function raw(forest: Forest, example: Example): Float64Array {
  return averageOrders(softmax(forestScores(forest, example.row)), softmax(forestScores(forest, example.swapped)));
}

function foldOf(group: string): number {
  return Number.parseInt(sha256(group).slice(0, 6), 16) % folds;
}

function pack(
  forest: Forest,
  names: readonly string[],
  temperature: number,
  bias: readonly number[],
  thresholds: Thresholds,
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
  };
  return { header, starts, feature, value, right };
}

const pairs = readFileSync(values.pairs, 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line) as LabelledPair); // labelled by hand and checked where they are kept
const examples = [...pairs.map((pair) => toExample(pair, false)), ...neighbours(pairs).map((pair) => toExample(pair, true))];
const unseen: Float64Array[] = [];
for (let fold = 0; fold < folds; fold++) {
  const forest = growForest(examples.filter((example) => foldOf(example.group) !== fold));
  examples.forEach((example, i) => {
    if (foldOf(example.group) === fold) unseen[i] = raw(forest, example);
  });
}
const labelled = examples
  .map((example, i) => ({ example, classes: unseen[i] ?? new Float64Array(classCount) }))
  .filter(({ example }) => !example.extra);
const { temperature, bias } = fitCalibration(
  labelled.map(({ classes }) => classes),
  labelled.map(({ example }) => example.label),
);
const judged = examples.map((example, i): Judged => {
  const classes = calibrate(unseen[i] ?? new Float64Array(classCount), temperature, bias);
  return { label: example.label, extra: example.extra, assessment: assess(example.pair, classes), pair: example.pair };
});
const thresholds = chooseThresholds(judged);
console.log(JSON.stringify({ pairs: pairs.length, extra: examples.length - pairs.length, temperature, bias, thresholds }));
console.log(
  report(judged.filter((item) => !item.extra).map((item) => ({ ...item, verdict: decide(item.pair, item.assessment, thresholds) }))),
);
if (!values.cv) {
  const [first] = examples;
  if (first === undefined) throw new Error('no pairs');
  const bytes = writeModel(pack(growForest(examples), featureNames(first.pair.features), temperature, bias, thresholds));
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'weights.bin'), bytes);
  const card = join(values.out, 'MODEL.md');
  if (existsSync(card)) writeFileSync(card, readFileSync(card, 'utf8').replace(/`[0-9a-f]{64}`/, `\`${sha256(bytes)}\``));
  console.log(JSON.stringify({ written: join(values.out, 'weights.bin'), bytes: bytes.length, sha256: sha256(bytes) }));
}
