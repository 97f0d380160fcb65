// The API while Redis is down, paused, loading or refusing: an error soon, never a hang, and no restart.

import { Redis } from 'ioredis';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../test/redis.ts';
import {
  type ApiProcess,
  expectProblem,
  good,
  post,
  startApi,
  startReadyApi,
  timed,
  until,
} from './api-process.ts';

let redis: TestRedis;
let api: ApiProcess;
beforeAll(async () => {
  redis = await startRedis();
  api = await startReadyApi({ REDIS_URL: redis.url });
});
afterEach(() => redis.resume());

/** Far from a hang, on the busiest machine. That it is a second is what fault/redis-outage-is-an-error-not-a-hang measures. */
const soonMs = 5000;

const isReady = async () => (await fetch(`${api.url}/readyz`)).ok;

/** Posts and reads both answer, and liveness is not impressed. */
async function expectUnavailable(outcome: 'refused' | 'unknown'): Promise<void> {
  const [response, tookMs] = await timed(() => post(api.url, good));
  expect(tookMs).toBeLessThan(soonMs);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect((await expectProblem(response, 503)).outcome).toBe(outcome);
  const [read, readMs] = await timed(() => fetch(`${api.url}/submissions/${'a'.repeat(26)}`));
  expect(readMs).toBeLessThan(soonMs);
  expect(await expectProblem(read, 503)).not.toHaveProperty('outcome');
}

it('answers 503 while Redis is dead, and recovers by itself', async () => {
  await redis.kill();
  await until('/readyz to say no', 2000, async () => !(await isReady()));
  await expectUnavailable('refused');
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  await redis.restart();
  await until('/readyz to say yes', 5000, isReady);
  expect((await post(api.url, good)).status).toBe(202);
});

it('answers 503 "unknown" while Redis is paused; the command may yet run, and a repeat finds it', async () => {
  await redis.pause();
  const [response, tookMs] = await timed(() => post(api.url, good, { 'Idempotency-Key': 'paused' }));
  expect(tookMs).toBeLessThan(soonMs);
  expect((await expectProblem(response, 503)).outcome).toBe('unknown');
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  expect(await isReady()).toBe(false);
  await redis.resume();
  await until('/readyz to say yes', 5000, isReady);
  expect((await post(api.url, good, { 'Idempotency-Key': 'paused' })).status).toBe(202);
});

it('answers all of many requests while Redis is paused', async () => {
  await redis.pause();
  const answers = await Promise.all(Array.from({ length: 100 }, () => timed(() => post(api.url, good))));
  expect(new Set(answers.map(([{ status }]) => status))).toEqual(new Set([503]));
  expect(Math.max(...answers.map(([, tookMs]) => tookMs))).toBeLessThan(soonMs);
});

it('answers 503 when Redis dies with the command in flight', async () => {
  await redis.pause();
  const pending = post(api.url, good);
  await until('the request to be sent', 2000, async () => (await fetch(`${api.url}/healthz`)).ok);
  await redis.kill();
  expect((await expectProblem(await pending, 503)).outcome).toBeDefined();
  await redis.restart();
  await until('/readyz to say yes', 5000, isReady);
});

describe('answers 503 "refused" when Redis', () => {
  it.each([
    ['has no memory left', ['maxmemory', '1'], ['maxmemory', '0']],
    ['takes no writes (a replica)', ['replicaof', '127.0.0.1 1'], ['replicaof', 'no one']],
  ])('%s', async (_what, [setting = '', value = ''], [, heal = '']) => {
    const control = new Redis(redis.url);
    const set = (to: string) =>
      setting === 'replicaof'
        ? control.call('REPLICAOF', ...to.split(' '))
        : control.config('SET', setting, to);
    await set(value);
    const response = await post(api.url, good);
    expect((await expectProblem(response, 503)).outcome).toBe('refused');
    await set(heal);
    await until('a post to be taken', 5000, async () => (await post(api.url, good)).status === 202);
    control.disconnect();
  });
});

it('answers 503 while Redis loads its data', async () => {
  const slow = await startRedis({ 'key-load-delay': '1000' });
  const filler = new Redis(slow.url);
  const pipeline = filler.pipeline();
  for (let i = 0; i < 5000; i++) pipeline.set(`filler:${i}`, 'x');
  await pipeline.exec();
  filler.disconnect();
  await slow.kill();
  const loaded = slow.restart();
  const other = await startApi({ REDIS_URL: slow.url });
  const [response, tookMs] = await timed(() => post(other.url, good));
  expect(tookMs).toBeLessThan(soonMs);
  expect((await expectProblem(response, 503)).outcome).toBe('refused');
  await loaded;
  await until('a post to be taken', 10_000, async () => (await post(other.url, good)).status === 202);
});

it('starts, and lives, without Redis', async () => {
  const alone = await startApi({ REDIS_URL: 'redis://127.0.0.1:1' });
  expect((await fetch(`${alone.url}/healthz`)).status).toBe(200);
  await expectProblem(await fetch(`${alone.url}/readyz`), 503);
  expect((await expectProblem(await post(alone.url, good), 503)).outcome).toBe('refused');
  expect((await fetch(`${alone.url}/problems`)).status).toBe(200);
});

it("hangs while Redis is paused with the client's defaults (the control)", async () => {
  const hanging = await startReadyApi({ REDIS_URL: redis.url, REDIS_CLIENT: 'defaults' });
  await redis.pause();
  let answered = false;
  const pending = post(hanging.url, good).finally(() => {
    answered = true;
  });
  // Three answers of the tuned API, each after its own deadline: more than a second.
  for (let i = 0; i < 3; i++) expect((await post(api.url, good)).status).toBe(503);
  expect(answered).toBe(false);
  await redis.resume();
  expect((await pending).status).toBe(202);
});
