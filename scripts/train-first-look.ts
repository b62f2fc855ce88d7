/**
 * Trains the first look: `npm run build && npx tsx scripts/train-first-look.ts --data FOLDER --work FOLDER [--out FOLDER]`.
 *
 * Learns from the labelled pairs in `bench/quality` what is one claim, and from neighbours of stores what the full judge would act on
 * (first-look-stores.ts; FOLDER holds the archives that it names). Verdicts of the judge are kept in the work folder. Prints figures on
 * texts of other sources, writes weights.json and its hash into MODEL.md. Same inputs, same bytes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadWordVectors } from '../src/embed/words.js';
import { createFirstLook, type FirstLook } from '../src/relate/first-look.js';
import { type QuickForest, type QuickModel, quickModelFile } from '../src/relate/first-look-model.js';
import { cheapFeatures, createComparison, quickFeatures } from '../src/relate/first-look-pair.js';
import { createQuickReader } from '../src/relate/first-look-reader.js';
import { createWordTable } from '../src/relate/first-look-words.js';
import { foldOf } from '../src/relate/fit-second-stage.js';
import { loadJudge } from '../src/relate/judge.js';
import { loadThesaurus } from '../src/relate/thesaurus.js';
import { type JudgedTexts, judgedNeighbours, type StoreName } from './first-look-stores.js';
import { writeModelFile } from './model-card.js';
import { type LabelledPair, readPairs } from './relate-examples.js';
import { type Forest, fitForest, forestScores, type TreeSettings } from './relate-trees.js';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    work: { type: 'string' },
    out: { type: 'string', default: join(root, 'models', 'dreamfold-first-look') },
  },
});
if (values.data === undefined || values.work === undefined) throw new Error('--data FOLDER and --work FOLDER are needed');
const { data, work, out } = { ...values, data: values.data, work: values.work };
mkdirSync(out, { recursive: true });
const words = loadWordVectors();
const thesaurus = loadThesaurus();
const judge = loadJudge(words);
const table = createWordTable(words, thesaurus);
const read = createQuickReader(table);
const { row, compare } = createComparison(table);
const settings: TreeSettings = {
  classes: 2,
  rounds: 40,
  depth: 4,
  rate: 0.12,
  lambda: 3,
  leaf: 3,
  gain: 0,
  features: 0.4,
  rows: 0.7,
  seed: 1,
};
const gateSettings: TreeSettings = { ...settings, rounds: 16, depth: 4, rate: 0.2, features: 0.5 };
/** Of texts unlike those that it learned from, the judge acts on many merges that are none. */
const unlabelledMerge = 0.3;
const folds = 5;
/** Wanted share of the right merges of the judge that the trees do not call apart: the first alone, the second alone. */
const aims = { gate: 0.99, merge: 0.97 } as const;

interface Example {
  readonly a: string;
  readonly b: string;
  readonly group: string;
  readonly store: boolean;
  readonly merged: boolean;
  /** Null where nobody has labelled it. */
  readonly truth: boolean | null;
  readonly row: Float64Array;
}

/** Null where the comparison decides alone. */
function rowOf(a: string, b: string): Float64Array | null {
  const found = compare(read(a), read(b), () => true);
  return found.barred || found.same !== null ? null : Float64Array.from(row);
}

function judgeActs(a: string, b: string): boolean {
  const { ambiguous, relation } = judge.judge({ text: a, time: null, scope: [] }, { text: b, time: null, scope: [] });
  return !ambiguous && (relation === 'duplicate' || relation === 'refines');
}

interface LabelledTexts extends LabelledPair {
  readonly merged: boolean;
}

function labelled(name: string): readonly LabelledTexts[] {
  const file = join(work, `${name}-${judge.version}.json`);
  const pairs = readPairs(join(root, 'bench', 'quality', `${name}.jsonl`));
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(pairs.map(({ a, b }) => judgeActs(a, b))));
  const acts: readonly boolean[] = JSON.parse(readFileSync(file, 'utf8'));
  return pairs.map((pair, i) => ({ ...pair, merged: acts[i] ?? false }));
}

const isMerge = (pair: LabelledPair) => pair.relation === 'duplicate' || pair.relation === 'refines';

function fromLabels(pairs: readonly LabelledTexts[], store: boolean): Example[] {
  return pairs.flatMap((pair) => {
    const made = rowOf(pair.a, pair.b);
    return made === null ? [] : [{ ...pair, store, truth: isMerge(pair), row: made }];
  });
}

function fromStore(pairs: readonly JudgedTexts[], known: boolean): Example[] {
  return pairs.flatMap((pair, i) => {
    const made = rowOf(pair.a, pair.b);
    return made === null ? [] : [{ ...pair, group: `s${i}`, store: true, truth: known ? pair.merged : null, row: made }];
  });
}

function grow(examples: readonly Example[], target: (example: Example) => boolean, given: TreeSettings): Forest {
  const weights = examples.map((example) =>
    example.truth === null && target(example) ? unlabelledMerge : example.store && !target(example) ? 0.5 : 1,
  );
  return fitForest(
    examples.map((example) => example.row),
    examples.map((example) => (target(example) ? 1 : 0)),
    weights,
    given,
  );
}

const probability = (forest: Forest, of: Float64Array) => {
  const [no = 0, yes = 0] = forestScores(forest, of);
  return 1 / (1 + Math.exp(no - yes));
};

