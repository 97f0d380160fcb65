// The story of a job in spans, from really started services to a real OTLP receiver: names, kinds, parents, links, and a
// tombstone for each attempt that a worker took to its grave.

import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { laboratory, projectRoot } from '../harness/sight/laboratory.ts';
import { type JudgeSystem, startJudge } from '../harness/system/judge.ts';
import { everywhere, judgeOf } from '../harness/system/spec.ts';
import { waitUntil } from '../harness/wait.ts';
import { monotonicMs } from '../services/shared/clock.ts';
import { idFromKey } from '../services/shared/contract.ts';
import { type MetricInfo, metricInfos } from '../services/shared/metric-names.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { spanId: string }[];
  status: { code?: number };
  service: string;
}

const [internal, server, client, producer, consumer] = [1, 2, 3, 4, 5];
const lab = laboratory();
const bodies: string[] = [];
const spans: Span[] = [];
let receiver: Server;
let system: JudgeSystem;

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    bodies.push(text);
    for (const { resource, scopeSpans } of JSON.parse(text).resourceSpans) {
      const service = attributeOf(resource.attributes, 'service.name') as string;
      for (const scope of scopeSpans) spans.push(...scope.spans.map((span: Span) => ({ ...span, service })));
    }
    response.setHeader('content-type', 'application/json').end('{}');
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const spec = judgeOf({
    subscribers: 1,
    env: everywhere({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }),
  });
  system = await startJudge(spec, {
    redis: lab.redis,
    deadMan: lab.deadMan,
    temporaryDir: process.env.TMPDIR!,
    outputDir: `${lab.outDir}/tracing`,
    prefix: 'tracing:',
    projectRoot,
    originMs: monotonicMs(),
  });
});
afterAll(async () => {
  await system?.stop();
  receiver.close();
});

const secret = 'a-word-of-the-users';

test('one trace from the request to the browser', async () => {
  const watch = await watcher();
  const id = await submit(`const said = '${secret}'; function solve(input) { return input; }`, watch);
  await waitUntil(() => watch.done.has(id), { what: 'the verdict', deadlineMs: 15_000 });
  const story = await storyOf(id, (all) => all.filter(({ name }) => name === 'deliver status').length >= 1);
  watch.close();

  const one = (name: string) => {
    const [first, ...more] = story.filter((span) => span.name === name);
    expect(more, name).toEqual([]);
    return first!;
  };
  const request = one('POST /submissions');
  expect(request).toMatchObject({ kind: server, service: 'api' });
  expect(attribute(request, 'http.route')).toBe('/submissions');
  const enqueue = one('enqueue submissions');
  expect(enqueue).toMatchObject({ kind: producer, service: 'api', parentSpanId: request.spanId });
  const process = one('process submissions');
  expect(process).toMatchObject({ kind: consumer, service: 'worker', parentSpanId: enqueue.spanId });
  expect(process.links?.map(({ spanId }) => spanId)).toEqual([enqueue.spanId]);
  expect(attribute(process, 'judge.verdict')).toMatch(/^(AC|WA)$/);
  expect(attribute(process, 'messaging.system')).toBe('redis');
  expect(one('run sandbox')).toMatchObject({ kind: internal, parentSpanId: process.spanId });
  expect(one('ack submissions')).toMatchObject({ kind: client, parentSpanId: process.spanId });
  const published = story.filter(({ name }) => name === 'publish status');
  for (const { parentSpanId, kind } of published)
    expect({ parentSpanId, kind }).toEqual({ parentSpanId: process.spanId, kind: producer });
  for (const delivery of story.filter(({ name }) => name === 'deliver status')) {
    expect(delivery).toMatchObject({ kind: consumer, service: 'subscriber', parentSpanId: enqueue.spanId });
    expect(published.map(({ spanId }) => spanId)).toContain(delivery.links?.[0]?.spanId);
  }
  const redis = story.filter(
    (span) => attribute(span, 'db.system') === 'redis' || attribute(span, 'db.system.name') === 'redis',
  );
  expect(new Set(redis.map(({ service }) => service))).toEqual(new Set(['api', 'worker']));
  // A wrong answer is a verdict, not a failure. (A script that Redis does not know yet is Redis' error, not ours.)
  const failed = story.filter((span) => span.status.code === 2 && !redis.includes(span));
  expect(failed.map(({ name }) => name)).toEqual([]);
  expectNoOrphans(story);
});

