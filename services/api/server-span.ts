// The span of each request, by OpenTelemetry's conventions for HTTP servers; what the request does belongs to it. Written by
// hand, because the instrumentations of http and Express wrap every emitter and every layer: with them an observed API
// accepted 0.54 times as much as one that nobody observes (0.36 to 0.62 in 8 pairs, on a noisy machine), with this 0.65 to
// 0.76 (medians of three times 8 pairs): `npm run bench -- --only overhead`.

import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { RequestHandler } from 'express';
import { routeOf } from './resource.ts';

const probes = new Set(['/metrics', '/healthz', '/readyz']);

export const serverSpan: RequestHandler = (request, response, next) => {
  const { method, path } = request;
  if (probes.has(path)) return next();
  const attributes = { 'http.request.method': method, 'url.path': path, 'url.scheme': request.protocol };
  const parent = propagation.extract(ROOT_CONTEXT, request.headers);
  const span = trace.getTracer('redproof').startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
  response.once('close', () => {
    const route = routeOf(response);
    if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
    if (response.headersSent) span.setAttribute('http.response.status_code', response.statusCode);
    if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
  context.with(trace.setSpan(parent, span), next);
};
