// The subscriber on the real queue adapters: what a job goes through is what a client sees.

import { expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../../test/redis.ts';
import { encodePayload, type JobState, type Judgement } from '../shared/contract.ts';
import { adapterNames, loadAdapter } from '../shared/queue/load.ts';
import { openBrowser } from './testing/browser.ts';
import { deadline } from './testing/deadline.ts';
import { startSubscriber } from './testing/process.ts';
import { newId, openSubmissions, prefix } from './testing/submissions.ts';

const redis = await startRedis();
const submissions = openSubmissions(redis.url);
const payload = encodePayload({ problemId: 'sum-two', language: 'javascript', code: '1' });
const judgement: Judgement = { verdict: 'WA', passed: 1, total: 3, runMs: 2, message: 'no' };

test.for(adapterNames)('%s: queued, running and done, whether published or not', async (name) => {
  const adapter = await loadAdapter(name);
  const settings = {
    redis: { url: redis.url, client: 'tuned' as const },
    prefix: `${prefix}${name}:`,
    leaseMs: 10_000,
    maxAttempts: 3,
    cap: 0,
    fenced: true,
    pollEveryMs: 0,
    retentionMs: 60_000,
  };
  const producer = adapter.producer(settings);
  const consumer = adapter.consumer(settings, 'tester');
  onTestFinished(async () => {
    await Promise.all([producer.close(), consumer.close()]);
  });
  await expect.poll(() => producer.ping().then(() => 'up', String), deadline).toBe('up');
  const subscriber = await startSubscriber(redis.url, {
    QUEUE: name,
    QUEUE_PREFIX: settings.prefix,
    SUBSCRIBER_SWEEP_EVERY_MS: '50',
  });
  const browser = await openBrowser(subscriber.url);
  const states = (id: string): JobState[] => browser.statuses(id).map(({ state }) => state);

  const [told, untold] = [newId(), newId()];
  browser.watch(told, untold);
  await browser.until('unknown', () => browser.received.length === 2);
  for (const id of [told, untold]) {
    const before = await producer.enqueue({ id, payload });
    if (!('record' in before)) throw new Error(JSON.stringify(before));
    await browser.until('queued', () => states(id).length === 1);
    const [claim] = await consumer.claim(1, AbortSignal.timeout(deadline.timeout));
    expect(claim?.id).toBe(id);
    await browser.until('running', () => states(id).length === 2);
    const acked = await consumer.ack(claim!, JSON.stringify(judgement));
    if (acked.outcome === 'stale') throw new Error('stale');
    const done = { id, state: 'done', version: acked.version, attempts: 1, judgement };
    if (id === told) await submissions.redis.publish(`${settings.prefix}status`, JSON.stringify(done));
    await browser.until('done', () => states(id).length === 3);
    expect(states(id)).toEqual(['queued', 'running', 'done']);
    expect(browser.statuses(id).at(-1)).toEqual(done);
  }
  expect(await subscriber.metric('judge_invalid_messages_total{source="record"}')).toBe(0);
});
