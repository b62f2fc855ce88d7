/** The gate for shorter words of an insight: it may lose chatter, and nothing else. */
import { describe, expect, it } from 'vitest';
import { loadWordVectors } from '../dist/embed/words.js';
import { loadJudge } from '../dist/relate/judge.js';
import { phraseDocument, readPhrases, refusePhrase } from '../dist/relate/phrasing.js';

const { reader } = loadJudge(loadWordVectors());

describe('shorter words', () => {
  it.each([
    ['as they were', 'Run `pnpm db:codegen` before `pnpm typecheck`.', 'Run `pnpm db:codegen` before `pnpm typecheck`.'],
    ['without a greeting', 'Hi there, please run the `lint` script first, thanks a lot.', 'Run the `lint` script first.'],
    [
      'without an aside',
      'Add no package without asking Mira first, please, it is really annoying.',
      'Add no package without asking Mira first.',
    ],
  ])('are taken %s', (_, text, words) => {
    expect(refusePhrase(reader, text, words)).toBeNull();
  });

  it.each([
    ['order of commands', 'Run `pnpm db:codegen` before `pnpm typecheck`.', 'Run `pnpm typecheck` before `pnpm db:codegen`.'],
    ['cause and cure', 'When `pnpm typecheck` fails, run `pnpm db:codegen`.', 'When `pnpm db:codegen` fails, run `pnpm typecheck`.'],
    ['persons', 'Ask Mira before Jonas merges.', 'Ask Jonas before Mira merges.'],
    ['order of steps', 'Run the tests, then deploy.', 'Deploy, then run the tests.'],
    ['direction', 'Deploy to staging from main.', 'Deploy to main from staging.'],
    ['who may', 'Only admins may delete users.', 'Users may delete only admins.'],
    ['numbers', 'Keep 3 backups for 7 days.', 'Keep 7 backups for 3 days.'],
    ['versions', 'Node 20 in CI, Node 22 locally.', 'Node 22 in CI, Node 20 locally.'],
    ['bound', 'Keep at least 3 backups.', 'Keep at most 3 backups.'],
    ['or for and', 'Deploy from main or dev.', 'Deploy from main and dev.'],
    ['way of a copy', 'Copy it from the server to the client.', 'Copy it to the server from the client.'],
    ['negation', 'Never push to main.', 'Push to main.'],
    ['condition', 'Restart the worker only if the queue is empty.', 'Restart the worker.'],
    ['command left out', 'Run `pnpm i`, then `pnpm test`.', 'Run `pnpm test`.'],
    ['something new', 'Run `pnpm test`.', 'Run `pnpm test` with Docker.'],
    ['two lines', 'Run `pnpm test` now.', 'Run\n`pnpm test`.'],
    ['nothing', 'Run `pnpm test`.', ''],
  ])('are refused where they change: %s', (_, text, words) => {
    expect(refusePhrase(reader, text, words)).toMatch(/^Other words for an insight were not taken: .+\.$/);
  });
});

describe('the documents', () => {
  it('name insights in order, and take back only those that were asked for, once', () => {
    const insights = ['Run it.', 'Stop it.'].map((text) => ({ kind: 'workflow', text, evidence: ['said so'] }));
    expect(JSON.parse(phraseDocument(insights)).insights.map(({ id }: { id: string }) => id)).toEqual(['i1', 'i2']);
    const answer = { insights: [...['i1', 'i1', 'i9'].map((id, at) => ({ id, text: `text ${at}` }))] };
    expect([...(readPhrases(JSON.stringify(answer), 2).texts ?? [])]).toEqual([[0, 'text 0']]);
    expect(readPhrases('no document', 2).why).toContain('no JSON');
  });
});
