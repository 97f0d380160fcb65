// What leaves a process, and when: a tree of spans whole, once its root has ended.

import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { wholeTrees } from './whole-trees.ts';

function traced(isReplaced: (span: ReadableSpan) => boolean = () => false) {
  const sent: string[] = [];
  const sink = {
    onStart: () => {},
    onEnd: ({ name }: ReadableSpan) => void sent.push(name),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracer = new TracerProvider({ spanProcessors: [wholeTrees(sink, isReplaced)] }).getTracer('test');
  const start = (name: string, parent?: ReturnType<typeof tracer.startSpan>) =>
    tracer.startSpan(name, {}, parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT);
  return { sent, tracer, start };
}

test('nothing of a tree before its root has ended, then all of it, the root first', () => {
  const { sent, start } = traced();
  const root = start('root');
  const child = start('child', root);
  start('grandchild', child).end();
  child.end();
  expect(sent).toEqual([]);
  root.end();
  expect(sent).toEqual(['root', 'grandchild', 'child']);
});

test('what ends after its root goes at once, and so does what starts then', () => {
  const { sent, start } = traced();
  const root = start('root');
  const late = start('late', root);
  root.end();
  late.end();
  start('later', root).end();
  expect(sent).toEqual(['root', 'late', 'later']);
});

test('trees do not wait for each other; a remote parent is no root of ours', () => {
  const { sent, tracer, start } = traced();
  const other = start('other');
  const remote = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
    isRemote: true,
  };
  const ours = tracer.startSpan('ours', {}, trace.setSpanContext(ROOT_CONTEXT, remote));
  start('below', ours).end();
  ours.end();
  expect(sent).toEqual(['ours', 'below']);
  other.end();
  expect(sent).toEqual(['ours', 'below', 'other']);
});

test('a replaced root is dropped, what was done below it is not', () => {
  const { sent, start } = traced(({ attributes }) => attributes.replaced === true);
  const root = start('root');
  start('child', root).end();
  root.setAttribute('replaced', true).end();
  expect(sent).toEqual(['child']);
});
