// What clients are told, by a real subscriber process and a real Redis: the current state first, then every change.

import { beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../../test/redis.ts';
import { openBrowser } from './testing/browser.ts';
import { deadline } from './testing/deadline.ts';
import { startSubscriber } from './testing/process.ts';
import { newId, openSubmissions, type Submissions, statusAt } from './testing/submissions.ts';

/** Only the change itself may bring it, not the sweep. */
const noSweep = { SUBSCRIBER_SWEEP_EVERY_MS: '0' };
let redis: TestRedis;
let submissions: Submissions;
beforeAll(async () => {
  redis = await startRedis();
  submissions = openSubmissions(redis.url);
});

test('the current state, then every change in order, stale ones dropped, done once', async () => {
  const subscriber = await startSubscriber(redis.url, noSweep);
  const browser = await openBrowser(subscriber.url);
  const id = newId();
  await submissions.record(statusAt(id, 1, 'queued'));
  browser.watch(id);
  await browser.until('the current state', () => browser.statuses(id).length === 1);
  for (const version of [2, 4, 3, 4, 1, 5]) await submissions.change(statusAt(id, version));
  await submissions.change(statusAt(id, 6, 'done'));
  await submissions.change(statusAt(id, 6, 'done'));
  const last = newId();
  browser.watch(last);
  await browser.until('unknown', () => browser.received.at(-1)?.type === 'unknown');
  await submissions.change(statusAt(last, 1));
  await browser.until('the other submission', () => browser.statuses(last).length === 1);
  expect(browser.versions(id)).toEqual(['queued 1', 'running 2', 'running 4', 'running 5', 'done 6']);
  expect(browser.statuses(id).at(-1)).toEqual(statusAt(id, 6, 'done'));
  expect(await subscriber.metric('judge_stale_statuses_total')).toBe(3);
  expect(await subscriber.metric('judge_deliveries_total{source="live"}')).toBeGreaterThanOrEqual(4);
});

test('a finished submission is told on each watch, with its judgement', async () => {
  const subscriber = await startSubscriber(redis.url, noSweep);
  const browser = await openBrowser(subscriber.url);
  const id = newId();
  await submissions.record(statusAt(id, 7, 'done'));
  for (const count of [1, 2]) {
    browser.watch(id);
    await browser.until('the state', () => browser.statuses(id).length === count);
  }
  expect(browser.statuses(id)).toEqual([statusAt(id, 7, 'done'), statusAt(id, 7, 'done')]);
});

test('two clients get what each watches, and nothing else', async () => {
  const subscriber = await startSubscriber(redis.url, noSweep);
  const [one, two] = [await openBrowser(subscriber.url), await openBrowser(subscriber.url)];
  const [both, mine, left] = [newId(), newId(), newId()];
  one.watch(both, mine, left);
  two.watch(both);
  await one.until('three answers', () => one.received.length === 3);
  await two.until('one answer', () => two.received.length === 1);
  one.unwatch(left);
  one.watch(both);
  for (const id of [left, mine, both]) await submissions.change(statusAt(id, 1));
  await one.until('its statuses', () => one.statuses(both).length === 1);
  await two.until('its status', () => two.statuses(both).length === 1);
  expect(one.received.slice(3)).toEqual([
    { type: 'status', status: statusAt(mine, 1) },
    { type: 'status', status: statusAt(both, 1) },
  ]);
  expect(two.received).toEqual([
    { type: 'unknown', id: both },
    { type: 'status', status: statusAt(both, 1) },
  ]);
  expect(await subscriber.metric('judge_client_connections')).toBe(2);
});

test('unknown first, then the submission that appears later', async () => {
  const subscriber = await startSubscriber(redis.url, { SUBSCRIBER_SWEEP_EVERY_MS: '20' });
  const browser = await openBrowser(subscriber.url);
  const id = newId();
  browser.watch(id);
  await browser.until('unknown', () => browser.received.length === 1);
  await submissions.record(statusAt(id, 1, 'queued'));
  await browser.until('the status', () => browser.statuses(id).length === 1);
  expect(browser.received).toEqual([
    { type: 'unknown', id },
    { type: 'status', status: statusAt(id, 1, 'queued') },
  ]);
});

test('changes that race with the watch: the last one always arrives, never backwards', async () => {
  const subscriber = await startSubscriber(redis.url, noSweep);
  const browser = await openBrowser(subscriber.url);
  const ids = Array.from({ length: 300 }, newId);
  for (const id of ids) {
    browser.watch(id);
    const changing = [1, 2, 3].map((version) => submissions.change(statusAt(id, version)));
    await Promise.all([...changing, submissions.change(statusAt(id, 4, 'done'))]);
  }
  await browser.until('done for all', () => ids.every((id) => browser.versions(id).at(-1) === 'done 4'));
  for (const id of ids) {
    const versions = browser.statuses(id).map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort());
  }
});

