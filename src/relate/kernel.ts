/** Products of matrices in float32, in WebAssembly (matmul.wat) or, with the same bits, in plain JavaScript. */
import { matmulModule } from './matmul.js';

/** A multiplier with its own memory, all zeros at first. */
export interface Kernel {
  readonly numbers: Float32Array;
  /**
   * out[rows x n] = x[rows x k] * w[k x n] + b. Each address is followed by the step from row to row, both in bytes; a step of 0 for
   * `b` adds one row to all. `n` is a multiple of 16 and `rows` at least 2.
   */
  readonly matmul: (
    x: number,
    xs: number,
    w: number,
    ws: number,
    b: number,
    bs: number,
    out: number,
    os: number,
    rows: number,
    k: number,
    n: number,
  ) => void;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly matmul: Kernel['matmul'];
}

/** `length` numbers of memory; plain JavaScript where asked for, or where the processor has no SIMD for WebAssembly. */
export function startKernel(length: number, plain = false): Kernel {
  const bytes = Buffer.from(matmulModule, 'base64');
  if (plain || !WebAssembly.validate(bytes)) return plainKernel(length);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { memory, matmul } = instance.exports as unknown as Exports; // our own module, see matmul.wat
  memory.grow(Math.ceil((length * 4) / 65536));
  return { numbers: new Float32Array(memory.buffer), matmul };
}

function plainKernel(length: number): Kernel {
  const numbers = new Float32Array(length);
  const matmul: Kernel['matmul'] = (x, xs, w, ws, b, bs, out, os, rows, k, n) => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < n; column++) {
        let sum = numbers[(b + row * bs) / 4 + column] as number;
        for (let i = 0; i < k; i++) {
          const product = Math.fround((numbers[(x + row * xs) / 4 + i] as number) * (numbers[(w + i * ws) / 4 + column] as number));
          sum = Math.fround(sum + product);
        }
        numbers[(out + row * os) / 4 + column] = sum;
      }
    }
  };
  return { numbers, matmul };
}
