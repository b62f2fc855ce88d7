/**
 * A JSON document read piece by piece: the elements of its big arrays and its small fields, each as bytes, so that a document
 * of any size is never held. Only strings and depth are followed; each piece is parsed, and so checked, by whoever takes it.
 */
import { maxRecordBytes, Pieces, readChunks } from './bytes.js';

/** Arrays of an object whose elements are records. */
const slots = new Set(['messages', 'loglines', 'trajectory', 'history', 'simulations', 'events', 'data']);

/** Fields of an object that tell something about the session; all others are passed over. */
const headFields = new Set([
  'sessionId',
  'session_id',
  'conversation_id',
  'id',
  'info',
  'projectHash',
  'startTime',
  'trajectory_format',
  'task_id',
  'trial',
  'reward_info',
  'termination_reason',
  'cwd',
]);

export interface Piece {
  readonly kind: 'field' | 'element';
  /** Name of the field, or of the array that the element stands in; null for elements of a document that is an array. */
  readonly key: string | null;
  /** 1-based line where it starts. */
  readonly line: number;
  /** Only valid until the next piece is asked for. Empty if `tooLong`. */
  readonly bytes: Uint8Array;
  readonly tooLong: boolean;
  /** False where the document ends in the middle of it. */
  readonly complete: boolean;
}

const byte = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  open: 0x5b,
  backslash: 0x5c,
  close: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

/** Where the scan is: what was opened, and the piece that is being collected. */
interface Scan {
  line: number;
  depth: number;
  inString: boolean;
  escaped: boolean;
  /** Depth of the values that are pieces: 1, or 2 inside a slot. */
  pieceDepth: number;
  isObject: boolean;
  slot: string | null;
  /** The key whose value comes next, in an object outside of slots. */
  key: string | null;
  /** True between a key and its comma. */
  inValue: boolean;
  collecting: 'key' | 'field' | 'element' | 'skipped' | null;
  pieceLine: number;
  readonly held: Pieces;
}

function keyName(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').trim().slice(1, -1);
}

/** What starts here, or null where the byte is punctuation. */
function pieceKind(scan: Scan, c: number): Scan['collecting'] {
  if (c === byte.comma || c === byte.colon || c === byte.close || c === byte.closeObject) return null;
  if (scan.slot !== null || !scan.isObject) return 'element';
  if (!scan.inValue) return 'key';
  if (c === byte.open && scan.key !== null && slots.has(scan.key)) return null;
  return scan.key !== null && headFields.has(scan.key) ? 'field' : 'skipped';
}

/** Depth and slots, for a byte outside of strings. */
function nest(scan: Scan, c: number): void {
  if (c === byte.open || c === byte.openObject) {
    if (scan.depth === 0) scan.isObject = c === byte.openObject;
    else if (c === byte.open && scan.depth === 1 && scan.isObject && scan.inValue && scan.collecting === null) {
      scan.slot = scan.key;
      scan.pieceDepth = 2;
    }
    scan.depth += 1;
  } else if (c === byte.close || c === byte.closeObject) {
    scan.depth -= 1;
    if (scan.depth === 1 && scan.slot !== null) {
      scan.slot = null;
      scan.pieceDepth = 1;
    }
  } else if (scan.depth === 1 && scan.isObject && scan.slot === null) {
    if (c === byte.colon) scan.inValue = true;
    else if (c === byte.comma) scan.inValue = false;
  }
}

/** Ends the piece that is being collected; null for keys and for what is passed over. */
function finish(scan: Scan, last: Uint8Array, complete: boolean): Piece | null {
  const kind = scan.collecting;
  scan.collecting = null;
  const { bytes, tooLong } = scan.held.take(kind === 'skipped' ? new Uint8Array(0) : last);
  if (kind === 'key') scan.key = keyName(bytes);
  if (kind !== 'field' && kind !== 'element') return null;
  return { kind, key: kind === 'field' ? scan.key : scan.slot, line: scan.pieceLine, bytes, tooLong, complete };
}

/** True where the byte stands right behind a piece. */
function endsPiece(scan: Scan, c: number): boolean {
  if (scan.depth !== scan.pieceDepth) return false;
  return c === byte.comma || c === byte.close || c === byte.closeObject || (c === byte.colon && scan.collecting === 'key');
}

/** Goes on to the end of a string; returns the offset behind it, or the chunk's end. */
function passString(scan: Scan, chunk: Uint8Array, from: number): number {
  for (let i = from; i < chunk.length; i++) {
    const c = chunk[i];
    if (scan.escaped) scan.escaped = false;
    else if (c === byte.backslash) scan.escaped = true;
    else if (c === byte.quote) {
      scan.inString = false;
      return i + 1;
    } else if (c === 0x0a) scan.line += 1;
  }
  return chunk.length;
}

/** Starts or ends a piece at a byte that is neither space nor inside a string. */
function visit(scan: Scan, chunk: Uint8Array, at: { readonly start: number; readonly offset: number }): Piece | 'started' | null {
  const c = chunk[at.offset] ?? 0;
  if (scan.collecting !== null) return endsPiece(scan, c) ? finish(scan, chunk.subarray(at.start, at.offset), true) : null;
  if (scan.depth !== scan.pieceDepth) return null;
  scan.collecting = pieceKind(scan, c);
  scan.pieceLine = scan.line;
  return 'started';
}

function* scanChunk(scan: Scan, chunk: Uint8Array): Generator<Piece> {
  let start = 0;
  let i = 0;
  while (i < chunk.length) {
    if (scan.inString) {
      i = passString(scan, chunk, i);
      continue;
    }
    const c = chunk[i] ?? 0;
    if (c === 0x0a) scan.line += 1;
    if (c > 0x20) {
      const seen = visit(scan, chunk, { start, offset: i });
      if (seen === 'started') start = i;
      else if (seen !== null) yield seen;
      if (c === byte.quote) scan.inString = true;
      else nest(scan, c);
    }
    i += 1;
  }
  if (scan.collecting !== null && scan.collecting !== 'skipped') scan.held.add(chunk.subarray(start));
}

/**
 * The pieces of a JSON document that is an array or an object, a batch for each chunk of the file.
 * Returns the line where the document breaks off between two pieces, else null; one that breaks off inside a piece ends with
 * that piece, not `complete`.
 * @throws Error of the file system, with its `code`.
 */
export async function* readElements(file: string, signal: AbortSignal): AsyncGenerator<Iterable<Piece>, number | null> {
  const scan: Scan = {
    line: 1,
    depth: 0,
    inString: false,
    escaped: false,
    pieceDepth: 1,
    isObject: false,
    slot: null,
    key: null,
    inValue: false,
    collecting: null,
    pieceLine: 1,
    held: new Pieces(maxRecordBytes),
  };
  for await (const chunk of readChunks(file, signal)) yield scanChunk(scan, chunk);
  if (scan.collecting !== null) {
    const piece = finish(scan, new Uint8Array(0), false);
    if (piece !== null) {
      yield [piece];
      return null;
    }
  }
  return scan.depth === 0 ? null : scan.line;
}
