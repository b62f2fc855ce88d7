/** Scenarios, each a store with its sessions and a gold answer (`scripts/scenario/SCENARIO.md`): where they are, and how an output is scored. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const quality = join(root, 'bench', 'quality');

/** The shipped example, those never looked at, those with many sessions, those that trained the model. */
export const scenarioFolders: readonly string[] = [
  join(root, 'test', 'fixtures', 'webshop'),
  ...['held-out', 'sessions', 'scenarios'].flatMap((group) => foldersIn(join(quality, group))),
];

function foldersIn(path: string): readonly string[] {
  return existsSync(path)
    ? readdirSync(path)
        .sort()
        .map((name) => join(path, name))
    : [];
}

/** The folder of the scenario of that name. @throws Error where there is none. */
export function scenarioNamed(name: string): string {
  const found = scenarioFolders.find((folder) => basename(folder) === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}

/** What a script prints; what it says on stderr is dropped. */
export function runNode(...args: readonly string[]): string {
  return execFileSync(process.execPath, [...args], { encoding: 'utf8', maxBuffer: 1e9, stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Writes the scenario's sessions as Claude Code does into a folder, which is made. */
export function expandSessions(scenario: string, to: string): void {
  spawnSync(process.execPath, [join(root, 'scripts', 'scenario', 'expand.mjs'), scenario, to]);
}

/** @param changes file with what `changes --json` prints */
export function scoreOutput(scenario: string, out: string, changes: string): Record<string, unknown> {
  return JSON.parse(runNode(join(root, 'scripts', 'scenario', 'score.mjs'), scenario, out, changes));
}
