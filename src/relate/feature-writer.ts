/** Values in the order they were written, with their names where asked for; grows once and is read many times. */
export class FeatureWriter {
  #values = new Float64Array(64);
  readonly #names: string[] | null;
  #length = 0;

  /** `named` keeps the names too, for whoever writes them into a model. */
  constructor(named: boolean) {
    this.#names = named ? [] : null;
  }

  get length(): number {
    return this.#length;
  }

  add(name: string, value: number): void {
    if (this.#length === this.#values.length) {
      const wider = new Float64Array(this.#length * 2);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.#length++] = value;
    this.#names?.push(name);
  }

  copyTo(row: Float64Array, at: number): void {
    for (let i = 0; i < this.#length; i++) row[at + i] = this.#values[i] ?? 0;
  }

  names(): readonly string[] {
    if (this.#names === null) throw new Error('written without names');
    return this.#names;
  }
}
