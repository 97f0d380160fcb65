import { expect, test } from 'vitest';
import type { Span } from '../span.ts';
import { traceIndex } from './trace-index.ts';

function span(trace: string, atMs: number, service: string, job?: string): Span {
  const attributes: Span['attributes'] = job === undefined ? {} : { 'messaging.message.id': job };
  const kind = 'internal' as const;
  return { atMs, durationMs: 1, trace, span: 's', name: 'x', kind, service, instance: service, attributes };
}

test('the trace in which a worker had the job, whatever came first; otherwise the earliest', () => {
  const index = traceIndex();
  const spans = [
    span('resent', 20, 'api', 'a'),
    span('first', 10, 'api', 'a'),
    span('nobody', 5, 'api'),
    span('only', 30, 'api', 'b'),
    span('first-of-b', 25, 'api', 'b'),
  ];
  for (const one of spans) index.note(one);
  expect(['a', 'b', 'c'].map(index.traceOf)).toEqual(['first', 'first-of-b', undefined]);
  index.note(span('resent', 50, 'worker', 'a'));
  index.note(span('first', 8, 'api', 'a'));
  index.note(span('later', 60, 'worker', 'a'));
  expect(index.traceOf('a')).toBe('resent');
});
