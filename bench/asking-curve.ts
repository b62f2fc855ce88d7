/**
 * How accuracy on labelled pairs grows with the share of them that Claude is asked about, when it answers as the labels say: in the order of
 * `relate`, in any order, and all of them. Computed from local verdicts, and checked against `relate` itself over HTTP.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openDreamfold } from '../dist/api.js';
import { loadWordVectors } from '../dist/embed/words.js';
import type { Keep, Relation, Side, Verdict } from '../dist/memory.js';
import { textKey } from '../dist/memory.js';
import { weighAnswer } from '../dist/relate/answers.js';
import { loadJudge } from '../dist/relate/judge.js';
import { questionKey } from '../dist/relate/questions.js';
import { fromPairs } from '../test/support/claude-rules.js';
import { benchTime, withClaude } from './asking-server.js';

/** The accuracy that asking has to buy. */
export const goal = 0.95;
const steps = 20;
const shuffles = 20;

interface LabelledPair {
  readonly id: string;
  readonly a: string;
  readonly b: string;
  readonly a_time: string | null;
  readonly b_time: string | null;
  readonly relation: Relation;
  readonly keep: Keep;
}

/** One pair, its local verdict, and what becomes of it with the answer that its label gives. */
interface Judged {
  readonly pair: LabelledPair;
  readonly local: Verdict;
  readonly answered: Verdict;
}

export interface CurvePoint {
  /** Of all pairs, 0 to 1. */
  readonly share: number;
  readonly ordered: number;
  readonly random: number;
  readonly everything: number;
}

/** What `relate --llm auto` did. `expected` is what the curve says of as many pairs. */
export interface RealRun {
  readonly share: number;
  readonly calls: number;
  readonly accuracy: number;
  readonly expected: number;
}

export interface Curve {
  readonly set: string;
  readonly pairs: number;
  readonly points: readonly CurvePoint[];
  /** Least share from which on accuracy is at the goal. */
  readonly reached: { readonly ordered: number; readonly random: number };
  readonly real: RealRun;
}

