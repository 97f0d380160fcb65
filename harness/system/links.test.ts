import { expect, test } from 'vitest';
import { linksOf, redisUrlThrough } from './links.ts';
import { judgeOf } from './spec.ts';

test('a link goes through a proxy of its own where the spec says so, straight elsewhere', async () => {
  const links = linksOf(judgeOf({ proxied: ['worker-redis', 'client-api'] }));
  try {
    const [first, second] = [
      await links.toRedis('worker', 'redis://127.0.0.1:1'),
      await links.toRedis('worker', 'redis://127.0.0.1:1'),
    ];
    expect(first).toBeDefined();
    expect(second?.port).not.toBe(first?.port);
    expect(await links.toRedis('api', 'redis://127.0.0.1:1')).toBeUndefined();
    expect(await links.toService('api', 1)).toBeDefined();
    expect(await links.toService('subscriber', 1)).toBeUndefined();
  } finally {
    await links.close();
  }
});

test.each([
  ['redis://127.0.0.1:6379', 'redis://127.0.0.1:20001'],
  ['redis://user:p%40ss@redis.example:6379/3', 'redis://user:p%40ss@127.0.0.1:20001/3'],
  ['redis://[::1]:6379', 'redis://127.0.0.1:20001'],
  ['redis://localhost', 'redis://127.0.0.1:20001'],
])('%s through a proxy is %s', (url, through) => {
  expect(redisUrlThrough({ port: 20_001 }, url)).toBe(through);
  expect(redisUrlThrough(undefined, url)).toBe(url);
});
