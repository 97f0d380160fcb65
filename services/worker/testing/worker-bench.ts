// Real workers on a real Redis, for tests: started with settings that show things soon, killed after each test.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/redis.ts';
import {
  encodePayload,
  type LedgerLine,
  ledgerLineSchema,
  publishedStatusSchema,
  randomId,
  type Status,
} from '../../shared/contract.ts';
import type { Producer } from '../../shared/queue/queue.ts';
import adapter from '../../shared/queue/reliable-list.ts';
import { openRedis } from '../../shared/redis.ts';

const main = new URL('../main.ts', import.meta.url).pathname;
const leaseMs = 600;

export interface Worker {
  process: ChildProcess;
  output: () => string;
  port: number;
  ledger: () => LedgerLine[];
  /** Sends the signal and waits for the end. Its exit code, or the signal. */
  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** Call it in a test file's top level: a Redis for the file, a prefix and a producer for each test. */
export function workerBench() {
  const dir = mkdtempSync(join(tmpdir(), 'redproof-worker-'));
  const running = new Set<Worker>();
  let redis: TestRedis;
  let prefix: string;
  let producer: Producer;

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(() => {
    prefix = `${randomId().slice(0, 6)}:`;
    const connection = { url: redis.url, client: 'tuned' as const };
    const rest = { leaseMs, maxAttempts: 3, cap: 100, fenced: true, pollEveryMs: 0, retentionMs: 60_000 };
    producer = adapter.producer({ redis: connection, prefix, ...rest });
  });
  afterEach(async () => {
    await Promise.all([...running].map((worker) => worker.kill('SIGKILL')));
    await producer.close();
  });
  afterAll(() => rmSync(dir, { recursive: true }));

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
    const lines = () =>
      (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []).filter(Boolean);
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

  async function enqueue(payload: string): Promise<string> {
    const id = randomId();
    const { outcome } = await eventually('the enqueue', () => producer.enqueue({ id, payload }));
    expect(outcome).toBe('accepted');
    return id;
  }

  const done = (id: string) =>
    eventually(`${id} to be done`, async () => {
      const record = await producer.get(id);
      return record?.state === 'done' && record;
    });

  async function collectStatuses(): Promise<{ statuses: Status[]; close: () => void }> {
    const subscriber = openRedis({ url: redis.url, client: 'tuned' }, 'subscriber', () => {});
    const statuses: Status[] = [];
    subscriber.on('message', (_channel, message) =>
      statuses.push(publishedStatusSchema.parse(JSON.parse(message)).status),
    );
    await subscriber.subscribe(`${prefix}status`);
    return { statuses, close: () => subscriber.disconnect() };
  }

  return {
    redis: () => redis,
    producer: () => producer,
    startWorker,
    enqueue,
    done,
    collectStatuses,
  };
}

export const program = (code: string) => encodePayload({ problemId: 'echo', language: 'javascript', code });
export const sleeping = (ms: number) => program(`function solve(x) { sleep(${ms}); return x; }`);

export const logged = (worker: Worker, event: LedgerLine['event'], job: string) =>
  eventually(`${event} of ${job}`, () =>
    worker.ledger().find((line) => line.event === event && line.job === job),
  );
export const events = (worker: Worker, job: string) =>
  worker.ledger().flatMap((line) => (line.job === job ? [line.outcome ?? line.event] : []));

/** Waits until the look gives something. Rejections count as nothing yet, save when the deadline has come. */
export async function eventually<T>(
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
