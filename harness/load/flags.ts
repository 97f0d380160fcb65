// The flags of `npm run load`: what they are, what may be given, and what is said when something else is. No run here.

import { Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../../loadtests/lib/plan.ts';
import { parseWith, wholeNumber } from '../flags.ts';
import { UsageError } from '../system/find-redis.ts';
import type { Scenario } from './scenarios.ts';

export interface LoadFlags {
  scenario: Scenario;
  rate?: number;
  durationMs?: number;
  workers: number;
  queue: string;
  /** A judge that runs already, instead of one that is started. */
  target?: URL;
  ws?: URL;
  seed: number;
  out: string;
  json: boolean;
}

/** What commander makes of them. */
interface Parsed {
  rate?: number;
  duration?: number;
  workers?: number;
  queue?: string;
  target?: URL;
  ws?: URL;
  seed: number;
  out: string;
  json?: true;
}

/** `undefined`: help was asked for, and shown. @throws {UsageError} one line that says what is wrong and what is right */
export function parseLoadFlags(argv: readonly string[], known: readonly Scenario[]): LoadFlags | undefined {
  const program = command(known);
  const parsed = parseWith<Parsed>(program, argv, 'npm run load -- --help');
  if (parsed === undefined) return undefined;
  const { duration, workers, queue, target, ws, json, ...rest } = parsed;
  const name = String(program.processedArgs[0]);
  const scenario = known.find((one) => one.name === name);
  if (scenario === undefined) {
    throw new UsageError(
      `${JSON.stringify(name)} is no scenario; there are ${known.map((one) => one.name).join(', ')}`,
    );
  }
  const own = workers !== undefined ? '--workers' : queue !== undefined ? '--queue' : undefined;
  if (target !== undefined && own !== undefined) {
    throw new UsageError(
      `${own} is about a judge that is started here, and ${target.href} runs already: leave it out`,
    );
  }
  if (target !== undefined && name === 'during-chaos') {
    throw new UsageError(
      `during-chaos kills what it has started, and ${target.href} is not the harness's own: run it without --target`,
    );
  }
  if (ws !== undefined && target === undefined) {
    throw new UsageError('--ws says where the WebSocket of a --target is: give that too, or leave it out');
  }
  return {
    ...rest,
    scenario,
    workers: workers ?? 2,
    queue: queue ?? 'reliable-list',
    json: json === true,
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(target === undefined ? {} : { target }),
    ...(ws === undefined ? {} : { ws }),
  };
}

function command(known: readonly Scenario[]): Command {
  const width = Math.max(...known.map(({ name }) => name.length));
  const purposes = known.map(({ name, purpose }) => `  ${name.padEnd(width)}  ${purpose}`);
  return new Command('npm run load --')
    .description('Loads the judge with k6 and says in one table whether it met its objectives.')
    .argument('[scenario]', 'one of those below', 'smoke')
    .option(
      '--rate <n>',
      'submissions a second at the peak (breakpoint: of the first step)',
      wholeNumber(1, 100_000),
    )
    .option('--duration <time>', 'such as 30s, 5m or 1h (breakpoint: of each step)', duration)
    .option('--workers <n>', 'how many worker processes (default: 2)', wholeNumber(1, 64))
    .option(
      '--queue <adapter>',
      'a queue adapter, or a file such as ./my-adapter.ts (default: reliable-list)',
    )
    .option(
      '--target <url>',
      'the API of a judge that runs already, such as http://127.0.0.1:3000',
      url('http'),
    )
    .option('--ws <url>', 'its WebSocket, if it is neither at the same address nor on port 3002', url('ws'))
    .option('--seed <number>', 'which submissions are sent', wholeNumber(0, 0xffff_ffff), 1)
    .option('--out <dir>', 'where runs are stored', directory, 'runs')
    .option('--json', 'results.json on standard output, everything else on standard error')
    .addHelpText('after', `\nScenarios:\n${purposes.join('\n')}`)
    .addHelpText(
      'after',
      '\nExit status: 0 every objective was met, 1 one was not, 64 bad usage, 70 the harness failed,\n' +
        '130 interrupted (or nobody reads the output) and everything cleaned up.',
    );
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function url(protocol: 'http' | 'ws'): (text: string) => URL {
  return (text) => {
    const parsed = URL.parse(text);
    if (parsed !== null && [`${protocol}:`, `${protocol}s:`].includes(parsed.protocol)) return parsed;
    const example = protocol === 'http' ? 'http://127.0.0.1:3000' : 'ws://127.0.0.1:3002/submissions';
    throw new InvalidArgumentError(`It must be a URL such as ${example}`);
  };
}

function directory(value: string): string {
  if (value === '') throw new InvalidArgumentError('It must be a directory, which is made if there is none');
  return value;
}
