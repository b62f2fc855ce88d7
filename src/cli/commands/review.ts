/**
 * `review`: one change after another on the terminal, each decided as it is seen.
 *
 * Single keys at a terminal; elsewhere one answer a line, so that it can be scripted. Each decision is carried out at once:
 * leaving in the middle, by q, Ctrl-C or the end of the input, keeps what was decided.
 */
import type { ChangesResult, Dreamfold } from '../../api.js';
import { UserError } from '../../errors.js';
import type { Change } from '../../memory.js';
import { type Cli, commandLine, defineCommand, dreamArgument, dreamOf, noOptions, printNext, printResult } from '../command.js';
import { compareKinds, explainedChangeLines, kindTitle } from '../render-changes.js';
import type { Answers, Screen } from '../terminal.js';
import { formatNumberOf, hang, plainText } from '../text.js';

const keyHelp = [
  '  a  accept: it is in the new store',
  '  r  refuse: it is not, and is not proposed again',
  '  e  edit the text, then accept it',
  '  s  skip: decide later',
  '  b  back to the one before',
  '  q  quit: what was decided stays decided',
  '  ?  this help',
];
const prompt = '  accept, refuse, edit, skip, back, quit? [a/r/e/s/b/q/?] ';

interface Review {
  readonly dreamfold: Dreamfold;
  readonly dream: string | undefined;
  readonly answers: Answers;
  readonly screen: Screen;
  readonly decided: Map<string, Change>;
}

/** What is open, in the order in which `changes` shows it: sure ones by kind, then the suggestions. */
function openChanges({ changes }: ChangesResult): Change[] {
  const unsure = (change: Change): number => (change.status === 'suggested' ? 1 : 0);
  return changes
    .filter((change) => change.status === 'proposed' || change.status === 'suggested')
    .sort((a, b) => unsure(a) - unsure(b) || compareKinds(a.kind, b.kind) || b.confidence - a.confidence);
}

function remember(review: Review, result: ChangesResult): void {
  for (const change of result.changes) review.decided.set(change.id, change);
}

/** The new text from the answer itself (`e TEXT`) or from a line of its own. False where none was given. */
async function editChange(review: Review, change: Change, rest: string): Promise<boolean> {
  const proposal = plainText(change.after?.text ?? change.before[0]?.text ?? '').replace(/\n/gu, ' ');
  const text = rest !== '' ? rest : ((await review.answers.line('  new text: ', proposal)) ?? '');
  if (text.trim() === '') {
    review.screen.write('  no text, not decided\n');
    return false;
  }
  remember(review, await review.dreamfold.edit(change.id, text.trim(), review.dream));
  return true;
}

/** Carries out one answer. Returns how many changes to go on by, 0 to ask again, null to end. */
async function carryOut(review: Review, change: Change, answer: string): Promise<number | null> {
  const [, key = '', rest = ''] = /^\s*(\S?)\S*\s*(.*)$/su.exec(answer) ?? [];
  switch (key.toLowerCase()) {
    case 'a':
      remember(review, await review.dreamfold.decide([change.id], 'approved', review.dream));
      return 1;
    case 'r':
      remember(review, await review.dreamfold.decide([change.id], 'rejected', review.dream));
      return 1;
    case 'e':
      return (await editChange(review, change, rest.trim())) ? 1 : 0;
    case 's':
      return 1;
    case 'b':
      return -1;
    case 'q':
      return null;
    default:
      review.screen.write(`${keyHelp.join('\n')}\n`);
      return 0;
  }
}

/** A decision that cannot be taken ends that decision, not the review. */
function sayWhyNot({ screen }: Review, thrown: unknown): number {
  if (!(thrown instanceof UserError) || thrown.exit !== 'usage') throw thrown;
  screen.write(`${hang('  not decided: ', thrown.message, screen.width).join('\n')}\n`);
  return 0;
}

function showChange({ screen, decided }: Review, change: Change, at: number, count: number): void {
  const current = decided.get(change.id) ?? change;
  const sure = current.status === 'suggested' ? ', not sure enough to do alone' : '';
  const title = screen.colors.bold(`${at + 1} of ${count}: ${kindTitle(current.kind, current.status)}${sure}`);
  screen.write(`\n${[title, ...explainedChangeLines(current, screen)].join('\n')}\n`);
}

/** Walks through the changes until all were seen, or until the person or the input ends it. */
async function walk(review: Review, changes: readonly Change[], signal: AbortSignal): Promise<void> {
  let at = 0;
  let shown = -1;
  while (at < changes.length) {
    const change = changes[at];
    if (change === undefined) return;
    if (shown !== at) showChange(review, change, at, changes.length);
    shown = at;
    const answer = await review.answers.key(prompt);
    signal.throwIfAborted();
    const step = answer === null ? null : await carryOut(review, change, answer).catch((thrown: unknown) => sayWhyNot(review, thrown));
    if (step === null) return;
    if (step !== 0) shown = -1;
    at = Math.max(0, at + step);
  }
}

/** A decision may open others again that rested on what it changed: they count as left. */
function summary(decided: ReadonlyMap<string, Change>, open: readonly Change[]): string {
  const count = (status: Change['status']) => [...decided.values()].filter((change) => change.status === status).length;
  const left = open.filter(({ id, status }) => ['proposed', 'suggested'].includes(decided.get(id)?.status ?? status)).length;
  return `${count('approved')} accepted, ${count('rejected')} refused, ${formatNumberOf(left, 'change', 'changes')} left open.`;
}

export const reviewCommand = defineCommand({
  name: 'review',
  group: 'decide',
  summary: 'decide on one change after another, with reasons and evidence',
  details: `Keys:\n${keyHelp.join('\n')}\nWithout a terminal, answers are read from stdin, one a line ("e TEXT" edits); prompts are left out.`,
  arguments: [dreamArgument],
  options: [],
  examples: [
    { line: 'dreamfold review', text: 'the latest dream' },
    {
      line: "printf 'a\\nr\\nq\\n' | dreamfold review",
      text: 'accept the first, refuse the second',
    },
  ],
  exits: ['notFound', 'locked', 'inputChanged'],
  schema: noOptions,
  run: async (cli: Cli, args) => {
    const dream = dreamOf(args);
    const dreamfold = await cli.open();
    const result = dreamfold.changes(dream);
    const changes = openChanges(result);
    const review: Review = {
      dreamfold,
      dream,
      answers: cli.answers(),
      screen: cli.json ? cli.err : cli.out,
      decided: new Map(),
    };
    await walk(review, changes, cli.signal);
    printResult(
      cli,
      {
        dream: result.dream,
        changes: [...review.decided.values()],
        findings: result.findings,
      },
      () => ['', changes.length === 0 ? 'Nothing is left to decide.' : summary(review.decided, changes)],
    );
    printNext(cli, [
      ['the new store as a diff', commandLine(cli, 'diff', dream)],
      ['publish', commandLine(cli, 'apply', dream, '--in-place')],
    ]);
    return 'done';
  },
});
