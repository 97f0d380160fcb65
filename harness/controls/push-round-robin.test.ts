// The control deals in turn and to nobody twice, and in all else it is a queue.

import { beforeAll, expect, test } from 'vitest';
import type { Claim } from '../../services/shared/queue/queue.ts';
import { claimed, eventually, newId, testbeds } from '../../services/shared/queue/testbed.ts';
import { startRedis, type TestRedis } from '../../test/redis.ts';
import pushRoundRobin from './push-round-robin.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis({ appendonly: 'no' });
});
const open = testbeds(pushRoundRobin, () => redis.url);

/** Two consumers that the producer knows: each has asked for a job once. */
async function twoWorkers() {
  const bed = open();
  const producer = await bed.producer();
  const workers = [await bed.consumer('worker-1'), await bed.consumer('worker-2')] as const;
  for (const worker of workers)
    await eventually('it to be known', () => worker.claim(1, AbortSignal.abort()));
  return { producer, workers };
}

test('jobs are dealt in turn, however busy a worker is, and each is for one worker alone', async () => {
  const { producer, workers } = await twoWorkers();
  const jobs = Array.from({ length: 6 }, () => ({ id: newId(), payload: 'p' }));
  for (const job of jobs) await eventually('it to be accepted', () => producer.enqueue(job));
  const seen: Claim[][] = [await claimed(workers[0], 3), await claimed(workers[1], 3)];
  expect(seen.map((claims) => claims.map(({ id }) => id))).toEqual([
    [jobs[0]!.id, jobs[2]!.id, jobs[4]!.id],
    [jobs[1]!.id, jobs[3]!.id, jobs[5]!.id],
  ]);
  // The first is idle again, and the other's jobs stay where they are.
  for (const claim of seen[0]!) expect(await workers[0].ack(claim, '{}')).toMatchObject({ outcome: 'acked' });
  expect(await workers[0].claim(3, AbortSignal.timeout(50))).toEqual([]);
  expect(await producer.counts()).toEqual({ queued: 0, running: 3, done: 3, dead: 0 });
  expect(await producer.get(jobs[0]!.id)).toMatchObject({ state: 'done', result: '{}' });
  expect(await producer.get(jobs[1]!.id)).toMatchObject({ state: 'running' });
});

test('a job that is sent again is not dealt again', async () => {
  const { producer } = await twoWorkers();
  const [first, second] = [newId(), newId()].map((id) => ({ id, payload: 'p' }));
  await eventually('it to be accepted', () => producer.enqueue(first!));
  expect(await producer.enqueue(first!)).toMatchObject({ outcome: 'known' });
  expect(await producer.enqueue({ ...first!, payload: 'another' })).toMatchObject({ outcome: 'conflict' });
  await eventually('it to be accepted', () => producer.enqueue(second!));
  expect(await producer.counts()).toMatchObject({ queued: 2 });
});

test('with no worker to push to nothing is accepted; what nobody sent is not known', async () => {
  const producer = await open().producer();
  await expect(producer.enqueue({ id: newId(), payload: 'p' })).rejects.toThrow('no worker to push to');
  expect(await producer.get(newId())).toBeNull();
  expect(await producer.redrive(newId())).toBeNull();
  expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: 0, dead: 0 });
});
