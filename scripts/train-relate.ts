/**
 * Trains the relation model: `npx tsx scripts/train-relate.ts --data FOLDER [--work FOLDER] [--out FOLDER] [--errors]`.
 *
 * Learns from the labelled pairs in `bench/quality` (split by `group`: pairs of one group never stand on both sides of a fold); FOLDER
 * holds the archives that network-pretraining.ts names. Prints cross-validated figures, with `--errors` every wrong act, then fits on
 * everything and writes weights.bin, network.bin and labelled.jsonl.gz, and their hashes into MODEL.md. Needs Python with PyTorch for
 * the network (`--python PROGRAM`); `--work FOLDER` keeps its inputs and steps, and what is there already is not done again.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { loadWordVectors } from '../src/embed/words.js';
import { sha256 } from '../src/memory.js';
import { chooseLevels, fitCalibration } from '../src/relate/calibrate.js';
import { featureNames, pairFeatures } from '../src/relate/features.js';
import { folds } from '../src/relate/fit-second-stage.js';
import { assess, createReader, decide, featureVersion } from '../src/relate/judge.js';
import { averageOrders, calibrate, classCount, combine, mirrored, type RelationModel, softmax, writeModel } from '../src/relate/model.js';
import { loadThesaurus } from '../src/relate/thesaurus.js';
import { writeModelFile } from './model-card.js';
import { writeInputs } from './network-inputs.js';
import { entailmentPairs, naturalPairs } from './network-pretraining.js';
import { type Example, type LabelledPair, neighbours, readPairs, toExample } from './relate-examples.js';
import { curves, type Judged, report, wrongActs } from './relate-figures.js';
import { type Forest, fitForest, forestScores, type TreeSettings } from './relate-trees.js';

const settings: TreeSettings = {
  classes: classCount,
  rounds: 160,
  depth: 4,
  rate: 0.07,
  lambda: 3,
  leaf: 3,
  gain: 0,
  features: 0.25,
  rows: 0.7,
  seed: 1,
};
const mixture = { networkShare: 0.45, certain: 0.92 } as const;
const extraWeight = 0.15;
/** Distinct pairs of a store outnumber its others by twenty to one. */
const storeWeight = 0.2;

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    work: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    out: { type: 'string', default: join(root, 'models', 'dreamfold-relate') },
    errors: { type: 'boolean', default: false },
    trees: { type: 'string', multiple: true },
  },
});
if (values.data === undefined) throw new Error('--data FOLDER is missing');
const work = values.work ?? mkdtempSync(join(tmpdir(), 'dreamfold-relate-'));
mkdirSync(work, { recursive: true });
const words = loadWordVectors();
const thesaurus = loadThesaurus();
const reader = createReader(words, thesaurus);

/** Every pair is learned in both orders, so that the model cannot prefer one. */
function trainTrees(set: readonly Example[]): Forest {
  const rows = [...set.map((example) => example.row), ...set.map((example) => example.swapped)];
  const labels = [...set.map((example) => example.label), ...set.map((example) => mirrored[example.label] ?? 0)];
  const once = set.map((example) => (example.extra ? extraWeight : example.store && example.label === 4 ? storeWeight : 1));
  return fitForest(rows, labels, [...once, ...once], settings);
}

function treeClasses(forest: Forest, { row, swapped }: Example): Float64Array {
  return averageOrders(softmax(forestScores(forest, row)), softmax(forestScores(forest, swapped)));
}

