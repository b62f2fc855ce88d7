/** What matmul.wat does, in plain JavaScript, for processors without SIMD and as its test. */
import type { Loops } from './kernel.js';

/** Columns of a block of weights, for `matmul` and for `positives`. */
const [narrow, broad] = [16, 48] as const;
const linkCount = 6;

function matmulOf(numbers: Float32Array): Loops['matmul'] {
  return (x, xs, w, ws, wb, b, bs, out, os, rows, k, n) => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < n; column++) {
        const from = (w + Math.floor(column / narrow) * wb) / 4 + (column % narrow);
        let sum = numbers[(b + row * bs) / 4 + column] as number;
        for (let i = 0; i < k; i++) {
          const product = Math.fround((numbers[(x + row * xs) / 4 + i] as number) * (numbers[from + (i * ws) / 4] as number));
          sum = Math.fround(sum + product);
        }
        numbers[(out + row * os) / 4 + column] = sum;
      }
    }
  };
}

function positivesOf(numbers: Float32Array): Loops['positives'] {
  return (x, w, b, out, rows, k, n) => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < n; column++) {
        const from = w / 4 + Math.floor(column / broad) * broad * k + (column % broad);
        let sum = numbers[b / 4 + column] as number;
        for (let i = 0; i < k; i++) {
          const value = numbers[x / 4 + row * k + i] as number;
          if (value > 0) sum = Math.fround(sum + Math.fround(value * (numbers[from + i * broad] as number)));
        }
        numbers[out / 4 + row * n + column] = sum;
      }
    }
  };
}

function addOf(numbers: Float32Array): Loops['add'] {
  return (to, from, count) => {
    for (let i = 0; i < count; i++) numbers[to / 4 + i] = (numbers[to / 4 + i] as number) + (numbers[from / 4 + i] as number);
  };
}

function normaliseOf(numbers: Float32Array): Loops['normalise'] {
  return (x, y, scale, shift, rows, width) => {
    for (let row = 0; row < rows; row++) {
      const [from, to] = [x / 4 + row * width, y / 4 + row * width];
      let mean = 0;
      for (let d = 0; d < width; d++) mean += numbers[from + d] as number;
      mean /= width;
      let variance = 0;
      for (let d = 0; d < width; d++) variance += ((numbers[from + d] as number) - mean) ** 2;
      const factor = 1 / Math.sqrt(variance / width + 1e-5);
      for (let d = 0; d < width; d++)
        numbers[to + d] =
          ((numbers[from + d] as number) - mean) * factor * (numbers[scale / 4 + d] as number) + (numbers[shift / 4 + d] as number);
    }
  };
}

function softmaxOf(numbers: Float32Array): Loops['softmax'] {
  return (at, step, rows, count) => {
    for (let i = 0; i < rows; i++) {
      const row = (at + i * step) / 4;
      let top = Number.NEGATIVE_INFINITY;
      for (let j = row; j < row + count; j++) if ((numbers[j] as number) > top) top = numbers[j] as number;
      let sum = 0;
      for (let j = row; j < row + count; j++) {
        const value = Math.exp((numbers[j] as number) - top);
        numbers[j] = value;
        sum += value;
      }
      for (let j = row; j < row + count; j++) numbers[j] = (numbers[j] as number) / sum;
    }
  };
}

function turnOf(numbers: Float32Array): Loops['turn'] {
  return (from, step, to, rows, columns) => {
    for (let row = 0; row < rows; row++) {
      const at = to / 4 + Math.floor(row / narrow) * narrow * columns + (row % narrow);
      for (let d = 0; d < columns; d++) numbers[at + d * narrow] = numbers[(from + row * step) / 4 + d] as number;
    }
  };
}

function knownOf(numbers: Float32Array): Loops['known'] {
  return (out, step, n, m, band, links, by) => {
    const rows = n + m;
    const [to, wide, coefficients] = [out / 4, step / 4, by / 4];
    for (let i = 0; i < rows; i++) {
      const end = i < n ? n : rows;
      for (let j = i < n ? 0 : n; j < end; j++) numbers[to + i * wide + j] = numbers[band / 4 + j - i] as number;
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        const from = links / 4 + (i * m + j) * linkCount;
        let sum = numbers[coefficients + linkCount] as number;
        for (let c = 0; c < linkCount; c++) sum += (numbers[from + c] as number) * (numbers[coefficients + c] as number);
        numbers[to + i * wide + n + j] = sum;
        numbers[to + (n + j) * wide + i] = sum;
      }
    }
  };
}

/** The loops over a memory; every result has the bits that matmul.wat gives. */
export function plainLoops(numbers: Float32Array): Loops {
  return {
    matmul: matmulOf(numbers),
    positives: positivesOf(numbers),
    add: addOf(numbers),
    normalise: normaliseOf(numbers),
    softmax: softmaxOf(numbers),
    turn: turnOf(numbers),
    known: knownOf(numbers),
  };
}
