// The settings of a k6 run, from the environment that it was given with `-e NAME=value`. Only k6 imports this.

import { parseDuration } from './plan.ts';

export const settings = {
  /** The API. */
  baseUrl: (__ENV.BASE_URL ?? 'http://127.0.0.1:3000').replace(/\/+$/, ''),
  /** The subscriber's WebSocket. */
  wsUrl: __ENV.WS_URL ?? 'ws://127.0.0.1:3002/submissions',
  /** Submissions a second at the peak; the scenario's own if not given. */
  peakPerSecond: __ENV.RATE === undefined ? undefined : wholeNumber('RATE', 1, 1_000_000),
  durationMs: __ENV.DURATION === undefined ? undefined : parseDuration(__ENV.DURATION),
  /** What the submissions are drawn from. */
  seed: wholeNumber('SEED', 0, 0xffff_ffff, 1),
  /** Sets the idempotency keys and trace ids of this run apart from those of every other; if not given, each client draws one. */
  runId: __ENV.RUN_ID ?? `k6-${Date.now().toString(36)}`,
  /** Where summary.json and junit.xml go, and the journal to the console; without it the table is printed instead. */
  outDir: __ENV.OUT_DIR,
  /** How many instances of k6 share the plan (execution segments): each has its share of what must be sent. */
  instances: wholeNumber('INSTANCES', 1, 10_000, 1),
};

function wholeNumber(name: string, least: number, most: number, fallback?: number): number {
  const text = __ENV[name];
  if (text === undefined && fallback !== undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name}=${text}: expected a whole number from ${least} to ${most}`);
  }
  return value;
}
