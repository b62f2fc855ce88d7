/** A stand-in for Claude's API on this machine, over HTTP: Messages and Message Batches as the real SDK speaks them, with faults on order. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import { addUsage, noTokens, type TokenUsage } from '../../dist/relate/prices.js';
import {
  type AnswerFault,
  type AnswerOptions,
  type Asked,
  type AskedStatement,
  type ClusterDocument,
  type Params,
  pairedWith,
  readMessage,
  textOf,
  writeAnswer,
} from './claude-answers.js';

/** An error envelope with the type that goes with the status. */
export interface StatusFault {
  readonly status: 400 | 401 | 402 | 403 | 404 | 413 | 429 | 500 | 529;
  /** Seconds, in the header. */
  readonly retryAfter?: number;
  readonly message?: string;
}

/** Beside bad statuses and answers: the socket destroyed after half of the body, or before the request is read; no answer ever. */
export type Fault = StatusFault | 'cut' | 'refused' | 'stalled' | AnswerFault;

/** How it answers, and when it fails to. */
export interface StandInOptions extends AnswerOptions {
  /** What goes wrong with the n-th POST to /v1/messages, counted from 1; null: nothing. */
  readonly fault?: (n: number) => Fault | null;
  /** How many looks at a batch find it still in progress; 2 unless told. */
  readonly batchPolls?: number;
  /** What goes wrong with an entry of a batch, by its place in that batch, counted from 1. */
  readonly batchFault?: (n: number) => 'errored' | 'expired' | 'canceled' | AnswerFault | null;
  /** How long each answer to POST /v1/messages takes. */
  readonly delayMs?: number;
}

/** A request as it reached the server, whatever became of it. */
export interface RecordedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As it came, empty where there was none or the connection was refused. */
  readonly body: string;
}

/** Batches last as long as it does; disposing of it closes it. */
export interface ClaudeStandIn extends AsyncDisposable {
  /** For the SDK's `baseURL`. */
  readonly url: string;
  /** Everything that was asked of the server, faulty or not, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Every document about clusters in those requests, retries and entries of batches included. */
  readonly documents: () => readonly ClusterDocument[];
  /** Every pair that those documents ask about. */
  readonly pairs: () => readonly { readonly a: AskedStatement; readonly b: AskedStatement }[];
  /** Number of requests to POST /v1/messages. */
  readonly posts: () => number;
  /** What it has billed: every message that it has made, those whose connection was cut and those of batches too. */
  readonly usage: () => TokenUsage;
  /** Cuts every open connection, stalled ones too. */
  readonly close: () => Promise<void>;
}

const batchSchema = z.object({
  requests: z.array(z.object({ custom_id: z.string().regex(/^[\w-]{1,64}$/), params: z.unknown() })).min(1),
});

interface Batch {
  readonly id: string;
  readonly created: Date;
  lines: readonly Anthropic.Messages.MessageBatchIndividualResponse[];
  looks: number;
  cancelled: string | null;
  ended: string | null;
}

interface State {
  readonly options: StandInOptions;
  readonly requests: RecordedRequest[];
  readonly batches: Map<string, Batch>;
  /** System texts that were paid for as cached ones. */
  readonly cached: Set<string>;
  billed: TokenUsage;
  url: string;
  posts: number;
  ids: number;
}

const tokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);
const nextId = (state: State, prefix: string): string => `${prefix}_${String(++state.ids).padStart(24, '0')}`;

function countUsage({ cached }: State, { system, messages }: Params, answer: string | null): Anthropic.Usage {
  const prefix = textOf(system.slice(0, system.findLastIndex(({ cache_control }) => cache_control) + 1));
  const rest = textOf(system).slice(prefix.length);
  const known = cached.has(prefix);
  cached.add(prefix);
  return {
    input_tokens: tokens(rest) + tokens(messages.map(({ content }) => textOf(content)).join('')),
    output_tokens: tokens(answer ?? ''),
    cache_creation_input_tokens: known ? 0 : tokens(prefix),
    cache_read_input_tokens: known ? tokens(prefix) : 0,
    cache_creation: null,
    inference_geo: null,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: null,
    speed: null,
  };
}