/** Probability of each example by a forest that has not seen its group. */
function unseen(examples: readonly Example[], target: (example: Example) => boolean, given: TreeSettings): Float64Array {
  const found = new Float64Array(examples.length);
  for (let fold = 0; fold < folds; fold++) {
    const forest = grow(
      examples.filter((example) => foldOf(example.group) !== fold),
      target,
      given,
    );
    examples.forEach((example, i) => {
      if (foldOf(example.group) === fold) found[i] = probability(forest, example.row);
    });
  }
  return found;
}

/** One table of nodes, the first class taken from the second. */
function flat(forest: Forest): QuickForest {
  const starts: number[] = [];
  const [feature, value, right]: [number[], number[], number[]] = [[], [], []];
  for (const round of forest.trees) {
    round.forEach((tree, k) => {
      starts.push(feature.length);
      feature.push(...tree.feature);
      value.push(...tree.value.map((v, node) => (tree.feature[node] === -1 && k === 0 ? -v : v)).map((v) => Number(v.toPrecision(7))));
      right.push(...tree.right);
    });
  }
  return { base: (forest.base[1] ?? 0) - (forest.base[0] ?? 0), starts, feature, value, right };
}

function quantile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((x, y) => x - y);
  return sorted[Math.floor(share * sorted.length)] ?? 0;
}

const gold = [
  ...fromLabels(labelled('pairs-train'), false),
  ...fromLabels(labelled('pairs-more'), false),
  ...fromLabels(labelled('neighbourhoods'), true),
];
const made = fromStore(await judgedNeighbours('made', data, work, judge), true);
const people = fromStore(await judgedNeighbours('people', data, work, judge), false);
const all = [...gold, ...people, ...made];
console.log(JSON.stringify({ gold: gold.length, made: made.length, people: people.length }));
const cheap = (example: Example): Example => ({ ...example, row: example.row.slice(0, cheapFeatures) });
const acts = (example: Example) => example.merged && example.truth !== false;

const gateScores = unseen(all.map(cheap), acts, gateSettings);
const rightActs = all.map((example) => acts(example) && example.truth === true);
const gateLeast = quantile(
  [...gateScores].filter((_, i) => rightActs[i] === true),
  1 - aims.gate,
);
const mergeScores = unseen(all, acts, settings);
const mergeLeast = quantile(
  [...mergeScores].filter((_, i) => rightActs[i] === true),
  1 - aims.merge,
);
const byPeople = [...mergeScores].filter((_, i) => all[i]?.truth === null);
for (const share of [0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12]) {
  const least = quantile(
    [...mergeScores].filter((_, i) => rightActs[i] === true),
    share,
  );
  console.log(JSON.stringify({ lostOfRight: share, least, openOfPeople: byPeople.filter((score) => score >= least).length / 30_000 }));
}
const model: QuickModel = {
  format: 1,
  features: quickFeatures,
  words: words.id,
  thesaurus: thesaurus.hash,
  forests: {
    gate: flat(grow(all.map(cheap), acts, gateSettings)),
    merge: flat(grow(all, acts, settings)),
  },
  least: { gate: gateLeast, merge: mergeLeast },
};
console.log(JSON.stringify({ least: model.least, nodes: Object.values(model.forests).map((forest) => forest.feature.length) }));
writeModelFile(out, quickModelFile, Buffer.from(`${JSON.stringify(model)}\n`));

interface Measured {
  readonly a: string;
  readonly b: string;
  readonly merged: boolean;
  readonly truth: boolean | null;
}

function measure(name: string, pairs: readonly Measured[], first: FirstLook): void {
  const seen = pairs.map((pair) => ({ ...pair, look: first.look(first.read(pair.a), first.read(pair.b)) }));
  const share = (part: readonly unknown[], whole: readonly unknown[]) =>
    whole.length === 0 ? null : Math.round((part.length / whole.length) * 1e4) / 1e4;
  const of = (outcome: string) => seen.filter(({ look }) => look.outcome === outcome);
  const same = of('same');
  const merged = seen.filter((pair) => pair.merged);
  const lost = merged.filter(({ look }) => look.outcome === 'apart');
  const lostRight = merged.filter(({ truth }) => truth === true);
  console.log(
    JSON.stringify({
      name,
      pairs: pairs.length,
      apart: share(of('apart'), seen),
      same: share(same, seen),
      open: share(of('open'), seen),
      sameCount: same.length,
      sameRight: share(
        same.filter(({ truth }) => truth === true),
        same.filter(({ truth }) => truth !== null),
      ),
      sameAsJudge: share(
        same.filter((pair) => pair.merged),
        same,
      ),
      judgeMerges: merged.length,
      lost: share(lost, merged),
      lostRight: share(
        lostRight.filter(({ look }) => look.outcome === 'apart'),
        lostRight,
      ),
    }),
  );
  for (const { a, b } of same.filter(({ truth }) => truth === false)) console.log(`  wrongly the same: ${a}\n                    ${b}`);
}

const first = createFirstLook(words, out);
for (const name of ['pairs-train', 'pairs-more', 'neighbourhoods', 'pairs-dev'])
  measure(
    name,
    labelled(name).map((pair) => ({ ...pair, truth: isMerge(pair) })),
    first,
  );
for (const name of ['made', 'people', 'made-other', 'people-other'] satisfies readonly StoreName[]) {
  const pairs = (await judgedNeighbours(name, data, work, judge)).map((pair) => ({ ...pair, truth: null }));
  measure(name, pairs, first);
  measure(
    `${name}, cosine from .7`,
    pairs.filter(({ cosine }) => cosine >= 0.7),
    first,
  );
}
