// Redis dies, stalls, or is not there yet: nobody stays ignorant once it is back.

import { expect, test } from 'vitest';
import { startRedis } from '../../test/redis.ts';
import { openBrowser } from './testing/browser.ts';
import { deadline } from './testing/deadline.ts';
import { type SubscriberProcess, spawnSubscriber, startSubscriber } from './testing/process.ts';
import { newId, openSubmissions, statusAt } from './testing/submissions.ts';

/** What arrives then was read on the reconnect, not by a sweep. */
const noSweep = { SUBSCRIBER_SWEEP_EVERY_MS: '0' };
const redis = await startRedis();
const submissions = openSubmissions(redis.url);

async function readyzIs(subscriber: SubscriberProcess, status: number): Promise<void> {
  await expect.poll(async () => (await subscriber.get('/readyz')).status, deadline).toBe(status);
}

test('a change made while the subscriber was cut off arrives after a SIGKILL and restart of Redis', async () => {
  const subscriber = await startSubscriber(redis.url, noSweep);
  const control = await startSubscriber(redis.url, { ...noSweep, SUBSCRIBER_RESYNC: 'off' });
  const [browser, ignorant] = [await openBrowser(subscriber.url), await openBrowser(control.url)];
  const [id, other] = [newId(), newId()];
  for (const each of [browser, ignorant]) each.watch(id);
  await browser.until('unknown', () => browser.received.length === 1);
  await submissions.change(statusAt(id, 1));
  for (const each of [browser, ignorant]) await each.until('running', () => each.statuses(id).length === 1);

  await redis.kill();
  for (const each of [subscriber, control]) await readyzIs(each, 503);
  for (const each of [subscriber, control]) each.child.kill('SIGSTOP');
  await redis.restart();
  await submissions.change(statusAt(id, 2, 'done'));
  for (const each of [subscriber, control]) each.child.kill('SIGCONT');
  await browser.until('what it missed', () => browser.statuses(id).length === 2);

  await readyzIs(control, 200);
  ignorant.watch(other);
  await ignorant.until('a live change', () => {
    void submissions.publish(statusAt(other, 1));
    return ignorant.statuses(other).length === 1;
  });
  expect(browser.versions(id)).toEqual(['running 1', 'done 2']);
  expect(ignorant.versions(id)).toEqual(['running 1']);
  for (const each of [subscriber, control]) expect((await each.get('/healthz')).status).toBe(200);
});

test('a watch made while Redis is away is answered when it is back', async () => {
  const subscriber = await startSubscriber(redis.url, noSweep);
  const [id, missing] = [newId(), newId()];
  await submissions.record(statusAt(id, 3));
  await redis.kill();
  await readyzIs(subscriber, 503);
  const browser = await openBrowser(subscriber.url);
  browser.watch(id, missing);
  // The server has read the watch once it answers what comes after it.
  browser.socket.send('?');
  await browser.until('the error', () => browser.received.length === 1);
  await redis.restart();
  await browser.until('both answers', () => browser.received.length === 3);
  expect(browser.received[0]!.type).toBe('error');
  expect(browser.received).toContainEqual({ type: 'status', status: statusAt(id, 3) });
  expect(browser.received).toContainEqual({ type: 'unknown', id: missing });
  expect((await subscriber.get('/readyz')).status).toBe(200);
});

test('started before Redis: not ready until it has subscribed', async () => {
  await redis.kill();
  const subscriber = spawnSubscriber(redis.url, noSweep);
  await subscriber.listening();
  expect((await subscriber.get('/healthz')).status).toBe(200);
  expect((await subscriber.get('/readyz')).status).toBe(503);
  expect(subscriber.logs()).not.toContain('"msg":"ready"');
  await redis.restart();
  await subscriber.ready();
  expect((await subscriber.get('/readyz')).status).toBe(200);
});

test('a Redis that stalls is noticed, and what was missed arrives when it goes on', async () => {
  const subscriber = await startSubscriber(redis.url, noSweep);
  const browser = await openBrowser(subscriber.url);
  const [id, late] = [newId(), newId()];
  await submissions.record(statusAt(id, 1));
  browser.watch(id);
  await browser.until('the state', () => browser.statuses(id).length === 1);
  await submissions.record(statusAt(id, 2, 'done'));
  await redis.pause();
  try {
    browser.watch(late);
    await readyzIs(subscriber, 503);
  } finally {
    await redis.resume();
  }
  await browser.until('what it missed', () => browser.statuses(id).length === 2);
  await browser.until('the late answer', () => browser.received.some(({ type }) => type === 'unknown'));
  expect(subscriber.logs()).toContain('did not answer a ping');
});
