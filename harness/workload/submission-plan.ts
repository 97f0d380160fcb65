// The plan of a submissions workload: which jobs arrive when, how long each takes. Drawn from the seed, then only read.
// Arrivals are an open loop, a Poisson process: the schedule does not wait for replies.

import { idFromKey } from '../../services/shared/contract.ts';
import type { Random } from '../random.ts';

export interface PlannedJob {
  /** Which part of the plan it belongs to: "steady", "load" … */
  batch: string;
  /** The Idempotency-Key, from which the submission's id follows. */
  key: string;
  id: string;
  /** When it is sent, in ms since its phase began. */
  atMs: number;
  /** How long its code waits in the sandbox. */
  jobMs: number;
  /** The id under which it was sent first, if this is another try under another key. */
  resendOf?: string;
}

export interface Arrivals {
  count: number;
  ratePerSecond: number;
  /** Shortest and longest. @default [20, 150] */
  jobMs?: readonly [number, number];
}

/** @param name the batch's name; it sets its keys apart from those of others in the same plan */
export function planJobs(random: Random, name: string, arrivals: Arrivals): PlannedJob[] {
  const { count, ratePerSecond, jobMs: [shortestMs, longestMs] = [20, 150] } = arrivals;
  const draw = random.fork(name);
  const nonce = draw.int(0, 0x7fff_ffff).toString(36);
  let atMs = 0;
  return Array.from({ length: count }, (_, index) => {
    atMs += draw.exponential(1000 / ratePerSecond);
    const key = `${name}-${nonce}-${index}`;
    return {
      batch: name,
      key,
      id: idFromKey(key),
      atMs: Math.round(atMs),
      jobMs: draw.int(shortestMs, longestMs),
    };
  });
}

/** The submission of a job: the problem `echo` has two tests, so its code waits half of `jobMs` in each. */
export function submissionOf({ jobMs }: PlannedJob): {
  problemId: string;
  language: 'javascript';
  code: string;
} {
  const code = `function solve(input) { sleep(${jobMs / 2}); return input; }`;
  return { problemId: 'echo', language: 'javascript', code };
}
