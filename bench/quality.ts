/**
 * `npm run quality`: how good the judgement is. Pairs that no model was trained on, scored by the scorer beside them, and every
 * scenario (a store, its sessions and a gold answer) dreamed over from end to end. `--json` prints the scorers' own output,
 * `--only NAME,NAME` takes these scenarios only; `held-out` stands for those that were never looked at.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const binary = join(root, 'dist', 'cli', 'main.js');
const asJson = process.argv.includes('--json');
const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '').split(',') : null;
const scenarios = [
  join(root, 'test', 'fixtures', 'webshop'),
  ...foldersIn(join(root, 'bench', 'quality', 'held-out')),
  ...foldersIn(join(root, 'bench', 'quality', 'sessions')),
  ...foldersIn(join(root, 'bench', 'quality', 'scenarios')),
].filter((path) => only === null || only.some((name) => path.split(/[\\/]/).slice(-2).includes(name)));
const pairSets = ['pairs-held-out', 'pairs-dev'];
const folder = mkdtempSync(join(tmpdir(), 'dreamfold-quality-'));

function foldersIn(path: string): string[] {
  return existsSync(path)
    ? readdirSync(path)
        .sort()
        .map((name) => join(path, name))
    : [];
}

function node(...args: readonly string[]): string {
  return execFileSync(process.execPath, [...args], { encoding: 'utf8', maxBuffer: 1e9, stdio: ['ignore', 'pipe', 'ignore'] });
}

function scorePairs(name: string): Record<string, unknown> {
  const pairs = join(root, 'bench', 'quality', name);
  const verdicts = join(folder, `${name}.verdicts`);
  writeFileSync(verdicts, node(binary, 'relate', pairs));
  return JSON.parse(node(join(root, 'bench', 'quality', 'score-pairs.mjs'), pairs, verdicts));
}

function scoreScenario(scenario: string): Record<string, unknown> {
  const place = mkdtempSync(join(folder, 'scenario-'));
  const db = ['--db', join(place, 'dreamfold.db')];
  spawnSync(process.execPath, [join(root, 'scripts', 'scenario', 'expand.mjs'), scenario, join(place, 'sessions')]);
  node(
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
  writeFileSync(join(place, 'changes.json'), node(binary, 'changes', '--json', ...db));
  return JSON.parse(node(join(root, 'scripts', 'scenario', 'score.mjs'), scenario, join(place, 'out'), join(place, 'changes.json')));
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
