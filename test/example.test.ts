/** The shipped example, scored by the scorer that also scores stores kept apart; its floors are those of the issue it was built for. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { copyWebshop, fingerprint, fixtures, makeFolder, openIn, repository } from './support/workspace.js';

interface Score {
  readonly merge_recall: number;
  readonly conflict_recall: number;
  readonly superseded_in_store: string;
  readonly superseded_from_sessions: string;
  readonly kept: number;
  readonly lost: number;
  readonly unaccounted: number;
  readonly leaked: number;
  readonly suggested: number;
  readonly failures: readonly (readonly [string, string])[];
}

it('dreams over the web shop: nothing lost or leaked, duplicates merged, the latest value kept, open conflicts reported', async () => {
  const folder = makeFolder();
  const { store, sessions } = copyWebshop(folder);
  const before = fingerprint(folder);
  const library = openIn(folder);
  const { dream, changes, problems } = await library.dream({ store, sessions: [sessions], llm: 'off' });
  expect(problems).toEqual([]);
  expect(Object.entries(before).every(([path, print]) => fingerprint(folder)[path] === print)).toBe(true);

  const changesFile = join(folder, 'changes.json');
  writeFileSync(changesFile, JSON.stringify(library.changes()));
  const scorer = join(repository, 'scripts', 'scenario', 'score.mjs');
  const out = dream.summary?.out ?? '';
  const score: Score = JSON.parse(
    execFileSync(process.execPath, [scorer, join(fixtures, 'webshop'), out, changesFile], { encoding: 'utf8' }),
  );
  console.log('web shop:', JSON.stringify({ ...score, failures: score.failures.length }));

  expect(score).toMatchObject({ kept: 1, lost: 0, unaccounted: 0, leaked: 0 });
  expect(score.merge_recall).toBeGreaterThanOrEqual(0.4);
  expect(score.conflict_recall).toBeGreaterThanOrEqual(0.6);
  expect(Number.parseInt(score.superseded_in_store, 10)).toBeGreaterThanOrEqual(3);
  expect(Number.parseInt(score.superseded_from_sessions, 10)).toBeGreaterThanOrEqual(5);
  expect(changes.filter((change) => change.status === 'suggested').length).toBe(score.suggested);
});
