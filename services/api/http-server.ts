// The HTTP server around the app: its limits, and answers to what never becomes a request that Express sees: broken
// HTTP, oversized headers, requests that arrive too slowly, CONNECT, odd expectations.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
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
const maxHeaders = 200;
/** How long a connection may stay after its last answer was written on the bare socket. */
const lingerMs = 500;

export interface ApiServer {
  server: Server;
  /** From now on every answer closes its connection, that of a request under way included. */
  closeAfterAnswers(): void;
}

export function createApiServer(app: RequestListener): ApiServer {
  const unanswered = new Map<Duplex, Set<ServerResponse>>();
  let closing = false;

  const server = createServer(limits, (request, response) => {
    const { socket } = request;
    const open = unanswered.get(socket) ?? new Set();
    unanswered.set(socket, open.add(response));
    response.once('close', () => {
      open.delete(response);
      if (open.size === 0) unanswered.delete(socket);
    });
    if (closing) response.setHeader('Connection', 'close');
    const problem = problemBeforeRouting(request);
    if (problem) answer(response, problem);
    else app(request, response);
  });
  server.maxHeadersCount = maxHeaders;
  server.on('checkExpectation', (_request, response) => {
    answer(response, new Problem('expectation-failed', 'the only Expect that is understood is 100-continue'));
  });
  server.on('connect', (_request, socket) => {
    const headers = { Allow: 'GET, HEAD, POST, OPTIONS' };
    endWith(socket, new Problem('method-not-allowed', 'this server is no proxy', { headers }));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const open = [...(unanswered.get(socket) ?? [])];
    const lastWhole = open.findLast((response) => response.req.complete);
    if (open.some((response) => response.headersSent && !response.req.complete)) {
      // A request of which a part was answered cannot be answered again.
      socket.destroy();
    } else if (lastWhole) {
      // It came before the broken one on this connection, and the error would be taken for its answer.
      lastWhole.once('close', () => endWith(socket, problemOf(error)));
    } else {
      endWith(socket, problemOf(error));
    }
  });

  return {
    server,
    closeAfterAnswers() {
      closing = true;
      for (const open of unanswered.values()) {
        for (const response of open) if (!response.headersSent) response.setHeader('Connection', 'close');
      }
    },
  };
}

/** What Node lets pass, and Express would answer by itself or not at all. */
function problemBeforeRouting({ httpVersion, url = '' }: IncomingMessage): Problem | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return new Problem('invalid-http', `HTTP/${httpVersion} is not served; HTTP/1.1 is`);
  }
  if (url !== '*' && !URL.canParse(url, 'http://localhost')) {
    return new Problem('invalid-url', 'the request target is neither a path nor a URL');
  }
  return undefined;
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

function answer(response: ServerResponse, problem: Problem): void {
  const { head, body } = closingAnswer(problem);
  response.writeHead(problem.status, head).end(body);
}

/** Answers on the bare socket and closes it. */
function endWith(socket: Duplex, problem: Problem): void {
  // Each further chunk of what is broken is an error again; the first answer lingers already.
  if (socket.writableEnded) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { head, body } = closingAnswer(problem);
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  const statusLine = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`;
  socket.once('error', () => {});
  socket.end([statusLine, ...lines, '', body].join('\r\n'));
  // Not at once: closing with unread bytes resets the connection, and the answer may be lost on its way.
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

function closingAnswer(problem: Problem) {
  const body = JSON.stringify(problem.document());
  const head = {
    'Content-Type': problemContentType,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
    ...problem.extras.headers,
  };
  return { head, body };
}
