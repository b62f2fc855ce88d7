/** What `models list|pull|check|calibrate` give back, in the JSON form that they print. */
import type { Recipe } from '../embed/recipe.js';
import type { Figures } from '../relate/figures.js';
import type { Head } from '../relate/head.js';
import type { SecondStageRecord } from './open-models.js';
import type { SimilarityFigures } from './similarity.js';

export interface ShippedModel {
  readonly id: string;
  readonly kind: 'embedding' | 'relation';
  readonly size_bytes: number;
  readonly figures: Readonly<Record<string, number>>;
}

export interface CachedModel {
  readonly name: string;
  readonly kind: 'embedding' | 'cross-encoder';
  readonly size_bytes: number;
  /** Whether a model of that name was measured in this database. */
  readonly calibrated: boolean;
}

export interface CalibratedModel {
  readonly id: string;
  readonly kind: 'similarity' | 'second-stage';
  readonly at: string;
  readonly active: boolean;
  readonly figures: SimilarityFigures | Omit<SecondStageRecord, 'layer'>;
}

export interface ModelsResult {
  readonly shipped: readonly ShippedModel[];
  readonly cached: readonly CachedModel[];
  readonly calibrated: readonly CalibratedModel[];
}

export interface PullResult {
  readonly id: string;
  readonly name: string;
  readonly kind: 'embedding' | 'cross-encoder';
  readonly folder: string;
  readonly size_bytes: number;
  /** 0 where everything was there already. */
  readonly fetched_bytes: number;
}

export interface CheckResult extends SimilarityFigures {
  readonly id: string;
  /** Null for a static model. */
  readonly recipe: Recipe | null;
}

export interface CalibrateResult {
  readonly id: string;
  readonly head: Head['kind'];
  readonly active: boolean;
  readonly before: Figures;
  readonly after: Figures;
  readonly asked: number;
  readonly gain: number;
  readonly gain_error: number;
  readonly better: boolean;
  /** Spent on scoring. */
  readonly seconds: number;
}
