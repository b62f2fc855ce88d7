/**
 * A shell line as the simple commands it runs, in order: what agents type, not all of POSIX. Lists, pipelines, groups, subshells,
 * plain `for` loops and here-documents are taken apart; of a pipeline the first command counts, the filters behind it do not. What is
 * quoted stays one word. Written here because what is wanted are the words with the knowledge whether they were quoted, across loops
 * and here-documents, which parsers of the whole language give only with a grammar of several megabytes.
 */

export interface ShellWord {
  readonly text: string;
  /** True where any of it was quoted. */
  readonly quoted: boolean;
}

/** One simple command, redirections left out. */
export interface ShellCommand {
  /** Never empty. */
  readonly words: readonly ShellWord[];
  /** Variables set for it alone, `NAME=value`. */
  readonly variables: readonly string[];
  /** What stands in front and only runs it (`sudo`, `timeout 30`), as written. */
  readonly lead: readonly string[];
  /** The host that `ssh` runs it on; null for this one. */
  readonly host: string | null;
}

/** More commands than this of one line are left out: it is a script then. */
const maxCommands = 40;
const maxLoopRounds = 4;

const operator = /(?:&&|\|\||;;|;|\||&|\n|\(|\)|\{(?=\s)|\}(?=\s*(?:[;&|\n)]|$)))/y;
const redirection = /\d*(?:&?>{1,2}\|?|<{1,3}|<>)(?:&?-?\d*)/y;
const blanks = /(?:[^\S\n]|\\\n)+/y;
const comment = /[^\S\n]*#[^\n]*/y;
const hereDocument = /(?<!<)<<-?[^\S\n]*(["']?)([A-Za-z_]\w{0,63})\1(?!\w)/g;
/** Signs of a word that mean nothing else. */
const plainSigns = /[^\s&|;(){}"'$`\\]+/y;
const assignment = /^[A-Za-z_]\w*\+?=/;

type Token = { readonly op: string } | { readonly word: ShellWord };

/** What a sticky pattern finds at exactly that place; empty where nothing. */
function foundAt(pattern: RegExp, line: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(line)?.[0] ?? '';
}

/** End of a quoted part that starts at `at`, past the closing sign; the end of the line where it is never closed. */
function quotedEnd(line: string, at: number): number {
  const sign = line[at];
  for (let i = at + 1; i < line.length; i++) {
    if (line[i] === '\\' && sign === '"') i += 1;
    else if (line[i] === sign) return i + 1;
  }
  return line.length;
}

/** End of `$(...)` or `(...)`, brackets counted, quotes skipped. */
function bracketEnd(line: string, at: number): number {
  let depth = 0;
  for (let i = at; i < line.length; i++) {
    const sign = line[i];
    if (sign === '"' || sign === "'") i = quotedEnd(line, i) - 1;
    else if (sign === '(') depth += 1;
    else if (sign === ')' && --depth === 0) return i + 1;
  }
  return line.length;
}

/** What stands at `at` as one piece whatever is in it: quotes, `$(...)`, `${...}`; null for any other sign. */
function pieceAt(line: string, at: number): { readonly text: string; readonly end: number; readonly quoted: boolean } | null {
  const sign = line[at] ?? '';
  if (sign === '"' || sign === "'") {
    const end = quotedEnd(line, at);
    return { text: line.slice(at + 1, line[end - 1] === sign && end - 1 > at ? end - 1 : end), end, quoted: true };
  }
  if (sign === '$' && line[at + 1] === '{') {
    const close = line.indexOf('}', at);
    const end = close === -1 ? line.length : close + 1;
    return { text: line.slice(at, end), end, quoted: false };
  }
  const runs = sign === '`' || (sign === '$' && line[at + 1] === '(');
  if (!runs) return null;
  const end = sign === '`' ? quotedEnd(line, at) : bracketEnd(line, at + 1);
  return { text: line.slice(at, end), end, quoted: true };
}

function readWord(line: string, from: number): { readonly word: ShellWord; readonly end: number } {
  let text = '';
  let quoted = false;
  let at = from;
  while (at < line.length) {
    const run = foundAt(plainSigns, line, at);
    const piece = run === '' ? pieceAt(line, at) : null;
    if (run !== '') {
      text += run;
      at += run.length;
    } else if (piece !== null) {
      text += piece.text;
      quoted ||= piece.quoted;
      at = piece.end;
    } else {
      if (/\s/.test(line[at] ?? '') || foundAt(operator, line, at) !== '') break;
      if (line[at] === '\\') at += 1;
      text += line[at] ?? '';
      at += 1;
    }
  }
  return { word: { text, quoted }, end: Math.max(at, from + 1) };
}

function tokenize(line: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < line.length) {
    const blank = foundAt(blanks, line, at).length;
    const remark = blank > 0 || at === 0 || line[at - 1] === '\n' ? foundAt(comment, line, at).length : 0;
    if (remark + blank > 0) {
      at += remark > 0 ? remark : blank;
      continue;
    }
    const redirected = foundAt(redirection, line, at);
    const op = redirected === '' ? foundAt(operator, line, at) : '';
    if (redirected !== '') {
      at += redirected.length;
      if (/[<>|]$/.test(redirected)) {
        at += foundAt(/[^\S\n]*/y, line, at).length;
        if (at < line.length) at = readWord(line, at).end;
      }
    } else if (op !== '') {
      tokens.push({ op });
      at += op.length;
    } else {
      const { word, end } = readWord(line, at);
      tokens.push({ word });
      at = end;
    }
  }
  return tokens;
}

/** Here-documents, each with the rest of its line, as one line end: from `<<NAME` to the line that is `NAME` alone. */
function withoutHereDocuments(line: string): string {
  if (!line.includes('<<')) return line;
  const ends = endsOfLines(line);
  const kept: string[] = [];
  let from = 0;
  for (const { 0: found, 2: name = '', index } of line.matchAll(hereDocument)) {
    const next = line.indexOf('\n', index + found.length);
    const left = index < from || next === -1 ? undefined : ends.get(name);
    while (left !== undefined && (left.at(-1) ?? Number.POSITIVE_INFINITY) <= next) left.pop();
    const end = left?.at(-1);
    if (end === undefined) continue;
    kept.push(line.slice(from, index), '\n');
    from = end;
  }
  return kept.join('') + line.slice(from);
}

/** Of each text that is a line by itself the places where such lines end, the first one last. */
function endsOfLines(line: string): ReadonlyMap<string, number[]> {
  const ends = new Map<string, number[]>();
  let at = line.length;
  for (const one of line.split('\n').toReversed()) {
    const text = one.trimStart();
    const known = ends.get(text);
    if (known === undefined) ends.set(text, [at]);
    else known.push(at);
    at -= one.length + 1;
  }
  return ends;
}

const loopHead = /\bfor\s+(\w{1,64})\s+in\s+([^\s;$`(][^;\n$`(]{0,1000})[;\n]\s*do\s/g;
const loopEnd = /[;\n][^\S\n]*done\b/g;

/** `for x in a b; do ...; done` with its body once for each value; anything else of a loop is taken as it stands. */
function unrollLoops(line: string): string {
  const kept: string[] = [];
  let from = 0;
  for (const { 0: head, 1: name = '', 2: values = '', index } of line.matchAll(loopHead)) {
    if (index < from) continue;
    loopEnd.lastIndex = index + head.length;
    const end = loopEnd.exec(line);
    if (end === null) break;
    const body = line.slice(index + head.length, end.index).trim();
    const variable = new RegExp(`\\$\\{?${name}\\}?(?!\\w)`, 'g');
    const rounds = values.trim().split(/\s+/).slice(0, maxLoopRounds);
    kept.push(line.slice(from, index), rounds.map((value) => body.replace(variable, () => value)).join('; '));
    from = end.index + end[0].length;
  }
  return kept.join('') + line.slice(from);
}

const keywords = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'while',
  'until',
  'do',
  'done',
  'for',
  'case',
  'esac',
  '!',
  'in',
  'function',
]);
/** Programs that run the command behind them. */
const wrappers = new Set(['sudo', 'time', 'nohup', 'exec', 'env', 'command', 'nice', 'timeout', 'xvfb-run', 'caffeinate']);

/** Without keywords and wrappers in front; null where nothing is run. */
function bare(words: readonly ShellWord[]): ShellCommand | null {
  const variables: string[] = [];
  const lead: string[] = [];
  let at = 0;
  while (at < words.length) {
    const { text, quoted } = words[at] ?? { text: '', quoted: false };
    const isAssignment = assignment.test(text);
    const argument = at > 0 && wrappers.has(words[at - 1]?.text ?? '') && /^(?:-|\d)/.test(text);
    const wrapper = !quoted && wrappers.has(text);
    if (!isAssignment && !argument && !wrapper && (quoted || !keywords.has(text))) break;
    if (isAssignment) variables.push(text);
    else if (wrapper || argument) lead.push(text);
    at += 1;
  }
  return at < words.length ? { words: words.slice(at), variables, lead, host: null } : null;
}

/** What is longer is a program, not a line; what stands in so many shells in each other was made to be looked at for long. */
const longestLine = 20_000;
const deepest = 4;

/** The simple commands of a line, in the order in which they are written. */
export function shellCommands(line: string): readonly ShellCommand[] {
  return commandsOf(line, 0);
}

function commandsOf(line: string, depth: number): readonly ShellCommand[] {
  if (line.length > longestLine) return [];
  const commands: ShellCommand[] = [];
  let words: ShellWord[] = [];
  let filter = false;
  const push = (): void => {
    const command = bare(words);
    if (command !== null && !filter && commands.length < maxCommands) commands.push(command);
    words = [];
  };
  for (const token of tokenize(unrollLoops(withoutHereDocuments(line)))) {
    if ('word' in token) {
      words.push(token.word);
      continue;
    }
    push();
    filter = token.op === '|';
  }
  push();
  return commands.flatMap((command) => insideOf(command, depth));
}

/** What `ssh host ...`, `bash -c '...'` and `docker exec x sh -c '...'` run, in place of or behind the command that carries it. */
function insideOf(command: ShellCommand, depth: number): readonly ShellCommand[] {
  const { words } = command;
  if (depth >= deepest) return [command];
  if (words[0]?.text === 'ssh') return onHost(command, depth);
  const last = words.at(-1);
  const shellAt = words.findIndex(({ text }) => /^(?:\S*\/)?(?:ba|z|da)?sh$/.test(text));
  if (words.length < 2 || shellAt === -1 || last?.quoted !== true || !/\s/.test(last.text)) return [command];
  const inner = commandsOf(last.text, depth + 1);
  return shellAt === 0 ? inner : [{ ...command, words: words.slice(0, -1) }, ...inner];
}

/** Options of `ssh` that take a value. */
const sshValue = /^-[BbcDEeFIiJLlmOopQRSWw]$/;

function onHost(command: ShellCommand, depth: number): readonly ShellCommand[] {
  const { words } = command;
  let at = 1;
  while (at < words.length && words[at]?.text.startsWith('-') === true) at += sshValue.test(words[at]?.text ?? '') ? 2 : 1;
  const host = words[at]?.text ?? null;
  const [only, ...more] = words.slice(at + 1);
  if (host === null || only === undefined) return [command];
  const run = bare(words.slice(at + 1));
  const inner = only.quoted && more.length === 0 ? commandsOf(only.text, depth + 1) : run === null ? [] : insideOf(run, depth + 1);
  return inner.map((one) => ({ ...one, host: one.host ?? host }));
}
