// For tests of queue adapters: random sequences of calls, crashes, lost replies and leases that run out. The invariants
// hold after each step, no result is recorded twice, and in the end every job is done or a dead letter.

import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { Claim, Consumer, Producer } from './queue.ts';
import type { Testbed } from './testbed.ts';

const names = ['a', 'b', 'c'];
const settings = { leaseMs: 600_000, maxAttempts: 2 };

/** What befalls an adapter's own structures. */
export interface Misfortunes {
  /** Ids of the jobs that have a lease. */
  leased(redis: Redis, prefix: string): Promise<string[]>;
  expire(redis: Redis, prefix: string, id: string): Promise<void>;
  /** A claim of this worker is carried out, and its reply never arrives. */
  loseReply(redis: Redis, prefix: string, worker: string): Promise<void>;
  /** Redis has not heard of the worker for a lease. */
  silence?(redis: Redis, prefix: string, worker: string): Promise<void>;
}

interface World {
  bed: Testbed;
  misfortunes: Misfortunes;
  producer: Producer;
  workers: Map<string, Consumer>;
  /** Every claim that was ever made, by worker, the lost ones too: late acks are what the fence is for. */
  claims: { worker: string; claim: Claim }[];
  ids: string[];
  acceptedAcks: Map<string, number>;
}

const worker = fc.constantFrom(...names);
const which = fc.nat(1000);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('enqueue' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('claim' as const), worker, max: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ack' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), worker }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reap' as const), worker }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('expire' as const), which, all: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), worker }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose the reply of a claim' as const), worker }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('redrive' as const), which }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** @param open gives a bed of its own to each sequence */
export function anything(open: () => Testbed, misfortunes: Misfortunes) {
  return fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
    const bed = open();
    const workers = new Map<string, Consumer>();
    for (const name of names) workers.set(name, await bed.consumer(name, settings));
    const producer = await bed.producer(settings);
    const world: World = {
      bed,
      misfortunes,
      producer,
      workers,
      claims: [],
      ids: [],
      acceptedAcks: new Map(),
    };
    try {
      for (const one of steps) {
        await take(world, one);
        expect(await bed.wrong()).toEqual([]);
      }
      await drain(world);
      expect(await bed.wrong()).toEqual([]);
      const { done, dead, ...rest } = await producer.counts();
      expect(rest).toEqual({ queued: 0, running: 0 });
      expect(done + dead).toBe(world.ids.length);
      expect([...world.acceptedAcks.values()].filter((count) => count > 1)).toEqual([]);
      expect(world.acceptedAcks.size).toBe(done);
    } finally {
      await Promise.all([...workers.values(), producer].map((one) => one.close()));
      bed.redis.disconnect();
    }
  });
}

async function take(world: World, one: Step): Promise<void> {
  const { bed, misfortunes, producer, workers, claims, ids } = world;
  const { prefix, redis } = bed;
  const pick = <T>(list: T[], at: number) => list[at % Math.max(list.length, 1)];
  switch (one.do) {
    case 'enqueue':
      ids.push(...(await bed.enqueue(producer, 1)).map(({ id }) => id));
      break;
    case 'claim':
      // Blocks only where there is nothing to claim.
      for (const claim of await workers
        .get(one.worker)!
        .claim(one.max, AbortSignal.timeout(3))
        .catch(() => [])) {
        claims.push({ worker: one.worker, claim });
      }
      break;
    case 'ack': {
      const held = pick(claims, one.which);
      if (held) await ack(world, held);
      break;
    }
    case 'release': {
      const held = pick(claims, one.which);
      if (held) await workers.get(held.worker)!.release(held.claim);
      break;
    }
    case 'heartbeat':
      await workers.get(one.worker)!.heartbeat();
      break;
    case 'reap':
      for (const { id, state, version, attempts } of await workers.get(one.worker)!.reap()) {
        expect(await producer.get(id)).toMatchObject({ state, version, attempts });
      }
      break;
    case 'expire': {
      const leased = await misfortunes.leased(redis, prefix);
      const chosen = pick(leased, one.which);
      for (const id of one.all ? leased : chosen ? [chosen] : []) await misfortunes.expire(redis, prefix, id);
      break;
    }
    case 'crash': {
      await workers.get(one.worker)!.close();
      await misfortunes.silence?.(redis, prefix, one.worker);
      workers.set(one.worker, await bed.consumer(one.worker, settings));
      break;
    }
    case 'lose the reply of a claim':
      await misfortunes.loseReply(redis, prefix, one.worker);
      break;
    case 'redrive': {
      const dead = pick(await producer.deadLetters(100), one.which);
      if (dead) expect(await producer.redrive(dead.id)).toMatchObject({ state: 'queued', attempts: 0 });
      break;
    }
  }
}

async function ack(world: World, { worker, claim }: World['claims'][number]): Promise<void> {
  const { outcome } = await world.workers.get(worker)!.ack(claim, `${worker} ${claim.fence}`);
  if (outcome === 'acked') world.acceptedAcks.set(claim.id, (world.acceptedAcks.get(claim.id) ?? 0) + 1);
}

/** All that is left is done by worker `a`; what others hold runs out first. */
async function drain(world: World): Promise<void> {
  const { misfortunes } = world;
  const { prefix, redis } = world.bed;
  const a = world.workers.get('a')!;
  const unfinished = async () => {
    const { queued, running } = await world.producer.counts();
    return queued + running > 0;
  };
  for (let round = 0; round < 20 && (await unfinished()); round++) {
    for (const id of await misfortunes.leased(redis, prefix)) await misfortunes.expire(redis, prefix, id);
    for (const name of names) await misfortunes.silence?.(redis, prefix, name);
    await a.reap();
    for (const claim of await a.claim(100, AbortSignal.timeout(3)).catch(() => [])) {
      await ack(world, { worker: 'a', claim });
    }
  }
}
