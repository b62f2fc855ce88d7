/**
 * Questions to Claude, request by request or as a batch: each is reserved before it is sent and kept in the ledger as it comes back. A
 * request that fails loses its own answers and no others; where no further request can succeed, or the budget ends, asking ends.
 */
import type { ProgressEvent, RunContext } from '../context.js';
import type { Answer, PairAnswer } from '../relate/answers.js';
import type { ClaudeReply, ClaudeRequest } from '../relate/claude.js';
import { answerSchema, documentOf, readAnswers, systemPrompt } from '../relate/claude-document.js';
import type { ClaudeFailure } from '../relate/claude-failures.js';
import type { QuestionCluster } from '../relate/questions.js';
import { Batching } from './batching.js';
import { type Channel, type Spending, stopWords } from './channel.js';
import { Grace } from './grace.js';
import { type Masker, restoreSigns } from './masking.js';

/** Requests that are under way at once, after a first one alone, which shows whether asking works and fills the cache. */
const atOnce = 4;
/** Requests in a row that the server could not answer, after which it is not asked again in this run; one that it let wait is enough. */
const mostBusy = 2;
/** Requests in a row that the server did not take as they were: the next ones would fare no better. */
const mostRefused = 3;
/** Between two signs of life while an answer is waited for. */
const beatMs = 1000;

/** Tokens of an answer at most: room to think, and for each pair and cluster. */
const answerBound = { base: 2000, pair: 120, cluster: 150 } as const;
/** What an answer likely comes to. */
const answerEstimate = { base: 250, pair: 45, cluster: 15 } as const;

/** Clusters that go out together. */
export interface Job {
  readonly clusters: readonly QuestionCluster[];
  /** How often they were sent already. */
  readonly tries: number;
}

interface Outcome {
  readonly reply: ClaudeReply;
  /** Whether the answer was a document of the expected form. */
  readonly usable: boolean;
  readonly spending: Spending;
}

/** Puts what was masked back into a text. */
type Restore = (text: string) => string;

interface Keeping {
  readonly batch: string | null;
  readonly restore: Restore;
  readonly context: RunContext;
}

export class Sender {
  /** Clusters that were sent. */
  clusters = 0;
  readonly #channel: Channel;
  /** Masked. */
  readonly #instructions: string | null;
  readonly #masker: Masker;
  readonly #take: (answers: readonly PairAnswer[], call: number) => void;
  readonly #batching: Batching | null;
  #busy = 0;
  #refused = 0;

  /**
   * @param masker that has masked the questions, for what comes back
   * @param take called with the answers of each call, once they are kept in the database
   */
  constructor(channel: Channel, instructions: string | null, masker: Masker, take: (answers: readonly PairAnswer[], call: number) => void) {
    const { engine, claude, times, scope, dream } = channel.options;
    this.#channel = channel;
    this.#instructions = instructions;
    this.#masker = masker;
    this.#take = take;
    this.#batching = claude === null || times === null ? null : new Batching({ engine, claude, times, scope, dream });
    // What a dream has handed over is its own, whenever it comes back.
    if (dream !== null) for (const { jobs } of this.#batching?.open() ?? []) this.#hold(jobs);
  }

  #hold(jobs: readonly Job[]): void {
    for (const { clusters } of jobs) this.#channel.budget.hold(this.#channel.boundOf(this.#request(clusters), true));
  }

