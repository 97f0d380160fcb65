// Rules about order. An order is judged only between jobs whose submissions did not overlap: a came before b if a was
// acknowledged before b was sent. Pure, linear.

import type { History } from '../history.ts';
import { finding, type Rule, tooLittle } from './finding.ts';
import { accountOf } from './queue-rules.ts';

interface Submitted {
  id: string;
  invokedAtMs: number;
  acknowledgedAtMs: number;
}

/**
 * "fifo": jobs reach this event (are claimed, or acked) in the order in which they were acknowledged.
 * `ordered` counts the jobs that certainly came after another one: only they could be seen out of order.
 */
export function fifo(event: 'claimed' | 'acked'): Rule {
  return (history) => {
    const seen = inOrderOf(history, event);
    if (seen.length < 2) return tooLittle(`only ${seen.length} jobs were ${event}`);
    let firstAckAtMs = Number.POSITIVE_INFINITY;
    for (const { acknowledgedAtMs } of seen) firstAckAtMs = Math.min(firstAckAtMs, acknowledgedAtMs);
    let ordered = 0;
    let overtaken = 0;
    let example = '';
    // From the end: no job that comes later may have been acknowledged before this one was sent.
    let earliest = seen.at(-1)!;
    for (let index = seen.length - 1; index >= 0; index--) {
      const job = seen[index]!;
      if (job.invokedAtMs > firstAckAtMs) ordered++;
      if (earliest.acknowledgedAtMs < job.invokedAtMs) {
        overtaken++;
        example = `${job.id} was ${event} before ${earliest.id}, which was acknowledged before ${job.id} was sent`;
      }
      if (job.acknowledgedAtMs < earliest.acknowledgedAtMs) earliest = job;
    }
    const evidence = { ordered, overtaken };
    if (ordered === 0) return tooLittle('all submissions overlapped: no order can be told', evidence);
    const detail = `${overtaken} of ${ordered} jobs overtook another: ${example}`;
    return finding('fifo', overtaken > 0 && detail, evidence);
  };
}

/** The acknowledged jobs in the order of their first such line. A stale ack is none. */
function inOrderOf(history: History, event: 'claimed' | 'acked'): Submitted[] {
  const seen: Submitted[] = [];
  for (const { id, invokedAtMs, acknowledgedAtMs } of accountOf(history).order[event]) {
    if (invokedAtMs !== undefined && acknowledgedAtMs !== undefined)
      seen.push({ id, invokedAtMs, acknowledgedAtMs });
  }
  return seen;
}
