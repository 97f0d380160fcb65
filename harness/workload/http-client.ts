// A small HTTP client over kept-alive connections whose errors say what is known: the socket's code, or ETIMEDOUT.

import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface HttpReply {
  status: number;
  headers: IncomingHttpHeaders;
  /** The parsed body if it is JSON, its text otherwise. */
  body: unknown;
}

export interface HttpClient {
  /** @throws {Error} with `code`: the socket's, or ETIMEDOUT when there was no reply within `timeoutMs` */
  send(method: string, url: string, options: SendOptions): Promise<HttpReply>;
  close(): void;
}

export interface SendOptions {
  json?: unknown;
  headers?: Record<string, string>;
  timeoutMs: number;
}

export function createHttpClient(): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1000 });
  return {
    send: (method, url, { json, headers = {}, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const body = json === undefined ? undefined : JSON.stringify(json);
        const type = body === undefined ? {} : { 'content-type': 'application/json' };
        const sending = request(url, { method, agent, headers: { ...type, ...headers } }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            clearTimeout(timer);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: parse(Buffer.concat(chunks).toString(), response.headers['content-type']),
            });
          });
        });
        const timer = setTimeout(() => sending.destroy(timeoutError(timeoutMs)), timeoutMs);
        sending.on('error', (error) => {
          clearTimeout(timer);
          reject(error);
        });
        sending.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function timeoutError(timeoutMs: number): Error {
  return Object.assign(new Error(`no reply within ${timeoutMs} ms`), { code: 'ETIMEDOUT' });
}

function parse(text: string, type: string | undefined): unknown {
  return type !== undefined && /\bjson\b/.test(type) ? JSON.parse(text) : text;
}
