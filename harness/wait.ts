// Waiting: for a condition with a deadline, or until a moment of the plan. The error says what was awaited and what was
// seen last.

import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../services/shared/clock.ts';

export interface Wait {
  /** What is awaited, for the error: "the victim to hold a job". */
  what: string;
  deadlineMs: number;
  /** @default 5 */
  everyMs?: number;
  signal?: AbortSignal;
}

/**
 * Resolves with the first value of `probe` that is neither undefined nor false.
 * @throws {Error} when the deadline passes; the abort reason when the signal fires
 */
export async function waitUntil<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { what, deadlineMs, everyMs = 5, signal }: Wait,
): Promise<T> {
  const until = monotonicMs() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (monotonicMs() > until) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await delay(everyMs, undefined, signal ? { signal } : {});
  }
}

/** Resolves when `now` reaches `atMs`, at once if it has passed. Rejects when the signal fires. */
export async function sleepUntil(atMs: number, now: () => number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const restMs = atMs - now();
  if (restMs > 0) await delay(restMs, undefined, { signal });
}
