/**
 * Training of a static embedding by gradient: a text is the weighted sum of its pieces' rows at unit length, rows and weights are
 * learned with Adam, only those rows moving that a batch touches. Plain typed arrays, one thread, no clock and no chance: the
 * same calls give the same bytes.
 */

/** Texts as piece ids, one after another; text `i` is `pieces[starts[i]]` up to `pieces[starts[i + 1]]`. */
export interface EncodedTexts {
  readonly pieces: Int32Array;
  readonly starts: Int32Array;
}

/** Learning rates of one step. */
export interface Rates {
  readonly rowRate: number;
  readonly weightRate: number;
}

const decay = { first: 0.9, second: 0.999 } as const;

/** A table under training. `rows` and `logWeights` may be read at any time. */
export class Trainer {
  readonly dimensions: number;
  readonly rows: Float32Array;
  readonly logWeights: Float32Array;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #weightFirst: Float32Array;
  readonly #weightSecond: Float32Array;
  readonly #gradient: Float32Array;
  readonly #weightGradient: Float32Array;
  readonly #isTouched: Uint8Array;
  #touched: number[] = [];
  #step = 0;

  constructor(rows: Float32Array, dimensions: number) {
    const count = rows.length / dimensions;
    this.dimensions = dimensions;
    this.rows = rows.slice();
    this.#first = new Float32Array(rows.length);
    this.#second = new Float32Array(rows.length);
    this.#gradient = new Float32Array(rows.length);
    this.logWeights = new Float32Array(count);
    this.#weightFirst = new Float32Array(count);
    this.#weightSecond = new Float32Array(count);
    this.#weightGradient = new Float32Array(count);
    this.#isTouched = new Uint8Array(count);
  }

  /** Unit vectors of the texts named, and their lengths before that. */
  encode(texts: EncodedTexts, chosen: readonly number[]): { readonly units: Float32Array; readonly lengths: Float32Array } {
    const d = this.dimensions;
    const units = new Float32Array(chosen.length * d);
    const lengths = new Float32Array(chosen.length);
    for (const [row, text] of chosen.entries()) {
      const unit = units.subarray(row * d, (row + 1) * d);
      for (let at = texts.starts[text] ?? 0; at < (texts.starts[text + 1] ?? 0); at++) {
        const piece = texts.pieces[at] ?? 0;
        const weight = Math.exp(this.logWeights[piece] ?? 0);
        for (let i = 0, from = piece * d; i < d; i++) unit[i] = (unit[i] ?? 0) + weight * (this.rows[from + i] ?? 0);
      }
      let square = 1e-12;
      for (const value of unit) square += value * value;
      const length = Math.sqrt(square);
      lengths[row] = length;
      for (let i = 0; i < d; i++) unit[i] = (unit[i] ?? 0) / length;
    }
    return { units, lengths };
  }

  /**
   * In-batch contrast (https://arxiv.org/abs/1705.00652): every `a` should be nearest to its own `b` and the other way round.
   * Returns the mean loss.
   */
  contrast(texts: EncodedTexts, pairs: readonly { readonly a: number; readonly b: number }[], sharpness: number, rates: Rates): number {
    const d = this.dimensions;
    const a = pairs.map((pair) => pair.a);
    const b = pairs.map((pair) => pair.b);
    const size = a.length;
    const left = this.encode(texts, a);
    const right = this.encode(texts, b);
    const scores = products(left.units, right.units, size, d);
    const { loss, slopes } = softmaxBothWays(scores, size, sharpness);
    this.#backward(texts, a, left, timesRows(slopes, right.units, size, d, false));
    this.#backward(texts, b, right, timesRows(slopes, left.units, size, d, true));
    this.#update(rates);
    return loss;
  }

  /** CoSENT: a pair with the higher score should have the higher cosine, whatever the scale of the scores. */
  rank(
    texts: EncodedTexts,
    pairs: readonly { readonly a: number; readonly b: number; readonly score: number }[],
    sharpness: number,
    rates: Rates,
  ): number {
    const a = pairs.map((pair) => pair.a);
    const b = pairs.map((pair) => pair.b);
    const scores = pairs.map((pair) => pair.score);
    const d = this.dimensions;
    const left = this.encode(texts, a);
    const right = this.encode(texts, b);
    const cosines = a.map((_, row) => dotRows(left.units, right.units, row, d));
    const { loss, slopes } = rankingSlopes(cosines, scores, sharpness);
    const gradientA = new Float32Array(left.units.length);
    const gradientB = new Float32Array(left.units.length);
    for (const [row, slope] of slopes.entries()) {
      for (let i = row * d; i < (row + 1) * d; i++) {
        gradientA[i] = slope * (right.units[i] ?? 0);
        gradientB[i] = slope * (left.units[i] ?? 0);
      }
    }
    this.#backward(texts, a, left, gradientA);
    this.#backward(texts, b, right, gradientB);
    this.#update(rates);
    return loss;
  }

