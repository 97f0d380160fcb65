// The flags of `npm run chaos`: what they are, what may be given, and what is said when something else is. No run here.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { adapterNames } from '../services/shared/queue/load.ts';
import { UsageError } from './system/find-redis.ts';

export interface Flags {
  list?: true;
  claim: string[];
  all?: true;
  seed: number;
  repeat: number;
  redis?: string;
  system: 'processes' | 'compose';
  /** The queue adapter to put under the claims, by name or as a file. */
  queue?: string;
  json?: true;
  out: string;
  strict?: true;
  /** Settings of Redis to climb the ladder of faults on, instead of the claims. */
  redisConfig?: Record<string, string>;
  /** Where the harness' own metrics are served while it runs; 0: nowhere. */
  metricsPort: number;
  metricsHost: string;
  /** A Grafana that is told of each fault. */
  grafana?: URL;
}

const maxSeed = 0xffff_ffff;

/** `undefined`: help was asked for, and shown. @throws {UsageError} one line that says what is wrong and what is right */
export function parseFlags(argv: readonly string[]): Flags | undefined {
  const flags = parseWith<Flags>(command(), argv, 'npm run chaos -- --help');
  if (flags === undefined) return undefined;
  flags.seed ??= drawSeed();
  if (flags.system === 'compose' && flags.redis !== undefined) {
    throw new UsageError(
      `--system compose brings its own Redis: leave out --redis, and set REDIS_IMAGE to choose its image`,
    );
  }
  if (flags.redisConfig !== undefined) {
    const other = flags.list
      ? '--list'
      : flags.claim.length > 0
        ? '--claim'
        : flags.all
          ? '--all'
          : flags.queue !== undefined
            ? '--queue'
            : undefined;
    if (other !== undefined) {
      throw new UsageError(
        `--redis-config runs the ladder of faults on your settings, not the claims: leave out ${other}`,
      );
    }
  }
  return flags;
}

/** What every command of the harness does with commander: one line for what is wrong, and no exit. */
export function parseWith<T>(program: Command, argv: readonly string[], help: string): T | undefined {
  const usage = (said: string, cause?: unknown) =>
    new UsageError(`${said}; \`${help}\` shows what there is`, { cause });
  program.configureOutput({ writeErr: () => {} }).exitOverride();
  try {
    program.allowExcessArguments().parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const said = error.message
      .replace(/^error: /, '')
      .replaceAll(/\s+/g, ' ')
      .replace(/\.$/, '');
    throw usage(said, error);
  }
  const extra = program.args[program.registeredArguments.length];
  if (extra !== undefined) throw usage(`${JSON.stringify(extra)} belongs to no flag`);
  return program.opts() as T;
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

function command(): Command {
  return new Command('npm run chaos --')
    .description(
      'Proves or refutes claims about Redis queues, pub/sub and persistence, with real faults on real processes.',
    )
    .option('--list', 'show the ids, sections and statements of the claims, and run nothing')
    .option(
      '--claim <id or glob>',
      'run only these, such as "fault/*"; may be given several times',
      collect,
      [],
    )
    .option('--all', 'also the claims that take long; --list shows which')
    .option(
      '--seed <number>',
      `what the plan is drawn from, 0 to ${maxSeed}; drawn if not given`,
      wholeNumber(0, maxSeed),
    )
    .option(
      '--repeat <n>',
      'run each claim n times, with the seeds seed, seed + 1, …',
      wholeNumber(1, 10_000),
      1,
    )
    .option(
      '--redis <source>',
      'docker or docker:<image> (a container of the image, such as docker:valkey/valkey:8; redis:8 if none is named), or the URL of a server that the harness does not own, such as redis://127.0.0.1:6379',
    )
    .addOption(
      new Option(
        '--system <what>',
        'processes, or compose: the containers of compose.yaml, for the claims that fit',
      )
        .choices(['processes', 'compose'])
        .default('processes'),
    )
    .option(
      '--redis-config <name=value>',
      'what these settings of Redis keep through SIGTERM, SIGKILL and a power cut; may be given several times',
      redisSetting,
    )
    .option(
      '--queue <adapter or file>',
      `put this queue under every claim that its contract allows: ${adapterNames.join(', ')}, or ./my-adapter.ts`,
    )
    .option('--json', 'results.json on standard output, progress on standard error')
    .option('--out <dir>', 'where runs are stored', directory, 'runs')
    .option('--strict', 'skipped counts as unknown')
    .option(
      '--metrics-port <port>',
      'serve /metrics (active faults, jobs so far) for Prometheus while it runs; 0: do not',
      wholeNumber(0, 65_535),
      0,
    )
    .option(
      '--metrics-host <address>',
      'on which address; containers on Linux need that of the Docker bridge, such as 172.17.0.1',
      '127.0.0.1',
    )
    .option(
      '--grafana <url>',
      'annotate the dashboards of this Grafana with each fault; $GRAFANA_TOKEN is its token, if it wants one',
      grafanaUrl,
    )
    .addHelpText(
      'after',
      '\nExit status: 0 every claim held, 1 any refuted, 2 none refuted but some unknown, 64 bad usage,\n' +
        '70 the harness failed, 130 interrupted (or nobody reads the output) and everything cleaned up.',
    );
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** What the harness itself decides. */
const owned = [
  'bind',
  'daemonize',
  'dir',
  'include',
  'logfile',
  'pidfile',
  'port',
  'replicaof',
  'set-proc-title',
  'slaveof',
  'tls-port',
  'unixsocket',
];

function redisSetting(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value = ''] = /^([a-z][a-z0-9-]*)=(.*)$/is.exec(text) ?? [];
  if (name === undefined) {
    throw new InvalidArgumentError('It must be name=value, such as appendfsync=everysec');
  }
  const directive = name.toLowerCase();
  if (owned.includes(directive)) {
    throw new InvalidArgumentError(`${directive} is the harness's own business: leave it out`);
  }
  const earlier = before[directive];
  if (earlier === undefined) return { ...before, [directive]: value };
  // Redis takes several save points, each on a line of its own, and of everything else the last.
  if (directive === 'save') return { ...before, save: `${earlier} ${value}` };
  throw new InvalidArgumentError(`${directive} is given already, as ${JSON.stringify(earlier)}`);
}

function directory(value: string): string {
  if (value === '') throw new InvalidArgumentError('It must be a directory, which is made if there is none');
  return value;
}

function grafanaUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('It must be a URL such as http://127.0.0.1:3030');
  }
  if (url.username === '' && url.password === '') return url;
  // Not commander's error: that one would repeat the password.
  throw new UsageError(
    '--grafana: a URL without user and password, please; a token goes into $GRAFANA_TOKEN',
  );
}

function drawSeed(): number {
  return Math.floor(Math.random() * maxSeed);
}
