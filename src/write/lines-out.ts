/** Lines of a file of records, without some of them. */

/**
 * The bytes of a file without those of the `dropped` rows, ascending, of which row `i` has `[starts[i], ends[i])`: whole lines, the last
 * perhaps without an end. The file ends with a line end if and only if it did before.
 */
export function keepLines(bytes: Uint8Array, starts: Float64Array, ends: Float64Array, dropped: readonly number[]): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  let from = 0;
  const copy = (to: number): void => {
    out.set(bytes.subarray(from, to), length);
    length += to - from;
  };
  for (const row of dropped) {
    copy(starts[row] ?? from);
    from = ends[row] ?? from;
  }
  copy(bytes.length);
  const ended = bytes[bytes.length - 1] === newline;
  if (!ended && from === bytes.length && out[length - 1] === newline) length -= out[length - 2] === 0x0d ? 2 : 1;
  return out.subarray(0, length);
}

const newline = 0x0a;
