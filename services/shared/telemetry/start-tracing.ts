// The OpenTelemetry SDK, as the services use it: spans by OTLP over HTTP, in JSON, soon after they end.
//
// Not @opentelemetry/sdk-node: it loads every exporter there is, which a process that lives for ten seconds would notice.

import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { traceRedis } from './redis-spans.ts';
import { spanIds } from './span-ids.ts';
import { replaced } from './tracing.ts';
import { wholeTrees } from './whole-trees.ts';

export interface TracingOptions {
  /** The collector's base URL, such as `http://127.0.0.1:4318`. */
  endpoint: string;
  service: string;
  instance: string;
}

/** What a SIGKILL can lose of what had ended; the SDK's own 5 s would lose nearly all. */
const exportEveryMs = 200;
const exportWithinMs = 2000;

export function startTracing({ endpoint, service, instance }: TracingOptions): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const batches = new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: exportEveryMs,
    exportTimeoutMillis: exportWithinMs,
    maxQueueSize: 16_384,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': instance }),
    idGenerator: spanIds,
    // Each job has its story, whatever its client says of tracing.
    sampler: new AlwaysOnSampler(),
    // A tombstone has taken the place of a replaced one.
    spanProcessors: [wholeTrees(batches, ({ attributes }) => attributes[replaced] !== undefined)],
  });
  trace.setGlobalTracerProvider(provider);
  traceRedis();
}
