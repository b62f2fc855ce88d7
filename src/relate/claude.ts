/**
 * The only file that talks to Claude: the official SDK, one request or one batch at a time. What goes wrong comes back as a value that says
 * whether asking on makes sense; retries, waiting times and `retry-after` are the SDK's. Every HTTP request is announced before it is sent.
 */
import type { Middleware } from '@anthropic-ai/sdk/core/middleware';
import { z } from 'zod';
import { toError } from '../errors.js';
import { brokeOff, budgetType, type ClaudeFailure, causeOf, failure, hostOf, saidBy, toldBy } from './claude-failures.js';
import type { TokenUsage } from './prices.js';

export interface ClaudeOptions {
  readonly model: string;
  /** Milliseconds that the server may take for one attempt, and for a request with all its attempts. */
  readonly attemptMs: number;
  readonly requestMs: number;
}

export interface ClaudeRequest {
  /** Cached by the API from the second request on. */
  readonly system: string;
  /** The one document of the user message. */
  readonly document: string;
  readonly maxTokens: number;
  /** JSON schema of the answer. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What came before an attempt: nothing, one that was surely not billed, or one that may have been. */
export type Earlier = 'nothing' | 'unbilled' | 'unknown';

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Asked before each HTTP request; false: it is not sent, and the request has failed with type `budget`. */
  readonly mayTry: (earlier: Earlier) => boolean;
  /** Given the body of each HTTP request as it is sent. */
  readonly show: (body: string) => void;
}

export interface ClaudeMessage {
  readonly kind: 'message';
  readonly text: string;
  readonly stop: 'end' | 'cut' | 'refusal';
  readonly usage: TokenUsage;
  readonly requestId: string | null;
}

export type ClaudeReply = ClaudeMessage | ClaudeFailure;

export interface BatchProgress {
  readonly ended: boolean;
  readonly done: number;
  readonly total: number;
}

/** `scope` of a failure says nothing of the other entries. */
export interface BatchEntry {
  readonly id: string;
  readonly reply: ClaudeReply;
}

export interface Claude {
  readonly model: string;
  /** Host and port that texts are sent to. */
  readonly host: string;
  /** Exactly what `ask` sends as the body of its first attempt. */
  readonly body: (request: ClaudeRequest) => Readonly<Record<string, unknown>>;
  readonly ask: (request: ClaudeRequest, options: AskOptions) => Promise<ClaudeReply>;
  /** The batch's id. One HTTP request, which is never repeated. */
  readonly createBatch: (
    entries: readonly { readonly id: string; readonly request: ClaudeRequest }[],
    options: AskOptions,
  ) => Promise<string | ClaudeFailure>;
  readonly batchProgress: (id: string, signal: AbortSignal) => Promise<BatchProgress | ClaudeFailure>;
  /** All entries of a batch that has ended, in any order. */
  readonly batchEntries: (id: string, signal: AbortSignal) => Promise<readonly BatchEntry[] | ClaudeFailure>;
}

type Sdk = typeof import('@anthropic-ai/sdk');

/**
 * A client with the key, the token or the profile that the SDK finds in its usual places, and the server that `ANTHROPIC_BASE_URL` names.
 * Nothing is sent. Null where the SDK finds no credentials.
 */
export async function openClaude(options: ClaudeOptions): Promise<Claude | null> {
  const sdk = await import('@anthropic-ai/sdk');
  const client = new sdk.default({ timeout: options.attemptMs, logLevel: 'off', fetchOptions: { redirect: 'error' } });
  if (client.apiKey === null && client.authToken === null && !(await hasProfile(client.baseURL))) return null;
  return new SdkClaude(sdk, client, options);
}

/** Whether the SDK knows a profile or an identity of this machine; it reads files and variables, and sends nothing. */
async function hasProfile(baseURL: string): Promise<boolean> {
  try {
    const { defaultCredentials } = await import('@anthropic-ai/sdk/lib/credentials/credential-chain');
    return (await defaultCredentials({ baseURL, fetch: () => Promise.reject(new Error('nothing is sent here')) })) !== null;
  } catch {
    // Credentials that cannot be read are reported by the first request, in the SDK's words.
    return true;
  }
}

/** Models that take an effort; others refuse the request. */
const takesEffort = /^claude-(?:fable|mythos|opus|sonnet|haiku)-5|^claude-opus-4-[5-8]|^claude-sonnet-4-6/;

/** What a request asks for besides an answer; each is left out from then on once a server has refused it. */
interface Extras {
  effort: boolean;
  format: boolean;
}

/** The body of a request for a message, as it is sent first. */
export function requestBody(model: string, request: ClaudeRequest, extras: Extras = extrasFor(model)) {
  const { effort, format } = extras;
  const config = {
    ...(effort ? { effort: 'low' as const } : {}),
    ...(format ? { format: { type: 'json_schema' as const, schema: request.schema } } : {}),
  };
  return {
    model,
    max_tokens: request.maxTokens,
    system: [{ type: 'text' as const, text: request.system, cache_control: { type: 'ephemeral' as const } }],
    messages: [{ role: 'user' as const, content: request.document }],
    ...(effort || format ? { output_config: config } : {}),
  };
}

