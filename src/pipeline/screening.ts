/** What must not enter a new store: secrets (masked), and text that addresses the model (reported). */
import type { Finding, MemoryStore, Problem, Segmented, SpokenStatement, Statement } from '../memory.js';
import { findInjections, findSecrets, maskSecrets } from '../read/screen.js';
import type { Screen } from '../segment/signals.js';
import type { Announcement } from '../signals.js';

export interface Redaction {
  readonly statement: Statement;
  readonly masked: string;
  readonly kinds: readonly string[];
}

export interface Screened {
  readonly redactions: readonly Redaction[];
  /** Without what holds a secret or addresses the model. */
  readonly spoken: readonly SpokenStatement[];
  readonly announced: readonly Announcement[];
  readonly findings: readonly Finding[];
}

/** Statements keep all but unmistakable secrets; what newly comes from a session is judged strictly. */
export function screenStatements(segmented: Segmented, spoken: readonly SpokenStatement[], announced: readonly Announcement[]): Screened {
  const redactions: Redaction[] = [];
  const findings: Finding[] = [];
  for (const statement of segmented.statements) {
    const { path, line, text } = statement;
    const secrets = findSecrets(text, 'certain');
    if (secrets.length > 0) {
      const kinds = [...new Set(secrets.map((secret) => secret.kind))];
      findings.push({
        kind: 'secret',
        path,
        line,
        message: `holds a secret (${kinds.join(', ')})`,
      });
      if (statement.lock === null)
        redactions.push({
          statement,
          masked: maskSecrets(text, 'certain'),
          kinds,
        });
    }
    for (const { message } of findInjections(text)) findings.push({ kind: 'injection', path, line, message });
  }
  const isClean = (text: string) => findSecrets(text, 'strict').length === 0 && findInjections(text).length === 0;
  return {
    redactions,
    spoken: spoken.filter(({ text }) => isClean(text)),
    announced: announced.filter(({ text, wide }) => isClean(text) && isClean(wide)),
    findings,
  };
}

/** Masks a secret that is only likely to be one too: what is mined newly enters a store. */
export const sessionScreen: Screen = {
  mask: (text) => (findSecrets(text, 'strict').length > 0 ? maskSecrets(text, 'strict') : text),
  withoutOrders: (text) => {
    const orders = findInjections(text);
    if (orders.length === 0) return text;
    let at = 0;
    const kept = text.split('\n').filter((line) => {
      const [start, end] = [at, at + line.length];
      at = end + 1;
      return !orders.some((order) => order.start < end && start < order.end);
    });
    return kept.join('\n');
  },
};

export interface FileRedaction {
  readonly path: string;
  /** Lines that hold a secret outside every statement, masked; never empty. */
  readonly lines: readonly { readonly line: number; readonly text: string }[];
  readonly kinds: readonly string[];
}

/** Secrets that stand in no statement: in a heading, front matter, a comment, a fence. Locked files are only reported. */
export function screenFiles(
  store: MemoryStore,
  segmented: Segmented,
): { readonly redactions: readonly FileRedaction[]; readonly findings: readonly Finding[] } {
  const locked = new Set(store.memories.filter((memory) => memory.lock !== null).map((memory) => memory.path));
  const redactions: FileRedaction[] = [];
  const findings: Finding[] = [];
  for (const { path, bytes } of store.files) {
    const text = textOf(bytes);
    const secrets = text === null ? [] : findSecrets(text, 'certain');
    if (text === null || secrets.length === 0) continue;
    const spans = segmented.statements.filter((statement) => statement.path === path);
    const outside = secrets.filter(({ start }) => {
      const offset = Buffer.byteLength(text.slice(0, start));
      return !spans.some(({ span }) => span.start <= offset && offset < span.end);
    });
    const lines = [...new Set(outside.map(({ start }) => text.slice(0, start).split('\n').length))];
    const kinds = [...new Set(outside.map(({ kind }) => kind))];
    for (const line of lines)
      findings.push({ kind: 'secret', path, line, message: `holds a secret (${kinds.join(', ')}) outside any statement` });
    if (lines.length > 0 && !locked.has(path)) {
      const masked = maskSecrets(text, 'certain').split('\n');
      redactions.push({ path, lines: lines.map((line) => ({ line, text: masked[line - 1]?.trim() ?? '' })), kinds });
    }
  }
  return { redactions, findings };
}

/** Null for what is no UTF-8: it is copied as it is. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not text, or broken: the reader has reported it.
    return null;
  }
}

/** What could not be read, in the form of the contract. */
export function unreadable(problems: readonly Problem[]): readonly Finding[] {
  return problems.map(({ path, line, message }) => ({ kind: 'unreadable', path, line, message }));
}