function readPairs(file: string): readonly LabelledPair[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

function judgeAll(pairs: readonly LabelledPair[]): readonly Judged[] {
  const judge = loadJudge(loadWordVectors(), { within: 'pairs' });
  return pairs.map((pair) => {
    const a: Side = { text: pair.a, time: pair.a_time, scope: [] };
    const b: Side = { text: pair.b, time: pair.b_time, scope: [] };
    const answer = { relation: pair.relation, keep: pair.keep, reason: '', rewrite: null, earlier: false };
    return { pair, local: judge.judge(a, b), answered: weighAnswer(judge, a, b, answer) };
  });
}

/** Keys of the pairs that `relate` asks about, in its order. */
async function orderOfRelate(file: string, folder: string): Promise<readonly string[]> {
  using library = openDreamfold({ db: join(folder, 'preview.db'), now: () => benchTime, claude: {} });
  const { requests } = await library.previewRelate(file, { llm: 'auto' });
  return requests.flatMap(({ pairs }) => pairs.map(({ a, b }) => questionKey(textKey(a), textKey(b))));
}

/** The pairs that `relate` asks about in its order, then the other ambiguous ones, then the rest, the least sure first. */
function inOrder(judged: readonly Judged[], asked: readonly string[]): readonly Judged[] {
  const places = new Map(asked.map((key, at) => [key, at]));
  const placeOf = ({ pair, local }: Judged) =>
    places.get(questionKey(textKey(pair.a), textKey(pair.b))) ?? asked.length + (local.ambiguous ? 0 : 1);
  return [...judged].sort((x, y) => placeOf(x) - placeOf(y) || x.local.confidence - y.local.confidence);
}

/** Accuracy after none, one, two ... all of the pairs were asked about, in that order. */
function growth(order: readonly Judged[]): readonly number[] {
  const isRight = (verdict: Verdict, pair: LabelledPair) => (verdict.relation === pair.relation ? 1 : 0);
  let right = order.reduce((sum, { local, pair }) => sum + isRight(local, pair), 0);
  const curve = [right / order.length];
  for (const { local, answered, pair } of order) {
    right += isRight(answered, pair) - isRight(local, pair);
    curve.push(right / order.length);
  }
  return curve;
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = randomNumbers(seed);
  return items
    .map((item) => ({ item, key: random() }))
    .sort((x, y) => x.key - y.key)
    .map(({ item }) => item);
}

function meanGrowth(judged: readonly Judged[]): readonly number[] {
  const curves = Array.from({ length: shuffles }, (_, seed) => growth(shuffled(judged, seed + 1)));
  return Array.from({ length: judged.length + 1 }, (_, k) => curves.reduce((sum, curve) => sum + (curve[k] ?? 0), 0) / shuffles);
}

/** Least share from which on the curve stays at the goal. */
function reachedAt(curve: readonly number[]): number {
  return (curve.findLastIndex((accuracy) => accuracy < goal) + 1) / (curve.length - 1);
}

async function runRelate(file: string, folder: string, judged: readonly Judged[], ordered: readonly number[]): Promise<RealRun> {
  const pairs = judged.map(({ pair }) => pair);
  return withClaude({ rule: fromPairs(pairs) }, async (claude) => {
    using library = openDreamfold({ db: join(folder, 'relate.db'), now: () => benchTime, claude: {} });
    const { lines, asked } = await library.relate(file, { llm: 'auto' });
    const right = lines.filter(({ relation }, at) => relation === pairs[at]?.relation).length;
    const answered = asked?.answered ?? 0;
    return {
      share: answered / pairs.length,
      calls: claude.posts(),
      accuracy: right / pairs.length,
      expected: ordered[answered] ?? 0,
    };
  });
}

/** Draws the curve of one file of labelled pairs. */
export async function measureCurve(set: string): Promise<Curve> {
  const file = resolve(import.meta.dirname, 'quality', `${set}.jsonl`);
  const folder = mkdtempSync(join(tmpdir(), 'dreamfold-curve-'));
  try {
    const judged = judgeAll(readPairs(file));
    const ordered = growth(inOrder(judged, await orderOfRelate(file, folder)));
    const random = meanGrowth(judged);
    const everything = ordered.at(-1) ?? 0;
    const points = Array.from({ length: steps + 1 }, (_, step): CurvePoint => {
      const k = Math.round((step / steps) * judged.length);
      return { share: step / steps, ordered: ordered[k] ?? 0, random: random[k] ?? 0, everything };
    });
    return {
      set,
      pairs: judged.length,
      points,
      reached: { ordered: reachedAt(ordered), random: reachedAt(random) },
      real: await runRelate(file, folder, judged, ordered),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** As Markdown tables. */
export function curveLines(curves: readonly Curve[]): readonly string[] {
  const points = curves[0]?.points ?? [];
  const columns = curves.flatMap(({ set }) => [`${set}: our order`, 'at random', 'everything']);
  const rows = points.map(({ share }, at) => {
    const cells = curves.flatMap(({ points: own }) => {
      const { ordered = 0, random = 0, everything = 0 } = own[at] ?? {};
      return [ordered, random, everything].map((accuracy) => accuracy.toFixed(3));
    });
    return `| ${(share * 100).toFixed(0)} % | ${cells.join(' | ')} |`;
  });
  const reached = curves.map(
    ({ set, pairs, reached: { ordered, random }, real }) =>
      `| ${set} | ${pairs} | ${percent(ordered)} | ${percent(random)} | ${percent(real.share)} | ${real.calls} | ${real.accuracy.toFixed(3)} | ${real.expected.toFixed(3)} |`,
  );
  return [
    `| pairs asked | ${columns.join(' | ')} |`,
    `|---:|${'---:|'.repeat(columns.length)}`,
    ...rows,
    '',
    `| set | pairs | ${goal} in our order from | at random from | \`relate --llm auto\` over HTTP: asked | calls | accuracy | the curve says |`,
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...reached,
  ];
}
