/** Two states of a store as a unified diff that `git apply` takes. */
import { compareText } from '../memory.js';
import { matchLines, type Op } from './lines.js';

interface File {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * A git-style unified diff, files in path order, three lines of context; line ends are shown as they are. Empty where both are equal.
 * A file that holds a zero byte or is not UTF-8 is named only.
 */
export function unifiedDiff(before: readonly File[], after: readonly File[]): string {
  const old = new Map(before.map((file) => [file.path, file.bytes]));
  const fresh = new Map(after.map((file) => [file.path, file.bytes]));
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort(compareText);
  return paths.map((path) => fileDiff(path, old.get(path) ?? null, fresh.get(path) ?? null)).join('');
}

function fileDiff(path: string, before: Uint8Array | null, after: Uint8Array | null): string {
  if (before === after || (before !== null && after !== null && Buffer.compare(before, after) === 0)) return '';
  const head = [`diff --git ${quote(`a/${path}`)} ${quote(`b/${path}`)}`];
  if (before === null) head.push('new file mode 100644');
  if (after === null) head.push('deleted file mode 100644');
  const names = {
    old: before === null ? '/dev/null' : quote(`a/${path}`),
    fresh: after === null ? '/dev/null' : quote(`b/${path}`),
  };
  const [oldText, newText] = [decode(before), decode(after)];
  if (oldText === null || newText === null) return `${[...head, `Binary files ${names.old} and ${names.fresh} differ`].join('\n')}\n`;
  if (oldText === newText) return `${head.join('\n')}\n`;
  // Git ends a name that holds spaces with a tab, so that patch readers find its end.
  const end = (name: string) => (name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name);
  const lines = [...head, `--- ${end(names.old)}`, `+++ ${end(names.fresh)}`];
  return `${[...lines, ...hunks(matchLines(splitLines(oldText), splitLines(newText)))].join('\n')}\n`;
}

/** Lines with their line ends. */
function splitLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

const context = 3;

/** Changes with the lines around them; those whose surroundings touch share a hunk. */
function hunks(ops: readonly Op[]): readonly string[] {
  const out: string[] = [];
  const changes = ops.flatMap((op, at) => (op.kind === ' ' ? [] : [at]));
  let [oldLine, newLine, at] = [1, 1, 0];
  const pass = (to: number): void => {
    for (const op of ops.slice(at, to)) {
      oldLine += op.kind === '+' ? 0 : 1;
      newLine += op.kind === '-' ? 0 : 1;
    }
    at = to;
  };
  for (let i = 0; i < changes.length; ) {
    const first = changes[i] ?? 0;
    let last = first;
    for (; i < changes.length && (changes[i] ?? 0) - last <= 2 * context + 1; i += 1) last = changes[i] ?? 0;
    pass(Math.max(at, first - context));
    const part = ops.slice(at, last + context + 1);
    const oldCount = part.filter(({ kind }) => kind !== '+').length;
    const newCount = part.filter(({ kind }) => kind !== '-').length;
    // A side without lines is named by the line before it.
    const head = `@@ -${range(oldCount === 0 ? oldLine - 1 : oldLine, oldCount)} +${range(newCount === 0 ? newLine - 1 : newLine, newCount)} @@`;
    out.push(head);
    for (const { kind, line } of part) {
      out.push(kind + (line.endsWith('\n') ? line.slice(0, -1) : `${line}\n\\ No newline at end of file`));
    }
    pass(last + context + 1);
  }
  return out;
}

function range(start: number, count: number): string {
  return count === 1 ? `${start}` : `${start},${count}`;
}

function decode(bytes: Uint8Array | null): string | null {
  if (bytes === null) return '';
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8: shown like a binary file.
    return null;
  }
}

/** Quotes a name as git does where it holds a control character, a quote or a backslash. */
function quote(name: string): string {
  if (!/[\p{Cc}"\\]/u.test(name)) return name;
  const escaped = name.replace(/[\p{Cc}"\\]/gu, (sign) => {
    if (sign === '"' || sign === '\\') return `\\${sign}`;
    return [...Buffer.from(sign)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  });
  return `"${escaped}"`;
}
