/** Listens to the turns of sessions, one after the other: what persons announce, and what they or their agents take back again. */
import { compareText, type Finding, type Turn } from '../memory.js';
import { findInjections } from '../read/screen.js';
import { announcements, callOffOf } from '../segment/announced.js';
import { commandOf, PrintedReader } from '../segment/printed.js';
import { shellCommands } from '../segment/shell.js';
import type { Announcement, PrintedVersion } from '../signals.js';
import { bareWords } from './announcing.js';

interface Heard {
  readonly announcement: Announcement;
  off: boolean;
}

/** Commands that throw away or reverse what was done; catching up with a remote does neither. */
const reverses =
  /^git (?:-C \S+ )?(?:revert\b(?!.* --abort)|reset --hard\b(?! (?:(?:origin|upstream)\/|FETCH_HEAD|@\{u))|(?:checkout|restore)(?: --)? \.(?: |$))/u;

/** What is known of one session; files may tell of several by turns. */
interface Hearing {
  readonly reader: PrintedReader;
  /** What was announced in it. */
  readonly heard: Heard[];
  /** What a command has called off, by its call: a result that is an error brings it back. */
  readonly reversals: Map<string, readonly Heard[]>;
  /** What the agent said last. */
  agent: string;
}

/** More findings than this nobody reads. */
const mostFindings = 20;

export class Listener {
  readonly #heard = new Map<string, Heard>();
  /** By file and wording: a page that is fetched again says nothing new. */
  readonly #findings = new Map<string, Finding>();
  readonly #printed = new Map<string, PrintedVersion>();
  readonly #projects = new Map<string, string>();
  readonly #hearings = new Map<string, Hearing>();
  #project = '';

  /** @param folder where the session worked; its name says what "we" and "the release" are about */
  start(folder: string | null): void {
    this.#project = folder?.split(/[\\/]/u).at(-1) ?? '';
  }

  take(turn: Turn): void {
    const here = this.#hearingOf(turn.sessionId);
    followReversal(turn, here);
    if (turn.speaker === 'tool') this.#screen(turn);
    for (const one of here.reader.take(turn)) this.#printed.set(JSON.stringify([one.program, one.quote, one.at]), one);
    const taken = callOffOf(turn);
    if (taken !== null) callOff(here, ({ announcement }) => taken.all || taken.back.some((text) => isAbout(announcement, text)));
    for (const announcement of announcements(turn, `${this.#project}. ${here.agent}`)) {
      // What a resumed session repeats from an earlier file counts once.
      const key = JSON.stringify([announcement.core, announcement.at]);
      const heard = this.#heard.get(key) ?? { announcement, off: false };
      this.#heard.set(key, heard);
      here.heard.push(heard);
    }
    if (turn.speaker === 'agent' && turn.kind === 'message') here.agent = turn.text;
  }

  #hearingOf(session: string): Hearing {
    const known = this.#hearings.get(session);
    if (known !== undefined) return known;
    const fresh: Hearing = { reader: new PrintedReader(), heard: [], reversals: new Map(), agent: '' };
    this.#hearings.set(session, fresh);
    if (this.#project !== '') this.#projects.set(session, this.#project);
    return fresh;
  }

  /** What a tool printed or fetched is data: text in it that gives orders is reported, without its words. */
  #screen({ text, tool, ref: { path, line } }: Turn): void {
    for (const { start, end, message } of findInjections(text)) {
      const key = JSON.stringify([path, text.slice(start, end).toLowerCase()]);
      const by = tool === null || tool.name === '' ? 'a tool' : tool.name;
      if (!this.#findings.has(key)) this.#findings.set(key, { kind: 'injection', path, line, message: `${message} It came from ${by}.` });
    }
  }

  /** Orders to the model in what tools printed, by file and line, and how many more there are where they are very many. */
  findings(): readonly Finding[] {
    const all = [...this.#findings.values()].sort((a, b) => compareText(a.path, b.path) || (a.line ?? 0) - (b.line ?? 0));
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
    const all = [...this.#heard.values()].filter(({ off }) => !off).map(({ announcement }) => announcement);
    const named = latestTimes(all);
    return all.filter(({ at, gone }) => at === null || !gone.some((text) => (named.get(bareWords(text)) ?? -Infinity) > Date.parse(at)));
  }
}

function callOff({ heard }: Hearing, which: (heard: Heard) => boolean): void {
  for (const one of heard) if (which(one)) one.off = true;
}

/** Takes back what was announced before a command that reverses things, unless that fails; side branches reverse nothing. */
function followReversal(turn: Turn, here: Hearing): void {
  if (turn.branch !== 'active') return;
  const id = turn.tool?.callId ?? '';
  if (turn.kind === 'tool_result') {
    if (turn.error === true) for (const one of here.reversals.get(id) ?? []) one.off = false;
    here.reversals.delete(id);
    return;
  }
  const line = commandOf(turn) ?? '';
  const commands = line.includes('git') ? shellCommands(line) : [];
  if (!commands.some(({ words }) => reverses.test(words.map(({ text }) => text).join(' ')))) return;
  here.reversals.set(
    id,
    here.heard.filter(({ off }) => !off),
  );
  callOff(here, () => true);
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
