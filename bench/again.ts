/**
 * `npm run bench:again`: what a second dream costs after one statement and one session in a hundred are new or changed, beside a dream from
 * scratch over the same store and sessions, whose result it has to have to the byte.
 *
 * Each dream is a process of its own; seconds are those of the processor. Options: --statements 2000  --sessions 100  --repeat 3  --json
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeStatements } from './generate.js';
import { claudeCodeFile, makeSession } from './transcripts.js';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    statements: { type: 'string', default: '2000' },
    sessions: { type: 'string', default: '100' },
    repeat: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});

interface Trial {
  readonly seconds: number;
  readonly statements: number;
  readonly changes: number;
  readonly stages: Readonly<Record<string, number>>;
  readonly found: string;
}

const perFile = 100;

/** Every second new statement takes the place of one, the others are added; files keep their statements. */
function writeStore(folder: string, count: number, fresh: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const all = makeStatements(count, 1);
  const files = Array.from({ length: Math.ceil(count / perFile) }, (_, at) => all.slice(at * perFile, (at + 1) * perFile));
  for (const [at, text] of fresh.entries()) {
    const file = files[at % files.length] ?? [];
    file.splice((at * 37) % file.length, at % 2, text);
  }
  for (const [at, statements] of files.entries()) {
    const bullets = statements.map((text) => `- ${text}`).join('\n');
    writeFileSync(join(folder, `topic_${String(at).padStart(5, '0')}.md`), `# Topic ${at}\n\n${bullets}\n`);
  }
}

/** Half of the new sessions take the place of one that is there, as if it had gone on. */
function writeSessions(folder: string, count: number, fresh: number): void {
  mkdirSync(folder, { recursive: true });
  for (let at = 0; at < count + fresh; at++) {
    const plan = makeSession(at, 1);
    const goesOn = at < Math.floor(fresh / 2);
    writeFileSync(
      join(folder, `${plan.id}.jsonl`),
      claudeCodeFile(plan) + (goesOn ? claudeCodeFile(makeSession(count + fresh + at, 1)) : ''),
    );
  }
}

function dream(folder: string, db: string, name: string): Trial {
  const script = join(root, 'bench', 'again-trial.ts');
  const places = [join(folder, 'store'), join(folder, 'sessions'), join(folder, db), join(folder, 'out', name)];
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...places], { encoding: 'utf8', cwd: root });
  if (status !== 0) throw new Error(`the dream failed: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
}

interface Round {
  readonly first: Trial;
  readonly again: Trial;
  readonly scratch: Trial;
}

function measure(): Round {
  const [statements, sessions] = [Number(values.statements), Number(values.sessions)];
  const folder = mkdtempSync(join(tmpdir(), 'dreamfold-again-'));
  try {
    writeStore(join(folder, 'store'), statements, []);
    writeSessions(join(folder, 'sessions'), sessions, 0);
    const first = dream(folder, 'kept/dreams.db', 'first');
    writeStore(join(folder, 'store'), statements, makeStatements(Math.ceil(statements / 100), 99));
    writeSessions(join(folder, 'sessions'), sessions, Math.ceil(sessions / 100));
    const again = dream(folder, 'kept/dreams.db', 'again');
    const scratch = dream(folder, 'fresh/dreams.db', 'scratch');
    if (again.found !== scratch.found) throw new Error('The second dream found something else than a dream from scratch.');
    return { first, again, scratch };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

const rounds = Array.from({ length: Number(values.repeat) }, measure);
const stages = [...new Set(rounds.flatMap(({ scratch }) => Object.keys(scratch.stages)))];
const rows = [
  ...stages.map((stage) => ({ work: stage, of: ({ stages }: Trial) => stages[stage] ?? 0 })),
  { work: 'all', of: ({ seconds }: Trial) => seconds },
]
  .map(({ work, of }) => ({
    work,
    first: median(rounds.map(({ first }) => of(first))),
    scratch: median(rounds.map(({ scratch }) => of(scratch))),
    again: median(rounds.map(({ again }) => of(again))),
  }))
  .map((row) => ({ ...row, share: row.again / row.scratch }));
const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.version}, median of ${values.repeat}`;
if (values.json) console.log(JSON.stringify({ machine, rows }, null, 1));
else {
  console.log(machine);
  console.log('| stage | first dream, s | after a change of 1 %, from scratch, s | with what is kept, s | share |');
  console.log('|---|---:|---:|---:|---:|');
  for (const { work, first, scratch, again, share } of rows)
    console.log(`| ${work} | ${first.toFixed(3)} | ${scratch.toFixed(3)} | ${again.toFixed(3)} | ${(share * 100).toFixed(1)} % |`);
}
