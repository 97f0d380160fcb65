// `bullmq`: what the interface of the judge's queue asks for, and what only BullMQ does.

import { expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import bullmq from './bullmq.ts';
import { claimed, eventually, newId, only, testbeds } from './testbed.ts';

const server = await startRedis();
const open = testbeds(bullmq, () => server.url);
const never = new AbortController().signal;

test('jobs are claimed in order, once each, and their results recorded', async () => {
  const bed = open();
  const producer = await bed.producer();
  const jobs = await bed.enqueue(producer, 20);
  const worker = await bed.consumer('w');
  const order: string[] = [];
  while (order.length < 20) {
    for (const claim of await worker.claim(4, never)) {
      expect(claim).toMatchObject({ fence: 1, attempt: 1, version: 2 });
      expect(await producer.get(claim.id)).toMatchObject({ state: 'running', owner: 'w', version: 2 });
      order.push(claim.id);
      expect(await worker.ack(claim, `"${claim.id}"`)).toEqual({ outcome: 'acked', version: 3 });
    }
  }
  expect(order).toEqual(jobs.map(({ id }) => id));
  expect(await producer.get(order[0]!)).toMatchObject({ state: 'done', result: `"${order[0]}"`, version: 3 });
  expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: 20, dead: 0 });
});

test('enqueue again is known, with another payload a conflict, and 20 at once make one job', async () => {
  const bed = open();
  const producer = await bed.producer();
  const job = { id: newId(), payload: 'p' };
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => producer.enqueue(job)));
  expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1);
  expect(outcomes.filter(({ outcome }) => outcome === 'known')).toHaveLength(19);
  expect(await producer.enqueue({ ...job, payload: 'another' })).toMatchObject({
    outcome: 'conflict',
    record: { payload: 'p', state: 'queued' },
  });
  expect(await producer.counts()).toMatchObject({ queued: 1 });
  expect(await producer.get(newId())).toBeNull();
});

test('after its lock ran out a job goes to another worker; the late ack is refused', async () => {
  const bed = open();
  const producer = await bed.producer();
  const settings = { leaseMs: 300 };
  const sleeper = await bed.consumer('sleeper', settings);
  const other = await bed.consumer('other', settings);
  const [job] = await bed.enqueue(producer, 1);
  const late = await only(claimed(sleeper, 1));
  const next = await only(claimed(other, 1));
  expect(next).toMatchObject({ id: job!.id, fence: 2, attempt: 2 });
  expect(await sleeper.ack(late, '"late"')).toEqual({ outcome: 'stale' });
  expect(await other.ack(next, '"right"')).toMatchObject({ outcome: 'acked' });
  expect(await sleeper.ack(late, '"late"')).toEqual({ outcome: 'stale' });
  expect(await producer.get(job!.id)).toMatchObject({ state: 'done', result: '"right"' });
});

test('heartbeats keep a job far beyond its lock, and a heartbeat after a loss tells it', async () => {
  const bed = open();
  const settings = { leaseMs: 400 };
  const worker = await bed.consumer('w', settings);
  const other = await bed.consumer('other', settings);
  await bed.enqueue(await bed.producer(), 1);
  const claim = await only(claimed(worker, 1));
  for (const untilMs = performance.now() + 1200; performance.now() < untilMs; ) {
    expect(await worker.heartbeat()).toEqual([]);
    expect(await other.claim(1, AbortSignal.timeout(50))).toEqual([]);
  }
  const next = await only(claimed(other, 1));
  expect(await worker.heartbeat()).toEqual([claim]);
  expect(await worker.heartbeat()).toEqual([]);
  await other.ack(next, '1');
});

test('an ack of which the reply was lost is known when it is said again', async () => {
  const bed = open();
  const worker = await bed.consumer('w');
  await bed.enqueue(await bed.producer(), 1);
  const claim = await only(claimed(worker, 1));
  const twice = await Promise.all([worker.ack(claim, '1'), worker.ack(claim, '1')]);
  expect(twice.map(({ outcome }) => outcome).sort()).toEqual(['acked', 'already']);
});

test('release gives a job back ahead of the others', async () => {
  const bed = open();
  const [first, second] = await bed.enqueue(await bed.producer(), 2);
  const worker = await bed.consumer('w');
  const claim = await only(claimed(worker, 1));
  expect(await worker.release(claim)).toMatchObject({ id: first!.id, state: 'queued', attempts: 1 });
  expect(await worker.release(claim)).toBeNull();
  expect(await worker.ack(claim, '1')).toEqual({ outcome: 'stale' });
  expect((await claimed(worker, 2)).map(({ id, fence }) => [id, fence])).toEqual([
    [first!.id, 2],
    [second!.id, 1],
  ]);
});

test('a job that stalls too often is a dead letter, told by the reap of who found it; redriven, it runs', async () => {
  const bed = open();
  const producer = await bed.producer();
  const settings = { leaseMs: 200, maxAttempts: 2 };
  const [job] = await bed.enqueue(producer, 1);
  for (const attempt of [1, 2]) {
    const dying = await bed.consumer(`dying-${attempt}`, settings);
    expect(await only(claimed(dying, 1))).toMatchObject({ attempt });
    await dying.close();
  }
  const worker = await bed.consumer('w', settings);
  const changes = await eventually('the burial', async () => {
    expect(await worker.claim(1, never)).toEqual([]);
    return [await only((await worker.reap()).filter(({ state }) => state === 'dead'))];
  });
  expect(changes).toMatchObject([{ id: job!.id }]);
  expect(await producer.deadLetters(10)).toMatchObject([{ id: job!.id, state: 'dead' }]);
  expect(await producer.redrive(job!.id)).toMatchObject({ state: 'queued', attempts: 0 });
  expect(await producer.redrive(job!.id)).toBeNull();
  const again = await only(claimed(worker, 1));
  expect(await worker.ack(again, '1')).toMatchObject({ outcome: 'acked' });
});

test('nothing stays open after close', async () => {
  const bed = open();
  const [producer, worker] = [await bed.producer(), await bed.consumer('w')];
  expect(await bed.connections()).toBeGreaterThan(1);
  await Promise.all([producer.close(), worker.close()]);
  await eventually('the connections to go', async () => expect(await bed.connections()).toBe(0));
});
