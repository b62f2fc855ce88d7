/**
 * Fits the second stage on labelled pairs, every figure and threshold on predictions for pairs that neither stage had seen: the first
 * stage's are shipped with the pairs, the last layer's come from folds by group.
 */
import { sha256 } from '../memory.js';
import { chooseLevels, fitCalibration, type Judged } from './calibrate.js';
import { type Answer, type Figures, figuresOf, macroF1, rightActs } from './figures.js';
import { assess, type Case, decide, type FirstStage, likeliest } from './judge.js';
import { type LabelledPair, sampleEvenly } from './labelled.js';
import { calibrate, mirrored } from './model.js';
import { applyWeights, fitWeights, isAsked, type LabelledOpinion, type SecondLayer } from './second-stage.js';

/** A labelled pair as the first stage sees it, in the order of the texts. */
export interface LabelledCase {
  readonly group: string;
  readonly store: boolean;
  readonly pair: Case;
  readonly label: number;
  readonly texts: { readonly a: string; readonly b: string };
  readonly raw: Float64Array;
  /** Calibrated, of the first stage alone. */
  readonly classes: Float64Array;
  readonly asked: boolean;
}

type Header = FirstStage['header'];

export const folds = 5;

/** The fold in which pairs of a group are held out, the same everywhere. */
export function foldOf(group: string): number {
  return Number.parseInt(sha256(group).slice(0, 6), 16) % folds;
}

/**
 * About `count` pairs that the second stage would be asked about, and of those that it would not be the same share: relations and
 * sources keep their proportions, so that precision means what it would on all of them.
 */
export function chooseCases(labelled: readonly LabelledPair[], count: number, first: FirstStage): readonly LabelledCase[] {
  const { temperature, bias } = first.header;
  const unsure = ({ raw }: LabelledPair) => isAsked(calibrate(Float64Array.from(raw), temperature, bias), false);
  const share = count / Math.max(1, labelled.filter(unsure).length);
  const chosen = sampleEvenly(labelled, share, {
    stratumOf: (pair) => `${pair.relation} ${pair.source} ${unsure(pair)}`,
    keyOf: ({ id }) => sha256(id) + id,
  });
  return chosen.map((pair) => readLabelledCase(pair, first));
}

function readLabelledCase(labelled: LabelledPair, first: FirstStage): LabelledCase {
  const { a, b, a_time, b_time, keep, relation } = labelled;
  const { pair, turned } = first.read({ text: a, time: a_time, scope: [] }, { text: b, time: b_time, scope: [] });
  const given = Float64Array.from(labelled.raw);
  const raw = turned ? Float64Array.from(mirrored, (from) => given[from] ?? 0) : given;
  const label = relation === 'duplicate' ? 0 : relation === 'conflict' ? 3 : relation === 'distinct' ? 4 : keep === 'a' ? 1 : 2;
  const classes = calibrate(raw, first.header.temperature, first.header.bias);
  return {
    group: labelled.group,
    store: labelled.source === 'stores',
    pair,
    label: turned ? (mirrored[label] ?? 0) : label,
    texts: turned ? { a: b, b: a } : { a, b },
    raw,
    classes,
    asked: isAsked(classes, pair.equal),
  };
}

export interface FittedLayer {
  readonly layer: SecondLayer;
  /** Without the second stage, as it is shipped, and with it, on the same pairs. */
  readonly before: Figures;
  readonly after: Figures;
  /** Pairs that it was asked about. */
  readonly asked: number;
  /** How much log loss of those its scores save in the mean, against the same layer without scores, and the standard error of that. */
  readonly gain: number;
  readonly gain_error: number;
  /** True where it saves more than chance might, is right at least as often, and acts rightly at least as often. */
  readonly better: boolean;
}

/**
 * @param scores of the cases that are asked, in their order
 * @throws RangeError where none is asked
 */
