/** What a made entry says, apart from how it says it: clauses with filled slots, and the sentence that they become. */
import { mainClauses, realmOf, sideClauses } from './clauses.js';
import { fillers, isSlot, pick, type Random, type Slot } from './words.js';

interface Filled {
  readonly clause: number;
  readonly slots: Readonly<Partial<Record<Slot, string>>>;
}

export interface Proposition {
  readonly main: Filled;
  /** One or two. */
  readonly sides: readonly Filled[];
}

/** How a proposition is said: which construction of each clause, and whether a side clause goes in front where one can. */
export interface Wording {
  readonly main: number;
  readonly sides: number;
  readonly front: boolean;
}

export const plainWording: Wording = { main: 0, sides: 0, front: false };

const shareOfTwoSides = 0.7;

export function drawProposition(random: Random): Proposition {
  const clause = Math.floor(random() * mainClauses.length);
  const bare = { main: { clause, slots: fillSlots(mainClauses[clause]?.forms[0] ?? '', random) }, sides: [] };
  const one = withMore(bare, random);
  return random() < shareOfTwoSides ? withMore(one, random) : one;
}

/** The same sentence about something else (`subject`), or with another value in it (`value`). */
export function withOther(proposition: Proposition, what: 'subject' | 'value', random: Random): Proposition {
  const { clause, slots } = proposition.main;
  const slot = mainClauses[clause]?.[what];
  if (slot === undefined) throw new RangeError(`no main clause ${clause}`);
  return { ...proposition, main: { clause, slots: { ...slots, [slot]: drawOther(slot, slots[slot], random) } } };
}

/** With one more side clause, unlike those that it has. */
export function withMore(proposition: Proposition, random: Random): Proposition {
  const { main, sides } = proposition;
  const about = mainClauses[main.clause];
  for (;;) {
    const clause = Math.floor(random() * sideClauses.length);
    const side = sideClauses[clause];
    if (about === undefined || side?.realm !== realmOf(about) || sides.some((other) => other.clause === clause)) continue;
    return { main, sides: [...sides, { clause, slots: fillSlots(side.forms[0], random) }] };
  }
}

export function withLess(proposition: Proposition): Proposition {
  return { ...proposition, sides: proposition.sides.slice(0, -1) };
}

export function canFront({ sides }: Proposition): boolean {
  return sides.some(({ clause }) => sideClauses[clause]?.front === true);
}

/** One sentence with a capital at its beginning and a full stop. */
export function say({ main, sides }: Proposition, wording: Wording): string {
  const core = fill(mainClauses[main.clause]?.forms ?? [], wording.main, main);
  const parts = sides.map((side) => ({
    text: fill(sideClauses[side.clause]?.forms ?? [], wording.sides, side),
    front: sideClauses[side.clause]?.front === true,
  }));
  const first = wording.front ? parts.find(({ front }) => front) : undefined;
  const rest = parts.filter((part) => part !== first).map(({ text }) => text);
  const sentence = [...(first === undefined ? [] : [first.text]), core, ...rest].join(', ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

function fillSlots(form: string, random: Random): Filled['slots'] {
  const names = [...form.matchAll(/\{(\w+)\}/gu)].flatMap(([, name]) => (name !== undefined && isSlot(name) ? [name] : []));
  return Object.fromEntries(names.map((name) => [name, fillers[name](random)]));
}

function drawOther(slot: Slot, old: string | undefined, random: Random): string {
  for (;;) {
    const value = fillers[slot](random);
    if (value !== old) return value;
  }
}

/** Constructions are counted on from the first again where a clause has fewer. */
function fill(forms: readonly string[], at: number, { slots }: Filled): string {
  const form = forms[at % forms.length] ?? pick(forms, () => 0);
  return form.replace(/\{(\w+)\}/gu, (_, name: string) => (isSlot(name) ? slots[name] : undefined) ?? '');
}
