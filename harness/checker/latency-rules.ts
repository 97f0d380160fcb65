// Rules about how soon a job starts. Pure.

import type { History } from '../history.ts';
import { type Finding, type Rule, tooLittle, type Violation } from './finding.ts';
import { quantile, roundMs } from './quantile.ts';
import { accountOf } from './queue-rules.ts';

/**
 * "start-is-prompt": from the moment the API sends a job to Redis to the moment its code runs, the 99th percentile is at
 * most `mostMsP99`. "start-is-slow": broken when the median is `slowMsP50` or more: what polling must show.
 * Both moments are lines of the ledgers, on one clock.
 */
export function startsPromptly({ mostMsP99, slowMsP50 }: { mostMsP99: number; slowMsP50: number }): Rule {
  return (history): Finding => {
    const { jobs } = accountOf(history);
    const enqueuedAtMs = new Map<string, number>();
    const waitsMs: number[] = [];
    const loadBeganAtMs = phaseBegan(history, 'load');
    for (const { event, job, atMs } of history.ledger) {
      if (event === 'enqueue' && atMs >= loadBeganAtMs) enqueuedAtMs.set(job, atMs);
      const since = event === 'started' ? enqueuedAtMs.get(job) : undefined;
      if (since === undefined || jobs.get(job)?.claims.length !== 1) continue;
      waitsMs.push(atMs - since);
    }
    const startMsP50 = roundMs(quantile(waitsMs, 0.5));
    const startMsP99 = roundMs(quantile(waitsMs, 0.99));
    const evidence = {
      starts: waitsMs.length,
      startMsP50,
      startMsP99,
      ...commandsPerJob(history, waitsMs.length),
    };
    if (waitsMs.length < 100) return tooLittle(`only ${waitsMs.length} starts`, evidence);
    const violations: Violation[] = [];
    if (startMsP99 > mostMsP99) {
      violations.push({
        rule: 'start-is-prompt',
        detail: `p99 is ${startMsP99} ms, at most ${mostMsP99} ms`,
      });
    }
    if (startMsP50 >= slowMsP50) {
      violations.push({ rule: 'start-is-slow', detail: `half of the jobs waited ${startMsP50} ms or more` });
    }
    return { violations, evidence };
  };
}

function commandsPerJob({ events }: History, jobs: number): { commandsPerJob?: number } {
  const counts = events.flatMap((event) =>
    event.type === 'observation' && event.f === 'commands'
      ? [(event.value as { processed: number }).processed]
      : [],
  );
  const [before, after] = counts;
  if (before === undefined || after === undefined || jobs === 0) return {};
  return { commandsPerJob: Math.round(((after - before) / jobs) * 10) / 10 };
}

function phaseBegan({ events }: History, phase: string): number {
  return events.find((event) => event.type === 'phase' && event.phase === phase)?.atMs ?? 0;
}
