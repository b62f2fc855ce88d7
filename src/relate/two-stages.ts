/** The judge with a second stage: a cross-encoder is asked about what the first stage does not call distinct with certainty. */
import { type Side, sha256, type Verdict } from '../memory.js';
import type { CrossEncoder } from './cross-encoder.js';
import { assess, type Case, decide, type FirstStage, type Judge, type JudgeOptions, looker } from './judge.js';
import { applyLayer, isAsked, type SecondLayer } from './second-stage.js';

export interface SecondStage {
  readonly encoder: Pick<CrossEncoder, 'id' | 'score'>;
  readonly layer: SecondLayer;
}

interface Open {
  readonly pair: Case;
  readonly turned: boolean;
  readonly raw: Float64Array;
  readonly classes: Float64Array;
  readonly asked: boolean;
}

/** `judge` of it is the first stage alone; `judgeAll` asks. The version changes with the cross-encoder and with its layer. */
export function createTwoStageJudge(
  first: FirstStage,
  second: SecondStage,
  { within = 'pairs', caution = 'normal' }: Pick<JudgeOptions, 'within' | 'caution'> = {},
): Judge {
  const alone = first.header.thresholds[caution][within];
  const together = second.layer.thresholds[caution][within];
  const open = (a: Side, b: Side): Open => {
    const { pair, turned } = first.read(a, b);
    const raw = first.rawOf(pair);
    const classes = first.classesOf(pair, raw);
    return { pair, turned, raw, classes, asked: isAsked(classes, pair.equal) };
  };
  const decideAlone = ({ pair, turned, classes }: Open): Verdict => decide(pair, assess(pair, classes), alone, turned);
  const decideTogether = ({ pair, turned, raw }: Open, scores: Float64Array): Verdict => {
    const classes = applyLayer(second.layer, { raw, scores });
    const verdict = decide(pair, assess(pair, classes), together, turned);
    return { ...verdict, reason: `${verdict.reason} (second stage asked: ${second.encoder.id})` };
  };
  return {
    version: sha256(`${first.version} ${second.encoder.id} ${sha256(JSON.stringify(second.layer))}`).slice(0, 16),
    judge: (a, b) => decideAlone(open(a, b)),
    look: looker(first),
    persons: new Set(),
    reader: first.reader,
    judgeAll: async (pairs, signal) => {
      const cases = pairs.map(([a, b]) => open(a, b));
      const asked = cases.flatMap((one, at) => (one.asked ? [at] : []));
      const texts = asked.map((at) => textsInOrder(pairs[at], cases[at]?.turned ?? false));
      const scores = new Map((await second.encoder.score(texts, signal)).map((found, i) => [asked[i] ?? -1, found]));
      return cases.map((one, at) => {
        const found = scores.get(at);
        return found === undefined ? decideAlone(one) : decideTogether(one, found);
      });
    },
  };
}

/** In the order of `readCase`, so that a pair is asked about in one way, however it was given. */
function textsInOrder(pair: readonly [Side, Side] | undefined, turned: boolean): { readonly a: string; readonly b: string } {
  const [x, y] = pair ?? [];
  const [a, b] = turned ? [y, x] : [x, y];
  return { a: a?.text ?? '', b: b?.text ?? '' };
}
