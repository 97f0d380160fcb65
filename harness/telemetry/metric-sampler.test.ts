// Samples of what instances say of themselves: who answers is there, who does not is absent; and what of it is kept.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { afterAll, expect, test } from 'vitest';
import { waitUntil } from '../wait.ts';
import { keptSeries } from './exposition.ts';
import { type MetricSample, type Sampled, startMetricSampler } from './metric-sampler.ts';

const dir = mkdtempSync(join(tmpdir(), 'sampler-test-'));
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(dir, { recursive: true, force: true });
});

async function instance(name: string, listener: RequestListener): Promise<Sampled & { server: Server }> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { name, port: (server.address() as AddressInfo).port, server };
}

test('of a real exposition: own series with their labels, sums and counts, the lag; no buckets, nothing else of Node', async () => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'judge_queue_depth', help: 'x', labelNames: ['state'], registers }).set(
    { state: 'queued' },
    3,
  );
  new Counter({ name: 'judge_odd_total', help: 'x', labelNames: ['text'], registers }).inc({
    text: 'a } "b" 1',
  });
  new Gauge({ name: 'judge_unknown', help: 'x', registers }).set(Number.NaN);
  new Histogram({ name: 'judge_wait_seconds', help: 'x', registers }).observe(0.25);
  const series = keptSeries(await registry.metrics());
  const { nodejs_eventloop_lag_seconds, ...rest } = series;
  expect(nodejs_eventloop_lag_seconds).toBeTypeOf('number');
  delete rest.nodejs_eventloop_lag_p99_seconds;
  expect(rest).toEqual({
    'judge_queue_depth{state="queued"}': 3,
    'judge_odd_total{text="a } \\"b\\" 1"}': 1,
    judge_wait_seconds_sum: 0.25,
    judge_wait_seconds_count: 1,
  });
});

test('every instance that answers is in each sample; the dead, the silent and the broken are absent', async () => {
  let asked = 0;
  const good = await instance('worker-1', (_, response) => response.end(`asked_total ${++asked}\n`));
  const silent = await instance('worker-2', () => {});
  const broken = await instance('worker-3', (_, response) => response.writeHead(500).end('asked_total 1\n'));
  const dying = await instance('worker-4', (_, response) => response.end('asked_total 7\n'));
  const all = [good, silent, broken, dying];
  const file = join(dir, 'metrics.ndjson');
  const began = performance.now();
  const sampler = startMetricSampler({ instances: () => all, file, now: () => performance.now() - began });
  const samples = (): MetricSample[] =>
    readFileSync(file, { encoding: 'utf8', flag: 'a+' })
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  await waitUntil(() => samples().length >= 2, { what: 'the first sample', deadlineMs: 10_000 });
  expect(samples().map(({ instance }) => instance)).toEqual(['worker-1', 'worker-4']);
  dying.server.close().closeAllConnections();
  await waitUntil(() => samples().length >= 3, { what: 'the second sample', deadlineMs: 10_000 });
  const beforeLast = samples().length;
  await sampler.stop(true);
  const last = samples();
  expect(last.length).toBeGreaterThan(beforeLast);
  expect(last.slice(2).every(({ instance }) => instance === 'worker-1')).toBe(true);
  const own = last.filter(({ instance }) => instance === 'worker-1');
  expect(own.map(({ values }) => values)).toEqual(own.map((_, index) => ({ asked_total: index + 1 })));
  const times = own.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(asked).toBe(own.length); // nothing goes on after the end
});
