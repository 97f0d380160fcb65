// For tests: an endless supply of requests of which each deserves a 4xx, as bytes for a bare socket. Seeded by
// fast-check. What could by chance be valid is sorted out by the contract's own schema, not by the API's code.

import fc from 'fast-check';
import { maxBodyBytes, submissionSchema } from '../shared/contract.ts';
import { findProblem } from '../shared/judge/problems.ts';

export interface MalformedRequest {
  kind: string;
  bytes: Buffer;
  /** Ends its side of the connection after the last byte: the request would never be complete. */
  finish: boolean;
}

/** Posted before with another body, so that this key must be refused. */
export const takenKey = 'taken';

const good = { problemId: 'echo', language: 'javascript', code: 'function solve(x) { return x; }' };
const goodText = JSON.stringify(good);
const jsonType = 'Content-Type: application/json';

const raw = (kind: string, arbitrary: fc.Arbitrary<string | Uint8Array>, finish = false) =>
  arbitrary.map((data): MalformedRequest => ({ kind, bytes: bytesOf(data), finish }));

/** A POST /submissions with a right Content-Length. */
const posted = (kind: string, parts: fc.Arbitrary<{ body?: string | Uint8Array; headers?: string[] }>) =>
  parts.map(({ body = goodText, headers = [jsonType] }): MalformedRequest => {
    const content = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
    const head = ['POST /submissions HTTP/1.1', 'Host: a', ...headers, `Content-Length: ${content.length}`];
    return { kind, bytes: Buffer.concat([bytesOf(`${head.join('\r\n')}\r\n\r\n`), content]), finish: false };
  });

const requested = (kind: string, lines: fc.Arbitrary<string>) =>
  raw(kind, lines.map((line) => `${line} HTTP/1.1\r\nHost: a\r\n\r\n`)); // biome-ignore format: one line

const invalidText = (text: string | Uint8Array) => !isSubmission(text);
const token = fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/);
const visible = fc.stringMatching(/^[!-~]{1,40}$/);

const bodies = [
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.nat(goodText.length - 1).map((end) => goodText.slice(0, end)),
  fc
    .tuple(fc.nat(goodText.length), visible)
    .map(([at, extra]) => goodText.slice(0, at) + extra + goodText.slice(at)),
  fc.tuple(fc.nat(goodText.length - 1), fc.nat(255)).map(([at, byte]) => {
    const bytes = Buffer.from(goodText);
    bytes[at] = byte;
    return bytes;
  }),
  fc.constantFrom('utf16le' as const).map((encoding) => Buffer.from(`\uFEFF${goodText}`, encoding)),
  fc.constantFrom(
    "{'a':1}",
    '{"a":1,}',
    '// x\n{}',
    'NaN',
    'undefined',
    '{"a":01}',
    '{"a":"\t"}',
    '\uFEFF',
    '\0',
    ' ',
  ),
].map((arbitrary) => (arbitrary as fc.Arbitrary<string | Uint8Array>).filter(invalidText));

