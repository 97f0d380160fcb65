// The real subscriber as a process of its own, for tests. It is killed after the test that started it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, vi } from 'vitest';
import { deadline } from './deadline.ts';
import { prefix } from './submissions.ts';

const main = new URL('../main.ts', import.meta.url).pathname;
const plainRecords = new URL('./plain-records.ts', import.meta.url).pathname;

export interface SubscriberProcess {
  child: ChildProcess;
  port: number;
  url: string;
  logs(): string;
  exit: Promise<{ code: number | null; stderr: string }>;
  /** The status code of a GET, and its text. */
  get(path: string): Promise<{ status: number; text: string }>;
  /** A sample of /metrics by its full name with labels. */
  metric(sample: string): Promise<number>;
}

export async function startSubscriber(
  redisUrl: string,
  env: Record<string, string> = {},
): Promise<SubscriberProcess> {
  const subscriber = spawnSubscriber(redisUrl, env);
  await subscriber.ready();
  return subscriber;
}

/** Like `startSubscriber`, without waiting; `port` is known once `listening` or `ready` resolved. */
export function spawnSubscriber(redisUrl: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      REDIS_URL: redisUrl,
      QUEUE: plainRecords,
      QUEUE_PREFIX: prefix,
      PORT: '0',
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    const { code } = await exit;
    // Node's warnings (a leak of listeners, say) and crashes go there; bad settings (64) do too.
    if (code !== 64) expect(stderr).toBe('');
  });
  const subscriber = {
    child,
    port: Number(env.PORT ?? 0),
    get url() {
      return `ws://127.0.0.1:${subscriber.port}/submissions`;
    },
    logs: () => stdout,
    exit,
    get: async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${subscriber.port}${path}`);
      return { status: response.status, text: await response.text() };
    },
    metric: async (sample: string) => {
      const { text } = await subscriber.get('/metrics');
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${sample} `));
      if (line === undefined) throw new Error(`no sample ${sample} in:\n${text}`);
      return Number(line.slice(sample.length));
    },
    listening: () => said('listening'),
    ready: () => said('ready'),
  };
  const said = (msg: 'listening' | 'ready') =>
    vi.waitFor(() => {
      const line = stdout.split('\n').find((candidate) => candidate.includes(`"msg":"${msg}"`));
      if (line === undefined) throw new Error(`not ${msg}; it said ${stdout}${stderr}`);
      subscriber.port = JSON.parse(line).port;
    }, deadline);
  return subscriber;
}
