/**
 * The words of dreamfold: every value that passes between stages is declared here, as readonly plain data.
 *
 * memory store  a folder or file that an agent writes memories to
 * memory        one entry of a store: a file, or a record of a file
 * statement     the smallest thing that can be kept or dropped, with an exact byte span, a scope and a time
 * session       one run of an agent, as its client recorded it (a transcript); made of turns
 * relation      of two statements: duplicate, refines, conflict, distinct
 * verdict       a relation with calibrated probabilities and who decided it
 * ambiguous     a pair whose verdict is not sure enough to act on
 * change        one proposed edit of the store
 * dream         one job, from input to reviewed output
 *
 * Offsets are byte offsets into a file, half open. Times are ISO 8601 in UTC. Paths inside a store use `/`.
 */
import { createHash } from 'node:crypto';

/** Half-open range of bytes `[start, end)` in one file. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const storeFormats = ['claude-memory', 'markdown', 'openclaw', 'mcp-graph', 'jsonl', 'json', 'csv', 'lines'] as const;
export type StoreFormat = (typeof storeFormats)[number];

/** One file of a store as it was read; `bytes` is never written to. */
export interface SourceFile {
  /** Store-relative, `/` separated; for a store that is one file, its base name. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Lower-case hex of `bytes`. */
  readonly sha256: string;
  /** Permission bits of the file, e.g. 0o644. */
  readonly mode: number;
  /** Modification time of the file; a weak clock (a git checkout resets it). */
  readonly modifiedAt: string;
}

/** What a source could not give: reported with its place, never thrown. */
export interface Problem {
  readonly kind: 'unreadable' | 'malformed' | 'unsupported' | 'torn';
  readonly path: string;
  /** 1-based, null where the whole file is meant. */
  readonly line: number | null;
  /** What happened and what to do about it, one sentence each. */
  readonly message: string;
}

/** Where a time comes from. `file` and `order` are weak: they never settle a conflict alone. */
export type TimeSource = 'text' | 'record' | 'frontmatter' | 'session' | 'moved' | 'file' | 'none';

export interface StatementTime {
  /** Null if and only if `source` is `none`. */
  readonly at: string | null;
  readonly source: TimeSource;
}

/** Why a statement may be read but not changed. */
export type Lock = 'rules' | 'daily-log' | 'excluded' | 'marked' | 'broken';

/** How text is written back at a statement's span. */
export type Encoding = 'markdown' | 'text' | 'json' | 'csv';

/**
 * The bytes that leave a file together with a statement. `list` names the comma-separated list (a JSON array) that the
 * element stands in, so that the writer drops the right comma; null where dropping `span` alone is right.
 */
export interface Cut {
  readonly span: Span;
  readonly list: string | null;
}

/** One text of a record: a JSON string, a CSV cell, a line. */
export interface Field {
  /** Column or key it was read from; null for a bare line. */
  readonly name: string | null;
  /** The decoded text. */
  readonly text: string;
  /** The encoded value in the file (quotes included). */
  readonly span: Span;
  readonly encoding: Encoding;
  readonly cut: Cut;
  /** 1-based line of `span.start`. */
  readonly line: number;
  readonly time: StatementTime;
  /** Key of the record this field belongs to and nothing else may be merged across, e.g. an MCP entity name. */
  readonly subject: string | null;
}

/** What segmentation has to cut: Markdown text between two offsets, or fields that are statements already. */
export type Body =
  | { readonly shape: 'markdown'; readonly span: Span; readonly index: boolean }
  | { readonly shape: 'fields'; readonly fields: readonly Field[] };

/** One entry of a store: a file, or a record of a file. */
export interface Memory {
  readonly id: string;
  readonly path: string;
  readonly span: Span;
  /** The store's own name of the entry (front matter `name`, record id, entity name); null where it has none. */
  readonly title: string | null;
  /** The store's own kind (`user`, `feedback`, `project`, `reference`, an entity type ...); null where it has none. */
  readonly kind: string | null;
  readonly body: Body;
  readonly time: StatementTime;
  /** Session that wrote it, where the store says so. */
  readonly sessionId: string | null;
  readonly lock: Lock | null;
}

/** A store as it was read at one moment. */
export interface MemoryStore {
  readonly format: StoreFormat;
  /** True where the store is one file rather than a folder. */
  readonly single: boolean;
  /** In path order. */
  readonly files: readonly SourceFile[];
  /** In path and then byte order. */
  readonly memories: readonly Memory[];
  readonly problems: readonly Problem[];
}