test('a status that pub/sub lost is repaired by the sweep; with RESYNC=off the client stays ignorant', async () => {
  const settings = { SUBSCRIBER_SWEEP_EVERY_MS: '50' };
  const subscriber = await startSubscriber(redis.url, settings);
  const control = await startSubscriber(redis.url, { ...settings, SUBSCRIBER_RESYNC: 'off' });
  const [browser, ignorant] = [await openBrowser(subscriber.url), await openBrowser(control.url)];
  const [id, other] = [newId(), newId()];
  await submissions.record(statusAt(id, 1, 'queued'));
  for (const each of [ignorant, browser]) each.watch(id, other);
  await browser.until('the current state', () => browser.received.length === 2);
  await submissions.record(statusAt(id, 2, 'done'));
  await browser.until('the lost status', () => browser.statuses(id).length === 2);
  await submissions.change(statusAt(other, 1));
  await ignorant.until('a live change', () => ignorant.statuses(other).length === 1);
  expect(ignorant.received).toEqual([{ type: 'status', status: statusAt(other, 1) }]);
  expect(browser.versions(id)).toEqual(['queued 1', 'done 2']);
});

test('messages that are no statuses are refused, logged and counted', async () => {
  const subscriber = await startSubscriber(redis.url, noSweep);
  const browser = await openBrowser(subscriber.url);
  const id = newId();
  const bad = [
    '',
    '{',
    'null',
    '[]',
    '{"id":1}',
    '\u0000',
    '"x"',
    JSON.stringify({ ...statusAt(id, 1), extra: 1 }),
  ];
  bad.push(
    JSON.stringify(statusAt(id, 0)),
    JSON.stringify({ ...statusAt(id, 1), state: 'lost' }),
    '1'.repeat(1e6),
  );
  browser.watch(id);
  await browser.until('unknown', () => browser.received.length === 1);
  for (const text of bad) await submissions.publishText(text);
  await submissions.change(statusAt(id, 1));
  await browser.until('the good one', () => browser.statuses(id).length === 1);
  expect(browser.received).toHaveLength(2);
  expect(await subscriber.metric('judge_invalid_messages_total{source="redis"}')).toBe(bad.length);
  expect(subscriber.logs()).toContain('"source":"redis"');
});

test('a record that is no submission is refused and counted; a later status is still told', async () => {
  const subscriber = await startSubscriber(redis.url, noSweep);
  const browser = await openBrowser(subscriber.url);
  const [id, broken] = [newId(), newId()];
  await submissions.record({ ...statusAt(id, 1), state: 'asleep' as 'running' });
  await submissions.redis.set(`test:record:${broken}`, 'no JSON');
  browser.watch(id, broken);
  await expect
    .poll(() => subscriber.metric('judge_invalid_messages_total{source="record"}'), deadline)
    .toBe(1);
  await submissions.change(statusAt(id, 2));
  await submissions.change(statusAt(broken, 1));
  await browser.until('both', () => browser.received.length === 2);
  expect([browser.versions(id), browser.versions(broken)]).toEqual([['running 2'], ['running 1']]);
});
