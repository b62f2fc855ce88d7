/** Two statements in, their relation out: guards first, then the shipped model, thresholds last. */
import { fileURLToPath } from 'node:url';
import type { Caution } from '../config.js';
import type { WordVectors } from '../context.js';
import { UserError } from '../errors.js';
import { compareText, type Keep, type Probabilities, type Relation, relations, type Side, sha256, type Verdict } from '../memory.js';
import { type Alignment, align } from './align.js';
import { type Analysis, analyze } from './analyze.js';
import { flatten, type PairFeatures, pairFeatures } from './features.js';
import { coversAll, type Guard, guardsOf, tellsReplacement } from './guards.js';
import { createLexemes, type Lexemes } from './lexemes.js';
import { calibrate, type ModelHeader, rawClasses, readModel, type Thresholds } from './model.js';
import { readNetwork } from './network.js';
import { pairInput } from './pair-input.js';
import { explain } from './reason.js';
import { loadThesaurus, type Thesaurus } from './thesaurus.js';

/** Raised with every change to what a feature, a guard or a rule means. */
export const featureVersion = 4;

export interface Judge {
  /** Changes with the weights, the word vectors, and the meaning of features and guards. */
  readonly version: string;
  /** Deterministic and pure. `judge(b, a)` is `judge(a, b)` with the sides changed round. Never asks a second stage. */
  readonly judge: (a: Side, b: Side) => Verdict;
  /**
   * Verdicts with the second stage asked where the first is not sure, in the order of the pairs and as pure as `judge`; null where
   * there is no second stage.
   */
  readonly judgeAll: ((pairs: readonly (readonly [a: Side, b: Side])[], signal: AbortSignal) => Promise<readonly Verdict[]>) | null;
  /** What the first stage makes of a pair before any threshold; `turned` where the pair is read the other way round. */
  readonly look: (a: Side, b: Side) => Look;
  /** Names of persons whose claims are compared apart from who makes them (`attribution.ts`); empty where none are known. */
  readonly persons: ReadonlySet<string>;
  /** What it reads statements with. */
  readonly reader: Reader;
}

/** A pair in the order in which it is read, and what the first stage makes of it. */
export interface Look {
  readonly pair: Case;
  readonly turned: boolean;
  readonly assessment: Assessment;
}

/** The shipped model and what it reads: all that a second stage builds on. */
export interface FirstStage {
  readonly version: string;
  readonly reader: Reader;
  readonly header: ModelHeader;
  /** The pair in the order of the texts; `turned` where the sides were given the other way round. */
  readonly read: (a: Side, b: Side) => { readonly pair: Case; readonly turned: boolean };
  /** Before calibration. */
  readonly rawOf: (pair: Case) => Float64Array;
  /** Calibrated; `raw` is what `rawOf` gave of the pair. */
  readonly classesOf: (pair: Case, raw: Float64Array) => Float64Array;
}

