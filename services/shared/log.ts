// Structured logs: one JSON line an event on standard output, written at once so that a SIGKILL loses none.

import { destination, type Logger, pino } from 'pino';

export type Log = Logger;

export function openLog(name: string, level: string): Log {
  return pino({ name, level, base: { name, pid: process.pid } }, destination({ dest: 1, sync: true }));
}
