// What must be true of a run, as k6's thresholds and in words. Pure.

import type { Plan } from './plan.ts';
import { slo, sloDuringChaos } from './slo.ts';

export interface Objective {
  /** For people: "accept p99 ≤ 100 ms". */
  says: string;
  /** k6's name of the metric, and of the threshold on it. */
  metric: string;
  threshold: string;
  /** Which value of the metric it bounds, and how people read it. */
  value: string;
  unit: 'ms' | 'count' | 'rate';
  /** It means nothing if the rate was not met: latency under less load than was offered is not the latency that was asked for. */
  needsRate?: true;
}

/** What k6 may still owe at the end because its clock is a moment late: a share of all, and the last two. */
const missingAtMost = { share: 0.01, count: 2 };

/** @param instances of k6 that share the plan */
export function objectivesOf(plan: Plan, instances: number): Objective[] {
  const all: Objective[] = [count('no submission was dropped', 'dropped_iterations', 'count==0')];
  const mine = plan.offered / instances;
  const least = Math.max(1, Math.floor(mine * (1 - missingAtMost.share)) - missingAtMost.count);
  all.push(count(`≥ ${least} submissions were sent`, 'judge_sent', `count>=${least}`));
  all.push(count('at least one was accepted', 'judge_accepted', 'count>0'));
  if (!plan.faults) {
    for (const q of ['p95', 'p99'] as const)
      all.push(latency('accept', 'judge_accept_duration', q, slo.acceptMs[q]));
    for (const q of ['p95', 'p99'] as const)
      all.push(latency('verdict', 'judge_verdict_duration', q, slo.verdictMs[q]));
  }
  const { failedRate } = plan.faults ? sloDuringChaos : slo;
  all.push({
    says: `≤ ${failedRate * 100} % failed`,
    metric: 'judge_failed',
    threshold: `rate<=${failedRate}`,
    value: 'rate',
    unit: 'rate',
  });
  all.push(count('no wrong verdict', 'judge_wrong_verdicts', `count<=${slo.wrongVerdicts}`));
  return all;
}

/** Those of which one being missed means that the offered rate was not met. */
export const rateMetrics: readonly string[] = ['dropped_iterations', 'judge_sent'];

function count(says: string, metric: string, threshold: string): Objective {
  return { says, metric, threshold, value: 'count', unit: 'count' };
}

function latency(what: string, metric: string, q: 'p95' | 'p99', mostMs: number): Objective {
  const value = `p(${q.slice(1)})`;
  const says = `${what} ${q} ≤ ${mostMs} ms`;
  return { says, metric, threshold: `${value}<=${mostMs}`, value, unit: 'ms', needsRate: true };
}
