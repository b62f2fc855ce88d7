import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadWordVectors } from '../dist/embed/words.js';
import { Lexis } from '../dist/mine/lexis.js';
import { averageLinkage, candidatePairs } from '../dist/mine/linkage.js';
import { Meaning } from '../dist/mine/meaning.js';
import { neighbourhoods } from '../dist/mine/neighbourhoods.js';
import { Operations } from '../dist/mine/operations.js';
import { findPreferences } from '../dist/mine/preferences.js';
import { phrasesOf } from '../dist/mine/wishes.js';
import { stemOf } from '../dist/relate/word-forms.js';
import { actionsOf } from '../dist/segment/actions.js';
import type { Action, Insight, SessionSignals, Wish, WishKind } from '../dist/signals.js';

const vectors = loadWordVectors();

function call(name: string, input: Readonly<Record<string, unknown>>): Action {
  const [action] = actionsOf({ name, input: JSON.stringify(input) });
  if (action === undefined) throw new Error(`no action in ${name}`);
  return action;
}

const edit = (path: string): Action => call('Edit', { file_path: path, old_string: 'a', new_string: 'b' });

interface Said {
  readonly kind: WishKind;
  readonly text: string;
  readonly about?: Action;
  readonly before?: string;
}

/** A session in which a person says these things, one line after the other, and the agent does `steps` after them. */
function session(id: string, person: string | null, said: readonly Said[], steps: readonly Action[] = []): SessionSignals {
  const day = (Number(/\d+/.exec(id)?.[0] ?? 0) % 28) + 1;
  const at = `2026-03-${String(day).padStart(2, '0')}T08:00:00.000Z`;
  const wishes = said.map(
    ({ kind, text, about, before }, line): Wish => ({
      kind,
      text,
      person,
      place: { at, path: `${id}.jsonl`, line: line + 1 },
      about: about ?? null,
      before: before ?? '',
      after: '',
    }),
  );
  return {
    id,
    path: `${id}.jsonl`,
    at,
    person,
    steps: steps.map((action, index) => ({ action, failed: false, place: { at, path: `${id}.jsonl`, line: 100 + index } })),
    episodes: [],
    wishes,
    succeeded: null,
  };
}

/** What persons say in any session: errands, thanks, questions. */
const smallTalk: readonly Said[] = [
  { kind: 'request', text: 'The menu for Saturday needs a vegetarian main course.' },
  { kind: 'correction', text: 'yes, send it' },
  { kind: 'correction', text: 'lovely, thanks' },
  { kind: 'correction', text: 'how long does the pump run at night?' },
  { kind: 'correction', text: 'what if we moved all of it to another provider?' },
];

const quiet = Array.from({ length: 12 }, (_, at) => session(`quiet-${at}`, 'ana', smallTalk));

function mine(sessions: readonly SessionSignals[]): readonly Insight[] {
  const lexis = new Lexis(stemOf);
  for (const { wishes } of sessions) lexis.count(wishes.map(({ text }) => text));
  const tools = { lexis, meaning: new Meaning(vectors), operations: new Operations(sessions, 3), minSupport: 3 };
  return findPreferences(sessions, tools);
}

const sure = (insights: readonly Insight[]): readonly Insight[] => insights.filter((insight) => insight.sure);

const order = (supplier: string): Action => call('place_order', { supplier, litres: 10 });
const kitchen = [
  session('kitchen-1', 'ana', [
    ...smallTalk,
    {
      kind: 'refusal',
      text: 'hold it, ask me before you order anything',
      about: order('Metro'),
      before: 'The cream runs out on Friday, I order ten litres.',
    },
  ]),
  session('kitchen-2', 'ana', [
    { kind: 'refusal', text: 'not without my ok. I look at the total first', about: order('Edeka') },
    ...smallTalk,
  ]),
  session('kitchen-3', 'ana', [{ kind: 'interruption', text: 'who told you to order? ask first', about: order('Metro') }]),
];

