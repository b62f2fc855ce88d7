/** Gradient-boosted trees for several classes (softmax, second order, histograms): small, seeded, single-threaded, the same bytes each time. */

import { softmax } from '../src/relate/model.js';

export interface TreeSettings {
  readonly classes: number;
  readonly rounds: number;
  readonly depth: number;
  readonly rate: number;
  /** L2 penalty on leaf values. */
  readonly lambda: number;
  /** Least sum of second derivatives in a leaf. */
  readonly leaf: number;
  /** Least gain of a split. */
  readonly gain: number;
  /** Share of the features a tree sees, and of the rows. */
  readonly features: number;
  readonly rows: number;
  readonly seed: number;
}

/** Nodes in one table: a leaf has feature -1 and its value in `value`; otherwise `row[feature] <= value` goes left. */
export interface Tree {
  readonly feature: number[];
  readonly value: number[];
  readonly left: number[];
  readonly right: number[];
}

export interface Forest {
  readonly base: readonly number[];
  /** By round, then class. */
  readonly trees: readonly (readonly Tree[])[];
}

/** Mulberry32: a small generator with a full period of 2^32, enough to draw samples reproducibly. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const bins = 48;

interface Binned {
  readonly columns: readonly Uint8Array[];
  /** Upper edge of each bin. */
  readonly edges: readonly number[][];
}

function binColumns(rows: readonly Float64Array[]): Binned {
  const width = rows[0]?.length ?? 0;
  const columns: Uint8Array[] = [];
  const edges: number[][] = [];
  for (let f = 0; f < width; f++) {
    const sorted = Float64Array.from(rows, (row) => row[f] ?? 0).sort();
    const unique: number[] = [];
    for (const value of sorted) if (unique.at(-1) !== value) unique.push(value);
    const cuts: number[] = [];
    if (unique.length <= bins)
      for (let i = 0; i + 1 < unique.length; i++) cuts.push(Math.fround(((unique[i] ?? 0) + (unique[i + 1] ?? 0)) / 2));
    else {
      for (let i = 1; i < bins; i++) {
        const cut = Math.fround(sorted[Math.floor((i * sorted.length) / bins)] ?? 0);
        if (cuts.at(-1) !== cut) cuts.push(cut);
      }
    }
    edges.push(cuts);
    columns.push(
      Uint8Array.from(rows, (row) => {
        const value = row[f] ?? 0;
        let low = 0;
        let high = cuts.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (value <= (cuts[middle] ?? 0)) high = middle;
          else low = middle + 1;
        }
        return low;
      }),
    );
  }
  return { columns, edges };
}

interface Split {
  readonly feature: number;
  readonly bin: number;
  readonly gain: number;
}

function bestSplit(
  data: Binned,
  chosen: readonly number[],
  rows: Int32Array,
  g: Float64Array,
  h: Float64Array,
  settings: TreeSettings,
): Split | null {
  let sumG = 0;
  let sumH = 0;
  for (const row of rows) {
    sumG += g[row] ?? 0;
    sumH += h[row] ?? 0;
  }
  const parent = (sumG * sumG) / (sumH + settings.lambda);
  const histG = new Float64Array(bins + 1);
  const histH = new Float64Array(bins + 1);
  let best: Split | null = null;
  for (const feature of chosen) {
    const column = data.columns[feature];
    const cuts = data.edges[feature]?.length ?? 0;
    if (column === undefined || cuts === 0) continue;
    histG.fill(0);
    histH.fill(0);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const bin = column[row] as number;
      histG[bin] = (histG[bin] as number) + (g[row] as number);
      histH[bin] = (histH[bin] as number) + (h[row] as number);
    }
    let leftG = 0;
    let leftH = 0;
    for (let bin = 0; bin < cuts; bin++) {
      leftG += histG[bin] ?? 0;
      leftH += histH[bin] ?? 0;
      const rightH = sumH - leftH;
      if (leftH < settings.leaf || rightH < settings.leaf) continue;
      const rightG = sumG - leftG;
      const gain = (leftG * leftG) / (leftH + settings.lambda) + (rightG * rightG) / (rightH + settings.lambda) - parent;
      if (gain > settings.gain && gain > (best?.gain ?? 0)) best = { feature, bin, gain };
    }
  }
  return best;
}

