/**
 * JSON with byte positions. The tree is parsed from the Latin-1 view of the bytes, where one character is one byte, so its offsets are
 * byte offsets; strings are decoded from their own bytes.
 */
import { type Node, type ParseError, parseTree } from 'jsonc-parser';
import type { Span } from '../memory.js';
import { bufferOf } from './bytes.js';

/** A JSON value in a file. */
export interface JsonValue extends Span {
  readonly node: Node;
  /** The file it stands in. */
  readonly bytes: Uint8Array;
  /** Added to the node's offsets. */
  readonly base: number;
}

/** The plain value of strict JSON (no comments, no trailing commas); undefined where the bytes are not one JSON value. */
export function readJson(bytes: Uint8Array, span: Span): unknown {
  try {
    const data: unknown = JSON.parse(bufferOf(bytes).toString('utf8', span.start, span.end));
    return data;
  } catch {
    // SyntaxError, or a RangeError where it is too long for a string: no JSON we can use, the caller reports the place.
    return undefined;
  }
}

/** The tree of strict JSON; null where the bytes are not one JSON value, or one that is nested too deep to be walked. */
export function parseJson(bytes: Uint8Array, span: Span): JsonValue | null {
  return readJson(bytes, span) === undefined ? null : jsonTree(bytes, span);
}

/** The tree of bytes that `readJson` has accepted; null where it is nested too deep. */
export function jsonTree(bytes: Uint8Array, span: Span): JsonValue | null {
  try {
    const errors: ParseError[] = [];
    const text = bufferOf(bytes).toString('latin1', span.start, span.end);
    const node = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
    return node === undefined || errors.length > 0 ? null : at(node, bytes, span.start);
  } catch {
    // RangeError: the parser's stack is not deep enough.
    return null;
  }
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/**
 * Where the string under a key of an object stands, quotes included: the last one where a key stands twice, null where the value is no
 * string. For bytes that `readJson` has accepted; a hundred times cheaper than a tree.
 */
export function stringPlace(bytes: Uint8Array, span: Span, key: string): Span | null {
  let depth = 0;
  let place: Span | null = null;
  for (let at = span.start; at < span.end; at += 1) {
    const byte = bytes[at];
    if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte === quote) {
      const end = stringEnd(bytes, at);
      const after = skipSpace(bytes, end);
      if (depth === 1 && bytes[after] === colon && isString(bytes, { start: at, end }, key)) {
        const start = skipSpace(bytes, after + 1);
        place = bytes[start] === quote ? { start, end: stringEnd(bytes, start) } : null;
      }
      at = end - 1;
    }
  }
  return place;
}

function isString(bytes: Uint8Array, span: Span, text: string): boolean {
  const raw = bufferOf(bytes).toString('utf8', span.start, span.end);
  return raw.includes('\\') ? JSON.parse(raw) === text : raw.slice(1, -1) === text;
}

/** Behind the closing quote of the string that opens at `start`. */
function stringEnd(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(quote, start + 1); at !== -1; at = bytes.indexOf(quote, at + 1)) {
    let escapes = 0;
    while (bytes[at - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return bytes.length;
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at += 1;
  return at;
}

/** A key of a plain value as it is, or a dotted path into nested objects; undefined where there is none. */
export function dataAt(data: unknown, path: string): unknown {
  if (!isPlainObject(data)) return undefined;
  if (Object.hasOwn(data, path)) return data[path];
  if (!path.includes('.')) return undefined;
  let current: unknown = data;
  for (const key of path.split('.')) current = isPlainObject(current) && Object.hasOwn(current, key) ? current[key] : undefined;
  return current;
}

export function isPlainObject(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

/** The member of an object, the last one where a key stands twice; null where there is none. */
export function member(value: JsonValue, key: string): JsonValue | null {
  if (value.node.type !== 'object') return null;
  // Keys stand in the tree as Latin-1.
  const raw = Buffer.from(key).toString('latin1');
  const node = value.node.children?.findLast((property) => property.children?.[0]?.value === raw)?.children?.[1];
  return node === undefined ? null : at(node, value.bytes, value.base);
}

/** A key as it is, or a dotted path into nested objects. */
export function memberAt(value: JsonValue, path: string): JsonValue | null {
  const direct = member(value, path);
  if (direct !== null || !path.includes('.')) return direct;
  let current: JsonValue | null = value;
  for (const key of path.split('.')) current = current === null ? null : member(current, key);
  return current;
}

/** Elements of an array; empty for anything else. */
export function elementsOf(value: JsonValue): readonly JsonValue[] {
  return value.node.type === 'array' ? (value.node.children ?? []).map((child) => at(child, value.bytes, value.base)) : [];
}

export function isArray(value: JsonValue | null): value is JsonValue {
  return value?.node.type === 'array';
}

export function isObject(value: JsonValue | null): value is JsonValue {
  return value?.node.type === 'object';
}

/** The text of a JSON string; null for anything else. */
export function stringOf(value: JsonValue | null): string | null {
  if (value?.node.type !== 'string') return null;
  const raw: unknown = JSON.parse(bufferOf(value.bytes).toString('utf8', value.start, value.end));
  return typeof raw === 'string' ? raw : null;
}

/** The value of a string, number or boolean; null for anything else. */
export function scalarOf(value: JsonValue | null): string | number | boolean | null {
  if (value === null || value.node.type === 'null' || value.node.type === 'object' || value.node.type === 'array') return null;
  const raw: unknown = JSON.parse(bufferOf(value.bytes).toString('utf8', value.start, value.end));
  return typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? raw : null;
}

function at(node: Node, bytes: Uint8Array, base: number): JsonValue {
  return { node, bytes, base, start: base + node.offset, end: base + node.offset + node.length };
}
