// Settings of the services: environment variables, parsed once, frozen, passed on. Nothing else reads process.env.

import { z } from 'zod';
import type { QueueSettings } from './queue/queue.ts';

const ms = (least: number, most: number) =>
  z.coerce
    .number({ error: `a whole number of milliseconds from ${least} to ${most}` })
    .int()
    .min(least)
    .max(most);
const count = (least: number, most: number) =>
  z.coerce
    .number({ error: `a whole number from ${least} to ${most}` })
    .int()
    .min(least)
    .max(most);
const oneOf = <const T extends readonly string[]>(...values: T) =>
  z.enum(values, { error: `one of ${values.join(', ')}` });
const text = (most: number) => {
  const error = `1 to ${most} characters`;
  return z.string().min(1, { error }).max(most, { error });
};
const onOff = oneOf('on', 'off').transform((value) => value === 'on');

const shared = {
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'a URL such as redis://127.0.0.1:6379' }),
  /** `defaults` is a control: see redis.ts. */
  REDIS_CLIENT: oneOf('tuned', 'defaults').default('tuned'),
  QUEUE: text(4096).default('reliable-list'),
  QUEUE_PREFIX: text(200).default('judge:'),
  QUEUE_LEASE_MS: ms(50, 3_600_000).default(10_000),
  QUEUE_MAX_ATTEMPTS: count(0, 1000).default(3),
  QUEUE_CAP: count(0, 10_000_000).default(10_000),
  QUEUE_FENCE: onOff.default(true),
  QUEUE_POLL_EVERY_MS: ms(0, 60_000).default(0),
  QUEUE_RETENTION_MS: ms(1000, 30 * 86_400_000).default(86_400_000),
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent').default('info'),
  /** Where the execution ledger goes; none is written without it. */
  LEDGER_FILE: z.string().optional(),
  /** How this instance is called in ledgers and logs. */
  SERVICE_NAME: text(64).optional(),
  /** How long after SIGTERM the service may take to finish what it holds. */
  DRAIN_GRACE_MS: ms(0, 600_000).default(10_000),
};

const sandbox = {
  SANDBOX_TIME_LIMIT_MS: ms(10, 60_000).default(2000),
  SANDBOX_MEMORY_LIMIT_BYTES: count(1 << 20, 1 << 30).default(32 << 20),
  SANDBOX_STACK_LIMIT_BYTES: count(16 << 10, 1 << 20).default(256 << 10),
  SANDBOX_OUTPUT_LIMIT_BYTES: count(0, 16 << 20).default(64 << 10),
};

const port = (value: number) => count(0, 65_535).default(value);

export const apiSchema = z.object({
  ...shared,
  ...sandbox,
  PORT: port(3000),
  /** `inline` runs the code in the API process: the vulnerable twin that controls need. */
  API_MODE: oneOf('queue', 'inline').default('queue'),
  /** After SIGTERM, how long the API still answers while /readyz says no, so that balancers notice. */
  API_LAME_DUCK_MS: ms(0, 60_000).default(500),
});

export const workerSchema = z.object({
  ...shared,
  ...sandbox,
  PORT: port(3001),
  WORKER_CONCURRENCY: count(1, 256).default(4),
  /** 0: a third of the lease. */
  WORKER_HEARTBEAT_EVERY_MS: ms(0, 600_000).default(0),
  /** At the latest; sooner when a lease is known to end. */
  WORKER_REAP_EVERY_MS: ms(10, 600_000).default(250),
});

export const subscriberSchema = z.object({
  ...shared,
  PORT: port(3002),
  /** `off` (a control): a client that connects is not told the current state first. */
  SUBSCRIBER_RESYNC: onOff.default(true),
  /** How often watched, unfinished submissions are read again, in case a status was lost; 0: never. */
  SUBSCRIBER_SWEEP_EVERY_MS: ms(0, 600_000).default(2000),
  SUBSCRIBER_PING_EVERY_MS: ms(50, 600_000).default(15_000),
  /** A client with more unsent bytes than this is cut off. */
  SUBSCRIBER_BUFFER_LIMIT_BYTES: count(1024, 1 << 30).default(1 << 20),
  /** How many submissions one client may watch. */
  SUBSCRIBER_WATCH_LIMIT: count(1, 100_000).default(1000),
});

/** Of every service; read before the rest of it is loaded (telemetry/instrumentation.ts). */
export const telemetrySchema = z.object({
  /** Where spans go, by OTLP over HTTP; without it there are none. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'a URL such as http://127.0.0.1:4318' })
    .optional(),
  OTEL_SERVICE_NAME: text(64).optional(),
  SERVICE_NAME: shared.SERVICE_NAME,
});

export type ApiConfig = Readonly<z.infer<typeof apiSchema>>;
export type WorkerConfig = Readonly<z.infer<typeof workerSchema>>;
export type SubscriberConfig = Readonly<z.infer<typeof subscriberSchema>>;

/**
 * The settings of this process.
 * @throws {TypeError} naming each bad variable, its value and what would be right.
 */
export function loadConfig<T>(
  schema: z.ZodType<T>,
  env: Record<string, string | undefined> = process.env,
): Readonly<T> {
  const parsed = schema.safeParse(env);
  if (parsed.success) return Object.freeze(parsed.data);
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `${name}=${JSON.stringify(env[name] ?? '')}: expected ${issue.message}`;
  });
  throw new TypeError(lines.join('\n'));
}

export function queueSettings(config: ApiConfig | WorkerConfig | SubscriberConfig): QueueSettings {
  return {
    redis: { url: config.REDIS_URL, client: config.REDIS_CLIENT },
    prefix: config.QUEUE_PREFIX,
    leaseMs: config.QUEUE_LEASE_MS,
    maxAttempts: config.QUEUE_MAX_ATTEMPTS,
    cap: config.QUEUE_CAP,
    fenced: config.QUEUE_FENCE,
    pollEveryMs: config.QUEUE_POLL_EVERY_MS,
    retentionMs: config.QUEUE_RETENTION_MS,
  };
}
