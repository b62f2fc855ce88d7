/** Listens to sessions: what persons announce, and what they or their agents take back again; file by file, then all files together. */
import { compareText, type Finding, type Turn } from '../memory.js';
import { findInjections } from '../read/screen.js';
import { announcements, callOffOf } from '../segment/announced.js';
import { commandOf, PrintedReader } from '../segment/printed.js';
import { shellCommands } from '../segment/shell.js';
import type { Announcement, PrintedVersion } from '../signals.js';
import { bareWords } from './announcing.js';

/** Commands that throw away or reverse what was done; catching up with a remote does neither. */
const reverses =
  /^git (?:-C \S+ )?(?:revert\b(?!.* --abort)|reset --hard\b(?! (?:(?:origin|upstream)\/|FETCH_HEAD|@\{u))|(?:checkout|restore)(?: --)? \.(?: |$))/u;

/** What a file tells of what persons announce and take back, in order; `call` is the call of a command that reverses what was done. */
export type Told =
  | { readonly kind: 'announced'; readonly announcement: Announcement }
  | { readonly kind: 'off'; readonly session: string; readonly all: boolean; readonly back: readonly string[] }
  | { readonly kind: 'reversed' | 'restored'; readonly session: string; readonly call: string };

/** What one file gives to listen to. Plain data: it depends on nothing but the file, and is kept from dream to dream. */
export interface Heard {
  readonly told: readonly Told[];
  readonly findings: readonly Finding[];
  readonly printed: readonly PrintedVersion[];
  /** Names of the folders that its sessions worked in, by session id; empty where none was known. */
  readonly projects: readonly (readonly [session: string, project: string])[];
}

/** What is known of one session while its file is read; files may tell of several by turns. */
interface Hearing {
  readonly reader: PrintedReader;
  /** Calls of commands that reverse what was done, until their results are there: one that is an error brings it back. */
  readonly reversals: Set<string>;
  /** What the agent said last. */
  agent: string;
}

const longestQuote = 200;

/** Listens to the turns of one file, one after the other. */
export class FileListener {
  readonly #told: Told[] = [];
  /** By wording: a page that is fetched again says nothing new. */
  readonly #findings = new Map<string, Finding>();
  readonly #printed: PrintedVersion[] = [];
  readonly #projects: (readonly [string, string])[] = [];
  readonly #hearings = new Map<string, Hearing>();
  #project = '';
  readonly #mask: (text: string) => string;

  /** @param mask takes secrets out of what is taken from tools, whose turns come as they are */
  constructor(mask: (text: string) => string) {
    this.#mask = mask;
  }

  /** @param folder where the session worked; its name says what "we" and "the release" are about */
  start(folder: string | null): void {
    this.#project = folder?.split(/[\\/]/u).at(-1) ?? '';
  }

  /** @param typed the words as they were typed, where the turn's are masked: what is not in them is nobody's announcement */
  take(turn: Turn, typed: string = turn.text): void {
    const here = this.#hearingOf(turn.sessionId);
    this.#followReversal(turn, here);
    if (turn.speaker === 'tool') this.#screen(turn);
    for (const one of here.reader.take(turn)) this.#printed.push({ ...one, quote: this.#mask(one.quote).slice(0, longestQuote) });
    const taken = callOffOf(turn);
    if (taken !== null) this.#told.push({ kind: 'off', session: turn.sessionId, ...taken });
    for (const announcement of announcements(turn, `${this.#project}. ${here.agent}`)) {
      if (typed.includes(announcement.text) && typed.includes(announcement.wide)) this.#told.push({ kind: 'announced', announcement });
    }
    if (turn.speaker === 'agent' && turn.kind === 'message') here.agent = turn.text;
  }

  finish(): Heard {
    return { told: this.#told, findings: [...this.#findings.values()], printed: this.#printed, projects: this.#projects };
  }

  #hearingOf(session: string): Hearing {
    const known = this.#hearings.get(session);
    if (known !== undefined) return known;
    const fresh: Hearing = { reader: new PrintedReader(), reversals: new Set(), agent: '' };
    this.#hearings.set(session, fresh);
    this.#projects.push([session, this.#project]);
    return fresh;
  }

  /** A command that reverses things takes back what was announced before it, unless it fails; side branches reverse nothing. */
  #followReversal(turn: Turn, { reversals }: Hearing): void {
    if (turn.branch !== 'active') return;
    const [session, call] = [turn.sessionId, turn.tool?.callId ?? ''];
    if (turn.kind === 'tool_result') {
      if (reversals.delete(call) && turn.error === true) this.#told.push({ kind: 'restored', session, call });
      return;
    }
    const line = commandOf(turn) ?? '';
    const commands = line.includes('git') ? shellCommands(line) : [];
    if (!commands.some(({ words }) => reverses.test(words.map(({ text }) => text).join(' ')))) return;
    reversals.add(call);
    this.#told.push({ kind: 'reversed', session, call });
  }

  /** What a tool printed or fetched is data: text in it that gives orders is reported, without its words. */
  #screen({ text, tool, ref: { path, line } }: Turn): void {
    for (const { start, end, message } of findInjections(text)) {
      const key = text.slice(start, end).toLowerCase();
      const by = tool === null || tool.name === '' ? 'a tool' : tool.name;
      if (!this.#findings.has(key)) this.#findings.set(key, { kind: 'injection', path, line, message: `${message} It came from ${by}.` });
    }
  }
}

