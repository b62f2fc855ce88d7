/** The binary without a dream: help, mistakes in usage, and the pure parts of what it prints. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createProgress, formatProgress } from '../dist/cli/progress.js';
import {
  alignRows,
  displayWidth,
  formatCount,
  formatPercent,
  hang,
  oneLine,
  plainText,
  shellWord,
  toJsonLine,
  wrapText,
} from '../dist/cli/text.js';
import { newFolder, type Outcome, run } from './cli-run.js';

const cwd = newFolder();
const dreamfold = (...args: string[]): Promise<Outcome> => run(args, { cwd });

const commands = [
  'dream',
  'changes',
  'diff',
  'explain',
  'approve',
  'reject',
  'edit',
  'review',
  'apply',
  'undo',
  'discard',
  'list',
  'show',
  'cancel',
  'resume',
  'prune',
  'audit',
  'dedupe',
  'relate',
  'doctor',
  'bench',
];

describe('help', () => {
  it('lists every command with one line each', async () => {
    const { code, stdout, stderr } = await dreamfold('--help');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b.* {2}\\S`, 'm'));
  });

  it.each(commands)('of %s shows the global options, examples and exit codes within 80 columns', async (command) => {
    const [asked, flagged] = await Promise.all([dreamfold('help', command), dreamfold(command, '--help')]);
    expect(asked.code).toBe(0);
    expect(flagged.stdout).toBe(asked.stdout);
    for (const part of ['--json', '--db <file>', '--threads <n>', 'Examples:', `  dreamfold ${command}`, 'Exit codes:', '  130  cancelled'])
      expect(asked.stdout).toContain(part);
    expect(asked.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it.each(['list', 'pull', 'check', 'calibrate'])('of models %s is like that of any command', async (word) => {
    const [asked, flagged, family] = await Promise.all([
      dreamfold('models', 'help', word),
      dreamfold('models', word, '--help'),
      dreamfold('help', 'models'),
    ]);
    expect(asked.code).toBe(0);
    expect(flagged.stdout).toBe(asked.stdout);
    for (const part of ['--json', '--db <file>', 'Examples:', `  dreamfold models ${word}`, 'Exit codes:'])
      expect(asked.stdout).toContain(part);
    expect(asked.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(family.stdout).toMatch(new RegExp(`^  ${word}\\b`, 'm'));
  });

  it('offers no command that does not exist yet', async () => {
    const { stdout } = await dreamfold('--help');
    expect(stdout).not.toMatch(/^ {2}serve\b/m);
  });

  it('prints the version of the package', async () => {
    const { code, stdout } = await dreamfold('--version');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('has no colour when piped', async () => {
    const { stdout } = await run(['--help'], { cwd, env: { FORCE_COLOR: '1', TERM: 'xterm-256color' } });
    expect(stdout).not.toContain('\u001b');
  });
});

describe('wrong usage ends with exit code 2 and a message on stderr', () => {
  const mistakes: readonly (readonly [string, readonly string[], string])[] = [
    ['an unknown command', ['drem'], 'did you mean dream?'],
    ['help for an unknown command', ['help', 'aply'], 'did you mean apply?'],
    ['an unknown command of models', ['models', 'lst'], 'did you mean list?'],
    ['a model that is missing', ['models', 'check'], 'model'],
    ['too few labelled pairs', ['models', 'calibrate', 'x', '--pairs', '3'], '--pairs'],
    ['an unknown option', ['list', '--treads', '2'], 'did you mean --threads?'],
    ['an unknown option of a command', ['dream', '--sesions', 'x'], 'did you mean --sessions?'],
    ['an option without its value', ['list', '--db'], 'argument missing'],
    ['a missing argument', ['explain'], 'change'],
    ['a missing file', ['dedupe'], 'file'],
    ['a missing text', ['edit', 'chg_1'], '--text'],
    ['an argument too many', ['list', 'more'], 'too many arguments'],
    ['an unknown choice', ['dream', '--index', 'tree'], 'auto, scan, cells, hnsw'],
    ['a number out of bounds', ['dream', '--store', 'x', '--min-support', '0'], '--min-support'],
    ['threads that are no number', ['list', '--threads', 'many'], '--threads'],
    ['a size that is too small', ['bench', '--sizes', '1000,7'], '--sizes: a whole number from 100 to 1000000'],
    ['a measure that is none', ['bench', '--by', 'size'], '--by: similarity, meaning'],
    ['a threshold that is no number', ['dedupe', 'x', '--threshold', 'high'], '--threshold'],
    ['an argument that is no id', ['approve', 'everything'], 'chg_'],
    ['a change where a dream is expected', ['changes', 'chg_1'], 'drm_'],
    ['two dreams', ['approve', 'drm_1', 'drm_2', 'chg_1'], 'one dream at a time'],
    ['a dream without changes', ['approve', 'drm_1'], 'name the changes'],
    ['two changes to explain', ['explain', 'chg_1', 'chg_2'], 'one change'],
    ['a person without a path', ['dream', '--store', 'x', '--person', 'Mira'], 'NAME=PATH'],
    ['a person twice', ['dream', '--store', 'x', '--person', 'Mira=a', '--person', 'Mira=b'], 'twice'],
    ['instructions from a file that is not there', ['dream', '--store', 'x', '--instructions', '@absent.txt'], 'absent.txt'],
    ['apply without a place and without a terminal', ['apply'], '--to PATH'],
    ['apply to two places', ['apply', '--in-place', '--to', 'x'], 'not both'],
    ['prune without saying what', ['prune'], '--keep N'],
    ['prune with both', ['prune', '--keep', '1', '--all'], 'one of them'],
  ];
  it.each(mistakes)('%s', async (_name, args, hint) => {
    const { code, stdout, stderr } = await dreamfold(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^dreamfold: /);
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('no command at all shows the help on stderr', async () => {
    const { code, stdout, stderr } = await dreamfold();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: dreamfold');
  });

  it('models alone shows its help on stderr', async () => {
    const { code, stdout, stderr } = await dreamfold('models');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: dreamfold models');
    expect(stderr).toMatch(/^dreamfold: a command is expected \(dreamfold models --help/m);
  });

  it('under --json as one line of JSON', async () => {
    const { code, stdout, stderr } = await dreamfold('list', '--treads', '2', '--json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const error: unknown = JSON.parse(stderr);
    expect(error).toEqual({ type: 'exit_error', code: 2, message: "unknown option '--treads' (did you mean --threads?)" });
  });
});

describe('Claude where it is not available', () => {
  it.each([
    ['dream', ['dream', '--store', 'x']],
    ['dedupe', ['dedupe', 'x']],
    ['relate', ['relate', 'x']],
  ])('%s --llm require ends with exit code 13', async (_name, args) => {
    const { code, stderr } = await dreamfold(...args, '--llm', 'require');
    expect(code).toBe(13);
    expect(stderr).toContain('--llm auto');
  });
});

describe('foreign text', () => {
  it('loses terminal escapes, control characters and direction marks', () => {
    expect(plainText('a\u001b[31mred\u001b[0m\u0007 \u009b2Jb\u202ec\r\nd\te')).toBe('ared bc\nd\te');
    expect(oneLine('  a\n\tb  ')).toBe('a b');
  });

  it('never keeps a control character', () => {
    const control = /[^\P{Cc}\n\t]/u;
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !control.test(plainText(text))));
  });

  it('stays the same value in JSON, without a character that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = toJsonLine({ text });
        expect(JSON.parse(line)).toEqual({ text });
        expect(line.slice(0, -1)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe('layout', () => {
  it('wraps within the width and keeps every word', () => {
    const word = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', 'b', 'Z', '漢', '語', 'é') });
    fc.assert(
      fc.property(fc.array(word), fc.integer({ min: 10, max: 60 }), (words, width) => {
        const lines = wrapText(words.join(' '), width);
        expect(lines.every((line) => displayWidth(line) <= width)).toBe(true);
        expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
      }),
    );
  });

  it('hangs further lines under the first', () => {
    expect(hang('  - ', 'one two three', 14)).toEqual(['  - one two', '    three']);
  });

  it('aligns columns by what a terminal shows', () => {
    expect(
      alignRows(
        [
          ['漢字', '1'],
          ['ab', '1,000'],
        ],
        [1],
      ),
    ).toEqual(['漢字      1', 'ab    1,000']);
  });

  it('writes numbers the same everywhere', () => {
    expect([formatCount(999), formatCount(12_340), formatCount(1_000_000)]).toEqual(['999', '12,340', '1,000,000']);
    expect([formatPercent(0.974), formatPercent(0.9999), formatPercent(1), formatPercent(0)]).toEqual(['97 %', '99 %', '100 %', '0 %']);
  });

  it('quotes what a shell would split', () => {
    expect(['a/b.db', "it's here"].map(shellWord)).toEqual(['a/b.db', `'it'\\''s here'`]);
  });
});

describe('progress', () => {
  const stage = (done: number, name: 'read' | 'embed' = 'embed') =>
    ({ kind: 'stage', stage: name, done, total: 100_000, unit: 'statements' }) as const;
  const shown = (mode: 'live' | 'plain' | 'json', steps: readonly (readonly [atMs: number, done: number])[]): string => {
    let now = 0;
    let text = '';
    const progress = createProgress({ mode, write: (more) => (text += more), width: 80, clockMs: () => now });
    for (const [atMs, done] of steps) {
      now = atMs;
      progress.report(stage(done));
    }
    progress.report({ kind: 'warning', message: 'no index file' });
    progress.finish();
    return text;
  };

  it('says how much, how fast and how long still', () => {
    expect(formatProgress(stage(12_340), 300, 80)).toBe('embed  12,340 of 100,000 statements');
    expect(formatProgress(stage(41_000), 1000, 80)).toBe('embed  41,000 of 100,000 statements  41k/s  2 s left');
    expect(formatProgress({ stage: 'read', done: 3, total: null, unit: 'files' }, 0, 80)).toBe('read  3 files');
    expect(formatProgress(stage(41_000), 1000, 30)).toHaveLength(29);
  });

  it('rewrites one line on a terminal, not at every event, and takes it away at the end', () => {
    const text = shown('live', [
      [0, 0],
      [10, 500],
      [20, 1000],
      [200, 9000],
    ]);
    expect(text.match(/embed/g)).toHaveLength(2);
    expect(text).toContain('dreamfold: warning: no index file\n');
    expect(text.split('\n')).toHaveLength(2);
  });

  it('prints a line at the start and the end of a stage elsewhere', () => {
    const text = shown('plain', [
      [0, 0],
      [500, 50_000],
      [2000, 90_000],
    ]);
    expect(text.split('\n')).toEqual([
      'embed: 100,000 statements',
      'dreamfold: warning: no index file',
      'embed: done, 100,000 statements in 2.0 s',
      '',
    ]);
  });

  it('is silent under --json but for warnings', () => {
    expect(shown('json', [[0, 0]])).toBe('{"type":"warning","message":"no index file"}\n');
  });
});
