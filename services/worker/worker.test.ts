// The worker as a real process against a real Redis: what it does with a job, and what it does when it, or Redis, dies.

import { describe, expect, test } from 'vitest';
import { events, eventually, logged, program, sleeping, workerBench } from './testing/worker-bench.ts';

const { redis, producer, startWorker, enqueue, done, collectStatuses } = workerBench();

describe('a job', () => {
  test('is run, recorded, written into the ledger and published', async () => {
    const { statuses, close } = await collectStatuses();
    const worker = await startWorker('w');
    const id = await enqueue(program('function solve(x) { return x; }'));
    const record = await done(id);
    expect(JSON.parse(record.result!)).toMatchObject({ verdict: 'AC', passed: 2, total: 2 });
    await eventually('both statuses', () => statuses.length >= 2);
    close();
    expect(statuses.map(({ state, attempts, judgement }) => [state, attempts, judgement?.verdict])).toEqual([
      ['running', 1, undefined],
      ['done', 1, 'AC'],
    ]);
    expect(statuses[1]!.version).toBe(record.version);
    expect(statuses[0]!.version).toBeLessThan(record.version);
    await logged(worker, 'acked', id);
    expect(
      worker.ledger().map(({ event, fence, attempt, verdict, outcome, source }) => ({
        event,
        fence,
        attempt,
        verdict,
        outcome,
        source,
      })),
    ).toEqual([
      { event: 'claimed', fence: 1, attempt: 1, source: 'w' },
      { event: 'started', fence: 1, attempt: 1, source: 'w' },
      { event: 'finished', fence: 1, attempt: 1, verdict: 'AC', source: 'w' },
      { event: 'acked', fence: 1, attempt: 1, outcome: 'acked', source: 'w' },
    ]);
    const page = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${worker.port}${path}`);
      return [response.status, await response.text()] as const;
    };
    expect(await page('/healthz')).toEqual([200, 'ok\n']);
    expect(await page('/readyz')).toEqual([200, 'ready\n']);
    expect((await page('/metrics'))[1]).toContain(
      'judge_sandbox_run_duration_seconds_count{language="javascript",verdict="AC"} 1',
    );
    expect((await page('/nothing'))[0]).toBe(404);
  });

  test.each([
    ['not JSON', '{"problemId":'],
    ['an unknown problem', JSON.stringify({ problemId: 'nope', language: 'javascript', code: '1' })],
    ['another language', JSON.stringify({ problemId: 'echo', language: 'cobol', code: '1' })],
    ['null', 'null'],
    ['nothing', ''],
  ])('that is %s is judged RE, and the worker goes on', async (_name, payload) => {
    const worker = await startWorker('w');
    const bad = await enqueue(payload);
    const good = await enqueue(program('function solve(x) { return x; }'));
    expect(JSON.parse((await done(bad)).result!)).toMatchObject({
      verdict: 'RE',
      total: 0,
      message: expect.stringMatching(/invalid/),
    });
    expect(JSON.parse((await done(good)).result!)).toMatchObject({ verdict: 'AC' });
    expect(events(worker, bad)).toEqual(['claimed', 'finished', 'acked']);
    const metrics = await (await fetch(`http://127.0.0.1:${worker.port}/metrics`)).text();
    expect(metrics).toContain('judge_invalid_messages_total{source="queue"} 1');
  });
});

