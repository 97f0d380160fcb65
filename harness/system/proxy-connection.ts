// One connection through a proxy: the client's socket, the server's, and what can go wrong between the two. It passes
// bytes on; where it knows the protocol's framing it also knows which request each reply answers.

import type { Socket } from 'node:net';
import { monotonicMs } from '../../services/shared/clock.ts';
import { type Framing, FramingError } from './framing.ts';
import { type Pace, pacer } from './pace.ts';

/** A request that was passed on, and the server's reply to it. */
export interface Exchange {
  request: Buffer;
  reply: Buffer;
}

export interface ProxyConnection {
  /** Counts the connections of its proxy from 1. */
  readonly id: number;
  /** On the monotonic clock. */
  readonly openedAtMs: number;
  /** Requests that were passed on and are not answered yet, oldest first; none once it is silent. */
  awaiting(): readonly Buffer[];
  /** Resets both sides, at once. */
  cut(): void;
  /**
   * Half open from now on: nothing passes, and neither side is told, not even of the other's end. What is written to it
   * is still taken, so neither kernel finds out by itself; only who misses an answer can.
   */
  silence(): Silence;
}

/** What a silent connection has swallowed so far: it grows. */
export interface Silence {
  readonly atMs: number;
  readonly requests: readonly Buffer[];
  readonly replies: readonly Buffer[];
  /** Whole messages or not. */
  readonly bytes: { readonly up: number; readonly down: number };
  /** When the client let go of the connection, on the monotonic clock. */
  readonly abandonedAtMs: number | undefined;
}

export interface ConnectionOptions {
  id: number;
  client: Socket;
  server: Socket;
  framing?: Framing | undefined;
  pace(): Pace;
  /** Asked for each reply before it is passed on; true: it is withheld, and the connection cut. */
  loses(exchange: Exchange, connection: ProxyConnection): boolean;
}

type Swallowed = {
  atMs: number;
  requests: Buffer[];
  replies: Buffer[];
  bytes: { up: number; down: number };
  abandonedAtMs: number | undefined;
};

export function joinSockets(options: ConnectionOptions): ProxyConnection {
  const { id, client, server, pace, loses } = options;
  let framing = options.framing;
  const requests = framing?.requests();
  const replies = framing?.replies();
  const awaiting: Buffer[] = [];
  let silence: Swallowed | undefined;
  const up = channel(client, server, pace);
  const down = channel(server, client, pace);

  const connection: ProxyConnection = {
    id,
    openedAtMs: monotonicMs(),
    awaiting: () => awaiting,
    cut: () => {
      for (const { stop } of [up, down]) stop();
      for (const socket of [client, server]) socket.resetAndDestroy();
    },
    silence: () => {
      if (silence !== undefined) return silence;
      const bytes = { up: up.stop(), down: down.stop() };
      awaiting.length = 0;
      silence = { atMs: monotonicMs(), requests: [], replies: [], bytes, abandonedAtMs: undefined };
      for (const socket of [client, server]) socket.resume();
      return silence;
    },
  };

  /** What does not keep to the framing is passed on unread, from there on. */
  const read = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      framing = undefined;
      awaiting.length = 0;
      if (silence === undefined) down.pass(replies!.rest());
    }
  };

  client.on('data', (chunk: Buffer) => {
    if (framing !== undefined) read(() => noteRequests(chunk));
    if (silence === undefined) up.pass(chunk);
    else silence.bytes.up += chunk.length;
  });
  const noteRequests = (chunk: Buffer): void => {
    const list = silence?.requests ?? awaiting;
    for (const request of requests!.split(chunk)) list.push(request);
  };

  server.on('data', (chunk: Buffer) => {
    if (silence !== undefined) silence.bytes.down += chunk.length;
    if (framing !== undefined) read(() => passReplies(chunk, framing!));
    else if (silence === undefined) down.pass(chunk);
  });
  const passReplies = (chunk: Buffer, { unasked }: Framing): void => {
    for (const reply of replies!.split(chunk)) {
      if (silence !== undefined) silence.replies.push(reply);
      else if (unasked(reply)) down.pass(reply);
      else {
        const request = awaiting.shift();
        if (request !== undefined && loses({ request, reply }, connection)) {
          connection.cut();
          return;
        }
        down.pass(reply);
      }
    }
  };

  client.on('end', () => {
    if (silence === undefined) return up.end();
    silence.abandonedAtMs ??= monotonicMs();
    client.destroy();
  });
  server.on('end', () => {
    if (silence === undefined) down.end();
    else server.destroy();
  });
  client.on('error', () => {
    if (silence === undefined) connection.cut();
    else silence.abandonedAtMs ??= monotonicMs();
  });
  server.on('error', () => {
    if (silence === undefined) connection.cut();
  });
  return connection;
}

interface Channel {
  pass(chunk: Buffer): void;
  /** Ends the other side after what was passed. */
  end(): void;
  /** What waits for its turn is dropped. @returns how many bytes that was */
  stop(): number;
}

/** So much may wait on its way; then the sender is read no further. */
const backlogBytesMax = 1 << 20;

function channel(from: Socket, to: Socket, pace: () => Pace): Channel {
  const { push, waitingBytes, clear } = pacer(pace);
  const isFull = () => waitingBytes() + to.writableLength > backlogBytesMax;
  const relieve = () => {
    if (from.isPaused() && !isFull()) from.resume();
  };
  return {
    pass: (chunk) => {
      push(chunk, (piece) => to.write(piece, relieve));
      if (isFull()) from.pause();
    },
    end: () => push(Buffer.alloc(0), () => to.end()),
    stop: () => {
      const bytes = waitingBytes();
      clear();
      return bytes;
    },
  };
}
