/**
 * A small attention network over the tokens of both sides (a transformer encoder, https://arxiv.org/abs/1706.03762, whose scores also
 * add what is known of each two tokens: alike, rivals, opposites, same quantity). Reads `network.bin`, made by
 * `scripts/train-network.py`; its loops run in WebAssembly.
 */
import { sha256 } from '../memory.js';
import { type Kernel, startKernel } from './kernel.js';
import { averageOrders, classCount, softmax } from './model.js';
import { damagedModel, readModelFile } from './model-file.js';
import { flagCount, linkCount, longestSide, type PairInput, type SideInput } from './pair-input.js';

/** Sizes of a network; `width` is a multiple of 48, `inner` of 16, four times `heads` divides `width`. */
export interface NetworkShape {
  readonly dimensions: number;
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
  readonly layers: number;
  /** Distances between tokens of a side are told apart up to this. */
  readonly reach: number;
  readonly flagCount: number;
  readonly linkCount: number;
}

export interface AttentionNetwork {
  /** Lower-case hex of the file. */
  readonly hash: string;
  /** Probabilities of the five classes of `model.ts`. Pure; the mirrored pair gets the mirrored classes. */
  readonly classes: (input: PairInput) => Float64Array;
}

const magic = 'DFNET001';
/** Columns that the multiplier works on at a time, in general and for what is mostly not positive. */
const block = 16;
const wideBlock = 48;
/** Tokens of both sides, in whole blocks. */
const most = Math.ceil((2 * longestSide) / block) * block;
/** Distances from `-most` to `most`. */
const bandLength = 2 * most + 1;
const wordScale = 4;
/** Words of which the first product is kept; more of them are worked out again. */
const rememberedWords = 16_384;

/** Names and lengths of the weights, in the order of the file; matrices are by input, then output. */
export function weightLayout(shape: NetworkShape): readonly (readonly [name: string, length: number])[] {
  const { dimensions, width, heads, inner, layers, reach } = shape;
  const layer = (n: number): readonly (readonly [string, number])[] => [
    [`${n}.norm1.scale`, width],
    [`${n}.norm1.shift`, width],
    [`${n}.qkv`, width * 3 * width],
    [`${n}.qkv.bias`, 3 * width],
    [`${n}.links`, heads * (shape.linkCount + 1)],
    [`${n}.near`, heads * (2 * reach + 1)],
    [`${n}.out`, width * width],
    [`${n}.out.bias`, width],
    [`${n}.norm2.scale`, width],
    [`${n}.norm2.shift`, width],
    [`${n}.first`, width * inner],
    [`${n}.first.bias`, inner],
    [`${n}.second`, inner * width],
    [`${n}.second.bias`, width],
  ];
  return [
    ['input', (dimensions + shape.flagCount) * width],
    ['input.bias', width],
    ['norm0.scale', width],
    ['norm0.shift', width],
    ...Array.from({ length: layers }, (_, n) => layer(n)).flat(),
    ['norm.scale', width],
    ['norm.shift', width],
    ['head', 6 * width * width],
    ['head.bias', width],
    ['classes', width * classCount],
    ['classes.bias', classCount],
  ];
}

function isRunnable({ width, heads, inner, ...shape }: NetworkShape): boolean {
  const fits = width % wideBlock === 0 && inner % block === 0 && width % (4 * heads) === 0;
  return fits && shape.flagCount === flagCount && shape.linkCount === linkCount;
}

/**
 * Reads the network of a model folder.
 * @throws UserError where it is missing, damaged or made for other inputs.
 */
export function readNetwork(folder: string, options: { readonly plain?: boolean } = {}): AttentionNetwork {
  const { path, bytes, header: shape, start } = readModelFile<NetworkShape>(folder, 'network.bin', magic);
  if (!isRunnable(shape)) throw damagedModel(path);
  const count = weightLayout(shape).reduce((sum, [, length]) => sum + length, 0);
  if (bytes.length !== start + 4 * count) throw damagedModel(path);
  return new Encoder(shape, new Float32Array(new Uint8Array(bytes.subarray(start)).buffer), sha256(bytes), options.plain ?? false);
}

