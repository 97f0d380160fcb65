// A real Redis for a test: its own process, its own port and directory, gone when the test file ends.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';

export interface TestRedis {
  url: string;
  port: number;
  /** SIGKILL; the data directory stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, after `kill`. */
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
}

/** Call it in a test file's top level or `beforeAll`; it is stopped after the file. `appendonly yes`, fsync always. */
export async function startRedis(extra: string[] = []): Promise<TestRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'redproof-test-'));
  const port = await freePort();
  const args = ['--port', String(port), '--dir', dir, '--save', '', '--appendonly', 'yes'];
  const launch = () =>
    spawn(process.env.REDIS_SERVER ?? 'redis-server', [...args, '--appendfsync', 'always', ...extra], {
      stdio: 'ignore',
    });
  let server = launch();
  const url = `redis://127.0.0.1:${port}`;
  const kill = async () => {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGCONT');
    if (server.kill('SIGKILL')) await gone;
  };
  await answers(url);
  afterAll(async () => {
    await kill();
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    url,
    port,
    kill,
    restart: async () => {
      server = launch();
      await answers(url);
    },
    pause: () => server.kill('SIGSTOP'),
    resume: () => server.kill('SIGCONT'),
  };
}

async function answers(url: string): Promise<void> {
  const redis = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: 500 });
  redis.on('error', () => {});
  await redis.ping();
  redis.disconnect();
}

/** A loopback port that nobody has, outside the range that the kernel gives to outgoing connections. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
