/** Ctrl-C, some time later: what is under way, and paid for, may still come back. */
export class Grace implements Disposable {
  readonly #signal: AbortSignal;
  readonly #late = new AbortController();
  readonly #begin: () => void;
  #timer: NodeJS.Timeout | null = null;

  /** @param begun called when `signal` is aborted, `ms` milliseconds before that of this object */
  constructor(signal: AbortSignal, ms: number, begun: () => void) {
    this.#signal = signal;
    this.#begin = () => {
      begun();
      this.#timer = setTimeout(() => this.#late.abort(signal.reason), ms);
    };
    signal.addEventListener('abort', this.#begin, { once: true });
  }

  get signal(): AbortSignal {
    return this.#late.signal;
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#begin);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
