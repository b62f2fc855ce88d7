/** What is known of pairs of small numbers, found faster than in a map of maps. */

const smallest = 1024;

/** Open addressing over two numbers; emptied when `most` pairs are in it. */
export class PairTable<T> {
  readonly #most: number;
  #count = 0;
  /** First and second number of each place, -1 where free. */
  #keys = new Int32Array(2 * smallest).fill(-1);
  #values = new Array<T>(smallest);

  constructor(most: number) {
    this.#most = most;
  }

  get(a: number, b: number): T | undefined {
    const place = this.#find(a, b);
    return this.#keys[2 * place] === -1 ? undefined : this.#values[place];
  }

  /** For a pair that is not in it. */
  add(a: number, b: number, value: T): void {
    if (this.#count >= this.#most) this.#start(smallest);
    else if (2 * this.#count >= this.#keys.length / 2) this.#grow();
    this.#put(a, b, value);
  }

  /** The place of the pair, or the free one where it would be. */
  #find(a: number, b: number): number {
    const keys = this.#keys;
    const mask = keys.length / 2 - 1;
    let place = Math.imul(Math.imul(a, 0x9e3779b1) ^ b, 0x85ebca6b);
    place = (place ^ (place >>> 15)) & mask;
    while (keys[2 * place] !== -1 && (keys[2 * place] !== a || keys[2 * place + 1] !== b)) place = (place + 1) & mask;
    return place;
  }

  #put(a: number, b: number, value: T): void {
    const place = this.#find(a, b);
    this.#keys[2 * place] = a;
    this.#keys[2 * place + 1] = b;
    this.#values[place] = value;
    this.#count++;
  }

  #start(places: number): void {
    this.#keys = new Int32Array(2 * places).fill(-1);
    this.#values = new Array<T>(places);
    this.#count = 0;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#start(keys.length);
    for (let place = 0; 2 * place < keys.length; place++) {
      const a = keys[2 * place] as number;
      if (a !== -1) this.#put(a, keys[2 * place + 1] as number, values[place] as T);
    }
  }
}
