/** Dreams over scenarios with the stand-in for Claude: what its answers are good for, right ones and wrong ones. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type AskSummary, type Change, openDreamfold } from '../dist/api.js';
import { textKey } from '../dist/memory.js';
import { tokensOf } from '../dist/relate/prices.js';
import { questionKey } from '../dist/relate/questions.js';
import type { ClaudeStandIn } from '../test/support/claude.js';
import type { AskedStatement, Rule, Ruling } from '../test/support/claude-answers.js';
import { fromScenario, type ScenarioGold, wrongly } from '../test/support/claude-rules.js';
import { benchTime, withClaude } from './asking-server.js';
import { expandSessions, scenarioNamed, scoreOutput } from './scenarios.js';

/** HTTP requests that a dream may make. */
const mostCalls = 15;
const wrongShare = 0.2;

export interface Score {
  readonly merge_recall: number;
  readonly superseded_in_store: string;
  readonly superseded_from_sessions: string;
  readonly lost: number;
  readonly unaccounted: number;
}

/** Null for a dream that asked nothing. */
interface Asked {
  readonly calls: number;
  readonly pairs: number;
  /** By the stand-in's count: a token for four bytes. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly usd: number | null;
}

export interface DreamRow {
  readonly scenario: string;
  readonly claude: boolean;
  readonly score: Score;
  readonly asked: Asked | null;
  /** Requests of a second dream over the same store, which finds the answers in the database. */
  readonly again: number | null;
}

interface Dreamed {
  readonly changes: readonly Change[];
  readonly score: Score;
  readonly llm: AskSummary | null;
}

