// An HTTP server of the harness: listening when it is handed over, gone with all its connections once it is closed.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpListener {
  readonly port: number;
  close(): Promise<void>;
}

/** @param port 0: any free one. Rejects with Node's own error, such as EADDRINUSE. */
export async function listenHttp(host: string, port: number, serve: RequestListener): Promise<HttpListener> {
  const server = createServer(serve);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
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
