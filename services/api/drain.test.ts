// How the API starts and leaves: lame duck, requests in flight, the second signal, exit codes.

import { connect } from 'node:net';
import { beforeAll, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../test/redis.ts';
import { expectProblem, good, post, spawnApi, startReadyApi, timed, until } from './api-process.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});

it('says 503 on /readyz at once, serves on with "Connection: close", then exits with 0', async () => {
  const api = await startReadyApi({ REDIS_URL: redis.url, API_LAME_DUCK_MS: '2000' });
  const [code, tookMs] = await timed(async () => {
    api.child.kill('SIGTERM');
    await until('/readyz to say no', 1000, async () => (await fetch(`${api.url}/readyz`)).status === 503);
    const response = await post(api.url, good);
    expect(response.status).toBe(202);
    expect(response.headers.get('connection')).toBe('close');
    await expectProblem(await fetch(`${api.url}/readyz`), 503);
    return api.ended;
  });
  expect(code).toBe(0);
  expect(tookMs).toBeGreaterThan(2000);
  expect(tookMs).toBeLessThan(5000);
});

it('finishes a request in flight after it stopped listening', async () => {
  const api = await startReadyApi({ REDIS_URL: redis.url, API_LAME_DUCK_MS: '0' });
  const body = JSON.stringify(good);
  const head = `POST /submissions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  let answer = '';
  const socket = connect(api.port, '127.0.0.1', () => socket.write(head + body.slice(0, 10)));
  socket.on('data', (chunk) => (answer += chunk));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // The server has the head once it has answered a later connection.
  await fetch(`${api.url}/healthz`);
  api.child.kill('SIGTERM');
  await until('the port to close', 3000, () => fetch(`${api.url}/healthz`).then(() => false, () => true)); // biome-ignore format: one line
  socket.write(body.slice(10));
  await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 202 /);
  expect(answer).toMatch(/\r\nConnection: close\r\n/);
  expect(await api.ended).toBe(0);
});

it('cuts off what does not finish within the grace', async () => {
  const api = await startReadyApi({ REDIS_URL: redis.url, API_LAME_DUCK_MS: '0', DRAIN_GRACE_MS: '300' });
  const socket = connect(api.port, '127.0.0.1', () =>
    socket.write('POST /submissions HTTP/1.1\r\nHost: a\r\n'),
  );
  socket.on('error', () => {});
  await fetch(`${api.url}/healthz`);
  const [code, tookMs] = await timed(() => {
    api.child.kill('SIGTERM');
    return api.ended;
  });
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(2000);
  socket.destroy();
});

it('exits with 1 at the second signal', async () => {
  const api = await startReadyApi({ REDIS_URL: redis.url, API_LAME_DUCK_MS: '30000' });
  api.child.kill('SIGTERM');
  await until('/readyz to say no', 1000, async () => (await fetch(`${api.url}/readyz`)).status === 503);
  api.child.kill('SIGTERM');
  expect(await api.ended).toBe(1);
});

it('drains while Redis is paused', async () => {
  const api = await startReadyApi({ REDIS_URL: redis.url, API_LAME_DUCK_MS: '0' });
  await redis.pause();
  const [code, tookMs] = await timed(() => {
    api.child.kill('SIGTERM');
    return api.ended;
  });
  await redis.resume();
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(3000);
});

it('exits with 64 on bad settings, naming each', async () => {
  const bad = spawnApi({ QUEUE_CAP: 'many' });
  expect(await bad.ended).toBe(64);
  expect(bad.output()).toMatch(/^REDIS_URL="": expected .*\nQUEUE_CAP="many": expected .*\n$/);
  const unknown = spawnApi({ REDIS_URL: redis.url, QUEUE: 'pigeons' });
  expect(await unknown.ended).toBe(64);
  expect(unknown.output()).toMatch(/"pigeons": no such adapter/);
});

it('exits with 1 and says so when the port is in use', async () => {
  const api = await startReadyApi({ REDIS_URL: redis.url });
  const second = spawnApi({ REDIS_URL: redis.url, PORT: String(api.port) });
  expect(await second.ended).toBe(1);
  expect(second.output()).toMatch(/the port is in use/);
});
