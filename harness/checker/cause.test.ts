import { expect, test } from 'vitest';
import { faultsOf } from '../op.ts';
import { account } from './accounting.ts';
import { causeOf } from './cause.ts';
import { type WrittenHistory, written } from './testing/history.ts';

function cause(write: (h: WrittenHistory) => void): string {
  const h = written();
  h.submit('a', 100, 'ok', 110);
  write(h);
  const history = h.history();
  return causeOf(account(history).jobs.get('a')!, faultsOf(history.events));
}

test.each<[string, (h: WrittenHistory) => void, string]>([
  [
    'never claimed, unread',
    (h) => h.unread('a'),
    'no worker ever claimed it; its record says "nothing: it could not be read"',
  ],
  [
    'acknowledged in an outage',
    (h) => {
      h.fault('redis-kill', 'redis', 150, {}, { healedAtMs: 300 });
      h.read('a', null);
    },
    'no worker ever claimed it; its record says "absent"; acknowledged while redis was under redis-kill',
  ],
  [
    'acknowledged long before the outage',
    (h) => {
      h.fault('redis-kill', 'redis', 400, {}, { healedAtMs: 500 });
      h.read('a', null);
    },
    'no worker ever claimed it; its record says "absent"',
  ],
  [
    'popped into a silent connection',
    (h) => {
      h.fault('half-open', 'worker-2', 120, { unheard: ['b', 'a'] });
      h.read('a', { state: 'queued' });
    },
    'given to worker-2, which never heard of it (half-open at 120 ms); its record says "queued"',
  ],
  [
    'the reply to its pop was lost',
    (h) => {
      h.fault('lost-reply', 'worker-1', 115, { moment: 'ack', job: 'a' });
      h.fault('lost-reply', 'worker-2', 120, { moment: 'claim', job: 'a' });
      h.read('a', { state: 'queued' });
    },
    'given to worker-2, which never heard of it (lost-reply at 120 ms); its record says "queued"',
  ],
  [
    'its worker was killed',
    (h) => {
      h.fault('worker-kill', 'worker-1', 120, {});
      h.ledger('a', 'started', 130.4, 'worker-1', { attempt: 1 });
      h.fault('worker-kill', 'worker-2', 131, {});
      h.fault('worker-kill', 'worker-1', 140.6, {});
      h.read('a', { state: 'running' });
    },
    'started by worker-1 at 130 ms (attempt 1), then worker-1 met worker-kill at 141 ms; its record says "running"',
  ],
  [
    'put back by a worker that was killed later, and never claimed again',
    (h) => {
      h.ledger('a', 'reaped', 130, 'worker-2', { attempt: 1 });
      h.fault('worker-kill', 'worker-2', 140, {});
      h.read('a', { state: 'queued' });
    },
    'reaped by worker-2 at 130 ms (attempt 1) and never claimed again; its record says "queued"',
  ],
  [
    'its last ack was refused',
    (h) => {
      h.ledger('a', 'acked', 130, 'worker-1', { attempt: 1, outcome: 'stale' });
      h.read('a', { state: 'running' });
    },
    'acked (stale) by worker-1 at 130 ms (attempt 1) and nothing after; its record says "running"',
  ],
  [
    'claimed twice, no fault',
    (h) => {
      h.ledger('a', 'claimed', 130, 'worker-1');
      h.ledger('a', 'claimed', 150, 'worker-2');
      h.read('a', { state: 'done' });
    },
    'claimed by worker-1 at 130 ms and worker-2 at 150 ms; claimed by worker-2 at 150 ms (attempt ?) and nothing after; its record says "done"',
  ],
])('%s', (_, write, expected) => expect(cause(write)).toBe(expected));
