// Free loopback ports. It reserves nothing: between the probe and the use somebody else may take the port, so whoever
// starts a server on it tries another when it is taken.

import { createServer } from 'node:net';

/**
 * Below the range that the kernel gives to outgoing connections (32768 and up): a client that keeps reconnecting to a
 * dead port of that range can get the same number as its own source port and connect to itself.
 */
const first = 20_000;
const last = 31_999;

const given = new Set<number>();

/** A port on 127.0.0.1 that nobody has now, never the same twice in this process. */
export async function freePort(): Promise<number> {
  while (given.size <= last - first) {
    const port = first + Math.floor(Math.random() * (last - first + 1));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port left from ${first} to ${last} on 127.0.0.1: all were tried`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
