/** A network with one hidden layer, trained with Adam and dropout: small, seeded, single-threaded, the same bytes each time. */
import type { Network } from '../src/relate/model.js';
import { softmax } from '../src/relate/model.js';
import { randomFrom } from './relate-trees.js';

export interface NetworkSettings {
  readonly classes: number;
  readonly hidden: number;
  readonly epochs: number;
  readonly rate: number;
  readonly decay: number;
  readonly inputDropout: number;
  readonly hiddenDropout: number;
  /** Share of the label spread over the other classes. */
  readonly smoothing: number;
  readonly seed: number;
}

const batchSize = 32;

class Adam {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly #mean: Float32Array;
  readonly #square: Float32Array;
  readonly #decay: number;

  constructor(values: Float32Array, decay: number) {
    this.values = values;
    this.gradient = new Float32Array(values.length);
    this.#mean = new Float32Array(values.length);
    this.#square = new Float32Array(values.length);
    this.#decay = decay;
  }

  step(rate: number, time: number, size: number): void {
    const c1 = 1 - 0.9 ** time;
    const c2 = 1 - 0.999 ** time;
    const { values, gradient } = this;
    for (let i = 0; i < values.length; i++) {
      const g = (gradient[i] as number) / size;
      const m = 0.9 * (this.#mean[i] as number) + 0.1 * g;
      const s = 0.999 * (this.#square[i] as number) + 0.001 * g * g;
      this.#mean[i] = m;
      this.#square[i] = s;
      values[i] = (values[i] as number) - rate * (m / c1 / (Math.sqrt(s / c2) + 1e-8) + this.#decay * (values[i] as number));
    }
    gradient.fill(0);
  }
}

function moments(rows: readonly Float64Array[], dampedFrom: number): { mean: Float32Array; scale: Float32Array } {
  const width = rows[0]?.length ?? 0;
  const sum = new Float64Array(width);
  const square = new Float64Array(width);
  for (const row of rows) for (let d = 0; d < width; d++) sum[d] = (sum[d] as number) + (row[d] as number) / rows.length;
  for (const row of rows)
    for (let d = 0; d < width; d++) square[d] = (square[d] as number) + ((row[d] as number) - (sum[d] as number)) ** 2 / rows.length;
  return {
    mean: Float32Array.from(sum),
    scale: Float32Array.from(square, (value, d) => (d < dampedFrom ? 1 : 0.4) / Math.sqrt(value + 1e-6)),
  };
}

/** Inputs from column `dampedFrom` on (word vectors) count 0.4 times as much as the others at the start. */
export function fitNetwork(
  rows: readonly Float64Array[],
  labels: readonly number[],
  weights: readonly number[],
  dampedFrom: number,
  settings: NetworkSettings,
): Network {
  const { classes, hidden } = settings;
  const width = rows[0]?.length ?? 0;
  const random = randomFrom(settings.seed);
  const normal = () => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  const { mean, scale } = moments(rows, dampedFrom);
  const inputs = rows.map((row) =>
    Float32Array.from(row, (value, d) => Math.max(-4, Math.min(4, (value - (mean[d] as number)) * (scale[d] as number)))),
  );
  const first = new Adam(
    Float32Array.from({ length: width * hidden }, () => normal() / Math.sqrt(width)),
    settings.decay,
  );
  const firstBias = new Adam(new Float32Array(hidden), 0);
  const second = new Adam(
    Float32Array.from({ length: hidden * classes }, () => normal() / Math.sqrt(hidden)),
    settings.decay,
  );
  const secondBias = new Adam(new Float32Array(classes), 0);
  const order = rows.map((_, i) => i);
  const keepInput = 1 - settings.inputDropout;
  const keepHidden = 1 - settings.hiddenDropout;
  const sums = new Float32Array(hidden);
  const active = new Float32Array(hidden);
  const back = new Float32Array(hidden);
  const seen = new Float32Array(width);
  let time = 0;

  const learn = (input: Float32Array, label: number, weight: number) => {
    sums.set(firstBias.values);
    for (let d = 0; d < width; d++) {
      const x = random() < keepInput ? (input[d] as number) / keepInput : 0;
      seen[d] = x;
      if (x !== 0) for (let k = 0, at = d * hidden; k < hidden; k++, at++) sums[k] = (sums[k] as number) + x * (first.values[at] as number);
    }
    for (let k = 0; k < hidden; k++) active[k] = random() < keepHidden && (sums[k] as number) > 0 ? (sums[k] as number) / keepHidden : 0;
    const out = Float64Array.from(secondBias.values);
    for (let k = 0; k < hidden; k++)
      for (let c = 0; c < classes; c++) out[c] = (out[c] as number) + (active[k] as number) * (second.values[k * classes + c] as number);
    const p = softmax(out);
    back.fill(0);
    for (let c = 0; c < classes; c++) {
      const target = label === c ? 1 - settings.smoothing : settings.smoothing / (classes - 1);
      const g = weight * ((p[c] as number) - target);
      secondBias.gradient[c] = (secondBias.gradient[c] as number) + g;
      for (let k = 0; k < hidden; k++) {
        if (active[k] === 0) continue;
        const at = k * classes + c;
        second.gradient[at] = (second.gradient[at] as number) + g * (active[k] as number);
        back[k] = (back[k] as number) + (g * (second.values[at] as number)) / keepHidden;
      }
    }
    for (let k = 0; k < hidden; k++) firstBias.gradient[k] = (firstBias.gradient[k] as number) + (back[k] as number);
    for (let d = 0; d < width; d++) {
      const x = seen[d] as number;
      if (x !== 0)
        for (let k = 0, at = d * hidden; k < hidden; k++, at++)
          first.gradient[at] = (first.gradient[at] as number) + x * (back[k] as number);
    }
  };

  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    const rate = settings.rate * (1 - (0.9 * epoch) / settings.epochs);
    for (let start = 0; start < order.length; start += batchSize) {
      const batch = order.slice(start, start + batchSize);
      for (const i of batch) learn(inputs[i] as Float32Array, labels[i] as number, weights[i] as number);
      time++;
      for (const part of [first, firstBias, second, secondBias]) part.step(rate, time, batch.length);
    }
  }
  return { mean, scale, first: first.values, firstBias: firstBias.values, second: second.values, secondBias: secondBias.values };
}
