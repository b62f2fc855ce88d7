/** What every part of mining works with. */
import type { Lexis } from './lexis.js';
import type { Meaning } from './meaning.js';
import type { Operations } from './operations.js';

export interface MiningTools {
  readonly lexis: Lexis;
  readonly meaning: Meaning;
  readonly operations: Operations;
  /** Least number of sessions that an insight needs. */
  readonly minSupport: number;
}
