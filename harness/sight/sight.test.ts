// The harness is tested for sight: a planted bug is refuted by the claim that should see it; what cannot be judged is
// `unknown`; what is healthy gives no alarm. Real processes, a real Redis.

import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Claim, Nemesis } from '../claim.ts';
import backpressure from '../claims/async/backpressure-bounds-the-queue.ts';
import pullEvens from '../claims/balance/pull-evens-unequal-jobs.ts';
import poisonJob from '../claims/fault/poison-job-is-quarantined.ts';
import redisRestart from '../claims/fault/redis-restart-under-load.ts';
import sigterm from '../claims/fault/sigterm-drains.ts';
import workerKill from '../claims/fault/worker-kill-reliable-list.ts';
import zombie from '../claims/fault/zombie-is-fenced.ts';
import fifo from '../claims/queue/fifo.ts';
import workersScale from '../claims/scaling/workers-scale-throughput.ts';
import { heldAtEnd } from '../nemesis/victim.ts';
import { laboratory, planted } from './laboratory.ts';
import { bareClaim, idleWorkload, longJobs, smallKill } from './small-claims.ts';

const { run, leftovers } = laboratory();

afterEach(() => {
  expect(leftovers()).toEqual({ processes: [], directories: [] });
});

const plantedBugs: [adapter: string, claim: Claim, rule: string][] = [
  ['acks-before-running', workerKill, 'nothing-lost'],
  ['forgets-the-requeue', workerKill, 'nothing-lost'],
  ['reaps-without-raising-the-fence', zombie, 'zombie-refused'],
  ['acknowledges-before-writing', redisRestart, 'nothing-lost'],
  ['drops-the-attempts-limit', poisonJob, 'quarantined'],
  ['checks-the-cap-before-the-push', backpressure, 'queue-bounded'],
  ['pops-the-newest', fifo, 'fifo'],
  ['enqueues-twice', fifo, 'one-result'],
  ['runs-what-is-done', fifo, 'one-result'],
  ['renews-nothing', longJobs, 'no-redelivery'],
  ['forgets-at-sigterm', sigterm, 'nothing-lost'],
  ['stream-lets-go-of-the-entry', smallKill, 'nothing-lost'],
  ['stream-acks-for-anyone', zombie, 'zombie-refused'],
  ['stream-renews-nothing', longJobs, 'no-redelivery'],
  ['claims-more-than-it-can-run', pullEvens, 'evenly-shared'],
  ['holds-redis-up-at-each-ack', workersScale, 'workers-scale'],
];

describe('a planted bug is refuted', () => {
  for (const [adapter, claim, rule] of plantedBugs) {
    test(`${adapter}: ${claim.id}, ${rule}`, async () => {
      const queue = planted(join(import.meta.dirname, 'adapters', `${adapter}.ts`));
      const { result, arms } = await run(claim, { queue, arms: 'claim' });
      expect(result.verdict, result.why).toBe('refuted');
      expect(arms.claim?.finding?.violations.map((violation) => violation.rule)).toContain(rule);
    });
  }
});

describe('what is healthy gives no alarm', () => {
  test('a real claim with its real adapter is held, and its control failed', async () => {
    const { result } = await run(fifo);
    expect(result).toMatchObject({ verdict: 'held', control: { failedAsExpected: true } });
  });

  test('without a fault, no rule is broken', async () => {
    const faultFree: Claim = {
      ...smallKill,
      experiment: (random) => {
        const { nemesis: _, ...experiment } = smallKill.experiment(random);
        return experiment;
      },
    };
    const { arms } = await run(faultFree);
    expect(arms.claim).toMatchObject({ steady: { passed: true }, finding: { violations: [] } });
    expect(arms.control).toMatchObject({ steady: { passed: true }, finding: { violations: [] } });
  });

  test('jobs that take longer than a lease stay with a worker that lives', async () => {
    const { result } = await run(longJobs);
    expect(result).toMatchObject({ verdict: 'held', control: { failedAsExpected: true } });
  });
});

