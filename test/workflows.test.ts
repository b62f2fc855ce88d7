import { describe, expect, it } from 'vitest';
import { loadWordVectors } from '../dist/embed/words.js';
import type { Turn } from '../dist/memory.js';
import { Activities } from '../dist/mine/activities.js';
import { commandOf, commonCommand } from '../dist/mine/commands.js';
import { Lexis } from '../dist/mine/lexis.js';
import { Meaning } from '../dist/mine/meaning.js';
import { Operations } from '../dist/mine/operations.js';
import { isLookup, isMoreOften } from '../dist/mine/verdicts.js';
import { repetitionIn } from '../dist/mine/workflow-text.js';
import { findWorkflows } from '../dist/mine/workflows.js';
import { stemOf } from '../dist/relate/word-forms.js';
import { actionsOf } from '../dist/segment/actions.js';
import { SignalReader } from '../dist/segment/signals.js';
import type { Action, Insight, SessionSignals } from '../dist/signals.js';

const vectors = loadWordVectors();

type Event =
  | { readonly person: string }
  | { readonly agent: string }
  | { readonly sh: string; readonly out?: string; readonly failed?: boolean }
  | { readonly tool: string; readonly input: Readonly<Record<string, unknown>>; readonly out?: string; readonly failed?: boolean }
  | { readonly verdict: boolean };

const sh = (command: string, out = '', failed = false): Event => ({ sh: command, out, failed });
const call = (tool: string, input: Readonly<Record<string, unknown>>, out = 'ok', failed = false): Event => ({ tool, input, out, failed });
const says = (person: string): Event => ({ person });
const told = (agent: string): Event => ({ agent });

/** The turns of one event; `line` is the line it stands on, its result on the next. */
function turnsOf(event: Event, id: string, line: number): readonly Turn[] {
  const at = `2026-03-${String((Number(/\d+/.exec(id)?.[0] ?? 0) % 28) + 1).padStart(2, '0')}T08:${String(line % 60).padStart(2, '0')}:00.000Z`;
  const base = { sessionId: id, at, person: 'ana', tool: null, error: null, branch: 'active' as const, text: '' };
  const ref = (offset: number): Turn['ref'] => ({ path: `${id}.jsonl`, line: line + offset });
  if ('person' in event) return [{ ...base, speaker: 'person', kind: 'message', text: event.person, ref: ref(0) } as Turn];
  if ('agent' in event) return [{ ...base, speaker: 'agent', kind: 'message', text: event.agent, ref: ref(0) } as Turn];
  if ('verdict' in event) return [{ ...base, speaker: 'harness', kind: 'outcome', error: !event.verdict, ref: ref(0) } as Turn];
  const [name, input] = 'sh' in event ? ['Bash', { command: event.sh }] : [event.tool, event.input];
  const callId = `c${line}`;
  return [
    { ...base, speaker: 'agent', kind: 'tool_call', tool: { name, callId, input: JSON.stringify(input) }, ref: ref(0) } as Turn,
    {
      ...base,
      speaker: 'tool',
      kind: 'tool_result',
      text: event.out ?? '',
      error: event.failed ?? false,
      tool: { name, callId, input: '' },
      ref: ref(1),
    } as Turn,
  ];
}

function session(id: string, events: readonly Event[]): SessionSignals {
  const reader = new SignalReader(id, `${id}.jsonl`);
  for (const [at, event] of events.entries()) for (const turn of turnsOf(event, id, at * 2 + 1)) reader.accept(turn);
  return reader.finish();
}

function mine(sessions: readonly SessionSignals[]): readonly Insight[] {
  const lexis = new Lexis(stemOf);
  for (const { wishes, episodes, steps } of sessions) {
    lexis.count([
      ...wishes.map(({ text, after }) => `${text} ${after}`),
      ...episodes.flatMap(({ symptoms, remarks }) => [...symptoms, ...remarks].map(({ text }) => text)),
      ...steps.map(({ action }) => action.shown),
    ]);
  }
  return findWorkflows(sessions, { lexis, meaning: new Meaning(vectors), operations: new Operations(sessions, 3), minSupport: 3 });
}

