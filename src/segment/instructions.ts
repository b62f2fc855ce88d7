/**
 * Free text that steers a dream, cut into clauses that a local run can follow (design section 4, "Instructions"). A clause that
 * is none of focus, ignore and keep is for a language model; it is reported as not followed.
 */

export type ClauseKind = 'focus' | 'ignore' | 'keep' | 'other';

export interface Clause {
  readonly kind: ClauseKind;
  /** What the clause is about, its verb left out. */
  readonly about: string;
  /** The clause as it was written. */
  readonly text: string;
}

/** The words a clause of each kind opens with; the rest of the clause says what it is about. */
const openings: readonly (readonly [ClauseKind, RegExp])[] = [
  [
    'ignore',
    /^(?:please\s+)?(?:ignore|skip|disregard|leave\s+out|exclude|omit|don'?t\s+(?:read|use|look\s+at|care\s+about)|do\s+not\s+(?:read|use|look\s+at|care\s+about))\s+/i,
  ],
  [
    'keep',
    /^(?:please\s+)?(?:always\s+)?(?:keep|preserve|retain|leave|protect|(?:don'?t|do\s+not|never)\s+(?:touch|change|merge|drop|remove|delete|edit))\s+/i,
  ],
  ['focus', /^(?:please\s+)?(?:focus|concentrate|centre|center)\s+(?:only\s+)?on\s+/i],
  [
    'focus',
    /^(?:please\s+)?(?:pay\s+(?:close\s+)?attention\s+to|prioriti[sz]e|look\s+(?:closely\s+)?at|read\s+closely|only\s+(?:look\s+at|consider))\s+/i,
  ],
];

const trailing = /\s+(?:unchanged|untouched|as\s+(?:they\s+are|it\s+is|is)|alone|verbatim|intact)$/i;
const leading = /^(?:all|any|every|the|everything\s+about|anything\s+about|statements?\s+about|notes?\s+about|memories\s+about)\s+/i;

/** Clauses in the order they are written. */
export function splitInstructions(instructions: string): readonly Clause[] {
  return instructions
    .split(
      /[;\n]+|(?<=[.!?])\s+|,\s+(?:and|but)\s+(?=(?:ignore|skip|keep|preserve|focus|don'?t|do\s+not|never|leave)\b)|\s+(?:and|but)\s+(?=(?:ignore|skip|keep|preserve|focus)\b)/i,
    )
    .map((text) => text.trim().replace(/[.!?,\s]+$/, ''))
    .filter((text) => text !== '')
    .map(readClause);
}

function readClause(text: string): Clause {
  for (const [kind, opening] of openings) {
    if (!opening.test(text)) continue;
    const about = text.replace(opening, '').replace(trailing, '').replace(leading, '').trim();
    if (about !== '') return { kind, about, text };
  }
  return { kind: 'other', about: text, text };
}
