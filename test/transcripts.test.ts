import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../dist/errors.js';
import type { Problem, SessionInfo, Turn } from '../dist/memory.js';
import { listTranscripts, readTranscript } from '../dist/read/transcript.js';
import { spokenStatements } from '../dist/segment/session.js';

const repo = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { DREAMFOLD_SHARED } = process.env;
const shared = DREAMFOLD_SHARED ?? resolve(repo, '../shared');
const fixtures = join(repo, 'test/fixtures/transcripts');
const signal = new AbortController().signal;

let temp = '';
beforeAll(() => {
  temp = realpathSync(mkdtempSync(join(tmpdir(), 'dreamfold-transcripts-')));
});
afterAll(() => rmSync(temp, { recursive: true, force: true }));

interface Read {
  readonly sessions: readonly SessionInfo[];
  readonly turns: readonly Turn[];
  readonly problems: readonly Problem[];
  readonly counts: { readonly records: number; readonly explained: number; readonly reported: number };
}

async function read(file: string, persons: Readonly<Record<string, string>> = {}): Promise<Read> {
  const sessions: SessionInfo[] = [];
  const turns: Turn[] = [];
  const problems: Problem[] = [];
  let counts: Read['counts'] | null = null;
  for await (const item of readTranscript(file, { persons, signal })) {
    expect(counts).toBeNull();
    if (item.kind === 'session') sessions.push(item.info);
    else if (item.kind === 'turn') turns.push(item.turn);
    else if (item.kind === 'problem') problems.push(item.problem);
    else counts = { records: item.records, explained: item.explained, reported: item.reported };
  }
  if (counts === null) throw new Error('no counts');
  expect(counts.records).toBe(counts.explained + counts.reported);
  return { sessions, turns, problems, counts };
}

const fixture = (name: string) => join(fixtures, name);
const brief = ({ speaker, kind, text, tool, error, branch }: Turn) =>
  [`${speaker} ${kind}${error === true ? '!' : ''}${branch === 'active' ? '' : ` (${branch})`}`, tool?.name, text || tool?.input]
    .filter((part) => part !== undefined && part !== '')
    .join(' | ');
const briefs = async (name: string) => (await read(fixture(name))).turns.map(brief);

