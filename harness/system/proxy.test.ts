// The proxy between a client and a real Redis: each fault does what it says, and nothing else.

import { once } from 'node:events';
import { createServer as createWebServer } from 'node:http';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { monotonicMs } from '../../services/shared/clock.ts';
import { startRedis, type TestRedis } from '../../test/redis.ts';
import { waitUntil } from '../wait.ts';
import { http, resp, wordsOf } from './framing.ts';
import { type Exchange, openProxy, type TcpProxy } from './proxy.ts';

let server: TestRedis;
/** Straight to Redis: what really is there. */
let truth: Redis;
let proxy: TcpProxy;
const clients: Redis[] = [];
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startRedis();
});
beforeEach(async () => {
  truth = new Redis(server.url);
  truth.on('error', () => {}); // one test kills the server
  await truth.flushall();
  proxy = await openProxy({ to: { host: '127.0.0.1', port: server.port }, framing: resp });
});
afterEach(async () => {
  for (const client of [...clients.splice(0), truth]) client.disconnect();
  await proxy.close();
});

/** Connects once, and is told of nothing but what happens. */
async function through(name = 'test'): Promise<Redis> {
  const redis = new Redis(proxy.port, '127.0.0.1', {
    connectionName: name,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    lazyConnect: true,
  });
  clients.push(redis);
  redis.on('error', () => {});
  await redis.connect();
  return redis;
}

const isCommand =
  (name: string) =>
  ({ request }: Exchange): boolean =>
    wordsOf(request)[0]?.toLowerCase() === name;
const within = (what: string, probe: () => boolean | Promise<boolean>) =>
  waitUntil(probe, { what, deadlineMs: 5000 });

