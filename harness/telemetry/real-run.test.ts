// A real, small run, in which a worker is killed: what it keeps of its services' telemetry, which jobs it names, what its own
// metrics show meanwhile.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metricInfos } from '../../services/shared/metric-names.ts';
import type { ClaimResult } from '../report/result.ts';
import { runMetrics } from '../report/run-metrics.ts';
import { laboratory } from '../sight/laboratory.ts';
import { smallKill } from '../sight/small-claims.ts';
import { isTombstone, jobOf, type Span } from '../span.ts';
import { type MetricsEndpoint, serveMetrics } from '../system/metrics-endpoint.ts';
import { freePort } from '../system/ports.ts';
import { waitUntil } from '../wait.ts';
import type { MetricSample } from './metric-sampler.ts';

const lab = laboratory();
const arms = ['', 'control'];
let result: ClaimResult;
let endpoint: MetricsEndpoint;
/** Each different answer of the endpoint, in order. */
const scrapes: string[] = [];

const scrape = async (): Promise<string> => {
  const text = await (await fetch(endpoint.url)).text();
  if (text !== scrapes.at(-1)) scrapes.push(text);
  return text;
};
const activeIn = (text: string) =>
  /^judge_fault_active\{fault="worker-kill",target="[^"]+"\} (\d)$/m.exec(text)?.[1];
const jobsIn = (text: string, arm: string, category: string) =>
  Number(new RegExp(`arm="${arm}",category="${category}"\\} (\\d+)`).exec(text)?.[1] ?? 0);

function stored<T>(arm: string, file: string): T[] {
  return readFileSync(join(lab.outDir, 'run-1/claims', smallKill.id, arm, file), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

beforeAll(async () => {
  const { reporter, text } = runMetrics(metricInfos, () => performance.now());
  endpoint = await serveMetrics('127.0.0.1', await freePort(), text);
  let over = false;
  const run = lab.run(smallKill, { reporter }).finally(() => {
    over = true;
  });
  await waitUntil(async () => (await scrape()) && over, { what: 'the end', deadlineMs: 50_000, everyMs: 50 });
  ({ result } = await run);
  const ended = async () => activeIn(await scrape()) === '0';
  await waitUntil(ended, { what: 'the fault to be shown as over', deadlineMs: 10_000, everyMs: 50 });
});
afterAll(async () => {
  await endpoint.close();
  await expect(fetch(endpoint.url)).rejects.toThrow();
  expect(lab.leftovers()).toEqual({ processes: [], directories: [] });
});

test('it is held', () => {
  expect(result).toMatchObject({ verdict: 'held' });
});

describe('the endpoint', () => {
  test('shows the fault go from 0 to 1 and back', () => {
    const seen = scrapes.map((text) => activeIn(text) ?? 'none');
    expect(seen.filter((value, index) => value !== seen[index - 1])).toEqual(['none', '1', '0']);
  });

  test('counts the jobs of both experiments up to what the verdict says', () => {
    for (const [arm, evidence] of [
      ['claim', result.evidence],
      ['control', result.control.evidence],
    ] as const) {
      const acknowledged = scrapes.map((text) => jobsIn(text, arm, 'acknowledged'));
      expect(acknowledged).toEqual(acknowledged.toSorted((a, b) => a - b));
      expect(new Set(acknowledged).size).toBeGreaterThan(3);
      expect(acknowledged.at(-1)).toBe(evidence.acknowledged);
      expect(jobsIn(scrapes.at(-1)!, arm, 'redelivered')).toBe(evidence.redeliveries);
    }
  });

  test('has nothing else', async () => {
    expect((await fetch(endpoint.url.replace('metrics', ''))).status).toBe(404);
  });
});

describe('metrics.ndjson', () => {
  test.each(arms)('samples of every instance, the dead one until its death (arm "%s")', (arm) => {
    const samples = stored<MetricSample>(arm, 'metrics.ndjson');
    const faults = arm === '' ? result.faults : result.control.faults;
    const { target, atMs: diedAtMs } = faults[0]!;
    const instances = new Set(samples.map(({ instance }) => instance));
    // The dead one may have died before it was ever asked.
    const all = ['api-1', 'worker-1', 'worker-2', 'worker-3'].filter((name) => name !== target);
    expect([...instances].filter((name) => name !== target).toSorted()).toEqual(all);
    const lastOf = (name: string) =>
      Math.max(...samples.flatMap((one) => (one.instance === name ? [one.atMs] : [])));
    expect(lastOf(target)).toBeLessThanOrEqual(diedAtMs);
    expect(lastOf('worker-3')).toBeGreaterThan(diedAtMs);
    const last = samples.findLast(({ instance }) => instance === 'api-1')!;
    const sent = 'messaging_client_sent_messages_total{queue="submissions",outcome="accepted"}';
    const evidence = arm === '' ? result.evidence : result.control.evidence;
    expect(last.values[sent]).toBe(evidence.acknowledged); // the last sample is of the very end
  });
});

describe('spans.ndjson', () => {
  test.each(arms)('is whole, on the history’s clock, from every service (arm "%s")', (arm) => {
    const spans = stored<Span>(arm, 'spans.ndjson');
    const traces = arm === '' ? result.traces : result.control.traces;
    expect(traces).toMatchObject({ spans: spans.length, spansLeftOut: 0, spanRequestsRefused: 0 });
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['api', 'worker']));
    const events = stored<{ atMs: number }>(arm, 'history.ndjson');
    const lastMs = events.at(-1)!.atMs;
    for (const { atMs, durationMs } of spans) {
      expect(atMs).toBeGreaterThan(-100);
      expect(atMs + durationMs).toBeLessThan(lastMs + 1000);
    }
    // The last that was acked had its spans sent before the end.
    const acked = stored<{ event: string; job: string }>(arm, 'ledger.ndjson').findLast(
      ({ event }) => event === 'acked',
    )!;
    expect(spans.filter((span) => span.name === 'ack submissions').map(jobOf)).toContain(acked.job);
  });
});

