// A publisher of numbered messages and many receivers. What each one got, and when it listened, goes into the history:
// ops `publish`; observations `listening`, `listens` and `receive`, whose process is the receiver's number.

import { Redis } from 'ioredis';
import type { Steady, Workload, WorkloadArena } from '../claim.ts';
import { sleepUntil, waitUntil } from '../wait.ts';
import { openReceiver, publish, type Receiver, type Transport } from './channel.ts';

export interface BroadcastOptions {
  transport: Transport;
  receivers: number;
  messages: number;
  ratePerSecond: number;
  /** How long a receiver stays away after its connection was lost. @default 50 */
  awayMs?: number;
}

const steadyMessages = 5;

/** The name of a receiver's connection. */
export function receiverName(index: number): string {
  return `receiver-${index}`;
}

export function broadcast(options: BroadcastOptions): Workload {
  const { transport, messages, ratePerSecond, awayMs = 50 } = options;
  const receivers: Receiver[] = [];
  let redis: Redis | undefined;
  let next = 0;
  let received = 0;
  const key = ({ target }: WorkloadArena) => `${target.prefix}broadcast`;

  const send = async (arena: WorkloadArena, count: number): Promise<void> => {
    const { history, signal } = arena;
    const began = history.now();
    const sent: Promise<void>[] = [];
    for (let turn = 0; turn < count; turn++) {
      await sleepUntil(began + (turn * 1000) / ratePerSecond, history.now, signal);
      const n = next++;
      const op = history.invoke('publish', { n });
      const done = publish(redis!, transport, key(arena), n).then(
        (reply) => op.complete('ok', { n, reply }),
        (error: Error) => op.complete('info', { n }, error.message),
      );
      sent.push(done);
    }
    await Promise.all(sent);
  };

  const open = async (arena: WorkloadArena): Promise<void> => {
    const { history, target, signal } = arena;
    redis = new Redis(target.redisUrl);
    redis.on('error', () => {});
    let listening = 0;
    for (let index = 0; index < options.receivers; index++) {
      const receiver = openReceiver(
        transport,
        { url: target.redisUrl, key: key(arena), name: receiverName(index), awayMs },
        {
          listening: () => history.observe(index, 'listening', {}),
          listens: () => {
            listening++;
            history.observe(index, 'listens', {});
          },
          message: (n) => {
            received++;
            history.observe(index, 'receive', { n });
          },
        },
      );
      receivers.push(receiver);
    }
    const what = `${options.receivers} receivers to listen`;
    await waitUntil(() => listening >= options.receivers, { what, deadlineMs: 20_000, signal });
  };

  return {
    plan: options,
    steady: async (arena): Promise<Steady> => {
      await open(arena);
      await send(arena, steadyMessages);
      // Each message reaches at least one: what "everyone gets it" means beyond that is the claim's business.
      const arrived = await waitUntil(() => received >= steadyMessages, {
        what: 'the first messages',
        deadlineMs: 5000,
        signal: arena.signal,
      }).catch((error: Error) => error.message);
      return arrived === true ? { passed: true } : { passed: false, why: `${arrived}; ${received} arrived` };
    },
    load: (arena) => send(arena, messages),
    quiesce: async ({ history, signal }) => {
      let seen = received;
      let changedAtMs = history.now();
      const quiet = () => {
        if (received !== seen) changedAtMs = history.now();
        seen = received;
        return history.now() - changedAtMs > 500;
      };
      await waitUntil(quiet, { what: 'the last messages', deadlineMs: 20_000, everyMs: 20, signal });
    },
    finalReads: async (arena) => {
      const op = arena.history.invoke('kept', {});
      op.complete('ok', { keys: await redis!.exists(key(arena)) });
    },
    close: async () => {
      for (const receiver of receivers) receiver.close();
      redis?.disconnect();
    },
  };
}
