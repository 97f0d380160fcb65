// Problem documents (RFC 9457): as a response, and on a bare socket where Node gives no response object.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

type Headers = Record<string, string>;

export function sendProblem(
  response: ServerResponse,
  status: number,
  detail: string,
  headers?: Headers,
): void {
  const body = problemOf(status, detail);
  response.writeHead(status, { ...headersOf(body), ...headers }).end(body);
}

/** Answers a handshake or an unreadable request, then closes the socket. */
export function refuseSocket(socket: Duplex, status: number, detail: string, headers?: Headers): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // A peer that is gone already is no news.
  socket.on('error', () => socket.destroy());
  const body = problemOf(status, detail);
  const lines = Object.entries({ ...headersOf(body), Connection: 'close', ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`);
}

function problemOf(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail });
}

function headersOf(body: string): Headers {
  return { 'Content-Type': 'application/problem+json', 'Content-Length': String(Buffer.byteLength(body)) };
}