/** Sessions of other work, so that what some sessions share stands out. */
const others = [
  'the loaf tin order came twice, please look why',
  'rename the column price to price_cents in the export',
  'which oven was serviced last?',
  'the newsletter needs a shorter subject line',
  'why is the label printer offline again?',
  'write down what we said about the summer menu',
  'move the photos of the market stall into one folder',
  'the till counts one cent too much now and then',
  'add a test for the opening hours',
  'the map on the contact page is blurred',
  'translate the allergen list into French',
  'clean up the old branches',
].map((text, n) =>
  session(`other-${n}`, [
    says(text),
    sh(`cat notes/${n}.md`),
    sh('npm test'),
    sh(`git commit -am "${text.slice(0, 12)}" && git push`),
    told('Done.'),
    says('thanks'),
  ]),
);

const sowing = (n: number, field: string, beds: string): readonly Event[] => [
  says(`${field} gets sown this week, please prepare the seeder for ${beds} beds`),
  sh(`./seeder calibrate --field ${field} --beds ${beds}`, 'calibrated'),
  sh(`./seeder dry-run --field ${field}`, 'ok'),
  ...(n % 2 === 0 ? [sh(`./seeder clean-hopper`)] : []),
  sh(`./seeder start --field ${field} --rows ${n + 3}`, 'started'),
  told(`The seeder runs on ${field}.`),
  says('great'),
];

const farm = [
  session('farm-1', sowing(1, 'north', '12')),
  session('farm-2', sowing(2, 'mill', '9')),
  session('farm-3', sowing(3, 'creek', '14')),
  session('farm-4', [
    says('sow the hill field today, 7 beds'),
    sh('./seeder start --field hill --rows 5', 'Error: seeder not calibrated for field hill', true),
    sh('./seeder calibrate --field hill --beds 7', 'calibrated'),
    sh('./seeder dry-run --field hill', 'ok'),
    sh('./seeder start --field hill --rows 5', 'started'),
    told('Calibrated first, then started.'),
    says('good, always calibrate first and make the dry run before the start'),
  ]),
];

