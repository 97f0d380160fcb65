// Free loopback ports. A service binds its port long after it was told which, so two harnesses at the same time (test files, a
// run beside a benchmark) must not be told the same one: each takes ports from blocks of its own, and the first port of a
// block, which it listens on for as long as it lives, shows everybody whose block that is.
// From programs that do not do so nothing is reserved: whoever starts a server and can, tries another when it is taken.

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Below the range that the kernel gives to outgoing connections (32768 and up): a client that keeps reconnecting to a
 * dead port of that range can get the same number as its own source port and connect to itself.
 */
const first = 20_000;
const last = 31_999;
const blockSize = 50;

/** Of the block that is in use, what was not given yet. */
const left: number[] = [];

/** A port on 127.0.0.1 that nobody has now, never the same twice in this process. @throws {Error} when all blocks are taken */
export async function freePort(): Promise<number> {
  for (;;) {
    if (left.length === 0) left.push(...(await takeBlock()));
    const port = left.shift();
    if (port !== undefined && (await isFree(port))) return port;
  }
}

/** The ports of a block that nobody has, behind the one that is kept. */
async function takeBlock(): Promise<number[]> {
  const blocks = (last + 1 - first) / blockSize;
  const begin = Math.floor(Math.random() * blocks);
  for (let turn = 0; turn < blocks; turn++) {
    const guard = first + ((begin + turn) % blocks) * blockSize;
    const kept = await listen(guard);
    if (kept === undefined) continue;
    kept.unref();
    return Array.from({ length: blockSize - 1 }, (_, index) => guard + 1 + index);
  }
  throw new Error(`no free port left from ${first} to ${last} on 127.0.0.1: all ${blocks} blocks are taken`);
}

async function isFree(port: number): Promise<boolean> {
  const probe = await listen(port);
  if (probe === undefined) return false;
  probe.close();
  await once(probe, 'close');
  return true;
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer((client) => client.destroy());
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}
