// 2,000 malformed requests: each gets a 4xx problem document, none a 5xx, a hang or a closed door, and the same process
// goes on serving. Another seed: MALFORMED_SEED=7 npx vitest run services/api/malformed.test.ts

import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { startRedis } from '../../test/redis.ts';
import { type ApiProcess, assertProblem, good, post, startReadyApi } from './api-process.ts';
import { type MalformedRequest, malformedRequests, takenKey } from './malformed-requests.ts';
import { exchange, preview } from './raw-http.ts';

const seed = Number(process.env.MALFORMED_SEED ?? 20_261);
const count = 2000;
const inParallel = 16;

let api: ApiProcess;
beforeAll(async () => {
  const redis = await startRedis();
  api = await startReadyApi({ REDIS_URL: redis.url, LOG_LEVEL: 'info' });
  await post(api.url, { ...good, code: 'taken' }, { 'Idempotency-Key': takenKey });
});

it(`answers ${count} malformed requests with 4xx problem documents (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  const requests = fc.sample(malformedRequests, { seed, numRuns: count });
  const wrong: string[] = [];
  const statuses = new Map<number, number>();
  const queue = requests.values();
  const client = async () => {
    for (const request of queue) {
      const verdict = await judge(request);
      if (typeof verdict === 'string') wrong.push(verdict);
      else statuses.set(verdict, (statuses.get(verdict) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: inParallel }, client));

  expect(wrong.slice(0, 20)).toEqual([]);
  expect(requests).toHaveLength(count);
  // Not all the same trivial refusal.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([400, 404, 405, 413, 415, 417, 422, 431]));
  expect(new Set(requests.map(({ kind }) => kind)).size).toBe(10);

  expect(api.child.exitCode).toBeNull();
  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  expect(metrics).toContain('http_response_status_code="400"');
  expect(metrics).not.toMatch(/http_response_status_code="5/);
  expect(api.output()).not.toMatch(/"level":(40|50|60)/);
  expect((await post(api.url, good)).status).toBe(202);
});

/** The status of the answer if it is a proper 4xx, else what is wrong. */
async function judge({ kind, bytes, finish }: MalformedRequest): Promise<number | string> {
  try {
    const answer = await exchange(api.port, bytes, { finish });
    if (answer.status < 400 || answer.status > 499) return `${kind}: ${answer.status} to ${preview(bytes)}`;
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    assertProblem(JSON.parse(answer.body), answer.status);
    return answer.status;
  } catch (error) {
    return `${kind}: ${(error as Error).message} (request ${preview(bytes)})`;
  }
}
