/** How alike two texts are in meaning: cosine of the weighted means of their word vectors. */
import type { WordVectors } from '../context.js';
import { wordsOf } from './lexis.js';

export class Meaning {
  readonly #words: WordVectors;
  readonly #known = new Map<string, Float32Array>();

  constructor(words: WordVectors) {
    this.#words = words;
  }

  /** Unit length; all zeros where no word is known. Remembered by text, and not to be written to. */
  vectorOf(text: string): Float32Array {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const vector = new Float32Array(this.#words.dimensions);
    for (const word of wordsOf(text)) {
      const one = this.#words.vectorOf(word);
      const weight = this.#words.weightOf(word);
      if (one !== null) for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) + weight * (one[i] ?? 0);
    }
    const norm = Math.hypot(...vector);
    const unit = norm === 0 ? vector : vector.map((value) => value / norm);
    this.#known.set(text, unit);
    return unit;
  }

  /** -1 to 1; 0 where one of them has no known word. */
  similarity(a: string, b: string): number {
    const [x, y] = [this.vectorOf(a), this.vectorOf(b)];
    let dot = 0;
    for (let i = 0; i < x.length; i++) dot += (x[i] ?? 0) * (y[i] ?? 0);
    return dot;
  }
}