describe('workflows', () => {
  const found = mine([...others, ...farm]);
  const [first] = found;

  it('finds the steps that several sessions took, in order, with what differs as placeholders', () => {
    expect(found.filter(({ sure }) => sure)).toHaveLength(1);
    expect(first?.text).toMatch(
      /\(1\) `\.\/seeder calibrate --field <field> --beds <n>`, \(2\) `\.\/seeder dry-run --field <field>`, \(3\) `\.\/seeder start --field <field> --rows <n>`/,
    );
    expect(first?.sessions).toEqual(['farm-1', 'farm-2', 'farm-3', 'farm-4']);
    expect(first?.kind).toBe('workflow');
  });

  it('says what happens without a step, and quotes who asked for it', () => {
    expect(first?.text).toContain('Without step 1, step 3 fails: "seeder not calibrated for field hill"');
    expect(first?.evidence.some(({ role, session_id }) => role === 'tool' && session_id === 'farm-4')).toBe(true);
  });

  it('has a quote for every session, each of them said there', () => {
    const said = new Map(
      farm.map(({ id, wishes, episodes }) => [
        id,
        [...wishes.flatMap(({ text, before }) => [text, before]), ...episodes.map(({ quote }) => quote)].join('\n'),
      ]),
    );
    for (const id of first?.sessions ?? []) {
      const own = first?.evidence.filter(({ session_id }) => session_id === id) ?? [];
      expect(own.length).toBeGreaterThan(0);
      for (const { quote } of own) expect(said.get(id)).toContain(quote);
    }
  });

  it('does not depend on the order of the sessions', () => {
    const sessions = [...others, ...farm];
    expect(mine(sessions.toReversed())).toEqual(mine(sessions));
    expect(mine([...sessions.slice(7), ...sessions.slice(0, 7)])).toEqual(mine(sessions));
  });

  it('keeps the same topic when more sessions come in', () => {
    const more = session('farm-5', sowing(5, 'dell', '8'));
    expect(mine([...others, ...farm, more]).find(({ sure }) => sure)?.topic).toBe(first?.topic);
  });

  it('takes two sessions for chance', () => {
    expect(mine([...others, ...farm.slice(0, 2)])).toEqual([]);
  });

  it('does not take one session that does it again and again for several', () => {
    const again = session('farm-9', [...sowing(1, 'north', '12'), ...sowing(2, 'mill', '9'), ...sowing(3, 'creek', '14')]);
    expect(mine([...others, again])).toEqual([]);
  });

  it('takes trials of one long request for one case', () => {
    const task =
      'Please prepare the seeder for the demonstration on the open day, field north, twelve beds, six rows, and write down afterwards how long the calibration took, how often the hopper jammed, and what the wind was like.';
    const trial = (n: number): SessionSignals => session(`trial-${n}`, [says(task), ...sowing(1, 'north', '12').slice(1)]);
    expect(mine([...others, ...[1, 2, 3, 4, 5].map(trial)])).toEqual([]);
  });

  it('takes runs over the same ids for one case', () => {
    const ask = ['cancel my booking please', 'I want out of the booking', 'the booking has to go', 'please undo what I booked'];
    const trial = (text: string, n: number, id: string): SessionSignals =>
      session(`desk-${n}`, [
        says(text),
        call('get_booking', { id }),
        call('get_refund_terms', { id }),
        call('cancel_booking', { id }),
        says('thanks'),
      ]);
    expect(mine([...others, ...ask.map((text, n) => trial(text, n, n < 2 ? 'BK-70141' : 'BK-70996'))])).toEqual([]);
    expect(mine([...others, ...ask.map((text, n) => trial(text, n, `BK-7${n}14${n}`))])).toHaveLength(1);
  });

  it('stays within the length of a memory, however long the commands are', () => {
    const options = Array.from({ length: 12 }, (_, n) => `--setting-of-some-length-${n} value-${n}`).join(' ');
    const long = [1, 2, 3, 4].map((n) =>
      session(`mill-${n}`, [
        says(`grind the ${['rye', 'spelt', 'wheat', 'oats'][n - 1]} for Saturday`),
        ...['rinse', 'load', 'grind', 'sift', 'weigh', 'pack'].map((verb) => sh(`./mill-${verb} ${options} --lot L${n}`)),
      ]),
    );
    const [only] = mine([...others, ...long]);
    expect(only?.text).toContain('`./mill-rinse');
    expect(only?.text).toContain('`./mill-pack');
    expect(only?.text.length).toBeLessThanOrEqual(420);
  });

  it('finds nothing in reading, testing and committing', () => {
    const coding = Array.from({ length: 6 }, (_, n) =>
      session(`coding-${n}`, [
        says(`fix the rounding in module ${n}`),
        sh(`grep -rn round src/m${n}.py`),
        call('Edit', { file_path: `/home/a/src/m${n}.py`, old_string: 'a', new_string: 'b' }),
        sh(`pytest tests/test_m${n}.py -q`, 'passed'),
        sh('git add -A && git commit -m "Fix rounding"'),
        sh('git push'),
        says('thanks'),
      ]),
    );
    expect(mine([...others, ...coding]).filter(({ sure }) => sure)).toEqual([]);
  });

  it('leaves what mostly ended a failure to the mistakes', () => {
    const fixes = Array.from({ length: 5 }, (_, n) =>
      session(`oven-${n}`, [
        says(`print the baking plan of day ${n}`),
        sh(`./plan print --day ${n}`, 'Error: spooler stuck, queue is not empty', true),
        sh('./spool purge'),
        sh('./spool wake'),
        sh(`./plan print --day ${n}`, 'printed'),
        says('it works'),
      ]),
    );
    expect(mine([...others, ...fixes])).toEqual([]);
  });
});

