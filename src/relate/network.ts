/**
 * A small attention network over the tokens of both sides (a transformer encoder, https://arxiv.org/abs/1706.03762, whose scores also
 * add what is known of each two tokens: alike, rivals, opposites, same quantity). Reads `network.bin`, made by
 * `scripts/train-network.py`; the matrix products run in WebAssembly.
 */
import { sha256 } from '../memory.js';
import { type Kernel, startKernel } from './kernel.js';
import { averageOrders, classCount, softmax } from './model.js';
import { damagedModel, readModelFile } from './model-file.js';
import { flagCount, linkCount, longestSide, type PairInput, type SideInput } from './pair-input.js';

/** Sizes of a network; `width` and `inner` are multiples of 16, `heads` divides `width`. */
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
/** Columns that the multiplier works on at a time. */
const block = 16;
/** Tokens of both sides, in whole blocks. */
const most = Math.ceil((2 * longestSide) / block) * block;
const wordScale = 4;

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
  const fits = width % block === 0 && inner % block === 0 && width % heads === 0;
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

class Encoder implements AttentionNetwork {
  readonly hash: string;
  readonly #shape: NetworkShape;
  readonly #kernel: Kernel;
  readonly #numbers: Float32Array;
  /** Place of each weight and working array in `#numbers`. */
  readonly #at = new Map<string, number>();

  constructor(shape: NetworkShape, weights: Float32Array, hash: string, plain: boolean) {
    this.hash = hash;
    this.#shape = shape;
    const { width, inner, dimensions } = shape;
    const room = [
      ['tokens', most * (dimensions + flagCount)],
      ['x', most * width],
      ['y', most * width],
      ['qkv', most * 3 * width],
      ['mixed', most * (width + block)],
      ['keys', width * most],
      ['scores', most * most],
      ['known', shape.heads * most * most],
      ['nothing', width + block],
      ['inner', most * inner],
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

  readonly classes = (input: PairInput): Float64Array => {
    const [n, m] = [input.a.vectors.length, input.b.vectors.length];
    if (n === 0 || m === 0) return Float64Array.of(0.2, 0.2, 0.2, 0.2, 0.2);
    this.#embed(input.a, 0);
    this.#embed(input.b, n);
    const { dimensions, width, layers } = this.#shape;
    this.#multiply('tokens', 'input', 'x', n + m, dimensions + flagCount, width);
    this.#normalise('x', 'x', 'norm0', n + m);
    for (let layer = 0; layer < layers; layer++) this.#layer(layer, n, m, input.links);
    this.#normalise('x', 'x', 'norm', n + m);
    return this.#head(n, m);
  };

  #place(name: string): number {
    const at = this.#at.get(name);
    if (at === undefined) throw new RangeError(`no ${name}`);
    return at;
  }

  #multiply(x: string, weights: string, out: string, rows: number, k: number, n: number, step = k): void {
    const address = (name: string) => this.#place(name) * 4;
    const bias = address(`${weights}.bias`);
    this.#kernel.matmul(address(x), step * 4, address(weights), n * 4, bias, 0, address(out), n * 4, rows, k, n);
  }

