// Rules about how soon a job starts. Pure.

import type { History } from '../history.ts';
import { type Finding, type Rule, tooLittle, type Violation } from './finding.ts';
import { quantile, roundMs } from './quantile.ts';

/** Fewer starts than that have no 99th percentile. */
const startsAtLeast = 100;
/** Fewer have no median. Workers that are slow to start are seldom idle: to show that, it is enough. */
const slowStartsAtLeast = 20;

/**
 * "start-is-prompt": from the moment the API sends a job to Redis to the moment an idle worker first runs its code, the
 * 99th percentile is at most `mostMsP99`. "start-is-slow": broken when the median is `slowMsP50` or more: what polling must show.
 * Both moments are lines of the ledgers, on one clock.
 */
export function startsPromptly({ mostMsP99, slowMsP50 }: { mostMsP99: number; slowMsP50: number }): Rule {
  return (history): Finding => {
    const waitsMs = waitsOf(history);
    const starts = waitsMs.length;
    const p50 = quantile(waitsMs, 0.5);
    const slow = starts >= slowStartsAtLeast && p50 >= slowMsP50;
    if (starts < startsAtLeast && !slow) return tooLittle(`only ${starts} starts`, { starts });
    const p99 = quantile(waitsMs, 0.99);
    const [startMsP50, startMsP99] = [roundMs(p50), roundMs(p99)];
    const violations: Violation[] = [];
    if (!(p99 <= mostMsP99)) {
      const detail = `p99 is ${Number(p99.toFixed(2))} ms, at most ${mostMsP99} ms`;
      violations.push({ rule: 'start-is-prompt', detail });
    }
    if (slow) {
      violations.push({ rule: 'start-is-slow', detail: `half of the jobs waited ${startMsP50} ms or more` });
    }
    return { violations, evidence: { starts, startMsP50, startMsP99, ...idleCommands(history) } };
  };
}

/**
 * Of each job of the load that was sent while no other was on its way or in hand: from the first time it was sent to the first
 * time it ran. The others met no idle worker: those sent just before them, not yet claimed, go first.
 */
function waitsOf(history: History): number[] {
  const loadBeganAtMs = phaseBegan(history, 'load');
  const sentToIdleAtMs = new Map<string, number>();
  const sent = new Set<string>();
  const outstanding = new Set<string>();
  const waitsMs: number[] = [];
  for (const { event, job, atMs } of history.ledger) {
    if (event === 'enqueue' && !sent.has(job)) {
      if (outstanding.size === 0 && atMs >= loadBeganAtMs) sentToIdleAtMs.set(job, atMs);
      sent.add(job);
      outstanding.add(job);
    } else if (event === 'acked') outstanding.delete(job);
    else if (event === 'started') {
      const since = sentToIdleAtMs.get(job);
      if (since !== undefined) waitsMs.push(atMs - since);
      sentToIdleAtMs.delete(job);
    }
  }
  return waitsMs;
}

/** What Redis was asked while nobody had anything to do, if it was counted. */
function idleCommands({ events }: History): { idleCommandsPerSecond?: number } {
  const counted = events.findLast((event) => event.type === 'observation' && event.f === 'idle-commands');
  if (counted?.type !== 'observation') return {};
  const { commands, durationMs } = counted.value as { commands: number; durationMs: number };
  const perSecond = (commands * 1000) / durationMs;
  return Number.isFinite(perSecond) ? { idleCommandsPerSecond: Math.round(perSecond * 10) / 10 } : {};
}

/** Infinity if it never did: nothing of it can be measured. */
function phaseBegan({ events }: History, phase: string): number {
  const began = events.find((event) => event.type === 'phase' && event.phase === phase);
  return began?.atMs ?? Number.POSITIVE_INFINITY;
}