const intake = (n: number, events: readonly Event[]): SessionSignals => session(`law-${n}`, events);
const conflicts = (n: number): Event => call('conflict_check', { party: `P-${n}` }, '{"hits": 0}');
const open = (n: number): Event => call('open_matter', { party: `P-${n}`, kind: 'tenancy' }, `{"matter": "M-${n}"}`);
const letter = (n: number): Event => call('send_engagement', { matter: `M-${n}`, language: 'de' }, 'sent');

describe('workflows of tool calls', () => {
  it('names the arguments that tell, and the correction of a person who had to step in', () => {
    const found = mine([
      ...others,
      intake(1, [says('new client, tenancy dispute in Lindenweg'), conflicts(1), open(1), letter(1), says('thank you')]),
      intake(2, [says('a tenancy case: Mrs Adler, new client'), conflicts(2), open(2), letter(2), says('thank you')]),
      intake(3, [
        says('tenancy again, new client Mr Falk'),
        open(3),
        told('The matter is open.'),
        says('no! run the conflict check first, then open the matter, we had to give up a case last year'),
        call('close_matter', { matter: 'M-3' }),
        conflicts(3),
        open(3),
        letter(3),
        says('that is better'),
      ]),
      intake(4, [says('new tenancy client: Bauer'), conflicts(4), open(4), letter(4), says('thanks')]),
    ]);
    expect(found[0]?.sure).toBe(true);
    expect(found[0]?.text).toContain('(1) `conflict_check`, (2) `open_matter(kind: tenancy)`, (3) `send_engagement`');
    expect(found[0]?.text).toMatch(/Without step 1, step 2 has to be done again: "[^"]*conflict check first/);
    expect(found[0]?.text).toMatch(/^When asked for something like "[^"]*tenancy/);
    expect(found[0]?.text.length).toBeLessThanOrEqual(420);
  });

  it('counts no unsuccessful run, and says which step success hung on', () => {
    const run = (n: number, checked: boolean): SessionSignals =>
      session(`till-${n}`, [
        says(`I want to return item ${n} of my order`),
        call('find_customer', { mail: `c${n}@example.org` }),
        ...(checked ? [call('get_return_policy', { item: `I-${n}` })] : []),
        call('get_order', { order: `O-${n}` }),
        call('return_item', { order: `O-${n}`, item: `I-${n}` }),
        { verdict: checked },
      ]);
    const found = mine([...Array.from({ length: 8 }, (_, n) => run(n, true)), ...Array.from({ length: 6 }, (_, n) => run(n + 8, false))]);
    expect(found[0]?.text).toMatch(/`get_return_policy`.*`return_item`/);
    expect(found[0]?.text).toMatch(/Without step \d before step \d, most runs end without success\./);
    expect(mine(Array.from({ length: 6 }, (_, n) => run(n, false)))).toEqual([]);
  });
});

describe('single commands', () => {
  const lookup = (n: number, text: string): SessionSignals =>
    session(`ops-${n}`, [says(text), sh(`./bin/trace prod --ticket tk-${n}f${n}`, 'found'), told('Found it.'), says('thanks')]);

  it('takes one that opens the same kind of work again and again', () => {
    const found = mine([
      ...others,
      lookup(1, 'a guest says the booking failed, the screen showed tk-1f1'),
      lookup(2, 'booking failed for a guest, her screen said tk-2f2'),
      lookup(3, 'another guest with a failed booking, screen shows tk-3f3'),
      lookup(4, 'failed booking, a guest sent the screen: tk-4f4'),
    ]);
    expect(found).toHaveLength(1);
    expect(found[0]?.text).toMatch(/^When asked for something like ".*": begin with `\.\/bin\/trace prod --ticket tk-<ticket>`\./);
  });

  it('takes none that comes with requests of no common kind', () => {
    const found = mine([
      ...others,
      lookup(1, 'the roof leaks above the bar'),
      lookup(2, 'we need twelve chairs for Sunday'),
      lookup(3, 'who has the key of the cellar?'),
      lookup(4, 'Spanish translation of the wine card'),
    ]);
    expect(found.filter(({ sure }) => sure)).toEqual([]);
  });
});

