// The adapters with leases on a Redis that works: what a lease, its fence and the count of attempts decide.

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import { listLayout, streamLayout } from './invariants.ts';
import reliableList from './reliable-list.ts';
import stream from './stream.ts';
import { claimed, eventually, newId, only, testbeds } from './testbed.ts';

const server = await startRedis();
const never = new AbortController().signal;

describe.each([
  { adapter: reliableList, layout: listLayout },
  { adapter: stream, layout: streamLayout },
])('$adapter.name', ({ adapter, layout }) => {
  const open = testbeds(adapter, () => server.url, layout);

  describe('lease and fence', () => {
    test('heartbeats keep a job far beyond its lease', async () => {
      const bed = open();
      await bed.enqueue(await bed.producer(), 1);
      const settings = { leaseMs: 400 };
      const worker = await bed.consumer('w', settings);
      const other = await bed.consumer('other', settings);
      const claim = await only(claimed(worker, 1));
      for (const untilMs = performance.now() + 1200; performance.now() < untilMs; ) {
        expect(await worker.heartbeat()).toEqual([]);
        expect(await other.reap()).toEqual([]);
      }
      expect(await worker.ack(claim, 'ok')).toEqual({ outcome: 'acked', version: 3 });
      expect(await bed.wrong()).toEqual([]);
    });

    test('after its lease a job is reaped with a raised fence; the late ack is refused', async () => {
      const bed = open();
      const producer = await bed.producer();
      const job = await only(bed.enqueue(producer, 1));
      const settings = { leaseMs: 100 };
      const sleeper = await bed.consumer('sleeper', settings);
      const other = await bed.consumer('other', settings);
      const late = await only(claimed(sleeper, 1));
      const change = await eventually('the reap', () => only(other.reap()));
      const lost = { id: job.id, state: 'queued', version: 3, attempts: 1 };
      expect(change).toEqual({ ...lost, heldSinceMs: expect.any(Number) });
      expect(await producer.get(job.id)).toMatchObject({ fence: 2, state: 'queued' });
      expect(await sleeper.heartbeat()).toEqual([late]);
      expect(await sleeper.heartbeat()).toEqual([]);
      expect(await sleeper.ack(late, 'late')).toEqual({ outcome: 'stale' });
      expect(await sleeper.release(late)).toBeNull();

      const next = await only(claimed(other, 1));
      expect(next).toMatchObject({ id: job.id, fence: 3, attempt: 2, version: 4 });
      expect(await sleeper.ack(late, 'late')).toEqual({ outcome: 'stale' });
      expect(await other.ack(next, 'right')).toEqual({ outcome: 'acked', version: 5 });
      expect(await other.ack(next, 'right')).toEqual({ outcome: 'already', version: 5 });
      expect(await sleeper.ack(late, 'late')).toEqual({ outcome: 'stale' });
      expect(await producer.get(job.id)).toMatchObject({ state: 'done', result: 'right', owner: 'other' });
      expect(await bed.wrong()).toEqual([]);
    });

    test('a worker that gets its own job again is told that the older claim is lost', async () => {
      const bed = open();
      await bed.enqueue(await bed.producer(), 1);
      const worker = await bed.consumer('w', { leaseMs: 100 });
      const first = await only(claimed(worker, 1));
      await eventually('the reap', () => only(worker.reap()));
      const second = await only(claimed(worker, 1));
      expect(second).toMatchObject({ id: first.id, fence: 3 });
      expect(await worker.heartbeat()).toEqual([first]);
      expect(await worker.ack(first, 'first')).toEqual({ outcome: 'stale' });
      expect(await worker.ack(second, 'second')).toMatchObject({ outcome: 'acked' });
      expect(await bed.wrong()).toEqual([]);
    });

    test('a heartbeat does not call a claim lost whose ack is under way', async () => {
      const bed = open();
      await bed.enqueue(await bed.producer(), 1);
      const worker = await bed.consumer('w');
      const claim = await only(claimed(worker, 1));
      const [acked, lost] = await Promise.all([worker.ack(claim, 'ok'), worker.heartbeat()]);
      expect(acked).toMatchObject({ outcome: 'acked' });
      expect(lost).toEqual([]);
    });

    test('without the fence a zombie overwrites the result', async () => {
      const bed = open();
      const producer = await bed.producer();
      const job = await only(bed.enqueue(producer, 1));
      const settings = { leaseMs: 100, fenced: false };
      const zombie = await bed.consumer('zombie', settings);
      const other = await bed.consumer('other', settings);
      const late = await only(claimed(zombie, 1));
      await eventually('the reap', () => only(other.reap()));
      const next = await only(claimed(other, 1));
      expect(await other.ack(next, 'right')).toMatchObject({ outcome: 'acked' });
      expect(await zombie.heartbeat()).toEqual([]);
      expect(await zombie.ack(late, 'zombie')).toMatchObject({ outcome: 'acked' });
      expect(await producer.get(job.id)).toMatchObject({ result: 'zombie' });
      expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: 1, dead: 0 });
    });

    test('release gives a job back ahead of the others', async () => {
      const bed = open();
      const [first, second] = await bed.enqueue(await bed.producer(), 2);
      const worker = await bed.consumer('w');
      const claim = await only(worker.claim(1, never));
      expect(await worker.release(claim)).toEqual({
        id: first!.id,
        state: 'queued',
        version: 3,
        attempts: 1,
      });
      expect(await worker.ack(claim, 'ok')).toEqual({ outcome: 'stale' });
      const again = await claimed(worker, 2);
      expect(again.map(({ id, fence }) => [id, fence])).toEqual([
        [first!.id, 3],
        [second!.id, 1],
      ]);
      expect(await bed.wrong()).toEqual([]);
    });

    test('a reap says when the next lease ends: the job is there then', async () => {
      const bed = open();
      await bed.enqueue(await bed.producer(), 1);
      const settings = { leaseMs: 600 };
      const dead = await bed.consumer('dead', settings);
      const other = await bed.consumer('other', settings);
      await only(claimed(dead, 1));
      await eventually('the end of its lease in sight', async () => {
        await Promise.all([other.heartbeat(), dead.heartbeat().then(() => delay(350))]);
        expect(await other.reap()).toEqual([]);
        expect(other.leaseEndsInMs!()).toBeLessThan(300);
      });
      await delay(other.leaseEndsInMs!()! + 1);
      await only(other.reap());
      expect(other.leaseEndsInMs!()).toBeUndefined();
    });

    test('reaped jobs come back in their old order, ahead of the others', async () => {
      const bed = open();
      const producer = await bed.producer();
      const settings = { leaseMs: 100 };
      const jobs = await bed.enqueue(producer, 5);
      const dead = await bed.consumer('dead', settings);
      for (let i = 0; i < 3; i++) {
        await dead.claim(1, never);
        // The order of leases is by the millisecond.
        const now = await bed.redis.time();
        await eventually('the next millisecond', async () => expect(await bed.redis.time()).not.toEqual(now));
      }
      const worker = await bed.consumer('w', { leaseMs: 1000 });
      const reaped: unknown[] = [];
      await eventually('the reap', async () => {
        reaped.push(...(await worker.reap()));
        expect(reaped).toHaveLength(3);
      });
      expect(new Set((await claimed(worker, 5)).map(({ id }) => id))).toEqual(
        new Set(jobs.map(({ id }) => id)),
      );
      expect(await bed.wrong()).toEqual([]);
    });
  });

  describe('attempts', () => {
    test('after the last one a job is a dead letter; redriven, it runs again', async () => {
      const bed = open();
      const producer = await bed.producer();
      const jobs = await bed.enqueue(producer, 2);
      const settings = { leaseMs: 60, maxAttempts: 2 };
      const worker = await bed.consumer('w', settings);
      for (const attempt of [1, 2]) {
        for (const claim of await claimed(worker, 2)) expect(claim.attempt).toBe(attempt);
        let reaped = 0;
        await eventually('both reaped', async () => {
          for (const change of await worker.reap()) {
            expect(change).toMatchObject({ state: attempt === 2 ? 'dead' : 'queued', attempts: attempt });
            reaped++;
          }
          expect(reaped).toBe(2);
        });
      }
      expect(await producer.counts()).toEqual({ queued: 0, running: 0, done: 0, dead: 2 });
      expect((await producer.deadLetters(10)).map(({ id }) => id).sort()).toEqual(
        jobs.map(({ id }) => id).sort(),
      );
      expect(await producer.deadLetters(1)).toHaveLength(1);
      expect(await bed.wrong()).toEqual([]);

      const { id } = jobs[0]!;
      const record = await producer.get(id);
      expect(await producer.redrive(id)).toEqual({
        id,
        state: 'queued',
        version: record!.version + 1,
        attempts: 0,
      });
      expect(await producer.redrive(id)).toBeNull();
      expect(await producer.redrive(newId())).toBeNull();
      const again = await only(claimed(worker, 1));
      expect(again).toMatchObject({ id, attempt: 1, fence: record!.fence + 1 });
      expect(await worker.ack(again, 'ok')).toMatchObject({ outcome: 'acked' });
      expect(await bed.wrong()).toEqual([]);
    });

    test('0 means no limit', async () => {
      const bed = open();
      await bed.enqueue(await bed.producer(), 1);
      const worker = await bed.consumer('w', { leaseMs: 50, maxAttempts: 0 });
      for (let attempt = 1; attempt <= 6; attempt++) {
        expect(await only(claimed(worker, 1))).toMatchObject({ attempt });
        expect(await eventually('the reap', () => only(worker.reap()))).toMatchObject({ state: 'queued' });
      }
      expect(await bed.wrong()).toEqual([]);
    });
  });
});
