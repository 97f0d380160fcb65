// Structured logs: one JSON line an event on standard output, written at once so that a SIGKILL loses none; at a person's
// terminal the pretty form. What belongs to a trace says to which.

import { destination, type Logger, pino } from 'pino';
import { activeIds } from './telemetry/tracing.ts';

const pretty = process.stdout.isTTY ? (await import('pino-pretty')).default : undefined;

export type Log = Logger;

export function openLog(name: string, level: string): Log {
  const to = pretty?.({ sync: true, ignore: 'pid' }) ?? destination({ dest: 1, sync: true });
  return pino({ name, level, base: { name, pid: process.pid }, mixin: activeIds }, to);
}