function makeMessage(state: State, params: Params, asked: Asked, fault: AnswerFault | null): Anthropic.Message {
  const { text, stop_reason } = writeAnswer(asked, state.options, fault);
  const usage = countUsage(state, params, text);
  const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = usage;
  const cached = {
    cache_creation_input_tokens: cache_creation_input_tokens ?? 0,
    cache_read_input_tokens: cache_read_input_tokens ?? 0,
  };
  state.billed = addUsage(state.billed, { input_tokens, output_tokens, ...cached });
  return {
    id: nextId(state, 'msg'),
    type: 'message',
    role: 'assistant',
    model: params.model,
    content: text === null ? [] : [{ type: 'text', text, citations: null }],
    stop_reason,
    stop_sequence: null,
    stop_details: stop_reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
    container: null,
    diagnostics: null,
    usage,
  };
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = (value: object): Reply => ({ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
const errorTypes: Readonly<Record<StatusFault['status'], string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

function failure({ status, retryAfter, message = 'The stand-in was told to fail.' }: StatusFault): Reply {
  const envelope = { type: 'error', error: { type: errorTypes[status], message }, request_id: null };
  return {
    ...json(envelope),
    status,
    headers: { ...json(envelope).headers, ...(retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` }) },
  };
}

/** What `read` gives, or the words of what it throws. */
function attempt<T>(read: () => T): { readonly value: T } | { readonly problem: string } {
  try {
    return { value: read() };
  } catch (error) {
    return { problem: String(error) };
  }
}

function createMessage(state: State, body: string, fault: AnswerFault | null): Reply {
  const read = attempt(() => readMessage(JSON.parse(body)));
  if ('problem' in read) return failure({ status: 400, message: read.problem });
  return json(makeMessage(state, read.value.params, read.value.asked, fault));
}

type BatchResult = Anthropic.Messages.MessageBatchResult;

function errored(type: 'api_error' | 'invalid_request_error', message: string): BatchResult {
  return { type: 'errored', error: { type: 'error', error: { type, message }, request_id: null } };
}

function batchResult(state: State, params: unknown, place: number): BatchResult {
  const fault = state.options.batchFault?.(place) ?? null;
  if (fault === 'errored') return errored('api_error', 'The stand-in was told to fail.');
  if (fault === 'expired' || fault === 'canceled') return { type: fault };
  const read = attempt(() => readMessage(params));
  if ('problem' in read) return errored('invalid_request_error', read.problem);
  return { type: 'succeeded', message: makeMessage(state, read.value.params, read.value.asked, fault) };
}

function batchState(state: State, { id, created, lines, cancelled, ended }: Batch): Anthropic.Messages.MessageBatch {
  const count = (type: BatchResult['type']): number => (ended === null ? 0 : lines.filter(({ result }) => result.type === type).length);
  const inProgress = cancelled === null ? 'in_progress' : 'canceling';
  return {
    id,
    type: 'message_batch',
    processing_status: ended === null ? inProgress : 'ended',
    request_counts: {
      processing: ended === null ? lines.length : 0,
      succeeded: count('succeeded'),
      errored: count('errored'),
      canceled: count('canceled'),
      expired: count('expired'),
    },
    created_at: created.toISOString(),
    expires_at: new Date(created.getTime() + 86_400_000).toISOString(),
    ended_at: ended,
    cancel_initiated_at: cancelled,
    archived_at: null,
    results_url: ended === null ? null : `${state.url}/v1/messages/batches/${id}/results`,
  };
}

function createBatch(state: State, body: string): Reply {
  const read = attempt(() => batchSchema.parse(JSON.parse(body)));
  if ('problem' in read) return failure({ status: 400, message: read.problem });
  const { requests } = read.value;
  if (new Set(requests.map(({ custom_id }) => custom_id)).size < requests.length)
    return failure({ status: 400, message: 'requests: custom_id is not unique' });
  const lines = requests.map(({ custom_id, params }, at) => ({ custom_id, result: batchResult(state, params, at + 1) }));
  const batch: Batch = { id: nextId(state, 'msgbatch'), created: new Date(), lines, looks: 0, cancelled: null, ended: null };
  state.batches.set(batch.id, batch);
  return json(batchState(state, batch));
}

function listBatches(state: State): Reply {
  const data = [...state.batches.values()].reverse().map((batch) => batchState(state, batch));
  return json({ data, has_more: false, first_id: data.at(0)?.id ?? null, last_id: data.at(-1)?.id ?? null });
}

/** A batch that was cancelled is at its end at the next look. */
function lookAt(state: State, batch: Batch): Reply {
  batch.looks++;
  const over = batch.cancelled !== null || batch.looks > (state.options.batchPolls ?? 2);
  if (over) batch.ended ??= new Date().toISOString();
  return json(batchState(state, batch));
}

/** Nothing of a batch has been answered before its end, so cancelling takes all of it. */
function cancel(state: State, batch: Batch): Reply {
  if (batch.ended !== null) return failure({ status: 400, message: 'The batch has ended.' });
  batch.cancelled ??= new Date().toISOString();
  batch.lines = batch.lines.map(({ custom_id }) => ({ custom_id, result: { type: 'canceled' } }));
  return json(batchState(state, batch));
}

function results({ lines }: Batch): Reply {
  const body = [...lines].reverse().map((line) => `${JSON.stringify(line)}\n`);
  return { status: 200, headers: { 'content-type': 'application/x-jsonl' }, body: body.join('') };
}

function answerBatches(state: State, method: string, path: string, body: string): Reply | null {
  const route = /^\/v1\/messages\/batches(?:\/([^/]+)(?:\/(results|cancel))?)?$/.exec(path);
  if (route === null) return null;
  const [, id, verb] = route;
  if (id === undefined && method === 'POST') return createBatch(state, body);
  if (id === undefined) return method === 'GET' ? listBatches(state) : null;
  const batch = state.batches.get(id);
  if (batch === undefined) return null;
  if (method === 'POST') return verb === 'cancel' ? cancel(state, batch) : null;
  if (method !== 'GET' || verb === 'cancel') return null;
  if (verb === undefined) return lookAt(state, batch);
  return batch.ended === null ? null : results(batch);
}

function send(state: State, response: ServerResponse, { status, headers, body }: Reply, cut: boolean): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-length': bytes.length, 'request-id': nextId(state, 'req') });
  if (cut) response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  else response.end(bytes);
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';
const isPost = (method: string, path: string): boolean => method === 'POST' && pathOf(path) === '/v1/messages';
const hasKey = ({ authorization, 'x-api-key': key }: IncomingHttpHeaders): boolean =>
  /^Bearer \S/.test(authorization ?? '') || (key !== undefined && key.length > 0);

const isAnswerFault = (fault: Fault | null): fault is AnswerFault =>
  typeof fault === 'string' && fault !== 'cut' && fault !== 'refused' && fault !== 'stalled';

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '', headers } = request;
  if (isPost(method, path)) state.posts++;
  const fault = isPost(method, path) ? (state.options.fault?.(state.posts) ?? null) : null;
  const place = state.requests.push({ method, path, headers, body: '' }) - 1;
  if (fault === 'refused') {
    request.destroy();
    return;
  }
  const body = await readText(request);
  state.requests[place] = { method, path, headers, body };
  if (fault === 'stalled') return;
  if (isPost(method, path) && state.options.delayMs) await wait(state.options.delayMs, null, { ref: false });
  send(state, response, replyTo(state, { method, path, headers, body }, fault), fault === 'cut');
}

function replyTo(state: State, { method, path, headers, body }: RecordedRequest, fault: Fault | null): Reply {
  if (!hasKey(headers)) return failure({ status: 401, message: 'no key came' });
  if (typeof fault === 'object' && fault !== null) return failure(fault);
  if (isPost(method, path)) return createMessage(state, body, isAnswerFault(fault) ? fault : null);
  return answerBatches(state, method, pathOf(path), body) ?? failure({ status: 404, message: `nothing at ${method} ${path}` });
}

/** The documents about clusters in a request; none where it holds nothing that can be read. */
function documentsIn({ method, path, body }: RecordedRequest): readonly ClusterDocument[] {
  const batch = method === 'POST' && pathOf(path) === '/v1/messages/batches';
  if (!batch && !isPost(method, path)) return [];
  const read = attempt((): readonly unknown[] => {
    const parsed: unknown = JSON.parse(body);
    return batch ? batchSchema.parse(parsed).requests.map(({ params }) => params) : [parsed];
  });
  return ('value' in read ? read.value : []).flatMap((params) => {
    const message = attempt(() => readMessage(params));
    return 'value' in message && message.value.asked.about === 'clusters' ? [message.value.asked.document] : [];
  });
}

/** Listens on a free port of this machine until it is closed. */
export async function startClaude(options: StandInOptions): Promise<ClaudeStandIn> {
  const state: State = { options, requests: [], batches: new Map(), cached: new Set(), billed: noTokens, url: '', posts: 0, ids: 0 };
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(state, response, failure({ status: 500, message: String(error) }), false);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  state.url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  const documents = (): readonly ClusterDocument[] => state.requests.flatMap(documentsIn);
  const pairs = () => documents().flatMap(({ clusters }) => clusters.flatMap(pairedWith));
  const counts = { posts: () => state.posts, usage: () => state.billed };
  return { url: state.url, requests: state.requests, documents, pairs, ...counts, close, [Symbol.asyncDispose]: close };
}
