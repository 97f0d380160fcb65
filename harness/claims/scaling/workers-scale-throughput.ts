import { availableParallelism } from 'node:os';
import { workersScale } from '../../checker/scaling-rules.ts';
import type { Claim, Experiment } from '../../claim.ts';
import { scaleDown } from '../../nemesis/scale-down.ts';
import type { Random } from '../../random.ts';
import { judgeOf } from '../../system/spec.ts';
import { backlog } from '../../workload/backlog.ts';

const jobMs = 50;
/** What passes beside the steps: the start of most workers, one sooner than another, and the ends of the others. */
const betweenMs = 5000;
/** A worker that has just started takes seconds until its code is compiled. */
const warmMs = 6000;

interface Crowd {
  /** A power of two. */
  mostWorkers: number;
  stepMs: number;
  burns: boolean;
  /** How many jobs make headway at the same time, however many workers there are, and how fast each worker does them at most. */
  atOnce: number;
  eachPerSecond: number;
}

function scaling(random: Random, crowd: Crowd): Experiment {
  const { mostWorkers, stepMs, burns, atOnce, eachPerSecond } = crowd;
  const steps: number[] = [];
  for (let workers = mostWorkers; workers >= 1; workers /= 2) steps.push(workers);
  const jobsOf = (workers: number, ms: number) =>
    Math.ceil((Math.min(workers, atOnce) * eachPerSecond * ms) / 1000);
  const count = steps.reduce(
    (sum, workers) => sum + jobsOf(workers, stepMs),
    jobsOf(mostWorkers, warmMs + betweenMs),
  );
  return {
    system: judgeOf({ workers: 1, concurrency: 1 }),
    workload: backlog(random, {
      count,
      ratePerSecond: 800,
      jobMs: [jobMs, jobMs],
      burns,
      steadyCount: 8,
    }),
    nemesis: scaleDown({ steps, stepMs, warmMs }),
    check: workersScale({ efficiencyAtLeast: 0.9, collapsedAtMost: 0.6 }),
  };
}

const cores = availableParallelism();

export default {
  id: 'scaling/workers-scale-throughput',
  section: 'Scalability',
  statement:
    'Jobs that wait 50 ms: eight workers do at least 0.9 × eight times the throughput of one; with 1, 2, 4 and 8 the Universal Scalability Law is fitted',
  alone: true,
  experiment: (random) =>
    scaling(random, { mostWorkers: 8, stepMs: 2000, burns: false, atOnce: 8, eachPerSecond: 1000 / jobMs }),
  control: {
    statement: 'jobs that burn 50 ms of CPU: efficiency collapses past the cores',
    without: (_, random) =>
      scaling(random, {
        // Half a core for each at most. More than 64 processes are too much to ask of any machine.
        mostWorkers: Math.min(64, Math.max(8, 2 ** Math.ceil(Math.log2(2 * cores)))),
        stepMs: 1500,
        burns: true,
        atOnce: cores,
        // The work of a job is fixed, and a core may be twice as fast as those for which it was chosen.
        eachPerSecond: 2000 / jobMs,
      }),
    mustBreak: ['scaling-collapses'],
  },
} satisfies Claim;
