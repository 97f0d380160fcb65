// Which trace tells the story of a job: the one in which a worker had it, or at least the first that names it (a submission
// that is sent again has a trace of its own). Pure.

import { jobOf, type Span } from '../span.ts';

export interface TraceIndex {
  note(span: Span): void;
  traceOf(job: string): string | undefined;
}

export function traceIndex(): TraceIndex {
  const best = new Map<string, { trace: string; atMs: number; worked: boolean }>();
  return {
    note: (span) => {
      const job = jobOf(span);
      if (job === undefined) return;
      const { trace, atMs } = span;
      const worked = span.service === 'worker';
      const known = best.get(job);
      const better =
        known === undefined || (worked === known.worked ? atMs < known.atMs : worked && !known.worked);
      if (better) best.set(job, { trace, atMs, worked });
    },
    traceOf: (job) => best.get(job)?.trace,
  };
}
