// Passes bytes on later than they came, or more slowly, and in their order: how a link behaves that is long or narrow.

import { monotonicMs } from '../../services/shared/clock.ts';

/** Of one direction of one connection. */
export interface Pace {
  delayMs: number;
  /** Infinity: as fast as they come. */
  bytesPerSecond: number;
}

export const unhindered: Pace = { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY };

export interface Pacer {
  /** @param pass called with each piece of the chunk when it is its turn; at once if nothing holds it up */
  push(chunk: Buffer, pass: (piece: Buffer) => void): void;
  waitingBytes(): number;
  /** Nothing that waits is passed on any more. */
  clear(): void;
}

interface Waiting {
  dueAtMs: number;
  piece: Buffer;
  pass: (piece: Buffer) => void;
}

/** A narrow link trickles: what it takes longer than this for goes in pieces. */
const pieceMs = 20;

/** @param pace asked for each chunk: it may change at any time; what waits already keeps its turn */
export function pacer(pace: () => Pace): Pacer {
  const waiting: Waiting[] = [];
  let lineFreeAtMs = 0;
  let lastDueAtMs = 0;
  let waitingBytes = 0;
  let timer: NodeJS.Timeout | undefined;

  const passDue = (): void => {
    timer = undefined;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const restMs = next.dueAtMs - monotonicMs();
      if (restMs > 0) {
        timer ??= setTimeout(passDue, Math.ceil(restMs));
        return;
      }
      waiting.shift();
      waitingBytes -= next.piece.length;
      next.pass(next.piece);
    }
  };

  return {
    push: (chunk, pass) => {
      const { delayMs, bytesPerSecond } = pace();
      lineFreeAtMs = Math.max(lineFreeAtMs, monotonicMs());
      for (const piece of piecesOf(chunk, (bytesPerSecond * pieceMs) / 1000)) {
        lineFreeAtMs += (piece.length / bytesPerSecond) * 1000;
        lastDueAtMs = Math.max(lastDueAtMs, lineFreeAtMs + delayMs);
        waiting.push({ dueAtMs: lastDueAtMs, piece, pass });
      }
      waitingBytes += chunk.length;
      if (timer === undefined) passDue();
    },
    waitingBytes: () => waitingBytes,
    clear: () => {
      clearTimeout(timer);
      waiting.length = 0;
      waitingBytes = 0;
    },
  };
}

/** An empty chunk is one empty piece: an end has its turn too. */
function piecesOf(chunk: Buffer, mostBytes: number): Buffer[] {
  if (chunk.length <= mostBytes) return [chunk];
  const bytes = Math.max(1, Math.floor(mostBytes));
  return Array.from({ length: Math.ceil(chunk.length / bytes) }, (_, index) =>
    chunk.subarray(index * bytes, (index + 1) * bytes),
  );
}
