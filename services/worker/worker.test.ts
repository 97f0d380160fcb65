// The worker as a real process against a real Redis: what it does with a job, and what it does when it, or Redis, dies.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../../test/redis.ts';
import {
  base32,
  encodePayload,
  type LedgerLine,
  ledgerLineSchema,
  publishedStatusSchema,
  type Status,
} from '../shared/contract.ts';
import type { Producer } from '../shared/queue/queue.ts';
import adapter from '../shared/queue/reliable-list.ts';
import { openRedis } from '../shared/redis.ts';

const main = new URL('./main.ts', import.meta.url).pathname;
const leaseMs = 600;
const dir = mkdtempSync(join(tmpdir(), 'redproof-worker-'));
const running = new Set<Worker>();
let redis: TestRedis;
let prefix: string;
let producer: Producer;

beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => {
  prefix = `${base32(randomBytes(16)).slice(0, 6)}:`;
  const connection = { url: redis.url, client: 'tuned' as const };
  const rest = { leaseMs, maxAttempts: 3, cap: 100, fenced: true, pollEveryMs: 0, retentionMs: 60_000 };
  producer = adapter.producer({ redis: connection, prefix, ...rest });
});
afterEach(async () => {
  await Promise.all([...running].map((worker) => worker.kill('SIGKILL')));
  await producer.close();
});
afterAll(() => rmSync(dir, { recursive: true }));

interface Worker {
  process: ChildProcess;
  output: () => string;
  port: number;
  ledger: () => LedgerLine[];
  /** Sends the signal and waits for the end. Its exit code, or the signal. */
  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

async function startWorker(name: string, env: Record<string, string> = {}): Promise<Worker> {
  const file = join(dir, `${prefix}${name}.ndjson`);
  const child = spawn(process.execPath, [main], {
    env: {
      REDIS_URL: redis.url,
      QUEUE: 'reliable-list',
      QUEUE_PREFIX: prefix,
      QUEUE_LEASE_MS: String(leaseMs),
      SERVICE_NAME: name,
      LEDGER_FILE: file,
      PORT: '0',
      WORKER_CONCURRENCY: '1',
      WORKER_REAP_EVERY_MS: '50',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []).filter(Boolean);
  const worker: Worker = {
    process: child,
    output: () => output,
    port: 0,
    ledger: () => lines().map((line) => ledgerLineSchema.parse(JSON.parse(line))),
    async kill(signal) {
      child.kill(signal);
      if (signal === 'SIGKILL') child.kill('SIGCONT');
      const [code, by] = await exit;
      running.delete(worker);
      return code ?? by!;
    },
  };
  running.add(worker);
  const ready = await eventually(`worker ${name} to be ready`, () => {
    const line = output.split('\n').find((one) => one.includes('"msg":"ready"'));
    if (line === undefined && child.exitCode !== null) throw new Error(`it ended: ${output}`);
    return line;
  });
  worker.port = JSON.parse(ready).port;
  return worker;
}

/** Waits until the look gives something. Rejections count as nothing yet, save when the deadline has come. */
async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  withinMs = 15_000,
): Promise<Exclude<T, undefined | null | false>> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    let seen: unknown;
    try {
      seen = await look();
      if (seen !== undefined && seen !== null && seen !== false) {
        return seen as Exclude<T, undefined | null | false>;
      }
    } catch (error) {
      seen = error;
    }
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs} ms for ${what}`, { cause: seen });
    await delay(10);
  }
}

async function enqueue(payload: string): Promise<string> {
  const id = base32(randomBytes(16));
  const { outcome } = await eventually('the enqueue', () => producer.enqueue({ id, payload }));
  expect(outcome).toBe('accepted');
  return id;
}
const program = (code: string) => encodePayload({ problemId: 'echo', language: 'javascript', code });
const sleeping = (ms: number) => program(`function solve(x) { sleep(${ms}); return x; }`);
const done = (id: string) =>
  eventually(`${id} to be done`, async () => {
    const record = await producer.get(id);
    return record?.state === 'done' && record;
  });
const logged = (worker: Worker, event: LedgerLine['event'], job: string) =>
  eventually(`${event} of ${job}`, () =>
    worker.ledger().find((line) => line.event === event && line.job === job),
  );
const events = (worker: Worker, job: string) =>
  worker.ledger().flatMap((line) => (line.job === job ? [line.outcome ?? line.event] : []));

async function collectStatuses(): Promise<{ statuses: Status[]; close: () => void }> {
  const subscriber = openRedis({ url: redis.url, client: 'tuned' }, 'subscriber', () => {});
  const statuses: Status[] = [];
  subscriber.on('message', (_channel, message) =>
    statuses.push(publishedStatusSchema.parse(JSON.parse(message)).status),
  );
  await subscriber.subscribe(`${prefix}status`);
  return { statuses, close: () => subscriber.disconnect() };
}

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
    expect((await producer.get(inHand))?.state).toBe('done');
    expect(events(worker, next)).toEqual([]);
    expect((await producer.get(next))?.state).toBe('queued');
  });

  test('gives back what does not finish within the grace, and exits 0', async () => {
    const { statuses, close } = await collectStatuses();
    const worker = await startWorker('w', { DRAIN_GRACE_MS: '100' });
    const id = await enqueue(sleeping(900));
    await logged(worker, 'started', id);
    expect(await worker.kill('SIGTERM')).toBe(0);
    expect(events(worker, id)).toEqual(['claimed', 'started', 'released']);
    expect((await producer.get(id))?.state).toBe('queued');
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
    await redis.kill();
    await logged(worker, 'finished', id);
    const notReady = await fetch(`http://127.0.0.1:${worker.port}/readyz`);
    expect(notReady.status).toBe(503);
    await redis.restart();
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
    await redis.kill();
    await logged(worker, 'finished', id);
    const beganMs = performance.now();
    expect(await worker.kill('SIGTERM')).toBe(0);
    expect(performance.now() - beganMs).toBeLessThan(4000);
    await redis.restart();
  });
});

describe('bad settings', () => {
  test.each([
    ['REDIS_URL', 'http://x', /REDIS_URL="http:\/\/x": expected a URL/],
    ['WORKER_CONCURRENCY', '0', /WORKER_CONCURRENCY="0"/],
    ['QUEUE', 'nope', /no such adapter/],
  ])('%s=%s exits 64 and says why', async (name, value, message) => {
    const child = spawn(process.execPath, [main], {
      env: { REDIS_URL: redis.url, [name]: value },
      stdio: 'pipe',
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(64);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});
