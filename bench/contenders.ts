// The queues that are compared, each as its users have it: our adapters behind their interface, BullMQ and bee-queue with
// their own classes. All run a job that does nothing, at least once, under a lease, and record that it is done.

import BeeQueue from 'bee-queue';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { base32 } from '../services/shared/contract.ts';
import { loadAdapter } from '../services/shared/queue/load.ts';
import type { QueueSettings } from '../services/shared/queue/queue.ts';

export interface Contender {
  /** Adds so many jobs, with `window` of them under way at a time; resolves when all are acknowledged. */
  add(count: number, payload: string, window: number): Promise<void>;
  /** Does so many jobs in this process, up to `slots` at a time; resolves when all are recorded as done. */
  work(count: number, slots: number): Promise<void>;
  close(): Promise<void>;
}

export type Open = (url: string, prefix: string) => Promise<Contender>;

/** As BullMQ has it; the others get the same. */
const leaseMs = 30_000;
const result = JSON.stringify({ verdict: 'AC', passed: 1, total: 1, runMs: 0 });

function adapterNamed(name: string): Open {
  return async (url, prefix) => {
    const adapter = await loadAdapter(name);
    const settings: QueueSettings = {
      redis: { url, client: 'tuned' },
      prefix,
      leaseMs,
      maxAttempts: 3,
      cap: 0,
      fenced: true,
      pollEveryMs: 0,
      retentionMs: 1000,
    };
    const producer = adapter.producer(settings);
    const consumer = adapter.consumer(settings, 'bench');
    await untilAnswered(() => producer.ping());
    await untilAnswered(() => consumer.heartbeat());
    return {
      add: (count, payload, window) =>
        inWindow(count, window, async () => {
          const { outcome } = await producer.enqueue({ id: newId(), payload });
          if (outcome !== 'accepted') throw new Error(`${name}: an enqueue was ${outcome}`);
        }),
      async work(count, slots) {
        const never = new AbortController().signal;
        // What a worker of the judge does beside its jobs.
        const heartbeat = setInterval(() => consumer.heartbeat(), leaseMs / 3);
        const reap = setInterval(() => consumer.reap(), 250);
        let free = slots;
        let begun = 0;
        let done = 0;
        let freed = Promise.withResolvers<void>();
        while (begun < count) {
          // A quarter of the slots at a time, so that some run while others are claimed and acked.
          const most = Math.min(free, Math.ceil(slots / 4), count - begun);
          const claims = await consumer.claim(most, never);
          begun += claims.length;
          free -= claims.length;
          for (const claim of claims) {
            consumer.ack(claim, result).then(() => {
              done++;
              free++;
              freed.resolve();
            });
          }
          if (free === 0) await freed.promise;
          freed = Promise.withResolvers();
        }
        while (done < count) {
          await freed.promise;
          freed = Promise.withResolvers();
        }
        clearInterval(heartbeat);
        clearInterval(reap);
      },
      close: async () => {
        await Promise.all([producer.close(), consumer.close()]);
      },
    };
  };
}

const bullmq: Open = async (url, prefix) => {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('bench', { connection, prefix });
  await queue.waitUntilReady();
  return {
    add: (count, payload, window) =>
      inWindow(count, window, async () => {
        await queue.add('job', { payload }, { jobId: newId(), removeOnComplete: { age: 1 } });
      }),
    work: (count, slots) =>
      new Promise((resolve, reject) => {
        let done = 0;
        const worker = new Worker('bench', async () => result, { connection, prefix, concurrency: slots });
        worker.on('error', reject);
        worker.on('completed', () => {
          if (++done === count) worker.close().then(resolve, reject);
        });
      }),
    close: async () => {
      await queue.close();
      connection.disconnect();
    },
  };
};

const beeQueue: Open = async (url, prefix) => {
  const { hostname: host, port } = new URL(url);
  const queue = new BeeQueue('bench', { prefix, redis: { host, port: Number(port) }, removeOnSuccess: true });
  await queue.ready();
  return {
    add: (count, payload, window) =>
      inWindow(count, window, async () => {
        await queue.createJob({ payload }).setId(newId()).save();
      }),
    work: (count, slots) =>
      new Promise((resolve, reject) => {
        let done = 0;
        queue.on('error', reject);
        queue.on('succeeded', () => {
          if (++done === count) resolve();
        });
        queue.process(slots, async () => result);
      }),
    close: async () => {
      await queue.close(1000);
    },
  };
};

export const contenders: Readonly<Record<string, Open>> = {
  bullmq,
  'bee-queue': beeQueue,
  list: adapterNamed('list'),
  'reliable-list': adapterNamed('reliable-list'),
  stream: adapterNamed('stream'),
};

async function inWindow(count: number, window: number, one: () => Promise<void>): Promise<void> {
  let begun = 0;
  const lane = async () => {
    while (begun < count) {
      begun++;
      await one();
    }
  };
  await Promise.all(Array.from({ length: Math.min(window, count) }, lane));
}

async function untilAnswered(call: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await call();
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

let ids = 0;
const bytes = new Uint8Array(16);
const view = new DataView(bytes.buffer);
/** Unique in this process, and as long as a real one. */
function newId(): string {
  view.setUint32(12, ++ids);
  view.setUint32(0, process.pid);
  return base32(bytes);
}
