/**
 * The words of what a session shows: cut from its turns by `segment/`, read across sessions by `mine/`. Readonly plain data; texts are
 * untrusted, and may hold secrets until they are masked on the way out.
 *
 * action    one thing an agent did: a simple command of a shell line, an edit of a file, a call of a tool
 * step      one tool call with its result: one action, or several where a shell line holds several commands
 * episode   something that failed or was seen failing, what was done about it, and whether that helped
 * wish      what a person asked for, corrected, refused or stopped, in the person's own words
 * insight   what several sessions show together
 * session   (here) the digest of one session: its actions in order, its episodes, its wishes, its outcome
 */
import type { Evidence, SpokenStatement } from './memory.js';

/** `look` only reads; `run` is a command, `edit` a change of a file, `call` any other tool. */
export type ActionKind = 'look' | 'run' | 'edit' | 'call';

/** An action with what differs from run to run masked: two runs of one operation have the same words and flags. */
export interface Action {
  readonly kind: ActionKind;
  /**
   * What was done, from the general to the particular: program and arguments in order (`pnpm`, `db:migrate`, `up`), or the tool's name.
   * What only runs another program (`uv run`, `npx`) is left out of it and stands as the option `via=uv run`.
   * Paths, numbers, ids, addresses and quoted texts stand as `<path>`, `<n>`, `<id>`, `<url>`, `<text>`.
   */
  readonly words: readonly string[];
  /** Options with their values where those are words (`--env=staging`, `-V`), named arguments of a tool; sorted, without repeats. */
  readonly flags: readonly string[];
  /** Named arguments and options with their values as given, each cut to 80 characters. */
  readonly values: Readonly<Record<string, string>>;
  /** Of an edit: tokens that the new text has and the old one has not, without repeats; empty for the others. */
  readonly added: readonly string[];
  /** Of an edit: the file's name with its last folder. Empty for the others. */
  readonly target: string;
  /** As it was run, cut to one line of at most 400 characters. */
  readonly shown: string;
}

export interface SignalPlace {
  readonly at: string | null;
  readonly path: string;
  readonly line: number;
}

/** A line of output that tells of trouble. */
export interface Symptom {
  /** As it was printed, at most 300 characters. */
  readonly text: string;
  /** With paths, numbers, ids, times and quoted values masked, in the manner of Drain (He et al., ICWS 2017). */
  readonly template: string;
  /** True where it names a kind of failure; false for a test's own values and for a bare "failed". */
  readonly named: boolean;
}

/** What the run that worked had and the failed one had not. */
export interface Changed {
  /** The option, word or argument; for an argument of another form (`amount` 39.90, then 3990) its name with the form: `amount~9`. */
  readonly part: string;
  /** Values before and after, as given; empty where there was none. */
  readonly from: string;
  readonly to: string;
}

/** Something said in an episode. */
export interface Remark {
  readonly role: 'person' | 'agent';
  readonly text: string;
  readonly place: SignalPlace;
}

/** How it is known that an episode ended well: the operation itself, a later check, or a person's word. */
export type Proof = 'operation' | 'check' | 'person';

export interface Episode {
  /** The operation that failed, or that showed the failure (a look into a log). */
  readonly operation: Action;
  /** True where the client marked it as failed, false where its output only tells of a failure. */
  readonly flagged: boolean;
  /** The most telling first; never empty. */
  readonly symptoms: readonly Symptom[];
  readonly place: SignalPlace;
  /** The lines of output that `symptoms` were taken from, at most 400 characters. */
  readonly quote: string;
  /** What was done between the failure and the first thing that worked, without what failed itself; in order. */
  readonly remedies: readonly Action[];
  /** How the run that worked differs from the failed one. */
  readonly changed: readonly Changed[];
  /** The operation when it worked; null where it was not run again. */
  readonly again: Action | null;
  /** Null where nothing in the session shows that it ended well. */
  readonly proof: Proof | null;
  /** Where it worked; null where `proof` is. */
  readonly solvedAt: SignalPlace | null;
  /** What was said from shortly before the failure until just after it worked, in order. */
  readonly remarks: readonly Remark[];
}

/** `correction` follows something the agent did or said; `request` opens a piece of work. */
export type WishKind = 'request' | 'correction' | 'refusal' | 'interruption';

