// A receiver as services and strangers find it: what it keeps of a request, what it refuses, and that it stays up.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { Span } from '../span.ts';
import { waitUntil } from '../wait.ts';
import { type OtlpReceiver, type ReceiverOptions, startOtlpReceiver } from './otlp-receiver.ts';

const dir = mkdtempSync(join(tmpdir(), 'receiver-test-'));
const pack = promisify(gzip);
const originMs = 1_764_000_000_000;
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const id = '00f067aa0ba902b7';
const other = '53995c3f42cd8ad8';
let receiver: OtlpReceiver;
let file: string;
let files = 0;

afterEach(async () => {
  // Whatever was sent, it still takes what is right.
  expect((await send(request(span()))).status).toBe(200);
  await receiver.close();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function start(differs: Partial<ReceiverOptions> = {}): Promise<void> {
  file = join(dir, `${++files}.ndjson`);
  receiver = await startOtlpReceiver({ file, originMs, ...differs });
}

function send(body: RequestInit['body'], headers: Record<string, string> = {}, path = '/v1/traces') {
  const type = { 'content-type': 'application/json' };
  return fetch(receiver.endpoint + path, { method: 'POST', body: body!, headers: { ...type, ...headers } });
}

/** A moment of the experiment, as OTLP has it. */
const nano = (ms: number) => `${originMs + Math.floor(ms)}${String((ms % 1) * 1e6).padStart(6, '0')}`;

function span(more: Record<string, unknown> = {}) {
  const [startTimeUnixNano, endTimeUnixNano] = [nano(1234.5), nano(1246.75)];
  return { traceId: trace, spanId: id, name: 'work', kind: 1, startTimeUnixNano, endTimeUnixNano, ...more };
}

function request(...spans: unknown[]): string {
  const attributes = [
    { key: 'service.name', value: { stringValue: 'worker' } },
    { key: 'service.instance.id', value: { stringValue: 'worker-2' } },
  ];
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: {}, spans }] }],
  });
}

const stored = (): Span[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test('a span with everything that it can have', async () => {
  const seen: Span[] = [];
  await start({ onSpan: (one) => seen.push(one) });
  const attributes = [
    { key: 'messaging.message.id', value: { stringValue: 'a' } },
    { key: 'judge.attempt', value: { intValue: '2' } },
    { key: 'judge.slots', value: { intValue: 4 } },
    { key: 'judge.load', value: { doubleValue: 0.5 } },
    { key: 'judge.tombstone', value: { boolValue: true } },
    { key: 'judge.names', value: { arrayValue: { values: [{ stringValue: 'x' }, { intValue: 1 }] } } },
    { key: 'server.port', value: { intValue: 6379 } },
    { key: 'judge.bytes', value: { bytesValue: 'AA==' } },
  ];
  const reply = await send(
    request(
      span({
        parentSpanId: other.toUpperCase(),
        name: 'process submissions',
        kind: 5,
        attributes,
        links: [{ traceId: trace, spanId: other, attributes: [] }],
        status: { code: 2, message: 'its worker was lost' },
        events: [{ name: 'exception' }],
      }),
    ),
  );
  expect([reply.status, await reply.json()]).toEqual([200, {}]);
  expect(stored()).toEqual([
    {
      atMs: 1234.5,
      durationMs: 12.25,
      trace,
      span: id,
      parent: other,
      name: 'process submissions',
      kind: 'consumer',
      service: 'worker',
      instance: 'worker-2',
      status: 'error',
      message: 'its worker was lost',
      attributes: {
        'messaging.message.id': 'a',
        'judge.attempt': 2,
        'judge.slots': 4,
        'judge.load': 0.5,
        'judge.tombstone': true,
        'judge.names': ['x', 1],
      },
      links: [{ trace, span: other }],
    },
  ]);
  expect(seen).toEqual(stored());
});

test('a span with as little as it can have, a request without any, and one that is packed', async () => {
  await start();
  expect((await send('{}')).status).toBe(200);
  expect(existsSync(file)).toBe(false);
  const packed = await pack(request(span({ parentSpanId: '', status: {} })));
  expect((await send(packed, { 'content-encoding': 'gzip' })).status).toBe(200);
  const least = { atMs: 1234.5, durationMs: 12.25, trace, span: id, name: 'work', kind: 'internal' };
  expect(stored()).toEqual([{ ...least, service: 'worker', instance: 'worker-2', attributes: {} }]);
  expect(receiver.counts).toEqual({ spans: 1, spansLeftOut: 0, spanRequestsRefused: 0 });
});

test.each([
  ['no JSON', 'nope', 'JSON'],
  ['nothing', '', 'JSON'],
  ['JSON that is no object', '"nope"', 'resourceSpans'],
  ['null', 'null', 'resourceSpans'],
  ['spans that are no list', JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: 7 }] }] }), 'spans'],
  ['a span that is none', request(null), 'null'],
  ['a trace id of base 64', request(span({ traceId: 'S/kvNXezTaajzpKdDg5HNg==' })), 'traceId'],
  ['a span without an id', request(span({ spanId: undefined })), 'spanId'],
  ['a parent that is none', request(span({ parentSpanId: 'x' })), 'parentSpanId'],
  ['a time that is none', request(span({ endTimeUnixNano: 'soon' })), 'endTimeUnixNano "soon"'],
  ['no time at all', request(span({ startTimeUnixNano: undefined })), 'startTimeUnixNano'],
  ['a link to nowhere', request(span({ links: [{}] })), 'traceId'],
  ['one good span and a bad one', request(span(), span({ spanId: '' })), 'spanId'],
])('%s is a 400 that says what is wrong, and nothing of it is kept', async (_what, body, says) => {
  await start();
  const reply = await send(body);
  expect(reply.status).toBe(400);
  expect(((await reply.json()) as { message: string }).message).toContain(says);
  expect(existsSync(file)).toBe(false);
  expect(receiver.counts).toEqual({ spans: 0, spansLeftOut: 0, spanRequestsRefused: 1 });
});

