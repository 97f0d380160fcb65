// The subscriber, assembled: one Redis subscription, many WebSocket clients, and the reads that make up for what pub/sub
// loses. It owns no signals and reads no environment.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebSocket } from 'ws';
import type { SubscriberConfig } from '../shared/config.ts';
import type { ClientMessage, PublishedStatus, Status } from '../shared/contract.ts';
import type { Log } from '../shared/log.ts';
import type { JobRecord, Producer } from '../shared/queue/queue.ts';
import { statusChannel } from '../shared/status-channel.ts';
import { delivering, traceIdOf } from '../shared/telemetry/tracing.ts';
import { Client } from './client.ts';
import { Feed } from './feed.ts';
import { createHttp } from './http.ts';
import { createMetrics, type DeliverySource, type InvalidSource } from './metrics.ts';
import { StateReader } from './state-reader.ts';
import { statusOf } from './status.ts';
import { Watches } from './watches.ts';

export class Subscriber {
  readonly #config: SubscriberConfig;
  readonly #producer: Producer;
  readonly #log: Log;
  readonly #metrics = createMetrics();
  readonly #watches = new Watches();
  readonly #clients = new Set<Client>();
  readonly #reader: StateReader;
  readonly #feed: Feed;
  readonly #server: Server;
  #timers: NodeJS.Timeout[] = [];
  #draining = false;
  #onFirstSubscription = () => {};
  #lastClientGone: (() => void) | undefined;