let written = 0;
function write(name: string, content: string | Uint8Array): string {
  const file = join(temp, `${written++}`, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

describe('finding transcripts', () => {
  it('lists files and folders to any depth in path order, each file once', async () => {
    const folder = join(temp, 'list');
    mkdirSync(join(folder, 'b/deep'), { recursive: true });
    mkdirSync(join(folder, 'b/tool-results'));
    const names = ['b/deep/x.jsonl', 'a.jsonl', 'B.json', 'run.traj', 'notes.md', 'b/tool-results/t.json', 'sessions-index.json'];
    for (const name of names) writeFileSync(join(folder, name), '');
    symlinkSync(join(folder, 'a.jsonl'), join(folder, 'z-link.jsonl'));
    symlinkSync(join(folder, 'gone.jsonl'), join(folder, 'dangling.jsonl'));
    const { files, problems } = await listTranscripts([folder, join(folder, 'a.jsonl')], { signal });
    expect(files.map((file) => file.slice(folder.length + 1))).toEqual(['B.json', 'a.jsonl', 'b/deep/x.jsonl', 'run.traj']);
    expect(problems).toEqual([]);
  });

  it('lists the same whatever the order in which folders are given', async () => {
    const one = await listTranscripts([fixture('codex'), fixture('gemini')], { signal });
    const other = await listTranscripts([fixture('gemini'), fixture('codex')], { signal });
    expect(one.files).toEqual(other.files);
  });

  it('says which path is missing', async () => {
    const missing = join(temp, 'nowhere');
    const failed = await listTranscripts([missing], { signal }).catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(UserError);
    expect(failed).toMatchObject({ exit: 'notFound', message: expect.stringContaining(missing) });
  });

  it.skipIf(process.getuid?.() === 0)('reports a folder and a file that may not be read', async () => {
    const folder = join(temp, 'locked');
    mkdirSync(join(folder, 'inner'), { recursive: true });
    writeFileSync(join(folder, 'a.jsonl'), '{}\n');
    chmodSync(join(folder, 'inner'), 0);
    chmodSync(join(folder, 'a.jsonl'), 0);
    const { files, problems } = await listTranscripts([folder], { signal });
    expect(problems).toMatchObject([{ kind: 'unreadable' }]);
    expect((await read(files[0] ?? '')).problems).toMatchObject([{ kind: 'unreadable' }]);
    chmodSync(join(folder, 'inner'), 0o700);
  });

  it('reports a file that is gone when it is read', async () => {
    expect((await read(join(temp, 'gone.jsonl'))).problems).toMatchObject([{ kind: 'unreadable', line: null }]);
  });
});

describe('Claude Code', () => {
  it('tells who spoke in every type of record', async () => {
    expect(await briefs('claude-code/every-type.jsonl')).toEqual([
      'harness note | Cart tests repaired',
      'harness note | Caveat: The messages below were generated by the user while running local commands. DO NOT respond to these messages.',
      'person message | only the cart files',
      'harness note | <command-name>/clear</command-name>\n<command-message>clear</command-message>\n<command-args></command-args>',
      'harness note | <local-command-stdout>cleared</local-command-stdout>',
      'person message | Why does the cart test fail?',
      'agent message | I run it first.',
      'agent tool_call | Bash | {"command":"npm test"}',
      'agent tool_call | Read | {"file_path":"/home/ana/.claude/projects/shop/memory/MEMORY.md"}',
      'tool tool_result | Read | Remember: prices are in cents.',
      'tool tool_result! | Bash | Exit code 1\nFAIL cart.test.ts',
      'agent tool_call | Edit | {"file_path":"cart.ts","old_string":"a","new_string":"b"}',
      'person reject! | Edit | leave cart.ts alone',
      'agent tool_call | Bash | {"command":"rm -r build"}',
      'person reject! | Bash',
      'person interrupt | [Request interrupted by user for tool use]',
      'person message | and look at the price test too',
      'person message | stop after that',
      'harness note! | Overloaded',
      'harness note! | API Error: 529 overloaded',
      'agent tool_call | AskUserQuestion | {"questions":[{"question":"Which runner?"}]}',
      'tool tool_result | AskUserQuestion | User has answered your questions: "Which runner?"="the one from CI". You can now continue.',
      'person message | the one from CI',
      'agent tool_call | Edit | {"file_path":"price.ts"}',
      'tool tool_result | Edit | The file price.ts has been updated.',
      'harness note | The person changed the proposed edit before accepting it.',
      'agent message | Done.',
      expect.stringContaining('harness note | {"type":"hologram"'),
    ]);
  });

  it('keeps and counts a type that it does not know', async () => {
    const { counts, problems } = await read(fixture('claude-code/every-type.jsonl'));
    expect(counts).toEqual({ records: 33, explained: 32, reported: 1 });
    expect(problems).toMatchObject([{ kind: 'unsupported', line: 32, message: expect.stringContaining('hologram') }]);
  });

  it('gives session, folder, person, time and place', async () => {
    const file = fixture('claude-code/duplicates.jsonl');
    const { sessions, turns } = await read(file);
    const id = 'aaaaaaaa-1111-4222-8333-444455556666';
    expect(sessions).toEqual([{ id, path: file, format: 'claude-code', folder: '/home/ana/shop' }]);
    expect(turns[0]).toMatchObject({ sessionId: id, person: 'ana', ref: { path: file, line: 1 } });
    expect(turns[0]?.at).toMatch(/^2026-05-04T08:\d\d:\d\d\.000Z$/);
    expect(turns[1]?.person).toBeNull();
  });

  it('marks what a person rewound as abandoned, and not the forks of parallel tool calls', async () => {
    const { turns } = await read(fixture('claude-code/rewind.jsonl'));
    expect(turns.filter(({ branch }) => branch === 'abandoned').map(({ ref }) => ref.line)).toEqual([3, 4, 5, 6]);
    expect(turns.flatMap(spokenStatements).map(({ text }) => text)).toEqual(['CSV, from now on all exports are CSV.']);
  });

  it('takes the branch with the newest record as the active one, not the one that started last', async () => {
    const lines = readFileSync(fixture('claude-code/rewind.jsonl'), 'utf8').trim().split('\n');
    const later = lines.map((line, i) => (i === 5 ? line.replace(/"timestamp":"[^"]*"/, '"timestamp":"2026-12-01T00:00:00.000Z"') : line));
    const { turns } = await read(write('rewind.jsonl', `${later.join('\n')}\n`));
    expect(turns.filter(({ branch }) => branch === 'abandoned').map(({ ref }) => ref.line)).toEqual([7, 8, 8, 9, 10, 11]);
  });

  it('hears nobody in the summary that a compaction writes', async () => {
    const { turns } = await read(fixture('claude-code/compaction.jsonl'));
    expect(turns.map(brief).map((line) => line.slice(0, 25))).toEqual([
      'person message | Keep pri',
      'agent message | Will do.',
      'harness compaction | Conv',
      'harness compaction | This',
      'person message | go on',
    ]);
    expect(turns.flatMap(spokenStatements)).toEqual([]);
  });

  it('takes what stands first in a side branch as said by the agent', async () => {
    expect(await briefs('claude-code/sidechain.jsonl')).toContain('agent message (sidechain) | Find the VAT code and report its path.');
    expect((await read(fixture('claude-code/agent-0a1b2c.jsonl'))).turns.map(({ speaker, branch }) => `${speaker} ${branch}`)).toEqual([
      'agent sidechain',
      'agent sidechain',
    ]);
  });

  it('merges a message that comes in several records, and finds the tool of each result', async () => {
    expect(await briefs('claude-code/split-message.jsonl')).toEqual([
      'person message | Compare both files.',
      'agent message | First the one,\nthen the other.',
      'agent tool_call | Read | {"file_path":"a"}',
      'agent tool_call | Read | {"file_path":"b"}',
      'tool tool_result | Read | B',
      'tool tool_result | Read | A',
    ]);
  });

  it('reports a last line that breaks off, and a broken one in the middle, and uses the rest', async () => {
    const torn = await read(fixture('claude-code/torn.jsonl'));
    expect(torn.problems).toMatchObject([{ kind: 'torn', line: 3 }]);
    expect(torn.turns.map(({ text }) => text)).toEqual(['one', 'two']);
    const broken = await read(fixture('claude-code/malformed-middle.jsonl'));
    expect(broken.problems).toMatchObject([
      { kind: 'malformed', line: 2 },
      { kind: 'malformed', line: 5 },
    ]);
    expect(broken.turns.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    expect(broken.counts).toEqual({ records: 5, explained: 3, reported: 2 });
  });

  it('reads lines also where the first of them breaks off at a comma', async () => {
    const rest = readFileSync(fixture('claude-code/duplicates.jsonl'), 'utf8');
    const { turns, counts } = await read(write('start.jsonl', `{"type":"user",\n${rest}`));
    expect(turns.map(({ text }) => text)).toEqual(['From now on we tag releases.', 'Noted.', 'good']);
    expect(counts).toEqual({ records: 5, explained: 4, reported: 1 });
  });

  it('tells a record with the same uuid once, unless the first was not understood', async () => {
    expect((await read(fixture('claude-code/duplicates.jsonl'))).turns.map(({ text }) => text)).toEqual([
      'From now on we tag releases.',
      'Noted.',
      'good',
    ]);
    const odd = await read(fixture('claude-code/odd-values.jsonl'));
    expect(odd.turns.filter(({ speaker }) => speaker !== 'harness').map(({ text }) => text)).toEqual([
      'hello',
      'valid with the same id',
      'plain string',
      'end',
    ]);
    expect(odd.counts).toEqual({ records: 9, explained: 5, reported: 4 });
  });

  it('cuts lines at line feeds only', async () => {
    expect((await read(fixture('claude-code/line-separator.jsonl'))).turns.map(({ text }) => text)).toEqual([
      'before\u2028after\rend',
      'ok',
    ]);
  });

  it('reads the same turns with CRLF line ends, a byte order mark and no last line end', async () => {
    const plain = readFileSync(fixture('claude-code/every-type.jsonl'), 'utf8');
    const expected = (await read(fixture('claude-code/every-type.jsonl'))).turns.map(brief);
    for (const text of [plain.replaceAll('\n', '\r\n'), `\uFEFF${plain}`, plain.trimEnd()])
      expect((await read(write('same.jsonl', text))).turns.map(brief)).toEqual(expected);
  });

  it('reads the web export, with the lines of the document', async () => {
    const { turns, sessions } = await read(fixture('claude-code/web-export.json'));
    expect(turns.map(({ text, ref }) => `${ref.line} ${text}`)).toEqual(['3 Add a multiply function.', '19 Added.', '48 thanks']);
    expect(sessions[0]?.format).toBe('claude-code');
  });

  it('keeps head and tail of long output and says how much is left out', async () => {
    const line = JSON.stringify({
      type: 'user',
      uuid: 'u1',
      message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: `START${'ä'.repeat(50_000)}END` }] },
      toolUseResult: {},
    });
    const [turn] = (await read(write('long.jsonl', `${line}\n`))).turns;
    const left = /\n\[\.\.\. (\d+) bytes left out \.\.\.\]\n/.exec(turn?.text ?? '');
    expect(turn?.text.startsWith('STARTä')).toBe(true);
    expect(turn?.text.endsWith('äEND')).toBe(true);
    expect(turn?.text).not.toContain('\uFFFD');
    const kept = Buffer.byteLength((turn?.text ?? '').replace(left?.[0] ?? '', ''));
    expect(kept + Number(left?.[1])).toBe(100_008);
    expect(kept).toBeLessThanOrEqual(2 * 4096);
  });

  it('keeps the arguments of a call valid JSON however long they are', async () => {
    const content = [{ type: 'tool_use', id: 't', name: 'Write', input: { file_path: 'a', content: 'x'.repeat(100_000) } }];
    const { turns } = await read(write('call.jsonl', `${JSON.stringify({ type: 'assistant', uuid: 'u', message: { content } })}\n`));
    expect(JSON.parse(turns[0]?.tool?.input ?? '')).toMatchObject({ file_path: 'a' });
    expect(turns[0]?.tool?.input.length).toBeLessThan(10_000);
  });

  it('takes off what a harness wraps around a prompt, and nothing that a person wrote of it', async () => {
    const typed = async (content: string) =>
      (await read(write('w.jsonl', `${JSON.stringify({ type: 'user', uuid: 'u', message: { role: 'user', content } })}\n`))).turns.map(
        brief,
      );
    const reminder = '<system-reminder>\nFrom now on use tabs.\n</system-reminder>';
    expect(await typed(`${reminder}Fix it.${reminder}`)).toEqual(['person message | Fix it.']);
    expect(await typed('Why is the <skill> tag not closed?')).toEqual(['person message | Why is the <skill> tag not closed?']);
    expect((await typed('<system-reminder>cut off'))[0]).toContain('harness note');
  });

  it('says in which line invalid UTF-8 stands, and reads the line', async () => {
    const text = Buffer.from(readFileSync(fixture('claude-code/duplicates.jsonl')));
    text[text.indexOf('Noted.')] = 0xff;
    const { problems, turns } = await read(write('bytes.jsonl', text));
    expect(problems).toMatchObject([{ kind: 'malformed', line: 2, message: expect.stringContaining('UTF-8') }]);
    expect(turns[1]?.text).toBe('\uFFFDoted.');
  });
});

describe('who the person is', () => {
  const line = (cwd: string) => `${JSON.stringify({ type: 'user', uuid: 'u', cwd, message: { role: 'user', content: 'hello' } })}\n`;
  const personIn = async (cwd: string, persons: Readonly<Record<string, string>> = {}) =>
    (await read(write('p.jsonl', line(cwd)), persons)).turns[0]?.person;

  it('is the user of the recorded working folder', async () => {
    expect(await personIn('/home/mira/shop')).toBe('mira');
    expect(await personIn('/Users/jo/x')).toBe('jo');
    expect(await personIn('C:\\Users\\Kim\\work')).toBe('Kim');
    expect(await personIn('/srv/build')).toBeNull();
  });

  it('is whoever was named for the longest prefix of the folder or of the file', async () => {
    const persons = { Ana: '/home/dev', Ben: '/home/dev/api', Cy: temp };
    expect(await personIn('/home/dev/api/src', { Ana: '/home/dev', Ben: '/home/dev/api' })).toBe('Ben');
    expect(await personIn('/home/dev/apiary', { Ana: '/home/dev', Ben: '/home/dev/api' })).toBe('Ana');
    expect(await personIn('/srv/x', persons)).toBe('Cy');
  });
});

describe('other agents', () => {
  it('reads Codex rollouts: each message once, the request out of the editor context, exit codes, refusals, stops', async () => {
    const { turns, sessions } = await read(fixture('codex/rollout.jsonl'));
    expect(turns.map(brief)).toEqual([
      'harness note | <environment_context>\n  <cwd>/Users/ben/api</cwd>\n</environment_context>',
      'person message | Make the list faster',
      'agent tool_call | shell | {"command":["bash","-lc","npm test"]}',
      'tool tool_result! | shell | 2 failed',
      'agent tool_call | shell | {"command":["bash","-lc","rg nothing"]}',
      'tool tool_result | shell',
      'agent tool_call | apply_patch | *** Begin Patch',
      'person reject! | apply_patch',
      'person interrupt | [turn aborted: interrupted]',
      'person message | Nothing loads now',
      'agent message | I look.',
      'harness compaction | Summary so far',
      expect.stringContaining('telepathy'),
    ]);
    expect(sessions).toMatchObject([{ id: 'codex-1', folder: '/Users/ben/api' }]);
    expect(turns[1]?.person).toBe('ben');
  });

  it('reads what codex exec prints', async () => {
    expect(await briefs('codex/exec.jsonl')).toEqual([
      'agent tool_call | shell | {"command":"ls"}',
      'tool tool_result! | shell | ls: no',
      'agent tool_call | apply_patch | {"changes":[{"path":"a","kind":"add"}]}',
      'tool tool_result | apply_patch',
      'agent message | Done.',
      'harness note! | stream error',
    ]);
  });

  const weather = [
    'harness note | You are a helper.',
    'person message | What is the weather?',
    'agent tool_call | weather | {"city":"Bonn"}',
    'agent tool_call | weather | not json',
    'tool tool_result! | weather | Error: bad arguments',
    'tool tool_result | weather | {"temp":21}',
    'agent message | It is 21 degrees.',
  ];

  it('reads OpenAI messages as an array, one a line, and out of a log that repeats the history', async () => {
    expect(await briefs('messages/openai.json')).toEqual(weather);
    expect(await briefs('messages/lines.jsonl')).toEqual(weather);
    const { turns, sessions } = await read(fixture('messages/conversations.jsonl'));
    expect(turns.map(brief)).toEqual([
      ...weather,
      'person message | another one',
      'agent message | yes',
      'person message | logged',
      'agent message | answer',
    ]);
    expect(sessions.map(({ id }) => id.split('/').at(-1))).toEqual(['conv-1', 'conversations.jsonl#3', 'conversations.jsonl#4']);
  });

  it('reads Anthropic messages', async () => {
    expect(await briefs('messages/anthropic.json')).toEqual([
      'person message | Read the file.',
      'agent message | I read it.',
      'agent tool_call | read | {"path":"a"}',
      'tool tool_result! | read | no such file',
    ]);
  });

  it('reads tau-bench runs with their reward, each a session, and never what the run should have done', async () => {
    const { turns, sessions, problems } = await read(fixture('runs/tau.json'));
    expect(turns.map(brief)).toEqual([
      ...weather,
      'harness outcome | reward 1',
      'person message | cancel my flight',
      'harness outcome! | reward 0',
    ]);
    expect(sessions.map(({ id }) => id.split('#')[1])).toEqual(['task-3-trial-1', 'task-4-trial-0']);
    expect(problems).toMatchObject([{ kind: 'unsupported', line: 59 }]);
    expect(JSON.stringify([turns, await briefs('runs/tau2.json')])).not.toContain('GOLD');
    expect((await briefs('runs/tau2.json')).slice(-3)).toEqual([
      'tool tool_result! | get_user | not found',
      'harness note | user_stop',
      'harness outcome! | reward 0.5',
    ]);
  });

  it('reads SWE-agent and mini-swe-agent runs: no person, no demonstration, an outcome', async () => {
    expect(await briefs('runs/swe.traj')).toEqual([
      'agent message | I open it.',
      'agent tool_call | shell | {"command":"open a.py"}',
      'tool tool_result | shell | [File: a.py]',
      'agent tool_call | shell | {"command":"python a.py"}',
      'tool tool_result! | shell | Traceback (most recent call last):\n  File "a.py"',
      'harness outcome! | submitted (exit_cost)',
    ]);
    expect((await briefs('runs/swe-history.traj'))[0]).toBe('harness note | ISSUE: it crashes');
    expect(await briefs('runs/mini.traj.json')).toEqual([
      'harness note | You can use bash.',
      'harness note | Please solve this issue: it crashes',
      'agent message | THOUGHT: look',
      'agent tool_call | shell | {"command":"ls"}',
      'tool tool_result! | shell | nothing\n',
      'harness outcome | Submitted',
    ]);
  });

  it('reads Gemini CLI sessions, as a document whose id comes last, and as lines', async () => {
    const { turns, sessions } = await read(fixture('gemini/session-1.json'));
    expect(sessions).toMatchObject([{ id: 'gem-1', format: 'gemini' }]);
    expect(turns.map(brief)).toEqual([
      'person message | List the folder',
      'agent message | I list it.',
      'agent tool_call | list | {"path":"."}',
      'tool tool_result! | list | Path must be absolute',
      'agent tool_call | shell | {"command":"rm -r x"}',
      'person reject! | shell',
      'agent tool_call | list | {"path":"/"}',
      'tool tool_result | list | empty',
      'harness note | Update available',
    ]);
    expect((await read(fixture('gemini/session-2.jsonl'))).sessions).toMatchObject([{ id: 'gem-2' }]);
  });

  it('reads Managed Agents events: a denial with its reason, an interruption, an outcome', async () => {
    const { turns, sessions, counts } = await read(fixture('managed-agents/events.jsonl'));
    expect(sessions).toMatchObject([{ id: 'sesn_1' }]);
    expect(counts).toEqual({ records: 15, explained: 14, reported: 1 });
    expect(turns.map(brief)).toEqual([
      'person message | Deploy it.',
      'agent message | I deploy.',
      'agent tool_call | bash | {"command":"deploy"}',
      'person reject! | bash | Never deploy on a Friday.',
      'agent tool_call | git.log | {}',
      'tool tool_result! | git.log | fatal',
      'person interrupt | [user.interrupt]',
      'harness note! | Overloaded',
      'harness compaction',
      'agent message (sidechain) | subtask',
      'harness outcome! | needs_revision: no tests',
      expect.stringContaining('agent.hologram'),
    ]);
  });

  it('reads Cursor transcripts and opencode exports', async () => {
    expect(await briefs('cursor/transcript.jsonl')).toEqual([
      'person message | list the files',
      'agent message | I list them.',
      'agent tool_call | Shell | {"command":"ls"}',
    ]);
    expect(await briefs('opencode/export.json')).toEqual([
      'person message | fix the login',
      'harness note | Called the Read tool',
      'agent message | I look.',
      'agent tool_call | bash | {"command":"ls"}',
      'tool tool_result | bash | a',
      'agent tool_call | edit | {}',
      'person reject! | edit | not this file',
    ]);
  });
});

describe('bad input', () => {
  it('finds nothing in an empty file and in one of a single byte', async () => {
    for (const name of ['broken/empty.jsonl', 'broken/one-byte.jsonl'])
      expect(await read(fixture(name))).toMatchObject({ turns: [], problems: [], counts: { records: 0 } });
    expect(await read(fixture('broken/one-brace.json'))).toMatchObject({
      problems: [{ kind: 'torn' }],
      counts: { records: 1, reported: 1 },
    });
  });

  it('guesses nothing about a format that it does not know', async () => {
    const { turns, problems, counts } = await read(fixture('broken/unknown.jsonl'));
    expect(turns).toEqual([]);
    expect(problems).toMatchObject([{ kind: 'unsupported', line: null }]);
    expect(counts).toEqual({ records: 2, explained: 0, reported: 2 });
  });

  it('uses a document up to where it breaks off', async () => {
    const { turns, problems } = await read(fixture('broken/torn-document.json'));
    expect(turns).toHaveLength(6);
    expect(problems).toMatchObject([{ kind: 'torn' }]);
  });

  it('skips a line of more than 64 MB and reads on', async () => {
    const [one, two] = readFileSync(fixture('claude-code/duplicates.jsonl'), 'utf8').split('\n');
    const file = write('wide.jsonl', `${one}\n{"type":"user","text":"`);
    const block = Buffer.alloc(1 << 20, 0x61);
    for (let i = 0; i < 66; i++) appendFileSync(file, block);
    appendFileSync(file, `"}\n${two}\n`);
    const { turns, problems, counts } = await read(file);
    expect(turns.map(({ ref }) => ref.line)).toEqual([1, 3]);
    expect(problems).toMatchObject([{ kind: 'malformed', line: 2, message: expect.stringContaining('64 MB') }]);
    expect(counts).toEqual({ records: 3, explained: 2, reported: 1 });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const items = readTranscript(fixture('codex/exec.jsonl'), { persons: {}, signal: stop.signal });
    await expect(items.next()).rejects.toThrow('enough');
  });

  it('accounts for every record of every fixture, however it is cut or mangled', async () => {
    const files = allFiles(fixtures);
    const contents = files.map((file) => ({ name: file.split('/').at(-1) ?? '', bytes: readFileSync(file) }));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...contents),
        fc.nat(),
        fc.array(fc.record({ at: fc.nat(), byte: fc.constantFrom(...Buffer.from('"{}[],:\\\n\r x0'), 0xff, 0xe2) }), { maxLength: 6 }),
        async ({ name, bytes }, cut, edits) => {
          const mangled = Buffer.from(bytes.subarray(0, edits.length === 0 ? cut % (bytes.length + 1) : bytes.length));
          for (const { at, byte } of edits) if (mangled.length > 0) mangled[at % mangled.length] = byte;
          const file = join(temp, name);
          writeFileSync(file, mangled);
          const { turns } = await read(file);
          for (const turn of turns) expect(turn.ref.line).toBeGreaterThan(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** Writes about `megabytes` MB of a session of realistic records, each with ids of its own. */
function writeSession(file: string, megabytes: number): void {
  const id = (n: number) => `${n.toString(16).padStart(8, '0')}-1111-4222-8333-444455556666`;
  const output = 'src/cart.ts(12,5): error TS2345: Argument of type string is not assignable. '.repeat(12);
  const envelope = (n: number) => ({
    parentUuid: n > 1 ? id(n - 1) : null,
    isSidechain: false,
    cwd: '/home/ana/shop',
    sessionId: id(0),
    uuid: id(n),
    timestamp: new Date(1.75e12 + n * 1000).toISOString(),
  });
  writeFileSync(file, '');
  let n = 0;
  for (let size = 0; size < megabytes * 1e6; ) {
    let block = '';
    for (let i = 0; i < 200; i++) {
      const prompt = { ...envelope(++n), type: 'user', message: { role: 'user', content: `Please look at number ${n}.` } };
      const blocks = [{ type: 'tool_use', id: `toolu_${n}`, name: 'Bash', input: { command: 'npm run typecheck' } }];
      const call = { ...envelope(++n), type: 'assistant', message: { id: `msg_${n}`, role: 'assistant', content: blocks } };
      const results = [{ type: 'tool_result', tool_use_id: `toolu_${n - 1}`, content: output, is_error: true }];
      const result = { ...envelope(++n), type: 'user', message: { role: 'user', content: results }, toolUseResult: `Error: ${output}` };
      block += [prompt, call, result].map((record) => `${JSON.stringify(record)}\n`).join('');
    }
    appendFileSync(file, block);
    size += block.length;
  }
}

describe('memory', () => {
  it('needs hardly more for 160 MB than for 8 MB', () => {
    const module = pathToFileURL(join(repo, 'dist/read/transcript.js')).href;
    const code = `import { readTranscript } from ${JSON.stringify(module)};
      let records = 0;
      for await (const item of readTranscript(process.argv[1], { persons: {}, signal: new AbortController().signal }))
        if (item.kind === 'counts') records = item.explained;
      console.log(JSON.stringify({ records, rss: process.resourceUsage().maxRSS / 1024 }));`;
    const peak = (megabytes: number): { records: number; rss: number } => {
      const file = join(temp, `${megabytes}mb.jsonl`);
      writeSession(file, megabytes);
      const output = execFileSync(process.execPath, ['--input-type=module', '-e', code, file], { encoding: 'utf8' });
      rmSync(file);
      return JSON.parse(output);
    };
    const small = peak(8);
    const large = peak(160);
    console.log(`peak memory: ${small.records} records ${small.rss.toFixed(0)} MB, ${large.records} records ${large.rss.toFixed(0)} MB`);
    expect(large.records).toBeGreaterThan(15 * small.records);
    expect(large.rss - small.rss).toBeLessThan(50);
  });
});

/** A line of `sessions.compact.jsonl`. */
interface CompactSession {
  readonly id: string;
  readonly events: readonly { readonly user?: string; readonly interrupt?: boolean; readonly reject?: string; readonly reason?: string }[];
}

const samples = join(shared, 'samples');
const scenario = join(shared, 'eval/scenario-webshop');
const absent = (path: string) => {
  if (!existsSync(path)) console.log(`skipped: no ${path}`);
  return !existsSync(path);
};

describe('real transcripts', () => {
  it.skipIf(absent(samples))('accounts for every record of the sample files', async () => {
    const { files } = await listTranscripts([samples], { signal });
    const formats = new Map<string, number[]>();
    for (const file of files) {
      const { sessions, counts } = await read(file);
      const row = formats.get(sessions[0]?.format ?? 'no sessions') ?? [0, 0, 0, 0];
      formats.set(
        sessions[0]?.format ?? 'no sessions',
        [1, counts.records, counts.explained, counts.reported].map((n, i) => n + (row[i] ?? 0)),
      );
    }
    for (const [format, [count, records, explained, reported]] of formats)
      console.log(`${format}: ${count} files, ${records} records, ${explained} explained, ${reported} reported`);
    for (const format of ['claude-code', 'codex', 'codex-exec', 'gemini', 'cursor', 'tau-bench', 'swe-agent', 'mini-swe-agent', 'messages'])
      expect(formats.get(format)?.[2]).toBeGreaterThan(0);
  });

  it.skipIf(absent(scenario))('hears the persons of the example, their refusals and stops, and nobody else', async () => {
    const out = join(temp, 'webshop');
    execFileSync(process.execPath, [join(shared, 'eval/scenario/expand.mjs'), scenario, out]);
    const expected = readFileSync(join(scenario, 'sessions.compact.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => JSON.parse(line) as CompactSession)
      .flatMap(({ id, events }) =>
        events.flatMap((event) => {
          if (event.user !== undefined) return [`${id} message ${event.user}`];
          if (event.interrupt !== undefined) return [`${id} interrupt [Request interrupted by user]`];
          return event.reject === undefined ? [] : [`${id} reject ${event.reason ?? ''}`];
        }),
      );
    const { files } = await listTranscripts([out], { signal });
    const heard: string[] = [];
    for (const file of files) {
      const { turns, counts } = await read(file);
      expect(counts.reported).toBe(0);
      for (const { speaker, kind, sessionId, text } of turns) if (speaker === 'person') heard.push(`${sessionId} ${kind} ${text}`);
    }
    expect(heard.toSorted()).toEqual(expected.toSorted());
  });
});
