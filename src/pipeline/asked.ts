/** What asking Claude came to, or would come to: kept with the dream, and shown. */
import type { AskSettings } from '../config.js';
import { type PlannedChange, textKey } from '../memory.js';
import { defaultModel } from '../relate/prices.js';
import { questionKey } from '../relate/questions.js';
import type { Asker } from './asking.js';
import type { PlannedRequest } from './channel.js';
import type { Engine } from './engine.js';
import { type AskReport, askReport, type LedgerCall, ledgerCall, totalsOf } from './ledger.js';

/** What would be asked first; what comes after it depends on the answers. Token counts and prices are estimates. */
export interface AskPreview {
  readonly dry_run: true;
  readonly model: string;
  /** Pairs that were answered in an earlier run. */
  readonly known: number;
  readonly requests: readonly PlannedRequest[];
  readonly totals: {
    readonly requests: number;
    readonly clusters: number;
    readonly pairs: number;
    readonly input_tokens: number;
    readonly output_tokens: number;
    /** Null where the price of the model is not known. */
    readonly usd: number | null;
  };
  /** The requests, from the first, that the limits leave room for; by the estimates, so that it may be fewer. */
  readonly within_limits: number;
}

/** What a dream asked, in the JSON form of `show`. */
export interface AskSummary {
  readonly report: AskReport | null;
  readonly calls: readonly (LedgerCall & { readonly seq: number })[];
  readonly attempts: number;
  readonly usd: number | null;
  readonly uncertain_tokens: number;
}

export function previewOf(asker: Asker | null, settings: AskSettings): AskPreview {
  const requests = asker?.plan() ?? [];
  const sum = (value: (request: PlannedRequest) => number) => requests.reduce((total, request) => total + value(request), 0);
  return {
    dry_run: true,
    model: settings.llmModel ?? defaultModel,
    known: asker?.report().known ?? 0,
    requests,
    totals: {
      requests: requests.length,
      clusters: sum(({ clusters }) => clusters),
      pairs: sum(({ pairs }) => pairs.length),
      input_tokens: sum(({ input_tokens }) => input_tokens),
      output_tokens: sum(({ output_tokens }) => output_tokens),
      usd: requests.some(({ usd }) => usd === null) ? null : sum(({ usd }) => usd ?? 0),
    },
    within_limits: withinLimits(requests, settings),
  };
}

function withinLimits(requests: readonly PlannedRequest[], { maxLlmCalls, maxTokens, maxUsd }: AskSettings): number {
  let tokens = 0;
  let usd = 0;
  const past = requests.findIndex((request, at) => {
    tokens += request.input_tokens + request.output_tokens;
    usd += request.usd ?? 0;
    return at >= maxLlmCalls || (maxTokens !== null && tokens > maxTokens) || (maxUsd !== null && usd > maxUsd);
  });
  return past < 0 ? requests.length : past;
}

/** Keeps the report of a dream, and in its ledger which changes rest on which call. */
export function saveAsking(engine: Engine, dream: string, asker: Asker, planned: readonly PlannedChange[]): void {
  engine.store.saveCheckpoint(dream, 'asked', asker.report());
  const changes = new Map<number, string[]>();
  for (const { change } of planned) {
    if (change.decided_by !== 'claude') continue;
    for (const call of callsBehind(change, asker)) changes.set(call, [...(changes.get(call) ?? []), change.id]);
  }
  for (const { seq, value } of engine.store.callsOf(dream, ledgerCall)) {
    const refusals = asker.refusalsOf(seq);
    if (changes.has(seq) || refusals.length > 0) {
      engine.store.updateCall(seq, { ...value, doubts: [...new Set([...value.doubts, ...refusals])], changes: changes.get(seq) ?? [] });
    }
  }
}

/** The calls that answered about two of the texts that a change brings together. */
function callsBehind({ before, after }: PlannedChange['change'], asker: Asker): ReadonlySet<number> {
  const keys = [...new Set([...before, ...(after ? [after] : [])].map(({ text }) => textKey(text)))];
  const calls = keys.flatMap((a, at) =>
    keys.slice(at + 1).flatMap((b) => [false, true].flatMap((apart) => asker.answerOf(questionKey(a, b, apart))?.call ?? [])),
  );
  return new Set(calls);
}

/** What a dream asked; null where it asked nothing and had no answers from before. */
export function askSummary(engine: Engine, dream: string): AskSummary | null {
  const report = engine.store.checkpoint(dream, 'asked', askReport);
  const calls = engine.store.callsOf(dream, ledgerCall);
  if (calls.length === 0 && (report === null || report.pairs === 0)) return null;
  const totals = totalsOf(calls.map(({ value }) => value));
  return {
    report,
    calls: calls.map(({ seq, value }) => ({ seq, ...value })),
    attempts: totals.attempts,
    usd: totals.usd,
    uncertain_tokens: totals.uncertainTokens,
  };
}
