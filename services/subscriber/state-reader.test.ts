// Bounded, patient reading: against a `get` whose replies the test gives by hand.

import { expect, test, vi } from 'vitest';
import type { JobRecord } from '../shared/queue/queue.ts';
import { StateReader } from './state-reader.ts';

function setUp() {
  const calls: { id: string; reply(record: JobRecord | null): void; fail(): void }[] = [];
  const found: string[] = [];
  const failed = vi.fn();
  const unwanted = new Set<string>();
  const reader = new StateReader({
    get: (id) =>
      new Promise((resolve, reject) => {
        calls.push({ id, reply: resolve, fail: () => reject(new Error('away')) });
      }),
    wanted: (id) => !unwanted.has(id),
    found: (id) => found.push(id),
    failed,
  });
  const until = (holds: () => boolean) =>
    vi.waitFor(() => expect(holds(), `${calls.length} calls, found ${found.length}`).toBe(true), {
      timeout: 5000,
      interval: 5,
    });
  return { calls, found, failed, unwanted, reader, until };
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `id-${i}`);

test('few reads at a time, all in the end', async () => {
  const { calls, found, reader, until } = setUp();
  reader.request(names(200));
  expect(calls).toHaveLength(64);
  for (let i = 0; i < 200; i++) {
    await until(() => calls.length > i);
    calls[i]!.reply(null);
  }
  await until(() => found.length === 200);
  expect(found).toEqual(names(200));
});

test('asking while a read is under way reads again, asking twice before it starts does not', () => {
  const { calls, reader } = setUp();
  reader.request(['a']);
  reader.request(['a']);
  expect(calls).toHaveLength(2);
  reader.request(names(62));
  reader.request(['late', 'late']);
  reader.request(['late']);
  expect(calls).toHaveLength(64);
});

test('what nobody wants any more is not read', async () => {
  const { calls, found, unwanted, reader, until } = setUp();
  reader.request(names(64));
  reader.request(['gone', 'wanted']);
  unwanted.add('gone');
  calls[0]!.reply(null);
  calls[1]!.reply(null);
  await until(() => calls.length === 65);
  expect(calls[64]!.id).toBe('wanted');
  expect(found).toEqual(['id-0', 'id-1']);
});

test('while Redis is away few reads are tried, and when it is back all are read', async () => {
  const { calls, found, failed, reader, until } = setUp();
  reader.request(names(500));
  let answered = 0;
  const answerAll = (how: 'reply' | 'fail') => {
    for (; answered < calls.length; answered++) {
      if (how === 'reply') calls[answered]!.reply(null);
      else calls[answered]!.fail();
    }
  };
  answerAll('fail');
  await until(() => failed.mock.calls.length === 1);
  answerAll('fail');
  await until(() => failed.mock.calls.length === 2);
  // Three rounds began: 64 reads each, and those few that started before so many failures in a row meant "away".
  expect(calls.length).toBeLessThanOrEqual(3 * (64 + 8));
  expect(found).toEqual([]);
  reader.resume();
  await until(() => {
    answerAll('reply');
    return new Set(found).size === 500;
  });
  reader.close();
});

test('one that cannot be read does not hold up the others', async () => {
  const { calls, found, reader, until } = setUp();
  reader.request(['bad', ...names(100)]);
  let answered = 0;
  await until(() => {
    for (; answered < calls.length; answered++) {
      if (calls[answered]!.id === 'bad') calls[answered]!.fail();
      else calls[answered]!.reply(null);
    }
    return found.length === 100;
  });
  await until(() => calls.filter(({ id }) => id === 'bad').length > 1);
  reader.close();
});

test('closed, it neither reads nor tells', async () => {
  const { calls, found, reader } = setUp();
  reader.request(names(70));
  reader.close();
  for (const call of calls.slice(0, 32)) call.reply(null);
  for (const call of calls.slice(32)) call.fail();
  await vi.waitFor(() => expect(calls).toHaveLength(64));
  expect(found).toEqual([]);
});
