/**
 * Requests that were sent and stand in no ledger yet. They are kept with the dream before they go out: where its process is killed, they
 * count all the same when it is resumed.
 */
import { z } from 'zod';
import type { Engine } from './engine.js';

const sentForm = z.object({ attempts: z.number(), tokens: z.number() });
/** HTTP requests, and the tokens that they have come to at most. */
export type Sent = Readonly<z.output<typeof sentForm>>;

const checkpoint = 'under-way';

export class UnderWay {
  readonly #engine: Engine;
  readonly #dream: string | null;
  readonly #open = new Map<object, Sent>();

  /** @param dream null outside of a dream: nothing is kept then, there is nothing to resume */
  constructor(engine: Engine, dream: string | null) {
    this.#engine = engine;
    this.#dream = dream;
  }

  /** Keeps what a request comes to with the attempt that is sent next. */
  begin(request: object, sent: Sent): void {
    this.#open.set(request, sent);
    this.#save();
  }

  /** The request stands in the ledger. */
  end(request: object): void {
    if (this.#open.delete(request)) this.#save();
  }

  /** What a process that was killed has left. */
  left(): readonly Sent[] {
    return this.#dream === null ? [] : (this.#engine.store.checkpoint(this.#dream, checkpoint, z.array(sentForm)) ?? []);
  }

  /** To be called once what was left stands in the ledger. */
  clear(): void {
    this.#save();
  }

  #save(): void {
    if (this.#dream !== null) this.#engine.store.saveCheckpoint(this.#dream, checkpoint, [...this.#open.values()]);
  }
}
