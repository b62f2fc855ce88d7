/** The stand-in for Claude, where the library finds it. */
import { type ClaudeStandIn, type StandInOptions, startClaude } from '../test/support/claude.js';

/** Starts the stand-in and points the official SDK to it, in this process, while `work` runs: nothing leaves the machine. */
export async function withClaude<T>(options: StandInOptions, work: (claude: ClaudeStandIn) => Promise<T>): Promise<T> {
  await using claude = await startClaude(options);
  const before = { ...process.env };
  process.env['ANTHROPIC_BASE_URL'] = claude.url;
  process.env['ANTHROPIC_API_KEY'] = 'stand-in';
  try {
    return await work(claude);
  } finally {
    process.env = before;
  }
}

/** Every bench runs at this time, after every session of every scenario, so that its figures can be repeated. */
export const benchTime = '2026-12-01T08:00:00.000Z';