/** Where the weights of one layer stand, in bytes. */
interface LayerPlaces {
  readonly norm1: readonly [scale: number, shift: number];
  readonly norm2: readonly [scale: number, shift: number];
  readonly qkv: Product;
  readonly out: Product;
  readonly first: Product;
  readonly second: Product;
  /** By head: coefficients of the links, and what is added to them. */
  readonly links: number;
  /** By head: what a distance from `-most` to `most` adds to a score; here is that of distance 0. */
  readonly bands: number;
}

/** Weights and bias of a product, in bytes; inputs and outputs. */
interface Product {
  readonly weights: number;
  readonly bias: number;
  readonly k: number;
  readonly n: number;
}

/** A matrix by blocks of columns, each with its rows one behind the other. */
function inBlocks(matrix: Float32Array, k: number, n: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  let at = 0;
  for (let column = 0; column < n; column += columns) {
    for (let row = 0; row < k; row++) {
      out.set(matrix.subarray(row * n + column, row * n + column + columns), at);
      at += columns;
    }
  }
  return out;
}

class Encoder implements AttentionNetwork {
  readonly hash: string;
  readonly #shape: NetworkShape;
  readonly #kernel: Kernel;
  readonly #numbers: Float32Array;
  /** Place of each weight and working array in `#numbers`. */
  readonly #at = new Map<string, number>();
  readonly #layers: readonly LayerPlaces[];
  readonly #words: Product;
  readonly #flags: Product;
  readonly #headProduct: Product;
  /** Bias plus the part of the first product that depends on a word alone, by its vector. */
  readonly #known = new Map<Float32Array | null, Float32Array>();

  constructor(shape: NetworkShape, weights: Float32Array, hash: string, plain: boolean) {
    this.hash = hash;
    this.#shape = shape;
    const { width, inner, dimensions, layers } = shape;
    const room = [
      ['word', 2 * dimensions],
      ['wordRows', 2 * width],
      ['flags', most * flagCount],
      ['start', most * width],
      ['x', most * width],
      ['y', most * width],
      ['qkv', most * 3 * width],
      ['mixed', most * (width + block)],
      ['keys', width * most],
      ['scores', most * most],
      ['known', most * most],
      ['links', longestSide * longestSide * linkCount],
      ['bands', layers * shape.heads * bandLength],
      ['nothing', width + block],
      ['inner', most * inner],
      ['list', 2 * inner],
      ['pooled', 2 * 6 * width],
      ['hidden', 2 * width],
    ] as const;
    let at = 64;
    for (const [name, length] of [...weightLayout(shape), ...room]) {
      this.#at.set(name, at);
      at += Math.ceil(length / block) * block;
    }
    this.#kernel = startKernel(at, plain);
    this.#numbers = this.#kernel.numbers;
    let from = 0;
    for (const [name, length] of weightLayout(shape)) {
      this.#numbers.set(weights.subarray(from, from + length), this.#place(name));
      from += length;
    }
    this.#scaleQueries();
    const input = this.#place('input');
    this.#words = this.#product('input', dimensions, width);
    this.#flags = this.#product('input', flagCount, width, block, input + dimensions * width);
    this.#headProduct = this.#product('head', 6 * width, width);
    this.#layers = Array.from({ length: layers }, (_, layer) => this.#layerPlaces(layer));
  }

