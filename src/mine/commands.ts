/** What was run, taken apart again from how it is shown, and many runs of one operation written as one command with placeholders. */
import type { Action } from '../signals.js';

export interface Option {
  readonly name: string;
  /** Null for a switch. */
  readonly value: string | null;
}

export interface Command {
  /** Program and arguments, without options. */
  readonly words: readonly string[];
  readonly options: readonly Option[];
}

/** One part of a command, in the order in which it was written. */
type Part = { readonly word: string } | { readonly option: Option; readonly joined: boolean };

const token = /(?:"[^"]*"|'[^']*'|[^\s"'])+/gu;

function isQuoted(text: string): boolean {
  return /^["']/u.test(text);
}

/**
 * The word behind an option where it is taken for its value. The rules are those by which `segment/actions.ts` read the action
 * (`optionValue`): stages share no code, so a test holds the two together.
 */
function valueBehind(option: string, next: string | undefined): string | null {
  if (next === undefined || option.includes('=') || (!isQuoted(next) && next.startsWith('-'))) return null;
  const short = /^-[a-zA-Z]$/u.test(option) && (option === '-C' || isQuoted(next) || /[./=\d]/u.test(next));
  const worded =
    /^-[a-z]{2,}$/u.test(option) &&
    (/^["']?\d/u.test(next) || (option.length > 4 && !isQuoted(next)) || (isQuoted(next) && /\s/u.test(next)));
  return option.startsWith('--') || short || worded ? next : null;
}

function partsOf(shown: string): readonly Part[] {
  const tokens = shown.match(token) ?? [];
  const parts: Part[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const text = tokens[at] ?? '';
    const joined = /^(--?[\w-]+)=(.*)$/su.exec(text);
    if (isQuoted(text) || !/^--?\w/u.test(text)) parts.push({ word: text });
    else if (joined !== null) parts.push({ option: { name: joined[1] ?? text, value: joined[2] ?? '' }, joined: true });
    else {
      const value = valueBehind(text, tokens[at + 1]);
      if (value !== null) at += 1;
      parts.push({ option: { name: text, value }, joined: false });
    }
  }
  return parts;
}

/** Arguments of a call as it is shown (`name(key: json, key: json)`), those after a cut left out. */
function argumentsOf(shown: string): readonly Option[] {
  const options: Option[] = [];
  const argument = /([\w$.-]+): ("(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\}|[^,)\u2026]+)(?:, |\)$)/gu;
  for (const [, name = '', json = ''] of shown.slice(shown.indexOf('(') + 1).matchAll(argument)) {
    options.push({ name, value: json.startsWith('"') ? json.slice(1, -1) : json });
  }
  return options;
}

/** An edit has no parts. */
export function commandOf(action: Action): Command {
  if (action.kind === 'edit') return { words: action.words, options: [] };
  if (isCall(action)) return { words: action.words, options: argumentsOf(action.shown) };
  const parts = partsOf(action.shown);
  return {
    words: parts.flatMap((part) => ('word' in part ? [part.word] : [])),
    options: parts.flatMap((part) => ('option' in part ? [part.option] : [])),
  };
}

/** True for a call of a tool with named arguments, also of one that only reads. */
function isCall({ kind, words, shown }: Action): boolean {
  return kind === 'call' || (kind === 'look' && shown.startsWith(`${words[0] ?? ''}(`));
}

/** Share of the runs that has to agree on a part for it to stand in the common command. */
const agreement = 0.6;
const maxLiteral = 60;
const maxCommand = 150;

interface Form {
  readonly name: string;
  readonly pattern: RegExp;
}

/** What a value is, by its form; in this order. */
const forms: readonly Form[] = [
  { name: 'date', pattern: /^\d{4}-\d\d(?:-\d\d)?$/u },
  { name: 'time', pattern: /^\d{4}-\d\d-\d\d[T ].*$|^\d\d:\d\d(?::\d\d)?$/u },
  { name: 'url', pattern: /^[a-z][a-z\d+.-]*:\/\//u },
  { name: 'n', pattern: /^[-+]?\d+(?:\.\d+)?$/u },
  { name: 'commit', pattern: /^(?=.*\d)[\da-f]{7,40}$/u },
];

function mostCommon(values: readonly string[]): { readonly value: string; readonly count: number } {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [best] = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { value: best?.[0] ?? '', count: best?.[1] ?? 0 };
}

/** Signs at which a name can be cut into what all runs share and what differs. */
const joint = /[-/:=+.@_#~]/u;

function sharedStart(values: readonly string[]): string {
  const [first = '', ...rest] = values;
  let length = 0;
  while (length < first.length && rest.every((value) => value[length] === first[length])) length += 1;
  while (length > 0 && !joint.test(first[length - 1] ?? '')) length -= 1;
  return first.slice(0, length);
}

function sharedEnd(values: readonly string[]): string {
  const turned = (text: string): string => [...text].toReversed().join('');
  return turned(sharedStart(values.map(turned)));
}

/** `<name>` for what differs from run to run, with what all share in front and behind. */
function placeholder(values: readonly string[], name: string): string {
  if (values.every((value) => /\s/u.test(value))) return sharedNames(values);
  const bare = values.map((value) => value.replace(/^["']|["']$/gu, ''));
  const kinds = [...new Set(bare)];
  if (kinds.length === 2 && values.length > 3 && kinds.every((kind) => /^[a-z][a-z-]+$/u.test(kind))) return kinds.toSorted().join('|');
  const form = forms.find(({ pattern }) => bare.every((value) => pattern.test(value)));
  if (form !== undefined) return `<${form.name}>`;
  const start = sharedStart(bare);
  const end = sharedEnd(bare.map((value) => value.slice(start.length)));
  const rest = bare.map((value) => value.slice(start.length, value.length - end.length));
  const kind =
    name !== '' && !/^\.\w{1,6}$/u.test(end)
      ? name
      : /^\.\w{1,6}$/u.test(end)
        ? 'file'
        : rest.every((value) => value.includes('/'))
          ? 'path'
          : 'name';
  return `${start}<${kind}>${end}`;
}

/** Of texts the names that all of them hold (a table, a setting). */
function sharedNames(values: readonly string[]): string {
  const namesOf = (text: string): readonly string[] => text.match(/[\p{L}]\w*(?:[_.]\w+)+/gu) ?? [];
  const shared = namesOf(values[0] ?? '').filter((name) => values.every((value) => namesOf(value).includes(name)));
  const longest = [...new Set(shared)].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))[0];
  return longest === undefined ? '"<text>"' : `"\u2026 ${longest} \u2026"`;
}

/** The value that most runs share, else a placeholder. */
function common(values: readonly string[], runs: number, name: string): string {
  const { value, count } = mostCommon(values);
  return count >= Math.max(2, agreement * runs) && value.length <= maxLiteral ? value : placeholder(values, name);
}

function optionName(name: string): string {
  const bare = name.replace(/^-+/u, '');
  return bare.length > 1 ? bare : '';
}

/**
 * One command for many runs of an operation: what most of them share as it was written, the rest as `<placeholder>`, options of few left
 * out. `actions` holds one run of each session; not empty.
 */
export function commonCommand(actions: readonly Action[]): string {
  const [first] = actions;
  if (first === undefined) throw new RangeError('no runs');
  if (first.kind === 'edit') return commonEdit(actions);
  return isCall(first) ? commonCall(actions) : commonLine(actions);
}

function commonEdit(actions: readonly Action[]): string {
  const { value, count } = mostCommon(actions.map(({ target }) => target));
  if (count >= agreement * actions.length && count > 1 && value !== '') return value;
  const ending = mostCommon(actions.map(({ words }) => words[1] ?? '')).value;
  const folder = mostCommon(actions.map(({ target }) => (target.includes('/') ? (target.split('/')[0] ?? '') : '')));
  if (actions.every(({ target }) => target === '')) return '';
  return `${folder.count >= 0.75 * actions.length && folder.value !== '' ? `${folder.value}/` : ''}*${ending.startsWith('.') ? ending : ''}`;
}

/** A tool with the arguments that tell what it was called for: words that most of the calls share. */
function commonCall(actions: readonly Action[]): string {
  const commands = actions.map(commandOf);
  const names = [...new Set(commands.flatMap(({ options }) => options.map(({ name }) => name)))];
  const shared = names.flatMap((name) => {
    const values = commands.flatMap(({ options }) => options.find((option) => option.name === name)?.value ?? []);
    const { value, count } = mostCommon(values);
    const tells = /^[a-z][a-z_-]{3,23}$/u.test(value) || /^[A-Z]{1,3}\d{1,3}$/u.test(value);
    return count >= Math.max(2, 0.75 * actions.length) && tells ? [`${name}: ${value}`] : [];
  });
  const tool = actions[0]?.words[0] ?? '';
  return shared.length === 0 ? tool : `${tool}(${shared.slice(0, 2).join(', ')})`;
}

function commonLine(actions: readonly Action[]): string {
  const lines = actions.map(({ shown }) => partsOf(shown));
  const runs = lines.length;
  const having = (name: string): number =>
    lines.filter((parts) => parts.some((part) => 'option' in part && part.option.name === name)).length;
  const agreed = (parts: readonly Part[]): number =>
    parts.reduce((sum, part) => sum + ('option' in part ? having(part.option.name) / runs - 0.5 : 0.1), 0);
  const model = lines.toSorted((a, b) => agreed(b) - agreed(a) || a.length - b.length || (textOf(a) < textOf(b) ? -1 : 1))[0] ?? [];
  const written: string[] = [];
  let word = 0;
  for (const part of model) {
    if ('word' in part) {
      const at = word++;
      const values = lines.flatMap((parts) => parts.filter((one) => 'word' in one)[at]?.word ?? []);
      if (values.length >= agreement * runs) written.push(common(values, runs, ''));
    } else if (having(part.option.name) >= agreement * runs) written.push(commonOption(part, lines, runs));
  }
  const line = written.join(' ');
  return line.length > maxCommand ? `${line.slice(0, maxCommand - 1)}\u2026` : line;
}

function commonOption(
  { option, joined }: Part & { option: Option; joined: boolean },
  lines: readonly (readonly Part[])[],
  runs: number,
): string {
  if (option.value === null) return option.name;
  const values = lines.flatMap((parts) =>
    parts.flatMap((part) => ('option' in part && part.option.name === option.name ? (part.option.value ?? []) : [])),
  );
  return `${option.name}${joined ? '=' : ' '}${common(values, runs, optionName(option.name))}`;
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => ('word' in part ? part.word : `${part.option.name} ${part.option.value ?? ''}`)).join(' ');
}
