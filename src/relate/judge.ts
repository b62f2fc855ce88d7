/** Two statements in, their relation out: guards first, then the shipped model, thresholds last. */
import { fileURLToPath } from 'node:url';
import type { WordVectors } from '../context.js';
import { compareText, type Keep, type Probabilities, type Relation, relations, type Side, sha256, type Verdict } from '../memory.js';
import { type Alignment, align } from './align.js';
import { type Analysis, analyze } from './analyze.js';
import { flatten, type PairFeatures, pairFeatures } from './features.js';
import { coversAll, type Guard, guardsOf, tellsReplacement } from './guards.js';
import { predict, type RelationModel, readModel, type Thresholds } from './model.js';
import { explain } from './reason.js';

/** Raised with every change to what a feature, a guard or a rule means. */
export const featureVersion = 3;

export interface Judge {
  /** Changes with the weights, the word vectors, and the meaning of features and guards. */
  readonly version: string;
  /** Deterministic and pure. `judge(b, a)` is `judge(a, b)` with the sides changed round. */
  readonly judge: (a: Side, b: Side) => Verdict;
}

export interface JudgeOptions {
  /** The shipped model where absent. */
  readonly modelFolder?: string;
  /** Where the pairs come from: single ones (the default), or candidate search over a whole store, where most are distinct. */
  readonly within?: 'pairs' | 'stores';
}

/** A pair as the model and the rules see it, in an order that depends on the texts alone. */
export interface Case {
  readonly a: Analysis;
  readonly b: Analysis;
  readonly alignment: Alignment;
  readonly features: PairFeatures;
  readonly guards: readonly Guard[];
  /** Equal but for case, markup and punctuation. */
  readonly equal: boolean;
  /** 1 where b was written later, -1 where a was, 0 where equal or unknown. */
  readonly later: number;
}

/** What the judge knows of a pair before the thresholds: probabilities of the five classes of `model.ts`. */
export interface Assessment {
  readonly classes: Float64Array;
  readonly ruled: boolean;
}

const rememberedTexts = 8192;
const shippedModel = fileURLToPath(new URL('../../models/dreamfold-relate', import.meta.url));

/** Order of two times: 1 where `b` is later, -1 where `a` is, 0 where equal, missing or unreadable. */
export function timeOrder(a: string | null, b: string | null): number {
  if (a === null || b === null) return 0;
  const difference = Date.parse(b) - Date.parse(a);
  return Number.isNaN(difference) ? 0 : Math.sign(difference);
}

/** Reads a pair whose sides are in order already. */
export function readCase(a: Side, b: Side, read: (text: string) => Analysis): Case {
  const x = read(a.text);
  const y = read(b.text);
  const alignment = align(x, y);
  const later = timeOrder(a.time, b.time);
  const guards = guardsOf({ analysis: x, scope: a.scope }, { analysis: y, scope: b.scope }, alignment);
  const equal = x.plain === y.plain && (x.plain !== '' || a.text.trim() === b.text.trim());
  return { a: x, b: y, alignment, features: pairFeatures(x, y, alignment, later), guards, equal, later };
}

/** True where the sides have to change places to be in the order that `readCase` expects. */
export function outOfOrder(a: Side, b: Side): boolean {
  const order =
    compareText(a.text, b.text) || compareText(a.time ?? '', b.time ?? '') || compareText(a.scope.join('\n'), b.scope.join('\n'));
  return order > 0;
}

/** Blocked pairs lose their merge probabilities, equal texts are duplicates; everything else is the model's. */
export function assess(pair: Case, classes: Float64Array): Assessment {
  const blocked = pair.guards.some((guard) => guard.strength === 'block');
  if (pair.equal && !blocked) return { classes: Float64Array.of(0.996, 0.001, 0.001, 0.001, 0.001), ruled: true };
  if (!blocked) return { classes, ruled: false };
  const merge = (classes[0] ?? 0) + (classes[1] ?? 0) + (classes[2] ?? 0);
  const apart = (classes[3] ?? 0) + (classes[4] ?? 0);
  const out = Float64Array.from(classes, (value, k) => (k < 3 ? value * 0.02 : apart === 0 ? 0.5 : value * ((1 - 0.02 * merge) / apart)));
  return { classes: out, ruled: merge > apart };
}

function probabilitiesOf(classes: Float64Array): Probabilities {
  const [duplicate = 0, refinesA = 0, refinesB = 0, conflict = 0, distinct = 0] = classes;
  return { duplicate, refines: refinesA + refinesB, conflict, distinct };
}

function likeliest(probabilities: Probabilities): Relation {
  return relations.reduce((best, name) => (probabilities[name] > probabilities[best] ? name : best));
}

/** Probability that keeping only the fuller side loses nothing, whichever merge relation it is. */
export function safety(classes: Float64Array): number {
  const [duplicate = 0, refinesA = 0, refinesB = 0] = classes;
  return duplicate + Math.max(refinesA, refinesB);
}

