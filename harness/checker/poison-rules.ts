// Rules about a job that kills its worker each time. Pure.

import type { History } from '../history.ts';
import { type Finding, type Rule, tooLittle, type Violation } from './finding.ts';
import { accountOf } from './queue-rules.ts';
import { exchangesOf } from './request-rules.ts';

/**
 * "quarantined": the poison job was delivered at most `attempts` times before it became a dead letter.
 * "redriven": the redrive ran it again, to a result. "others-unharmed": the same other jobs took at most `factor` times
 * as long, from the first one sent to the last one done, as without the poison job, and each was done.
 */
export function poisonIsQuarantined(poisonId: string, attempts: number, factor: number): Rule {
  return (history): Finding => {
    const poison = accountOf(history).jobs.get(poisonId);
    if (poison === undefined || poison.claims.length === 0)
      return tooLittle('the poison job was never delivered');
    // The workload redrives a dead letter only.
    const redrive = exchangesOf(history, 'redrive').at(0);
    const before = poison.claims.filter(
      ({ atMs }) => redrive === undefined || atMs < redrive.invokedAtMs,
    ).length;
    const steady = batchOf(history, 'steady');
    const load = batchOf(history, 'load');
    const ratio = load.makespanMs / steady.makespanMs;
    const evidence = {
      attempts: before,
      attemptsAtMost: attempts,
      faultFreeMs: Math.round(steady.makespanMs),
      withPoisonMs: Math.round(load.makespanMs),
      ratio,
    };
    const violations: Violation[] = [];
    if (before > attempts || redrive === undefined) {
      const then = redrive === undefined ? ' and never became a dead letter' : '';
      const detail = `the poison job was delivered ${before} times, at most ${attempts}${then}`;
      violations.push({ rule: 'quarantined', detail });
    }
    const ranAgain = poison.claims.length > before && poison.finalState === 'done';
    if (redrive !== undefined && !(redrive.kind === 'ok' && ranAgain)) {
      violations.push({ rule: 'redriven', detail: `after the redrive the job is "${poison.finalState}"` });
    }
    if (load.undone > 0) {
      violations.push({
        rule: 'others-unharmed',
        detail: `${load.undone} of the other jobs were never done`,
      });
    } else if (ratio > factor) {
      const detail = `the other jobs took ${ratio.toFixed(2)} × their fault-free time, at most ${factor} ×`;
      violations.push({ rule: 'others-unharmed', detail });
    }
    // What cannot be compared has no ratio.
    if (!Number.isFinite(ratio)) {
      const { attempts: delivered, attemptsAtMost } = evidence;
      const lacking = tooLittle('no batch to compare with', { attempts: delivered, attemptsAtMost });
      return { ...lacking, violations };
    }
    return { violations, evidence };
  };
}

/**
 * From the first submission of a batch to the last result of it; NaN if it has none.
 * `undone`: how many acknowledged jobs of it no worker brought to a result.
 */
function batchOf(history: History, batch: string): { makespanMs: number; undone: number } {
  const { jobs } = accountOf(history);
  const ids = new Set<string>();
  let firstMs = Number.POSITIVE_INFINITY;
  for (const { sent, invokedAtMs } of exchangesOf(history, 'submit')) {
    const job = sent as { batch: string; id: string };
    if (job.batch !== batch) continue;
    ids.add(job.id);
    firstMs = Math.min(firstMs, invokedAtMs);
  }
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { event, job, outcome, atMs } of history.ledger) {
    if (event === 'acked' && outcome !== 'stale' && ids.has(job)) lastMs = Math.max(lastMs, atMs);
  }
  const undone = [...ids].filter((id) => {
    const job = jobs.get(id);
    return job?.submitted === 'ok' && job.acceptedAcks === 0 && job.finalState !== 'done';
  }).length;
  return { makespanMs: Number.isFinite(lastMs) ? lastMs - firstMs : Number.NaN, undone };
}
