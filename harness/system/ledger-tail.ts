// Follows the execution ledgers of all services while they run: what is in whose hand right now. This is how the nemesis
// knows the semantic moments ("the victim held a claimed, unacked job"). It reads files; it asks nobody.

import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { type LedgerLine, ledgerLineSchema } from '../../services/shared/contract.ts';

/** A claim that a worker has not acked or released, of a job for which no other worker's later ack was accepted. */
export interface InHand {
  job: string;
  fence: number;
  attempt: number;
  claimedAtMs: number;
  /** undefined until the code began to run, and again once it finished. */
  startedAtMs?: number;
}

export interface LedgerTail {
  /** Follows one more file; it need not exist yet. */
  follow(file: string): void;
  /** Reads what is new; all lines so far, in the order of each file. Times are the machine's monotonic clock. */
  read(): readonly LedgerLine[];
  /** What this worker holds now, after a `read`. */
  inHand(source: string): InHand[];
  close(): void;
}

interface Followed {
  file: string;
  fd?: number;
  offset: number;
  rest: string;
}

export function ledgerTail(): LedgerTail {
  const followed: Followed[] = [];
  const lines: LedgerLine[] = [];
  const hands = new Map<string, Map<string, InHand>>();
  /** When an ack was last accepted, by job: whoever else holds it then, holds nothing that anybody waits for. */
  const ackedAtMs = new Map<string, number>();
  const chunk = Buffer.alloc(256 * 1024);

  const note = (line: LedgerLine): void => {
    lines.push(line);
    const hand = hands.get(line.source) ?? new Map<string, InHand>();
    hands.set(line.source, hand);
    const held = hand.get(line.job);
    if (line.event === 'claimed') {
      const { job, fence = 0, attempt = 0, atMs: claimedAtMs } = line;
      hand.set(job, { job, fence, attempt, claimedAtMs });
    } else if (line.event === 'started' && held) held.startedAtMs = line.atMs;
    else if (line.event === 'finished' && held) delete held.startedAtMs;
    else if (line.event === 'acked' || line.event === 'released') hand.delete(line.job);
    if (line.event === 'acked' && line.outcome === 'acked') ackedAtMs.set(line.job, line.atMs);
  };

  const readNew = (one: Followed): void => {
    if (one.fd === undefined) {
      if (!existsSync(one.file)) return;
      one.fd = openSync(one.file, 'r');
    }
    for (;;) {
      const bytes = readSync(one.fd, chunk, 0, chunk.length, one.offset);
      if (bytes === 0) return;
      one.offset += bytes;
      const parts = (one.rest + chunk.toString('utf8', 0, bytes)).split('\n');
      // The last line may still be on its way, or torn by a SIGKILL: it counts only once it is whole.
      one.rest = parts.pop() ?? '';
      for (const part of parts) note(ledgerLineSchema.parse(JSON.parse(part)));
    }
  };

  return {
    follow: (file) => followed.push({ file, offset: 0, rest: '' }),
    read: () => {
      for (const one of followed) readNew(one);
      return lines;
    },
    inHand: (source) =>
      [...(hands.get(source)?.values() ?? [])].filter(
        ({ job, claimedAtMs }) => (ackedAtMs.get(job) ?? 0) < claimedAtMs,
      ),
    close: () => {
      for (const { fd } of followed) if (fd !== undefined) closeSync(fd);
      followed.length = 0;
    },
  };
}