describe('the traces', () => {
  test('of redelivered jobs: each has one tombstone, from a worker that lived, and a second attempt', () => {
    const spans = stored<Span>('', 'spans.ndjson');
    const { jobs, listed, dir } = result.traces!;
    expect(jobs).toEqual({ lost: 0, duplicated: 0, redelivered: listed.length });
    expect(jobs.redelivered).toBeGreaterThan(0);
    expect(dir).toBe(`claims/${smallKill.id}`);
    for (const { job, why, traceId } of listed) {
      const own = spans.filter(({ trace }) => trace === traceId);
      expect(why).toBe('redelivered');
      expect(own.filter(isTombstone)).toMatchObject([
        { status: 'error', attributes: { 'error.type': 'worker_lost' } },
      ]);
      expect(own.filter(isTombstone).map(({ instance }) => instance)).not.toContain(result.faults[0]!.target);
      const attempts = own
        .filter(({ name }) => name === 'process submissions')
        .map(({ attributes }) => attributes['judge.attempt']);
      expect(attempts.toSorted()).toEqual([1, 2]);
      expect(new Set(own.map(jobOf).filter((id) => id !== undefined))).toEqual(new Set([job]));
    }
  });

  test('of lost jobs, in the control: each leads to its request', () => {
    const spans = stored<Span>('control', 'spans.ndjson');
    const { jobs, listed } = result.control.traces!;
    expect(jobs.lost).toBe(result.control.evidence.lost);
    expect(jobs.lost).toBeGreaterThan(0);
    for (const { traceId } of listed.filter(({ why }) => why === 'lost')) {
      const names = spans.filter(({ trace }) => trace === traceId).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['POST /submissions', 'enqueue submissions']));
    }
  });
});
