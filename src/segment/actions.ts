/**
 * A tool call as the actions it stands for, whichever client made it: shell lines are taken apart, edits are reduced to what they put
 * in, other tools keep the names of their arguments. What varies from run to run is masked, so that actions of many sessions compare.
 */
import type { Action, ActionKind } from '../signals.js';
import { maskWord } from './masks.js';
import { type ShellCommand, shellCommands } from './shell.js';

const maxShown = 400;
const maxAdded = 60;
const maxFlags = 16;
const maxValue = 80;
const maxElements = 8;
const maxGrown = 24;

/** Names of the tools by what they do, in the clients of the transcripts that are read; these run a command line. */
export const shellTools =
  /^(?:bash|shell|local_shell(?:_call)?|exec_command|run_shell_command|run_terminal_cmd|run_command|execute_command|terminal|execute_bash|bashoutput)$/i;
const editTools =
  /^(?:edit|write|multiedit|notebookedit|apply_patch|replace|write_file|create_file|edit_file|search_replace|str_replace(?:_editor|_based_edit_tool)?|insert|patch|update_file)$/i;
const lookTools =
  /^(?:read|grep|glob|ls|list|read_file|read_many_files|list_directory|list_dir|search_file_content|file_search|codebase_search|grep_search|webfetch|websearch|web_fetch|web_search|google_web_search|view|view_image|open|search|notebookread|listmcpresources\w*|readmcpresource\w*|toolsearch)$/i;
/** Tools by which an agent talks to itself or to the person. */
const silentTools =
  /^(?:todowrite|todoread|update_plan|write_todos|think|exitplanmode|enterplanmode|askuserquestion|task|agent|killshell|killbash|save_memory|skill|slashcommand)$/i;

/** Commands that say nothing about the work: where it is done, waiting, printing. */
const noise = new Set(
  `cd sleep break exit echo true false set wait printf pushd popd clear : continue return source . read test [ [[`.split(/\s+/u),
);
const lookPrograms = new Set(
  `ls cat head tail less more grep egrep rg ag find fd wc pwd which whereis type file stat tree du df date ps top env
  printenv id whoami uname hostname diff sort uniq cut awk jq yq strings man history lsof ss netstat nl column md5sum
  sha256sum tee xargs free uptime lsblk mount nproc open goto scroll_up scroll_down find_file search_file search_dir`.split(/\s+/u),
);
const lookSubcommands =
  /^(?:git (?:status|log|diff|show|blame|branch|remote|ls-files|grep|rev-parse|describe|reflog)|(?:docker|podman) (?:ps|images|inspect|logs)|(?:docker|podman) compose (?:ps|logs|config)|docker-compose (?:ps|logs|config)|kubectl (?:get|describe|logs|top)|npm (?:ls|view|outdated)|pip (?:show|list|freeze)|systemctl (?:status|list-units|show)|journalctl|sed -n|gh (?:run (?:list|view|watch)|pr (?:view|list|checks|diff|status)))\b/;

const valuedFlag = /^(--?[\w-]+)[=](.*)$/su;

function oneLine(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  return line.length > maxShown ? `${line.slice(0, maxShown - 1)}\u2026` : line;
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}

function isPlain(masked: string): boolean {
  return !masked.startsWith('<');
}

/** `-Atc` of one program is three options; a long word behind one dash is one option. */
function flagOf(text: string): string {
  const valued = valuedFlag.exec(text);
  if (valued === null) return text;
  const value = maskWord(valued[2] ?? '');
  return isPlain(value) ? `${valued[1]}=${value}` : (valued[1] ?? text);
}

const interpreters = /^(?:python[\d.]*|node|tsx|ts-node|deno|bun|ruby|perl|php|bash|sh|zsh|Rscript|julia|lua)$/u;
const runners = /^(?:run|exec|uv|poetry|pipenv|pdm|hatch|bundle|npx|pnpm|yarn)$/u;
const ownScript = /^(?:\.\/)?((?:[\w.-]+\/)*[\w.-]+\.(?:[cm]?[jt]s|py|rb|pl|php|sh|R|jl|lua))$/u;

