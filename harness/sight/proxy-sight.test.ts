// The claims about connections are tested for sight: adapters that are right as long as the network is are each refuted;
// a fault that reaches nobody is no verdict. Real processes, a real Redis, real proxies.

import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Claim, Experiment } from '../claim.ts';
import halfOpenConnection from '../claims/fault/half-open-connection.ts';
import lostReply from '../claims/fault/lost-reply-does-not-duplicate.ts';
import { halfOpen } from '../nemesis/half-open.ts';
import { loseReplies } from '../nemesis/lose-replies.ts';
import type { Random } from '../random.ts';
import { judgeOf } from '../system/spec.ts';
import { laboratory, planted } from './laboratory.ts';
import { idleWorkload, smallKill } from './small-claims.ts';

const { run, leftovers } = laboratory();
const onlyClaim = { arms: 'claim' } as const;

afterEach(() => {
  expect(leftovers()).toEqual({ processes: [], directories: [] });
});

const plantedBugs: [adapter: string, claim: Claim, rule: string][] = [
  ['forgets-the-key', lostReply, 'no-duplicate'],
  ['repeats-under-another-id', lostReply, 'one-result'],
  ['trusts-the-reply-of-the-pop', lostReply, 'nothing-lost'],
  ['trusts-the-reply-of-the-pop', halfOpenConnection, 'nothing-lost'],
  ['waits-for-ever', halfOpenConnection, 'noticed-in-time'],
];

describe('a planted bug is refuted', () => {
  for (const [adapter, claim, rule] of plantedBugs) {
    test(`${adapter}: ${claim.id}, ${rule}`, async () => {
      const queue = planted(join(import.meta.dirname, 'adapters', `${adapter}.ts`));
      const { result, arms } = await run(claim, { queue, ...onlyClaim });
      expect(result.verdict, result.why).toBe('refuted');
      expect(arms.claim?.finding?.violations.map((violation) => violation.rule)).toContain(rule);
    });
  }
});

describe('what can reach nobody is no verdict', () => {
  const smallWith = (differs: (random: Random) => Partial<Experiment>): Claim => ({
    ...smallKill,
    experiment: (random) => ({ ...smallKill.experiment(random), ...differs(random) }),
  });

  test('a reply is to be lost, and nobody sends anything', async () => {
    const claim = smallWith((random) => ({
      system: judgeOf({ proxied: ['client-api', 'api-redis', 'worker-redis'] }),
      workload: idleWorkload,
      nemesis: loseReplies(random, { times: 1, everyMs: [0, 10] }),
    }));
    const { result } = await run(claim, onlyClaim);
    expect(result).toMatchObject({
      verdict: 'unknown',
      why: expect.stringMatching(/^0 of the 1 faults that are needed had an effect/),
      faults: [{ kind: 'lost-reply', landed: false }],
    });
  });

  test('no proxy stands where the fault should strike', async () => {
    const claim = smallWith((random) => ({
      nemesis: halfOpen(random, { times: 1, everyMs: [0, 10], patienceMs: 1000 }),
    }));
    const { result } = await run(claim, onlyClaim);
    expect(result).toMatchObject({
      verdict: 'unknown',
      why: expect.stringMatching(/^load: worker-\d reaches Redis without a proxy$/),
    });
  });

  test('a Redis behind TLS: skipped, and it says why', async () => {
    const redis = { kind: 'external', url: 'rediss://127.0.0.1:1', version: '7.0.0' } as const;
    const { result } = await run(lostReply, { redis });
    expect(result).toMatchObject({ verdict: 'skipped', why: expect.stringContaining('TLS') });
  });
});
