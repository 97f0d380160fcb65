// The Express app: what every request goes through, the resources, and how errors become problem documents.
// Pure: it opens nothing and starts nothing; main.ts does.

import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { monotonicMs } from '../shared/clock.ts';
import type { Status } from '../shared/contract.ts';
import type { Ledger } from '../shared/ledger.ts';
import type { Log } from '../shared/log.ts';
import type { Producer } from '../shared/queue/queue.ts';
import { activeIds } from '../shared/telemetry/tracing.ts';
import { catalogue } from './catalogue.ts';
import { deadLetters } from './dead-letters.ts';
import { health } from './health.ts';
import type { ApiMetrics } from './metrics.ts';
import { Problem, problemContentType } from './problem.ts';
import type { Reach } from './reach.ts';
import { routeOf } from './resource.ts';
import { serverSpan } from './server-span.ts';
import { submissions } from './submissions.ts';

export interface ApiParts {
  producer: Producer;
  reach: Reach;
  publish(status: Status): Promise<void>;
  ledger: Ledger;
  metrics: ApiMetrics;
  log: Log;
  isDraining(): boolean;
}

export function createApi(parts: ApiParts): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.use(serverSpan, measure(parts), headers, assertRequest);
  submissions(app, parts);
  catalogue(app);
  deadLetters(app, parts);
  health(app, parts);
  app.use(() => {
    throw new Problem('not-found', 'there is nothing at this path');
  });
  app.use(answerProblem(parts.log));
  return app;
}

function measure({ metrics }: ApiParts): RequestHandler {
  return (request, response, next) => {
    const startMs = monotonicMs();
    const { trace_id: traceId } = activeIds();
    response.once('finish', () => {
      const route = routeOf(response) ?? 'unmatched';
      const durationMs = monotonicMs() - startMs;
      const { method } = request;
      const { statusCode: status } = response;
      metrics.observeRequest({ method, route, status, durationMs, traceId });
    });
    next();
  };
}

const headers: RequestHandler = (_request, response, next) => {
  response.set({
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cache-Control': 'no-store',
  });
  next();
};

/** What Node leaves to us (it would answer a missing Host without a problem document), and what Express forgives. */
const assertRequest: RequestHandler = (request, _response, next) => {
  const hosts = request.headersDistinct.host ?? [];
  if (hosts.length > 1 || (hosts.length === 0 && request.httpVersion !== '1.0')) {
    throw new Problem('invalid-header', 'Host: must be given once', {
      errors: [{ field: 'Host', detail: 'must be given once' }],
    });
  }
  try {
    decodeURIComponent(request.path);
  } catch (cause) {
    throw new Problem('invalid-url', 'the path has a percent sign that begins no UTF-8 character', { cause });
  }
  next();
};

function answerProblem(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = error instanceof Problem ? error : fromExpress(error);
    if (problem.status === 500) log.error({ err: error, method: request.method }, 'a request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response
      .status(problem.status)
      .set(problem.extras.headers ?? {})
      .set('Content-Type', problemContentType)
      .end(JSON.stringify(problem.document(request.path)));
  };
}

/** Express' own errors carry a status: those below 500 are about the URL. Anything else is our mistake. */
function fromExpress(error: unknown): Problem {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  return status >= 400 && status < 500
    ? new Problem('invalid-url', 'the path cannot be decoded', { cause: error })
    : new Problem('internal', 'the request failed; it is in the log', { cause: error });
}