describe('verdicts', () => {
  it('asks for a clear difference that is not chance', () => {
    expect(isMoreOften({ good: 8, bad: 0 }, { good: 0, bad: 6 })).toBe(true);
    expect(isMoreOften({ good: 2, bad: 0 }, { good: 0, bad: 2 })).toBe(false);
    expect(isMoreOften({ good: 60, bad: 40 }, { good: 40, bad: 60 })).toBe(false);
    expect(isMoreOften({ good: 0, bad: 0 }, { good: 0, bad: 9 })).toBe(false);
  });

  it('knows what only reads', () => {
    expect(['get_order', 'mcp__desk__search_kb', 'lookupCustomer', 'listTickets'].every(isLookup)).toBe(true);
    expect(['settle_order', 'reader_setup', 'checkout', 'fetcher'].some(isLookup)).toBe(false);
  });
});

describe('commands of many runs', () => {
  const run = (command: string): Action => {
    const [action] = actionsOf({ name: 'Bash', input: JSON.stringify({ command }) });
    if (action === undefined) throw new Error('no action');
    return action;
  };

  it('keeps what most share and names the rest', () => {
    expect(commonCommand([run('deploy --to kiln-2 --since 2026-01-02'), run('deploy --to kiln-3 --since 2026-02-07')])).toBe(
      'deploy --to kiln-<to> --since <date>',
    );
    expect(commonCommand([run('./fmt a/x.sql'), run('./fmt a/y.sql'), run('./fmt b/z.sql')])).toBe('./fmt <file>.sql');
    expect(commonCommand([run('bake lint -q'), run('bake fix'), run('bake fix'), run('bake lint')])).toBe('bake fix|lint');
  });

  it('reads options with their values', () => {
    expect(commandOf(run('mix --speed 3 -f out.csv --wet dough'))).toEqual({
      words: ['mix'],
      options: [
        { name: '--speed', value: '3' },
        { name: '-f', value: 'out.csv' },
        { name: '--wet', value: 'dough' },
      ],
    });
  });

  it.each([
    'mix --speed 3 -f out.csv --wet dough',
    'git -C kiln log -n 3',
    'ffmpeg -ac 2 -loglevel error -i in.wav',
    'oven -rf build -msg "too hot" -x',
    'oven -m "too hot" --to=kiln -v kiln --dry -q',
    'oven -abc "hot" -ar "44100" -k "x"',
  ])('takes the values of %s as the reader of sessions does', (command) => {
    const action = run(command);
    const bare = (value: string | null) => (value ?? '').replace(/^["']|["']$/gu, '');
    expect(Object.fromEntries(commandOf(action).options.map(({ name, value }) => [name, bare(value)]))).toEqual(action.values);
  });

  it('writes steps that come again elsewhere only once', () => {
    expect(repetitionIn(['plan', 'apply east', 'check east', 'apply west', 'check west'])?.text).toBe(
      '(4\u20135) steps 2\u20133 with `west` for `east`',
    );
    expect(repetitionIn(['plan east', 'apply west', 'check east', 'apply south'])).toBeNull();
  });

  it('has an item for each option value that several sessions use', () => {
    const sessions = ['east', 'east', 'east', 'west', 'west', 'west'].map((to, n) => session(`s-${n}`, [sh(`./ship --to ${to} --n ${n}`)]));
    const activities = new Activities(sessions, 3);
    const keys = sessions.map(({ steps }) => activities.keyOf(activities.itemOf(steps[0]?.action ?? run('x')) ?? -1));
    expect(new Set(keys)).toEqual(new Set(['ship | --to=east', 'ship | --to=west']));
  });
});
