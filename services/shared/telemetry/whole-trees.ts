// Holds the spans of a process back until the one that they all belong to has ended, so that a SIGKILL loses all of an
// attempt or nothing, and no span comes without its parent. A span that ends after that goes on at once: its parent is there.

import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/** @param isReplaced such a span is dropped, because another process has written one in its place */
export function wholeTrees(to: SpanProcessor, isReplaced: (span: ReadableSpan) => boolean): SpanProcessor {
  /** Open local roots and what has ended below each, by the root's id; and to which root each open span belongs. */
  const trees = new Map<string, ReadableSpan[]>();
  const rootOf = new Map<string, string>();
  return {
    onStart: (span: Span, context) => {
      const { spanId } = span.spanContext();
      const parent = span.parentSpanContext;
      const root = parent === undefined || parent.isRemote ? undefined : rootOf.get(parent.spanId);
      rootOf.set(spanId, root ?? spanId);
      if (root === undefined) trees.set(spanId, []);
      to.onStart(span, context);
    },
    onEnd: (span) => {
      const { spanId } = span.spanContext();
      const root = rootOf.get(spanId);
      rootOf.delete(spanId);
      const waiting = root === undefined ? undefined : trees.get(root);
      if (waiting !== undefined && root !== spanId) {
        waiting.push(span);
        return;
      }
      trees.delete(spanId);
      for (const one of [span, ...(waiting ?? [])]) if (!isReplaced(one)) to.onEnd(one);
    },
    forceFlush: () => to.forceFlush(),
    shutdown: () => to.shutdown(),
  };
}
