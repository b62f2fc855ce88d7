/** Output stores that people change, move or remove, and dreams that are taken up again: nothing of theirs is written over. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyWebshop, makeFolder, openIn, readTree } from './support/workspace.js';

describe('an output store that somebody has changed', () => {
  it('is not written over by a decision, nor removed by discard or prune', async () => {
    const folder = makeFolder();
    const { store } = copyWebshop(folder);
    const warnings: string[] = [];
    const library = openIn(folder, { report: (event) => event.kind === 'warning' && warnings.push(event.message) });
    const out = join(folder, 'out');
    const { changes } = await library.dream({ store, out, llm: 'off' });
    const [change] = changes;
    if (!change) throw new Error('the example has changes');
    mkdirSync(join(out, '.git'));
    writeFileSync(join(out, '.git', 'HEAD'), 'mine');
    await expect(library.decide([change.id], 'rejected')).rejects.toMatchObject({ exit: 'inputChanged' });
    expect(library.changes().changes.find(({ id }) => id === change.id)?.status).toBe('proposed');
    rmSync(join(out, '.git'), { recursive: true });
    await library.decide([change.id], 'rejected');
    writeFileSync(join(out, 'mine.md'), '- My own note.\n');
    await library.discard();
    expect(readFileSync(join(out, 'mine.md'), 'utf8')).toBe('- My own note.\n');
    expect(warnings).toHaveLength(1);
  });

  it('is written anew by a decision where it was removed', async () => {
    const folder = makeFolder();
    const { store } = copyWebshop(folder);
    const library = openIn(folder);
    const { dream, changes } = await library.dream({ store, llm: 'off' });
    const out = dream.summary?.out ?? '';
    rmSync(out, { recursive: true });
    await library.decide([changes[0]?.id ?? ''], 'rejected');
    expect(Object.keys(readTree(out)).length).toBeGreaterThan(0);
    await library.prune({ all: true });
    expect(existsSync(out)).toBe(false);
  });

  it('a copy that was published and removed by hand can be undone', async () => {
    const folder = makeFolder();
    const { store } = copyWebshop(folder);
    const library = openIn(folder);
    await library.dream({ store, llm: 'off' });
    const to = join(folder, 'copy');
    await library.apply({ to });
    rmSync(to, { recursive: true });
    await library.undo();
    await library.apply({ to });
    expect(existsSync(to)).toBe(true);
  });
});

describe('a dream that is taken up again', () => {
  async function cancelled(folder: string) {
    const { store, sessions } = copyWebshop(folder);
    symlinkSync('/nowhere', join(store, 'dangling.md'));
    const out = join(folder, 'out');
    const stop = new AbortController();
    const first = openIn(folder, {
      signal: stop.signal,
      report: (event) => {
        if (event.kind === 'stage' && event.stage === 'embed') stop.abort();
      },
    });
    await expect(first.dream({ store, sessions: [sessions], out, llm: 'off' })).rejects.toThrow();
    first.close();
    return { out, library: openIn(folder) };
  }

  it('does not write over what somebody has put at its output place meanwhile', async () => {
    const { out, library } = await cancelled(makeFolder());
    mkdirSync(out);
    writeFileSync(join(out, 'mine.md'), 'mine');
    await expect(library.resume()).rejects.toMatchObject({ exit: 'inputChanged' });
    expect(readTree(out)).toEqual({ 'mine.md': 'mine' });
    rmSync(out, { recursive: true });
    expect((await library.resume()).dream.status).toBe('completed');
  });

  it('still reports what could not be read at its beginning', async () => {
    const { library } = await cancelled(makeFolder());
    const { problems } = await library.resume();
    expect(problems).toMatchObject([{ path: 'dangling.md' }]);
  });

  it('is not taken up once it was discarded', async () => {
    const { library } = await cancelled(makeFolder());
    await library.discard();
    await expect(library.resume()).rejects.toMatchObject({ exit: 'usage' });
  });
});
