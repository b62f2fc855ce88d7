/** What an agent did, whichever client wrote it down: shell lines taken apart, what varies masked, tools known by what they do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionsOf } from '../dist/segment/actions.js';
import { maskLine, maskWord } from '../dist/segment/masks.js';
import { shellCommands } from '../dist/segment/shell.js';

const commandsIn = (line: string) => shellCommands(line).map(({ words }) => words.map(({ text }) => text).join(' '));

describe('a shell line', () => {
  it('with shells in each other without end is read to a limit, and no further than a line is long', () => {
    expect(shellCommands(`${'ssh h '.repeat(3000)}ls`).length).toBeLessThan(3);
    expect(shellCommands('a && '.repeat(30_000))).toEqual([]);
  });

  it.each([
    ['a && b || c; d & e', ['a', 'b', 'c', 'd', 'e']],
    ['cd bakery && make seed 2>&1 | tail -20', ['cd bakery', 'make seed']],
    ['make seed > out.log 2> /dev/null < in.txt', ['make seed']],
    ['(cd ovens; make) && { make check; }', ['cd ovens', 'make', 'make check']],
    ['git commit -m "Fix; and | no && more"', ['git commit -m Fix; and | no && more']],
    ["echo 'it is; fine'", ['echo it is; fine']],
    ['say "a \\"quoted\\" word"', ['say a \\"quoted\\" word']],
    ['bake \\\n  --hot \\\n  --fast', ['bake --hot --fast']],
    ['# a comment\nmake seed # another\nmake x#y', ['make seed', 'make x#y']],
    ['for f in north south; do fieldctl sync $f; done; ls', ['fieldctl sync north', 'fieldctl sync south', 'ls']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
    ['for f in a b; do run ${f}.csv $foo; done', ['run a.csv $foo', 'run b.csv $foo']],
    ['if make; then deploy; else rollback; fi', ['make', 'deploy', 'rollback']],
    ['while ! curl -s localhost; do sleep 1; done', ['curl -s localhost', 'sleep 1']],
    ["cat <<'EOF' > x.sql\nselect 1; drop table x;\nEOF\nmake load", ['cat', 'make load']],
    ["ssh broker 'systemctl restart mosquitto && tail x'", ['systemctl restart mosquitto', 'tail x']],
    ['bash -c "make seed && make check"', ['make seed', 'make check']],
    ['docker exec db sh -c "psql -c x; ls"', ['docker exec db sh -c', 'psql -c x', 'ls']],
    ['sudo -E timeout 30 make seed', ['make seed']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
    ['deploy ${ENV} --to=${HOST}x --fast', ['deploy ${ENV} --to=${HOST}x --fast']],
    ['ssh -p 22 broker sudo systemctl restart mosquitto', ['systemctl restart mosquitto']],
    ['DB=test NODE_ENV=x make seed', ['make seed']],
    ['echo $(date; id) `ls; pwd`', ['echo $(date; id) `ls; pwd`']],
    ['echo "not closed && rm x', ['echo not closed && rm x']],
    ["echo 'not closed", ['echo not closed']],
    ['echo $(not closed', ['echo $(not closed']],
    ['', []],
    ['  # only a comment', []],
    ['&& ||', []],
  ] as const)('%s', (line, expected) => {
    expect(commandsIn(line)).toEqual(expected);
  });

  it('keeps variables set for a command, and which words were quoted', () => {
    expect(shellCommands('TZ=UTC LANG="de DE" bake "two words" plain')).toEqual([
      {
        words: [
          { text: 'bake', quoted: false },
          { text: 'two words', quoted: true },
          { text: 'plain', quoted: false },
        ],
        variables: ['TZ=UTC', 'LANG=de DE'],
        lead: [],
        host: null,
      },
    ]);
  });

  it('names the host that it is run on, and what only runs it', () => {
    expect(shellCommands("ssh -p 22 broker 'sudo make seed; ls'").map(({ host, lead }) => [host, ...lead])).toEqual([
      ['broker', 'sudo'],
      ['broker'],
    ]);
  });

  it('is read whatever it holds, in time that grows with its length', () => {
    const piece = fc.constantFrom(
      '"',
      "'",
      '`',
      '$(',
      ')',
      '(',
      '\\',
      '\n',
      ' ',
      ';',
      '|',
      '&',
      '<<E\n',
      '<',
      '>',
      '#',
      '{',
      '}',
      'for x in a; do ',
      'done',
      'ssh ',
      'sh -c ',
      '=',
      '-',
      'a',
      '$x',
      'é',
      '😀',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 200 }),
          fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
        ),
        (line) => {
          for (const { words } of shellCommands(line)) expect(words.length).toBeGreaterThan(0);
          actionsOf({ name: 'Bash', input: JSON.stringify({ command: line }) });
        },
      ),
      { numRuns: 2000 },
    );
    for (const part of ['"', '$(', '(', 'a ', 'for x in a b; do ', "sh -c '", '<<E\n', '\\', 'x=1 ', '`']) {
      const start = performance.now();
      shellCommands(part.repeat(3000));
      expect(performance.now() - start).toBeLessThan(3000);
    }
  });

  it('loses no word of a list of plain commands', () => {
    const word = fc
      .stringMatching(/^[a-z][a-z0-9./:=_-]{1,8}$/)
      .filter(
        (text) =>
          !/^(?:if|then|else|elif|fi|while|until|do|done|for|case|esac|in|function|sudo|time|nohup|exec|env|command|nice|timeout)$|=|sh$|^ssh$/.test(
            text,
          ),
      );
    const quoting = fc.constantFrom(
      (text: string) => text,
      (text: string) => `"${text} x"`,
      (text: string) => `'${text} && y'`,
    );
    const command = fc.tuple(word, fc.array(fc.tuple(word, quoting), { maxLength: 5 }));
    fc.assert(
      fc.property(
        fc.array(command, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(' && ', '; ', ' || ', '\n', ' & '),
        (commands, joint) => {
          const line = commands.map(([program, args]) => [program, ...args.map(([text, quote]) => quote(text))].join(' ')).join(joint);
          const expected = commands.map(([program, args]) => [
            program,
            ...args.map(([text, quote]) => quote(text).replace(/^["']|["']$/g, '')),
          ]);
          expect(shellCommands(line).map(({ words }) => words.map(({ text }) => text))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('masks', () => {
  it.each([
    ['Error: /home/ana/x.ts:12:5 failed after 3.2s', 'Error: <path> failed after <n>'],
    ['ENOENT: no such file or directory, open "./a/b.json"', 'ENOENT: no such file or directory, open <value>'],
    ['2026-03-01T09:00:00Z gateway 10.0.0.7:1883 refused', '<time> gateway <address> refused'],
    ['order 3f2a9c1d-1111-4222-8333-444455556666 not found', 'order <id> not found'],
    ['commit 9f8e7d6c5b is no tag', 'commit <id> is no tag'],
    ['see https://docs.example/x?y=1 for help', 'see <url> for help'],
    ['mail to ana.b@example.org bounced', 'mail to <email> bounced'],
    ['ticket SHOP-123 and #45', 'ticket <id> and <id>'],
    ['disk 91% of 20 GB', 'disk <n> of <n>'],
    ['plain   words\tstay', 'plain words stay'],
  ])('%s', (text, masked) => {
    expect(maskLine(text)).toBe(masked);
  });

  it('are the same for two messages that differ only in what varies, and are not masked further', () => {
    const variable = fc.tuple(fc.integer({ min: 0, max: 1_000_000 }), fc.uuid(), fc.ipV4(), fc.stringMatching(/^[a-z]{3,8}$/));
    const line = ([n, id, ip, name]: readonly [number, string, string, string]) =>
      `Error: ${n} rows of ${id} at ${ip} in /srv/${name}/x.csv and "${name}"`;
    fc.assert(
      fc.property(variable, variable, (a, b) => {
        expect(maskLine(line(a))).toBe(maskLine(line(b)));
        expect(maskLine(maskLine(line(a)))).toBe(maskLine(line(a)));
      }),
    );
  });

  it('of an argument leave words and name what is none', () => {
    expect(['seed', 'db:migrate', 'src/a/b', '/tmp/x', 'https://a.b', '42', 'two words', 'menu.csv'].map(maskWord)).toEqual([
      'seed',
      'db:migrate',
      '<path>',
      '<path>',
      '<url>',
      '<n>',
      '<text>',
      'menu.csv',
    ]);
  });
});

describe('actions', () => {
  const brief = (name: string, input: object | string) =>
    actionsOf({ name, input: typeof input === 'string' ? input : JSON.stringify(input) }).map(({ kind, words, target }) =>
      [kind, ...words, target].join(' ').trim(),
    );

  it.each([
    ['Claude Code', 'Bash', { command: 'make seed' }],
    ['Codex', 'shell', { command: ['bash', '-lc', 'make seed'] }],
    ['Codex, one string', 'exec_command', { cmd: 'make seed' }],
    ['Gemini', 'run_shell_command', { command: 'make seed' }],
    ['Cursor', 'run_terminal_cmd', { command: 'make seed' }],
    ['opencode', 'bash', { command: 'make seed' }],
    ['SWE-agent', 'shell', { command: 'make seed' }],
    ['OpenHands', 'execute_bash', { command: 'make seed' }],
    ['a bare line', 'shell', 'make seed'],
  ] as const)('a command is the same in %s', (_client, tool, input) => {
    expect(brief(tool, input)).toEqual(['run make seed']);
  });

  it.each([
    ['Claude Code', 'Edit', { file_path: '/home/tom/bakery/src/oven.ts', old_string: 'hot', new_string: 'warm' }],
    [
      'Claude Code, several',
      'MultiEdit',
      { file_path: '/home/tom/bakery/src/oven.ts', edits: [{ old_string: 'hot', new_string: 'warm' }] },
    ],
    ['Gemini', 'replace', { file_path: '/home/tom/bakery/src/oven.ts', old_string: 'hot', new_string: 'warm' }],
    ['Codex', 'apply_patch', '*** Begin Patch\n*** Update File: src/oven.ts\n-hot\n+warm\n*** End Patch'],
    [
      'Codex, in a shell',
      'shell',
      { command: ['apply_patch', '*** Begin Patch\n*** Update File: src/oven.ts\n-hot\n+warm\n*** End Patch'] },
    ],
    ['the editor tool', 'str_replace_based_edit_tool', { command: 'str_replace', path: '/x/src/oven.ts', old_str: 'hot', new_str: 'warm' }],
  ] as const)('an edit is the same in %s', (_client, tool, input) => {
    const [action, ...more] = actionsOf({ name: tool, input: typeof input === 'string' ? input : JSON.stringify(input) });
    expect(more).toEqual([]);
    expect(action).toMatchObject({ kind: 'edit', words: ['edit', '.ts'], target: 'src/oven.ts', added: ['warm'] });
  });

  it('only look where a tool or command only reads, and are none where an agent talks', () => {
    const looks = [
      ['Read', { file_path: '/a' }],
      ['Grep', { pattern: 'x' }],
      ['WebFetch', { url: 'https://a.b' }],
      ['read_file', { path: 'a' }],
      ['Bash', { command: 'cat a | wc -l' }],
      ['Bash', { command: 'git status' }],
      ['Bash', { command: 'docker logs broker' }],
    ] as const;
    for (const [name, input] of looks) expect(actionsOf({ name, input: JSON.stringify(input) }).map(({ kind }) => kind)).toEqual(['look']);
    for (const name of ['TodoWrite', 'update_plan', 'AskUserQuestion', 'think']) expect(actionsOf({ name, input: '{}' })).toEqual([]);
  });

  it('keep the names of arguments, and what is quoted for values; two runs of one operation have one form', () => {
    const [one] = actionsOf({ name: 'book_delivery', input: '{"day":"monday","order":{"id":"o-99"},"note":"two words"}' });
    expect(one).toMatchObject({
      kind: 'call',
      words: ['book_delivery'],
      flags: ['day=monday', 'note', 'order.id=o-99'].map((flag) => expect.stringContaining(flag.split('=')[0] ?? '')),
    });
    const form = (command: string) =>
      actionsOf({ name: 'Bash', input: JSON.stringify({ command }) }).map(({ words, flags }) => ({ words, flags }));
    expect(form('npx fieldctl sync /srv/a --since 2026-03-01')).toEqual(form('npx fieldctl sync /srv/b --since 2026-04-01'));
    expect(form('npx fieldctl sync')).not.toEqual(form('fieldctl sync'));
    expect(form('npx fieldctl sync')[0]?.words).toEqual(form('fieldctl sync')[0]?.words);
  });

  it('take an argument with a toString of its own for what it is', () => {
    expect(actionsOf({ name: 'Bash', input: '{"command":["ls",{"toString":0}]}' })).toHaveLength(1);
  });

  it('never throw, whatever the arguments', () => {
    const names = fc.constantFrom('Bash', 'shell', 'Edit', 'apply_patch', 'MultiEdit', 'Read', 'book_delivery', 'TodoWrite');
    fc.assert(
      fc.property(
        names,
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.record({ command: fc.anything(), edits: fc.anything() }).map((value) => JSON.stringify(value) ?? ''),
        ),
        (name, input) => {
          for (const { shown } of actionsOf({ name, input })) expect(shown.length).toBeLessThanOrEqual(400);
        },
      ),
    );
  });
});
