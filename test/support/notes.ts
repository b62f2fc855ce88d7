/** Small stores in which the local judge is unsure of pairs, and a library that asks the stand-in for Claude about them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Change, Dreamfold, OpenOptions } from '../../dist/api.js';
import type { AskedStatement, Rewrite, Ruling } from './claude-answers.js';
import { openIn } from './workspace.js';

/** The key that tests send; it must come out nowhere. */
export const testKey = 'sk-ant-api03-a-key-that-belongs-to-a-test-and-opens-nothing';

/** A memory file of Claude Code with one statement a line, written in that month of 2026. */
export function noteFile(name: string, month: number, bullets: readonly string[]): string {
  const modified = `2026-${String(month).padStart(2, '0')}-05T10:00:00Z`;
  return `---\nname: ${name}\ndescription: made for a test\nmodified: ${modified}\n---\n\n## Rules\n\n${bullets.map((one) => `- ${one}\n`).join('')}`;
}

/** A store of two files, the first written in January and the second in February; its path. */
export function writeNotes(folder: string, first: readonly string[], second: readonly string[]): string {
  const store = join(folder, 'store');
  mkdirSync(store, { recursive: true });
  writeFileSync(join(store, 'first.md'), noteFile('first', 1, first));
  writeFileSync(join(store, 'second.md'), noteFile('second', 2, second));
  return store;
}

/** The variables by which the SDK finds the stand-in. */
export function claudeEnv(url: string): Readonly<Record<string, string>> {
  return { DREAMFOLD_OFFLINE: '0', ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: testKey };
}

/** A library over a database in `folder` that asks the server at `url`, until the test ends. */
export function openAsking(folder: string, url: string, options: Partial<OpenOptions> = {}): Dreamfold {
  for (const [name, value] of Object.entries(claudeEnv(url))) vi.stubEnv(name, value);
  return openIn(folder, { offline: false, claude: { pollMs: 5, mostPollMs: 20, graceMs: 500 }, ...options });
}

export const distinct: Ruling = { relation: 'distinct', keep: 'both', reason: '' };

/** A rewrite of the two statements of `members`, wherever a cluster has both. */
export function rewriteOf(members: readonly [string, string], text: string): (statements: readonly AskedStatement[]) => Rewrite | null {
  return (statements) => {
    const ids = members.flatMap((member) => statements.find((one) => one.text === member)?.id ?? []);
    return ids.length === 2 ? { members: ids, text } : null;
  };
}

/** The change whose statements before it hold all of `parts`. */
export function changeOf(changes: readonly Change[], ...parts: readonly string[]): Change {
  const found = changes.find(({ before }) => parts.every((part) => before.some(({ text }) => text.includes(part))));
  if (found === undefined) throw new Error(`no change of ${parts.join(', ')} in ${JSON.stringify(changes, null, 1)}`);
  return found;
}

/** Statements of the input that are neither in a text of the output nor named by a change that is in the output. */
export function lostStatements(input: readonly string[], output: string, changes: readonly Change[]): readonly string[] {
  const made = changes.filter(({ status }) => status === 'proposed' || status === 'approved');
  const named = new Set(made.flatMap(({ before }) => before.map(({ text }) => text)));
  return input.filter((text) => !output.includes(text) && !named.has(text));
}
