// `npm start`: the judge alone on an embedded Redis, until Ctrl-C. No claims, no faults; nothing of it stays.
//
// Exit status: 0 stopped by Ctrl-C, SIGTERM or SIGHUP (that is how it is meant to end, and npm would report another status as
// a failure) · 64 bad usage · 70 it did not start, or a service ended by itself.

import { resolve } from 'node:path';
import { Command } from 'commander';
import { exitWith, onInterrupt, write } from './command.ts';
import { parseWith, wholeNumber } from './flags.ts';
import { welcome } from './report/welcome.ts';
import { type DeadMan, startDeadMan } from './system/dead-man.ts';
import { findRedis, UsageError } from './system/find-redis.ts';
import { type Stand, startStand } from './system/stand.ts';

interface Flags {
  port: number;
  workers: number;
  redis?: string;
}

const projectRoot = resolve(import.meta.dirname, '..');

/** Settings of the services that the environment may say; all else of it stays outside. */
function handedOn({ LOG_LEVEL, OTEL_EXPORTER_OTLP_ENDPOINT }: NodeJS.ProcessEnv): Record<string, string> {
  return {
    ...(LOG_LEVEL && { LOG_LEVEL }),
    ...(OTEL_EXPORTER_OTLP_ENDPOINT && { OTEL_EXPORTER_OTLP_ENDPOINT }),
  };
}
const subscriberPort = 3002;
/** Ctrl-C is to take 3 s at most: what is not gone by then is the dead-man's, who takes a tenth of a second. */
const stopMs = 2500;

const interrupted = onInterrupt();
const end = new Promise<'end'>((done) => {
  interrupted.signal.addEventListener('abort', () => done('end'), { once: true });
});
await exitWith(await main(process.argv.slice(2)).catch(fail));

async function main(argv: string[]): Promise<number> {
  let deadMan: DeadMan | undefined;
  try {
    const flags = parseWith<Flags>(command(), argv, 'npm start -- --help');
    if (flags === undefined) return 0;
    const found = await Promise.race([find(flags), end]);
    if (found === 'end') return 0;
    deadMan = await startDeadMan();
    return await stay(flags, found, deadMan);
  } finally {
    await deadMan?.dismiss();
  }
}

async function fail(error: Error): Promise<number> {
  const usage = error instanceof UsageError;
  await write(process.stderr, `${usage ? '' : 'the judge failed: '}${error.message}\n`);
  return usage ? 64 : 70;
}

async function stay(
  flags: Flags,
  found: Awaited<ReturnType<typeof find>>,
  deadMan: DeadMan,
): Promise<number> {
  const { redis, from } = found;
  const { workers, port: apiPort } = flags;
  const starting = startStand({
    ...{ redis, deadMan, projectRoot, workers, apiPort, subscriberPort },
    settings: handedOn(process.env),
  });
  const stand = await Promise.race([starting, end]);
  if (stand === 'end') return 0;
  await write(process.stdout, welcome(stand, { apiPort, subscriberPort, redis, from }));
  const how = await Promise.race([stand.broken, end]);
  if (how !== 'end') await write(process.stderr, `\n${how}\n`);
  await write(process.stdout, '\nstopping … ');
  await inTime(stand);
  await write(process.stdout, 'all of it is gone\n');
  return how === 'end' ? 0 : 70;
}

function find({ redis: flag }: Flags): ReturnType<typeof findRedis> {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  return findRedis({ flag, projectRoot, env: process.env, say });
}

/** However it goes: the dead-man comes after it. */
function inTime(stand: Stand): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, stopMs);
    stand
      .stop()
      .catch(() => {})
      .finally(() => {
        clearTimeout(timer);
        done();
      });
  });
}

function command(): Command {
  return new Command('npm start --')
    .description(
      'Starts the judge (API, workers, subscriber) on a Redis of its own, until Ctrl-C. Nothing is kept.',
    )
    .option('--port <n>', 'of the API; another free one if it is taken', wholeNumber(1, 65_535), 3000)
    .option('--workers <n>', 'how many worker processes', wholeNumber(1, 64), 2)
    .option(
      '--redis <url>',
      'docker, docker:<image>, or a server that is there already, such as redis://127.0.0.1:6379',
    )
    .addHelpText(
      'after',
      '\nExit status: 0 stopped, 64 bad usage, 70 it did not start or a service ended by itself.',
    );
}
