/** What every search of near-plain.ts reads: the memory of a search as typed arrays, where its rows lie in it, and their products. */

const { fround } = Math;

/** The sum of four lanes of float32 numbers, first to last. */
function sumLanes(a: number, b: number, c: number, d: number): number {
  return fround(fround(fround(a + b) + c) + d);
}

function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Places are numbers of array elements, not bytes. Fields have the names of the globals of near.as. */
export class PlainRows {
  readonly #memory: WebAssembly.Memory;
  bytes = new Uint8Array();
  words = new Uint32Array();
  floats = new Float32Array();
  doubles = new Float64Array();
  vectors = 0;
  owners = 0;
  dimensions = 0;
  sketches = 0;
  limits = 0;
  cells = 0;
  probes = 0;
  tops = 0;
  starts = 0;
  fills = 0;
  entryRows = 0;
  entrySketches = 0;
  mean = 0;
  signs = 0;
  padded = 0;
  limitTable = 0;
  scratch = 0;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** Sees all of the memory; called first thing in every search, as a memory that has grown is another buffer. */
  renew(): void {
    const { buffer } = this.#memory;
    if (this.bytes.byteLength === buffer.byteLength) return;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.floats = new Float32Array(buffer);
    this.doubles = new Float64Array(buffer);
  }

  ownerOf(row: number): number {
    return this.words[this.owners + row] as number;
  }

  /** The product that is reported. */
  exact(a: number, b: number): number {
    const { floats, dimensions } = this;
    const x = this.vectors + a * dimensions;
    const y = this.vectors + b * dimensions;
    let sum = 0;
    for (let k = 0; k < dimensions; k += 1) sum += (floats[x + k] as number) * (floats[y + k] as number);
    return sum;
  }

  /** The product in the two times four lanes of near.as. */
  rough(a: number, b: number): number {
    const { floats, dimensions } = this;
    let x = this.vectors + a * dimensions;
    let y = this.vectors + b * dimensions;
    let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (const end = x + dimensions; x < end; x += 8, y += 8) {
      s0 = fround(s0 + fround((floats[x] as number) * (floats[y] as number)));
      s1 = fround(s1 + fround((floats[x + 1] as number) * (floats[y + 1] as number)));
      s2 = fround(s2 + fround((floats[x + 2] as number) * (floats[y + 2] as number)));
      s3 = fround(s3 + fround((floats[x + 3] as number) * (floats[y + 3] as number)));
      t0 = fround(t0 + fround((floats[x + 4] as number) * (floats[y + 4] as number)));
      t1 = fround(t1 + fround((floats[x + 5] as number) * (floats[y + 5] as number)));
      t2 = fround(t2 + fround((floats[x + 6] as number) * (floats[y + 6] as number)));
      t3 = fround(t3 + fround((floats[x + 7] as number) * (floats[y + 7] as number)));
    }
    return sumLanes(fround(s0 + t0), fround(s1 + t1), fround(s2 + t2), fround(s3 + t3));
  }

  /** The product in the four lanes of `searchAll` of near.as, which rounds otherwise than `rough`. */
  roughInFour(a: number, b: number): number {
    const { floats, dimensions } = this;
    let x = this.vectors + a * dimensions;
    let y = this.vectors + b * dimensions;
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (const end = x + dimensions; x < end; x += 4, y += 4) {
      s0 = fround(s0 + fround((floats[x] as number) * (floats[y] as number)));
      s1 = fround(s1 + fround((floats[x + 1] as number) * (floats[y + 1] as number)));
      s2 = fround(s2 + fround((floats[x + 2] as number) * (floats[y + 2] as number)));
      s3 = fround(s3 + fround((floats[x + 3] as number) * (floats[y + 3] as number)));
    }
    return sumLanes(s0, s1, s2, s3);
  }

  /** Bits that two words of 64 differ in. */
  differsInWord(x: number, y: number): number {
    const { words } = this;
    return countBits((words[x] as number) ^ (words[y] as number)) + countBits((words[x + 1] as number) ^ (words[y + 1] as number));
  }

  /** Bits that two halves of sketches differ in. */
  differsInHalf(x: number, y: number): number {
    return this.differsInWord(x, y) + this.differsInWord(x + 2, y + 2);
  }

  /** Bits that the sketches of two rows differ in. */
  differs(a: number, b: number): number {
    const x = this.sketches + 8 * a;
    const y = this.sketches + 8 * b;
    return this.differsInHalf(x, y) + this.differsInHalf(x + 4, y + 4);
  }

  /** The squared length of a row without the mean, in four lanes; what is left of it goes to `to`, filled up with zeros. */
  takeMean(row: number, to: number): number {
    const { floats, dimensions, mean } = this;
    const x = this.vectors + row * dimensions;
    const squares = [0, 0, 0, 0];
    floats.fill(0, to, to + this.padded);
    for (let k = 0; k < dimensions; k += 1) {
      const left = fround((floats[x + k] as number) - (floats[mean + k] as number));
      squares[k & 3] = fround((squares[k & 3] as number) + fround(left * left));
      floats[to + k] = left;
    }
    const [a, b, c, d] = squares as [number, number, number, number];
    return sumLanes(a, b, c, d);
  }
}
