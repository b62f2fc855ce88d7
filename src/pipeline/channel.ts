/** One run's way to Claude: requests go out within the budget, or are only written down in a dry run; what has ended it stays ended. */
import type { AskSettings } from '../config.js';
import type { RunContext } from '../context.js';
import { Budget, type BudgetStop, inputBound, inputEstimate, type RequestBound } from '../relate/budget.js';
import { type Claude, type ClaudeReply, type ClaudeRequest, type Earlier, requestBody } from '../relate/claude.js';
import type { ClaudeFailure } from '../relate/claude-failures.js';
import { batchShare, costOf, noTokens, type Price, priceOf, tokensOf } from '../relate/prices.js';
import type { AnswerScope } from '../store/ledger.js';
import { Attempts } from './attempts.js';
import type { ClaudeTimes, Engine } from './engine.js';
import { type LedgerCall, ledgerCall, totalsOf } from './ledger.js';
import { UnderWay } from './under-way.js';

/** A request that was not sent, for a dry run. */
export interface PlannedRequest {
  readonly clusters: number;
  readonly pairs: readonly { readonly a: string; readonly b: string }[];
  /** Estimates; `usd` is null where the price is not known. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly usd: number | null;
  /** Exactly what would be sent. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ChannelOptions {
  readonly engine: Engine;
  /** Null where there is no key, or where nothing may be sent. */
  readonly claude: Claude | null;
  readonly times: ClaudeTimes | null;
  readonly settings: AskSettings;
  readonly scope: AnswerScope;
  readonly dream: string | null;
}

/** What a request came to, besides its reply. */
export interface Spending {
  readonly attempts: number;
  /** Tokens of attempts that broke off, at most. */
  readonly uncertain: number;
  /** The limit that left no room for another attempt; null where there was none. */
  readonly stop: BudgetStop | null;
}

export const stopWords: Readonly<Record<BudgetStop, string>> = {
  'max-llm-calls': 'the limit of --max-llm-calls is reached',
  'max-tokens': 'the limit of --max-tokens is reached',
  'max-usd': 'the limit of --max-usd is reached',
};

export class Channel {
  /** Why nothing more is asked, as a sentence; null while asking goes on. */
  stopped: string | null = null;
  /** What was wrong with the last reply that was not believed whole, as a sentence; null where there was none. */
  trouble: string | null = null;
  readonly options: ChannelOptions;
  readonly budget: Budget;
  readonly underWay: UnderWay;
  readonly #price: Price | null;
  readonly #planned: PlannedRequest[] = [];

  constructor(options: ChannelOptions) {
    const { settings, scope, engine, dream } = options;
    this.options = options;
    this.#price = priceOf(scope.model);
    this.budget = new Budget({ calls: settings.maxLlmCalls, tokens: settings.maxTokens, usd: settings.maxUsd }, this.#price);
    this.underWay = new UnderWay(engine, dream);
    if (dream === null) return;
    if (options.claude !== null) this.#enterLost(dream);
    this.#count(engine.store.callsOf(dream, ledgerCall).map(({ value }) => value));
  }

  /** Requests of a process of this dream that was killed: nobody knows what became of them. */
  #enterLost(dream: string): void {
    const left = this.underWay.left();
    for (const { attempts, tokens } of left) {
      this.options.engine.store.saveCall(dream, this.entryOf(lost, { attempts, uncertain: tokens }, 'judge', null), this.options.scope, []);
    }
    if (left.length > 0) this.underWay.clear();
  }

