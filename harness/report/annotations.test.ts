// What Grafana is told of faults, by a server that takes its place; and what happens when nobody is there.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Claim } from '../claim.ts';
import type { FaultEvent } from '../op.ts';
import type { Arm } from '../verdict.ts';
import { annotations } from './annotations.ts';

const claim = { id: 'small/x' } as Claim;
const arm = { durationMs: 9000 } as Arm;
const beganAtMs = 1_764_000_000_000;
const running = {
  beganAtMs,
  jobs: () => ({ acknowledged: 0, finished: 0, acked: 0, redelivered: 0, stale: 0 }),
};
/** What Grafana's HTTP API takes. */
const annotationSchema = z.strictObject({
  time: z.int(),
  timeEnd: z.int(),
  tags: z.array(z.string().min(1)),
  text: z.string().min(1).max(1000),
});

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Posted {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingMessage['headers'];
  body: z.infer<typeof annotationSchema>;
}

/** @param status what it answers; 0: nothing */
async function grafana(status = 200) {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const { method, url: path, headers } = request;
      posted.push({ method, path, headers, body: annotationSchema.parse(JSON.parse(text)) });
      if (status > 0) response.writeHead(status).end('{"id":1,"message":"Annotation added"}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posted };
}

function fault(
  fault: number,
  step: 'inject' | 'heal',
  atMs: number,
  more: Partial<FaultEvent> = {},
): FaultEvent {
  return { type: 'fault', fault, step, atMs, kind: 'worker-kill', target: 'worker-1', proof: {}, ...more };
}

test('each fault once it is over: its time, its end, its tags and its proof', async () => {
  const { url, posted } = await grafana();
  const warnings: string[] = [];
  const { reporter, settled } = annotations({
    grafana: new URL(`${url}/below/`),
    token: 'secret',
    warn: (line) => warnings.push(line),
  });
  reporter.armStarted?.(claim, 'claim', running);
  reporter.armStarted?.(claim, 'control', { ...running, beganAtMs: beganAtMs + 100 });
  reporter.fault?.(claim, 'claim', fault(0, 'inject', 1000.4, { proof: { pid: 7 } }));
  reporter.fault?.(claim, 'control', fault(0, 'inject', 1000, { proof: { pid: 8 } }));
  reporter.fault?.(claim, 'claim', fault(0, 'heal', 1500, { proof: { newPid: 9 } }));
  reporter.fault?.(claim, 'claim', fault(1, 'inject', 2000, { kind: 'lost-reply', momentary: true }));
  reporter.armFinished?.(claim, 'claim', arm);
  reporter.armFinished?.(claim, 'control', arm);
  await settled(5000);
  const at = (ms: number) => beganAtMs + ms;
  expect(posted.map(({ body }) => body)).toEqual([
    {
      time: at(1000),
      timeEnd: at(1500),
      tags: ['redproof', 'worker-kill'],
      text: 'worker-kill worker-1 (small/x, claim): {"pid":7,"newPid":9}',
    },
    { time: at(2000), timeEnd: at(2000), tags: ['redproof', 'lost-reply'], text: expect.any(String) },
    // Nobody healed it: it lasted until the end.
    {
      time: at(1100),
      timeEnd: at(9100),
      tags: ['redproof', 'worker-kill'],
      text: expect.stringContaining('control'),
    },
  ]);
  for (const { method, path, headers } of posted) {
    expect([method, path]).toEqual(['POST', '/below/api/annotations']);
    expect(headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer secret' });
  }
  expect(warnings).toEqual([]);
});

test('without a token there is no authorization, and a long proof is cut', async () => {
  const { url, posted } = await grafana();
  const { reporter, settled } = annotations({ grafana: new URL(url), warn: () => {} });
  reporter.armStarted?.(claim, 'claim', running);
  reporter.fault?.(
    claim,
    'claim',
    fault(0, 'inject', 1, { momentary: true, proof: { jobs: 'x'.repeat(5000) } }),
  );
  await settled(5000);
  expect(posted).toHaveLength(1);
  expect(posted[0]!.headers.authorization).toBeUndefined();
});

test.each([
  [401, 'it answered 401'],
  [503, 'it answered 503'],
])('%i: one warning, however many faults, and every fault is tried', async (status, says) => {
  const { url, posted } = await grafana(status);
  const warnings: string[] = [];
  const { reporter, settled } = annotations({
    grafana: new URL(url),
    token: 'secret',
    warn: (line) => warnings.push(line),
  });
  reporter.armStarted?.(claim, 'claim', running);
  for (const n of [0, 1, 2]) reporter.fault?.(claim, 'claim', fault(n, 'inject', n, { momentary: true }));
  await settled(5000);
  expect(posted).toHaveLength(3);
  expect(warnings).toEqual([`--grafana ${url}/: faults are not annotated: ${says}`]);
});

test('nobody is there: one warning', async () => {
  const warnings: string[] = [];
  const { reporter, settled } = annotations({
    grafana: new URL('http://127.0.0.1:1'),
    warn: (line) => warnings.push(line),
  });
  reporter.armStarted?.(claim, 'claim', running);
  for (const n of [0, 1]) reporter.fault?.(claim, 'claim', fault(n, 'inject', n, { momentary: true }));
  await settled(5000);
  expect(warnings).toEqual([
    expect.stringMatching(/^--grafana http:\/\/127\.0\.0\.1:1\/: .*(refused|bad port)/i),
  ]);
});

test('one that never answers does not hold up the end', async () => {
  const { url } = await grafana(0);
  const { reporter, settled } = annotations({ grafana: new URL(url), warn: () => {} });
  reporter.armStarted?.(claim, 'claim', running);
  for (let n = 0; n < 50; n++) reporter.fault?.(claim, 'claim', fault(n, 'inject', n, { momentary: true }));
  const began = performance.now();
  await settled(100);
  expect(performance.now() - began).toBeLessThan(5000); // 50 times the patience would be far more
});
