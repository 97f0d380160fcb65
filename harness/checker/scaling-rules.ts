// Rules about how throughput grows with the number of workers. Pure.

import type { LedgerLine } from '../../services/shared/contract.ts';
import type { History } from '../history.ts';
import { type Finding, type Rule, tooLittle, type Violation } from './finding.ts';
import { quantile, roundMs } from './quantile.ts';
import { fitUsl, type ScalabilityPoint, type Usl } from './usl.ts';

export interface Scaling {
  efficiencyAtLeast: number;
  collapsedAtMost: number;
}

/** A worker's cycle: from one ack to its next, or from the claim if there is none before. */
interface Cycle {
  fromMs: number;
  untilMs: number;
  /** Its job got an accepted result, its first, and the right one. */
  counts: boolean;
}

interface Step {
  workers: number;
  fromMs: number;
  untilMs: number;
}

/** Fewer jobs in a step than that make no rate. */
const jobsAtLeast = 10;

/**
 * "workers-scale": with the most workers of the steps the efficiency is at least `efficiencyAtLeast`. "scaling-collapses":
 * broken when it is `collapsedAtMost` or less: what jobs must show that want more cores than there are.
 *
 * A step is an observation `step` {workers, fromMs} at its end; the throughput is what the ledgers say of the time between. The
 * backlog must outlast every step, or it would measure the clients. Workers run one job at a time, so that a worker's time is
 * one cycle after the other; a cycle that is only partly inside a step counts by that part. Counting whole acks instead would
 * err by one for each worker, and in step with each other workers all err the same way.
 */
export function workersScale({ efficiencyAtLeast, collapsedAtMost }: Scaling): Rule {
  return (history): Finding => {
    const steps = stepsOf(history).sort((a, b) => a.workers - b.workers);
    const [first, last] = [steps[0], steps.at(-1)];
    if (first === undefined || last === undefined || first.workers !== 1 || last.workers === 1)
      return tooLittle('no step with one worker and one with more were measured');
    const dry = steps.findLast(({ untilMs }) => waitingAt(history.ledger, untilMs) === 0);
    if (dry) return tooLittle(`the backlog ran out while it was measured with ${workersOf(dry)}`);
    const cycles = cyclesOf(history.ledger);
    const measured = steps.map((step) => ({ ...step, jobs: jobsWithin(cycles, step) }));
    const few = measured.find(({ jobs }) => jobs < jobsAtLeast);
    if (few) return tooLittle(`only ${Math.floor(few.jobs)} jobs were done in the step of ${workersOf(few)}`);

    const rates = measured.map(({ workers, jobs, fromMs, untilMs }) => ({
      workers,
      jobsPerSecond: (jobs * 1000) / (untilMs - fromMs),
    }));
    const alone = rates[0]!.jobsPerSecond;
    const scalability = rates.map(({ workers, jobsPerSecond }): ScalabilityPoint => {
      return { workers, jobsPerSecond, efficiency: jobsPerSecond / (workers * alone) };
    });
    const { efficiency, jobsPerSecond } = scalability.at(-1)!;
    const usl = fitUsl(rates);
    const evidence = {
      efficiency: significant(efficiency),
      efficiencyAtLeast,
      workers: last.workers,
      cycleMsP50: roundMs(quantile(cyclesWithin(cycles, first).map(lengthOf), 0.5)),
      scalability: scalability.map((point) => mapValues(point, significant)),
      ...(usl && { usl: rounded(usl) }),
    };
    if (usl === undefined)
      return tooLittle('too few steps for a fit of the Universal Scalability Law', evidence);
    const detail = `${workersOf(last)} do ${jobsPerSecond.toFixed(1)} jobs/s and one ${alone.toFixed(1)}: efficiency ${efficiency.toFixed(3)}`;
    const violations: Violation[] = [];
    if (!(efficiency >= efficiencyAtLeast))
      violations.push({ rule: 'workers-scale', detail: `${detail}, at least ${efficiencyAtLeast}` });
    if (efficiency <= collapsedAtMost) violations.push({ rule: 'scaling-collapses', detail });
    return { violations, evidence };
  };
}

function stepsOf({ events }: History): Step[] {
  return events.flatMap((event) => {
    if (event.type !== 'observation' || event.f !== 'step') return [];
    const { workers, fromMs } = event.value as { workers: number; fromMs: number };
    return [{ workers, fromMs, untilMs: event.atMs }];
  });
}

function cyclesOf(ledger: readonly LedgerLine[]): Cycle[] {
  const lastAckAtMs = new Map<string, number>();
  const claimedAtMs = new Map<string, number>();
  const right = new Set<string>();
  const done = new Set<string>();
  const cycles: Cycle[] = [];
  for (const { event, source, job, atMs, verdict, outcome } of ledger) {
    const run = `${source}/${job}`;
    if (event === 'claimed') claimedAtMs.set(run, atMs);
    else if (event === 'finished' && verdict === 'AC') right.add(run);
    else if (event === 'acked') {
      const counts = outcome === 'acked' && right.has(run) && !done.has(job);
      if (counts) done.add(job);
      cycles.push({ fromMs: lastAckAtMs.get(source) ?? claimedAtMs.get(run) ?? atMs, untilMs: atMs, counts });
      lastAckAtMs.set(source, atMs);
    }
  }
  return cycles.filter(({ counts }) => counts);
}

function cyclesWithin(cycles: readonly Cycle[], { fromMs, untilMs }: Step): Cycle[] {
  return cycles.filter((cycle) => cycle.untilMs > fromMs && cycle.fromMs < untilMs);
}

/** How many jobs: each by that part of its cycle that is inside. */
function jobsWithin(cycles: readonly Cycle[], step: Step): number {
  return cyclesWithin(cycles, step).reduce((jobs, cycle) => {
    const insideMs = Math.min(cycle.untilMs, step.untilMs) - Math.max(cycle.fromMs, step.fromMs);
    return jobs + (lengthOf(cycle) > 0 ? insideMs / lengthOf(cycle) : 1);
  }, 0);
}

function lengthOf({ fromMs, untilMs }: Cycle): number {
  return untilMs - fromMs;
}

/** Jobs that were in the queue at that moment and in nobody's hand yet. */
function waitingAt(ledger: readonly LedgerLine[], atMs: number): number {
  const until = ledger.filter((line) => line.atMs <= atMs);
  const claimed = new Set(until.filter(({ event }) => event === 'claimed').map(({ job }) => job));
  return until.filter(({ event, job }) => event === 'enqueued' && !claimed.has(job)).length;
}

function workersOf({ workers }: { workers: number }): string {
  return workers === 1 ? 'one worker' : `${workers} workers`;
}

function rounded({ peakWorkers, fitErrorPercentMax, ...law }: Usl): Usl {
  return {
    ...mapValues(law, significant),
    peakWorkers: peakWorkers === null ? null : significant(peakWorkers),
    fitErrorPercentMax: significant(fitErrorPercentMax),
  };
}

function significant(value: number): number {
  return Number(value.toPrecision(4));
}

function mapValues<T extends Record<keyof T, number>>(record: T, map: (value: number) => number): T {
  return Object.fromEntries(Object.entries<number>(record).map(([name, value]) => [name, map(value)])) as T;
}
