// Malformed messages, frames and handshakes, from a seed: each is answered or ends its connection, and nobody else notices.

import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../../test/redis.ts';
import { type Browser, openBrowser } from './testing/browser.ts';
import { startSubscriber } from './testing/process.ts';
import { newId, openSubmissions, statusAt } from './testing/submissions.ts';

const seed = Number(process.env.FUZZ_SEED ?? 20_260_801);
const redis = await startRedis();
const submissions = openSubmissions(redis.url);

const id = fc.constantFrom(
  newId(),
  '',
  'A'.repeat(26),
  'a'.repeat(27),
  '../../etc/passwd',
  '\u0000',
  'a'.repeat(25),
);
const ids = fc.oneof(
  fc.array(fc.oneof(id, fc.jsonValue()), { maxLength: 5 }),
  fc.constant(Array.from({ length: 101 }, newId)),
  fc.jsonValue(),
);
const type = fc.oneof(fc.constantFrom('watch', 'unwatch', 'status', '__proto__', ''), fc.jsonValue());
const message = fc
  .oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.record({ type, ids, extra: fc.jsonValue() }).map((value) => JSON.stringify(value)),
    fc
      .record({ type, ids }, { requiredKeys: [] })
      .map((value) => JSON.stringify({ ...value, ids: value.ids ?? [] })),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(
      '['.repeat(60_000),
      `{"type":"watch","ids":["${'a'.repeat(60_000)}"]}`,
      'x'.repeat(70_000),
    ),
  )
  .filter((value) => typeof value !== 'string' || !isValid(value));

function isValid(text: string): boolean {
  try {
    const { type, ids, ...rest } = JSON.parse(text);
    return (
      ['watch', 'unwatch'].includes(type) &&
      Object.keys(rest).length === 0 &&
      ids.length > 0 &&
      ids.every((each: string) => /^[a-z2-7]{26}$/.test(each))
    );
  } catch {
    return false;
  }
}

async function stillWorks(good: Browser): Promise<void> {
  const fresh = newId();
  good.watch(fresh);
  await good.until('unknown', () =>
    good.received.some((each) => each.type === 'unknown' && each.id === fresh),
  );
  await submissions.change(statusAt(fresh, 1));
  await good.until('the status', () => good.statuses(fresh).length === 1);
}

test('500 malformed messages: an error that says what is wrong, or a close', async () => {
  const subscriber = await startSubscriber(redis.url);
  const good = await openBrowser(subscriber.url);
  const codes: number[] = [];
  let bad = await openBrowser(subscriber.url);
  let errors = 0;
  for (const each of fc.sample(message, { numRuns: 500, seed })) {
    const before = bad.received.length;
    let code: number | undefined;
    void bad.closed.then((value) => {
      code = value;
    });
    bad.socket.send(each);
    await bad.until(`an answer to ${String(each).slice(0, 200)} (seed ${seed})`, () => {
      return bad.received.length > before || code !== undefined;
    });
    for (const answer of bad.received.slice(before)) {
      expect(answer).toEqual({ type: 'error', detail: expect.stringMatching(/^.{1,250}$/s) });
      errors++;
    }
    if (code === undefined && bad.received.length < 20) continue;
    codes.push(await bad.closed);
    bad = await openBrowser(subscriber.url);
  }
  expect(errors).toBeGreaterThan(400);
  expect(new Set(codes)).toEqual(new Set([1008, 1009]));
  expect(await subscriber.metric('judge_invalid_messages_total{source="client"}')).toBe(500);
  await stillWorks(good);
});

