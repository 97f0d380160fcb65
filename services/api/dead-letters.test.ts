// Dead letters: listed without code, redriven once, the change published.

import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRedis } from '../../test/redis.ts';
import { apiSchema, loadConfig, queueSettings } from '../shared/config.ts';
import { publishedStatusSchema } from '../shared/contract.ts';
import { loadAdapter } from '../shared/queue/load.ts';
import { statusChannel } from '../shared/status-channel.ts';
import { type ApiProcess, expectProblem, good, post, startReadyApi, until } from './api-process.ts';

let api: ApiProcess;
let id: string;
let subscriber: Redis;
const published: string[] = [];

beforeAll(async () => {
  const redis = await startRedis();
  const env = { REDIS_URL: redis.url, QUEUE_LEASE_MS: '50', QUEUE_MAX_ATTEMPTS: '1' };
  api = await startReadyApi(env);
  subscriber = new Redis(redis.url);
  await subscriber.subscribe(statusChannel('judge:'));
  subscriber.on('message', (_channel, text) => published.push(text));
  id = ((await (await post(api.url, good)).json()) as { id: string }).id;
  // A worker that claims the job and falls silent; another one reaps it.
  const settings = queueSettings(loadConfig(apiSchema, env));
  const adapter = await loadAdapter('reliable-list');
  const [sleeper, reaper] = [adapter.consumer(settings, 'sleeper'), adapter.consumer(settings, 'reaper')];
  const signal = AbortSignal.timeout(10_000);
  await until('the claim', 10_000, async () => (await sleeper.claim(1, signal).catch(() => [])).length === 1);
  await until('the reap', 10_000, async () => (await reaper.reap().catch(() => [])).length === 1);
  await Promise.all([sleeper.close(), reaper.close()]);
});
afterAll(() => subscriber.disconnect());

it('are listed, oldest first, without the code', async () => {
  const text = await (await fetch(`${api.url}/dead-letters`)).text();
  expect(JSON.parse(text)).toMatchObject({
    deadLetters: [{ id, state: 'dead', attempts: 1, problemId: 'echo' }],
  });
  expect(text).not.toContain('solve');
  for (const limit of ['0', '1001', 'x', '']) {
    const problem = await expectProblem(await fetch(`${api.url}/dead-letters?limit=${limit}`), 400);
    expect(problem.errors?.[0]?.field).toBe('limit');
  }
});

it('are redriven: 202 and a published change, then 409, and 404 for what is not there', async () => {
  const redrive = (which: string) => fetch(`${api.url}/dead-letters/${which}/redrive`, { method: 'POST' });
  const first = await redrive(id);
  expect(first.status).toBe(202);
  expect(first.headers.get('location')).toBe(`/submissions/${id}`);
  expect(await first.json()).toMatchObject({ id, state: 'queued', attempts: 0 });
  const text = await until('the published change', 2000, () => published.at(-1));
  expect(publishedStatusSchema.parse(JSON.parse(text)).status).toMatchObject({
    id,
    state: 'queued',
    attempts: 0,
  });
  await expectProblem(await redrive(id), 409);
  await expectProblem(await redrive('a'.repeat(26)), 404);
  await expectProblem(await redrive('nonsense'), 400);
});