interface Announced {
  readonly announcement: Announcement;
  off: boolean;
}

/** What was announced in one session, and by the call of a reversing command what that has called off. */
interface Session {
  readonly announced: Announced[];
  readonly reversals: Map<string, readonly Announced[]>;
}

/** More findings than this nobody reads. */
const mostFindings = 20;

/** Puts together what files tell, taken in the order of the files. */
export class Listener {
  readonly #announced = new Map<string, Announced>();
  readonly #findings: Finding[] = [];
  readonly #printed = new Map<string, PrintedVersion>();
  readonly #projects = new Map<string, string>();
  readonly #sessions = new Map<string, Session>();

  take({ told, findings, printed, projects }: Heard): void {
    for (const [session, project] of projects) {
      if (!this.#sessions.has(session) && project !== '') this.#projects.set(session, project);
      this.#sessionOf(session);
    }
    this.#findings.push(...findings);
    for (const one of printed) this.#printed.set(JSON.stringify([one.program, one.quote, one.at]), one);
    for (const one of told) this.#follow(one);
  }

  #sessionOf(id: string): Session {
    const known = this.#sessions.get(id) ?? { announced: [], reversals: new Map<string, readonly Announced[]>() };
    this.#sessions.set(id, known);
    return known;
  }

  #follow(told: Told): void {
    if (told.kind === 'announced') {
      this.#announce(told.announcement);
      return;
    }
    const { announced, reversals } = this.#sessionOf(told.session);
    if (told.kind === 'off') {
      const { all, back } = told;
      callOff(announced, ({ announcement }) => all || back.some((text) => isAbout(announcement, text)));
    } else if (told.kind === 'reversed') {
      reversals.set(
        told.call,
        announced.filter(({ off }) => !off),
      );
      callOff(announced, () => true);
    } else for (const one of reversals.get(told.call) ?? []) one.off = false;
  }

  /** What a resumed session repeats from an earlier file counts once. */
  #announce(announcement: Announcement): void {
    const key = JSON.stringify([announcement.core, announcement.at]);
    const one = this.#announced.get(key) ?? { announcement, off: false };
    this.#announced.set(key, one);
    this.#sessionOf(announcement.sessionId).announced.push(one);
  }

  /** Orders to the model in what tools printed, by file and line, and how many more there are where they are very many. */
  findings(): readonly Finding[] {
    const all = this.#findings.toSorted((a, b) => compareText(a.path, b.path) || (a.line ?? 0) - (b.line ?? 0));
    const first = all[mostFindings];
    const more = `Text gives orders to the model in ${all.length - mostFindings} more places.`;
    return first === undefined ? all : [...all.slice(0, mostFindings), { kind: 'injection', path: first.path, line: null, message: more }];
  }

  /** Versions that commands printed, each once. */
  printed(): readonly PrintedVersion[] {
    return [...this.#printed.values()];
  }

  /** Names of the folders that sessions worked in, by session id. */
  projects(): ReadonlyMap<string, string> {
    return this.#projects;
  }

  /** What was announced and not taken back, in the order in which it was heard. */
  announced(): readonly Announcement[] {
    const all = [...this.#announced.values()].filter(({ off }) => !off).map(({ announcement }) => announcement);
    const named = latestTimes(all);
    return all.filter(({ at, gone }) => at === null || !gone.some((text) => (named.get(bareWords(text)) ?? -Infinity) > Date.parse(at)));
  }
}

function callOff(announced: readonly Announced[], which: (one: Announced) => boolean): void {
  for (const one of announced) if (which(one)) one.off = true;
}

/** When each thing was named as new for the last time: what is named as gone before that has been turned back. */
function latestTimes(all: readonly Announcement[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { at, fresh } of all) {
    if (at === null) continue;
    for (const text of fresh.map(bareWords)) times.set(text, Math.max(times.get(text) ?? -Infinity, Date.parse(at)));
  }
  return times;
}

const wordsOf = (text: string) =>
  bareWords(text)
    .split(' ')
    .filter((word) => word.length > 3 || /\d/.test(word));

/** True where what stays or comes again is named in what was announced. */
function isAbout({ core }: Announcement, back: string): boolean {
  const words = wordsOf(core);
  return wordsOf(back).some((word) => words.some((other) => other === word || (word.length > 3 && other.startsWith(word.slice(0, -1)))));
}