const wrongTypes = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.record({ problemId: fc.jsonValue(), language: fc.jsonValue(), code: fc.jsonValue() }).map((value) => JSON.stringify(value)),
  fc.tuple(fc.constantFrom('problemId', 'language', 'code'), fc.jsonValue()).map(([key, value]) => JSON.stringify({ ...good, [key]: value })),
  fc.constantFrom('problemId', 'language', 'code').map((key) => JSON.stringify({ ...good, [key]: undefined })),
  fc.string({ maxLength: 300 }).map((key) => JSON.stringify({ ...good, [`x${key}`]: 1 })),
  fc.integer({ min: 1000, max: 30_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.integer({ min: 1000, max: 8000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty').map((key) => `{"${key}":{"x":1},${goodText.slice(1)}`),
  fc.constantFrom('1e400', '-0', '9'.repeat(5000), '1E-999', 'true', '"text"', '[]', 'null').map((text) => text),
  fc.constantFrom('1e400', '9'.repeat(300), '[[[]]]', '{}').map((value) => goodText.replace('"echo"', value)),
  fc.constantFrom('\\ud800', '\\udfff', 'a\\udc00b', '\\u0000').map((code) => `{"problemId":"echo","language":"javascript","code":"${code}"}`),
  fc.constantFrom('\\u0000', '../etc', 'ECHO', ' echo', 'no-such').map((id) => goodText.replace('echo', id)),
).filter(invalidText); // biome-ignore format: one a line

const sizes = [
  posted('size', fc.integer({ min: maxBodyBytes, max: maxBodyBytes * 4 }).map((length) => ({ body: JSON.stringify({ ...good, code: 'x'.repeat(length) }) }))),
  raw('size', fc.integer({ min: maxBodyBytes + 1, max: 2 ** 40 }).map((length) => `POST /submissions HTTP/1.1\r\nHost: a\r\n${jsonType}\r\nContent-Length: ${length}\r\n\r\n{`)),
  raw('size', fc.integer({ min: maxBodyBytes, max: maxBodyBytes * 4 }).map((length) => `${chunkedHead}${length.toString(16)}\r\n${' '.repeat(length)}\r\n0\r\n\r\n`)),
  raw('size', fc.integer({ min: 17_000, max: 60_000 }).map((length) => `GET /${'u'.repeat(length)} HTTP/1.1\r\nHost: a\r\n\r\n`)),
  raw('size', fc.integer({ min: 17_000, max: 60_000 }).map((length) => `GET / HTTP/1.1\r\nHost: a\r\nX: ${'h'.repeat(length)}\r\n\r\n`)),
  raw('size', fc.integer({ min: 1500, max: 4000 }).map((count) => `GET / HTTP/1.1\r\nHost: a\r\n${'X-Y: z1234567\r\n'.repeat(count)}\r\n`)),
]; // biome-ignore format: one a line

const chunkedHead = `POST /submissions HTTP/1.1\r\nHost: a\r\n${jsonType}\r\nTransfer-Encoding: chunked\r\n\r\n`;

const headers = [
  visible.filter((text) => !/^application\/json/i.test(text)).map((type) => [`Content-Type: ${type}`]),
  fc.constantFrom<string[]>([], ['Content-Type:'], ['Content-Type: text/plain'], ['Content-Type: application/jsonp'], ['Content-Type: application/x-www-form-urlencoded'], ['Content-Type: application/json, text/plain']),
  token.filter((text) => !/^utf-?8$/i.test(text)).map((charset) => [`${jsonType}; charset=${charset}`]),
  fc.constantFrom('gzip', 'deflate', 'br', 'zstd', 'compress', 'gzip, gzip', 'x').map((encoding) => [jsonType, `Content-Encoding: ${encoding}`]),
  fc.constantFrom('', ' ', 'x'.repeat(256), 'ümlaut', 'a\tb', '\x80', 'x'.repeat(9000)).map((key) => [jsonType, `Idempotency-Key: ${key}`]),
  visible.map((key) => [jsonType, `Idempotency-Key: ${key}`, `Idempotency-Key: ${key}`]),
  fc.constantFrom<string[]>([jsonType, `Idempotency-Key: ${takenKey}`], [jsonType, 'Expect: a-miracle']),
  fc.constantFrom('Host: b', 'Content-Length: 5', 'Content-Length: -1', 'Content-Length: x', 'Content-Length: 1e3', 'Transfer-Encoding: chunked', 'Transfer-Encoding: x', 'no colon', ' : x', 'Bad Name: x', 'X: a\x01b', 'X: a\0b', 'X: a\rb', '(x): y').map((line) => [jsonType, line]),
]; // biome-ignore format: one a line

const encodedBroken = fc.constantFrom('%', '%z', '%zz', '%E0%A4', '%ff', '%C0%80', 'a%', '%u0041');
const wrongId = fc.oneof(fc.stringMatching(/^[A-Za-z0-9._~-]{1,25}$/), fc.stringMatching(/^[a-z2-7]{27,60}$/), fc.stringMatching(/^[A-Z018-9]{26}$/), fc.constantFrom('%00', '..%2f..', '%F0%9F%98%80', '1;drop', "'", '[object]')).filter((id) => !/^\.{1,2}$/.test(id)); // biome-ignore format: one line
const unknownId = fc.stringMatching(/^[a-z2-7]{26}$/);
const ids = [
  requested('id', fc.tuple(fc.constantFrom('GET /submissions/', 'GET /problems/x'), fc.oneof(wrongId, unknownId, encodedBroken)).map((parts) => parts.join(''))),
  requested('id', fc.oneof(wrongId, unknownId, encodedBroken).map((id) => `POST /dead-letters/${id}/redrive`)),
  requested('id', fc.constantFrom('0', '-1', '1e9', 'x', '', '99999', '%zz', '1001').map((limit) => `GET /dead-letters?limit=${limit}`)),
  requested('path', visible.map((path) => `GET /x${path.replaceAll('#', '')}`)),
  requested('path', fc.constantFrom('GET *', 'GET //', 'GET /../etc/passwd', 'GET http://b/c', 'GET http://', 'OPTIONS *', 'GET \\', 'GET /\u00e9', 'GET /\x7f', 'GET ?', 'GET #')),
  requested('method', fc.tuple(fc.constantFrom('PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'M-SEARCH', 'LOCK', 'QUERY', 'GET', 'CONNECT'), fc.constantFrom('/submissions', '/dead-letters/x/redrive')).map((parts) => parts.join(' '))),
  requested('method', fc.tuple(fc.stringMatching(/^[a-z]{1,12}$/), fc.constantFrom('/', '/submissions')).map((parts) => parts.join(' '))),
]; // biome-ignore format: one a line

const broken = [
  raw('http', fc.tuple(fc.constantFrom('a', 'get ', '\x01', '\x80', '\xff', '{', 'GETT '), fc.uint8Array({ maxLength: 200 })).map(([start, rest]) => Buffer.concat([bytesOf(start), rest, bytesOf('\r\n\r\n')]))),
  raw('http', fc.constantFrom('0.9', '1.2', '2.0', '3.0', '9.9', '1', '11', 'x').map((version) => `GET /healthz HTTP/${version}\r\nHost: a\r\n\r\n`)),
  raw('http', fc.constantFrom('GET /healthz HTTP/1.1\r\n\r\n', 'GET /healthz HTTP/1.1\nHost a\n\n', 'GET /healthz\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'GET /healthz HTTP/1.1\r\nHost: a\r\n folded\x01\r\n\r\n')),
  raw('chunks', fc.constantFrom('zz\r\nabc\r\n0\r\n\r\n', '-1\r\n', '5\r\nabc\r\n0\r\n\r\n', 'fffffffffffffffff\r\n', `1;${'x'.repeat(20_000)}\r\na\r\n0\r\n\r\n`, '3\r\n{"a\r\n0\r\n\r\n', '0\r\n\r\n').map((chunks) => chunkedHead + chunks)),
  raw('cut', fc.integer({ min: 1, max: 60 }).map((end) => chunkedHead.slice(0, end)), true),
  raw('cut', fc.nat(goodText.length - 1).map((end) => `POST /submissions HTTP/1.1\r\nHost: a\r\n${jsonType}\r\nContent-Length: ${goodText.length}\r\n\r\n${goodText.slice(0, end)}`), true),
  raw('cut', fc.nat(goodText.length - 1).map((end) => `${chunkedHead}${goodText.length.toString(16)}\r\n${goodText.slice(0, end)}`), true),
]; // biome-ignore format: one a line

export const malformedRequests: fc.Arbitrary<MalformedRequest> = fc.oneof(
  ...bodies.map((body) => posted('json', body.map((text) => ({ body: text })))), // biome-ignore format: one line
  { arbitrary: posted('type', wrongTypes.map((body) => ({ body }))), weight: 6 }, // biome-ignore format: one line
  ...sizes,
  ...headers.map((lines) => posted('header', lines.map((list) => ({ headers: list })))), // biome-ignore format: one line
  ...ids,
  ...broken,
);

function isSubmission(body: string | Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body as string));
    const { problemId, code } = submissionSchema.parse(JSON.parse(text));
    return findProblem(problemId) !== undefined && code.isWellFormed() && !code.includes('\0');
  } catch {
    return false;
  }
}

/** One character, one byte: what a header looks like on the wire. */
function bytesOf(data: string | Uint8Array): Buffer {
  return typeof data === 'string' ? Buffer.from(data, 'latin1') : Buffer.from(data);
}
