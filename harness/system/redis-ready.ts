// Waits until a Redis that was just started answers and has loaded its data, or says why it never will. It asks Redis
// itself rather than the log, and makes sure that it is this very process that answers.

import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../services/shared/clock.ts';
import { lastLines } from './log-file.ts';
import { describe, type ManagedProcess } from './process.ts';
import { ask, parseInfo, type RedisAddress } from './resp.ts';

/** Somebody took the port between the probe and the start. */
export class PortTakenError extends Error {}

/** Redis ended before it was ready: it does not take its settings, or its data. */
export class RedisRefusedError extends Error {
  /** What it said since its start, a line each; without the time and the process in front. */
  readonly said: readonly string[];
  constructor(message: string, said: readonly string[]) {
    super(message);
    this.said = said;
  }

  /** The line that says why, as far as can be told. */
  get because(): string {
    const reason = /bad file|unexpected|short read|unrecoverable|wrong|can't|cannot|corrupt|error/i;
    return this.said.findLast((line) => reason.test(line)) ?? this.said.at(-1) ?? 'nothing';
  }
}

const startDeadlineMs = 10_000;
/** Loading is work that goes on: it gets as long as a large file needs. */
const loadDeadlineMs = 120_000;

/**
 * @param pid as Redis itself sees it
 * @throws {PortTakenError} {RedisRefusedError} or an Error with Redis' own words.
 */
export async function untilReady(
  server: ManagedProcess,
  address: RedisAddress,
  logStartBytes: number,
  pid = server.pid,
): Promise<void> {
  const { name, logFile, startedAtMs } = server;
  const logged = () => `its log ends:\n${lastLines(logFile, logStartBytes, 6)}`;
  let last = 'no answer yet';
  for (let loading = false; ; await delay(5)) {
    const exit = server.exit();
    if (exit !== undefined) {
      const log = lastLines(logFile, logStartBytes, 40);
      if (log.includes('Address already in use')) {
        throw new PortTakenError(`${name}: port ${address.port} is taken; ${logged()}`);
      }
      const message = `${name} ended (${describe(exit)}) before it was ready; ${logged()}`;
      throw new RedisRefusedError(message, sayingsOf(log));
    }
    const deadlineMs = loading ? loadDeadlineMs : startDeadlineMs;
    if (monotonicMs() - startedAtMs > deadlineMs) {
      throw new Error(`${name} was not ready within ${deadlineMs} ms; last seen: ${last}; ${logged()}`);
    }
    try {
      const info = parseInfo(await ask(address, ['INFO'], 1000));
      const isIt = info.process_id === String(pid);
      loading = isIt && info.loading === '1';
      if (isIt && info.loading === '0') return;
      last = isIt
        ? `loading, ${info.loading_loaded_perc ?? '?'} %`
        : `pid ${info.process_id} answers, not ${pid}`;
    } catch (error) {
      last = (error as Error).message;
    }
  }
}

/** "  123:M 25 Nov 2026 04:00:00.000 # Bad file format" → "Bad file format" */
function sayingsOf(log: string): string[] {
  const lines = log.split('\n').filter((line) => !line.includes('(nothing was logged)'));
  return lines.map((line) => line.trim().replace(/^\d+:[A-Z] .*?\d\d:\d\d:\d\d\.\d+ [*#.-] /, ''));
}
