// The connections of a queue adapter: one for short commands, one for a bounded blocking pop that can be called off.

import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { openRedis, type RedisSettings } from '../redis.ts';

/** How long one blocking pop waits. redis.ts gives up on a blocking connection that is silent for a second more. */
export const blockMs = 1000;

/** Errors of the connection reach whoever has a command under way; there is nobody else to tell. */
export function openCommands(settings: RedisSettings): Redis {
  return openRedis(settings, 'commands', () => {});
}

/**
 * Resolves when the socket is gone: at once, or after two seconds if Redis no longer answers. (Closed between two
 * attempts to connect, ioredis still keeps a timer, and with it the process, for two seconds.)
 */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'end') return;
  // Between two attempts there is no socket whose end could be awaited.
  const connected = redis.status !== 'reconnecting' && redis.status !== 'close';
  const ended = new Promise<void>((resolve) => {
    redis.once('end', resolve);
  });
  redis.disconnect();
  if (connected) await ended;
}

export type BlockingPop = (redis: Redis, blockSeconds: number) => Promise<unknown>;

export interface BlockingReader {
  /**
   * One blocking pop. When the signal aborts Redis is told to end it, and the reply is awaited all the same: either
   * nothing was popped or the reply says what.
   */
  wait(pop: BlockingPop, signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

export function openBlockingReader(settings: RedisSettings, commands: Redis): BlockingReader {
  const redis = openRedis(settings, 'blocking', () => {});
  let clientId: Promise<number | undefined> | undefined;
  redis.on('close', () => {
    clientId = undefined;
  });

  return {
    async wait(pop, signal) {
      if (signal.aborted) return null;
      clientId ??= redis.client('ID').catch(() => {
        clientId = undefined;
        return undefined;
      });
      const id = clientId;
      let settled = false;
      // Again and again, because the first may overtake the pop that it should end.
      const unblock = async () => {
        while (!settled) {
          const blocked = await id;
          if (blocked !== undefined && !settled) await commands.client('UNBLOCK', blocked).catch(() => 0);
          await delay(5);
        }
      };
      signal.addEventListener('abort', unblock, { once: true });
      try {
        return await pop(redis, blockMs / 1000);
      } finally {
        settled = true;
        signal.removeEventListener('abort', unblock);
      }
    },
    close: () => closeRedis(redis),
  };
}
