// The API process: settings, wiring, signals. It starts and stays up whether Redis is there or not.

import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiConfig, apiSchema, loadConfig, queueSettings } from '../shared/config.ts';
import { sandboxLimits } from '../shared/judge/limits.ts';
import { openLedger } from '../shared/ledger.ts';
import { openLog } from '../shared/log.ts';
import { loadAdapter } from '../shared/queue/load.ts';
import type { Producer } from '../shared/queue/queue.ts';
import { flushSpans } from '../shared/telemetry/tracing.ts';
import { createApi } from './app.ts';
import { drain } from './drain.ts';
import { createApiServer } from './http-server.ts';
import { createMetrics } from './metrics.ts';
import { openPublisher } from './publisher.ts';
import { createReach } from './reach.ts';

const exitBadUsage = 64;
const closeWithinMs = 3000;

const { config, producer } = await configure();
const name = config.SERVICE_NAME ?? 'api';
const log = openLog(name, config.LOG_LEVEL);
const publisher = openPublisher(config, log);
let draining = false;

const apiServer = createApiServer(
  createApi({
    producer,
    // Inline, nothing is to be reached: it takes as long as the code takes.
    reach: createReach(config.API_MODE === 'inline' ? 'defaults' : config.REDIS_CLIENT, log),
    publish: publisher.publish,
    ledger: openLedger(config.LEDGER_FILE, name),
    metrics: createMetrics(producer, config.QUEUE_CAP),
    log,
    isDraining: () => draining,
  }),
);
const { server } = apiServer;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
try {
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const what = code === 'EADDRINUSE' ? 'the port is in use' : message;
  log.fatal({ host: config.HOST, port: config.PORT, code }, `cannot listen: ${what}`);
  process.exit(1);
}
const { port } = server.address() as AddressInfo;
log.info(
  {
    host: config.HOST,
    port,
    mode: config.API_MODE,
    queue: config.QUEUE,
    startMs: Math.round(performance.now()),
  },
  'ready',
);
// With NODE_COMPILE_CACHE set, starts are a third shorter; Node itself writes the cache only at an orderly exit.
flushCompileCache();

async function configure(): Promise<{ config: ApiConfig; producer: Producer }> {
  try {
    const config = loadConfig(apiSchema);
    return { config, producer: config.API_MODE === 'inline' ? await inline(config) : await queued(config) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(exitBadUsage);
  }
}

/** The sandbox is loaded in this mode only: it would cost every other start its time. */
async function inline(config: ApiConfig): Promise<Producer> {
  const { createInlineProducer } = await import('./inline-producer.ts');
  return createInlineProducer(sandboxLimits(config));
}

async function queued(config: ApiConfig): Promise<Producer> {
  const adapter = await loadAdapter(config.QUEUE);
  return adapter.producer(queueSettings(config));
}

function stop(signal: string): void {
  if (draining) process.exit(1);
  draining = true;
  log.info({ signal }, 'draining');
  drain(apiServer, { lameDuckMs: config.API_LAME_DUCK_MS, graceMs: config.DRAIN_GRACE_MS }).then(
    async ({ cut }) => {
      // A user's own adapter may never finish closing.
      await Promise.race([
        Promise.allSettled([producer.close(), publisher.close(), flushSpans()]),
        delay(closeWithinMs),
      ]);
      log.info({ cut }, 'stopped');
      process.exit(0);
    },
  );
}
