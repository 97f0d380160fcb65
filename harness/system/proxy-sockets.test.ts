// The proxy between bare sockets, without a Redis.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { waitUntil } from '../wait.ts';
import { http, resp } from './framing.ts';
import { openProxy, type ProxyOptions } from './proxy.ts';

test('a slow reader holds up the sender instead of filling the memory', async () => {
  const flood = await listening((socket) => {
    socket.on('error', () => {});
    const chunk = Buffer.alloc(1 << 16);
    const pour = () => {
      while (socket.write(chunk));
    };
    socket.on('drain', pour);
    pour();
  });
  const plain = await openProxy({ to: { host: '127.0.0.1', port: flood.port } });
  plain.setPace({ bytesPerSecond: 1_000_000 });
  const before = process.memoryUsage().rss;
  const reader = connect(plain.port, '127.0.0.1');
  let bytes = 0;
  reader.on('data', (chunk) => {
    bytes += chunk.length;
  });
  await waitUntil(() => bytes > 400_000, { what: 'some to arrive', deadlineMs: 5000 });
  expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  reader.destroy();
  await plain.close();
  await flood.close();
});

test('what keeps to no protocol is passed on unread', async () => {
  const echo = await listening((socket) => socket.pipe(socket));
  for (const framing of [resp, http, undefined]) {
    const options: ProxyOptions = { to: { host: '127.0.0.1', port: echo.port } };
    const plain = await openProxy(framing === undefined ? options : { ...options, framing });
    const socket = connect(plain.port, '127.0.0.1');
    const sent = ['+OK\r\n', '\0\r\n\xff garbage', '\r\nand more\r\n'];
    let received = '';
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
    });
    for (const part of sent) socket.write(part, 'latin1');
    socket.end();
    await once(socket, 'close');
    expect(received).toBe(sent.join(''));
    await plain.close();
  }
  await echo.close();
});

test('with nobody behind it, the client is cut off', async () => {
  const { port, close } = await listening(() => {});
  await close();
  const lonely = await openProxy({ to: { host: '127.0.0.1', port } });
  const socket = connect(lonely.port, '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
  await lonely.close();
});

async function listening(
  accept: (socket: Socket) => void,
): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    accept(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(listener, 'close');
      listener.close();
      await closed;
    },
  };
}
