// Servers that will not do, as real sockets: each gets one line that says what is wrong and what would be right.

import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startRedis } from '../../test/redis.ts';
import { connectExternal } from './external-redis.ts';
import { freePort } from './ports.ts';
import { ask } from './resp.ts';

const real = await startRedis();

const open: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  open.push({ server, sockets });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A RESP server that gives the same answer to everything. */
function answering(reply: string): Promise<string> {
  return serve(createServer((socket) => socket.on('data', () => socket.write(reply))));
}
function configure(command: string[], password?: string): Promise<string> {
  return ask({ host: '127.0.0.1', port: real.port, ...(password ? { password } : {}) }, command, 2000);
}
function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

async function complaint(url: string): Promise<string> {
  const error = await connectExternal(url).then(
    () => new Error('it was accepted'),
    (reason: Error) => reason,
  );
  expect(error.message).not.toContain('\n');
  return error.message;
}

test('a Redis that will do', async () => {
  const found = await connectExternal(real.url);
  expect(found).toEqual({
    url: real.url,
    version: expect.stringMatching(/^\d+\.\d+/),
    runId: expect.stringMatching(/^[0-9a-f]{40}$/),
  });
});

test('nobody there', async () => {
  const port = await freePort();
  expect(await complaint(`redis://127.0.0.1:${port}`)).toBe(
    `redis://127.0.0.1:${port}: nothing listens on port ${port} of 127.0.0.1 (connection refused); expected a Redis 7.0 or newer, for example redis://127.0.0.1:6379`,
  );
});

test('an HTTP server', async () => {
  const url = await serve(createHttpServer((_, response) => response.end('hello')));
  expect(await complaint(url)).toMatch(
    /this is not Redis: it answered "HTTP\/1\.1 400 Bad Request"; expected a Redis 7\.0/,
  );
});

test('a silent socket, within two seconds', async () => {
  const url = await serve(createServer(() => {}));
  const startMs = performance.now();
  expect(await complaint(url)).toContain(
    'connected, but no answer within 2000 ms, so this is not a (responsive) Redis',
  );
  expect(performance.now() - startMs).toBeLessThan(2500);
});

test('one that trickles nonsense for ever, and one that hangs up', async () => {
  expect(await complaint(await answering('+'))).toContain('no answer within 2000 ms');
  const hangsUp = await serve(createServer((socket) => socket.once('data', () => socket.end())));
  expect(await complaint(hangsUp)).toContain('it closed the connection without an answer');
});

test('an old version', async () => {
  const url = await answering(
    bulk('# Server\r\nredis_version:6.2.14\r\nrun_id:abc\r\nredis_mode:standalone\r\n'),
  );
  expect(await complaint(url)).toContain('this is Redis 6.2.14; Redis 7.0 or newer is needed');
});

test('a Sentinel, a cluster node, a replica, one that loads', async () => {
  const info = (lines: string) => answering(bulk(`redis_version:7.2.0\r\nrun_id:abc\r\n${lines}\r\n`));
  expect(await complaint(await info('redis_mode:sentinel'))).toContain('this is a Sentinel');
  expect(await complaint(await info('redis_mode:cluster'))).toContain('a node of a Redis Cluster');
  expect(await complaint(await info('role:slave'))).toContain('a read-only replica');
  expect(await complaint(await info('loading:1'))).toContain('still loading its data');
});

test('INFO without a version', async () => {
  expect(await complaint(await answering('+OK\r\n'))).toContain('this is not Redis: INFO names no version');
});

test('a password: asked for, wrong, right', async () => {
  const url = await answering('-NOAUTH Authentication required.\r\n');
  expect(await complaint(url)).toContain(
    'this Redis asks for a password; give it in the URL: redis://user:password@',
  );
  const { port } = real;
  await configure(['CONFIG', 'SET', 'requirepass', 'secret']);
  expect(await complaint(`redis://127.0.0.1:${port}`)).toContain('asks for a password');
  const wrong = await complaint(`redis://:nonsense@127.0.0.1:${port}`);
  expect(wrong).toContain('refuses the user or password (WRONGPASS');
  expect(wrong).not.toContain('nonsense');
  expect(await connectExternal(`redis://:secret@127.0.0.1:${port}`)).toMatchObject({
    runId: expect.any(String),
  });
});

test('what is no Redis URL', async () => {
  for (const url of ['http://127.0.0.1:6379', 'redis', '127.0.0.1:6379', 'redis://', 'redis://h:99999', '']) {
    expect(await complaint(url), url).toContain(
      'not a Redis URL; expected redis://[user:password@]host[:port]',
    );
  }
  expect(await complaint('redis://no-such-host.invalid:6379')).toContain(
    'the host no-such-host.invalid is not known',
  );
});
