// Framing on messages cut into chunks at any place: the same messages come out, byte by byte.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Framing, FramingError, http, resp, type Splitter, wordsOf } from './framing.ts';

function split(splitter: Splitter, chunks: readonly Buffer[]): string[] {
  return chunks.flatMap((chunk) => [...splitter.split(chunk)]).map((message) => message.toString('latin1'));
}

function chunksOf(text: string, sizes: readonly number[]): Buffer[] {
  const data = Buffer.from(text, 'latin1');
  const chunks: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < data.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    chunks.push(data.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const replies = [
  '+OK\r\n',
  '-ERR no such thing\r\n',
  ':12\r\n',
  '_\r\n',
  ',1.5\r\n',
  '#t\r\n',
  '(123456789012345678901234567890\r\n',
  '$-1\r\n',
  '*-1\r\n',
  '$0\r\n\r\n',
  '$9\r\na\r\n+b*3\r\n\r\n',
  '=6\r\ntxt:hi\r\n',
  '!5\r\nERR x\r\n',
  '*0\r\n',
  '*3\r\n:1\r\n*2\r\n$1\r\na\r\n_\r\n+c\r\n',
  '%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n',
  '~2\r\n+a\r\n+b\r\n',
  '|1\r\n+ttl\r\n:3\r\n$1\r\nx\r\n',
  '>2\r\n+message\r\n+hello\r\n',
];
const commands = [
  'PING\r\n',
  '*1\r\n$4\r\nPING\r\n',
  '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n*1\r\n\r\n',
  '*2\r\n$3\r\nGET\r\n$0\r\n\r\n',
];
const httpMessages = [
  'GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /submissions HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"a":1}\r\n',
  'HTTP/1.1 202 Accepted\r\ncontent-length: 4\r\n\r\nbody',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
];

const parts: [string, () => Splitter, string[]][] = [
  ['replies of RESP', resp.replies, replies],
  ['commands of RESP', resp.requests, commands],
  ['HTTP', http.requests, httpMessages],
];

describe.each(parts)('%s', (_, splitter, messages) => {
  test('come out whole, however they were cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...messages), { maxLength: 12 }), sizes, (sent, cut) => {
        expect(split(splitter(), chunksOf(sent.join(''), cut))).toEqual(sent);
      }),
    );
  });

  test.each(messages)('what is not whole stays: %j', (message) => {
    for (let length = 1; length < message.length; length++) {
      const part = splitter();
      expect(split(part, [Buffer.from(message.slice(0, length), 'latin1')])).toEqual([]);
      expect(part.rest().toString('latin1')).toBe(message.slice(0, length));
    }
  });
});

test.each<[string, Framing, string]>([
  ['a push', resp, '>2\r\n+message\r\n+hello\r\n'],
  ['an interim answer', http, 'HTTP/1.1 100 Continue\r\n\r\n'],
])('%s was not asked for', (_, framing, message) => {
  expect(framing.unasked(Buffer.from(message))).toBe(true);
});

test.each<[string, Framing, string]>([
  ['a reply', resp, '+OK\r\n'],
  ['a final answer', http, 'HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n'],
])('%s was asked for', (_, framing, message) => {
  expect(framing.unasked(Buffer.from(message))).toBe(false);
});

test.each<[Splitter, string]>([
  [resp.replies(), 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  [resp.replies(), '$many\r\n'],
  [http.replies(), '{"not": "http"}'],
  [http.replies(), 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
])('what is not the protocol is said, and kept: %#', (splitter, text) => {
  expect(() => split(splitter, [Buffer.from(text)])).toThrow(FramingError);
  expect(splitter.rest().toString()).toBe(text);
});

test('the messages before what is not the protocol come out', () => {
  const found: string[] = [];
  const read = () => {
    for (const message of resp.replies().split(Buffer.from('+OK\r\nnonsense\r\n')))
      found.push(message.toString());
  };
  expect(read).toThrow(FramingError);
  expect(found).toEqual(['+OK\r\n']);
});

test('the words of a command', () => {
  expect(wordsOf(Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n*1\r\n\r\n'))).toEqual([
    'SET',
    'k',
    '*1\r\n',
  ]);
  expect(wordsOf(Buffer.from('PING\r\n'))).toEqual([]);
  expect(wordsOf(Buffer.from('POST / HTTP/1.1\r\n\r\n'))).toEqual([]);
});
