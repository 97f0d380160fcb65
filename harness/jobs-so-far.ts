// What has become of the jobs of an experiment that still runs: a count that goes on from where it was when it is asked again.
// It is for watching; the verdict is from checker/accounting.ts.

import type { LedgerLine } from '../services/shared/contract.ts';
import type { Event } from './op.ts';

export interface JobsSoFar {
  /** Jobs that a client was told are accepted. */
  acknowledged: number;
  /** Jobs that ran to their end at least once. */
  finished: number;
  /** Jobs of which an ack was accepted. */
  acked: number;
  /** Claims beyond the first of each job. */
  redelivered: number;
  /** Acks that the fence refused. */
  stale: number;
}

/** @param events and what `ledger` answers: only ever longer */
export function jobsSoFar(events: readonly Event[], ledger: () => readonly LedgerLine[]): () => JobsSoFar {
  const acknowledged = new Set<string>();
  const finished = new Set<string>();
  const acked = new Set<string>();
  const claimed = new Set<string>();
  let redelivered = 0;
  let stale = 0;
  let eventsSeen = 0;
  let linesSeen = 0;

  const noteLine = ({ event, job, outcome }: LedgerLine): void => {
    if (event === 'finished') finished.add(job);
    else if (event === 'acked' && outcome === 'acked') acked.add(job);
    else if (event === 'acked' && outcome === 'stale') stale++;
    else if (event === 'claimed') {
      if (claimed.has(job)) redelivered++;
      claimed.add(job);
    }
  };

  return () => {
    for (; eventsSeen < events.length; eventsSeen++) {
      const event = events[eventsSeen]!;
      if (event.type === 'op' && event.f === 'submit' && event.kind === 'ok')
        acknowledged.add((event.value as { id: string }).id);
    }
    const lines = ledger();
    for (; linesSeen < lines.length; linesSeen++) noteLine(lines[linesSeen]!);
    return {
      acknowledged: acknowledged.size,
      finished: finished.size,
      acked: acked.size,
      redelivered,
      stale,
    };
  };
}
