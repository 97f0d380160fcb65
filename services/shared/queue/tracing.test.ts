// What every adapter tells of a job for those who watch: its trace, when it was enqueued, how long the oldest waits.

import { describe, expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import bullmq from './bullmq.ts';
import list from './list.ts';
import reliableList from './reliable-list.ts';
import stream from './stream.ts';
import { claimed, eventually, newId, only, testbeds } from './testbed.ts';

const server = await startRedis();
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe.each([list, reliableList, stream, bullmq].map((adapter) => ({ adapter })))('$adapter.name', ({
  adapter,
}) => {
  const open = testbeds(adapter, () => server.url);

  test('whose trace a job belongs to is told with each claim and kept in the record; what waits longest is known', async () => {
    const bed = open();
    const producer = await bed.producer();
    const worker = await bed.consumer('w');
    expect(await producer.oldestWaitingAtMs?.()).toBeNull();
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const jobs = [
      { id: newId(), payload: 'a', trace },
      { id: newId(), payload: 'b' },
    ];
    for (const job of jobs) expect(await producer.enqueue(job)).toMatchObject({ outcome: 'accepted' });
    // Another trace is no other job.
    expect(await producer.enqueue({ ...jobs[0]!, trace: `${trace.slice(0, -2)}00` })).toMatchObject({
      outcome: 'known',
      record: { trace },
    });
    const records = await Promise.all(jobs.map(({ id }) => producer.get(id)));
    expect(records.map((record) => record?.trace)).toEqual([trace, undefined]);
    expect(await producer.oldestWaitingAtMs?.()).toBe(records[0]!.enqueuedAtMs);

    const claims = await claimed(worker, 2);
    expect(claims.map((claim) => claim.trace)).toEqual([trace, undefined]);
    expect(claims.map((claim) => claim.enqueuedAtMs)).toEqual(records.map((record) => record!.enqueuedAtMs));
    expect(await producer.oldestWaitingAtMs?.()).toBeNull();
    await worker.release(claims[1]!);
    expect(await producer.oldestWaitingAtMs?.()).toBe(records[1]!.enqueuedAtMs);
  });
});

describe.each([reliableList, stream].map((adapter) => ({ adapter })))('$adapter.name', ({ adapter }) => {
  const open = testbeds(adapter, () => server.url);

  test('a reap says whose trace the lost attempt belongs to, and since when it was held', async () => {
    const bed = open();
    const producer = await bed.producer();
    const settings = { leaseMs: 100 };
    const [dead, other] = [await bed.consumer('dead', settings), await bed.consumer('other', settings)];
    const job = { id: newId(), payload: 'p', trace };
    await producer.enqueue(job);
    const lost = await only(claimed(dead, 1));
    const claimedByMs = Date.now();
    const reaped = await eventually('the reap', () => only(other.reap()));
    expect(reaped).toMatchObject({ id: job.id, trace, version: lost.version + 1, attempts: 1 });
    expect(reaped.heldSinceMs).toBeGreaterThanOrEqual(lost.enqueuedAtMs!);
    expect(reaped.heldSinceMs).toBeLessThanOrEqual(claimedByMs + 1);
    expect(await only(claimed(other, 1))).toMatchObject({ version: lost.version + 2, trace });
  });
});