function extrasFor(model: string): Extras {
  return { effort: takesEffort.test(model), format: true };
}

const tokens = z.int().min(0).max(1e9);
const usageForm = z.object({
  input_tokens: tokens,
  output_tokens: tokens,
  cache_creation_input_tokens: tokens.nullish(),
  cache_read_input_tokens: tokens.nullish(),
});
/** Of the API's message what is used here; a compatible server may leave out the rest. */
const messageForm = z.object({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string().nullish(),
  usage: usageForm,
});

/** Characters of a message that are kept; a server may say what it likes. */
const mostMessage = 500;

class SdkClaude implements Claude {
  readonly model: string;
  readonly host: string;
  readonly #sdk: Sdk;
  readonly #client: InstanceType<Sdk['default']>;
  readonly #requestMs: number;
  readonly #extras: Extras;

  constructor(sdk: Sdk, client: InstanceType<Sdk['default']>, { model, requestMs }: ClaudeOptions) {
    this.model = model;
    this.host = hostOf(client.baseURL);
    this.#sdk = sdk;
    this.#client = client;
    this.#requestMs = requestMs;
    this.#extras = extrasFor(model);
  }

  body(request: ClaudeRequest) {
    return requestBody(this.model, request, this.#extras);
  }

  async ask(request: ClaudeRequest, { signal, mayTry, show }: AskOptions): Promise<ClaudeReply> {
    const attempts = new Attempts(mayTry, show);
    for (;;) {
      try {
        const body = this.body(request);
        const { data, response } = await this.#within(signal, (inner) =>
          this.#client.messages.create(body, { signal: inner, middleware: [attempts.watch] }).withResponse(),
        );
        return messageOf(data, response.headers.get('request-id'));
      } catch (thrown) {
        const failure = this.#failure(thrown, signal, attempts);
        if (!this.#dropExtra(failure)) return failure;
      }
    }
  }

  async createBatch(
    entries: readonly { readonly id: string; readonly request: ClaudeRequest }[],
    { signal, mayTry, show }: AskOptions,
  ): Promise<string | ClaudeFailure> {
    const attempts = new Attempts(mayTry, show);
    try {
      const requests = entries.map(({ id, request }) => ({ custom_id: id, params: this.body(request) }));
      // Sent once: a second try after a cut connection could make, and bill, the batch twice.
      const options = { maxRetries: 0, middleware: [attempts.watch] };
      const { id } = await this.#within(signal, (inner) =>
        this.#client.messages.batches.create({ requests }, { ...options, signal: inner }),
      );
      return id;
    } catch (thrown) {
      return this.#failure(thrown, signal, attempts);
    }
  }

  async batchProgress(id: string, signal: AbortSignal): Promise<BatchProgress | ClaudeFailure> {
    try {
      const batch = await this.#within(signal, (inner) => this.#client.messages.batches.retrieve(id, {}, { signal: inner }));
      const { processing, succeeded, errored, expired, canceled } = batch.request_counts;
      const done = succeeded + errored + expired + canceled;
      return { ended: batch.processing_status === 'ended', done, total: done + processing };
    } catch (thrown) {
      return this.#failure(thrown, signal, unbilled);
    }
  }

