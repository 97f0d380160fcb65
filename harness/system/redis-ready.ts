// Waits until a Redis that was just started answers and has loaded its data, or says why it never will. It asks Redis
// itself rather than the log, and makes sure that it is this very process that answers.

import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../services/shared/clock.ts';
import { lastLines } from './log-file.ts';
import { describe, type ManagedProcess } from './process.ts';
import { ask, parseInfo, type RedisAddress } from './resp.ts';

/** Somebody took the port between the probe and the start. */
export class PortTakenError extends Error {}

const startDeadlineMs = 10_000;
/** Loading is work that goes on: it gets as long as a large file needs. */
const loadDeadlineMs = 120_000;

/** @throws {PortTakenError} or an Error with Redis' own words. */
export async function untilReady(
  server: ManagedProcess,
  address: RedisAddress,
  logStartBytes: number,
): Promise<void> {
  const { name, pid, logFile, startedAtMs } = server;
  const logged = () => `its log ends:\n${lastLines(logFile, logStartBytes, 6)}`;
  let last = 'no answer yet';
  for (let loading = false; ; await delay(5)) {
    const exit = server.exit();
    if (exit !== undefined) {
      const log = lastLines(logFile, logStartBytes, 40);
      if (log.includes('Address already in use')) {
        throw new PortTakenError(`${name}: port ${address.port} is taken; ${logged()}`);
      }
      throw new Error(`${name} ended (${describe(exit)}) before it was ready; ${logged()}`);
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