export interface Wish {
  readonly kind: WishKind;
  /** The person's message or reason, verbatim. */
  readonly text: string;
  readonly person: string | null;
  readonly place: SignalPlace;
  /** The action that was refused or stopped, or that the agent had done last; null where there was none. */
  readonly about: Action | null;
  /** What the agent had said before, and what it said next; empty where nothing. */
  readonly before: string;
  readonly after: string;
}

/** One step of a session, in order; what failed is marked. */
export interface Step {
  readonly action: Action;
  readonly failed: boolean;
  readonly place: SignalPlace;
}

/** The digest of one session: its size does not grow with the length of what was printed. */
export interface SessionSignals {
  readonly id: string;
  readonly path: string;
  /** Time of the first turn that has one. */
  readonly at: string | null;
  /** Person who typed most of it; null where not known. */
  readonly person: string | null;
  readonly steps: readonly Step[];
  readonly episodes: readonly Episode[];
  readonly wishes: readonly Wish[];
  /** The verdict that came with the run (a reward, an exit status, an evaluation); null where none did. */
  readonly succeeded: boolean | null;
}

export type InsightKind = 'mistake' | 'workflow' | 'preference';

/** What sessions teach that no single one shows, before it is compared with the store and put into its form. */
export interface Insight {
  readonly kind: InsightKind;
  /** A forward rule of one paragraph: what to do, when, otherwise what happens. */
  readonly text: string;
  /** A few words that name it, for an index. */
  readonly title: string;
  /** What it is about, the same whatever the wording and the number of sessions: a refused insight is known by it. */
  readonly topic: string;
  /** Ids of the sessions that support it, in order of time. */
  readonly sessions: readonly string[];
  /** At least one entry for each of `sessions`; the quotes are verbatim. */
  readonly evidence: readonly Evidence[];
  /** 0 to 1: how likely a careful reader would agree. */
  readonly confidence: number;
  /** False where a person has to look first: it becomes a suggestion. */
  readonly sure: boolean;
  /** One sentence for the change: how it was found. */
  readonly reason: string;
  /** Person whose preference it is; null where it is nobody's or several persons'. */
  readonly person: string | null;
  /** Time of the latest evidence; null where no session records times. */
  readonly at: string | null;
}

/**
 * What a person says has changed, in the person's own words. `text` is the sentence that tells of it with those that it leans on;
 * phrases are parts of the person's message, verbatim.
 */
export interface Announcement extends SpokenStatement {
  /** The sentence itself, without its neighbours. */
  readonly core: string;
  /** The words that tell of a change. */
  readonly cue: string;
  /** True where they can mean nothing else ("away with", "no longer"); false for a mere "now" or "instead of". */
  readonly sure: boolean;
  /** True where one thing is put against another ("14, not 30") and no word says that this is new. */
  readonly contrast: boolean;
  /** True where `core` says all of what holds from then on ("we no longer ship to Austria"). */
  readonly complete: boolean;
  /** What is said to hold no longer, and what instead; either may be empty. What a "that one" points at is in the agent's words. */
  readonly gone: readonly string[];
  readonly fresh: readonly string[];
  /** A longer stretch of the message, to be taken where `text` alone does not say what it is about; equal to `text` where there is none. */
  readonly wide: string;
  /** What is said there beyond `fresh`. */
  readonly wideFresh: readonly string[];
  /** True where one sentence says what goes and another one what comes: `wide` holds both. */
  readonly halves: boolean;
  /** True where it is a wish of the speaker ("I no longer want"): it does not hold for other persons. */
  readonly wish: boolean;
  /** What the agent had said just before; empty where it had said nothing. */
  readonly heard: string;
  /** The sentences around it in the message: they may name the old value; nothing is taken from them. */
  readonly near: string;
}

/** A version of a program, as a command that the agent ran in a session printed it. */
export interface PrintedVersion {
  /** Lower case, one name for each program. */
  readonly program: string;
  /** Numbers with dots between. */
  readonly version: string;
  /** The line it stands in. */
  readonly quote: string;
  readonly sessionId: string;
  readonly at: string | null;
  readonly path: string;
  readonly line: number;
}