  /** The scale of attention scores goes into the weights of the queries. */
  #scaleQueries(): void {
    const { width, heads, layers } = this.#shape;
    const scale = 1 / Math.sqrt(width / heads);
    for (let layer = 0; layer < layers; layer++) {
      const at = this.#place(`${layer}.qkv`);
      const bias = this.#place(`${layer}.qkv.bias`);
      for (let row = -1; row < width; row++) {
        const from = row < 0 ? bias : at + row * 3 * width;
        for (let d = 0; d < width; d++) this.#numbers[from + d] = (this.#numbers[from + d] as number) * scale;
      }
    }
  }

  /** Puts the weights of a product into blocks of columns. */
  #product(name: string, k: number, n: number, columns = block, at = this.#place(name)): Product {
    this.#numbers.set(inBlocks(this.#numbers.slice(at, at + k * n), k, n, columns), at);
    return { weights: at * 4, bias: this.#place(`${name}.bias`) * 4, k, n };
  }

  #layerPlaces(layer: number): LayerPlaces {
    const { width, inner, heads, reach } = this.#shape;
    const norm = (name: string) => [this.#place(`${name}.scale`) * 4, this.#place(`${name}.shift`) * 4] as const;
    const near = this.#place(`${layer}.near`);
    const bands = this.#place('bands') + layer * heads * bandLength + most;
    for (let head = 0; head < heads; head++) {
      const middle = near + head * (2 * reach + 1) + reach;
      for (let d = -most; d <= most; d++)
        this.#numbers[bands + head * bandLength + d] = this.#numbers[middle + Math.max(-reach, Math.min(reach, d))] as number;
    }
    return {
      norm1: norm(`${layer}.norm1`),
      norm2: norm(`${layer}.norm2`),
      qkv: this.#product(`${layer}.qkv`, width, 3 * width),
      out: this.#product(`${layer}.out`, width, width),
      first: this.#product(`${layer}.first`, width, inner),
      second: this.#product(`${layer}.second`, inner, width, wideBlock),
      links: this.#address(`${layer}.links`),
      bands: bands * 4,
    };
  }

  readonly classes = (input: PairInput): Float64Array => {
    const [n, m] = [input.a.vectors.length, input.b.vectors.length];
    if (n === 0 || m === 0) return Float64Array.of(0.2, 0.2, 0.2, 0.2, 0.2);
    const { width } = this.#shape;
    const { normalise, matmul } = this.#kernel;
    const [x, start, flags] = [this.#address('x'), this.#address('start'), this.#address('flags')];
    this.#embed(input.a, 0);
    this.#embed(input.b, n);
    const step = width * 4;
    matmul(flags, flagCount * 4, this.#flags.weights, block * 4, block * flagCount * 4, start, step, x, step, n + m, flagCount, width);
    normalise(x, x, this.#address('norm0.scale'), this.#address('norm0.shift'), n + m, width);
    this.#numbers.set(input.links, this.#place('links'));
    for (const layer of this.#layers) this.#layer(layer, n, m);
    normalise(x, x, this.#address('norm.scale'), this.#address('norm.shift'), n + m, width);
    return this.#head(n, m);
  };

  #place(name: string): number {
    const at = this.#at.get(name);
    if (at === undefined) throw new RangeError(`no ${name}`);
    return at;
  }

  #address(name: string): number {
    return this.#place(name) * 4;
  }

  #multiply(x: number, { weights, bias, k, n }: Product, out: number, rows: number, step = k): void {
    this.#kernel.matmul(x, step * 4, weights, block * 4, block * k * 4, bias, 0, out, n * 4, rows, k, n);
  }

  #embed(side: SideInput, from: number): void {
    const { width } = this.#shape;
    const start = this.#place('start') + from * width;
    side.vectors.forEach((vector, i) => {
      this.#numbers.set(this.#wordRow(vector), start + i * width);
    });
    this.#numbers.set(side.flags, this.#place('flags') + from * flagCount);
  }

  #wordRow(vector: Float32Array | null): Float32Array {
    const found = this.#known.get(vector);
    if (found !== undefined) return found;
    const { dimensions, width } = this.#shape;
    const at = this.#place('word');
    for (let d = 0; d < dimensions; d++) this.#numbers[at + d] = vector === null ? 0 : wordScale * (vector[d] as number);
    this.#multiply(at * 4, this.#words, this.#address('wordRows'), 2);
    const row = this.#numbers.slice(this.#place('wordRows'), this.#place('wordRows') + width);
    if (this.#known.size >= rememberedWords) this.#known.clear();
    this.#known.set(vector, row);
    return row;
  }

  #layer(layer: LayerPlaces, n: number, m: number): void {
    const { width, inner } = this.#shape;
    const { add, normalise, positives } = this.#kernel;
    const [x, y, deep] = [this.#address('x'), this.#address('y'), this.#address('inner')];
    const rows = n + m;
    normalise(x, y, ...layer.norm1, rows, width);
    this.#multiply(y, layer.qkv, this.#address('qkv'), rows);
    this.#attend(layer, n, m);
    this.#multiply(this.#address('mixed'), layer.out, y, rows, width + block);
    add(x, y, rows * width);
    normalise(x, y, ...layer.norm2, rows, width);
    this.#multiply(y, layer.first, deep, rows);
    positives(deep, layer.second.weights, layer.second.bias, y, rows, inner, width, this.#address('list'));
    add(x, y, rows * width);
  }

  /** Self-attention of all tokens; what is known of each two tokens adds to their score. */
  #attend(layer: LayerPlaces, n: number, m: number): void {
    const { width, heads } = this.#shape;
    const { known: addKnown, matmul, softmax, turn } = this.#kernel;
    const size = width / heads;
    const rows = n + m;
    const wide = Math.ceil(rows / block) * block;
    const [qkv, keys, scores] = [this.#address('qkv'), this.#address('keys'), this.#address('scores')];
    const [known, mixed, nothing] = [this.#address('known'), this.#address('mixed'), this.#address('nothing')];
    const step = 3 * width * 4;
    const row = wide * 4;
    const links = this.#address('links');
    // Columns beyond `size` are garbage that the next head overwrites, and after the last one the room between two rows.
    const columns = Math.ceil(size / block) * block;
    for (let head = 0; head < heads; head++) {
      const query = qkv + head * size * 4;
      addKnown(known, row, n, m, layer.bands + head * bandLength * 4, links, layer.links + head * (linkCount + 1) * 4);
      turn(query + width * 4, step, keys, rows, size);
      matmul(query, step, keys, block * 4, block * size * 4, known, row, scores, row, rows, size, wide);
      softmax(scores, row, rows, rows);
      const target = mixed + head * size * 4;
      matmul(scores, row, query + 2 * width * 4, step, block * 4, nothing, 0, target, (width + block) * 4, rows, rows, columns);
    }
  }

  /** Mean and maximum of each side, both sides and their product, in both orders. */
  #head(n: number, m: number): Float64Array {
    const { width } = this.#shape;
    const numbers = this.#numbers;
    const pooled = this.#place('pooled');
    const sides = [this.#pool(0, n), this.#pool(n, m)] as const;
    for (const order of [0, 1]) {
      const [u, v] = order === 0 ? sides : [sides[1], sides[0]];
      const at = pooled + order * 6 * width;
      numbers.set(u, at);
      numbers.set(v, at + 2 * width);
      for (let d = 0; d < 2 * width; d++) numbers[at + 4 * width + d] = (u[d] as number) * (v[d] as number);
    }
    this.#multiply(pooled * 4, this.#headProduct, this.#address('hidden'), 2);
    const [forward, backward] = [this.#scores(0), this.#scores(1)];
    return softmax(averageOrders(forward, backward));
  }

  #pool(from: number, count: number): Float32Array {
    const { width } = this.#shape;
    const out = new Float32Array(2 * width);
    out.fill(Number.NEGATIVE_INFINITY, width);
    for (let i = 0; i < count; i++) {
      const at = this.#place('x') + (from + i) * width;
      for (let d = 0; d < width; d++) {
        const value = this.#numbers[at + d] as number;
        out[d] = (out[d] as number) + value / count;
        out[width + d] = Math.max(out[width + d] as number, value);
      }
    }
    return out;
  }

  #scores(order: number): Float64Array {
    const { width } = this.#shape;
    const numbers = this.#numbers;
    const hidden = this.#place('hidden') + order * width;
    const [weights, bias] = [this.#place('classes'), this.#place('classes.bias')];
    return Float64Array.from({ length: classCount }, (_, c) => {
      let sum = numbers[bias + c] as number;
      for (let d = 0; d < width; d++) sum += Math.max(0, numbers[hidden + d] as number) * (numbers[weights + d * classCount + c] as number);
      return sum;
    });
  }
}
