// `npm run chaos`: flags and exit status. What a run does is in chaos.ts and run.ts.
//
// Exit status: 0 every claim held · 1 any refuted · 2 none refuted, some unknown · 64 bad usage · 70 the harness failed ·
// 130 interrupted, and everything cleaned up.

import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { monotonicMs } from '../services/shared/clock.ts';
import { type ChaosOptions, runChaos } from './chaos.ts';
import { loadClaims, selectClaims } from './claims/index.ts';
import { listing } from './report/listing.ts';
import { multiplex } from './report/multiplexer.ts';
import type { Results } from './report/result.ts';
import { terminal } from './report/terminal.ts';
import { startDeadMan } from './system/dead-man.ts';
import { findRedis, UsageError } from './system/find-redis.ts';

interface Flags {
  list?: true;
  claim: string[];
  seed: number;
  repeat: number;
  redis?: string;
  json?: true;
  out: string;
  strict?: true;
}

const projectRoot = resolve(import.meta.dirname, '..');
const maxSeed = 0xffff_ffff;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const interrupted = new AbortController();
  try {
    const flags = parse(argv);
    const claims = selectClaims(await loadClaims(), flags.claim);
    if (flags.list) {
      process.stdout.write(listing(claims, flags.json === true));
      return 0;
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => interrupted.abort(new Error(signal)));
    }
    const results = await chaos(flags, claims, interrupted.signal);
    if (flags.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    return statusOf(results);
  } catch (error) {
    return fail(error, interrupted.signal);
  }
}

async function chaos(flags: Flags, claims: ChaosOptions['claims'], signal: AbortSignal): Promise<Results> {
  const stream = flags.json ? process.stderr : process.stdout;
  const say = (line: string) => stream.write(`${line}\n`);
  const found = await findRedis({ flag: flags.redis, projectRoot, env: process.env, say });
  const reporter = multiplex([terminal({ stream, now: monotonicMs })]);
  const deadMan = await startDeadMan();
  try {
    return await runChaos({
      claims,
      seed: flags.seed,
      repeat: flags.repeat,
      outDir: resolve(flags.out),
      redis: found.redis,
      redisFrom: found.from,
      deadMan,
      reporter,
      signal,
      projectRoot,
      strict: flags.strict === true,
    });
  } finally {
    await deadMan.dismiss();
  }
}

function parse(argv: string[]): Flags {
  const program = new Command('npm run chaos --')
    .description(
      'Proves or refutes claims about Redis queues and pub/sub, with real faults on real processes.',
    )
    .option('--list', 'show the ids, sections and statements of the claims, and run nothing')
    .option(
      '--claim <id or glob>',
      'run only these, such as "fault/*"; may be given several times',
      collect,
      [],
    )
    .option(
      '--seed <number>',
      `what the plan is drawn from, 0 to ${maxSeed}`,
      wholeNumber(0, maxSeed),
      drawSeed(),
    )
    .option(
      '--repeat <n>',
      'run each claim n times, with the seeds seed, seed + 1, …',
      wholeNumber(1, 10_000),
      1,
    )
    .option('--redis <source>', 'a server that the harness does not own, such as redis://127.0.0.1:6379')
    .option('--json', 'results.json on standard output, progress on standard error')
    .option('--out <dir>', 'where runs are stored', 'runs')
    .option('--strict', 'skipped counts as unknown')
    .addHelpText(
      'after',
      '\nExit status: 0 every claim held, 1 any refuted, 2 none refuted but some unknown, 64 bad usage,\n' +
        '70 the harness failed, 130 interrupted and everything cleaned up.',
    )
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  return program.parse(argv, { from: 'user' }).opts<Flags>();
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

function drawSeed(): number {
  return Math.floor(Math.random() * maxSeed);
}

function statusOf({ summary }: Results): number {
  if (summary.refuted > 0) return 1;
  return summary.unknown > 0 ? 2 : 0;
}

function fail(error: unknown, signal: AbortSignal): number {
  if (signal.aborted) {
    process.stderr.write('\ninterrupted; everything that the run had started is gone\n');
    return 130;
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    process.stderr.write(
      `${error.message.replace(/\n/g, ' ')}; \`npm run chaos -- --help\` shows what there is\n`,
    );
    return 64;
  }
  if (error instanceof UsageError || error instanceof RangeError) {
    process.stderr.write(`${error.message}\n`);
    return 64;
  }
  process.stderr.write(`the harness failed: ${(error as Error).stack}\n`);
  return 70;
}
