// Reads the current state of submissions from the queue: few at a time, and again later when that fails, for as long as
// somebody wants to know. It does not decide what is news.

import type { JobRecord } from '../shared/queue/queue.ts';

const readsInFlightMost = 64;
/** One record that cannot be read must not hold up the others; this many failures in a row mean that Redis is away. */
const failuresThatMeanAway = 8;
const retryAfterMsLeast = 50;
const retryAfterMsMost = 1000;

export interface StateReaderOptions {
  get(id: string): Promise<JobRecord | null>;
  /** Is anybody still waiting for this one? Asked before each read. */
  wanted(id: string): boolean;
  found(id: string, record: JobRecord | null): void;
  /** Called once for each round of retries. */
  failed(error: unknown, ids: number): void;
}

export class StateReader {
  readonly #options: StateReaderOptions;
  /** In the order of asking. Asking for one that is being read right now reads it again: that read may be too old. */
  readonly #due = new Set<string>();
  readonly #failed = new Set<string>();
  #inFlight = 0;
  #failuresInARow = 0;
  #retryAfterMs = retryAfterMsLeast;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: StateReaderOptions) {
    this.#options = options;
  }

  request(ids: Iterable<string>): void {
    for (const id of ids) this.#due.add(id);
    this.#pump();
  }

  /** Redis is back: what failed is read again now. */
  resume(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#retryAfterMs = retryAfterMsLeast;
    this.#retryFailed();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#due.clear();
    this.#failed.clear();
  }

  #pump(): void {
    for (const id of this.#due) {
      if (this.#inFlight >= readsInFlightMost || this.#failuresInARow >= failuresThatMeanAway) return;
      this.#due.delete(id);
      if (this.#options.wanted(id)) void this.#read(id);
    }
  }

  async #read(id: string): Promise<void> {
    this.#inFlight++;
    const read = await this.#get(id);
    this.#inFlight--;
    if (this.#closed) return;
    if ('error' in read) {
      this.#failuresInARow++;
      this.#failed.add(id);
      this.#retryLater(read.error);
    } else {
      this.#failuresInARow = 0;
      this.#retryAfterMs = retryAfterMsLeast;
      this.#options.found(id, read.record);
    }
    this.#pump();
  }

  async #get(id: string): Promise<{ record: JobRecord | null } | { error: unknown }> {
    try {
      return { record: await this.#options.get(id) };
    } catch (error) {
      return { error };
    }
  }

  #retryLater(error: unknown): void {
    if (this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#options.failed(error, this.#failed.size + this.#due.size);
      this.#retryAfterMs = Math.min(2 * this.#retryAfterMs, retryAfterMsMost);
      this.#retryFailed();
    }, this.#retryAfterMs);
  }

  #retryFailed(): void {
    this.#failuresInARow = 0;
    const ids = [...this.#failed];
    this.#failed.clear();
    this.request(ids);
  }
}