  /** Takes the results of batches that an earlier run has left and that are about these pairs; waits for them where they are still out. */
  async collect(keys: ReadonlySet<string>, context: RunContext): Promise<void> {
    if (this.#batching === null || !this.#channel.open) return;
    for (const { id, jobs, signs } of this.#batching.open()) {
      const asked = jobs.some(({ clusters }) => clusters.some(({ questions }) => questions.some(({ key }) => keys.has(key))));
      if (!asked) continue;
      if (this.#channel.options.dream === null) this.#hold(jobs);
      await this.#fetchBatch(id, jobs, (text) => restoreSigns(text, signs), context);
    }
  }

  /** Sends what fits into the budget, in order; returns when all of it has come back or failed. */
  async send(requests: readonly (readonly QuestionCluster[])[], context: RunContext): Promise<void> {
    const { settings } = this.#channel.options;
    if (settings.dryRun) for (const clusters of requests) this.#plan(clusters);
    if (!this.#channel.open || requests.length === 0) return;
    const jobs = requests.map((clusters) => ({ clusters, tries: 0 }));
    if (settings.llmBatch) await this.#sendBatch(jobs, context);
    else await this.#sendEach(jobs, context);
    const { stopped } = this.#channel;
    if (stopped !== null) context.report({ kind: 'warning', message: `Claude is not asked any more: ${stopped}` });
  }

  #plan(clusters: readonly QuestionCluster[]): void {
    const pairs = clusters.flatMap(({ questions }) => questions.map(({ a, b }) => ({ a: a.text, b: b.text })));
    const output = answerEstimate.base + answerEstimate.pair * pairs.length + answerEstimate.cluster * clusters.length;
    this.#channel.plan(this.#request(clusters), output, { clusters: clusters.length, pairs }, this.#channel.options.settings.llmBatch);
  }

  async #sendEach(jobs: readonly Job[], context: RunContext): Promise<void> {
    let queue = [...jobs];
    const total = countPairs(jobs);
    let done = 0;
    for (let wave = 1; queue.length > 0 && this.#channel.open; wave = atOnce) {
      context.signal.throwIfAborted();
      const progress = { kind: 'stage', stage: 'ask', done, total, unit: 'pairs' } as const;
      context.report(progress);
      const { ready, left } = this.#reserve(queue.slice(0, wave), false);
      queue = [...left, ...queue.slice(wave)];
      const again = await this.#wave(ready, progress, context);
      done += countPairs(ready) - countPairs(again);
      queue = [...again, ...queue];
    }
    context.report({ kind: 'stage', stage: 'ask', done, total, unit: 'pairs' });
  }

  /**
   * The jobs that the budget holds, in order, and what is left of them. What was reserved comes to far less in the end, so that more may
   * fit once it has come back; where not even a part of the first one fits, asking has ended.
   */
  #reserve(jobs: readonly Job[], batch: boolean): { readonly ready: readonly Job[]; readonly left: readonly Job[] } {
    const { budget } = this.#channel;
    const bound = ({ clusters }: Job) => this.#channel.boundOf(this.#request(clusters), batch);
    const past = jobs.findIndex((job) => budget.reserve(bound(job)) !== null);
    if (past < 0) return { ready: jobs, left: [] };
    const [head, ...rest] = jobs.slice(past);
    if (past > 0 || head === undefined) return { ready: jobs.slice(0, past), left: jobs.slice(past) };
    const part = prefixes(head).find((job) => budget.reserve(bound(job)) === null);
    if (part !== undefined) return { ready: [part], left: [{ ...head, clusters: head.clusters.slice(part.clusters.length) }, ...rest] };
    const stop = budget.reserve(bound(head));
    this.#channel.stop(stopWords[stop ?? 'max-llm-calls']);
    return { ready: [], left: jobs };
  }

  /** Sends the jobs at once; gives back those worth another try. After Ctrl-C what is under way may still come back for a while. */
  async #wave(jobs: readonly Job[], progress: ProgressEvent, context: RunContext): Promise<readonly Job[]> {
    using grace = this.#grace(context);
    // A run that another process wants to cancel is told so when it reports.
    const beat = setInterval(() => report(progress, context), beatMs);
    try {
      const outcomes = await Promise.allSettled(jobs.map((job) => this.#askOne(job, grace.signal, context)));
      context.signal.throwIfAborted();
      return outcomes.flatMap((outcome, at) => {
        if (outcome.status === 'rejected') throw outcome.reason;
        return this.#afterwards(jobs[at] ?? { clusters: [], tries: 0 }, outcome.value, context);
      });
    } finally {
      clearInterval(beat);
    }
  }

  #grace(context: RunContext): Grace {
    const graceMs = this.#channel.options.times?.graceMs ?? 0;
    const message = `Waiting up to ${Math.round(graceMs / 1000)} s for answers that are paid for.`;
    return new Grace(context.signal, graceMs, () => context.report({ kind: 'warning', message }));
  }

