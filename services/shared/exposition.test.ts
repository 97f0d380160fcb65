// Both formats of /metrics, from the same metrics, in turns.

import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expose } from './exposition.ts';
import { openMetrics } from './metrics.ts';

const { registry, counter, histogram } = openMetrics();
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const other = '0af7651916cd43dd8448eb211c80319c';
const prometheus =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3';

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

test('OpenMetrics with exemplars to who asks for it; the plain text is the same before and after', async () => {
  counter('judge_dead_letters_total').inc(2);
  const durations = histogram('messaging_process_duration_seconds');
  durations.observe({}, 0.003);
  const active = trace.wrapSpanContext({ traceId, spanId: 'b7ad6b7169203331', traceFlags: 1 });
  context.with(trace.setSpan(context.active(), active), () => durations.observe({}, 0.2));
  durations.observe({}, 0.7, other);

  const lines = async (accept?: string) => (await expose(registry, accept)).text.split('\n');
  const plain = (all: string[]) => all.filter((line) => /(judge|messaging)_/.test(line));
  const before = plain(await lines());
  const open = await lines(prometheus);
  expect((await expose(registry, prometheus)).contentType).toMatch(
    /^application\/openmetrics-text; version=1/,
  );
  expect((await expose(registry, '*/*')).contentType).toMatch(/^text\/plain/);

  expect(open.slice(-2)).toEqual(['# EOF', '']);
  expect(open.slice(0, -1)).not.toContain('');
  expect(open).toContain('# TYPE judge_dead_letters counter');
  expect(open).toContain('judge_dead_letters_total 2');
  const exemplars = open.filter((line) => line.includes(' # {'));
  expect(exemplars.map((line) => line.replace(/ \d+(\.\d+)?$/, ''))).toEqual([
    `messaging_process_duration_seconds_bucket{le="0.25"} 2 # {trace_id="${traceId}"} 0.2`,
    `messaging_process_duration_seconds_bucket{le="1"} 3 # {trace_id="${other}"} 0.7`,
  ]);
  expect(before).toContain('judge_dead_letters_total 2');
  expect(before.join()).not.toContain('trace_id');
  expect(plain(await lines())).toEqual(before);
});