export interface Scope {
  /** Title of the memory, null where it has none. */
  readonly title: string | null;
  /** Headings from the outermost to the nearest. */
  readonly headings: readonly string[];
  /** Statements of different subjects are never merged (MCP entity, mem0 user); null where the format has none. */
  readonly subject: string | null;
}

/** `fact` statements are judged by meaning; the others are merged only where they are equal to the byte, or never. */
export type StatementRole = 'fact' | 'row' | 'code' | 'index' | 'lead';

export interface Statement {
  /** `st_` and a hash of path, ordinal and text: stable for the same bytes. */
  readonly id: string;
  readonly memoryId: string;
  readonly path: string;
  /** 1-based line where the text starts. */
  readonly line: number;
  /** Without its bullet sign, its lines joined by one space. */
  readonly text: string;
  /** The bytes of the text itself, bullet sign left out. */
  readonly span: Span;
  readonly cut: Cut;
  readonly encoding: Encoding;
  readonly role: StatementRole;
  readonly scope: Scope;
  readonly time: StatementTime;
  readonly sessionId: string | null;
  readonly lock: Lock | null;
  /** For `index` statements: the store path that the line links to. */
  readonly link: string | null;
}

/**
 * What is dropped when all of its statements are gone: a section with its heading, a list with its lead-in, a table with
 * its header, a whole file. `fixed` containers hold something that is no statement and therefore stay.
 */
export interface Container {
  readonly id: string;
  readonly kind: 'file' | 'section' | 'list' | 'table';
  readonly path: string;
  readonly line: number;
  readonly span: Span;
  /** First line of it, for reports. */
  readonly text: string;
  /** Ids of every statement inside, at any depth; never empty. */
  readonly statements: readonly string[];
  readonly fixed: boolean;
}

/** What segmentation makes of a store: statements in path and byte order, containers outermost first. */
export interface Segmented {
  readonly statements: readonly Statement[];
  readonly containers: readonly Container[];
}

/** Who really spoke: a `user` role in a transcript is mostly not a person. */
export type Speaker = 'person' | 'agent' | 'tool' | 'harness';

export type TurnKind = 'message' | 'tool_call' | 'tool_result' | 'interrupt' | 'reject' | 'compaction' | 'outcome' | 'note';

/** One event of a session. Long tool output keeps its head and tail only; `ref` finds the rest. */
export interface Turn {
  readonly sessionId: string;
  /** Null where the format records no time. */
  readonly at: string | null;
  readonly speaker: Speaker;
  /** Name of the person where it is known (`--person`, the user of the recorded folder). */
  readonly person: string | null;
  readonly kind: TurnKind;
  readonly text: string;
  /** Of a tool call or result; `input` is the call's JSON, empty for results. */
  readonly tool: {
    readonly name: string;
    readonly callId: string | null;
    readonly input: string;
  } | null;
  /** Null where the format does not say. */
  readonly error: boolean | null;
  readonly branch: 'active' | 'abandoned' | 'sidechain';
  readonly ref: { readonly path: string; readonly line: number };
}

/** One run of an agent. `folder` is its working folder as recorded. */
export interface SessionInfo {
  readonly id: string;
  readonly path: string;
  readonly format: string;
  readonly folder: string | null;
}

/** Something a person stated in a session, in the person's own words. */
export interface SpokenStatement {
  readonly text: string;
  readonly sessionId: string;
  readonly at: string | null;
  readonly person: string | null;
  readonly path: string;
  readonly line: number;
}

export const relations = ['duplicate', 'refines', 'conflict', 'distinct'] as const;
export type Relation = (typeof relations)[number];
export type Keep = 'a' | 'b' | 'both' | 'either' | 'none';
export type Decider = 'rule' | 'model' | 'claude' | 'person';
export type Probabilities = Readonly<Record<Relation, number>>;

/** One side of a pair as the judge sees it. */
export interface Side {
  readonly text: string;
  /** ISO 8601, or null where unknown or too weak to count. */
  readonly time: string | null;
  /** Title and headings that the statement stands under; may hold the environment or person that the text leaves out. */
  readonly scope: readonly string[];
}

export interface Verdict {
  readonly relation: Relation;
  readonly keep: Keep;
  /** Probability of `relation`, 0 to 1. */
  readonly confidence: number;
  /** Calibrated, sums to 1. */
  readonly probabilities: Probabilities;
  readonly decidedBy: Decider;
  /** True where it is not sure enough to act on; relation and keep are the best guess then. */
  readonly ambiguous: boolean;
  /** One sentence, in words a user understands. */
  readonly reason: string;
}

/** Two rows that may be related: `a < b`. `similarity` is their cosine. */
export interface Candidate {
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
}