function fuller(classes: Float64Array): 'a' | 'b' {
  return (classes[1] ?? 0) > (classes[2] ?? 0) ? 'a' : 'b';
}

/**
 * Which side to keep; `later` is 1 where b was written later. A duplicate that is surely one claim with the other side, but perhaps a
 * little fuller (`sure` false), names the side that would be the fuller one, so that nothing is lost either way.
 */
export function keepOf(relation: Relation, classes: Float64Array, later: number, sure: boolean): Keep {
  if (relation === 'duplicate') return sure ? 'either' : fuller(classes);
  if (relation === 'distinct') return 'both';
  if (relation === 'refines') return fuller(classes);
  return later === 0 ? 'none' : later > 0 ? 'b' : 'a';
}

/** Least probability of `duplicate` alone from which on either side may stay; below, the perhaps fuller one is named. */
const sureDuplicate = 0.9;

/**
 * How far a merge may be acted on: `covered` where every telling word of the side that goes has its like in the other, `uncovered`
 * where not, null where a guard objects. A doubt about a negation is no objection: on labelled pairs the model is right about those.
 */
export function mergeSupport({ a, b, alignment, guards }: Case, relation: Relation, classes: Float64Array): 'covered' | 'uncovered' | null {
  if (guards.some((guard) => guard.kind !== 'negation' || guard.strength === 'block')) return null;
  if (coversAll(a, b, alignment, fuller(classes))) return 'covered';
  return relation === 'duplicate' ? 'uncovered' : null;
}

/** True where the later side, and only that one, says of itself that it replaces something. */
export function isReplaced({ a, b, later }: Case): boolean {
  if (later === 0) return false;
  const [old, fresh] = later > 0 ? [a, b] : [b, a];
  return tellsReplacement(fresh) && !tellsReplacement(old);
}

function isSure(relation: Relation, assessment: Assessment, pair: Case, thresholds: Thresholds): boolean {
  const { classes, ruled } = assessment;
  if (!pair.equal && pair.guards.some((guard) => guard.kind === 'range')) return false;
  if (relation === 'distinct') return (classes[4] ?? 0) >= thresholds.distinct;
  if (relation === 'conflict') {
    const least = isReplaced(pair) ? thresholds.change : thresholds.conflict;
    return (classes[3] ?? 0) >= least && !ruled && pair.guards.every((guard) => guard.kind !== 'thin');
  }
  if (ruled) return pair.guards.every((guard) => guard.kind === 'thin' || guard.kind === 'range');
  const support = mergeSupport(pair, relation, classes);
  return support !== null && safety(classes) >= (support === 'covered' ? thresholds.merge : thresholds.uncovered);
}

const mirror: Readonly<Record<Keep, Keep>> = { a: 'b', b: 'a', both: 'both', either: 'either', none: 'none' };

/** The verdict on a pair, for a caller who gave the sides in `readCase` order, or `turned`, the other way round. */
export function decide(pair: Case, assessment: Assessment, thresholds: Thresholds, turned = false): Verdict {
  const probabilities = probabilitiesOf(assessment.classes);
  const relation = likeliest(probabilities);
  const sure = isSure(relation, assessment, pair, thresholds);
  const keep = keepOf(relation, assessment.classes, pair.later, !sure || (assessment.classes[0] ?? 0) >= sureDuplicate);
  return {
    relation,
    keep: turned ? mirror[keep] : keep,
    confidence: probabilities[relation],
    probabilities,
    decidedBy: assessment.ruled ? 'rule' : 'model',
    ambiguous: !sure,
    reason: explain(pair, relation, keep, turned),
  };
}

function rememberAnalyses(words: WordVectors): (text: string) => Analysis {
  const known = new Map<string, Analysis>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= rememberedTexts) known.clear();
    const made = analyze(text, words);
    known.set(text, made);
    return made;
  };
}

/** Probabilities of the five classes for a pair, calibrated. */
export function classesOf(model: RelationModel, pair: Case, dimensions: number): Float64Array {
  return predict(model, flatten(pair.features, false, dimensions), flatten(pair.features, true, dimensions));
}

/**
 * Loads the shipped relation model, or the one in `modelFolder`.
 * @throws UserError where it is missing, damaged or made for other features.
 */
export function loadJudge(words: WordVectors, options: JudgeOptions = {}): Judge {
  const model = readModel(options.modelFolder ?? shippedModel, featureVersion);
  const read = rememberAnalyses(words);
  const thresholds = model.header.thresholds[options.within ?? 'pairs'];
  const inOrder = (a: Side, b: Side, turned: boolean): Verdict => {
    const pair = readCase(a, b, read);
    return decide(pair, assess(pair, classesOf(model, pair, words.dimensions)), thresholds, turned);
  };
  return {
    version: sha256(`${model.hash} ${words.id} ${featureVersion}`).slice(0, 16),
    judge: (a, b) => (outOfOrder(a, b) ? inOrder(b, a, true) : inOrder(a, b, false)),
  };
}
