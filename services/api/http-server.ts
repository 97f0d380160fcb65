// The HTTP server around the app: its limits, and answers to what never becomes a request that Express sees: broken
// HTTP, oversized headers, requests that arrive too slowly, CONNECT, odd expectations.

import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem, problemContentType } from './problem.ts';

/** Everything that waits for a client has an end. */
const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  // Longer than a client's own idle timeout should be, so that the client closes first and no request meets a close.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1000,
  // Node's own answer has no problem document; the app checks the header instead.
  requireHostHeader: false,
};

export function createApiServer(app: RequestListener): Server {
  const unanswered = new WeakMap<Duplex, Set<ServerResponse>>();
  const listener: RequestListener = (request, response) => {
    const { socket } = request;
    const open = unanswered.get(socket) ?? new Set();
    unanswered.set(socket, open.add(response));
    response.once('close', () => open.delete(response));
    app(request, response);
  };

  const server = createServer(limits, listener);
  server.maxHeadersCount = 200;
  server.on('checkExpectation', (request, response) => {
    const problem = new Problem('expectation-failed', 'the only Expect that is understood is 100-continue');
    response.writeHead(problem.status, { 'Content-Type': problemContentType, Connection: 'close' });
    response.end(JSON.stringify(problem.document(request.url)));
  });
  server.on('connect', (_request, socket) => {
    endWith(
      socket,
      new Problem('method-not-allowed', 'this server is no proxy', {
        headers: { Allow: 'GET, HEAD, POST, OPTIONS' },
      }),
    );
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const open = [...(unanswered.get(socket) ?? [])];
    // A request of which a part was answered cannot be answered again, and one that arrived whole, before the broken
    // one on the same connection, must get its own answer first: the error would be taken for it.
    const whole = open.filter((response) => response.req.complete);
    if (open.some((response) => response.headersSent && !response.req.complete)) {
      socket.destroy();
    } else if (whole.length === 0) {
      endWith(socket, problemOf(error));
    } else {
      const last = whole.at(-1)!;
      last.once('close', () => endWith(socket, problemOf(error)));
    }
  });
  return server;
}

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers-too-large', `the headers may have at most ${limits.maxHeaderSize} bytes`);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('body-too-large', 'the chunk extensions are too large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request-timeout', 'the request did not arrive in time');
    default:
      return new Problem('invalid-http', 'the request is not valid HTTP/1.1');
  }
}

/** Answers on the bare socket and closes it. */
function endWith(socket: Duplex, problem: Problem): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(problem.document());
  const head = {
    'Content-Type': problemContentType,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
    ...problem.extras.headers,
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  socket.once('error', () => {});
  // Reading on for a moment lets the answer through: closing with unread bytes would reset the connection.
  socket.end(
    `HTTP/1.1 ${problem.status} ${reasons[problem.status] ?? 'Error'}\r\n${lines.join('\r\n')}\r\n\r\n${body}`,
  );
}

const reasons: Record<number, string> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};
