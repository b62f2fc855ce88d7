/** What leaves the machine: nothing without leave, no secrets and no home folders ever, and exactly what is shown. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Masker } from '../dist/pipeline/masking.js';
import { newFolder, run } from './cli-run.js';
import { type ClaudeStandIn, startClaude } from './support/claude.js';
import type { AskedStatement, Rewrite } from './support/claude-answers.js';
import { changeOf, claudeEnv, distinct, openAsking, testKey, writeNotes } from './support/notes.js';
import { makeFolder, openIn, readTree } from './support/workspace.js';

const plain = [
  ['The connection pool holds 20 connections.', 'Deploy keys are rotated by Jonas.'],
  ['The connection pool is shared by all workers.', 'Deploy keys are rotated twice a year.'],
] as const;

/** Nothing of these may be in a request. */
const hidden = {
  home: '/home/mira',
  windows: 'C:\\Users\\jörg',
  aws: 'AKIAQ7J3ZK5VN2WX6TLB',
  password: 'hunter2',
  github: 'ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8',
} as const;
const first = [
  `The deploy log is kept in ${hidden.home}/shop/log.`,
  `The upload key is ${hidden.aws}.`,
  `The staging database is opened with password: ${hidden.password}`,
  'The staging server is restarted at 04:00.',
];
const second = [
  'The deploy log is rotated every week.',
  'The upload key is rotated twice a year.',
  'The staging database is restored every night.',
  `The staging server is restarted by a cron job in ${hidden.windows}\\jobs.`,
];
const instructions = `Keep what is said about ${hidden.home}/shop and the token ${hidden.github}.`;

afterEach(() => {
  vi.unstubAllEnvs();
});

const start = (rewrite?: (statements: readonly AskedStatement[]) => Rewrite | null): Promise<ClaudeStandIn> =>
  startClaude({ rule: () => distinct, ...(rewrite === undefined ? {} : { rewrite }) });

/** Bodies as they came, and as the JSON in them reads. */
const sentTo = ({ requests }: ClaudeStandIn): string => requests.map(({ body }) => `${body}\n${body.replaceAll('\\\\', '\\')}`).join('\n');

