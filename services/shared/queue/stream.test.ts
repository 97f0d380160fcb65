// `stream`, what only it has: replies of whole claims that were lost, workers that a bell wakes, entries that somebody
// trimmed.

import { expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import { streamLayout } from './invariants.ts';
import type { QueueAlert } from './queue.ts';
import { scripts } from './stream/scripts.ts';
import stream from './stream.ts';
import { claimed, eventually, idle, only, testbeds } from './testbed.ts';

const server = await startRedis();
const open = testbeds(stream, () => server.url, streamLayout);
const never = new AbortController().signal;

test('what a lost reply handed out is claimed again, with the same fence, after the next failure', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w', { leaseMs: 60_000 });
  const [lost, next] = await bed.enqueue(producer, 2);
  await bed.redis.eval(scripts.claim, 1, bed.prefix, 'w', 1, 0);
  expect(await producer.counts()).toMatchObject({ queued: 1, running: 1 });
  // The script cannot be carried out, as if the connection had failed.
  await bed.redis.rename(`${bed.prefix}stream`, `${bed.prefix}hidden`);
  await bed.redis.set(`${bed.prefix}stream`, 'no stream');
  await expect(worker.claim(2, never)).rejects.toThrow('WRONGTYPE');
  await bed.redis.rename(`${bed.prefix}hidden`, `${bed.prefix}stream`);
  expect(await claimed(worker, 2)).toMatchObject([
    { id: lost!.id, fence: 1, attempt: 1 },
    { id: next!.id, fence: 1, attempt: 1 },
  ]);
  expect(await bed.wrong()).toEqual([]);
  expect(await worker.claim(2, AbortSignal.timeout(30))).toEqual([]);
});

test('what a lost reply handed out, and no failure tells of, comes back after its lease', async () => {
  const bed = open();
  const worker = await bed.consumer('w', { leaseMs: 150 });
  const [lost] = await bed.enqueue(await bed.producer(), 1);
  await bed.redis.eval(scripts.claim, 1, bed.prefix, 'w', 1, 0);
  await eventually('the reap', async () => {
    expect(await worker.heartbeat()).toEqual([]);
    expect(await only(worker.reap())).toMatchObject({ id: lost!.id, state: 'queued' });
  });
  expect(await only(claimed(worker, 1))).toMatchObject({ id: lost!.id, fence: 3, attempt: 2 });
});

test('a job that goes back wakes a worker that waits, at once', async () => {
  const bed = open();
  const producer = await bed.producer();
  const [holder, waiter] = [await bed.consumer('holder'), await bed.consumer('waiter')];
  await idle(waiter);
  for (let i = 0; i < 20; i++) {
    await bed.enqueue(producer, 1);
    const claim = await only(claimed(holder, 1));
    const waiting = claimed(waiter, 1);
    await eventually('the waiter to block', async () => {
      expect(await bed.redis.info('clients')).toContain('blocked_clients:1');
    });
    await holder.release(claim);
    const again = await only(waiting);
    expect(again).toMatchObject({ id: claim.id, attempt: 2 });
    await waiter.ack(again, 'ok');
  }
  expect(await bed.wrong()).toEqual([]);
});

test('an entry that is trimmed while its job runs is an alert, and the job is finished all the same', async () => {
  const bed = open();
  const alerts: QueueAlert[] = [];
  const producer = await bed.producer();
  const worker = await bed.consumer('w', {}, (alert) => alerts.push(alert));
  await bed.enqueue(producer, 1);
  const claim = await only(claimed(worker, 1));
  expect(await worker.heartbeat()).toEqual([]);
  expect(alerts).toEqual([]);
  await bed.redis.xtrim(`${bed.prefix}stream`, 'MAXLEN', 0);
  expect(await worker.heartbeat()).toEqual([]);
  expect(alerts).toMatchObject([{ kind: 'entry-trimmed' }]);
  expect(await worker.ack(claim, 'ok')).toMatchObject({ outcome: 'acked' });
  expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: 1, dead: 0 });
});

test('an entry that is trimmed and whose worker died is an alert of the reap, once', async () => {
  const bed = open();
  const alerts: QueueAlert[] = [];
  const settings = { leaseMs: 100 };
  const dead = await bed.consumer('dead', settings);
  await bed.enqueue(await bed.producer(), 1);
  await only(claimed(dead, 1));
  await dead.close();
  await bed.redis.xtrim(`${bed.prefix}stream`, 'MAXLEN', 0);
  const worker = await bed.consumer('w', settings, (alert) => alerts.push(alert));
  await eventually('the alert', async () => {
    expect(await worker.reap()).toEqual([]);
    expect(alerts).toHaveLength(1);
  });
  expect(await worker.reap()).toEqual([]);
  expect(alerts).toHaveLength(1);
});

test('entries that are trimmed before anyone claimed them are an alert, and a healthy queue gives none', async () => {
  const bed = open();
  const alerts: QueueAlert[] = [];
  const producer = await bed.producer();
  const worker = await bed.consumer('w', { leaseMs: 60_000 }, (alert) => alerts.push(alert));
  await bed.enqueue(producer, 30);
  for (const [i, claim] of (await claimed(worker, 10)).entries()) {
    if (i < 7) await worker.ack(claim, 'ok');
    else await worker.release(claim);
  }
  await worker.reap();
  expect(alerts).toEqual([]);
  // Of 23 entries 3 are pending by nobody, and 20 were never delivered. Five stay.
  await bed.redis.xtrim(`${bed.prefix}stream`, 'MAXLEN', 5);
  await worker.reap();
  await worker.reap();
  const details = alerts.map((alert) => alert.kind === 'entry-trimmed' && alert.detail);
  expect(details.filter((detail) => /while its job was unfinished/.test(String(detail)))).toHaveLength(3);
  expect(details.filter((detail) => /15 entries/.test(String(detail)))).toHaveLength(1);
  expect(alerts).toHaveLength(4);
});

test('a worker without entries is forgotten after a while, and nothing is lost when it comes back', async () => {
  const bed = open();
  const producer = await bed.producer();
  const [holder, idler] = [await bed.consumer('holder'), await bed.consumer('idler')];
  await bed.enqueue(producer, 2);
  const held = await only(claimed(holder, 1));
  await idler.ack(await only(claimed(idler, 1)), 'ok');
  const names = async () => {
    const consumers = (await bed.redis.xinfo('CONSUMERS', `${bed.prefix}stream`, 'workers')) as unknown[];
    return consumers.map((consumer) => Object.fromEntries(inPairs(consumer)).name);
  };
  await holder.reap();
  expect(await names()).toEqual(expect.arrayContaining(['holder', 'idler']));
  // As the reap of a queue that forgets after 50 ms. Who holds an entry stays.
  await eventually('it to be forgotten', async () => {
    await bed.redis.eval(scripts.reap, 1, bed.prefix, 60_000, 3, 100, 50);
    expect(await names()).not.toContain('idler');
  });
  expect(await names()).toContain('holder');
  await bed.enqueue(producer, 1);
  await idler.ack(await only(claimed(idler, 1)), 'ok');
  await holder.ack(held, 'ok');
  expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: 3, dead: 0 });
  expect(await bed.wrong()).toEqual([]);
});

/** XINFO answers a map or a flat list, as the protocol has it. */
function inPairs(reply: unknown): [string, unknown][] {
  const flat = reply as unknown[];
  return Array.from({ length: flat.length / 2 }, (_, i) => [String(flat[2 * i]), flat[2 * i + 1]]);
}
