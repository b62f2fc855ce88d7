/** A workflow in one paragraph: what for, the steps in order, what happens without one, in the words of those who asked for it. */
import type { Contrast } from './contrasts.js';
import type { Step } from './steps.js';
import type { Workflow } from './workflows.js';

const maxText = 420;
const maxReason = 110;
const maxTitle = 70;

function named({ kind, command }: Step): string {
  if (kind !== 'edit') return `\`${command}\``;
  return command === '' ? 'edit the file' : `edit \`${command}\``;
}

/** A text in double quotes, verbatim, cut at a word. */
function excerpt(text: string, most: number): string {
  const line = text
    .replace(/\s+/gu, ' ')
    .replace(/([.=*_-])\1{4,}/gu, '\u2026')
    .trim();
  if (line.length <= most) return `"${line}"`;
  const cut = line.slice(0, most - 1);
  return `"${cut.slice(0, Math.max(cut.lastIndexOf(' '), most / 2))}\u2026"`;
}

/** The message among several that says most in few words. */
function reasonOf(quotes: readonly string[]): string {
  const bare = quotes.map((text) => text.replace(/^(?:\[[^\]]*\]\s*|\{[^}]*\}\s*|[-\s])+/u, ''));
  const strong = bare.filter(
    (text) =>
      /[A-Z]\w*(?:Error|Exception|Detected|Denied)\b|:\s|\b(?:not|no|expected|must|denied|refused)\b/u.test(text) &&
      text.length <= maxReason,
  );
  return (strong[0] ?? bare.toSorted((a, b) => a.length - b.length)[0] ?? '').replace(/^(?:Error|error|ERROR):\s*/u, '');
}

function contrastText({ missing, spoilt, kind, quotes, reasons }: Contrast, numbers: readonly number[]): string {
  if (kind === 'unsuccessful') return `Without step ${numbers[missing]} before step ${numbers[spoilt]}, most runs end without success.`;
  const what = kind === 'failed' ? 'fails' : 'has to be done again';
  const [said] = reasons.filter((text) => text.length >= 20).toSorted((a, b) => Number(a.endsWith('?')) - Number(b.endsWith('?')));
  return `Without step ${numbers[missing]}, step ${numbers[spoilt]} ${what}: ${excerpt(said ?? reasonOf(quotes), maxReason)}.`;
}

/** The contrasts of most sessions first, one for each pair of steps. */
function mainContrasts(contrasts: readonly Contrast[]): readonly Contrast[] {
  const byPair = new Map<string, Contrast[]>();
  for (const one of contrasts) {
    const key = `${one.missing} ${one.spoilt}`;
    byPair.set(key, [...(byPair.get(key) ?? []), one]);
  }
  return [...byPair.values()]
    .toSorted((a, b) => b.length - a.length)
    .flatMap((list) => list.find(({ kind }) => kind === 'failed') ?? list[0] ?? []);
}

interface Form {
  readonly opening: string;
  /** Steps that are written. */
  readonly kept: readonly Step[];
}

function written({ opening, kept }: Form, steps: readonly Step[], contrasts: readonly Contrast[]): readonly string[] {
  if (steps.length === 1) return [`${opening}begin with ${steps.map(named).join('')}.`];
  const numbers = steps.map((step) => kept.indexOf(step) + 1);
  const again = repetitionIn(kept.map(({ command }) => command));
  const own = again === null ? kept : kept.slice(0, again.from);
  const list = own.map((step, at) => `(${at + 1}) ${step.optional ? 'mostly ' : ''}${named(step)}`);
  const order = [...list, ...(again === null ? [] : [again.text])].join(', ');
  return [`${opening}${order}.`, ...contrasts.map((one) => contrastText(one, numbers))];
}

/** The last steps where they are those before them with one word changed (the same in another place); null where they are not. */
export function repetitionIn(commands: readonly string[]): { readonly from: number; readonly text: string } | null {
  for (let size = Math.floor(commands.length / 2); size > 1; size--) {
    const from = commands.length - size;
    const changes = commands.slice(from).map((command, at) => changeBetween(commands[from - size + at] ?? '', command));
    const [first] = changes;
    if (first === undefined || first === null || changes.some((change) => change?.join(' ') !== first.join(' '))) continue;
    const text = `(${from + 1}\u2013${commands.length}) steps ${from - size + 1}\u2013${from} with \`${first[1]}\` for \`${first[0]}\``;
    return { from, text };
  }
  return null;
}

