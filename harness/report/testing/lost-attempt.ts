// A made-up trace, as services write it: a job whose first attempt died with its worker, and whose second was accepted. Only
// tests read it.

import type { Fault } from '../../op.ts';
import type { Span } from '../../span.ts';

export const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
export const job = 'abcdefghijklmnopqrstuvwxyz';

let spans = 0;

export function span(atMs: number, durationMs: number, name: string, more: Partial<Span> = {}): Span {
  const id = (++spans).toString(16).padStart(16, '0');
  const from = { service: 'worker', instance: 'worker-3' };
  return { atMs, durationMs, trace, span: id, name, kind: 'internal', ...from, attributes: {}, ...more };
}

const named = { 'messaging.message.id': job };
const api = { service: 'api', instance: 'api-1' };
const post = span(1000, 5, 'POST /submissions', {
  ...api,
  kind: 'server',
  attributes: { 'http.response.status_code': 202 },
});
const enqueue = span(1001, 3, 'enqueue submissions', {
  ...api,
  parent: post.span,
  kind: 'producer',
  attributes: named,
});
const attempt = (n: number) => ({
  parent: enqueue.span,
  kind: 'consumer' as const,
  attributes: { ...named, 'judge.attempt': n },
});
const lost = span(1010, 90, 'process submissions', {
  ...attempt(1),
  status: 'error',
  message: 'its worker was lost',
  attributes: { ...named, 'judge.attempt': 1, 'judge.tombstone': true, 'error.type': 'worker_lost' },
});
const second = span(1110, 40, 'process submissions', attempt(2));

/** Not in their order, as they would come. */
export const lostAttempt: readonly Span[] = [
  span(1112, 30, 'run sandbox', { parent: second.span, attributes: { 'judge.verdict': 'AC' } }),
  second,
  lost,
  span(1002, 1, 'evalsha', {
    ...api,
    parent: enqueue.span,
    kind: 'client',
    attributes: { 'db.system.name': 'redis' },
  }),
  span(1011, 1, 'publish status', { parent: lost.span, instance: 'worker-1', kind: 'producer' }),
  span(1100, 1, 'publish status', {
    parent: lost.span,
    kind: 'producer',
    attributes: { 'judge.state': 'queued' },
  }),
  enqueue,
  post,
];

const proof = { pid: 7, inFlight: [{ job, fence: 1 }] };
const kill = { kind: 'worker-kill', landed: true, healedAtMs: 1500 };
export const faults: readonly Fault[] = [
  { ...kill, target: 'worker-1', atMs: 1050, proof },
  { ...kill, target: 'worker-1', atMs: 5000, proof: {} },
  { ...kill, target: 'worker-2', atMs: 1060, proof: {} },
];