function writePairs(folder: string): string {
  const file = join(folder, 'pairs.jsonl');
  const lines = plain[0].map((a, at) => JSON.stringify({ id: at, a, b: plain[1][at] }));
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

describe('nothing is sent', () => {
  it.each([
    ['with --llm off', ['--llm', 'off'], {}],
    ['offline', [], { DREAMFOLD_OFFLINE: '1' }],
    ['without a key', [], { ANTHROPIC_API_KEY: '' }],
    ['in a dry run', ['--dry-run'], {}],
    ['with no call to spend', ['--max-llm-calls', '0'], {}],
  ])('by the binary %s', async (_, options, without) => {
    await using claude = await start();
    const cwd = newFolder();
    const store = writeNotes(cwd, ...plain);
    const env = { ...claudeEnv(claude.url), ...without };
    const { code, stderr } = await run(['dream', '--store', store, ...options], { cwd, env });
    expect({ code, stderr: stderr.includes(testKey) }).toEqual({ code: 0, stderr: false });
    expect(claude.requests).toEqual([]);
  });

  it('by the library unless it is opened for it', async () => {
    await using claude = await start();
    for (const options of [{ offline: true, claude: {} }, { offline: false }]) {
      const folder = makeFolder();
      const library = openAsking(folder, claude.url, { claude: null });
      library.close();
      const closed = openIn(folder, options);
      await closed.relate(writePairs(folder));
      await closed.dedupe({ file: writePairs(folder), field: 'a' });
      await closed.dream({ store: writeNotes(folder, ...plain) });
    }
    expect(claude.requests).toEqual([]);
  });

  it('by a preview, which leaves no dream either', async () => {
    await using claude = await start();
    const folder = makeFolder();
    const library = openAsking(folder, claude.url);
    const { requests } = await library.preview({ store: writeNotes(folder, ...plain) });
    await library.previewRelate(writePairs(folder));
    await library.previewDedupe({ file: writePairs(folder), field: 'a' });
    expect(requests.length).toBeGreaterThan(0);
    expect(library.list()).toEqual([]);
    expect(claude.requests).toEqual([]);
  });
});

describe('secrets and home folders', () => {
  it('stay here, and come back into the texts that they were taken from', async () => {
    const log = [`The deploy log is kept in ${hidden.home}/shop/log`, 'The deploy log is rotated every week.'] as const;
    const rewrite = (statements: readonly AskedStatement[]): Rewrite | null => {
      const [kept, rotated] = ['is kept in', 'log is rotated'].map((words) => statements.find(({ text }) => text.includes(words)));
      if (!kept || !rotated) return null;
      return { members: [kept.id, rotated.id], text: `${kept.text.replace(/\.$/, '')}; ${rotated.text}` };
    };
    await using claude = await start(rewrite);
    const folder = makeFolder();
    const store = writeNotes(folder, [...first, second[0] ?? ''], second.slice(1));
    for (const name of readdirSync(store)) {
      const text = readFileSync(join(store, name), 'utf8');
      writeFileSync(join(store, name), text.replace('## Rules', `## Rules of ${hidden.home}/shop, key ${hidden.github}`));
    }
    const library = openAsking(folder, claude.url);
    const { dream, changes } = await library.dream({ store, instructions: 'Prefer the longer text.' });
    expect(claude.pairs().length).toBeGreaterThanOrEqual(4);
    for (const secret of Object.values(hidden)) expect(sentTo(claude)).not.toContain(secret);
    expect(changeOf(changes, 'deploy log').after?.text).toBe(`${log[0]}; ${log[1]}`);
    const output = Object.values(readTree(dream.summary?.out ?? '')).join('\n');
    expect(output).toContain(`${hidden.home}/shop/log; The deploy log is rotated every week.`);
    expect(output).not.toMatch(/<(?:HOME|SECRET|TEXT)_\d/);
    // A new run takes the answers from the database, where what was masked is back as well.
    const again = await library.dream({ store, instructions: 'Prefer the longer text.' });
    expect(claude.posts()).toBe(1);
    expect(again.changes.map(({ before, after }) => ({ before, after }))).toEqual(changes.map(({ before, after }) => ({ before, after })));
  });

  it('stay here with relate, dedupe, batches, and in instructions', async () => {
    await using claude = await start();
    const folder = makeFolder();
    const library = openAsking(folder, claude.url);
    const store = writeNotes(folder, first, second);
    await library.dream({ store, instructions, llmBatch: true });
    const pairs = join(folder, 'secret.jsonl');
    writeFileSync(pairs, first.map((a, at) => `${JSON.stringify({ id: at, a, b: second[at] })}\n`).join(''));
    await library.relate(pairs);
    const records = join(folder, 'records.jsonl');
    writeFileSync(records, [...first, ...second].map((text) => `${JSON.stringify({ text })}\n`).join(''));
    await library.dedupe({ file: records });
    expect(claude.documents().length).toBeGreaterThan(1);
    expect(claude.documents().some((document) => document.instructions?.includes('<HOME_'))).toBe(true);
    for (const secret of Object.values(hidden)) expect(sentTo(claude)).not.toContain(secret);
  });

  it.each([
    '/home/jürgen/shop',
    '/Users/mira.k/shop',
    '/root/.ssh/id_ed25519',
    '/mnt/c/Users/mira/shop',
    '/c/Users/mira/shop',
    '/var/home/mira/shop',
    'C:\\Users\\Mira Smith\\shop',
    'C:\\\\Users\\\\mira\\\\shop',
    'C:/Users/mira/shop',
    '\\\\wsl$\\Ubuntu\\home\\mira\\shop',
    'file:///home/mira/shop',
    '~/.claude/projects/-home-mira/memory',
    '/home/mira.',
    `token ${hidden.github}`,
    `<HOME_1> and /home/mira and <SECRET_1> and ${hidden.aws}`,
  ])('are masked and put back: %s', (text) => {
    const masker = new Masker();
    const masked = masker.mask(text);
    expect(masked).not.toMatch(/mira|smith|jürgen|ürgen|root|ghp_|AKIA/i);
    expect(masker.restore(masked)).toBe(text);
    expect(masker.mask(text)).toBe(masked);
  });

  it.each(['take-home-pay', 'https://example.com/home/page', 'the /home page', '/homepage', 'src/Users/list.ts', 'chroot/x'])(
    'are not seen in %s',
    (text) => {
      expect(new Masker().mask(text)).toBe(text);
    },
  );

  it('keep one sign each, and a sign that stood in the text stands for itself', () => {
    const masker = new Masker();
    const [one, two] = [masker.mask('/home/mira/a and /home/jonas/b'), masker.mask('/home/mira/c')];
    expect(one).toBe('<HOME_1>/a and <HOME_2>/b');
    expect(two).toBe('<HOME_1>/c');
    expect(masker.restore(masker.mask('write <HOME_1> here'))).toBe('write <HOME_1> here');
    expect(masker.restore('<HOME_99> <SECRET_1>')).toBe('<HOME_99> <SECRET_1>');
  });
});

describe('--llm-show', () => {
  it('prints exactly the bodies that reach the server, and the key comes out nowhere', async () => {
    await using claude = await start();
    const cwd = newFolder();
    const store = writeNotes(cwd, [...plain[0], ...first], [...plain[1], ...second]);
    const { code, stdout, stderr } = await run(['dream', '--store', store, '--llm-show', '--json'], { cwd, env: claudeEnv(claude.url) });
    expect(code).toBe(0);
    const lines = stderr.split('\n').filter((line) => line.startsWith('{"type":"sent"'));
    const host = new URL(claude.url).host;
    expect(lines).toEqual(claude.requests.map(({ body }) => `{"type":"sent","host":${JSON.stringify(host)},"body":${body}}`));
    expect(lines.length).toBeGreaterThan(0);
    expect(claude.requests[0]?.headers.authorization).toBe(`Bearer ${testKey}`);
    const shown = await run(['show'], { cwd });
    const files = Object.values(readTree(join(cwd, 'data'))).join('\n');
    for (const text of [stdout, stderr, shown.stdout, shown.stderr, files]) expect(text).not.toContain(testKey);
    expect(readFileSync(join(cwd, 'data', 'dreamfold.db'), 'latin1')).not.toContain(testKey);
  });

  it('prints them for a person, and also those of a batch and of relate', async () => {
    await using claude = await start();
    const cwd = newFolder();
    const args = ['relate', writePairs(cwd), '--llm-show'];
    const { code, stderr } = await run(args, { cwd, env: claudeEnv(claude.url) });
    expect(code).toBe(0);
    expect(claude.requests.length).toBeGreaterThan(0);
    for (const { body } of claude.requests) expect(stderr).toContain(`dreamfold: sent to ${new URL(claude.url).host}: ${body}\n`);
    const folder = makeFolder();
    const shown: string[] = [];
    const report: Parameters<typeof openAsking>[2] = {
      report: (event) => {
        if (event.kind === 'sent') shown.push(event.body);
      },
    };
    const before = claude.requests.length;
    await openAsking(folder, claude.url, report).dream({ store: writeNotes(folder, ...plain), llmBatch: true, llmShow: true });
    const [batch] = claude.requests.slice(before);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown).toEqual([batch?.body]);
  });
});

describe('the key', () => {
  it('is in no message where the server refuses it, and a store that holds it does not send it', async () => {
    await using claude = await startClaude({
      rule: () => distinct,
      fault: (n) => (n === 1 ? { status: 401, message: 'invalid x-api-key' } : null),
    });
    const cwd = newFolder();
    const store = writeNotes(
      cwd,
      [...plain[0], `The API is called with ${testKey} on staging.`],
      [...plain[1], 'The API is called with JSON.'],
    );
    const env = claudeEnv(claude.url);
    const refused = await run(['dream', '--store', store, '--llm', 'require'], { cwd, env });
    expect(refused.code).toBe(13);
    expect(refused.stderr).toContain('ANTHROPIC_API_KEY');
    const { code } = await run(['resume'], { cwd, env });
    expect(code).toBe(0);
    expect(refused.stderr + refused.stdout).not.toContain(testKey);
    expect(sentTo(claude)).not.toContain(testKey);
  });
});