  #embed(side: SideInput, from: number): void {
    const { dimensions } = this.#shape;
    const size = dimensions + flagCount;
    const numbers = this.#numbers;
    side.vectors.forEach((vector, i) => {
      const at = this.#place('tokens') + (from + i) * size;
      for (let d = 0; d < dimensions; d++) numbers[at + d] = vector === null ? 0 : wordScale * (vector[d] as number);
      for (let f = 0; f < flagCount; f++) numbers[at + dimensions + f] = side.flags[i * flagCount + f] as number;
    });
  }

  /** Layer normalisation of each row. */
  #normalise(from: string, to: string, norm: string, rows: number): void {
    const { width } = this.#shape;
    const numbers = this.#numbers;
    const [scale, shift] = [this.#place(`${norm}.scale`), this.#place(`${norm}.shift`)];
    for (let row = 0; row < rows; row++) {
      const x = this.#place(from) + row * width;
      const y = this.#place(to) + row * width;
      let mean = 0;
      for (let d = 0; d < width; d++) mean += numbers[x + d] as number;
      mean /= width;
      let variance = 0;
      for (let d = 0; d < width; d++) variance += ((numbers[x + d] as number) - mean) ** 2;
      const factor = 1 / Math.sqrt(variance / width + 1e-5);
      for (let d = 0; d < width; d++)
        numbers[y + d] = ((numbers[x + d] as number) - mean) * factor * (numbers[scale + d] as number) + (numbers[shift + d] as number);
    }
  }

  #layer(layer: number, n: number, m: number, links: Float32Array): void {
    const { width, inner } = this.#shape;
    const rows = n + m;
    this.#normalise('x', 'y', `${layer}.norm1`, rows);
    this.#multiply('y', `${layer}.qkv`, 'qkv', rows, width, 3 * width);
    this.#attend(layer, n, m, links);
    this.#multiply('mixed', `${layer}.out`, 'y', rows, width, width, width + block);
    this.#add('x', 'y', rows * width);
    this.#normalise('x', 'y', `${layer}.norm2`, rows);
    this.#multiply('y', `${layer}.first`, 'inner', rows, width, inner);
    const numbers = this.#numbers;
    const at = this.#place('inner');
    for (let i = at; i < at + rows * inner; i++) if ((numbers[i] as number) < 0) numbers[i] = 0;
    this.#multiply('inner', `${layer}.second`, 'y', rows, inner, width);
    this.#add('x', 'y', rows * width);
  }

  #add(to: string, from: string, count: number): void {
    const numbers = this.#numbers;
    const [x, y] = [this.#place(to), this.#place(from)];
    for (let i = 0; i < count; i++) numbers[x + i] = (numbers[x + i] as number) + (numbers[y + i] as number);
  }

  /** Self-attention of all tokens; what is known of each two tokens adds to their score. */
  #attend(layer: number, n: number, m: number, links: Float32Array): void {
    const { width, heads } = this.#shape;
    const size = width / heads;
    const rows = n + m;
    const wide = Math.ceil(rows / block) * block;
    const [qkv, keys, scores, known, mixed] = ['qkv', 'keys', 'scores', 'known', 'mixed'].map((name) => this.#place(name)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    this.#addKnown(layer, n, m, wide, links);
    this.#turnKeys(rows, wide);
    const step = 3 * width * 4;
    for (let head = 0; head < heads; head++) {
      const [query, key] = [qkv + head * size, keys + head * size * wide];
      const base = known + head * rows * wide;
      this.#kernel.matmul(query * 4, step, key * 4, wide * 4, base * 4, wide * 4, scores * 4, wide * 4, rows, size, wide);
      softmaxRows(this.#numbers, scores, rows, wide);
      const value = qkv + 2 * width + head * size;
      // Columns beyond `size` are garbage that the next head overwrites, and after the last one the room between two rows.
      const columns = Math.ceil(size / block) * block;
      const target = mixed + head * size;
      const nothing = this.#place('nothing') * 4;
      this.#kernel.matmul(scores * 4, wide * 4, value * 4, step, nothing, 0, target * 4, (width + block) * 4, rows, rows, columns);
    }
  }

  /** Keys with a column a token. */
  #turnKeys(rows: number, wide: number): void {
    const { width } = this.#shape;
    const numbers = this.#numbers;
    const [from, to] = [this.#place('qkv') + width, this.#place('keys')];
    for (let row = 0; row < rows; row++) {
      for (let d = 0; d < width; d++) numbers[to + d * wide + row] = numbers[from + row * 3 * width + d] as number;
    }
  }

  /** What distance adds to the scores of two tokens of a side, and links to those of two sides; by head, row, column. */
  #addKnown(layer: number, n: number, m: number, wide: number, links: Float32Array): void {
    const { heads, reach } = this.#shape;
    const numbers = this.#numbers;
    const rows = n + m;
    const across = linkScores(numbers, this.#place(`${layer}.links`), heads, links);
    for (let head = 0; head < heads; head++) {
      const near = this.#place(`${layer}.near`) + head * (2 * reach + 1) + reach;
      const at = this.#place('known') + head * rows * wide;
      for (let i = 0; i < rows; i++) {
        const [from, to] = i < n ? [0, n] : [n, rows];
        const row = at + i * wide;
        for (let j = from; j < to; j++) numbers[row + j] = numbers[near + Math.max(-reach, Math.min(reach, j - i))] as number;
        const base = head * n * m;
        if (i < n) for (let j = 0; j < m; j++) numbers[row + n + j] = across[base + i * m + j] as number;
        else for (let j = 0; j < n; j++) numbers[row + j] = across[base + j * m + i - n] as number;
      }
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
    this.#multiply('pooled', 'head', 'hidden', 2, 6 * width, width);
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

function softmaxRows(numbers: Float32Array, at: number, rows: number, wide: number): void {
  for (let i = 0; i < rows; i++) {
    const row = at + i * wide;
    let top = Number.NEGATIVE_INFINITY;
    for (let j = row; j < row + rows; j++) if ((numbers[j] as number) > top) top = numbers[j] as number;
    let sum = 0;
    for (let j = row; j < row + rows; j++) {
      const value = Math.exp((numbers[j] as number) - top);
      numbers[j] = value;
      sum += value;
    }
    for (let j = row; j < row + rows; j++) numbers[j] = (numbers[j] as number) / sum;
  }
}

/** What the links of each two tokens of different sides add to a score; by head, token of a, token of b. */
function linkScores(numbers: Float32Array, coefficients: number, heads: number, links: Float32Array): Float32Array {
  const pairs = links.length / linkCount;
  const out = new Float32Array(heads * pairs);
  for (let head = 0; head < heads; head++) {
    const at = coefficients + head * (linkCount + 1);
    for (let pair = 0; pair < pairs; pair++) {
      let sum = numbers[at + linkCount] as number;
      for (let c = 0; c < linkCount; c++) sum += (links[pair * linkCount + c] as number) * (numbers[at + c] as number);
      out[head * pairs + pair] = sum;
    }
  }
  return out;
}