test('other paths, methods, types and encodings are refused', async () => {
  await start();
  const body = request(span());
  const replies = await Promise.all([
    send(body, {}, '/v1/metrics'),
    fetch(`${receiver.endpoint}/v1/traces`),
    send(body, { 'content-type': 'application/x-protobuf' }),
    send(body, { 'content-encoding': 'br' }),
    send(body, { 'content-encoding': 'gzip' }), // it is not packed
  ]);
  expect(replies.map(({ status }) => status)).toEqual([404, 405, 415, 415, 400]);
  expect(receiver.counts).toEqual({ spans: 0, spansLeftOut: 0, spanRequestsRefused: 5 });
});

test('a body that is too large, as it is or once it is unpacked', async () => {
  await start({ bodyBytesMost: 10_000 });
  const large = request(span({ name: 'x'.repeat(20_000) }));
  const packed = await pack(large);
  expect(packed.length).toBeLessThan(1000);
  const statuses = [];
  // A sender whose body is not read to its end may see the connection end instead of the answer.
  for (const sent of [() => send(large), () => send(packed, { 'content-encoding': 'gzip' })]) {
    statuses.push(
      await sent()
        .then(({ status }) => status)
        .catch(() => 413),
    );
  }
  expect(statuses).toEqual([413, 413]);
  expect(receiver.counts.spanRequestsRefused).toBe(2);
});

test('a full file takes no more, and the sender is told how many were left out', async () => {
  const seen: Span[] = [];
  await start({ fileBytesMost: 1000, onSpan: (one) => seen.push(one) });
  const reply = await send(request(...Array.from({ length: 10 }, () => span())));
  const kept = stored().length;
  expect(kept).toBeGreaterThan(2);
  expect(kept).toBeLessThan(8);
  expect(await reply.json()).toMatchObject({ partialSuccess: { rejectedSpans: 10 - kept } });
  await send(request(span({ name: '' })));
  expect(stored()).toHaveLength(kept);
  expect(receiver.counts).toEqual({ spans: kept, spansLeftOut: 11 - kept, spanRequestsRefused: 0 });
  expect(seen).toHaveLength(11); // their traces can still be named
});

test('a sender that goes away in the middle', async () => {
  await start();
  const socket = connect(Number(new URL(receiver.endpoint).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"res',
  );
  await waitUntil(() => receiver.lastAtMs() !== undefined, { what: 'its request', deadlineMs: 5000 });
  socket.destroy();
  const refused = () => receiver.counts.spanRequestsRefused === 1;
  await waitUntil(refused, { what: 'the request to be given up', deadlineMs: 5000 });
});

test('spans of several requests are in the order in which they came, none torn', async () => {
  await start();
  const many = Array.from({ length: 40 }, (_, n) =>
    request(...Array.from({ length: 25 }, () => span({ name: `n${n}` }))),
  );
  await Promise.all(many.map((body) => send(body)));
  const names = stored().map(({ name }) => name);
  expect(names).toHaveLength(1000);
  expect(names.filter((name, index) => name !== names[index - 1])).toHaveLength(40);
});