function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, [...args], { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, OMP_NUM_THREADS: '1' } });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ${args[0]} ended with ${code}`))));
  });
}

function isLeft(file: string): boolean {
  return !existsSync(join(work, file));
}

/** Steps of the network and of the trees, each part in a process of its own; `all` is the one that ships. */
async function runParts(...parts: readonly string[]): Promise<void> {
  const networks = parts.filter((part) => isLeft(networkFile(part)));
  const script = join(import.meta.dirname, 'train-network.py');
  if (networks.length > 0) await run(values.python, [script, work, work, ...networks]);
  const trees = parts.filter((part) => part !== 'start' && isLeft(treesFile(part)));
  const again = [...process.execArgv, fileURLToPath(import.meta.url), '--data', values.data ?? '', '--work', work];
  if (trees.length > 0) await run(process.execPath, [...again, ...trees.flatMap((part) => ['--trees', part])]);
}

function networkFile(part: string): string {
  return part === 'start' ? 'start.pt' : part === 'all' ? 'network.bin' : `fold-${part}.classes`;
}

function treesFile(part: string): string {
  return `trees-${part}.json`;
}

/** Fits the trees of one part: all of them as a forest, or what those that have not seen a fold say of its examples. */
function fitPart(part: string): void {
  const forest = trainTrees(examples.filter((example) => String(example.fold) !== part));
  const own = examples.filter((example) => String(example.fold) === part);
  const found = part === 'all' ? forest : own.map((example) => [...treeClasses(forest, example)]);
  writeFileSync(join(work, treesFile(part)), JSON.stringify(found));
}

/** Classes of each example by the trees that have not seen its fold. */
function unseenTrees(): readonly Float64Array[] {
  const found: Float64Array[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const classes: number[][] = JSON.parse(readFileSync(join(work, treesFile(String(fold))), 'utf8'));
    examples
      .flatMap((example, i) => (example.fold === fold ? [i] : []))
      .forEach((row, i) => {
        found[row] = Float64Array.from(classes[i] ?? []);
      });
  }
  return found;
}

/** What `--work` holds was made from the same pairs, words and code, or is refused. */
function checkWork(): void {
  const texts = examples.map(({ source }) => JSON.stringify(source)).join('\n');
  const key = sha256(`${texts} ${words.id} ${thesaurus.hash} ${featureVersion}`);
  const file = join(work, 'key');
  if (existsSync(file) && readFileSync(file, 'utf8') !== key)
    throw new Error(`${work} holds steps of another training: name an empty folder`);
  writeFileSync(file, key);
}

/** Classes of each example by the network that has not seen its fold. */
function unseenNetwork(count: number): readonly Float64Array[] {
  const found: Float64Array[] = Array.from({ length: count }, () => new Float64Array(classCount));
  for (let fold = 0; fold < folds; fold++) {
    const read = (name: string) => new Uint8Array(readFileSync(join(work, `fold-${fold}.${name}`))).buffer;
    const numbers = new Float32Array(read('classes'));
    new Int32Array(read('rows')).forEach((row, i) => {
      found[row] = Float64Array.from(numbers.subarray(i * classCount, (i + 1) * classCount));
    });
  }
  return found;
}

function pack(
  forest: Forest,
  names: readonly string[],
  network: string,
  fitted: Pick<RelationModel['header'], 'temperature' | 'bias' | 'thresholds'>,
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
    format: 2 as const,
    featureVersion,
    features: names,
    words: words.id,
    thesaurus: thesaurus.hash,
    base: forest.base,
    trees: trees.length,
    nodes,
    network,
    ...mixture,
    ...fitted,
  };
  return { header, starts, feature, value, right };
}

const quality = join(root, 'bench', 'quality');
const files = ['pairs-train.jsonl', 'pairs-more.jsonl'].map((name) => ({ name, pairs: readPairs(join(quality, name)) }));
const pairs = files.flatMap((file) => file.pairs);
const examples = [
  ...pairs.map((pair) => toExample(pair, reader, 'single')),
  ...neighbours(pairs, reader).map((pair) => toExample(pair, reader, 'extra')),
  ...readPairs(join(quality, 'neighbourhoods.jsonl')).map((pair) => toExample(pair, reader, 'store')),
];
console.log(`${pairs.length} pairs, ${examples.length} examples`);
checkWork();
if (!existsSync(join(work, 'start.pt'))) {
  writeInputs(join(work, 'nli'), entailmentPairs(values.data, 1), words, thesaurus);
  writeInputs(join(work, 'natural'), naturalPairs(values.data, 1), words, thesaurus);
}
if (!existsSync(join(work, 'labelled.json'))) {
  const inputs = examples.map(({ a, b, label, fold, store, extra }) => ({ a, b, label, fold, kind: store ? 1 : extra ? 2 : 0 }));
  writeInputs(join(work, 'labelled'), inputs, words, thesaurus);
}
for (const part of values.trees ?? []) fitPart(part);
if (values.trees !== undefined) process.exit(0);
await runParts('start');
await Promise.all([runParts('0', '2', '4'), runParts('1', '3', 'all')]);
const treesUnseen = unseenTrees();
const forest: Forest = JSON.parse(readFileSync(join(work, treesFile('all')), 'utf8'));
const networkUnseen = unseenNetwork(examples.length);
const unseen = examples.map((_, i) =>
  combine(treesUnseen[i] ?? new Float64Array(classCount), () => networkUnseen[i] ?? new Float64Array(classCount), mixture),
);
const single = examples.flatMap((example, i) => (example.extra || example.store ? [] : [i]));
const { temperature, bias } = fitCalibration(
  single.map((i) => unseen[i] ?? new Float64Array(classCount)),
  single.map((i) => examples[i]?.label ?? 0),
);
const judged = examples.map(
  (example, i): Judged => ({
    label: example.label,
    text: `${example.a.text} | ${example.b.text}`,
    extra: example.extra,
    store: example.store,
    assessment: assess(example.pair, calibrate(unseen[i] ?? new Float64Array(classCount), temperature, bias)),
    pair: example.pair,
  }),
);
const levels = chooseLevels(judged);
const thresholds = levels.normal;
console.log(JSON.stringify({ temperature, bias, levels }));
const verdicts = judged.map((item) => ({
  ...item,
  verdict: decide(item.pair, item.assessment, item.store ? thresholds.stores : thresholds.pairs),
}));
console.log(report(verdicts.filter((item) => !item.extra && !item.store)));
for (const file of files) {
  const own = new Set(file.pairs);
  console.log(`${file.name}: ${report(verdicts.filter((_, i) => own.has(examples[i]?.source as LabelledPair)))}`);
}
console.log(curves(judged));
console.log(`stores: ${report(verdicts.filter((item) => item.store))}`);
if (values.errors) for (const line of wrongActs(verdicts)) console.log(line);

const [first] = examples;
if (first === undefined) throw new Error('no pairs');
const network = readFileSync(join(work, 'network.bin'));
const labelled = examples.flatMap(({ source, turned, extra, store }, i) => {
  if (extra) return [];
  const { id, group, a, a_time, b, b_time, relation, keep } = source;
  const classes = unseen[i] ?? new Float64Array(classCount);
  const raw = Array.from(classes, (_, k) => Math.round((classes[turned ? (mirrored[k] ?? k) : k] ?? 0) * 1e5) / 1e5);
  return [JSON.stringify({ id, group, a, a_time, b, b_time, relation, keep, source: store ? 'stores' : 'pairs', raw })];
});
const written: Readonly<Record<string, Uint8Array>> = {
  'weights.bin': writeModel(
    pack(forest, featureNames(pairFeatures(first.pair.a, first.pair.b, first.pair.alignment, first.pair.later, true)), sha256(network), {
      temperature,
      bias,
      thresholds: levels,
    }),
  ),
  'network.bin': network,
  'labelled.jsonl.gz': gzipSync(`${labelled.join('\n')}\n`, { level: 9 }),
};
mkdirSync(values.out, { recursive: true });
for (const [name, bytes] of Object.entries(written)) writeModelFile(values.out, name, bytes);
