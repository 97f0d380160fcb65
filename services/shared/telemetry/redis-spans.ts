// A span for each Redis command of something that is under way, by OpenTelemetry's conventions for databases, from what ioredis
// tells by itself (diagnostics_channel). Commands are named without their arguments: those of a script contain the user's code.

import { tracingChannel } from 'node:diagnostics_channel';
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/** ioredis' CommandTraceContext, with what the channel and this file add to it. */
interface Command {
  command: string;
  error?: unknown;
  span?: Span;
}

export function traceRedis(): void {
  const tracer = trace.getTracer('redproof');
  const commands = tracingChannel<unknown, Command>('ioredis:command');
  commands.start.subscribe((message) => {
    if (trace.getActiveSpan() === undefined) return;
    const told = message as Command;
    const attributes = { 'db.system.name': 'redis', 'db.operation.name': told.command };
    told.span = tracer.startSpan(told.command, { kind: SpanKind.CLIENT, attributes });
  });
  commands.asyncEnd.subscribe((message) => {
    const { span, error } = message as Command;
    if (error instanceof Error) {
      span?.setAttribute('error.type', error.name);
      span?.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    }
    span?.end();
  });
}
