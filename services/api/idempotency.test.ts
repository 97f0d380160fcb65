// Idempotency-Key: one key, one submission, however often and however concurrently it is sent.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../test/redis.ts';
import { apiSchema, loadConfig, queueSettings } from '../shared/config.ts';
import { idFromKey, ledgerLineSchema } from '../shared/contract.ts';
import { loadAdapter } from '../shared/queue/load.ts';
import type { Producer } from '../shared/queue/queue.ts';
import { type ApiProcess, expectProblem, good, post, startReadyApi, until } from './api-process.ts';

let redis: TestRedis;
let api: ApiProcess;
let producer: Producer;
let dir: string;
beforeAll(async () => {
  redis = await startRedis();
  dir = await mkdtemp(join(tmpdir(), 'redproof-api-'));
  api = await startReadyApi({ REDIS_URL: redis.url, LEDGER_FILE: join(dir, 'ledger.ndjson') });
  const adapter = await loadAdapter('reliable-list');
  producer = adapter.producer(queueSettings(loadConfig(apiSchema, { REDIS_URL: redis.url })));
  await until('the producer to connect', 5000, () =>
    producer.ping().then(
      () => true,
      () => false,
    ),
  );
});
afterAll(async () => {
  await producer.close();
  await rm(dir, { recursive: true });
});

it('gives the same id for the same key and body, and says that it is a replay', async () => {
  const first = await post(api.url, good, { 'Idempotency-Key': 'a key' });
  const again = await post(api.url, good, { 'Idempotency-Key': 'a key' });
  expect([first.status, again.status]).toEqual([202, 202]);
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  const body = (await first.json()) as { id: string };
  expect(body.id).toBe(idFromKey('a key'));
  expect(await again.json()).toEqual(body);
  expect((await producer.counts()).queued).toBe(1);
});

it('answers 422 to the same key with another body', async () => {
  await expectProblem(await post(api.url, { ...good, code: '1' }, { 'Idempotency-Key': 'a key' }), 422);
  expect((await producer.counts()).queued).toBe(1);
});

it('gives every submission without a key an id of its own', async () => {
  const ids = await Promise.all(
    [1, 2, 3].map(async () => ((await (await post(api.url, good)).json()) as { id: string }).id),
  );
  expect(new Set(ids).size).toBe(3);
});

it('makes one job of 50 concurrent posts with one key', async () => {
  const before = (await producer.counts()).queued;
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => post(api.url, good, { 'Idempotency-Key': 'fifty' })),
  );
  const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { id: string }[];
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(bodies.map(({ id }) => id))).toEqual(new Set([idFromKey('fifty')]));
  expect(answers.filter(({ headers }) => !headers.has('idempotency-replayed'))).toHaveLength(1);
  expect((await producer.counts()).queued).toBe(before + 1);
});

it.each(['', 'x'.repeat(256), 'ümlaut', 'tab\there'])('answers 400 to the key %j', async (key) => {
  const problem = await expectProblem(await post(api.url, good, { 'Idempotency-Key': key }), 400);
  expect(problem.errors).toMatchObject([{ field: 'Idempotency-Key' }]);
});

it('takes a key of 255 characters', async () => {
  expect((await post(api.url, good, { 'Idempotency-Key': '~'.repeat(255) })).status).toBe(202);
});

it('writes "enqueue" before and "enqueued" after each accepted submission into the ledger', async () => {
  const before = readLedger().length;
  const { id } = (await (await post(api.url, good)).json()) as { id: string };
  expect(readLedger().slice(before)).toMatchObject([
    { event: 'enqueue', job: id, source: 'api', pid: api.pid },
    { event: 'enqueued', job: id },
  ]);
  await post(api.url, { ...good, code: '' });
  expect(readLedger()).toHaveLength(before + 2);
});

it('keeps the ids of all keys in one Redis only: another API instance knows them', async () => {
  const other = await startReadyApi({ REDIS_URL: redis.url });
  const replay = await post(other.url, good, { 'Idempotency-Key': 'a key' });
  expect(replay.headers.get('idempotency-replayed')).toBe('true');
});

function readLedger() {
  const lines = readFileSync(join(dir, 'ledger.ndjson'), 'utf8').trim().split('\n');
  return lines.map((line) => ledgerLineSchema.parse(JSON.parse(line)));
}
