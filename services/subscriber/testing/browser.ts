// A WebSocket client for tests that keeps all it was sent. It is gone after the test that opened it.

import { once } from 'node:events';
import { onTestFinished, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type ServerMessage, type Status, serverMessageSchema } from '../../shared/contract.ts';
import { deadline } from './deadline.ts';

export interface Browser {
  socket: WebSocket;
  received: ServerMessage[];
  statuses(id: string): Status[];
  /** `state` and `version` of all statuses of one submission, in the order of arrival. */
  versions(id: string): string[];
  watch(...ids: string[]): void;
  unwatch(...ids: string[]): void;
  closed: Promise<number>;
  /** Resolves once the condition holds; otherwise fails, showing what was received last. */
  until(what: string, holds: () => boolean): Promise<void>;
}

export async function openBrowser(url: string, options: ClientOptions = {}): Promise<Browser> {
  const socket = new WebSocket(url, options);
  const received: ServerMessage[] = [];
  socket.on('message', (data) => received.push(serverMessageSchema.parse(JSON.parse(String(data)))));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  // What the server did to the connection shows in `closed`.
  socket.on('error', () => {});
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  const statuses = (id: string) =>
    received.flatMap((message) =>
      message.type === 'status' && message.status.id === id ? [message.status] : [],
    );
  return {
    socket,
    received,
    statuses,
    versions: (id) => statuses(id).map(({ state, version }) => `${state} ${version}`),
    watch: (...ids) => send({ type: 'watch', ids }),
    unwatch: (...ids) => send({ type: 'unwatch', ids }),
    closed,
    until: async (what, holds) => {
      await vi.waitFor(
        () => {
          if (holds()) return;
          throw new Error(
            `awaited ${what}; of ${received.length} messages the last: ${JSON.stringify(received.slice(-5))}`,
          );
        },
        { ...deadline, interval: 5 },
      );
    },
  };
}
