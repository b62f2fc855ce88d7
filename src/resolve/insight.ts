/** An insight with its place -> a change in the form of the contract. Pure. */
import type { Change, ChangeStatus, Evidence, Insertion, PlannedChange, Segmented, Statement } from '../memory.js';
import { planChange } from './changes.js';
import type { InsightText } from './place.js';

/** What sessions show, before it is known where it goes. */
export interface InsightDraft extends InsightText {
  /** 0 to 1. */
  readonly confidence: number;
  readonly decidedBy: Change['decided_by'];
  /** One sentence or two. */
  readonly reason: string;
  /** At least one entry for every session that supports it. */
  readonly evidence: readonly Evidence[];
  readonly status: Extract<ChangeStatus, 'proposed' | 'suggested'>;
  /** The memory that it extends. */
  readonly extends?: readonly Statement[];
}

/**
 * The change that puts an insight where `placeInsights` has found room for it; without room it is a suggestion that edits nothing.
 * `support` counts the sessions of the evidence.
 */
export function planInsight(insight: InsightDraft, insertion: Insertion | null, segmented: Segmented): PlannedChange {
  const index = segmented.statements.find(({ role }) => role === 'index');
  const listed =
    insertion?.create?.listed !== false || index === undefined || segmented.statements.some(({ path }) => path === insertion.path);
  const note = listed ? '' : ` ${index.path} is as long as its client reads, so the new file has no line there.`;
  const nowhere = insertion === null ? ' This store has no place that dreamfold may write it to.' : '';
  return planChange({
    kind: 'insight',
    before: insight.extends ?? [],
    after: { path: insertion?.path ?? '', line: null, text: insertion?.text ?? insight.text },
    relation: null,
    confidence: insight.confidence,
    decidedBy: insight.decidedBy,
    reason: insight.reason + note + nowhere,
    evidence: insight.evidence,
    status: insertion === null ? 'suggested' : insight.status,
    insert: insertion === null ? [] : [insertion],
    insight: insight.kind,
  });
}

/** An insight that the store holds already: nothing is written a second time, and the memory gets the evidence beside it. */
export function planReinforced(insight: InsightDraft, statement: Statement): PlannedChange {
  return planChange({
    kind: 'insight',
    before: [statement],
    after: { path: statement.path, line: statement.line, text: statement.text },
    relation: 'duplicate',
    confidence: insight.confidence,
    decidedBy: insight.decidedBy,
    reason: `${insight.reason} The memory says so already; the sessions confirm it.`,
    evidence: insight.evidence,
    status: 'suggested',
    insight: insight.kind,
  });
}
