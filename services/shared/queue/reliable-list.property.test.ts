// `reliable-list` under anything, and with bugs planted into it, which must be seen.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import { anything, type Misfortunes } from './random-calls.ts';
import { type Scripts, scripts } from './reliable-list/scripts.ts';
import plain, { reliableList } from './reliable-list.ts';
import { testbeds } from './testbed.ts';

const server = await startRedis({ appendfsync: 'no' });
const openPlain = testbeds(plain, () => server.url);
const misfortunes: Misfortunes = {
  leased: (redis, prefix) => redis.zrange(`${prefix}leases`, '0', '-1'),
  expire: async (redis, prefix, id) => void (await redis.zadd(`${prefix}leases`, 1, id)),
  loseReply: async (redis, prefix, worker) =>
    void (await redis.lmove(`${prefix}queued`, `${prefix}processing:${worker}`, 'RIGHT', 'LEFT')),
  silence: async (redis, prefix, worker) => void (await redis.zadd(`${prefix}workers`, 1, worker)),
};

test('invariants hold through anything', async () => {
  await fc.assert(anything(openPlain, misfortunes), { numRuns: 60 });
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
  ['the adoption gives no lease', 'adopt', "redis.call('ZADD', prefix .. 'leases', leaseUntil, id)", ''],
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
    const { failed } = await fc.check(anything(openBuggy, misfortunes), {
      numRuns: 500,
      seed: 2,
      endOnFailure: true,
    });
    expect(failed).toBe(true);
  }, 120_000);
}