/** Dreams so often over a scenario, in one database, each time into a new place. */
async function dreamOver(scenario: string, llm: 'off' | 'auto', times: number): Promise<readonly Dreamed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dreamfold-asking-'));
  try {
    using library = openDreamfold({ db: join(folder, 'dreamfold.db'), now: () => benchTime, threads: 2, claude: {} });
    expandSessions(scenario, join(folder, 'sessions'));
    const dreamed: Dreamed[] = [];
    for (let time = 0; time < times; time++) {
      const out = join(folder, `out-${time}`);
      const settings = { store: join(scenario, 'store'), sessions: [join(folder, 'sessions')], out, llm, maxLlmCalls: mostCalls };
      const { dream } = await library.dream(settings);
      const changes = library.changes(dream.id);
      writeFileSync(join(folder, 'changes.json'), JSON.stringify(changes));
      const score = readScore(scoreOutput(scenario, out, join(folder, 'changes.json')));
      dreamed.push({ changes: changes.changes, score, llm: library.show(dream.id).llm });
    }
    return dreamed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readScore(score: Record<string, unknown>): Score {
  return {
    merge_recall: Number(score['merge_recall']),
    superseded_in_store: String(score['superseded_in_store']),
    superseded_from_sessions: String(score['superseded_from_sessions']),
    lost: Number(score['lost']),
    unaccounted: Number(score['unaccounted']),
  };
}

function askedOf(llm: AskSummary | null): Asked | null {
  if (llm === null) return null;
  const usages = llm.calls.map(({ usage }) => usage);
  const output = usages.reduce((sum, { output_tokens }) => sum + output_tokens, 0);
  return {
    calls: llm.attempts,
    pairs: llm.report?.answered ?? 0,
    input_tokens: usages.reduce((sum, usage) => sum + tokensOf(usage), 0) - output,
    output_tokens: output,
    usd: llm.usd,
  };
}

function goldOf(scenario: string): ScenarioGold {
  return JSON.parse(readFileSync(join(scenario, 'gold.json'), 'utf8'));
}

/** Each scenario without Claude, and twice with it, when it answers as the gold answer says. */
export async function measureExamples(names: readonly string[]): Promise<readonly DreamRow[]> {
  const rows: DreamRow[] = [];
  for (const name of names) {
    const scenario = scenarioNamed(name);
    const [alone] = await dreamOver(scenario, 'off', 1);
    const [first, second] = await withClaude({ rule: fromScenario(goldOf(scenario)) }, () => dreamOver(scenario, 'auto', 2));
    if (alone === undefined || first === undefined || second === undefined) throw new Error(`${name} was not dreamed over`);
    rows.push({ scenario: name, claude: false, score: alone.score, asked: null, again: null });
    rows.push({ scenario: name, claude: true, score: first.score, asked: askedOf(first.llm), again: askedOf(second.llm)?.calls ?? 0 });
  }
  return rows;
}

/** As a Markdown table. */
export function exampleLines(rows: readonly DreamRow[]): readonly string[] {
  const table = rows.map(({ scenario, claude, score, asked, again }) => {
    const found = [score.merge_recall, score.superseded_in_store, score.superseded_from_sessions, score.lost, score.unaccounted];
    const spent =
      asked === null
        ? ['', '', '', '', '']
        : [asked.calls, asked.pairs, asked.input_tokens, asked.output_tokens, asked.usd === null ? 'unknown' : asked.usd.toFixed(4)];
    return `| ${[scenario, claude ? 'asked' : 'off', ...found, ...spent, again ?? ''].join(' | ')} |`;
  });
  return [
    '| scenario | Claude | merge_recall | superseded_in_store | superseded_from_sessions | lost | unaccounted | calls | pairs | tokens in | tokens out | US dollars | calls of a second dream |',
    '|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...table,
  ];
}

export interface WrongRow {
  /** Null: every answer is right. */
  readonly seed: number | null;
  readonly score: Score;
  /** Merges and replacements in the new store that Claude decided, and how many of them the gold answer does not have. */
  readonly decided: number;
  readonly decidedWrong: number;
  /** Pairs that were answered, and with what. */
  readonly answers: number;
  readonly wrong: WrongAnswers;
}

/** Answers that differ from the gold answer in relation or in the side that stays, by what became of them. */
interface WrongAnswers {
  readonly all: number;
  /** They say that both texts stay: at worst nothing happens. */
  readonly distinct: number;
  /** They ask for a change that was not made. */
  readonly held: number;
  readonly acted: number;
}

const statementOf = (text: string, written: string | null = null): AskedStatement => ({ id: '', text, written, source: null });

/** Pairs of texts that a change rests on: what goes, with what stays. */
function pairsBehind({ before, after }: Change): readonly (readonly [AskedStatement, AskedStatement])[] {
  if (after === null) return [];
  const stays = statementOf(after.text, before.find(({ text }) => text === after.text)?.written ?? null);
  return before.flatMap(({ text, written }) => (text === after.text ? [] : [[statementOf(text, written), stays] as const]));
}

/** Whether the right answer about every pair behind a change asks for it. */
function isRight(change: Change, right: Rule): boolean {
  return pairsBehind(change).every(([goes, stays]) => {
    const { relation, keep } = right(goes, stays);
    if (change.kind === 'supersede') return relation === 'conflict' && keep === 'b';
    return relation === 'duplicate' || (relation === 'refines' && keep === 'b');
  });
}

const sameRuling = (one: Ruling, other: Ruling): boolean => one.relation === other.relation && one.keep === other.keep;

function wrongAnswers(claude: ClaudeStandIn, rules: { readonly given: Rule; readonly right: Rule }, made: readonly Change[]): WrongAnswers {
  const asked = new Map(claude.pairs().map((pair) => [questionKey(textKey(pair.a.text), textKey(pair.b.text)), pair]));
  const acted = new Set(made.flatMap((change) => pairsBehind(change).map(([a, b]) => questionKey(textKey(a.text), textKey(b.text)))));
  const wrong = [...asked].filter(([, { a, b }]) => !sameRuling(rules.given(a, b), rules.right(a, b)));
  const distinct = wrong.filter(([, { a, b }]) => rules.given(a, b).relation === 'distinct').length;
  const done = wrong.filter(([key, { a, b }]) => rules.given(a, b).relation !== 'distinct' && acted.has(key)).length;
  return { all: wrong.length, distinct, held: wrong.length - distinct - done, acted: done };
}

async function dreamWrongly(name: string, seed: number | null): Promise<WrongRow> {
  const scenario = scenarioNamed(name);
  const right = fromScenario(goldOf(scenario));
  const given = seed === null ? right : wrongly(right, wrongShare, seed);
  return withClaude({ rule: given }, async (claude) => {
    const [dreamed] = await dreamOver(scenario, 'auto', 1);
    if (dreamed === undefined) throw new Error(`${basename(scenario)} was not dreamed over`);
    const made = dreamed.changes.filter(
      ({ kind, status, decided_by }) => status === 'proposed' && decided_by === 'claude' && (kind === 'merge' || kind === 'supersede'),
    );
    return {
      seed,
      score: dreamed.score,
      decided: made.length,
      decidedWrong: made.filter((change) => !isRight(change, right)).length,
      answers: dreamed.llm?.report?.answered ?? 0,
      wrong: wrongAnswers(claude, { given, right }, made),
    };
  });
}

/** A scenario with right answers, and with a fifth of the answers wrong. */
export async function measureWrong(name: string, seeds: readonly number[]): Promise<readonly WrongRow[]> {
  const rows: WrongRow[] = [];
  for (const seed of [null, ...seeds]) rows.push(await dreamWrongly(name, seed));
  return rows;
}

/** As a Markdown table. */
export function wrongLines(rows: readonly WrongRow[]): readonly string[] {
  const table = rows.map(({ seed, score, decided, decidedWrong, answers, wrong }) => {
    const share = decided === 0 ? '' : (decidedWrong / decided).toFixed(3);
    const cells = [answers, wrong.all, wrong.distinct, wrong.held, wrong.acted, decided, decidedWrong, share];
    const scores = [score.merge_recall, score.superseded_in_store, score.lost, score.unaccounted];
    return `| ${[seed === null ? 'all right' : `${wrongShare * 100} % wrong, seed ${seed}`, ...cells, ...scores].join(' | ')} |`;
  });
  return [
    '| answers | pairs answered | wrong | wrong: says distinct | wrong: not acted on | wrong: acted on | changes decided by Claude | of them wrong | share | merge_recall | superseded_in_store | lost | unaccounted |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...table,
  ];
}
