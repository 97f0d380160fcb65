// What every scenario file exports, made from its shape. Only k6 imports this.

import type { Options, Scenario } from 'k6/options';
import { note, submitOne, verdictTimeoutMs } from './judge.ts';
import { junit } from './junit.ts';
import { objectivesOf } from './objectives.ts';
import { type Plan, planOf, type Shape } from './plan.ts';
import { settings } from './settings.ts';
import { eachInTurn, lingering, type Program, submissionNumber } from './submissions.ts';
import { type K6Summary, summaryOf } from './summary.ts';
import { table } from './table.ts';

export function scenario(shape: Shape) {
  const plan = planOf({
    ...shape,
    peakPerSecond: settings.peakPerSecond ?? shape.peakPerSecond,
    durationMs: settings.durationMs ?? shape.durationMs,
  });
  const objectives = objectivesOf(plan, settings.instances);
  const deal = (n: number): Program => {
    const program = plan.deal === 'in-turn' ? eachInTurn(n) : submissionNumber(n, settings.seed);
    return plan.faults ? lingering(program) : program;
  };
  const thresholds: Record<string, string[]> = {};
  for (const { metric, threshold } of objectives)
    thresholds[metric] = [...(thresholds[metric] ?? []), threshold];

  const options: Options = {
    scenarios: { [plan.name]: arrivals(plan) },
    thresholds,
    summaryTrendStats: ['min', 'p(50)', 'p(95)', 'p(99)', 'max', 'count'],
    userAgent: 'redproof-load',
    discardResponseBodies: false,
  };
  return {
    options,
    setup: (): void => {
      const { offered, durationMs, clients } = plan;
      note({ event: 'planned', offered, durationMs, clients });
    },
    submit: (): void => submitOne(deal, plan.offered),
    handleSummary: (data: K6Summary): Record<string, string> => {
      const summary = summaryOf(data, plan, objectives, settings);
      if (settings.outDir === undefined) return { stdout: `${table(summary, 80)}\n` };
      return {
        [`${settings.outDir}/summary.json`]: `${JSON.stringify(summary, null, 2)}\n`,
        [`${settings.outDir}/k6-summary.json`]: `${JSON.stringify(data, null, 2)}\n`,
        [`${settings.outDir}/junit.xml`]: junit(summary),
      };
    },
  };
}

/** An iteration begins when its time has come, however long the others take: that is what makes the model open. */
function arrivals({ peakPerSecond, durationMs, from, stages, clients }: Plan): Scenario {
  // A whole number is wanted, and a tenth of a small rate is none: so it is said per minute.
  const perMinute = (share: number) => Math.round(share * peakPerSecond * 60);
  const common = {
    exec: 'submit',
    timeUnit: '1m',
    preAllocatedVUs: clients,
    maxVUs: clients,
    gracefulStop: `${verdictTimeoutMs + 5000}ms`,
  };
  const constant = stages.every(({ to }) => to === from);
  if (constant) {
    const duration = `${durationMs}ms`;
    return { ...common, executor: 'constant-arrival-rate', rate: perMinute(from), duration };
  }
  return {
    ...common,
    executor: 'ramping-arrival-rate',
    startRate: perMinute(from),
    stages: stages.map(({ during, to }) => ({
      duration: `${Math.round(during * durationMs)}ms`,
      target: perMinute(to),
    })),
  };
}