test('a client cannot switch the story of its job off', async () => {
  const traceId = randomBytes(16).toString('hex');
  const watch = await watcher();
  const unsampled = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-00` };
  const id = await submit('function solve(input) { return input; }', watch, unsampled);
  await waitUntil(() => watch.done.has(id), { what: 'the verdict', deadlineMs: 15_000 });
  const names = async () => (await storyOf(id, (all) => all.length >= 4)).map(({ name }) => name);
  expect(await names()).toEqual(expect.arrayContaining(['POST /submissions', 'process submissions']));
  watch.close();
  const [request] = spans.filter((span) => span.traceId === traceId && span.kind === server);
  expect(request?.name).toBe('POST /submissions');
});

test('the attempt that a killed worker lost has a tombstone in its place, one, and the next is linked to it', async () => {
  const watch = await watcher();
  const id = await submit(
    'function solve() { const until = Date.now() + 600; while (Date.now() < until); }',
    watch,
  );
  const holder = await waitUntil(
    () => system.ledger.read().find(({ job, event }) => job === id && event === 'started')?.source,
    { what: 'the start', deadlineMs: 10_000 },
  );
  const victim = system.instances('worker').find(({ name }) => name === holder)!;
  await victim.process.kill();
  system.retire(victim);
  await waitUntil(() => watch.done.has(id), { what: 'the verdict', deadlineMs: 20_000 });
  const attempts = (all: Span[]) => all.filter(({ name }) => name === 'process submissions');
  const story = await storyOf(id, (all) => attempts(all).length >= 2);
  watch.close();

  const [lost, next] = attempts(story).sort(
    (a, b) => Number(attribute(a, 'judge.attempt')) - Number(attribute(b, 'judge.attempt')),
  );
  expect(attempts(story)).toHaveLength(2);
  expect(lost!.status.code).toBe(2);
  expect(attribute(lost!, 'error.type')).toBe('worker_lost');
  expect(attribute(lost!, 'judge.tombstone')).toBe(true);
  expect(next!.parentSpanId).toBe(lost!.parentSpanId);
  expect(next!.links?.map(({ spanId }) => spanId)).toEqual([lost!.parentSpanId, lost!.spanId]);
  expect(attribute(next!, 'judge.tombstone')).toBeUndefined();
  expectNoOrphans(story);
});

test('a worker that slept beyond its lease: a tombstone, and its own span is dropped when the fence refuses it', async () => {
  await system.start('worker');
  const watch = await watcher();
  const id = await submit(
    'function solve() { const until = Date.now() + 400; while (Date.now() < until); }',
    watch,
  );
  const holder = await waitUntil(
    () => system.ledger.read().find(({ job, event }) => job === id && event === 'started')?.source,
    { what: 'the start', deadlineMs: 10_000 },
  );
  const sleeper = system.instances('worker').find(({ name }) => name === holder)!;
  await sleeper.process.pause();
  await waitUntil(() => watch.done.has(id), { what: 'the verdict', deadlineMs: 20_000 });
  await sleeper.process.resume();
  const stale = (all: Span[]) => all.filter((span) => attribute(span, 'judge.ack') === 'stale');
  const story = await storyOf(id, (all) => stale(all).length > 0);
  watch.close();
  const ids = story.map(({ spanId }) => spanId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(story.filter((span) => attribute(span, 'judge.tombstone') === true)).toHaveLength(1);
  expectNoOrphans(story);
});

test('each service exposes its metrics of the list, labels and all, and no other', async () => {
  for (const service of ['api', 'worker', 'subscriber'] as const) {
    const [instance] = system.instances(service);
    const text = await (await fetch(`${instance!.url}/metrics`)).text();
    const typed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    const own = typed.filter((line) => !/^(process|nodejs)_/.test(line));
    const listed = Object.entries(metricInfos).filter(([, { of }]) =>
      (of as readonly string[]).includes(service),
    );
    expect(own.sort()).toEqual(listed.map(([name, { type }]) => `${name} ${type}`).sort());
    for (const [name, info] of listed) {
      const [sample] = new RegExp(`^${name}(_count)?({.*)? `, 'm').exec(text) ?? [];
      expect(sample, name).toBeDefined();
      for (const label of (info as MetricInfo).labels ?? []) expect(sample).toContain(`${label}="`);
    }
  }
});

