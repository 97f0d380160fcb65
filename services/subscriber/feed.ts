// The one Redis subscription: parses what is published on the status channel and hands it on. Pub/sub forgets what it
// could not deliver, so it also says when the subscription stands (again): what was missed must then be read.

import type { Redis } from 'ioredis';
import type { PublishedStatus } from '../shared/contract.ts';
import type { Log } from '../shared/log.ts';
import { openRedis, type RedisSettings } from '../shared/redis.ts';
import { parsePublished } from './status.ts';

const watchEveryMs = 2000;
const answerWithinMs = 2000;

export interface FeedOptions {
  redis: RedisSettings;
  channel: string;
  log: Log;
  onStatus(published: PublishedStatus): void;
  onInvalid(problem: string): void;
  /** The server confirmed the subscription: everything published from now on arrives, until the connection is lost. */
  onSubscribed(): void;
}

export class Feed {
  readonly #options: FeedOptions;
  #redis: Redis | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #subscribed = false;
  #outageLogged = false;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get subscribed(): boolean {
    return this.#subscribed;
  }

  /** Connects and subscribes, again and again until `close`. */
  start(): void {
    const { redis: settings, onStatus, onInvalid } = this.#options;
    const redis = openRedis(settings, 'subscriber', (error) => this.#logOutage(error));
    // Subscribing on `ready` tells when the server has confirmed; the library's own resubscription does not.
    redis.options.autoResubscribe = false;
    redis.on('ready', () => void this.#subscribe(redis));
    redis.on('close', () => {
      this.#subscribed = false;
    });
    redis.on('message', (_channel: string, text: string) => {
      const parsed = parsePublished(text);
      if ('problem' in parsed) onInvalid(parsed.problem);
      else onStatus(parsed.value);
    });
    this.#redis = redis;
    this.#watchdog = setInterval(() => void this.#watch(redis), watchEveryMs);
  }

  close(): void {
    clearInterval(this.#watchdog);
    this.#redis?.disconnect();
    this.#subscribed = false;
  }

  async #subscribe(redis: Redis): Promise<void> {
    try {
      await redis.subscribe(this.#options.channel);
    } catch (error) {
      this.#logOutage(error);
      return;
    }
    this.#subscribed = redis.status === 'ready';
    if (!this.#subscribed) return;
    this.#outageLogged = false;
    this.#options.log.info({ channel: this.#options.channel }, 'subscribed');
    this.#options.onSubscribed();
  }

  /** A silent channel and a connection that died without a word look the same; a ping tells them apart. */
  async #watch(redis: Redis): Promise<void> {
    if (!this.#subscribed) return;
    const { stream } = redis;
    const deadline = setTimeout(() => {
      if (stream.destroyed) return;
      this.#options.log.warn(`Redis did not answer a ping within ${answerWithinMs} ms; reconnecting`);
      stream.destroy();
    }, answerWithinMs);
    await redis.ping().catch(() => {});
    clearTimeout(deadline);
  }

  /** Once for each outage: the client tries again several times a second. */
  #logOutage(error: unknown): void {
    if (this.#outageLogged) return;
    this.#outageLogged = true;
    this.#options.log.warn({ err: error }, 'the subscription is down; trying again');
  }
}
