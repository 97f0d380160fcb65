// Clients that do not read or do not answer are cut off; the others lose nothing by it.

import { expect, test } from 'vitest';
import { startRedis } from '../../test/redis.ts';
import { openBrowser } from './testing/browser.ts';
import { startSubscriber } from './testing/process.ts';
import { newId, openSubmissions, statusAt } from './testing/submissions.ts';

const redis = await startRedis();
const submissions = openSubmissions(redis.url);

test('a client that stops reading is cut off, while another gets all its messages in order', async () => {
  const subscriber = await startSubscriber(redis.url, { SUBSCRIBER_BUFFER_LIMIT_BYTES: '200000' });
  const [slow, good] = [await openBrowser(subscriber.url), await openBrowser(subscriber.url)];
  const ids = Array.from({ length: 50 }, newId);
  for (const each of [slow, good]) {
    each.watch(...ids);
    await each.until('unknown for all', () => each.received.length === ids.length);
  }
  slow.socket.pause();
  const message = 'x'.repeat(500);
  const judgement = { verdict: 'RE' as const, passed: 0, total: 1, runMs: 1, message };
  const cutOff = () => subscriber.metric('judge_clients_cut_off_total{reason="slow"}');
  let version = 0;
  // The kernel buffers some megabytes for the slow client before the subscriber has to.
  for (; version < 1000 && (await cutOff()) === 0; ) {
    version++;
    await Promise.all(ids.map((id) => submissions.publish({ ...statusAt(id, version), judgement })));
    await good.until('its round', () => good.received.length === (version + 1) * ids.length);
  }
  expect(await cutOff()).toBe(1);
  expect(subscriber.logs()).toContain('"reason":"slow"');
  slow.socket.resume();
  await slow.closed;
  const all = Array.from({ length: version }, (_, i) => i + 1);
  for (const id of ids) expect(good.statuses(id).map((status) => status.version)).toEqual(all);
  expect(slow.received.length).toBeLessThan(good.received.length);
  expect(await subscriber.metric('judge_client_connections')).toBe(1);
});

test('a client that answers no ping is cut off, one that does stays', async () => {
  const subscriber = await startSubscriber(redis.url, { SUBSCRIBER_PING_EVERY_MS: '600' });
  const good = await openBrowser(subscriber.url);
  let pings = 0;
  good.socket.on('ping', () => pings++);
  const mute = await openBrowser(subscriber.url, { autoPong: false });
  expect(await mute.closed).toBe(1006);
  const pingsBefore = pings;
  await good.until('more pings', () => pings >= pingsBefore + 3);
  expect(await subscriber.metric('judge_clients_cut_off_total{reason="no_pong"}')).toBe(1);
  expect(await subscriber.metric('judge_client_connections')).toBe(1);
});

test('a subscriber that was stalled itself does not blame its clients', async () => {
  const subscriber = await startSubscriber(redis.url, { SUBSCRIBER_PING_EVERY_MS: '500' });
  const good = await openBrowser(subscriber.url, { autoPong: false });
  let pings = 0;
  good.socket.on('ping', () => pings++);
  for (let stall = 1; stall <= 3; stall++) {
    await good.until('a ping', () => pings === stall);
    // The pong comes in time, but is read only after the next ping is due.
    subscriber.child.kill('SIGSTOP');
    good.socket.pong();
    const stalledAtMs = performance.now();
    await good.until('several ping intervals', () => performance.now() > stalledAtMs + 1100);
    subscriber.child.kill('SIGCONT');
  }
  await good.until('one more ping', () => pings > 3);
  expect(await subscriber.metric('judge_clients_cut_off_total{reason="no_pong"}')).toBe(0);
});
