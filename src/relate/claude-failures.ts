/** What can go wrong between here and Claude, and what it means: for the request, for the run, and for the user. */
import { z } from 'zod';

/** `request`: only this one failed; `busy`: the server could not answer, later ones may succeed; `run`: no later one can succeed. */
export type FailureScope = 'request' | 'busy' | 'run';

export interface ClaudeFailure {
  readonly kind: 'failure';
  readonly scope: FailureScope;
  /** The API's error type, or `budget`, `connection`, `timeout`. */
  readonly type: string;
  readonly status: number | null;
  /** What happened and what to do about it. */
  readonly message: string;
  /** True where the last attempt may have been billed all the same. */
  readonly mayBeBilled: boolean;
}

/** Type of the response that takes the place of an attempt for which there is no budget. */
export const budgetType = 'budget';

/** A failure in one line. */
export function failure(scope: FailureScope, type: string, status: number | null, message: string, mayBeBilled: boolean): ClaudeFailure {
  return { kind: 'failure', scope, type, status, message, mayBeBilled };
}

/** Type and message of an error in the API's envelope; a compatible server may answer otherwise. */
export function saidBy(body: unknown): { readonly type: string; readonly message: string } {
  const envelope = z.object({ error: z.object({ type: z.string().default('error'), message: z.string() }) }).safeParse(body);
  return envelope.success ? envelope.data.error : { type: 'error', message: 'no reason given' };
}

/** What a status means for the run, and what the user can do about it. */
export function toldBy(
  status: number,
  { type, message }: { readonly type: string; readonly message: string },
  model: string,
  host: string,
): Omit<ClaudeFailure, 'mayBeBilled'> {
  const told = (scope: FailureScope, advice: string) =>
    ({ kind: 'failure', scope, type, status, message: `${host}: ${message} ${advice}`.trim() }) as const;
  if (type === budgetType) return { kind: 'failure', scope: 'request', type, status: null, message };
  if (status === 401) return told('run', '(401) Check ANTHROPIC_API_KEY, or sign in again.');
  if (status === 402 || /credit balance/i.test(message)) return told('run', `(${status}) Check the billing of the account.`);
  if (status === 403) return told('run', '(403) The key may not use this: take another key, or another model with --llm-model.');
  if (status === 404) return told('run', `(404) Is ${model} a model of this server? Name another with --llm-model.`);
  if (status === 413) return told('request', '(413) The request was too large for this server.');
  if (status === 429) return told('busy', '(429) Too many requests for this account: try again later.');
  if (status >= 500 || status === 408 || status === 409) return told('busy', `(${status}) Try again later.`);
  return told(
    'request',
    `(${status}) The server does not take this request: name another model with --llm-model, or go on with --llm off.`,
  );
}

/** An answer whose body ends too early: the SDK passes on what fetch throws, with the error of the connection as its cause. */
export function brokeOff(error: Error): boolean {
  return error instanceof TypeError && error.cause instanceof Error;
}

/** What lies behind an error of a connection. */
export function causeOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : error.message;
}

/** Host and port; neither a path nor what opens it. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
