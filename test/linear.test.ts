/**
 * Transcripts are untrusted: no line of whatever signs may take more than time in proportion to its length. A pattern that tries every
 * place of a run and looks over the whole run from each takes 256 times as long for 16 times the text; one that does not, 16 times.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentencesOf as sentences, wordsOf } from '../dist/mine/lexis.js';
import { generalForm, messageText } from '../dist/mine/phrase.js';
import { actionsOf, addedTokens } from '../dist/segment/actions.js';
import { maskLine, maskWord } from '../dist/segment/masks.js';
import { sentencesOf, spokenStatements } from '../dist/segment/session.js';
import { shellCommands } from '../dist/segment/shell.js';
import { errorNames, readTrouble } from '../dist/segment/symptoms.js';

const short = 1024;
const long = 16 * short;
/** Between 16 and 256, in milliseconds of the processor, the best of several runs: what else the machine does changes neither much. */
const mostGrowth = 80;
const quick = 30;
const attempts = 4;

const turn = {
  sessionId: 's',
  at: null,
  speaker: 'person',
  person: null,
  kind: 'message',
  tool: null,
  error: null,
  branch: 'active',
} as const;
const said = (text: string) => spokenStatements({ ...turn, text, ref: { path: 'p', line: 1 } });
const run = (text: string) => actionsOf({ name: 'Bash', input: JSON.stringify({ command: text }) });
const action = (shown: string) => ({ kind: 'run', words: ['x'], flags: [], values: {}, added: [], target: '', shown }) as const;

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  maskLine,
  maskWord,
  'readTrouble of a failure': (text) => readTrouble(text, true),
  'readTrouble of any output': (text) => readTrouble(text, false),
  errorNames,
  shellCommands,
  'actionsOf a command': run,
  'actionsOf an edit': (text) =>
    actionsOf({ name: 'Edit', input: JSON.stringify({ file_path: text, old_string: text, new_string: `${text}x` }) }),
  'actionsOf a patch': (text) => actionsOf({ name: 'apply_patch', input: text }),
  'actionsOf another tool': (text) => actionsOf({ name: text, input: JSON.stringify({ argument: text }) }),
  addedTokens: (text) => addedTokens(`'${text}'`, text),
  sentencesOf,
  spokenStatements: said,
  'sentencesOf in mining': sentences,
  wordsOf,
  messageText: (text) => messageText({ text, template: text, named: true }),
  generalForm: (text) => generalForm([action(text), action(`${text} x`)]),
};

function milliseconds(read: (text: string) => unknown, text: string): number {
  const from = process.cpuUsage();
  read(text);
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

function isLinear(read: (text: string) => unknown, make: (length: number) => string): boolean {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < attempts; attempt++) {
    most = Math.min(most, milliseconds(read, make(long)));
    if (most < quick) return true;
    least = Math.min(least, milliseconds(read, make(short)));
    if (most / least < mostGrowth) return true;
  }
  return false;
}

const repeated = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
const signs = [
  ...Array.from({ length: 127 - 9 }, (_, at) => String.fromCharCode(9 + at)),
  '\u2026',
  '\u201c',
  '\u00ab',
  '\u2713',
  '\u00e9',
  '\ud83d\ude00',
];
/** What the patterns begin with. */
const beginnings = [
  'for a in b; do ',
  'for a in b\n',
  '; done',
  '<<A\n',
  'A\n',
  '$(',
  'npx ',
  'uv run ',
  'sudo ',
  'bash -c "',
  "ssh h 'a ",
  '--a=b ',
  '-a 1 ',
  '"error": ',
  '{"msg":"a',
  'error ',
  'is not ',
  'a@b.',
  '1.2.',
  '12:34:56 ',
  '2026-01-01',
  'AB-1',
  'a-1',
  'a/b.',
  '../',
  'C:\\',
  'https://a',
  'localhost:1',
  'e.g. ',
  'a. ',
  'we no longer ',
  'from now on ',
  '- a\n',
  '```\n',
  '> a\n',
  "don't ",
  '*** Update File: ',
  'File "',
  '    at ',
  'deadbeef',
];

describe('reading takes time in proportion to the text', () => {
  for (const [name, read] of Object.entries(readers)) {
    it(`${name}: any sign, again and again`, () => {
      expect(signs.filter((sign) => !isLinear(read, (length) => repeated(sign, length)))).toEqual([]);
    });

    it(`${name}: any few signs, again and again, alone and behind others`, () => {
      const piece = fc.oneof(fc.constantFrom(...beginnings), fc.constantFrom(...signs));
      const unit = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''));
      fc.assert(
        fc.property(unit, fc.option(unit), (behind, before) => {
          const make = (length: number) =>
            before === null ? repeated(behind, length) : repeated(before, length / 2) + repeated(behind, length / 2);
          return isLinear(read, make);
        }),
        { numRuns: 80, seed: 3, endOnFailure: true },
      );
    });
  }

  it('would be seen to take more', () => {
    expect(
      isLinear(
        (text) => /\s+$/.test(`${text}x`),
        (length) => ' '.repeat(length),
      ),
    ).toBe(false);
  });
});