export interface JudgeOptions {
  /** The shipped model where absent. */
  readonly modelFolder?: string;
  /** Where the pairs come from: single ones (the default), or candidate search over a whole store, where most are distinct. */
  readonly within?: 'pairs' | 'stores';
  /** `normal` where absent. */
  readonly caution?: Caution;
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

/** Of the newer and of the older generation of remembered texts; a text takes some 10 KB. */
const rememberedTexts = 6144;
/** What is taken of equal texts, of which no model is asked: one claim, or two things of one kind where a guard says so. */
const equalTexts = Float64Array.of(0.6, 0.02, 0.02, 0.04, 0.32);
export const shippedModel: string = fileURLToPath(new URL('../../models/dreamfold-relate', import.meta.url));

/** Order of two times: 1 where `b` is later, -1 where `a` is, 0 where equal, missing or unreadable. */
export function timeOrder(a: string | null, b: string | null): number {
  if (a === null || b === null) return 0;
  const difference = Date.parse(b) - Date.parse(a);
  return Number.isNaN(difference) ? 0 : Math.sign(difference);
}

/** Reads statements, each text once, and compares their words. */
export interface Reader {
  readonly read: (text: string) => Analysis;
  readonly lexemes: Lexemes;
}

/** A reader that remembers some thousands of texts; what it remembers changes no result. */
export function createReader(words: WordVectors, thesaurus: Thesaurus): Reader {
  const lexemes = createLexemes(words, thesaurus);
  let fresh = new Map<string, Analysis>();
  let older = new Map<string, Analysis>();
  const read = (text: string): Analysis => {
    const found = fresh.get(text);
    if (found !== undefined) return found;
    const made = older.get(text) ?? analyze(text, lexemes);
    if (fresh.size >= rememberedTexts) {
      older = fresh;
      fresh = new Map();
    }
    fresh.set(text, made);
    return made;
  };
  return { read, lexemes };
}

/** Reads a pair whose sides are in order already. */
export function readCase(a: Side, b: Side, { read, lexemes }: Reader): Case {
  const x = read(a.text);
  const y = read(b.text);
  const alignment = align(x, y, lexemes);
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

/** Of the five classes of `model.ts`. */
export function probabilitiesOf(classes: Float64Array): Probabilities {
  const [duplicate = 0, refinesA = 0, refinesB = 0, conflict = 0, distinct = 0] = classes;
  return { duplicate, refines: refinesA + refinesB, conflict, distinct };
}

export function likeliest(probabilities: Probabilities): Relation {
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

/** Outside what the model has learned from: nothing is acted on unless the texts are equal. */
export function isOutOfRange({ equal, guards }: Case): boolean {
  return !equal && guards.some((guard) => guard.kind === 'range');
}

/** True where nothing but its probability keeps a conflict from being acted on. */
export function mayActOnConflict(pair: Case, { ruled }: Assessment): boolean {
  return !ruled && !isOutOfRange(pair) && pair.guards.every((guard) => guard.kind !== 'thin');
}

function isSure(relation: Relation, assessment: Assessment, pair: Case, thresholds: Thresholds): boolean {
  const { classes, ruled } = assessment;
  if (isOutOfRange(pair)) return false;
  if (relation === 'distinct') return (classes[4] ?? 0) >= thresholds.distinct;
  if (relation === 'conflict') {
    const least = isReplaced(pair) ? thresholds.change : thresholds.conflict;
    return (classes[3] ?? 0) >= least && mayActOnConflict(pair, assessment);
  }
  if (ruled) return pair.guards.every((guard) => guard.kind === 'thin' || guard.kind === 'range');
  const support = mergeSupport(pair, relation, classes);
  return support !== null && safety(classes) >= (support === 'covered' ? thresholds.merge : thresholds.uncovered);
}

/** What to keep, seen from the other side. */
export const mirror: Readonly<Record<Keep, Keep>> = { a: 'b', b: 'a', both: 'both', either: 'either', none: 'none' };

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

/**
 * Loads the shipped relation model, or the one in `modelFolder`.
 * @throws UserError where it is missing, damaged or made for other features.
 */
export function loadFirstStage(words: WordVectors, modelFolder: string = shippedModel): FirstStage {
  const model = readModel(modelFolder, featureVersion);
  const network = readNetwork(modelFolder);
  const thesaurus = loadThesaurus();
  const { header } = model;
  if (header.network !== network.hash || header.words !== words.id || header.thesaurus !== thesaurus.hash) {
    throw new UserError(
      'usage',
      `The relation model in ${modelFolder} was trained with another network, other word vectors or another thesaurus than those here. Install dreamfold again.`,
    );
  }
  const reader = createReader(words, thesaurus);
  return {
    version: sha256(`${model.hash} ${network.hash} ${words.id} ${thesaurus.hash} ${featureVersion}`).slice(0, 16),
    reader,
    header: model.header,
    read: (a, b) => (outOfOrder(a, b) ? { pair: readCase(b, a, reader), turned: true } : { pair: readCase(a, b, reader), turned: false }),
    rawOf: (pair) => {
      if (pair.equal) return equalTexts;
      const ask = () => network.classes(pairInput(pair.a, pair.b, pair.later, reader.lexemes));
      return rawClasses(model, flatten(pair.features, false), flatten(pair.features, true), ask);
    },
    classesOf: (pair, raw) => (pair.equal ? raw : calibrate(raw, header.temperature, header.bias)),
  };
}

/** The judge of the first stage alone. @throws UserError as `loadFirstStage` does. */
export function loadJudge(words: WordVectors, options: JudgeOptions = {}): Judge {
  const first = loadFirstStage(words, options.modelFolder);
  const thresholds = first.header.thresholds[options.caution ?? 'normal'][options.within ?? 'pairs'];
  const look = looker(first);
  return {
    version: first.version,
    judge: (a, b) => {
      const { pair, turned, assessment } = look(a, b);
      return decide(pair, assessment, thresholds, turned);
    },
    judgeAll: null,
    look,
    persons: new Set(),
    reader: first.reader,
  };
}

/** `Judge.look` of a first stage. */
export function looker(first: FirstStage): Judge['look'] {
  return (a, b) => {
    const { pair, turned } = first.read(a, b);
    return { pair, turned, assessment: assess(pair, first.classesOf(pair, first.rawOf(pair))) };
  };
}
