// `reliable-list` when Redis is killed, paused or cuts connections.

import { beforeEach, expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import type { Consumer } from './queue.ts';
import { scripts } from './reliable-list/scripts.ts';
import reliableList from './reliable-list.ts';
import { claimed, eventually, idle, newId, only, testbeds } from './testbed.ts';

const server = await startRedis();
const open = testbeds(reliableList, () => server.url);
const never = new AbortController().signal;

beforeEach(() => server.resume());

/** What came of a call, and after how long. */
async function timed(call: Promise<unknown>): Promise<{ outcome: 'resolved' | 'rejected'; afterMs: number }> {
  const startedAtMs = performance.now();
  const outcome = await call.then(
    () => 'resolved' as const,
    () => 'rejected' as const,
  );
  return { outcome, afterMs: performance.now() - startedAtMs };
}

async function blocked(count: number, bed: ReturnType<typeof open>): Promise<void> {
  await eventually('a blocked pop', async () => {
    expect(await bed.redis.info('clients')).toContain(`blocked_clients:${count}`);
  });
}

test('Redis killed while a worker blocks: the claim rejects at once, and works again after the restart', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w');
  await idle(worker);
  const waiting = timed(worker.claim(1, never));
  await blocked(1, bed);
  await server.kill();
  const { outcome, afterMs } = await waiting;
  expect(outcome).toBe('rejected');
  expect(afterMs).toBeLessThan(1500);
  for (const call of [
    () => worker.claim(1, never),
    () => worker.heartbeat(),
    () => worker.reap(),
    () => producer.ping(),
  ]) {
    const refused = await timed(call());
    expect(refused.outcome).toBe('rejected');
    expect(refused.afterMs).toBeLessThan(800);
  }
  await server.restart();
  const restartedAtMs = performance.now();
  await eventually('the producer', () => producer.ping());
  const jobs = await bed.enqueue(producer, 3);
  expect((await claimed(worker, 3)).map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
  expect(performance.now() - restartedAtMs).toBeLessThan(3000);
  expect(await bed.wrong()).toEqual([]);
});

test('the reply of a blocking pop lost, 30 times: each job is claimed all the same, once', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w', { leaseMs: 60_000 });
  for (let round = 1; round <= 30; round++) {
    await idle(worker);
    const waiting = worker.claim(1, never).catch(() => []);
    await blocked(1, bed);
    const clients = String(await bed.redis.client('LIST')).split('\n');
    const blocking = /^id=(\d+)/.exec(clients.find((client) => client.includes('cmd=blmove')) ?? '')?.[1];
    // In one write: the pop is served, and its connection cut before the reply goes out.
    const id = newId();
    const replies = await bed.redis
      .pipeline()
      .eval(scripts.enqueue, 1, bed.prefix, 0, id, 'payload')
      .lrange(`${bed.prefix}processing:w`, 0, -1)
      .client('KILL', 'ID', blocking!)
      .exec();
    expect(replies?.slice(1).map(([, reply]) => reply)).toEqual([[id], 1]);
    const claims = [...(await waiting)];
    if (claims.length === 0) claims.push(...(await claimed(worker, 1)));
    expect(claims).toMatchObject([{ id, fence: 1, attempt: 1 }]);
    await worker.ack(claims[0]!, 'ok');
    expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: round, dead: 0 });
  }
  expect(await bed.wrong()).toEqual([]);
});

test('Redis paused: every call rejects within about two seconds, and all works again when it goes on', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w', { leaseMs: 10_000 });
  const [held] = await bed.enqueue(producer, 1);
  const claim = await only(claimed(worker, 1));
  await idle(worker);
  const waiting = timed(worker.claim(1, never));
  await blocked(1, bed);
  await server.pause();
  const calls = [
    waiting,
    timed(worker.ack(claim, 'ok')),
    timed(worker.heartbeat()),
    timed(producer.ping()),
    timed(producer.enqueue({ id: held!.id, payload: held!.payload })),
  ];
  const results = await Promise.all(calls);
  for (const { outcome } of results) expect(outcome).toBe('rejected');
  console.log(`paused: rejected after ${results.map(({ afterMs }) => Math.round(afterMs)).join(', ')} ms`);
  expect(results[0]!.afterMs).toBeLessThan(3200);
  for (const { afterMs } of results.slice(1)) expect(afterMs).toBeLessThan(1500);
  // A connection made to the sleeping Redis must not be waited for either.
  const again = await timed(worker.claim(1, never));
  expect(again).toMatchObject({ outcome: 'rejected' });
  expect(again.afterMs).toBeLessThan(2500);

  await server.resume();
  const next = await eventually('the next jobs', async () => bed.enqueue(producer, 2));
  expect((await claimed(worker, 2)).map(({ id }) => id)).toEqual(next.map(({ id }) => id));
  // The ack that timed out may or may not have been carried out; said again, it is either way recorded once.
  expect(['acked', 'already']).toContain((await worker.ack(claim, 'ok')).outcome);
  expect(await bed.wrong()).toEqual([]);
});

test('after a restart longer than the lease, the living keep their jobs and the dead lose theirs one lease later', async () => {
  const bed = open();
  const settings = { leaseMs: 800 };
  const producer = await bed.producer(settings);
  const living = await bed.consumer('living', settings);
  const dead = await bed.consumer('dead', settings);
  const reaper = await bed.consumer('reaper', settings);
  await bed.enqueue(producer, 2);
  const kept = await only(claimed(living, 1));
  const taken = await only(claimed(dead, 1));
  expect(await reaper.reap()).toEqual([]);
  await dead.close();
  await server.kill();
  const killedAtMs = performance.now();
  await eventually('leases to run out', () => expect(performance.now() - killedAtMs).toBeGreaterThan(900));
  await server.restart();
  const restartedAtMs = performance.now();
  // The worst order: the reaper comes first.
  expect(await eventually('a reap', () => reaper.reap())).toEqual([]);
  const changes = await eventually('the reap of the dead', async () => {
    expect(await living.heartbeat()).toEqual([]);
    return [await only(reaper.reap())];
  });
  expect(changes).toMatchObject([{ id: taken.id, state: 'queued' }]);
  expect(performance.now() - restartedAtMs).toBeGreaterThan(790);
  expect(await living.ack(kept, 'ok')).toMatchObject({ outcome: 'acked' });
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

test('claims that end by abort while Redis is away do not hang', async () => {
  const bed = open();
  const worker: Consumer = await bed.consumer('w');
  await idle(worker);
  const abort = new AbortController();
  const waiting = timed(worker.claim(1, abort.signal));
  await blocked(1, bed);
  await server.pause();
  abort.abort();
  expect((await waiting).afterMs).toBeLessThan(3200);
});

test('close ends everything though Redis does not answer', async () => {
  const bed = open();
  const worker = await bed.consumer('w');
  await idle(worker);
  await server.pause();
  expect((await timed(worker.close())).afterMs).toBeLessThan(2500);
});
