// The HTTP side: /healthz, /readyz, /metrics, and the handshakes of WebSocket clients on /submissions. Whatever else
// comes is answered with a problem document. It does not listen by itself.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { expose, type MetricsRegistry } from '../shared/exposition.ts';
import { refuseSocket, sendProblem } from './problem.ts';

export const clientPath = '/submissions';
/** The largest message that a client may send. */
const messageBytesMost = 64 * 1024;
/** How long a client may take to answer a close. */
const closeTimeoutMs = 2000;

export interface HttpOptions {
  registry: MetricsRegistry;
  /** Why clients should go elsewhere now, or null. */
  notReady(): string | null;
  draining(): boolean;
  onClient(socket: WebSocket): void;
  onRefusedUpgrade(problem: string): void;
}

export function createHttp(options: HttpOptions): Server {
  // Node's own answer to a missing Host has no body; `answer` sees to it.
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    void answer(request, response, options);
  });
  const handshakes = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: messageBytesMost,
    // Known to ws since 8.19, not yet to its types.
    ...{ closeTimeout: closeTimeoutMs },
  });
  const refuse = (socket: Duplex, status: number, detail: string, headers?: Record<string, string>) => {
    options.onRefusedUpgrade(detail);
    refuseSocket(socket, status, detail, headers);
  };
  handshakes.on('wsClientError', (error, socket, request) => {
    const status = request.method === 'GET' ? 400 : 405;
    refuse(socket, status, error.message, { 'Sec-WebSocket-Version': '13, 8', Allow: 'GET' });
  });
  server.on('upgrade', (request, socket, head) => {
    // Until the handshake is done the socket is ours, and an unheard error would end the process.
    socket.on('error', () => socket.destroy());
    if (options.draining()) return refuseSocket(socket, 503, 'shutting down', { 'Retry-After': '1' });
    if (lacksHost(request)) return refuse(socket, 400, noHost);
    if (pathOf(request) !== clientPath) return refuse(socket, 404, `WebSockets are at ${clientPath}`);
    handshakes.handleUpgrade(request, socket, head, options.onClient);
  });
  server.on('connect', (_request, socket) => refuse(socket, 405, 'CONNECT is not possible here'));
  server.on('checkExpectation', (_request, response) =>
    sendProblem(response, 417, 'no expectation can be met'),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
    refuseSocket(socket, status, 'not a readable HTTP request');
  });
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
): Promise<void> {
  const path = pathOf(request);
  if (lacksHost(request)) {
    return sendProblem(response, 400, noHost, { Connection: 'close' });
  }
  if (!['/healthz', '/readyz', '/metrics', clientPath].includes(path)) {
    return sendProblem(
      response,
      404,
      'known are /healthz, /readyz, /metrics and the WebSocket at /submissions',
    );
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return sendProblem(response, 405, `${request.method} is not possible here`, { Allow: 'GET, HEAD' });
  }
  if (path === clientPath) {
    return sendProblem(response, 426, `${clientPath} speaks WebSocket only`, { Upgrade: 'websocket' });
  }
  if (path === '/metrics') {
    const { contentType, text } = await expose(options.registry, request.headers.accept);
    response.writeHead(200, { 'Content-Type': contentType }).end(text);
    return;
  }
  const notReady = path === '/readyz' ? options.notReady() : null;
  if (notReady !== null) return sendProblem(response, 503, notReady, { 'Retry-After': '1' });
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}');
}

const noHost = 'the header Host is missing';

function lacksHost({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersion === '1.1';
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0]!;
}
