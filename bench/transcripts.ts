/**
 * Made sessions of a coding agent, for measuring: Claude Code files of about 200 KB with long outputs, failures that recur and what ended
 * them, failures that never come again, persons who ask, correct and refuse. The same seed gives the same bytes on every machine.
 */
import { createHash } from 'node:crypto';
import { makeRandom } from '../src/bench/words.js';

/** What happens in a session, in order. */
export type Happening =
  | { readonly person: string }
  | { readonly agent: string }
  | { readonly tool: string; readonly input: object; readonly result: string; readonly failed?: boolean };

export interface SessionPlan {
  readonly id: string;
  /** ISO 8601. */
  readonly start: string;
  readonly folder: string;
  readonly happenings: readonly Happening[];
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A UUID that depends on the text alone. */
export function uuidOf(text: string): string {
  const digits = hex(text);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}

/** The file that Claude Code would have written of it: one record a line, 20 seconds apart. */
export function claudeCodeFile({ id, start, folder, happenings }: SessionPlan): string {
  const lines: string[] = [];
  let parentUuid: string | null = null;
  const push = (type: 'user' | 'assistant', content: unknown, more: object = {}): void => {
    const uuid = uuidOf(`${id} ${lines.length}`);
    const timestamp = new Date(Date.parse(start) + lines.length * 20_000).toISOString();
    const common = {
      parentUuid,
      isSidechain: false,
      userType: 'external',
      cwd: folder,
      sessionId: id,
      version: '2.1.14',
      gitBranch: 'main',
    };
    const agent = { id: `msg_${hex(uuid).slice(0, 24)}`, type: 'message', model: 'claude-sonnet-4-6', stop_reason: null };
    const message = type === 'user' ? { role: 'user', content } : { role: 'assistant', ...agent, content };
    lines.push(JSON.stringify({ ...common, type, message, uuid, timestamp, ...more }));
    parentUuid = uuid;
  };
  for (const one of happenings) {
    if ('person' in one) push('user', one.person);
    else if ('agent' in one) push('assistant', [{ type: 'text', text: one.agent }]);
    else {
      const { tool: name, input, result, failed = false } = one;
      const call = `toolu_${hex(`${id} call ${lines.length}`).slice(0, 24)}`;
      push('assistant', [{ type: 'tool_use', id: call, name, input }]);
      const block = { type: 'tool_result', content: result, tool_use_id: call, ...(failed ? { is_error: true } : {}) };
      push('user', [block], { toolUseResult: failed ? `Error: ${result}` : { stdout: result, stderr: '', interrupted: false } });
    }
  }
  return `${lines.join('\n')}\n`;
}

type Random = () => number;
const pick = <T>(random: Random, list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0];
const whole = (random: Random, below: number): number => Math.floor(random() * below);

const areas = ['orders', 'billing', 'search', 'login', 'export', 'mail', 'stock', 'reports', 'images', 'webhooks'] as const;
const parts = ['schema', 'route', 'worker', 'client', 'cache', 'format', 'queue', 'guard', 'mapper', 'index'] as const;
const persons = ['mira', 'jonas', 'amara', 'tomas'] as const;
const words =
  'account batch cursor delay entry filter group header invoice journal key ledger market number object page query record segment token update value window row shard tenant region event retry limit offset parcel carrier refund basket coupon locale draft stage bucket column digest expiry forward gateway handle'.split(
    ' ',
  ) as [string, ...string[]];

const name = (random: Random) => `${pick(random, words)}${pick(random, words).replace(/^./, (sign) => sign.toUpperCase())}`;
const file = (random: Random) => `src/${pick(random, areas)}/${pick(random, parts)}-${pick(random, words)}.ts`;
const stamp = (random: Random) =>
  `2026-03-${10 + whole(random, 19)}T0${whole(random, 9)}:${10 + whole(random, 49)}:${10 + whole(random, 49)}.${100 + whole(random, 899)}Z`;

/** A failure that comes again in other sessions, and what ends it: a command before it, or an option. */
interface Recurring {
  readonly run: string;
  readonly message: (random: Random) => string;
  readonly fix: readonly string[];
  /** The run that works; `run` where it is left out. */
  readonly again?: string;
  readonly why: string;
  /** Share of the sessions that meet it. */
  readonly share: number;
}

const recurring: readonly Recurring[] = [
  {
    run: 'pnpm typecheck',
    message: (r) => `${file(r)}(${whole(r, 300)},7): error TS2339: Property '${name(r)}' does not exist on type 'Row'.`,
    fix: ['pnpm db:migrate up', 'pnpm db:codegen'],
    why: 'The generated types are older than the migration, so they have to be rebuilt after it.',
    share: 0.12,
  },
  {
    run: 'pnpm seed',
    message: (r) => `Error: relation "${pick(r, areas)}_${whole(r, 90)}" does not exist`,
    fix: ['pnpm db:reset --force'],
    why: 'The seed needs an empty schema, otherwise it stops at the first table.',
    share: 0.06,
  },
  {
    run: 'paylane trigger charge',
    message: () => 'paylane: error: no listener on port 8090, event was dropped',
    fix: ['paylane listen --forward 8090'],
    why: 'Events only arrive while the listener runs, so it has to be started first.',
    share: 0.09,
  },
  {
    run: 'docker compose up web',
    message: () => 'Error response from daemon: network larkshop_edge not found',
    fix: ['docker network create larkshop_edge'],
    why: 'The edge network is external and must exist before compose starts.',
    share: 0.05,
  },
  {
    run: 'pnpm test:e2e',
    message: (r) => `TimeoutError: page.waitForSelector: Timeout ${1000 * whole(r, 30)}ms exceeded.`,
    fix: ['pnpm fixtures:load'],
    why: 'Without the fixtures the page never shows a row, so the selector waits until it times out.',
    share: 0.08,
  },
  {
    run: 'uv run etl/load.py',
    message: (r) => `ValueError: invalid timezone in interval_start: ${stamp(r)}`,
    fix: [],
    again: 'uv run etl/load.py --utc',
    why: 'The loader expects UTC and needs to be told so.',
    share: 0.07,
  },
  {
    run: 'terraform apply',
    message: () => 'Error: Error acquiring the state lock: ConditionalCheckFailedException',
    fix: ['terraform force-unlock state'],
    why: 'A cancelled pipeline leaves the lock, so it must be released first.',
    share: 0.04,
  },
  {
    run: 'pnpm build',
    message: () => "Error: Cannot find module '@lark/tokens'",
    fix: ['pnpm --filter tokens build'],
    why: 'The tokens package has to be built before everything that imports it.',
    share: 0.1,
  },
  {
    run: 'bundle exec rake assets',
    message: () => 'Errno::ENOENT: No such file or directory - node_modules/.bin/esbuild',
    fix: ['pnpm install --frozen-lockfile'],
    why: 'The rake task needs the packages of the front end installed.',
    share: 0.05,
  },
  {
    run: 'helm upgrade shop',
    message: () => 'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress',
    fix: ['helm rollback shop'],
    why: 'A release that was interrupted stays pending until it is rolled back.',
    share: 0.03,
  },
  {
    run: 'pnpm lint',
    message: (r) => `Error: Failed to load config "@lark/lint" to extend from ${file(r)}`,
    fix: ['pnpm --filter lint build'],
    why: 'The lint config is a package of its own and must be built once.',
    share: 0.05,
  },
  {
    run: 'geodump import tiles',
    message: () => 'geodump: fatal: projection missing in header',
    fix: [],
    again: 'geodump import tiles --srid=3035',
    why: 'The supplier leaves the projection out, so it has to be given.',
    share: 0.04,
  },
];

function output(random: Random, kind: number): string {
  const count = 12 + whole(random, kind === 0 ? 60 : 40);
  const lines = Array.from({ length: count }, (_, at) => {
    if (kind === 0)
      return `${String(at + 1).padStart(6)}\t  const ${name(random)} = await ${name(random)}(${name(random)}, { ${pick(random, words)}: ${whole(random, 900)} });`;
    if (kind === 1)
      return `${file(random)}:${whole(random, 400)}:  return ${name(random)}.${pick(random, words)}('${pick(random, words)}');`;
    if (kind === 2)
      return ` \u2713 ${file(random)} > ${pick(random, words)} keeps the ${pick(random, words)} of the ${pick(random, words)} (${whole(random, 900)} ms)`;
    return `${stamp(random)} INFO  ${pick(random, areas)} ${pick(random, words)}=${whole(random, 9000)} request=${hex(String(random())).slice(0, 12)} took ${whole(random, 400)}ms`;
  });
  return lines.join('\n');
}

function work(random: Random): readonly Happening[] {
  const path = file(random);
  const kind = whole(random, 6);
  if (kind === 0) return [{ tool: 'Read', input: { file_path: path }, result: output(random, 0) }];
  if (kind === 1) return [{ tool: 'Grep', input: { pattern: name(random), path: 'src' }, result: output(random, 1) }];
  if (kind === 2)
    return [{ tool: 'Bash', input: { command: `pnpm vitest run ${path.replace('.ts', '.test.ts')}` }, result: output(random, 2) }];
  if (kind === 3)
    return [
      {
        tool: 'Bash',
        input: { command: `docker compose logs ${pick(random, areas)} --tail ${10 * whole(random, 20)}` },
        result: output(random, 3),
      },
    ];
  if (kind === 4) {
    const old = `const ${name(random)} = ${whole(random, 90)};`;
    const input = {
      file_path: path,
      old_string: old,
      new_string: `${old}\nconst ${name(random)} = ${name(random)}(${whole(random, 90)});`,
    };
    return [{ tool: 'Edit', input, result: `The file ${path} has been updated.\n${output(random, 0)}` }];
  }
  const said = `The ${pick(random, words)} of ${pick(random, areas)} goes through \`${name(random)}\`, so I look at ${path} next because the ${pick(random, words)} is read there.`;
  return [
    { agent: said },
    { tool: 'Bash', input: { command: `git diff --stat HEAD~${whole(random, 5)} -- ${path} | tail -n 5` }, result: output(random, 1) },
  ];
}

function meet({ run, message, fix, again = run, why }: Recurring, random: Random): readonly Happening[] {
  const failed = `Exit code 1\n${output(random, 3)}\n${message(random)}\n ELIFECYCLE  Command failed with exit code 1.`;
  return [
    { tool: 'Bash', input: { command: run }, result: failed, failed: true },
    { agent: why },
    ...fix.map((command): Happening => ({ tool: 'Bash', input: { command }, result: `done in ${whole(random, 9000)} ms` })),
    { tool: 'Bash', input: { command: again }, result: output(random, 2) },
  ];
}

/** Fails once, in words that no other session has. */
function stumble(random: Random): readonly Happening[] {
  const command = `node scripts/${name(random)}.mjs --${pick(random, words)} ${whole(random, 900)}`;
  const failed = `Exit code 1\nTypeError: Cannot read properties of undefined (reading '${name(random)}')\n    at ${name(random)} (${file(random)}:${whole(random, 300)}:11)`;
  return [
    { tool: 'Bash', input: { command }, result: failed, failed: true },
    { agent: `\`${name(random)}\` is not set for a ${pick(random, words)} without ${pick(random, words)}; I add a check.` },
    {
      tool: 'Edit',
      input: { file_path: file(random), old_string: name(random), new_string: `${name(random)} ?? ${name(random)}` },
      result: 'The file has been updated.',
    },
    { tool: 'Bash', input: { command }, result: `wrote ${whole(random, 900)} rows` },
  ];
}

const corrections = [
  'No, use the existing helper for that, do not write a new one.',
  'Please keep the commit messages in the imperative, I said that before.',
  'Not like this. Small functions, no comments that repeat the code.',
  'Stop, never push to main directly. Open a pull request.',
  'That works, thanks. Commit it.',
  'Good. Next the same for the other route.',
] as const;

/** Session number `at` of those with this seed; it does not depend on how many are made. */
export function makeSession(at: number, seed: number): SessionPlan {
  const random = makeRandom(seed * 1_000_003 + at);
  const person = pick(random, persons);
  const happenings: Happening[] = [
    {
      person: `LARK-${100 + whole(random, 900)}: the ${pick(random, areas)} page shows the wrong ${pick(random, words)} once a ${pick(random, words)} is ${pick(random, words)}. Find out why and fix it.`,
    },
  ];
  const met = recurring.filter(({ share }) => random() < share);
  const bursts = [...met.map((one) => () => meet(one, random)), ...(random() < 0.7 ? [() => stumble(random)] : [])];
  let size = 0;
  for (let step = 0; size < 95_000; step++) {
    const burst = step % 9 === 4 ? bursts.shift() : undefined;
    const more = burst === undefined ? work(random) : burst();
    if (step % 14 === 13)
      happenings.push(
        { agent: `Done with the ${pick(random, parts)}; the ${pick(random, words)} is kept now.` },
        { person: pick(random, corrections) },
      );
    happenings.push(...more);
    size += more.reduce((sum, one) => sum + JSON.stringify(one).length, 0);
  }
  const start = new Date(Date.UTC(2026, 0, 1) + at * 5 * 3_600_000).toISOString();
  return { id: uuidOf(`session ${seed} ${at}`), start, folder: `/home/${person}/larkshop`, happenings };
}
