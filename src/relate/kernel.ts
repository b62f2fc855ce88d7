/** The loops of the attention network in float32, in WebAssembly (matmul.wat) or, with the same bits, in plain JavaScript. */
import { plainLoops } from './kernel-plain.js';
import { matmulModule } from './matmul.js';

/** All addresses and steps are in bytes; a step leads from one row to the next. */
export interface Loops {
  /**
   * out[rows x n] = x[rows x k] * w[k x n] + b. The columns of `w` stand in blocks of 16 that lie `wb` apart, each with its rows `ws`
   * apart; `bs` of 0 adds one row to all. `n` is a multiple of 16 and `rows` at least 2.
   */
  readonly matmul: (
    x: number,
    xs: number,
    w: number,
    ws: number,
    wb: number,
    b: number,
    bs: number,
    out: number,
    os: number,
    rows: number,
    k: number,
    n: number,
  ) => void;
  /**
   * The same for dense rows of max(x, 0), passing over what is not positive; the columns of `w` stand in blocks of 48. `list` has room for
   * 2 * k numbers.
   */
  readonly positives: (x: number, w: number, b: number, out: number, rows: number, k: number, n: number, list: number) => void;
  /** `to` += `from`; `count` is a multiple of 4. */
  readonly add: (to: number, from: number, count: number) => void;
  /** Layer normalisation of each row of `x`, to `y`. */
  readonly normalise: (x: number, y: number, scale: number, shift: number, rows: number, width: number) => void;
  /** Over the first `count` numbers of each row, in place; the number after an odd `count` is garbage then. */
  readonly softmax: (at: number, step: number, rows: number, count: number) => void;
  /** Rows to columns, in the blocks of 16 columns that `matmul` reads; `columns` and the rows that may be read are multiples of 4. */
  readonly turn: (from: number, step: number, to: number, rows: number, columns: number) => void;
  /**
   * What is known of each two of `n` tokens and `m` more: `band`, by distance, of two of one side, the six `links` of two of different
   * sides times the first numbers at `by`, plus the seventh. `band` is the place of distance 0.
   */
  readonly known: (out: number, step: number, n: number, m: number, band: number, links: number, by: number) => void;
}

/** Loops with their own memory. Its first 64 numbers are theirs, the others are zeros at first. */
export interface Kernel extends Loops {
  readonly numbers: Float32Array;
}

interface Exports extends Loops {
  readonly memory: WebAssembly.Memory;
}

/** `length` numbers of memory; plain JavaScript where asked for, or where the processor has no SIMD for WebAssembly. */
export function startKernel(length: number, plain = false): Kernel {
  const bytes = Buffer.from(matmulModule, 'base64');
  if (plain || !WebAssembly.validate(bytes)) {
    const numbers = new Float32Array(length);
    return { numbers, ...plainLoops(numbers) };
  }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { memory, ...loops } = instance.exports as unknown as Exports; // our own module, see matmul.wat
  memory.grow(Math.ceil((length * 4) / 65536));
  return { numbers: new Float32Array(memory.buffer), ...loops };
}
