/**
 * The turns of a session -> what it shows: failures and what ended them, what persons asked for and refused, the row of actions. Turns
 * are read as they come and forgotten; what is kept of a session does not grow with what was printed in it.
 */
import type { Turn } from '../memory.js';
import type { Action, SessionSignals, SignalPlace, Step, Wish, WishKind } from '../signals.js';
import { actionsOf } from './actions.js';
import { findEpisodes } from './episodes.js';
import { readTrouble, type Trouble } from './symptoms.js';

/** Said by somebody, in the order of the session. */
export interface Saying {
  readonly kind: 'saying';
  readonly role: 'person' | 'agent';
  readonly text: string;
  readonly place: SignalPlace;
}

/** A tool call that came to an end. */
export interface Doing {
  readonly kind: 'doing';
  readonly actions: readonly Action[];
  /** True where the client marked it as failed. */
  readonly failed: boolean;
  readonly trouble: Trouble | null;
  readonly place: SignalPlace;
}

export type Happening = Saying | Doing;

/** What is done to texts before anything is cut out of them: half a secret, or half an order, is not known again. */
export interface Screen {
  /** Secrets masked. Applied twice it changes nothing more. */
  readonly mask: (text: string) => string;
  /** Of a tool's output: without lines that give orders to an agent. */
  readonly withoutOrders: (text: string) => string;
}

const unscreened: Screen = { mask: (text) => text, withoutOrders: (text) => text };

const maxSaying = 4000;
/** Happenings after which what is known so far is turned into episodes, so that a session of days needs no more memory than one of hours. */
const windowSize = 2000;
/** More than it takes to see how a failure ends. */
const overlap = 60;
const maxSteps = 4000;
const maxEpisodes = 400;
const maxWishes = 400;
const maxOpenCalls = 512;

/** Failures of the client's own protocol: the agent called the tool wrongly, which says nothing about the work. */
const protocol =
  /<tool_use_error>|^(?:Error: )?(?:File has not been read yet|String to replace not found|File has been (?:unexpectedly )?modified|File does not exist|No changes to make|InputValidationError|Invalid tool parameters|Found \d+ matches of the string)/u;

interface OpenCall {
  readonly actions: readonly Action[];
  readonly place: SignalPlace;
}

/** A wish whose answer has not come yet, or (`waiting`) whose words have not. */
interface OpenWish {
  readonly kind: WishKind;
  readonly text: string;
  readonly person: string | null;
  readonly place: SignalPlace;
  readonly about: Action | null;
  readonly before: string;
}

/** Reads the turns of one session, in order. */
export class SignalReader {
  readonly #id: string;
  readonly #path: string;
  readonly #screen: Screen;
  #at: string | null = null;
  #succeeded: boolean | null = null;
  readonly #persons = new Map<string, number>();
  readonly #calls = new Map<string, OpenCall>();
  #happenings: Happening[] = [];
  readonly #steps: Step[] = [];
  readonly #episodes: SessionSignals['episodes'][number][] = [];
  readonly #wishes: Wish[] = [];
  #open: OpenWish | null = null;
  /** Refused or stopped, and no word about it yet. */
  #stopped: { readonly kind: WishKind; readonly about: Action | null } | null = null;
  #lastSaid = '';
  #lastAction: Action | null = null;

  constructor(id: string, path: string, screen: Screen = unscreened) {
    this.#id = id;
    this.#path = path;
    this.#screen = screen;
  }

