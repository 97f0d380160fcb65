// The adapters when Redis is killed, paused or restarted.

import { beforeEach, describe, expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import bullmq from './bullmq.ts';
import { listLayout, streamLayout } from './invariants.ts';
import type { Consumer } from './queue.ts';
import reliableList from './reliable-list.ts';
import stream from './stream.ts';
import { claimed, eventually, idle, only, type Testbed, testbeds } from './testbed.ts';

const server = await startRedis();
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

/** Blocks. One claim may end with nothing, after a second or by a marker that BullMQ left: then it is asked again. */
async function waitForJob(worker: Consumer, signal = never): Promise<void> {
  while (!signal.aborted && (await worker.claim(1, signal)).length === 0);
}

async function blocked(count: number, bed: Testbed): Promise<void> {
  await eventually('a blocked pop', async () => {
    expect(await bed.redis.info('clients')).toContain(`blocked_clients:${count}`);
  });
}

const withLayout = [
  { adapter: reliableList, layout: listLayout },
  { adapter: stream, layout: streamLayout },
];

describe.each([...withLayout, { adapter: bullmq, layout: undefined }])('$adapter.name', ({
  adapter,
  layout,
}) => {
  const open = testbeds(adapter, () => server.url, layout);

  test('Redis killed while a worker blocks: the claim rejects at once, and works again after the restart', async () => {
    const bed = open();
    const producer = await bed.producer();
    const worker = await bed.consumer('w');
    await idle(worker);
    const waiting = timed(waitForJob(worker));
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
    if (layout) expect(await bed.wrong()).toEqual([]);
  });

  test('Redis paused: every call rejects within about two seconds, and all works again when it goes on', async () => {
    const bed = open();
    const producer = await bed.producer();
    const worker = await bed.consumer('w', { leaseMs: 10_000 });
    const [held] = await bed.enqueue(producer, 1);
    const claim = await only(claimed(worker, 1));
    await idle(worker);
    const waiting = timed(waitForJob(worker));
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
    if (layout) expect(await bed.wrong()).toEqual([]);
  });

  test('claims that end by abort while Redis is away do not hang', async () => {
    const bed = open();
    const worker: Consumer = await bed.consumer('w');
    await idle(worker);
    const abort = new AbortController();
    const waiting = timed(waitForJob(worker, abort.signal));
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
});

describe.each(withLayout)('$adapter.name', ({ adapter, layout }) => {
  const open = testbeds(adapter, () => server.url, layout);

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
});
