/**
 * Asks Claude about what the local judge is unsure of: what was answered before comes from the database, the rest goes out in the order of
 * what it is worth, as far as the budget reaches. What is not answered stays ambiguous.
 */
import { z } from 'zod';
import type { AskSettings } from '../config.js';
import type { RunContext } from '../context.js';
import { UserError } from '../errors.js';
import { relations, sha256, textKey } from '../memory.js';
import type { Answer, PairAnswer } from '../relate/answers.js';
import { openClaude } from '../relate/claude.js';
import { questionVersion } from '../relate/claude-document.js';
import type { Reader } from '../relate/judge.js';
import type { PhrasedInsight } from '../relate/phrasing.js';
import { defaultModel, pricedModels, priceOf } from '../relate/prices.js';
import {
  type AskedStatement,
  type ClusterShape,
  clusterQuestions,
  packClusters,
  type Question,
  questionKey,
  requestShape,
} from '../relate/questions.js';
import type { AnswerScope } from '../store/ledger.js';
import { Channel, type PlannedRequest } from './channel.js';
import type { Engine } from './engine.js';
import type { AskReport } from './ledger.js';
import { Masker } from './masking.js';
import { phraseInsights } from './phrasing.js';
import { Sender } from './sending.js';

/** A side of an open pair as its run knows it. */
export interface OpenSide {
  readonly text: string;
  readonly written: string | null;
  readonly source: string | null;
}

export interface OpenQuestion {
  readonly a: OpenSide;
  readonly b: OpenSide;
  readonly value: number;
  /** They stand under different names or headings. */
  readonly apart: boolean;
}

/** An answer in the order of the keys of its two texts, and the call that gave it. */
export interface GivenAnswer {
  readonly answer: Answer;
  readonly call: number;
}

const keptAnswer: z.ZodType<Answer> = z.object({
  relation: z.enum(relations),
  keep: z.enum(['a', 'b', 'both', 'either', 'none']),
  reason: z.string(),
  rewrite: z.string().nullable(),
  earlier: z.boolean(),
});

export interface AskerOptions {
  /** Null outside of a dream. */
  readonly dream: string | null;
  readonly instructions: string | null;
  readonly shape: ClusterShape;
}

export class Asker {
  readonly model: string;
  readonly #engine: Engine;
  readonly #channel: Channel;
  readonly #scope: AnswerScope;
  readonly #shape: ClusterShape;
  readonly #sender: Sender;
  readonly #masker: Masker;
  readonly #given = new Map<string, GivenAnswer>();
  /** Every pair that an answer was looked for, with its texts. */
  readonly #looked = new Map<string, OpenQuestion>();
  readonly #refusals = new Map<number, Set<string>>();
  #known = 0;
  #answered = 0;

  /**
   * @param instructions masked
   * @param masker that has masked them: what occurs in statements too gets the same sign there
   */
  constructor(channel: Channel, shape: ClusterShape, instructions: string | null, masker: Masker) {
    this.#masker = masker;
    this.model = channel.options.scope.model;
    this.#engine = channel.options.engine;
    this.#scope = channel.options.scope;
    this.#channel = channel;
    this.#shape = shape;
    this.#sender = new Sender(channel, instructions, this.#masker, (answers, call) => this.#take(answers, call));
  }

  /** The answer about two texts, by `questionKey`; in the order of their keys. */
  answerOf(key: string): GivenAnswer | null {
    return this.#given.get(key) ?? null;
  }

