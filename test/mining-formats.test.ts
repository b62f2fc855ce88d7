/** The same failure in transcripts of several clients counts together. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clockFailure, type Dreamt, dreamIn, saying } from './support/mining.js';
import {
  claudeCode,
  codex,
  gemini,
  openAi,
  type Session,
  sessionsOf,
  sweAgent,
  tauBench,
  writeSessions,
  writeStore,
} from './support/sessions.js';
import { makeFolder } from './support/workspace.js';

type Format = (session: Session) => string;

/** One session of the same failure in each of the formats. */
async function dreamOverFormats(formats: readonly Format[], settings: object = {}): Promise<Dreamt> {
  const folder = makeFolder();
  const store = writeStore(join(folder, 'memory'), { project_barn: ['The barn is red.'] });
  const sessions = join(folder, 'sessions');
  const given = sessionsOf(
    'farm-sensors',
    'rosa',
    formats.map((_, nth) => clockFailure(nth)),
  );
  for (const [nth, session] of given.entries()) {
    const own = join(sessions, String(nth));
    mkdirSync(own, { recursive: true });
    writeSessions(own, [session], formats[nth]);
  }
  return dreamIn(folder, { store, sessions }, settings);
}

const expectClock = (dreamt: Dreamt, support: number): void => {
  expect(dreamt.result.problems).toEqual([]);
  expect(dreamt.insights.map((one) => [one.insight, one.status, one.support])).toEqual([['mistake', 'proposed', support]]);
  expect(saying(dreamt)[0]).toMatch(/When `fieldctl sync` .*gateway clock is .* ahead of the broker.*run `fieldctl clock set/);
};

describe('the same failure in several formats', () => {
  it.each([
    ['Claude Code', claudeCode],
    ['Codex', codex],
    ['Gemini', gemini],
    ['OpenAI messages', openAi],
    ['tau-bench', tauBench],
    ['SWE-agent', sweAgent],
  ] as const)('is found in %s alone', async (_name, format) => {
    expectClock(await dreamOverFormats([format, format, format]), 3);
  });

  it('counts together in Claude Code, Codex and Gemini', async () => {
    expectClock(await dreamOverFormats([claudeCode, codex, gemini]), 3);
  });

  it('counts together where neither persons nor times are recorded', async () => {
    expectClock(await dreamOverFormats([openAi, tauBench, sweAgent]), 3);
  });

  it('counts together in all of them, and is dated by those that have times', async () => {
    const dreamt = await dreamOverFormats([claudeCode, codex, gemini, openAi, tauBench, sweAgent]);
    expectClock(dreamt, 6);
    const [insight] = dreamt.insights;
    const times = insight?.evidence.map(({ at }) => at) ?? [];
    expect(times.filter((at) => at === null).length).toBeGreaterThanOrEqual(3);
    expect(times.filter((at) => at !== null).length).toBeGreaterThanOrEqual(3);
  });

  it('is not enough in two of them', async () => {
    expect(saying(await dreamOverFormats([claudeCode, codex]))).toEqual([]);
  });
});