/** The script that an interpreter is given first: a name like that of a program; null for any other argument. */
function scriptOf(text: string, before: string): string | null {
  return interpreters.test(before.split('/').at(-1) ?? '') ? (ownScript.exec(text)?.[1] ?? null) : null;
}

interface Arguments {
  readonly words: string[];
  readonly flags: string[];
  readonly values: Record<string, string>;
}

/**
 * Options are told from arguments by their dash. What follows a long option is taken for its value; whether it is cannot be known
 * without the program, but it is taken so in every session.
 */
function argumentsOf(words: ShellCommand['words']): Arguments {
  const found: Arguments = { words: [], flags: [], values: {} };
  let before = words[0]?.text ?? '';
  let onlyRunners = true;
  for (let at = 1; at < words.length; at++) {
    const { text, quoted } = words[at] ?? { text: '', quoted: false };
    if (quoted || !/^--?\w/u.test(text)) {
      const script = onlyRunners ? scriptOf(text, before) : null;
      onlyRunners &&= runners.test(before);
      before = quoted && /\s/u.test(text) ? '<text>' : (script ?? maskWord(text));
      found.words.push(before);
      continue;
    }
    const value = optionValue(text, words[at + 1]);
    const [, name = text, given = ''] = valuedFlag.exec(text) ?? [];
    found.values[name] = (value === null ? given : (words[at + 1]?.text ?? '')).slice(0, maxValue);
    if (value !== null) at += 1;
    found.flags.push(value === null ? flagOf(text) : text);
    if (value !== null && isPlain(value)) found.flags.push(`${text}=${value}`);
  }
  return found;
}

/** The masked value of an option that stands apart from it, null where the next word is none. */
function optionValue(option: string, next: ShellCommand['words'][number] | undefined): string | null {
  if (next === undefined || option.includes('=') || (!next.quoted && next.text.startsWith('-'))) return null;
  const long = option.startsWith('--');
  const short = /^-[a-zA-Z]$/u.test(option) && (option === '-C' || next.quoted || /[./=\d]/u.test(next.text));
  // `-ac 2`, `-loglevel error`: one option of several letters; `-rf build` is several of one.
  const worded =
    /^-[a-z]{2,}$/u.test(option) &&
    (/^\d/u.test(next.text) || (option.length > 4 && !next.quoted) || (next.quoted && /\s/u.test(next.text)));
  if (!long && !short && !worded) return null;
  return next.quoted && /\s/u.test(next.text) ? '<text>' : maskWord(next.text);
}