  #askOne(job: Job, signal: AbortSignal, context: RunContext): Promise<Outcome> {
    this.clusters += job.clusters.length;
    return this.#channel.exchange(this.#request(job.clusters), { signal, context }, (reply, spending) =>
      this.#keep(job, reply, spending, { batch: null, restore: (text) => this.#masker.restore(text), context }),
    );
  }

  /** Reads a reply and keeps it with its answers in the ledger. */
  #keep(job: Job, reply: ClaudeReply, spending: Spending, { batch, restore, context }: Keeping): Outcome {
    const { engine, dream, scope } = this.#channel.options;
    const found = reply.kind === 'message' ? believed(reply.text, reply.stop, job.clusters) : nothing;
    const answers = found.answers.map(({ key, answer }) => ({ key, answer: restored(answer, restore) }));
    const call = {
      ...this.#channel.entryOf(reply, spending, 'judge', batch),
      clusters: job.clusters.length,
      pairs: countPairs([job]),
      answered: countRelations(found.answers),
      doubts: [...found.doubts],
    };
    const rows = answers.map(({ key, answer }) => ({ pair: key, value: answer }));
    this.#take(answers, engine.store.saveCall(dream, call, scope, rows));
    this.#channel.trouble = reply.kind === 'failure' ? reply.message : (found.doubts.at(-1) ?? this.#channel.trouble);
    for (const doubt of new Set(found.doubts)) context.report({ kind: 'warning', message: `Claude: ${doubt} Those pairs stay ambiguous.` });
    return { reply, usable: found.usable, spending };
  }

  /** What a reply means for the job: done, sent again whole or in halves, or given up; and for the run. */
  #afterwards(job: Job, { reply, usable, spending }: Outcome, context: RunContext): readonly Job[] {
    if (reply.kind === 'message') {
      this.#busy = 0;
      this.#refused = 0;
      if (usable || reply.stop === 'refusal') return [];
      if (reply.stop === 'cut') return halves(job);
      return job.tries === 0 ? [{ ...job, tries: 1 }] : [];
    }
    if (reply.scope === 'run') this.#channel.stop(reply.message);
    else if (spending.stop !== null) this.#channel.stop(stopWords[spending.stop]);
    else if (reply.status === 413 && job.clusters.length > 1) return halves(job);
    else if (reply.scope === 'request' && ++this.#refused >= mostRefused) this.#channel.stop(reply.message);
    else if (reply.scope === 'busy' && (reply.type === 'timeout' || ++this.#busy >= mostBusy)) this.#channel.stop(reply.message);
    if (this.#channel.stopped === null)
      context.report({ kind: 'warning', message: `Claude: ${reply.message} Those pairs stay ambiguous.` });
    return [];
  }

  async #sendBatch(jobs: readonly Job[], context: RunContext): Promise<void> {
    const { ready, left } = this.#reserve(jobs, true);
    if (ready.length === 0 || this.#batching === null) return;
    const entries = ready.map((job) => ({ job, request: this.#request(job.clusters) }));
    const bounds = entries.map(({ request }) => this.#channel.boundOf(request, true));
    const tokens = bounds.reduce((sum, { input, output }) => sum + input + output, 0);
    this.#channel.underWay.begin(entries, { attempts: entries.length, tokens });
    const id = await this.#batching.create(entries, this.#masker.signs(), {
      begin: () => this.#grace(context),
      show: (body) => this.#channel.show(body, context),
    });
    if (typeof id !== 'string') this.#failBatch(id, ready, context);
    this.#channel.underWay.end(entries);
    if (typeof id !== 'string') {
      context.signal.throwIfAborted();
      return;
    }
    this.clusters += ready.reduce((sum, { clusters }) => sum + clusters.length, 0);
    await this.#fetchBatch(id, ready, (text) => this.#masker.restore(text), context);
    if (left.length > 0 && this.#channel.open) await this.#sendBatch(left, context);
  }

  /** One line of the ledger for a batch that was not taken. */
  #failBatch(failed: ClaudeFailure, jobs: readonly Job[], context: RunContext): void {
    const bounds = jobs.map(({ clusters }) => this.#channel.boundOf(this.#request(clusters), true));
    if (!failed.mayBeBilled) for (const bound of bounds) this.#channel.budget.settle(bound, null);
    const uncertain = failed.mayBeBilled ? bounds.reduce((sum, { input, output }) => sum + input + output, 0) : 0;
    this.#keep(
      { clusters: jobs.flatMap(({ clusters }) => clusters), tries: 0 },
      failed,
      { attempts: jobs.length, uncertain, stop: null },
      { batch: null, restore: (text) => text, context },
    );
    this.#channel.stop(failed.message);
  }

  /** Waits for a batch and takes its results, matched by their ids. A batch that is not there any more is forgotten. */
  async #fetchBatch(id: string, jobs: readonly Job[], restore: Restore, context: RunContext): Promise<void> {
    const entries = await this.#batching?.wait(id, context);
    if (entries === undefined) return;
    if ('kind' in entries) {
      const message = `The batch ${id} could not be fetched: ${entries.message}`;
      // Gone, or refused: it will not come back, and what it asked may be asked again.
      if (entries.scope === 'busy') this.#channel.stop(message);
      else {
        context.report({ kind: 'warning', message });
        this.#batching?.forget(id);
      }
      return;
    }
    const replies = new Map(entries.map((entry) => [entry.id, entry.reply]));
    for (const job of jobs) {
      const request = this.#request(job.clusters);
      const reply = replies.get(Batching.entryId(request)) ?? missingEntry;
      const bound = this.#channel.boundOf(request, true);
      const uncertain = reply.kind === 'failure' && reply.mayBeBilled ? bound.input + bound.output : 0;
      if (uncertain === 0) this.#channel.budget.settle(bound, reply.kind === 'message' ? reply.usage : null);
      this.#keep(job, reply, { attempts: 1, uncertain, stop: null }, { batch: id, restore, context });
    }
    const failed = new Set([...replies.values()].flatMap((reply) => (reply.kind === 'failure' ? [reply.message] : [])));
    for (const message of failed) context.report({ kind: 'warning', message: `Claude: ${message} Those pairs stay ambiguous.` });
    this.#batching?.forget(id);
  }

  #request(clusters: readonly QuestionCluster[]): ClaudeRequest {
    const pairs = clusters.reduce((sum, { questions }) => sum + questions.length, 0);
    return {
      system: systemPrompt,
      document: documentOf(clusters, this.#instructions),
      maxTokens: answerBound.base + answerBound.pair * pairs + answerBound.cluster * clusters.length,
      schema: answerSchema,
    };
  }
}

/** From a timer: what it throws would end the process. The next report of the run itself throws it again. */
function report(event: ProgressEvent, context: RunContext): void {
  try {
    context.report(event);
  } catch {
    // Told by the next report outside of a timer.
  }
}

const missingEntry: ClaudeFailure = {
  kind: 'failure',
  scope: 'request',
  type: 'missing',
  status: null,
  message: 'The batch has no result for this request.',
  mayBeBilled: false,
};

function countPairs(jobs: readonly Job[]): number {
  return jobs.reduce((sum, { clusters }) => sum + clusters.reduce((count, { questions }) => count + questions.length, 0), 0);
}

/** The job with fewer and fewer of its last clusters. */
function prefixes({ clusters, tries }: Job): readonly Job[] {
  return clusters.slice(1).map((_, at) => ({ clusters: clusters.slice(0, clusters.length - 1 - at), tries }));
}

function halves({ clusters, tries }: Job): readonly Job[] {
  if (clusters.length < 2) return [];
  const middle = Math.ceil(clusters.length / 2);
  return [clusters.slice(0, middle), clusters.slice(middle)].map((half) => ({ clusters: half, tries }));
}

interface Believed {
  readonly answers: readonly PairAnswer[];
  readonly doubts: readonly string[];
  readonly usable: boolean;
}

const nothing: Believed = { answers: [], doubts: [], usable: false };

function believed(text: string, stop: 'end' | 'cut' | 'refusal', clusters: readonly QuestionCluster[]): Believed {
  if (stop === 'refusal') return { ...nothing, doubts: ['It refused to answer.'] };
  const { read, why } = readAnswers(text, clusters);
  if (read !== null) return { ...read, usable: true };
  return { ...nothing, doubts: [stop === 'cut' ? 'An answer was cut off at its longest length.' : `It was not understood: ${why}.`] };
}

function restored(answer: Answer, restore: Restore): Answer {
  return { ...answer, reason: restore(answer.reason), rewrite: answer.rewrite === null ? null : restore(answer.rewrite) };
}

function countRelations(answers: readonly PairAnswer[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { answer } of answers) counts[answer.relation] = (counts[answer.relation] ?? 0) + 1;
  return counts;
}