  async batchEntries(id: string, signal: AbortSignal): Promise<readonly BatchEntry[] | ClaudeFailure> {
    try {
      return await this.#within(signal, async (inner) => {
        const found: BatchEntry[] = [];
        for await (const entry of await this.#client.messages.batches.results(id, {}, { signal: inner })) {
          found.push({ id: entry.custom_id, reply: entryReply(entry.result) });
        }
        return found;
      });
    } catch (thrown) {
      return this.#failure(thrown, signal, unbilled);
    }
  }

  /** Ends the work when `signal` is aborted or the time for a request is over, whatever the SDK is waiting for. */
  async #within<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const inner = AbortSignal.any([signal, AbortSignal.timeout(this.#requestMs)]);
    inner.throwIfAborted();
    const pending = work(inner);
    pending.catch(() => undefined);
    return Promise.race([
      pending,
      new Promise<never>((_, reject) => {
        inner.addEventListener('abort', () => reject(inner.reason), { once: true });
      }),
    ]);
  }

  /** Leaves out what an older model or a compatible server does not know; true where the request is worth another try. */
  #dropExtra({ status, type, message }: ClaudeFailure): boolean {
    if (status !== 400 || type === budgetType) return false;
    const extras = this.#extras;
    if (extras.effort && /effort/i.test(message)) extras.effort = false;
    else if (extras.format && /output_config|format|schema|extra inputs|unknown|unexpected|unrecognized/i.test(message)) {
      extras.effort = false;
      extras.format = false;
    } else return false;
    return true;
  }

  #failure(thrown: unknown, signal: AbortSignal, { earlier, trouble }: Pick<Attempts, 'earlier' | 'trouble'>): ClaudeFailure {
    signal.throwIfAborted();
    const failed = this.#told(toError(thrown), { earlier, trouble });
    return { ...failed, message: this.#withoutKeys(failed.message) };
  }

  /** A server, or the address of one, may hold what opens it; neither a message nor the ledger may. */
  #withoutKeys(message: string): string {
    const keys = [this.#client.apiKey, this.#client.authToken].flatMap((key) => (key === null || key === '' ? [] : [key]));
    const shown = keys.reduce((text, key) => text.replaceAll(key, '...'), message.slice(0, mostMessage));
    return shown.replace(/\/\/[^\s/@]{1,200}@/g, '//');
  }

  #told(error: Error, { earlier, trouble }: Pick<Attempts, 'earlier' | 'trouble'>): ClaudeFailure {
    const mayBeBilled = earlier === 'unknown';
    if (error.name === 'TimeoutError' || error instanceof this.#sdk.APIConnectionTimeoutError) {
      const last = trouble === null ? '' : `, the last attempt ended with: ${trouble}`;
      return failure('busy', 'timeout', null, `${this.host} did not answer in time${last}. Try again later.`, mayBeBilled);
    }
    if (error instanceof this.#sdk.APIConnectionError || brokeOff(error)) {
      return failure(
        'busy',
        'connection',
        null,
        `${this.host} could not be reached, or the connection broke (${causeOf(error)}). Check the network and ANTHROPIC_BASE_URL, or try again later.`,
        mayBeBilled,
      );
    }
    if (error instanceof this.#sdk.APIError && typeof error.status === 'number') {
      const said = saidBy(error.error);
      return { ...toldBy(error.status, said, this.model, this.host), mayBeBilled };
    }
    return failure('run', 'unusable', null, `${this.host} gave no answer that can be used: ${error.message}`, mayBeBilled);
  }
}

/** Counts the HTTP requests of one call and asks before each. */
class Attempts {
  earlier: Earlier = 'nothing';
  /** How the last attempt that has ended failed; null where none has. */
  trouble: string | null = null;
  readonly #mayTry: AskOptions['mayTry'];
  readonly #show: AskOptions['show'];

  constructor(mayTry: AskOptions['mayTry'], show: AskOptions['show']) {
    this.#mayTry = mayTry;
    this.#show = show;
  }

  readonly watch: Middleware = async (request, next) => {
    if (!this.#mayTry(this.earlier)) return noBudget();
    if (typeof request.body === 'string') this.#show(request.body);
    // Until the answer is there, nobody knows whether the server has worked on it.
    this.earlier = 'unknown';
    const response = await next(request).catch((thrown: unknown) => {
      this.trouble = causeOf(toError(thrown));
      throw thrown;
    });
    if (response.ok) return response;
    this.earlier = 'unbilled';
    this.trouble = `status ${response.status}`;
    return response;
  };
}

/** For requests that cost nothing. */
const unbilled = { earlier: 'unbilled', trouble: null } as const;

function noBudget(): Response {
  const body = { type: 'error', error: { type: budgetType, message: 'The budget holds no further attempt.' } };
  return new Response(JSON.stringify(body), {
    status: 400,
    headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
  });
}

function messageOf(data: unknown, requestId: string | null): ClaudeReply {
  const parsed = messageForm.safeParse(data);
  if (!parsed.success) return failure('request', 'unusable', null, 'The answer is no message of the Messages API.', true);
  const { content, stop_reason: stop, usage } = parsed.data;
  return {
    kind: 'message',
    text: content.flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : [])).join(''),
    stop: stop === 'refusal' ? 'refusal' : stop === 'max_tokens' || stop === 'model_context_window_exceeded' ? 'cut' : 'end',
    usage: {
      input_tokens: usage.input_tokens,
      output_tokens: usage.output_tokens,
      cache_creation_input_tokens: usage.cache_creation_input_tokens ?? 0,
      cache_read_input_tokens: usage.cache_read_input_tokens ?? 0,
    },
    requestId,
  };
}

/** Entries that errored, expired or were canceled are not billed. */
function entryReply(result: { readonly type: string; readonly message?: unknown; readonly error?: unknown }): ClaudeReply {
  if (result.type === 'succeeded') return messageOf(result.message, null);
  if (result.type === 'errored') {
    const { type, message } = saidBy(result.error);
    return failure('request', type, null, `An entry of the batch failed: ${message}`, false);
  }
  return failure(
    'request',
    result.type,
    null,
    `An entry of the batch has ${result.type === 'expired' ? 'expired' : 'been canceled'}.`,
    false,
  );
}