test('it passes everything on, in both directions and in order', async () => {
  const client = await through();
  const value = 'x'.repeat(3_000_000);
  const replies = await Promise.all([
    client.set('big', value),
    client.get('big'),
    ...Array.from({ length: 500 }, () => client.incr('n')),
  ]);
  expect(replies[1]).toBe(value);
  expect(replies.slice(2)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  expect(proxy.connections()).toHaveLength(1);
  await client.quit();
  await within('the connection to be gone', () => proxy.connections().length === 0);
});

test('subscriptions go through too: what nobody asked for is no reply', async () => {
  const client = await through();
  const heard: string[] = [];
  client.on('message', (_, message: string) => heard.push(message));
  await client.subscribe('news');
  await truth.publish('news', 'first');
  await within('the message', () => heard.length === 1);
  expect(await client.ping()).toBe('PONG');
});

test('a lost reply: the command was carried out once, and its sender never learns', async () => {
  const client = await through();
  const lost = proxy.loseReply(isCommand('incr'), never);
  await client.set('before', 1);
  await expect(client.incr('n')).rejects.toThrow();
  expect(await truth.get('n')).toBe('1');
  expect(await lost).toMatchObject({ connection: 1, reply: Buffer.from(':1\r\n'), alsoUnanswered: 0 });
  const again = await through();
  expect(await again.incr('n')).toBe(2);
});

test('a lost reply takes those behind it along, and only the first that matches is lost', async () => {
  const client = await through();
  const lost = proxy.loseReply(isCommand('incr'), never);
  const replies = await Promise.allSettled([
    client.get('before'),
    client.incr('n'),
    client.incr('n'),
    client.get('behind'),
  ]);
  expect(replies.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
  expect((await lost)?.alsoUnanswered).toBe(2);
  expect(await truth.get('n')).toBe('2');
});

test('a lost reply of HTTP: the request was answered, and its client is cut off', async () => {
  let served = 0;
  const web = createWebServer((request, response) => {
    request.resume().on('end', () => {
      response.statusCode = 202;
      response.end(`number ${++served}`);
    });
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const { port } = web.address() as { port: number };
  const link = await openProxy({ to: { host: '127.0.0.1', port }, framing: http });
  const post = async () =>
    (await fetch(`http://127.0.0.1:${link.port}/`, { method: 'POST', body: 'a' })).text();
  const lost = link.loseReply(({ request }) => request.toString().startsWith('POST / '), never);
  await expect(post()).rejects.toThrow();
  expect((await lost)?.reply.toString()).toMatch(/^HTTP\/1\.1 202 .*number 1$/s);
  expect(await post()).toBe('number 2');
  await link.close();
  web.closeAllConnections();
  web.close();
});

test('a reply that does not match is not lost, and a wait that is called off loses nothing', async () => {
  const client = await through();
  const over = new AbortController();
  const lost = proxy.loseReply(({ reply }) => reply.toString() === ':2\r\n', over.signal);
  expect(await client.incr('n')).toBe(1);
  over.abort();
  expect(await lost).toBeUndefined();
  expect(await client.incr('n')).toBe(2);
});

test('cut: the client is told at once, and can connect again', async () => {
  const client = await through();
  const closed = new Promise((resolve) => client.once('close', resolve));
  for (const connection of proxy.connections()) connection.cut();
  await closed;
  await within('the connection to be gone', () => proxy.connections().length === 0);
  expect(await (await through()).ping()).toBe('PONG');
});

test('silence: nothing passes either way, the sockets stay open, and other connections are not concerned', async () => {
  const name = 'to-be-silenced';
  const client = await through(name);
  let closed = false;
  client.on('close', () => {
    closed = true;
  });
  await client.set('key', 'before');
  const popped = client.blpop('list', 0);
  await within('the pop to block', async () => /blocked_clients:1/.test(await truth.info('clients')));
  expect(
    proxy
      .connections()[0]!
      .awaiting()
      .map((request) => wordsOf(request)[0]),
  ).toEqual(['blpop']);

  const silence = proxy.connections()[0]!.silence();
  let answered = false;
  const unanswered = Promise.allSettled([popped, client.set('key', 'after')]).then((settled) => {
    answered = true;
    return settled.map(({ status }) => status);
  });
  await truth.rpush('list', 'job');
  await within('the reply to be swallowed', () => silence.replies.length === 1);
  await within('the command to be swallowed', () => silence.requests.length === 1);
  expect(silence.replies[0]!.toString()).toContain('job');
  expect(wordsOf(silence.requests[0]!)).toEqual(['set', 'key', 'after']);
  expect(silence.bytes.up).toBe(silence.requests[0]!.length);

  const other = await through();
  expect(await other.get('key')).toBe('before');
  expect(await truth.llen('list')).toBe(0);
  expect({ answered, closed }).toEqual({ answered: false, closed: false });
  expect(await truth.client('LIST')).toContain(`name=${name}`);

  client.disconnect();
  expect(await unanswered).toEqual(['rejected', 'rejected']);
  await within('the end of the client to be seen', () => silence.abandonedAtMs !== undefined);
  expect(await truth.client('LIST')).toContain(`name=${name}`);
  proxy.connections()[0]!.cut();
  await within('Redis to learn of it', async () => !String(await truth.client('LIST')).includes(name));
});

test('a silent connection hides the death of Redis', async () => {
  const client = await through();
  proxy.connections()[0]!.silence();
  await server.kill();
  try {
    let closed = false;
    client.on('close', () => {
      closed = true;
    });
    await expect(through()).rejects.toThrow();
    expect(closed).toBe(false);
  } finally {
    await server.restart();
  }
});

test('delay: each way takes so much longer, what was sent first arrives first', async () => {
  const client = await through();
  const [, plainMs] = await timed(() => client.ping());
  proxy.setPace({ delayMs: 100 });
  const [replies, slowMs] = await timed(() =>
    Promise.all(Array.from({ length: 50 }, () => client.incr('n'))),
  );
  expect(replies).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect(slowMs - plainMs).toBeGreaterThan(190);
  expect(slowMs - plainMs).toBeLessThan(1000);
  proxy.setPace({ delayMs: 0 });
  const [, healedMs] = await timed(() => client.ping());
  expect(healedMs).toBeLessThan(slowMs / 2);
});

test('limit: half the bandwidth takes twice as long, and all of it arrives', async () => {
  const value = 'x'.repeat(200_000);
  await truth.set('big', value);
  const client = await through();
  const read = async (bytesPerSecond: number) => {
    proxy.setPace({ bytesPerSecond });
    const [reply, tookMs] = await timed(() => client.get('big'));
    expect(reply).toBe(value);
    return tookMs;
  };
  const fastMs = await read(400_000);
  const slowMs = await read(200_000);
  expect(fastMs).toBeGreaterThan(490);
  expect(slowMs / fastMs).toBeGreaterThan(1.5);
  expect(slowMs / fastMs).toBeLessThan(3);
});

async function timed<T>(work: () => Promise<T>): Promise<[result: T, tookMs: number]> {
  const beganMs = monotonicMs();
  const result = await work();
  return [result, monotonicMs() - beganMs];
}
