/** Two kinds of error: a `UserError` is told to the user (code, no stack); everything else is a bug and keeps its stack. */

/** Exit codes of the contract (design section 6). */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  partial: 3,
  notFound: 4,
  locked: 11,
  inputChanged: 12,
  claude: 13,
  cancelled: 130,
} as const;
export type ExitName = keyof typeof exitCodes;

/** Something the user can mend. `message` says what happened, to which file and line, and what to do next. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.exit = exit;
  }
}

/** Turns whatever was thrown into an `Error`, the thing itself kept as `cause`. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** The `code` of a Node system error (`ENOENT`, `EACCES` ...), or null. */
export function systemCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown)) return null;
  return typeof thrown.code === 'string' ? thrown.code : null;
}
