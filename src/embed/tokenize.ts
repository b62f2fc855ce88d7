/**
 * BERT's uncased WordPiece (https://arxiv.org/abs/1810.04805), equal to @huggingface/tokenizers with BertNormalizer and
 * BertPreTokenizer for every text, special tokens aside: `[CLS]` in a text is a bracket and three letters here.
 *
 * Plain ASCII, nearly all there is, is split in one scan and its words are looked up by a hash over their bytes, so that no
 * string is made for a word that was seen before. Everything else goes through the Unicode path below.
 */

/** A tokenizer and the words it remembers; not to be shared between threads. */
export interface Tokenizer {
  /**
   * Piece ids of a text in order, unknown words left out. The array is a view that is only valid until the next call.
   */
  readonly encode: (text: string) => Int32Array;
  /** Like `encode`, an unknown word being the id of `[UNK]`. */
  readonly encodeWithUnknown: (text: string) => Int32Array;
}

const maxWordCharacters = 100;
const maxCachedWords = 1 << 17;

/** Character classes of the basic tokenizer. */
const kind = { word: 1, drop: 2, space: 3, ideograph: 4 } as const;

/** Classes of the code units 0 to 0xffff, found out when first met; 0 is not looked at yet. */
const classes = new Uint8Array(0x10000);

/**
 * Makes a tokenizer for a vocabulary in id order; continuation pieces start with `##`.
 */
export function createTokenizer(vocabulary: readonly string[]): Tokenizer {
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const unknown = ids.get('[UNK]') ?? -1;
  const words = new WordTable();
  let out = new Int32Array(1024);
  let length = 0;

  const push = (id: number): void => {
    if (length === out.length) {
      const larger = new Int32Array(out.length * 2);
      larger.set(out);
      out = larger;
    }
    out[length++] = id;
  };
  const pushWord = (pieces: readonly number[]): void => {
    for (const id of pieces) push(id);
  };
  const encodeWithUnknown = (text: string): Int32Array => {
    length = 0;
    if (isPlain(text)) scanPlain(text, words, ids, unknown, pushWord);
    else for (const word of splitUnicode(text)) pushWord(wordPieces(word, ids, unknown));
    return out.subarray(0, length);
  };
  const encode = (text: string): Int32Array => {
    const all = encodeWithUnknown(text);
    let kept = 0;
    for (const id of all) if (id !== unknown) all[kept++] = id;
    return all.subarray(0, kept);
  };
  return { encode, encodeWithUnknown };
}

/** True where every character is printable ASCII, tab or a line end: no normalisation is needed but lower case. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7e || (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d)) return false;
  }
  return true;
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39);
}

function scanPlain(
  text: string,
  words: WordTable,
  ids: ReadonlyMap<string, number>,
  unknown: number,
  pushWord: (pieces: readonly number[]) => void,
): void {
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code <= 0x20) {
      at++;
      continue;
    }
    const start = at++;
    let hash = mix(hashStart, lower(code));
    if (isAlphanumeric(code)) {
      for (; at < text.length; at++) {
        const next = text.charCodeAt(at);
        if (!isAlphanumeric(next)) break;
        hash = mix(hash, lower(next));
      }
    }
    pushWord(
      words.find(text, start, at, hash) ?? words.add(text, start, at, hash, wordPieces(text.slice(start, at).toLowerCase(), ids, unknown)),
    );
  }
}

const hashStart = 0x811c9dc5 | 0;

/** FNV-1a, one byte at a time. */
function mix(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

function lower(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
}

/** Words in lower case and their pieces, found by hash and then compared letter by letter; emptied when it is full. */
class WordTable {
  readonly #words: string[] = [];
  readonly #pieces: (readonly number[])[] = [];
  #hashes = new Int32Array(1 << 12);
  /** Entry number plus one; 0 is free. */
  #slots = new Int32Array(1 << 12);

  find(text: string, start: number, end: number, hash: number): readonly number[] | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] ?? 0;
      if (entry === 0) return undefined;
      if (this.#hashes[slot] === hash && sameWord(this.#words[entry - 1] ?? '', text, start, end)) return this.#pieces[entry - 1];
    }
  }

  add(text: string, start: number, end: number, hash: number, pieces: readonly number[]): readonly number[] {
    if (this.#words.length >= maxCachedWords) this.#reset(1 << 12);
    else if (this.#words.length * 2 >= this.#slots.length) this.#grow();
    this.#words.push(text.slice(start, end).toLowerCase());
    this.#pieces.push(pieces);
    this.#place(hash, this.#words.length);
    return pieces;
  }

  #place(hash: number, entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry;
    this.#hashes[slot] = hash;
  }

  #grow(): void {
    const [slots, hashes] = [this.#slots, this.#hashes];
    this.#slots = new Int32Array(slots.length * 2);
    this.#hashes = new Int32Array(slots.length * 2);
    for (const [slot, entry] of slots.entries()) if (entry !== 0) this.#place(hashes[slot] ?? 0, entry);
  }

  #reset(size: number): void {
    this.#words.length = 0;
    this.#pieces.length = 0;
    this.#slots = new Int32Array(size);
    this.#hashes = new Int32Array(size);
  }
}

