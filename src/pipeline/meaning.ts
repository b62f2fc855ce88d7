/** `dedupe --by meaning`: only what is surely the same or contained goes. */
import { clusterPairs } from '../cluster/cluster.js';
import type { WordVectors } from '../context.js';
import { findCandidates } from '../index/candidates.js';
import type { NearRows } from '../index/near.js';
import { dot } from '../index/vectors.js';
import { type Candidate, type JudgedPair, type Statement, textKey } from '../memory.js';
import type { Judge } from '../relate/judge.js';
import { decide } from '../resolve/decide.js';
import { mergeProbability, type Row } from '../resolve/rows.js';
import type { Asker, OpenQuestion } from './asking.js';
import type { DistinctTexts, Drop, DropTools } from './drops.js';
import { Glances, lookAtAll } from './glances.js';
import { answeredVerdict } from './questioning.js';
import { textAt } from './records.js';
import { Verdicts } from './verdicts.js';

const candidateLimits = { minSimilarity: 0.4, maxNeighbors: 16, words: true } as const;
/**
 * From this many texts on every pair gets a first look, and only what that leaves open is judged, for the judge takes a millisecond a
 * pair; and pairs that are far apart as vectors are not looked at: on labelled pairs four in ten merges
 * that the judge acts on are, of edited copies hardly any.
 */
const firstLookFrom = 3000;
const firstLookLimits = { minSimilarity: 0.8, maxNeighbors: 16, words: false } as const;
/** Open pairs that are judged, the likeliest merges first; of the others both records stay, which the user is told. */
const judgedAtMost = (count: number) => 1000 + Math.floor(count / 50);
const groupLimits = { maxSize: 1000, minLink: 0.35 } as const;

/** A record as a statement that may be dropped; of which nothing is asked here but its text. */
const anyRecord: Statement = {
  id: '',
  memoryId: '',
  path: '',
  line: 0,
  text: '',
  span: { start: 0, end: 0 },
  cut: { span: { start: 0, end: 0 }, list: null },
  encoding: 'text',
  role: 'fact',
  scope: { title: null, headings: [], subject: null },
  time: { at: null, source: 'none' },
  sessionId: null,
  lock: null,
  link: null,
};

/** What judging takes besides. */
export interface JudgeTools extends DropTools {
  readonly judge: Judge;
  readonly words: WordVectors;
  /** Null where Claude is not to be asked. */
  readonly asker: Asker | null;
}

/** By the relation model, and by Claude where it is unsure: only what is surely the same or contained goes; the fuller record stays, then the first. */
export async function dropByMeaning(distinct: DistinctTexts, tools: JudgeTools): Promise<readonly Drop[]> {
  const { settings, measured, judge, clock, context, asker } = tools;
  const { owners, near } = distinct;
  const bare = [...distinct.rows].map((row): Row => {
    const text = textAt(distinct.records.texts, row);
    return { text, key: textKey(text), time: null, statement: null, spoken: null };
  });
  const rows = bare.map((row): Row => ({ ...row, statement: { ...anyRecord, text: row.text } }));
  const vectors = packed(near);
  const input = { vectors, dimensions: near.dimensions, texts: rows.map(({ text }) => text), owners };
  const answered = (a: number, b: number) => {
    const [first, second] = [bare[a], bare[b]];
    return asker === null || !first || !second ? null : answeredVerdict(judge, first, second, asker);
  };
  const glance = rows.length < firstLookFrom ? null : new Glances(tools.words, rows, settings.caution);
  const verdicts = new Verdicts({
    judge,
    sideOf: (row) => ({ text: rows[row]?.text ?? '', time: null, scope: [] }),
    similarityOf: (a, b) => dot(vectors, near.dimensions, a, b),
    settled: (a, b) => answered(a, b) ?? glance?.verdictOn(a, b) ?? null,
    signal: context.signal,
  });
  const limits =
    glance === null ? { ...candidateLimits, minSimilarity: measured?.min_similarity ?? candidateLimits.minSimilarity } : firstLookLimits;
  const { candidates } = await clock.time('index', () => findCandidates(input, { method: settings.index, ...limits }, context));
  const comparable = candidates.filter(({ a, b }) => owners[a] === owners[b]);
  const worth =
    glance === null ? comparable : await clock.time('relate', () => lookAtAll(glance, comparable, judgedAtMost(rows.length), context));
  for (;;) {
    const { drops, judged } = await groupByMeaning(rows, worth, verdicts, tools);
    if (asker === null) return drops;
    const open = mergeQuestions(rows, judged);
    if (!(await clock.time('ask', () => asker.ask(open, context)))) return drops;
    verdicts.forget((a, b) => answered(a, b) !== null);
  }
}

/** Rows without the room between them. */
function packed({ vectors, stride, dimensions, count }: NearRows): Float32Array {
  if (stride === dimensions) return vectors;
  const out = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row += 1) out.set(vectors.subarray(row * stride, row * stride + dimensions), row * dimensions);
  return out;
}

/** The drops by the verdicts so far, and every pair that was judged for them. */
async function groupByMeaning(
  rows: readonly Row[],
  candidates: readonly Candidate[],
  verdicts: Verdicts,
  { clock, context }: DropTools,
): Promise<{ readonly drops: readonly Drop[]; readonly judged: readonly JudgedPair[] }> {
  const consulted = new Map<string, JudgedPair>();
  const judgePair = (a: number, b: number) => {
    const pair = verdicts.of(a, b);
    consulted.set(`${a}:${b}`, pair);
    return pair;
  };
  const pairs = await clock.time('relate', () =>
    verdicts.judgeAll(candidates, (done) =>
      context.report({ kind: 'stage', stage: 'relate', done, total: candidates.length, unit: 'pairs' }),
    ),
  );
  const groups = await clock.time('cluster', () =>
    verdicts.settle(() => clusterPairs({ count: rows.length, pairs, judge: judgePair }, groupLimits)),
  );
  const within = await verdicts.settle(() =>
    groups.flatMap(({ members }) => members.flatMap((a, i) => members.slice(i + 1).map((b) => judgePair(a, b)))),
  );
  const { merges } = decide(
    rows,
    rows.map(() => true),
    groups,
    within,
  );
  const drops = await verdicts.settle(() =>
    merges.flatMap(({ survivor, dropped }) =>
      dropped.map((row) => {
        const { similarity, verdict } = judgePair(Math.min(row, survivor), Math.max(row, survivor));
        const { relation, probabilities } = verdict;
        return { row, to: survivor, similarity, relation, confidence: probabilities.duplicate + probabilities.refines };
      }),
    ),
  );
  return { drops, judged: [...pairs, ...consulted.values()] };
}

/** Probability of a merge below which a pair is not worth a question. */
const leastMerge = 0.2;

/** Only an answer that lets a record go changes anything. */
function mergeQuestions(rows: readonly Row[], judged: readonly JudgedPair[]): readonly OpenQuestion[] {
  return judged.flatMap((pair): OpenQuestion[] => {
    const { ambiguous, decidedBy } = pair.verdict;
    const value = mergeProbability(pair);
    if (!ambiguous || decidedBy === 'claude' || value < leastMerge) return [];
    const side = (row: number) => ({ text: rows[row]?.text ?? '', written: null, source: null });
    return [{ a: side(pair.a), b: side(pair.b), value, apart: false }];
  });
}
