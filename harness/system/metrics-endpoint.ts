// Serves a text of metrics at /metrics, for a Prometheus to scrape while a run lasts.

import { UsageError } from './find-redis.ts';
import { listenHttp } from './http-listener.ts';

export interface MetricsEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** @throws {UsageError} when it cannot listen there */
export async function serveMetrics(
  host: string,
  port: number,
  text: () => Promise<string>,
): Promise<MetricsEndpoint> {
  const listener = await listenHttp(host, port, (request, response) => {
    const known = request.url?.split('?')[0] === '/metrics' && request.method === 'GET';
    if (!known) {
      response.writeHead(404).end('GET /metrics is all there is\n');
      return;
    }
    text().then(
      (body) =>
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body),
      (error: Error) => response.writeHead(500).end(`${error.message}\n`),
    );
  }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(refusal(host, port, error), { cause: error });
  });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`,
    close: listener.close,
  };
}

function refusal(host: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return `--metrics-port ${port}: somebody listens there already; give a free one`;
    case 'EACCES':
      return `--metrics-port ${port}: no permission to listen there; give one from 1024 on`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `--metrics-host ${host}: this machine has no such address; 127.0.0.1 is the default`;
    default:
      return `--metrics-port ${port}: ${message}`;
  }
}