/** FNV's low bits depend on the last letters most; the high ones are folded in. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

function sameWord(word: string, text: string, start: number, end: number): boolean {
  if (word.length !== end - start) return false;
  for (let i = 0; i < word.length; i++) if (word.charCodeAt(i) !== lower(text.charCodeAt(start + i))) return false;
  return true;
}

/** Longest match first; a word that cannot be covered, or of more than 100 characters, is one unknown. */
function wordPieces(word: string, ids: ReadonlyMap<string, number>, unknown: number): readonly number[] {
  const whole = ids.get(word);
  const characters = [...word];
  if (characters.length > maxWordCharacters) return [unknown];
  if (whole !== undefined) return [whole];
  const pieces: number[] = [];
  for (let start = 0; start < characters.length; ) {
    let end = characters.length;
    let id: number | undefined;
    for (; end > start; end--) {
      id = ids.get((start > 0 ? '##' : '') + characters.slice(start, end).join(''));
      if (id !== undefined) break;
    }
    if (id === undefined) return [unknown];
    pieces.push(id);
    start = end;
  }
  return pieces;
}

/** Clean, set ideographs apart, lower case, decompose, drop accents, split at spaces and punctuation. */
function splitUnicode(text: string): readonly string[] {
  let clean = '';
  for (const character of text) {
    const found = classOf(character);
    if (found === kind.drop) continue;
    if (found === kind.space) clean += ' ';
    else clean += found === kind.ideograph ? ` ${character} ` : character;
  }
  const plain = clean
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
  return plain.match(/[^\s\p{P}!-/:-@[-`{-~]+|[\p{P}!-/:-@[-`{-~]/gu) ?? [];
}

function classOf(character: string): number {
  const code = character.charCodeAt(0);
  if (character.length > 1) return /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(character) ? kind.drop : kind.word;
  const known = classes[code] ?? 0;
  if (known !== 0) return known;
  const found = classify(character, code);
  classes[code] = found;
  return found;
}

function classify(character: string, code: number): number {
  if (character === '\t' || character === '\n' || character === '\r') return kind.space;
  if (code === 0 || code === 0xfffd || /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(character)) return kind.drop;
  if (/\s/u.test(character)) return kind.space;
  return isIdeograph(code) ? kind.ideograph : kind.word;
}

/** The blocks of BERT's tokenizer inside the basic plane; the reference looks at single code units and splits no others. */
function isIdeograph(code: number): boolean {
  return (code >= 0x4e00 && code <= 0x9fff) || (code >= 0x3400 && code <= 0x4dbf) || (code >= 0xf900 && code <= 0xfaff);
}
