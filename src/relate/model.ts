/** The relation model's file and its predictor: boosted trees and a small network over pair features, mixed and calibrated. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { sha256 } from '../memory.js';

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
  readonly format: 1;
  /** Changes whenever the meaning of a feature does. */
  readonly featureVersion: number;
  readonly features: readonly string[];
  /** `WordVectors.id` the model was trained with. */
  readonly words: string;
  readonly base: readonly number[];
  readonly temperature: number;
  readonly bias: readonly number[];
  /** Measured on labelled pairs, and on the neighbourhoods of whole stores. */
  readonly thresholds: { readonly pairs: Thresholds; readonly stores: Thresholds };
  readonly trees: number;
  readonly nodes: number;
  /** Inputs and hidden units of the network, and its share in the mixture of log probabilities. */
  readonly inputs: number;
  readonly hidden: number;
  readonly networkShare: number;
}

/** One hidden layer of rectified units over standardised inputs. */
export interface Network {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  /** By input, then hidden unit; `second` by hidden unit, then class. */
  readonly first: Float32Array;
  readonly firstBias: Float32Array;
  readonly second: Float32Array;
  readonly secondBias: Float32Array;
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
  readonly network: Network;
}

const networkParts = ['mean', 'scale', 'first', 'firstBias', 'second', 'secondBias'] as const;

const magic = 'DFREL001';

/** Bytes of a model file: magic, header length, header JSON, padding to four bytes, then the arrays of the trees and of the network. */
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
    ...networkParts.map((name) => view(model.network[name])),
  ]);
}

function damaged(path: string): UserError {
  return new UserError(
    'usage',
    `${path} is not a relation model of this version. Install dreamfold again, or point to a model made by it.`,
  );
}

/**
 * Reads a model file.
 * @throws UserError where it is missing, damaged or made for features of another version.
 */
export function readModel(folder: string, featureVersion: number): RelationModel {
  const path = join(folder, 'weights.bin');
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError('notFound', `${path} cannot be read. Install dreamfold again, or point to a folder with a relation model.`, {
      cause: error,
    });
  }
  if (bytes.length < 12 || bytes.toString('latin1', 0, 8) !== magic) throw damaged(path);
  const start = 12 + bytes.readUInt32LE(8);
  const header = JSON.parse(bytes.toString('utf8', 12, start)) as ModelHeader; // our own file, its magic and size are checked
  const { trees, nodes } = header;
  if (header.featureVersion !== featureVersion) throw damaged(path);
  const { inputs, hidden } = header;
  const sizes = [inputs, inputs, inputs * hidden, hidden, hidden * classCount, classCount];
  const networkStart = start + trees * 4 + nodes * 8;
  if (bytes.length !== networkStart + 4 * sizes.reduce((sum, size) => sum + size, 0)) throw damaged(path);
  const slice = (from: number, size: number) => new Uint8Array(bytes.subarray(from, from + size)).buffer;
  const part = (index: number) => {
    const before = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
    return new Float32Array(slice(networkStart + before * 4, (sizes[index] ?? 0) * 4));
  };
  return {
    header,
    hash: sha256(bytes),
    starts: new Uint32Array(slice(start, trees * 4)),
    value: new Float32Array(slice(start + trees * 4, nodes * 4)),
    feature: new Int16Array(slice(start + trees * 4 + nodes * 4, nodes * 2)),
    right: new Uint16Array(slice(start + trees * 4 + nodes * 6, nodes * 2)),
    network: { mean: part(0), scale: part(1), first: part(2), firstBias: part(3), second: part(4), secondBias: part(5) },
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

/** Class scores of the network for one row of inputs. */
export function networkScores(network: Network, row: Float64Array): Float64Array {
  const { mean, scale, first, firstBias, second, secondBias } = network;
  const hidden = firstBias.length;
  const sums = Float64Array.from(firstBias);
  for (let d = 0; d < mean.length; d++) {
    const x = Math.max(-4, Math.min(4, ((row[d] ?? 0) - (mean[d] ?? 0)) * (scale[d] ?? 0)));
    if (x === 0) continue;
    for (let k = 0, at = d * hidden; k < hidden; k++, at++) sums[k] = (sums[k] ?? 0) + x * (first[at] ?? 0);
  }
  const out = Float64Array.from(secondBias);
  for (let k = 0; k < hidden; k++) {
    const active = sums[k] ?? 0;
    if (active > 0) for (let c = 0; c < classCount; c++) out[c] = (out[c] ?? 0) + active * (second[k * classCount + c] ?? 0);
  }
  return out;
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

/** Geometric mean of two opinions, `share` the weight of the second; not normalised. */
export function mix(first: Float64Array, second: Float64Array, share: number): Float64Array {
  return first.map((value, k) => Math.max(value, 1e-9) ** (1 - share) * Math.max(second[k] ?? 0, 1e-9) ** share);
}

/** Calibrated probabilities of the five classes; `row` and `swapped` are the pair's features in both orders. */
export function predict(model: RelationModel, row: Float64Array, swapped: Float64Array): Float64Array {
  const trees = averageOrders(softmax(scores(model, row)), softmax(scores(model, swapped)));
  const network = averageOrders(softmax(networkScores(model.network, row)), softmax(networkScores(model.network, swapped)));
  return calibrate(mix(trees, network, model.header.networkShare), model.header.temperature, model.header.bias);
}
