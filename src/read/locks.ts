/** Which memories are read but not changed: what people write by hand, daily logs, what the user excluded. */
import picomatch from 'picomatch';
import type { Lock, StoreFormat } from '../memory.js';
import { dayOfName } from './time.js';

const ruleNames = new Set([
  ...['CLAUDE.md', 'CLAUDE.local.md', 'AGENTS.md', 'AGENTS.override.md', 'GEMINI.md', 'copilot-instructions.md'],
  ...['.cursorrules', '.windsurfrules', '.clinerules'],
]);
/** What the owner of an OpenClaw workspace tells the agent about itself. */
const workspaceNames = new Set(['SOUL.md', 'USER.md', 'IDENTITY.md', 'TOOLS.md', 'HEARTBEAT.md', 'BOOTSTRAP.md']);

export interface LockOptions {
  readonly format: StoreFormat;
  readonly exclude: readonly string[];
  readonly writeRules: boolean;
}

/** Says why a file's memories may not be changed, by its path alone; null where they may. */
export function pathLock(options: LockOptions): (path: string) => Lock | null {
  const excluded = options.exclude.map((glob) => picomatch([glob, `${glob.replace(/\/+$/, '')}/**`], { dot: true }));
  return (path) => {
    const name = baseName(path);
    if (excluded.some((matches) => matches(path) || matches(name))) return 'excluded';
    if (options.writeRules) return null;
    if (isRules(path) || (options.format === 'openclaw' && path === name && workspaceNames.has(name))) return 'rules';
    return isDailyLog(path, options.format) ? 'daily-log' : null;
  };
}

/** True for files that people write to instruct an agent. */
export function isRules(path: string): boolean {
  const name = baseName(path);
  return (
    ruleNames.has(name) || name.endsWith('.mdc') || name.endsWith('.instructions.md') || path.split('/').slice(0, -1).includes('rules')
  );
}

/** A file named by nothing but a day is a log anywhere; in an OpenClaw workspace the day may be followed by a topic. */
function isDailyLog(path: string, format: StoreFormat): boolean {
  const name = baseName(path);
  if (/^\d{4}-\d{2}-\d{2}\.\w+$/.test(name)) return dayOfName(name) !== null;
  return format === 'openclaw' && path.startsWith('memory/') && dayOfName(name) !== null;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
