// Which errors are definite: the one table from an error to the outcome of the op that met it. An error that is not
// listed is `info`: unknown. No I/O.

import type { Outcome } from './op.ts';

export interface OutcomeRow {
  /**
   * An error code of the socket; `http-<status>`, with `/<outcome>` where the API's problem document has one; or
   * `redis/<the first word of an error that Redis answered>`.
   */
  code: string;
  outcome: Exclude<Outcome, 'ok'>;
  why: string;
}

export const outcomes: readonly OutcomeRow[] = [
  { code: 'ECONNREFUSED', outcome: 'fail', why: 'nobody listened: nothing was sent' },
  { code: 'ECONNRESET', outcome: 'info', why: 'closed after it may have been sent' },
  { code: 'EPIPE', outcome: 'info', why: 'closed while it was being sent' },
  { code: 'ETIMEDOUT', outcome: 'info', why: 'no reply in time: it may still happen' },
  { code: 'http-400', outcome: 'fail', why: 'refused: malformed' },
  { code: 'http-404', outcome: 'fail', why: 'refused: no such thing' },
  { code: 'http-413', outcome: 'fail', why: 'refused: too large' },
  { code: 'http-415', outcome: 'fail', why: 'refused: wrong media type' },
  { code: 'http-422', outcome: 'fail', why: 'refused: the key belongs to another body' },
  { code: 'http-429', outcome: 'fail', why: 'refused: the queue is full' },
  { code: 'http-503/refused', outcome: 'fail', why: 'the API says that it never reached Redis' },
  { code: 'http-503/unknown', outcome: 'info', why: 'the API does not know whether Redis applied it' },
  { code: 'redis/MISCONF', outcome: 'fail', why: 'refused: Redis cannot persist' },
  { code: 'redis/OOM', outcome: 'fail', why: 'refused: the memory is full' },
  { code: 'redis/LOADING', outcome: 'fail', why: 'refused: Redis reads its data' },
  { code: 'redis/READONLY', outcome: 'fail', why: 'refused: a replica takes no writes' },
];

const byCode = new Map(outcomes.map((row) => [row.code, row]));

/** The outcome of an op that met this error. */
export function outcomeOf(code: string): Exclude<Outcome, 'ok'> {
  return byCode.get(code)?.outcome ?? 'info';
}