/** A judged pair of rows, `a < b`; `keep` of the verdict refers to them. */
export interface JudgedPair {
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
  readonly verdict: Verdict;
}

/** Rows that a person would call one thing, ascending; at least two. */
export interface Group {
  readonly members: readonly number[];
  /** The weakest merge probability between two members that was counted. */
  readonly confidence: number;
}

export const changeKinds = ['merge', 'supersede', 'conflict', 'insight', 'stale', 'redact', 'reindex'] as const;
export type ChangeKind = (typeof changeKinds)[number];
export type ChangeStatus = 'proposed' | 'suggested' | 'approved' | 'rejected' | 'applied';

export interface ChangeSide {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  /** Null where unknown. */
  readonly written: string | null;
}

export interface ChangeResult {
  readonly path: string;
  readonly line: number | null;
  readonly text: string;
}

export interface Evidence {
  readonly session_id: string;
  readonly at: string | null;
  readonly role: 'person' | 'agent' | 'tool';
  readonly quote: string;
  readonly file: string;
  readonly line: number;
}

/** One proposed edit, in the form of the JSON contract (design section 6); field names are the contract's. */
export interface Change {
  readonly id: string;
  readonly kind: ChangeKind;
  readonly before: readonly ChangeSide[];
  readonly after: ChangeResult | null;
  readonly relation: Exclude<Relation, 'distinct'> | null;
  readonly confidence: number;
  readonly decided_by: Decider;
  readonly reason: string;
  readonly insight: 'mistake' | 'workflow' | 'preference' | null;
  readonly support: number | null;
  readonly evidence: readonly Evidence[];
  readonly status: ChangeStatus;
}

/** A text that enters the store as a statement of its own. */
export interface Insertion {
  /** The store's file that it goes into, or the one that is made for it. */
  readonly path: string;
  /**
   * The memory (a file, or an entry of a file) that is made for it where it is not there yet; null where it joins what is there.
   * `listed`: a made file gets a line in the store's index.
   */
  readonly create: { readonly title: string; readonly description: string; readonly kind: string; readonly listed: boolean } | null;
  /** The heading it stands under in a Markdown file, made at the end where it is missing; null: with what stands last there. */
  readonly section: string | null;
  /** One line, as it reads when the store is read again. */
  readonly text: string;
  /** ISO 8601: what it says was last seen then. For formats that write a time down. */
  readonly at: string;
  /** What it is about, in a form that outlives another wording, so that a refusal does too; null where nothing of the kind is known. */
  readonly topic: string | null;
}

/**
 * What a change does to statements, kept beside it: `drop` leaves the store, `replace` gets new text in place, `insert` enters it,
 * `container` is emptied (reindex). Changes that edit nothing have empty lists.
 */
export interface Effect {
  readonly changeId: string;
  readonly drop: readonly string[];
  readonly replace: readonly {
    readonly statementId: string;
    readonly text: string;
  }[];
  readonly insert: readonly Insertion[];
  readonly containers: readonly string[];
}

export interface PlannedChange {
  readonly change: Change;
  readonly effect: Effect;
}

export interface Finding {
  readonly kind: 'injection' | 'secret' | 'unreadable';
  readonly path: string;
  readonly line: number | null;
  readonly message: string;
}

/** One file of the output store; `source` is the input path it came from. */
export interface OutputFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/** What Claude Code reads of an index at the start of a session (formats.md 2.1): the rest is cut off silently. */
export const indexLimits = { lines: 200, bytes: 25_000 } as const;

/** Lower-case hex SHA-256 of bytes or of the UTF-8 form of a text. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A short stable id: the prefix and 24 hex digits of a hash over the parts, which are kept apart from each other. */
export function makeId(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}_${sha256(JSON.stringify(parts)).slice(0, 24)}`;
}

/** Two texts with the same key say the same to the byte, but for case of nothing, spaces and line ends. */
export function textKey(text: string): string {
  return sha256(text.normalize('NFC').replace(/\s+/gu, ' ').trim());
}

/** Joins lines by one space; counts every sign that some reader takes for a line end. */
export function oneLine(text: string): string {
  return text.replace(/[ \t]*[\r\n\v\f\u0085\u2028\u2029]+[ \t]*/g, ' ');
}

/**
 * A text as it reads behind a bullet sign: one line, without signs of its own before it, which would be no part of it any more. A
 * number that would open a list gets the backslash that keeps it a number.
 */
export function bulletText(text: string): string {
  const line = oneLine(text).trim();
  const bare = line.replace(/^(?:[-*+]\s+|>\s*|\[[ xX]\]\s+)+(?=\S)/, '');
  return bare.replace(/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2');
}

/** Orders strings by code unit, the same on every machine and in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
