// One run of k6: a scenario against a target, with its journal, summary, JUnit and HTML report in a directory. It judges
// nothing: whether the objectives were met is in the summary.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalLine } from '../../loadtests/lib/journal.ts';
import type { LoadSummary } from '../../loadtests/lib/summary.ts';
import type { DeadMan } from '../system/dead-man.ts';
import { lastLines } from '../system/log-file.ts';
import { describe, launch } from '../system/process.ts';
import type { K6Binary } from '../toolchain/k6.ts';
import { lineTail } from './line-tail.ts';
import type { Scenario } from './scenarios.ts';
import type { Target } from './target.ts';

export interface K6Options {
  k6: K6Binary;
  scenario: Scenario;
  target: Target;
  /** The scenario's own if not given. */
  rate: number | undefined;
  durationMs: number | undefined;
  seed: number;
  /** Unique: it sets this run's idempotency keys apart. */
  runId: string;
  /** Where everything goes. */
  dir: string;
  deadMan: DeadMan;
  /** When it fires, k6 is asked to end, and gets a moment for its summary. */
  signal: AbortSignal;
  onLine(line: JournalLine): void;
  /** Called with its process id. */
  onStart?(pid: number): void;
}

export const journalName = 'submissions.ndjson';
const lookEveryMs = 100;
/** Ctrl-C is to take 3 s at most, all in all. */
const lastWordsMs = 1200;
const thresholdsBreached = 99;

/** `undefined`: it was interrupted before it had anything to say. @throws {Error} with k6's last words if it failed */
export async function runK6(options: K6Options): Promise<LoadSummary | undefined> {
  const { k6, dir, deadMan, signal, onLine } = options;
  mkdirSync(dir, { recursive: true });
  signal.throwIfAborted();
  const process = launch(
    {
      name: 'k6',
      command: k6.path,
      args: argsOf(options),
      env: environment(dir),
      logFile: join(dir, 'k6.log'),
    },
    deadMan,
  );
  options.onStart?.(process.pid);
  const journal = lineTail(join(dir, journalName));
  const follow = () => {
    for (const line of journal.read()) onLine(JSON.parse(line) as JournalLine);
  };
  const watch = setInterval(follow, lookEveryMs);
  const stop = () => void process.terminate(lastWordsMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const exit = await process.exited;
    follow();
    const summary = readSummary(dir);
    if (signal.aborted) return summary;
    if (summary !== undefined && (exit.code === 0 || exit.code === thresholdsBreached)) return summary;
    throw new Error(
      `k6 ended (${describe(exit)}) without a result; its log ends:\n${lastLines(process.logFile, 0, 6)}`,
    );
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', stop);
    journal.close();
  }
}

function argsOf({ scenario, target, rate, durationMs, seed, runId, dir }: K6Options): string[] {
  const settings = {
    BASE_URL: target.url,
    WS_URL: target.wsUrl,
    SEED: String(seed),
    RUN_ID: runId,
    OUT_DIR: dir,
    ...(rate === undefined ? {} : { RATE: String(rate) }),
    ...(durationMs === undefined ? {} : { DURATION: `${durationMs}ms` }),
  };
  return [
    'run',
    '--quiet',
    '--no-color',
    '--no-usage-report',
    // The console of the scripts is the journal: bare lines, in a file of their own.
    '--log-format',
    'raw',
    '--console-output',
    join(dir, journalName),
    ...Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
    scenario.file,
  ];
}

function environment(dir: string): Record<string, string> {
  return {
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
    K6_NO_USAGE_REPORT: 'true',
    K6_WEB_DASHBOARD: 'true',
    K6_WEB_DASHBOARD_EXPORT: join(dir, 'report.html'),
    K6_WEB_DASHBOARD_PERIOD: '1s',
    K6_WEB_DASHBOARD_PORT: '-1', // no page is served
  };
}

function readSummary(dir: string): LoadSummary | undefined {
  const file = join(dir, 'summary.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as LoadSummary) : undefined;
}