function programOf(text: string): string {
  const name = text.split('/').at(-1) ?? text;
  // A script of the project keeps its folder: it is a name of its own.
  return /^\.{0,2}\/?(?:[\w.-]+\/)+[\w.-]+$/u.test(text) && !/^\/(?:usr|bin|opt|sbin|home|Users)\b/u.test(text)
    ? text.replace(/^\.\//u, '')
    : name;
}

function kindOf(words: readonly string[], flags: readonly string[]): ActionKind {
  const [program = '', first = '', second = ''] = words;
  if (lookPrograms.has(program)) return 'look';
  const line = [program, first, second].join(' ');
  if (lookSubcommands.test(line) || (program === 'sed' && flags.includes('-n'))) return 'look';
  return 'run';
}

/** Programs and subcommands that only run what is named behind them. */
const runnerForms: readonly RegExp[] = [
  /^(?:uv|poetry|pipenv|pdm|hatch|rye|pipx) run$/u,
  /^(?:npx|bunx|uvx)$/u,
  /^(?:pnpm|yarn|npm) (?:exec|dlx)$/u,
  /^bundle exec$/u,
  /^python[\d.]* -m$/u,
];

/** A command without the runner in front of its program, and that runner. */
function withoutRunner(words: ShellCommand['words']): { readonly words: ShellCommand['words']; readonly via: string | null } {
  const via: string[] = [];
  let from = 0;
  for (;;) {
    const texts = words.slice(from, from + 2).map(({ text }, at) => (at === 0 ? (text.split('/').at(-1) ?? text) : text));
    const fits = (count: number) => words.length > from + count && runnerForms.some((form) => form.test(texts.slice(0, count).join(' ')));
    const length = [2, 1].find(fits);
    if (length === undefined) break;
    via.push(...texts.slice(0, length));
    from += length;
    while (words.length > from + 1 && words[from]?.text.startsWith('-') === true) from += 1;
  }
  return { words: words.slice(from), via: via.length === 0 ? null : via.join(' ') };
}

function commandAction(command: ShellCommand): Action | null {
  const { words: run, via } = withoutRunner(command.words);
  const [program] = run;
  if (program === undefined || program.text === '' || noise.has(program.text) || /\s/u.test(program.text)) return null;
  const { words, flags, values } = argumentsOf(run);
  const all = [programOf(program.text), ...words];
  const variables = command.variables.map((text) => flagOf(`--${text}`).slice(2));
  return {
    kind: kindOf(all, flags),
    words: all,
    flags: unique([
      ...variables,
      ...(via === null ? [] : [`via=${via}`]),
      ...(command.host === null ? [] : [`on=${command.host}`]),
      ...flags,
    ])
      .slice(0, maxFlags)
      .toSorted(),
    values,
    added: [],
    target: '',
    shown: oneLine(
      [
        ...(command.host === null ? [] : ['ssh', command.host]),
        ...command.variables,
        ...command.lead,
        ...command.words.map(({ text, quoted }) => (quoted ? quote(text) : text)),
      ].join(' '),
    ),
  };
}

function quote(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(input: string): Fields {
  try {
    const value: unknown = JSON.parse(input);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : { value };
  } catch {
    // Clipped, or no JSON at all (a patch, a bare command).
    return { value: input };
  }
}

/** The first of the named fields that holds text; empty where none does. */
function textOf(fields: Fields, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string') return value;
  }
  return '';
}

function lineOf(fields: Fields): string {
  const parts = fields['command'];
  if (!Array.isArray(parts)) return textOf(fields, 'command', 'cmd', 'value', 'script');
  // Not `String`: an object of a transcript may have a `toString` that is no function.
  const words = parts.map((part: unknown) => (typeof part === 'string' ? part : (JSON.stringify(part) ?? '')));
  return words.length === 3 && /^-l?c$/u.test(words[1] ?? '') ? (words[2] ?? '') : words.join(' ');
}

/** What an edit puts in: tokens of the new text that the old one has not, names with their dots, and endings that were added. */
export function addedTokens(before: string, after: string): readonly string[] {
  const token = /[\p{L}_$@][\p{L}\p{N}_$]*(?:[.-][\p{L}_$][\p{L}\p{N}_$]*)*|\p{N}+(?:[._]\p{N}+)*/gu;
  const known = new Set(before.match(token) ?? []);
  const fresh = unique((after.match(token) ?? []).filter((word) => !known.has(word)));
  return unique([...fresh, ...grownEndings(before, after)]).slice(0, maxAdded);
}

/** Where a quoted name of the new text is one of the old text with something behind it: that ending (`.js`, `/index.js`). */
function grownEndings(before: string, after: string): readonly string[] {
  const quoted = /(['"`])([^'"`\n]{2,200})\1/gu;
  const old = new Set([...before.matchAll(quoted)].map(([, , text = '']) => text));
  return [...after.matchAll(quoted)].flatMap(([, , text = '']) => {
    for (let grown = 1; grown <= maxGrown; grown++) if (old.has(text.slice(0, -grown))) return [`\u2026${text.slice(-grown)}`];
    return [];
  });
}

function editAction(name: string, fields: Fields): Action {
  const patch = textOf(fields, 'value', 'input', 'patch');
  const path = textOf(fields, 'file_path', 'filePath', 'path', 'notebook_path', 'target_file') || patchedFile(patch);
  const parts = fields['edits'];
  const edits = Array.isArray(parts) ? parts.map((edit) => (typeof edit === 'object' && edit !== null ? (edit as Fields) : {})) : [fields];
  const lines = patch.split('\n');
  const before = [
    ...edits.map((edit) => textOf(edit, 'old_string', 'oldString', 'old_str')),
    ...lines.filter((line) => /^-(?!--)/u.test(line)),
  ];
  const after = [
    ...edits.map((edit) => textOf(edit, 'new_string', 'newString', 'new_str', 'content', 'contents', 'file_text')),
    ...lines.filter((line) => /^\+(?!\+\+)/u.test(line)),
  ];
  const target = path
    .split(/[\\/]/u)
    .filter((part) => part !== '')
    .slice(-2)
    .join('/');
  const added = addedTokens(before.join('\n'), after.join('\n'));
  return {
    kind: 'edit',
    words: ['edit', /\.\w{1,8}$/u.exec(path)?.[0] ?? '<file>'],
    flags: [],
    values: {},
    added,
    target,
    shown: oneLine(`${name} ${target}`),
  };
}

function patchedFile(patch: string): string {
  return /^(?:\*\*\* (?:Update|Add) File: |\+\+\+ (?:b\/)?)(\S+)/mu.exec(patch)?.[1] ?? '';
}

/** Elements of a list of objects say what is done (`ops.op=accept`), and names do (`ops=accept_all`); other texts differ from run to run. */
function elementFlags(key: string, element: unknown): readonly string[] {
  if (typeof element === 'string') return /^[a-z]+(?:_[a-z]+)+$/u.test(element) && element.length <= 32 ? [`${key}=${element}`] : [];
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return [];
  return callFlags(element as Fields, `${key}.`).filter((flag) => flag.includes('='));
}

/** Arguments of a tool as flags: names always, values where they are words or flags themselves. */
function callFlags(fields: Fields, prefix: string): readonly string[] {
  return Object.entries(fields).flatMap(([name, value]): readonly string[] => {
    const key = `${prefix}${name}`;
    if (typeof value === 'boolean') return [`${key}=${value}`];
    if (typeof value === 'string') {
      const masked = /\s/u.test(value.trim()) ? '<text>' : maskWord(value);
      return [isPlain(masked) && masked.length <= 32 && !/\d/u.test(masked) ? `${key}=${masked}` : key];
    }
    if (Array.isArray(value)) return [key, ...value.slice(0, maxElements).flatMap((element) => elementFlags(key, element))];
    return typeof value === 'object' && value !== null && prefix === '' ? callFlags(value as Fields, `${key}.`) : [key];
  });
}

function callAction(name: string, fields: Fields): Action {
  const flags = unique(callFlags(fields, '')).slice(0, maxFlags).toSorted();
  const shown = oneLine(
    `${name}(${Object.entries(fields)
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join(', ')})`,
  );
  const values = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, (JSON.stringify(value) ?? '').slice(0, maxValue)]));
  return { kind: lookTools.test(name) ? 'look' : 'call', words: [name], flags, values, added: [], target: '', shown };
}

/** An edit by line numbers, as SWE-agent types it among shell commands: what follows the first line is text, no command. */
const lineEdit = /^\s*edit(?: \d+:\d+)?\n([\s\S]*?)(?:\n?end_of_edit\s*)?$/u;

/** The actions of a tool call, in order; none for tools by which an agent only talks. `input` is the call's JSON, or bare text. */
export function actionsOf(tool: { readonly name: string; readonly input: string }): readonly Action[] {
  if (silentTools.test(tool.name)) return [];
  const fields = fieldsOf(tool.input);
  const line = lineOf(fields);
  if (shellTools.test(tool.name) && line !== '') {
    const lines = lineEdit.exec(line);
    if (lines !== null) return [editAction('edit', { new_string: lines[1] ?? '' })];
    if (/^\s*apply_patch\b/u.test(line)) return [editAction('apply_patch', { value: line })];
    return shellCommands(line).flatMap((command) => commandAction(command) ?? []);
  }
  const command = textOf(fields, 'command');
  if (editTools.test(tool.name) && !(/^str_replace/iu.test(tool.name) && command === 'view')) return [editAction(tool.name, fields)];
  return [callAction(tool.name, fields)];
}
