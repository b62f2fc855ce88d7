/**
 * Files as bytes: chunks and lines, with a bound on what is held. Lines end at 0x0A and nowhere else: a lone carriage return
 * and U+2028 stand inside JSON strings of real transcripts, where a text-mode reader would cut.
 */
import { open } from 'node:fs/promises';

const chunkBytes = 1 << 18;

/** A longer line is skipped and reported; no client writes one on purpose. */
export const maxRecordBytes = 64 * 1024 * 1024;

export interface Line {
  /** 1-based. */
  readonly line: number;
  /** Without line end and byte order mark. Only valid until the next line is asked for. Empty if `tooLong`. */
  readonly bytes: Uint8Array;
  readonly tooLong: boolean;
  /** False for a last line that has no 0x0A: its writer may have died, or still be writing. */
  readonly ended: boolean;
}

/**
 * The bytes of a file in order. The buffer is one and the same: a chunk is valid until the next is asked for.
 * @throws Error of the file system, with its `code`.
 */
export async function* readChunks(file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const buffer = new Uint8Array(chunkBytes);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Collects the pieces of something that spans chunks, up to a limit; beyond it only the fact is kept. */
export class Pieces {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #length = 0;
  #tooLong = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get empty(): boolean {
    return this.#length === 0 && !this.#tooLong;
  }

  /** Copies, since chunks are reused. */
  add(bytes: Uint8Array): void {
    if (this.#tooLong || bytes.length === 0) return;
    this.#length += bytes.length;
    if (this.#length > this.#limit) {
      this.#parts = [];
      this.#tooLong = true;
    } else this.#parts.push(bytes.slice());
  }

  /** What was collected with `last` behind it; the collection is empty afterwards. `last` itself where nothing else was held. */
  take(last: Uint8Array): { readonly bytes: Uint8Array; readonly tooLong: boolean } {
    const tooLong = this.#tooLong || this.#length + last.length > this.#limit;
    const bytes = tooLong ? new Uint8Array(0) : this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#length = 0;
    this.#tooLong = false;
    return { bytes, tooLong };
  }
}

/** The start of a file without the UTF-8 byte order mark. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** Without the carriage return of a CRLF file and, on the first line, without the byte order mark. */
function trimLine(bytes: Uint8Array, first: boolean): Uint8Array {
  const text = first ? withoutMark(bytes) : bytes;
  return text.at(-1) === 0x0d ? text.subarray(0, -1) : text;
}

/**
 * The lines of a file, a batch for each chunk: lines are many and a wait for each one would cost more than its parsing.
 * @throws Error of the file system, with its `code`.
 */
export async function* readLines(file: string, signal: AbortSignal, limit = maxRecordBytes): AsyncGenerator<Iterable<Line>> {
  const held = new Pieces(limit);
  let line = 0;
  let open = false;
  function* split(chunk: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const { bytes, tooLong } = held.take(chunk.subarray(start, end));
      line += 1;
      open = false;
      start = end + 1;
      yield { line, bytes: trimLine(bytes, line === 1), tooLong, ended: true };
    }
    held.add(chunk.subarray(start));
    open ||= start < chunk.length;
  }
  for await (const chunk of readChunks(file, signal)) yield split(chunk);
  if (!open) return;
  const { bytes, tooLong } = held.take(new Uint8Array(0));
  yield [{ line: line + 1, bytes: trimLine(bytes, line === 0), tooLong, ended: false }];
}
