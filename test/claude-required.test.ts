/** `--llm require`: a run that Claude has not answered in full fails with what to do, and is resumed without asking anything twice. */
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../dist/api.js';
import { run } from './cli-run.js';
import { askedOf, expectNothingLost, failing, limits, openAsking, rightly, writeNotes, writePairs } from './support/asking.js';
import { startClaude } from './support/claude.js';
import { makeFolder } from './support/workspace.js';

afterEach(() => vi.unstubAllEnvs());

/** One of every way in which asking ends. */
const ways = ['401', '429', '500', 'a cut connection', 'no answer ever', 'half a document', 'a refusal', 'pairs left out'];
const failed = failing.filter(([name]) => ways.includes(name));

describe('a dream', () => {
  it.each(failed)('fails where an answer is required, and a healthy server lets it be resumed: %s', async (_, fault, told) => {
    const folder = makeFolder();
    const store = writeNotes(folder);
    const answered = new Set<string>();
    {
      await using claude = await startClaude({ rule: rightly, fault: () => fault });
      const { library } = openAsking(folder, claude, fault);
      const ending = await library.dream({ store, llm: 'require', ...limits }).catch((thrown: unknown) => thrown);
      expect(ending).toBeInstanceOf(UserError);
      expect(ending).toMatchObject({ exit: 'claude', message: expect.stringMatching(told) });
      expect(library.list()).toMatchObject([{ status: 'failed', error: { type: 'claude', message: expect.stringMatching(told) } }]);
      if (fault === 'missing-ids') for (const pair of askedOf(claude).filter((_, at) => at % 2 === 1)) answered.add(pair);
    }
    await using healthy = await startClaude({ rule: rightly });
    const { library } = openAsking(folder, healthy);
    const result = await library.resume();
    expect(result.dream.status).toBe('completed');
    expect(library.show().llm?.report).toMatchObject({ left: [], stopped: null });
    expectNothingLost(store, result);
    expect(healthy.posts()).toBeGreaterThan(0);
    expect(askedOf(healthy).filter((pair) => answered.has(pair))).toEqual([]);
  });
});

describe('on the command line', () => {
  const env = (url: string) => ({ DREAMFOLD_OFFLINE: '0', ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'test-key' });

  it('Claude that is required and does not answer ends with 13, the advice on stderr, and resume goes on', async () => {
    const cwd = makeFolder();
    const store = writeNotes(cwd);
    {
      await using claude = await startClaude({ rule: rightly, fault: () => ({ status: 401 }) });
      const { code, stdout, stderr } = await run(['dream', '--store', store, '--llm', 'require'], { cwd, env: env(claude.url) });
      expect({ code, stdout }).toEqual({ code: 13, stdout: '' });
      expect(stderr).toMatch(/ANTHROPIC_API_KEY/);
      expect(stderr).not.toContain('test-key');
    }
    await using healthy = await startClaude({ rule: rightly });
    const { code, stdout } = await run(['resume', '--json'], { cwd, env: env(healthy.url) });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'completed' });
  });

  it.each(['relate', 'dream'])('%s ends with 0 and says why Claude did not answer', async (command) => {
    await using claude = await startClaude({ rule: rightly, fault: () => ({ status: 500, retryAfter: 0.02 }) });
    const cwd = makeFolder();
    const args = command === 'relate' ? ['relate', writePairs(cwd)] : ['dream', '--store', writeNotes(cwd), '--out', join(cwd, 'out')];
    const { code, stdout, stderr } = await run(args, { cwd, env: env(claude.url) });
    expect(code).toBe(0);
    expect(stdout).not.toBe('');
    expect(stderr).toMatch(/\(500\) Try again later/);
  });
});