const law = [
  session('law-1', 'bo', [{ kind: 'refusal', text: 'a claim without its citation is worth nothing to me', about: edit('briefs/ott.md') }]),
  session('law-2', 'cleo', [{ kind: 'correction', text: 'always add the citation please, paragraph and date' }]),
  session('law-3', 'bo', [
    { kind: 'refusal', text: 'where does that stand? I need the citation, not your memory', about: edit('briefs/lease.md') },
  ]),
];

describe('preferences', () => {
  it('finds what one person refuses in different words, and leads with the refused operation', () => {
    const [found, ...others] = sure(mine([...quiet, ...kitchen]));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: 'preference', person: 'ana', sessions: ['kitchen-1', 'kitchen-2', 'kitchen-3'] });
    expect(found?.text).toContain('Do not run `place_order` without asking ana first');
    expect(found?.text).toContain('"');
    expect(found?.reason).toBe('Asked for by ana in 3 sessions since 2026-03-02, 3 of them by stopping the agent.');
  });

  it('finds a manner of work that no tool tells, and names no single person where several ask', () => {
    const [found] = sure(mine([...quiet, ...law]));
    expect(found).toMatchObject({ person: null, sessions: ['law-1', 'law-2', 'law-3'] });
    expect(found?.text).toMatch(/the team/i);
    expect(found?.text).not.toMatch(/\b(?:bo|cleo)\b/);
    expect(found?.text).toContain('citation');
    expect(found?.reason).toContain('bo, cleo');
  });

  it('gives the words of every session as evidence, verbatim and with their place', () => {
    const sessions = [...quiet, ...kitchen, ...law];
    for (const insight of mine(sessions)) {
      expect(new Set(insight.evidence.map(({ session_id }) => session_id))).toEqual(new Set(insight.sessions));
      for (const { session_id, quote, line, role } of insight.evidence) {
        const wish = sessions.find(({ id }) => id === session_id)?.wishes.find(({ place }) => place.line === line);
        expect(wish?.text).toContain(quote);
        expect(role).toBe('person');
      }
    }
  });

  it('says what comes in place of a refused option where later runs show it and persons name it', () => {
    const close = (status: string): Action => call('set_ticket', { id: 'T-1', status });
    const sessions = [
      session(
        'desk-1',
        'bo',
        [{ kind: 'refusal', text: 'not closed please, I close my tickets myself', about: close('closed') }],
        [close('waiting')],
      ),
      session(
        'desk-2',
        'cleo',
        [{ kind: 'refusal', text: 'leave it open, closing tickets is my job', about: close('closed') }],
        [close('waiting')],
      ),
      session(
        'desk-3',
        'bo',
        [{ kind: 'interruption', text: 'a ticket stays open until one of us has closed it', about: close('closed') }],
        [close('waiting')],
      ),
      ...Array.from({ length: 6 }, (_, at) => session(`desk-${at + 10}`, 'bo', smallTalk, [close('waiting')])),
    ];
    const [found] = sure(mine([...quiet, ...sessions]));
    expect(found?.text).toContain('Do not run `set_ticket` with `status=closed`');
    expect(found?.text).toContain('use `status=waiting`');
  });

  it('keeps two reasons for refusing one tool apart', () => {
    const letter = call('send_letter', { to: 'Ott', body: 'Dear sir' });
    const sessions = [
      session('post-1', 'bo', [{ kind: 'refusal', text: 'show me the letter before it goes out', about: letter }]),
      session('post-2', 'bo', [{ kind: 'refusal', text: 'I want to read every letter before you send it', about: letter }]),
      session('post-3', 'bo', [{ kind: 'refusal', text: 'nothing leaves before I have seen it', about: letter }]),
      session('post-4', 'bo', [{ kind: 'refusal', text: 'too long. four lines at most in a letter', about: letter }]),
      session('post-5', 'bo', [{ kind: 'refusal', text: 'nobody reads an essay, keep letters short', about: letter }]),
      session('post-6', 'bo', [{ kind: 'interruption', text: 'shorter! a letter is not a novel', about: letter }]),
    ];
    const found = sure(mine([...quiet, ...sessions])).map((insight) => insight.sessions);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(['post-1', 'post-2', 'post-3']);
    expect(found).toContainEqual(['post-4', 'post-5', 'post-6']);
  });

  it('counts a session once, however often the person says it there', () => {
    const again = kitchen.flatMap(({ wishes }) => wishes.filter(({ kind }) => kind !== 'request' && kind !== 'correction'));
    const one = session(
      'kitchen-9',
      'ana',
      again.map(({ kind, text, about }) => ({ kind, text, ...(about === null ? {} : { about }) })),
    );
    expect(sure(mine([...quiet, one]))).toEqual([]);
  });

  it.each([
    [
      'for this once',
      ['just this once put his wife in copy', 'only this time leave the alarm off please', 'just this once we keep the laugh'],
    ],
    ['asked', ['how many litres of cream are left?', 'do we have cream for Sunday?', 'is the cream sour?']],
    [
      'thought aloud',
      [
        'what if we never closed on Mondays?',
        'maybe we should always open on Mondays, just a thought',
        'I wonder, should we open on Mondays?',
      ],
    ],
    [
      'said of others',
      ['she says they never had sour cream before', 'Weber wants it always on Mondays', 'he told me they never deliver on Mondays'],
    ],
    ['agreed', ['ok send it', 'yes, go ahead', 'perfect, thank you very much']],
    ['told of the day', ['I will never forget that evening', 'they never came back to us', 'we always had trouble with that pump']],
    ['announced', ["great, i'll call her myself", "good, i'll call them", "ok, i'll call him later"]],
  ])('makes no rule of what is %s', (_, texts) => {
    const sessions = texts.map((text, at) => session(`trap-${at + 1}`, 'ana', [...smallTalk, { kind: 'correction', text }]));
    expect(mine([...quiet, ...sessions])).toEqual([]);
  });

  it('makes no rule of what only the agent says', () => {
    const before = 'I must always ask before I order anything, and never order without the ok.';
    const sessions = [1, 2, 3, 4].map((at) =>
      session(`agent-${at}`, 'ana', [{ kind: 'correction', text: 'fine', about: order('Metro'), before }]),
    );
    expect(mine([...quiet, ...sessions])).toEqual([]);
  });

  it('makes no rule of what persons quote or paste', () => {
    const pasted = 'The handbook says:\n> Never open the valves before noon.\n> Always ask first.\n';
    const sessions = [1, 2, 3].map((at) => session(`paste-${at}`, 'ana', [{ kind: 'correction', text: pasted }]));
    expect(mine([...quiet, ...sessions])).toEqual([]);
  });

  it('offers a standing instruction of a single session as a suggestion', () => {
    const once = session('farm-1', 'cleo', [{ kind: 'correction', text: 'From now on check the tensiometer before the valves open.' }]);
    const [found, ...others] = mine([...quiet, once]);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ sure: false, sessions: ['farm-1'], person: 'cleo' });
    expect(found?.confidence).toBeLessThan(0.5);
  });

  it('keeps the topic when more sessions come in', () => {
    const more = session('kitchen-4', 'ana', [{ kind: 'refusal', text: 'no order without asking me', about: order('Metro') }]);
    const [before] = sure(mine([...quiet, ...kitchen]));
    const [after] = sure(mine([...quiet, ...kitchen, more]));
    expect(after?.sessions).toContain('kitchen-4');
    expect(after?.topic).toBe(before?.topic);
  });

  it('does not depend on the order of the sessions', () => {
    const sessions = [...quiet, ...kitchen, ...law];
    const expected = mine(sessions);
    fc.assert(
      fc.property(fc.shuffledSubarray(sessions, { minLength: sessions.length }), (shuffled) => {
        expect(mine(shuffled)).toEqual(expected);
      }),
      { numRuns: 12 },
    );
  });

  it('keeps to its form whatever is said', () => {
    const words = fc.constantFrom(
      'please',
      'never',
      'always',
      'no',
      'short',
      'letter',
      'ask',
      'first',
      '"quoted"',
      'order',
      '`tick`',
      'packages',
      'and',
      'it',
      '.',
      '!',
      '?',
      '\n',
      'T-48',
      'send it',
    );
    const text = fc.array(words, { minLength: 1, maxLength: 40 }).map((list) => list.join(' '));
    const kind = fc.constantFrom<WishKind>('refusal', 'interruption', 'correction', 'request');
    fc.assert(
      fc.property(fc.array(fc.record({ kind, text }), { minLength: 3, maxLength: 8 }), (list) => {
        const sessions = list.map((said, at) =>
          session(`any-${at + 1}`, at % 2 === 0 ? 'ana' : null, [{ ...said, about: order('Metro') }]),
        );
        for (const insight of mine(sessions)) {
          expect(insight.text.length).toBeLessThanOrEqual(420);
          expect(insight.text).not.toContain('\n');
          expect(insight.confidence).toBeGreaterThan(0);
          expect(insight.confidence).toBeLessThan(1);
          if (insight.sure) expect(insight.sessions.length).toBeGreaterThanOrEqual(3);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('phrases of a message', () => {
  it('tells lasting wishes from errands', () => {
    expect(phrasesOf('Never open the valves yourself. Water field two.')).toMatchObject([
      { lasting: true, directs: true },
      { lasting: false },
    ]);
    expect(phrasesOf('every brief needs its date')).toMatchObject([{ lasting: true }]);
    expect(phrasesOf('I never saw that before')).toMatchObject([{ lasting: false }]);
  });

  it('reads long rows of the same words in little time', () => {
    const started = performance.now();
    for (const word of [
      'send it ',
      'and  ',
      'and!! ',
      'no!,',
      'never the ',
      'a b c d ',
      'not a ',
      'nothing ',
      'leave it ',
      'same as ',
      'a a ',
      'no, ',
      'again ',
      'x:',
      '\u00e9 ',
      'never ',
    ])
      for (const length of [290, 4000]) phrasesOf(`${word.repeat(Math.floor(length / word.length))}x`);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('average linkage', () => {
  it('does not chain through one item that is like two others', () => {
    const alike = [
      [1, 0.9, 0],
      [0.9, 1, 0.5],
      [0, 0.5, 1],
    ];
    const likeness = (a: number, b: number): number => alike[a]?.[b] ?? 0;
    expect(averageLinkage(3, candidatePairs([[0, 1, 2]]), { likeness, threshold: 0.3 })).toEqual([[0, 1], [2]]);
  });

  it('compares a number of pairs that grows with the items and not with their square', () => {
    const pairsOf = (count: number): number =>
      [...candidatePairs([Array.from({ length: count }, (_, at) => at)]).values()].reduce((sum, others) => sum + others.size, 0);
    expect(pairsOf(20)).toBe(190);
    expect(pairsOf(4000)).toBeLessThanOrEqual(4000 * 32);
  });

  it('keeps apart what holds together much more within than across', () => {
    const likeness = (a: number, b: number): number => (a < 3 === b < 3 ? 0.9 : 0.4);
    expect(averageLinkage(6, candidatePairs([[0, 1, 2, 3, 4, 5]]), { likeness, threshold: 0.3 })).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });
});

describe('neighbourhoods', () => {
  const unit = (angle: number): Float32Array => Float32Array.from([Math.cos(angle), Math.sin(angle), 0, 0]);

  it('puts vectors of one direction together, and vectors of zeros nowhere', () => {
    const vectors = Array.from({ length: 400 }, (_, at) => (at === 7 ? new Float32Array(4) : unit((at / 400) * Math.PI * 2)));
    const buckets = neighbourhoods(vectors);
    expect(buckets.some((bucket) => bucket.includes(100) && bucket.includes(101))).toBe(true);
    expect(buckets.some((bucket) => bucket.includes(7))).toBe(false);
    expect(buckets.some((bucket) => bucket.includes(0) && bucket.includes(200))).toBe(false);
  });
});
