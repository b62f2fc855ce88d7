/** Versions that commands print in sessions: which facts they bring up to date, and which they leave alone. */
import { describe, expect, it } from 'vitest';
import type { Statement, Turn } from '../dist/memory.js';
import { FileListener, type Heard, Listener } from '../dist/pipeline/listening.js';
import { planPrinted } from '../dist/resolve/printed.js';
import { programName } from '../dist/segment/printed.js';

interface Ran {
  readonly command?: string;
  readonly tool?: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly output?: string;
  readonly error?: boolean;
  readonly said?: string;
}

function turnsOf(ran: readonly Ran[], session: string, day: number): readonly Turn[] {
  return ran.flatMap((one, at): Turn[] => {
    const common = {
      sessionId: session,
      at: `2026-04-${String(day).padStart(2, '0')}T09:${String(at).padStart(2, '0')}:00.000Z`,
      person: null,
      error: null,
      branch: 'active',
      ref: { path: `${session}.jsonl`, line: at + 1 },
    } as const;
    if (one.said !== undefined) return [{ ...common, speaker: 'person', person: 'rosa', kind: 'message', text: one.said, tool: null }];
    const tool = { name: one.tool ?? 'Bash', callId: `c${at}`, input: JSON.stringify(one.input ?? { command: one.command }) };
    return [
      { ...common, speaker: 'agent', kind: 'tool_call', text: '', tool },
      { ...common, speaker: 'tool', kind: 'tool_result', text: one.output ?? '', error: one.error ?? false, tool: { ...tool, input: '' } },
    ];
  });
}

/** What a file with these turns gives. */
function heardIn(turns: readonly Turn[], folder: string | null): Heard {
  const file = new FileListener((text) => text);
  file.start(folder);
  for (const turn of turns) file.take(turn);
  return file.finish();
}

/** The text that a fact written in January becomes, or null; one list of commands a session, one session a day in April. */
function updated(
  text: string,
  sessions: readonly (readonly Ran[])[],
  over: Partial<Statement> = {},
  folder = '/home/rosa/orchard',
): string | null {
  const listener = new Listener();
  sessions.forEach((ran, at) => {
    listener.take(heardIn(turnsOf(ran, `s${at}`, at + 1), folder));
  });
  const span = { start: 0, end: 0 };
  const statement: Statement = {
    id: 'st_1',
    memoryId: 'm',
    path: 'notes.md',
    line: 1,
    text,
    span,
    cut: { span, list: null },
    encoding: 'markdown',
    role: 'fact',
    scope: { title: null, headings: [], subject: null },
    time: { at: '2026-01-10T00:00:00.000Z', source: 'frontmatter' },
    sessionId: null,
    lock: null,
    link: null,
    ...over,
  };
  const input = { printed: listener.printed(), projects: listener.projects(), announced: listener.announced(), minSupport: 3, programName };
  return planPrinted(statement, input)?.change.after?.text ?? null;
}

const python = { command: 'python3 --version', output: 'Python 3.12.4' };
const old = { command: 'python3 --version', output: 'Python 3.11.2' };
const three = [[python], [python], [python]];

describe('a version that commands print in enough sessions', () => {
  const cases: readonly (readonly [string, readonly (readonly Ran[])[], string])[] = [
    ['The scripts run on Python 3.11.', three, 'The scripts run on Python 3.12.'],
    ['Python is pinned to 3.11.2 in `.python-version`.', three, 'Python is pinned to 3.12.4 in `.python-version`.'],
    ['The importer of orchard uses Python 3.11.', [[old], [python], [python], [python]], 'The importer of orchard uses Python 3.12.'],
    [
      'Ruby version: 3.2',
      three.map(() => [{ command: 'ruby -v', output: 'ruby 3.3.0 (2023-12-25 revision 5124f9ac75) [x86_64-linux]' }]),
      'Ruby version: 3.3',
    ],
    ['Node 20 is installed here.', three.map(() => [{ command: 'node --version', output: 'v22.14.0' }]), 'Node 22 is installed here.'],
    [
      'We run Terraform 1.5.7.',
      three.map(() => [{ command: 'cd infra && terraform version | head -1', output: 'Terraform v1.9.5' }]),
      'We run Terraform 1.9.5.',
    ],
  ];
  for (const [text, sessions, expected] of cases) it(text, () => expect(updated(text, sessions)).toBe(expected));

  it('a person who says that the old one is gone needs one session only', () => {
    const session = [{ command: 'nvm install', output: 'Now using node v22.14.0 (npm v10.9.2)' }, { said: 'good. 20 is history' }];
    expect(updated('The runtime is Node 20.', [session])).toBe('The runtime is Node 22.');
    expect(updated('The runtime is Node 20.', [session.slice(0, 1)])).toBeNull();
    expect(updated('The runtime is Node 20.', [[session[0] ?? {}, { said: 'is 20 history?' }]])).toBeNull();
  });
});

