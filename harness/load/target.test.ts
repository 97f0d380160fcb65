// Whether something is a judge, asked of small real servers that are one, or only look a little like it.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { UsageError } from '../system/find-redis.ts';
import { freePort } from '../system/ports.ts';
import { findTarget } from './target.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const problems = JSON.stringify({ problems: [{ id: 'echo' }] });
const judge =
  (readyStatus = 200, webSocketStatus = 404): RequestListener =>
  ({ url }, response) => {
    response.setHeader('connection', 'close');
    if (url === '/readyz') response.writeHead(readyStatus).end('{}');
    else if (url === '/problems') response.end(problems);
    else response.writeHead(url === '/submissions' ? webSocketStatus : 404).end();
  };
const said = async (url: URL, ws?: URL) => {
  const error = await findTarget(url, ws).then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(UsageError);
  expect(error!.message.split('\n')).toHaveLength(1);
  return error!.message;
};

test('a judge whose WebSocket is at the same address', async () => {
  const url = await serve(judge(200, 426));
  expect(await findTarget(url, undefined)).toEqual({
    url: url.origin,
    wsUrl: `ws://${url.host}/submissions`,
  });
});

test('a WebSocket that is somewhere else is found where --ws says', async () => {
  const [url, other] = [await serve(judge()), await serve(judge(200, 426))];
  const ws = new URL(`ws://${other.host}/submissions`);
  expect(await findTarget(url, ws)).toEqual({ url: url.origin, wsUrl: ws.href });
  expect(await said(url, new URL(`ws://${url.host}/submissions`))).toContain(
    'no WebSocket of a judge is there',
  );
});

test('nobody is there', async () => {
  const url = new URL(`http://127.0.0.1:${await freePort()}`);
  const message = await said(url);
  expect(message).toContain(`--target ${url.origin}: nothing answers there (ECONNREFUSED)`);
  expect(message).toContain('npm start');
});

test('something else is there', async () => {
  const url = await serve((_, response) => response.setHeader('connection', 'close').end('hello'));
  expect(await said(url)).toContain('what answers there is no judge');
});

test('a judge that is not ready', async () => {
  expect(await said(await serve(judge(503, 426)))).toContain('not ready: GET /readyz answers 503');
});