  /** @param producer read from only; closed by `stop`. */
  constructor(config: SubscriberConfig, producer: Producer, log: Log) {
    this.#config = config;
    this.#producer = producer;
    this.#log = log;
    this.#reader = new StateReader({
      get: (id) => producer.get(id),
      wanted: (id) => this.#watches.has(id),
      found: (id, record) => this.#found(id, record),
      failed: (error, ids) => log.warn({ err: error, ids }, 'reading states failed; trying again'),
    });
    this.#feed = new Feed({
      redis: { url: config.REDIS_URL, client: config.REDIS_CLIENT },
      channel: statusChannel(config.QUEUE_PREFIX),
      log,
      onStatus: (published) => this.#push(published),
      onInvalid: (problem) => this.#refused('redis', problem),
      onSubscribed: () => this.#subscribed(),
    });
    this.#server = createHttp({
      registry: this.#metrics.registry,
      notReady: () => this.#notReady(),
      draining: () => this.#draining,
      onClient: (socket) => this.#welcome(socket),
      onRefusedUpgrade: (problem) => this.#refused('upgrade', problem),
    });
  }

  /**
   * Resolves once it listens and has subscribed for the first time, however long Redis takes.
   * @param onListening called with the port, perhaps long before that
   * @throws the listen error, such as EADDRINUSE
   */
  async start(onListening: (port: number) => void): Promise<void> {
    const { SUBSCRIBER_PING_EVERY_MS, SUBSCRIBER_SWEEP_EVERY_MS } = this.#config;
    const subscribed = new Promise<void>((resolve) => {
      this.#onFirstSubscription = resolve;
    });
    this.#feed.start();
    onListening(await this.#listen());
    // The pongs that came while this process was stalled are read before anyone is judged by them.
    const ping = () => setImmediate(() => this.#clients.forEach((client) => void client.ping()));
    this.#timers.push(setInterval(ping, SUBSCRIBER_PING_EVERY_MS));
    if (SUBSCRIBER_SWEEP_EVERY_MS > 0) {
      this.#timers.push(setInterval(() => this.#resync(), SUBSCRIBER_SWEEP_EVERY_MS));
    }
    await subscribed;
  }

  #listen(): Promise<number> {
    const { PORT, HOST } = this.#config;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(PORT, HOST, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  /** Tells every client to come back later, then closes everything. Clients that do not answer are cut off. */
  async stop(graceMs: number): Promise<void> {
    this.#draining = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#feed.close();
    this.#reader.close();
    for (const client of this.#clients) client.close(1012, 'service restart');
    await this.#clientsGone(graceMs);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    await this.#producer.close();
  }

  async #clientsGone(graceMs: number): Promise<void> {
    if (this.#clients.size === 0) return;
    const deadline = setTimeout(() => {
      for (const client of this.#clients) client.terminate();
    }, graceMs);
    await new Promise<void>((resolve) => {
      this.#lastClientGone = resolve;
    });
    clearTimeout(deadline);
  }

  #subscribed(): void {
    this.#reader.resume();
    this.#resync();
    this.#onFirstSubscription();
  }

  #welcome(socket: WebSocket): void {
    const client = new Client(socket, {
      bufferLimitBytes: this.#config.SUBSCRIBER_BUFFER_LIMIT_BYTES,
      onMessage: (from, message) => this.#serve(from, message),
      onInvalid: (problem) => this.#refused('client', problem),
      onCutOff: (reason, unsentBytes) => {
        this.#metrics.cutOff.inc({ reason });
        this.#log.warn({ reason, unsentBytes }, 'client cut off');
      },
      onGone: (gone) => {
        this.#clients.delete(gone);
        this.#watches.drop(gone);
        this.#metrics.clients.set(this.#clients.size);
        if (this.#clients.size === 0) this.#lastClientGone?.();
      },
    });
    this.#clients.add(client);
    this.#metrics.clients.set(this.#clients.size);
  }

  #serve(client: Client, { type, ids }: ClientMessage): void {
    if (type === 'watch') this.#watch(client, ids);
    else this.#watches.remove(client, ids);
  }

  #watch(client: Client, ids: string[]): void {
    const { fresh, watched } = this.#watches.room(client, ids);
    const most = this.#config.SUBSCRIBER_WATCH_LIMIT;
    if (watched + fresh > most) {
      client.refuse(
        `ids: ${fresh} more than the ${watched} watched now would pass the limit of ${most}; none was added`,
      );
      return;
    }
    // First the watch, then the read: a change that comes between them is pushed, and the read is then no news.
    this.#watches.add(client, ids);
    if (this.#config.SUBSCRIBER_RESYNC) this.#reader.request(ids);
  }

  /** Reads again all that somebody waits for. */
  #resync(): void {
    if (this.#config.SUBSCRIBER_RESYNC) this.#reader.request(this.#watches.ids());
  }

  #found(id: string, record: JobRecord | null): void {
    if (record === null) {
      this.#watches.deliverUnknown(id);
      return;
    }
    const status = statusOf(record);
    if ('problem' in status) this.#refused('record', `${id}: ${status.problem}`);
    else this.#deliver(status.value, 'read');
  }

  #push({ status, publishedAtMs, trace }: PublishedStatus): void {
    delivering(status, trace, () => {
      const sent = this.#deliver(status, 'live');
      const durationSeconds = Math.max(0, Date.now() - publishedAtMs) / 1000;
      for (let i = 0; i < sent; i++)
        this.#metrics.delivery.observe({ transport: 'websocket' }, durationSeconds, traceIdOf(trace));
      return { sent };
    });
  }

  /** @returns to how many clients it was sent */
  #deliver(status: Status, source: DeliverySource): number {
    const { sent, stale } = this.#watches.deliver(status);
    this.#metrics.deliveries.inc({ source }, sent);
    // A sweep that finds nothing new is no stale status.
    if (source === 'live') this.#metrics.stale.inc(stale);
    return sent;
  }

  #refused(source: InvalidSource, problem: string): void {
    this.#metrics.invalid.inc({ source });
    this.#log.warn({ source, problem }, 'refused an invalid message');
  }

  #notReady(): string | null {
    if (this.#draining) return 'shutting down';
    return this.#feed.subscribed ? null : 'not subscribed: Redis cannot be reached';
  }
}
