/**
 * Index, relate, cluster and resolve, repeated until nothing more would be done (usually twice): the rows that a round leaves are
 * what a dream over the output would see, so that such a dream proposes no further change (design section 5).
 */
import { clusterPairs } from '../cluster/cluster.js';
import type { RunContext } from '../context.js';
import { findCandidates } from '../index/candidates.js';
import type { Candidate, JudgedPair, PlannedChange, Side, Verdict } from '../memory.js';
import { hasOwnName } from '../relate/old-value.js';
import { type AnnouncedDecisions, decideAnnounced } from '../resolve/announced.js';
import { planMerge, planRewrite, planSuggestion, planSupersede } from '../resolve/changes.js';
import { type Decisions, decide, type Merge, type Supersede, suggest } from '../resolve/decide.js';
import { isLocked, pairRefusal, type Row } from '../resolve/rows.js';
import { bareWords, fitRows } from './announcing.js';
import type { ConsolidateInput, Tools } from './consolidate.js';
import { answeredVerdict, openQuestions } from './questioning.js';
import { type Rewrite, rewritesOf } from './rewriting.js';
import { sideOf } from './sides.js';
import { Verdicts } from './verdicts.js';

/**
 * Candidates are looked for far below any similarity that could decide: a deep paraphrase shares few words. For the shipped model, and
 * for models that were never calibrated.
 */
const shippedMinSimilarity = 0.3;
/** Rows up to which so many neighbours of each are judged: few rows cost little, and the partner of a deep paraphrase is far down. */
const neighborsBySize: readonly (readonly [number, number])[] = [
  [500, 24],
  [2_000, 12],
  [20_000, 8],
  [Number.POSITIVE_INFINITY, 6],
];
const groupLimits = { maxSize: 24, minLink: 0.35 } as const;
/** Below this an unsure best guess is not worth a person's time. */
const minSuggestion = 0.5;
/** A person's sentence overwrites a memory only on a surer verdict than two memories need between them. */
const minSpokenConfidence = 0.97;
const maxRounds = 6;

/** The rounds of one consolidation: which rows are alive, what was decided so far, and every verdict asked for, once. */
export class Rounds {
  /** Grows: a memory that a person's words replace goes on as a new row with those words. */
  readonly #rows: Row[];
  readonly #vectors: Float32Array[];
  readonly #input: ConsolidateInput;
  readonly #tools: Tools;
  readonly #context: RunContext;
  readonly #alive: boolean[];
  /** One for each row, so that what is known of a side need not be worked out for each of its pairs. */
  readonly #sides = new WeakMap<Row, Side>();
  readonly #verdicts: Verdicts;
  readonly #mergedInto = new Map<number, number>();
  readonly #mergeConfidence = new Map<number, number>();
  readonly #supersedes: Supersede[] = [];
  #lastPairs: readonly JudgedPair[] = [];
  /** Pairs that grouping asked for although they are no candidates. */
  readonly #consulted = new Map<string, JudgedPair>();
  readonly #rewrites: Rewrite[] = [];
  /** Pairs whose common text was not left alone by the rounds: they stay as they are. */
  readonly #unrewritten = new Set<string>();
  readonly #given: number;
  #first: readonly Candidate[] | null = null;
  #announced: AnnouncedDecisions = { supersedes: [], suggested: [] };

