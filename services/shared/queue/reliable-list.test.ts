// `reliable-list`, what only it has: a claim in two halves, of which the second may be missing.

import { expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import type { QueueAlert } from './queue.ts';
import { scripts } from './reliable-list/scripts.ts';
import reliableList from './reliable-list.ts';
import { claimed, eventually, idle, newId, only, testbeds } from './testbed.ts';

const server = await startRedis();
const open = testbeds(reliableList, () => server.url);
const never = new AbortController().signal;

test('a job of which the reply of BLMOVE was lost is claimed by the next call, by the same worker', async () => {
  const bed = open();
  const worker = await bed.consumer('w');
  const job = await only(bed.enqueue(await bed.producer(), 1));
  await bed.redis.lmove(`${bed.prefix}queued`, `${bed.prefix}processing:w`, 'RIGHT', 'LEFT');
  expect(await (await bed.producer()).counts()).toMatchObject({ queued: 1, running: 0 });
  expect(await only(claimed(worker, 1))).toMatchObject({ id: job.id, fence: 1, attempt: 1, version: 2 });
  expect(await bed.wrong()).toEqual([]);
});

test('a job of which the reply of the adoption was lost is claimed again with the same fence', async () => {
  const bed = open();
  const job = await only(bed.enqueue(await bed.producer(), 1));
  const worker = await bed.consumer('w');
  const first = await only(worker.claim(1, never));
  // Acked and thus out of hand; then put back as if the reply of its adoption had been lost.
  const before = await bed.redis.hgetall(`${bed.prefix}job:${job.id}`);
  await worker.ack(first, 'ok');
  await bed.redis.del(`${bed.prefix}job:${job.id}`);
  await bed.redis.hset(`${bed.prefix}job:${job.id}`, before);
  await bed.redis.lpush(`${bed.prefix}processing:w`, job.id);
  await bed.redis.decr(`${bed.prefix}done`);
  expect(await only(claimed(worker, 1))).toEqual(first);
  expect(await bed.wrong()).toEqual([]);
  expect(await worker.claim(5, AbortSignal.timeout(50))).toEqual([]);
});

test('what is done or unknown is removed from the own list', async () => {
  const bed = open();
  const worker = await bed.consumer('w');
  await bed.redis.lpush(`${bed.prefix}processing:w`, newId());
  await idle(worker);
  const job = await only(bed.enqueue(await bed.producer(), 1));
  expect(await only(claimed(worker, 1))).toMatchObject({ id: job.id });
  expect(await bed.wrong()).toEqual([]);
});

test('what a dead worker popped and never adopted comes back in order', async () => {
  const bed = open();
  const producer = await bed.producer();
  const settings = { leaseMs: 80 };
  const dead = await bed.consumer('dead', settings);
  const jobs = await bed.enqueue(producer, 3);
  for (let i = 0; i < 2; i++)
    await bed.redis.lmove(`${bed.prefix}queued`, `${bed.prefix}processing:dead`, 'RIGHT', 'LEFT');
  await dead.close();
  const alerts: QueueAlert[] = [];
  const worker = await bed.consumer('w', settings, (alert) => alerts.push(alert));
  await eventually('the reap', async () => {
    expect(await worker.reap()).toEqual([]);
    expect(await bed.redis.llen(`${bed.prefix}queued`)).toBe(3);
  });
  const popped = jobs.slice(0, 2).map(({ id }) => ({ kind: 'never-claimed', job: id, worker: 'dead' }));
  expect(alerts).toHaveLength(2);
  expect(alerts).toEqual(expect.arrayContaining(popped));
  expect((await claimed(worker, 3)).map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
  expect(await bed.wrong()).toEqual([]);
});

test('the reply of a blocking pop lost, 30 times: each job is claimed all the same, once', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w', { leaseMs: 60_000 });
  for (let round = 1; round <= 30; round++) {
    await idle(worker);
    const waiting = claimed(worker, 1);
    await eventually('a blocked pop', async () => {
      expect(await bed.redis.info('clients')).toContain('blocked_clients:1');
    });
    const clients = String(await bed.redis.client('LIST')).split('\n');
    const blocking = /^id=(\d+)/.exec(clients.find((client) => client.includes('cmd=blmove')) ?? '')?.[1];
    // In one write: the pop is served, and its connection cut before the reply goes out.
    const id = newId();
    const replies = await bed.redis
      .pipeline()
      .eval(scripts.enqueue, 1, bed.prefix, 0, id, 'payload', '')
      .lrange(`${bed.prefix}processing:w`, 0, -1)
      .client('KILL', 'ID', blocking!)
      .exec();
    expect(replies?.slice(1).map(([, reply]) => reply)).toEqual([[id], 1]);
    expect(replies?.[0]?.[0]).toBeNull();
    const claims = await waiting;
    expect(claims).toMatchObject([{ id, fence: 1, attempt: 1 }]);
    await worker.ack(claims[0]!, 'ok');
    expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: round, dead: 0 });
  }
  expect(await bed.wrong()).toEqual([]);
});

test('a first reap needs no grace', async () => {
  const bed = open();
  const worker = await bed.consumer('w', { leaseMs: 100 });
  await bed.enqueue(await bed.producer(), 1);
  const claim = await only(claimed(worker, 1));
  await eventually('the lease to run out', async () => {
    const [seconds, micros] = (await bed.redis.time()) as [number | string, number | string];
    const now = Number(seconds) * 1000 + Number(micros) / 1000;
    expect(now).toBeGreaterThan(Number(await bed.redis.zscore(`${bed.prefix}leases`, claim.id)) + 2);
  });
  expect(await worker.reap()).toHaveLength(1);
});
