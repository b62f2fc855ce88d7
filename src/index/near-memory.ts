/**
 * The shared memory of one search for near rows: vectors and all that near.as reads and writes, in one WebAssembly memory that worker
 * threads see without a copy.
 */
import { UserError } from '../errors.js';
import { nearModule } from './near-module.js';
import { type NearKernel, plainKernel } from './near-plain.js';

/** Bytes of a page of WebAssembly memory, and pages of the largest one. */
const pageBytes = 65_536;
const mostPages = 65_536;

/** Addresses in the memory of a search, and its sizes. Plain data: it travels to the threads. */
export interface NearLayout {
  /** Tells searches apart, so that a thread keeps its instance. */
  readonly id: number;
  readonly memory: WebAssembly.Memory;
  readonly count: number;
  /** Numbers of a row in memory: zeros fill its dimensions up to a multiple of 8. */
  readonly stride: number;
  readonly vectors: number;
  readonly owners: number;
  /** i32 by row: what was found, -1 for nothing. */
  readonly found: number;
  /** f64 by row: the product with it. */
  readonly products: number;
  /** u32: threads that have taken their room. */
  readonly slots: number;
}

let searches = 0;

/** Room for further arrays behind what is laid out. */
export class NearMemory {
  readonly layout: NearLayout;
  readonly #memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: true });
  #end = 64;

  /**
   * @throws UserError `usage` where `count` rows do not fit into 4 GiB with what a search of them needs.
   */
  constructor(count: number, dimensions: number) {
    const stride = Math.ceil(dimensions / 8) * 8;
    searches += 1;
    this.layout = {
      id: searches,
      memory: this.#memory,
      count,
      stride,
      slots: this.reserve(64),
      vectors: this.reserve(count * stride * 4),
      owners: this.reserve(count * 4),
      found: this.reserve(count * 4),
      products: this.reserve(count * 8),
    };
  }

  /** Takes room for an array, all zeros, at a multiple of 64; never at 0. */
  reserve(bytes: number): number {
    const at = Math.ceil(this.#end / 64) * 64;
    const pages = Math.ceil((at + bytes) / pageBytes);
    if (pages > mostPages) {
      throw new UserError(
        'usage',
        'So many records need more than the 4 GiB that one search can address. Split the file, by owner or by what it is about.',
      );
    }
    const missing = pages - this.#memory.buffer.byteLength / pageBytes;
    if (missing > 0) this.#memory.grow(missing);
    this.#end = at + bytes;
    return at;
  }
}

const moduleBytes = Buffer.from(nearModule, 'base64');
let compiled: WebAssembly.Module | null = null;

/** The functions of near.as over a memory, or with the same bits in plain JavaScript where the processor has no SIMD for WebAssembly. */
export function startNear(memory: WebAssembly.Memory, plain = false): NearKernel {
  if (plain || !WebAssembly.validate(moduleBytes)) return plainKernel(memory);
  compiled ??= new WebAssembly.Module(moduleBytes);
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as NearKernel; // our own module, see near.as
}
