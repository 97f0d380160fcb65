// The worker process: settings, connections, signals. What a worker does is in worker.ts.
// Exit status: 0 drained after SIGTERM or SIGINT, 1 on a second one or a crash, 64 bad settings.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { availableParallelism } from 'node:os';
import { loadConfig, queueSettings, type WorkerConfig, workerSchema } from '../shared/config.ts';
import { startProbe } from '../shared/http-probe.ts';
import { sandboxLimits } from '../shared/judge/limits.ts';
import { openLedger } from '../shared/ledger.ts';
import { openLog } from '../shared/log.ts';
import { loadAdapter } from '../shared/queue/load.ts';
import type { QueueAdapter, QueueAlert } from '../shared/queue/queue.ts';
import { openRedis } from '../shared/redis.ts';
import { flushSpans } from '../shared/telemetry/tracing.ts';
import { createMetrics } from './metrics.ts';
import { openPool } from './pool.ts';
import { statusPublisher } from './status-publisher.ts';
import { startWorker } from './worker.ts';

const publisherWaitMs = 500;

async function main(config: WorkerConfig, adapter: QueueAdapter): Promise<void> {
  const name = config.SERVICE_NAME ?? `worker-${process.pid}`;
  const log = openLog(name, config.LOG_LEVEL);
  const settings = queueSettings(config);
  const metrics = createMetrics(config.WORKER_CONCURRENCY);
  const pool = openPool(config.WORKER_CONCURRENCY, sandboxLimits(config));
  const redis = openRedis(settings.redis, 'commands', (error) =>
    log.debug({ error: error.message }, 'publisher connection'),
  );
  let draining = false;
  const probe = await startProbe({
    host: config.HOST,
    port: config.PORT,
    registry: metrics.registry,
    ready: async () => !draining && (await redis.ping()) === 'PONG',
  });
  // Else the first statuses would be lost for want of a connection. If Redis is away, the worker waits for it later.
  const connected = once(redis, 'ready', { signal: AbortSignal.timeout(publisherWaitMs) }).catch(() => {});
  // A job must not be claimed, its lease running, before there is a warm thread to run it.
  await Promise.all([connected, pool.warm(availableParallelism())]);
  // Unique in each life: a new process must not take over what the old one held without a new fence.
  const uniqueName = `${name}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const ledger = openLedger(config.LEDGER_FILE, name);
  const onAlert = (alert: QueueAlert) => {
    if (alert.kind === 'never-claimed') {
      const { job, worker: from } = alert;
      ledger({ event: 'returned', job, from });
      log.warn({ job, from }, 'job given back: its worker died before it claimed it');
      return;
    }
    const { kind, detail } = alert;
    metrics.queueAlerts.inc({ kind });
    log.error({ kind, detail }, 'the queue is damaged');
  };
  const tools = {
    consumer: adapter.consumer(settings, uniqueName, onAlert),
    pool,
    ledger,
    log,
    metrics,
    publish: statusPublisher(redis, config.QUEUE_PREFIX, log),
  };
  const worker = startWorker(tools, {
    concurrency: config.WORKER_CONCURRENCY,
    heartbeatEveryMs: config.WORKER_HEARTBEAT_EVERY_MS || Math.ceil(config.QUEUE_LEASE_MS / 3),
    reapEveryMs: config.WORKER_REAP_EVERY_MS,
    drainGraceMs: config.DRAIN_GRACE_MS,
  });

  const stop = async (signal: NodeJS.Signals) => {
    if (draining) process.exit(1);
    draining = true;
    log.info({ signal }, 'stopping');
    await worker.drain();
    // What was published last must have left before the connection closes.
    await redis.quit().catch(() => redis.disconnect());
    await Promise.all([probe.close(), flushSpans()]);
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  log.info({ port: probe.port, queue: adapter.name, concurrency: config.WORKER_CONCURRENCY }, 'ready');
  // Where NODE_COMPILE_CACHE is set, workers start in 60 % of the time; without this only a clean exit would fill it.
  flushCompileCache();
}

let config: WorkerConfig;
let adapter: QueueAdapter;
try {
  config = loadConfig(workerSchema);
  adapter = await loadAdapter(config.QUEUE);
} catch (error) {
  process.stderr.write(`worker: ${(error as Error).message}\n`);
  process.exit(64);
}
await main(config, adapter);