function growTree(
  data: Binned,
  chosen: readonly number[],
  rows: Int32Array,
  g: Float64Array,
  h: Float64Array,
  settings: TreeSettings,
): Tree {
  const tree: Tree = { feature: [], value: [], left: [], right: [] };
  const grow = (subset: Int32Array, depth: number): number => {
    const node = tree.feature.length;
    tree.feature.push(-1);
    tree.value.push(0);
    tree.left.push(0);
    tree.right.push(0);
    const split = depth >= settings.depth ? null : bestSplit(data, chosen, subset, g, h, settings);
    if (split === null) {
      let sumG = 0;
      let sumH = 0;
      for (const row of subset) {
        sumG += g[row] ?? 0;
        sumH += h[row] ?? 0;
      }
      tree.value[node] = Math.fround((-settings.rate * sumG) / (sumH + settings.lambda));
      return node;
    }
    const column = data.columns[split.feature] ?? new Uint8Array();
    const goesLeft = (row: number) => (column[row] ?? 0) <= split.bin;
    tree.feature[node] = split.feature;
    tree.value[node] = data.edges[split.feature]?.[split.bin] ?? 0;
    tree.left[node] = grow(subset.filter(goesLeft), depth + 1);
    tree.right[node] = grow(
      subset.filter((row) => !goesLeft(row)),
      depth + 1,
    );
    return node;
  };
  grow(rows, 0);
  return tree;
}

export function treeValue(tree: Tree, row: Float64Array): number {
  let node = 0;
  for (;;) {
    const feature = tree.feature[node] ?? -1;
    if (feature < 0) return tree.value[node] ?? 0;
    node = ((row[feature] ?? 0) <= (tree.value[node] ?? 0) ? tree.left[node] : tree.right[node]) ?? 0;
  }
}

/** Fits a forest; `labels` are class numbers, `weights` one a row. */
export function fitForest(
  rows: readonly Float64Array[],
  labels: readonly number[],
  weights: readonly number[],
  settings: TreeSettings,
): Forest {
  const n = rows.length;
  const { classes } = settings;
  const data = binColumns(rows);
  const random = randomFrom(settings.seed);
  const counts = new Float64Array(classes);
  labels.forEach((label, i) => {
    counts[label] = (counts[label] ?? 0) + (weights[i] ?? 1);
  });
  const total = counts.reduce((sum, value) => sum + value, 0);
  const base = Array.from(counts, (value) => Math.fround(Math.log(Math.max(1e-9, value / total))));
  const scores = Array.from({ length: classes }, (_, k) => new Float64Array(n).fill(base[k] ?? 0));
  const g = Array.from({ length: classes }, () => new Float64Array(n));
  const h = Array.from({ length: classes }, () => new Float64Array(n));
  const trees: Tree[][] = [];
  for (let round = 0; round < settings.rounds; round++) {
    for (let i = 0; i < n; i++) {
      const p = softmax(Float64Array.from(scores, (column) => column[i] ?? 0));
      const weight = weights[i] ?? 1;
      for (let k = 0; k < classes; k++) {
        const pk = p[k] ?? 0;
        (g[k] as Float64Array)[i] = weight * (pk - (labels[i] === k ? 1 : 0));
        (h[k] as Float64Array)[i] = Math.max(1e-6, weight * pk * (1 - pk));
      }
    }
    const sample = Int32Array.from({ length: n }, (_, i) => i).filter(() => random() < settings.rows);
    trees.push(
      Array.from({ length: classes }, (_, k) => {
        const chosen = data.columns.map((_, f) => f).filter(() => random() < settings.features);
        const tree = growTree(data, chosen, sample, g[k] ?? new Float64Array(), h[k] ?? new Float64Array(), settings);
        const column = scores[k];
        if (column !== undefined) for (let i = 0; i < n; i++) column[i] = (column[i] ?? 0) + treeValue(tree, rows[i] ?? new Float64Array());
        return tree;
      }),
    );
  }
  return { base, trees };
}

/** Raw class scores of one row. */
export function forestScores(forest: Forest, row: Float64Array): Float64Array {
  const out = Float64Array.from(forest.base);
  for (const round of forest.trees) {
    round.forEach((tree, k) => {
      out[k] = (out[k] ?? 0) + treeValue(tree, row);
    });
  }
  return out;
}