/** The one word that stands for another in the second; null where more differs, or nothing. */
function changeBetween(a: string, b: string): readonly [string, string] | null {
  const [x, y] = [a, b].map((text) => text.match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_]/gu) ?? []);
  if (x === undefined || y === undefined || x.length !== y.length) return null;
  const pairs = new Set(x.flatMap((word, at) => (word === y[at] ? [] : [`${word} ${y[at] ?? ''}`])));
  const [pair = ''] = pairs;
  const [from = '', to = ''] = pair.split(' ');
  return pairs.size === 1 && from.length > 1 && to.length > 1 ? [from, to] : null;
}

/**
 * Purpose, steps, what happens without one, and what was said about it. What does not fit is left out: first the steps that not all runs
 * took, then the purpose, then the ends of long commands.
 */
export function workflowText(workflow: Workflow): string {
  const texts = [maxText, 90, 60, 40].map((most) => textOf({ ...workflow, steps: workflow.steps.map((step) => cut(step, most)) }));
  return texts.find((text) => text.length <= maxText) ?? texts.at(-1) ?? '';
}

function cut(step: Step, most: number): Step {
  const { command } = step;
  return command.length <= most ? step : { ...step, command: `${command.slice(0, most - 1).trimEnd()}\u2026` };
}

function textOf({ steps, contrasts, goal, rule, about, closing }: Workflow): string {
  const main = mainContrasts(contrasts).slice(0, 2);
  const used = new Set(main.slice(0, 1).flatMap(({ missing, spoilt }) => [missing, spoilt]));
  const needed = steps.filter(({ optional }, at) => !optional || used.has(at));
  const plain = 'In this order: ';
  const opening = goal === null ? plain : `When asked for something like ${excerpt(goal.text, 100)}: `;
  const forms: readonly (Form & { readonly reasons: number })[] = [
    { opening, kept: steps, reasons: 1 },
    { opening, kept: needed, reasons: 1 },
    { opening: plain, kept: needed, reasons: 1 },
    { opening, kept: needed, reasons: 0 },
    { opening: plain, kept: needed, reasons: 0 },
  ];
  const fits = (form: Form & { readonly reasons: number }): boolean => lengthOf(form, steps, main) <= maxText;
  const best = forms.find(fits) ?? { opening: plain, kept: needed, reasons: 0 };
  const numbers = steps.map((step) => best.kept.indexOf(step) + 1);
  const second = main.slice(1).filter(({ missing, spoilt }) => (numbers[missing] ?? 0) > 0 && (numbers[spoilt] ?? 0) > 0);
  return withMore(written(best, steps, main.slice(0, best.reasons)).join(' '), [
    ...(rule === null ? [] : [{ quote: rule.text, part: `In a person's words: ${excerpt(rule.text, 130)}.` }]),
    ...second.map((one) => ({ quote: '', part: contrastText(one, numbers) })),
    ...(about.length < 2 ? [] : [{ quote: '', part: `About: ${about.join(', ')}.` }]),
    ...(closing === null ? [] : [{ quote: closing, part: `Said when done: ${excerpt(closing, 140)}.` }]),
  ]);
}

function lengthOf(form: Form & { readonly reasons: number }, steps: readonly Step[], contrasts: readonly Contrast[]): number {
  return written(form, steps, contrasts.slice(0, form.reasons)).join(' ').length;
}

/** The text with those parts that still fit and say nothing twice. */
function withMore(text: string, parts: readonly { readonly quote: string; readonly part: string }[]): string {
  const bare = (one: string): string => one.replace(/\W+/gu, ' ').trim();
  let whole = text;
  for (const { quote, part } of parts) {
    const twice = quote !== '' && bare(whole).includes(bare(quote));
    if (whole.length + part.length + 1 <= maxText && !twice) whole = `${whole} ${part}`;
  }
  return whole;
}

/** What it is for, as a person asked for it, else the first words of its steps; at most 70 characters, for an index. */
export function workflowTitle({ steps, goal }: Workflow): string {
  const name = goal?.text ?? steps.map(({ command }) => command.split(' ').slice(0, 3).join(' ')).join(', ');
  return name.length <= maxTitle ? name : `${name.slice(0, maxTitle - 1)}\u2026`;
}