describe('what commands leave alone', () => {
  const fact = 'The scripts run on Python 3.11.';
  const cases: readonly (readonly [string, string, readonly (readonly Ran[])[], Partial<Statement>?])[] = [
    ['too few sessions', fact, [[python], [python]]],
    ['one session that repeats it', fact, [[python, python, python, python, python]]],
    ['a later session that still prints the old one', fact, [[python], [python], [python], [old]]],
    ['a fact that is later than the sessions', fact, three, { time: { at: '2026-06-01T00:00:00.000Z', source: 'frontmatter' } }],
    ['a locked memory', fact, three, { lock: 'marked' }],
    ['a table', fact, three, { role: 'row' }],
    ['the same value', 'The scripts run on Python 3.12.', three],
    ['a rule', 'Always use Python 3.11 for the scripts.', three],
    ['a preference', 'Rosa prefers Python 3.11.', three],
    ['a lower bound', 'Python 3.11 or newer is needed.', three],
    ['a bound by sign', 'Python >=3.11', three],
    ['a story', 'We moved the scripts to Python 3.11 in May.', three],
    ['what breaks', 'Python 3.11 breaks the plotter.', three],
    ['two of them', 'The scripts run on Python 3.11, the plotter on Python 3.9.', three],
    ['another place', 'Python 3.11 runs on the production server.', three],
    ['another person', "Python 3.11 is on Piet's laptop.", three],
    ['another project', 'The repository `cider-press` runs on Python 3.11.', three],
    ['another program', 'The scripts run on Perl 5.36.', three],
    ['a page', fact, three.map(() => [{ tool: 'WebFetch', input: { url: 'https://docs.example' }, output: 'Python 3.12.4' }])],
    ['a fetched page by command', fact, three.map(() => [{ command: 'curl -s https://docs.example', output: 'Python v3.12.4' }])],
    ['a file', fact, three.map(() => [{ command: 'cat README.md', output: 'Python v3.12.4' }])],
    ['a file by tool', fact, three.map(() => [{ tool: 'Read', input: { file_path: 'README.md' }, output: 'Python v3.12.4' }])],
    ['a log of another machine', fact, three.map(() => [{ command: 'ssh barn python3 --version', output: 'Python 3.12.4' }])],
    ...[
      ['a page before the answer', 'curl -s https://docs.example/; python3 --version'],
      ['a file before the answer', 'cat README.md && python3 --version'],
      ['a file behind a pipe', 'python3 --version | tail -n 2 README.md'],
      ['a page by way of xargs', 'python3 --version | xargs -I{} curl -s https://docs.example/{}'],
      ['a branch by name', 'git status && python3 --version'],
      ['what a script prints', 'make all; python3 --version'],
      ['a list of commands on another machine', "ssh barn 'cd app; python3 --version; ls'"],
      ['a list of commands in a container', "docker exec app sh -c 'cd /app && python3 --version | head'"],
    ].map(([why = '', command = '']) => [why, fact, three.map(() => [{ command, output: 'Python 3.12.4 only\nPython 3.11.2' }])] as const),
    ['what a test prints', fact, three.map(() => [{ command: 'pytest', output: 'Installed python v3.12.4' }])],
    ['what a build prints', fact, three.map(() => [{ command: 'make', output: 'python v3.12.4' }])],
    ['a tool of another kind', fact, three.map(() => [{ tool: 'mcp__barn__run', ...python }])],
    ['a command that failed', fact, three.map(() => [{ ...python, error: true }])],
  ];
  for (const [why, text, sessions, over] of cases) it(`${why}: ${text}`, () => expect(updated(text, sessions, over)).toBeNull());

  it('a resumed session that repeats the turns of another one counts once', () => {
    const listener = new Listener();
    for (const session of ['s0', 's1', 's2']) listener.take(heardIn(turnsOf([python], session, 1), null));
    expect(listener.printed()).toHaveLength(1);
  });
});