  /** What this dream has spent before it was broken off counts too. */
  #count(calls: readonly LedgerCall[]): void {
    const { usage, usd, attempts, uncertainTokens } = totalsOf(calls);
    const most = this.#price === null ? 0 : (uncertainTokens * this.#price.output) / 1e6;
    this.budget.add({ calls: attempts, tokens: tokensOf(usage) + uncertainTokens, usd: (usd ?? 0) + most });
  }

  /** Whether requests may go out at all. */
  get open(): boolean {
    return this.options.claude !== null && this.stopped === null && !this.options.settings.dryRun;
  }

  /** Ends asking; the first reason stays. */
  stop(reason: string): void {
    this.stopped ??= reason;
  }

  /** What a request can come to at most. */
  boundOf(request: ClaudeRequest, batch: boolean): RequestBound {
    const texts = [request.system, JSON.stringify(request.schema), request.document];
    return { input: inputBound(texts), output: request.maxTokens, share: batch ? batchShare : 1 };
  }

  costOf(reply: ClaudeReply, batch: boolean): number | null {
    return costOf(reply.kind === 'message' ? reply.usage : noTokens, this.#price, batch ? batchShare : 1);
  }

  /** Shows what is about to be sent, where somebody wants to see it. */
  show(body: string, context: RunContext): void {
    const { claude, settings } = this.options;
    if (claude !== null && settings.llmShow) context.report({ kind: 'sent', host: claude.host, body });
  }

  /** Writes down a request that a dry run does not send. @param output tokens that the answer will likely come to */
  plan(request: ClaudeRequest, output: number, asked: Pick<PlannedRequest, 'clusters' | 'pairs'>, batch: boolean): void {
    const { claude, scope } = this.options;
    const input = inputEstimate([request.system, JSON.stringify(request.schema), request.document]);
    const usage = { ...noTokens, input_tokens: input, output_tokens: output };
    const usd = costOf(usage, this.#price, batch ? batchShare : 1);
    const body = claude?.body(request) ?? requestBody(scope.model, request);
    this.#planned.push({ ...asked, input_tokens: input, output_tokens: output, usd, body });
  }

  planned(): readonly PlannedRequest[] {
    return this.#planned;
  }

  /**
   * Sends one request that is reserved already; `keep` is called once, also where `signal` ends it, which then throws.
   * @param signal later than that of the context, where answers that are paid for are waited for
   */
  async exchange<T>(
    request: ClaudeRequest,
    { signal, context }: { readonly signal: AbortSignal; readonly context: RunContext },
    keep: (reply: ClaudeReply, spending: Spending) => T,
  ): Promise<T> {
    const { claude } = this.options;
    if (claude === null) throw new Error('nothing may be sent');
    const spent = new Attempts(this.budget, this.boundOf(request, false), context.signal);
    const mayTry = (earlier: Earlier) => {
      const may = spent.mayTry(earlier);
      if (may) this.underWay.begin(request, spent.sent());
      return may;
    };
    try {
      const reply = await claude.ask(request, { signal, mayTry, show: (body) => this.show(body, context) });
      return keep(reply, { ...spent.end(reply), stop: spent.stop });
    } catch (thrown) {
      // Ctrl-C, and the answer did not come in time: it may be billed all the same.
      if (signal.aborted) keep(cancelled, { ...spent.end(cancelled), stop: spent.stop });
      throw thrown;
    } finally {
      this.underWay.end(request);
    }
  }

  /** The entry of the ledger for a reply, with what only the caller knows left empty. */
  entryOf(reply: ClaudeReply, { attempts, uncertain }: Omit<Spending, 'stop'>, kind: LedgerCall['kind'], batch: string | null): LedgerCall {
    return {
      at: this.options.engine.now(),
      kind,
      model: this.options.scope.model,
      batch,
      request_id: reply.kind === 'message' ? reply.requestId : null,
      attempts,
      clusters: 0,
      pairs: 0,
      usage: reply.kind === 'message' ? reply.usage : noTokens,
      usd: this.costOf(reply, batch !== null),
      uncertain_tokens: uncertain,
      answered: {},
      doubts: [],
      error: reply.kind === 'failure' ? { type: reply.type, status: reply.status, message: reply.message } : null,
      changes: [],
    };
  }
}

const lost: ClaudeFailure = {
  kind: 'failure',
  scope: 'request',
  type: 'lost',
  status: null,
  message: 'The process ended before the answer came.',
  mayBeBilled: true,
};

/** Ctrl-C, and no answer within the time after it. */
export const cancelled: ClaudeFailure = {
  kind: 'failure',
  scope: 'request',
  type: 'cancelled',
  status: null,
  message: 'Stopped before the answer came.',
  mayBeBilled: true,
};
