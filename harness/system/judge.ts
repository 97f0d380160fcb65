// The system under test: one Redis, and the services on it, each a process or a container (ground.ts). Starts, replaces and stops them; which of them
// to break, and when, is the nemesis' business.

import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { loadConfig, queueSettings, workerSchema } from '../../services/shared/config.ts';
import type { JobState } from '../../services/shared/contract.ts';
import { loadAdapter } from '../../services/shared/queue/load.ts';
import type { Producer } from '../../services/shared/queue/queue.ts';
import { waitUntil } from '../wait.ts';
import { composeGround, type Stack } from './compose-ground.ts';
import type { DeadMan } from './dead-man.ts';
import { createDisk, type Disk, whyNoDisk } from './disk.ts';
import { processes } from './ground.ts';
import { type LedgerTail, ledgerTail } from './ledger-tail.ts';
import { linksOf, redisUrlThrough } from './links.ts';
import { freePort } from './ports.ts';
import type { ManagedProcess } from './process.ts';
import type { TcpProxy } from './proxy.ts';
import type { RedisProgram } from './redis-program.ts';
import { type RedisServer, redisServer } from './redis-server.ts';
import { type RedisSource, whyNoDiskFor } from './redis-source.ts';
import type { Service } from './service-programs.ts';
import type { SystemSpec } from './spec.ts';

export type { Service };

export interface Instance {
  readonly service: Service;
  readonly name: string;
  readonly port: number;
  readonly url: string;
  readonly process: ManagedProcess;
  /** Between it and Redis, and between its clients and it: where the spec says so. */
  readonly redisProxy?: TcpProxy | undefined;
  readonly clientProxy?: TcpProxy | undefined;
}

export interface JudgeSystem {
  readonly spec: SystemSpec;
  /** The machine's monotonic clock when the experiment began: a history's 0. */
  readonly originMs: number;
  readonly redisUrl: string;
  /** All keys of this system begin with it. */
  readonly prefix: string;
  /** @throws {Error} if the server is external: the harness does not own it */
  ownRedis(): RedisServer;
  /** What Redis keeps its data on, if that is a disk of its own. */
  readonly disk: Disk | undefined;
  /** Why it has none, though it would have one where it can, and how to get one. */
  readonly noDisk: string | undefined;
  /** Those that were started and not yet retired, in the order of their start. */
  instances(service: Service): readonly Instance[];
  /** Starts one more and waits until it is ready. `port`: take over a retired instance's address. */
  start(service: Service, port?: number): Promise<Instance>;
  /** Takes an instance off the list; how its process ends is up to the caller. */
  retire(instance: Instance): void;
  readonly ledger: LedgerTail;
  /** How many jobs are in each state now, by the queue's own account. */
  counts(): Promise<Record<JobState, number>>;
  stop(): Promise<void>;
}

export interface Place {
  redis: RedisSource;
  deadMan: DeadMan;
  /** Data that dies with the run. */
  temporaryDir: string;
  /** Ledgers and logs: they stay. */
  outputDir: string;
  /** Unique for this run on this server. */
  prefix: string;
  projectRoot: string;
  originMs: number;
  /** The containers of compose.yaml instead of processes. */
  stack?: Stack | undefined;
  /** Given the address at which the services reach the harness: where they send their spans, if anywhere (OTLP over HTTP). */
  takeSpans?(host: string): Promise<string | undefined>;
}

const startDeadlineMs = 20_000;