  /** Looks for answers to the pairs that were not looked for before; true where there is a new one. What stays unanswered is in `report`. */
  async ask(open: readonly OpenQuestion[], context: RunContext): Promise<boolean> {
    const before = this.#given.size;
    const fresh = new Map<string, OpenQuestion>();
    for (const one of open) {
      const key = questionKey(textKey(one.a.text), textKey(one.b.text), one.apart);
      const known = fresh.get(key);
      if (!this.#looked.has(key) && (known === undefined || known.value < one.value)) fresh.set(key, one);
    }
    for (const [key, one] of fresh) this.#looked.set(key, one);
    await this.#sender.collect(new Set(fresh.keys()), context);
    this.#recall([...fresh.keys()]);
    const questions = [...fresh].flatMap(([key, one]) => (this.#given.has(key) ? [] : [this.#question(key, one)]));
    const requests = packClusters(clusterQuestions(questions, this.#shape), requestShape);
    await this.#sender.send(requests, context);
    return this.#given.size > before;
  }

  /** Takes the answers that are known from before, by `questionKey`, and asks nothing. */
  recall(keys: readonly string[]): void {
    this.#recall(keys);
  }

  /** Other words for insights, by their place; where Claude was asked for none, or none passed, the place is left out. */
  phrase(insights: readonly PhrasedInsight[], reader: Pick<Reader, 'read'>, context: RunContext): Promise<ReadonlyMap<number, string>> {
    return phraseInsights(insights, { channel: this.#channel, masker: this.#masker, reader, context });
  }

  #take(answers: readonly PairAnswer[], call: number): void {
    for (const { key, answer } of answers) {
      if (this.#looked.has(key) && !this.#given.has(key)) this.#answered++;
      this.#given.set(key, { call, answer });
    }
  }

  /** Notes in the ledger that a text of that call was not taken, and why. */
  refused(call: number, reason: string): void {
    const known = this.#refusals.get(call) ?? new Set();
    this.#refusals.set(call, known.add(reason));
  }

  /** Why texts of that call were not taken. */
  refusalsOf(call: number): readonly string[] {
    return [...(this.#refusals.get(call) ?? [])];
  }

  /** What would be sent, for a dry run. */
  plan(): readonly PlannedRequest[] {
    return this.#channel.planned();
  }

  report(): AskReport {
    const left = [...this.#looked].filter(([key]) => !this.#given.has(key));
    return {
      model: this.model,
      pairs: this.#looked.size,
      answered: this.#answered,
      known: this.#known,
      clusters: this.#sender.clusters,
      left: left.map(([, { a, b }]) => ({ a: a.text, b: b.text })),
      stopped: this.#channel.stopped ?? (left.length > 0 ? this.#channel.trouble : null),
    };
  }

  /** @throws UserError `claude` where Claude is required and pairs are left without an answer. */
  checkComplete(): void {
    const { left, stopped } = this.report();
    if (left.length === 0) return;
    const why = stopped?.replace(/\.$/, '') ?? 'some answers could not be used';
    throw new UserError(
      'claude',
      `Claude was required (--llm require), but ${left.length} pairs have no answer: ${why}. What was answered is kept. Start it again, with a higher limit where one was reached, or go on without: --llm auto.`,
    );
  }

  #recall(keys: readonly string[]): void {
    for (const [key, { value, call }] of this.#engine.store.answers(this.#scope, keys, keptAnswer)) {
      if (this.#given.has(key)) continue;
      this.#given.set(key, { answer: value, call });
      this.#known++;
    }
  }

  #question(key: string, { a, b, value }: OpenQuestion): Question {
    const [first, second] = textKey(a.text) < textKey(b.text) ? [a, b] : [b, a];
    return { key, a: this.#shown(first), b: this.#shown(second), value };
  }

  #shown({ text, written, source }: OpenSide): AskedStatement {
    return { key: textKey(text), text: this.#masker.mask(text), written, source: source === null ? null : this.#masker.mask(source) };
  }
}

/**
 * The asker of a run. Null where Claude is not to be asked and nothing that it answered is to be used.
 * @throws UserError `claude` where Claude is required and not available, `usage` where a limit in money is given for an unknown price.
 */
export async function openAsker(engine: Engine, settings: AskSettings, options: AskerOptions): Promise<Asker | null> {
  if (settings.llm === 'off') return null;
  const model = settings.llmModel ?? defaultModel;
  if (settings.maxUsd !== null && priceOf(model) === null) {
    throw new UserError(
      'usage',
      `--max-usd: the price of ${model} is not known. Use --max-tokens, or a model with a known price: ${pricedModels.join(', ')}.`,
    );
  }
  const times = engine.claude;
  const claude = times === null ? null : await openClaude({ model, attemptMs: times.attemptMs, requestMs: times.requestMs });
  if (claude === null && settings.llm === 'require' && !settings.dryRun) throw missing(engine);
  const masker = new Masker();
  const instructions = options.instructions === null ? null : masker.mask(options.instructions);
  const scope = { model, question: sha256(JSON.stringify([questionVersion, instructions])).slice(0, 16) };
  const channel = new Channel({ engine, claude, times, settings, scope, dream: options.dream });
  return new Asker(channel, options.shape, instructions, masker);
}

function missing(engine: Engine): UserError {
  const why = engine.offline ? 'DREAMFOLD_OFFLINE is 1' : 'no key was found (set ANTHROPIC_API_KEY)';
  return new UserError(
    'claude',
    `Claude is required (--llm require) but not available here: ${why}. Nothing was done. Run it locally with --llm auto or --llm off.`,
  );
}

/** @throws UserError `claude`: as `openAsker`, before a run leaves traces. */
export async function checkAsking(engine: Engine, settings: AskSettings): Promise<void> {
  await openAsker(engine, settings, { dream: null, instructions: null, shape: { statements: 2, pairs: 1 } });
}