export function fitSecondStage(cases: readonly LabelledCase[], scores: readonly Float64Array[], header: Header): FittedLayer {
  const asked = cases.filter((item) => item.asked);
  const [first] = scores;
  if (first === undefined || scores.length !== asked.length) throw new RangeError(`${scores.length} scores of ${asked.length} pairs`);
  const opinions = asked.map((item, i): LabelledOpinion => ({ raw: item.raw, label: item.label, scores: scores[i] ?? first }));
  const { corrected, temperature, bias } = correctUnseen(opinions, asked);
  const silent = opinions.map((opinion) => ({ ...opinion, scores: new Float64Array(first.length) }));
  const { corrected: withoutScores } = correctUnseen(silent, asked);
  const together = (item: LabelledCase) => corrected.get(item) ?? item.classes;
  const thresholds = chooseLevels(cases.map((item) => judgedOf(item, together(item))));
  const before = cases.map((item) => answerOf(item, item.classes, header.thresholds));
  const after = cases.map((item) => answerOf(item, together(item), item.asked ? thresholds : header.thresholds));
  const { gain, error } = gainOf(asked, withoutScores, corrected);
  const [was, is] = [figuresOf(before), figuresOf(after)];
  const [actsBefore, actsAfter] = [rightActs(before), rightActs(after)];
  return {
    layer: {
      format: 1,
      width: first.length / 2,
      weights: fitWeights(opinions).map((row) => [...row]),
      temperature,
      bias: [...bias],
      thresholds,
    },
    before: was,
    after: is,
    asked: asked.length,
    gain: round(gain),
    gain_error: round(error),
    better: gain > error && is.macro_f1 >= was.macro_f1 && actsAfter.safe + actsAfter.right >= actsBefore.safe + actsBefore.right,
  };
}

type Corrected = ReadonlyMap<LabelledCase, Float64Array>;

/** What the layer says of each pair, out of a fit that has not seen its group, and its calibration. */
function correctUnseen(
  opinions: readonly LabelledOpinion[],
  asked: readonly LabelledCase[],
): { readonly corrected: Corrected; readonly temperature: number; readonly bias: readonly number[] } {
  const unseen = predictUnseen(opinions, asked);
  const { temperature, bias } = fitCalibration(
    unseen,
    asked.map(({ label }) => label),
  );
  const corrected = new Map(asked.map((item, i) => [item, calibrate(unseen[i] ?? new Float64Array(), temperature, bias)]));
  return { corrected, temperature, bias };
}

/** Raw predictions of the layer for each pair, out of a fit that has not seen its group. */
function predictUnseen(opinions: readonly LabelledOpinion[], asked: readonly LabelledCase[]): readonly Float64Array[] {
  const out: Float64Array[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const held = asked.map(({ group }) => foldOf(group) === fold);
    if (!held.includes(true)) continue;
    const weights = fitWeights(opinions.filter((_, i) => !held[i]));
    for (const [i, opinion] of opinions.entries()) if (held[i]) out[i] = applyWeights(weights, opinion);
  }
  return out;
}

function judgedOf({ label, store, pair }: LabelledCase, classes: Float64Array): Judged {
  return { label, extra: false, store, assessment: assess(pair, classes), pair };
}

function answerOf({ label, store, pair }: LabelledCase, classes: Float64Array, thresholds: Header['thresholds']): Answer {
  return { label, verdict: decide(pair, assess(pair, classes), store ? thresholds.normal.stores : thresholds.normal.pairs) };
}

function gainOf(asked: readonly LabelledCase[], before: Corrected, after: Corrected): { readonly gain: number; readonly error: number } {
  const loss = (classes: Float64Array | undefined, label: number) => -Math.log(Math.max(1e-9, classes?.[label] ?? 0));
  const saved = asked.map((item) => loss(before.get(item), item.label) - loss(after.get(item), item.label));
  const gain = saved.reduce((sum, value) => sum + value, 0) / saved.length;
  const variance = saved.reduce((sum, value) => sum + (value - gain) ** 2, 0) / Math.max(1, saved.length - 1);
  return { gain, error: Math.sqrt(variance / saved.length) };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** Macro-F1 of the first stage alone over all labelled pairs, by the likeliest class, guards left aside. */
export function macroF1OfRaw(labelled: readonly LabelledPair[], { temperature, bias }: Header): number {
  const answers = labelled.map(({ relation, raw }) => {
    const [duplicate = 0, refinesA = 0, refinesB = 0, conflict = 0, distinct = 0] = calibrate(Float64Array.from(raw), temperature, bias);
    return { said: likeliest({ duplicate, refines: refinesA + refinesB, conflict, distinct }), truth: relation };
  });
  return macroF1(answers);
}
