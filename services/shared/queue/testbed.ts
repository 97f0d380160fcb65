// For tests of queue adapters: producers and consumers on a prefix of their own, closed after each test, and waiting
// for conditions with a deadline.

import { Redis } from 'ioredis';
import { afterEach, expect } from 'vitest';
import { randomId as newId } from '../contract.ts';
import { type Layout, listLayout, watchInvariants } from './invariants.ts';
import type { Claim, Consumer, Job, OnAlert, Producer, QueueAdapter, QueueSettings } from './queue.ts';

export interface Testbed {
  prefix: string;
  redis: Redis;
  /** Connected when it is handed over; of a consumer that is said of its short commands only, see `idle`. */
  producer(settings?: Partial<QueueSettings>): Promise<Producer>;
  consumer(worker: string, settings?: Partial<QueueSettings>, onAlert?: OnAlert): Promise<Consumer>;
  /** Enqueues new jobs, one after the other; each is remembered as acknowledged. */
  enqueue(producer: Producer, count: number): Promise<Job[]>;
  /** What is wrong with the queue now; it must be quiet. */
  wrong(): Promise<string[]>;
  /** How many connections Redis has beside the testbed's own. */
  connections(): Promise<number>;
}

let beds = 0;

/** `open` gives a fresh bed; call it in each test. */
export function testbeds(
  adapter: QueueAdapter,
  url: () => string,
  layout: Layout = listLayout,
): () => Testbed {
  const opened: (() => unknown)[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((close) => close()));
  });

  return () => {
    const prefix = `test-${process.pid}-${++beds}:`;
    const redis = new Redis(url(), { retryStrategy: () => 20, maxRetriesPerRequest: null });
    redis.on('error', () => {});
    opened.push(() => redis.disconnect());
    const acknowledged = new Set<string>();
    const invariants = watchInvariants(redis, prefix, layout);
    const settings = (some: Partial<QueueSettings> = {}): QueueSettings => ({
      redis: { url: url(), client: 'tuned' },
      prefix,
      leaseMs: 1000,
      maxAttempts: 3,
      cap: 0,
      fenced: true,
      pollEveryMs: 0,
      retentionMs: 60_000,
      ...some,
    });
    return {
      prefix,
      redis,
      async producer(some) {
        const producer = adapter.producer(settings(some));
        opened.push(() => producer.close());
        await eventually('the producer to connect', () => producer.ping());
        return producer;
      },
      async consumer(worker, some, onAlert) {
        const consumer = adapter.consumer(settings(some), worker, onAlert);
        opened.push(() => consumer.close());
        await eventually('the consumer to connect', () => consumer.heartbeat());
        return consumer;
      },
      async enqueue(producer, count) {
        const jobs = Array.from({ length: count }, (_, i) => ({ id: newId(), payload: `payload ${i}` }));
        for (const job of jobs) {
          expect((await producer.enqueue(job)).outcome).toBe('accepted');
          acknowledged.add(job.id);
        }
        return jobs;
      },
      wrong: () => invariants(acknowledged),
      async connections() {
        const clients = String(await redis.client('LIST'))
          .trim()
          .split('\n');
        const own = await redis.client('ID');
        return clients.filter((client) => !client.startsWith(`id=${own} `)).length;
      },
    };
  };
}

export { newId };

/** Asks again until there are `count` claims. A refused call (no connection yet) is asked again too. */
export async function claimed(consumer: Consumer, count: number, withinMs = 5000): Promise<Claim[]> {
  const claims: Claim[] = [];
  await eventually(
    `${count} claims`,
    async () => {
      claims.push(...(await consumer.claim(count - claims.length, new AbortController().signal)));
      expect(claims.length).toBe(count);
    },
    withinMs,
  );
  return claims;
}

/** Waits until the consumer blocks on its (empty) queue without an error. */
export async function idle(consumer: Consumer): Promise<void> {
  await eventually('an idle consumer', async () => {
    expect(await consumer.claim(1, AbortSignal.timeout(20))).toEqual([]);
  });
}

export async function only<T>(list: T[] | Promise<T[]>): Promise<T> {
  const awaited = await list;
  expect(awaited).toHaveLength(1);
  return awaited[0] as T;
}

/** The first value that `probe` gives without throwing. The error says what was awaited and what was seen last. */
export async function eventually<T>(what: string, probe: () => Promise<T> | T, withinMs = 5000): Promise<T> {
  const giveUpAtMs = performance.now() + withinMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > giveUpAtMs) {
        throw new Error(`waited ${withinMs} ms for ${what}; last: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
