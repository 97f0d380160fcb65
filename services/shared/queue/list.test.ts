// `list`, the naive queue: it works as long as nobody dies, and loses exactly what the dead had popped.

import { beforeEach, expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import list from './list.ts';
import { claimed, eventually, idle, newId, only, testbeds } from './testbed.ts';

const server = await startRedis();
const open = testbeds(list, () => server.url);
const never = new AbortController().signal;

beforeEach(() => server.resume());

test('jobs are claimed in order, once each, and their results recorded', async () => {
  const bed = open();
  const producer = await bed.producer();
  const jobs = await bed.enqueue(producer, 30);
  const worker = await bed.consumer('w');
  const order: string[] = [];
  while (order.length < 30) {
    const claim = await only(claimed(worker, 1));
    expect(claim).toMatchObject({ fence: 1, attempt: 1, version: 2 });
    expect(await producer.get(claim.id)).toMatchObject({ state: 'running', owner: 'w', version: 2 });
    order.push(claim.id);
    expect(await worker.ack(claim, 'ok')).toEqual({ outcome: 'acked', version: 3 });
    expect(await worker.ack(claim, 'again')).toEqual({ outcome: 'already', version: 3 });
  }
  expect(order).toEqual(jobs.map(({ id }) => id));
  expect(await producer.get(order[0]!)).toMatchObject({ state: 'done', result: 'ok', version: 3 });
  expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: 30, dead: 0 });
});

test('enqueue is idempotent and capped', async () => {
  const bed = open();
  const producer = await bed.producer({ cap: 5 });
  const [job] = await bed.enqueue(producer, 1);
  expect(await producer.enqueue(job!)).toMatchObject({
    outcome: 'known',
    record: { ...job, state: 'queued' },
  });
  expect(await producer.enqueue({ ...job!, payload: 'another' })).toMatchObject({ outcome: 'conflict' });
  const more = await Promise.all(
    Array.from({ length: 20 }, () => producer.enqueue({ id: newId(), payload: 'p' })),
  );
  expect(more.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(4);
  expect(more.filter(({ outcome }) => outcome === 'full')).toHaveLength(16);
});

test('what a worker had popped when it went is lost, nothing else, and nothing runs twice', async () => {
  const bed = open();
  const producer = await bed.producer();
  const jobs = await bed.enqueue(producer, 20);
  const dead = await bed.consumer('dead', { leaseMs: 50 });
  const lost = await claimed(dead, 3);
  await dead.close();
  const worker = await bed.consumer('w', { leaseMs: 50 });
  const seen: string[] = [];
  for (const claim of await claimed(worker, 17)) {
    seen.push(claim.id);
    await worker.ack(claim, 'ok');
  }
  await eventually('a lease to run out, if there were any', async () => {
    expect(await worker.claim(1, never)).toEqual([]);
    expect(await worker.reap()).toEqual([]);
    expect(await worker.heartbeat()).toEqual([]);
  });
  expect([...lost.map(({ id }) => id), ...seen]).toEqual(jobs.map(({ id }) => id));
  expect(await producer.counts()).toEqual({ queued: 0, running: 3, done: 17, dead: 0 });
  expect(await producer.deadLetters(10)).toEqual([]);
  expect(await producer.redrive(lost[0]!.id)).toBeNull();
});

test('a pop of which the reply was lost loses the job', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w');
  await bed.enqueue(producer, 1);
  await bed.redis.rpop(`${bed.prefix}queued`);
  await idle(worker);
  expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: 0, dead: 0 });
});

test('release gives a job back ahead of the others', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w');
  const [first, second] = await bed.enqueue(producer, 2);
  const claim = await only(claimed(worker, 1));
  expect(await worker.release(claim)).toEqual({ id: first!.id, state: 'queued', version: 3, attempts: 1 });
  expect(await worker.release(claim)).toBeNull();
  expect(await worker.ack(claim, 'ok')).toEqual({ outcome: 'stale' });
  expect((await claimed(worker, 2)).map(({ id, attempt }) => [id, attempt])).toEqual([
    [first!.id, 2],
    [second!.id, 1],
  ]);
});

test('an aborted claim loses nothing, 200 times in a race with enqueues', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w');
  await idle(worker);
  const ids: string[] = [];
  for (let i = 0; i < 200; i++) {
    const abort = new AbortController();
    const waiting = worker.claim(1, abort.signal);
    const enqueuing = bed.enqueue(producer, 1);
    if (i % 3 === 0) await enqueuing;
    abort.abort();
    ids.push(...(await waiting).map(({ id }) => id));
    await enqueuing;
  }
  const left = (await producer.counts()).queued;
  for (const claim of left > 0 ? await claimed(worker, left) : []) ids.push(claim.id);
  expect(new Set(ids).size).toBe(200);
  expect(ids).toHaveLength(200);
});

test('what was popped while Redis could not be told so is kept in memory, and claimed by the next call', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w', { pollEveryMs: 10 });
  await idle(worker); // connected, so that the script is what fails
  const [job] = await bed.enqueue(producer, 1);
  const key = `${bed.prefix}job:${job!.id}`;
  const fields = await bed.redis.hgetall(key);
  // No hash is there to be marked as running, so the script fails.
  await bed.redis.set(key, 'not a hash');
  await expect(worker.claim(1, never)).rejects.toThrow('WRONGTYPE');
  await bed.redis.del(key);
  await bed.redis.hset(key, fields);
  expect(await only(worker.claim(1, never))).toMatchObject({ id: job!.id, fence: 1 });
});

test('Redis killed and started again: the claim rejects and works again', async () => {
  const bed = open();
  const producer = await bed.producer();
  const worker = await bed.consumer('w');
  await idle(worker);
  const waiting = worker.claim(1, never);
  const refused = expect(waiting).rejects.toThrow();
  await server.kill();
  await refused;
  await expect(producer.ping()).rejects.toThrow();
  await server.restart();
  const [job] = await eventually('the enqueue', () => bed.enqueue(producer, 1));
  expect(await only(claimed(worker, 1))).toMatchObject({ id: job!.id });
});

test('nothing stays open after close', async () => {
  const bed = open();
  const [producer, worker] = [await bed.producer(), await bed.consumer('w')];
  await idle(worker);
  expect(await bed.connections()).toBe(3);
  await Promise.all([producer.close(), worker.close()]);
  await eventually('the connections to go', async () => expect(await bed.connections()).toBe(0));
});
