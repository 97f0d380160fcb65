// What the clients have met so far, by their journal. Pure.

import type { JournalLine } from '../../loadtests/lib/journal.ts';

export interface Tally {
  /** Of the plan; 0 until k6 has told it. */
  durationMs: number;
  offered: number;
  accepted: number;
  verdicts: number;
  errors: number;
}

export function emptyTally(): Tally {
  return { durationMs: 0, offered: 0, accepted: 0, verdicts: 0, errors: 0 };
}

export function tallyUp(tally: Tally, line: JournalLine): void {
  if (line.event === 'planned') Object.assign(tally, { durationMs: line.durationMs, offered: line.offered });
  else if (line.event === 'accepted') tally.accepted++;
  else if (line.event === 'verdict') tally.verdicts++;
  else tally.errors++;
}

/** "0:07 of 0:10 · 35 accepted, 5.0/s · 34 verdicts · no errors". @param elapsedMs since the plan began */
export function told({ durationMs, accepted, verdicts, errors }: Tally, elapsedMs: number): string {
  if (durationMs === 0) return 'k6 gets ready …';
  const ranMs = Math.max(1, Math.min(elapsedMs, durationMs));
  const rate = ((accepted * 1000) / ranMs).toFixed(1);
  const when =
    elapsedMs > durationMs ? 'waiting for the last verdicts' : `${clock(elapsedMs)} of ${clock(durationMs)}`;
  const trouble = errors === 0 ? 'no errors' : `${errors} error${errors === 1 ? '' : 's'}`;
  return `${when} · ${accepted} accepted, ${rate}/s · ${verdicts} verdicts · ${trouble}`;
}

function clock(ms: number): string {
  const whole = Math.floor(ms / 1000);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