test('a duration names a trace as its exemplar, in each service', async () => {
  for (const service of ['api', 'worker', 'subscriber'] as const) {
    const [instance] = system.instances(service);
    const headers = { accept: 'application/openmetrics-text' };
    const text = await (await fetch(`${instance!.url}/metrics`, { headers })).text();
    const named = new Map(
      [...text.matchAll(/^(\w+)_bucket\{.* # \{trace_id="(\w+)"\}/gm)].map(([, name, id]) => [name, id]),
    );
    const listed = Object.entries(metricInfos).filter(
      ([, { of, type }]) => type === 'histogram' && (of as readonly string[]).includes(service),
    );
    expect([...named.keys()].sort()).toEqual(listed.map(([name]) => name).sort());
    const known = new Set(spans.map(({ traceId }) => traceId));
    for (const [name, id] of named) expect(known.has(id!), `${name}: ${id}`).toBe(true);
  }
});

test("nothing of a user's code is in any span", () => {
  expect(bodies.length).toBeGreaterThan(0);
  expect(bodies.filter((body) => body.includes(secret) || body.includes('solve'))).toEqual([]);
});

interface Watcher {
  done: Set<string>;
  /** Resolves when every change from now on is pushed. */
  watch(id: string): Promise<void>;
  close(): void;
}

async function watcher(): Promise<Watcher> {
  const [subscriber] = system.instances('subscriber');
  const socket = new WebSocket(`${subscriber!.url.replace('http', 'ws')}/submissions`);
  const done = new Set<string>();
  const watched = new Set<string>();
  socket.on('message', (data) => {
    const { type, id, status } = JSON.parse(String(data));
    if (type === 'unknown') watched.add(id);
    if (status?.state === 'done') done.add(status.id);
  });
  await once(socket, 'open');
  return {
    done,
    watch: async (id) => {
      socket.send(JSON.stringify({ type: 'watch', ids: [id] }));
      await waitUntil(() => watched.has(id), { what: 'the watch', deadlineMs: 10_000 });
    },
    close: () => socket.close(),
  };
}

async function submit(
  code: string,
  { watch }: Watcher,
  headers: Record<string, string> = {},
): Promise<string> {
  const [api] = system.instances('api');
  // Watched before it is there: else it may be done before anyone waits for it.
  const key = randomUUID();
  const id = idFromKey(key);
  await watch(id);
  const response = await fetch(`${api!.url}/submissions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key, ...headers },
    body: JSON.stringify({ problemId: 'echo', language: 'javascript', code }),
  });
  expect(await response.json()).toMatchObject({ id });
  return id;
}

/** All spans of the job's trace, once `complete` says so and nothing more has come for a while. */
async function storyOf(id: string, complete: (story: Span[]) => boolean): Promise<Span[]> {
  const enqueue = () =>
    spans.find(
      (span) => span.name === 'enqueue submissions' && attribute(span, 'messaging.message.id') === id,
    );
  const story = () => spans.filter(({ traceId }) => traceId === enqueue()?.traceId);
  let count = -1;
  await waitUntil(
    () => {
      const before = count;
      count = story().length;
      return count === before && complete(story());
    },
    { what: 'its spans', deadlineMs: 10_000, everyMs: 600 },
  );
  return story();
}

function expectNoOrphans(story: Span[]): void {
  const ids = new Set(story.map(({ spanId }) => spanId));
  const orphans = story.filter(({ parentSpanId }) => parentSpanId && !ids.has(parentSpanId));
  expect(orphans.map(({ name }) => name)).toEqual([]);
}

function attribute(span: Span, key: string): unknown {
  return attributeOf(span.attributes, key);
}

function attributeOf(attributes: Span['attributes'], key: string): unknown {
  const value = attributes.find((one) => one.key === key)?.value;
  return value === undefined ? undefined : Object.values(value)[0];
}
