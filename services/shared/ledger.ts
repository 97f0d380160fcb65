// The execution ledger: an append-only NDJSON file, one a process, each line written (not buffered) before the work
// goes on. A SIGKILL of the process keeps what was written; only a power cut of the machine could lose it.

import { openSync, writeSync } from 'node:fs';
import { monotonicMs } from './clock.ts';
import type { LedgerLine } from './contract.ts';

export type LedgerEntry = Omit<LedgerLine, 'atMs' | 'source' | 'pid'>;
export type Ledger = (entry: LedgerEntry) => void;

/** A ledger that appends to `file`, or one that writes nothing when there is no file. */
export function openLedger(file: string | undefined, source: string): Ledger {
  if (file === undefined) return () => {};
  const fd = openSync(file, 'a');
  return (entry) => {
    const line: LedgerLine = { atMs: monotonicMs(), source, pid: process.pid, ...entry };
    writeSync(fd, `${JSON.stringify(line)}\n`);
  };
}
