/** The relation model's file and its predictor: boosted trees over pair features and the attention network, mixed and calibrated. */
import type { Caution } from '../config.js';
import { sha256 } from '../memory.js';
import { damagedModel, readModelFile } from './model-file.js';

/** Outputs of the model: `refines` once for each side that can be the fuller one. */
export const classes = ['duplicate', 'refinesA', 'refinesB', 'conflict', 'distinct'] as const;
export const classCount = classes.length;

export interface Thresholds {
  /** Least probability that a merge loses nothing, where every telling word of what goes has its like in what stays. */
  readonly merge: number;
  /** The same for two texts called duplicates where some telling word has not. */
  readonly uncovered: number;
  readonly conflict: number;
  /** Least probability of a conflict whose later side says of itself that it replaces something. */
  readonly change: number;
  readonly distinct: number;
}

export interface ModelHeader {
  readonly format: 2;
  /** Changes whenever the meaning of a feature does. */
  readonly featureVersion: number;
  readonly features: readonly string[];
  /** `WordVectors.id` and hash of the thesaurus that the model was trained with. */
  readonly words: string;
  readonly thesaurus: string;
  readonly base: readonly number[];
  readonly temperature: number;
  readonly bias: readonly number[];
  /** Measured on labelled pairs, and on the neighbourhoods of whole stores. */
  readonly thresholds: Readonly<Record<Caution, { readonly pairs: Thresholds; readonly stores: Thresholds }>>;
  readonly trees: number;
  readonly nodes: number;
  /** Hash of `network.bin`, and its share in the mixture of log probabilities. */
  readonly network: string;
  readonly networkShare: number;
  /** Probability of `distinct` from which on the trees decide alone, for most pairs of a store are as clear as that. */
  readonly certain: number;
}

export interface RelationModel {
  readonly header: ModelHeader;
  /** Lower-case hex of the whole file. */
  readonly hash: string;
  /** First node of each tree; tree t adds to class t % 5. */
  readonly starts: Uint32Array;
  /** -1 in a leaf. */
  readonly feature: Int16Array;
  /** Split value, or the leaf's value. */
  readonly value: Float32Array;
  /** The other child, counted from the tree's first node; the near one is the next node. */
  readonly right: Uint16Array;
}

const magic = 'DFREL002';

/** Bytes of a model file: magic, header length, header JSON, padding to four bytes, then the arrays of the trees. */
export function writeModel(model: Omit<RelationModel, 'hash'>): Uint8Array {
  const json = Buffer.from(JSON.stringify(model.header), 'utf8');
  const padding = Buffer.alloc((4 - ((magic.length + 4 + json.length) % 4)) % 4, 0x20);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length + padding.length);
  const view = (array: Uint32Array | Int16Array | Float32Array | Uint16Array) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return Buffer.concat([
    Buffer.from(magic, 'latin1'),
    length,
    json,
    padding,
    view(model.starts),
    view(model.value),
    view(model.feature),
    view(model.right),
  ]);
}

/**
 * Reads a model file.
 * @throws UserError where it is missing, damaged or made for features of another version.
 */
export function readModel(folder: string, featureVersion: number): RelationModel {
  const { path, bytes, header, start } = readModelFile<ModelHeader>(folder, 'weights.bin', magic);
  const { trees, nodes } = header;
  if (header.featureVersion !== featureVersion) throw damagedModel(path);
  if (bytes.length !== start + trees * 4 + nodes * 8) throw damagedModel(path);
  const slice = (from: number, size: number) => new Uint8Array(bytes.subarray(from, from + size)).buffer;
  return {
    header,
    hash: sha256(bytes),
    starts: new Uint32Array(slice(start, trees * 4)),
    value: new Float32Array(slice(start + trees * 4, nodes * 4)),
    feature: new Int16Array(slice(start + trees * 4 + nodes * 4, nodes * 2)),
    right: new Uint16Array(slice(start + trees * 4 + nodes * 6, nodes * 2)),
  };
}

function scores(model: RelationModel, row: Float64Array): Float64Array {
  const out = Float64Array.from(model.header.base);
  const { starts, feature, value, right } = model;
  for (let tree = 0; tree < starts.length; tree++) {
    const first = starts[tree] ?? 0;
    let node = first;
    let split = feature[node] ?? -1;
    while (split >= 0) {
      node = (row[split] ?? 0) <= (value[node] ?? 0) ? node + 1 : first + (right[node] ?? 0);
      split = feature[node] ?? -1;
    }
    const k = tree % classCount;
    out[k] = (out[k] ?? 0) + (value[node] ?? 0);
  }
  return out;
}

/** Class probabilities of raw scores. */
export function softmax(values: Float64Array): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of values) top = Math.max(top, value);
  const out = values.map((value) => Math.exp(value - top));
  let sum = 0;
  for (const value of out) sum += value;
  return out.map((value) => value / sum);
}

/** Class that a class becomes when the sides change places. */
export const mirrored = [0, 2, 1, 3, 4] as const;

/** Mean of the probabilities in both orders; `forward` and `backward` are raw class probabilities. */
export function averageOrders(forward: Float64Array, backward: Float64Array): Float64Array {
  return forward.map((value, k) => (value + (backward[mirrored[k] ?? 0] ?? 0)) / 2);
}

/** Sharpens or flattens probabilities and shifts the classes, as fitted on predictions for pairs the model had not seen. */
export function calibrate(probabilities: Float64Array, temperature: number, bias: readonly number[]): Float64Array {
  return softmax(probabilities.map((value, k) => Math.log(Math.max(value, 1e-9)) / temperature + (bias[k] ?? 0)));
}

/** Geometric mean of two opinions, `share` the weight of the second. */
function mix(first: Float64Array, second: Float64Array, share: number): Float64Array {
  const out = first.map((value, k) => Math.max(value, 1e-9) ** (1 - share) * Math.max(second[k] ?? 0, 1e-9) ** share);
  const sum = out.reduce((total, value) => total + value, 0);
  return out.map((value) => value / sum);
}

/** What trees and network say together; `ask` is not called where the trees are certain that the two are distinct. */
export function combine(
  trees: Float64Array,
  ask: () => Float64Array,
  { certain, networkShare }: Pick<ModelHeader, 'certain' | 'networkShare'>,
): Float64Array {
  return (trees[classCount - 1] ?? 0) >= certain ? trees : mix(trees, ask(), networkShare);
}

/** Probabilities of the five classes before calibration; `row` and `swapped` are the pair's features in both orders. */
export function rawClasses(model: RelationModel, row: Float64Array, swapped: Float64Array, ask: () => Float64Array): Float64Array {
  const trees = averageOrders(softmax(scores(model, row)), softmax(scores(model, swapped)));
  return combine(trees, ask, model.header);
}