describe('what cannot be judged is unknown', () => {
  test('a fault that does nothing', async () => {
    const { result } = await run(bareClaim({ nemesis: harmless }));
    expect(result).toMatchObject(unknown(/^0 of the 1 faults that are needed had an effect$/));
    expect(result.faults).toMatchObject([{ kind: 'nothing', landed: false }]);
  });

  test('a fault that does nothing, though a rule was broken', async () => {
    const { result } = await run(bareClaim({ nemesis: harmless, check: broken }));
    expect(result).toMatchObject(unknown(/^0 of the 1 faults/));
  });

  test('a worker that is killed while it holds nothing', async () => {
    const { result } = await run({
      ...smallKill,
      experiment: (random) => ({
        ...smallKill.experiment(random),
        workload: idleWorkload,
        nemesis: killsTheIdle,
      }),
    });
    expect(result).toMatchObject(unknown(/^0 of the 1 faults that are needed had an effect$/));
    expect(result.faults).toMatchObject([{ proof: { signal: 'SIGKILL', inFlight: [] } }]);
  });

  test('a nemesis that throws', async () => {
    const inject = async () => {
      throw new Error('no such worker');
    };
    const { result } = await run(bareClaim({ nemesis: { plan: {}, landedAtLeast: 0, inject } }));
    expect(result).toMatchObject(unknown(/^load: no such worker$/));
  });

  test('a checker that throws', async () => {
    const { result } = await run(bareClaim({ check: throws }));
    expect(result).toMatchObject(unknown(/^the checker threw: no such job$/));
  });

  test('a control of which the checker throws', async () => {
    const { result } = await run(bareClaim({}, { check: throws }));
    expect(result).toMatchObject(unknown(/^the control did not fail: the checker threw: no such job$/));
  });

  test('a control that does not fail', async () => {
    const { result } = await run(bareClaim({}, { check: () => ({ violations: [], evidence: {} }) }));
    expect(result).toMatchObject(unknown(/^the control did not fail: it broke no rule instead of broken$/));
  });

  test('a control that fails in another way', async () => {
    const { result } = await run(bareClaim({}, { check: () => violation('another') }));
    expect(result).toMatchObject(unknown(/^the control did not fail: it broke another instead of broken$/));
  });

  test('a control of which the fault does nothing', async () => {
    const { result } = await run(bareClaim({}, { nemesis: harmless }));
    expect(result).toMatchObject(unknown(/^the control did not fail: 0 of the 1 faults/));
  });

  test('too little data', async () => {
    const check = () => ({ violations: [], evidence: {}, insufficient: 'only 3 jobs' });
    const { result } = await run(bareClaim({ check }));
    expect(result).toMatchObject(unknown(/^only 3 jobs$/));
  });

  test('a service that cannot start', async () => {
    const queue = planted(join(import.meta.dirname, 'throws-on-import.fixture.ts'));
    const { result, arms } = await run(smallKill, { queue, arms: 'claim' });
    expect(result).toMatchObject(unknown(/^set up: .*(api|worker)-\d: ended \(status 64\)/));
    expect(result.why).toContain('this adapter wants a library that is not installed');
    expect(arms.claim?.faults).toEqual([]);
  });

  test('a queue adapter that is no file', async () => {
    const { result } = await run(smallKill, { queue: planted('/no/such/adapter.ts'), arms: 'claim' });
    expect(result).toMatchObject(unknown(/^set up: /));
    expect(result.why).toContain('no such file');
  });

  test('a steady state that does not pass; then there is no fault', async () => {
    const { result } = await run(
      {
        ...smallKill,
        experiment: (random) => {
          const experiment = smallKill.experiment(random);
          return { ...experiment, system: { ...experiment.system, workers: 1, env: full } };
        },
      },
      { arms: 'claim' },
    );
    expect(result).toMatchObject(unknown(/^the fault-free steady state did not pass: \d of 3 submissions/));
    expect(result.faults).toEqual([]);
  });
});

/** Too small a queue for any submission but the first. */
const full = { api: { QUEUE_CAP: '1' }, worker: { WORKER_CONCURRENCY: '1' }, subscriber: {} };

const unknown = (why: RegExp) => ({ verdict: 'unknown', why: expect.stringMatching(why) });

const violation = (rule: string) => ({ violations: [{ rule, detail: 'always' }], evidence: {} });
const broken = () => violation('broken');
const throws = () => {
  throw new Error('no such job');
};

const harmless: Nemesis = {
  plan: {},
  landedAtLeast: 1,
  inject: async ({ history }) => {
    history.inject({ kind: 'nothing', target: 'nobody', proof: {}, landed: false });
  },
};

const killsTheIdle: Nemesis = {
  plan: {},
  landedAtLeast: 1,
  inject: async (arena) => {
    const worker = arena.system.instances('worker')[0]!;
    const { signal } = await worker.process.kill();
    const inFlight = heldAtEnd(arena, worker);
    const proof = { signal, inFlight };
    arena.history.inject({ kind: 'worker-kill', target: worker.name, proof, landed: inFlight.length > 0 });
  },
};