export async function startJudge(spec: SystemSpec, place: Place): Promise<JudgeSystem> {
  const { deadMan, prefix } = place;
  const logsDir = join(place.outputDir, 'logs');
  const ledgerDir = join(place.outputDir, 'ledger');
  mkdirSync(logsDir, { recursive: true });
  mkdirSync(ledgerDir, { recursive: true });

  // First: if it fails, nothing is there yet that would have to go.
  const ground = place.stack
    ? await composeGround(place.stack, place)
    : await processes(spec.queue, place.projectRoot, deadMan);
  const { disk, noDisk } = await openDisk(spec, place).catch(async (error) => {
    await ground.close();
    throw error;
  });
  const dataDir = disk?.mountPoint ?? place.temporaryDir;
  const own =
    place.redis.kind !== 'external'
      ? await startRedis(spec, ground.program(place.redis), deadMan, dataDir, logsDir).catch(
          async (error) => {
            await disk?.remove();
            await ground.close();
            throw error;
          },
        )
      : undefined;
  const redisUrl = own?.url ?? (place.redis as { url: string }).url;
  const ledger = ledgerTail();
  const running: Instance[] = [];
  const launched: ManagedProcess[] = [];
  const links = linksOf(spec);
  const started: Record<Service, number> = { api: 0, worker: 0, subscriber: 0 };

  let otlpEndpoint: string | undefined;

  const start = async (service: Service, takeOver?: number): Promise<Instance> => {
    const name = `${service}-${++started[service]}`;
    const port = takeOver ?? (await freePort());
    const ledgerFile = join(ledgerDir, `${name}.ndjson`);
    ledger.follow(ledgerFile);
    const redisProxy = await links.toRedis(service, redisUrl);
    const clientProxy = await links.toService(service, port);
    const process = await ground.launch({
      service,
      name,
      port,
      logFile: join(logsDir, `${name}.log`),
      env: {
        ...settingsOf(spec, ground.redisUrl(redisUrlThrough(redisProxy, redisUrl)), prefix),
        SERVICE_NAME: name,
        OTEL_SERVICE_NAME: service,
        LEDGER_FILE: ledgerFile,
        ...(otlpEndpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }),
        ...spec.env[service],
      },
    });
    launched.push(process);
    await process.waitForLog('"msg":"ready"', startDeadlineMs);
    const url = `http://127.0.0.1:${clientProxy?.port ?? port}`;
    const instance = { service, name, port, url, process, redisProxy, clientProxy };
    running.push(instance);
    return instance;
  };

  let reader: Producer | undefined;
  const counts = async (): Promise<Record<JobState, number>> => {
    reader ??= await openReader(settingsOf(spec, redisUrl, prefix));
    return reader.counts();
  };

  const stop = async (): Promise<void> => {
    await reader?.close();
    await Promise.all(launched.filter((process) => process.alive()).map((process) => process.kill()));
    await links.close();
    ledger.read();
    ledger.close();
    if (own) await own.stop();
    else await removeKeys(redisUrl, prefix);
    await disk?.remove();
    await ground.close();
  };

  const many = (service: Service, count: number) => Array.from({ length: count }, () => start(service));
  try {
    otlpEndpoint = await place.takeSpans?.(ground.harnessHost);
    const { apis, workers, subscribers } = spec;
    await Promise.all([...many('api', apis), ...many('worker', workers), ...many('subscriber', subscribers)]);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    spec,
    originMs: place.originMs,
    redisUrl,
    prefix,
    ownRedis: () => {
      if (own === undefined) throw new Error(`${redisUrl} is not the harness's own server`);
      return own;
    },
    instances: (service) => running.filter((instance) => instance.service === service),
    start,
    retire: (instance) => {
      const index = running.indexOf(instance);
      if (index >= 0) running.splice(index, 1);
    },
    disk,
    noDisk,
    ledger,
    counts,
    stop,
  };
}

function settingsOf(spec: SystemSpec, redisUrl: string, prefix: string): Record<string, string> {
  return {
    REDIS_URL: redisUrl,
    QUEUE: spec.queue,
    QUEUE_PREFIX: prefix,
    QUEUE_LEASE_MS: String(spec.leaseMs),
    WORKER_CONCURRENCY: String(spec.concurrency),
  };
}

async function openDisk(
  { disk }: SystemSpec,
  { deadMan, redis, temporaryDir }: Place,
): Promise<{ disk: Disk | undefined; noDisk: string | undefined }> {
  if (disk === null) return { disk: undefined, noDisk: undefined };
  const noDisk = whyNoDiskFor(redis) ?? (await whyNoDisk(deadMan));
  if (noDisk === undefined) return { disk: await createDisk(temporaryDir, disk.sizeMiB, deadMan), noDisk };
  if (disk.needed === 'always') throw new Error(noDisk);
  return { disk: undefined, noDisk };
}

async function startRedis(
  spec: SystemSpec,
  program: RedisProgram,
  deadMan: DeadMan,
  dataDir: string,
  logsDir: string,
): Promise<RedisServer> {
  const dir = join(dataDir, 'redis');
  mkdirSync(dir, { recursive: true });
  fsyncDirectory(dataDir); // a data directory outlives a power cut: it was made long ago
  const server = await redisServer(
    { program, name: 'redis', dir, logFile: join(logsDir, 'redis.log'), settings: spec.redis },
    deadMan,
  );
  await server.start();
  return server;
}

function fsyncDirectory(dir: string): void {
  const fd = openSync(dir, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

/** The queue as the services see it, to read its counts. */
async function openReader(settings: Record<string, string>): Promise<Producer> {
  const config = loadConfig(workerSchema, settings);
  const producer = (await loadAdapter(config.QUEUE)).producer(queueSettings(config));
  const answers = () =>
    producer.ping().then(
      () => true,
      () => false,
    );
  await waitUntil(answers, { what: 'the queue to answer', deadlineMs: 5000 });
  return producer;
}

/** On a server that is not ours, only what this run wrote goes away. */
async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  redis.on('error', () => {});
  try {
    for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
      if (keys.length > 0) await redis.unlink(...(keys as string[]));
    }
  } finally {
    redis.disconnect();
  }
}

/** Resolves once /readyz of an instance says yes. */
export async function untilReady(instance: Instance, deadlineMs: number): Promise<void> {
  await waitUntil(async () => (await fetch(`${instance.url}/readyz`).catch(() => undefined))?.ok, {
    what: `${instance.name} to be ready`,
    deadlineMs,
    everyMs: 20,
  });
}
