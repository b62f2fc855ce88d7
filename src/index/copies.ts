/** Equal texts, found before anything is embedded: a file of copies costs what its distinct texts cost. */
import type { SharedTexts } from '../context.js';

/**
 * For each text the first one that says the same to the letter (spaces, line ends and Unicode composition aside) and has the same owner;
 * itself where there is none before it. Hashes are checked against the texts, so that none is taken for another.
 */
export function findCopies(texts: SharedTexts, owners: Uint32Array): Uint32Array {
  const count = texts.starts.length - 1;
  const first = new Uint32Array(count);
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, count * 2)))).fill(-1);
  const hashes = new Int32Array(count);
  const reader = new CanonicalReader(texts);
  for (let row = 0; row < count; row += 1) {
    const hash = mix(reader.hashOf(row), owners[row] as number);
    hashes[row] = hash;
    let slot = (hash ^ (hash >>> 15)) & (slots.length - 1);
    for (;;) {
      const known = slots[slot] as number;
      if (known === -1) {
        slots[slot] = row;
        first[row] = row;
        break;
      }
      if (hashes[known] === hash && owners[known] === owners[row] && reader.areEqual(known, row)) {
        first[row] = known;
        break;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
  }
  return first;
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193);
}

/** The form of a text that `textKey` stands for, mostly without making a string of it. */
class CanonicalReader {
  readonly #bytes: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #buffer: Buffer;

  constructor({ bytes, starts }: SharedTexts) {
    this.#bytes = bytes;
    this.#starts = starts;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** FNV-1a of the bytes where they are canonical as they stand, else of the canonical form's. */
  hashOf(row: number): number {
    const start = this.#starts[row] as number;
    const end = this.#starts[row + 1] as number;
    const bytes = this.#bytes;
    let hash = 0x811c9dc5 | 0;
    let space = true;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] as number;
      const isSpace = byte === 0x20;
      if (byte > 0x7e || byte < 0x20 || (isSpace && space)) return this.#hashOfText(row);
      space = isSpace;
      hash = mix(hash, byte);
    }
    return space ? this.#hashOfText(row) : hash;
  }

  areEqual(a: number, b: number): boolean {
    const from = this.#starts[a] as number;
    const other = this.#starts[b] as number;
    const length = (this.#starts[a + 1] as number) - from;
    if (length === (this.#starts[b + 1] as number) - other) {
      let at = 0;
      while (at < length && this.#bytes[from + at] === this.#bytes[other + at]) at += 1;
      if (at === length) return true;
    }
    return this.#canonical(a) === this.#canonical(b);
  }

  #hashOfText(row: number): number {
    let hash = 0x811c9dc5 | 0;
    for (const byte of Buffer.from(this.#canonical(row), 'utf8')) hash = mix(hash, byte);
    return hash;
  }

  #canonical(row: number): string {
    return this.#buffer
      .toString('utf8', this.#starts[row], this.#starts[row + 1])
      .normalize('NFC')
      .replace(/\s+/gu, ' ')
      .trim();
  }
}
