// `reliable-list` under random sequences of calls, crashes, lost replies and leases that run out: the invariants hold
// after each step, no result is recorded twice, and in the end every job is done or a dead letter.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import type { Claim, Consumer, Producer } from './queue.ts';
import { type Scripts, scripts } from './reliable-list/scripts.ts';
import plain, { reliableList } from './reliable-list.ts';
import { type Testbed, testbeds } from './testbed.ts';

const server = await startRedis({ appendfsync: 'no' });
const names = ['a', 'b', 'c'];
const settings = { leaseMs: 600_000, maxAttempts: 2 };

interface World {
  bed: Testbed;
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
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose the reply of a pop' as const), worker }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('redrive' as const), which }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const openPlain = testbeds(plain, () => server.url);

test('invariants hold through anything', async () => {
  await fc.assert(anything(openPlain), { numRuns: 60 });
}, 120_000);

/** Each bug is one replacement in one script. */
const bugs: [string, keyof Scripts, string, string][] = [
  ['the reap forgets the requeue', 'reap', "redis.call('RPUSH', prefix .. 'queued', id)\n    end", 'end'],
  [
    'the reap leaves the entry with its old owner',
    'reap',
    "redis.call('LREM', prefix .. 'processing:' .. owner, 0, id)",
    '',
  ],
  [
    'the reap forgets what was popped by the dead',
    'reap',
    "if state ~= 'running' and moved < limit",
    'if false',
  ],
  ['the ack looks at no fence', 'ack', "fenced ~= '0'", 'false'],
  ['the ack leaves the lease', 'ack', "redis.call('ZREM', prefix .. 'leases', id)", ''],
  ['the adoption gives no lease', 'adopt', "redis.call('ZADD', prefix .. 'leases', at + leaseMs, id)", ''],
  ['the adoption forgets what is in the own list', 'adopt', 'for i = #own, 1, -1', 'for i = 0, 1, -1'],
  [
    'the release resets the fence',
    'release',
    "redis.call('HINCRBY', job(id), 'fence', 1)",
    "redis.call('HSET', job(id), 'fence', 0)",
  ],
  ['the redrive leaves the dead letter', 'redrive', "redis.call('ZREM', prefix .. 'dead', id)", ''],
  [
    'the enqueue acknowledges without writing',
    'enqueue',
    'local at = now()',
    "if redis.call('LLEN', prefix .. 'queued') > 1 then return { 'accepted', now() } end\nlocal at = now()",
  ],
];

for (const [name, script, right, wrong] of bugs) {
  const text = scripts[script];
  const openBuggy = testbeds(reliableList({ [script]: text.replace(right, wrong) }, name), () => server.url);
  test(`and it is seen when ${name}`, async () => {
    expect(text).toContain(right);
    const { failed } = await fc.check(anything(openBuggy), { numRuns: 500, seed: 2, endOnFailure: true });
    expect(failed).toBe(true);
  }, 120_000);
}

function anything(open: () => Testbed) {
  return fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
    const bed = open();
    const workers = new Map<string, Consumer>();
    for (const name of names) workers.set(name, await bed.consumer(name, settings));
    const producer = await bed.producer(settings);
    const world: World = { bed, producer, workers, claims: [], ids: [], acceptedAcks: new Map() };
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
  const { bed, producer, workers, claims, ids } = world;
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
      await workers.get(one.worker)!.reap();
      break;
    case 'expire': {
      const leases = await redis.zrange(`${prefix}leases`, '0', '-1');
      const chosen = pick(leases, one.which);
      for (const id of one.all ? leases : chosen ? [chosen] : []) await redis.zadd(`${prefix}leases`, 1, id);
      break;
    }
    case 'crash': {
      await workers.get(one.worker)!.close();
      await redis.zadd(`${prefix}workers`, 1, one.worker);
      workers.set(one.worker, await bed.consumer(one.worker, settings));
      break;
    }
    case 'lose the reply of a pop':
      await redis.lmove(`${prefix}queued`, `${prefix}processing:${one.worker}`, 'RIGHT', 'LEFT');
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
  const { prefix, redis } = world.bed;
  const a = world.workers.get('a')!;
  const unfinished = async () => {
    const { queued, running } = await world.producer.counts();
    return queued + running > 0;
  };
  for (let round = 0; round < 20 && (await unfinished()); round++) {
    for (const id of await redis.zrange(`${prefix}leases`, '0', '-1'))
      await redis.zadd(`${prefix}leases`, 1, id);
    for (const name of names) await redis.zadd(`${prefix}workers`, 1, name);
    await a.reap();
    for (const claim of await a.claim(100, AbortSignal.timeout(3)).catch(() => [])) {
      await ack(world, { worker: 'a', claim });
    }
  }
}
