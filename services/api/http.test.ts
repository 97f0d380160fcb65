// Each answer of the API on a healthy Redis, on a real process.

import { beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../test/redis.ts';
import { idFromKey, jobIdSchema } from '../shared/contract.ts';
import { type ApiProcess, assertProblem, expectProblem, good, post, startReadyApi } from './api-process.ts';
import { exchange, parseAnswers } from './raw-http.ts';

let redis: TestRedis;
let api: ApiProcess;
beforeAll(async () => {
  redis = await startRedis();
  api = await startReadyApi({ REDIS_URL: redis.url });
});

describe('submissions', () => {
  it('are accepted with 202, an id, a Location and a state, and can be read', async () => {
    const response = await post(api.url, good);
    expect(response.status).toBe(202);
    const body = (await response.json()) as { id: string };
    expect(body).toMatchObject({ state: 'queued', attempts: 0, problemId: 'echo', language: 'javascript' });
    expect(jobIdSchema.safeParse(body.id).success).toBe(true);
    expect(response.headers.get('location')).toBe(`/submissions/${body.id}`);
    const read = await fetch(`${api.url}/submissions/${body.id}`);
    expect(read.status).toBe(200);
    const text = await read.text();
    expect(JSON.parse(text)).toEqual(body);
    expect(text).not.toContain('solve');
    expect(JSON.parse(text).enqueuedAt).toMatch(/^20\d\d-\d\d-\d\dT.*Z$/);
    expect(read.headers.get('x-powered-by')).toBeNull();
  });

  it('are 404 when unknown and 400 when the id is malformed', async () => {
    await expectProblem(await fetch(`${api.url}/submissions/${idFromKey('nobody')}`), 404);
    const problem = await expectProblem(await fetch(`${api.url}/submissions/short`), 400);
    expect(problem).toMatchObject({ instance: '/submissions/short', errors: [{ field: 'id' }] });
  });

  it.each([
    ['problemId', { ...good, problemId: 'no-such-problem' }],
    ['problemId', { ...good, problemId: 7 }],
    ['language', { ...good, language: 'cobol' }],
    ['code', { problemId: 'echo', language: 'javascript' }],
    ['code', { ...good, code: '' }],
    ['code', { ...good, code: 'a\0b' }],
    ['code', '{"problemId":"echo","language":"javascript","code":"\\ud800"}'],
    ['surprise', { ...good, surprise: 1 }],
    ['__proto__', '{"__proto__":{},"problemId":"echo","language":"javascript","code":"1"}'],
    ['body', '[]'],
    ['body', 'null'],
    ['body', '{'],
    ['body', ''],
    ['body', new Uint8Array([0x22, 0xff, 0x22])],
  ])('are 400 naming %s', async (field, body) => {
    const problem = await expectProblem(await post(api.url, body), 400);
    expect(problem.errors?.map((error) => error.field)).toContain(field);
  });

  it('may begin with a byte order mark, and repeat a key', async () => {
    expect((await post(api.url, `\uFEFF${JSON.stringify(good)}`)).status).toBe(202);
    expect((await post(api.url, `{"code":"1",${JSON.stringify(good).slice(1)}`)).status).toBe(202);
  });

  it('are 413 over 64 KiB, with a length and without', async () => {
    const fits = JSON.stringify({ ...good, code: 'x'.repeat(64 * 1024) }).length - 64 * 1024;
    expect((await post(api.url, { ...good, code: 'x'.repeat(64 * 1024 - fits) })).status).toBe(202);
    const body = { ...good, code: 'x'.repeat(64 * 1024 - fits + 1) };
    await expectProblem(await post(api.url, body), 413);
    const chunked = new Blob([JSON.stringify(body)]).stream();
    const options = {
      method: 'POST',
      body: chunked,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    };
    await expectProblem(await fetch(`${api.url}/submissions`, options as RequestInit), 413);
  });

  it.each([
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-type': 'application/json; charset=no-such' },
    { 'content-type': 'json' },
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    { 'content-type': 'application/json', 'content-encoding': 'no-such' },
  ])('are 415 with %o', async (headers) => {
    await expectProblem(await post(api.url, good, headers as Record<string, string>), 415);
  });
});

describe('the rest', () => {
  it('lists problems without their hidden tests', async () => {
    const { problems } = (await (await fetch(`${api.url}/problems`)).json()) as {
      problems: { id: string }[];
    };
    expect(problems.length).toBeGreaterThanOrEqual(6);
    const one = await fetch(`${api.url}/problems/sum-two`);
    expect(await one.json()).toEqual(problems.find(({ id }) => id === 'sum-two'));
    await expectProblem(await fetch(`${api.url}/problems/none`), 404);
  });

  it('answers 404, 405 with Allow, and OPTIONS', async () => {
    await expectProblem(await fetch(`${api.url}/nowhere`), 404);
    const put = await fetch(`${api.url}/submissions`, { method: 'PUT' });
    expect(put.headers.get('allow')).toBe('POST, OPTIONS');
    await expectProblem(put, 405);
    const options = await fetch(`${api.url}/healthz`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect((await fetch(`${api.url}/healthz`, { method: 'HEAD' })).status).toBe(200);
  });

  it('answers 400 to a path with a broken percent-encoding', async () => {
    await expectProblem(await fetch(`${api.url}/submissions/%E0%A4`), 400);
    await expectProblem(await fetch(`${api.url}/%zz`), 400);
  });

  it('answers 429 with Retry-After at the cap, and counts it', async () => {
    const full = await startReadyApi({ REDIS_URL: redis.url, QUEUE_PREFIX: 'full:', QUEUE_CAP: '2' });
    const answers = [await post(full.url, good), await post(full.url, good), await post(full.url, good)];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 429]);
    await expectProblem(answers[2]!, 429);
    expect(Number(answers[2]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const metrics = await (await fetch(`${full.url}/metrics`)).text();
    expect(metrics).toMatch(/messaging_client_sent_messages_total\{.*outcome="full"\} 1\n/);
    expect(metrics).toMatch(/messaging_client_sent_messages_total\{.*outcome="accepted"\} 2\n/);
    expect(metrics).toMatch(
      /http_server_request_duration_seconds_count\{http_request_method="POST",http_route="\/submissions",http_response_status_code="202"\} 2\n/,
    );
  });
});

describe('what never reaches Express', () => {
  it.each([
    [400, 'NONSENSE\r\n\r\n'],
    [400, 'GET /healthz HTTP/1.1\r\n\r\n'],
    [400, 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    [431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    [405, 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    [417, 'GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\n\r\n'],
    [408, 'GET /healthz HTTP/1.1\r\nHost:'],
  ])('is answered with %i', { timeout: 30_000 }, async (status, bytes) => {
    const answer = await exchange(api.port, bytes, { withinMs: 20_000 });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    assertProblem(JSON.parse(answer.body), status);
  });

  it('does not take an answer away from a good request before it on the same connection', async () => {
    const body = JSON.stringify(good);
    const head = `POST /submissions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answers = await conversation(`${head}${body}NONSENSE\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([202, 400]);
  });

  async function conversation(bytes: string) {
    const { connect } = await import('node:net');
    let text = '';
    const socket = connect(api.port, '127.0.0.1', () => socket.write(bytes));
    for await (const chunk of socket) text += chunk;
    return parseAnswers(text);
  }
});
