// Rules about order. An order is judged only between jobs whose submissions did not overlap: a came before b if a was
// acknowledged before b was sent. Pure, n log n.

import type { LedgerLine } from '../../services/shared/contract.ts';
import type { History } from '../history.ts';
import { finding, type Rule, tooLittle } from './finding.ts';
import { accountOf } from './queue-rules.ts';

/** "fifo": jobs reach this event (are claimed, or acked) in the order in which they were acknowledged. */
export function fifo(event: 'claimed' | 'acked'): Rule {
  return (history) => {
    const { jobs } = accountOf(history);
    const seen = firstOf(history, event)
      .map(({ job }) => jobs.get(job))
      .filter((job) => job?.acknowledgedAtMs !== undefined)
      .map((job) => ({
        id: job!.id,
        invokedAtMs: job!.invokedAtMs!,
        acknowledgedAtMs: job!.acknowledgedAtMs!,
      }));
    if (seen.length < 2) return tooLittle(`only ${seen.length} jobs were ${event}`);
    let overtaken = 0;
    let example = '';
    // From the end: no job that comes later may have been acknowledged before this one was sent.
    let earliest = seen.at(-1)!;
    for (const job of seen.toReversed()) {
      if (earliest.acknowledgedAtMs < job.invokedAtMs) {
        overtaken++;
        example = `${job.id} was ${event} before ${earliest.id}, which was acknowledged before ${job.id} was sent`;
      }
      if (job.acknowledgedAtMs < earliest.acknowledgedAtMs) earliest = job;
    }
    const detail = `${overtaken} of ${seen.length} jobs overtook another: ${example}`;
    return finding('fifo', overtaken > 0 && detail, { ordered: seen.length, overtaken });
  };
}

function firstOf({ ledger }: History, event: LedgerLine['event']): LedgerLine[] {
  const first = new Map<string, LedgerLine>();
  for (const line of ledger) if (line.event === event && !first.has(line.job)) first.set(line.job, line);
  return [...first.values()];
}
