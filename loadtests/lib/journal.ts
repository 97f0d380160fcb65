// What k6 writes of each submission, a line of JSON each, as it happens: the client's own account, which is joined with that of
// the system. Types only.

import type { Verdict } from './submissions.ts';

/** Why a submission has no verdict at the client, or was a trouble to it. */
export const errorKinds = [
  /** 429: no room in the queue. */
  'queue-full',
  /** 503: Redis is away, or the API is about to end. */
  'unavailable',
  /** Any other 4xx. */
  'rejected',
  /** Any other 5xx, or an answer that is none of the judge's. */
  'server-error',
  /** No answer in time. */
  'timeout',
  /** Refused, reset, or no connection at all. */
  'connection',
  /** The WebSocket failed; the verdict was then asked for by GET. */
  'websocket',
  /** Given up on after too many attempts. */
  'dead-letter',
  /** Accepted, and no verdict in time. */
  'no-verdict',
] as const;

export type ErrorKind = (typeof errorKinds)[number];

/** How a client learned of a verdict. */
export type Via = 'websocket' | 'get';

export type JournalLine =
  | { event: 'planned'; offered: number; durationMs: number; clients: number }
  | { event: 'accepted'; n: number; key: string; id: string; atMs: number; acceptMs: number; traceId: string }
  /** `outcome`: what the API knows of it (refused: it certainly had no effect). */
  | { event: 'refused'; n: number; key: string; atMs: number; kind: ErrorKind; code: string }
  | {
      event: 'verdict';
      n: number;
      id: string;
      verdict: Verdict;
      expected: Verdict;
      via: Via;
      verdictMs: number;
    }
  | { event: 'error'; n: number; id: string; kind: ErrorKind };
