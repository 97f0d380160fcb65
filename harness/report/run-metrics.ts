// The harness' own metrics while a run lasts, in Prometheus' format: which faults are active, and what has become of the jobs of
// the experiments that run now. A sink of the run's events; who serves the text is not known here.

import { Gauge, Registry } from 'prom-client';
import type { FaultEvent } from '../op.ts';
import type { Reporter, RunningArm } from './result.ts';

export interface MetricDefinitions {
  judge_fault_active: { help: string; labels: readonly string[] };
  judge_run_jobs: { help: string; labels: readonly string[] };
}

export interface RunMetrics {
  reporter: Reporter;
  text(): Promise<string>;
}

/**
 * A fault is shown for at least so long, also one that is momentary or was healed before it was even recorded: a scrape
 * every 2 s sees it.
 */
export const shownMsLeast = 2500;

interface Strike {
  arm: string;
  fault: number;
  kind: string;
  target: string;
  shownUntilMs: number;
  over: boolean;
}

/** @param now ms, monotonic */
export function runMetrics(definitions: MetricDefinitions, now: () => number): RunMetrics {
  const registry = new Registry();
  const strikes: Strike[] = [];
  const arms = new Map<string, { claim: string; arm: string; running: RunningArm; over: boolean }>();
  const gauge = (name: keyof MetricDefinitions, collect: (gauge: Gauge) => void) => {
    const { help, labels: labelNames } = definitions[name];
    const registers = [registry];
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });
  };

  gauge('judge_fault_active', (active) => {
    for (const { kind, target } of strikes) active.set({ fault: kind, target }, 0);
    for (const { kind, target, over, shownUntilMs } of strikes)
      if (!over || now() < shownUntilMs) active.set({ fault: kind, target }, 1);
  });
  gauge('judge_run_jobs', (jobs) => {
    for (const { claim, arm, running } of arms.values())
      for (const [category, many] of Object.entries(running.jobs())) jobs.set({ claim, arm, category }, many);
  });

  const note = (arm: string, { fault, step, kind, target, momentary }: FaultEvent): void => {
    if (step === 'inject') {
      const shownUntilMs = now() + shownMsLeast;
      strikes.push({ arm, fault, kind, target, shownUntilMs, over: momentary === true });
      return;
    }
    const healed = strikes.find((strike) => strike.arm === arm && strike.fault === fault);
    if (healed) healed.over = true;
  };

  const reporter: Reporter = {
    // What is over stays until the next claim begins, a fault at 0, so that its end is seen.
    claimStarted: () => {
      for (const [key, { over }] of arms) if (over) arms.delete(key);
      const kept = strikes.filter(({ over, shownUntilMs }) => !over || now() < shownUntilMs);
      strikes.splice(0, strikes.length, ...kept);
      for (const strike of strikes) if (strike.over) strike.arm = 'earlier';
    },
    armStarted: ({ id }, arm, running) => arms.set(keyOf(id, arm), { claim: id, arm, running, over: false }),
    fault: ({ id }, arm, event) => note(keyOf(id, arm), event),
    armFinished: ({ id }, arm) => {
      const key = keyOf(id, arm);
      const finished = arms.get(key);
      if (finished) finished.over = true;
      for (const strike of strikes) if (strike.arm === key) strike.over = true;
    },
  };
  return { reporter, text: () => registry.metrics() };
}

/** Of an arm: two claims may run at the same time, each with both. */
export function keyOf(claim: string, arm: string): string {
  return `${claim} ${arm}`;
}
