// Starts the subscriber from its environment and owns its signals. Exit status: 0 stopped by a signal, 1 could not listen
// or was told twice to stop, 64 bad settings.

import { loadConfig, queueSettings, subscriberSchema } from '../shared/config.ts';
import { openLog } from '../shared/log.ts';
import { loadAdapter } from '../shared/queue/load.ts';
import { flushSpans } from '../shared/telemetry/tracing.ts';
import { Subscriber } from './subscriber.ts';

/** Clients answer a close at once or not at all. */
const closeGraceMsMost = 2000;

const { config, adapter } = await settings();
const log = openLog(config.SERVICE_NAME ?? 'subscriber', config.LOG_LEVEL);
const subscriber = new Subscriber(config, adapter.producer(queueSettings(config)), log);

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));

try {
  let listeningOn = config.PORT;
  await subscriber.start((port) => {
    listeningOn = port;
    log.info({ port }, 'listening');
  });
  log.info({ port: listeningOn, startupMs: Math.round(process.uptime() * 1000) }, 'ready');
} catch (error) {
  const { HOST, PORT } = config;
  log.fatal(`cannot listen on ${HOST}:${PORT}: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

async function stop(signal: string): Promise<void> {
  if (stopping) process.exit(1);
  stopping = true;
  log.info({ signal }, 'stopping');
  await subscriber.stop(Math.min(config.DRAIN_GRACE_MS, closeGraceMsMost));
  await flushSpans();
  process.exit(0);
}

async function settings() {
  try {
    const config = loadConfig(subscriberSchema);
    return { config, adapter: await loadAdapter(config.QUEUE) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(64);
  }
}
