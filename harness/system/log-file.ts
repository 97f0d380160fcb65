// Reads the log file of a process while it is being written: is a text in it yet, and what were the last lines.
// It never holds the whole file, and of who writes it knows only the name and the end.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../services/shared/clock.ts';

export interface LogReader {
  /** Whether `text` is in what was written so far, from the start position on. Ask for the same text each time. */
  sees(text: string): boolean;
  close(): void;
}

export function openLogReader(file: string, fromBytes: number): LogReader {
  const fd = openSync(file, 'r');
  const chunk = Buffer.alloc(64 * 1024);
  let atBytes = fromBytes;
  let carry = Buffer.alloc(0); // the text may begin in one read and end in the next
  let seen = false;
  return {
    sees: (text) => {
      for (let length = 1; !seen && length > 0; ) {
        length = readSync(fd, chunk, 0, chunk.length, atBytes);
        atBytes += length;
        const window = Buffer.concat([carry, chunk.subarray(0, length)]);
        seen = window.includes(text);
        carry = window.subarray(Math.max(0, window.length - Buffer.byteLength(text) + 1));
      }
      return seen;
    },
    close: () => closeSync(fd),
  };
}

/** What writes the log. */
export interface LogWriter {
  name: string;
  logFile: string;
  logStartBytes: number;
  /** How it ended, if it did. */
  ended(): string | undefined;
}

/** Resolves when `text` is in it. @throws {Error} with the last lines: its writer ended, or `deadlineMs` passed */
export async function untilLogged(writer: LogWriter, text: string, deadlineMs: number): Promise<void> {
  const { name, logFile, logStartBytes } = writer;
  const giveUpAtMs = monotonicMs() + deadlineMs;
  const reader = openLogReader(logFile, logStartBytes);
  const fail = (what: string) =>
    new Error(
      `${name}: ${what} before "${text}" was in its log; last:\n${lastLines(logFile, logStartBytes, 5)}`,
    );
  try {
    for (;;) {
      const gone = writer.ended(); // read before the log, so that its last words are not missed
      if (reader.sees(text)) return;
      if (gone !== undefined) throw fail(`ended (${gone})`);
      if (monotonicMs() > giveUpAtMs) throw fail(`${deadlineMs} ms passed`);
      await delay(5);
    }
  } finally {
    reader.close();
  }
}

/** The last lines (of at most 8 KiB) that were written after `fromBytes`, indented; never throws. */
export function lastLines(file: string, fromBytes: number, count: number): string {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const endBytes = fstatSync(fd).size;
    const startBytes = Math.max(fromBytes, endBytes - 8192);
    const tail = Buffer.alloc(Math.max(0, endBytes - startBytes));
    readSync(fd, tail, 0, tail.length, startBytes);
    const lines = tail.toString().trimEnd().split('\n').slice(-count);
    return lines.map((line) => `  ${line === '' ? '(nothing was logged)' : line}`).join('\n');
  } catch (error) {
    return `  (${file} cannot be read: ${(error as Error).message})`;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