  #backward(
    texts: EncodedTexts,
    chosen: readonly number[],
    { units, lengths }: { readonly units: Float32Array; readonly lengths: Float32Array },
    gradient: Float32Array,
  ): void {
    const d = this.dimensions;
    const slope = new Float32Array(d);
    for (const [row, text] of chosen.entries()) {
      const along = dotRows(gradient, units, row, d);
      const length = lengths[row] ?? 1;
      for (let i = 0, at = row * d; i < d; i++, at++) slope[i] = ((gradient[at] ?? 0) - along * (units[at] ?? 0)) / length;
      for (let at = texts.starts[text] ?? 0; at < (texts.starts[text + 1] ?? 0); at++) this.#addGradient(texts.pieces[at] ?? 0, slope);
    }
  }

  #addGradient(piece: number, slope: Float32Array): void {
    const d = this.dimensions;
    if (this.#isTouched[piece] === 0) {
      this.#isTouched[piece] = 1;
      this.#touched.push(piece);
    }
    const weight = Math.exp(this.logWeights[piece] ?? 0);
    let along = 0;
    for (let i = 0, at = piece * d; i < d; i++, at++) {
      const value = weight * (slope[i] ?? 0);
      this.#gradient[at] = (this.#gradient[at] ?? 0) + value;
      along += value * (this.rows[at] ?? 0);
    }
    this.#weightGradient[piece] = (this.#weightGradient[piece] ?? 0) + along;
  }

  #update(rates: Rates): void {
    this.#step++;
    const correction = Math.sqrt(1 - decay.second ** this.#step) / (1 - decay.first ** this.#step);
    const d = this.dimensions;
    for (const piece of this.#touched) {
      adam(this.rows, this.#gradient, this.#first, this.#second, piece * d, (piece + 1) * d, rates.rowRate * correction);
      adam(this.logWeights, this.#weightGradient, this.#weightFirst, this.#weightSecond, piece, piece + 1, rates.weightRate * correction);
      this.#isTouched[piece] = 0;
    }
    this.#touched = [];
  }
}

/** One Adam step over a range; the gradient is spent (set to zero). */
function adam(
  values: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
  start: number,
  end: number,
  rate: number,
): void {
  for (let i = start; i < end; i++) {
    const slope = gradient[i] ?? 0;
    const m = decay.first * (first[i] ?? 0) + (1 - decay.first) * slope;
    const v = decay.second * (second[i] ?? 0) + (1 - decay.second) * slope * slope;
    first[i] = m;
    second[i] = v;
    gradient[i] = 0;
    values[i] = (values[i] ?? 0) - (rate * m) / (Math.sqrt(v) + 1e-8);
  }
}

function dotRows(a: Float32Array, b: Float32Array, row: number, d: number): number {
  let sum = 0;
  for (let i = row * d; i < (row + 1) * d; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** size x size products of all rows of `a` with all rows of `b`. */
function products(a: Float32Array, b: Float32Array, size: number, d: number): Float32Array {
  const out = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column += 1) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let i = row * d, j = column * d, end = i + d; i < end; i += 4, j += 4) {
        s0 += (a[i] ?? 0) * (b[j] ?? 0);
        s1 += (a[i + 1] ?? 0) * (b[j + 1] ?? 0);
        s2 += (a[i + 2] ?? 0) * (b[j + 2] ?? 0);
        s3 += (a[i + 3] ?? 0) * (b[j + 3] ?? 0);
      }
      out[row * size + column] = s0 + s1 + s2 + s3;
    }
  }
  return out;
}

/** `slopes` (or its transpose) times rows; slopes near zero, most of them, are passed over. */
function timesRows(slopes: Float32Array, rows: Float32Array, size: number, d: number, transposed: boolean): Float32Array {
  const out = new Float32Array(size * d);
  for (let row = 0; row < size; row++) {
    const to = row * d;
    for (let column = 0; column < size; column++) {
      const slope = slopes[transposed ? column * size + row : row * size + column] ?? 0;
      if (Math.abs(slope) < 1e-6) continue;
      for (let i = 0, from = column * d; i < d; i++, from++) out[to + i] = (out[to + i] ?? 0) + slope * (rows[from] ?? 0);
    }
  }
  return out;
}

/** Cross-entropy over rows and over columns, the diagonal being right; slopes are by score, averaged over the batch. */
function softmaxBothWays(scores: Float32Array, size: number, sharpness: number): { readonly loss: number; readonly slopes: Float32Array } {
  const powers = scores.map((score) => Math.exp(sharpness * (score - 1)));
  const rowSums = new Float64Array(size);
  const columnSums = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const power = powers[row * size + column] ?? 0;
      rowSums[row] = (rowSums[row] ?? 0) + power;
      columnSums[column] = (columnSums[column] ?? 0) + power;
    }
  }
  const slopes = new Float32Array(size * size);
  let loss = 0;
  const scale = sharpness / (2 * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const at = row * size + column;
      slopes[at] = (powers[at] ?? 0) * (1 / (rowSums[row] ?? 1) + 1 / (columnSums[column] ?? 1)) * scale;
    }
    const right = row * size + row;
    slopes[right] = (slopes[right] ?? 0) - 2 * scale;
    const share = (powers[right] ?? 0) ** 2 / ((rowSums[row] ?? 1) * (columnSums[row] ?? 1));
    loss -= Math.log(Math.max(share, 1e-30)) / (2 * size);
  }
  return { loss, slopes };
}

function rankingSlopes(
  cosines: readonly number[],
  scores: readonly number[],
  sharpness: number,
): { readonly loss: number; readonly slopes: Float64Array } {
  const slopes = new Float64Array(cosines.length);
  let total = 1;
  for (const [high, upper] of scores.entries()) {
    for (const [low, lower] of scores.entries()) {
      if (upper <= lower) continue;
      const power = Math.exp(sharpness * ((cosines[low] ?? 0) - (cosines[high] ?? 0)));
      total += power;
      slopes[low] = (slopes[low] ?? 0) + power;
      slopes[high] = (slopes[high] ?? 0) - power;
    }
  }
  for (let i = 0; i < slopes.length; i++) slopes[i] = ((slopes[i] ?? 0) * sharpness) / total;
  return { loss: Math.log(total), slopes };
}
