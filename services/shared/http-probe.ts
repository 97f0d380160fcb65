// The small HTTP server of services that have no API of their own: /healthz, /readyz and /metrics, nothing else.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expose, type MetricsRegistry } from './exposition.ts';

export interface ProbeOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Whether this service can do its work now. */
  ready: () => Promise<boolean>;
  registry: MetricsRegistry;
}

export interface Probe {
  port: number;
  close(): Promise<void>;
}

/** Rejects if the address cannot be had. */
export async function startProbe({ host, port, ready, registry }: ProbeOptions): Promise<Probe> {
  type Page = (accept: string | undefined) => Promise<[status: number, type: string, body: string]>;
  const pages: Record<string, Page> = {
    '/healthz': async () => [200, 'text/plain', 'ok\n'],
    '/readyz': async () =>
      (await ready().catch(() => false))
        ? [200, 'text/plain', 'ready\n']
        : [503, 'text/plain', 'not ready\n'],
    '/metrics': async (accept) => {
      const { contentType, text } = await expose(registry, accept);
      return [200, contentType, text];
    },
  };
  const server = createServer(async (request, response) => {
    request.resume();
    const page = pages[(request.url ?? '').split('?')[0]!];
    try {
      const known = page !== undefined && (request.method === 'GET' || request.method === 'HEAD');
      const [status, type, body] = known
        ? await page(request.headers.accept)
        : [404, 'text/plain', 'not found\n'];
      response.writeHead(status, { 'content-type': type }).end(body);
    } catch {
      response.writeHead(500).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
