// One numbered stream of messages over three transports of Redis: pub/sub, a list as a queue, a stream. The receivers
// differ only in how they receive; each says when it begins to listen, when it listens, and what it got.

import { Redis } from 'ioredis';

export type Transport = 'pubsub' | 'list' | 'stream';

export interface ReceiverEvents {
  /** The request to listen is about to be sent. */
  listening(): void;
  /** The request was answered: from now on messages must arrive. */
  listens(): void;
  message(n: number): void;
}

export interface Receiver {
  close(): void;
}

export interface ReceiverOptions {
  url: string;
  key: string;
  /** How Redis calls the connection: CLIENT SETNAME. */
  name: string;
  /** After a loss of the connection it stays away that long. */
  awayMs: number;
}

/** Publishes message `n`; resolves with what Redis said: receivers, length of the list, or id of the entry. */
export async function publish(redis: Redis, transport: Transport, key: string, n: number): Promise<unknown> {
  if (transport === 'pubsub') return redis.publish(key, String(n));
  if (transport === 'list') return redis.lpush(key, String(n));
  return redis.xadd(key, '*', 'n', String(n));
}

export function openReceiver(
  transport: Transport,
  options: ReceiverOptions,
  events: ReceiverEvents,
): Receiver {
  const redis = new Redis(options.url, {
    connectionName: options.name,
    retryStrategy: () => options.awayMs,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    lazyConnect: true,
  });
  redis.on('error', () => {});
  const receive = receivers[transport](redis, options.key, events);
  redis.on('ready', () => {
    receive().catch(() => {}); // the connection was lost: it begins again when it is ready again
  });
  redis.connect().catch(() => {});
  return { close: () => redis.disconnect() };
}

type Receive = (redis: Redis, key: string, events: ReceiverEvents) => () => Promise<void>;

const receivers: Record<Transport, Receive> = {
  pubsub: (redis, key, events) => {
    redis.on('message', (_channel, text) => events.message(Number(text)));
    return async () => {
      events.listening();
      await redis.subscribe(key);
      events.listens();
    };
  },
  list: (redis, key, events) => async () => {
    events.listening();
    events.listens();
    for (;;) {
      const popped = await redis.brpop(key, 0);
      if (popped) events.message(Number(popped[1]));
    }
  },
  stream: (redis, key, events) => {
    let last = '0';
    return async () => {
      events.listening();
      events.listens();
      for (;;) {
        const reply = await redis.xread('COUNT', 100, 'BLOCK', 0, 'STREAMS', key, last);
        for (const [id, fields] of reply?.[0]?.[1] ?? []) {
          last = id;
          events.message(Number(fields[1]));
        }
      }
    };
  },
};
