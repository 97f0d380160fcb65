// Holds the spans of a process back until the one that they all belong to has ended, so that a SIGKILL loses all of an
// attempt or nothing, and no span comes without its parent. A span that ends after that goes on at once: its parent is there.

import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/** What has ended below the local root, which is still open; once it has ended too, nothing waits. */
interface Tree {
  rootId: string;
  waiting: ReadableSpan[] | undefined;
}

/** @param isReplaced such a span is dropped, because another process has written one in its place */
export function wholeTrees(to: SpanProcessor, isReplaced: (span: ReadableSpan) => boolean): SpanProcessor {
  /** By the id of each open span. */
  const trees = new Map<string, Tree>();
  return {
    onStart: (span: Span, context) => {
      const { spanId } = span.spanContext();
      const parent = span.parentSpanContext;
      const tree = parent === undefined || parent.isRemote ? undefined : trees.get(parent.spanId);
      trees.set(spanId, tree ?? { rootId: spanId, waiting: [] });
      to.onStart(span, context);
    },
    onEnd: (span) => {
      const { spanId } = span.spanContext();
      const tree = trees.get(spanId);
      trees.delete(spanId);
      if (tree?.waiting !== undefined && tree.rootId !== spanId) {
        tree.waiting.push(span);
        return;
      }
      const ended = [span, ...(tree?.waiting ?? [])];
      if (tree !== undefined) tree.waiting = undefined;
      for (const one of ended) if (!isReplaced(one)) to.onEnd(one);
    },
    forceFlush: () => to.forceFlush(),
    shutdown: () => to.shutdown(),
  };
}