  /** Takes the next turn of the session; turns of side branches count for nothing but its outcome. */
  accept(turn: Turn): void {
    this.#at ??= turn.at;
    if (turn.kind === 'outcome') this.#succeeded = turn.error === null ? this.#succeeded : !turn.error;
    if (turn.branch !== 'active') return;
    const place = { at: turn.at, path: turn.ref.path, line: turn.ref.line };
    if (turn.kind === 'tool_call') this.#call(turn, place);
    else if (turn.kind === 'tool_result') this.#result(turn, place);
    else if (turn.kind === 'reject') this.#refusal(turn, place);
    else if (turn.kind === 'interrupt') this.#stopped = { kind: 'interruption', about: this.#lastAction };
    else if (turn.kind === 'message' && turn.speaker === 'person') this.#personSays(turn, place);
    else if (turn.kind === 'message' && turn.speaker === 'agent') this.#agentSays(turn.text, place);
    if (this.#happenings.length >= windowSize) this.#settle(overlap);
  }

  /** The digest; the reader is not used after it. */
  finish(): SessionSignals {
    this.#closeWish('');
    this.#settle(0);
    const [person] = [...this.#persons].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0] ?? [null];
    return {
      id: this.#id,
      path: this.#path,
      at: this.#at,
      person,
      steps: this.#steps,
      episodes: this.#episodes,
      wishes: this.#wishes,
      succeeded: this.#succeeded,
    };
  }

  /** `left`: so many of the latest happenings wait for what follows them. */
  #settle(left: number): void {
    const until = this.#happenings.length - left;
    for (const episode of findEpisodes(this.#happenings, until)) if (this.#episodes.length < maxEpisodes) this.#episodes.push(episode);
    this.#happenings = this.#happenings.slice(until);
  }

  #call(turn: Turn, place: SignalPlace): void {
    if (turn.tool === null) return;
    const { name, input } = turn.tool;
    const actions = actionsOf({ name, input: maskInput(input, this.#screen) });
    this.#lastAction = actions.findLast(({ kind }) => kind !== 'look') ?? actions.at(-1) ?? this.#lastAction;
    this.#calls.set(turn.tool.callId ?? 'last', { actions, place });
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > maxOpenCalls && oldest !== undefined) this.#calls.delete(oldest);
  }

  #take(turn: Turn): OpenCall | null {
    const key = turn.tool?.callId ?? 'last';
    const call = this.#calls.get(key) ?? null;
    this.#calls.delete(key);
    return call;
  }

  #result(turn: Turn, place: SignalPlace): void {
    const call = this.#take(turn);
    if (call === null || call.actions.length === 0 || protocol.test(turn.text)) return;
    const failed = turn.error === true;
    const trouble = failed || call.actions.some(showsTrouble) ? this.#troubleIn(turn.text, failed) : null;
    this.#happenings.push({ kind: 'doing', actions: call.actions, failed, trouble, place });
    for (const action of call.actions) if (this.#steps.length < maxSteps) this.#steps.push({ action, failed, place: call.place });
  }

  /** Only what tells of trouble is kept, so only that is worth the time of a screening. */
  #troubleIn(output: string, failed: boolean): Trouble | null {
    if (readTrouble(output, failed) === null) return null;
    return readTrouble(this.#screen.mask(this.#screen.withoutOrders(output)), failed);
  }

  #refusal(turn: Turn, place: SignalPlace): void {
    const call = this.#take(turn);
    const about = call?.actions.findLast(({ kind }) => kind !== 'look') ?? call?.actions.at(-1) ?? this.#lastAction;
    if (turn.text.trim() === '') this.#stopped = { kind: 'refusal', about };
    else this.#wish('refusal', turn, place, about);
  }

  #personSays(turn: Turn, place: SignalPlace): void {
    if (turn.person !== null) this.#persons.set(turn.person, (this.#persons.get(turn.person) ?? 0) + 1);
    const stopped = this.#stopped;
    this.#stopped = null;
    if (stopped !== null) this.#wish(stopped.kind, turn, place, stopped.about);
    else this.#wish(this.#lastAction === null ? 'request' : 'correction', turn, place, this.#lastAction);
    this.#happenings.push({ kind: 'saying', role: 'person', text: this.#said(turn.text), place });
  }

  #said(text: string): string {
    return this.#screen.mask(text).slice(0, maxSaying);
  }

  #wish(kind: WishKind, turn: Turn, place: SignalPlace, about: Action | null): void {
    this.#closeWish('');
    this.#open = { kind, text: this.#said(turn.text), person: turn.person, place, about, before: this.#lastSaid };
  }

  #agentSays(text: string, place: SignalPlace): void {
    this.#lastSaid = this.#said(text);
    this.#closeWish(this.#lastSaid);
    this.#happenings.push({ kind: 'saying', role: 'agent', text: this.#lastSaid, place });
  }

  #closeWish(after: string): void {
    if (this.#open !== null && this.#wishes.length < maxWishes) this.#wishes.push({ ...this.#open, after });
    this.#open = null;
  }
}

/** The arguments of a call with their secrets masked; a value may be known for one by its name only. Still JSON where it was. */
function maskInput(input: string, { mask }: Screen): string {
  try {
    return JSON.stringify(maskValue('', JSON.parse(input), mask));
  } catch {
    // Clipped, or no JSON at all.
    return mask(input);
  }
}

function maskValue(name: string, value: unknown, mask: Screen['mask']): unknown {
  if (typeof value === 'string') return maskText(name, value, mask);
  if (typeof value === 'number') {
    const masked = maskText(name, String(value), mask);
    return masked === String(value) ? value : masked;
  }
  if (Array.isArray(value)) return value.map((element: unknown, at) => maskElement(name, element, value[at - 1], mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskValue(key, inner, mask)]));
}

/** Of a list of arguments an option tells what the next one is. */
function maskElement(name: string, element: unknown, before: unknown, mask: Screen['mask']): unknown {
  if (typeof element !== 'string' || typeof before !== 'string' || !before.startsWith('-')) return maskValue(name, element, mask);
  const masked = mask(`${before} ${element}`);
  return masked.startsWith(`${before} `) ? maskText(name, masked.slice(before.length + 1), mask) : mask(element);
}

function maskText(name: string, value: string, mask: Screen['mask']): string {
  const bare = mask(value);
  const [before, after] = [`${name}: "`, '"'];
  const masked = mask(`${before}${bare}${after}`);
  return name !== '' && masked.startsWith(before) && masked.endsWith(after) ? masked.slice(before.length, -after.length) : bare;
}

/** A document or source file may speak of errors without there being any; a log, a command and a service do not. */
function showsTrouble({ kind, shown }: Action): boolean {
  return kind === 'run' || kind === 'call' || (kind === 'look' && /\blogs?\b|\bjournalctl\b|\.log\b|--log/u.test(shown));
}