describe('SIGTERM', () => {
  test('finishes what is in hand, claims no more, and exits 0', async () => {
    const worker = await startWorker('w');
    const inHand = await enqueue(sleeping(200));
    const next = await enqueue(sleeping(1));
    await logged(worker, 'started', inHand);
    expect(await worker.kill('SIGTERM')).toBe(0);
    expect(events(worker, inHand)).toEqual(['claimed', 'started', 'finished', 'acked']);
    expect((await producer().get(inHand))?.state).toBe('done');
    expect(events(worker, next)).toEqual([]);
    expect((await producer().get(next))?.state).toBe('queued');
  });

  test('gives back what does not finish within the grace, and exits 0', async () => {
    const { statuses, close } = await collectStatuses();
    const worker = await startWorker('w', { DRAIN_GRACE_MS: '100' });
    const id = await enqueue(sleeping(900));
    await logged(worker, 'started', id);
    expect(await worker.kill('SIGTERM')).toBe(0);
    expect(events(worker, id)).toEqual(['claimed', 'started', 'released']);
    expect((await producer().get(id))?.state).toBe('queued');
    await eventually('its status', () => statuses.at(-1)?.state === 'queued');
    close();
  });

  test('while idle exits 0 soon', async () => {
    const worker = await startWorker('w');
    const beganMs = performance.now();
    expect(await worker.kill('SIGTERM')).toBe(0);
    expect(performance.now() - beganMs).toBeLessThan(2000);
  });

  test('a second one exits 1 at once', async () => {
    const worker = await startWorker('w');
    const id = await enqueue(sleeping(900));
    await logged(worker, 'started', id);
    worker.process.kill('SIGTERM');
    await eventually('the drain', () => worker.output().includes('"msg":"draining"'));
    expect(await worker.kill('SIGTERM')).toBe(1);
  });
});

describe('faults', () => {
  test('SIGKILL in the middle of a job: another worker takes it over', async () => {
    const victim = await startWorker('victim');
    const id = await enqueue(sleeping(300));
    await logged(victim, 'started', id);
    expect(await victim.kill('SIGKILL')).toBe('SIGKILL');
    const heir = await startWorker('heir');
    const record = await done(id);
    expect(record.attempts).toBe(2);
    await logged(heir, 'acked', id);
    expect(events(victim, id)).toEqual(['claimed', 'started']);
    expect(events(heir, id)).toEqual(['reaped', 'claimed', 'started', 'finished', 'acked']);
  });

  test('a lease is looked at when it ends, not only when it is time for a reap', async () => {
    const settings = { QUEUE_LEASE_MS: '3000', WORKER_REAP_EVERY_MS: '60000' };
    const victim = await startWorker('victim', settings);
    const id = await enqueue(sleeping(300));
    await logged(victim, 'started', id);
    expect(await victim.kill('SIGKILL')).toBe('SIGKILL');
    const heir = await startWorker('heir', settings);
    await logged(heir, 'acked', id);
    expect(events(heir, id)).toEqual(['reaped', 'claimed', 'started', 'finished', 'acked']);
  });

  test('a worker that slept past its lease has its late ack refused', async () => {
    const zombie = await startWorker('zombie');
    const id = await enqueue(sleeping(300));
    await logged(zombie, 'started', id);
    zombie.process.kill('SIGSTOP');
    const heir = await startWorker('heir');
    await logged(heir, 'acked', id);
    zombie.process.kill('SIGCONT');
    await logged(zombie, 'acked', id);
    expect(events(zombie, id).at(-1)).toBe('stale');
    expect(JSON.parse((await done(id)).result!)).toMatchObject({ verdict: 'AC' });
  });

  test('Redis dies in the middle of a job: its result is recorded when Redis is back', async () => {
    const { statuses, close } = await collectStatuses();
    const worker = await startWorker('w', { QUEUE_LEASE_MS: '5000' });
    const id = await enqueue(sleeping(100));
    await logged(worker, 'started', id);
    await redis().kill();
    await logged(worker, 'finished', id);
    const notReady = await fetch(`http://127.0.0.1:${worker.port}/readyz`);
    expect(notReady.status).toBe(503);
    await redis().restart();
    await done(id);
    await logged(worker, 'acked', id);
    expect(events(worker, id)).toEqual(['claimed', 'started', 'finished', 'acked']);
    const next = await enqueue(sleeping(1));
    await done(next);
    await eventually('the status of the next', () => statuses.some((status) => status.id === next));
    close();
    expect(worker.process.exitCode).toBeNull();
    expect(await worker.kill('SIGTERM')).toBe(0);
  });

  test('SIGTERM while Redis is away: exits 0 in time', async () => {
    const worker = await startWorker('w', { DRAIN_GRACE_MS: '200' });
    const id = await enqueue(sleeping(50));
    await logged(worker, 'started', id);
    await redis().kill();
    await logged(worker, 'finished', id);
    const beganMs = performance.now();
    expect(await worker.kill('SIGTERM')).toBe(0);
    expect(performance.now() - beganMs).toBeLessThan(4000);
    await redis().restart();
  });
});
