/**
 * `npm run quality`: how good the judgement is. Pairs that no model was trained on, scored by the scorer beside them, and every
 * scenario (a store, its sessions and a gold answer) dreamed over from end to end. `--json` prints the scorers' own output,
 * `--only NAME,NAME` takes these scenarios only; `held-out` stands for those that were never looked at.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expandSessions, runNode, scenarioFolders, scoreOutput } from './scenarios.js';

const root = resolve(import.meta.dirname, '..');
const binary = join(root, 'dist', 'cli', 'main.js');
const asJson = process.argv.includes('--json');
const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '').split(',') : null;
const scenarios = scenarioFolders.filter((path) => only === null || only.some((name) => path.split(/[\\/]/).slice(-2).includes(name)));
const pairSets = ['pairs-held-out', 'pairs-dev'];
const folder = mkdtempSync(join(tmpdir(), 'dreamfold-quality-'));

function scorePairs(name: string): Record<string, unknown> {
  const pairs = join(root, 'bench', 'quality', name);
  const verdicts = join(folder, `${name}.verdicts`);
  writeFileSync(verdicts, runNode(binary, 'relate', pairs, '--llm', 'off'));
  return JSON.parse(runNode(join(root, 'bench', 'quality', 'score-pairs.mjs'), pairs, verdicts));
}

function scoreScenario(scenario: string): Record<string, unknown> {
  const place = mkdtempSync(join(folder, 'scenario-'));
  const db = ['--db', join(place, 'dreamfold.db')];
  expandSessions(scenario, join(place, 'sessions'));
  runNode(
    binary,
    'dream',
    '--store',
    join(scenario, 'store'),
    '--sessions',
    join(place, 'sessions'),
    '--out',
    join(place, 'out'),
    '--llm',
    'off',
    '--json',
    ...db,
  );
  writeFileSync(join(place, 'changes.json'), runNode(binary, 'changes', '--json', ...db));
  return scoreOutput(scenario, join(place, 'out'), join(place, 'changes.json'));
}

function row(name: string, score: Record<string, unknown>, keys: readonly string[]): string {
  return `| ${[name, ...keys.map((key) => String(score[key]))].join(' | ')} |`;
}

try {
  const pairs = pairSets.map((name) => [name, scorePairs(`${name}.jsonl`)] as const);
  const scores = scenarios.map((scenario) => [scenario.split(/[\\/]/).at(-1) ?? scenario, scoreScenario(scenario)] as const);
  if (asJson) console.log(JSON.stringify({ pairs: Object.fromEntries(pairs), scenarios: Object.fromEntries(scores) }, null, 1));
  else {
    const pairKeys = [
      'pairs',
      'macro_f1',
      'merge_precision',
      'merge_recall',
      'conflict_precision',
      'conflict_recall',
      'ambiguous',
      'ambiguous_accuracy',
      'calibration_error',
    ];
    const keys = [
      'merge_recall',
      'superseded_in_store',
      'superseded_from_sessions',
      'conflict_recall',
      'kept',
      'lost',
      'insight_recall',
      'insight_precision',
      'leaked',
      'suggested',
    ];
    for (const [first, names] of [
      ['pairs', pairKeys],
      ['scenario', keys],
    ] as const) {
      console.log(`| ${[first, ...names].join(' | ')} |\n|${'---|'.repeat(names.length + 1)}`);
      for (const [name, score] of first === 'pairs' ? pairs : scores) console.log(row(name, score, names));
      console.log();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
