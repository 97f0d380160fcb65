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
  /** Its code does not wait, it computes: about as long on a core of its own, longer where there is none. */
  burns?: true;
}

export interface Arrivals {
  count: number;
  ratePerSecond: number;
  /** Shortest and longest. @default [20, 150] */
  jobMs?: readonly [number, number];
  /** Some of the jobs take longer than that. @default none */
  long?: LongJobs;
  /** The code of all jobs computes instead of waiting. @default false */
  burns?: boolean;
}

/** Long jobs among short ones, in a rhythm, as where clients take turns and one of them sends the hard ones. */
export interface LongJobs {
  /** Every so many jobs, beginning with one that is drawn. */
  every: number;
  jobMs: readonly [number, number];
  /** From 0 to 1: how many of them are out of step, at a place that is drawn. */
  strays: number;
}

/** @param name the batch's name; it sets its keys apart from those of others in the same plan */
export function planJobs(random: Random, name: string, arrivals: Arrivals): PlannedJob[] {
  const { count, ratePerSecond, jobMs = [20, 150], long, burns = false } = arrivals;
  const draw = random.fork(name);
  const nonce = draw.int(0, 0x7fff_ffff).toString(36);
  const isLong = drawLongPlaces(random.fork(`${name}-long`), count, long);
  let atMs = 0;
  return Array.from({ length: count }, (_, index) => {
    atMs += draw.exponential(1000 / ratePerSecond);
    const key = `${name}-${nonce}-${index}`;
    const job: PlannedJob = {
      batch: name,
      key,
      id: idFromKey(key),
      atMs: Math.round(atMs),
      jobMs: draw.int(...(long && isLong.has(index) ? long.jobMs : jobMs)),
    };
    return burns ? { ...job, burns } : job;
  });
}

function drawLongPlaces(draw: Random, count: number, long: LongJobs | undefined): Set<number> {
  const places = new Set<number>();
  if (long === undefined) return places;
  let strays = 0;
  for (let place = draw.int(0, long.every - 1); place < count; place += long.every) {
    if (draw.float() < long.strays) strays++;
    else places.add(place);
  }
  for (const rhythmic = places.size; places.size < rhythmic + strays; ) places.add(draw.int(0, count - 1));
  return places;
}

/** What a core does of this in a ms, so that a job that burns takes about its `jobMs`. The work is fixed, its time is not. */
const roundsPerMs = 20_000;

/** The submission of a job: the problem `echo` has two tests, a string and an object; the code does its work in the first. */
export function submissionOf({ jobMs, burns }: PlannedJob): {
  problemId: string;
  language: 'javascript';
  code: string;
} {
  const work = burns ? `for (let round = 0; round < ${jobMs * roundsPerMs}; round++);` : `sleep(${jobMs});`;
  const code = `function solve(input) { if (typeof input === 'string') ${work} return input; }`;
  return { problemId: 'echo', language: 'javascript', code };
}
