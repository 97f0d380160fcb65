// API_MODE=inline, the vulnerable twin: it judges in the API process and needs no Redis; while it does, nobody is answered.

import { beforeAll, expect, it } from 'vitest';
import { type ApiProcess, expectProblem, good, post, startApi, timed } from './api-process.ts';

let api: ApiProcess;
beforeAll(async () => {
  api = await startApi({
    REDIS_URL: 'redis://127.0.0.1:1',
    API_MODE: 'inline',
    SANDBOX_TIME_LIMIT_MS: '700',
  });
});

it('answers 202 with the verdict, without Redis', async () => {
  const response = await post(api.url, good, { 'Idempotency-Key': 'inline' });
  expect(response.status).toBe(202);
  const body = (await response.json()) as { id: string };
  expect(body).toMatchObject({ state: 'done', verdict: 'AC', attempts: 1, judgement: { verdict: 'AC' } });
  expect(await (await fetch(`${api.url}/submissions/${body.id}`)).json()).toEqual(body);
  const again = await post(api.url, good, { 'Idempotency-Key': 'inline' });
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  await expectProblem(await post(api.url, { ...good, code: '1' }, { 'Idempotency-Key': 'inline' }), 422);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
});

it.each([
  ['TLE', 'while (true);'],
  ['RE', 'function solve() { throw new Error("no"); }'],
  ['WA', 'function solve() { return 1; }'],
])('gives %s, and lives on', async (verdict, code) => {
  expect(await (await post(api.url, { ...good, code })).json()).toMatchObject({ state: 'done', verdict });
  expect(await (await post(api.url, good)).json()).toMatchObject({ verdict: 'AC' });
});

it('answers nobody while it runs code', async () => {
  const running = post(api.url, { ...good, code: 'while (true);' });
  const [, tookMs] = await timed(async () => {
    // Whoever asks after the run began waits for its end; the first few may come before it.
    for (let i = 0; i < 20; i++) await fetch(`${api.url}/healthz`);
  });
  await running;
  expect(tookMs).toBeGreaterThan(500);
});
