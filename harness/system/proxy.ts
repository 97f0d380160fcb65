// A TCP proxy of the harness, on loopback and in its own process: what stands between a service and Redis, or between
// clients and the API, and can go wrong there. Connections can be cut, made half open, slowed down, or cut between the
// moment when a request was carried out and the moment when its reply arrives. It dies with the harness, and so do its
// connections.
//
// Not covered: loss and reordering of single packets, which TCP would repair, and a peer whose kernel does not answer.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { monotonicMs } from '../../services/shared/clock.ts';
import type { Framing } from './framing.ts';
import { type Pace, unhindered } from './pace.ts';
import { freePort } from './ports.ts';
import { type Exchange, joinSockets, type ProxyConnection } from './proxy-connection.ts';

export type { Exchange, ProxyConnection, Silence } from './proxy-connection.ts';

export interface ProxyOptions {
  to: { host: string; port: number };
  /** The protocol, where requests and replies are to be told apart. Without it bytes are bytes. */
  framing?: Framing;
}

export interface TcpProxy {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Those of which a side is still open, oldest first. */
  connections(): readonly ProxyConnection[];
  /** Slows down all connections, those to come too, in both directions; what is not named stays as it is. */
  setPace(change: Partial<Pace>): void;
  /**
   * Waits for the first exchange that matches, withholds its reply and cuts its connection: the request was carried out,
   * and who sent it never learns. `undefined` once the signal aborts.
   */
  loseReply(matches: (exchange: Exchange) => boolean, signal: AbortSignal): Promise<LostReply | undefined>;
  close(): Promise<void>;
}

export interface LostReply extends Exchange {
  connection: number;
  /** On the monotonic clock. */
  atMs: number;
  /** Requests behind it on the same connection, which may have been carried out too. */
  alsoUnanswered: number;
}

const portTries = 5;

/** @throws {Error} if it cannot listen */
export async function openProxy({ to, framing }: ProxyOptions): Promise<TcpProxy> {
  const pairs = new Map<ProxyConnection, readonly [Socket, Socket]>();
  const losers = new Set<(exchange: Exchange, connection: ProxyConnection) => boolean>();
  let pace = unhindered;
  let opened = 0;

  const accept = (client: Socket): void => {
    const server = connect({ ...to, noDelay: true, allowHalfOpen: true });
    const connection = joinSockets({
      id: ++opened,
      client,
      server,
      framing,
      pace: () => pace,
      loses: (exchange, connection) => [...losers].some((loses) => loses(exchange, connection)),
    });
    pairs.set(connection, [client, server]);
    const closed = () => {
      if (client.closed && server.closed) pairs.delete(connection);
    };
    client.once('close', closed);
    server.once('close', closed);
  };

  const { server, port } = await listen(accept);
  return {
    port,
    connections: () => [...pairs.keys()],
    setPace: (change) => {
      pace = { ...pace, ...change };
    },
    loseReply: (matches, signal) =>
      new Promise((resolve) => {
        const loses = (exchange: Exchange, connection: ProxyConnection): boolean => {
          if (!matches(exchange)) return false;
          const { id, awaiting } = connection;
          end({ ...exchange, connection: id, atMs: monotonicMs(), alsoUnanswered: awaiting().length });
          return true;
        };
        const giveUp = () => end(undefined);
        const end = (lost: LostReply | undefined) => {
          losers.delete(loses);
          signal.removeEventListener('abort', giveUp);
          resolve(lost);
        };
        if (signal.aborted) return resolve(undefined);
        losers.add(loses);
        signal.addEventListener('abort', giveUp);
      }),
    close: async () => {
      for (const sockets of pairs.values()) for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

async function listen(accept: (client: Socket) => void): Promise<{ server: Server; port: number }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const server = createServer({ noDelay: true, allowHalfOpen: true }, accept);
    try {
      server.listen({ port, host: '127.0.0.1', exclusive: true });
      await once(server, 'listening');
      return { server, port };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === portTries) throw error;
    }
  }
}