  constructor(rows: readonly Row[], vectors: readonly Float32Array[], input: ConsolidateInput, tools: Tools, context: RunContext) {
    this.#rows = [...rows];
    this.#vectors = [...vectors];
    this.#input = input;
    this.#tools = tools;
    this.#context = context;
    this.#given = rows.length;
    this.#alive = rows.map((row) => row.announced === undefined);
    this.#verdicts = new Verdicts({
      judge: tools.judge,
      expect: (pairs) => tools.kept?.expect(pairs),
      sideOf: (row) => this.#side(this.#row(row)),
      similarityOf: (a, b) => this.#similarity(a, b),
      settled: (a, b) => this.#refusedBefore(a, b) ?? this.#answered(a, b),
      signal: context.signal,
    });
  }

  /** Every decision of every round, and what is left for a person. */
  async run(): Promise<readonly PlannedChange[]> {
    await this.#repeat();
    while ((await this.#ask()) || this.#undoRewrites()) {
      this.#restart();
      await this.#repeat();
    }
    return this.#verdicts.settle(() => this.#plan());
  }

  /**
   * What a dream over the output would do with new statements in it: positions in `fresh` of those that it would merge, supersede or put
   * aside for a later one. To be called after `run`, once.
   */
  async meet(fresh: readonly Row[], vectors: readonly Float32Array[]): Promise<ReadonlySet<number>> {
    if (fresh.length === 0) return new Set();
    const first = this.#rows.length;
    this.#rows.push(...fresh);
    this.#vectors.push(...vectors);
    this.#alive.push(...fresh.map(() => true));
    let decisions = await this.#round();
    while (await this.#askAbout(first)) decisions = await this.#round();
    const { merges, supersedes } = decisions;
    const announced = decideAnnounced(this.#rows, this.#fitAnnounced()).supersedes;
    const touched = [
      ...merges.flatMap(({ survivor, dropped }) => [survivor, ...dropped]),
      ...[...supersedes, ...announced].flatMap(({ old, by }) => [old, by]),
    ];
    return new Set(touched.filter((row) => row >= first).map((row) => row - first));
  }

  /** Rows that are still there, with their vectors: those that no change takes away. */
  living(): readonly { readonly row: Row; readonly vector: Float32Array }[] {
    return this.#rows.flatMap((row, at) => {
      const vector = this.#vectors[at];
      return this.#alive[at] && vector !== undefined ? [{ row, vector }] : [];
    });
  }

  async #repeat(): Promise<void> {
    while (this.#announce());
    for (let round = 0; round < maxRounds; round++) {
      this.#context.signal.throwIfAborted();
      const decisions = await this.#round();
      const done = decisions.merges.length === 0 && decisions.supersedes.length === 0;
      if (done && !this.#announce() && !(await this.#rewrite())) return;
      this.#settle(decisions);
    }
    this.#lastPairs = this.#lastPairs.filter((pair) => this.#alive[pair.a] && this.#alive[pair.b]);
  }

  /** Looks for answers to what is left open; true where there are new ones, and the rounds have to begin again with them. */
  async #ask(): Promise<boolean> {
    const { asker, clock, judge } = this.#tools;
    if (asker === null) return false;
    const open = openQuestions(this.#rows, this.#alive, [...this.#lastPairs, ...this.#consulted.values()], judge);
    return clock.time('ask', () => asker.ask(open, this.#context));
  }

  /** The same of pairs with a row from `first` on: the next dream would ask about them, so this one does. */
  async #askAbout(first: number): Promise<boolean> {
    const { asker, clock, judge } = this.#tools;
    if (asker === null) return false;
    const fresh = [...this.#lastPairs, ...this.#consulted.values()].filter(({ a, b }) => Math.max(a, b) >= first);
    const open = openQuestions(this.#rows, this.#alive, fresh, judge);
    const answered = await clock.time('ask', () => asker.ask(open, this.#context));
    this.#verdicts.forget((a, b) => this.#answered(a, b) !== null);
    return answered;
  }

  /** Forgets every decision; verdicts stay, but for those that an answer has overtaken and those on rows that are gone. */
  #restart(): void {
    this.#rows.length = this.#given;
    this.#vectors.length = this.#given;
    this.#alive.length = 0;
    this.#alive.push(...this.#rows.map((row) => row.announced === undefined));
    this.#mergedInto.clear();
    this.#mergeConfidence.clear();
    this.#supersedes.length = 0;
    this.#rewrites.length = 0;
    this.#consulted.clear();
    this.#verdicts.forget((a, b) => b >= this.#given || this.#answered(a, b) !== null);
  }

  /** Texts for two statements that passed the gate, once nothing else is to be done; true where there is one. */
  async #rewrite(): Promise<boolean> {
    const { asker, embedder, cache, judge } = this.#tools;
    if (asker === null) return false;
    const pairs = this.#lastPairs.filter((pair) => this.#alive[pair.a] && this.#alive[pair.b]);
    const found = rewritesOf(this.#rows, pairs, asker, judge.reader).filter(({ key }) => !this.#unrewritten.has(key));
    if (found.length === 0) return false;
    const vectors = await embedder.embed(
      found.map(({ row }) => row.text),
      cache,
      this.#context,
    );
    found.forEach((rewrite, at) => {
      this.#rewrites.push({ ...rewrite, at: this.#rows.length });
      this.#rows.push(rewrite.row);
      this.#vectors.push(vectors.subarray(at * embedder.dimensions, (at + 1) * embedder.dimensions));
      this.#alive[rewrite.survivor] = false;
      this.#alive[rewrite.dropped] = false;
      this.#alive.push(true);
    });
    return true;
  }

  /** A text for two that the rounds did not leave alone afterwards is not taken; true where there was one. */
  #undoRewrites(): boolean {
    const touched = this.#rewrites.filter(({ at }) => !this.#alive[at] || [...this.#mergedInto.values()].includes(at));
    for (const { key } of touched) this.#unrewritten.add(key);
    return touched.length > 0;
  }

  /** The verdict on a pair that Claude has answered, null for all others. */
  #answered(a: number, b: number): Verdict | null {
    const { asker, judge } = this.#tools;
    return asker === null ? null : answeredVerdict(judge, this.#row(a), this.#row(b), asker);
  }

  /** What persons said has changed, once nothing else is to be done; true where it changes a memory. */
  #announce(): boolean {
    this.#announced = decideAnnounced(this.#rows, this.#fitAnnounced());
    const { supersedes } = this.#announced;
    this.#settle({ merges: [], supersedes });
    return supersedes.length > 0;
  }

  #fitAnnounced(): ReturnType<typeof fitRows> {
    const used = new Set(this.#supersedes.map(({ by }) => bareWords(this.#row(by).text)));
    return fitRows(this.#rows, this.#alive, used, this.#tools.judge.reader, (old, by) => this.#refusedBefore(old, by) !== null);
  }

  async #round(): Promise<Decisions> {
    const { clock } = this.#tools;
    const fresh = this.#rows.length === this.#given && this.#mergedInto.size === 0 && this.#supersedes.length === 0;
    const candidates = (fresh ? this.#first : null) ?? (await clock.time('index', () => this.#candidates()));
    if (fresh) this.#first = candidates;
    const pairs = await clock.time('relate', () => this.#relate(candidates));
    this.#lastPairs = pairs;
    const between = pairs.filter((pair) => this.#rows[pair.a]?.statement && this.#rows[pair.b]?.statement);
    const judge = (a: number, b: number): JudgedPair => {
      const pair = this.#verdicts.of(a, b);
      if (this.#tools.asker !== null) this.#consulted.set(`${a}:${b}`, pair);
      return pair;
    };
    const count = this.#rows.length;
    const groups = await clock.time('cluster', () =>
      this.#verdicts.settle(() => clusterPairs({ count, pairs: between, judge }, groupLimits)),
    );
    const inGroups = await this.#verdicts.settle(() => groups.flatMap((group) => this.#pairsOf(group.members)));
    const sure = pairs.filter((pair) => this.#mayAct(pair));
    return clock.time('resolve', () => decide(this.#rows, this.#alive, groups, unique([...sure, ...inGroups])));
  }

  /** Words from a session act on a surer verdict only, and on no memory that names somebody or something that they do not name. */
  #mayAct({ a, b, verdict }: JudgedPair): boolean {
    const { reader } = this.#tools.judge;
    const may = (old: Row, by: Row) =>
      !isSpoken(by) ||
      ((verdict.decidedBy === 'claude' || verdict.confidence >= minSpokenConfidence) &&
        !hasOwnName(reader.read(old.text), reader.read(by.text)));
    return may(this.#row(a), this.#row(b)) && may(this.#row(b), this.#row(a));
  }

  /** Candidates among the living rows; two spoken rows, or two rows of different subjects, are none. */
  async #candidates(): Promise<readonly Candidate[]> {
    const living = this.#rows.flatMap((_, row) => (this.#alive[row] ? [row] : []));
    const { dimensions } = this.#tools.embedder;
    const vectors = new Float32Array(living.length * dimensions);
    living.forEach((row, at) => {
      vectors.set(this.#vectors[row] ?? [], at * dimensions);
    });
    const maxNeighbors = neighborsBySize.find(([rows]) => living.length <= rows)?.[1] ?? 6;
    const texts = living.map((row) => this.#rows[row]?.text ?? '');
    const found = await findCandidates(
      { vectors, dimensions, texts },
      { method: this.#input.index, minSimilarity: this.#tools.minSimilarity ?? shippedMinSimilarity, maxNeighbors, words: true },
      this.#context,
    );
    return found.candidates
      .map(({ a, b, similarity }) => ({
        a: living[a] ?? 0,
        b: living[b] ?? 0,
        similarity,
      }))
      .filter(({ a, b }) => this.#comparable(a, b));
  }

  #comparable(a: number, b: number): boolean {
    const [rowA, rowB] = [this.#rows[a], this.#rows[b]];
    if (!rowA || !rowB || (rowA.spoken && rowB.spoken) || (isLocked(rowA) && isLocked(rowB))) return false;
    const [subjectA, subjectB] = [rowA.statement?.scope.subject ?? null, rowB.statement?.scope.subject ?? null];
    return subjectA === subjectB || rowA.spoken !== null || rowB.spoken !== null;
  }

  #relate(candidates: readonly Candidate[]): Promise<readonly JudgedPair[]> {
    return this.#verdicts.judgeAll(candidates, (done) =>
      this.#context.report({ kind: 'stage', stage: 'relate', done, total: candidates.length, unit: 'pairs' }),
    );
  }

  #refusedBefore(a: number, b: number): Verdict | null {
    const [rowA, rowB] = [this.#row(a), this.#row(b)];
    return this.#input.refused.has(pairRefusal(rowA.key, rowB.key)) ? refusedVerdict : null;
  }

  #row(at: number): Row {
    const row = this.#rows[at];
    if (!row) throw new RangeError(`no row ${at}`);
    return row;
  }

  #side(row: Row): Side {
    const known = this.#sides.get(row) ?? sideOf(row);
    this.#sides.set(row, known);
    return known;
  }

  #similarity(a: number, b: number): number {
    const [vectorA, vectorB] = [this.#vectors[a], this.#vectors[b]];
    return vectorA && vectorB ? vectorA.reduce((sum, value, i) => sum + value * (vectorB[i] ?? 0), 0) : 0;
  }

  #pairsOf(members: readonly number[]): readonly JudgedPair[] {
    return members.flatMap((a, at) => members.slice(at + 1).map((b) => this.#verdicts.of(a, b)));
  }

  #settle({ merges, supersedes }: Decisions): void {
    for (const merge of merges) {
      for (const row of merge.dropped) {
        this.#alive[row] = false;
        this.#mergedInto.set(row, merge.survivor);
        this.#mergeConfidence.set(row, merge.confidence);
      }
    }
    for (const supersede of supersedes) {
      this.#alive[supersede.old] = false;
      this.#supersedes.push(supersede);
      this.#replace(supersede);
    }
  }

  /** The person's words take the place of the memory, as a dream over the output would find them. */
  #replace({ old, by }: Supersede): void {
    const statement = this.#rows[old]?.statement;
    const row = this.#rows[by];
    const vector = this.#vectors[by];
    if (!statement || !row?.spoken || !vector) return;
    this.#rows.push({
      ...row,
      statement: { ...statement, text: row.text, time: { at: row.time, source: row.time === null ? 'none' : 'session' } },
      spoken: null,
    });
    this.#vectors.push(vector);
    this.#alive.push(true);
    this.#alive[by] = false;
  }

  /** Merges of later rounds are folded into one per survivor. */
  #plan(): readonly PlannedChange[] {
    const pairsOf = (rows: readonly number[]) => this.#pairsOf(rows);
    return [
      ...this.#merges().flatMap((merge) => planMerge(this.#rows, merge, pairsOf)),
      ...this.#rewrites.map(({ from, row, confidence }) => planRewrite(from[0], from[1], row.text, confidence)),
      ...this.#supersedes.flatMap((supersede) => planSupersede(this.#rows, supersede, 'proposed')),
      ...this.#announced.suggested.flatMap((supersede) => planSupersede(this.#rows, supersede, 'suggested')),
      ...suggest(this.#rows, this.#lastPairs, minSuggestion).flatMap((suggestion) => planSuggestion(this.#rows, suggestion)),
    ];
  }

  #merges(): readonly Merge[] {
    const bySurvivor = new Map<number, { dropped: number[]; confidence: number }>();
    for (const [row, into] of [...this.#mergedInto].sort(([a], [b]) => a - b)) {
      let survivor = into;
      for (let next = this.#mergedInto.get(survivor); next !== undefined; next = this.#mergedInto.get(survivor)) survivor = next;
      const merge = bySurvivor.get(survivor) ?? { dropped: [], confidence: 1 };
      merge.dropped.push(row);
      merge.confidence = Math.min(merge.confidence, this.#mergeConfidence.get(row) ?? 1);
      bySurvivor.set(survivor, merge);
    }
    return [...bySurvivor].map(([survivor, { dropped, confidence }]) => ({
      survivor,
      dropped,
      confidence,
    }));
  }
}

const refusedVerdict: Verdict = {
  relation: 'distinct',
  keep: 'both',
  confidence: 1,
  probabilities: { duplicate: 0, refines: 0, conflict: 0, distinct: 1 },
  decidedBy: 'person',
  ambiguous: false,
  reason: 'A person refused this before.',
};

/** Words from a session, in this dream or in an earlier one: they are not written to be compared. */
function isSpoken({ spoken, statement }: Row): boolean {
  return spoken !== null || statement?.time.source === 'session' || statement?.time.source === 'moved';
}

function unique(pairs: readonly JudgedPair[]): readonly JudgedPair[] {
  return [...new Set(pairs)].sort((x, y) => x.a - y.a || x.b - y.b);
}
