// `stream` under anything, and with bugs planted into it, which must be seen.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startRedis } from '../../../test/redis.ts';
import { streamLayout } from './invariants.ts';
import { anything, type Misfortunes } from './random-calls.ts';
import { type Scripts, scripts } from './stream/scripts.ts';
import plain, { stream } from './stream.ts';
import { testbeds } from './testbed.ts';

const server = await startRedis({ appendfsync: 'no' });
const openPlain = testbeds(plain, () => server.url, streamLayout);
const misfortunes: Misfortunes = {
  async leased(redis, prefix) {
    const places = await streamLayout.places(redis, prefix);
    const byAnyone = (place: string) => place.startsWith('pending by') && place !== 'pending by -';
    return [...places].filter(([, where]) => where.some(byAnyone)).map(([id]) => id);
  },
  async expire(redis, prefix, id) {
    const entry = (await redis.hget(`${prefix}job:${id}`, 'entry'))!;
    const [[, owner]] = (await redis.xpending(`${prefix}stream`, 'workers', entry, entry, 1)) as [string[]];
    await redis.xclaim(`${prefix}stream`, 'workers', owner!, 0, entry, 'IDLE', 700_000, 'JUSTID');
  },
  loseReply: async (redis, prefix, worker) => void (await redis.eval(scripts.claim, 1, prefix, worker, 1, 0)),
};

test('invariants hold through anything', async () => {
  await fc.assert(anything(openPlain, misfortunes), { numRuns: 60 });
}, 120_000);

/** Each bug is one replacement in one script. */
const bugs: [string, keyof Scripts, string, string][] = [
  [
    'the reap leaves the entry with its old owner',
    'reap',
    "redis.call('XCLAIM', stream, group, nobody, 0, entry, 'JUSTID')",
    '',
  ],
  [
    'the reap lets go of the entry',
    'reap',
    "redis.call('XCLAIM', stream, group, nobody, 0, entry, 'JUSTID')",
    'finish({ entry })',
  ],
  [
    'the reap does not raise the fence, and nobody asks for the owner',
    'reap',
    "redis.call('HINCRBY', job(id), 'fence', 2)",
    "redis.call('HSET', job(id), 'fence', 0)",
  ],
  [
    'a dead letter stays in the stream',
    'reap',
    "redis.call('ZADD', prefix .. 'dead', at, id)\n    finish({ entry })",
    "redis.call('ZADD', prefix .. 'dead', at, id)",
  ],
  ['the finish asks nobody whose the entry is', 'finish', "fenced ~= '0'", 'false'],
  ['the finish leaves the entry', 'finish', 'if #finished > 0 then finish(finished) end', ''],
  ['the finish trims what is unread too', 'finish', "'MINID', '~', oldest, 'LIMIT', 0", "'MAXLEN', 0"],
  [
    'the claim forgets what went back',
    'claim',
    "redis.call('XCLAIM', stream, group, worker, 0, entry[1], 'JUSTID')",
    "redis.call('XACK', stream, group, entry[1])",
  ],
  ['the claim forgets the entries of others', 'claim', "read(nobody, '0', max - count)", '{}'],
  [
    'the release resets the fence',
    'release',
    "redis.call('HINCRBY', job(id), 'fence', 2)",
    "redis.call('HSET', job(id), 'fence', 0)",
  ],
  ['the redrive leaves the dead letter', 'redrive', "redis.call('ZREM', prefix .. 'dead', id)", ''],
  [
    'the enqueue acknowledges without writing',
    'enqueue',
    'local at = now()',
    "if redis.call('XLEN', stream) > 1 then return { 'accepted', now() } end\n  local at = now()",
  ],
];

for (const [name, script, right, wrong] of bugs) {
  const text = scripts[script];
  const buggy = stream({ [script]: text.replace(right, wrong) }, name);
  const openBuggy = testbeds(buggy, () => server.url, streamLayout);
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
