// Starting and stopping: exit statuses, signals, the endpoints that tell about it.

import { expect, test } from 'vitest';
import { startRedis } from '../../test/redis.ts';
import { openBrowser } from './testing/browser.ts';
import { deadline } from './testing/deadline.ts';
import { spawnSubscriber, startSubscriber } from './testing/process.ts';

const redis = await startRedis();

test('SIGTERM: clients are told to come back (1012), exit 0', async () => {
  const subscriber = await startSubscriber(redis.url);
  const [one, two] = [await openBrowser(subscriber.url), await openBrowser(subscriber.url)];
  subscriber.child.kill('SIGTERM');
  expect(await Promise.all([one.closed, two.closed])).toEqual([1012, 1012]);
  expect((await subscriber.exit).code).toBe(0);
});

test('a client that does not answer the close holds it up for a bounded time; /readyz says 503 meanwhile', async () => {
  const subscriber = await startSubscriber(redis.url);
  const stuck = await openBrowser(subscriber.url);
  stuck.socket.pause();
  expect((await subscriber.get('/readyz')).status).toBe(200);
  subscriber.child.kill('SIGTERM');
  await expect.poll(async () => (await subscriber.get('/readyz')).status, deadline).toBe(503);
  await expect(openBrowser(subscriber.url)).rejects.toThrow('503');
  expect((await subscriber.exit).code).toBe(0);
});

test('a second signal stops at once, exit 1', async () => {
  const subscriber = await startSubscriber(redis.url);
  const stuck = await openBrowser(subscriber.url);
  stuck.socket.pause();
  subscriber.child.kill('SIGTERM');
  await expect.poll(() => subscriber.logs(), deadline).toContain('"msg":"stopping"');
  subscriber.child.kill('SIGTERM');
  expect((await subscriber.exit).code).toBe(1);
});

test('SIGTERM while Redis is away ends it too', async () => {
  const subscriber = spawnSubscriber('redis://127.0.0.1:1');
  await expect.poll(() => subscriber.logs(), deadline).toContain('trying again');
  subscriber.child.kill('SIGTERM');
  expect((await subscriber.exit).code).toBe(0);
});

test('bad settings: each is named, exit 64', async () => {
  const bad = spawnSubscriber('http://x', { SUBSCRIBER_PING_EVERY_MS: 'often' });
  const { code, stderr } = await bad.exit;
  expect(code).toBe(64);
  expect(stderr).toContain('REDIS_URL="http://x"');
  expect(stderr).toContain('SUBSCRIBER_PING_EVERY_MS="often"');
  const unknown = spawnSubscriber(redis.url, { QUEUE: 'carrier-pigeon' });
  expect(await unknown.exit).toMatchObject({ code: 64, stderr: expect.stringContaining('no such adapter') });
});

test('a port in use: a clear line, exit 1', async () => {
  const first = await startSubscriber(redis.url);
  const second = spawnSubscriber(redis.url, { PORT: String(first.port) });
  expect((await second.exit).code).toBe(1);
  expect(second.logs()).toContain(`cannot listen on 127.0.0.1:${first.port}`);
});

test('endpoints, and problem documents for all else', async () => {
  const { port, get } = await startSubscriber(redis.url);
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/metrics')).text).toContain('judge_clients_cut_off_total{reason="slow"} 0');
  const refused = [
    ['GET', '/nowhere', 404],
    ['POST', '/healthz', 405],
    ['GET', '/submissions', 426],
  ] as const;
  for (const [method, path, status] of refused) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ status, type: 'about:blank' });
  }
});