test('broken frames end their connection', async () => {
  const subscriber = await startSubscriber(redis.url);
  const good = await openBrowser(subscriber.url);
  const frames = fc.sample(fc.uint8Array({ minLength: 2, maxLength: 300 }), { numRuns: 100, seed });
  for (const frame of frames) {
    const socket = connect(subscriber.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.write(handshake({}));
    await once(socket, 'data');
    // Unmasked and with a reserved bit: never valid from a client.
    socket.write(Buffer.concat([Buffer.from([0xc1, 0x05]), frame]));
    socket.resume();
    await once(socket, 'close');
  }
  expect(await subscriber.metric('judge_invalid_messages_total{source="client"}')).toBe(frames.length);
  await stillWorks(good);
});

function handshake(changes: Record<string, string | undefined>, line = 'GET /submissions HTTP/1.1'): string {
  const headers = {
    Host: 'x',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}\r\n`,
  );
  return `${line}\r\n${lines.join('')}\r\n`;
}

const word = fc.stringMatching(/^[!-9;-~]{1,40}$/);
const badHandshake = fc.oneof(
  fc
    .webPath()
    .filter((path) => path.startsWith('/') && path !== '/submissions')
    .map((path) => handshake({}, `GET ${path} HTTP/1.1`)),
  fc
    .constantFrom('GET //[ HTTP/1.1', 'GET http://[::1 HTTP/1.1', 'GET /%zz HTTP/1.1', 'GET * HTTP/1.1')
    .map((line) => handshake({}, line)),
  fc.constantFrom('POST', 'PUT', 'DELETE').map((method) => handshake({}, `${method} /submissions HTTP/1.1`)),
  word.map((key) => handshake({ 'Sec-WebSocket-Key': key })),
  word
    .filter((version) => ![13, 8].includes(Number(version)))
    .map((version) => handshake({ 'Sec-WebSocket-Version': version })),
  word.map((protocol) => handshake({ 'Sec-WebSocket-Protocol': `(${protocol}` })),
  word.map((name) => handshake({ Upgrade: name })),
  fc
    .constantFrom('Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Upgrade', 'Connection', 'Host')
    .map((name) => handshake({ [name]: undefined })),
  fc.constant(handshake({ Cookie: 'x'.repeat(20_000) })),
  fc.constant(handshake({ 'Content-Length': 'many' })),
  fc.constant(handshake({ Upgrade: undefined, Connection: undefined, Expect: 'miracles' })),
  fc.constant(handshake({}, 'CONNECT x:1 HTTP/1.1')),
  word.map((text) => `${text}\r\n\r\n`),
);

test('200 malformed handshakes: a 4xx problem document, then the connection ends', async () => {
  const subscriber = await startSubscriber(redis.url);
  const good = await openBrowser(subscriber.url);
  for (const request of fc.sample(badHandshake, { numRuns: 200, seed })) {
    const answer = await answerTo(subscriber.port, request);
    const shown = `${JSON.stringify(request.slice(0, 300))} (seed ${seed})`;
    expect(answer, shown).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer, shown).toContain('Content-Type: application/problem+json');
  }
  await stillWorks(good);
});

/** All that comes back until the server, or after a complete answer the client, ends the connection. */
async function answerTo(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
    // A plain HTTP answer keeps the connection; one is enough.
    if (answer.endsWith('}')) socket.end();
  });
  socket.on('error', () => {});
  socket.write(request);
  await once(socket, 'close');
  return answer;
}

test('more watches than allowed are refused whole, and there is room again after unwatch', async () => {
  const subscriber = await startSubscriber(redis.url, { SUBSCRIBER_WATCH_LIMIT: '3' });
  const browser = await openBrowser(subscriber.url);
  const [one, two, three, four] = [newId(), newId(), newId(), newId()];
  browser.watch(one, two);
  browser.watch(three, four);
  browser.watch(one, two, three);
  browser.unwatch(one);
  browser.watch(four);
  await browser.until('the last answer', () =>
    browser.received.some((each) => each.type === 'unknown' && each.id === four),
  );
  const errors = browser.received.filter((each) => each.type === 'error');
  expect(errors).toEqual([{ type: 'error', detail: expect.stringContaining('the limit of 3') }]);
  // `one` may have been dropped before it was read.
  const told = browser.received.flatMap((each) => (each.type === 'unknown' ? [each.id] : []));
  expect(new Set([one, ...told])).toEqual(new Set([one, two, three, four]));
});
