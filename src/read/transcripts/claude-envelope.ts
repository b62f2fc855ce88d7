/** The envelope of a Claude Code record straight from its bytes: the first pass over a session looks at ids only. */

/** Byte ranges of the values of a record's own keys, quotes included; null where a key is absent. */
export interface Envelope {
  readonly uuid: Uint8Array | null;
  readonly parentUuid: Uint8Array | null;
  readonly timestamp: Uint8Array | null;
  readonly type: Uint8Array | null;
}

const names = ['uuid', 'parentUuid', 'timestamp', 'type'] as const;
const keys = names.map((name) => ({ name, bytes: Buffer.from(`"${name}"`) }));

/** Offset behind the string that starts at `at`, or the end. */
function behindString(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    if (bytes[i] === 0x5c) i += 1;
    else if (bytes[i] === 0x22) return i + 1;
  }
  return bytes.length;
}

function equals(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}

/** The string value behind a key and its colon, or null where the value is something else. */
function stringValue(bytes: Uint8Array, behindKey: number): Uint8Array | null {
  let at = behindKey;
  while (at < bytes.length && (bytes[at] === 0x3a || (bytes[at] ?? 0) <= 0x20)) at += 1;
  return bytes[at] === 0x22 ? bytes.subarray(at + 1, behindString(bytes, at) - 1) : null;
}

/** Reads a line that should be one JSON object; what is broken in it shows when it is parsed. */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const found: { -readonly [K in keyof Envelope]: Envelope[K] } = { uuid: null, parentUuid: null, timestamp: null, type: null };
  let depth = 0;
  let isKey = false;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i];
    if (c === 0x22) {
      const end = behindString(bytes, i);
      if (depth === 1 && isKey) {
        for (const { name, bytes: key } of keys) if (equals(bytes, i, end, key)) found[name] = stringValue(bytes, end);
        isKey = false;
      }
      i = end - 1;
    } else if (c === 0x7b || c === 0x5b) {
      depth += 1;
      isKey = depth === 1;
    } else if (c === 0x7d || c === 0x5d) depth -= 1;
    else if (c === 0x2c && depth === 1) isKey = true;
  }
  return found;
}
