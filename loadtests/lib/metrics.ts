// The metrics of a run, beside those that k6 has of its own. Only k6 imports this.

import { Counter, Rate, Trend } from 'k6/metrics';
import { type ErrorKind, errorKinds } from './journal.ts';
import { errorMetric } from './summary.ts';

export const metrics = {
  sent: new Counter('judge_sent'),
  accepted: new Counter('judge_accepted'),
  /** Whether a submission came to nothing: not accepted, or no verdict. */
  failed: new Rate('judge_failed'),
  acceptDuration: new Trend('judge_accept_duration', true),
  verdictDuration: new Trend('judge_verdict_duration', true),
  verdictsByWebSocket: new Counter('judge_verdicts_by_websocket'),
  verdictsByGet: new Counter('judge_verdicts_by_get'),
  wrongVerdicts: new Counter('judge_wrong_verdicts'),
};

/** One counter each: k6 sums up a tag only where a threshold names it. */
const errors = new Map<ErrorKind, Counter>(errorKinds.map((kind) => [kind, new Counter(errorMetric(kind))]));

export function countError(kind: ErrorKind): void {
  errors.get(kind)?.add(1);
}
